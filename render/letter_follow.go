package render

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
)

// followData is what the templates of reminders, thanks, retractions and corrections read.
type followData struct {
	*frame
	Servers   []string // addresses, with names
	Addresses string   // some of them, for the subject
	Notice    bool     // the earlier letter told of a host that mail came from, not of a relay
	Stated    bool     // and of one that only others' logs name
	Was       string   // Message-ID of the earlier letter
	Sent      string   // date on which it was sent; empty when the case does not tell
	Windows   []string // reminder, correction: addresses with the times asked about
	Reasons   []string // retraction: why its ground has gone
	Many      bool
	*corrected
}

// follow writes a reminder, thanks, a retraction or a correction. It names nothing that the letter to
// which it refers did not name to the same recipient.
func (f *frame) follow(c *casefile.Case, l casefile.Letter) (*written, error) {
	was := c.Letter(l.Refers)
	if was == nil {
		return nil, fmt.Errorf("it refers to the letter %q, which the case does not have", oneLine(l.Refers, 80))
	}
	if !was.Asks() {
		return nil, errors.New("it refers to a letter that is no log request and no notice")
	}
	for _, to := range l.To {
		if !slices.ContainsFunc(was.To, func(w string) bool { return strings.EqualFold(w, to) }) {
			return nil, errors.New("it goes to somebody to whom the earlier letter did not go")
		}
	}
	if len(l.Relays) == 0 {
		return nil, errors.New("it is about no address")
	}
	d := &followData{frame: f, Notice: was.Kind != casefile.LetterLogRequest, Stated: was.Kind == casefile.LetterStated, Many: len(l.Relays) > 1, corrected: newCorrected(c, &l)}
	if sent, err := time.Parse(time.RFC3339, was.Sent); err == nil {
		d.Sent = sent.UTC().Format(time.DateOnly)
	}
	d.Was = messageID(c, *was, f.ReplyTo)
	f.mail.Answers = []string{d.Was}
	w := &written{addresses: f.mayName()}
	var addresses []string
	for _, ip := range l.Relays {
		if !slices.Contains(was.Relays, ip) {
			return nil, fmt.Errorf("the earlier letter says nothing of %s", ip)
		}
		if err := d.add(c, &l, ip); err != nil {
			return nil, err
		}
		w.addresses[ip.Unmap()] = true
		addresses = append(addresses, ip.Unmap().String())
	}
	d.Addresses = listed(addresses, 3)
	w.names = append(append(f.settingNames(), d.Was), d.named...)
	allowAddresses(w.addresses, d.named...)
	d.Reasons = slices.DeleteFunc(d.Reasons, func(r string) bool {
		return len(strangers(r, w.addresses)) > 0 || len(w.bystanders(c, r)) > 0
	})
	var err error
	w.subject, w.text, err = f.compose(l.Kind, d)
	return w, err
}

// add takes up one address. A reminder rests on what the letter rested on; a retraction
// must not be written while the case still says what it retracts, nor a correction while
// it says the same as before.
func (d *followData) add(c *casefile.Case, l *casefile.Letter, ip netip.Addr) error {
	server := ip.Unmap().String()
	switch l.Kind {
	case casefile.LetterReminder:
		a, err := d.still(c, ip)
		if err != nil {
			return err
		}
		server = d.server(a)
	case casefile.LetterCorrection:
		a, err := d.correct(c, l, ip)
		if err != nil {
			return err
		}
		server = d.server(a)
	case casefile.LetterRetraction:
		if _, err := d.still(c, ip); err == nil {
			return fmt.Errorf("the case still says of %s what is to be retracted", ip)
		}
		if r, err := relayAt(c, ip); err == nil {
			for _, why := range r.Reasons {
				if r.Ruling != nil && why.Code == "analyst" {
					why.Text = r.Ruling.Text() // without what it was held to be
				}
				if why.Code == "looks-open-from-outside" {
					continue // it tells why nobody is sure, and is no excuse
				}
				if text := firstOf(oneLine(why.Text, 300), oneLine(why.Code, 60)); text != "" && !why.For && len(d.Reasons) < 5 {
					d.Reasons = append(d.Reasons, sentence(text))
				}
			}
		}
	}
	d.Servers = append(d.Servers, server)
	return nil
}

// server names a host with the times that its owner is asked about.
func (d *followData) server(a *asked) string {
	if a.Window != nil {
		d.Windows = append(d.Windows, fmt.Sprintf("%-15s  %s to %s", a.IP, a.Window.From, a.Window.To))
	}
	if len(a.Names) == 0 {
		return a.IP
	}
	return a.IP + " (" + strings.Join(a.Names, ", ") + ")"
}

// still gives the evidence that the case has of an address now, or says why it may not be
// spoken of. A host that an owner named may have shown itself as a relay since.
func (d *followData) still(c *casefile.Case, ip netip.Addr) (*asked, error) {
	if s := c.StatedHost(ip); s != nil {
		for i := range s.Statements {
			if err := mayBeStated(c, &s.Statements[i]); err != nil {
				return nil, err
			}
		}
		return &asked{IP: ip.Unmap().String(), addr: ip.Unmap()}, nil
	}
	if d.Notice && !d.Stated {
		s, err := sourceAt(c, ip)
		if err != nil {
			return nil, err
		}
		return newSource(c, s, d.hide)
	}
	r, err := relayAt(c, ip)
	if err != nil {
		return nil, err
	}
	return newAsked(c, r, d.hide)
}

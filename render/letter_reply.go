package render

import (
	"cmp"
	"errors"
	"strings"

	"relaytrace/casefile"
	"relaytrace/trace/lazy"
)

// replyData is what the templates of replies to complainants read.
type replyData struct {
	*frame
	Variant     string
	Name        string // of the complainant, as he writes it; empty when not known
	Subject     string // of his message
	Written     string // date of his message, as written
	Spam        string // subject of the spam, empty when not known
	Further     int    // messages of the same person that this answers too
	Member      bool   // the organisation is bound by JANET's acceptable use policy
	CareContact string
	Shown       bool // a sample of the case shows which way the mail took
	Relays      []string
	Withheld    int  // relays that withhold the previous hop
	Requests    int  // log requests and notices of the case
	Reported    bool // the case has a report to the network's CSIRT
}

// reply writes the answer to a complainant. It denies that the mail came from the
// organisation, so it is refused where an own host stands in the path.
func (f *frame) reply(c *casefile.Case, l casefile.Letter) (*written, error) {
	if l.Answers == nil {
		return nil, errors.New("it answers nothing")
	}
	a := l.Answers
	if err := c.MayReply(a); err != nil {
		return nil, err
	}
	if len(f.mail.To) != 1 || !strings.EqualFold(f.mail.To[0], a.Address) {
		return nil, errors.New("it goes to somebody else than the complainant")
	}
	d := &replyData{
		frame: f, Variant: a.Variant, Name: personName(a.Name), Subject: oneLine(a.Subject, 120), Written: oneLine(a.Date, 60),
		Spam: oneLine(a.Spam, 120), Further: len(a.More), Member: c.Settings.Member,
		CareContact: oneLine(c.Settings.CareContact, 120), Shown: showsPath(c), Withheld: c.Tally().Withheld,
	}
	for _, x := range c.Letters {
		if x.Kind == casefile.LetterLogRequest || x.Kind == casefile.LetterNotice {
			d.Requests++
		}
		d.Reported = d.Reported || x.Kind == casefile.LetterJANET && len(x.To) > 0
	}
	w := &written{addresses: f.mayName()}
	w.names = append(f.settingNames(), d.Name, d.Subject, d.Spam, d.CareContact)
	allowAddresses(w.addresses, w.names...)
	if a.Variant == casefile.ReplyTechnical {
		if err := d.facts(c, w); err != nil {
			return nil, err
		}
	}
	for _, id := range append([]string{a.MessageID}, a.More...) {
		if m := messageIDOf().FindStringSubmatch(strings.TrimSpace(id)); m != nil {
			f.mail.Answers = append(f.mail.Answers, m[1])
		}
	}
	var err error
	if w.subject, w.text, err = f.compose("reply-"+a.Variant, d); err != nil {
		return nil, err
	}
	if a.Subject != "" {
		w.subject = "Re: " + replySubject(a.Subject)
	}
	return w, nil
}

// facts adds what a technician can check: the relays, told with the same care as in the
// report.
func (d *replyData) facts(c *casefile.Case, w *written) error {
	r := &janetData{frame: d.frame}
	for i := range c.Relays {
		if !c.Relays[i].Found() {
			continue
		}
		a, err := newAsked(c, &c.Relays[i], d.hide)
		if err != nil {
			return err
		}
		r.addRelay(a)
		w.addresses[a.addr] = true
		allowAddresses(w.addresses, a.According...)
	}
	d.Relays = r.RelayLines
	return nil
}

func showsPath(c *casefile.Case) bool {
	for i := range c.Samples {
		if b := c.Samples[i].Path.Boundary; b != nil && b.IP.IsValid() {
			return true
		}
	}
	return false
}

// messageIDOf is a Message-ID that can stand in a header field as it is.
var messageIDOf = lazy.Regexp(`^<([A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,200}@[A-Za-z0-9.\[\]:_-]{1,200})>$`)

// personName is a name to greet somebody by. What is an address, holds digits, or is too
// long for a name is none.
func personName(s string) string {
	s = strings.Trim(oneLine(s, 60), `"' `)
	if s == "" || strings.ContainsAny(s, "@0123456789<>[](){}/\\:;|*_=+") || len(s) > 60 {
		return ""
	}
	return s
}

// replySubject is the subject without the marks of earlier answers.
func replySubject(s string) string {
	s = oneLine(s, 150)
	for {
		rest, cut := cutMark(s)
		if !cut {
			return cmp.Or(s, "your message")
		}
		s = rest
	}
}

func cutMark(s string) (string, bool) {
	mark, rest, ok := strings.Cut(s, ":")
	if !ok {
		return s, false
	}
	switch strings.ToLower(strings.TrimSpace(mark)) {
	case "re", "aw", "antw", "sv", "r", "rif", "odp", "res", "[hold] re":
		return strings.TrimSpace(rest), true
	}
	return s, false
}

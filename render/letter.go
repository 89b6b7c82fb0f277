package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/netip"
	"path"
	"strings"
	"time"

	"relaytrace/casefile"
)

// Draft is one letter, to be read, mended and sent by a person. Its bytes depend on
// the case and the letter alone.
type Draft struct {
	Name string // base name of its files, without extension
	EML  []byte // a message of RFC 5322 for a mail program, with CRLF line ends, marked as not sent
	TXT  []byte // recipients, subject and text for people, UTF-8 with LF line ends
}

// answerDays is how many days a letter gives for an answer.
const answerDays = 14

// Drafter writes the letters of one case. It is safe for concurrent use, as long as nobody
// changes the case meanwhile.
type Drafter struct {
	c         *casefile.Case
	templates *Templates
	hide      *redactor // nil when nothing is redacted; one for all letters, since it is made from every sample
}

// Drafter makes the one that writes the letters of c from these texts.
func (t *Templates) Drafter(c *casefile.Case) *Drafter {
	d := &Drafter{c: c, templates: t}
	if !c.Settings.NoRedact {
		d.hide = newRedactor(c)
	}
	return d
}

// Letter writes the draft of l, a letter of the case. It reads both, changes neither and
// sends nothing.
//
// It fails when the letter would say more than the evidence supports: one about an
// address that the case only has as claimed, that is withdrawn or belongs to a bystander,
// or whose trace fields do not bear it out; a reply that denies what may be true; any that
// names a host which it has no ground to name, whatever template it was written from. It
// also fails for a recipient who is not written to, and for an address that a header
// cannot safely carry.
func (d *Drafter) Letter(l casefile.Letter) (Draft, error) {
	draft, err := d.write(l)
	if err != nil {
		return Draft{}, fmt.Errorf("letter %s: %w", Visible(l.Name), err)
	}
	return draft, nil
}

func (d *Drafter) write(l casefile.Letter) (Draft, error) {
	if l.Name == "" || l.Name != path.Base(l.Name) || l.Name == "." || l.Name == ".." ||
		strings.Contains(l.Name, `\`) || l.Name != Visible(l.Name) {
		return Draft{}, fmt.Errorf("the name is not that of a file")
	}
	f, err := d.newFrame(l)
	if err != nil {
		return Draft{}, err
	}
	w, err := f.write(d.c, l)
	if err != nil {
		return Draft{}, err
	}
	if err := w.check(d.c); err != nil {
		return Draft{}, err
	}
	m := f.mail
	m.Subject = headerText(w.subject, 200)
	if len(f.Held) > 0 {
		m.Subject = "[HOLD] " + m.Subject
		m.Hold = headerText(strings.Join(f.Held, " "), 300)
	}
	m.Lines = layOut(w.text)
	eml, err := m.eml()
	if err != nil {
		return Draft{}, err
	}
	return Draft{Name: l.Name, EML: eml, TXT: m.txt()}, nil
}

// written is a letter before it is laid out, with what its prose may name.
type written struct {
	subject, text string
	addresses     map[netip.Addr]bool
	names         []string // host names besides those of the settings
}

// write composes the letter of its kind.
func (f *frame) write(c *casefile.Case, l casefile.Letter) (*written, error) {
	switch l.Kind {
	case casefile.LetterLogRequest:
		return f.logRequest(c, l)
	case casefile.LetterNotice:
		return f.notice(c, l)
	case casefile.LetterStated:
		return f.stated(c, l)
	case casefile.LetterJANET:
		return f.janetReport(c, l)
	case casefile.LetterForged:
		return f.forgedToo(c, l)
	case casefile.LetterReply:
		return f.reply(c, l)
	case casefile.LetterReminder, casefile.LetterThanks, casefile.LetterRetraction, casefile.LetterCorrection:
		return f.follow(c, l)
	}
	return nil, fmt.Errorf("unknown kind %q", l.Kind)
}

// frame is what every letter says of its writer and its state. All its strings are
// ready to be shown.
type frame struct {
	Held         []string // why the draft must not be sent as it stands
	ID           string
	Organisation string
	Domain       string
	Reporter     string
	ReplyTo      string
	Holder       string
	Contacts     []string // each recipient with the source that names it
	AnswerBy     string   // date, ISO 8601
	TLP          string   // label, such as TLP:AMBER
	Lang         string   // language above the English text, BCP 47; empty for English alone
	PassOn       bool     // the recipient does not run the hosts
	Attached     bool     // a feedback report or header fields go with it
	XARF         bool     // and a report in XARF
	Redacted     bool     // local parts of complainants' addresses are shown as hashes

	templates *Templates
	hide      *redactor // nil when nothing is redacted
	drafted   time.Time
	mail      mailDraft // without subject, hold and text
}

// Labels gives those of the Traffic Light Protocol 2.0, the widest first.
func Labels() []string {
	names := make([]string, len(tlpLabels))
	for i, l := range tlpLabels {
		names[i] = l.Name
	}
	return names
}

func (d *Drafter) newFrame(l casefile.Letter) (*frame, error) {
	c := d.c
	drafted, err := time.Parse(time.RFC3339, cmp.Or(l.Date, c.Created))
	if err != nil {
		return nil, fmt.Errorf("time of the letter: %w", err)
	}
	drafted = drafted.UTC()
	f := &frame{
		ID:           oneLine(c.ID, 60),
		Organisation: oneLine(c.Settings.Organisation, 120),
		Domain:       oneLine(c.Misused(), 120),
		Reporter:     oneLine(c.Settings.Reporter, 120),
		Holder:       oneLine(l.Holder, 120),
		AnswerBy:     drafted.AddDate(0, 0, answerDays).Format(time.DateOnly),
		TLP:          tlpOf(c).Name,
		Lang:         l.Lang, PassOn: l.PassOn,
		templates: d.templates, drafted: drafted, hide: d.hide, Redacted: d.hide != nil,
	}
	f.mail = mailDraft{Date: drafted, Lang: l.Lang}
	if c.Settings.ReplyTo != "" {
		from, err := mailAddress(c.Settings.ReplyTo)
		if err != nil {
			return nil, fmt.Errorf("reply_to of the settings: %w", err)
		}
		f.ReplyTo, f.mail.From = from, from
		f.mail.FromName = headerText(firstOf(c.Settings.Reporter, c.Settings.Organisation), 120)
	}
	f.mail.MessageID = messageID(c, l, f.ReplyTo)
	for i, to := range l.To {
		a, err := mailAddress(to)
		if err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		if why := c.Settings.NotWrittenTo(a); why != "" {
			return nil, fmt.Errorf("recipient %d: %s", i+1, why)
		}
		f.mail.To = append(f.mail.To, a)
		if i < len(l.Contacts) && strings.TrimSpace(l.Contacts[i]) != "" {
			f.Contacts = append(f.Contacts, a+": "+oneLine(l.Contacts[i], 200))
		}
	}
	f.Held = holdReasons(l, f)
	return f, nil
}

// mayName lists the addresses that settings and registries put into the prose.
func (f *frame) mayName() map[netip.Addr]bool {
	allowed := make(map[netip.Addr]bool)
	allowAddresses(allowed, f.ID, f.Organisation, f.Domain, f.Reporter, f.Holder)
	allowAddresses(allowed, f.Held...)
	return allowed
}

// settingNames are the host names that settings and registries put into the prose.
func (f *frame) settingNames() []string {
	return append([]string{f.Organisation, f.Domain, f.Reporter, f.ReplyTo, f.Holder}, f.Held...)
}

// holdReasons collects why the letter is not fit to be sent. A letter without recipient, or
// that nobody signs or can answer, is held even if the case has not marked it.
func holdReasons(l casefile.Letter, f *frame) []string {
	var why []string
	if reason := oneLine(l.Reason, 300); l.Hold && reason != "" {
		why = append(why, sentence(reason))
	}
	if len(f.mail.To) == 0 && len(why) == 0 {
		why = append(why, "No recipient is known.")
	}
	if l.Hold && len(why) == 0 {
		why = append(why, "The case marks it so.")
	}
	if f.ReplyTo == "" {
		why = append(why, "The settings name no address for answers (reply_to).")
	}
	if f.Organisation == "" && f.Reporter == "" {
		why = append(why, "The settings name nobody who signs it (organisation, reporter).")
	}
	return why
}

// messageID is the same for the same letter of the same case, and for no other.
func messageID(c *casefile.Case, l casefile.Letter, replyTo string) string {
	sum := sha256.Sum256([]byte(c.ID + "\x00" + c.Created + "\x00" + l.Name))
	left := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
	domain := "relaytrace.invalid"
	if _, d, ok := strings.Cut(replyTo, "@"); ok && isDomain(d) {
		domain = strings.ToLower(d)
	}
	return left + "@" + domain
}

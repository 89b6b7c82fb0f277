package render

import (
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

// Letter writes the draft of l, a letter of c. It reads both, changes neither and
// sends nothing. It is safe for concurrent use.
//
// It fails when the letter would say more than the evidence supports: a log request
// about an address that the case only has as claimed, that is withdrawn or belongs to
// a bystander, or whose trace fields do not bear it out. It also fails for an address
// to write to or to answer to that a header cannot safely carry.
func Letter(c *casefile.Case, l casefile.Letter) (Draft, error) {
	d, err := writeDraft(c, l)
	if err != nil {
		return Draft{}, fmt.Errorf("letter %s: %w", Visible(l.Name), err)
	}
	return d, nil
}

func writeDraft(c *casefile.Case, l casefile.Letter) (Draft, error) {
	if l.Name == "" || l.Name != path.Base(l.Name) || l.Name == "." || l.Name == ".." ||
		strings.Contains(l.Name, `\`) || l.Name != Visible(l.Name) {
		return Draft{}, fmt.Errorf("the name is not that of a file")
	}
	created, err := time.Parse(time.RFC3339, c.Created)
	if err != nil {
		return Draft{}, fmt.Errorf("time of the case: %w", err)
	}
	f, err := newFrame(c, l, created.UTC())
	if err != nil {
		return Draft{}, err
	}
	var subject, text string
	switch l.Kind {
	case casefile.LetterLogRequest:
		subject, text, err = logRequest(c, l, f)
	case casefile.LetterJANET:
		subject, text, err = janetReport(c, f)
	default:
		err = fmt.Errorf("unknown kind %q", l.Kind)
	}
	if err != nil {
		return Draft{}, err
	}
	m := f.mail
	m.Subject = headerText(subject, 200)
	if len(f.Held) > 0 {
		m.Subject = "[HOLD] " + m.Subject
		m.Hold = headerText(strings.Join(f.Held, " "), 300)
	}
	m.Text = text
	eml, err := m.eml()
	if err != nil {
		return Draft{}, err
	}
	return Draft{Name: l.Name, EML: eml, TXT: m.txt()}, nil
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

	created time.Time
	mail    mailDraft // without subject, hold and text
}

func newFrame(c *casefile.Case, l casefile.Letter, created time.Time) (*frame, error) {
	f := &frame{
		ID:           oneLine(c.ID, 60),
		Organisation: oneLine(c.Settings.Organisation, 120),
		Domain:       oneLine(c.Settings.Domain, 120),
		Reporter:     oneLine(c.Settings.Reporter, 120),
		Holder:       oneLine(l.Holder, 120),
		AnswerBy:     created.AddDate(0, 0, answerDays).Format(time.DateOnly),
		created:      created,
	}
	f.mail = mailDraft{Date: created}
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

package render

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/emersion/go-message/mail"
)

// mailDraft is one message before it is written. Every field must have passed mailAddress
// or headerText, but the lines, which are the body.
type mailDraft struct {
	From      string // address; empty when the settings name none
	FromName  string
	To        []string // addresses; empty when nobody is known
	Subject   string
	Date      time.Time
	MessageID string   // without angle brackets
	Hold      string   // why the draft must not be sent; empty when it may
	Lang      string   // language above the English text; empty for English alone
	Answers   []string // Message-IDs that it answers, without angle brackets
	Lines     []textLine
	Attached  *attachment // nil for the text alone
}

// eml writes the message as RFC 5322 has it. X-Unsent makes mail programs open it as a
// draft. Auto-Submitted (RFC 3834) is left out since a person sends it.
func (m mailDraft) eml() ([]byte, error) {
	var h gomail.Header
	// Fields are written in the reverse of the order in which they are set.
	h.Set("MIME-Version", "1.0")
	if m.Hold != "" {
		h.Set("X-Relaytrace-Hold", encodedWords(m.Hold))
	}
	h.Set("X-Unsent", "1")
	if len(m.Answers) == 1 {
		h.SetMsgIDList("References", m.Answers) // with several parents RFC 5322 section 3.6.4 advises against it
	}
	if len(m.Answers) > 0 {
		h.SetMsgIDList("In-Reply-To", m.Answers)
	}
	h.SetMessageID(m.MessageID)
	h.SetDate(m.Date)
	h.Set("Subject", encodedWords(m.Subject))
	to := make([]*gomail.Address, 0, len(m.To))
	for _, a := range m.To {
		to = append(to, &gomail.Address{Address: a})
	}
	h.SetAddressList("To", to)
	switch {
	case m.From == "":
	case plain(m.FromName):
		h.SetAddressList("From", []*gomail.Address{{Name: m.FromName, Address: m.From}})
	default:
		h.Set("From", encodedWords(m.FromName)+" <"+m.From+">")
	}
	text, delsp := flowed(m.Lines)
	params := map[string]string{"charset": "utf-8", "format": "flowed"}
	if delsp {
		params["delsp"] = "yes"
	}
	p := newPart("text/plain", params, "quoted-printable", []byte(text))
	p.header.Set("Content-Language", m.languages())
	// An equals sign and an underscore together stand in no quoted-printable text (RFC 2045
	// section 6.7).
	boundary := "=_" + strings.ReplaceAll(m.MessageID[:min(len(m.MessageID), 24)], "@", "_")
	var b bytes.Buffer
	if err := writeMessage(&b, h.Header, m.Attached.tree(p, boundary)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// languages of the text (RFC 3282).
func (m mailDraft) languages() string {
	if m.Lang == "" {
		return "en"
	}
	return m.Lang + ", en"
}

// txt writes the letter for people: to whom, about what, and the text.
func (m mailDraft) txt() []byte {
	to := strings.Join(m.To, ", ")
	if to == "" {
		to = "(nobody yet)"
	}
	return []byte("To: " + to + "\nSubject: " + m.Subject + "\n\n" + plainText(m.Lines))
}

// encodedWords writes text for a header field: as it is when it is ASCII, else in encoded
// words (RFC 2047) so short that a field can be folded between them at 76 characters.
func encodedWords(s string) string {
	if plain(s) {
		return s
	}
	var words []string
	for s != "" {
		part := atMost(s, 33)
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(part))+"?=")
		s = s[len(part):]
	}
	return strings.Join(words, " ")
}

// headerText makes s fit for an unstructured header field: visible, on one line, at
// most limit runes, and nothing that a reader would decode (RFC 2047 section 2).
func headerText(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(atMost(s, 8*limit), isSpace), " ")
	s = strings.ReplaceAll(Visible(s), "=?", "= ?")
	if utf8.RuneCountInString(s) > limit {
		s = strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
	}
	return s
}

// maxAddress is the longest address that a path of RFC 5321 section 4.5.3.1.3 can
// carry, without its angle brackets.
const maxAddress = 254

// mailAddress returns the bare address of s, which may carry a display name. It refuses
// what could not stand in a header as it is: controls, letters beyond ASCII (which need
// RFC 6532 all the way), quoted local parts, and more than one address.
func mailAddress(s string) (string, error) {
	if s != Visible(s) {
		return "", fmt.Errorf("%s holds characters that a header cannot carry", oneLine(s, 80))
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return "", fmt.Errorf("%s is no mail address: %w", oneLine(s, 80), err)
	}
	local, domain, _ := strings.Cut(a.Address, "@")
	if len(a.Address) > maxAddress || !isDomain(domain) || strings.ContainsFunc(local, notAtom) {
		return "", fmt.Errorf("%s is a form of address that is not written to", oneLine(s, 80))
	}
	return a.Address, nil
}

// notAtom reports whether r may not stand in an unquoted local part (RFC 5321 section
// 4.1.2, Dot-string).
func notAtom(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`()<>[]:;@\,"`, r)
}

// isDomain reports whether s is a host name of letters, digits, hyphens and dots.
func isDomain(s string) bool {
	ok := s != "" && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".") && !strings.Contains(s, "..")
	for _, r := range s {
		ok = ok && (r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}
	return ok
}

package intake

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"relaytrace/trace/header"
)

// maxPeople bounds the addresses that are told of one submission.
const maxPeople = 500

// tell fills in who reported what to whom: what a case and its letters need to know of a
// submission besides its samples.
func (m *mail) tell() {
	s := m.sub
	if m.brief && s.isItself() {
		s.Forged, s.Recipients = []string{}, []string{}
		return
	}
	s.Subject, s.Date = string(readable(m.line(header.Subject))), m.get(header.Date)
	s.Time = m.written()
	s.MessageID = bareAddress(m.get(header.MessageID))
	if !s.isItself() {
		s.Reporter = bareAddress(m.get(header.From))
		if v := bareAddress(m.get(header.ReplyTo)); v != "" && !strings.EqualFold(v, s.Reporter) {
			s.ReplyTo = v
		}
	}
	by := domainOf(s.Reporter)
	if s.Bounce != nil {
		by = s.Bounce.Reporter
	}
	for i := range s.Samples {
		if one := &s.Samples[i]; one.Via == "" && !s.isItself() {
			one.Via, one.By = s.Class, by
		}
	}
	m.tellPeople()
}

// isItself tells whether the submission is the spam, and its header that of the spam.
func (s *Submission) isItself() bool {
	return s.Class == ClassSample || s.Class == ClassPartialSample || s.Class == ClassList
}

// written gives when the message was written, in UTC: by its Date, else by the stamp of
// its topmost trace field.
func (p *part) written() time.Time {
	if t := parseDate(p.get(header.Date)); !t.IsZero() {
		return t
	}
	v := p.get(header.Received)
	return parseDate(v[strings.LastIndexByte(v, ';')+1:])
}

// parseDate reads a date of RFC 5322, or as asctime writes it, in UTC; zero when it is neither.
// So it is where the zone leads out of the years of four digits: JSON and RFC 3339 have no
// others, and one such date would make the whole case unreadable.
func parseDate(v string) time.Time {
	t := readDate(v).UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return time.Time{}
	}
	return t
}

func readDate(v string) time.Time {
	v = strings.TrimSpace(v)
	if v == "" {
		return time.Time{}
	}
	// What most write is read first: the general reader tries one form after the other.
	for _, layout := range [...]string{"Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700"} {
		if digit := v[0] >= '0' && v[0] <= '9'; digit != (layout[0] == '2') {
			continue
		}
		s := v
		if i := strings.IndexByte(s, '('); i > 0 {
			s = strings.TrimRight(s[:i], " ")
		}
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	if t, err := netmail.ParseDate(v); err == nil {
		return t
	}
	for _, layout := range [...]string{time.ANSIC, time.UnixDate, time.RFC3339, "Mon Jan _2 15:04:05 2006 -0700"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t
		}
	}
	return time.Time{}
}

// tellPeople fills in the addresses that were abused as senders: what a bounce or a report
// says, the senders of the samples that are in a forged domain, and else the address there
// that somebody answered to; and those to whom the spam was sent.
func (m *mail) tellPeople() {
	var forged, recipients people
	if b := m.sub.Bounce; b != nil {
		forged.add(b.Forged)
		for _, r := range b.Recipients {
			if domainOf(r.Original) != "" { // what the spam was addressed to; the other may be a name inside
				recipients.add(r.Original)
				continue
			}
			recipients.add(r.Address)
		}
	}
	if r := m.sub.Report; r != nil {
		if m.isOwn(r.OriginalFrom) {
			forged.add(r.OriginalFrom)
		}
		for _, a := range r.OriginalTo {
			recipients.add(a)
		}
	}
	for i := range m.sub.Samples {
		m.samplePeople(&m.sub.Samples[i], &forged, &recipients)
	}
	if len(forged) == 0 && !m.sub.isItself() {
		m.answeredTo(&forged)
	}
	m.sub.Forged, m.sub.Recipients = forged.sorted(), recipients.sorted()
}

// samplePeople takes the people out of the header of a sample. "for <joe@example.org>" in
// the topmost trace field was written by the recipient's side.
func (m *mail) samplePeople(s *Sample, forged, recipients *people) {
	p := m.part
	if off, ok := within(m.data, s.Data); !ok || off != 0 || len(s.Data) != len(m.data) {
		p = &part{data: s.Data, fields: scanFields(s.Data)} // the submission itself is scanned already
	}
	traced := false
	for _, f := range p.fields {
		body := f.Body(p.data)
		body = body[:min(len(body), maxValue)]
		switch f.Which {
		case header.From, header.Sender, header.ReplyTo, header.ReturnPath:
			if len(m.own) > 0 {
				eachAddress(body, func(a string) {
					if m.isOwn(a) {
						forged.add(a)
					}
				})
			}
		case header.To, header.Cc, header.DeliveredTo, header.XOriginalTo, header.EnvelopeTo:
			eachAddress(body, recipients.add)
		case header.Received:
			if i := bytes.Index(body, []byte("for <")); i >= 0 && !traced {
				if j := bytes.IndexByte(body[i:], '>'); j > 0 {
					eachAddress(body[i+5:i+j], recipients.add)
				}
			}
			traced = true
		}
	}
}

// answeredTo takes the forged address to which somebody answered.
func (m *mail) answeredTo(forged *people) {
	for _, name := range [...]header.Name{header.XOriginalTo, header.EnvelopeTo, header.DeliveredTo, header.To, header.Cc} {
		for _, a := range addressesIn(m.get(name)) {
			if m.isOwn(a) && !isRole(a) {
				forged.add(a)
			}
		}
		if len(*forged) > 0 {
			return
		}
	}
}

// people are addresses in lower case, each once.
type people []string

func (p *people) add(address string) {
	address = strings.ToLower(address)
	if i := strings.LastIndexByte(address, '@'); i < 1 || i == len(address)-1 || len(*p) >= maxPeople || slices.Contains(*p, address) {
		return
	}
	*p = append(*p, address)
}

// sorted gives them in order, never nil.
func (p people) sorted() []string {
	if len(p) == 0 {
		return []string{}
	}
	slices.Sort(p)
	return p
}

// isOwn tells whether an address is in a forged domain, or below one.
func (in *inspector) isOwn(address string) bool {
	domain := domainOf(address)
	for _, own := range in.own {
		if domain == own || strings.HasSuffix(domain, "."+own) {
			return true
		}
	}
	return false
}

// isRole tells the addresses that an organisation answers for its own mail (RFC 2142).
// Whoever writes there need not answer a forged sender.
func isRole(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch local {
	case "abuse", "postmaster", "hostmaster", "webmaster", "security", "noc", "cert", "csirt", "root", "spam", "mailer-daemon":
		return true
	}
	return false
}

// domainOf gives the part behind the "@", in lower case; empty where there is none.
func domainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimRight(address[i+1:], "."))
}

// addressesIn finds the mail addresses in a text, in its order.
func addressesIn(text string) []string {
	var out []string
	eachAddress([]byte(text), func(a string) {
		if len(out) < maxPeople {
			out = append(out, a)
		}
	})
	return out
}

// eachAddress finds the mail addresses in a text. It knows what stands in header fields and
// bounces, and no quoted local parts.
func eachAddress(text []byte, use func(string)) {
	for pos := 0; ; {
		i := bytes.IndexByte(text[pos:], '@')
		if i < 0 {
			return
		}
		at := pos + i
		begin, end := at, at+1
		for begin > pos && at-begin < 64 && isLocal(text[begin-1]) {
			begin--
		}
		for end < len(text) && end-at < 255 && isDomain(text[end]) {
			end++
		}
		pos = at + 1
		for begin < at && text[begin] == '\'' {
			begin++
		}
		first, last := at+1, end
		for first < last && (text[first] == '.' || text[first] == '-') {
			first++
		}
		for first < last && (text[last-1] == '.' || text[last-1] == '-') {
			last--
		}
		switch {
		case begin == at || first == last:
		case first == at+1:
			use(string(text[begin:last]))
		default:
			use(string(text[begin:at+1]) + string(text[first:last]))
		}
	}
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isLocal(c byte) bool {
	return isLetterOrDigit(c) || strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func isDomain(c byte) bool { return isLetterOrDigit(c) || c == '.' || c == '-' }

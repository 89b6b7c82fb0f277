package intake

import (
	"bytes"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
)

// maxPeople bounds the addresses that are told of one submission.
const maxPeople = 500

// tell fills in who reported what to whom: what a case and its letters need to know of a
// submission besides its samples.
func (m *mail) tell() {
	s := m.sub
	s.Subject, s.Date = readable(m.get("Subject")), m.get("Date")
	s.Time = m.written()
	s.MessageID = bareAddress(m.get("Message-ID"))
	if !s.isItself() {
		s.Reporter = bareAddress(m.get("From"))
		if v := bareAddress(m.get("Reply-To")); v != "" && !strings.EqualFold(v, s.Reporter) {
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
	s.Forged, s.Recipients = m.forged(), m.recipients()
}

// isItself tells whether the submission is the spam, and its header that of the spam.
func (s *Submission) isItself() bool {
	return s.Class == ClassSample || s.Class == ClassPartialSample || s.Class == ClassList
}

// written gives when the message was written, in UTC: by its Date, else by the stamp of
// its topmost trace field.
func (p *part) written() time.Time {
	if t := parseDate(p.get("Date")); !t.IsZero() {
		return t
	}
	v := p.get("Received")
	return parseDate(v[strings.LastIndexByte(v, ';')+1:])
}

// parseDate reads a date of RFC 5322, or as asctime writes it; zero when it is neither.
func parseDate(v string) time.Time {
	v = strings.TrimSpace(v)
	if v == "" {
		return time.Time{}
	}
	if t, err := netmail.ParseDate(v); err == nil {
		return t.UTC()
	}
	for _, layout := range []string{time.ANSIC, time.UnixDate, time.RFC3339, "Mon Jan _2 15:04:05 2006 -0700"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// forged gives the addresses that were abused as senders: what a bounce or a report says,
// the senders of the samples that are in a forged domain, and else the address there that
// somebody answered to.
func (m *mail) forged() []string {
	var found people
	if b := m.sub.Bounce; b != nil {
		found.add(b.Forged)
	}
	if r := m.sub.Report; r != nil && m.isOwn(r.OriginalFrom) {
		found.add(r.OriginalFrom)
	}
	for i := range m.sub.Samples {
		m.eachAddress(&m.sub.Samples[i], func(a string) {
			if m.isOwn(a) {
				found.add(a)
			}
		}, "From", "Sender", "Reply-To", "Return-Path")
	}
	if len(found) == 0 && !m.sub.isItself() {
		for _, name := range []string{"X-Original-To", "Envelope-To", "Delivered-To", "To", "Cc"} {
			for _, a := range addressesIn(m.get(name)) {
				if m.isOwn(a) && !isRole(a) {
					found.add(a)
				}
			}
			if len(found) > 0 {
				break
			}
		}
	}
	return found.sorted()
}

// recipients gives those to whom the spam was sent.
func (m *mail) recipients() []string {
	var found people
	if b := m.sub.Bounce; b != nil {
		for _, r := range b.Recipients {
			if domainOf(r.Original) != "" { // what the spam was addressed to; the other may be a name inside
				found.add(r.Original)
				continue
			}
			found.add(r.Address)
		}
	}
	if r := m.sub.Report; r != nil {
		for _, a := range r.OriginalTo {
			found.add(a)
		}
	}
	for i := range m.sub.Samples {
		m.eachAddress(&m.sub.Samples[i], found.add, "Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
		m.eachTrace(&m.sub.Samples[i], found.add)
	}
	return found.sorted()
}

// header gives a sample with its fields; the submission itself is scanned already.
func (m *mail) header(s *Sample) *part {
	if off, ok := within(m.data, s.Data); ok && off == 0 && len(s.Data) == len(m.data) {
		return m.part
	}
	return &part{data: s.Data, fields: scanFields(s.Data)}
}

// eachTrace gives the recipient in the topmost trace field of a sample, which its
// recipient's side wrote: "for <joe@example.org>".
func (m *mail) eachTrace(s *Sample, use func(string)) {
	field := m.header(s).get("Received")
	if _, rest, ok := strings.Cut(field, " for <"); ok {
		if address, _, ok := strings.Cut(rest, ">"); ok {
			use(address)
		}
	}
}

// eachAddress gives the addresses in some fields of a sample.
func (m *mail) eachAddress(s *Sample, use func(string), names ...string) {
	p := m.header(s)
	for _, f := range p.fields {
		for _, name := range names {
			if !f.Is(p.data, name) {
				continue
			}
			body := f.Body(p.data)
			for _, a := range addressesIn(string(body[:min(len(body), maxValue)])) {
				use(a)
			}
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
	slices.Sort(p)
	return append([]string{}, p...)
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

// addressesIn finds the mail addresses in a text, in its order. It knows what stands in
// header fields and bounces, and no quoted local parts.
func addressesIn(text string) []string {
	var out []string
	for pos := 0; len(out) < maxPeople; {
		i := strings.IndexByte(text[pos:], '@')
		if i < 0 {
			break
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
		if domain := strings.Trim(text[at+1:end], ".-"); begin < at && domain != "" {
			out = append(out, strings.TrimLeft(text[begin:at], "'")+"@"+domain)
		}
	}
	return out
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isLocal(c byte) bool {
	return isLetterOrDigit(c) || bytes.IndexByte([]byte(".!#$%&'*+-/=?^_`{|}~"), c) >= 0
}

func isDomain(c byte) bool { return isLetterOrDigit(c) || c == '.' || c == '-' }

package render

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"iter"
	"strings"

	"relaytrace/casefile"
)

// redactor replaces the local part of a complainant's or recipient's address by a keyed
// hash (RFC 6590 section 3), the same within a case and in no other. A nil redactor
// leaves all as it is.
type redactor struct {
	key     []byte
	private map[string]bool // addresses in small letters
}

// newRedactor gathers whose addresses are private: those to whom the mail was delivered or
// addressed, and those who wrote about it. The forged sender is not among them.
func newRedactor(c *casefile.Case) *redactor {
	key := sha256.Sum256([]byte("relaytrace redaction\n" + c.Seed))
	r := &redactor{key: key[:], private: make(map[string]bool)}
	for i := range c.Samples {
		p := &c.Samples[i].Path
		r.add(p.Message.To, p.Message.Cc)
		r.add(p.Message.DeliveredTo...)
		for j := range p.Hops {
			r.add(p.Hops[j].For...)
		}
	}
	for _, l := range c.Letters {
		if l.Answers != nil {
			r.add(l.Answers.Address)
		}
	}
	delete(r.private, strings.ToLower(c.Settings.ReplyTo))
	return r
}

func (r *redactor) add(texts ...string) {
	for _, t := range texts {
		t = atMost(t, 1<<16)
		for a := range addressesIn(t) {
			r.private[foldedAddress(t[a.From:a.To])] = true
		}
	}
}

// foldedAddress is an address as it is compared.
func foldedAddress(a string) string { return strings.ToLower(strings.TrimRight(a, ".")) }

// addressesIn gives the places of the addr-specs in t, as they stand in header fields and
// envelopes. A case has many of them for each of its letters, and a regular expression is
// slow.
func addressesIn(t string) iter.Seq[span] {
	return func(yield func(span) bool) {
		for from := 0; ; {
			at := strings.IndexByte(t[from:], '@')
			if at < 0 {
				return
			}
			at += from
			begin, end := at, at+1
			for begin > from && isAtext(t[begin-1]) {
				begin--
			}
			for end < len(t) && isHostByte(t[end]) {
				end++
			}
			if begin == at || end == at+1 {
				from = at + 1
				continue
			}
			if !yield(span{begin, end}) {
				return
			}
			from = end
		}
	}
}

func isHostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-'
}

func isAtext(c byte) bool {
	return isHostByte(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0
}

// text returns s with every private address redacted, also where it stands inside
// another's local part, as list managers write it (ann=example.net).
func (r *redactor) text(s string) string {
	if r == nil {
		return s
	}
	var b strings.Builder
	done := 0 // all before it is in b
	for a := range addressesIn(s) {
		local, domain, _ := strings.Cut(s[a.From:a.To], "@")
		shown := r.inside(local)
		if r.private[foldedAddress(s[a.From:a.To])] {
			shown = r.hash(local, domain)
		}
		if shown != local {
			b.WriteString(s[done:a.From])
			b.WriteString(shown)
			done = a.From + len(local)
		}
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// inside redacts an address that a local part carries with = in the place of @.
func (r *redactor) inside(local string) string {
	for eq := range len(local) {
		if local[eq] != '=' {
			continue
		}
		domain := local[eq+1:]
		if end := strings.IndexAny(domain, "=+"); end >= 0 {
			domain = domain[:end]
		}
		for begin := range eq {
			if begin > 0 && !strings.ContainsRune("-+=._", rune(local[begin-1])) {
				continue
			}
			if who := local[begin:eq]; r.private[strings.ToLower(who+"@"+domain)] {
				return local[:begin] + r.hash(who, domain) + local[eq:]
			}
		}
	}
	return local
}

// hash is the keyed hash of a local part, fit to stand in its place. The domain is hashed
// with it, so that two people of one name in two domains do not look like one.
func (r *redactor) hash(local, domain string) string {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(strings.ToLower(local) + "\x00" + strings.ToLower(strings.TrimRight(domain, "."))))
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil))[:16])
}

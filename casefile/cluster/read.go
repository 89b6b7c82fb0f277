package cluster

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/glaslos/tlsh"

	"relaytrace/trace"
	"relaytrace/trace/header"
)

var readers = sync.Pool{New: func() any { return new(reader) }}

// Read takes out of a sample what compares it with others. p is its path; data and fields
// are those that it was made from, and sum the SHA-256 of data. It is safe to call
// concurrently.
func Read(data []byte, fields []header.Field, sum [32]byte, p *trace.Path) Features {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	f := Features{Key: [16]byte(sum[:16])}
	r.fromHeader(&f, data, fields)
	f.Forged = forgedIn(p)
	f.Net, f.Relay, f.Time = handedIn(p)

	r.parts, r.html, r.chosen = 0, false, r.chosen[:0]
	r.recipientWords(field(data, fields, "To"))
	f.Subject = r.subjectOf(field(data, fields, "Subject"))
	r.choose(data, 0)
	r.normalise()
	r.compareBy(&f)
	f.Links = r.linksBut(p)
	return f
}

// ReadAbout takes out of a message without a sample what it names: the sample is another
// one's. forged is the address that the message came to, as far as it is known.
func ReadAbout(data []byte, sum [32]byte, forged string) Features {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	h := header.Scan(data, nil)
	f := Features{Key: [16]byte(sum[:16]), About: true, Forged: strings.ToLower(forged)}
	for _, name := range []string{"In-Reply-To", "References"} {
		f.addRefs(field(data, h.Fields, name))
	}
	r.drop = r.drop[:0]
	f.Subject = r.subjectOf(field(data, h.Fields, "Subject"))
	// A bounce or a complaint may quote the header that it is about.
	for line := range bytes.Lines(data[h.End:min(len(data), h.End+maxText)]) {
		line = bytes.TrimLeft(line, " \t>")
		switch {
		case hasPrefixFold(line, "message-id:"):
			f.addRefs(line)
		case hasPrefixFold(line, "subject:"):
			if s := r.subjectOf(bytes.TrimSpace(line[len("subject:"):])); s != "" {
				f.Subject = s
			}
		}
	}
	for _, name := range []string{"Delivered-To", "X-Original-To", "To"} {
		if f.Forged == "" {
			f.Forged = bareAddress(string(field(data, h.Fields, name)))
		}
	}
	if t, err := mailDate(field(data, h.Fields, "Date")); err == nil {
		f.Time = t.Unix()
	}
	return f
}

// addRefs adds the Message-IDs that stand in a field.
func (f *Features) addRefs(value []byte) {
	for len(value) > 0 && len(f.Refs) < maxRefs {
		i := bytes.IndexByte(value, '<')
		j := bytes.IndexByte(value, '>')
		if i < 0 || j < i {
			return
		}
		if id := value[i+1 : j]; len(id) > 6 {
			f.Refs = append(f.Refs, hashBytes(id))
		}
		value = value[j+1:]
	}
}

// bareAddress takes an address out of a field, in lower case.
func bareAddress(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v = v[i+1:]
	}
	if i := strings.IndexByte(v, '>'); i >= 0 {
		v = v[:i]
	}
	v = strings.ToLower(strings.TrimSpace(v))
	if strings.ContainsAny(v, " \t\r\n,;") || !strings.Contains(v, "@") {
		return ""
	}
	return v
}

// mailDate reads a date field (RFC 5322 section 3.3), with or without a comment behind it.
func mailDate(v []byte) (time.Time, error) {
	s := string(v)
	if i := strings.IndexByte(s, '('); i > 0 {
		s = strings.TrimSpace(s[:i])
	}
	t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", s)
	if err != nil {
		t, err = time.Parse("2 Jan 2006 15:04:05 -0700", s)
	}
	return t, err
}

// forgedIn gives the address in the sender's place: that of the envelope where the
// delivering system wrote it, else that of From.
func forgedIn(p *trace.Path) string {
	if a := bareAddress(p.Message.ReturnPath); a != "" {
		return a
	}
	return bareAddress(p.Message.From)
}

// handedIn gives what believed fields say of where the sample came from.
func handedIn(p *trace.Path) (net netip.Prefix, relay netip.Addr, at int64) {
	b := p.Boundary
	if b == nil || !b.IP.IsValid() {
		return
	}
	relay = b.IP
	if t, err := time.Parse(time.RFC3339, p.Hops[b.Hop].Time.UTC); err == nil {
		at = t.Unix()
	}
	// The network speaks for itself only where it is not that of a relay, which serves many;
	// a host that handed in and wrote no field may be one.
	if p.Ends == trace.EndNoField {
		return net, relay, at
	}
	if o := p.Origin; o != nil && o.IP.IsValid() && o.Certainty != trace.Claimed && !isRelay(p, o.IP) {
		bits := 24
		if o.IP.Is6() {
			bits = 48
		}
		net, _ = o.IP.Prefix(bits)
	}
	return net, relay, at
}

func isRelay(p *trace.Path, a netip.Addr) bool {
	return slices.ContainsFunc(p.Relays, func(r trace.Relay) bool { return r.IP == a })
}

// linksBut gives the first domains that the text leads to, but for those of the sender's
// name and the recipient's: a provider's footer tells nothing.
func (r *reader) linksBut(p *trace.Path) []string {
	var out []string
	for _, d := range r.links {
		if d == p.Message.Organisation || len(r.drop) > 0 && d == organisation(domainOf(bareAddress(p.Message.To))) {
			continue
		}
		if out = append(out, d); len(out) == maxLinks {
			break
		}
	}
	return out
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// compareBy makes the digests of the text.
func (r *reader) compareBy(f *Features) {
	f.Letter = int32(len(r.text))
	if len(r.text) < minLetters {
		return
	}
	f.Body = hashBytes(r.text)
	if t, err := tlsh.HashBytes(r.text); err == nil {
		copy(f.Fuzzy[:], t.Binary())
	}
	for i := range f.Sketch {
		f.Sketch[i] = emptyClass
	}
	for i := 2; i < len(r.words); i++ {
		h := mix(r.words[i-2]*3 + r.words[i-1]*5 + r.words[i])
		class := h % sketchLen
		if v := uint32(h >> 32); v < f.Sketch[class] {
			f.Sketch[class] = v
		}
	}
}

// emptyClass marks a class of the sketch into which no sequence fell.
const emptyClass = ^uint32(0)

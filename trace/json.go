package trace

import (
	"math/bits"
	"net/netip"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSON appends the document of one path to dst, on one line and without a line
// end, and returns the longer slice. It writes the bytes that encoding/json would, but
// characters that a reader could miss or be misled by (control, bidi, format and
// zero-width characters) as \uXXXX; it is several times faster, for batches.
func (p *Path) AppendJSON(dst []byte) []byte {
	w := jsonWriter{dst}
	w.str(`{"schema":"`, p.Schema)
	w.str(`,"sample":{"file":"`, p.Sample.File)
	w.num(`,"line":`, int64(p.Sample.Line))
	if p.Sample.Part != "" {
		w.str(`,"part":"`, p.Sample.Part)
	}
	if p.Sample.SHA256 != "" {
		w.str(`,"sha256":"`, p.Sample.SHA256)
	}
	if p.Sample.Via != "" {
		w.str(`,"via":"`, p.Sample.Via)
	}
	if p.Sample.By != "" {
		w.str(`,"by":"`, p.Sample.By)
	}
	w.lit(`},"message":`)
	w.message(&p.Message)
	w.lit(`,"hops":[`)
	for i := range p.Hops {
		w.comma(i)
		w.hop(&p.Hops[i])
	}
	w.lit(`],"boundary":`)
	if b := p.Boundary; b == nil {
		w.lit("null")
	} else {
		w.num(`{"hop":`, int64(b.Hop))
		w.addr(`,"ip":`, b.IP)
		w.str(`,"helo":"`, b.HELO)
		w.str(`,"rdns":"`, b.RDNS)
		w.str(`,"by":"`, b.By)
		w.lit("}")
	}
	w.lit(`,"origin":`)
	if o := p.Origin; o == nil {
		w.lit("null")
	} else {
		w.num(`{"hop":`, int64(o.Hop))
		w.addr(`,"ip":`, o.IP)
		w.str(`,"certainty":"`, string(o.Certainty))
		w.lit("}")
	}
	w.str(`,"ends":"`, string(p.Ends))
	w.found(p)
	w.lit("}")
	return w.b
}

type jsonWriter struct{ b []byte }

func (w *jsonWriter) lit(s string) { w.b = append(w.b, s...) }

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.b = append(w.b, ',')
	}
}

func (w *jsonWriter) num(key string, n int64) {
	w.b = strconv.AppendInt(append(w.b, key...), n, 10)
}

func (w *jsonWriter) numOrNull(key string, n *int64) {
	if n == nil {
		w.lit(key)
		w.lit("null")
		return
	}
	w.num(key, *n)
}

func (w *jsonWriter) flag(key string, on bool) {
	w.b = strconv.AppendBool(append(w.b, key...), on)
}

func (w *jsonWriter) addr(key string, a netip.Addr) {
	w.lit(key)
	w.b = append(w.b, '"')
	if a.IsValid() {
		w.b = a.AppendTo(w.b)
	}
	w.b = append(w.b, '"')
}

func (w *jsonWriter) strs(key string, list []string) {
	w.lit(key)
	if list == nil {
		w.lit("null")
		return
	}
	w.b = append(w.b, '[')
	for i, s := range list {
		w.comma(i)
		w.str(`"`, s)
	}
	w.b = append(w.b, ']')
}

// str writes a key with the quote behind it, as given, and a string (RFC 8259 section 7).
func (w *jsonWriter) str(key, s string) {
	b := append(w.b, key...)
	if s == "" { // as many are
		w.b = append(b, '"')
		return
	}
	start := 0
	for i := asItIs(s); i < len(s); i += asItIs(s[i:]) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x7f || hidden(r) || r == utf8.RuneError && n == 1 {
			b = append(b, s[start:i]...)
			b = escapeRune(b, r)
			start = i + n
		}
		i += n
	}
	w.b = append(append(b, s[start:]...), '"')
}

// asItIs returns how many bytes at the beginning of a text a string of JSON holds as they
// are, and every reader sees: all of printable ASCII but the quote and the backslash. It
// looks at eight bytes at once, since a document is long texts for the most part. Of the
// eight, those that are not such have their highest bit set in other. A carry may set it
// in what stands behind one of them too, so that the first is always right.
func asItIs(s string) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for len(s) >= 8 && n < len(s) {
		n = min(n, len(s)-8) // the last eight may be looked at again in part
		b := s[n : n+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		control, del := x-each*' ', x+each
		quote, backslash := (x^each*'"')-each, (x^each*'\\')-each
		if other := (x | control | del | quote | backslash) & high; other != 0 {
			return n + bits.TrailingZeros64(other)/8
		}
		n += 8
	}
	for n < len(s) && s[n] >= ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '\\' {
		n++
	}
	return n
}

// hidden reports whether a character is not seen, or changes how its neighbours are.
func hidden(r rune) bool {
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escapeRune(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if r > 0xffff {
		hi, lo := utf16.EncodeRune(r)
		return escapeRune(escapeRune(b, hi), lo)
	}
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

func (w *jsonWriter) message(m *Message) {
	w.str(`{"message_id":"`, m.MessageID)
	w.str(`,"subject":"`, m.Subject)
	w.str(`,"from":"`, m.From)
	w.str(`,"sender":"`, m.Sender)
	w.str(`,"reply_to":"`, m.ReplyTo)
	w.str(`,"to":"`, m.To)
	w.str(`,"cc":"`, m.Cc)
	w.str(`,"date":"`, m.Date)
	w.num(`,"recipients":`, int64(m.Recipients))
	w.str(`,"domain":"`, m.Domain)
	w.str(`,"organisation":"`, m.Organisation)
	w.str(`,"return_path":"`, m.ReturnPath)
	w.strs(`,"delivered_to":`, m.DeliveredTo)
	w.lit("}")
}

func (w *jsonWriter) hop(h *Hop) {
	w.num(`{"index":`, int64(h.Index))
	w.num(`,"line":`, int64(h.Line))
	w.str(`,"raw":"`, h.Raw)
	w.str(`,"from":{"helo":"`, h.From.HELO)
	w.str(`,"rdns":"`, h.From.RDNS)
	w.str(`,"name":"`, h.From.Name)
	w.addr(`,"ip":`, h.From.IP)
	w.num(`,"port":`, int64(h.From.Port))
	w.str(`,"ident":"`, h.From.Ident)
	w.str(`,"auth":"`, h.From.Auth)
	w.str(`},"by":{"host":"`, h.By.Host)
	w.addr(`,"ip":`, h.By.IP)
	w.str(`,"mta":"`, h.By.MTA)
	w.str(`,"version":"`, h.By.Version)
	w.str(`},"with":"`, h.With)
	w.str(`,"id":"`, h.ID)
	w.strs(`,"for":`, h.For)
	w.str(`,"envelope_from":"`, h.Envelope)
	w.str(`,"tls":"`, h.TLS)
	w.str(`,"time":{"stamp":"`, h.Time.Stamp)
	w.str(`,"utc":"`, h.Time.UTC)
	w.str(`,"queue_id_utc":"`, h.Time.QueueIDUTC)
	w.lit(`},"clock":`)
	if c := h.Clock; c == nil {
		w.lit("null")
	} else {
		w.numOrNull(`{"gap_seconds":`, c.Gap)
		w.num(`,"gap_to":`, int64(c.GapTo))
		w.numOrNull(`,"queue_id_seconds":`, c.Queue)
		w.num(`,"zone_off_hours":`, int64(c.ZoneOff))
		w.str(`,"zone_off_from":"`, c.ZoneFrom)
		w.lit("}")
	}
	w.str(`,"kind":"`, string(h.Kind))
	w.str(`,"standing":"`, string(h.Standing))
	w.str(`,"discloses":"`, string(h.Discloses))
	w.str(`,"link":"`, h.Link)
	w.str(`,"why":"`, h.Why)
	w.strs(`,"findings":`, h.Findings)
	w.lit("}")
}

// found writes the lists at the end of a path.
func (w *jsonWriter) found(p *Path) {
	w.lit(`,"relays":[`)
	for i, r := range p.Relays {
		w.comma(i)
		w.addr(`{"ip":`, r.IP)
		w.str(`,"name":"`, r.Name)
		w.num(`,"hop":`, int64(r.Hop))
		w.num(`,"own":`, int64(r.Own))
		w.flag(`,"withholds_previous_hop":`, r.Withholds)
		w.str(`,"certainty":"`, string(r.Certainty))
		w.lit("}")
	}
	w.lit(`],"bystanders":[`)
	for i, y := range p.Bystanders {
		w.comma(i)
		w.str(`{"name":"`, y.Name)
		w.addr(`,"ip":`, y.IP)
		w.num(`,"hop":`, int64(y.Hop))
		w.str(`,"why":"`, y.Why)
		if y.Own > 0 {
			w.num(`,"own":`, int64(y.Own))
		}
		w.lit("}")
	}
	w.lit(`],"hints":[`)
	for i, h := range p.Hints {
		w.comma(i)
		w.str(`{"field":"`, h.Field)
		w.num(`,"line":`, int64(h.Line))
		w.str(`,"value":"`, h.Value)
		w.addr(`,"ip":`, h.IP)
		w.str(`,"certainty":"`, string(h.Certainty))
		w.str(`,"why":"`, h.Why)
		w.lit("}")
	}
	w.lit(`],"findings":[`)
	for i, f := range p.Findings {
		w.comma(i)
		w.str(`{"code":"`, f.Code)
		w.num(`,"hop":`, int64(f.Hop))
		w.str(`,"severity":"`, string(f.Severity))
		w.str(`,"quote":"`, f.Quote)
		w.str(`,"text":"`, f.Text)
		w.lit("}")
	}
	w.lit("]")
}

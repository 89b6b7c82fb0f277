package trace

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
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
	w := jsonText(dst).lit(`{"schema":"`).str(p.Schema)
	w = w.lit(`","sample":{"file":"`).str(p.Sample.File)
	w = w.lit(`","line":`).num(p.Sample.Line)
	if p.Sample.Part != "" {
		w = w.lit(`,"part":"`).str(p.Sample.Part).lit(`"`)
	}
	if p.Sample.SHA256 != "" {
		w = w.lit(`,"sha256":"`).str(p.Sample.SHA256).lit(`"`)
	}
	if p.Sample.Via != "" {
		w = w.lit(`,"via":"`).str(p.Sample.Via).lit(`"`)
	}
	if p.Sample.By != "" {
		w = w.lit(`,"by":"`).str(p.Sample.By).lit(`"`)
	}
	w = w.lit(`},"message":`).message(&p.Message)
	w = w.lit(`,"hops":[`)
	for i := range p.Hops {
		w = w.comma(i).hop(&p.Hops[i])
	}
	w = w.lit(`],"boundary":`)
	if b := p.Boundary; b == nil {
		w = w.lit("null")
	} else {
		w = w.lit(`{"hop":`).num(b.Hop)
		w = w.lit(`,"ip":"`).addr(b.IP)
		w = w.lit(`","helo":"`).str(b.HELO)
		w = w.lit(`","rdns":"`).str(b.RDNS)
		w = w.lit(`","by":"`).str(b.By).lit(`"}`)
	}
	w = w.lit(`,"origin":`)
	if o := p.Origin; o == nil {
		w = w.lit("null")
	} else {
		w = w.lit(`{"hop":`).num(o.Hop)
		w = w.lit(`,"ip":"`).addr(o.IP)
		w = w.lit(`","certainty":"`).str(string(o.Certainty)).lit(`"}`)
	}
	w = w.lit(`,"ends":"`).str(string(p.Ends)).lit(`"`)
	return w.found(p).lit("}")
}

// jsonText is a document that is being written. Each method writes something at its end and
// returns the longer one, so that it is handed on in registers. The constant texts between
// the values hold the quotes of both sides: a short one is then written by a store or two.
type jsonText []byte

func (w jsonText) lit(s string) jsonText { return append(w, s...) }

func (w jsonText) comma(i int) jsonText {
	if i > 0 {
		return append(w, ',')
	}
	return w
}

func (w jsonText) num(n int) jsonText {
	if 0 <= n && n <= 9 { // as most are
		return append(w, '0'+byte(n))
	}
	return strconv.AppendInt(w, int64(n), 10)
}

func (w jsonText) numOrNull(n *int64) jsonText {
	if n == nil {
		return w.lit("null")
	}
	return strconv.AppendInt(w, *n, 10)
}

func (w jsonText) addr(a netip.Addr) jsonText {
	if a.IsValid() {
		return a.AppendTo(w)
	}
	return w
}

func (w jsonText) strs(list []string) jsonText {
	if list == nil {
		return w.lit("null")
	}
	w = append(w, '[')
	for i, s := range list {
		w = w.comma(i).lit(`"`).str(s).lit(`"`)
	}
	return append(w, ']')
}

// str writes what stands between the quotes of a string (RFC 8259 section 7).
func (w jsonText) str(s string) jsonText {
	if s == "" { // as many are
		return w
	}
	return w.text(s)
}

// text is str for what is not empty. Most are short: these are written while they are
// looked at, by eight bytes or by four; the last of them may be written twice.
func (w jsonText) text(s string) jsonText {
	at, n := len(w), len(s)
	switch {
	case n < 4 || n > 32:
	case n < 8:
		first, last := four(s), four(s[n-4:])
		if oddOf(uint64(first)|uint64(last)<<32) == 0 {
			w = slices.Grow(w, n)[:at+n]
			binary.LittleEndian.PutUint32(w[at:], first)
			binary.LittleEndian.PutUint32(w[at+n-4:], last)
			return w
		}
	default:
		w = slices.Grow(w, n)
		to, last := w[at:at+n], eight(s[n-8:])
		odd := oddOf(last)
		for i := 0; i < n-8; i += 8 {
			x := eight(s[i:])
			odd |= oddOf(x)
			binary.LittleEndian.PutUint64(to[i:], x)
		}
		binary.LittleEndian.PutUint64(to[n-8:], last)
		if odd == 0 {
			return w[:at+n]
		}
	}
	n = asItIs(s)
	w = append(w, s[:n]...)
	if n == len(s) {
		return w
	}
	return w.escaped(s[n:])
}

// escaped writes a text that begins with a character which may have to be escaped.
func (w jsonText) escaped(s string) jsonText {
	start := 0
	for i := 0; i < len(s); i += asItIs(s[i:]) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x7f || hidden(r) || r == utf8.RuneError && n == 1 {
			w = append(w, s[start:i]...)
			w = escapeRune(w, r)
			start = i + n
		}
		i += n
	}
	return append(w, s[start:]...)
}

// asItIs returns how many bytes at the beginning of a text a string of JSON holds as they
// are, and every reader sees: all of printable ASCII but the quote and the backslash. It
// looks at eight bytes or more at once, since a document is texts for the most part. The
// last eight are looked at again in part, so that none of a longer text is looked at alone.
func asItIs(s string) int {
	n, last := 0, len(s)-8
	for ; n < last-7; n += 16 {
		first, second := oddOf(eight(s[n:n+8])), oddOf(eight(s[n+8:n+16]))
		switch {
		case first != 0:
			return n + lowestByte(first)
		case second != 0:
			return n + 8 + lowestByte(second)
		}
	}
	if last < 0 {
		return firstOdd(s)
	}
	if odd := oddOf(eight(s[min(n, last):])); odd != 0 {
		return min(n, last) + lowestByte(odd)
	}
	if odd := oddOf(eight(s[last:])); odd != 0 {
		return last + lowestByte(odd)
	}
	return len(s)
}

// lowestByte returns which of eight bytes, from 0, is the first that has its highest bit set.
func lowestByte(x uint64) int { return bits.TrailingZeros64(x) / 8 }

// firstOdd is asItIs byte by byte.
func firstOdd(s string) int {
	n := 0
	for n < len(s) && !oddByte[s[n]] {
		n++
	}
	return n
}

var oddByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c < ' ' || c > '~' || c == '"' || c == '\\'
	}
	return t
}()

// four returns the first four bytes of a text as one number, the first of them lowest.
func four(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// eight returns the first eight bytes of a text as one number, the first of them lowest.
func eight(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// oddOf sets the highest bit of a byte among eight that a string of JSON does not hold as
// it is, and none where there is no such byte. A carry may set it in what stands behind one
// of them too. To turn one bit over lays the quote next to the control characters; one more
// than DEL has the highest bit, and one more than a backslash is made nothing. Of the bytes
// beyond ASCII each test misses some, and none is missed by both.
func oddOf(x uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	control, others := (x^each*2)-each*(' '+1), ((x+each)^each*('\\'+1))-each
	return (control | others) & high
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

func (w jsonText) message(m *Message) jsonText {
	w = w.lit(`{"message_id":"`).str(m.MessageID)
	w = w.lit(`","subject":"`).str(m.Subject)
	w = w.lit(`","from":"`).str(m.From)
	w = w.lit(`","sender":"`).str(m.Sender)
	w = w.lit(`","reply_to":"`).str(m.ReplyTo)
	w = w.lit(`","to":"`).str(m.To)
	w = w.lit(`","cc":"`).str(m.Cc)
	w = w.lit(`","date":"`).str(m.Date)
	w = w.lit(`","recipients":`).num(m.Recipients)
	w = w.lit(`,"domain":"`).str(m.Domain)
	w = w.lit(`","organisation":"`).str(m.Organisation)
	w = w.lit(`","return_path":"`).str(m.ReturnPath)
	return w.lit(`","delivered_to":`).strs(m.DeliveredTo).lit("}")
}

func (w jsonText) hop(h *Hop) jsonText {
	w = w.lit(`{"index":`).num(h.Index)
	w = w.lit(`,"line":`).num(h.Line)
	w = w.lit(`,"raw":"`).str(h.Raw)
	w = w.lit(`","from":{"helo":"`).str(h.From.HELO)
	w = w.lit(`","rdns":"`).str(h.From.RDNS)
	w = w.lit(`","name":"`).str(h.From.Name)
	w = w.lit(`","ip":"`).addr(h.From.IP)
	w = w.lit(`","port":`).num(h.From.Port)
	w = w.lit(`,"ident":"`).str(h.From.Ident)
	w = w.lit(`","auth":"`).str(h.From.Auth)
	w = w.lit(`"},"by":{"host":"`).str(h.By.Host)
	w = w.lit(`","ip":"`).addr(h.By.IP)
	w = w.lit(`","mta":"`).str(h.By.MTA)
	w = w.lit(`","version":"`).str(h.By.Version)
	w = w.lit(`"},"with":"`).str(h.With)
	w = w.lit(`","id":"`).str(h.ID)
	w = w.lit(`","for":`).strs(h.For)
	w = w.lit(`,"envelope_from":"`).str(h.Envelope)
	w = w.lit(`","tls":"`).str(h.TLS)
	w = w.lit(`","time":{"stamp":"`).str(h.Time.Stamp)
	w = w.lit(`","utc":"`).str(h.Time.UTC)
	w = w.lit(`","queue_id_utc":"`).str(h.Time.QueueIDUTC)
	w = w.lit(`"},"clock":`)
	if c := h.Clock; c == nil {
		w = w.lit("null")
	} else {
		w = w.lit(`{"gap_seconds":`).numOrNull(c.Gap)
		w = w.lit(`,"gap_to":`).num(c.GapTo)
		w = w.lit(`,"queue_id_seconds":`).numOrNull(c.Queue)
		w = w.lit(`,"zone_off_hours":`).num(c.ZoneOff)
		w = w.lit(`,"zone_off_from":"`).str(c.ZoneFrom).lit(`"}`)
	}
	w = w.lit(`,"kind":"`).str(string(h.Kind))
	w = w.lit(`","standing":"`).str(string(h.Standing))
	w = w.lit(`","discloses":"`).str(string(h.Discloses))
	w = w.lit(`","link":"`).str(h.Link)
	w = w.lit(`","why":"`).str(h.Why)
	return w.lit(`","findings":`).strs(h.Findings).lit("}")
}

// found writes the lists at the end of a path.
func (w jsonText) found(p *Path) jsonText {
	w = w.lit(`,"relays":[`)
	for i := range p.Relays {
		r := &p.Relays[i]
		w = w.comma(i).lit(`{"ip":"`).addr(r.IP)
		w = w.lit(`","name":"`).str(r.Name)
		w = w.lit(`","hop":`).num(r.Hop)
		w = w.lit(`,"own":`).num(r.Own)
		w = strconv.AppendBool(w.lit(`,"withholds_previous_hop":`), r.Withholds)
		w = w.lit(`,"certainty":"`).str(string(r.Certainty)).lit(`"}`)
	}
	w = w.lit(`],"bystanders":[`)
	for i := range p.Bystanders {
		y := &p.Bystanders[i]
		w = w.comma(i).lit(`{"name":"`).str(y.Name)
		w = w.lit(`","ip":"`).addr(y.IP)
		w = w.lit(`","hop":`).num(y.Hop)
		w = w.lit(`,"why":"`).str(y.Why).lit(`"`)
		if y.Own > 0 {
			w = w.lit(`,"own":`).num(y.Own)
		}
		w = w.lit("}")
	}
	w = w.lit(`],"hints":[`)
	for i := range p.Hints {
		h := &p.Hints[i]
		w = w.comma(i).lit(`{"field":"`).str(h.Field)
		w = w.lit(`","line":`).num(h.Line)
		w = w.lit(`,"value":"`).str(h.Value)
		w = w.lit(`","ip":"`).addr(h.IP)
		w = w.lit(`","certainty":"`).str(string(h.Certainty))
		w = w.lit(`","why":"`).str(h.Why).lit(`"}`)
	}
	w = w.lit(`],"findings":[`)
	for i := range p.Findings {
		f := &p.Findings[i]
		w = w.comma(i).lit(`{"code":"`).str(f.Code)
		w = w.lit(`","hop":`).num(f.Hop)
		w = w.lit(`,"severity":"`).str(string(f.Severity))
		w = w.lit(`","quote":"`).str(f.Quote)
		w = w.lit(`","text":"`).str(f.Text).lit(`"}`)
	}
	return w.lit("]")
}

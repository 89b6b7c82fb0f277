package trace

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// keep gathers the texts that a Path takes out of a header, so that one string holds them
// all: most messages have more than a dozen.
type keep struct {
	b    []byte
	refs []keptText
}

// keptText is a place that is given its text once all are gathered.
type keptText struct {
	to *string
	place
}

// place is where a text stands among those that are kept.
type place struct{ start, end int }

func (p place) of(all string) string { return all[p.start:p.end] }

// unfolded keeps a field's body as text does.
func (k *keep) unfolded(to *string, body []byte) {
	start := len(k.b)
	k.b = appendText(k.b, body)
	k.refs = append(k.refs, keptText{to, place{start, len(k.b)}})
}

// verbatim keeps a field's body as found, folding too; bytes that are not UTF-8 are written \xNN.
func (k *keep) verbatim(to *string, body []byte) {
	start := len(k.b)
	k.b = appendVerbatim(k.b, body)
	k.refs = append(k.refs, keptText{to, place{start, len(k.b)}})
}

// instant keeps the text of an instant (RFC 3339); nothing for one that is not known.
func (k *keep) instant(to *string, t time.Time) {
	if t.IsZero() {
		return
	}
	start := len(k.b)
	k.b = t.AppendFormat(k.b, time.RFC3339)
	k.refs = append(k.refs, keptText{to, place{start, len(k.b)}})
}

// joined keeps a text made of parts, for whoever cuts it out of what settle returns.
func (k *keep) joined(parts []string) place {
	start := len(k.b)
	for _, p := range parts {
		k.b = append(k.b, p...)
	}
	return place{start, len(k.b)}
}

// join keeps a text made of parts.
func (k *keep) join(to *string, parts ...string) {
	k.refs = append(k.refs, keptText{to, k.joined(parts)})
}

// settle makes the string, hands its parts out and returns it whole.
func (k *keep) settle() string {
	all := string(k.b)
	for _, r := range k.refs {
		*r.to = r.of(all)
	}
	if cap(k.b) > 1<<20 {
		k.b = nil
	}
	k.b, k.refs = k.b[:0], emptied(k.refs)
	return all
}

// text unfolds a field's body; bytes that are not UTF-8 are written \xNN.
func text(b []byte) string {
	b = bytes.TrimSpace(b)
	if isOneLine(b) && utf8.Valid(b) {
		return string(b)
	}
	var room [128]byte
	return string(appendText(room[:0], b))
}

func isOneLine(b []byte) bool { return bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 }

// appendText appends a field's body as text has it.
func appendText(s, b []byte) []byte {
	b = bytes.TrimSpace(b)
	if isOneLine(b) && utf8.Valid(b) {
		return append(s, b...)
	}
	for len(b) > 0 {
		line := b[:lineEnd(b)]
		s = appendVerbatim(s, line)
		b = bytes.TrimLeft(b[len(line):], "\r\n \t")
		if r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1 {
			s = append(s, ' ')
		}
	}
	return s
}

// lineEnd returns where a line end begins, or else the text's length.
func lineEnd(b []byte) int {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			return i
		}
	}
	return len(b)
}

func appendVerbatim(s, b []byte) []byte {
	if utf8.Valid(b) {
		return append(s, b...)
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			s = appendHex(s, b[0])
		} else {
			s = append(s, b[:n]...)
		}
		b = b[n:]
	}
	return s
}

func appendHex(s []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	return append(s, '\\', 'x', hex[c>>4], hex[c&15])
}

package trace

import (
	"bytes"
	"encoding/binary"
	"time"
	"unicode/utf8"
)

// keep gathers the texts that a Path takes out of a header, so that one string holds them
// all: most messages have more than a dozen.
type keep struct {
	b    []byte
	refs []keptText
	day  instant // midnight of the day that was written last, and its text: mostly the next is of that day too
	date []byte
}

// keptText is a place that is given its text once all are gathered.
type keptText struct {
	to *string
	place
}

// place is where a text stands among those that are kept.
type place struct{ start, end int }

func (p place) of(all string) string { return all[p.start:p.end] }

// unfolded keeps a field's body as text does, and reports whether there is any text.
func (k *keep) unfolded(to *string, body []byte) bool {
	start := len(k.b)
	k.b = appendText(k.b, body)
	k.refs = append(k.refs, keptText{to, place{start, len(k.b)}})
	return len(k.b) > start
}

// verbatim keeps a field's body as found, folding too; bytes that are not UTF-8 are written \xNN.
func (k *keep) verbatim(to *string, body []byte) {
	start := len(k.b)
	k.b = appendVerbatim(k.b, body)
	k.refs = append(k.refs, keptText{to, place{start, len(k.b)}})
}

// instant keeps the text of an instant (RFC 3339); nothing for one that is not known.
func (k *keep) instant(to *string, t instant) {
	if t == unknown {
		return
	}
	const perDay = 24 * 60 * 60
	s := (t%perDay + perDay) % perDay
	if day := t - s; day != k.day || k.date == nil {
		k.day, k.date = day, time.Unix(int64(day), 0).UTC().AppendFormat(k.date[:0], "2006-01-02T")
	}
	start := len(k.b)
	k.b = append(k.b, k.date...)
	k.b = append(appendTwo(k.b, s/3600), ':')
	k.b = append(appendTwo(k.b, s/60%60), ':')
	k.b = append(appendTwo(k.b, s%60), 'Z')
	k.refs = append(k.refs, keptText{to, place{start, len(k.b)}})
}

func appendTwo(b []byte, n instant) []byte { return append(b, '0'+byte(n/10), '0'+byte(n%10)) }

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
	var room [128]byte
	return string(appendText(room[:0], b))
}

// isPlain reports whether a text is ASCII without control characters, as most are: eight
// bytes are looked at together, the last of them with those in front of them once more.
func isPlain(b []byte) bool {
	if len(b) < 8 {
		for _, c := range b {
			if c < ' ' || c >= utf8.RuneSelf {
				return false
			}
		}
		return true
	}
	odd := oddIn(b[len(b)-8:])
	for ; len(b) > 8; b = b[8:] {
		odd |= oddIn(b)
	}
	return odd == 0
}

// oddIn is not zero where one of the first eight bytes is a control character or no ASCII.
func oddIn(b []byte) uint64 {
	x := binary.LittleEndian.Uint64(b)
	return (x | (x - 0x2020202020202020)) & 0x8080808080808080
}

// appendText appends a field's body as text has it.
func appendText(s, b []byte) []byte {
	b = bytes.TrimSpace(b)
	if isPlain(b) {
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

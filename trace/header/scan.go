package header

import (
	"bytes"
	"encoding/binary"
)

// scanner walks over the lines of one header.
type scanner struct {
	data   []byte
	pos    int  // offset of the line to be read next
	line   int  // its number, from 1
	bareCR bool // a lone CR ends a line
	first  int  // length of the caller's slice before the scan
	full   bool // maxFields were read
	ends   int  // how many CR stood before a LF or the end of the input
	odd    bool // look for odd bytes in each line
	h      Header
}

// endsLinesInCR tells whether the first line of data ends in a lone CR. Several CR
// before a LF are one line end, the mark of a file converted twice.
func endsLinesInCR(data []byte) bool {
	i := 0
	for i < len(data) && data[i] != '\n' && data[i] != '\r' {
		i++
	}
	if i == len(data) || data[i] == '\n' {
		return false
	}
	for i < len(data) && data[i] == '\r' {
		i++
	}
	return i == len(data) || data[i] != '\n'
}

// lineAt returns the end of the text of the line at pos, and the start of the next.
func (s *scanner) lineAt(pos int) (end, next int) {
	if s.bareCR {
		return s.lineOfCR(pos)
	}
	end, next = len(s.data), len(s.data)
	if i := bytes.IndexByte(s.data[pos:], '\n'); i >= 0 {
		end, next = pos+i, pos+i+1
	}
	for end > pos && s.data[end-1] == '\r' {
		end--
		s.ends++
	}
	return end, next
}

// lineOfCR is lineAt where CR, LF and CRLF all end a line. It goes byte by byte, since a
// search for either byte alone could run through the whole input for every line.
func (s *scanner) lineOfCR(pos int) (end, next int) {
	for i := pos; i < len(s.data); i++ {
		switch s.data[i] {
		case '\n':
			return i, i + 1
		case '\r':
			if i+1 < len(s.data) && s.data[i+1] == '\n' {
				return i, i + 2
			}
			return i, i + 1
		}
	}
	return len(s.data), len(s.data)
}

// prelude passes over what may stand before the first field.
func (s *scanner) prelude() {
	if bytes.HasPrefix(s.data, []byte("\xEF\xBB\xBF")) {
		s.fault(0, ByteOrderMark)
		s.pos = 3
	}
	for s.pos < len(s.data) {
		end, next := s.lineAt(s.pos)
		switch {
		case end == s.pos:
			if !s.skipBlanks() {
				return
			}
		case isFromLine(s.data[s.pos:end]):
			s.pos = next
			s.line++
		default:
			return
		}
	}
}

// skipBlanks passes over blank lines when a field or a From_ line follows. Where text
// follows, the first blank line is the end of a header without fields.
func (s *scanner) skipBlanks() bool {
	pos, lines := s.pos, 0
	for pos < len(s.data) {
		end, next := s.lineAt(pos)
		if end == pos {
			pos = next
			lines++
			continue
		}
		text := s.data[pos:end]
		if !beginsField(text) && !isFromLine(text) {
			return false
		}
		s.fault(s.pos, LeadingBlank)
		s.pos = pos
		s.line += lines
		return true
	}
	return false
}

// fields reads the header proper. Bytes that are faults are looked for in all lines at once,
// since hardly a header holds one; where there are such, it is read again line by line.
func (s *scanner) fields() {
	begin := *s
	s.odd = s.bareCR // then CR are no ends to be counted
	s.lines()
	if !s.odd && s.holdsOdd(begin.pos, begin.ends) {
		*s = begin
		s.odd = true
		s.lines()
	}
}

// holdsOdd reports whether what was read from start on holds a NUL, or a CR that does not
// end a line; ends is how many CR ended lines before.
func (s *scanner) holdsOdd(start, ends int) bool {
	read := s.data[start:s.pos]
	return bytes.IndexByte(read, 0) >= 0 || bytes.Count(read, []byte{'\r'}) != s.ends-ends
}

// lines reads lines up to and with the blank line that ends the header.
func (s *scanner) lines() {
	above := nothing // what a folded line would continue
	for s.pos < len(s.data) {
		end, next := s.lineAt(s.pos)
		if end == s.pos {
			s.pos = next
			return
		}
		if s.odd {
			s.oddBytes(s.data[s.pos:end])
		}
		switch {
		case above == nothing || !isBlank(s.data[s.pos]):
			above = s.field(s.data[s.pos:end])
		case above == aField:
			s.h.Fields[len(s.h.Fields)-1].End = end
		}
		s.pos = next
		s.line++
	}
}

// kind is what a line is, and with it the folded lines below it.
type kind uint8

const (
	nothing kind = iota
	aField
	noField // told already
)

// field takes a line that begins a field, or tells why it does not.
func (s *scanner) field(text []byte) kind {
	length, name := readName(text)
	colon := colonBehind(text, length)
	switch {
	case colon < 0:
		s.fault(s.pos, NotAField)
		return noField
	case len(s.h.Fields)-s.first >= maxFields:
		if !s.full {
			s.full = true // told once, and even when the list of faults is full
			s.h.Faults = append(s.h.Faults, Fault{Offset: s.pos, Line: s.line, What: TooManyFields})
		}
		return noField
	case colon > length:
		s.fault(s.pos, SpaceThenColon)
	}
	s.h.Fields = append(s.h.Fields, Field{})
	f := &s.h.Fields[len(s.h.Fields)-1] // filled in place: that is quicker than a copy
	f.Start, f.Colon, f.End = s.pos, s.pos+colon, s.pos+len(text)
	f.Line, f.Which = s.line, name
	return aField
}

// oddBytes tells bytes that some mail software takes for the end of a line or of a text.
func (s *scanner) oddBytes(text []byte) {
	if i := bytes.IndexByte(text, 0); i >= 0 {
		s.fault(s.pos+i, NUL)
	}
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		s.fault(s.pos+i, BareCR)
	}
}

// fault keeps a fault, within the bound.
func (s *scanner) fault(offset int, what What) {
	if len(s.h.Faults) < maxFaults {
		s.h.Faults = append(s.h.Faults, Fault{Offset: offset, Line: s.line, What: what})
	}
}

// beginsField tells whether a line begins a field.
func beginsField(text []byte) bool {
	length, _ := readName(text)
	return colonBehind(text, length) >= 0
}

// colonBehind returns the offset of the colon that ends a field's name of some length at the
// start of the line, behind white space perhaps; -1 when the line begins no field.
func colonBehind(text []byte, length int) int {
	i := length
	for i < len(text) && isBlank(text[i]) {
		i++
	}
	if length == 0 || i == len(text) || text[i] != ':' {
		return -1
	}
	return i
}

// isFromLine tells whether a line is the envelope line of an mbox, or one that was
// quoted when the mail was filed a second time. "From : x" is a field.
func isFromLine(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte(">"))
	if !bytes.HasPrefix(text, []byte("From ")) {
		return false
	}
	return !beginsField(text)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// AppendLower appends text to dst with the letters of ASCII in lower case: the names of
// fields are compared so (RFC 5322 section 1.2.2). With room in dst it asks for no memory.
func AppendLower(dst, text []byte) []byte {
	n := len(dst)
	dst = append(dst, text...)
	rest := dst[n:]
	for ; len(rest) >= 8; rest = rest[8:] {
		binary.LittleEndian.PutUint64(rest, lowerEight(binary.LittleEndian.Uint64(rest)))
	}
	for i, c := range rest {
		rest[i] = lower(c)
	}
	return dst
}

// lowerEight is lower for eight bytes at once. Without its highest bit, each has room for a
// sum that sets that bit from a letter on.
func lowerEight(x uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	fromA, behindZ := x&^high+(0x80-'A')*each, x&^high+(0x80-'Z'-1)*each
	return x | (fromA&^behindZ&^x&high)>>2 // the bit of small letters
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Package header finds the header fields of a message: where each begins and ends, in
// what order they stand and on which lines. It alters nothing and copies nothing; what
// it gives are offsets into the bytes it was handed.
//
// It follows RFC 5322 section 2.2 and reads on where a message breaks it, since samples
// of spam often do. What it read over is told as a [Fault]. It does not decode, unfold
// or judge: that is for the packages that know what a field means.
package header

// Bounds on what one header may cost. Real headers stay far below both; the bytes
// beyond them stay in the input and are still searched for the end of the header.
const (
	maxFields = 50_000
	maxFaults = 100
)

// Field is one header field as offsets into the scanned bytes: Start < Colon < End. A
// field without a body has End = Colon+1. Scan makes them; in one that is made otherwise
// Which must be what NameOf gives for its name.
type Field struct {
	Start int  // offset of the name's first byte
	Colon int  // offset of the colon
	End   int  // offset after the body's last byte, its final line end left out
	Line  int  // line of the name, from 1
	Which Name // the name as a number, where it is a known one
}

// Name returns the field's name as written, without white space before the colon.
// The result shares memory with data, which must be the bytes that were scanned.
func (f Field) Name(data []byte) []byte {
	end := f.Colon
	for end > f.Start && isBlank(data[end-1]) {
		end--
	}
	return data[f.Start:end]
}

// Body returns the bytes after the colon up to End: leading white space, line ends of
// folding and all. The result shares memory with data.
func (f Field) Body(data []byte) []byte {
	return data[f.Colon+1 : f.End]
}

// Is tells whether the field has this name; ASCII letters compare without case
// (RFC 5322 section 1.2.2). It does not allocate.
func (f Field) Is(data []byte, name string) bool {
	n := NameOf(name)
	return f.Which == n && (n != Other || f.same(data, name))
}

func (f Field) same(data []byte, name string) bool {
	got := f.Name(data)
	if len(got) != len(name) {
		return false
	}
	for i, c := range got {
		if c != name[i] && lower(c) != lower(name[i]) {
			return false
		}
	}
	return true
}

// What names a kind of fault; it is a phrase for people.
type What string

// The faults that Scan tells.
const (
	ByteOrderMark  What = "byte order mark before the header"
	LeadingBlank   What = "blank line before the header"
	SpaceThenColon What = "white space between the field's name and its colon"
	NotAField      What = "line that is neither a field nor the continuation of one"
	BareCR         What = "carriage return inside a line"
	NUL            What = "NUL byte in the header"
	TooManyFields  What = "more fields than are read; the rest is left alone"
)

// Fault is something in the header that RFC 5322 does not allow and that Scan read over.
type Fault struct {
	Offset int // of the line's first byte, or of the byte that is wrong
	Line   int // from 1
	What   What
}

// Header is what Scan found.
type Header struct {
	Fields []Field // in the order of the message; the slice handed to Scan, appended to
	End    int     // offset of the body's first byte; the length of the input when there is no body
	Faults []Fault // by line, of NUL and BareCR one a line; the first hundred
}

// Scan reads the header at the start of data and appends its fields to dst, which may be
// nil or a slice to be used again. It takes time in proportion to the header's length,
// looks at no byte of the body, allocates only where dst or the list of faults grows,
// and never panics. It is safe for concurrent use with a dst for each caller.
//
// Lines end in LF or CRLF. Where the first line of the input ends in a lone CR, as in
// files of old Macintoshes, a lone CR ends every line; elsewhere it is part of the line
// and a fault, so that nobody can hide a field from other mail software in it.
//
// A byte order mark, mbox "From " lines and quoted ">From " lines before the first field
// are passed over; so are blank lines when a field follows them. A line that is neither a
// field nor a continuation is a fault and belongs to no field, nor do the folded lines
// below it; the header goes on to the first blank line. A line of spaces only continues
// the field above it (RFC 5322 section 4.2).
func Scan(data []byte, dst []Field) Header {
	s := scanner{data: data, line: 1, bareCR: endsLinesInCR(data), first: len(dst), h: Header{Fields: dst}}
	s.prelude()
	s.fields()
	s.h.End = s.pos
	return s.h
}

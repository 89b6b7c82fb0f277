package intake

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"

	"relaytrace/trace/header"
)

func newInspector(s Sorter) *inspector {
	in := &inspector{rules: s.Rules, brief: s.Brief, reuse: s.Reuse}
	in.setSpace()
	for _, d := range s.Domains {
		if d = strings.ToLower(strings.Trim(d, " .@")); d != "" {
			in.own = append(in.own, d)
		}
	}
	return in
}

// worker gives an inspector for another worker.
func (in *inspector) worker() *inspector {
	other := *in
	other.setSpace()
	return &other
}

func (in *inspector) setSpace() {
	in.space = &space{}
	if in.reuse {
		in.space.texts = &room{buf: make([]byte, roomBytes)}
	}
}

// inspect tells what the bytes of a submission are and fills it in. lone says that they
// are a whole file; steps is what was done to the file to get at them.
func (in *inspector) inspect(s *Submission, lone bool, steps []string) {
	in.space.clear()
	in.read(s, s.Data, lone)
	for i := range s.Samples {
		one := &s.Samples[i]
		one.File, one.Line = s.File, s.Line
		if off, ok := within(s.Data, one.Data); ok && len(one.Decoded) == 0 {
			one.Line += bytes.Count(s.Data[:off], []byte("\n"))
		}
		one.Decoded = with(steps, one.Decoded...)
	}
}

// within gives the offset of a slice in the array that it was cut from.
func within(data, piece []byte) (int, bool) {
	off := cap(data) - cap(piece)
	if len(piece) == 0 || off < 0 || off+len(piece) > len(data) || &data[off] != &piece[0] {
		return 0, false
	}
	return off, true
}

// read finds out in which form the bytes hold a message.
func (in *inspector) read(s *Submission, data []byte, lone bool) {
	if isOutlook(data) {
		p, err := readOutlook(data, "", nil)
		if err != nil {
			s.fail(err, "save the message as .eml, or forward it as an attachment")
			return
		}
		in.judge(p, s)
		return
	}
	if text, ok := fromUTF16(data); ok {
		in.readText16(s, text)
		return
	}
	if lone && isHTML(data) && in.pasted(s, data, nil) {
		return // its lines may look like fields
	}
	h := header.Scan(data, in.space.fields[:0])
	in.space.fields = h.Fields
	hint, err := unfit(data, h)
	if err != nil {
		if bytes.IndexByte(data[:min(len(data), nulWithin)], 0) >= 0 || !in.pasted(s, data, nil) {
			s.fail(err, hint)
		}
		return
	}
	if lone && isPasteName(s.File) && broken(data) && in.pasted(s, data, nil) {
		return
	}
	p := &in.space.part
	p.room = in.space.texts
	in.judge(parseMessage(p, data, h), s)
}

// readText16 reads a file in UTF-16: what a text editor made of a message or of headers.
func (in *inspector) readText16(s *Submission, text []byte) {
	steps := []string{stepUTF16}
	if _, err := unfit(text, header.Scan(text, nil)); err == nil && !broken(text) {
		b := builder{}
		in.judge(b.entity(text, "", steps, 0), s)
		return
	}
	if !in.pasted(s, text, steps) {
		s.fail(errors.New("text in UTF-16, and no message in it"), "save the message as .eml, or as plain text in UTF-8")
	}
}

// fail marks a submission as unreadable.
func (s *Submission) fail(err error, hint string) {
	u := unreadable(s.File, err, hint)
	u.Line, u.Offset, u.Size, u.Data = s.Line, s.Offset, s.Size, s.Data
	*s = *u
}

// isPasteName tells names under which people save what they paste.
func isPasteName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".txt", ".text", ".htm", ".html", ".hdr", ".log", ".asc":
		return true
	}
	return name == Stdin
}

// broken tells whether a header that was pasted lost its folding: a line that is no field
// stands where a trace field went on. A file of mail is never mended, only what people
// paste.
func broken(data []byte) bool {
	h := header.Scan(data, nil)
	for _, fault := range h.Faults {
		if fault.What != header.NotAField {
			continue
		}
		for i, f := range h.Fields {
			if f.Start < fault.Offset && (i+1 == len(h.Fields) || h.Fields[i+1].Start > fault.Offset) && f.Which == header.Received {
				return true
			}
		}
	}
	for _, f := range h.Fields {
		if c := data[f.Start]; c == '*' || c == '_' { // *Received:* as a mail program marks what is bold
			return true
		}
	}
	// Blank lines between the fields end the header after its first field.
	return len(h.Fields) == 1 && doubleSpaced(data, lineAt(data, 0))
}

// pasted reads a text that holds headers, and perhaps the words of whoever pasted them. It
// returns false when there is nothing of the kind.
func (in *inspector) pasted(s *Submission, data []byte, steps []string) bool {
	c := &cargo{}
	switch {
	case isJSON(data):
		in.readXARF(data, "", steps, c)
	case isHTML(data):
		in.readText(htmlText(nil, toUTF8(nil, data, "")), "", "", with(steps, stepHTML), c)
	default:
		in.readText(data, "", "", steps, c)
	}
	m := &mail{inspector: in, part: &part{}, cargo: c, sub: s}
	h := &m.hits
	in.rules.look(h, placeText, c.words())
	s.Reasons, s.Samples = []string{}, []Sample{}
	said := len(h[kindComplaint])
	switch {
	case c.xarf != nil:
		s.Report = c.xarf
		m.why("a report in XARF")
		m.wrapper(ClassProviderReport)
	case len(h[kindProvider]) > 1 && len(c.samples) > 0:
		m.whyHits(kindProvider)
		m.wrapper(ClassProviderReport)
	case said > 0 && (len(c.samples) > 0 || c.forwards > 0 || said > 1):
		m.whyHits(kindComplaint)
		m.wrapper(ClassComplaint)
	case len(c.samples) > 0:
		m.why("a header pasted into a text")
		m.wrapper(ClassPartialSample)
		for _, one := range c.samples {
			if one.Grade == GradeUsable {
				s.Class = ClassSample
			}
		}
	case c.forwards > 0:
		m.why("From, To and Subject pasted into a text, and no trace field")
		m.wrapper(ClassPartialSample)
	default:
		return false
	}
	m.rank()
	m.tell()
	if s.Ask == "" && s.Grade != GradeUsable {
		m.ask()
	}
	return true
}

// isHTML tells whether a text is an HTML page.
func isHTML(data []byte) bool {
	head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 1000)], []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(head) == 0 || head[0] != '<' {
		return false
	}
	head = bytes.ToLower(head)
	return (bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<pre")) ||
		bytes.Contains(head, []byte("<p")) || bytes.Contains(head, []byte("<div")) || bytes.Contains(head, []byte("<body")) || bytes.Contains(head, []byte("<br")))
}

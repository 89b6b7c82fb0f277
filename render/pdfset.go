package render

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// chapter sets a chapter, on a page of its own unless much room is left on this one.
func (d *doc) chapter(ch *chapter) {
	d.section = ch.Title
	// The cover stands alone, and so does the summary, which is read alone.
	alone := ch == d.report.Chapters[0] || len(d.report.Chapters) > 1 && ch == d.report.Chapters[1]
	if alone || d.y > pageTop+(d.bottom()-pageTop)*0.45 || d.y+20+d.least(ch.Blocks, 0) > d.bottom() {
		d.newPage()
	} else {
		d.y += 9
	}
	d.target(ch.ID)
	d.pages[ch.ID] = d.pdf.PageNo()
	d.outline(ch.Title, 0)
	d.put(edge, d.y+5, 15, d.bold, accent, ch.Title)
	d.y += 11
	for i := range ch.Blocks {
		d.set(ch.Blocks, i)
	}
}

// set sets a block. A heading stays with what follows it.
func (d *doc) set(blocks []block, i int) {
	switch b := blocks[i].(type) {
	case para:
		d.need(d.least(blocks, i))
		d.block(0, bodySize, bodyLead, d.sans, ink, b.Text, 1.8)
	case note:
		d.block(0, noteSize, noteLead, d.sans, faint, b.Text, 1.6)
	case heading:
		d.need(d.least(blocks, i))
		d.y += 3.5
		d.outline(b.Title, 1)
		d.target(b.ID)
		d.put(edge, d.y+4, 11, d.bold, accent, fit(d.bold, 11, d.width(), b.Title))
		d.y += 7.5
	case label:
		d.need(d.least(blocks, i))
		d.y += 2
		d.block(0, 8.5, 4.1, d.bold, ink, b.Text, 1)
	case item:
		d.need(2 * bodyLead)
		d.put(edge+1, d.y+3.4, bodySize, d.bold, accent, b.Mark)
		d.block(6, bodySize, bodyLead, d.sans, ink, b.Text, 0.9)
	case *facts:
		for _, f := range b.List {
			d.fact(f, factSize, factLead, maxFact)
		}
		d.y += 1.2
	case table:
		d.table(b)
	case figure:
		d.y += 1.5
		d.draw(b.draw(d.fonts, d.width()))
		d.y += 2
	case rawField:
		d.rawField(b)
	}
}

// least is the room without which the block at i must not begin on this page: what keeps
// a heading with the first lines that it stands over.
func (d *doc) least(blocks []block, i int) float64 {
	if i >= len(blocks) {
		return 0
	}
	const full = 150 // no more than this is kept together
	switch b := blocks[i].(type) {
	case heading:
		return 11 + d.least(blocks, i+1)
	case label:
		return 4 + 4.1*float64(len(wrap(d.bold, 8.5, d.width(), b.Text))) + d.least(blocks, i+1)
	case *facts:
		h := d.factsHeight(b)
		if h > d.bottom()-pageTop-headRoom { // more than a page
			return min(float64(len(b.List)), 4) * 4.4
		}
		if len(b.List) <= 3 { // a few facts are the head of what follows
			h += d.least(blocks, i+1)
		}
		return h
	case table:
		widths := d.columns(b)
		_, head := d.headLines(b, widths)
		return head + d.rowHeight(d.rowLines(b, widths, b.Rows[0])) + cellLead
	case figure:
		p := b.draw(d.fonts, d.width())
		if len(p.breaks) == 0 || p.h <= d.bottom()-pageTop-headRoom {
			return p.h + 4
		}
		return min(p.h*leastScale+4, full)
	case rawField:
		return d.rawHead(b) + min(float64(len(b.Lines)), keptLines)*monoLead
	case para, note, item:
		if i+1 < len(blocks) && blocks[i+1].Kind() == "figure" { // what leads to a picture stays with it
			return min(3*bodyLead+d.least(blocks, i+1), full)
		}
		return 2 * bodyLead
	}
	return 0
}

// outline adds an entry to the document's outline at the current place.
func (d *doc) outline(title string, level int) {
	// The outline is encoded by the current face.
	d.pdf.SetFont(d.sans.family, d.sans.style, bodySize)
	d.pdf.Bookmark(Middle(d.sans.show(title), 80), level, d.y-4)
}

// block writes wrapped text, over as many pages as it needs.
func (d *doc) block(indent, size, lead float64, f *face, t tone, s string, after float64) {
	lines := wrap(f, size, d.width()-indent, s)
	for i, l := range lines {
		if i == len(lines)-2 { // the last line never stands alone on a page
			d.need(2 * lead)
		}
		d.need(lead)
		d.put(edge+indent, d.y+lead*0.76, size, f, t, l)
		d.y += lead
	}
	d.y += after
}

// labelWidth is how much room the labels of facts take, factSize and factLead their type.
const (
	labelWidth = 36.0
	factSize   = 8.4
	factLead   = 4.0
)

// factsHeight is the room that facts take.
func (d *doc) factsHeight(b *facts) float64 {
	h := 1.2
	for _, f := range b.List {
		face, size := d.valueFace(f, factSize)
		h += float64(len(wrap(face, size, d.width()-labelWidth, f.Text)))*factLead + 0.4
	}
	return h
}

func (d *doc) valueFace(f fact, size float64) (*face, float64) {
	if f.Mono {
		return d.mono, size * 0.92
	}
	return d.sans, size
}

// fact writes a label and what it tells, in so many lines at most.
func (d *doc) fact(f fact, size, lead float64, most int) {
	value, valueSize := d.valueFace(f, size)
	labels := wrap(d.sans, size, labelWidth-2, f.Label)
	lines := wrap(value, valueSize, d.width()-labelWidth, f.Text)
	if len(lines) > most {
		lines = append(lines[:most-1], fit(value, valueSize, d.width()-labelWidth, strings.Join(lines[most-1:], " ")))
	}
	d.need(float64(min(len(lines), 4)) * lead)
	for i, l := range lines {
		d.need(lead)
		if i < len(labels) {
			d.put(edge, d.y+lead*0.76, size, d.sans, faint, labels[i])
		}
		t := ink
		if n := d.link(f.Link); n != 0 {
			t = accent
			d.pdf.Link(edge+labelWidth, d.y, value.width(l, valueSize), lead, n)
		}
		d.put(edge+labelWidth, d.y+lead*0.76, valueSize, value, t, l)
		d.y += lead
	}
	d.y += 0.4
}

// gutter is the room for line numbers.
const gutter = 11.0

// keptLines is how many lines of a quoted field stay together.
const keptLines = 8

// rawWhy are the lines of what is said beside the head of a quoted field, and where they begin.
func (d *doc) rawWhy(f rawField) (lines []string, x float64) {
	x = d.bold.width(f.Head+"  ", noteSize)
	return wrap(d.sans, noteSize, d.width()-x, f.Why), x
}

// rawHead is the height of the head of a quoted field.
func (d *doc) rawHead(f rawField) float64 {
	lines, _ := d.rawWhy(f)
	return 1.2 + float64(len(lines))*noteLead
}

// rawField quotes a field with the numbers of its lines.
func (d *doc) rawField(f rawField) {
	d.need(d.rawHead(f) + min(float64(len(f.Lines)), keptLines)*monoLead)
	why, x := d.rawWhy(f)
	d.put(edge, d.y+3.2, noteSize, d.bold, ink, f.Head)
	for i, l := range why {
		d.put(edge+x, d.y+3.2+float64(i)*noteLead, noteSize, d.sans, faint, l)
	}
	d.y += d.rawHead(f) - 0.3
	for i, l := range f.Lines {
		if i == len(f.Lines)-2 { // the last line never stands alone on a page
			d.need(2 * monoLead)
		}
		number := strconv.Itoa(l.Number)
		for _, piece := range d.pieces(l) {
			d.need(monoLead)
			d.put(edge+gutter-2.5-d.mono.width(number, monoSize), d.y+2.5, monoSize, d.mono, faint, number)
			d.segments(piece)
			d.y += monoLead
			number = "↪"
		}
	}
	if f.More != "" {
		d.block(0, noteSize, noteLead, d.sans, faint, f.More, 0)
	}
	d.y += 1.6
}

// pieces cuts a line of a field into what fits the page.
func (d *doc) pieces(l rawLine) [][]segment {
	room := d.width() - gutter
	pieces := [][]segment{nil}
	used := 0.0
	for _, s := range l.segments(d.mono.show) {
		for rest := s.Text; rest != ""; {
			part := chopOnce(d.mono, monoSize, room-used, rest)
			if part == "" && used == 0 {
				part = units(rest)[0] // wider than a page: it cannot be helped
			}
			if part != "" {
				k := len(pieces) - 1
				pieces[k] = append(pieces[k], segment{part, s.Mark})
				used += d.mono.width(part, monoSize)
				rest = rest[len(part):]
			}
			if rest != "" {
				pieces = append(pieces, nil)
				used = 0
			}
		}
	}
	return pieces
}

// segments writes the parts of a line, the marked ones on a ground of their own.
func (d *doc) segments(parts []segment) {
	x := edge + gutter
	for _, s := range parts {
		w := d.mono.width(s.Text, monoSize)
		if s.Mark {
			d.pdf.SetFillColor(highlight.colour())
			d.pdf.Rect(x, d.y+0.1, w, monoLead-0.25, "F")
			d.rule(x, d.y+monoLead-0.2, x+w, d.y+monoLead-0.2, alarm, 0.25)
		}
		d.put(x, d.y+2.5, monoSize, d.mono, ink, s.Text)
		x += w
	}
}

// bounded cuts a text that no cell could hold, before the work of wrapping it.
func bounded(s string) string {
	const most = 4_000
	if len(s) <= most {
		return s
	}
	return s[:cutAt(s, most)] + "…"
}

// cutAt is the place at or a little before n, n < len(s), at which s can be cut
// without splitting a character. Bytes that are not UTF-8 are left as they are.
func cutAt(s string, n int) int {
	for back := range min(n, utf8.UTFMax) {
		if utf8.RuneStart(s[n-back]) {
			return n - back
		}
	}
	return n
}

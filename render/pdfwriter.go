package render

import "unicode/utf8"

// chapter begins a part of the document, in the outline and in the contents: on a new
// page, unless there is much room left on this one.
func (d *doc) chapter(title string) {
	if d.section = title; d.pdf.PageNo() == 1 || d.y > pageTop+(pageBottom-pageTop)/2 {
		d.newPage()
	} else {
		d.y += 8
	}
	d.openChapter(title)
}

// openChapter is chapter without a new page.
func (d *doc) openChapter(title string) {
	d.section = title
	link := d.pdf.AddLink()
	d.pdf.SetLink(link, d.y-4, d.pdf.PageNo())
	d.outline(title, 0)
	d.contents = append(d.contents, entry{title: title, page: d.pdf.PageNo(), link: link})
	d.put(leftEdge, d.y+4, 14, sansBold, accent, title)
	d.y += 10
}

// outline adds an entry to the document's outline at the current place.
func (d *doc) outline(title string, level int) {
	// The outline is encoded by the current face.
	d.pdf.SetFont(sans.family, sans.style, bodySize)
	d.pdf.Bookmark(Middle(sans.show(title), 80), level, d.y-4)
}

// heading begins a part of a chapter. It stays with at least keep millimetres of what
// follows; link, when not 0, leads here.
func (d *doc) heading(title string, keep float64, link int) {
	d.need(10 + keep)
	d.y += 2.5
	d.outline(title, 1)
	if link != 0 {
		d.pdf.SetLink(link, d.y-2, d.pdf.PageNo())
	}
	d.put(leftEdge, d.y+4, 10.5, sansBold, accent, fit(sansBold, 10.5, textWidth, title))
	d.y += 7.5
}

// label writes a small bold line over what follows.
func (d *doc) label(s string, keep float64) {
	d.need(6 + keep)
	d.y += 1.5
	d.put(leftEdge, d.y+3.4, 8.5, sansBold, ink, fit(sansBold, 8.5, textWidth, s))
	d.y += 5.2
}

// para writes a paragraph.
func (d *doc) para(s string) { d.block(0, bodySize, bodyLead, sans, ink, s, 1.6) }

// note writes a paragraph in small type.
func (d *doc) note(s string) { d.block(0, noteSize, noteLead, sans, faint, s, 1.2) }

// bullet writes a paragraph behind a mark.
func (d *doc) bullet(mark, s string) {
	d.need(bodyLead)
	d.put(leftEdge+1, d.y+3.4, bodySize, sansBold, accent, mark)
	d.block(6, bodySize, bodyLead, sans, ink, Middle(Visible(bounded(s)), 2*maxFact), 0.9)
}

// block writes wrapped text, over as many pages as it needs.
func (d *doc) block(indent, size, lead float64, f *face, t tone, s string, after float64) {
	for _, l := range wrap(f, size, textWidth-indent, s) {
		d.need(lead)
		d.put(leftEdge+indent, d.y+lead*0.76, size, f, t, l)
		d.y += lead
	}
	d.y += after
}

// labelWidth is how much room the labels of facts take.
const labelWidth = 36.0

// maxFact is how many characters of a fact are told: more than any that a person
// wrote. The whole stands in case.json.
const maxFact = 600

// fact writes a label and what it tells.
func (d *doc) fact(label, value string) { d.factIn(sans, 8.4, label, value) }

// monoFact is fact in the fixed-width face.
func (d *doc) monoFact(label, value string) { d.factIn(mono, 7.6, label, value) }

func (d *doc) factIn(f *face, size float64, label, value string) {
	if value == "" {
		return
	}
	for i, l := range wrap(f, size, textWidth-labelWidth, Middle(Visible(bounded(value)), maxFact)) {
		d.need(4)
		if i == 0 {
			d.put(leftEdge, d.y+3.1, 8.4, sans, faint, label)
		}
		d.put(leftEdge+labelWidth, d.y+3.1, size, f, ink, l)
		d.y += 4
	}
	d.y += 0.4
}

// column is a column of a table; width is in millimetres.
type column struct {
	title string
	width float64
}

// cell is what stands in one place of a table.
type cell struct {
	s    string
	face *face // nil means sans
	link int   // target inside the document, 0 for none
}

// maxCellLines bounds the height of a row. What a table cuts stands in full in the
// section of its host or in the raw fields.
const maxCellLines = 16

const cellPadding = 1.2

// table writes rows under a head that is repeated on every page.
func (d *doc) table(columns []column, rows [][]cell) {
	d.need(24)
	d.tableHead(columns)
	for _, row := range rows {
		lines := make([][]string, len(columns))
		height := 1
		for i, c := range row {
			lines[i] = wrap(c.shownIn(), cellSize, columns[i].width-2*cellPadding, bounded(c.s))
			if len(lines[i]) > maxCellLines {
				lines[i] = append(lines[i][:maxCellLines], "…")
			}
			height = max(height, len(lines[i]))
		}
		h := float64(height)*cellLead + 1.8
		if d.y+h > pageBottom {
			d.newPage()
			d.tableHead(columns)
		}
		d.tableRow(columns, row, lines, h)
	}
	d.y += 2.5
}

func (c cell) shownIn() *face {
	if c.face == nil {
		return sans
	}
	return c.face
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

func (d *doc) tableHead(columns []column) {
	d.rule(leftEdge, d.y, rightEdge, d.y, accent, 0.4)
	x := leftEdge
	for _, c := range columns {
		d.put(x+cellPadding, d.y+3.7, cellSize, sansBold, accent, c.title)
		x += c.width
	}
	d.y += 5.2
	d.rule(leftEdge, d.y, rightEdge, d.y, accent, 0.2)
}

func (d *doc) tableRow(columns []column, row []cell, lines [][]string, h float64) {
	x := leftEdge
	for i, c := range row {
		t := ink
		if c.link != 0 {
			t = accent
			d.pdf.Link(x, d.y, columns[i].width, h, c.link)
		}
		for k, l := range lines[i] {
			d.put(x+cellPadding, d.y+3.5+float64(k)*cellLead, cellSize, c.shownIn(), t, l)
		}
		x += columns[i].width
	}
	d.y += h
	d.rule(leftEdge, d.y, rightEdge, d.y, faint, 0.1)
}

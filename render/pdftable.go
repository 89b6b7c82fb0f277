package render

// maxCellLines bounds the height of a row. What a table cuts stands in full in the
// section of its host or in the raw fields.
const maxCellLines = 16

const cellPadding = 1.2

// columns are the widths of a table's columns on this paper.
func (d *doc) columns(t table) []float64 {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Width
	}
	widths := make([]float64, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = c.Width / sum * d.width()
	}
	return widths
}

// table writes rows under a head that is repeated on every page.
func (d *doc) table(t table) {
	widths := d.columns(t)
	for i, row := range t.Rows {
		lines := d.rowLines(t, widths, row)
		h := d.rowHeight(lines)
		switch {
		case i == 0:
			_, head := d.headLines(t, widths)
			d.need(head + h)
			d.tableHead(t, widths)
		case d.y+h > d.bottom():
			d.newPage()
			d.tableHead(t, widths)
		}
		d.tableRow(t, widths, row, lines, h)
	}
	d.y += 2.8
}

func (d *doc) cellFace(c cell) *face {
	if c.Mono {
		return d.mono
	}
	return d.sans
}

func (d *doc) rowLines(t table, widths []float64, row []cell) [][]string {
	lines := make([][]string, len(t.Columns))
	for i, c := range row {
		lines[i] = wrap(d.cellFace(c), cellSize, widths[i]-2*cellPadding, c.Text)
		if len(lines[i]) > maxCellLines {
			lines[i] = append(lines[i][:maxCellLines], "…")
		}
	}
	return lines
}

func (d *doc) rowHeight(lines [][]string) float64 {
	n := 1
	for _, l := range lines {
		n = max(n, len(l))
	}
	return float64(n)*cellLead + 1.8
}

func (d *doc) headLines(t table, widths []float64) (lines [][]string, h float64) {
	lines = make([][]string, len(t.Columns))
	n := 1
	for i, c := range t.Columns {
		lines[i] = wrap(d.bold, cellSize, widths[i]-2*cellPadding, c.Title)
		n = max(n, len(lines[i]))
	}
	return lines, float64(n)*cellLead + 1.6
}

func (d *doc) tableHead(t table, widths []float64) {
	lines, h := d.headLines(t, widths)
	d.rule(edge, d.y, d.right(), d.y, accent, 0.4)
	x := edge
	for i, c := range t.Columns {
		for k, l := range lines[i] {
			at := x + cellPadding
			if c.Right {
				at = x + widths[i] - cellPadding - d.bold.width(l, cellSize)
			}
			d.put(at, d.y+3.5+float64(k)*cellLead, cellSize, d.bold, accent, l)
		}
		x += widths[i]
	}
	d.y += h
	d.rule(edge, d.y, d.right(), d.y, accent, 0.2)
}

func (d *doc) tableRow(t table, widths []float64, row []cell, lines [][]string, h float64) {
	x := edge
	for i, c := range row {
		tone := ink
		if n := d.link(c.Link); n != 0 {
			tone = accent
			d.pdf.Link(x, d.y, widths[i], h, n)
		}
		f := d.cellFace(c)
		for k, l := range lines[i] {
			at := x + cellPadding
			if t.Columns[i].Right {
				at = x + widths[i] - cellPadding - f.width(l, cellSize)
			}
			d.put(at, d.y+3.5+float64(k)*cellLead, cellSize, f, tone, l)
		}
		x += widths[i]
	}
	d.y += h
	d.rule(edge, d.y, d.right(), d.y, faint, 0.1)
}

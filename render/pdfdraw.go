package render

import "github.com/jung-kurt/gofpdf"

// leastScale is how far a picture may shrink to fit a page before it is broken over two.
const leastScale = 0.76

// headRoom is what a heading and a few facts take. A picture that leaves so much of a page
// is never made smaller to fit what is left of one.
const headRoom = 32.0

// draw paints a picture at the current place. A picture that does not fit the page
// goes to the next; one that fits no page is made smaller, and then broken where its
// layout allows.
func (d *doc) draw(p drawing) {
	full := d.bottom() - pageTop
	switch left := d.bottom() - d.y; {
	case p.h <= left:
	case p.h <= full-headRoom || len(p.breaks) == 0 && p.h <= full:
		d.newPage()
	case p.h*leastScale > left && (left < full/2 || p.h*leastScale <= full && left < full*2/3):
		d.newPage()
	}
	scale := min(1, max((d.bottom()-d.y)/p.h, leastScale))
	from := 0.0
	for from < p.h {
		to := p.breakBefore(from, from+(d.bottom()-d.y)/scale)
		d.paint(p, from, to, scale)
		d.y += (to - from) * scale
		from = to
		if from < p.h {
			d.newPage()
			d.put(edge, d.y+3, noteSize, d.sans, faint, "the picture goes on from the page before")
			d.y += 6
		}
	}
}

// breakBefore returns the last place in (from, to] at which p may be broken; to itself
// when p ends before it, or when nothing better is found.
func (p *drawing) breakBefore(from, to float64) float64 {
	if p.h <= to+0.01 {
		return p.h
	}
	best := to
	for _, b := range p.breaks {
		if b > from && b <= to {
			best = b
		}
	}
	return best
}

// paint draws those shapes whose upper edge lies in [from, to).
func (d *doc) paint(p drawing, from, to, scale float64) {
	at := func(x, y float64) (float64, float64) { return edge + x*scale, d.y + (y-from)*scale }
	for _, s := range p.shapes {
		if top := s.top(); top < from || top >= to {
			continue
		}
		switch s := s.(type) {
		case box:
			d.pen(s.border, s.stroke)
			d.pdf.SetFillColor(s.fill.colour())
			x, y := at(s.x, s.y)
			d.pdf.Rect(x, y, s.w*scale, s.h*scale, oneOf(s.stroke == none, "F", "FD"))
		case disc:
			d.pen(s.border, s.stroke)
			d.pdf.SetFillColor(s.fill.colour())
			x, y := at(s.x, s.y)
			d.pdf.Circle(x, y, s.radius*scale, "FD")
		case polygon:
			moved := polygon{fill: s.fill}
			for i := range s.xs {
				x, y := at(s.xs[i], s.ys[i])
				moved.xs, moved.ys = append(moved.xs, x), append(moved.ys, y)
			}
			d.polygon(moved)
		case line:
			d.pen(s.tone, s.stroke)
			x1, y1 := at(s.x1, s.y1)
			x2, y2 := at(s.x2, s.y2)
			d.pdf.Line(x1, y1, x2, y2)
			if head := arrowHead(line{x1: x1, y1: y1, x2: x2, y2: y2, tone: s.tone, arrow: s.arrow}); head != nil {
				d.polygon(*head)
			}
		case text:
			x, y := at(s.x, s.y)
			d.put(x, y, s.size*scale, s.face, s.tone, s.s)
		}
	}
	d.pen(ink, solid)
}

// pen sets colour, width and dashes of the lines to come.
func (d *doc) pen(t tone, s stroke) {
	p := s.pen()
	d.pdf.SetDrawColor(t.colour())
	d.pdf.SetLineWidth(p.width)
	d.pdf.SetDashPattern(p.dashes, 0)
}

// polygon fills an area; its places are those of the page.
func (d *doc) polygon(p polygon) {
	d.pdf.SetFillColor(p.fill.colour())
	points := make([]gofpdf.PointType, len(p.xs))
	for i := range p.xs {
		points[i] = gofpdf.PointType{X: p.xs[i], Y: p.ys[i]}
	}
	d.pdf.Polygon(points, "F")
}

package render

import "relaytrace/trace"

// Measures of a path's picture in millimetres, and sizes of its type in points.
const (
	boxWidth    = 98.0
	boxIndent   = 12.0 // of a host that is not believed: set apart from the path
	calloutGap  = 4.0
	titleSize   = 8.5
	smallSize   = 6.8
	titleHeight = 4.0
	smallHeight = 3.1
	boxPadding  = 1.6
	arrowAt     = 12.0 // from the left edge of the box
	legPadding  = 1.5
	textPadding = 2.5
)

// drawPath lays out the relay path of a sample, the recipient at the top and the
// source at the bottom: the order of the fields in the header. The arrows point the
// way the mail went. Width is in millimetres and at least 150; the height follows
// from the path.
func drawPath(f *fonts, p *trace.Path, width float64) drawing {
	s := storyOf(p)
	l := pathLayout{fonts: f, width: max(width, 150)}
	for i, st := range s.stops {
		l.stop(st)
		if i < len(s.legs) {
			l.breaks = append(l.breaks, l.y)
			l.leg(s.legs[i], s.stops[i+1])
		}
	}
	for _, n := range s.notes {
		l.y += smallHeight
		l.text(0, l.y, smallSize, l.sans, faint, n, l.width)
	}
	return drawing{w: l.width, h: l.y + 1, shapes: l.shapes, breaks: l.breaks}
}

type pathLayout struct {
	*fonts
	width, y float64
	shapes   []shape
	breaks   []float64
}

func (l *pathLayout) add(s ...shape) { l.shapes = append(l.shapes, s...) }

func (l *pathLayout) text(x, y, size float64, f *face, t tone, s string, width float64) {
	l.add(text{x: x, y: y, size: size, face: f, tone: t, s: fit(f, size, width, s)})
}

// look is how the box of a stop is drawn.
func (s *stop) look() (fill, border tone, st stroke, writing tone) {
	switch {
	case s.doubted:
		return ghost, faint, dotted, faint
	case s.role == roleRelay:
		return marked, alarm, heavy, ink
	case s.role == roleWithheld:
		return paper, alarm, dashed, ink
	case s.role == roleBlank, s.role == roleClaim, s.claimed && s.role == roleHost:
		return paper, ink, dashed, ink // nobody is marked on the word of such a field
	case s.role == roleOurs:
		return ours, accent, solid, ink
	default:
		return neutral, ink, solid, ink
	}
}

func (s *stop) left() float64 {
	if s.doubted {
		return boxIndent
	}
	return 0
}

func (l *pathLayout) stop(s stop) {
	fill, border, st, writing := s.look()
	x := s.left()
	w := boxWidth - x
	rows := max(len(s.lines), s.calloutRows()-1)
	h := 2*boxPadding + titleHeight + float64(rows)*smallHeight
	l.add(box{x: x, y: l.y, w: w, h: h, fill: fill, border: border, stroke: st})
	base := l.y + boxPadding + 3.1
	l.text(x+textPadding, base, titleSize, l.bold, writing, s.title, w-2*textPadding)
	for i, row := range s.lines {
		l.text(x+textPadding, base+0.6+float64(i+1)*smallHeight, smallSize, l.sans, writing, row, w-2*textPadding)
	}
	l.callouts(s, base, border)
	l.y += h
}

// calloutRows is how many lines stand beside the box.
func (s *stop) calloutRows() int {
	n := len(s.callout)
	if s.head != "" {
		n++
	}
	return n
}

func (l *pathLayout) callouts(s stop, base float64, t tone) {
	if s.calloutRows() == 0 {
		return
	}
	x := boxWidth + calloutGap
	l.add(line{x1: boxWidth, y1: base - 1, x2: x - 1, y2: base - 1, tone: t, stroke: solid})
	if s.head != "" {
		l.text(x, base, smallSize+0.7, l.bold, t, s.head, l.width-x)
		base += smallHeight + 0.3
	}
	for _, row := range s.callout {
		l.text(x, base, smallSize, l.sans, ink, row, l.width-x)
		base += smallHeight
	}
}

// leg draws what stands above the stop below.
func (l *pathLayout) leg(g leg, below stop) {
	h := 2*legPadding + float64(len(g.lines))*smallHeight
	t, st := ink, solid
	switch {
	case g.standing == trace.Contradicted:
		t, st = faint, dotted
	case g.standing == trace.Unverified:
		st = dashed
	}
	x := arrowAt
	if g.gap {
		// Two short strokes with nothing between: the path is broken here.
		l.add(line{x1: 2, y1: l.y + h/2, x2: arrowAt + 2, y2: l.y + h/2, tone: faint, stroke: dotted})
		t = faint
	} else {
		x += below.left()
		l.add(line{x1: x, y1: l.y + h - 0.3, x2: x, y2: l.y + 0.4, tone: t, stroke: st, arrow: true})
	}
	x += 4
	for i, row := range g.lines {
		f := l.sans
		if i == 0 {
			f = l.bold
		}
		l.text(x, l.y+legPadding-0.7+float64(i+1)*smallHeight, smallSize, f, t, row, l.width-x)
	}
	l.y += h
}

// drawLegend draws the kinds of lines and boxes of a path's picture, with their meaning.
func drawLegend(f *fonts, width float64) drawing {
	p := drawing{w: width, h: float64(len(legend)) * 5}
	for i, r := range legend {
		y := float64(i) * 5
		fill, border, st, _ := r.s.look()
		p.shapes = append(p.shapes,
			box{x: 1, y: y + 0.5, w: 9, h: 3.4, fill: fill, border: border, stroke: st},
			line{x1: 13, y1: y + 2.2, x2: 22, y2: y + 2.2, tone: r.tone, stroke: r.leg, arrow: true},
			text{x: 26, y: y + 3.1, size: noteSize, face: f.sans, tone: ink, s: fit(f.sans, noteSize, width-26, r.text)})
		if i > 0 {
			p.breaks = append(p.breaks, y)
		}
	}
	return p
}

var legend = []struct {
	s    stop
	leg  stroke
	tone tone
	text string
}{
	{stop{role: roleOurs}, solid, ink, "blue box: the recipient's own side; solid arrow: a trusted or corroborated field"},
	{stop{role: roleRelay}, solid, ink, "orange box, thick border: a relay, or a host where the trail ends; words beside it say which"},
	{stop{role: roleBlank}, dashed, ink, "dashed box: a host of which no address is known (“?”), or only claimed; dashed arrow: an unverified field"},
	{stop{doubted: true}, dotted, faint, "grey box set apart, dotted: told by a contradicted field, not believed"},
}

// legendAlt is the legend for those who do not see it.
const legendAlt = "boxes of the recipient's own side are blue; relays and hosts where a trail ends have a thick border; " +
	"hosts without an address, or only claimed, are dashed; what is not believed is dotted and set apart. An arrow is a field: solid when it is trusted or corroborated, dashed when it is unverified."

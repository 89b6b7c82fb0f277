package render

import "math"

// drawing is a picture in plain shapes, in millimetres, with the origin at the upper
// left. Layout makes it and a backend paints it; neither knows of the other. The
// shapes stand in the order in which they are painted.
//
// Every string in it has been through face.show.
type drawing struct {
	w, h   float64
	shapes []shape
	breaks []float64 // where it may be cut from side to side, ascending
}

// shape is a box, a line, a text, a polygon or a disc.
type shape interface {
	top() float64 // its upper edge
}

// box is a rectangle with a border.
type box struct {
	x, y, w, h float64
	fill       tone
	border     tone
	stroke     stroke
}

// line is a straight line; arrow puts a head at its second end.
type line struct {
	x1, y1, x2, y2 float64
	tone           tone
	stroke         stroke
	arrow          bool
}

// text is one line of text; y is its base line and size its size in points.
type text struct {
	x, y, size float64
	face       *face
	tone       tone
	s          string
}

// polygon is a closed area without a border.
type polygon struct {
	xs, ys []float64
	fill   tone
}

// disc is a circle about (x, y).
type disc struct {
	x, y, radius float64
	fill, border tone
	stroke       stroke
}

func (p polygon) top() float64 {
	y := p.ys[0]
	for _, v := range p.ys {
		y = min(y, v)
	}
	return y
}
func (c disc) top() float64 { return c.y - c.radius }
func (b box) top() float64  { return b.y }
func (l line) top() float64 { return min(l.y1, l.y2) }
func (t text) top() float64 { return t.y - t.size*mmPerPoint }

// stroke is the kind of a line. Kinds differ by more than colour, so that a drawing
// reads the same on a grey printer and to the colour-blind.
type stroke int

const (
	solid  stroke = iota
	heavy         // solid and twice as wide
	dashed        // not verified
	dotted        // not believed
	none          // no line at all
)

// pen is how a line is drawn: its width and the lengths of its dashes in millimetres.
type pen struct {
	width  float64
	dashes []float64
}

func (s stroke) pen() pen {
	switch s {
	case heavy:
		return pen{width: 0.6}
	case dashed:
		return pen{0.3, []float64{2, 1.2}}
	case dotted:
		return pen{0.25, []float64{0.5, 0.9}}
	}
	return pen{width: 0.25}
}

// arrowHead is the head at the second end of a line, nil when it has none.
func arrowHead(l line) *polygon {
	length := math.Hypot(l.x2-l.x1, l.y2-l.y1)
	if !l.arrow || length == 0 {
		return nil
	}
	ux, uy := (l.x2-l.x1)/length, (l.y2-l.y1)/length
	const long, half = 2.4, 1.1
	return &polygon{
		xs:   []float64{l.x2, l.x2 - long*ux + half*uy, l.x2 - long*ux - half*uy},
		ys:   []float64{l.y2, l.y2 - long*uy - half*ux, l.y2 - long*uy + half*ux},
		fill: l.tone,
	}
}

// tone is a colour by its use; a backend chooses how it looks.
type tone int

const (
	paper     tone = iota // white
	ink                   // text and lines
	faint                 // what is not believed, and side remarks
	ours                  // fill: the recipient's own side
	neutral               // fill: a host of which nothing is held
	marked                // fill: a relay or a host where a trail ends
	alarm                 // text and lines of a marked host
	ghost                 // fill: what is not believed
	accent                // headings and rules
	land                  // fill: of a map
	shade                 // fill: behind what a chart sets apart
	soft                  // fill: the lighter of two kinds of bars
	highlight             // fill: bytes that tell something
)

// colour is the red, green and blue of a tone, 0 to 255. Every text tone keeps a
// contrast above 4.5 to 1 against every fill, in colour and in grey.
func (t tone) colour() (r, g, b int) {
	switch t {
	case paper:
		return 255, 255, 255
	case faint:
		return 92, 92, 92
	case ours:
		return 231, 239, 247
	case neutral:
		return 248, 248, 248
	case marked:
		return 253, 236, 222
	case alarm:
		return 140, 52, 8
	case ghost:
		return 238, 238, 238
	case accent:
		return 24, 56, 98
	case land:
		return 214, 220, 226
	case shade:
		return 236, 236, 230
	case highlight:
		return 255, 240, 178
	case soft:
		return 176, 198, 222
	default:
		return 26, 26, 26
	}
}

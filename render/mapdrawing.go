package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"relaytrace/casefile"
)

// mark is what a map tells of one country.
type mark struct {
	code          string
	relays, ends  int
	approximately bool // a source guesses
}

// marksOf counts the relays found and the other ends of trails by country, those with most
// first, and how many lie in none that is known.
func marksOf(c *casefile.Case) (marks []mark, unknown int) {
	at := make(map[string]*mark)
	add := func(code string, approximate bool, relays, ends int) {
		if _, known := world().countries[code]; !known {
			unknown += relays + ends
			return
		}
		m := at[code]
		if m == nil {
			m = &mark{code: code}
			at[code] = m
		}
		m.relays += relays
		m.ends += ends
		m.approximately = m.approximately || approximate
	}
	for i := range c.Relays {
		if r := &c.Relays[i]; r.Found() {
			code, approximate := countryOf(&r.Record)
			add(code, approximate, 1, 0)
		}
	}
	for i := range c.Sources {
		code, approximate := countryOf(&c.Sources[i].Record)
		add(code, approximate, 0, 1)
	}
	for _, m := range at {
		marks = append(marks, *m)
	}
	slices.SortFunc(marks, func(a, b mark) int {
		return cmp.Or(cmp.Compare(b.relays, a.relays), cmp.Compare(b.ends, a.ends), cmp.Compare(a.code, b.code))
	})
	return marks, unknown
}

// words tells a mark.
func (m mark) words() string {
	s := oneOf(m.approximately, "≈ ", "") + countryName(m.code) + ": "
	switch {
	case m.ends == 0:
		return s + count(m.relays, "relay", "relays")
	case m.relays == 0:
		return s + count(m.ends, "end", "ends")
	}
	return s + count(m.relays, "relay", "relays") + ", " + count(m.ends, "end", "ends")
}

// The part of the Earth that a map shows, in degrees north.
const (
	mapNorth = 82.0
	mapSouth = -57.0
)

// drawMap draws the marks on a map of the world, and under it what each stands for.
func drawMap(f *fonts, marks []mark, width float64) drawing {
	m := mapLayout{f: f, width: width, scale: width / 2}
	_, m.north = place{0, mapNorth}.projected()
	_, south := place{0, mapSouth}.projected()
	m.height = (south - m.north) * m.scale
	m.mapHeight = m.height
	m.add(box{w: width, h: m.height, fill: paper, border: faint, stroke: dotted})
	for _, ring := range world().land {
		p := polygon{fill: land}
		for _, at := range ring {
			x, y := m.at(at)
			p.xs, p.ys = append(p.xs, x), append(p.ys, min(max(y, 0), m.height))
		}
		m.add(p)
	}
	for _, k := range slices.Backward(marks) { // the largest on top
		m.disc(k)
	}
	for _, k := range marks {
		m.name(k)
	}
	m.key(marks)
	return drawing{w: width, h: m.height, shapes: m.shapes}
}

type mapLayout struct {
	f                           *fonts
	width, height, scale, north float64
	mapHeight                   float64 // without the key
	shapes                      []shape
	taken                       []box // where discs and names stand
}

func (m *mapLayout) add(s shape) { m.shapes = append(m.shapes, s) }

func (m *mapLayout) at(p place) (x, y float64) {
	x, y = p.projected()
	return m.width/2 + x*m.scale, (y - m.north) * m.scale
}

// radius of a disc: its area grows with the number.
func (k mark) radius() float64 { return min(1.1+0.45*math.Sqrt(float64(k.relays+k.ends)), 5) }

// middle is where the disc of a country stands, whole inside the map.
func (m *mapLayout) middle(k mark) (x, y, r float64) {
	x, y = m.at(world().countries[k.code].at)
	r = k.radius()
	return min(max(x, r), m.width-r), min(max(y, r), m.mapHeight-r), r
}

func (m *mapLayout) disc(k mark) {
	x, y, r := m.middle(k)
	m.taken = append(m.taken, box{x: x - r, y: y - r, w: 2 * r, h: 2 * r})
	if k.relays > 0 {
		m.add(disc{x: x, y: y, radius: r, fill: alarm, border: paper, stroke: solid})
	} else {
		m.add(disc{x: x, y: y, radius: r, fill: paper, border: accent, stroke: heavy})
	}
}

// name writes the country's code beside its disc, where nothing stands yet; where there is
// no room the key alone tells it.
func (m *mapLayout) name(k mark) {
	const size = 6.5
	x, y, r := m.middle(k)
	r += 0.6
	w, h := m.f.bold.width(k.code, size), size*mmPerPoint
	for _, at := range [][2]float64{{x + r, y + h*0.36}, {x - r - w, y + h*0.36}, {x - w/2, y - r}, {x - w/2, y + r + h*0.75}, {x + r, y - h}, {x + r, y + h*1.5}} {
		b := box{x: at[0] - 0.2, y: at[1] - h*0.8, w: w + 0.4, h: h}
		if b.x < 0 || b.x+b.w > m.width || b.y < 0 || b.y+b.h > m.mapHeight || slices.ContainsFunc(m.taken, b.meets) {
			continue
		}
		m.taken = append(m.taken, b)
		m.add(text{x: at[0], y: at[1], size: size, face: m.f.bold, tone: ink, s: k.code})
		return
	}
}

// meets reports whether two boxes share a place.
func (b box) meets(o box) bool {
	return b.x < o.x+o.w && o.x < b.x+b.w && b.y < o.y+o.h && o.y < b.y+b.h
}

// maxKey is how many countries the key names; the table of relays has all.
const maxKey = 36

// key tells below the map what the marks stand for, in three columns.
func (m *mapLayout) key(marks []mark) {
	const columns, lead = 3, 3.6
	shown := marks[:min(len(marks), maxKey)]
	rows := (len(shown) + columns - 1) / columns
	y := m.height + 5
	m.add(disc{x: 2, y: y - 1, radius: 1.5, fill: alarm, border: paper, stroke: solid})
	m.add(text{x: 5, y: y, size: noteSize, face: m.f.sans, tone: ink, s: "a country with relays"})
	m.add(disc{x: 2 + m.width/columns, y: y - 1, radius: 1.5, fill: paper, border: accent, stroke: heavy})
	m.add(text{x: 5 + m.width/columns, y: y, size: noteSize, face: m.f.sans, tone: ink, s: "one where trails end, and no relay is"})
	m.height = y + 1.5
	for i, k := range shown {
		x, y := float64(i/rows)*m.width/columns, m.height+float64(i%rows+1)*lead
		m.add(text{x: x, y: y, size: noteSize, face: m.f.bold, tone: ink, s: k.code})
		m.add(text{x: x + 7, y: y, size: noteSize, face: m.f.sans, tone: ink, s: fit(m.f.sans, noteSize, m.width/columns-9, k.words())})
	}
	m.height += float64(rows)*lead + 1
	if more := len(marks) - maxKey; more > 0 {
		m.height += lead
		m.add(text{y: m.height - 1, size: noteSize, face: m.f.sans, tone: faint, s: fmt.Sprintf("and %d more countries", more)})
	}
}

package render

import (
	"html"
	"math"
	"strconv"
	"strings"
)

// svg draws a picture for the screen. Colours come from the classes of the page's style
// sheet, so that the picture follows its light and its dark; kinds of lines differ in
// both by more than colour. id must be unlike any other of the page; the picture is named
// by title. All text is escaped.
func (p drawing) svg(id, title string) string {
	w := svgWriter{}
	w.raw(`<svg class="drawing" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="`, id, `" viewBox="0 0 `, mm(p.w), " ", mm(p.h), `"><title id="`, id, `">`, html.EscapeString(title), "</title>")
	for _, s := range p.shapes {
		w.shape(s)
	}
	w.raw("</svg>")
	return w.b.String()
}

type svgWriter struct{ b strings.Builder }

func (w *svgWriter) raw(parts ...string) {
	for _, p := range parts {
		w.b.WriteString(p)
	}
}

// mm is a measure with two decimals at most.
func mm(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

func (w *svgWriter) shape(s shape) {
	switch s := s.(type) {
	case box:
		w.raw(`<rect x="`, mm(s.x), `" y="`, mm(s.y), `" width="`, mm(s.w), `" height="`, mm(s.h), `" class="f-`, s.fill.name())
		w.pen(s.border, s.stroke)
	case disc:
		w.raw(`<circle cx="`, mm(s.x), `" cy="`, mm(s.y), `" r="`, mm(s.radius), `" class="f-`, s.fill.name())
		w.pen(s.border, s.stroke)
	case line:
		w.raw(`<line x1="`, mm(s.x1), `" y1="`, mm(s.y1), `" x2="`, mm(s.x2), `" y2="`, mm(s.y2), `" class="f-none`)
		w.pen(s.tone, s.stroke)
		if head := arrowHead(s); head != nil {
			w.shape(*head)
		}
	case polygon:
		w.raw(`<polygon class="f-`, s.fill.name(), `" points="`)
		for i := range s.xs {
			if i > 0 {
				w.raw(" ")
			}
			w.raw(mm(s.xs[i]), ",", mm(s.ys[i]))
		}
		w.raw(`"/>`)
	case text:
		w.raw(`<text x="`, mm(s.x), `" y="`, mm(s.y), `" font-size="`, mm(s.size*mmPerPoint), `" class="f-`, s.tone.name(), oneOf(s.face.style == "B", " b", ""), `">`, html.EscapeString(s.s), "</text>")
	}
}

// pen ends a tag with the class and the dashes of its line.
func (w *svgWriter) pen(t tone, s stroke) {
	if s == none {
		w.raw(`"/>`)
		return
	}
	p := s.pen()
	w.raw(" s-", t.name(), `" stroke-width="`, mm(p.width), `"`)
	if len(p.dashes) > 0 {
		w.raw(` stroke-dasharray="`, mm(p.dashes[0]), " ", mm(p.dashes[1]), `"`)
	}
	w.raw("/>")
}

// name is the class of a tone.
func (t tone) name() string { return toneNames[t] }

var toneNames = [...]string{
	paper: "paper", ink: "ink", faint: "faint", ours: "ours", neutral: "neutral", marked: "marked", alarm: "alarm", ghost: "ghost",
	accent: "accent", land: "land", shade: "shade", soft: "soft", highlight: "highlight",
}

package render

import (
	"fmt"
	"strconv"
	"strings"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// samples writes, for each sample, what is known of it, the picture of its path, its
// findings and its raw trace fields.
func (d *doc) samples() {
	d.chapter("Samples")
	if len(d.c.Samples) == 0 {
		d.para("The case holds no sample.")
		return
	}
	d.para("Each sample is told on its own: where it was found, its path as a picture, what was found in its fields, " +
		"and the fields themselves. A path is read from the bottom up, the way the mail went; the fields are numbered from the top of the " +
		"header, 0 first, as they stand in the sample.")
	d.note(rawKey)
	d.legend()
	for i := range d.c.Samples {
		if i > 0 {
			d.between()
		}
		d.sample(&d.c.Samples[i])
	}
}

// between parts a sample from the one before it.
func (d *doc) between() {
	if d.need(70); d.y > pageTop {
		d.rule(leftEdge, d.y+2, rightEdge, d.y+2, accent, 0.3)
		d.y += 3
	}
}

// legend draws the kinds of lines and boxes once, with their meaning.
func (d *doc) legend() {
	rows := []struct {
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
	p := drawing{w: textWidth, h: float64(len(rows)) * 5}
	for i, r := range rows {
		y := float64(i) * 5
		fill, border, st, _ := r.s.look()
		p.shapes = append(p.shapes,
			box{x: 1, y: y + 0.5, w: 9, h: 3.4, fill: fill, border: border, stroke: st},
			line{x1: 13, y1: y + 2.2, x2: 22, y2: y + 2.2, tone: r.tone, stroke: r.leg, arrow: true},
			text{x: 26, y: y + 3.1, size: noteSize, face: sans, tone: ink, s: sans.show(r.text)})
	}
	d.draw(p)
}

// maxOrigins is how many places of finding a sample lists; case.json has them all.
const maxOrigins = 12

func (d *doc) sample(s *casefile.Sample) {
	d.heading(fmt.Sprintf("Sample %d", s.Number), 50, d.sampleLink[s.Number])
	d.monoFact("SHA-256", s.SHA256)
	d.fact("Size", strconv.FormatInt(s.Size, 10)+" bytes; copy in "+orNone(s.Evidence, "no file"))
	for _, o := range s.Origins[:min(len(s.Origins), maxOrigins)] {
		d.fact("Found in", originWords(o))
	}
	if more := len(s.Origins) - maxOrigins; more > 0 {
		d.fact("Found in", fmt.Sprintf("%d more places; case.json lists them", more))
	}
	d.fact("Trail ends", trailWords(&s.Path))
	m := s.Path.Message
	for _, f := range []struct{ label, value string }{
		{"Envelope sender", m.ReturnPath}, {"Says From:", m.From}, {"Says Subject:", m.Subject},
		{"Says Date:", m.Date}, {"Says Message-ID:", m.MessageID},
	} {
		d.fact(f.label, Middle(Visible(bounded(f.value)), 400))
	}
	d.y += 3
	d.draw(drawPath(&s.Path, textWidth))
	d.y += 2
	d.findings(&s.Path)
	d.rawFields(s)
}

func originWords(o trace.Sample) string {
	w := o.File
	if o.Line > 1 {
		w += ", line " + strconv.Itoa(o.Line)
	}
	if o.Part != "" {
		w += ", part " + o.Part
	}
	return w
}

// maxFindings is how many findings of a sample are told; case.json has them all.
const maxFindings = 60

func (d *doc) findings(p *trace.Path) {
	if len(p.Findings) == 0 {
		return
	}
	d.label("Findings", 26)
	var rows [][]cell
	for _, f := range p.Findings[:min(len(p.Findings), maxFindings)] {
		field := "–"
		if f.Hop >= 0 {
			field = strconv.Itoa(f.Hop)
		}
		rows = append(rows, []cell{
			{s: field}, {s: string(f.Severity)}, {s: f.Text + " (" + f.Code + ")"},
			{s: Middle(Visible(bounded(f.Quote)), 200), face: mono},
		})
	}
	d.table([]column{{"Field", 11}, {"Weight", 15}, {"What was found", 84}, {"The bytes it rests on", 60}}, rows)
	if more := len(p.Findings) - maxFindings; more > 0 {
		d.note(fmt.Sprintf("%d more findings stand in case.json.", more))
	}
}

// Bounds on raw text, in bytes: a header of many megabytes would make a document that
// nobody can open. What is cut is told, and stands whole in the evidence.
const (
	maxRawField  = 64 << 10
	maxRawSample = 256 << 10
)

func (d *doc) rawFields(s *casefile.Sample) {
	if len(s.Path.Hops) == 0 {
		d.note("The sample has no Received: field.")
		return
	}
	d.label("Raw trace fields", 14)
	left := maxRawSample
	for i := range s.Path.Hops {
		h := &s.Path.Hops[i]
		if left <= 0 {
			d.note(count(len(s.Path.Hops)-i, "more field stands", "more fields stand") + " in " + s.Evidence + ".")
			return
		}
		raw := h.Raw
		cut := min(maxRawField, left)
		if len(raw) > cut {
			raw = raw[:cutAt(raw, cut)]
		}
		d.rawField(h, raw)
		if more := len(h.Raw) - len(raw); more > 0 {
			d.note(fmt.Sprintf("%d more bytes of this field stand in %s.", more, s.Evidence))
		}
		left -= len(raw)
	}
}

// rawKey explains how raw fields are shown.
const rawKey = "Raw fields stand with the line numbers of the sample. ⇥ is a tab and ↪ goes on with a line that was too long; " +
	"other characters that could hide are shown as code points, and bytes that are not UTF-8 as \\xNN."

// gutter is the room for line numbers.
const gutter = 11.0

func (d *doc) rawField(h *trace.Hop, raw string) {
	d.need(6 + 3*monoLead)
	head := fmt.Sprintf("Field %d · %s", h.Index, standingWords(h.Standing))
	d.put(leftEdge, d.y+3.2, noteSize, sansBold, ink, head)
	x := sansBold.width(head+"  ", noteSize)
	d.put(leftEdge+x, d.y+3.2, noteSize, sans, faint, fit(sans, noteSize, textWidth-x, h.Why))
	d.y += 4.6
	if raw == "" || raw[0] != ' ' && raw[0] != '\t' {
		raw = " " + raw
	}
	for k, l := range strings.Split(strings.TrimSuffix("Received:"+raw, "\n"), "\n") {
		for i, piece := range chop(mono, monoSize, textWidth-gutter, rawLine(l), "") {
			d.need(monoLead)
			mark := strconv.Itoa(h.Line + k)
			if i > 0 {
				mark = "↪"
			}
			d.put(leftEdge+gutter-2.5-mono.width(mark, monoSize), d.y+2.5, monoSize, mono, faint, mark)
			d.put(leftEdge+gutter, d.y+2.5, monoSize, mono, ink, piece)
			d.y += monoLead
		}
	}
	d.y += 1.6
}

// rawLine shows one line of a field with nothing hidden: a tab as ⇥, so that folded
// lines stay readable, and spaces at the end as code points.
func rawLine(s string) string {
	s = strings.TrimSuffix(s, "\r")
	end := len(strings.TrimRight(s, " "))
	trail := len(s) - end
	parts := strings.Split(s[:end], "\t")
	for i, p := range parts {
		parts[i] = mono.show(strings.ReplaceAll(p, "⇥", codePoint('⇥')))
	}
	return strings.Join(parts, "⇥") + strings.Repeat(codePoint(' '), trail)
}

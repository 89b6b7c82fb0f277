package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// maxExemplars is how many distinct paths are drawn, and their exemplars quoted in full:
// what a person can still leaf through.
const maxExemplars = 120

// exemplars are the groups that are shown, the most frequent first.
func exemplars(c *casefile.Case) []casefile.PathGroup {
	g := pathGroups(c)
	return g[:min(len(g), maxExemplars)]
}

// exemplar reports whether a sample is quoted in full.
func (w *writer) exemplar(n int) bool {
	if w.quoted == nil {
		w.quoted = make(map[int]bool)
		for _, g := range exemplars(w.c) {
			w.quoted[g.Exemplar] = w.c.Sample(g.Exemplar) != nil
		}
	}
	return w.quoted[n]
}

// paths draws each distinct path once.
func (w *writer) paths() {
	w.chapter("paths", "The ways the mail took")
	groups := exemplars(w.c)
	if len(groups) == 0 {
		w.para("The case holds no sample.")
		return
	}
	w.para(count(len(pathGroups(w.c)), "distinct path", "distinct paths") + " over " + countOf(total(w.c), "sample", "samples") +
		": the same hosts in the same order with the same standings count as one. Each is drawn once, by one of its samples. " +
		"A picture is read from the bottom up, the way the mail went; fields are numbered from the top of the header, 0 first.")
	w.figure("What the lines and boxes mean", "Key of the pictures: "+legendAlt, drawLegend)
	for i, g := range groups {
		s := w.c.Sample(g.Exemplar)
		if s == nil {
			continue
		}
		title := fmt.Sprintf("Path %d: %s", i+1, countOf(g.Samples, "sample", "samples"))
		w.heading("path-"+strconv.Itoa(i+1), title)
		w.factOf(fact{Label: "Trail ends", Text: trailWords(&s.Path)})
		w.factOf(fact{Label: "Drawn by", Text: fmt.Sprintf("sample %d", s.Number), Link: sampleID(s.Number)})
		p := &s.Path
		w.figure(title, storyOf(p).words(), func(f *fonts, width float64) drawing { return drawPath(f, p, width) })
	}
	if more := len(pathGroups(w.c)) - len(groups); more > 0 {
		w.note(count(more, "rarer path stands", "rarer paths stand") + " in exports/paths.csv, and with every field in case.json.")
	}
}

// exemplars writes what is known of each sample that stands for a path, and quotes its
// trace fields.
func (w *writer) exemplars() {
	w.chapter("samples", "Exemplars and their raw headers")
	groups := exemplars(w.c)
	if len(groups) == 0 {
		w.para("The case holds no sample.")
		return
	}
	w.para("One sample for each path drawn above: where it was found, what was found in its fields, and its header, with the numbers of the lines " +
		"on which the fields stand in the sample. The bytes on which a finding rests are marked.")
	w.note(rawKey)
	for i, g := range groups {
		if s := w.c.Sample(g.Exemplar); s != nil {
			w.sample(s, i+1, g.Samples)
		}
	}
}

// maxOrigins is how many places of finding a sample lists; case.json has them all.
const maxOrigins = 12

func (w *writer) sample(s *casefile.Sample, path, like int) {
	w.heading(sampleID(s.Number), fmt.Sprintf("Sample %d", s.Number))
	w.factOf(fact{Label: "SHA-256", Text: s.SHA256, Mono: true})
	w.fact("Size", strconv.FormatInt(s.Size, 10)+" bytes; "+copyWords(w.c, s))
	for _, o := range s.Origins[:min(len(s.Origins), maxOrigins)] {
		w.fact("Found in", originWords(o))
	}
	if more := len(s.Origins) - maxOrigins; more > 0 {
		w.fact("Found in", fmt.Sprintf("%d more places; case.json lists them", more))
	}
	w.factOf(fact{Label: "Path", Text: fmt.Sprintf("%d, which %s took", path, count(like, "sample", "samples")), Link: "path-" + strconv.Itoa(path)})
	w.fact("Trail ends", trailWords(&s.Path))
	m := s.Path.Message
	for _, f := range []struct{ label, value string }{
		{"Envelope sender", m.ReturnPath}, {"Says From:", m.From}, {"Says Subject:", m.Subject},
		{"Says Date:", m.Date}, {"Says Message-ID:", m.MessageID},
	} {
		w.fact(f.label, Middle(Visible(bounded(f.value)), 400))
	}
	w.findings(s)
	w.rawFields(s)
}

// copiedOut reports whether the folder has a copy of every sample beside case.db: of a case
// that shows no more than exemplars they are written when somebody asks for them.
func copiedOut(c *casefile.Case) bool { return total(c) <= casefile.MaxShown }

// copyWords tells where the bytes of a sample lie.
func copyWords(c *casefile.Case, s *casefile.Sample) string {
	switch {
	case s.Evidence == "":
		return "copy in no file"
	case copiedOut(c):
		return "copy in " + s.Evidence
	}
	return "kept in case.db; “relaytrace export --evidence” copies it to " + s.Evidence
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

func (w *writer) findings(s *casefile.Sample) {
	p := &s.Path
	if len(p.Findings) == 0 {
		return
	}
	w.label("Findings")
	t := table{Name: fmt.Sprintf("Findings of sample %d", s.Number), Columns: []column{{Title: "Field", Width: 11}, {Title: "Weight", Width: 15}, {Title: "What was found", Width: 84}, {Title: "The bytes it rests on", Width: 60}}}
	for _, f := range p.Findings {
		field := "–"
		if f.Hop >= 0 {
			field = strconv.Itoa(f.Hop)
		}
		t.Rows = append(t.Rows, []cell{
			{Text: field}, {Text: string(f.Severity)}, {Text: f.Text + " (" + f.Code + ")"},
			{Text: Middle(Visible(bounded(f.Quote)), 200), Mono: true},
		})
	}
	w.cutRows(t, maxFindings, "case.json")
}

// Bounds on raw text, in bytes: a header of many megabytes would make a document that
// nobody can open. What is cut is told, and stands whole in the evidence.
const (
	maxRawField  = 64 << 10
	maxRawSample = 256 << 10
	rowOfField   = 64 // what a field takes besides its bytes: a header may hold tens of thousands without any
)

// rawKey explains how raw fields are shown.
const rawKey = "⇥ is a tab and ↪ goes on with a line that was too long; " +
	"other characters that could hide are shown as code points, and bytes that are not UTF-8 as \\xNN."

// rawFields quotes the header of a sample, or its trace fields where the sample is not to
// hand.
func (w *writer) rawFields(s *casefile.Sample) {
	if head := headerLines(w.bytes(s.Number)); len(head) > 0 && fieldsStandAt(head, s.Path.Hops) {
		w.header(s, head)
		return
	}
	if len(s.Path.Hops) == 0 {
		w.note("The sample has no Received: field.")
		return
	}
	w.label("Raw trace fields")
	left := maxRawSample
	for i := range s.Path.Hops {
		if left <= 0 {
			w.note(count(len(s.Path.Hops)-i, "more field stands", "more fields stand") + " in " + s.Evidence + ".")
			return
		}
		left -= w.traceField(s, &s.Path.Hops[i]) + rowOfField
	}
}

// traceField quotes a trace field with what its findings rest on marked, and returns how
// many bytes of it are shown.
func (w *writer) traceField(s *casefile.Sample, h *trace.Hop) int {
	var marks []string
	for _, f := range s.Path.FindingsOf(h.Index) {
		if f.Severity != trace.Info {
			marks = append(marks, f.Quote)
		}
	}
	return w.rawField(s, h, marks, h.Why)
}

// headerLines are the lines of a message's header, without their LF; none when there are
// no bytes.
func headerLines(data []byte) []string {
	var lines []string
	for rest := string(data[:min(len(data), maxRawSample)]); rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		if strings.TrimSuffix(line, "\r") == "" {
			break
		}
		lines = append(lines, line)
		rest = after
	}
	return lines
}

// fieldsStandAt reports whether the trace fields begin on the lines that the case says.
func fieldsStandAt(lines []string, hops []trace.Hop) bool {
	last := 0
	for i := range hops {
		n := hops[i].Line
		if n <= last || n > len(lines) || !strings.EqualFold(lines[n-1][:min(len(lines[n-1]), len("Received"))], "Received") {
			return false
		}
		last = n
	}
	return true
}

// header quotes a whole header in the order in which it stands, each trace field with its
// standing, and what stands between them together.
func (w *writer) header(s *casefile.Sample, lines []string) {
	w.label("Raw header")
	next := 0 // of the hops
	for at := 0; at < len(lines); {
		if next < len(s.Path.Hops) && s.Path.Hops[next].Line == at+1 {
			h := &s.Path.Hops[next]
			w.traceField(s, h)
			next++
			for at++; at < len(lines) && (strings.HasPrefix(lines[at], " ") || strings.HasPrefix(lines[at], "\t")); at++ {
			}
			continue
		}
		f := rawField{Head: "Other fields", Why: oneOf(next < len(s.Path.Hops), "above the last trace field: some may be the recipient's own", "below all trace fields: as the sender wrote them, or a system on the way")}
		for at < len(lines) && (next >= len(s.Path.Hops) || s.Path.Hops[next].Line != at+1) {
			f.Lines = append(f.Lines, rawLine{Number: at + 1, Text: escapedBytes(strings.TrimSuffix(lines[at], "\r"))})
			at++
		}
		w.add(f)
	}
}

// escapedBytes writes bytes that are not UTF-8 as \xNN, as the case does in its fields.
func escapedBytes(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// rawField quotes a field with the bytes of the marks marked, and returns how many bytes
// of it are shown.
func (w *writer) rawField(s *casefile.Sample, h *trace.Hop, marks []string, why string) int {
	raw := h.Raw
	f := rawField{Head: fmt.Sprintf("Field %d · %s", h.Index, standingWords(h.Standing)), Why: Middle(Visible(bounded(why)), 300)}
	if len(raw) > maxRawField {
		raw = raw[:cutAt(raw, maxRawField)]
		f.More = fmt.Sprintf("%d more bytes of this field stand in %s.", len(h.Raw)-len(raw), Visible(s.Evidence))
	}
	shown := len(raw)
	if raw == "" || raw[0] != ' ' && raw[0] != '\t' {
		raw = " " + raw
	}
	raw = strings.TrimSuffix("Received:"+raw, "\n")
	spans := spansOf(raw, marks)
	at := 0
	for k, l := range strings.Split(raw, "\n") {
		line := rawLine{Number: h.Line + k, Text: strings.TrimSuffix(l, "\r")}
		for _, m := range spans {
			if from, to := max(m.From-at, 0), min(m.To-at, len(line.Text)); from < to {
				line.Marks = append(line.Marks, span{from, to})
			}
		}
		f.Lines = append(f.Lines, line)
		at += len(l) + 1
	}
	w.add(f)
	return shown
}

// spansOf finds each of the quotes in s, where it first stands, as spans that do not
// overlap.
func spansOf(s string, quotes []string) []span {
	var spans []span
	for _, q := range quotes {
		if len(q) < 2 || len(q) > 2000 {
			continue
		}
		if i := strings.Index(s, q); i >= 0 {
			spans = append(spans, span{i, i + len(q)})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To)) })
	var apart []span
	for _, m := range spans {
		if n := len(apart); n > 0 && m.From <= apart[n-1].To {
			apart[n-1].To = max(apart[n-1].To, m.To)
			continue
		}
		apart = append(apart, m)
	}
	return apart
}

// segment is a part of a line as it is shown.
type segment struct {
	Text string
	Mark bool
}

// segments shows a line of a field with nothing hidden, by show: a tab as ⇥, so that folded
// lines stay readable, and spaces at the end as code points.
func (l rawLine) segments(show func(string) string) []segment {
	end := len(strings.TrimRight(l.Text, " "))
	var out []segment
	add := func(from, to int, mark bool) {
		if from >= to {
			return
		}
		body := l.Text[from:min(to, max(end, from))]
		parts := strings.Split(body, "\t")
		for i, p := range parts {
			parts[i] = show(strings.ReplaceAll(p, "⇥", codePoint('⇥')))
		}
		s := strings.Join(parts, "⇥")
		s += strings.Repeat(codePoint(' '), to-from-len(body))
		out = append(out, segment{s, mark})
	}
	at := 0
	for _, m := range l.Marks {
		add(at, m.From, false)
		add(m.From, m.To, true)
		at = m.To
	}
	add(at, len(l.Text), false)
	return out
}

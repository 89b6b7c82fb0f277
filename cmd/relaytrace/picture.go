package main

import (
	"bufio"
	"cmp"
	"fmt"
	"strings"

	"relaytrace/render"
	"relaytrace/trace"
)

// nameColumn is where the name of a field's writer, and the word on a host, begin.
const nameColumn = 55

// The colours, as terminals number them.
const (
	bold    = "1"
	dim     = "2"
	red     = "31"
	green   = "32"
	yellow  = "33"
	magenta = "1;35"
	cyan    = "36"
)

// picture draws a relay path for people: the way of the mail from the first host that a
// field tells of down to the recipient. Each field is a line behind a gutter, which is
// solid where the field is believed; between the lines stand the hosts that handed the
// mail over. The rule tells what others say from what the recipient's own side recorded.
type picture struct {
	w       *bufio.Writer
	p       *trace.Path
	width   int  // characters in a line
	colour  bool // escapes for a terminal
	explain bool // with the reasons, and the meaning of each code

	explained map[string]bool // codes whose meaning stands above already
	upward    bool            // a sentence spoke of above or below
}

// write draws the path and what it comes to.
func (d *picture) write() {
	d.explained, d.upward = map[string]bool{}, false
	fmt.Fprintf(d.w, "%s\n", d.paint(bold, place(d.p.Sample)))
	if s := d.p.Message.Subject; s != "" {
		fmt.Fprintf(d.w, "  subject, as the sender wrote it: %s\n", render.Middle(render.Visible(s), d.width-35))
	}
	if len(d.p.Hops) > 0 {
		d.w.WriteString("\n")
		d.w.WriteString(d.paint(dim, " hop    "+pad("standing", 14)+pad("time (UTC)", 21)+pad("   after", 12)+"written by") + "\n")
	}
	for i := len(d.p.Hops) - 1; i >= 0; i-- {
		d.gap(i + 1)
		d.host(i)
		d.rule(i)
		d.field(i)
	}
	d.aside()
	d.conclude()
}

// gap tells, where belief or the chain ends above field i-1, why field i is not tied to
// the host that is drawn under it.
func (d *picture) gap(i int) {
	if i >= len(d.p.Hops) {
		return
	}
	h, next := &d.p.Hops[i], &d.p.Hops[i-1]
	untied := func(h *trace.Hop) bool { return h.Standing == trace.Unverified && h.Link == "none" }
	switch {
	case h.Standing == trace.Contradicted && next.Standing != trace.Contradicted:
		d.w.WriteString("      " + d.paint(red, "✗ NOT BELIEVED from here up") + "\n")
	case untied(h) && !untied(next) && next.Standing != trace.Contradicted:
		d.say("      "+d.paint(yellow, "~ NOT TIED from here up: "), "        ", h.Why+".")
	}
}

// host draws the host that handed the mail to the writer of field i. Inside the
// recipient's side the names of the writers tell enough.
func (d *picture) host(i int) {
	h := &d.p.Hops[i]
	edge := d.p.Boundary != nil && d.p.Boundary.Hop == i
	if h.Standing == trace.Trusted && !edge && !d.lastTrusted(i) || !handOver(h) {
		return
	}
	tag, colour := d.tag(i)
	bullet := "●"
	switch {
	case h.Standing == trace.Contradicted:
		bullet = "✗"
	case !h.From.IP.IsValid():
		bullet = "?"
	case h.Standing == trace.Unverified:
		bullet = "○"
	}
	name, claim := peerCell(h)
	line := "      " + d.paint(colourOf(h.Standing), bullet) + " "
	switch {
	case tag == "":
		line += render.Middle(name, d.width-8)
	case shown(tag) > d.width-nameColumn:
		line += render.Middle(name, d.width-8) + "\n" + d.gutter(i) + "  " + d.paint(colour, tag)
	default:
		line = pad(line+render.Middle(name, nameColumn-10), nameColumn) + d.paint(colour, tag)
	}
	d.w.WriteString(line + "\n")
	if claim != "" {
		d.w.WriteString(d.gutter(i) + d.paint(dim, "  calls itself "+render.Middle(claim, d.width-42)+" (only a claim)") + "\n")
	}
}

// peerCell gives what a field records of the host that handed the mail over, and what
// that host merely said of itself.
func peerCell(h *trace.Hop) (name, claim string) {
	known := cmp.Or(h.From.RDNS, h.From.Name)
	name, claim = "no address", render.Visible(h.From.HELO)
	switch {
	case h.From.IP.IsValid():
		name = h.From.IP.String()
		if known != "" {
			name += "  " + render.Visible(known)
		}
	case known != "":
		name += ", named " + render.Visible(known)
	}
	if strings.EqualFold(h.From.HELO, known) || strings.Trim(h.From.HELO, "[]") == h.From.IP.String() {
		claim = ""
	}
	return name, claim
}

// handOver reports whether a field tells of another host.
func handOver(h *trace.Hop) bool {
	return h.Kind == trace.Transfer || h.Kind == trace.Fetch || h.Kind == trace.Unparsed
}

// lastTrusted reports whether field i is the lowest of the recipient's side, in a path
// that has no boundary.
func (d *picture) lastTrusted(i int) bool {
	return d.p.Boundary == nil && d.p.Hops[i].Standing == trace.Trusted && (i+1 == len(d.p.Hops) || d.p.Hops[i+1].Standing != trace.Trusted)
}

// tag says in a word or two what the host that field i names is.
func (d *picture) tag(i int) (tag, colour string) {
	h := &d.p.Hops[i]
	for _, r := range d.p.Relays {
		if r.Hop == i {
			return d.relayTag(r)
		}
	}
	for _, b := range d.p.Bystanders {
		if b.Hop == i && b.IP == h.From.IP && b.IP.IsValid() {
			return bystanderTag(b.Why), dim
		}
	}
	switch {
	case h.Standing == trace.Contradicted:
		return bystanderTag("forged-field"), dim
	case withholds(h) && h.Standing == trace.Unverified:
		return "previous hop not told (unverified)", yellow
	case withholds(h):
		return "PREVIOUS HOP WITHHELD", magenta
	case d.p.Origin != nil && d.p.Origin.Hop == i && d.p.Origin.IP == h.From.IP:
		return d.originTag(h)
	case h.From.IP.IsPrivate():
		return "a private address", dim
	}
	return "", ""
}

// relayTag says what a relay is called. Where the field that bears its name could not be
// verified, the host may have invented it, and be the source.
func (d *picture) relayTag(r trace.Relay) (tag, colour string) {
	tag = "SUSPECTED RELAY"
	if r.Withholds {
		tag = "RELAY, previous hop withheld"
	}
	switch {
	case r.Certainty == trace.Claimed:
		return "claimed: " + strings.ToLower(tag), yellow
	case unverifiedOwn(d.p, r):
		return strings.Replace(tag, "RELAY", "RELAY OR SOURCE", 1), magenta
	}
	return tag, magenta
}

// bystanderTag says why a host must not be accused.
func bystanderTag(code string) string {
	switch code {
	case "forged-field":
		return "not to be accused: contradicted field"
	case "unverified-claim":
		return "not to be accused: field not tied"
	}
	if strings.HasPrefix(code, "relay-or-") {
		return "not accused: " + strings.ReplaceAll(code, "-", " ")
	}
	return "no relay: " + strings.ReplaceAll(code, "-", " ")
}

// originTag says how well the deepest address is known.
func (d *picture) originTag(h *trace.Hop) (tag, colour string) {
	switch {
	case d.p.Ends == trace.EndNoField:
		return "SOURCE, OR A SILENT RELAY", magenta
	case d.p.Origin.Certainty == trace.Claimed:
		return "claimed source", yellow
	case d.p.Ends == trace.EndUnexplained:
		return "as far as the trail goes", cyan
	case d.p.Ends != trace.EndOrigin:
		return "", ""
	case d.p.Origin.Certainty == trace.Recorded:
		return "POSSIBLE SOURCE, as far as the header tells", bold
	}
	return fmt.Sprintf("POSSIBLE SOURCE, according to field %d", h.Index), bold
}

// withholds reports whether a finding says that the field leaves the previous hop out.
func withholds(h *trace.Hop) bool {
	for _, code := range h.Findings {
		if strings.HasPrefix(code, "previous-hop-") {
			return true
		}
	}
	return false
}

// rule draws the line between what others say and what the recipient's own side recorded,
// over the first field of that side.
func (d *picture) rule(i int) {
	text := ""
	last := d.lastTrusted(i)
	switch {
	case d.p.Ends == trace.EndNoBoundary && (last || d.p.Boundary != nil && d.p.Boundary.Hop == i):
		text = "BOUNDARY UNKNOWN: nothing above can be believed"
	case d.p.Boundary != nil && d.p.Boundary.Hop == i:
		text = "BOUNDARY: above, the word of others; below, the recipient's own side"
	case last && i+1 < len(d.p.Hops):
		text = "nothing above is tied to the recipient's side"
	default:
		return
	}
	line := "  ──── " + text + " "
	d.w.WriteString(d.paint(bold, line+strings.Repeat("─", max(d.width-shown(line), 2))) + "\n")
}

// gutter is the left edge of a line that belongs to field i.
func (d *picture) gutter(i int) string {
	s := d.p.Hops[i].Standing
	mark := map[trace.Standing]string{
		trace.Trusted: "┃", trace.Corroborated: "│", trace.Unverified: "┊", trace.Contradicted: "✗",
	}[s]
	return "      " + d.paint(colourOf(s), cmp.Or(mark, "┊")) + " "
}

// colourOf is the colour of a standing. The words say the same.
func colourOf(s trace.Standing) string {
	switch s {
	case trace.Trusted:
		return green
	case trace.Corroborated:
		return cyan
	case trace.Contradicted:
		return red
	}
	return yellow
}

// field draws field i and, under it, the findings that rest on it.
func (d *picture) field(i int) {
	h := &d.p.Hops[i]
	writer := byCell(h)
	switch {
	case h.Kind == trace.Transfer:
	case h.By.Host == "" && !h.By.IP.IsValid() && h.Kind != trace.Unparsed:
		writer = "on the same host, " + string(h.Kind)
	default:
		writer += ", " + string(h.Kind)
	}
	after := afterCell(d.p, i)
	line := fmt.Sprintf("%4d  ", h.Index) + strings.TrimLeft(d.gutter(i), " ") +
		d.paint(colourOf(h.Standing), pad(string(h.Standing), 14)) + pad(timeCell(h.Time), 21) +
		strings.Repeat(" ", max(8-len(after), 0)) + after
	d.w.WriteString(strings.TrimRight(pad(line, nameColumn)+render.Middle(writer, d.width-nameColumn), " ") + "\n")
	if d.explain {
		d.reasons(h, i)
	}
	for _, f := range d.p.FindingsOf(i) {
		d.finding(f, d.gutter(i))
	}
}

// reasons tells why a field has its standing, and how it is tied to the field above it.
func (d *picture) reasons(h *trace.Hop, i int) {
	if h.Why == "" {
		return
	}
	tied := ""
	if h.Link != "" {
		tied = " (link: " + h.Link + ")"
	}
	d.say(d.gutter(i)+"  why: ", d.gutter(i)+"    ", h.Why+tied)
}

// finding tells a finding. What is only informative is told with --explain.
func (d *picture) finding(f trace.Finding, gutter string) {
	if f.Severity == trace.Info && !d.explain {
		return
	}
	colour := dim
	switch f.Severity {
	case trace.Warning:
		colour = red
	case trace.Notice:
		colour = yellow
	}
	d.say(gutter+"  "+d.paint(colour, string(f.Severity))+": ", gutter+"    ", f.Text+" ("+f.Code+")")
	if d.explain {
		d.meaning(f.Code, gutter+"    ")
	}
}

// meaning tells once in a picture what a code means.
func (d *picture) meaning(code, gutter string) {
	c, ok := explanation(code)
	if !ok || d.explained[code] {
		return
	}
	d.explained[code] = true
	writeWrapped(d.w, gutter+d.paint(dim, code+": "), gutter+"  ", c.Means+" How sure? "+c.Sure+" "+c.Not, d.width)
}

// words tells what the words of the picture mean: standings, links, and the end.
func (d *picture) words() {
	if !d.explain {
		return
	}
	d.w.WriteString("\n  " + d.paint(bold, "The words:") + "\n")
	for i := range d.p.Hops {
		h := &d.p.Hops[i]
		for _, word := range []string{string(h.Standing), h.Link, string(h.Kind)} {
			d.meaning(word, "    ")
		}
	}
	for _, b := range d.p.Bystanders {
		d.meaning(b.Why, "    ")
	}
	d.meaning(string(d.p.Ends), "    ")
}

// say writes a sentence that may hold text of the sample.
func (d *picture) say(first, rest, text string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '.' || r == ';' }) {
		if word == "above" || word == "below" || word == "down" {
			d.upward = true
		}
	}
	writeWrapped(d.w, first, rest, render.Visible(text), d.width)
}

// aside tells what rests on no single field, and how sentences of fields are to be read.
func (d *picture) aside() {
	for _, f := range d.p.FindingsOf(-1) {
		if f.Code != string(d.p.Ends) {
			d.finding(f, "")
		}
	}
	for _, h := range d.p.Hints {
		if h.Certainty == trace.Claimed && !d.explain || !h.IP.IsValid() && !d.explain {
			continue
		}
		d.say("  "+string(h.Certainty)+", field "+render.Visible(h.Field)+": ", "    ", h.Value+" ("+h.Why+")")
	}
	if d.upward {
		d.w.WriteString(d.paint(dim, "  (Sentences say above and below as in the header, where field 0 is on top.)") + "\n")
	}
}

// conclude tells in two sentences what is known of where the mail came from, and what is not.
func (d *picture) conclude() {
	known, not := conclusion(d.p)
	d.w.WriteString("\n")
	writeWrapped(d.w, "  "+d.paint(bold, "Known:")+"     ", "             ", known, d.width)
	writeWrapped(d.w, "  "+d.paint(bold, "Not known:")+" ", "             ", not, d.width)
	d.words()
}

// byCell names the host that wrote a field.
func byCell(h *trace.Hop) string {
	switch {
	case h.By.Host != "":
		return render.Visible(h.By.Host)
	case h.By.IP.IsValid():
		return h.By.IP.String()
	}
	return "a host that does not name itself"
}

func (d *picture) paint(colour, s string) string {
	if !d.colour || s == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

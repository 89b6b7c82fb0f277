package main

import (
	"bufio"
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"relaytrace/render"
	"relaytrace/trace"
)

// The widest a column of the table becomes, in characters. The full text is in the JSON.
const (
	widestName = 34
	widestHELO = 28
)

// writePath writes the relay path of one sample for people: the fields from the last
// written, which is believed first, down to the first, and what they come to.
func writePath(w *bufio.Writer, p *trace.Path, colour bool) {
	fmt.Fprintf(w, "%s\n", place(p.Sample))
	if s := p.Message.Subject; s != "" {
		fmt.Fprintf(w, "  subject (written by the sender): %s\n", render.Middle(render.Visible(s), 80))
	}
	rows := [][]string{{"hop", "kind", "standing", "from", "by", "time (UTC)", "after"}}
	for i := range p.Hops {
		rows = append(rows, hopRow(p, i))
	}
	if len(p.Hops) > 0 {
		writeTable(w, rows, func(row, column int, cell string) string {
			if !colour || column != 2 || row == 0 {
				return cell
			}
			return paint(p.Hops[row-1].Standing, cell)
		})
	}
	for _, f := range p.Findings {
		if f.Severity == trace.Info || f.Code == string(p.Ends) {
			continue // the conclusion says the latter
		}
		where := "sample"
		if f.Hop >= 0 {
			where = fmt.Sprintf("hop %d", f.Hop)
		}
		fmt.Fprintf(w, "  %s, %s: %s (%s)\n", f.Severity, where, render.Visible(f.Text), f.Code)
	}
	fmt.Fprintf(w, "  %s\n", conclusion(p))
}

// place names a sample and where it was found.
func place(s trace.Sample) string {
	name := render.Visible(s.File)
	if s.Line > 1 {
		name += fmt.Sprintf(":%d", s.Line)
	}
	if s.Part != "" {
		name += " part " + render.Visible(s.Part)
	}
	return name
}

// hopRow gives the cells of one field.
func hopRow(p *trace.Path, i int) []string {
	h := &p.Hops[i]
	standing := string(h.Standing)
	if p.Boundary != nil && p.Boundary.Hop == i {
		standing += ", boundary"
	}
	return []string{
		fmt.Sprint(h.Index), string(h.Kind), standing,
		fromCell(h), render.Middle(byCell(h), widestName),
		timeCell(h.Time), afterCell(p, i),
	}
}

// fromCell says who handed the mail over: what was recorded first, and what the client
// said of itself marked as a claim.
func fromCell(h *trace.Hop) string {
	var parts []string
	switch {
	case h.From.IP.IsValid():
		parts = append(parts, h.From.IP.String())
	case h.Discloses != trace.DisclosesNotAsked:
		parts = append(parts, "no address")
	}
	if name := cmp.Or(h.From.RDNS, h.From.Name); name != "" {
		parts = append(parts, render.Middle(render.Visible(name), widestName))
	}
	if helo := h.From.HELO; helo != "" && !strings.EqualFold(helo, h.From.RDNS) {
		parts = append(parts, "HELO "+render.Middle(render.Visible(helo), widestHELO))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func byCell(h *trace.Hop) string {
	switch {
	case h.By.Host != "":
		return render.Visible(h.By.Host)
	case h.By.IP.IsValid():
		return h.By.IP.String()
	}
	return "-"
}

// timeCell gives the instant in UTC, or the stamp in quotes where it names none.
func timeCell(t trace.Time) string {
	if at, err := time.Parse(time.RFC3339, t.UTC); err == nil {
		return at.UTC().Format("2006-01-02 15:04:05")
	}
	if t.Stamp == "" {
		return "-"
	}
	return `"` + render.Middle(render.Visible(t.Stamp), 30) + `"`
}

// afterCell gives the time since the field below was written. A clock that is ahead
// makes it negative, and it is shown so.
func afterCell(p *trace.Path, i int) string {
	if i+1 >= len(p.Hops) {
		return ""
	}
	now, err := time.Parse(time.RFC3339, p.Hops[i].Time.UTC)
	before, err2 := time.Parse(time.RFC3339, p.Hops[i+1].Time.UTC)
	if err != nil || err2 != nil {
		return "-"
	}
	return span(now.Sub(before))
}

// span writes a duration with its sign and its two largest units.
func span(d time.Duration) string {
	sign, s := "+", int64(d/time.Second)
	if s < 0 {
		sign, s = "-", -s
	}
	switch {
	case s < 60:
		return fmt.Sprintf("%s%ds", sign, s)
	case s < 3600:
		return fmt.Sprintf("%s%dm%02ds", sign, s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%s%dh%02dm", sign, s/3600, s%3600/60)
	}
	return fmt.Sprintf("%s%dd%02dh", sign, s/86400, s%86400/3600)
}

// writeTable writes rows with columns aligned, two spaces in. mark may put escapes round
// a padded cell.
func writeTable(w *bufio.Writer, rows [][]string, mark func(row, column int, cell string) string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for r, row := range rows {
		last := len(row) - 1
		for last > 0 && row[last] == "" {
			last--
		}
		for i, cell := range row[:last+1] {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == last {
				pad = ""
			}
			w.WriteString("  " + mark(r, i, cell) + pad)
		}
		w.WriteString("\n")
	}
}

// unmarked leaves a cell of writeTable as it is.
func unmarked(_, _ int, cell string) string { return cell }

// paint colours a standing. The words say the same.
func paint(s trace.Standing, cell string) string {
	code := map[trace.Standing]string{
		trace.Trusted: "32", trace.Corroborated: "36", trace.Unverified: "33", trace.Contradicted: "31",
	}[s]
	return "\x1b[" + code + "m" + cell + "\x1b[0m"
}

// conclusion says in a sentence or two where the trail ends and what that means.
func conclusion(p *trace.Path) string {
	peer := "the host that connected"
	if p.Boundary != nil && p.Boundary.IP.IsValid() {
		peer = p.Boundary.IP.String()
	}
	switch p.Ends {
	case trace.EndOrigin:
		return originSentence(p)
	case trace.EndWithheld:
		return "The trail ends at " + withholder(p, peer) + ": its own field leaves out the address of the host that connected to it. Only its logs can tell."
	case trace.EndNoField:
		return "The trail ends at " + peer + ", which added no field: it is either the source itself or a relay that hides all."
	case trace.EndUnexplained:
		return "The trail ends at " + peer + ": no field below can be linked to what is believed. Unexplained is not forged."
	case trace.EndNoBoundary:
		return "No field tells who handed the mail to the recipient's side, so nothing below can be believed. Naming the recipient's own hosts with --trust may help."
	case trace.EndLocal:
		return "The mail began on the last host itself; no earlier hop is recorded."
	case trace.EndNoTrace:
		return "The sample has no Received: field, so it tells nothing of its way."
	}
	return "The trail ends: " + render.Visible(string(p.Ends)) + "."
}

// originSentence tells the deepest address, and how well it is known. A claim is told
// after what is known, and as a claim.
func originSentence(p *trace.Path) string {
	if p.Origin == nil || !p.Origin.IP.IsValid() {
		return "The trail ends where the mail began, but no address is recorded there."
	}
	by := "its writer"
	if p.Origin.Hop >= 0 && p.Origin.Hop < len(p.Hops) {
		by = byCell(&p.Hops[p.Origin.Hop])
	}
	origin, through := p.Origin.IP.String(), relayed(p, p.Origin.IP)
	switch p.Origin.Certainty {
	case trace.Recorded:
		return "The mail came from " + origin + ", as recorded by " + by + "."
	case trace.CertaintyCorroborated:
		if through != "" {
			through = " through " + through
		}
		return "The mail came from " + origin + through + ", according to " + by + "."
	}
	if through != "" {
		through = "The mail came through " + through + ". "
	}
	return through + "That it came from " + origin + " is the claim of a field that could not be verified, in the name of " + by + "."
}

// relayed names the relays of a path by address, those that are only claimed and the
// origin left out.
func relayed(p *trace.Path, origin netip.Addr) string {
	var names []string
	for _, r := range p.Relays {
		if r.IP.IsValid() && r.IP != origin && r.Certainty != trace.Claimed {
			names = append(names, r.IP.String())
		}
	}
	return strings.Join(names, " and ")
}

// withholder names the relay whose field leaves the previous hop out.
func withholder(p *trace.Path, peer string) string {
	for _, r := range p.Relays {
		switch {
		case !r.Withholds || !r.IP.IsValid():
		case r.Certainty == trace.Claimed:
			return r.IP.String() + ", which only a field that could not be verified names"
		default:
			return r.IP.String()
		}
	}
	return peer
}

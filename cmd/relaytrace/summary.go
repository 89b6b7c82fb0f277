package main

import (
	"bufio"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"relaytrace/casefile"
	"relaytrace/render"
)

// writeSummary says on a screen what a case found and where it was written.
func writeSummary(w *bufio.Writer, c *casefile.Case, dir string) {
	how := "with look-ups"
	if c.Settings.Offline {
		how = "offline"
	}
	fmt.Fprintf(w, "Case %s, made %s\n\n", render.Visible(c.ID), how)
	if own := render.OwnHostsWarning(c); own != "" {
		fmt.Fprintf(w, "Read this first: %s\n\n", own)
	}
	fmt.Fprintf(w, "Samples read: %d\n", c.SampleCount)
	writeRelays(w, c)
	writeEnds(w, c)
	writeFiles(w, c, dir)
	if len(c.Elsewhere) > 0 {
		fmt.Fprint(w, "\nSeen in other cases too:\n")
		for _, e := range c.Elsewhere {
			fmt.Fprintf(w, "  %s %s: %s\n", e.What, render.Visible(e.Name), render.Visible(e.Case))
		}
	}
	if n := len(c.Problems); n > 0 {
		fmt.Fprintf(w, "\n%s met; each is named in case.json\n", count(n, "problem", "problems"))
	}
}

// writeRelays lists the relays that believed fields name, and counts the others.
func writeRelays(w *bufio.Writer, c *casefile.Case) {
	t := c.Tally()
	fmt.Fprintf(w, "Relays found: %d", t.Found)
	if t.Found > 0 {
		fmt.Fprintf(w, "; %s", t.Withholding())
	}
	fmt.Fprintln(w)
	if t.Found > 0 {
		fmt.Fprintln(w)
		writeTable(w, relayRows(c), unmarked)
	}
	if t.Unverified > 0 {
		fmt.Fprint(w, "\n\"Unverified\": the field may not be the relay's own, and the mail may have begun there.\n")
	}
	if more := t.Naming(); more != "" {
		fmt.Fprintf(w, "\n%s.\n", more)
	}
	if t.Withdrawn > 0 {
		fmt.Fprintf(w, "\nNot relays after all: %s; the reasons are kept in the case\n", count(t.Withdrawn, "host", "hosts"))
	}
}

func relayRows(c *casefile.Case) [][]string {
	rows := [][]string{{"address", "name as recorded", "samples", "previous hop", "verdict", "holder"}}
	for i := range c.Relays {
		r := &c.Relays[i]
		if !r.Found() {
			continue
		}
		rows = append(rows, []string{
			r.IP.String(), nameOf(r.Names, r.HELOs), fmt.Sprint(samplesOf(r.Seen)), r.PreviousHop(),
			strings.ReplaceAll(string(r.Verdict), "-", " "), holderOf(r, c.Settings.Offline),
		})
	}
	return rows
}

// nameOf gives a looked-up name, or what the host called itself, marked as its own word.
func nameOf(names, helos []string) string {
	switch {
	case len(names) > 0:
		return render.Middle(render.Visible(names[0]), 40)
	case len(helos) > 0:
		return render.Middle("HELO "+render.Visible(helos[0]), 40)
	}
	return "-"
}

// holderOf names who answers for a relay's address, or says why that is not known.
func holderOf(r *casefile.Relay, offline bool) string {
	name, _ := r.Record.Holder()
	switch {
	case name != "":
		return render.Middle(render.Visible(name), 30)
	case r.Record.Failed():
		return "look-up failed"
	case offline:
		return "not asked (" + string(r.Record.Registry) + ")"
	}
	return "not known"
}

// samplesOf counts the samples, not the transactions.
func samplesOf(seen []casefile.Seen) int {
	numbers := map[int]bool{}
	for _, s := range seen {
		numbers[s.Sample] = true
	}
	return len(numbers)
}

// writeEnds counts where the trails end.
func writeEnds(w *bufio.Writer, c *casefile.Case) {
	if len(c.Samples) == 0 {
		return
	}
	fmt.Fprint(w, "\nThe trails end:\n")
	for _, t := range c.TrailEnds {
		fmt.Fprintf(w, "  %4d  %s%s\n", t.Samples, render.EndWords(t.End), t.Certainty())
	}
}

// writeFiles says what lies where.
func writeFiles(w *bufio.Writer, c *casefile.Case, dir string) {
	fmt.Fprintf(w, "\nWritten to %s:\n", render.Visible(dir))
	rows := [][]string{
		{"case.pdf", "the case file for people"},
		{"case.html", "the same as one page for a browser"},
		{"case.json", "the same for programs"},
		{"exports/", "tables (CSV), a MISP event and a STIX bundle"},
		{"letters/", lettersText(c)},
		{"case.db", "the case itself, with every sample byte for byte"},
	}
	if n := copies(c); n > 0 {
		rows = append(rows, []string{"evidence/", count(n, "sample", "samples") + " byte for byte, and SHA256SUMS"})
	}
	writeTable(w, rows, unmarked)
	fmt.Fprint(w, "\nNothing was sent. Read each letter before you send it.\n")
}

// copies counts the samples that were copied into the folder.
func copies(c *casefile.Case) int {
	n := 0
	for _, f := range c.Files {
		if strings.HasPrefix(f.Path, "evidence/") && strings.HasSuffix(f.Path, ".eml") {
			n++
		}
	}
	return n
}

// lettersText counts the letters by kind, those that were sent, and those that must not be
// sent as they stand.
func lettersText(c *casefile.Case) string {
	by, sent, held := map[string]int{}, "", 0
	for _, l := range c.Letters {
		by[l.Kind]++
		if l.Hold && l.Sent == "" {
			held++
		}
	}
	if n := len(c.Letters) - drafts(c); n > 0 {
		sent = fmt.Sprintf("%d sent, ", n)
	}
	var parts []string
	for _, k := range []struct{ kind, one, many string }{
		{casefile.LetterLogRequest, "log request", "log requests"},
		{casefile.LetterNotice, "notice to the network of a source", "notices to networks of sources"},
		{casefile.LetterStated, "request about a host that an owner named", "requests about hosts that owners named"},
		{casefile.LetterForged, "notice to another forged organisation", "notices to other forged organisations"},
		{casefile.LetterJANET, "report", "reports"},
		{casefile.LetterReply, "reply", "replies"},
		{casefile.LetterReminder, "reminder", "reminders"},
		{casefile.LetterThanks, "letter of thanks", "letters of thanks"},
		{casefile.LetterRetraction, "retraction", "retractions"},
		{casefile.LetterCorrection, "correction", "corrections"},
	} {
		if n := by[k.kind]; n > 0 {
			parts = append(parts, count(n, k.one, k.many))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return fmt.Sprintf("%s; %s%d on HOLD", strings.Join(parts, ", "), sent, held)
}

// drafts counts the letters that were not sent.
func drafts(c *casefile.Case) int {
	n := 0
	for i := range c.Letters {
		if c.Letters[i].Sent == "" {
			n++
		}
	}
	return n
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// writeChanges says what is another than when the case was judged last, and of which
// letters that were sent the ground has changed.
func writeChanges(w *bufio.Writer, o *outcome) {
	if len(o.changes) > 0 {
		fmt.Fprint(w, "\nChanged since the case was judged last:\n")
		for _, x := range o.changes {
			fmt.Fprintf(w, "  %s\n", render.Visible(x.Text))
		}
	}
	for _, x := range o.lost {
		fmt.Fprintf(w, "\nLetter %s was sent, and rests on what the case does not say any more.\n", render.Visible(x.Letter))
		if len(x.Gone) > 0 {
			fmt.Fprintf(w, "  %s: not accused any more; %s\n", addresses(x.Gone), o.following(casefile.LetterRetraction, x.Letter))
		}
		if len(x.Changed) > 0 {
			fmt.Fprintf(w, "  %s: told otherwise now; %s\n", addresses(saidAbout(x.Changed)), o.following(casefile.LetterCorrection, x.Letter))
		}
	}
}

// following says whether a letter that follows one is drafted.
func (o *outcome) following(kind, name string) string {
	if slices.ContainsFunc(o.c.Letters, func(l casefile.Letter) bool { return l.Kind == kind && l.Refers == name && l.Sent == "" }) {
		return "a " + kind + " is drafted"
	}
	return "write the " + kind + " yourself"
}

// saidAbout are the addresses of what was said.
func saidAbout(said []casefile.Said) []netip.Addr {
	about := make([]netip.Addr, len(said))
	for i, x := range said {
		about[i] = x.IP
	}
	return about
}

func addresses(list []netip.Addr) string {
	var names []string
	for _, a := range list {
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}

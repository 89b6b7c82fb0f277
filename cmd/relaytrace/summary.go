package main

import (
	"bufio"
	"fmt"
	"strings"

	"relaytrace/casefile"
	"relaytrace/render"
	"relaytrace/trace"
)

// ends are the ends of trails in the order of a summary, in words.
var ends = []struct {
	end   trace.End
	words string
}{
	{trace.EndOrigin, "at a source"},
	{trace.EndWithheld, "at a relay that withheld the previous hop"},
	{trace.EndNoField, "at a host that added no field: source or silent relay"},
	{trace.EndUnexplained, "where the fields below cannot be explained"},
	{trace.EndNoBoundary, "at once: no field tells who handed the mail over"},
	{trace.EndLocal, "on the host where it was submitted"},
	{trace.EndNoTrace, "before it begins: no Received: field"},
}

// writeSummary says on a screen what a case found and where it was written.
func writeSummary(w *bufio.Writer, c *casefile.Case, dir string) {
	how := "with look-ups"
	if c.Settings.Offline {
		how = "offline"
	}
	fmt.Fprintf(w, "Case %s, made %s\n\n", render.Visible(c.ID), how)
	fmt.Fprintf(w, "Samples read: %d\n", len(c.Samples))
	writeRelays(w, c)
	writeEnds(w, c)
	writeFiles(w, c, dir)
	if n := len(c.Problems); n > 0 {
		fmt.Fprintf(w, "\n%s met; each is named in case.json\n", count(n, "problem", "problems"))
	}
}

// writeRelays lists the relays that the case holds to be some.
func writeRelays(w *bufio.Writer, c *casefile.Case) {
	found, withheld, withdrawn := 0, 0, 0
	rows := [][]string{{"address", "name as recorded", "samples", "previous hop", "verdict", "holder"}}
	for _, r := range c.Relays {
		if r.Verdict == casefile.VerdictWithdrawn {
			withdrawn++
			continue
		}
		found++
		hop := "recorded"
		if r.Withholds {
			withheld++
			hop = "withheld"
		}
		rows = append(rows, []string{
			r.IP.String(), nameOf(r.Names, r.HELOs), fmt.Sprint(samplesOf(r.Seen)), hop,
			strings.ReplaceAll(string(r.Verdict), "-", " "), holderOf(r, c.Settings.Offline),
		})
	}
	fmt.Fprintf(w, "Relays found: %d, of which %d withheld the previous hop\n", found, withheld)
	if found > 0 {
		fmt.Fprintln(w)
		writeTable(w, rows, unmarked)
	}
	if withdrawn > 0 {
		fmt.Fprintf(w, "\nNot relays after all: %s; the reasons are kept in the case\n", count(withdrawn, "host", "hosts"))
	}
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
func holderOf(r casefile.Relay, offline bool) string {
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
	n, sure := map[trace.End]int{}, map[trace.Certainty]int{}
	for _, s := range c.Samples {
		n[s.Path.Ends]++
		if s.Path.Ends == trace.EndOrigin && s.Path.Origin != nil {
			sure[s.Path.Origin.Certainty]++
		}
	}
	fmt.Fprint(w, "\nThe trails end:\n")
	for _, e := range ends {
		if n[e.end] == 0 {
			continue
		}
		fmt.Fprintf(w, "  %4d  %s", n[e.end], e.words)
		if e.end == trace.EndOrigin {
			fmt.Fprintf(w, " (%d recorded, %d according to a relay, %d only claimed)",
				sure[trace.Recorded], sure[trace.CertaintyCorroborated], sure[trace.Claimed])
		}
		fmt.Fprintln(w)
	}
}

// writeFiles says what lies where.
func writeFiles(w *bufio.Writer, c *casefile.Case, dir string) {
	held, requests, reports := 0, 0, 0
	for _, l := range c.Letters {
		if l.Hold {
			held++
		}
		if l.Kind == casefile.LetterJANET {
			reports++
		} else {
			requests++
		}
	}
	fmt.Fprintf(w, "\nWritten to %s:\n", render.Visible(dir))
	rows := [][]string{
		{"case.pdf", "the case file for people"},
		{"case.json", "the same for programs"},
		{"letters/", fmt.Sprintf("%s, %s; %d on HOLD", count(requests, "log request", "log requests"), count(reports, "report", "reports"), held)},
		{"evidence/", count(len(c.Samples), "sample", "samples") + " byte for byte, and SHA256SUMS"},
	}
	writeTable(w, rows, unmarked)
	fmt.Fprint(w, "\nNothing was sent. Read each letter before you send it.\n")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

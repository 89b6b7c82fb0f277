package render

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/trace"
)

func samplesPoint(c *casefile.Case) string {
	if total(c) == 0 {
		return "The case holds no sample. Nothing can be said of any host."
	}
	s := countOf(total(c), "sample", "samples") + " of mail reported as forged"
	seen := ""
	if domain := Middle(Visible(bounded(c.Settings.Domain)), 80); domain != "" {
		if c.Misused() == "" {
			seen = " " + oneOf(total(c) == 1, "It does not have ", "None has ") + domain + " in the sender's place."
		} else {
			s += " in the name of " + domain
		}
	}
	first, last := received(c)
	switch {
	case first == "":
		return s + ". None has a readable time of receipt." + seen
	case first == last:
		return s + ", received at " + Stamp(first) + "." + seen
	default:
		return s + ", received between " + Stamp(first) + " and " + Stamp(last) + "." + seen
	}
}

// received is the first and last time at which a recipient's side took a sample in, RFC
// 3339. Only trusted stamps count: those below are the words of others.
func received(c *casefile.Case) (first, last string) {
	if c.Incident.First != "" && c.Incident.Last != "" {
		return c.Incident.First, c.Incident.Last
	}
	for i := range c.Samples {
		t := receivedAt(&c.Samples[i].Path)
		if t == "" {
			continue
		}
		if first == "" || earlier(t, first) {
			first = t
		}
		if last == "" || earlier(last, t) {
			last = t
		}
	}
	return first, last
}

// receivedAt is the time, RFC 3339, of the boundary, or of the deepest trusted field
// with one.
func receivedAt(p *trace.Path) string {
	t := ""
	for i := range p.Hops {
		if h := &p.Hops[i]; h.Standing == trace.Trusted && h.Time.UTC != "" {
			t = h.Time.UTC
		}
	}
	return t
}

// reportedPoint names those on whose word the samples rest.
func reportedPoint(c *casefile.Case) string {
	var all []int
	for i := range c.Samples {
		all = append(all, c.Samples[i].Number)
	}
	sides := recipientSides(c, all)
	switch len(sides) {
	case 0:
		return ""
	case 1:
		return oneOf(total(c) == 1, "The sample was", "All samples were") + " taken in from outside by the systems of one recipient (" + sides[0] +
			"). What this case says of other hosts is told as reported by them."
	default:
		return "The samples were taken in from outside by the systems of " + list(sides, 6) +
			". What rests on one of them alone is told as reported by it."
	}
}

// recipientSides names those that took in the samples, in the order of the samples.
func recipientSides(c *casefile.Case, numbers []int) []string {
	var sides []string
	known := make(map[string]bool)
	for _, n := range numbers {
		s := c.Sample(n)
		if s == nil {
			continue
		}
		if side := recipientSide(&s.Path); side != "" && !known[side] {
			known[side] = true
			sides = append(sides, side)
		}
	}
	return sides
}

// recipientSide names the systems that took a sample in by the last two labels of the
// host that wrote the field at the boundary, or else the top field. Under a suffix such
// as co.uk it takes different owners for one: that errs towards "as reported".
func recipientSide(p *trace.Path) string {
	host := ""
	if p.Boundary != nil {
		host = p.Boundary.By
	}
	if host == "" && len(p.Hops) > 0 {
		host = writerName(&p.Hops[0])
	}
	if host == "" {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	labels := strings.Split(strings.ToLower(strings.Trim(bounded(host), ".")), ".")
	return Middle(Visible(strings.Join(labels[max(0, len(labels)-2):], ".")), 60)
}

func relaysPoint(c *casefile.Case) string {
	t := c.Tally()
	s := "No relay was found on the word of a field that can be believed."
	if t.Found > 0 {
		s = count(t.Found, "relay was", "relays were") + " found: " + oneOf(t.Found == 1, "a mail server", "mail servers") +
			" that took this mail from others and passed it on" + unverifiedWords(t) + ". Of the relays, " + t.Withholding() +
			oneOf(t.Withheld > 0, ": in the header, the lines in "+oneOf(t.Withheld == 1, "its", "their")+" name do not say which host handed over the mail. Only the owner's log can tell.", ".") +
			provisionalWords(t.Provisional, t.Found)
	}
	if more := t.Naming(); more > "" {
		s += " " + more + "."
	}
	return s
}

// unverifiedWords tells of how many relays no field of their own is believed.
func unverifiedWords(t casefile.Tally) string {
	switch {
	case t.Unverified == 0:
		return ""
	case t.Found == 1:
		return ". That it was handed the mail rests on a field of the header that could not be verified; the mail may also have begun there"
	}
	return fmt.Sprintf(". Of %d of them, that they were handed the mail rests on a field of the header that could not be verified; the mail may also have begun there", t.Unverified)
}

func provisionalWords(provisional, found int) string {
	switch provisional {
	case 0:
		return ""
	case found:
		return " " + oneOf(found == 1, "The verdict is", "Every verdict is") + " provisional, since it is not known who holds the networks."
	default:
		return " " + count(provisional, "verdict is", "verdicts are") + " provisional, since it is not known who holds the network."
	}
}

func clearedPoint(c *casefile.Case) string {
	n := c.Tally().Withdrawn
	if n == 0 {
		return ""
	}
	return count(n, "host looked", "hosts looked") + " like a relay at first and " + oneOf(n == 1, "is", "are") + " cleared. The reason is kept with each."
}

func endsPoint(c *casefile.Case) string {
	if len(c.TrailEnds) == 0 {
		return ""
	}
	trails := slices.Clone(c.TrailEnds)
	slices.SortStableFunc(trails, func(a, b casefile.TrailEnd) int { return b.Samples - a.Samples })
	var told []string
	for _, t := range trails {
		told = append(told, thousands(t.Samples)+" "+EndWords(t.End)+strings.Replace(t.Certainty(), strconv.Itoa(t.Claimed), thousands(t.Claimed), 1))
	}
	return "Where the trails end, with the number of samples: " + strings.Join(told, "; ") + "."
}

// trailWords tells where the trail of a sample ends, and says so when no more than an
// unverified field stands behind it.
func trailWords(p *trace.Path) string {
	return EndWords(p.Ends) + oneOf(casefile.EndClaimed(p), ", by a field that could not be verified", "")
}

// EndWords tells where a trail ends.
func EndWords(e trace.End) string {
	switch e {
	case trace.EndOrigin:
		return "at the address of a possible source"
	case trace.EndWithheld:
		return "at a relay that withheld the previous hop"
	case trace.EndNoField:
		return "at a host that added no field: the source itself, or a relay that hides all"
	case trace.EndUnexplained:
		return "where the fields below are tied to nothing that is believed"
	case trace.EndNoBoundary:
		return "inside the recipient's systems: who handed the mail over is not recorded"
	case trace.EndLocal:
		return "on a host where the mail was submitted"
	case trace.EndNoTrace:
		return "nowhere: the sample has no Received: field"
	default:
		return Visible(string(e))
	}
}

// OwnHostsWarning says that the mail may really have come from the user's own side, and
// in which samples; it is empty when no sample hints at it.
func OwnHostsWarning(c *casefile.Case) string {
	if len(c.OwnHosts) == 0 {
		return ""
	}
	return "The mail may really have come from your own side: a host of it hands the mail on in the path of " +
		sampleList(c.OwnHosts) + ". Do not deny it before that is cleared up."
}

// maxWarnings is how many different warnings the summary names.
const maxWarnings = 8

// toldFirst are the findings that say that the mail may really have come from the
// forged organisation, or that its own systems are named. A reader must know of them
// before all else.
var toldFirst = []string{"own-host-is-source", "own-name-misused"}

// warnings are the findings to be told first, each with its samples. Two hosts never
// share a line.
func warnings(c *casefile.Case) []string {
	type warning struct{ code, text string }
	var order []warning
	samples := make(map[warning][]int)
	for i := range c.Samples {
		for _, f := range c.Samples[i].Path.Findings {
			if !slices.Contains(toldFirst, f.Code) {
				continue
			}
			w := warning{f.Code, f.Text}
			seen := samples[w]
			if len(seen) == 0 {
				order = append(order, w)
			}
			if n := c.Samples[i].Number; len(seen) == 0 || seen[len(seen)-1] != n {
				samples[w] = append(seen, n)
			}
		}
	}
	var out []string
	if w := OwnHostsWarning(c); w != "" {
		out = append(out, w)
	}
	for _, w := range order[:min(len(order), maxWarnings)] {
		out = append(out, Middle(Visible(bounded(w.text)), 300)+" ("+w.code+"; "+sampleList(samples[w])+")")
	}
	if more := len(order) - maxWarnings; more > 0 {
		out = append(out, count(more, "more such finding stands", "more such findings stand")+" with the samples.")
	}
	return out
}

// sampleList is "sample 3" or "samples 1, 2, 5 and 40 more".
func sampleList(numbers []int) string { return sampleListOf(numbers, len(numbers)) }

// sampleListOf is sampleList of which only some numbers are known.
func sampleListOf(numbers []int, all int) string {
	const most = 8
	all = max(all, len(numbers))
	if all == 0 {
		return "no sample"
	}
	if len(numbers) == 0 {
		return count(all, "sample", "samples")
	}
	var s []string
	for _, n := range numbers[:min(len(numbers), most)] {
		s = append(s, strconv.Itoa(n))
	}
	list := oneOf(all == 1, "sample ", "samples ") + strings.Join(s, ", ")
	if more := all - len(s); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

func notClaimed(c *casefile.Case) []string {
	s := []string{
		"A relay is not the origin of the mail. It passed the mail on, often without its owner's knowledge.",
		"A host that is named below as an end of a trail is not said to belong to a spammer. Hosts are often misused.",
		"From:, To: and Subject: were written by the sender and prove nothing. Neither does a Received: field that is told as unverified.",
	}
	if c.Settings.Offline {
		s = append(s, "The case was made offline. Registries were not asked who holds the networks, so relay verdicts are provisional and letters are held.")
	}
	return s
}

// orNone is s, or what stands for nothing.
func orNone(s, none string) string {
	if strings.TrimSpace(s) == "" {
		return none
	}
	return s
}

// earlier reports whether the RFC 3339 time a is before b; false when either is none.
func earlier(a, b string) bool {
	ta, errA := time.Parse(time.RFC3339, a)
	tb, errB := time.Parse(time.RFC3339, b)
	return errA == nil && errB == nil && ta.Before(tb)
}

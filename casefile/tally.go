package casefile

import (
	"fmt"

	"relaytrace/trace"
)

// Found reports whether a relay counts as one: a believed field names its address, and its
// verdict is not withdrawn. All outputs count and list by it.
func (r *Relay) Found() bool {
	return r.Verdict != VerdictWithdrawn && r.Certainty != trace.Claimed
}

// OwnVerified reports whether a believed field of the relay itself shows that it relayed.
func (r *Relay) OwnVerified() bool { return believed(r.OwnField) }

// PreviousHop says in words what the relay's own field tells of the previous hop.
func (r *Relay) PreviousHop() string {
	s := "recorded"
	switch {
	case r.OwnField == "":
		return "no field of its own"
	case r.Withholds:
		s = "withheld"
	}
	if !r.OwnVerified() {
		s += ", unverified"
	}
	return s
}

// Tally counts the relays of a case.
type Tally struct {
	Found              int // relays that a believed field names and whose verdict is not withdrawn
	Unverified         int // of Found: no field of their own could be verified
	Withheld           int // of Found: withheld the previous hop
	WithheldUnverified int // of Withheld: by a field that could not be verified
	Provisional        int // of Found: the verdict is provisional
	Claimed            int // named as a relay by unverified fields alone
	Withdrawn          int // shown innocent
}

// Tally counts the relays of the case. Each is Found, Claimed or Withdrawn.
func (c *Case) Tally() Tally {
	var t Tally
	for i := range c.Relays {
		r := &c.Relays[i]
		switch {
		case r.Verdict == VerdictWithdrawn:
			t.Withdrawn++
		case !r.Found():
			t.Claimed++
		default:
			t.add(r)
		}
	}
	return t
}

func (t *Tally) add(r *Relay) {
	t.Found++
	if !r.OwnVerified() {
		t.Unverified++
	}
	if r.Verdict == VerdictProvisional {
		t.Provisional++
	}
	if !r.Withholds {
		return
	}
	t.Withheld++
	if !r.OwnVerified() {
		t.WithheldUnverified++
	}
}

// Withholding says how many withheld the previous hop, and how well that is known: "5
// withheld the previous hop (3 of them by a field that could not be verified)".
func (t Tally) Withholding() string {
	n := "none"
	if t.Withheld > 0 {
		n = fmt.Sprint(t.Withheld)
	}
	return n + " withheld the previous hop" + unverifiedPart(t.WithheldUnverified, t.Withheld)
}

// Naming says of how many relays only unverified fields are to be had; empty when there
// are none.
func (t Tally) Naming() string {
	switch t.Claimed {
	case 0:
		return ""
	case 1:
		return "1 more address is named as a relay by unverified fields alone; nobody is written to on that ground"
	}
	return fmt.Sprintf("%d more addresses are named as relays by unverified fields alone; nobody is written to on that ground", t.Claimed)
}

// unverifiedPart says in brackets how many of all rest on an unverified field.
func unverifiedPart(n, all int) string {
	switch {
	case n == 0:
		return ""
	case all == 1:
		return " (by a field that could not be verified)"
	}
	return fmt.Sprintf(" (%d of them by a field that could not be verified)", n)
}

// TrailEnd counts the samples whose trails end in one way.
type TrailEnd struct {
	End     trace.End `json:"end"`
	Samples int       `json:"samples"`
	Claimed int       `json:"claimed"` // of Samples: that the trail leads there rests on a field that could not be verified
}

// Ends are all ends of trails, in the order in which they are told.
var Ends = []trace.End{
	trace.EndOrigin, trace.EndWithheld, trace.EndNoField, trace.EndUnexplained,
	trace.EndNoBoundary, trace.EndLocal, trace.EndNoTrace,
}

// ends counts where the trails end, without ends at which none does.
func (g *Gatherer) ends() []TrailEnd {
	out := []TrailEnd{}
	for _, e := range Ends {
		if t := g.trails[e]; t.Samples > 0 {
			out = append(out, t)
		}
	}
	return out
}

// Certainty says in brackets how many rest on an unverified field, or nothing.
func (t TrailEnd) Certainty() string { return unverifiedPart(t.Claimed, t.Samples) }

// EndClaimed reports whether the field at which a trail ends could not be verified.
func EndClaimed(p *trace.Path) bool {
	switch p.Ends {
	case trace.EndOrigin:
		return p.Origin != nil && p.Origin.Certainty == trace.Claimed
	case trace.EndWithheld, trace.EndLocal:
	default:
		return false
	}
	// The last field that is tied to the path, however weakly, is the one at which it ends.
	for i := len(p.Hops) - 1; i >= 0; i-- {
		h := &p.Hops[i]
		if h.Kind == trace.Note || h.Kind == trace.Unparsed || h.Standing == trace.Contradicted ||
			h.Standing == trace.Unverified && (h.Link == "none" || h.Link == "") {
			continue
		}
		return !believed(h.Standing)
	}
	return false
}

// believed reports whether a field of this standing may speak against anyone.
func believed(s trace.Standing) bool { return s == trace.Trusted || s == trace.Corroborated }

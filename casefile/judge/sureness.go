package judge

import "fmt"

// reporters tells who shows the relay: what rests on one stranger's samples is told as
// reported, and weighs more once another, or a server of one's own, shows the same.
func (v *verdict) reporters() {
	e := v.evidence
	if v.recorded == 0 {
		return
	}
	switch {
	case e.Reporters > 1:
		v.add("several-reporters", true, "%d independent reporters show it, in %s.", e.Reporters, samples(e.Samples))
	case e.Reporters == 1 && !e.OwnServer:
		v.add("one-reporter", false, "It is told as reported: one person or system alone shows it, in %s.", samples(e.Samples))
	}
	if e.OwnServer {
		v.add("own-server", true, "A mail server of the user's own side shows it.")
	}
}

// alone reports whether all rests on what one stranger reported.
func (v *verdict) alone() bool { return v.evidence.Reporters < 2 && !v.evidence.OwnServer }

// sureness says in words how sure a verdict is.
func (v *verdict) sureness(is Verdict) string {
	by := "as reported by one person or system"
	switch e := v.evidence; {
	case e.OwnServer && e.Reporters > 1:
		by = fmt.Sprintf("as %d independent reporters show, a server of the user's own side among them", e.Reporters)
	case e.OwnServer:
		by = "as a server of the user's own side shows"
	case e.Reporters > 1:
		by = fmt.Sprintf("as %d independent reporters show", e.Reporters)
	}
	good := "Good evidence, not proof: "
	if v.alone() {
		good = "Fair evidence: "
	}
	switch is {
	case Suspected:
		return good + by + ", its own field, which fits the chain, records a client of another holder."
	case Undisclosed:
		return good + "that its own field leaves out the previous hop, " + by + ". Whether it serves strangers is not known."
	case RelayOrProvider:
		return "That it passed the mail on is well founded, " + by + "; whether for strangers or for customers of its own is open."
	case SourceOrRelay:
		return "That it handed the mail over is certain, " + by + "; whether the mail began on it or came through it is open."
	case Withdrawn:
		return "Cleared as far as the samples tell: what they show is what an innocent host does."
	}
	return "Too little is known for a verdict."
}

// raises lists what would make a verdict surer.
func (v *verdict) raises(is Verdict) []string {
	list := []string{}
	add := func(when bool, what string) {
		if when {
			list = append(list, what)
		}
	}
	if is == Withdrawn {
		return list
	}
	add(v.recorded == 0, "a sample in which a believed field names it")
	add(v.oneWitness(), "a second, unrelated host that took mail from it")
	add(v.recorded > 0 && v.alone(), "a second, independent reporter, or a sample that a server of the user's own side took")
	add(v.sure.unknown+v.unsure.unknown > 0 || !networkKnown(v.relay.Record), "who holds the networks: look them up with network access")
	add(v.sure.noAS+v.unsure.noAS > 0, "which provider announces each network: a GeoIP file of autonomous systems")
	add(is == RelayOrProvider, "whether it is listed as an open relay, or known as a mail provider")
	add(v.sure.against() == 0 && v.unsure.against()+v.unsure.related+v.unsure.unknown > 0, "a sample in which its own field can be verified")
	add(true, "its owner's log")
	return list
}

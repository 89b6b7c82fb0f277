package main

import (
	"net/netip"
	"strings"

	"relaytrace/render"
	"relaytrace/trace"
)

// conclusion says in two sentences what is known of where a mail came from, with how sure
// it is, and what is not. A claim is never among what is known.
func conclusion(p *trace.Path) (known, not string) {
	switch p.Ends {
	case trace.EndOrigin:
		return originSentences(p)
	case trace.EndWithheld:
		return withheldSentences(p)
	case trace.EndNoField:
		return handedIn(p) + "; it added no field of its own.",
			"whether it is the source itself or a relay that hides all."
	case trace.EndUnexplained:
		return reached(p) + ".",
			"where the mail was before: nothing ties the other fields to this host, which is no sign of forgery, but nothing in them is relied upon."
	case trace.EndNoBoundary:
		return "the mail reached " + lastTrustedWriter(p) + ", as its own field records.",
			"who handed it to the recipient's side, so nothing else can be believed. Naming the recipient's own hosts with --trust may help."
	case trace.EndLocal:
		return localSentences(p)
	case trace.EndNoTrace:
		return "nothing of the mail's way: the sample has no Received: field.",
			"where it came from. Ask for the sample again with its full header."
	}
	return "the trail ends: " + render.Visible(string(p.Ends)) + ".", "where the mail came from."
}

// originSentences tells of a trail that ends at an address.
func originSentences(p *trace.Path) (known, not string) {
	o := p.Origin
	if o == nil || !o.IP.IsValid() {
		return "the trail ends where the mail began, but no address is recorded there.", "the address of the source."
	}
	through := relayed(p, o.IP)
	switch o.Certainty {
	case trace.Recorded:
		known = handedIn(p) + "."
		if n := contradicted(p); n > 0 {
			known = handedIn(p) + "; what the header tells of hosts before it is contradicted and counts against nobody."
		}
		return known, "who used that address: it may be a proxy, a misused machine, or the line of a provider's customer."
	case trace.CertaintyCorroborated:
		known = "the mail came from " + o.IP.String()
		if through != "" {
			known += " through " + through
		}
		known += ", according to " + byCell(&p.Hops[o.Hop]) + ", whose field is corroborated: good evidence, not proof."
		not = "who used " + o.IP.String() + "."
		if through != "" {
			not = "who used " + o.IP.String() + ", and whether " + through + " serves strangers or had this mail from a customer of its own."
		}
		return known, not
	}
	return reached(p) + ".", "where it was before: that it came from " + o.IP.String() +
		" is the claim of a field that could not be verified, in the name of " + byCell(&p.Hops[o.Hop]) + "."
}

// withheldSentences tells of a trail that ends at a host whose field leaves the previous
// hop's address out.
func withheldSentences(p *trace.Path) (known, not string) {
	const why = ": its own field leaves out the address, and only its log can tell."
	for _, r := range p.Relays {
		if !r.Withholds {
			continue
		}
		who := hostText(r.IP, r.Name)
		switch {
		case r.Certainty == trace.Claimed:
			return reached(p) + ".", "where it was before: a field that could not be verified names " + who + ", whose field leaves out the host before it."
		case unverifiedOwn(p, r):
			return reached(p) + ".", "where it was before: the field that bears this host's name leaves out the address, and it could not be verified, so the mail may also have begun there. Only its log can tell."
		case r.Certainty == trace.Recorded:
			return "the mail came through " + who + ", as " + byCell(&p.Hops[r.Hop]) + " recorded.", "the host before it" + why
		}
		return "the mail came through " + who + ", according to " + byCell(&p.Hops[r.Hop]) + ", whose field is corroborated: good evidence, not proof.",
			"the host before it" + why
	}
	writer := "the deepest host"
	if i := deepest(p); i >= 0 {
		writer = byCell(&p.Hops[i])
	}
	return reached(p) + ".", "the host from which " + writer + " took it" + why
}

// localSentences tells of mail that began on a host of the path.
func localSentences(p *trace.Path) (known, not string) {
	const who = "who put it in: a user, a program such as a web form, or a proxy. The host's own log can tell."
	if p.Boundary == nil {
		return "as far as the trusted fields tell, the mail began on the recipient's own side, at " + lastTrustedWriter(p) +
			": it may really have come from there.", who
	}
	i := deepest(p)
	if i < 0 {
		return handedIn(p) + ".", who
	}
	h := &p.Hops[i]
	switch h.Standing {
	case trace.Trusted, trace.Corroborated:
		return "the mail was put in on " + byCell(h) + ", according to its own field; " + handedIn(p) + ".", who
	}
	return reached(p) + ".", "where it began: that it was put in on " + byCell(h) + " is the claim of a field that could not be verified."
}

// handedIn tells the one hand-over that is certain.
func handedIn(p *trace.Path) string {
	if p.Boundary == nil || !p.Boundary.IP.IsValid() {
		return "an unknown host handed the mail in"
	}
	return hostText(p.Boundary.IP, p.Boundary.RDNS) + " handed the mail in, as " + render.Visible(p.Boundary.By) + " recorded"
}

// reached tells the deepest host that may be believed.
func reached(p *trace.Path) string {
	for i := deepest(p); p.Boundary != nil && i > p.Boundary.Hop; i-- {
		h := &p.Hops[i]
		if h.Standing == trace.Corroborated && handOver(h) && public(p, h.From.IP) {
			return "the mail came through " + hostText(h.From.IP, h.From.RDNS) + ", according to " + byCell(h) + "; " + handedIn(p)
		}
	}
	return handedIn(p)
}

// public reports whether an address is one that the path takes for a host on the Internet.
func public(p *trace.Path, a netip.Addr) bool {
	return a.IsValid() && !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && a != p.Boundary.IP
}

// unverifiedOwn reports whether the field that a relay would have written is not believed.
func unverifiedOwn(p *trace.Path, r trace.Relay) bool {
	return r.Own >= 0 && r.Own < len(p.Hops) && p.Hops[r.Own].Standing == trace.Unverified
}

// deepest is the lowest field of the header that is tied to the path, -1 when none is.
func deepest(p *trace.Path) int {
	for i := len(p.Hops) - 1; i >= 0; i-- {
		h := &p.Hops[i]
		if h.Standing == trace.Trusted || h.Standing != trace.Contradicted && h.Link != "" && h.Link != "none" && h.Kind != trace.Note {
			return i
		}
	}
	return -1
}

// lastTrustedWriter names the writer of the lowest field of the recipient's side.
func lastTrustedWriter(p *trace.Path) string {
	name := "the recipient's side"
	for i := range p.Hops {
		if p.Hops[i].Standing != trace.Trusted {
			break
		}
		name = byCell(&p.Hops[i])
	}
	return name
}

func contradicted(p *trace.Path) int {
	n := 0
	for i := range p.Hops {
		if p.Hops[i].Standing == trace.Contradicted {
			n++
		}
	}
	return n
}

// relayed names the relays of a path, those that are only claimed and the origin left out.
func relayed(p *trace.Path, origin netip.Addr) string {
	var names []string
	for _, r := range p.Relays {
		if r.IP.IsValid() && r.IP != origin && r.Certainty != trace.Claimed {
			names = append(names, hostText(r.IP, r.Name))
		}
	}
	return strings.Join(names, " and ")
}

// hostText names a host by its address and, where there is one, the name looked up for it.
func hostText(ip netip.Addr, name string) string {
	if name == "" {
		return ip.String()
	}
	return ip.String() + " (" + render.Visible(name) + ")"
}

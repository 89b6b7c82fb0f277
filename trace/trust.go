package trace

import "strings"

// walkTrusted goes down from the top as long as each field hands over within the
// recipient's own side, and finds the boundary. The top field was written by the system
// that delivered.
func (a *analysis) walkTrusted() {
	for i := range a.hops[:min(len(a.hops), maxHops)] {
		h := &a.hops[i]
		h.Standing = Trusted
		if i == 0 {
			h.Why = "the topmost field was written by the system that delivered"
		}
		if h.By.Host != "" && !sameHost(h.By.Host, "localhost") {
			a.own = append(a.own, h.By.Host)
		}
		t := a.inside(i)
		if !t.inside {
			a.atEdge(i)
			return
		}
		a.deepest = i
		if i+1 < len(a.hops) {
			a.hops[i+1].Why = t.why
			if t.inferred && !t.known && h.scope == publicAddr && a.shaky < 0 {
				a.shaky = i + 1
			}
			if t.inferred {
				a.find("trust-inferred", i+1, Info, h.peerText(), "Nobody declared the host that wrote this field as the recipient's own; it is believed because ", t.why, ".")
			}
			a.hops[i+1].Link = a.linkWithin(i)
			a.peers[i+1] = i
		}
	}
	a.path.Ends = EndLocal
	if len(a.hops) > maxHops {
		a.path.Ends = EndNoBoundary
		return
	}
	last := &a.hops[len(a.hops)-1]
	if last.scope == publicAddr && last.Kind == Transfer {
		// A declared forwarder or own host is the last that anybody names: it may have
		// taken the mail without a field of its own.
		a.setBoundary(len(a.hops) - 1)
		a.path.Ends = EndNoField
	}
}

// atEdge decides what a trusted field that hands over from outside tells of the boundary.
func (a *analysis) atEdge(i int) {
	h := &a.hops[i]
	switch {
	case h.scope == publicAddr || h.scope == impossible:
		a.setBoundary(i)
	case h.Kind == Local || h.Kind == Note || h.scope == loopbackAddr || h.Kind == Internal && (h.scope != privateAddr || i+1 == len(a.hops) || !h.lmtp()):
		a.path.Ends = EndLocal
	case h.scope == privateAddr:
		a.path.Ends = EndNoBoundary
		a.find("boundary-unknown", i, Warning, h.peerAddr(),
			"A trusted field records a private address that belongs to nothing known of the recipient's side: the true peer is hidden behind address translation, and nothing below can be believed.")
	default:
		a.setBoundary(i)
		a.path.Ends = EndNoBoundary
		a.find("boundary-without-address", i, Warning, h.With,
			"The trusted field at the edge of the recipient's side records no address of the host that handed the mail in.")
	}
}

func (a *analysis) setBoundary(i int) {
	h := &a.hops[i]
	a.edge = i
	helo := h.From.HELO
	if helo == "" {
		helo = h.From.Name
	}
	a.lists.boundary = Boundary{Hop: i, IP: h.From.IP, HELO: helo, RDNS: h.From.RDNS, By: h.byText()}
	a.path.Boundary = &a.lists.boundary
}

// handOver is what a trusted field says of the step above which it stands.
type handOver struct {
	inside   bool   // the mail came from within the recipient's side: the next field was written there
	inferred bool   // nobody declared it
	known    bool   // the address is one that the provider alone can have
	why      string // in words
}

// inside tells whether trusted hop i took the mail from within the recipient's side.
func (a *analysis) inside(i int) handOver {
	h := &a.hops[i]
	last := i+1 == len(a.hops)
	switch {
	case h.f.Unread.Reason != "":
		return handOver{} // part of it may be the client's imitation of a field
	case h.byUser():
		return handOver{inside: last}
	case h.Kind == Fetch:
		return handOver{inside: true, why: "the mail was fetched from a mailbox of the recipient, and its server wrote this field"}
	case a.withinAt(i) != nil:
		return handOver{inside: true, inferred: true, known: true, why: "it was handed over between machines of " + a.withinAt(i).name + ", and both fields are of their form"}
	case h.Kind == Note && h.unnamed():
		return handOver{inside: last || a.belowNote(i), why: "a note of the same host stands above it"}
	case h.Kind == Note, h.Kind == Local:
		return handOver{inside: last || a.sameSystem(i), inferred: !a.verySame(i), why: "a step on the same host stands above it"}
	case h.scope == loopbackAddr:
		return handOver{inside: last || a.sameSystem(i), inferred: !a.verySame(i), why: "the host above took it from itself"}
	case h.lmtp() && h.scope == privateAddr && !last && sameHost(h.name(), a.hops[i+1].By.Host):
		return handOver{inside: true, inferred: true, why: "the field above took it by a protocol for deliveries inside, from a private address whose name wrote this field"}
	case h.Kind == Internal && h.scope == noAddr:
		return handOver{inside: last || a.sameSystem(i) || a.linkWithin(i) != "", why: "an internal step stands above it"}
	case a.declared(&a.set.Trust, h):
		return handOver{inside: last || a.follows(i, &a.set.Trust), why: "the field above took it from a host declared as the recipient's own"}
	case a.declared(&a.set.Forwarder, h):
		return handOver{inside: last || a.follows(i, &a.set.Forwarder), why: "the field above took it from a declared forwarder or list"}
	}
	return a.inferred(i, last)
}

// lmtp reports whether a host took the mail by LMTP (RFC 2033), which serves deliveries
// inside and is not to be offered on the SMTP port.
func (h *hop) lmtp() bool { return hasPrefixFold(h.With, "lmtp") }

// withinAt gives the large provider between whose machines hop i and the field below it
// handed the mail on; nil when there is none.
func (a *analysis) withinAt(i int) *operator {
	if i+1 == len(a.hops) {
		return withinOperator(&a.hops[i], nil)
	}
	return withinOperator(&a.hops[i], &a.hops[i+1])
}

// inferred decides hand-overs that nobody declared.
func (a *analysis) inferred(i int, last bool) handOver {
	h := &a.hops[i]
	switch {
	case h.scope == privateAddr && last:
		return handOver{inside: a.ownName(h.From.RDNS)}
	case h.scope == privateAddr:
		return handOver{inside: a.linkOf(i).strong(), inferred: true, why: "the field above took it from a private address whose looked-up name wrote this field"}
	case h.scope != publicAddr || last:
	case h.By.IP == h.From.IP:
		return handOver{inside: a.sameSystem(i), inferred: true, why: "the host above took it from its own address"}
	case h.rdns == "" || !sameHost(a.hops[i+1].By.Host, h.rdns) || customerName(h.rdns, h.From.IP) || !a.signed(i+1):
	case sameDomain(h.rdns, h.By.Host):
		return handOver{inside: true, inferred: true, why: "the field above took it from a host of its own domain, which wrote this field"}
	case a.deliveredBy(i):
		return handOver{inside: true, inferred: true, why: "the field above took it from a host of the domain that the mail was delivered to, which wrote this field"}
	}
	return handOver{}
}

// deliveredBy reports whether the peer of hop i bears, by its looked-up name, the domain
// of a recipient that was written above hop i: the recipient's own mail exchanger or
// forwarder. What stands lower may be the sender's invention.
func (a *analysis) deliveredBy(i int) bool {
	d := registrable(a.hops[i].rdns)
	for _, x := range a.delivered {
		if d != "" && x.above <= i && domainOf(strings.Trim(x.to, "<> ")) == d {
			return true
		}
	}
	return false
}

// declared reports whether the peer of a hop is in a declared set: by its address, or by
// a looked-up name. A HELO does not count, nor a customer's line below a declared domain.
func (a *analysis) declared(set *Hosts, h *hop) bool {
	switch {
	case h.From.IP.IsValid() && set.HasAddr(h.From.IP):
		return true
	case !set.HasName(h.rdns):
		return false
	}
	return set.names[lowerName(h.rdns)] || !customerName(h.rdns, h.From.IP)
}

// follows reports whether the field below hop i was written by its declared peer, or by
// another host of the same set. A declared host that adds no field would otherwise lend
// its trust to whatever the sender wrote.
func (a *analysis) follows(i int, set *Hosts) bool {
	next := &a.hops[i+1]
	switch {
	case next.unnamed():
		return next.Kind == Note || next.Kind == Local || next.Kind == Internal
	case a.linkWithin(i) != "" || set.HasName(next.By.Host):
		return true
	}
	return set == &a.set.Trust && a.ownName(next.By.Host)
}

// belowNote reports whether the field below a note that names no host was written by the
// host that wrote the note: the peer of the field above it, or one that is trusted by name.
func (a *analysis) belowNote(i int) bool {
	next := &a.hops[i+1]
	for j := i - 1; j >= 0; j-- {
		if a.hops[j].unnamed() {
			continue
		}
		w := writerOf(&a.hops[j])
		k, _ := w.link(next)
		return k != linkNone || next.unnamed() || a.ownName(next.By.Host) || a.set.Forwarder.HasName(next.By.Host)
	}
	return true // the system that delivered wrote the note
}

// verySame reports whether the field below hop i was written under the very same name.
func (a *analysis) verySame(i int) bool {
	if i+1 == len(a.hops) {
		return true
	}
	h, next := &a.hops[i], &a.hops[i+1]
	return next.Kind == Fetch || next.unnamed() || h.unnamed() || sameHost(h.By.Host, next.By.Host)
}

// ownName reports whether a host name is declared as the recipient's own or wrote a
// trusted field already.
func (a *analysis) ownName(name string) bool {
	if a.set.Trust.HasName(name) {
		return true
	}
	for _, o := range a.own {
		if sameHost(o, name) {
			return true
		}
	}
	return false
}

// sameSystem reports whether the field below hop i was written on the same system.
func (a *analysis) sameSystem(i int) bool {
	h, next := &a.hops[i], &a.hops[i+1]
	if next.Kind == Fetch || next.Kind == Note || next.unnamed() {
		return true
	}
	if h.unnamed() && i > 0 {
		w := writerOf(&a.hops[i-1])
		if k, _ := w.link(next); k != linkNone {
			return true
		}
	}
	return sameHost(h.By.Host, next.By.Host) || sameDomain(h.By.Host, next.By.Host) || a.ownName(next.By.Host) ||
		sameHost(next.By.Host, "localhost") || sameHost(h.By.Host, "localhost") && a.ownName(next.By.Host) ||
		h.scope == loopbackAddr && (sameHost(h.From.HELO, next.By.Host) || sameHost(h.From.Name, next.By.Host))
}

// linkWithin names how the field below hop i is tied to the peer of hop i, in words of
// the Link field; empty when nothing ties it.
func (a *analysis) linkWithin(i int) string {
	if k := a.linkOf(i); k != linkNone {
		return k.String()
	}
	return ""
}

// linkOf tells how the field below hop i is tied to the peer of hop i.
func (a *analysis) linkOf(i int) link {
	w := writerOf(&a.hops[i])
	k, _ := w.link(&a.hops[i+1])
	return k
}

package trace

// conclude says where the trail ends and which address is the deepest that the evidence
// supports.
func (a *analysis) conclude() {
	p := &a.path
	if a.edge < 0 {
		return
	}
	for j := max(a.edge, a.deepest); j >= a.edge; j-- {
		h := &a.hops[j]
		if h.scope == publicAddr && (j == a.edge || h.Kind == Transfer || h.Kind == Fetch) {
			a.lists.origin = Origin{Hop: j, IP: h.From.IP, Certainty: a.certainty(j)}
			p.Origin = &a.lists.origin
			break
		}
	}
	if p.Ends == "" {
		p.Ends = a.end()
	}
}

// certainty tells how well the address is known that field i records. Behind a public
// host that nobody declared as the recipient's own even a trusted field is told as
// according to that host.
func (a *analysis) certainty(i int) Certainty {
	switch s := a.hops[i].Standing; {
	case s == Trusted && (a.shaky < 0 || i < a.shaky):
		return Recorded
	case s == Trusted, s == Corroborated:
		return CertaintyCorroborated
	}
	return Claimed
}

// end decides between the ends of a trail that has a boundary with an address.
func (a *analysis) end() End {
	last := a.lastHop()
	unexplained := a.broken >= 0 && a.hops[a.broken].Standing != Contradicted
	if last < 0 { // the boundary peer wrote no field that is linked
		switch {
		case unexplained:
			return EndUnexplained
		case a.broken < 0 && !a.looksLikeSource(), a.broken >= 0 && a.looksLikeServer():
			return EndNoField
		}
		return EndOrigin
	}
	h := &a.hops[last]
	switch {
	case h.Kind == Local, h.Kind == Internal:
		return EndLocal
	case h.scope == noAddr:
		return EndWithheld
	case unexplained:
		return EndUnexplained
	}
	return EndOrigin
}

// lastHop is the deepest linked field below the boundary that is a hop, or -1.
func (a *analysis) lastHop() int {
	for j := a.deepest; j > a.edge; j-- {
		if k := a.hops[j].Kind; k != Note && k != Unparsed {
			return j
		}
	}
	return -1
}

// looksLikeServer reports whether the boundary peer has the verified name of a server and
// says that name itself. Over invented fields it is told as a silent relay as well as the source.
func (a *analysis) looksLikeServer() bool {
	h := &a.hops[a.edge]
	return h.rdns != "" && !a.looksLikeSource() && sameDomain(h.rdns, h.From.HELO)
}

// looksLikeSource reports whether the boundary peer bears the name of a customer's line.
// Of any other host that adds no field both is told: source, or relay that hides all.
func (a *analysis) looksLikeSource() bool {
	h := &a.hops[a.edge]
	return customerName(h.From.RDNS, h.From.IP)
}

package trace

// conclude says where the trail ends and which address is the deepest that the evidence
// supports.
func (a *analysis) conclude() {
	p := a.path
	if a.edge < 0 {
		return
	}
	edge := &a.hops[a.edge]
	if edge.scope == publicAddr {
		p.Origin = &Origin{Hop: a.edge, IP: edge.From.IP, Certainty: Recorded}
	}
	for j := a.edge + 1; j <= a.deepest; j++ {
		h := &a.hops[j]
		if h.Kind != Transfer && h.Kind != Fetch || h.scope != publicAddr {
			continue
		}
		p.Origin = &Origin{Hop: j, IP: h.From.IP, Certainty: certaintyOf(h.Standing)}
	}
	if p.Ends == "" {
		p.Ends = a.end()
	}
}

// certaintyOf turns the standing of the field that records an address into how well the
// address is known.
func certaintyOf(s Standing) Certainty {
	switch s {
	case Trusted:
		return Recorded
	case Corroborated:
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
		case a.broken < 0 && !a.looksLikeSource():
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

// looksLikeSource reports whether the boundary peer bears the name of a customer's line.
// Of any other host that adds no field both is told: source, or relay that hides all.
func (a *analysis) looksLikeSource() bool {
	h := &a.hops[a.edge]
	return customerName(h.From.RDNS, h.From.IP)
}

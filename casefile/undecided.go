package casefile

import (
	"net/netip"
	"slices"

	"relaytrace/casefile/judge"
	"relaytrace/trace"
)

// A server that passed mail on from a client with no visible tie to it is an open relay or
// its client's provider, and one header cannot tell (relay-or-provider). Over many samples,
// and once it is known who holds the networks, such a host may be seen to serve several
// that have nothing to do with each other. It is then told as one of which both is open.

// undecidedIn are the hosts of a sample that may be relays and of which it shows no more.
// Only those that the recipient's side recorded are taken.
func undecidedIn(p *trace.Path) []trace.Relay {
	var all []trace.Relay
	for _, y := range p.Bystanders {
		if y.Own > 0 && p.Hops[y.Hop].Standing == trace.Trusted {
			all = append(all, trace.Relay{IP: y.IP, Name: y.Name, Hop: y.Hop, Own: y.Own, Certainty: trace.Recorded})
		}
	}
	return all
}

// addUndecided takes the hosts of a sample that may be relays.
func (g *Gatherer) addUndecided(n int, p *trace.Path) {
	for _, r := range undecidedIn(p) {
		x := g.undecided[r.IP]
		if x == nil {
			x = newRelayTally(r.IP)
			g.undecided[r.IP] = x
		}
		x.add(n, p, r)
		g.addrs[r.IP], g.addrs[p.Hops[r.Own].From.IP] = true, true
	}
}

// decide adds to the relays the hosts that the samples together show to serve several
// unrelated networks. What speaks for a host, and a public provider's name, leaves it out.
// One of which an analyst has decided is told as he says.
func (b *builder) decide(g *Gatherer) map[netip.Addr]*relayTally {
	all := make(map[netip.Addr]*relayTally, len(g.relays))
	for ip, x := range g.relays {
		all[ip] = x
	}
	for ip, x := range g.undecided {
		if _, ruled := b.rulings[ip]; all[ip] == nil && (ruled || b.mayServeSeveral(g, x)) {
			all[ip] = x
			b.open[ip] = true
		}
	}
	return all
}

func (b *builder) mayServeSeveral(g *Gatherer, x *relayTally) bool {
	return g.sources[x.ip] == nil && !g.excused(x.ip) && !slices.ContainsFunc(x.told[1].names, isPublicProvider) && b.servesSeveral(x)
}

func isPublicProvider(name string) bool { return trace.PublicProvider(trace.Organisation(name)) }

// excused reports whether a believed field shows a host as innocent.
func (g *Gatherer) excused(ip netip.Addr) bool {
	for e := range g.excuses[ip] {
		if e.strong {
			return true
		}
	}
	return g.own.HasAddr(ip)
}

// servesSeveral asks the networks of a host and of its clients.
func (b *builder) servesSeveral(x *relayTally) bool {
	rec := b.record(x.ip)
	return judge.ServesSeveral(judge.Party{Addr: x.ip, Record: &rec}, func(yield func(judge.Party) bool) {
		for _, d := range x.order {
			client := b.record(d.client)
			if d.domain == "" && !yield(judge.Party{Addr: d.client, Record: &client}) {
				return
			}
		}
	})
}

// retell has the path of a shown sample tell of a host as the case does. The sample by
// itself, as samples.ndjson has it, still leaves it open.
func (b *builder) retell(s *Sample) {
	if !slices.ContainsFunc(undecidedIn(&s.Path), func(r trace.Relay) bool { return b.open[r.IP] }) {
		return
	}
	p := &s.Path
	p.Relays = slices.Clone(p.Relays)
	for _, r := range undecidedIn(p) {
		if b.open[r.IP] {
			p.Relays = append(p.Relays, r)
		}
	}
	kept := make([]trace.Bystander, 0, len(p.Bystanders))
	for _, y := range p.Bystanders {
		if !b.open[y.IP] {
			kept = append(kept, y)
		}
	}
	p.Bystanders = kept
}

package casefile

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"relaytrace/trace"
)

// sources tells the hosts where trails end that are not judged relays, and returns what
// the samples show of each, in the order of the case.
func (b *builder) sources(g *Gatherer) []*sourceTally {
	at := map[netip.Addr]*sourceTally{}
	for ip, x := range g.sources {
		// A relay of which there are only claims can be the recorded end of another trail.
		if r := b.relay(ip); r != nil && (r.Certainty != trace.Claimed || x.certainty == trace.Claimed) {
			continue
		}
		at[ip] = x
		b.c.Sources = append(b.c.Sources, Source{
			IP: ip, Names: append([]string{}, x.told.names...), HELOs: append([]string{}, x.told.helos...),
			Ends: x.ends, Certainty: x.certainty, Count: len(x.samples.list),
		})
	}
	slices.SortFunc(b.c.Sources, func(x, y Source) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), x.IP.Compare(y.IP))
	})
	b.c.SourceCount = len(b.c.Sources)
	b.c.Sources = b.c.Sources[:min(b.c.SourceCount, MaxShown)]
	order := make([]*sourceTally, len(b.c.Sources))
	for i := range b.c.Sources {
		s := &b.c.Sources[i]
		s.Record = b.record(s.IP)
		order[i] = at[s.IP]
	}
	return order
}

// trailEnd is a host at which a trail ends.
type trailEnd struct {
	trace.Origin
	ends trace.End
}

// trailEnds gives the origin of a path. Where that is only claimed, and the host that
// handed the mail in is not told as a relay or excused, that host is an end too: a sender
// could write a field below himself to be forgotten.
func trailEnds(p *trace.Path) []trailEnd {
	if p.Origin == nil {
		return nil
	}
	ends := []trailEnd{{*p.Origin, p.Ends}}
	b := p.Boundary
	if p.Origin.Certainty != trace.Claimed || b == nil || !b.IP.IsValid() || b.IP == p.Origin.IP {
		return ends
	}
	for _, r := range p.Relays {
		if r.IP == b.IP {
			return ends
		}
	}
	for _, y := range p.Bystanders {
		if y.IP == b.IP && !excusesNobody(y.Why) {
			return ends
		}
	}
	return append(ends, trailEnd{trace.Origin{Hop: b.Hop, IP: b.IP, Certainty: trace.Recorded}, trace.EndUnexplained})
}

func (b *builder) relay(ip netip.Addr) *Relay { return b.relayAt[ip] }

// index makes the relays known by their addresses; they stay where they are from now on.
func (b *builder) index() {
	b.relayAt = map[netip.Addr]*Relay{}
	for i := range b.c.Relays {
		b.relayAt[b.c.Relays[i].IP] = &b.c.Relays[i]
	}
}

// inDomain reports whether a host is a domain or lies below it.
func inDomain(host, domain string) bool {
	host, domain = strings.ToLower(strings.TrimSuffix(host, ".")), strings.ToLower(strings.Trim(domain, "."))
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// bystanders tells the hosts that headers name and that must not be accused. A host that
// the case tells as a relay or as the end of a trail, with what that rests on, is none: a
// spammer can write any address into a forged field, that of the true relay too.
func (b *builder) bystanders(g *Gatherer) []*bystanderTally {
	taken := map[netip.Addr]bool{}
	for i := range b.c.Relays {
		taken[b.c.Relays[i].IP.Unmap()] = true
	}
	for ip := range g.sources {
		taken[ip.Unmap()] = true // as a source, or as a relay
	}
	var order []*bystanderTally
	for k, x := range g.bystanders {
		if !k.ip.IsValid() || !taken[k.ip.Unmap()] {
			order = append(order, x)
		}
	}
	b.c.BystanderCount = len(order)
	if len(order) > MaxShown {
		slices.SortFunc(order, func(x, y *bystanderTally) int {
			return cmp.Or(cmp.Compare(len(y.samples.list), len(x.samples.list)), x.order-y.order)
		})
		order = order[:MaxShown]
	}
	slices.SortFunc(order, func(x, y *bystanderTally) int { return x.order - y.order })
	for _, x := range order {
		b.c.Bystanders = append(b.c.Bystanders, Bystander{Name: x.key.name, IP: x.key.ip, Why: x.key.why, Count: len(x.samples.list)})
	}
	return order
}

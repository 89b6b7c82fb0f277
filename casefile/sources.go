package casefile

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"relaytrace/trace"
)

// sources gathers the hosts where trails end that are not judged relays.
func (b *builder) sources() {
	at := map[netip.Addr]*Source{}
	var order []netip.Addr
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		for _, e := range trailEnds(&s.Path) {
			// A relay of which there are only claims can be the recorded end of another trail.
			if r := b.relay(e.IP); r != nil && (r.Certainty != trace.Claimed || e.Certainty == trace.Claimed) {
				continue
			}
			x := at[e.IP]
			if x == nil {
				x = &Source{IP: e.IP, Names: []string{}, HELOs: []string{}, Samples: []int{}, Record: b.record(e.IP)}
				at[e.IP] = x
				order = append(order, e.IP)
			}
			x.see(s, e)
		}
	}
	for _, ip := range order {
		b.c.Sources = append(b.c.Sources, *at[ip])
	}
	slices.SortStableFunc(b.c.Sources, func(x, y Source) int {
		return cmp.Or(cmp.Compare(len(y.Samples), len(x.Samples)), x.IP.Compare(y.IP))
	})
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

// see adds one sample whose trail ends at the host. What is told of it rests on the
// strongest samples alone.
func (x *Source) see(s *Sample, e trailEnd) {
	p := &s.Path
	if best := stronger(x.Certainty, e.Certainty); best != x.Certainty {
		*x = Source{IP: x.IP, Names: []string{}, HELOs: []string{}, Samples: []int{}, Record: x.Record, Certainty: best}
	}
	if e.Certainty != x.Certainty {
		return
	}
	if x.Ends == "" || e.ends == trace.EndNoField {
		x.Ends = e.ends // of two ends the one that leaves both readings open
	}
	h := &p.Hops[e.Hop]
	x.Names = addName(x.Names, h.From.RDNS)
	x.HELOs = addName(x.HELOs, h.From.HELO)
	x.Samples = append(x.Samples, s.Number)
}

func (b *builder) relay(ip netip.Addr) *Relay {
	for i := range b.c.Relays {
		if b.c.Relays[i].IP == ip {
			return &b.c.Relays[i]
		}
	}
	return nil
}

// ownHosts names the samples that may really have come from the user's own side: the mail
// began on the recipients' systems, or a believed field below the boundary names a host
// of the settings as the one that handed the mail on.
func (b *builder) ownHosts() {
	own, err := trace.ParseHosts(b.c.Settings.Trust)
	if err != nil {
		own = trace.Hosts{} // the command refuses such settings; a claim of innocence is not worth a fault
	}
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		if s.Path.Ends == trace.EndLocal && s.Path.Boundary == nil || b.passesOwn(&s.Path, &own) {
			b.c.OwnHosts = append(b.c.OwnHosts, s.Number)
		}
	}
}

// passesOwn reports whether a believed field, from the boundary down, has taken the mail
// from a host of the user's own side: by its recorded address or its looked-up name.
func (b *builder) passesOwn(p *trace.Path, own *trace.Hosts) bool {
	if p.Boundary == nil {
		return false
	}
	for i := max(p.Boundary.Hop, 0); i < len(p.Hops); i++ {
		h := &p.Hops[i]
		if h.Kind != trace.Transfer || !believed(h.Standing) {
			continue
		}
		if h.From.IP.IsValid() && !h.From.IP.IsLoopback() && own.HasAddr(h.From.IP) ||
			own.HasName(h.From.RDNS) || inDomain(h.From.RDNS, b.c.Settings.Domain) {
			return true
		}
	}
	return false
}

// inDomain reports whether a host is a domain or lies below it.
func inDomain(host, domain string) bool {
	host, domain = strings.ToLower(strings.TrimSuffix(host, ".")), strings.ToLower(strings.Trim(domain, "."))
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// bystanders gathers the hosts that headers name and that must not be accused. A host
// that the case tells as a relay or as the end of a trail, with what that rests on, is
// none: a spammer can write any address into a forged field, that of the true relay too.
func (b *builder) bystanders() {
	taken := map[netip.Addr]bool{}
	for _, r := range b.c.Relays {
		taken[r.IP.Unmap()] = true
	}
	for _, s := range b.c.Sources {
		taken[s.IP.Unmap()] = true
	}
	type key struct {
		name, why string
		ip        netip.Addr
	}
	at := map[key]int{}
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		for _, y := range s.Path.Bystanders {
			if y.IP.IsValid() && taken[y.IP.Unmap()] {
				continue
			}
			k := key{y.Name, y.Why, y.IP}
			n, ok := at[k]
			if !ok {
				n = len(b.c.Bystanders)
				at[k] = n
				b.c.Bystanders = append(b.c.Bystanders, Bystander{Name: y.Name, IP: y.IP, Why: y.Why, Samples: []int{}})
			}
			list := &b.c.Bystanders[n].Samples
			if len(*list) == 0 || (*list)[len(*list)-1] != s.Number {
				*list = append(*list, s.Number)
			}
		}
	}
}

package casefile

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"relaytrace/casefile/judge"
	"relaytrace/trace"
)

// relays gathers each relay over all samples and has it judged.
func (b *builder) relays() {
	at := map[netip.Addr]*Relay{}
	var order []netip.Addr
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		for _, r := range s.Path.Relays {
			x := at[r.IP]
			if x == nil {
				x = &Relay{IP: r.IP, Names: []string{}, HELOs: []string{}, Seen: []Seen{}, Record: b.record(r.IP)}
				at[r.IP] = x
				order = append(order, r.IP)
			}
			x.see(s, r)
		}
	}
	for _, ip := range order {
		b.judge(at[ip])
		b.c.Relays = append(b.c.Relays, *at[ip])
	}
	slices.SortStableFunc(b.c.Relays, func(x, y Relay) int {
		return cmp.Or(
			compareBool(y.Withholds, x.Withholds),
			cmp.Compare(len(y.Seen), len(x.Seen)),
			x.IP.Compare(y.IP))
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// see adds what one sample shows of a relay.
func (x *Relay) see(s *Sample, r trace.Relay) {
	h := &s.Path.Hops[r.Hop]
	x.Names = addName(x.Names, h.From.RDNS)
	x.HELOs = addName(x.HELOs, h.From.HELO)
	x.Withholds = x.Withholds || r.Withholds
	x.Certainty = stronger(x.Certainty, r.Certainty)
	seen := Seen{Sample: s.Number, Hop: r.Hop, Own: r.Own}
	if r.Own >= 0 {
		seen.Client = s.Path.Hops[r.Own].From.IP
		seen.Clock = clockBounds(s.Path.Hops[r.Own].Time.UTC, h.Time.UTC)
	}
	x.Seen = append(x.Seen, seen)
}

// clockBounds holds a relay's stamp against that of the host that took the mail from it.
func clockBounds(own, next string) *ClockBounds {
	a, errA := time.Parse(time.RFC3339, own)
	c, errC := time.Parse(time.RFC3339, next)
	if errA != nil || errC != nil {
		return nil
	}
	d := c.Sub(a)
	k := &ClockBounds{GapSeconds: int64(d / time.Second)}
	switch {
	case d >= 0:
		k.Text = "slow by at most " + duration(d) + " (the time that the mail waited is part of it)"
	default:
		k.Text = "fast by at least " + duration(-d)
	}
	return k
}

func duration(d time.Duration) string {
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 72:
		return fmt.Sprintf("%d days %d h", h/24, h%24)
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min %d s", m, s)
	}
	return fmt.Sprintf("%d s", s)
}

// judge gives a relay its verdict from all its transactions.
func (b *builder) judge(x *Relay) {
	var ts []judge.Transaction
	for _, s := range x.Seen {
		r := b.sampleRelay(s, x.IP)
		t := judge.Transaction{Sample: s.Sample, Withholds: r.Withholds, Claimed: r.Certainty == trace.Claimed}
		if s.Client.IsValid() {
			rec := b.record(s.Client)
			t.Client = judge.Party{Addr: s.Client, Record: &rec}
		}
		ts = append(ts, t)
	}
	x.Verdict, x.Reasons = judge.Relay(judge.Party{Addr: x.IP, Record: &x.Record}, ts, b.excused(x.IP))
}

func (b *builder) sampleRelay(s Seen, ip netip.Addr) trace.Relay {
	for _, r := range b.c.Samples[s.Sample-1].Path.Relays {
		if r.IP == ip && r.Hop == s.Hop {
			return r
		}
	}
	return trace.Relay{}
}

// excused collects what single samples say in a host's favour. A name that it merely
// shares with a claim in some header says nothing about it.
func (b *builder) excused(ip netip.Addr) []Reason {
	var out []Reason
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		for _, y := range s.Path.Bystanders {
			if y.IP != ip || claimOnly(y.Why) {
				continue
			}
			out = append(out, Reason{Code: y.Why, Text: fmt.Sprintf("Sample %d shows it as innocent of relaying for strangers (%s).", s.Number, y.Why)})
		}
	}
	return out
}

// claimOnly reports whether a bystander's code says only that a header names it.
func claimOnly(code string) bool {
	return code == "helo-claim" || code == "forged-field" || code == "unverified-claim" || code == "relay-or-provider"
}

// sources gathers the hosts where trails end that are not judged relays.
func (b *builder) sources() {
	at := map[netip.Addr]*Source{}
	var order []netip.Addr
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		p := &s.Path
		if p.Ends == trace.EndLocal && p.Boundary == nil {
			b.c.OwnHosts = append(b.c.OwnHosts, s.Number)
		}
		if p.Origin == nil || b.relay(p.Origin.IP) != nil {
			continue
		}
		x := at[p.Origin.IP]
		if x == nil {
			x = &Source{IP: p.Origin.IP, Names: []string{}, HELOs: []string{}, Ends: p.Ends, Samples: []int{}, Record: b.record(p.Origin.IP)}
			at[p.Origin.IP] = x
			order = append(order, p.Origin.IP)
		}
		h := &p.Hops[p.Origin.Hop]
		x.Names = addName(x.Names, h.From.RDNS)
		x.HELOs = addName(x.HELOs, h.From.HELO)
		x.Certainty = stronger(x.Certainty, p.Origin.Certainty)
		x.Samples = append(x.Samples, s.Number)
	}
	for _, ip := range order {
		b.c.Sources = append(b.c.Sources, *at[ip])
	}
	slices.SortStableFunc(b.c.Sources, func(x, y Source) int {
		return cmp.Or(cmp.Compare(len(y.Samples), len(x.Samples)), x.IP.Compare(y.IP))
	})
}

func (b *builder) relay(ip netip.Addr) *Relay {
	for i := range b.c.Relays {
		if b.c.Relays[i].IP == ip {
			return &b.c.Relays[i]
		}
	}
	return nil
}

// bystanders gathers the hosts that headers name and that must not be accused. A host
// that is a relay or the end of a trail on good evidence is none: a spammer can write any
// address into a forged field, that of the true relay too.
func (b *builder) bystanders() {
	taken := map[netip.Addr]bool{}
	for _, r := range b.c.Relays {
		taken[r.IP] = true
	}
	for _, s := range b.c.Sources {
		taken[s.IP] = true
	}
	type key struct {
		name, why string
		ip        netip.Addr
	}
	at := map[key]int{}
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		for _, y := range s.Path.Bystanders {
			if y.IP.IsValid() && taken[y.IP] {
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

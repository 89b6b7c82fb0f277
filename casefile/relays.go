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
		b.settle(at[ip])
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

// see adds one transaction of a relay.
func (x *Relay) see(s *Sample, r trace.Relay) {
	x.Certainty = stronger(x.Certainty, r.Certainty)
	seen := Seen{Sample: s.Number, Hop: r.Hop, Own: r.Own}
	if r.Own >= 0 {
		seen.Client = s.Path.Hops[r.Own].From.IP
		seen.Clock = clockBounds(s.Path.Hops[r.Own].Time.UTC, s.Path.Hops[r.Hop].Time.UTC)
	}
	x.Seen = append(x.Seen, seen)
}

// settle draws from the transactions what is told of the relay. Where a believed field
// names it, those that are only claimed tell nothing: anybody can write its address into
// an invented field, with any name and any previous hop.
func (b *builder) settle(x *Relay) {
	for _, s := range x.Seen {
		hops := b.c.Samples[s.Sample-1].Path.Hops
		if x.Certainty != trace.Claimed && !believed(hops[s.Hop].Standing) {
			continue
		}
		x.Names = addName(x.Names, hops[s.Hop].From.RDNS)
		x.HELOs = addName(x.HELOs, hops[s.Hop].From.HELO)
		if s.Own < 0 {
			continue
		}
		own := trace.Unverified
		if believed(hops[s.Own].Standing) {
			own = trace.Corroborated
		}
		withholds := b.sampleRelay(s, x.IP).Withholds
		switch {
		case x.OwnField == own:
			x.Withholds = x.Withholds || withholds
		case x.OwnField != trace.Corroborated:
			x.OwnField, x.Withholds = own, withholds
		}
	}
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
		hops := b.c.Samples[s.Sample-1].Path.Hops
		t := judge.Transaction{
			Sample: s.Sample, Withholds: b.sampleRelay(s, x.IP).Withholds,
			Claimed: !believed(hops[s.Hop].Standing), Unverified: s.Own < 0 || !believed(hops[s.Own].Standing),
		}
		if p := &b.c.Samples[s.Sample-1].Path; hops[s.Hop].Standing != trace.Trusted && p.Boundary != nil {
			t.Witness = p.Boundary.IP
		}
		if s.Client.IsValid() {
			rec := b.record(s.Client)
			t.Client = judge.Party{Addr: s.Client, Record: &rec}
		}
		ts = append(ts, t)
	}
	x.Verdict, x.Reasons = judge.Relay(judge.Party{Addr: x.IP, Record: &x.Record}, ts, b.excuses(x.IP))
}

func (b *builder) sampleRelay(s Seen, ip netip.Addr) trace.Relay {
	for _, r := range b.c.Samples[s.Sample-1].Path.Relays {
		if r.IP == ip && r.Hop == s.Hop {
			return r
		}
	}
	return trace.Relay{}
}

// excuses collects what single samples say in a host's favour. A name that it merely
// shares with a claim in some header says nothing about it.
func (b *builder) excuses(ip netip.Addr) []judge.Excuse {
	var out []judge.Excuse
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		if slices.ContainsFunc(s.Path.Relays, func(r trace.Relay) bool { return r.IP == ip }) {
			continue // what excuses one of its steps does not excuse the other
		}
		for _, y := range s.Path.Bystanders {
			if y.IP != ip || excusesNobody(y.Why) {
				continue
			}
			out = append(out, judge.Excuse{
				Reason: Reason{Code: y.Why, Text: fmt.Sprintf("Sample %d shows it as innocent of relaying for strangers (%s).", s.Number, y.Why)},
				Strong: strongExcuse[y.Why] && believedBelow(&s.Path, y.Hop),
			})
		}
	}
	return out
}

// excusesNobody reports whether a bystander's code says only that a header names it, or
// that it is open whether the host is a relay: neither speaks for the host.
func excusesNobody(code string) bool {
	return code == "helo-claim" || code == "forged-field" || code == "unverified-claim" || code == "relay-or-provider"
}

// strongExcuse are the codes that rest on what servers wrote. The others rest on sender
// and list headers too, which a spammer chooses.
var strongExcuse = map[string]bool{
	"webmail-submission": true, "authenticated-submission": true, "own-provider": true,
	"resent-locally": true, "recipients-mail-exchanger": true,
}

// believedBelow reports whether a hop and the next hand-over below it are both believed.
func believedBelow(p *trace.Path, hop int) bool {
	if hop < 0 || hop >= len(p.Hops) || !believed(p.Hops[hop].Standing) {
		return false
	}
	for i := hop + 1; i < len(p.Hops); i++ {
		if h := &p.Hops[i]; h.Kind != trace.Note && h.Kind != trace.Local && h.Kind != trace.Internal {
			return believed(h.Standing)
		}
	}
	return false
}

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

// relays has each relay judged, and returns what the samples show of each in the order of
// the case.
func (b *builder) relays(g *Gatherer) []*relayTally {
	at := map[netip.Addr]*relayTally{}
	for ip, x := range b.decide(g) {
		at[ip] = x
		r := x.settle()
		r.Record = b.record(ip)
		b.judge(&r, x, g)
		b.c.Relays = append(b.c.Relays, r)
	}
	slices.SortFunc(b.c.Relays, func(x, y Relay) int {
		return cmp.Or(compareBool(y.Withholds, x.Withholds), cmp.Compare(y.Samples, x.Samples), x.IP.Compare(y.IP))
	})
	order := make([]*relayTally, len(b.c.Relays))
	for i := range b.c.Relays {
		order[i] = at[b.c.Relays[i].IP]
	}
	return order
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

// judge gives a relay its verdict from all its transactions. A host that adds no field in
// one sample is no witness in another: whoever uses it can write one in its name, and a
// sender with several such hosts would be several witnesses against an innocent.
func (b *builder) judge(r *Relay, x *relayTally, g *Gatherer) {
	var ts []judge.Transaction
	for _, d := range x.order {
		t := judge.Transaction{Samples: x.dealings[d], Withholds: d.withholds, Claimed: d.claimed, Unverified: d.unverified, Witness: d.witness, Domain: d.domain}
		if g.silent[d.witness] {
			t.Claimed, t.Witness = true, netip.Addr{}
		}
		if d.client.IsValid() {
			rec := b.record(d.client)
			t.Client = judge.Party{Addr: d.client, Record: &rec}
		}
		ts = append(ts, t)
	}
	j := judge.Relay(judge.Party{Addr: r.IP, Record: &r.Record}, judge.Evidence{
		Transactions: ts, Excuses: g.excusesOf(r.IP), Samples: r.Samples, Reporters: r.Reporters, OwnServer: r.OwnServer,
		Open: b.open[r.IP],
	})
	if ruling, ok := b.rulings[r.IP]; ok {
		ruling.Tool = j.Verdict
		r.Ruling = &ruling
		j = j.Ruled(ruling)
	}
	r.Verdict, r.Reasons, r.Sureness, r.Raises = j.Verdict, j.Reasons, j.Sureness, j.Raises
}

// transactions lists those of each relay in the samples that are shown.
func (b *builder) transactions() {
	at := map[netip.Addr]*Relay{}
	for i := range b.c.Relays {
		at[b.c.Relays[i].IP] = &b.c.Relays[i]
	}
	for i := range b.c.Samples {
		s := &b.c.Samples[i]
		for _, r := range s.Path.Relays {
			seen := Seen{Sample: s.Number, Hop: r.Hop, Own: r.Own}
			if r.Own >= 0 {
				seen.Client = s.Path.Hops[r.Own].From.IP
				seen.Clock = clockBounds(s.Path.Hops[r.Own].Time.UTC, s.Path.Hops[r.Hop].Time.UTC)
			}
			at[r.IP].Seen = append(at[r.IP].Seen, seen)
		}
	}
}

// ClockWaited ends the text of a bound of which the time in the queue is a part.
const ClockWaited = " (the time that the mail waited is part of it)"

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
		k.Text = "slow by at most " + duration(d) + ClockWaited
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

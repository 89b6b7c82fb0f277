package casefile

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"relaytrace/enrich"
	"relaytrace/trace"
)

// undecided is a sample that a host handed over for a client to which it has no visible
// tie: by the sample alone it is a relay or the client's provider.
func undecided(host, client string) Sample {
	s := passed(host, client, trace.Corroborated)
	p := &s.Path
	p.Relays = nil
	p.Bystanders = []trace.Bystander{{Name: p.Hops[0].From.RDNS, IP: addr(host), Hop: 0, Why: "relay-or-provider", Own: 1}}
	p.Findings = []trace.Finding{{Code: "relay-or-provider", Hop: 0, Quote: host}}
	return s
}

// announced gives each address a holder, and a system that announces it, of its own, but
// for those of one group, which share them.
func announced(groups ...[]string) map[netip.Addr]enrich.Record {
	out := map[netip.Addr]enrich.Record{}
	for i, g := range groups {
		for _, ip := range g {
			out[addr(ip)] = enrich.Record{
				Address: addr(ip), Network: &enrich.Network{Handle: fmt.Sprint("NET-", i), Holder: fmt.Sprint("Holder ", i)}, AS: []enrich.AS{{Number: uint(64500 + i)}},
				Contacts: []enrich.Contact{{Email: fmt.Sprintf("abuse@h%d.example", i), Role: "abuse", Scope: "the block", Source: "RDAP"}},
			}
		}
	}
	return out
}

// TestUndecided holds when a host that no sample shows as a relay is told as one that may
// be: when it serves several networks that have nothing to do with it or each other.
func TestUndecided(t *testing.T) {
	const c1, c2, c3, c4 = "203.0.113.9", "203.0.113.100", "192.0.2.99", "192.0.2.130"
	each := announced([]string{relayA}, []string{c1}, []string{c2}, []string{c3}, []string{c4})
	three := []Sample{undecided(relayA, c1), undecided(relayA, c2), undecided(relayA, c3)}
	change := func(by func(p *trace.Path)) []Sample {
		list := []Sample{undecided(relayA, c1), undecided(relayA, c2), undecided(relayA, c3)}
		for i := range list {
			by(&list[i].Path)
		}
		return list
	}
	for _, tt := range []struct {
		name    string
		records map[netip.Addr]enrich.Record
		samples []Sample
		told    bool
	}{
		{"three strangers", each, three, true},
		{"two strangers", each, three[:2], false},
		{"one of them twice", each, append(slices.Clone(three[:2]), undecided(relayA, c1)), false},
		{"two of one holder", announced([]string{relayA}, []string{c1, c2}, []string{c3}), three, false},
		{"one of its own network", announced([]string{relayA, c1}, []string{c2}, []string{c3}), three, false},
		{"one of its own network, and three others", announced([]string{relayA, c4}, []string{c1}, []string{c2}, []string{c3}),
			append(slices.Clone(three), undecided(relayA, c4)), true},
		{"nobody was asked", nil, three, false},
		{"holders are known, and not who announces them", func() map[netip.Addr]enrich.Record {
			r := announced([]string{relayA}, []string{c1}, []string{c2}, []string{c3})
			for ip, x := range r {
				x.AS = nil
				r[ip] = x
			}
			return r
		}(), three, false},
		{"its own field is not believed", each, change(func(p *trace.Path) { p.Bystanders[0].Own = 0 }), false},
		{"another host's word", each, change(func(p *trace.Path) { p.Hops[0].Standing = trace.Corroborated }), false},
		{"a public provider's server", each, change(func(p *trace.Path) { p.Hops[0].From.RDNS = "out7.hotmail.com" }), false},
		{"it has shown itself innocent", each, append(slices.Clone(three), with(passed(relayC, c4, trace.Corroborated), "", relayA, "authenticated-submission")), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := build(tt.records, someone, slices.Clone(tt.samples)...)
			i := slices.IndexFunc(c.Relays, func(r Relay) bool { return r.IP == addr(relayA) })
			beside := slices.ContainsFunc(c.Bystanders, func(y Bystander) bool { return y.IP == addr(relayA) })
			if (i >= 0) != tt.told || beside == tt.told {
				t.Fatalf("among the relays %v, among the bystanders %v", i >= 0, beside)
			}
			if !tt.told {
				return
			}
			r := c.Relays[i]
			if r.Verdict != VerdictRelayOrProvider || !r.Found() || r.Samples != len(tt.samples) || len(r.Seen) != len(tt.samples) {
				t.Errorf("%s, %d samples, seen %d times", r.Verdict, r.Samples, len(r.Seen))
			}
			l := c.Letter(r.Letter)
			if l == nil || !l.Hold || len(l.To) == 0 {
				t.Errorf("letter %+v: it has a recipient, and is held", l)
			}
			for _, s := range c.Samples {
				if len(s.Path.Relays) != 1 || len(s.Path.Bystanders) != 0 {
					t.Errorf("sample %d: relays %v, bystanders %v", s.Number, s.Path.Relays, s.Path.Bystanders)
				}
			}
		})
	}
}

// TestUndecidedAsGathered holds that a sample which is handed in keeps what it says by itself.
func TestUndecidedAsGathered(t *testing.T) {
	list := []Sample{undecided(relayA, "203.0.113.9"), undecided(relayA, "203.0.113.100"), undecided(relayA, "192.0.2.99")}
	build(announced([]string{relayA}, []string{"203.0.113.9"}, []string{"203.0.113.100"}, []string{"192.0.2.99"}), someone, list...)
	for i, s := range list {
		if len(s.Path.Relays) != 0 || len(s.Path.Bystanders) != 1 {
			t.Errorf("sample %d was changed: %v, %v", i+1, s.Path.Relays, s.Path.Bystanders)
		}
	}
}

// TestUndecidedRuled holds that an analyst decides of a host that the samples leave open.
func TestUndecidedRuled(t *testing.T) {
	for _, verdict := range []Verdict{VerdictSuspected, VerdictWithdrawn} {
		in := input(nil, someone, undecided(relayA, "203.0.113.9"))
		in.Rulings = map[netip.Addr]Ruling{addr(relayA): {Verdict: verdict, Why: "we were shown its log", Who: "Robin", Time: "2026-03-02T10:00:00Z"}}
		c := made(in)
		if len(c.Relays) != 1 || c.Relays[0].Verdict != verdict || len(c.Bystanders) != 0 {
			t.Errorf("judged %s: relays %+v, bystanders %+v", verdict, c.Relays, c.Bystanders)
		}
	}
	g := NewGatherer(someone)
	s := undecided(relayA, "203.0.113.9")
	s.Number = 1
	g.AddSample(&s)
	if !g.IsRelay(addr(relayA)) {
		t.Error("nobody can decide of it")
	}
}

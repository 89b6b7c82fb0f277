package store

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// TestLost holds what counts as said in letters that were sent, over changes of the case
// that come one after the other.
func TestLost(t *testing.T) {
	ctx := context.Background()
	s, err := Create(ctx, t.TempDir())
	must(t, err)
	defer s.Close()
	a, b := netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("203.0.113.9")
	relay := func(v casefile.Verdict, withholds bool) casefile.Relay {
		return casefile.Relay{IP: a, Verdict: v, Withholds: withholds, Certainty: trace.Recorded}
	}
	source := func(ip netip.Addr, ends trace.End) casefile.Source {
		return casefile.Source{IP: ip, Ends: ends, Certainty: trace.Recorded}
	}
	c := &casefile.Case{Relays: []casefile.Relay{relay(casefile.VerdictUndisclosed, true)}, Sources: []casefile.Source{source(b, trace.EndNoField)}}
	sent := 0
	send := func(l casefile.Letter) {
		must(t, s.SaveLetters(ctx, c, []Letter{{Letter: l}}))
		sent++
		must(t, s.MarkSent(ctx, l.Name, fmt.Sprintf("2026-03-%02dT10:00:00Z", sent), "ann"))
		must(t, s.Commit(ctx))
	}
	send(casefile.Letter{Name: "ask", Kind: casefile.LetterLogRequest, Relays: []netip.Addr{a}})
	send(casefile.Letter{Name: "tell", Kind: casefile.LetterNotice, Relays: []netip.Addr{b}})
	was := casefile.Said{IP: a, Verdict: casefile.VerdictUndisclosed, Withholds: true, Certainty: trace.Recorded}
	open := casefile.Said{IP: a, Verdict: casefile.VerdictSuspected, Withholds: true, Certainty: trace.Recorded}
	correction := casefile.Letter{Name: "ask-correction-10", Kind: casefile.LetterCorrection, Refers: "ask", Relays: []netip.Addr{a}}
	second := correction
	second.Name = "ask-correction-2"
	for _, step := range []struct {
		name    string
		relay   casefile.Relay
		ends    trace.End
		send    *casefile.Letter
		gone    string // letter
		changed *casefile.Said
	}{
		{"as it was", relay(casefile.VerdictUndisclosed, true), trace.EndNoField, nil, "", nil},
		{"another verdict", relay(casefile.VerdictSuspected, true), trace.EndNoField, nil, "", &was},
		{"the field too", relay(casefile.VerdictUndisclosed, false), trace.EndNoField, nil, "", &was},
		{"undone", relay(casefile.VerdictUndisclosed, true), trace.EndNoField, nil, "", nil},
		{"corrected", relay(casefile.VerdictSuspected, true), trace.EndNoField, &correction, "", nil},
		{"back again", relay(casefile.VerdictUndisclosed, true), trace.EndNoField, nil, "", &open},
		{"corrected twice", relay(casefile.VerdictSourceOrRelay, true), trace.EndNoField, &second, "", nil},
		{"innocent", relay(casefile.VerdictWithdrawn, true), trace.EndNoField, nil, "ask", nil},
		{"only claimed", casefile.Relay{IP: a, Verdict: casefile.VerdictProvisional, Certainty: trace.Claimed}, trace.EndNoField, nil, "ask", nil},
		{"an honest chain below the source", relay(casefile.VerdictSourceOrRelay, true), trace.EndUnexplained, nil, "tell", nil},
	} {
		c.Relays[0], c.Sources[0] = step.relay, source(b, step.ends)
		if step.send != nil {
			send(*step.send)
		}
		got, err := s.Lost(ctx, c)
		must(t, err)
		var want []Lost
		if step.gone != "" {
			want = []Lost{{Letter: step.gone, Gone: []netip.Addr{map[string]netip.Addr{"ask": a, "tell": b}[step.gone]}}}
		}
		if step.changed != nil {
			want = []Lost{{Letter: "ask", Changed: []casefile.Said{*step.changed}}}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", step.name, diff)
		}
	}
	// What was a relay is a source now: the letter is corrected, unless nobody may be told of it.
	for ends, corrected := range map[trace.End]bool{trace.EndNoField: true, trace.EndUnexplained: false} {
		c.Relays, c.Sources = nil, []casefile.Source{source(a, ends), source(b, trace.EndNoField)}
		got, err := s.Lost(ctx, c)
		must(t, err)
		if len(got) != 1 || got[0].Letter != "ask" || (len(got[0].Changed) == 1) != corrected || (len(got[0].Gone) == 1) == corrected {
			t.Errorf("a source that ends as %s: %+v", ends, got)
		}
	}
}

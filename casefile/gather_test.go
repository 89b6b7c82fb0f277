package casefile

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relaytrace/trace"
)

// manySamples makes n samples: most by way of relay A, some by B and C, some direct, each
// with a time, and now and then a bystander.
func manySamples(n int) []Sample {
	var all []Sample
	at := time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC)
	for i := range n {
		var s Sample
		switch {
		case i%100 == 7:
			s = passed(relayB, "", trace.Corroborated)
		case i == n/2:
			s = passed(relayC, stranger, trace.Unverified)
		case i%10 == 3:
			s = direct(fmt.Sprintf("203.0.113.%d", i%250+1))
		default:
			s = passed(relayA, fmt.Sprintf("192.0.%d.%d", i%200, i%250+1), trace.Corroborated)
		}
		if i%500 == 11 {
			s = with(s, fmt.Sprintf("innocent%d.example", i%3), "", "helo-claim")
		}
		// Not in the order of the numbers.
		when := at.Add(time.Duration((i*7919)%n) * time.Minute)
		for k := range s.Path.Hops {
			s.Path.Hops[k].Time.UTC = when.Add(-time.Duration(k*(5+i%50)) * time.Second).Format(time.RFC3339)
		}
		s.SHA256 = fmt.Sprintf("%064x", i+1)
		s.Origins = []trace.Sample{{File: "in.mbox", By: fmt.Sprintf("isp%d.example", i%4), Via: "complaint"}}
		all = append(all, s)
	}
	return all
}

// TestLargeCase holds that a case of more samples than it shows counts them all, and shows
// of each relay, source and bystander what tells the most.
func TestLargeCase(t *testing.T) {
	const n = 5000
	in := evidence{Input{Seed: "seed", Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Settings: someone, Records: known()}, manySamples(n)}
	c := made(in)
	if c.SampleCount != n || len(c.Samples) > MaxShown || len(c.Samples) < 20 {
		t.Fatalf("%d samples, %d shown", c.SampleCount, len(c.Samples))
	}
	if !slices.IsSortedFunc(c.Samples, func(a, b Sample) int { return a.Number - b.Number }) {
		t.Error("what is shown is not in order")
	}
	all := 0
	for _, e := range c.TrailEnds {
		all += e.Samples
	}
	if all != n {
		t.Errorf("the ends of trails count %d samples", all)
	}
	for _, r := range c.Relays {
		want, oldest, youngest, withheld := 0, "z", "", false
		for i := range in.Samples {
			for _, x := range in.Samples[i].Path.Relays {
				if x.IP == r.IP {
					want++
					at := in.Samples[i].Path.Hops[x.Hop].Time.UTC
					oldest, youngest = min(oldest, at), max(youngest, at)
				}
			}
		}
		times := []string{}
		for _, s := range r.Seen {
			sample := c.Sample(s.Sample)
			if sample == nil {
				t.Fatalf("%s: sample %d is not shown", r.IP, s.Sample)
			}
			times = append(times, sample.Path.Hops[s.Hop].Time.UTC)
			withheld = withheld || sample.Path.Relays[0].Withholds
		}
		if r.Samples != want || !slices.Contains(times, oldest) || !slices.Contains(times, youngest) || withheld != r.Withholds {
			t.Errorf("%s: in %d of %d samples; shown at %d times", r.IP, r.Samples, want, len(times))
		}
	}
	for _, s := range c.Sources[:MaxShown/2] { // the others are counted
		if len(s.Samples) == 0 || s.Count < len(s.Samples) {
			t.Errorf("source %s: %d samples, %d shown", s.IP, s.Count, len(s.Samples))
		}
	}
	if len(c.Bystanders) != 3 {
		t.Errorf("bystanders: %v", c.Bystanders)
	}
	for _, b := range c.Bystanders {
		if len(b.Samples) == 0 {
			t.Errorf("bystander %s is not shown", b.Name)
		}
	}
	for _, p := range c.Paths {
		if c.Sample(p.Exemplar) == nil {
			t.Errorf("the exemplar %d of a path is not shown", p.Exemplar)
		}
	}
	if r := c.Relays[slices.IndexFunc(c.Relays, func(r Relay) bool { return r.IP == addr(relayA) })]; r.Reporters != 4 || r.OwnServer {
		t.Errorf("%d reporters, own server %v", r.Reporters, r.OwnServer)
	}
}

// TestReporter holds who counts as the one who shows a sample.
func TestReporter(t *testing.T) {
	g := NewGatherer(someone)
	sample := passed(relayA, stranger, trace.Corroborated)
	p := &sample.Path
	p.Boundary.By = "mx3.Mail.Isp.example"
	for _, tt := range []struct {
		o    trace.Sample
		who  string
		ours bool
	}{
		{trace.Sample{}, "isp.example", false},
		{trace.Sample{Via: "complaint", By: "freemail.example"}, "freemail.example", false},
		{trace.Sample{Via: "bounce", By: "mx.victim.co.uk"}, "victim.co.uk", false},
		{trace.Sample{Via: "bounce"}, "isp.example", false},
	} {
		if who, ours := g.reporter(p, tt.o); who != tt.who || ours != tt.ours {
			t.Errorf("%+v: %q %v", tt.o, who, ours)
		}
	}
	p.Boundary.By = "mx.dept.college.example"
	if who, ours := g.reporter(p, trace.Sample{}); who != "college.example" || !ours {
		t.Errorf("own server: %q %v", who, ours)
	}
}

// TestRuling holds that the analyst's verdict stands over the tool's, which is kept.
func TestRuling(t *testing.T) {
	in := input(known(), someone, passed(relayA, stranger, trace.Corroborated))
	in.Rulings = map[netip.Addr]Ruling{addr(relayA): {Verdict: VerdictWithdrawn, Why: "a contract.", Who: "Ann", Time: "2026-03-01T00:00:00Z"}}
	c := made(in)
	r := c.Relays[0]
	if r.Verdict != VerdictWithdrawn || r.Ruling == nil || r.Ruling.Tool != VerdictSuspected || r.Letter != "" {
		t.Errorf("%+v", r)
	}
	want := "Ann judged it innocent on 2026-03-01: a contract. By the samples alone it would be a suspected open relay."
	if diff := cmp.Diff(want, r.Reasons[0].Text); diff != "" {
		t.Error(diff)
	}
}

// TestSent holds that nobody is asked the same twice.
func TestSent(t *testing.T) {
	in := input(known(), someone, passed(relayA, stranger, trace.Corroborated))
	first := made(in)
	sent := first.Letters[0]
	sent.Sent = "2026-03-02T00:00:00Z"
	in.Letters = []Letter{sent}
	in.Samples = append(in.Samples, passed(relayB, stranger, trace.Corroborated))
	in.Samples[1].SHA256 = fmt.Sprintf("%064x", 2)
	c := made(in)
	if diff := cmp.Diff([]string{
		"log-request to abuse@foundry.example about 198.51.100.7",
		"log-request to abuse@foundry.example about 198.51.100.8",
		"notice to abuse@strangelines.example about 203.0.113.9",
		"janet-report to irt@csirt.example about 198.51.100.7 198.51.100.8",
	}, letters(c)); diff != "" {
		t.Error(diff)
	}
	if c.Relays[0].Letter != sent.Name || c.Relays[1].Letter == sent.Name {
		t.Errorf("letters %q and %q", c.Relays[0].Letter, c.Relays[1].Letter)
	}
}

func BenchmarkAddSample(b *testing.B) {
	all := manySamples(2000)
	g := NewGatherer(someone)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s := all[i%len(all)]
		g.AddSample(&s)
	}
}

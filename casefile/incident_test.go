package casefile_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/casefile/casetest"
	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

// gathered makes the incident of the first messages of a mailbox with one run, and what is
// true of it: of each spam once, as each is a sample once.
func gathered(t *testing.T, n int) (casefile.Incident, []casetest.Message) {
	t.Helper()
	m := casetest.New(casetest.Config{Seed: 3, Incidents: 1, Relays: 40, Noise: 1e-9})
	g := casefile.NewGatherer(casefile.Settings{Domain: domainsOf(m)[0]})
	var truth []casetest.Message
	seen := map[string]bool{}
	for i := range n {
		msg := m.Message(i)
		truth = append(truth, msg)
		sub := &casefile.Submission{Class: intake.Class(msg.Class), Time: msg.Arrived, Forged: []string{msg.Forged}, Recipients: []string{msg.Recipient}}
		if msg.Class == "sample" && !seen[msg.MessageID] {
			seen[msg.MessageID] = true
			p := trace.Analyze(msg.Data, header.Scan(msg.Data, nil).Fields, &trace.Settings{})
			g.AddSample(&casefile.Sample{SHA256: strings.Repeat("a", 64), Path: p})
			sub.Samples = []int{1}
		}
		g.AddSubmission(sub)
	}
	c, err := g.Case(casefile.Input{Seed: "seed", Settings: casefile.Settings{Domain: domainsOf(m)[0]}}, func(int) (casefile.Sample, error) { return casefile.Sample{SHA256: strings.Repeat("a", 64)}, nil })
	if err != nil {
		t.Fatal(err)
	}
	return c.Incident, truth
}

func domainsOf(m *casetest.Mailbox) []string { return m.Incidents[0].Domains }

// TestIncident holds what a case tells of a run against its truth.
func TestIncident(t *testing.T) {
	in, truth := gathered(t, 800)
	var first, last time.Time
	hours, bounced := map[string]int{}, 0
	domains, relays := map[string][2]int{}, map[int]int{}
	recipients := map[string]bool{}
	seen := map[int]bool{}
	for _, msg := range truth {
		recipients[msg.Recipient] = true
		d := domains[msg.Forged[strings.IndexByte(msg.Forged, '@')+1:]]
		if msg.Class == "bounce" {
			bounced++
			d[1]++
		}
		if msg.Class == "sample" && !seen[msg.Spam] {
			seen[msg.Spam] = true
			at := msg.Arrived.UTC()
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
			hours[at.Truncate(time.Hour).Format(time.RFC3339)]++
			d[0]++
			relays[msg.Relay]++
		}
		domains[msg.Forged[strings.IndexByte(msg.Forged, '@')+1:]] = d
	}
	if in.First != first.Format(time.RFC3339) || in.Last != last.Format(time.RFC3339) {
		t.Errorf("from %s to %s, truth %s to %s", in.First, in.Last, first, last)
	}
	got, weekend, gotBounces := map[string]int{}, 0, 0
	for _, h := range in.Hours {
		if h.Samples > 0 {
			got[h.Start] = h.Samples
		}
		gotBounces += h.Bounces
		at, err := time.Parse(time.RFC3339, h.Start)
		if err != nil || h.Weekend != (at.Weekday() == time.Saturday || at.Weekday() == time.Sunday) {
			t.Errorf("hour %s: weekend %t, %v", h.Start, h.Weekend, err)
		}
		if h.Weekend {
			weekend += h.Samples
		}
	}
	if diff := cmp.Diff(hours, got); diff != "" || gotBounces != bounced || weekend == 0 {
		t.Errorf("hours (-want +got):\n%s%d bounces of %d, %d samples at the weekend", diff, gotBounces, bounced, weekend)
	}
	gotDomains := map[string][2]int{}
	for i, d := range in.Domains {
		gotDomains[d.Domain] = [2]int{d.Samples, d.Bounces}
		if d.Ours != (d.Domain == domainsOf(casetest.New(casetest.Config{Seed: 3, Incidents: 1, Relays: 40}))[0]) {
			t.Errorf("%s: ours is %t", d.Domain, d.Ours)
		}
		if i > 0 && d.Samples+d.Bounces > in.Domains[i-1].Samples+in.Domains[i-1].Bounces {
			t.Error("domains are not sorted")
		}
	}
	if diff := cmp.Diff(domains, gotDomains); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
	sum := 0
	for _, c := range in.Recipients {
		sum += c.Count
	}
	if sum != len(recipients) || len(in.Recipients) < 8 {
		t.Errorf("%d recipients in %d countries, truth %d", sum, len(in.Recipients), len(recipients))
	}
	if e := in.Estimates[0]; e.Low != len(recipients) || e.High != 0 || e.IP.IsValid() {
		t.Errorf("estimate %+v, recipients %d", e, len(recipients))
	}
	if len(in.Relays) == 0 || in.Relays[0].Peak > in.Relays[0].Samples || in.Relays[0].Peak == 0 {
		t.Errorf("rates %+v", in.Relays)
	}
	most := slices.Max(slices.Collect(maps.Values(relays)))
	if in.Relays[0].Samples > most {
		t.Errorf("%d samples by one relay, at most %d are true", in.Relays[0].Samples, most)
	}
}

// spamFrom is a sample that a sendmail relay handed on, with a process number in its queue ID.
func spamFrom(from string, at time.Time, process int) casefile.Sample {
	const base60 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
	stamp := at.Format("Mon, 2 Jan 2006 15:04:05 -0700")
	id := string([]byte{base60[(at.Year()-1900)%60], base60[int(at.Month())-1], base60[at.Day()], base60[at.Hour()], base60[at.Minute()], base60[at.Second()], 'A'}) + fmt.Sprintf("%05d", process)
	data := []byte("Return-Path: <" + from + ">\nReceived: from www.firm.example (www.firm.example [198.18.0.9])\n\tby mx.home.example (Postfix) with ESMTP id 3F0130A; " + stamp +
		"\nReceived: from aol.com (dsl7.access.example.de [198.19.7.7])\n\tby www.firm.example (8.11.6/8.11.6) with SMTP id " + id + "\n\tfor <pat@home.example>; " + stamp + "\nFrom: " + from + "\n\nx\n")
	return casefile.Sample{SHA256: strings.Repeat("b", 64), Path: trace.Analyze(data, header.Scan(data, nil).Fields, &trace.Settings{})}
}

// TestSize: process numbers that count up bound what a relay took; others tell nothing.
func TestSize(t *testing.T) {
	begin := time.Date(2003, 3, 7, 18, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		step func(i int) int
		low  int
		high int
	}{
		{"counting up", func(i int) int { return 1000 + 40*i }, 9, 360},
		{"round the end of the numbers", func(i int) int { return (32700 + 20*i) % 32768 }, 9, 180},
		{"at random", func(i int) int { return []int{900, 31000, 22, 14000, 7000, 30000, 12, 500, 29000, 44}[i] }, 0, 0},
	} {
		g := casefile.NewGatherer(casefile.Settings{})
		for i := range 10 {
			s := spamFrom("a@college.example", begin.Add(time.Duration(i)*2*time.Minute), test.step(i))
			g.AddSample(&s)
		}
		c, err := g.Case(casefile.Input{Seed: "seed"}, func(int) (casefile.Sample, error) { return casefile.Sample{SHA256: strings.Repeat("b", 64)}, nil })
		if err != nil {
			t.Fatal(err)
		}
		var got casefile.Estimate
		for _, e := range c.Incident.Estimates {
			if e.IP == netip.MustParseAddr("198.18.0.9") {
				got = e
			}
		}
		if got.Low != test.low || got.High != test.high {
			t.Errorf("%s: from %d to %d, want %d to %d: %q", test.name, got.Low, got.High, test.low, test.high, got.Method)
		}
	}
}

// TestPattern: what addresses look like is told only when most are made in one way.
func TestPattern(t *testing.T) {
	for _, test := range []struct {
		locals []string
		want   string
	}{
		{[]string{"xkqzvb", "plmwrt", "qzxcvb", "bnmklp", "wqrtzp", "hgfdsa"}, "6 random letters"},
		{[]string{"pat.moss", "jo.park", "kim.hale", "sam.field", "lee.stone"}, `two words or names with "." between`},
		{[]string{"garden012", "window777", "lamp300", "river123", "onion999"}, "a word or name and 3 digits"},
		{[]string{"123456", "99887", "100200", "55443322", "91"}, "2 to 8 digits"},
		{[]string{"pat.moss", "garden012", "xkqzvb", "jo", "a-b-c"}, ""},
		{[]string{"pat", "jo"}, ""},
	} {
		g := casefile.NewGatherer(casefile.Settings{})
		for i, l := range test.locals {
			s := spamFrom(l+"@college.example", time.Date(2003, 3, 7, 18, i, 0, 0, time.UTC), i)
			g.AddSample(&s)
		}
		c, err := g.Case(casefile.Input{Seed: "seed"}, func(int) (casefile.Sample, error) { return casefile.Sample{SHA256: strings.Repeat("b", 64)}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Incident.Addresses; got.Pattern != test.want || got.Distinct != len(test.locals) {
			t.Errorf("%v: %q of %d, want %q", test.locals, got.Pattern, got.Distinct, test.want)
		}
	}
}

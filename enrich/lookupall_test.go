package enrich_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"testing"
	"time"

	"relaytrace/enrich"
	"relaytrace/enrich/enrichtest"
)

// crowd is addresses and the networks around them, spread over the five registries as
// widely as real ones are.
func crowd(addresses, networks int) ([]netip.Addr, []enrichtest.Net) {
	blocks := []struct {
		registry string
		octet    byte
	}{{"RIPE NCC", 193}, {"ARIN", 64}, {"APNIC", 1}, {"LACNIC", 187}, {"AFRINIC", 41}}
	var nets []enrichtest.Net
	for i := range networks {
		b := blocks[i%len(blocks)]
		k := i / len(blocks)
		n := enrichtest.Prefix(b.registry, fmt.Sprintf("%d.%d.%d.0/22", b.octet, k*7%250, k/250*4), fmt.Sprintf("net%d", i), "NL")
		nets = append(nets, n)
	}
	var addrs []netip.Addr
	for i := range addresses {
		b := nets[i%networks].First.As4()
		b[2] += byte(i / networks % 4)
		b[3] = byte(1 + i/networks)
		addrs = append(addrs, netip.AddrFrom4(b))
	}
	return addrs, nets
}

// unlucky gives a share of the questions a 429 and a share no answer, by the question and
// how often it was put, so that a second try fares otherwise.
func unlucky(delay time.Duration, limited, dropped uint32) func(enrichtest.Question) enrichtest.Fault {
	return func(q enrichtest.Question) enrichtest.Fault {
		h := fnv.New32a()
		fmt.Fprint(h, q.Server, q.Text, q.N)
		f := enrichtest.Fault{Delay: delay}
		switch x := h.Sum32() % 100; {
		case x < limited:
			f.Status, f.RetryAfter = 429, 1
		case x < limited+dropped:
			f.Drop = true
		}
		return f
	}
}

// checkCrowd holds a run against what the servers measured. It returns the time that the
// servers' limits and the rests that they asked for allow.
func checkCrowd(t testing.TB, w *enrichtest.World, limits enrich.Limits, addrs []netip.Addr, nets []enrichtest.Net, got map[netip.Addr]enrich.Record) time.Duration {
	t.Helper()
	if len(got) != len(addrs) {
		t.Errorf("%d records of %d addresses", len(got), len(addrs))
	}
	lost := 0
	for i, a := range addrs {
		r := got[a]
		if n := nets[i%len(nets)]; r.Network == nil || r.Network.First != n.First || len(r.Contacts) == 0 || r.Abuse != enrich.AbuseNamed && n.Registry != "AFRINIC" {
			if lost++; lost < 4 {
				t.Errorf("%s is lost: %+v %q", a, r.Network, outcomes(r))
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d addresses lost", lost)
	}
	var allowed time.Duration
	for _, registry := range enrichtest.Regional {
		l := w.Log("rdap " + registry)
		if l.MostAtOnce > limits.Connections || l.DuringRest > limits.Connections {
			t.Errorf("%s: %d at once, %d during its rest; %d connections", registry, l.MostAtOnce, l.DuringRest, limits.Connections)
		}
		checkRate(t, registry, l.At, limits)
		seen := make(map[string]bool)
		for _, q := range l.Questions {
			seen[q] = true
		}
		known := 0
		for _, n := range nets {
			if n.Registry == registry {
				known++
			}
		}
		if len(seen) != known {
			t.Errorf("%s: asked about %d addresses of %d networks", registry, len(seen), known)
		}
		needs := time.Duration(float64(len(l.Questions))/limits.PerSecond*float64(time.Second)) + l.Rested
		allowed = max(allowed, needs)
	}
	// AFRINIC names no abuse contact over RDAP, so that its WHOIS server is asked as well.
	l := w.Log("whois AFRINIC")
	if len(l.Questions) == 0 || l.MostAtOnce > limits.Connections {
		t.Errorf("WHOIS of AFRINIC: %d questions, %d at once", len(l.Questions), l.MostAtOnce)
	}
	checkRate(t, "WHOIS of AFRINIC", l.At, limits)
	return allowed
}

// checkRate holds the arrivals in every second, and in every ten, against the rate. What
// the gate let through in that time is at most the rate and one; what it let through
// before may still have been on its way, on a busy machine, and is at most one question
// for each connection.
func checkRate(t testing.TB, server string, at []time.Time, limits enrich.Limits) {
	t.Helper()
	for _, seconds := range []int{1, 10} {
		window := time.Duration(seconds) * time.Second
		most := limits.PerSecond*float64(seconds) + 1 + float64(limits.Connections)
		for i, j := 0, 0; i < len(at); i++ {
			for at[i].Sub(at[j]) >= window {
				j++
			}
			if n := i - j + 1; float64(n) > most {
				t.Errorf("%s: %d questions in %v, the limit is %v a second and %d at once", server, n, window, limits.PerSecond, limits.Connections)
				return
			}
		}
	}
}

// TestLookupAll is a small run of the benchmark below.
func TestLookupAll(t *testing.T) {
	addrs, nets := crowd(200, 60)
	w := enrichtest.Start(t, nets...)
	w.SetFault(unlucky(5*time.Millisecond, 3, 5))
	s := settingsFor(w)
	s.Resolver = ""
	s.Limits = enrich.Limits{PerSecond: 100, Connections: 4, Tries: 8, Pause: 10 * time.Millisecond}
	e := enricher(t, s)
	told := 0
	got := e.LookupAll(context.Background(), addrs, func(enrich.Record) { told++ })
	checkCrowd(t, w, s.Limits, addrs, nets, got)
	if told != len(addrs) {
		t.Errorf("%d records told", told)
	}
	// A second round asks nothing.
	before := w.Asked("rdap")
	e.LookupAll(context.Background(), addrs, nil)
	if n := w.Asked("rdap") - before; n != 0 {
		t.Errorf("%d questions about what is known", n)
	}
}

// TestLookupAllCancelled ends at once, whatever it waits for.
func TestLookupAllCancelled(t *testing.T) {
	addrs, nets := crowd(100, 50)
	w := enrichtest.Start(t, nets...)
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		return []enrichtest.Fault{{Hang: true}, {Status: 429, RetryAfter: 60}, {Delay: time.Minute}, {Drop: true}}[q.N%4]
	})
	s := settingsFor(w)
	s.Limits = enrich.Limits{PerSecond: 20, Connections: 2}
	e := enricher(t, s)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(300*time.Millisecond, cancel)
	begun := time.Now()
	e.LookupAll(ctx, addrs, nil)
	if d := time.Since(begun); d > 1500*time.Millisecond {
		t.Errorf("ended after %v", d)
	}
}

// TestCacheOnDisk answers from one run to the next without a question, also offline, and
// tells servers of other settings apart.
func TestCacheOnDisk(t *testing.T) {
	dir := t.TempDir()
	addrs, nets := crowd(40, 10)
	w := enrichtest.Start(t, nets...)
	s := settingsFor(w)
	run := func(s enrich.Settings) map[netip.Addr]enrich.Record {
		cache, err := enrich.OpenCache(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := cache.Close(); err != nil {
				t.Error(err)
			}
		}()
		s.Cache = cache
		return enricher(t, s).LookupAll(context.Background(), addrs, nil)
	}
	first := run(s)
	asked := w.Asked("")
	s.Offline = true
	second := run(s)
	if n := w.Asked("") - asked; n != 0 {
		t.Errorf("%d questions in the second run", n)
	}
	for _, a := range addrs {
		x, y := first[a], second[a]
		if fmt.Sprint(ranked(x)) != fmt.Sprint(ranked(y)) || x.Network.Holder != y.Network.Holder || len(x.Lookups) != len(y.Lookups) {
			t.Fatalf("%s: %q and %q", a, outcomes(x), outcomes(y))
		}
		for i, l := range y.Lookups {
			if !l.Kept || string(l.Raw) != string(x.Lookups[i].Raw) {
				t.Fatalf("%s: look-up %+v is not the one that was kept", a, l)
			}
		}
	}
	s.Offline = false
	other := enrichtest.Start(t, nets...)
	s.RDAPBase, s.WHOIS = other.RDAP(), other.WHOIS()
	run(s)
	if other.Asked("rdap") == 0 {
		t.Error("what one server said was taken for the answer of another")
	}
}

// TestReach asks again inside a provider's allocation, where a customer may have a network
// of his own, and not inside an assignment.
func TestReach(t *testing.T) {
	provider := enrichtest.Prefix("RIPE NCC", "193.4.0.0/16", "provider", "NL")
	provider.Type = "ALLOCATED PA"
	customer := enrichtest.Prefix("RIPE NCC", "193.4.7.0/24", "customer", "NL")
	customer.Type = "ASSIGNED PA"
	office := enrichtest.Prefix("RIPE NCC", "193.5.0.0/16", "office", "NL")
	office.Type = "ASSIGNED PI"
	w := enrichtest.Start(t, provider, customer, office)
	s := settingsFor(w)
	s.Resolver = ""
	e := enricher(t, s)
	for _, test := range []struct {
		addr, holder string
		asked        int
	}{
		{"193.4.1.1", "Example provider", 1}, {"193.4.1.9", "Example provider", 1}, {"193.4.7.1", "Example customer", 2},
		{"193.4.2.1", "Example provider", 3}, {"193.5.1.1", "Example office", 4}, {"193.5.200.1", "Example office", 4}, {"193.4.7.9", "Example customer", 4},
	} {
		r := e.Lookup(context.Background(), netip.MustParseAddr(test.addr))
		if holder, _ := r.Holder(); holder != test.holder || w.Asked("rdap") != test.asked {
			t.Errorf("%s: holder %q after %d questions, want %q after %d", test.addr, holder, w.Asked("rdap"), test.holder, test.asked)
		}
	}
}

func TestHoldAgainst(t *testing.T) {
	n := enrichtest.Prefix("ARIN", "192.149.252.0/24", "arinnet", "US")
	n.Registered, n.Changed = "2004-05-06", "2015-06-07"
	r := lookup(t, settingsFor(enrichtest.Start(t, n)), "192.149.252.1")
	for seen, want := range map[string]string{"2002-08-01": "registered-after-sample", "2010-01-01": "changed-after-sample", "2020-01-01": ""} {
		c := r
		c.Notes = nil
		at, _ := time.Parse("2006-01-02", seen)
		c.HoldAgainst(at)
		if got := strings.Join(codes(c), " "); got != want {
			t.Errorf("sample of %s: notes %q, want %q", seen, got, want)
		}
	}
	r.HoldAgainst(time.Time{})
	(&enrich.Record{}).HoldAgainst(time.Now())
}

// BenchmarkLookupAll looks up 10,000 addresses in 3,000 networks at servers with a delay
// of 50 ms, of which 5 % of the questions get a 429 and 5 % no answer. It reports the time
// against what the servers' limits and the rests that they asked for allow.
func BenchmarkLookupAll(b *testing.B) {
	for b.Loop() {
		addrs, nets := crowd(10000, 3000)
		w := enrichtest.Start(b, nets...)
		w.SetFault(unlucky(50*time.Millisecond, 5, 5))
		s := settingsFor(w)
		cache, err := enrich.OpenCache(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		s.Resolver, s.Cache = "", cache
		s.Limits = enrich.Limits{PerSecond: 50, Connections: 8, Tries: 10, Pause: 50 * time.Millisecond, Deadline: 5 * time.Minute}
		begun := time.Now()
		got := enricher(b, s).LookupAll(context.Background(), addrs, nil)
		took := time.Since(begun)
		allowed := checkCrowd(b, w, s.Limits, addrs, nets, got)
		if err := cache.Close(); err != nil {
			b.Error(err)
		}
		b.ReportMetric(took.Seconds(), "s/run")
		b.ReportMetric(allowed.Seconds(), "s-allowed")
		b.ReportMetric(took.Seconds()/allowed.Seconds(), "of-allowed")
		b.ReportMetric(float64(w.Asked("rdap")), "questions")
	}
}

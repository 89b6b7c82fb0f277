package enrich_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"relaytrace/enrich"
	"relaytrace/enrich/enrichtest"
)

// TestBootstrap asks whom IANA's file names, fetches the file once a week, and goes on with
// what there is when it cannot be had.
func TestBootstrap(t *testing.T) {
	// The table has 64/8 with ARIN and 193/8 with RIPE NCC.
	moved := enrichtest.Prefix("RIPE NCC", "64.4.0.0/16", "movednet", "NL")
	w := enrichtest.Start(t, moved, enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"))
	dir := t.TempDir()
	ask := func(fault *enrichtest.Fault, addr string) enrich.Record {
		t.Helper()
		w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
			if q.Server == "iana" && fault != nil {
				return *fault
			}
			return enrichtest.Fault{}
		})
		cache, err := enrich.OpenCache(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close()
		s := settingsFor(w)
		s.Bootstrap, s.Cache = w.Bootstrap(), cache
		return lookup(t, s, addr)
	}
	r := ask(&enrichtest.Fault{Status: 503}, "64.4.0.1")
	if !slices.Contains(codes(r), "bootstrap-not-had") || r.Registry != enrich.ARIN || len(w.Log("rdap ARIN").Questions) != 1 {
		t.Errorf("without the file: registry %s, notes %q", r.Registry, codes(r))
	}
	for _, body := range []string{"<html>", `{"services":[[["193.0.0.0/8"],["https://rdap.apnic.net/"]]]}`, "null"} {
		if r := ask(&enrichtest.Fault{Body: []byte(body)}, "193.0.0.1"); !slices.Contains(codes(r), "bootstrap-not-had") && !r.Lookups[0].Kept {
			t.Errorf("%s: notes %q", body, codes(r))
		}
	}
	for i, addr := range []string{"64.4.0.9", "64.4.0.10", "64.5.0.1"} {
		r = ask(nil, addr)
		if want := []enrich.Registry{enrich.RIPENCC, enrich.RIPENCC, enrich.ARIN}[i]; r.Registry != want || slices.Contains(codes(r), "registry-by-bootstrap") != (i < 2) {
			t.Errorf("%s: registry %s, want %s; notes %q", addr, r.Registry, want, codes(r))
		}
	}
	// Kept for a week: now the file's server may be down.
	before := w.Asked("iana")
	if r = ask(&enrichtest.Fault{Drop: true}, "64.6.0.1"); slices.Contains(codes(r), "bootstrap-not-had") || w.Asked("iana") != before {
		t.Errorf("notes %q after %d questions", codes(r), w.Asked("iana")-before)
	}
	if r = ask(nil, "198.17.0.1"); r.Registry != enrich.ARIN || r.Failed() {
		t.Errorf("a host that is no registry's: registry %s, %q", r.Registry, outcomes(r))
	}
	if _, err := enrich.New(enrich.Settings{Bootstrap: "http://iana.example/"}); err == nil {
		t.Error("a bootstrap over plain http is accepted")
	}
}

// TestRestIsKeptOnDisk has a second run know that a server asked for rest.
func TestRestIsKeptOnDisk(t *testing.T) {
	w := enrichtest.Start(t, enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"))
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault { return enrichtest.Fault{Status: 429, RetryAfter: 3600} })
	dir := t.TempDir()
	for i, addr := range []string{"193.0.0.1", "193.0.0.2"} {
		cache, err := enrich.OpenCache(dir)
		if err != nil {
			t.Fatal(err)
		}
		s := settingsFor(w)
		s.Cache, s.Resolver, s.WHOIS = cache, "", nil
		e := enricher(t, s)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		r := e.Lookup(ctx, netip.MustParseAddr(addr))
		cancel()
		if l := r.Lookups[0]; l.Outcome != enrich.OutcomeRateLimited || w.Asked("rdap") != 1 {
			t.Errorf("run %d: look-up %+v after %d questions", i, l, w.Asked("rdap"))
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	}
}

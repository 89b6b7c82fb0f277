package enrich_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"relaytrace/enrich"
	"relaytrace/enrich/enrichtest"
)

// quiet is a network without any contact of its own.
func quiet(registry, prefix, country string) enrichtest.Net {
	n := enrichtest.Prefix(registry, prefix, "quiet", country)
	n.Abuse, n.Tech = "", "REDACTED FOR PRIVACY"
	return n
}

func TestReverseNames(t *testing.T) {
	w := enrichtest.Start(t, enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"), enrichtest.Prefix("RIPE NCC", "2001:67c:2e8::/48", "six", "NL"))
	w.SetZones(map[string][]string{
		"PTR 1.0.0.193.in-addr.arpa.": {"MAIL.relay.example.", "bank.example.", "-bad-.example."},
		"A mail.relay.example.":       {"193.0.0.9", "193.0.0.1"},
		"A bank.example.":             {"193.0.0.2"},
		"PTR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.2.0.c.7.6.0.1.0.0.2.ip6.arpa.": {"six.relay.example."},
		"AAAA six.relay.example.":     {"2001:67c:2e8::1"},
		"PTR 2.0.0.193.in-addr.arpa.": {"bank.example."},
		"PTR 3.0.0.193.in-addr.arpa.": {"loop.relay.example."},
		"CNAME loop.relay.example.":   {"loop.relay.example."},
	})
	e := enricher(t, settingsFor(w))
	for addr, want := range map[string]string{
		"193.0.0.1": "mail.relay.example true, bank.example false", "193.0.0.2": "bank.example true",
		"2001:67c:2e8::1": "six.relay.example true", "193.0.0.3": "loop.relay.example false", "193.0.0.4": "",
	} {
		r := e.Lookup(context.Background(), netip.MustParseAddr(addr))
		var got []string
		for _, n := range r.Names {
			got = append(got, fmt.Sprintf("%s %v", n.Name, n.Confirmed))
			if n.Kind != "ptr" || n.Source == "" || n.Asked == "" {
				t.Errorf("%s: name %+v", addr, n)
			}
		}
		if strings.Join(got, ", ") != want || slices.Contains(codes(r), "reverse-name-unconfirmed") != (addr == "193.0.0.3") {
			t.Errorf("%s: names %q, want %q; notes %q", addr, got, want, codes(r))
		}
	}
	before := w.Asked("dns")
	r := e.Lookup(context.Background(), netip.MustParseAddr("193.0.0.1"))
	if l := r.Lookups[len(r.Lookups)-1]; w.Asked("dns") != before || len(r.Names) != 2 || !l.Kept {
		t.Errorf("asked again: %d questions, names %+v, look-up %+v", w.Asked("dns")-before, r.Names, l)
	}
}

// TestResolverFaults tells no name from no answer, and takes no fault for a failed registry.
func TestResolverFaults(t *testing.T) {
	for _, test := range []struct {
		name    string
		fault   enrichtest.Fault
		outcome enrich.Outcome
	}{
		{"SERVFAIL", enrichtest.Fault{Status: dns.RcodeServerFailure}, enrich.OutcomeFailed},
		{"REFUSED", enrichtest.Fault{Status: dns.RcodeRefused}, enrich.OutcomeRefused},
		{"truncated", enrichtest.Fault{Cut: true}, enrich.OutcomeOK},
		{"NXDOMAIN", enrichtest.Fault{Status: dns.RcodeNameError}, enrich.OutcomeNotFound},
	} {
		w := enrichtest.Start(t, enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"))
		w.SetZones(map[string][]string{"PTR 1.0.0.193.in-addr.arpa.": {"a.example."}, "A a.example.": {"193.0.0.1"}})
		w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
			if q.Server == "dns" {
				return test.fault
			}
			return enrichtest.Fault{}
		})
		r := lookup(t, settingsFor(w), "193.0.0.1")
		i := slices.IndexFunc(r.Lookups, func(l enrich.Lookup) bool { return l.Kind == "dns" })
		if l := r.Lookups[i]; l.Outcome != test.outcome || l.Question != "PTR 1.0.0.193.in-addr.arpa." || r.Failed() {
			t.Errorf("%s: look-up %+v, failed %v", test.name, l, r.Failed())
		}
	}
	// A resolver that stays silent holds nothing up for longer than the deadline.
	w := enrichtest.Start(t, enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"))
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault { return enrichtest.Fault{Drop: q.Server == "dns"} })
	s := settingsFor(w)
	s.Limits.Deadline = 300 * time.Millisecond
	begun := time.Now()
	r := lookup(t, s, "193.0.0.1")
	if l := r.Lookups[len(r.Lookups)-1]; l.Outcome != enrich.OutcomeTimeout || time.Since(begun) > 3*time.Second || r.Abuse != enrich.AbuseNamed {
		t.Errorf("look-up %+v after %v", l, time.Since(begun))
	}
}

// TestDomainContacts takes addresses from the domains of verified names only.
func TestDomainContacts(t *testing.T) {
	w := enrichtest.Start(t, quiet("RIPE NCC", "193.0.0.0/21", "AT"))
	zones := map[string][]string{
		"PTR 1.0.0.193.in-addr.arpa.":         {"mail.relay.co.uk.", "victim.example."},
		"A mail.relay.co.uk.":                 {"193.0.0.1"},
		"A victim.example.":                   {"193.0.7.7"},
		"MX relay.co.uk.":                     {"10 mail.relay.co.uk."},
		"SOA relay.co.uk.":                    {`ns.relay.co.uk. host\.master.relay.co.uk. 1 2 3 4 5`},
		"TXT relay.co.uk.contacts.abuse.net.": {`"spam@relay.co.uk"`},
	}
	w.SetZones(zones)
	r := lookup(t, settingsFor(w), "193.0.0.1")
	want := []string{"9 domain spam@relay.co.uk", "10 domain abuse@relay.co.uk", "11 domain postmaster@relay.co.uk", "12 domain-keeper host.master@relay.co.uk"}
	if got := ranked(r); !slices.Equal(got, want) {
		t.Errorf("contacts %q, want %q", got, want)
	}
	if r.Abuse != enrich.AbuseWithheld || r.Contacts[0].Scope != "relay.co.uk" {
		t.Errorf("state %q, contact %+v", r.Abuse, r.Contacts[0])
	}
	// Without a mail exchanger nobody is at abuse@; a keeper elsewhere is no contact.
	zones["MX relay.co.uk."] = []string{"0 ."}
	zones["SOA relay.co.uk."] = []string{"ns.hoster.example. dns.hoster.example. 1 2 3 4 5"}
	zones["TXT relay.co.uk.contacts.abuse.net."] = []string{`"postmaster@relay.co.uk"`}
	w.SetZones(zones)
	if r := lookup(t, settingsFor(w), "193.0.0.1"); len(ranked(r)) != 1 || r.Contacts[0].Role != "national-cert" {
		t.Errorf("contacts %q", ranked(r))
	}
	// A registry's contact comes before, and then no domain is asked about.
	full := enrichtest.Start(t, enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"))
	full.SetZones(zones)
	r = lookup(t, settingsFor(full), "193.0.0.1")
	if got := ranked(r); !slices.Equal(got, []string{"1 abuse abuse@ripenet.example"}) {
		t.Errorf("contacts %q", got)
	}
}

// TestCERT is the last resort, and none where a registry failed.
func TestCERT(t *testing.T) {
	w := enrichtest.Start(t, quiet("RIPE NCC", "193.0.0.0/21", "DE"))
	r := lookup(t, settingsFor(w), "193.0.0.1")
	if got := ranked(r); !slices.Equal(got, []string{"13 national-cert certbund@bsi.bund.de"}) || !slices.Contains(codes(r), "cert-as-last-resort") {
		t.Errorf("contacts %q, notes %q", got, codes(r))
	}
	if !strings.Contains(r.Contacts[0].Source, enrich.CERTTableDate) {
		t.Errorf("source %q has no date", r.Contacts[0].Source)
	}
	w = enrichtest.Start(t, quiet("RIPE NCC", "193.0.0.0/21", "DE"))
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		return enrichtest.Fault{Drop: strings.HasPrefix(q.Server, "whois")}
	})
	if r := lookup(t, settingsFor(w), "193.0.0.1"); len(r.Contacts) != 0 || r.Abuse != enrich.AbuseError {
		t.Errorf("contacts %q, state %q", ranked(r), r.Abuse)
	}
}

func TestCheckMail(t *testing.T) {
	w := enrichtest.Start(t, enrichtest.Prefix("ARIN", "192.149.252.0/24", "arinnet", "US"))
	s := settingsFor(w)
	s.CheckMail = true
	for want, zones := range map[string]map[string][]string{
		"yes": {"MX arinnet.example.": {"5 mx.arinnet.example."}},
		"no":  {"MX arinnet.example.": {"0 ."}},
	} {
		w.SetZones(zones)
		r := lookup(t, s, "192.149.252.1")
		if r.Contacts[0].Mail != want || slices.Contains(codes(r), "contact-takes-no-mail") != (want == "no") {
			t.Errorf("mail %q, want %q; notes %q", r.Contacts[0].Mail, want, codes(r))
		}
	}
	w.SetZones(map[string][]string{"A arinnet.example.": {"192.149.252.9"}}) // no MX, but an address
	if r := lookup(t, s, "192.149.252.1"); r.Contacts[0].Mail != "yes" {
		t.Errorf("mail %q, want yes", r.Contacts[0].Mail)
	}
	w.SetZones(nil)
	if r := lookup(t, s, "192.149.252.1"); r.Contacts[0].Mail != "no" {
		t.Errorf("mail %q, want no", r.Contacts[0].Mail)
	}
}

func TestLookupDomain(t *testing.T) {
	w := enrichtest.Start(t)
	w.SetZones(map[string][]string{
		"MX www.college.ac.uk.": {"20 b.college.ac.uk.", "10 a.college.ac.uk."},
		"MX college.ac.uk.":     {"10 a.college.ac.uk."},
		"SOA college.ac.uk.":    {"ns.college.ac.uk. hostmaster.college.ac.uk. 1 2 3 4 5"},
	})
	e := enricher(t, settingsFor(w))
	r := e.LookupDomain(context.Background(), "WWW.College.ac.uk.")
	want := []string{"10 domain abuse@college.ac.uk", "11 domain postmaster@college.ac.uk", "12 domain-keeper hostmaster@college.ac.uk"}
	if r.Domain != "www.college.ac.uk" || !slices.Equal(ranked(r), want) || len(r.Names) != 2 || r.Names[0].Name != "a.college.ac.uk" || r.Names[0].Preference != 10 {
		t.Errorf("domain %q, names %+v, contacts %q", r.Domain, r.Names, ranked(r))
	}
	for domain, code := range map[string]string{"co.uk": "public-suffix", "no domain": "no-domain", "x..y": "no-domain", "": "no-domain", "dömain.example": "no-domain"} {
		if r := e.LookupDomain(context.Background(), domain); !slices.Contains(codes(r), code) || len(r.Contacts) != 0 {
			t.Errorf("%q: notes %q, contacts %q", domain, codes(r), ranked(r))
		}
	}
	if w.Asked("rdap")+w.Asked("whois") != 0 {
		t.Error("a registry was asked about a domain")
	}
}

// lists is a world with blocklists of every kind.
func lists(t *testing.T) *enrichtest.World {
	w := enrichtest.Start(t)
	w.SetZones(map[string][]string{
		"A 2.0.0.127.good.example.":      {"127.0.0.2"},
		"A 1.0.0.193.good.example.":      {"127.0.0.4", "127.0.0.11"},
		"TXT 1.0.0.193.good.example.":    {`"listed for tests"`},
		"A 2.0.0.127.refuse.example.":    {"127.255.255.254"},
		"A 2.0.0.127.limit.example.":     {"127.255.255.255"},
		"A 2.0.0.127.wild.example.":      {"198.51.100.1"},
		"A 2.0.0.127.all.example.":       {"127.0.0.2"},
		"A 1.0.0.127.all.example.":       {"127.0.0.2"},
		"A 1.0.0.193.all.example.":       {"127.0.0.2"},
		"A test.names.example.":          {"127.0.1.2"},
		"A college.ac.uk.names.example.": {"127.0.1.2"},
		"A 2.0.0.127.late.example.":      {"127.0.0.2"},
		"A 1.0.0.193.late.example.":      {"127.0.0.1"},
		"A 2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.good.example.": {"127.0.0.2"},
	})
	return w
}

func TestBlocklists(t *testing.T) {
	w := lists(t)
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		if strings.Contains(q.Text, "closed.example") {
			return enrichtest.Fault{Status: dns.RcodeRefused}
		}
		return enrichtest.Fault{}
	})
	s := settingsFor(w)
	s.AddressLists = []string{"good.example", "refuse.example", "limit.example", "wild.example", "all.example", "dead.example", "closed.example", "late.example"}
	s.DomainLists = []string{"names.example"}
	e := enricher(t, s)
	ask := func(r enrich.Record) map[string]enrich.Listing {
		e.Blocklists(context.Background(), &r)
		out := make(map[string]enrich.Listing)
		for _, l := range r.Listings {
			out[l.List] = l
		}
		return out
	}
	got := ask(enrich.Record{Address: netip.MustParseAddr("193.0.0.1")})
	for list, want := range map[string]enrich.ListResult{
		"good.example": enrich.ListListed, "refuse.example": enrich.ListRefused, "limit.example": enrich.ListRateLimited,
		"wild.example": enrich.ListBroken, "all.example": enrich.ListBroken, "dead.example": enrich.ListBroken,
		"closed.example": enrich.ListRefused, "late.example": enrich.ListRefused,
	} {
		if got[list].Result != want || got[list].Asked == "" {
			t.Errorf("%s: %+v, want %s", list, got[list], want)
		}
	}
	if l := got["good.example"]; !slices.Equal(l.Codes, []string{"127.0.0.4", "127.0.0.11"}) || l.Text != "listed for tests" {
		t.Errorf("listing %+v", l)
	}
	if l := ask(enrich.Record{Address: netip.MustParseAddr("193.0.0.2")})["good.example"]; l.Result != enrich.ListNotListed {
		t.Errorf("listing %+v", l)
	}
	six := ask(enrich.Record{Address: netip.MustParseAddr("2001:67c:2e8::1")})
	if six["good.example"].Result != enrich.ListNotListed || six["all.example"].Result != enrich.ListBroken {
		t.Errorf("IPv6: %+v", six)
	}
	if l := ask(enrich.Record{Domain: "college.ac.uk"})["names.example"]; l.Result != enrich.ListListed {
		t.Errorf("domain: %+v", l)
	}
	tests := 0
	for _, q := range w.Log("dns").Questions {
		if q == "A 2.0.0.127.good.example." {
			tests++
		}
	}
	if tests != 1 {
		t.Errorf("the test entry was asked for %d times, want 1", tests)
	}
}

func TestResolverSettings(t *testing.T) {
	for setting, ok := range map[string]bool{"127.0.0.1": true, "127.0.0.1:5353": true, "[::1]:53": true, "::1": true, "localhost": false, "dns.example:53": false, "127.0.0.1:99999": false} {
		if _, err := enrich.New(enrich.Settings{Resolver: setting}); (err == nil) != ok {
			t.Errorf("resolver %q: %v, want accepted %v", setting, err, ok)
		}
	}
	if _, err := enrich.New(enrich.Settings{AddressLists: []string{"not a zone"}}); err == nil {
		t.Error("a list that is no domain is accepted")
	}
	for name, to := range map[string]string{"InterNIC": "127.0.0.1:43", "ARIN": "127.0.0.1"} {
		if _, err := enrich.New(enrich.Settings{WHOIS: map[string]string{name: to}}); err == nil {
			t.Errorf("WHOIS server %q for %s is accepted", to, name)
		}
	}
}

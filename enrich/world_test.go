package enrich_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"relaytrace/enrich"
	"relaytrace/enrich/enrichtest"
)

// loopback refuses all but loopback: no test reaches the internet.
type loopback struct{}

func (loopback) RoundTrip(req *http.Request) (*http.Response, error) {
	if addr, err := netip.ParseAddr(req.URL.Hostname()); err != nil || !addr.IsLoopback() {
		return nil, fmt.Errorf("a test wants to reach %s", req.URL.Host)
	}
	return http.DefaultTransport.RoundTrip(req)
}

// fast are limits that keep tests short.
var fast = enrich.Limits{PerSecond: 1000, Connections: 4, Tries: 3, Pause: time.Millisecond, Deadline: 20 * time.Second}

// settingsFor leads to the servers of a world, with the settings that lead to real ones.
func settingsFor(w *enrichtest.World) enrich.Settings {
	return enrich.Settings{
		RDAPBase: w.RDAP(), WHOIS: w.WHOIS(), Resolver: w.Resolver(),
		HTTP: &http.Client{Transport: loopback{}}, Limits: fast,
	}
}

func enricher(t testing.TB, s enrich.Settings) *enrich.Enricher {
	t.Helper()
	e, err := enrich.New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func lookup(t testing.TB, s enrich.Settings, addr string) enrich.Record {
	t.Helper()
	return enricher(t, s).Lookup(context.Background(), netip.MustParseAddr(addr))
}

// ranked writes contacts as "rule role email".
func ranked(r enrich.Record) []string {
	var out []string
	for _, c := range r.Contacts {
		out = append(out, fmt.Sprintf("%d %s %s", c.Rule, c.Role, c.Email))
	}
	return out
}

func codes(r enrich.Record) []string {
	var out []string
	for _, n := range r.Notes {
		out = append(out, n.Code)
	}
	return out
}

// shapes has a network of every registry. The addresses lie where the registry's do.
var shapes = []struct {
	net  enrichtest.Net
	addr string
	// What comes first when the abuse contact stands in RDAP, and when only in WHOIS.
	rdap, whois string
}{
	{enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL"), "193.0.0.1", "1 abuse abuse@ripenet.example", "3 abuse abuse@ripenet.example"},
	{enrichtest.Prefix("RIPE NCC", "2001:67c:2e8::/48", "ripesix", "NL"), "2001:67c:2e8::1", "1 abuse abuse@ripesix.example", "3 abuse abuse@ripesix.example"},
	{enrichtest.Prefix("ARIN", "192.149.252.0/24", "arinnet", "US"), "192.149.252.1", "1 abuse abuse@arinnet.example", "3 abuse abuse@arinnet.example"},
	{enrichtest.Prefix("APNIC", "1.1.0.0/20", "apnicnet", "AU"), "1.1.0.1", "1 abuse abuse@apnicnet.example", "3 abuse abuse@apnicnet.example"},
	{enrichtest.Prefix("LACNIC", "200.3.12.0/22", "lacnicnet", "UY"), "200.3.12.1", "1 abuse abuse@lacnicnet.example", "3 abuse abuse@lacnicnet.example"},
	{enrichtest.Prefix("AFRINIC", "196.216.2.0/23", "afrinicnet", "MU"), "196.216.2.1", "3 abuse abuse@afrinicnet.example", "3 abuse abuse@afrinicnet.example"},
	{enrichtest.Prefix("JPNIC", "202.32.0.0/16", "jpnicnet", "JP"), "202.32.0.1", "3 abuse abuse@jpnicnet.example", "3 abuse abuse@jpnicnet.example"},
	{enrichtest.Prefix("KRNIC", "202.30.0.0/16", "krnicnet", "KR"), "202.30.50.1", "3 abuse abuse@krnicnet.example", "3 abuse abuse@krnicnet.example"},
	{enrichtest.Prefix("TWNIC", "203.66.0.0/16", "twnicnet", "TW"), "203.66.0.1", "3 abuse abuse@twnicnet.example", "3 abuse abuse@twnicnet.example"},
	{enrichtest.Prefix("IDNIC", "103.10.0.0/22", "idnicnet", "ID"), "103.10.0.1", "1 abuse abuse@idnicnet.example", "3 abuse abuse@idnicnet.example"},
	{enrichtest.Prefix("CNNIC", "1.2.0.0/20", "cnnicnet", "CN"), "1.2.0.1", "5 technical noc@cnnicnet.example", "5 technical noc@cnnicnet.example"},
	{enrichtest.Prefix("VNNIC", "1.52.0.0/14", "vnnicnet", "VN"), "1.52.0.1", "5 technical noc@vnnicnet.example", "5 technical noc@vnnicnet.example"},
	{enrichtest.Prefix("NIC.br", "200.160.0.0/20", "nicbrnet", "BR"), "200.160.0.1", "1 abuse abuse@nicbrnet.example", "3 abuse abuse@nicbrnet.example"},
	{enrichtest.Prefix("NIC.mx", "200.33.0.0/16", "nicmxnet", "MX"), "200.33.0.1", "1 abuse abuse@nicmxnet.example", "3 abuse abuse@nicmxnet.example"},
}

// TestShapes is the table of the package doc: every registry's answers, with the abuse
// contact in RDAP, in WHOIS only, and nowhere.
func TestShapes(t *testing.T) {
	for _, test := range shapes {
		t.Run(test.net.Registry+"/"+test.addr, func(t *testing.T) {
			w := enrichtest.Start(t, test.net)
			checkShape(t, w, test.net, test.addr, test.rdap)

			only := test.net
			only.OnlyWHOIS = true
			checkShape(t, enrichtest.Start(t, only), only, test.addr, test.whois)

			none := test.net
			none.Abuse = ""
			r := lookup(t, settingsFor(enrichtest.Start(t, none)), test.addr)
			// ARIN lists the provider above as well: its contact is told as that.
			above := slices.Contains(ranked(r), "4 abuse abuse@wide.example")
			if (r.Abuse == enrich.AbuseNamed) != above || r.Abuse == enrich.AbuseError || slices.ContainsFunc(r.Contacts, func(c enrich.Contact) bool { return c.Role == "abuse" && c.Rule != 4 }) {
				t.Errorf("no abuse contact anywhere: state %q, contacts %q", r.Abuse, ranked(r))
			}
		})
	}
}

func checkShape(t *testing.T, w *enrichtest.World, n enrichtest.Net, addr, first string) {
	t.Helper()
	r := lookup(t, settingsFor(w), addr)
	state := enrich.AbuseNone
	if strings.Contains(first, "abuse") {
		state = enrich.AbuseNamed
	}
	if len(r.Contacts) == 0 || ranked(r)[0] != first || r.Abuse != state {
		t.Fatalf("contacts %q, want %q first; state %q, look-ups %+v", ranked(r), first, r.Abuse, outcomes(r))
	}
	if r.Network == nil || r.Network.First != n.First || r.Network.Last != n.Last || r.Network.Holder != n.Holder {
		t.Errorf("network %+v, want that of %s", r.Network, n.Holder)
	}
	c := r.Contacts[0]
	if c.Why == "" || c.Source == "" || c.Asked == "" || c.Scope != r.Network.Scope() {
		t.Errorf("contact %+v lacks its ground", c)
	}
	if len(r.Network.Withheld) > 0 && !strings.HasPrefix(r.Network.Withheld[0], "Personal") {
		t.Errorf("withheld %q, and the contact is named", r.Network.Withheld)
	}
	for _, c := range r.Contacts {
		if strings.Contains(c.Email, "wrong.example") || strings.Contains(c.Email, ".nic") || strings.Contains(c.Email, "nic.or.kr") {
			t.Errorf("%s is nobody's contact", c.Email)
		}
	}
	for _, l := range r.Lookups {
		if (l.Kind == "rdap" || l.Kind == "whois") && (len(l.Raw) == 0 || l.RawSHA256 == "") {
			t.Errorf("no evidence kept of %s %s", l.Kind, l.Server)
		}
	}
}

func outcomes(r enrich.Record) []string {
	var out []string
	for _, l := range r.Lookups {
		out = append(out, fmt.Sprintf("%s %s %q: %s %s", l.Kind, l.Server, l.Question, l.Outcome, l.Error))
	}
	return out
}

// TestQuestions checks what WHOIS servers are really asked.
func TestQuestions(t *testing.T) {
	for _, test := range []struct{ registry, prefix, addr, want string }{
		{"RIPE NCC", "193.0.0.0/21", "193.0.0.1", "-B 193.0.0.1"}, {"ARIN", "192.149.252.0/24", "192.149.252.1", "n + 192.149.252.1"},
		{"APNIC", "1.1.0.0/20", "1.1.0.1", "-B 1.1.0.1"}, {"LACNIC", "200.3.12.0/22", "200.3.12.1", "200.3.12.1"},
		{"JPNIC", "202.32.0.0/16", "202.32.0.1", "202.32.0.1/e"}, {"KRNIC", "202.30.0.0/16", "202.30.0.1", "202.30.0.1"},
	} {
		n := enrichtest.Prefix(test.registry, test.prefix, "net", map[string]string{"JPNIC": "JP", "KRNIC": "KR"}[test.registry])
		n.OnlyWHOIS = true
		w := enrichtest.Start(t, n)
		lookup(t, settingsFor(w), test.addr)
		if got := w.Log("whois " + test.registry).Questions; !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s was asked %q, want %q", test.registry, got, test.want)
		}
	}
}

// TestWHOISFaults has every way in which a WHOIS server fails. None may look like a
// network without a contact.
func TestWHOISFaults(t *testing.T) {
	n := enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL")
	n.OnlyWHOIS = true
	for _, test := range []struct {
		name    string
		fault   enrichtest.Fault
		outcome enrich.Outcome
		err     string
		state   enrich.AbuseContact
	}{
		{"dropped", enrichtest.Fault{Drop: true}, enrich.OutcomeFailed, "reset", enrich.AbuseError},
		{"cut", enrichtest.Fault{Cut: true}, enrich.OutcomeFailed, "reset", enrich.AbuseError},
		{"giant", enrichtest.Fault{Giant: true}, enrich.OutcomeFailed, "larger", enrich.AbuseError},
		{"empty", enrichtest.Fault{Body: []byte("\n")}, enrich.OutcomeFailed, "empty", enrich.AbuseError},
		{"HTML", enrichtest.Fault{Body: []byte("<html><body>portal</body></html>\n")}, enrich.OutcomeFailed, "no network", enrich.AbuseError},
		{"other network", enrichtest.Fault{Body: []byte("inetnum: 8.8.8.0 - 8.8.8.255\nnetname: X\nabuse-mailbox: abuse@wrong.example\n")}, enrich.OutcomeFailed, "other networks", enrich.AbuseError},
		{"denied", enrichtest.Fault{Body: []byte("%ERROR:201: access denied for 127.0.0.1\n")}, enrich.OutcomeRefused, "declined", enrich.AbuseError},
		{"none", enrichtest.Fault{Body: []byte("%ERROR:101: no entries found\n")}, enrich.OutcomeNotFound, "", enrich.AbuseWithheld},
		{"binary", enrichtest.Fault{Body: []byte("\x00\xff\xfe[[[::::\n\n:\n[ ]\n- / -\n")}, enrich.OutcomeFailed, "no network", enrich.AbuseError},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := enrichtest.Start(t, n)
			w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
				if strings.HasPrefix(q.Server, "whois") {
					return test.fault
				}
				return enrichtest.Fault{}
			})
			r := lookup(t, settingsFor(w), "193.0.0.1")
			l := r.Lookups[slices.IndexFunc(r.Lookups, func(l enrich.Lookup) bool { return l.Kind == "whois" })]
			if l.Outcome != test.outcome || !strings.Contains(l.Error, test.err) {
				t.Errorf("outcome %q, error %q; want %q, %q", l.Outcome, l.Error, test.outcome, test.err)
			}
			if r.Abuse != test.state || r.Failed() != (test.state == enrich.AbuseError) || r.Network == nil {
				t.Errorf("state %q, failed %v, network %+v", r.Abuse, r.Failed(), r.Network)
			}
		})
	}
}

// TestWHOISRateLimit leaves a server alone that asked for it, and waits no longer than
// the deadline.
func TestWHOISRateLimit(t *testing.T) {
	n := enrichtest.Prefix("LACNIC", "200.3.12.0/22", "lacnicnet", "UY")
	n.OnlyWHOIS = true
	w := enrichtest.Start(t, n)
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		if q.Server == "whois LACNIC" {
			return enrichtest.Fault{Body: []byte("% Query rate limit exceeded. Reduced information.\n")}
		}
		return enrichtest.Fault{}
	})
	s := settingsFor(w)
	s.Limits.Deadline = 2 * time.Second
	e := enricher(t, s)
	for range 2 {
		r := e.Lookup(context.Background(), netip.MustParseAddr("200.3.12.1"))
		l := r.Lookups[1]
		if l.Outcome != enrich.OutcomeRateLimited || l.RetryAfter == "" || r.Abuse != enrich.AbuseError {
			t.Errorf("look-up %+v, state %q", l, r.Abuse)
		}
	}
	if got := len(w.Log("whois LACNIC").Questions); got != 1 {
		t.Errorf("asked %d times, want 1", got)
	}
}

// TestReducedInformation takes what a server says that holds the contacts back, and tells the
// contact as not learnt.
func TestReducedInformation(t *testing.T) {
	n := enrichtest.Prefix("LACNIC", "200.3.12.0/22", "lacnicnet", "UY")
	n.OnlyWHOIS = true
	w := enrichtest.Start(t, n)
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		switch q.Server {
		case "rdap LACNIC":
			return enrichtest.Fault{Status: 403}
		case "whois LACNIC":
			return enrichtest.Fault{Body: []byte("% Query rate limit exceeded. Reduced information.\n\ninetnum: 200.3.12/22\nowner: Example lacnicnet\nabuse-c: EXA\n")}
		}
		return enrichtest.Fault{}
	})
	r := lookup(t, settingsFor(w), "200.3.12.1")
	if l := r.Lookups[1]; l.Outcome != enrich.OutcomeRateLimited || l.RetryAfter == "" || r.Abuse != enrich.AbuseError {
		t.Errorf("look-up %+v, state %q", l, r.Abuse)
	}
	if r.Network == nil || r.Network.Holder != "Example lacnicnet" {
		t.Errorf("network %+v", r.Network)
	}
}

// TestReferrals follows one registry to another, and to nobody else.
func TestReferrals(t *testing.T) {
	for _, test := range []struct {
		referral string
		followed bool
	}{
		{"whois://whois.ripe.net", true}, {"whois://whois.ripe.net:43/", true}, {"whois.ripe.net", true},
		{"rwhois://rwhois.wrong.example:4321", false}, {"whois://whois.ripe.net:4343", false}, {"whois://127.0.0.1", false},
		{"whois://whois.ripe.net.wrong.example", false}, {"http://whois.ripe.net/", false},
	} {
		arin := enrichtest.Prefix("ARIN", "192.149.252.0/24", "arinnet", "US")
		arin.Abuse, arin.Referral = "", test.referral
		ripe := enrichtest.Prefix("RIPE NCC", "192.149.252.0/24", "ripenet", "NL")
		w := enrichtest.Start(t, arin, ripe)
		r := lookup(t, settingsFor(w), "192.149.252.1")
		if got := len(w.Log("whois RIPE NCC").Questions); (got == 1) != test.followed {
			t.Errorf("%s: RIPE was asked %d times, want followed %v", test.referral, got, test.followed)
		}
		if slices.Contains(codes(r), "referral-not-followed") == test.followed {
			t.Errorf("%s: notes %q", test.referral, codes(r))
		}
	}
}

// TestWHOISAfterRDAPFailed takes the network from WHOIS when RDAP gives none.
func TestWHOISAfterRDAPFailed(t *testing.T) {
	n := enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL")
	w := enrichtest.Start(t, n)
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		if strings.HasPrefix(q.Server, "rdap") {
			return enrichtest.Fault{Status: 500}
		}
		return enrichtest.Fault{}
	})
	r := lookup(t, settingsFor(w), "193.0.0.1")
	if r.Network == nil || r.Network.Holder != n.Holder || r.Network.Source != "WHOIS of RIPE NCC, whois.ripe.net" {
		t.Errorf("network %+v", r.Network)
	}
	if r.Contacts[0].Email != n.Abuse || r.Lookups[0].Attempts != 3 || !r.Failed() || r.Abuse != enrich.AbuseNamed {
		t.Errorf("contacts %q, state %q, look-ups %q", ranked(r), r.Abuse, outcomes(r))
	}
	if c := r.Countries[len(r.Countries)-1]; c.Code != "NL" || c.Approximate {
		t.Errorf("country %+v", c)
	}
}

func TestLatin1(t *testing.T) {
	n := enrichtest.Prefix("NIC.br", "200.160.0.0/20", "nicbrnet", "BR")
	n.Holder, n.OnlyWHOIS = "Núcleo de Informação", true
	r := lookup(t, settingsFor(enrichtest.Start(t, n)), "200.160.0.1")
	w := r.Lookups[1]
	if w.Kind != "whois" || !strings.Contains(string(w.Raw), "N\xfacleo") {
		t.Fatalf("look-ups %q", outcomes(r))
	}
	i := slices.IndexFunc(r.Contacts, func(c enrich.Contact) bool { return c.Role == "registrant" || c.Role == "technical" })
	if i < 0 || r.Contacts[i].Name != "Técnico" {
		t.Errorf("contacts %+v", r.Contacts)
	}
}

// TestRDAPFaults has the faults of RDAP servers as a second try meets them: what was in the
// way for a moment costs a try, what stays is told.
func TestRDAPFaults(t *testing.T) {
	n := enrichtest.Prefix("RIPE NCC", "193.0.0.0/21", "ripenet", "NL")
	for _, test := range []struct {
		name  string
		fault enrichtest.Fault
		heals bool // a second try helps
		err   string
	}{
		{"dropped", enrichtest.Fault{Drop: true}, true, "EOF"},
		{"cut", enrichtest.Fault{Cut: true}, true, "EOF"},
		{"500", enrichtest.Fault{Status: 500}, true, "500"},
		{"503", enrichtest.Fault{Status: 503}, true, "503"},
		{"429", enrichtest.Fault{Status: 429, RetryAfter: 1}, true, "429"},
		{"403", enrichtest.Fault{Status: 403}, false, "403"},
		{"giant", enrichtest.Fault{Giant: true}, false, "larger"},
		{"HTML", enrichtest.Fault{Body: []byte("<html>"), ContentType: "text/html"}, false, "not RDAP"},
		{"redirect away", enrichtest.Fault{Status: 302, Location: "https://rdap.wrong.example/ip/193.0.0.1"}, false, "not followed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, always := range []bool{false, true} {
				w := enrichtest.Start(t, n)
				w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
					if strings.HasPrefix(q.Server, "rdap") && (always || q.N == 0) {
						return test.fault
					}
					return enrichtest.Fault{}
				})
				s := settingsFor(w)
				s.WHOIS = nil
				l := lookup(t, s, "193.0.0.1").Lookups[0]
				switch {
				case test.heals && !always:
					if l.Outcome != enrich.OutcomeOK || l.Attempts != 2 {
						t.Errorf("once: %+v", l)
					}
				case l.Outcome == enrich.OutcomeOK || !strings.Contains(l.Error, test.err):
					t.Errorf("always %v: outcome %s, error %q, want %q", always, l.Outcome, l.Error, test.err)
				}
			}
		})
	}
}

// TestJPNICHandles asks JPNIC for the contacts that it names by their keys, each once, and
// only where no abuse desk stands with the network.
func TestJPNICHandles(t *testing.T) {
	a := enrichtest.Prefix("JPNIC", "202.32.0.0/16", "jpnicnet", "JP")
	a.Abuse = ""
	w := enrichtest.Start(t, a)
	s := settingsFor(w)
	s.Resolver = ""
	e := enricher(t, s)
	for i, addr := range []string{"202.32.0.1", "202.32.200.1"} {
		r := e.Lookup(context.Background(), netip.MustParseAddr(addr))
		if got := ranked(r); !slices.Equal(got, []string{"5 technical noc@jpnicnet.example"}) || r.Abuse != enrich.AbuseNone {
			t.Errorf("contacts %q, state %q, look-ups %q", got, r.Abuse, outcomes(r))
		}
		if c := r.Contacts[0]; c.Name != "Network Operations" || c.Handle != "JPCA200000" || c.Scope != "202.32.0.0 - 202.32.255.255" {
			t.Errorf("contact %+v", c)
		}
		if l := r.Lookups[len(r.Lookups)-1]; l.Question != "JPCA200000/e" || l.Outcome != enrich.OutcomeOK || l.Kept != (i > 0) || len(l.Raw) == 0 {
			t.Errorf("look-up %+v", l)
		}
	}
	if got := w.Log("whois JPNIC").Questions; !slices.Equal(got, []string{"202.32.0.1/e", "JPCA200000/e"}) {
		t.Errorf("JPNIC was asked %q", got)
	}
	for name, test := range map[string]struct {
		fault enrichtest.Fault
		state enrich.AbuseContact
	}{
		"dropped": {enrichtest.Fault{Drop: true}, enrich.AbuseError},
		"unknown": {enrichtest.Fault{Body: []byte("No match!!\n")}, enrich.AbuseNone},
		"another": {enrichtest.Fault{Body: []byte("a. [JPNIC Handle] XX1JP\nd. [E-Mail] x@wrong.example\n")}, enrich.AbuseError},
		"hidden":  {enrichtest.Fault{Body: []byte("a. [JPNIC Handle] JPCA200000\nc. [Last, First] Example, Taro\n")}, enrich.AbuseNone},
	} {
		w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
			if strings.HasPrefix(q.Text, "JP") {
				return test.fault
			}
			return enrichtest.Fault{}
		})
		if r := lookup(t, s, "202.32.0.1"); len(r.Contacts) != 0 && r.Contacts[0].Role != "national-cert" || r.Abuse != test.state {
			t.Errorf("%s: contacts %q, state %q", name, ranked(r), r.Abuse)
		}
	}
}

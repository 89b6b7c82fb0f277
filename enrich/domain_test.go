package enrich_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"relaytrace/enrich"
	"relaytrace/enrich/enrichtest"
)

func TestLevels(t *testing.T) {
	for name, want := range map[string]string{
		"dept.college.ac.uk":      "dept.college.ac.uk college.ac.uk",
		"A.b.Dept.College.ac.uk.": "a.b.dept.college.ac.uk b.dept.college.ac.uk dept.college.ac.uk college.ac.uk",
		"college.example":         "college.example",
		"ac.uk":                   "", "uk": "", "": "", "no domain": "", "192.0.2.1": "", "dömain.example": "",
	} {
		if got := strings.Join(enrich.Levels(name), " "); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func check(t *testing.T, zones map[string][]string, name string) enrich.DomainCheck {
	t.Helper()
	w := enrichtest.Start(t)
	w.SetZones(zones)
	return enricher(t, settingsFor(w)).CheckDomain(context.Background(), name)
}

func TestCheckDomain(t *testing.T) {
	zones := map[string][]string{
		"MX college.ac.uk.":                     {"20 b.college.ac.uk.", "10 a.college.ac.uk."},
		"TXT college.ac.uk.":                    {`"v=spf1 ip4:192.0.2.0/24 " "include:_spf.college.ac.uk ~all"`, `"v=spf10 -all"`, `"site-verification=x"`},
		"TXT _dmarc.college.ac.uk.":             {`"v=DMARC1; p=quarantine; sp=none; pct=50; rua=mailto:dmarc@college.ac.uk, mailto:r@reports.example"`},
		"SOA college.ac.uk.":                    {`ns.college.ac.uk. host\.master.college.ac.uk. 1 2 3 4 5`},
		"TXT college.ac.uk.contacts.abuse.net.": {`"spam@college.ac.uk"`},
		"A dept.college.ac.uk.":                 {"192.0.2.9"},
		"MX *.dept.college.ac.uk.":              {"10 a.college.ac.uk."},
		"MX quiet.college.ac.uk.":               {"0 ."},
		"TXT quiet.college.ac.uk.":              {`"V=SPF1 -ALL"`},
	}
	c := check(t, zones, "College.ac.uk.")
	want := enrich.DomainCheck{
		Schema: enrich.DomainSchema, Domain: "college.ac.uk", Exists: "yes", Mail: "yes", Wildcard: enrich.WildcardNone,
		SPF: enrich.SPF{State: enrich.PolicyFound, Records: []string{"v=spf1 ip4:192.0.2.0/24 include:_spf.college.ac.uk ~all"}, All: "~"},
		DMARC: enrich.DMARC{
			State: enrich.PolicyFound, Domain: "college.ac.uk", Policy: "quarantine", Below: "none", Percent: 50,
			Records: []string{"v=DMARC1; p=quarantine; sp=none; pct=50; rua=mailto:dmarc@college.ac.uk, mailto:r@reports.example"},
			Reports: []string{"mailto:dmarc@college.ac.uk", "mailto:r@reports.example"},
		},
		Keeper: "host.master@college.ac.uk", KeeperZone: "college.ac.uk", Notes: []enrich.Note{},
	}
	got := c
	got.Exchangers, got.Contacts, got.Lookups = nil, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(c.Exchangers) != 2 || c.Exchangers[0].Name != "a.college.ac.uk" {
		t.Errorf("exchangers %+v", c.Exchangers)
	}
	contacts := []string{"9 domain spam@college.ac.uk", "10 domain abuse@college.ac.uk", "11 domain postmaster@college.ac.uk", "12 domain-keeper host.master@college.ac.uk"}
	if got := ranked(enrich.Record{Contacts: c.Contacts}); !slices.Equal(got, contacts) {
		t.Errorf("contacts %q", got)
	}
	asked := make(map[string]int)
	for _, l := range c.Lookups {
		if asked[l.Question]++; asked[l.Question] > 1 || len(l.Raw) == 0 {
			t.Errorf("look-up %+v, asked before or without evidence", l)
		}
	}

	dept := check(t, zones, "dept.college.ac.uk")
	if dept.Mail != "yes" || dept.Wildcard != enrich.WildcardMX || dept.SPF.State != enrich.PolicyNone || len(dept.Exchangers) != 0 {
		t.Errorf("%+v", dept)
	}
	if d := dept.DMARC; d.State != enrich.PolicyFound || d.Domain != "college.ac.uk" || d.Policy != "none" {
		t.Errorf("DMARC %+v, want that of the name above with the policy for those below", d)
	}
	if dept.KeeperZone != "college.ac.uk" || dept.Keeper != "host.master@college.ac.uk" {
		t.Errorf("keeper %q of %q", dept.Keeper, dept.KeeperZone)
	}
	if quiet := check(t, zones, "quiet.college.ac.uk"); !quiet.NullMX || quiet.Mail != "no" || quiet.SPF.All != "-" || len(quiet.Contacts) != 0 {
		t.Errorf("%+v", quiet)
	}
	if gone := check(t, zones, "gone.college.ac.uk"); gone.Exists != "no" || gone.Mail != "no" {
		t.Errorf("%+v", gone)
	}
}

func TestPolicies(t *testing.T) {
	for txt, want := range map[string]enrich.SPF{
		`"v=spf1"`:                            {State: enrich.PolicyFound},
		`"v=spf1 a all -all"`:                 {State: enrich.PolicyFound, All: "+"},
		`"v=spf1 ?all redirect=x.example"`:    {State: enrich.PolicyFound, All: "?"},
		`"v=spf1 redirect=_spf.x.example"`:    {State: enrich.PolicyFound, Redirect: "_spf.x.example"},
		`"v=spf1 -all" "v=spf1 x"`:            {State: enrich.PolicyFound},
		`"spf2.0/pra -all"`:                   {State: enrich.PolicyNone},
		"\"v=spf1 -all\"\n\"v=spf1 mx ~all\"": {State: enrich.PolicySeveral},
	} {
		c := check(t, map[string][]string{"TXT a.example.": strings.Split(txt, "\n")}, "a.example")
		c.SPF.Records = nil
		if diff := cmp.Diff(want, c.SPF); diff != "" {
			t.Errorf("%s: %s", txt, diff)
		}
	}
	for txt, want := range map[string]enrich.DMARC{
		`"v=DMARC1; p=reject"`:                         {State: enrich.PolicyFound, Domain: "a.example", Policy: "reject", Below: "reject", Percent: 100},
		`"v=DMARC1;P=NONE;p=reject;pct=900"`:           {State: enrich.PolicyFound, Domain: "a.example", Policy: "none", Below: "none", Percent: 100},
		`"v=DMARC1; rua=mailto:a@b.example"`:           {State: enrich.PolicyFound, Domain: "a.example", Policy: "none", Below: "none", Percent: 100, Reports: []string{"mailto:a@b.example"}},
		`"v=DMARC1; p=nothing"`:                        {State: enrich.PolicyInvalid, Domain: "a.example"},
		`"v=DMARC2; p=reject"`:                         {State: enrich.PolicyNone},
		"\"v=DMARC1; p=none\"\n\"v=DMARC1; p=reject\"": {State: enrich.PolicySeveral, Domain: "a.example"},
	} {
		c := check(t, map[string][]string{"TXT _dmarc.a.example.": strings.Split(txt, "\n")}, "a.example")
		c.DMARC.Records = nil
		if diff := cmp.Diff(want, c.DMARC); diff != "" {
			t.Errorf("%s: %s", txt, diff)
		}
	}
}

func TestWildcards(t *testing.T) {
	for want, zones := range map[enrich.Wildcard]map[string][]string{
		enrich.WildcardNone:    {"A a.example.": {"192.0.2.1"}},
		enrich.WildcardMX:      {"MX *.a.example.": {"10 mx.a.example."}},
		enrich.WildcardNullMX:  {"MX *.a.example.": {"0 ."}},
		enrich.WildcardAddress: {"AAAA *.a.example.": {"2001:db8::1"}},
	} {
		if c := check(t, zones, "a.example"); c.Wildcard != want {
			t.Errorf("%v: %q, want %q", zones, c.Wildcard, want)
		}
	}
	// A wildcard for other records makes no name take mail.
	if c := check(t, map[string][]string{"TXT *.a.example.": {`"x"`}}, "a.example"); c.Wildcard != enrich.WildcardNone {
		t.Errorf("%q", c.Wildcard)
	}
}

// TestCheckDomainFails never takes a resolver that does not answer for a domain without
// protection.
func TestCheckDomainFails(t *testing.T) {
	w := enrichtest.Start(t)
	w.SetFault(func(enrichtest.Question) enrichtest.Fault { return enrichtest.Fault{Status: dns.RcodeServerFailure} })
	c := enricher(t, settingsFor(w)).CheckDomain(context.Background(), "a.example")
	if c.Exists != "error" || c.Mail != "error" || c.Wildcard != enrich.WildcardError || c.SPF.State != enrich.PolicyError || c.DMARC.State != enrich.PolicyError {
		t.Errorf("%+v", c)
	}
	for name, code := range map[string]string{"ac.uk": "public-suffix", "192.0.2.1": "no-domain", "": "no-domain"} {
		if c := enricher(t, settingsFor(w)).CheckDomain(context.Background(), name); len(c.Notes) != 1 || c.Notes[0].Code != code || len(c.Lookups) != 0 {
			t.Errorf("%q: %+v", name, c)
		}
	}
	s := settingsFor(w)
	s.Offline = true
	if c := enricher(t, s).CheckDomain(context.Background(), "a.example"); len(c.Lookups) != 0 || c.Notes[0].Code != "offline" {
		t.Errorf("%+v", c)
	}
}

func TestAddresses(t *testing.T) {
	w := enrichtest.Start(t)
	w.SetZones(map[string][]string{"A mx.college.ac.uk.": {"192.0.2.10", "192.0.2.9", "192.0.2.10"}, "AAAA mx.college.ac.uk.": {"2001:db8::9"}})
	s := settingsFor(w)
	got, lookups := enricher(t, s).Addresses(context.Background(), "MX.college.ac.uk.")
	want := []netip.Addr{netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::9")}
	if !slices.Equal(got, want) || len(lookups) != 2 {
		t.Errorf("%v, %+v", got, lookups)
	}
	if got, lookups := enricher(t, s).Addresses(context.Background(), "gone.college.ac.uk"); len(got) != 0 || lookups[0].Outcome != enrich.OutcomeNotFound {
		t.Errorf("%v, %+v", got, lookups)
	}
	s.Offline = true
	if got, lookups := enricher(t, s).Addresses(context.Background(), "mx.college.ac.uk"); len(got)+len(lookups) != 0 {
		t.Errorf("offline: %v, %+v", got, lookups)
	}
}

// tlsWorld serves the files of a world over https under every name of college.ac.uk.
func tlsWorld(t *testing.T, w *enrichtest.World) http.RoundTripper {
	server := httptest.NewTLSServer(w.WebHandler())
	t.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs, ServerName: "example.com"} // the name in httptest's certificate
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server.Listener.Addr().String())
	}
	return transport
}

func TestSecurityTxt(t *testing.T) {
	const file = "# ours\r\nContact: mailto:security@college.ac.uk\r\nContact: https://college.ac.uk/report\r\nContact: tel:+44-0\r\n" +
		"Expires: 2027-01-01T00:00:00z\r\nPreferred-Languages: en\r\n"
	const signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nContact: mailto:cert@college.ac.uk\n- -----\nExpires: 2020-01-01T00:00:00Z\n" +
		"-----BEGIN PGP SIGNATURE-----\n\nContact: mailto:forged@wrong.example\n-----END PGP SIGNATURE-----\n"
	for _, test := range []struct {
		name    string
		files   map[string]string
		fault   enrichtest.Fault
		outcome enrich.Outcome
		emails  string
		expired bool
		asked   int
	}{
		{"usual", map[string]string{"/.well-known/security.txt": file}, enrichtest.Fault{}, enrich.OutcomeOK, "security@college.ac.uk", false, 1},
		{"at the top", map[string]string{"/security.txt": file}, enrichtest.Fault{}, enrich.OutcomeOK, "security@college.ac.uk", false, 2},
		{"signed, expired", map[string]string{"/.well-known/security.txt": signed}, enrichtest.Fault{}, enrich.OutcomeOK, "cert@college.ac.uk", true, 1},
		{"none", nil, enrichtest.Fault{}, enrich.OutcomeNotFound, "", false, 2},
		{"a page", map[string]string{"/.well-known/security.txt": "text/html\n\n<html>Contact: mailto:x@wrong.example"}, enrichtest.Fault{}, enrich.OutcomeNotFound, "", false, 2},
		{"no contact", map[string]string{"/.well-known/security.txt": "hello\n"}, enrichtest.Fault{}, enrich.OutcomeFailed, "", false, 1},
		{"giant", map[string]string{"/.well-known/security.txt": file}, enrichtest.Fault{Giant: true}, enrich.OutcomeFailed, "", false, 1},
		{"dropped", map[string]string{"/.well-known/security.txt": file}, enrichtest.Fault{Drop: true}, enrich.OutcomeFailed, "", false, 1},
		{"500", nil, enrichtest.Fault{Status: 500}, enrich.OutcomeFailed, "", false, 1},
		{"forbidden", nil, enrichtest.Fault{Status: 403}, enrich.OutcomeRefused, "", false, 1},
		{"strange host", nil, enrichtest.Fault{Status: 302, Location: "https://wrong.example/security.txt"}, enrich.OutcomeFailed, "", false, 1},
		{"likeness", nil, enrichtest.Fault{Status: 302, Location: "https://evilcollege.ac.uk/security.txt"}, enrich.OutcomeFailed, "", false, 1},
		{"plain http", nil, enrichtest.Fault{Status: 302, Location: "http://college.ac.uk/security.txt"}, enrich.OutcomeFailed, "", false, 1},
		{"inside", nil, enrichtest.Fault{Status: 302, Location: "https://127.0.0.1/security.txt"}, enrich.OutcomeFailed, "", false, 1},
		{"another port", nil, enrichtest.Fault{Status: 302, Location: "https://college.ac.uk:8443/security.txt"}, enrich.OutcomeFailed, "", false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := enrichtest.Start(t)
			w.SetFiles(test.files)
			w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
				if q.Server == "web" {
					return test.fault
				}
				return enrichtest.Fault{}
			})
			s := settingsFor(w)
			s.HTTP = &http.Client{Transport: tlsWorld(t, w)}
			s.Now = func() time.Time { return time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) }
			got := enricher(t, s).SecurityTxt(context.Background(), "College.ac.uk")
			if got.Outcome != test.outcome || strings.Join(got.Emails, " ") != test.emails || got.Expired != test.expired {
				t.Errorf("%+v", got)
			}
			if n := len(w.Log("web").Questions); n != test.asked || len(got.Lookups) != n {
				t.Errorf("asked %q, look-ups %+v", w.Log("web").Questions, got.Lookups)
			}
		})
	}
}

// TestSecurityTxtRedirect follows a redirect within the domain.
func TestSecurityTxtRedirect(t *testing.T) {
	w := enrichtest.Start(t)
	w.SetFiles(map[string]string{"/.well-known/security.txt": "Contact: mailto:security@college.ac.uk\n"})
	w.SetFault(func(q enrichtest.Question) enrichtest.Fault {
		if q.Server == "web" && strings.Contains(q.Text, "//college") {
			return enrichtest.Fault{Status: 301, Location: "https://www.college.ac.uk/.well-known/security.txt"}
		}
		return enrichtest.Fault{}
	})
	s := settingsFor(w)
	s.HTTP = &http.Client{Transport: tlsWorld(t, w)}
	if got := enricher(t, s).SecurityTxt(context.Background(), "college.ac.uk"); got.Outcome != enrich.OutcomeOK || got.URL != "https://www.college.ac.uk/.well-known/security.txt" {
		t.Errorf("%+v", got)
	}
}

// TestSecurityTxtSettings asks the URL that the settings name, and by its own means never a
// host that leads inside.
func TestSecurityTxtSettings(t *testing.T) {
	w := enrichtest.Start(t)
	w.SetFiles(map[string]string{"/s.txt": "Contact: mailto:security@college.ac.uk\n"})
	w.SetZones(map[string][]string{"A inside.example.": {"127.0.0.1", "10.0.0.1"}})
	s := settingsFor(w)
	s.HTTP, s.SecurityTxt = nil, map[string]string{"college.ac.uk": w.Web() + "/s.txt"}
	e := enricher(t, s)
	if got := e.SecurityTxt(context.Background(), "college.ac.uk"); got.Outcome != enrich.OutcomeOK || got.URL != w.Web()+"/s.txt" {
		t.Errorf("%+v", got)
	}
	if got := e.SecurityTxt(context.Background(), "inside.example"); got.Outcome != enrich.OutcomeFailed || !strings.Contains(got.Lookups[0].Error, "no public address") {
		t.Errorf("%+v", got)
	}
	s.SecurityTxt["college.ac.uk"] = "http://college.ac.uk/s.txt"
	if _, err := enrich.New(s); err == nil {
		t.Error("plain http to another host is accepted")
	}
	s.SecurityTxt, s.Offline = nil, true
	if got := enricher(t, s).SecurityTxt(context.Background(), "college.ac.uk"); got.Outcome != "" || len(got.Lookups) != 0 {
		t.Errorf("offline: %+v", got)
	}
}

func TestRegistration(t *testing.T) {
	w := enrichtest.Start(t)
	open := enrichtest.Registered{
		Domain: "college.ac.uk", Holder: "Example College", Registrant: "it@college.ac.uk", Tech: "noc@college.ac.uk",
		Registrar: "Example Registrar", RegistrarAbuse: "abuse@registrar.example", Created: "1996-08-01", Changed: "2024-01-02", Expires: "2027-08-01",
	}
	hidden := open
	hidden.Domain, hidden.Holder, hidden.Registrant, hidden.Tech = "hidden.example", "", "", ""
	w.SetRegistered(open, hidden)
	s := settingsFor(w)
	s.RDAPDomains = w.RDAPDomains()
	e := enricher(t, s)
	roles := func(r enrich.Registration) (out []string) {
		for _, c := range r.Contacts {
			out = append(out, c.Role+" "+c.Email)
		}
		return out
	}
	r := e.Registration(context.Background(), "dept.College.ac.uk")
	if want := []string{"technical noc@college.ac.uk", "registrant it@college.ac.uk", "registrar-abuse abuse@registrar.example"}; !slices.Equal(roles(r), want) {
		t.Errorf("contacts %q", roles(r))
	}
	if r.Domain != "college.ac.uk" || r.Outcome != enrich.OutcomeOK || r.Registrar != "Example Registrar" || r.Expires != "2027-08-01T04:00:00Z" || r.Registered != "1996-08-01T04:00:00Z" ||
		!slices.Equal(r.Nameservers, []string{"ns1.college.ac.uk", "ns2.college.ac.uk"}) || len(r.Withheld) != 0 || r.Contacts[0].Scope != "college.ac.uk" || r.Contacts[0].Source == "" {
		t.Errorf("%+v", r)
	}
	r = e.Registration(context.Background(), "hidden.example")
	if !slices.Equal(roles(r), []string{"registrar-abuse abuse@registrar.example"}) || !slices.Equal(r.Withheld, []string{"Registrant Email"}) {
		t.Errorf("contacts %q, withheld %q", roles(r), r.Withheld)
	}
	if r = e.Registration(context.Background(), "none.example"); r.Outcome != enrich.OutcomeNotFound {
		t.Errorf("%+v", r)
	}
	if r = e.Registration(context.Background(), "college.invalid"); r.Outcome != "" || r.Notes[0].Code != "no-domain-registry" || len(r.Lookups) != 0 {
		t.Errorf("%+v", r)
	}
	for name, test := range map[string]struct {
		fault enrichtest.Fault
		want  enrich.Outcome
	}{
		"another domain": {enrichtest.Fault{Body: []byte(`{"objectClassName":"domain","ldhName":"victim.example"}`), ContentType: "application/rdap+json"}, enrich.OutcomeFailed},
		"null":           {enrichtest.Fault{Body: []byte(`null`), ContentType: "application/rdap+json"}, enrich.OutcomeFailed},
		"a page":         {enrichtest.Fault{Body: []byte(`<html>`), ContentType: "text/html"}, enrich.OutcomeFailed},
		"refused":        {enrichtest.Fault{Status: 403}, enrich.OutcomeRefused},
		"dropped":        {enrichtest.Fault{Drop: true}, enrich.OutcomeFailed},
	} {
		w.SetFault(func(enrichtest.Question) enrichtest.Fault { return test.fault })
		if r := enricher(t, s).Registration(context.Background(), "college.ac.uk"); r.Outcome != test.want || len(r.Contacts) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestKnownLists(t *testing.T) {
	if _, err := time.Parse(time.DateOnly, enrich.ListTableDate); err != nil {
		t.Error(err)
	}
	s := enrich.Settings{}
	for _, l := range enrich.KnownLists() {
		if l.Operator == "" || l.Lists == "" || l.Terms == "" || !strings.HasPrefix(l.Policy, "https://") || !strings.HasPrefix(l.Delisting, "https://") {
			t.Errorf("%+v lacks its ground", l)
		}
		if got, ok := enrich.ListOf(strings.ToUpper(l.Zone) + "."); !ok || got.Zone != l.Zone {
			t.Errorf("%s is not found", l.Zone)
		}
		if l.Domains {
			s.DomainLists = append(s.DomainLists, l.Zone)
		} else {
			s.AddressLists = append(s.AddressLists, l.Zone)
		}
	}
	w := enrichtest.Start(t)
	w.SetZones(map[string][]string{
		"A 2.0.0.127.zen.spamhaus.org.":     {"127.0.0.2"},
		"A 1.0.0.193.zen.spamhaus.org.":     {"127.0.0.10"},
		"A dbltest.com.dbl.spamhaus.org.":   {"127.0.1.2"},
		"A test.uribl.com.multi.uribl.com.": {"127.0.0.1"},
		"A 2.0.0.127.bl.spamcop.net.":       {"127.0.0.2"},
	})
	s.Resolver, s.Limits = w.Resolver(), fast
	e := enricher(t, s)
	ask := func(r enrich.Record) map[string]enrich.Listing {
		e.Blocklists(context.Background(), &r)
		out := make(map[string]enrich.Listing)
		for _, l := range r.Listings {
			out[l.List] = l
		}
		return out
	}
	four := ask(enrich.Record{Address: netip.MustParseAddr("193.0.0.1")})
	if l := four["zen.spamhaus.org"]; l.Result != enrich.ListListed || l.Codes[0] != "127.0.0.10" || four["bl.spamcop.net"].Result != enrich.ListNotListed {
		t.Errorf("%+v", four)
	}
	if zen, _ := enrich.ListOf("zen.spamhaus.org"); !strings.Contains(zen.Meaning("127.0.0.10"), "no report of abuse") || zen.Meaning("127.0.0.99") != "" {
		t.Errorf("meaning %q", zen.Meaning("127.0.0.10"))
	}
	if six := ask(enrich.Record{Address: netip.MustParseAddr("2001:67c:2e8::1")}); six["bl.spamcop.net"].Result != enrich.ListIPv4Only {
		t.Errorf("%+v", six)
	}
	names := ask(enrich.Record{Domain: "college.ac.uk"})
	if names["dbl.spamhaus.org"].Result != enrich.ListNotListed || names["multi.uribl.com"].Result != enrich.ListRefused || names["multi.surbl.org"].Result != enrich.ListBroken {
		t.Errorf("%+v", names)
	}
}

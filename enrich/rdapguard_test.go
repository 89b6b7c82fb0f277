package enrich

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBodyIsCapped(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(bytes.Repeat([]byte(" "), 64<<20))
	z.Close()
	full := append(fixture(t, "ripe.json"), bytes.Repeat([]byte(" "), maxBody)...)
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		ok      bool
	}{
		"just full": {serve(rdapJSON, full[:maxBody]), true},
		"too large": {serve(rdapJSON, full[:maxBody+1]), false},
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
		}, false},
	} {
		r := newBench(t, test.handler).ask(t, "193.0.0.1")
		l := r.Lookups[0]
		if test.ok && l.Outcome != OutcomeOK || !test.ok && (l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "larger")) {
			t.Errorf("%s: outcome %q, error %q", name, l.Outcome, l.Error)
		}
		if len(l.Raw) != maxBody || l.RawSHA256 == "" {
			t.Errorf("%s: %d bytes kept, want %d", name, len(l.Raw), maxBody)
		}
	}
}

// TestRedirects checks where an answer may lead. The transport would report any request
// that gets out.
func TestRedirects(t *testing.T) {
	other := httptest.NewServer(serve(rdapJSON, fixture(t, "ripe.json"))) // not named in the settings
	t.Cleanup(other.Close)
	for _, target := range []string{
		other.URL + "/ip/193.0.0.1",
		"https://rdap.example/ip/193.0.0.1",
		"http://rdap.arin.net/registry/ip/193.0.0.1",
		"https://rdap.arin.net:8443/registry/ip/193.0.0.1",
		"https://user@rdap.arin.net/registry/ip/193.0.0.1",
		"https://rdap.arin.net.example/registry/ip/193.0.0.1",
		"https://127.0.0.1/ip/193.0.0.1",
		"https://[::1]/",
		"https://169.254.169.254/latest/meta-data",
		"file:///etc/passwd",
		"gopher://rdap.arin.net/",
	} {
		b := newBench(t, http.RedirectHandler(target, http.StatusFound))
		r := b.ask(t, "193.0.0.1")
		l := r.Lookups[0]
		if l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "not followed") || l.Status != 302 || r.Network != nil {
			t.Errorf("%s: look-up %+v, want it not followed", target, l)
		}
		if len(b.transport.hosts) != 1 {
			t.Errorf("%s: requests went to %v", target, b.transport.hosts)
		}
	}
	// A registry's host is followed; here it ends at the transport of the tests.
	b := newBench(t, http.RedirectHandler("https://rdap.arin.net/registry/ip/193.0.0.1", http.StatusMovedPermanently))
	if l := b.ask(t, "193.0.0.1").Lookups[0]; !strings.Contains(l.Error, "wants to reach rdap.arin.net") {
		t.Errorf("look-up %+v, want the redirect followed", l)
	}
	loop := newBench(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, req.URL.Path+"x", http.StatusFound)
	}))
	if l := loop.ask(t, "193.0.0.1").Lookups[0]; l.Outcome != OutcomeFailed || l.Error != errRedirects.Error() || len(loop.transport.hosts) != maxRedirects+1 {
		t.Errorf("look-up %+v after %d requests", l, len(loop.transport.hosts))
	}
}

// TestPassedOn has ARIN's server pass the question on to RIPE's.
func TestPassedOn(t *testing.T) {
	ripe := httptest.NewServer(serve(rdapJSON, bytes.ReplaceAll(fixture(t, "ripe.json"), []byte("193.0."), []byte("192.149."))))
	defer ripe.Close()
	arin := httptest.NewServer(http.RedirectHandler(ripe.URL+"/ip/192.149.0.1", http.StatusSeeOther))
	defer arin.Close()
	e, err := New(Settings{
		RDAPBase: map[string]string{"ARIN": arin.URL, "RIPE NCC": ripe.URL},
		HTTP:     &http.Client{Transport: &loopbackOnly{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := e.Lookup(context.Background(), netip.MustParseAddr("192.149.0.1"))
	l := r.Lookups[0]
	if l.Outcome != OutcomeOK || l.AnsweredBy != ripe.URL+"/ip/192.149.0.1" || !strings.HasPrefix(l.Server, arin.URL) {
		t.Fatalf("look-up %+v", l)
	}
	if want := "RDAP of RIPE NCC, " + l.AnsweredBy; r.Registry != ARIN || r.Contacts[0].Source != want || r.Network.Source != want || !hasNote(r, "passed-on") {
		t.Errorf("source %q, want %q and a note; notes %+v", r.Contacts[0].Source, want, r.Notes)
	}
}

func network(first, last, rest string) []byte {
	return fmt.Appendf(nil, `{"objectClassName":"ip network","startAddress":%q,"endAddress":%q%s}`, first, last, rest)
}

func TestParent(t *testing.T) {
	var base string
	parent := network("193.0.0.0", "193.0.255.255", `,"name":"WIDE","entities":[{"handle":"ORG-W","roles":["registrant","abuse"],
		"vcardArray":["vcard",[["fn",{},"text","Wide Networks"],["kind",{},"text","org"],["email",{},"text","abuse@wide.example"]]]}]`)
	up := parent
	b := newBench(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.Contains(req.URL.Path, "rdap-up") {
			serve(rdapJSON, up)(w, req)
			return
		}
		serve(rdapJSON, network("193.0.0.0", "193.0.0.255", `,"name":"NARROW","entities":[{"handle":"T1","roles":["technical"],"vcardArray":["vcard",[["fn",{},"text","Tech"],["email",{},"text","tech@narrow.example"]]]}],
			"links":[{"rel":"self","href":"`+base+`/self"},{"rel":"rdap-up rdap-active","href":"`+base+`/rdap-up/x%20-%20y?status=active"}]`))(w, req)
	}))
	base = b.base
	r := b.ask(t, "193.0.0.1")
	if len(r.Lookups) != 2 || r.Lookups[1].Server != base+"/rdap-up/x%20-%20y?status=active" || r.Parent == nil {
		t.Fatalf("look-ups %+v", r.Lookups)
	}
	if name, scope := r.Holder(); name != "Wide Networks" || scope != "193.0.0.0 - 193.0.255.255" || r.Network.Holder != "" {
		t.Errorf("holder %q of %q", name, scope)
	}
	if got := contacts(r); !slices.Equal(got, []string{"abuse abuse@wide.example (Wide Networks)", "technical tech@narrow.example (Tech)"}) {
		t.Errorf("contacts %q", got)
	}
	if r.Contacts[1].Scope != "193.0.0.0 - 193.0.0.255" || r.Contacts[0].Scope != "193.0.0.0 - 193.0.255.255" {
		t.Errorf("scopes %+v", r.Contacts)
	}
	for name, body := range map[string][]byte{
		"another network": network("8.8.8.0", "8.8.8.255", `,"name":"OTHER"`),
		"placeholder":     network("0.0.0.0", "255.255.255.255", `,"name":"IANA-BLK"`),
		"itself":          network("193.0.0.0", "193.0.0.255", ""),
	} {
		up = body
		if r := b.ask(t, "193.0.0.1"); r.Parent != nil || len(r.Contacts) != 1 {
			t.Errorf("%s: parent %+v, contacts %q", name, r.Parent, contacts(r))
		}
	}
	base = "https://evil.example"
	b.transport.hosts = nil
	if r := b.ask(t, "193.0.0.1"); len(r.Lookups) != 2 || !strings.Contains(r.Lookups[1].Error, "not followed") || len(b.transport.hosts) != 1 {
		t.Errorf("look-ups %+v, requests to %v", r.Lookups, b.transport.hosts)
	}
}

// TestRegistryIsNoHolder has the answers in which the registry stands for the holder.
func TestRegistryIsNoHolder(t *testing.T) {
	org := func(name, email string) string {
		return fmt.Sprintf(`,"entities":[{"handle":"ORG-X","roles":["registrant","abuse"],"vcardArray":["vcard",[["fn",{},"text",%q],["kind",{},"text","org"],["email",{},"text",%q]]]}]`, name, email)
	}
	tests := []struct {
		body         []byte
		holder, note string
		contacts     int
	}{
		{network("193.0.0.0", "193.255.255.255", org("RIPE Network Coordination Centre", "abuse@ripe.net")), "", "registry-not-holder", 0},
		{network("193.0.0.0", "193.0.255.255", org("APNIC", "x@mail.apnic.net")), "", "registry-contact-left-out", 0},
		{network("0.0.0.0", "255.255.255.255", org("Somebody", "a@somebody.example")), "", "registry-placeholder", 0},
		{network("192.0.0.0", "193.255.255.255", org("Somebody", "a@somebody.example")), "", "registry-placeholder", 0},
		{network("193.0.0.0", "193.0.7.255", `,"name":"NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK"`+org("Somebody", "a@somebody.example")), "", "registry-placeholder", 0},
		{network("193.0.0.0", "193.0.7.255", `,"remarks":[{"title":"description","description":["***","Allocated to KRNIC Member."]}]`), "", "", 0},
		{network("193.0.0.0", "193.0.7.255", `,"remarks":[{"title":"description","description":["Korea Network Information Center"]}]`), "", "", 0},
		{network("193.0.0.0", "193.255.255.255", org("Large Motor Company", "abuse@motor.example")), "Large Motor Company", "", 1},
		{network("193.0.0.0", "193.0.7.255", org("ARIN Technologies", "abuse@marin.net")), "ARIN Technologies", "", 1},
		{network("193.0.0.0", "193.0.7.255", org("Redacted for Privacy", "redacted@x.example")), "", "", 0},
	}
	for _, test := range tests {
		r := newBench(t, serve(rdapJSON, test.body)).ask(t, "193.0.0.1")
		holder, _ := r.Holder()
		if (r.Network == nil) != hasNote(r, "registry-placeholder") {
			t.Errorf("%s\nnetwork %+v, notes %+v", test.body, r.Network, r.Notes)
		}
		if holder != test.holder || len(r.Contacts) != test.contacts || test.note != "" && !hasNote(r, test.note) || r.Failed() {
			t.Errorf("%s\nholder %q, contacts %q, notes %+v", test.body, holder, contacts(r), r.Notes)
		}
	}
}

func TestRangesAndPrefixes(t *testing.T) {
	for _, test := range []struct{ first, last, want string }{
		{"193.0.0.0", "193.0.7.255", "193.0.0.0/21"},
		{"193.0.0.5", "193.0.0.10", "193.0.0.5/32 193.0.0.6/31 193.0.0.8/31 193.0.0.10/32"},
		{"0.0.0.0", "255.255.255.255", "0.0.0.0/0"},
		{"255.255.255.254", "255.255.255.255", "255.255.255.254/31"},
		{"2001:67c:2e8::", "2001:67c:2e8:ffff:ffff:ffff:ffff:ffff", "2001:67c:2e8::/48"},
		{"2a00::", "2a00:2:ffff:ffff:ffff:ffff:ffff:ffff", "2a00::/31 2a00:2::/32"},
		{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
	} {
		var got []string
		for _, p := range prefixesOf(netip.MustParseAddr(test.first), netip.MustParseAddr(test.last)) {
			got = append(got, p.String())
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s - %s: %v, want %s", test.first, test.last, got, test.want)
		}
	}
	if n := len(prefixesOf(netip.MustParseAddr("::1"), netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"))); n != 254 {
		t.Errorf("%d prefixes at the worst, want 254", n)
	}
	// A range may stand in cidr0_cidrs only.
	body := []byte(`{"objectClassName":"ip network","cidr0_cidrs":[{"v4prefix":"10.0.0.0","length":8},{"v4prefix":"193.0.0.0","length":21},{"v4prefix":"x"}]}`)
	r := newBench(t, serve(rdapJSON, body)).ask(t, "193.0.0.1")
	if r.Network == nil || r.Network.Scope() != "193.0.0.0 - 193.0.7.255" {
		t.Errorf("network %+v", r.Network)
	}
}

// TestNothingIsAsked covers what stays inside: special addresses, blocks of no
// registry, and all when offline.
func TestNothingIsAsked(t *testing.T) {
	b := newBench(t, http.NotFoundHandler())
	for addr, note := range map[string]string{
		"10.0.0.1": "special-purpose", "192.0.2.1": "special-purpose", "2002:808:808::1": "special-purpose",
		"::ffff:127.0.0.1": "special-purpose", "fe80::1%eth0": "special-purpose", "2d00::1": "no-registry",
	} {
		r := b.ask(t, addr)
		if !hasNote(r, note) || len(r.Lookups) != 0 || (r.Special != nil) != (note == "special-purpose") || r.Failed() {
			t.Errorf("%s: %+v", addr, r)
		}
	}
	if r := b.Lookup(context.Background(), netip.Addr{}); !hasNote(r, "no-address") {
		t.Errorf("zero address: %+v", r)
	}
	b.Enricher.offline = true
	if r := b.ask(t, "193.0.0.1"); !hasNote(r, "offline") || r.Registry != RIPENCC || len(r.Countries) != 1 {
		t.Errorf("offline: %+v", r)
	}
	if len(b.transport.hosts) != 0 {
		t.Errorf("requests went to %v", b.transport.hosts)
	}
}

func TestQueriedAddress(t *testing.T) {
	var path string
	b := newBench(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		path = req.URL.EscapedPath()
		http.NotFound(w, req)
	}))
	for addr, want := range map[string]string{
		"::ffff:193.0.0.1": "/ripe/ip/193.0.0.1", "2001:67c:2e8::1%a/../b": "/ripe/ip/2001:67c:2e8::1", "2a00:0:0::1": "/ripe/ip/2a00::1",
	} {
		if r := b.ask(t, addr); path != want || r.Address.Zone() != "" || r.Address.Is4In6() || r.Failed() {
			t.Errorf("%s: asked for %s, want %s", addr, path, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, s := range []string{strings.Repeat("é", 400), strings.Repeat("a", 501), "\xff\xfe", "", strings.Repeat("漢", 200)} {
		got := clip(s)
		if len(got) > maxText || strings.ToValidUTF8(got, "") != got {
			t.Errorf("clip gives %d bytes: %q", len(got), got)
		}
	}
	if got := stamp(time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))); got != "2026-01-02T02:04:05Z" {
		t.Errorf("stamp: %s", got)
	}
}

// panics is a transport below which something is wrong.
type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("as openrdap does on a zone") }

// TestPanics makes a panic an error, and leaves the gate free.
func TestPanics(t *testing.T) {
	keeper := newGatekeeper(Limits{PerSecond: 1000, Connections: 1, Tries: 1}.withDefaults(), time.Now)
	c, err := newRDAPClient(nil, &http.Client{Transport: panics{}}, keeper, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := newRecord(netip.MustParseAddr("193.0.0.1"))
		r.Registry = RIPENCC
		if c.fill(context.Background(), &r); r.Lookups[0].Outcome != OutcomeFailed || !strings.Contains(r.Lookups[0].Error, "could not be read") {
			t.Errorf("%+v", r.Lookups[0])
		}
	}
}

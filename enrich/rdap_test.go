package enrich

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// loopbackOnly is the transport of every test. It refuses all but loopback, so that no
// test reaches the internet, and counts what it was asked for.
type loopbackOnly struct {
	mu    sync.Mutex
	hosts []string
}

func (l *loopbackOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	l.mu.Lock()
	l.hosts = append(l.hosts, req.URL.Host)
	l.mu.Unlock()
	if addr, err := netip.ParseAddr(req.URL.Hostname()); err != nil || !addr.IsLoopback() {
		return nil, fmt.Errorf("a test wants to reach %s", req.URL.Host)
	}
	return http.DefaultTransport.RoundTrip(req)
}

func (l *loopbackOnly) count() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.hosts) }

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

const testNow = "2026-10-01T12:00:00Z"

func newClock() *clock {
	t, _ := time.Parse(time.RFC3339, testNow)
	return &clock{t: t}
}

// bench is an Enricher whose registries are all one loopback server.
type bench struct {
	*Enricher
	clock     *clock
	transport *loopbackOnly
	base      string
}

// newBench serves every registry from handler, below a path with its name.
func newBench(t *testing.T, handler http.Handler) *bench {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	b := &bench{clock: newClock(), transport: &loopbackOnly{}, base: server.URL}
	bases := make(map[string]string)
	for registry := range rdapBases {
		bases[string(registry)] = server.URL + "/" + strings.ToLower(strings.Fields(string(registry))[0])
	}
	var err error
	b.Enricher, err = newEnricher(Settings{
		RDAPBase: bases, HTTP: &http.Client{Transport: b.transport}, Now: b.clock.now,
		Limits: Limits{PerSecond: 1000, Connections: 1, Tries: 1},
	}, b.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// ask looks an address up as if nothing were known yet.
func (b *bench) ask(t *testing.T, addr string) Record {
	t.Helper()
	b.networks = newKnown(nil, "", b.clock.now)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return b.Lookup(ctx, netip.MustParseAddr(addr))
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "rdap", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func serve(contentType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(body)
	}
}

const rdapJSON = "application/rdap+json"

// contacts writes contacts as "role email (name)", for comparing.
func contacts(r Record) []string {
	out := []string{}
	for _, c := range r.Contacts {
		out = append(out, fmt.Sprintf("%s %s (%s)", c.Role, c.Email, c.Name))
	}
	return out
}

func hasNote(r Record, code string) bool {
	return slices.ContainsFunc(r.Notes, func(n Note) bool { return n.Code == code })
}

func TestRegistriesAnswers(t *testing.T) {
	tests := []struct {
		file, addr                     string
		registry                       Registry
		holder, from, address, country string
		scope                          string
		registered, changed            string
		contacts                       []string
		notes                          []string
	}{
		{
			"ripe.json", "193.0.0.1", RIPENCC, "Example Hosting B.V.", "registrant",
			"Keizersgracht 999, 1000 AA Amsterdam, Netherlands", "NL", "193.0.0.0 - 193.0.7.255",
			"2003-03-17T12:15:57Z", "2017-12-04T14:42:31Z",
			[]string{"abuse abuse@hosting.example (Example Abuse Desk)"}, nil,
		},
		{
			"arin.json", "192.149.252.1", ARIN, "Example Telephone Company", "registrant",
			"1 Example Street, Springfield, VA, 20151, United States", "", "192.149.252.0 - 192.149.252.255",
			"1996-07-02T04:00:00Z", "2019-02-22T21:16:13Z",
			[]string{"abuse abuse@telephone.example (Abuse Desk)", "abuse security@telephone.example (Abuse Desk)", "technical noc@telephone.example (Network Operations)"}, nil,
		},
		{
			"apnic.json", "203.119.0.1", APNIC, "Example Broadband Pty Ltd", "description",
			"", "AU", "203.119.0.0 - 203.119.0.255", "2010-01-28T01:12:36Z", "2021-05-13T03:22:06Z",
			[]string{"abuse abuse@broadband.example (IRT-EXAMPLE-AU)", "technical netadmin@broadband.example (Example Network Admin)"}, nil,
		},
		{
			"apnic-krnic.json", "202.30.50.1", APNIC, "Example Telecom Corporation", "description",
			"", "KR", "202.30.50.0 - 202.30.51.255", "", "2017-02-03T00:55:02Z",
			[]string{"technical ipadm@telecom.example (IP Manager)"}, []string{"registry-contact-left-out"},
		},
		{
			"lacnic.json", "200.3.14.1", LACNIC, "Ejemplo Comunicaciones S.A.", "registrant",
			"101, Rambla Ejemplo, Montevideo, 11400", "UY", "200.3.12.0 - 200.3.15.255",
			"2001-01-12T00:00:00Z", "2022-09-30T18:00:00Z",
			[]string{"abuse abuso@comunicaciones.example (Seguridad y Redes)"}, nil,
		},
		{
			"afrinic.json", "196.216.2.1", AFRINIC, "Example Island Networks Ltd", "organisation",
			"Cybercity, Ebene", "MU", "196.216.2.0 - 196.216.3.255", "", "",
			[]string{" hostmaster@island.example (Hostmaster)"}, nil,
		},
		{
			"messy.json", "193.0.0.1", RIPENCC, "Messy Networks Postal Office", "registrant",
			"1 Example Road, Floor 2, Delft, Netherlands", "NL", "193.0.0.0 - 193.0.7.255", "", "",
			[]string{
				"abuse abuse@messy.example (Desk\uFFFDksed\uFFFD)", "abuse second@messy.example (Desk\uFFFDksed\uFFFD)",
				"abuse third@messy.example (Desk\uFFFDksed\uFFFD)", "abuse fourth@messy.example (Desk\uFFFDksed\uFFFD)",
			},
			[]string{"registry-contact-left-out"},
		},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			body := fixture(t, test.file)
			var path, agent string
			b := newBench(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				path, agent = req.URL.Path, req.UserAgent()
				serve(rdapJSON, body)(w, req)
			}))
			r := b.ask(t, test.addr)
			if len(r.Lookups) != 1 || r.Lookups[0].Outcome != OutcomeOK || r.Network == nil {
				t.Fatalf("look-ups %+v", r.Lookups)
			}
			n := r.Network
			holder, scope := r.Holder()
			if r.Registry != test.registry || holder != test.holder || n.HolderFrom != test.from || n.HolderAddress != test.address || n.Country != test.country {
				t.Errorf("registry %q, holder %q from %q, address %q, country %q", r.Registry, holder, n.HolderFrom, n.HolderAddress, n.Country)
			}
			if scope != test.scope || n.Registered != test.registered || n.LastChanged != test.changed {
				t.Errorf("scope %q, registered %q, changed %q", scope, n.Registered, n.LastChanged)
			}
			if got := contacts(r); !slices.Equal(got, test.contacts) {
				t.Errorf("contacts:\n%q, want\n%q", got, test.contacts)
			}
			for _, c := range r.Contacts {
				want := "RDAP of " + string(test.registry) + ", " + r.Lookups[0].Server
				if c.Source != want || c.Scope != test.scope || c.Asked != testNow {
					t.Errorf("contact %+v lacks its source %q, scope or time", c, want)
				}
			}
			if !hasAbuse(r.Contacts) {
				test.notes = append(slices.Clip(test.notes), "no-abuse-contact")
			}
			for _, code := range test.notes {
				if !hasNote(r, code) {
					t.Errorf("no note %s in %+v", code, r.Notes)
				}
			}
			if len(r.Notes) != len(test.notes) {
				t.Errorf("notes %+v", r.Notes)
			}
			want := "/" + strings.ToLower(strings.Fields(string(test.registry))[0]) + "/ip/" + test.addr
			if path != want || agent != "relaytrace" {
				t.Errorf("asked for %s as %q, want %s", path, agent, want)
			}
			if l := r.Lookups[0]; string(l.Raw) != string(body) || len(l.RawSHA256) != 64 || l.Status != 200 || l.Asked != testNow {
				t.Errorf("look-up %+v does not keep the answer", l)
			}
		})
	}
}

func TestDetailsOfAnswers(t *testing.T) {
	b := newBench(t, serve(rdapJSON, fixture(t, "ripe.json")))
	n := b.ask(t, "193.0.0.1").Network
	if n.Name != "EXAMPLE-NET" || n.Handle != "193.0.0.0 - 193.0.7.255" || n.Type != "ASSIGNED PA" || n.ParentHandle == "" {
		t.Errorf("network %+v", n)
	}
	if !slices.Equal(n.Prefixes, []netip.Prefix{netip.MustParsePrefix("193.0.0.0/21")}) || !slices.Equal(n.Status, []string{"active"}) {
		t.Errorf("prefixes %v, status %v", n.Prefixes, n.Status)
	}
	if !slices.Equal(n.Withheld, []string{"Personal e-mail information"}) || len(n.Remarks) != 1 {
		t.Errorf("withheld %q, remarks %q", n.Withheld, n.Remarks)
	}
	arin := newBench(t, serve(rdapJSON, fixture(t, "arin.json"))).ask(t, "192.149.252.1").Network
	if !slices.Equal(arin.Withheld, []string{"REDACTED FOR PRIVACY"}) || !slices.Equal(arin.Remarks, []string{"Registration Comments: 24x7 desk"}) {
		t.Errorf("withheld %q, remarks %q", arin.Withheld, arin.Remarks)
	}
	messy := newBench(t, serve(rdapJSON, fixture(t, "messy.json")))
	r := messy.ask(t, "193.0.0.1")
	if n := r.Network; !slices.Equal(n.Remarks, []string{"one remark as a string"}) || !slices.Equal(n.Status, []string{"active"}) ||
		!slices.Equal(n.Withheld, []string{"Registrant Name"}) || n.Handle != "" {
		t.Errorf("messy network %+v", n)
	}
	if c := r.Countries[len(r.Countries)-1]; c.Code != "NL" || c.Approximate || c.Date != "2026-10-01" {
		t.Errorf("country of the answer %+v", c)
	}
}

// TestFaults has every way in which a server fails to describe a network. None may
// look like a network without a contact.
func TestFaults(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	ripe := fixture(t, "ripe.json")
	tests := []struct {
		name    string
		handler http.HandlerFunc
		outcome Outcome
		err     string // part of the error text
		retry   string
	}{
		{"404", status(404), OutcomeNotFound, "", ""},
		{"404 in the body", serve(rdapJSON, []byte(`{"errorCode":404,"title":"none"}`)), OutcomeNotFound, "", ""},
		{"429 seconds", status(429, "Retry-After", "120"), OutcomeRateLimited, "429", "2026-10-01T12:02:00Z"},
		{"429 date", status(429, "Retry-After", "Thu, 01 Oct 2026 12:05:00 GMT"), OutcomeRateLimited, "429", "2026-10-01T12:05:00Z"},
		{"429 bare", status(429), OutcomeRateLimited, "429", "2026-10-01T12:01:00Z"},
		{"429 nonsense", status(429, "Retry-After", "-5"), OutcomeRateLimited, "429", "2026-10-01T12:01:00Z"},
		{"429 for years", status(429, "Retry-After", "2000000000"), OutcomeRateLimited, "429", "2026-10-02T12:00:00Z"},
		{"429 in the body", serve(rdapJSON, []byte(`{"errorCode":429,"title":"slow"}`)), OutcomeRateLimited, "429", ""},
		{"400", status(400), OutcomeRefused, "400", ""},
		{"403", status(403), OutcomeRefused, "403", ""},
		{"500", status(500), OutcomeFailed, "500", ""},
		{"503 with a time", status(503, "Retry-After", "30"), OutcomeFailed, "503", "2026-10-01T12:00:30Z"},
		{"502 HTML", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); io.WriteString(w, "<html>") }, OutcomeFailed, "502", ""},
		{"200 HTML", serve("text/html", []byte("<html>captive portal</html>")), OutcomeFailed, "not RDAP", ""},
		{"empty 200", serve(rdapJSON, nil), OutcomeFailed, "empty", ""},
		{"204", status(204), OutcomeFailed, "204", ""},
		{"null", serve(rdapJSON, []byte("null")), OutcomeFailed, "no network", ""},
		{"array", serve(rdapJSON, []byte("[]")), OutcomeFailed, "cannot be read", ""},
		{"no objectClassName", serve(rdapJSON, []byte(`{"startAddress":"193.0.0.0","endAddress":"193.0.7.255"}`)), OutcomeFailed, "no network", ""},
		{"strange objectClassName", serve(rdapJSON, []byte(`{"objectClassName":["ip network"]}`)), OutcomeFailed, "cannot be read", ""},
		{"other object", serve(rdapJSON, []byte(`{"objectClassName":"entity","handle":"X"}`)), OutcomeFailed, "no network", ""},
		{"error in the body", serve(rdapJSON, []byte(`{"errorCode":500,"title":"broken"}`)), OutcomeFailed, "broken", ""},
		{"error without a number", serve(rdapJSON, []byte(`{"errorCode":"x","title":"odd"}`)), OutcomeFailed, "odd", ""},
		{"no range", serve(rdapJSON, []byte(`{"objectClassName":"ip network"}`)), OutcomeFailed, "no usable range", ""},
		{"other network", serve(rdapJSON, []byte(`{"objectClassName":"ip network","startAddress":"8.8.8.0","endAddress":"8.8.8.255"}`)), OutcomeFailed, "another network", ""},
		{"range reversed", serve(rdapJSON, []byte(`{"objectClassName":"ip network","startAddress":"193.0.7.255","endAddress":"193.0.0.0"}`)), OutcomeFailed, "another network", ""},
		{"mixed range", serve(rdapJSON, []byte(`{"objectClassName":"ip network","startAddress":"193.0.0.0","endAddress":"2a00::"}`)), OutcomeFailed, "another network", ""},
		{"truncated JSON", serve(rdapJSON, ripe[:len(ripe)/2]), OutcomeFailed, "cannot be read", ""},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(ripe)))
			w.Write(ripe[:100])
		}, OutcomeFailed, "unexpected EOF", ""},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, OutcomeFailed, "EOF", ""},
		{"redirect without a target", status(302), OutcomeFailed, "302", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, test.handler)
			r := b.ask(t, "193.0.0.1")
			if len(r.Lookups) != 1 {
				t.Fatalf("look-ups %+v", r.Lookups)
			}
			l := r.Lookups[0]
			if l.Outcome != test.outcome || !strings.Contains(l.Error, test.err) || (l.Error == "") != (test.outcome == OutcomeNotFound) {
				t.Errorf("outcome %q, error %q; want %q, %q", l.Outcome, l.Error, test.outcome, test.err)
			}
			if l.RetryAfter != test.retry {
				t.Errorf("retry after %q, want %q", l.RetryAfter, test.retry)
			}
			if r.Network != nil || len(r.Contacts) != 0 || r.Failed() != (test.outcome != OutcomeNotFound) {
				t.Errorf("network %+v, contacts %+v, failed %v", r.Network, r.Contacts, r.Failed())
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	base := server.URL
	server.Close()
	e, err := New(Settings{RDAPBase: map[string]string{"RIPE NCC": base}, HTTP: &http.Client{Transport: &loopbackOnly{}}})
	if err != nil {
		t.Fatal(err)
	}
	r := e.Lookup(context.Background(), netip.MustParseAddr("193.0.0.1"))
	if l := r.Lookups[0]; l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "refused") || strings.Contains(l.Error, "Get ") {
		t.Errorf("look-up %+v", l)
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	release := make(chan struct{})
	stuck := func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, ".2") { // a body that never ends
			w.WriteHeader(200)
			io.WriteString(w, "{")
			w.(http.Flusher).Flush()
		}
		select {
		case <-release:
		case <-req.Context().Done():
		}
	}
	b := newBench(t, http.HandlerFunc(stuck))
	defer close(release)
	for _, addr := range []string{"193.0.0.1", "193.0.0.2"} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		r := b.Lookup(ctx, netip.MustParseAddr(addr))
		cancel()
		if l := r.Lookups[0]; l.Outcome != OutcomeTimeout || l.Error != "no full answer in time" || !r.Failed() {
			t.Errorf("%s: look-up %+v, want a timeout", addr, l)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if l := b.Lookup(ctx, netip.MustParseAddr("193.0.0.1")).Lookups[0]; l.Outcome != OutcomeFailed || !strings.Contains(l.Error, "cancelled") {
		t.Errorf("look-up %+v, want cancelled", l)
	}
	// A look-up that waits for its turn ends with its context too.
	gate := b.rdap.keeper.gate(b.base)
	gate.slots <- struct{}{}
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if l := b.Lookup(ctx, netip.MustParseAddr("193.0.0.1")).Lookups[0]; l.Outcome != OutcomeTimeout || !strings.HasPrefix(l.Server, b.base) {
		t.Errorf("look-up %+v, want a timeout", l)
	}
	<-gate.slots
}

func TestRestIsKept(t *testing.T) {
	asked := 0
	b := newBench(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(429)
			return
		}
		serve(rdapJSON, fixture(t, "ripe.json"))(w, req)
	}))
	b.ask(t, "193.0.0.1")
	b.clock.add(119 * time.Second)
	if l := b.ask(t, "193.0.0.1").Lookups[0]; asked != 1 || l.Outcome != OutcomeRateLimited || l.RetryAfter != "2026-10-01T12:02:00Z" || !strings.Contains(l.Error, "not asked") {
		t.Errorf("asked %d times, look-up %+v; want the server left alone", asked, l)
	}
	b.clock.add(time.Second)
	if l := b.ask(t, "193.0.0.1").Lookups[0]; asked != 2 || l.Outcome != OutcomeOK || l.RetryAfter != "" {
		t.Errorf("asked %d times, look-up %+v; want an answer after the rest", asked, l)
	}
}

func TestConcurrentLookups(t *testing.T) {
	var mu sync.Mutex
	under, most := 0, 0
	b := newBench(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		serve(rdapJSON, fixture(t, "ripe.json"))(w, req)
		mu.Lock()
		under--
		mu.Unlock()
	}))
	first, _ := json.Marshal(b.ask(t, "193.0.0.1"))
	b.networks = newKnown(nil, "", b.clock.now)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			// Two networks at once, of which each is asked about once.
			r := b.Lookup(context.Background(), netip.MustParseAddr([]string{"193.0.0.1", "193.1.0.1"}[i%2]))
			for i := range r.Lookups {
				r.Lookups[i].Kept = false
			}
			if got, err := json.Marshal(r); err != nil || i%2 == 0 && string(got) != string(first) {
				t.Errorf("record differs: %.300s, %v", got, err)
			}
		})
	}
	wg.Wait()
	if b.transport.count() != 3 {
		t.Errorf("%d questions, want 3", b.transport.count())
	}
	if most != 1 {
		t.Errorf("%d questions at once, want 1", most)
	}
}

func TestSettings(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://rdap.example/base/": true, "http://127.0.0.1:8080": true, "http://[::1]:8080/": true, "http://localhost/": true,
		"http://rdap.example/": false, "http://127.0.0.1.example/": false, "ftp://127.0.0.1/": false, "rdap.example": false,
		"https://user:word@rdap.example/": false, "https://rdap.example/?a=b": false, "https:///ip": false, "://": false, "": false,
	} {
		_, err := New(Settings{RDAPBase: map[string]string{"ARIN": base}})
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "ARIN") {
			t.Errorf("base %q: %v, want accepted %v", base, err, ok)
		}
	}
	if _, err := New(Settings{RDAPBase: map[string]string{"InterNIC": "https://rdap.example/"}}); err == nil {
		t.Error("an unknown registry is accepted")
	}
	if rdapTimeout != 10*time.Second || maxBody != 1<<20 {
		t.Error("a bound has moved")
	}
	for registry, base := range rdapBases {
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" || !strings.HasSuffix(base, "/") || rdapHosts[u.Hostname()] != string(registry) {
			t.Errorf("%s: base %q is not https at a host of its own", registry, base)
		}
	}
}

// TestRecordJSON checks the contract: lists are never null, raw answers stay outside,
// and a record that is read back is the same.
func TestRecordJSON(t *testing.T) {
	b := newBench(t, serve(rdapJSON, fixture(t, "arin.json")))
	for _, addr := range []string{"192.149.252.1", "2002:c000:204::1", "10.0.0.1"} {
		first, err := json.Marshal(b.ask(t, addr))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(first), `{"schema":"relaytrace.record/1","address":"`+addr+`"`) ||
			strings.Contains(string(first), "null") || strings.Contains(string(first), "vcardArray") {
			t.Errorf("record %s", first)
		}
		var back Record
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
		if second, _ := json.Marshal(back); string(second) != string(first) {
			t.Errorf("read back:\n%s, want\n%s", second, first)
		}
	}
}

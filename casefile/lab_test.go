package casefile

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relaytrace/enrich"
	"relaytrace/trace"
	"relaytrace/trace/header"
)

// labStop is a host on the way of a message of the laboratory; testdata/lab/README.md
// documents the fields.
type labStop struct {
	Host    string     `json:"host"`
	Address netip.Addr `json:"address"`
	Six     netip.Addr `json:"address6"`
	Role    string     `json:"role"`
	Relays  bool       `json:"relays_for_strangers"`
	Hides   string     `json:"hides"`
}

// labCase makes one case of all that the laboratory captured, each host's network held and
// announced by the host's own organisation, and tells who stood on the ways.
func labCase(t *testing.T) (c *Case, stops map[netip.Addr]*labStop) {
	t.Helper()
	files, err := filepath.Glob("../testdata/lab/captures/*.truth")
	if err != nil || len(files) < 200 {
		t.Fatalf("%d captures: %v", len(files), err)
	}
	set := trace.Settings{}
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"} {
		set.Public = append(set.Public, netip.MustParsePrefix(p))
	}
	if set.Trust, err = trace.ParseHosts([]string{"127.0.0.0/8", "192.0.2.0/26", "2001:db8:c0::/48", "*.college.example"}); err != nil {
		t.Fatal(err)
	}
	if set.Forwarder, err = trace.ParseHosts([]string{"*.alumni-postfix.example", "*.alumni-exim.example", "*.alumni-sendmail.example",
		"*.alumni-opensmtpd.example", "lists.zulu.example", "*.backup-exim.example", "*.backup-sendmail.example", "*.backup-postfix.example",
		"203.0.113.71", "203.0.113.72", "203.0.113.73", "203.0.113.74", "203.0.113.75", "203.0.113.76", "203.0.113.77", "203.0.113.78"}); err != nil {
		t.Fatal(err)
	}
	stops = map[netip.Addr]*labStop{}
	records := map[netip.Addr]enrich.Record{}
	numbers := map[string]uint{}
	var samples []Sample
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var truth struct {
			Bounce bool      `json:"bounce"`
			ByOwn  bool      `json:"forged_in_own_name"`
			Path   []labStop `json:"path"`
		}
		if err := json.Unmarshal(text, &truth); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		data, err := os.ReadFile(strings.TrimSuffix(f, ".truth") + ".eml")
		if err != nil {
			t.Fatal(err)
		}
		if truth.Bounce || truth.ByOwn {
			continue // its trace is that of the bounce; what a host writes in its own name no reader can tell from the truth
		}
		for i := range truth.Path {
			s := &truth.Path[i]
			org := trace.Organisation(s.Host)
			if numbers[org] == 0 {
				numbers[org] = uint(64500 + len(numbers))
			}
			for _, ip := range []netip.Addr{s.Address, s.Six} {
				if !ip.IsValid() {
					continue
				}
				if old := stops[ip]; old == nil || s.Relays && (!old.Relays || s.Hides == "") {
					stops[ip] = s
				}
				records[ip] = enrich.Record{Address: ip, Network: &enrich.Network{Handle: org, Holder: org}, AS: []enrich.AS{{Number: numbers[org]}}}
			}
		}
		samples = append(samples, Sample{SHA256: Digest(data), Path: trace.Analyze(data, header.Scan(data, nil).Fields, &set)})
	}
	return made(evidence{Input{Seed: "seed", Now: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), Version: "test", Settings: Settings{Domain: "college.example"}, Records: records}, samples}), stops
}

// TestLabCase holds the case to the laboratory's truth. One header cannot tell the upper of
// two open relays from the lower one's smarthost; all of them together can: every host that
// relayed for strangers and left any field of its own is found, those that left none are
// told as source or relay, and no other host is found.
func TestLabCase(t *testing.T) {
	c, stops := labCase(t)
	found, told, cleared := map[string]Verdict{}, map[string]bool{}, map[string]bool{}
	for i := range c.Relays {
		r := &c.Relays[i]
		s := stops[r.IP]
		switch {
		case r.Verdict == VerdictWithdrawn && s != nil:
			cleared[s.Host] = true
		case !r.Found():
		case s == nil || !s.Relays:
			t.Errorf("%s %v is told as a relay, %s: %+v", r.IP, r.Names, r.Verdict, s)
		default:
			found[s.Host] = r.Verdict
		}
	}
	for i := range c.Sources {
		if s := stops[c.Sources[i].IP]; s != nil {
			told[s.Host] = true
		}
	}
	suspected, silent := 0, 0
	for ip, s := range stops {
		_, ok := found[s.Host]
		switch {
		case !s.Relays:
		case ok:
			suspected++
		case s.Hides == "no-field" || s.Hides == "all-fields" || s.Hides == "inside" || s.Hides == "loopback":
			silent++
			if !told[s.Host] {
				t.Errorf("%s %s, which hides all (%s), is not told", ip, s.Host, s.Hides)
			}
		default:
			t.Errorf("%s %s relayed for strangers and is not found (cleared: %v)", ip, s.Host, cleared[s.Host])
		}
	}
	t.Logf("addresses of relays: %d found, %d left no field of their own", suspected, silent)
}

package trace

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"relaytrace/trace/header"
)

// truth is what a reader found in one message; testdata/truth/README.md has the format.
type truth struct {
	name       string
	data       []byte
	note       []string
	confidence string
	hops       map[int][2]string
	boundary   string // "2 192.0.2.1", "none"
	origin     string // "2 192.0.2.1 recorded"
	ends       string
	relays     []string // "2 192.0.2.1 withholds recorded"
	bystanders []string // "3 name why"
}

func loadTruth(tb testing.TB) []truth {
	tb.Helper()
	files, err := filepath.Glob("testdata/truth/*.truth")
	if err != nil || len(files) < 313 {
		tb.Fatalf("%d truth files: %v", len(files), err)
	}
	var all []truth
	for _, f := range files {
		all = append(all, readTruth(tb, f))
	}
	return all
}

func readTruth(tb testing.TB, file string) truth {
	t := truth{name: strings.TrimSuffix(filepath.Base(file), ".truth"), hops: map[int][2]string{}}
	var err error
	if t.data, err = os.ReadFile(strings.TrimSuffix(file, ".truth") + ".eml"); err != nil {
		tb.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		key, val, ok := strings.Cut(sc.Text(), ": ")
		if !ok {
			tb.Fatalf("%s:%d: no key", file, n)
		}
		switch {
		case key == "note":
			t.note = append(t.note, val)
		case key == "confidence":
			t.confidence = val
		case strings.HasPrefix(key, "hop "):
			i, _ := strconv.Atoi(key[4:])
			kind, standing, _ := strings.Cut(val, " ")
			t.hops[i] = [2]string{kind, standing}
		case key == "boundary":
			t.boundary = val
		case key == "origin":
			t.origin = val
		case key == "ends":
			t.ends = val
		case key == "relay":
			t.relays = append(t.relays, val)
		case key == "bystander":
			t.bystanders = append(t.bystanders, val)
		default:
			tb.Fatalf("%s:%d: unknown key %q", file, n, key)
		}
	}
	return t
}

// declaredSettings are those that an analyst of the messages' owner would declare.
func declaredSettings(tb testing.TB) *Settings {
	tb.Helper()
	var c struct{ Trust, Forwarder []string }
	b, err := os.ReadFile("testdata/truth/trust.toml")
	if err != nil {
		tb.Fatal(err)
	}
	if err := toml.Unmarshal(b, &c); err != nil {
		tb.Fatal(err)
	}
	var s Settings
	if s.Trust, err = ParseHosts(c.Trust); err != nil {
		tb.Fatal(err)
	}
	if s.Forwarder, err = ParseHosts(c.Forwarder); err != nil {
		tb.Fatal(err)
	}
	return &s
}

func analyzeBytes(data []byte, s *Settings) Path {
	h := header.Scan(data, nil)
	return Analyze(data, h.Fields, s)
}

func boundaryText(p *Path) string {
	if p.Boundary == nil {
		return "none"
	}
	return fmt.Sprintf("%d %s", p.Boundary.Hop, ipText(p.Boundary.IP))
}

func ipText(a netip.Addr) string {
	if !a.IsValid() {
		return "-"
	}
	return a.String()
}

func originText(p *Path) string {
	if p.Origin == nil {
		return ""
	}
	return fmt.Sprintf("%d %s %s", p.Origin.Hop, ipText(p.Origin.IP), p.Origin.Certainty)
}

func relayTexts(p *Path) []string {
	var out []string
	for _, r := range p.Relays {
		w := "records"
		if r.Withholds {
			w = "withholds"
		}
		out = append(out, fmt.Sprintf("%d %s %s %s", r.Hop, ipText(r.IP), w, r.Certainty))
	}
	return out
}

// score counts how the tracer does against the truth.
type score struct {
	messages, boundary, origin, ends, hops, hopsRight int
	relays, relaysFound, withheld, withheldFound      int
	invented, hamRelays                               int // relays that no truth knows
	accused                                           int // bystanders named as relay or origin
}

func (s *score) add(tb testing.TB, t truth, p *Path, show bool) {
	var diff []string
	miss := func(format string, args ...any) { diff = append(diff, fmt.Sprintf(format, args...)) }
	s.messages++
	if got := boundaryText(p); got == t.boundary {
		s.boundary++
	} else {
		miss("boundary: got %s, want %s", got, t.boundary)
	}
	wantOrigin := strings.TrimSpace(strings.TrimPrefix(t.origin, "none"))
	if got := originText(p); originAddr(got) == originAddr(wantOrigin) {
		s.origin++
		if got != wantOrigin {
			miss("(origin: got %s, want %s)", got, wantOrigin)
		}
	} else {
		miss("origin: got %q, want %q", got, t.origin)
	}
	if string(p.Ends) == t.ends || t.ends == "" {
		s.ends++
	} else {
		miss("ends: got %s, want %s", p.Ends, t.ends)
	}
	for i, want := range t.hops {
		s.hops++
		if i < len(p.Hops) && string(p.Hops[i].Standing) == want[1] && string(p.Hops[i].Kind) == want[0] {
			s.hopsRight++
		} else if i < len(p.Hops) {
			miss("hop %d: got %s %s (%s: %s), want %s %s", i, p.Hops[i].Kind, p.Hops[i].Standing, p.Hops[i].Link, p.Hops[i].Why, want[0], want[1])
		}
	}
	got := relayTexts(p)
	for _, want := range t.relays {
		s.relays++
		hides := strings.Contains(want, "withholds")
		if hides {
			s.withheld++
		}
		found := false
		for _, g := range got {
			if relayKey(g) == relayKey(want) {
				found = true
				s.relaysFound++
				if hides && strings.Contains(g, "withholds") {
					s.withheldFound++
				}
			}
		}
		if !found {
			miss("relay missed: %s", want)
		}
	}
	for _, g := range got {
		known := false
		for _, want := range t.relays {
			known = known || relayKey(g) == relayKey(want)
		}
		if !known {
			s.invented++
			if strings.HasPrefix(t.name, "ham") {
				s.hamRelays++
			}
			miss("relay invented: %s", g)
		}
	}
	for _, b := range t.bystanders {
		f := strings.Fields(b)
		for _, r := range p.Relays {
			if len(f) > 1 && (r.IP.String() == f[1] || r.Name != "" && r.Name == f[1]) {
				s.accused++
				miss("ACCUSED: %s", b)
			}
		}
		if p.Origin != nil && len(f) > 1 && p.Origin.IP.String() == f[1] && p.Origin.Certainty != Recorded && !strings.Contains(wantOrigin, f[1]) {
			s.accused++
			miss("ACCUSED as origin: %s", b)
		}
	}
	if show && len(diff) > 0 {
		tb.Logf("%s (%s)\n\t%s", t.name, t.confidence, strings.Join(diff, "\n\t"))
	}
}

func originAddr(s string) string {
	f := strings.Fields(s)
	if len(f) < 2 {
		return ""
	}
	return f[1]
}

func relayKey(s string) string { return strings.Fields(s)[1] + strings.Fields(s)[2] }

func (s *score) String() string {
	return fmt.Sprintf("%d messages: boundary %d, origin %d, ends %d, fields %d of %d, relays %d of %d (withholding %d of %d), invented %d (ham %d), accused %d",
		s.messages, s.boundary, s.origin, s.ends, s.hopsRight, s.hops, s.relaysFound, s.relays, s.withheldFound, s.withheld, s.invented, s.hamRelays, s.accused)
}

// TestTruth holds the tracer against messages that people labelled.
func TestTruth(t *testing.T) {
	set := declaredSettings(t)
	var spam, ham, blind score
	for _, m := range loadTruth(t) {
		p := analyzeBytes(m.data, set)
		dst := &spam
		if strings.HasPrefix(m.name, "ham") {
			dst = &ham
		}
		dst.add(t, m, &p, true)
		q := analyzeBytes(m.data, &Settings{})
		blind.add(t, m, &q, false)
	}
	t.Logf("spam, declared: %v", &spam)
	t.Logf("ham, declared: %v", &ham)
	t.Logf("all, nothing declared: %v", &blind)
	floor := func(what string, got, least int) {
		if got < least {
			t.Errorf("%s: %d, was %d", what, got, least)
		}
	}
	floor("spam: boundaries", spam.boundary, 220)
	floor("spam: origins", spam.origin, 221)
	floor("spam: relays", spam.relaysFound, spam.relays)
	floor("spam: withholding relays", spam.withheldFound, spam.withheld)
	floor("spam: fields", spam.hopsRight, 1032)
	floor("ham: boundaries", ham.boundary, 92)
	floor("ham: origins", ham.origin, 91)
	floor("nothing declared: boundaries", blind.boundary, 181)
	floor("nothing declared: origins", blind.origin, 311)
	if n := spam.invented + ham.invented + blind.invented; n > 0 {
		t.Errorf("%d relays that no reader saw", n)
	}
	if n := spam.accused + ham.accused + blind.accused; n > 0 {
		t.Errorf("%d innocents named", n)
	}
}

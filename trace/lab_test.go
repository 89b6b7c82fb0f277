package trace

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// labTruth is what the laboratory knows of a message because it sent it itself;
// testdata/lab/README.md documents the fields.
type labTruth struct {
	Message   string    `json:"message"`
	Bounce    bool      `json:"bounce"`
	Sent      time.Time `json:"sent"`
	Collected time.Time `json:"collected"`
	Path      []labStop `json:"path"`
	Forged    []string  `json:"forged"`
	ByOwn     bool      `json:"forged_in_own_name"`
	Innocent  []string  `json:"innocent"`
	Unclear   bool      `json:"stranger_not_shown"`
}

type labStop struct {
	Host    string     `json:"host"`
	Address netip.Addr `json:"address"`
	Six     netip.Addr `json:"address6"`
	RDNS    string     `json:"rdns"`
	HELO    string     `json:"helo"`
	Role    string     `json:"role"`
	MTA     string     `json:"software"`
	Relays  bool       `json:"relays_for_strangers"`
	Hides   string     `json:"hides"`
	Clock   int        `json:"clock_off_seconds"`
}

// is reports whether the address is one of the stop's.
func (s *labStop) is(a netip.Addr) bool { return a.IsValid() && (a == s.Address || a == s.Six) }

// addressless reports whether the stop leaves the address of its client out of what it writes.
func (s *labStop) addressless() bool { return s.Hides != "" }

// silent reports whether the stop writes no field at all.
func (s *labStop) silent() bool { return s.Hides == "no-field" || s.Hides == "all-fields" }

// inside reports whether the stop sees all clients under an address inside.
func (s *labStop) inside() bool { return s.Hides == "loopback" || s.Hides == "inside" }

// outside reports whether the stop is neither the recipient's own nor one that serves the
// recipient and is declared as such.
func (s *labStop) outside() bool {
	switch s.Role {
	case "store", "desk", "gateway", "forwarder", "list", "backup":
		return false
	}
	return true
}

// labSettings are what the recipient would declare: its own hosts, and the forwarders,
// the list and the backup exchangers that it uses.
func labSettings(tb testing.TB) *Settings {
	tb.Helper()
	var s Settings
	var err error
	if s.Trust, err = ParseHosts([]string{"127.0.0.0/8", "192.0.2.0/26", "2001:db8:c0::/48", "*.college.example"}); err != nil {
		tb.Fatal(err)
	}
	if s.Forwarder, err = ParseHosts([]string{"*.alumni-postfix.example", "*.alumni-exim.example", "*.alumni-sendmail.example",
		"*.alumni-opensmtpd.example", "lists.zulu.example", "*.backup-exim.example", "*.backup-sendmail.example", "*.backup-postfix.example",
		"203.0.113.71", "203.0.113.72", "203.0.113.73", "203.0.113.74", "203.0.113.75", "203.0.113.76", "203.0.113.77", "203.0.113.78"}); err != nil {
		tb.Fatal(err)
	}
	s.Public = documentationPrefixes()
	return &s
}

func documentationPrefixes() []netip.Prefix {
	var all []netip.Prefix
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

// labMessages reads the captured messages with what is known of them.
func labMessages(tb testing.TB) (truths []labTruth, data [][]byte) {
	tb.Helper()
	files, err := filepath.Glob("../testdata/lab/captures/*.truth")
	if err != nil || len(files) < 200 {
		tb.Fatalf("%d captures: %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		var t labTruth
		if err := json.Unmarshal(b, &t); err != nil {
			tb.Fatalf("%s: %v", f, err)
		}
		eml, err := os.ReadFile(strings.TrimSuffix(f, ".truth") + ".eml")
		if err != nil {
			tb.Fatal(err)
		}
		truths, data = append(truths, t), append(data, eml)
	}
	return truths, data
}

// TestLab holds the tracer to messages that passed real servers on a way that is known.
func TestLab(t *testing.T) {
	set := labSettings(t)
	truths, data := labMessages(t)
	for i := range truths {
		lt := &truths[i]
		t.Run(lt.Message, func(t *testing.T) {
			p := analyzeBytes(data[i], set)
			labForged(t, lt, &p)
			labInnocent(t, lt, &p)
			labFields(t, lt, &p)
			if lt.Bounce {
				if p.Ends == EndWithheld {
					t.Errorf("the relay made the bounce itself; ends %s", p.Ends)
				}
				return // its trace fields are those of the bounce, not of the sample inside
			}
			labRelays(t, lt, &p)
			labClocks(t, lt, &p)
			if t.Failed() {
				for _, h := range p.Hops {
					t.Logf("hop %d %s %s %s link=%s (%s): %s", h.Index, h.Kind, h.Standing, h.Discloses, h.Link, h.Why, normalSpace(h.Raw))
				}
				t.Logf("boundary %s, origin %s, ends %s, relays %v, bystanders %v", boundaryText(&p), originText(&p), p.Ends, relayTexts(&p), p.Bystanders)
			}
		})
	}
}

// TestLabUndeclared holds the tracer to the same messages when nobody has declared
// anything: it may find less, but it must accuse no innocent and believe no forger.
func TestLabUndeclared(t *testing.T) {
	set := &Settings{Public: documentationPrefixes()}
	truths, data := labMessages(t)
	for i := range truths {
		t.Run(truths[i].Message, func(t *testing.T) {
			p := analyzeBytes(data[i], set)
			labForged(t, &truths[i], &p)
			labInnocent(t, &truths[i], &p)
		})
	}
}

func normalSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// labForged: no field that the client wrote itself is believed, none that a server wrote
// is contradicted. What a host writes in its own name no reader can tell from the truth: that
// it may be, never as the word of the recipient's side.
func labForged(t *testing.T, lt *labTruth, p *Path) {
	t.Helper()
	for _, h := range p.Hops {
		f := isForged(lt, &h)
		switch {
		case f && h.Standing == Trusted, f && h.Standing == Corroborated && !(lt.ByOwn && lt.handsOn(h.By.Host)):
			t.Errorf("forged field %d is %s (%s)", h.Index, h.Standing, h.Why)
		case !f && h.Standing == Contradicted:
			t.Errorf("genuine field %d is contradicted: %s", h.Index, h.Why)
		}
	}
}

// labFields: what a server wrote is read as what it is: the server's family, and of its
// client nothing but the true address, the looked-up name and the words it said.
func labFields(t *testing.T, lt *labTruth, p *Path) {
	t.Helper()
	for _, h := range p.Hops {
		i := lt.stopOf(h.By.Host)
		if i < 1 || lt.Bounce || isForged(lt, &h) || h.Kind != Transfer || h.By.MTA == "amavis" {
			continue
		}
		s, client := &lt.Path[i], &lt.Path[i-1]
		if h.By.MTA != s.MTA && s.Hides == "" {
			t.Errorf("field %d was written by %s, not by %q", h.Index, s.MTA, h.By.MTA)
		}
		if client.silent() && client.Role == "proxy" && client.Relays {
			client = &labStop{Address: client.Address, RDNS: client.RDNS, HELO: lt.Path[i-2].HELO} // it hands on the words too
		}
		switch {
		case s.addressless():
			if h.From.IP.IsValid() && !(s.inside() && (h.From.IP.IsLoopback() || h.From.IP.IsPrivate())) {
				t.Errorf("field %d hides its client (%s), read as %s", h.Index, s.Hides, h.From.IP)
			}
		case h.From.IP.IsLoopback() && (s.Role == "list" || s.Role == "store" || s.Role == "desk"):
		case !client.is(h.From.IP):
			t.Errorf("field %d took the mail from %s, read as %s", h.Index, client.Address, h.From.IP)
		case h.From.RDNS != "" && h.From.RDNS != client.RDNS:
			t.Errorf("field %d looked up %q, read as %q", h.Index, client.RDNS, h.From.RDNS)
		case h.From.HELO != "" && h.From.HELO != client.HELO:
			t.Errorf("field %d heard %q, read as %q", h.Index, client.HELO, h.From.HELO)
		}
	}
}

// stopOf returns the place of a host on the true path, -1 when it is not on it.
func (lt *labTruth) stopOf(host string) int {
	for i := range lt.Path {
		if strings.EqualFold(lt.Path[i].Host, host) && host != "" {
			return i
		}
	}
	return -1
}

// handsOn reports whether a machine of the true path bears the looked-up name.
func (lt *labTruth) handsOn(name string) bool {
	return slices.ContainsFunc(lt.Path, func(s labStop) bool { return s.RDNS != "" && strings.EqualFold(s.RDNS, name) })
}

func isForged(lt *labTruth, h *Hop) bool {
	for _, f := range lt.Forged {
		if normalSpace(f) == normalSpace(h.Raw) {
			return true
		}
	}
	return false
}

// labInnocent: no host but those that relayed is named as a relay, and nothing rests on
// an address that only a client's words name.
func labInnocent(t *testing.T, lt *labTruth, p *Path) {
	t.Helper()
	guilty := map[netip.Addr]bool{}
	for _, s := range lt.Path {
		guilty[s.Address] = s.Relays || s.Role == "source" && lt.ByOwn
		guilty[s.Six] = guilty[s.Address]
	}
	for _, r := range p.Relays {
		// What a host writes in its own name no reader can tell from the truth. DESIGN.md has
		// it told as according to that host, so never as recorded.
		if !guilty[r.IP] && (!lt.ByOwn || r.Certainty == Recorded) {
			t.Errorf("%s (%s) is named as a relay, %s", r.IP, r.Name, r.Certainty)
		}
	}
	for _, name := range lt.Innocent {
		if p.Boundary != nil && (p.Boundary.IP.String() == name || strings.EqualFold(p.Boundary.RDNS, name)) {
			t.Errorf("innocent %s is the boundary", name)
		}
		if p.Origin != nil && p.Origin.IP.String() == name && p.Origin.Certainty != Claimed && (!lt.ByOwn || p.Origin.Certainty == Recorded) {
			t.Errorf("innocent %s is the origin, %s", name, p.Origin.Certainty)
		}
	}
}

// labRelays walks the true path from the recipient down to where the fields stop naming
// addresses, and asks that every relay on the way be told for exactly what one header shows.
func labRelays(t *testing.T, lt *labTruth, p *Path) {
	t.Helper()
	edge := true
	for i := len(lt.Path) - 2; i >= 0; i-- {
		s, writer := &lt.Path[i], &lt.Path[i+1]
		if writer.addressless() {
			return
		}
		if !s.outside() {
			continue
		}
		if edge && (p.Boundary == nil || !s.is(p.Boundary.IP)) {
			t.Errorf("boundary is %s, not %s", boundaryText(p), s.Address)
		}
		if s.Relays {
			labRelay(t, lt, p, i, edge)
		}
		edge = false
	}
}

// told is how the tracer tells of a host: as a relay, or as one of which one header shows
// two readings, and then both.
type told struct {
	relay     bool      // it is named as a relay
	withholds bool      // and said to leave out the previous hop
	certainty Certainty // of its address
	bystander string    // the code under which it is kept open
	ends      End       // where the trail ends, when that is what is told of it; any when empty
	finding   string    // that says so
}

// labTold says how the relay at stop i must be told. The boundary peer's address is
// recorded; that of a deeper one is known by the word of the host above it.
func labTold(lt *labTruth, i int, edge bool) told {
	s, client := &lt.Path[i], &lt.Path[i-1]
	c := CertaintyCorroborated
	if edge {
		c = Recorded
	}
	known := told{relay: true, certainty: c}
	foreign := registrable(client.HELO) != "" // what a client behind a wall says tells it from a machine inside
	switch {
	case s.silent():
		return labSilent(lt, i, edge)
	case s.Hides == "by-only" || s.Hides == "helo-only":
		known.withholds = true
		return known
	case s.inside() && foreign:
		return told{finding: "strange-name-inside"} // a wall or proxy, or a site or machine that it serves
	case s.Hides == "loopback":
		return told{ends: EndLocal, finding: "local-submission"}
	case s.Hides == "inside":
		return told{ends: EndOrigin, finding: "source-or-silent-relay"} // a machine inside said a bare word
	case client.Role == "relay" || lt.Unclear: // its smarthost, or its own provider, looks the same
		return told{bystander: "relay-or-provider"}
	}
	return known
}

// labSilent says how a relay that wrote no field must be told: as the source as well.
func labSilent(lt *labTruth, i int, edge bool) told {
	below := lt.Path[i-1].Role != "source" && lt.Path[i].Hides == "no-field" // whose fields are left
	switch {
	case lt.ByOwn: // a field in its name is there all the same: of it the path makes an open case
		return told{bystander: "*"}
	case !edge && !below:
		return told{ends: EndOrigin, finding: "source-or-silent-relay"}
	case below:
		return told{ends: EndUnexplained, finding: "chain-unexplained"}
	case len(lt.Forged) > 0 && strings.Contains(lt.Forged[0], " by localhost "): // a name that is every host's is not invented for certain
		return told{ends: EndUnexplained, finding: "chain-unexplained"}
	}
	return told{ends: EndNoField, finding: "no-field-added"}
}

// labRelay asks that the relay at stop i be told exactly so.
func labRelay(t *testing.T, lt *labTruth, p *Path, i int, edge bool) {
	t.Helper()
	s, want, got := &lt.Path[i], labTold(lt, i, edge), told{}
	for _, r := range p.Relays {
		if s.is(r.IP) {
			got.relay, got.withholds, got.certainty = true, r.Withholds, r.Certainty
		}
	}
	for _, y := range p.Bystanders {
		if s.is(y.IP) {
			got.bystander = y.Why
		}
	}
	if want.ends != "" {
		got.ends = p.Ends
	}
	for _, f := range p.Findings {
		if f.Code == want.finding && f.Hop >= 0 {
			got.finding = f.Code
		}
	}
	if want.bystander == "*" && got.bystander != "" {
		got.bystander = "*"
	}
	if got != want {
		t.Errorf("%s (%s %q) is told as %+v, not %+v", s.Host, s.Address, s.Hides, got, want)
	}
}

// labClocks: the gap to the next stamp bounds the true fault of a host's clock.
func labClocks(t *testing.T, lt *labTruth, p *Path) {
	t.Helper()
	off := map[string]int{}
	for _, s := range lt.Path {
		off[s.Host] = s.Clock
	}
	wait := int64(lt.Collected.Sub(lt.Sent)/time.Second) + 2
	for _, h := range p.Hops {
		mine, known := off[h.By.Host]
		if h.Clock == nil || h.Clock.Gap == nil || !known || h.Standing == Contradicted {
			continue
		}
		next := int64(off[p.Hops[h.Clock.GapTo].By.Host])
		slow := next - int64(mine) // by how much this clock is behind the next
		if *h.Clock.Gap < slow-2 || *h.Clock.Gap > slow+wait {
			t.Errorf("field %d: clock of %s is %d s behind the next, gap says %d s (the mail took %d s at most)", h.Index, h.By.Host, slow, *h.Clock.Gap, wait)
		}
		if h.Clock.Queue != nil && (*h.Clock.Queue < -60 || *h.Clock.Queue > 60+wait) {
			t.Errorf("field %d: queue ID %s is %d s from the stamp of the same clock", h.Index, h.ID, *h.Clock.Queue)
		}
	}
}

// Package enrichtest stands in for the registries and a resolver on loopback: RDAP, WHOIS
// and DNS servers that answer in the shapes of the real ones, with any fault that is
// wanted, and that measure how they are asked. Holders and addresses are invented; the
// settings that lead to the servers are those that lead to real ones.
package enrichtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Net is a network that the registries know.
type Net struct {
	// Registry that describes it, by its name in the package enrich: a regional or a
	// national one. National networks are described by the regional registry too, with
	// the national one's own contacts in place of the holder's where that is so.
	Registry string
	// First and Last address.
	First, Last netip.Addr
	// Name, Type, Holder and Country as the registry words them.
	Name, Type, Holder, Country string
	// Abuse contact in WHOIS, and in RDAP unless OnlyWHOIS; empty for none.
	Abuse     string
	OnlyWHOIS bool
	// Tech is the technical contact.
	Tech string
	// Registered and Changed, YYYY-MM-DD.
	Registered, Changed string
	// Referral stands in ARIN's WHOIS text.
	Referral string
}

// Question is one that a server was asked.
type Question struct {
	// Server is "rdap ARIN", "whois KRNIC", "dns" or "iana".
	Server string
	// Text of the question: the path, the line, or type and name.
	Text string
	// N counts the questions to this server from 0.
	N int
	// Connection tells DNS over "udp" from "tcp".
	Connection string
}

// Fault changes how a question is answered. The zero value answers it well.
type Fault struct {
	// Delay before anything is sent.
	Delay time.Duration
	// Drop closes the connection without an answer; DNS stays silent.
	Drop bool
	// Hang sends a part and then nothing, until the asker or the server ends it.
	Hang bool
	// Cut sends the first half and closes.
	Cut bool
	// Status of HTTP, or the RCODE of DNS; 0 for a good one.
	Status int
	// RetryAfter in seconds goes with Status; 0 for none.
	RetryAfter int
	// Location of a redirect, with Status.
	Location string
	// Body takes the place of the answer.
	Body []byte
	// ContentType goes with Body.
	ContentType string
	// Giant adds 8 MiB to the answer.
	Giant bool
}

// Log is what one server saw.
type Log struct {
	// Questions in the order in which they came, and when.
	Questions []string
	At        []time.Time
	// MostAtOnce is the largest number under way together.
	MostAtOnce int
	// DuringRest is the largest number of questions that came during one rest that the
	// server had asked for. Those that were on their way already are among them: no more
	// than the asker has connections.
	DuringRest int
	// Rested is the time for which the server had asked for rest, counted once where two
	// requests overlap.
	Rested time.Duration

	under     int
	restUntil time.Time
	inRest    int // questions during the present rest
}

// World is a set of running servers. Its methods are safe for concurrent use.
type World struct {
	nets  []Net
	rdap  map[string]string
	whois map[string]string
	dns   string
	iana  string
	web   string
	names map[string]string // RDAP of domains

	mu         sync.Mutex
	registered []Registered
	files      map[string]string
	zones      map[string][]string
	fault      func(Question) Fault
	logs       map[string]*Log
}

// SetZones replaces the records of the resolver: type and name, such as "PTR
// 1.0.0.193.in-addr.arpa.", to the records' data in the form of a zone file.
func (w *World) SetZones(zones map[string][]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.zones = maps.Clone(zones)
}

// SetFault says how questions are answered from now on; nil for always well. It is called
// by many at once.
func (w *World) SetFault(fault func(Question) Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

// records gives what the resolver has under a type and a name, and whether the name
// exists at all. A name that does not is answered from the wildcard "*." above it, if there
// is one (RFC 4592).
func (w *World) records(kind, name string) (data []string, exists bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hasName(name) {
		return w.zones[kind+" "+name], true
	}
	for _, above, ok := strings.Cut(name, "."); ok && above != ""; _, above, ok = strings.Cut(above, ".") {
		if w.hasName("*." + above) {
			return w.zones[kind+" *."+above], true
		}
		if w.hasName(above) {
			break
		}
	}
	return nil, false
}

func (w *World) hasName(name string) bool {
	for key := range w.zones {
		if strings.HasSuffix(key, " "+name) {
			return true
		}
	}
	return false
}

// zoneOf gives the zone that holds a name, and the data of its SOA record; empty if the
// resolver knows none.
func (w *World) zoneOf(name string) (zone, data string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ; name != ""; _, name, _ = strings.Cut(name, ".") {
		if soa := w.zones["SOA "+name]; len(soa) > 0 {
			return name, soa[0]
		}
	}
	return "", ""
}

// Regional and National are the registries that have servers here.
var (
	Regional = []string{"AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE NCC"}
	National = []string{"IDNIC", "JPNIC", "KRNIC", "NIC.br", "TWNIC"}
)

// Start starts all servers on loopback; they end with the test.
func Start(t testing.TB, nets ...Net) *World {
	t.Helper()
	w := &World{
		nets: slices.Clone(nets), rdap: make(map[string]string),
		whois: make(map[string]string), logs: make(map[string]*Log),
	}
	// Narrowest first, so that the first that holds an address is the one meant.
	slices.SortStableFunc(w.nets, func(a, b Net) int { return size(a) - size(b) })
	for _, name := range Regional {
		w.rdap[name] = w.startRDAP(t, name)
	}
	for _, name := range slices.Concat(Regional, National) {
		w.whois[name] = w.startWHOIS(t, name)
	}
	w.dns = w.startDNS(t)
	w.iana = w.startBootstrap(t)
	w.names = w.startDomains(t)
	w.web = w.startWeb(t)
	return w
}

// size orders networks: the number of bits that differ between their ends.
func size(n Net) int {
	a, b := n.First.As16(), n.Last.As16()
	for i := range a {
		if a[i] != b[i] {
			return (16-i)*256 + int(a[i]^b[i])
		}
	}
	return 0
}

// RDAP gives the base URLs, by registry.
func (w *World) RDAP() map[string]string { return w.rdap }

// WHOIS gives the servers as host:port, by registry.
func (w *World) WHOIS() map[string]string { return w.whois }

// Resolver gives the resolver as address:port.
func (w *World) Resolver() string { return w.dns }

// Bootstrap gives the base URL of IANA's files, by which the networks of the world lie with
// the registries that have them here.
func (w *World) Bootstrap() string { return w.iana }

// Log tells what a server saw until now, by the name that Question has.
func (w *World) Log(server string) Log {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.logs[server]
	if l == nil {
		return Log{}
	}
	c := *l
	c.Questions, c.At = slices.Clone(l.Questions), slices.Clone(l.At)
	return c
}

// Asked counts the questions to all servers whose name begins with prefix.
func (w *World) Asked(prefix string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for name, l := range w.logs {
		if strings.HasPrefix(name, prefix) {
			n += len(l.Questions)
		}
	}
	return n
}

// begin notes a question and says how to answer it. end must be called after the answer.
func (w *World) begin(server, text, connection string) (f Fault, end func()) {
	now := time.Now()
	w.mu.Lock()
	l := w.logs[server]
	if l == nil {
		l = &Log{}
		w.logs[server] = l
	}
	n := len(l.Questions)
	l.Questions, l.At = append(l.Questions, text), append(l.At, now)
	l.under++
	l.MostAtOnce = max(l.MostAtOnce, l.under)
	if now.Before(l.restUntil) {
		l.inRest++
		l.DuringRest = max(l.DuringRest, l.inRest)
	} else {
		l.inRest = 0
	}
	fault := w.fault
	w.mu.Unlock()
	if fault != nil {
		f = fault(Question{Server: server, Text: text, N: n, Connection: connection})
	}
	return f, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		l.under--
		if f.RetryAfter > 0 {
			now := time.Now()
			until := now.Add(time.Duration(f.RetryAfter) * time.Second)
			from := now
			if l.restUntil.After(now) {
				from = l.restUntil
			}
			l.Rested += until.Sub(from)
			l.restUntil = until
		}
	}
}

// find gives the narrowest network around addr that a registry describes.
func (w *World) find(registry string, addr netip.Addr) (Net, bool) {
	for _, n := range w.nets {
		if n.First.BitLen() != addr.BitLen() || addr.Less(n.First) || n.Last.Less(addr) {
			continue
		}
		if n.Registry == registry || regionalOf[n.Registry] == registry {
			return n, true
		}
	}
	return Net{}, false
}

// regionalOf names the regional registry above a national one.
var regionalOf = map[string]string{
	"JPNIC": "APNIC", "KRNIC": "APNIC", "TWNIC": "APNIC", "CNNIC": "APNIC", "VNNIC": "APNIC", "IDNIC": "APNIC",
	"NIC.br": "LACNIC", "NIC.mx": "LACNIC",
}

// ownContact is the contact that the regional registry's copy of a national network names
// for abuse: the national registry itself.
var ownContact = map[string]string{
	"JPNIC": "hostmaster@nic.ad.jp", "KRNIC": "irt@nic.or.kr", "TWNIC": "hostmaster@twnic.tw",
	"CNNIC": "ipas@cnnic.cn", "VNNIC": "hm-changed@vnnic.vn",
}

// Prefix makes a Net of a prefix, with contacts made from the name.
func Prefix(registry, prefix, name, country string) Net {
	p := netip.MustParsePrefix(prefix).Masked()
	domain := strings.ToLower(name) + ".example"
	return Net{
		Registry: registry, First: p.Addr(), Last: last(p), Name: strings.ToUpper(name), Type: "ASSIGNED", Holder: "Example " + name,
		Country: country, Abuse: "abuse@" + domain, Tech: "noc@" + domain, Registered: "1999-02-03", Changed: "2015-06-07",
	}
}

func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// prefixOf writes the range as a prefix; the tests' networks are all such.
func prefixOf(n Net) string {
	for bits := 0; bits <= n.First.BitLen(); bits++ {
		if p := netip.PrefixFrom(n.First, bits); p.Masked().Addr() == n.First && last(p) == n.Last {
			return p.String()
		}
	}
	return fmt.Sprintf("%s - %s", n.First, n.Last)
}

// startBootstrap serves ipv4.json and ipv6.json (RFC 9224). Beside the world's networks
// they have blocks of ARIN and one of a host that is no registry's.
func (w *World) startBootstrap(t testing.TB) string {
	var services [][2][]string
	for _, name := range Regional {
		var blocks []string
		for _, n := range w.nets {
			if n.Registry == name || regionalOf[n.Registry] == name {
				blocks = append(blocks, prefixOf(n))
			}
		}
		for i := 0; name == "ARIN" && i < 30; i++ {
			blocks = append(blocks, fmt.Sprintf("%d.0.0.0/8", 63+i%10), fmt.Sprintf("26%02d::/16", i))
		}
		services = append(services, [2][]string{blocks, {w.rdap[name] + "/"}})
	}
	services = append(services, [2][]string{{"198.17.0.0/16"}, {"https://rdap.wrong.example/"}})
	body, err := json.Marshal(map[string]any{"version": "1.0", "publication": "2026-11-01T00:00:00Z", "services": services})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		f, end := w.begin("iana", req.URL.Path, "")
		defer end()
		switch {
		case f.Drop:
			panic(http.ErrAbortHandler)
		case f.Status != 0:
			rw.WriteHeader(f.Status)
		case f.Body != nil:
			rw.Write(f.Body)
		default:
			rw.Write(body)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/rdap/"
}

package enrich

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/likexian/whois"
)

const (
	whoisTimeout = 10 * time.Second // for one question, connecting included
	maxWHOIS     = 256 << 10        // bytes of one answer
)

// whoisServers are the WHOIS hosts of the regional registries; those of the national
// ones stand with them in nationals. No other host is ever asked, whatever a text says.
var whoisServers = map[Registry]string{
	AFRINIC: "whois.afrinic.net",
	APNIC:   "whois.apnic.net",
	ARIN:    "whois.arin.net",
	LACNIC:  "whois.lacnic.net",
	RIPENCC: "whois.ripe.net",
}

// whoisServer is one service that may be asked.
type whoisServer struct {
	name string // of the registry
	host string // by which it is known
	dial string // host:port that takes its place; empty for the real one
	ask  func(netip.Addr) string
}

// whoisClient asks registries over WHOIS (RFC 3912).
type whoisClient struct {
	servers map[string]whoisServer // by the name of the registry
	keeper  *gatekeeper
	now     func() time.Time
	// lookup resolves the name of a server. Tests never get as far.
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

	handles knownHandles
}

// newWHOISClient sets up the servers. override names the ones that take the place of the
// real ones. A registry whose RDAP was replaced and whose WHOIS was not is not asked over
// WHOIS, nor are the national ones below it: who points at another server, be it a mirror
// or a test, does not want the real one asked behind his back.
func newWHOISClient(override, rdap map[string]string, keeper *gatekeeper, now func() time.Time) (*whoisClient, error) {
	c := &whoisClient{servers: make(map[string]whoisServer), keeper: keeper, now: now, lookup: net.DefaultResolver.LookupNetIP}
	for registry, host := range whoisServers {
		c.servers[string(registry)] = whoisServer{name: string(registry), host: host, ask: regionalQuestion(registry)}
	}
	for _, n := range nationals {
		if n.whois != "" {
			ask := n.question
			if ask == nil {
				ask = netip.Addr.String
			}
			c.servers[n.Name] = whoisServer{name: n.Name, host: n.whois, ask: ask}
		}
	}
	for name, to := range override {
		s, ok := c.servers[name]
		if !ok {
			return nil, fmt.Errorf("WHOIS server for %q: no such registry", name)
		}
		if _, _, err := net.SplitHostPort(to); err != nil {
			return nil, fmt.Errorf("WHOIS server for %s: %q is not host:port", name, to)
		}
		s.dial = to
		c.servers[name] = s
	}
	for name, s := range c.servers {
		regional := name
		if i := slices.IndexFunc(nationals, func(n National) bool { return n.Name == name }); i >= 0 {
			regional = string(nationals[i].Regional)
		}
		if s.dial == "" && rdap[regional] != "" {
			delete(c.servers, name)
		}
	}
	return c, nil
}

// regionalQuestion words the question. RIPE's software leaves addresses out of its answer
// unless told -B; the library itself puts "n + " before what goes to ARIN.
func regionalQuestion(r Registry) func(netip.Addr) string {
	switch r {
	case RIPENCC, APNIC, AFRINIC:
		return func(a netip.Addr) string { return "-B " + a.String() }
	}
	return netip.Addr.String
}

// fill asks over WHOIS about the network of r.Address and adds to r what the answers say.
// by names the registry that answered over RDAP, if one did. It stops at an abuse contact.
func (c *whoisClient) fill(ctx context.Context, r *Record, by string) {
	asked := make(map[string]bool)
	country := ""
	if r.Network != nil {
		country = r.Network.Country
	}
	next := string(r.Registry)
	if _, ok := c.servers[by]; ok {
		next = by
	}
	for range 3 {
		server, ok := c.servers[next]
		if !ok || asked[next] {
			return
		}
		asked[next] = true
		var answer *whoisAnswer
		lookup := c.ask(ctx, server, server.ask(r.Address), func(text string) (err error) {
			answer, err = readWHOIS(text, r.Address)
			return err
		})
		r.Lookups = append(r.Lookups, lookup)
		next = ""
		if answer != nil {
			r.Lookups = append(r.Lookups, c.resolveHandles(ctx, answer.networks[0], server)...)
			c.add(r, answer, server, lookup)
			country = firstOf(country, answer.country())
			next = c.referred(r, answer.referral)
		}
		// A referral says that the network itself is described elsewhere: what is known of
		// the one above does not do then.
		if hasAbuse(r.Contacts) && (next == "" || hasOwnAbuse(r.Contacts)) || ctx.Err() != nil {
			return
		}
		if next == "" {
			n, _ := nationalFor(r.Registry, r.Address, country)
			next = n.Name
		}
	}
}

// referred gives the registry to which a text refers, if it is one that may be asked.
func (c *whoisClient) referred(r *Record, referral string) string {
	if referral == "" {
		return ""
	}
	scheme, rest, ok := strings.Cut(strings.ToLower(referral), "://")
	if !ok {
		scheme, rest = "whois", strings.ToLower(referral)
	}
	host, port, _ := strings.Cut(strings.TrimRight(rest, "/"), ":")
	for name, s := range c.servers {
		if scheme == "whois" && s.host == host && (port == "" || port == "43") {
			return name
		}
	}
	r.note("referral-not-followed", "The registry refers to "+oneLine(referral)+
		", which is no server of a known registry and was not asked.")
	return ""
}

// add adds what an answer says to r: the narrowest network first.
func (c *whoisClient) add(r *Record, a *whoisAnswer, s whoisServer, l Lookup) {
	source := "WHOIS of " + s.name + ", " + s.host
	for i, n := range a.networks {
		n.network.Source, n.network.Asked = source, l.Asked
		for _, note := range n.notes {
			r.note(note.Code, note.Text)
		}
		if n.placeholder {
			continue
		}
		switch {
		case r.Network == nil:
			r.Network = &n.network
			if code := n.network.Country; code != "" {
				r.Countries = append(r.Countries, Country{
					Code: code, Source: source, Date: l.Asked[:len("2006-01-02")], Note: regionNote(code, r.Registry),
				})
			}
		case n.network.Scope() == r.Network.Scope():
			for _, what := range n.network.Withheld {
				r.Network.withhold(what)
			}
		case r.Parent == nil && r.Network.Holder == "" && n.network.Holder != "":
			r.Parent = &n.network
		}
		for _, contact := range n.contacts {
			contact.Scope, contact.Source, contact.Asked = n.network.Scope(), source, l.Asked
			contact.rule(viaWHOIS, i > 0)
			if !hasContact(r.Contacts, contact.Email) {
				r.Contacts = append(r.Contacts, contact)
			}
		}
	}
}

// ask puts a question until it is answered, as the limits allow. read reads a whole answer;
// the outcome is ok if it returns no error, and not found if it returns errNotFound.
func (c *whoisClient) ask(ctx context.Context, s whoisServer, question string, read func(text string) error) (l Lookup) {
	gate := c.keeper.gate("whois://" + firstOf(s.dial, s.host))
	n := c.keeper.tries(ctx, func() (again bool) {
		l, again = c.askOnce(ctx, gate, s, question, read)
		return again && ctx.Err() == nil
	})
	l.attempts(n)
	return l
}

func (c *whoisClient) askOnce(ctx context.Context, gate *gate, s whoisServer, question string, read func(text string) error) (Lookup, bool) {
	l := Lookup{Kind: "whois", Server: s.host, Question: question, Asked: stamp(c.now())}
	if err := gate.enter(ctx); err != nil {
		l.fail(err)
		return l, false
	}
	one, cancel := context.WithTimeout(ctx, whoisTimeout)
	defer cancel()
	raw, err := c.fetch(one, s, question)
	l.Asked = stamp(c.now())
	if ctx.Err() != nil {
		gate.abandon()
		l.fail(ctx.Err())
		return l, false
	}
	gate.leave(err == nil || errors.Is(err, errTooLargeWHOIS))
	if raw != "" {
		l.keepRaw([]byte(raw))
	}
	if one.Err() != nil {
		err = one.Err()
	}
	text, charset := readable(raw, s.host)
	l.Charset = charset
	if outcome, problem := refusal(text); outcome != "" {
		l.Outcome, l.Error = outcome, problem
		if outcome == OutcomeRateLimited {
			l.RetryAfter = c.rest(gate)
		}
		return l, outcome == OutcomeRateLimited
	}
	if err != nil {
		l.fail(err)
		var target *targetError
		return l, !errors.As(err, &target) && !errors.Is(err, errTooLargeWHOIS)
	}
	switch err := read(text); {
	case err == nil && isReduced(text):
		l.Outcome, l.Error, l.RetryAfter = OutcomeRateLimited, "the server limits the rate of questions and left the contacts out", c.rest(gate)
		return l, false // what it did say is taken all the same
	case err == nil:
		l.Outcome = OutcomeOK
		return l, false
	case errors.Is(err, errNotFound):
		l.Outcome = OutcomeNotFound
	default:
		l.fail(err)
	}
	return l, strings.TrimSpace(raw) == ""
}

// rest has a server left alone that asked for it without naming a time, and says until when.
func (c *whoisClient) rest(gate *gate) string {
	until := c.keeper.clock().Add(defaultWait)
	gate.restUntil(until)
	return stamp(until)
}

// fetch puts one question with a client of its own. The library may panic on what it is
// sent; that becomes an error.
func (c *whoisClient) fetch(ctx context.Context, s whoisServer, question string) (text string, err error) {
	if strings.ContainsAny(question, "\r\n") {
		return "", errors.New("a question of more than one line")
	}
	defer func() {
		if p := recover(); p != nil {
			text, err = "", fmt.Errorf("the answer could not be read: %v", p)
		}
	}()
	d := &whoisDialer{ctx: ctx, server: s, meant: s.host, lookup: c.lookup}
	if !strings.ContainsAny(question, ".:") {
		d.meant = "whois.iana.org" // to which the library turns with a handle, whatever server is named
	}
	client := whois.NewClient().SetDialer(d).SetTimeout(whoisTimeout).SetDisableReferral(true).SetDisableStats(true)
	text, err = client.Whois(question, s.host)
	if d.tooLarge {
		err = errTooLargeWHOIS
	}
	return text, err
}

var errTooLargeWHOIS = fmt.Errorf("the answer is larger than %d bytes", maxWHOIS)

// targetError says that a server was not dialled because of where it is.
type targetError struct{ what string }

func (e *targetError) Error() string { return "not asked: " + e.what }

// whoisDialer connects to the one server that is meant, within ctx, and never to an
// address inside: a name of a registry that leads there was tampered with.
type whoisDialer struct {
	ctx      context.Context
	server   whoisServer
	meant    string // the host for which the library is expected to ask
	lookup   func(ctx context.Context, network, host string) ([]netip.Addr, error)
	tooLarge bool
}

// Dial implements the library's dialer.
func (d *whoisDialer) Dial(network, address string) (net.Conn, error) {
	if address != net.JoinHostPort(d.meant, "43") {
		return nil, &targetError{fmt.Sprintf("%q is not the server that was meant", clip(address))}
	}
	target, err := d.target()
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(d.ctx, network, target)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(d.ctx, func() { conn.Close() })
	return &whoisConn{Conn: conn, dialer: d, left: maxWHOIS, stop: stop}, nil
}

// target is where to connect: exactly what the settings name, or a public address.
func (d *whoisDialer) target() (string, error) {
	if d.server.dial != "" {
		return d.server.dial, nil
	}
	addrs, err := d.lookup(d.ctx, "ip", d.server.host)
	if err != nil {
		return "", err
	}
	for _, a := range addrs {
		if _, special := SpecialOf(a.Unmap()); !special {
			return netip.AddrPortFrom(a.Unmap(), 43).String(), nil
		}
	}
	return "", &targetError{d.server.host + " leads to no public address"}
}

// whoisConn bounds what is read.
type whoisConn struct {
	net.Conn
	dialer *whoisDialer
	left   int
	stop   func() bool
}

func (c *whoisConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		var one [1]byte
		n, err := c.Conn.Read(one[:])
		if n > 0 {
			c.dialer.tooLarge = true
			return 0, errTooLargeWHOIS
		}
		return 0, err
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}

// Close implements net.Conn.
func (c *whoisConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// keepRaw puts the bytes of an answer into the look-up.
func (l *Lookup) keepRaw(raw []byte) {
	sum := sha256.Sum256(raw)
	l.Raw, l.RawSHA256 = raw, hex.EncodeToString(sum[:])
}

// attempts notes how often the question was put, if more than once.
func (l *Lookup) attempts(n int) {
	if n > 1 {
		l.Attempts = n
	}
}

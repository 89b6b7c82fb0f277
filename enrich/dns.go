package enrich

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

const (
	dnsTimeout = 5 * time.Second // for one question to one resolver
	// A resolver is the user's own: it may be asked harder than a registry.
	dnsPerSecond   = 50
	dnsConnections = 8

	maxNames = 5 // taken from one answer
	// abuseNet is the zone in which abuse.net gives the addresses for a domain.
	abuseNet = "contacts.abuse.net"
)

// Name is a host name that goes with an address or a domain.
type Name struct {
	// Name in small letters, without the dot at its end.
	Name string `json:"name"`
	// Kind is "ptr" for the reverse name of an address, and "mx" for a mail exchanger.
	Kind string `json:"kind"`
	// Confirmed is true when the name leads back to the address (RFC 8601 section 2.7.3
	// calls that iprev). A reverse name that does not is only what the keeper of the
	// reverse zone wrote.
	Confirmed bool `json:"confirmed"`
	// Preference of a mail exchanger, the lowest first.
	Preference uint16 `json:"preference,omitempty"`
	// Source that gave the name, and when it was asked, RFC 3339 in UTC.
	Source string `json:"source"`
	Asked  string `json:"asked"`
}

// resolver asks recursive name servers (RFC 1035). It asks no other server itself.
type resolver struct {
	servers []string // host:port, asked in this order
	keeper  *gatekeeper
	now     func() time.Time
}

func newResolver(setting string, keeper *gatekeeper, now func() time.Time) (*resolver, error) {
	r := &resolver{keeper: keeper, now: now}
	if setting == "system" {
		config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil {
			return nil, fmt.Errorf("resolver of the system: %w; name one by its address", plainPathError(err))
		}
		for _, s := range config.Servers {
			r.servers = append(r.servers, net.JoinHostPort(s, config.Port))
		}
		if len(r.servers) == 0 {
			return nil, errors.New("resolver of the system: none is set; name one by its address")
		}
		return r, nil
	}
	if addr, err := netip.ParseAddr(setting); err == nil {
		r.servers = []string{netip.AddrPortFrom(addr, 53).String()}
		return r, nil
	}
	ap, err := netip.ParseAddrPort(setting)
	if err != nil {
		return nil, fmt.Errorf("resolver %q is neither an address nor address:port", setting)
	}
	r.servers = []string{ap.String()}
	return r, nil
}

// ask puts a question to the servers in turn until one answers it. The records are those
// of the answer section; a name without records of the type is not found.
func (r *resolver) ask(ctx context.Context, name string, kind uint16) (*dns.Msg, Lookup) {
	name = dns.Fqdn(name)
	var l Lookup
	for i := range max(2, len(r.servers)) {
		server := r.servers[i%len(r.servers)]
		l = Lookup{Kind: "dns", Server: server, Question: clip(dns.TypeToString[kind] + " " + name)}
		msg, err := r.exchange(ctx, server, name, kind)
		l.Asked = stamp(r.now())
		if err != nil {
			l.fail(err)
			if ctx.Err() != nil {
				return nil, l
			}
			continue
		}
		if raw, err := msg.Pack(); err == nil {
			l.keepRaw(raw)
		}
		switch msg.Rcode {
		case dns.RcodeSuccess:
			l.Outcome = OutcomeOK
			if len(msg.Answer) == 0 {
				l.Outcome = OutcomeNotFound
			}
			return msg, l
		case dns.RcodeNameError:
			l.Outcome = OutcomeNotFound
			return msg, l
		case dns.RcodeRefused:
			l.Outcome, l.Error = OutcomeRefused, "the resolver declined the question (REFUSED)"
			return msg, l
		}
		l.Outcome, l.Error = OutcomeFailed, "the resolver could not learn it ("+dns.RcodeToString[msg.Rcode]+")"
	}
	return nil, l
}

// exchange asks over UDP, and over TCP if the answer was cut short.
func (r *resolver) exchange(ctx context.Context, server, name string, kind uint16) (*dns.Msg, error) {
	gate := r.keeper.gateWith("dns://"+server, dnsPerSecond, dnsConnections)
	if err := gate.enter(ctx); err != nil {
		return nil, err
	}
	question := new(dns.Msg)
	question.SetQuestion(name, kind)
	question.SetEdns0(1232, false)
	var msg *dns.Msg
	var err error
	for _, network := range []string{"udp", "tcp"} {
		one, cancel := context.WithTimeout(ctx, dnsTimeout)
		client := dns.Client{Net: network, Timeout: dnsTimeout}
		msg, _, err = client.ExchangeContext(one, question, server)
		cancel()
		if err != nil || !msg.Truncated {
			break
		}
	}
	if ctx.Err() != nil {
		gate.abandon()
		return nil, ctx.Err()
	}
	gate.leave(err == nil)
	if err == nil && (len(msg.Question) != 1 || !strings.EqualFold(msg.Question[0].Name, name) || msg.Question[0].Qtype != kind) {
		err = errors.New("the answer is to another question")
	}
	return msg, err
}

// hostName makes a host name of one in a DNS message; empty if it is none.
func hostName(s string) string {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if len(s) > 253 || !isDomain(strings.ReplaceAll(s, "_", "-")) {
		return ""
	}
	return s
}

// IsDomain reports whether s is a domain that [Enricher.LookupDomain] can ask about: a host
// name (RFC 1123 section 2.1) of two labels or more that is no address.
func IsDomain(s string) bool {
	name := hostName(s)
	return name != "" && strings.ContainsAny(name[strings.LastIndexByte(name, '.')+1:], "abcdefghijklmnopqrstuvwxyz")
}

// Text is the answer as text: that of DNS in the form of a zone file, others as they were
// received, in UTF-8.
func (l *Lookup) Text() string {
	if l.Kind == "dns" && len(l.Raw) > 0 {
		var msg dns.Msg
		if err := msg.Unpack(l.Raw); err == nil {
			return msg.String()
		}
	}
	text, _ := readable(string(l.Raw), l.Server)
	return text
}

// addNames adds the reverse names of r.Address, each with whether it leads back.
func (e *Enricher) addNames(ctx context.Context, r *Record) {
	if e.resolver == nil {
		return
	}
	if known, ok := e.names.get(r.Address); ok {
		r.add(&known)
		return
	}
	if e.offline {
		return
	}
	learnt := newRecord(r.Address)
	e.resolver.fillNames(ctx, &learnt)
	if ctx.Err() == nil {
		age := ageNames
		if slices.ContainsFunc(learnt.Lookups, func(l Lookup) bool { return l.Outcome != OutcomeOK && l.Outcome != OutcomeNotFound }) {
			age = ageFailure
		}
		e.names.put(learnt, []netip.Prefix{netip.PrefixFrom(r.Address, r.Address.BitLen())}, age)
	}
	r.add(&learnt)
}

func (r *resolver) fillNames(ctx context.Context, out *Record) {
	reverse, err := dns.ReverseAddr(out.Address.String())
	if err != nil {
		return
	}
	msg, l := r.ask(ctx, reverse, dns.TypePTR)
	out.Lookups = append(out.Lookups, l)
	if l.Outcome != OutcomeOK {
		return
	}
	for _, rr := range msg.Answer {
		ptr, ok := rr.(*dns.PTR)
		if !ok || len(out.Names) == maxNames {
			continue
		}
		name := hostName(ptr.Ptr)
		if name == "" || slices.ContainsFunc(out.Names, func(n Name) bool { return n.Name == name }) {
			continue
		}
		confirmed, forward := r.leadsTo(ctx, name, out.Address)
		out.Lookups = append(out.Lookups, forward)
		out.Names = append(out.Names, Name{Name: name, Kind: "ptr", Confirmed: confirmed, Source: "resolver " + l.Server, Asked: l.Asked})
	}
	if len(out.Names) > 0 && !slices.ContainsFunc(out.Names, func(n Name) bool { return n.Confirmed }) {
		out.note("reverse-name-unconfirmed", "No reverse name of the address leads back to it; such a name proves nothing.")
	}
}

// leadsTo reports whether addr is among the addresses of a name.
func (r *resolver) leadsTo(ctx context.Context, name string, addr netip.Addr) (bool, Lookup) {
	kind := dns.TypeA
	if addr.Is6() {
		kind = dns.TypeAAAA
	}
	msg, l := r.ask(ctx, name, kind)
	if l.Outcome != OutcomeOK {
		return false, l
	}
	return slices.Contains(addressesOf(msg), addr), l
}

// addressesOf are the addresses of an answer.
func addressesOf(msg *dns.Msg) []netip.Addr {
	var out []netip.Addr
	for _, rr := range msg.Answer {
		var ip net.IP
		switch rr := rr.(type) {
		case *dns.A:
			ip = rr.A
		case *dns.AAAA:
			ip = rr.AAAA
		}
		if addr, ok := netip.AddrFromSlice(ip); ok {
			out = append(out, addr.Unmap())
		}
	}
	return out
}

// addDomainContacts adds the addresses of the domains of verified names: only those that
// lead back to the address, never what a host calls itself.
func (e *Enricher) addDomainContacts(ctx context.Context, r *Record) {
	if e.resolver == nil || e.offline {
		return
	}
	var domains []string
	for _, n := range r.Names {
		domain, err := publicsuffix.EffectiveTLDPlusOne(n.Name)
		if n.Kind == "ptr" && n.Confirmed && err == nil && !slices.Contains(domains, domain) {
			domains = append(domains, domain)
		}
	}
	for _, domain := range domains {
		e.domainContacts(ctx, r, domain)
	}
}

// domainContacts adds the addresses that go with a domain by convention and by its name
// service.
func (e *Enricher) domainContacts(ctx context.Context, r *Record, domain string) {
	if _, ok := registryDomain("x@" + domain); ok {
		return
	}
	add := func(email, role string, rule int, l Lookup) {
		email, ok := cleanEmail(email)
		if !ok || hasContact(r.Contacts, email) {
			return
		}
		if _, registry := registryDomain(email); registry {
			return
		}
		c := Contact{Email: email, Role: role, Scope: domain, Source: "resolver " + l.Server + ", " + l.Question, Asked: l.Asked}
		c.setRule(rule)
		r.Contacts = append(r.Contacts, c)
	}
	msg, l := e.resolver.ask(ctx, domain+"."+abuseNet, dns.TypeTXT)
	r.Lookups = append(r.Lookups, l)
	if l.Outcome == OutcomeOK {
		for _, rr := range msg.Answer {
			// abuse.net answers postmaster@ where it knows nothing.
			if txt, ok := rr.(*dns.TXT); ok && !strings.EqualFold(strings.Join(txt.Txt, ""), "postmaster@"+domain) {
				add(strings.Join(txt.Txt, ""), roleDomain, ruleDomainListed, l)
			}
		}
	}
	takes, lookups := e.mail.takes(ctx, e.resolver, domain)
	r.Lookups = append(r.Lookups, lookups...)
	if takes == mailYes && len(lookups) > 0 {
		add("abuse@"+domain, roleDomain, ruleDomainAbuse, lookups[0])
		add("postmaster@"+domain, roleDomain, ruleDomainPostmaster, lookups[0])
	}
	msg, l = e.resolver.ask(ctx, domain, dns.TypeSOA)
	r.Lookups = append(r.Lookups, l)
	if l.Outcome != OutcomeOK {
		return
	}
	for _, rr := range msg.Answer {
		soa, ok := rr.(*dns.SOA)
		if !ok {
			continue
		}
		email := soaMailbox(soa.Mbox)
		// Most zones are kept by a registrar or a name service, who can do nothing.
		if of, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])); err == nil && of == domain {
			add(email, roleSOA, ruleSOA, l)
		}
	}
}

// soaMailbox turns the name in an SOA record into an address: the first dot that is not
// escaped stands for @ (RFC 1035 section 8).
func soaMailbox(name string) string {
	name = strings.TrimSuffix(name, ".")
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '.':
			return strings.ReplaceAll(name[:i], `\.`, ".") + "@" + name[i+1:]
		}
	}
	return ""
}

// What is known of whether a domain takes mail.
const (
	mailYes   = "yes"
	mailNo    = "no"
	mailError = "error"
)

// mailDomains remembers which domains take mail, with the look-ups that told. It is safe
// for concurrent use; two callers may ask about one domain at once.
type mailDomains struct {
	mu    sync.Mutex
	known map[string]mailAnswer
}

type mailAnswer struct {
	takes   string
	lookups []Lookup
}

// takes asks whether a domain takes mail: by its mail exchangers, or without any by its
// address (RFC 5321 section 5.1). One exchanger named "." means that it does not (RFC 7505).
func (m *mailDomains) takes(ctx context.Context, r *resolver, domain string) (string, []Lookup) {
	domain = strings.ToLower(domain)
	m.mu.Lock()
	got, ok := m.known[domain]
	m.mu.Unlock()
	if ok {
		kept := slices.Clone(got.lookups)
		for i := range kept {
			kept[i].Kept = true
		}
		return got.takes, kept
	}
	got.takes, got.lookups = askMail(ctx, r, domain)
	if got.takes != mailError {
		m.mu.Lock()
		if m.known == nil {
			m.known = make(map[string]mailAnswer)
		}
		m.known[domain] = got
		m.mu.Unlock()
	}
	return got.takes, got.lookups
}

func askMail(ctx context.Context, r *resolver, domain string) (string, []Lookup) {
	msg, l := r.ask(ctx, domain, dns.TypeMX)
	lookups := []Lookup{l}
	switch {
	case l.Outcome == OutcomeOK:
		switch null, others := countMX(msg); {
		case others > 0: // beside a null MX there must be none (RFC 7505 section 3), but they work
			return mailYes, lookups
		case null > 0:
			return mailNo, lookups
		}
	case l.Outcome != OutcomeNotFound:
		return mailError, lookups
	case msg.Rcode == dns.RcodeNameError:
		return mailNo, lookups
	}
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		_, l := r.ask(ctx, domain, kind)
		lookups = append(lookups, l)
		switch l.Outcome {
		case OutcomeOK:
			return mailYes, lookups
		case OutcomeNotFound:
		default:
			return mailError, lookups
		}
	}
	return mailNo, lookups
}

// countMX counts the mail exchangers of an answer, those by which a name says that it takes
// no mail (RFC 7505) apart.
func countMX(msg *dns.Msg) (null, others int) {
	for _, rr := range msg.Answer {
		if mx, ok := rr.(*dns.MX); ok && mx.Mx == "." {
			null++
		} else if ok {
			others++
		}
	}
	return null, others
}

// addMail says of each contact whether its domain takes mail.
func (e *Enricher) addMail(ctx context.Context, r *Record) {
	if !e.checkMail || e.resolver == nil || e.offline {
		return
	}
	r.Contacts = slices.Clone(r.Contacts) // what is known elsewhere stays as it is
	for i := range r.Contacts {
		c := &r.Contacts[i]
		takes, lookups := e.mail.takes(ctx, e.resolver, c.Email[strings.LastIndexByte(c.Email, '@')+1:])
		r.Lookups = append(r.Lookups, lookups...)
		c.Mail = takes
		if takes == mailNo {
			r.note("contact-takes-no-mail", "The domain of "+c.Email+" takes no mail.")
		}
	}
}

// LookupDomain gathers what is known of a domain: its mail exchangers, and the addresses
// at which its owner can be reached by convention. It asks the resolver only: who
// registered a domain is its registrar's business and no contact of a network.
//
// The domain is taken in small letters, without a dot at its end. What is no host name
// (RFC 1123 section 2.1) gives a record with a note that says so.
func (e *Enricher) LookupDomain(ctx context.Context, domain string) Record {
	r := newRecord(netip.Addr{})
	if IsDomain(domain) {
		r.Domain = hostName(domain)
	}
	if r.Domain == "" {
		r.note("no-domain", "That is no domain; names outside ASCII are asked for in their xn-- form.")
		return r
	}
	if e.resolver == nil || e.offline {
		r.note("offline", "No resolver was asked: working offline, or none is set.")
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.Deadline)
	defer cancel()
	msg, l := e.resolver.ask(ctx, r.Domain, dns.TypeMX)
	r.Lookups = append(r.Lookups, l)
	if l.Outcome == OutcomeOK {
		r.addExchangers(msg, l)
	}
	owner, err := publicsuffix.EffectiveTLDPlusOne(r.Domain)
	if err != nil {
		r.note("public-suffix", "Domains are registered below "+r.Domain+"; it belongs to nobody who could be written to.")
		return r
	}
	e.domainContacts(ctx, &r, owner)
	sortContacts(r.Contacts)
	e.addMail(ctx, &r)
	return r
}

func (r *Record) addExchangers(msg *dns.Msg, l Lookup) {
	for _, rr := range msg.Answer {
		mx, ok := rr.(*dns.MX)
		if !ok || len(r.Names) == maxNames {
			continue
		}
		if name := hostName(mx.Mx); name != "" {
			r.Names = append(r.Names, Name{Name: name, Kind: "mx", Preference: mx.Preference, Source: "resolver " + l.Server, Asked: l.Asked})
		}
	}
	slices.SortStableFunc(r.Names, func(a, b Name) int { return int(a.Preference) - int(b.Preference) })
}

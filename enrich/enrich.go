// Package enrich says who answers for an Internet address: the registry that holds its
// block, the network and its holder, the country, the autonomous system, and the
// contacts to write to, the best first. Each fact carries the source that gave it and its
// date, each answer is kept as it was received, and each contact says by which rule it
// was ranked.
//
// [New] makes an [Enricher]; [Enricher.Lookup] asks it about one address,
// [Enricher.LookupAll] about many, [Enricher.LookupDomain] about a domain. A look-up
// never fails as a whole: what could not be learnt stands in the [Record], so that a
// server that was down is not taken for a network without a contact.
//
// For one's own domains there are [Enricher.CheckDomain], [Enricher.Registration],
// [Enricher.SecurityTxt] and [Enricher.Blocklists]: where complaints about a domain land,
// and what stands against forgery in it.
//
// [RegistryOf], [NationalOf], [SpecialOf] and [CountryOf] answer from tables inside the
// program and ask nobody. Registries and resolvers are asked about addresses; no address
// is ever contacted.
//
// # Where the abuse contact is found
//
// RDAP is asked first; WHOIS only where RDAP fails or names no abuse contact. The shapes
// are told by the answer, not by the server, since registries pass questions on.
//
//	registry  over   shape                       where the abuse contact stands
//	RIPE NCC  RDAP   entities side by side       entity with role abuse
//	          WHOIS  inetnum, inet6num           comment "Abuse contact for"; abuse-c of the network or its org, abuse-mailbox there
//	ARIN      RDAP   entities nested             abuse entity inside the registrant
//	          WHOIS  NetRange                    RAbuseEmail of the resource, else OrgAbuseEmail; of the narrowest range
//	APNIC     RDAP   entities side by side       entity with role abuse (the IRT)
//	          WHOIS  inetnum, inet6num           comment "Abuse contact for"; abuse-c, or abuse-mailbox of the IRT in mnt-irt
//	LACNIC    RDAP   entities side by side       entity with role abuse
//	          WHOIS  inetnum, owner              e-mail of the person in abuse-c
//	AFRINIC   RDAP   entities without roles      none is named; the contacts rank as "no role stated"
//	          WHOIS  inetnum, inet6num           abuse-mailbox of the org or of its contacts
//	JPNIC     RDAP   in APNIC's service          JPNIC's own, left out; contacts by key without an address
//	          WHOIS  a. [Network Number]         [Abuse], else the contacts by key, each asked for; in APNIC's copy the remark
//	                                             "Email address for spam or abuse complaints"
//	KRNIC     RDAP   in APNIC's service          KRNIC's own, left out; a technical contact
//	          WHOIS  IPv4 Address :              section "Network Abuse Contact Information" until about 2013; today the one
//	                                             contact below the network, without a role
//	TWNIC     RDAP   in APNIC's service          TWNIC's own, left out; a technical contact
//	          WHOIS  Netblock:                   below "Spam contact" where there is one, else "Technical contact"
//	IDNIC     RDAP   in APNIC's service          entity with role abuse (the IRT)
//	          WHOIS  inetnum, inet6num           abuse-mailbox of the IRT in mnt-irt
//	CNNIC     both   in APNIC's database         as APNIC if the holder has an IRT; else CNNIC's own, left out, and tech-c
//	VNNIC     both   in APNIC's database         VNNIC's own, left out; tech-c
//	NIC.br    RDAP   handed on by LACNIC         entity with role abuse
//	          WHOIS  inetnum, owner              e-mail of the person in abuse-c; withheld where the person shows none
//	NIC.mx    both   in LACNIC's database        as LACNIC
//
// Answers are in UTF-8, but for NIC.br and RIPE (ISO 8859-1), JPNIC (ISO-2022-JP unless
// English is asked for), and old records in EUC-JP, EUC-KR, GBK or Big5.
//
// A registry's own address is never taken for the holder's, wherever it stands; nor is
// anything redacted, an address in changed: or notify:, or the contact of a registrar.
//
// # How contacts are ranked
//
// The first rule that fits counts; its number and words stand with the contact.
//
//	 1, 2    abuse role in RDAP, of the narrowest network, then of those above it
//	 3, 4    abuse mailbox in WHOIS, likewise
//	 5, 6    technical and noc roles, likewise
//	 7, 8    administrative and registrant roles, and contacts without a role, likewise
//	 9       what abuse.net lists for the domain of a name that leads back to the address
//	10, 11   abuse@ and postmaster@ that domain, if it takes mail
//	12       the mailbox in the domain's SOA record, if it lies in the domain
//	13       the national CERT, if nobody else is known and no registry failed
//
// Rules 9 to 12 are tried only where no registry names an abuse contact. [AbuseContact]
// tells a network without one from one whose registry withholds it or did not answer.
package enrich

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Settings says what an [Enricher] may use. The zero value asks the registries over RDAP
// and WHOIS, asks no resolver, has no GeoIP files, keeps nothing on disk, and reads the
// clock of the system.
type Settings struct {
	// Offline forbids every question to the network. The tables, the GeoIP files and the
	// cache still answer.
	Offline bool
	// GeoIP names database files, asked in this order; see [OpenGeoIP].
	GeoIP []string
	// RDAPBase replaces the base URL of a registry's RDAP service. The key is the name
	// of a [Registry], such as "RIPE NCC". The URL must be https; plain http is allowed
	// to a loopback address only.
	RDAPBase map[string]string
	// Bootstrap is the base URL of IANA's bootstrap files, [BootstrapURL] or a mirror. They
	// say whom to ask first. Empty means that the table of [RegistryOf] does.
	Bootstrap string
	// RDAPDomains names the base URL of the RDAP service for the domains below a name, such
	// as "uk". It must be https as for RDAPBase. Others are found by Bootstrap.
	RDAPDomains map[string]string
	// WHOIS replaces the WHOIS server of a registry by host:port. The key is the name of a
	// [Registry] or of a [National]. A registry whose RDAP is replaced and whose WHOIS is
	// not is not asked over WHOIS, nor are the national registries below it.
	WHOIS map[string]string
	// Resolver answers questions about names: "system" for that of the system, an address,
	// or address:port. Empty means that no names are asked about.
	Resolver string
	// CheckMail asks whether the domains of contacts take mail. It needs a Resolver.
	CheckMail bool
	// AddressLists and DomainLists are the zones of blocklists (RFC 5782) for
	// [Enricher.Blocklists].
	AddressLists, DomainLists []string
	// SecurityTxt names, by domain, a URL that is asked in place of the usual ones for
	// [Enricher.SecurityTxt]. It must be https; plain http is allowed to a loopback address
	// only.
	SecurityTxt map[string]string
	// Cache keeps answers from one run to the next. It is not closed with the Enricher.
	Cache *Cache
	// Limits says how hard one server may be asked.
	Limits Limits
	// HTTP makes the requests. Its Transport and Timeout are used; its redirect policy is
	// replaced by a stricter one and cookies are not kept. Nil means the default transport.
	HTTP *http.Client
	// Now tells the time at which questions are asked. Nil means time.Now. Servers rest,
	// and what is kept grows old, by the clock of the system whatever Now says.
	Now func() time.Time
}

// Enricher answers who is behind an address. Make one with [New].
//
// It is safe for concurrent use. Each server is asked no harder than the limits allow,
// whatever the number of callers, and about a network that is known not at all.
type Enricher struct {
	offline   bool
	checkMail bool
	limits    Limits
	geoip     []*GeoIP
	rdap      *rdapClient
	whois     *whoisClient
	resolver  *resolver // nil: no names are asked about
	lists     *blocklists
	web       *webClient // nil: no web server is asked
	domains   *domainRegistries
	networks  *known
	names     *known
	now       func() time.Time

	mail mailDomains
}

// New makes an Enricher. It opens the GeoIP files and asks the network nothing. The
// error names the file or the setting that cannot be used.
func New(s Settings) (*Enricher, error) { return newEnricher(s, time.Now) }

// newEnricher has the clock by which servers rest and answers grow old, for tests.
func newEnricher(s Settings, clock func() time.Time) (*Enricher, error) {
	e := &Enricher{offline: s.Offline, checkMail: s.CheckMail, limits: s.Limits.withDefaults(), now: s.Now}
	if e.now == nil {
		e.now = time.Now
	}
	keeper := newGatekeeper(e.limits, clock)
	keeper.cache = s.Cache
	var err error
	if e.rdap, err = newRDAPClient(s.RDAPBase, s.HTTP, keeper, e.now); err != nil {
		return nil, err
	}
	if s.Bootstrap != "" {
		if e.rdap.boot, err = newBootstrap(s.Bootstrap, e.rdap, s.Cache, clock); err != nil {
			return nil, err
		}
		e.rdap.guard.bootstrap = e.rdap.boot.base
	}
	if e.domains, err = newDomainRegistries(s.RDAPDomains, e.rdap.boot, s.HTTP, keeper, e.now); err != nil {
		return nil, err
	}
	if e.whois, err = newWHOISClient(s.WHOIS, s.RDAPBase, keeper, e.now); err != nil {
		return nil, err
	}
	if s.Resolver != "" {
		if e.resolver, err = newResolver(s.Resolver, keeper, e.now); err != nil {
			return nil, err
		}
	}
	if e.lists, err = newBlocklists(s.AddressLists, s.DomainLists); err != nil {
		return nil, err
	}
	if e.web, err = newWebClient(s.HTTP, s.SecurityTxt, e.resolver, keeper, e.now); err != nil {
		return nil, err
	}
	e.networks = newKnown(s.Cache, "registries"+fingerprint(s.RDAPBase, s.WHOIS), clock)
	e.names = newKnown(s.Cache, "names "+s.Resolver, clock)
	for _, path := range s.GeoIP {
		g, err := OpenGeoIP(path)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.geoip = append(e.geoip, g)
	}
	return e, nil
}

// fingerprint tells the servers that settings name from the real ones and from others:
// what one server said is not kept as the answer of another.
func fingerprint(overrides ...map[string]string) string {
	h := sha256.New()
	named := false
	for i, m := range overrides {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			named = true
			fmt.Fprintf(h, "%d %q %q\n", i, name, m[name])
		}
	}
	if !named {
		return ""
	}
	return " " + hex.EncodeToString(h.Sum(nil)[:8])
}

// Close closes the GeoIP files. No look-up may run then or later.
func (e *Enricher) Close() error {
	var errs []error
	for _, g := range e.geoip {
		errs = append(errs, g.Close())
	}
	e.geoip = nil
	return errors.Join(errs...)
}

// Lookup gathers what is known of addr. An IPv4-mapped address is taken for its IPv4
// address and a zone is dropped. Nobody is asked about special-purpose addresses. All
// questions together end within the limits' deadline; when ctx ends first, the record
// says so.
func (e *Enricher) Lookup(ctx context.Context, addr netip.Addr) Record {
	addr = addr.Unmap().WithZone("")
	r := newRecord(addr)
	if !addr.IsValid() {
		r.note("no-address", "No address was given.")
		return r
	}
	if s, ok := SpecialOf(addr); ok {
		r.Special = &s
		r.note("special-purpose", "The address lies in a block that is set aside ("+s.Name+", "+s.RFC+"); nobody was asked about it.")
		return r
	}
	r.Registry, _ = RegistryOf(addr)
	r.RegistryDate = RegistryTableDate
	if c, ok := CountryOf(addr); ok {
		r.Countries = append(r.Countries, c)
	}
	for _, g := range e.geoip {
		e.addGeoIP(&r, g)
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.Deadline)
	defer cancel()
	if r.Registry == "" {
		r.note("no-registry", "IANA has given the block to no registry, as of "+RegistryTableDate+"; nobody was asked.")
	} else {
		e.addRegistries(ctx, &r)
	}
	e.addNames(ctx, &r)
	r.abuseState()
	if !hasAbuse(r.Contacts) {
		e.addDomainContacts(ctx, &r)
	}
	sortContacts(r.Contacts)
	r.addCERT()
	e.addMail(ctx, &r)
	return r
}

// addRegistries adds what the registries say, asking them only about what is not known.
func (e *Enricher) addRegistries(ctx context.Context, r *Record) {
	if known, ok := e.networks.get(r.Address); ok {
		r.add(&known)
		return
	}
	if e.offline {
		r.note("offline", "No registry was asked: working offline.")
		return
	}
	release, err := e.networks.claim(ctx, r.Address)
	if err != nil {
		l := Lookup{Kind: "rdap", Server: string(r.Registry), Asked: stamp(e.now())}
		l.fail(err)
		r.Lookups = append(r.Lookups, l)
		return
	}
	defer release()
	if known, ok := e.networks.get(r.Address); ok { // learnt while waiting
		r.add(&known)
		return
	}
	learnt := newRecord(r.Address)
	learnt.Registry = r.Registry
	by := e.rdap.fill(ctx, &learnt)
	if !hasAbuse(learnt.Contacts) && ctx.Err() == nil {
		e.whois.fill(ctx, &learnt, by)
	}
	sortContacts(learnt.Contacts)
	if ctx.Err() == nil {
		prefixes, age := reach(&learnt)
		e.networks.put(learnt, prefixes, age)
	}
	r.add(&learnt)
}

// add takes over what another record says.
func (r *Record) add(from *Record) {
	if from.Registry != "" {
		r.Registry = from.Registry
	}
	if from.Network != nil {
		r.Network = from.Network
	}
	if from.Parent != nil {
		r.Parent = from.Parent
	}
	r.Countries = append(r.Countries, from.Countries...)
	r.Names = append(r.Names, from.Names...)
	r.Contacts = append(r.Contacts, from.Contacts...)
	r.Lookups = append(r.Lookups, from.Lookups...)
	for _, n := range from.Notes {
		r.note(n.Code, n.Text)
	}
}

// LookupAll looks up many addresses, each once, as many at a time as the servers may be
// asked. done is called with each record as it comes, by one caller at a time; it may be
// nil. Addresses for which ctx ended first are not in the result.
func (e *Enricher) LookupAll(ctx context.Context, addrs []netip.Addr, done func(Record)) map[netip.Addr]Record {
	out := make(map[netip.Addr]Record, len(addrs))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, groups := range e.neighbours(addrs) {
		queue := make(chan []netip.Addr, len(groups))
		for _, g := range groups {
			queue <- g
		}
		close(queue)
		// One more than may be asked at once: it reads what is known while they wait.
		for range min(e.limits.Connections+1, len(groups)) {
			wg.Go(func() {
				for group := range queue {
					for _, addr := range group {
						if ctx.Err() != nil {
							return
						}
						r := e.Lookup(ctx, addr)
						if ctx.Err() != nil {
							return
						}
						mu.Lock()
						out[addr] = r
						if done != nil {
							done(r)
						}
						mu.Unlock()
					}
				}
			})
		}
	}
	wg.Wait()
	return out
}

// neighbours sorts addresses by registry, so that a slow one holds up no other, and into
// neighbourhoods, whose addresses are looked up one after the other: most are answered by
// what was learnt of the one before.
func (e *Enricher) neighbours(addrs []netip.Addr) map[Registry][][]netip.Addr {
	sorted := slices.Clone(addrs)
	slices.SortFunc(sorted, func(a, b netip.Addr) int { return a.Unmap().Compare(b.Unmap()) })
	sorted = slices.Compact(sorted)
	groups := make(map[netip.Prefix][]netip.Addr)
	for _, a := range sorted {
		p := neighbourhood(a.Unmap().WithZone(""))
		groups[p] = append(groups[p], a)
	}
	out := make(map[Registry][][]netip.Addr)
	for _, p := range slices.SortedFunc(maps.Keys(groups), func(a, b netip.Prefix) int { return cmp.Compare(len(groups[b]), len(groups[a])) }) {
		registry, _ := RegistryOf(groups[p][0])
		out[registry] = append(out[registry], groups[p])
	}
	return out
}

func (e *Enricher) addGeoIP(r *Record, g *GeoIP) {
	a, err := g.Lookup(r.Address)
	if err != nil {
		r.Lookups = append(r.Lookups, Lookup{
			Kind: "geoip", Server: g.Name, Asked: stamp(e.now()),
			Outcome: OutcomeFailed, Error: clip(err.Error()),
		})
		return
	}
	if a.Country != "" {
		r.Countries = append(r.Countries, Country{
			Code: a.Country, Source: g.source(), Date: g.Built, Approximate: true,
			Note: regionNote(a.Country, r.Registry),
		})
	}
	if a.ASNumber != 0 || a.Organisation != "" {
		r.AS = append(r.AS, AS{Number: a.ASNumber, Organisation: a.Organisation, Source: g.source(), Date: g.Built})
	}
}

// maxText bounds, in bytes, each text taken from a server's answer.
const maxText = 500

// clip shortens s to maxText bytes of valid UTF-8.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText-3], "") + "..."
}

// stamp writes a time as the record does: RFC 3339, UTC, whole seconds.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

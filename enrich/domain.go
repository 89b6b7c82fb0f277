package enrich

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// DomainSchema is the schema name of a [DomainCheck].
const DomainSchema = "relaytrace.domain/1"

// DomainCheck is what DNS says of one name with regard to mail: where complaints about it
// go, and what stands against mail forged in it. Lists are never null in JSON.
type DomainCheck struct {
	// Schema is always [DomainSchema].
	Schema string `json:"schema"`
	// Domain in small letters, without a dot at its end.
	Domain string `json:"domain"`
	// Exists is "yes", "no" (NXDOMAIN), or "error" if the resolver did not say.
	Exists string `json:"exists"`
	// Mail says whether the name takes mail: "yes", "no", or "error". A name without a mail
	// exchanger takes mail at its address (RFC 5321 section 5.1).
	Mail string `json:"mail"`
	// NullMX is true when the name says by a null MX that it takes no mail (RFC 7505).
	NullMX bool `json:"null_mx"`
	// Exchangers are its mail exchangers, the preferred first; at most five.
	Exchangers []Name `json:"exchangers"`
	// Wildcard says what any other name below this one is answered with.
	Wildcard Wildcard `json:"wildcard"`
	// SPF and DMARC are what stands against forgery.
	SPF   SPF   `json:"spf"`
	DMARC DMARC `json:"dmarc"`
	// Keeper is the mailbox in the SOA record of the zone that holds the name (RFC 1035
	// section 3.3.13), whosever it is; empty if it is not known.
	Keeper string `json:"keeper,omitempty"`
	// KeeperZone is that zone.
	KeeperZone string `json:"keeper_zone,omitempty"`
	// Contacts are where complaints land: what abuse.net lists, abuse@ and postmaster@ if
	// the name takes mail, and the keeper if its mailbox lies in the registrable domain.
	Contacts []Contact `json:"contacts"`
	// Notes says in plain words what a reader must know of the above.
	Notes []Note `json:"notes"`
	// Lookups are the questions asked, in order, and how each ended.
	Lookups []Lookup `json:"lookups"`
}

// Wildcard is how a name that nobody has set up below a domain is answered for mail. Under
// a wildcard every forged name below the domain exists, and mail to it is delivered.
type Wildcard string

// The kinds of wildcard.
const (
	WildcardNone    Wildcard = "none"    // no such name
	WildcardMX      Wildcard = "mx"      // mail exchangers: every name takes mail
	WildcardNullMX  Wildcard = "null-mx" // every name exists and says that it takes none
	WildcardAddress Wildcard = "address" // addresses: every name takes mail there
	WildcardError   Wildcard = "error"   // the resolver did not say
)

// Published says whether a policy stands in DNS. Only the first two are certain.
type Published string

// The states of a policy.
const (
	PolicyFound   Published = "found"   // one record
	PolicyNone    Published = "none"    // no record
	PolicySeveral Published = "several" // more than one: receivers must not use any of them
	PolicyInvalid Published = "invalid" // a record without a usable policy
	PolicyError   Published = "error"   // the resolver did not say
)

// SPF is what a name says of the hosts that may send for it (RFC 7208).
type SPF struct {
	State Published `json:"state"`
	// Records as published, each on one line.
	Records []string `json:"records"`
	// All is the qualifier of the mechanism "all", which stands for every other host: "-"
	// (may not), "~" (probably not), "?" (nothing said) or "+" (may); empty without one.
	All string `json:"all,omitempty"`
	// Redirect is the name whose policy counts instead (RFC 7208 section 6.1).
	Redirect string `json:"redirect,omitempty"`
}

// DMARC is what a name asks receivers to do with mail that is not its own (RFC 7489).
type DMARC struct {
	State Published `json:"state"`
	// Domain at which the record stands: the name itself, or its registrable domain.
	Domain string `json:"domain,omitempty"`
	// Records as published, each on one line.
	Records []string `json:"records"`
	// Policy is what the record asks for this name: "none", "quarantine" or "reject".
	Policy string `json:"policy,omitempty"`
	// Below is what it asks for names below Domain.
	Below string `json:"below,omitempty"`
	// Percent of the mail to which the policy applies; 100 unless the record says less.
	Percent int `json:"percent,omitempty"`
	// Reports are the URIs to which receivers send aggregate reports.
	Reports []string `json:"reports,omitempty"`
}

// Levels gives a name and every name above it up to the registrable domain, the narrowest
// first: dept.college.ac.uk, college.ac.uk. It is empty for what is no domain, and for names
// below which domains are registered.
func Levels(name string) []string {
	if !IsDomain(name) {
		return nil
	}
	name = hostName(name)
	owner, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return nil
	}
	levels := []string{name}
	for name != owner {
		_, name, _ = strings.Cut(name, ".")
		levels = append(levels, name)
	}
	return levels
}

// Addresses asks the resolver for the addresses of a host of one's own, such as a mail
// exchanger, in ascending order, each once. The look-ups say why there are none. The addresses
// of a name that stands in a sample say nothing of where the sample came from.
func (e *Enricher) Addresses(ctx context.Context, name string) ([]netip.Addr, []Lookup) {
	addrs, lookups := []netip.Addr{}, []Lookup{}
	name = hostName(name)
	if e.resolver == nil || e.offline || name == "" {
		return addrs, lookups
	}
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		msg, l := e.resolver.ask(ctx, name, kind)
		lookups = append(lookups, l)
		if l.Outcome == OutcomeOK {
			addrs = append(addrs, addressesOf(msg)...)
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return slices.Compact(addrs), lookups
}

// CheckDomain asks the resolver about one name. It is meant for one's own names; see
// [Levels] for those above it. What is no domain, or was not asked about, is noted.
func (e *Enricher) CheckDomain(ctx context.Context, name string) DomainCheck {
	c := DomainCheck{
		Schema: DomainSchema, Domain: hostName(name), Exists: mailError, Mail: mailError, Wildcard: WildcardError,
		Exchangers: []Name{}, Contacts: []Contact{}, Notes: []Note{}, Lookups: []Lookup{},
		SPF: SPF{State: PolicyError, Records: []string{}}, DMARC: DMARC{State: PolicyError, Records: []string{}},
	}
	levels := Levels(name)
	switch {
	case c.Domain == "" || !IsDomain(name):
		c.note("no-domain", "That is no domain; names outside ASCII are asked for in their xn-- form.")
		return c
	case len(levels) == 0:
		c.note("public-suffix", "Domains are registered below "+c.Domain+"; it belongs to nobody who could be written to.")
		return c
	case e.resolver == nil || e.offline:
		c.note("offline", "No resolver was asked: working offline, or none is set.")
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.Deadline)
	defer cancel()
	c.readMail(e.mail.takes(ctx, e.resolver, c.Domain))
	c.SPF = e.spf(ctx, &c)
	c.DMARC = e.dmarc(ctx, &c, levels[len(levels)-1])
	c.Wildcard = e.wildcard(ctx, &c)
	e.addDomainDesks(ctx, &c)
	return c
}

func (c *DomainCheck) note(code, text string) { c.Notes = append(c.Notes, Note{code, text}) }

// readMail reads from the look-ups how the name takes mail.
func (c *DomainCheck) readMail(takes string, lookups []Lookup) {
	c.Mail = takes
	c.Lookups = append(c.Lookups, lookups...)
	msg := lookups[0].message()
	if msg == nil {
		return
	}
	c.Exists = "yes"
	if msg.Rcode == dns.RcodeNameError {
		c.Exists = "no"
	}
	null, others := countMX(msg)
	c.NullMX = null > 0 && others == 0
	var r Record
	r.addExchangers(msg, lookups[0])
	c.Exchangers = append(c.Exchangers, r.Names...)
}

// message is the answer of a resolver; nil if there is none.
func (l *Lookup) message() *dns.Msg {
	msg := new(dns.Msg)
	if l.Kind != "dns" || l.Outcome != OutcomeOK && l.Outcome != OutcomeNotFound || msg.Unpack(l.Raw) != nil {
		return nil
	}
	return msg
}

// policyTexts asks for the TXT records of a name that belong to a policy: those whose first word,
// up to a space or semicolon, is version (RFC 7208 section 4.5, RFC 7489 section 6.6.3). The
// strings of one record are joined as they are.
func (e *Enricher) policyTexts(ctx context.Context, c *DomainCheck, name, version string) ([]string, Published) {
	msg, l := e.resolver.ask(ctx, name, dns.TypeTXT)
	c.Lookups = append(c.Lookups, l)
	if l.Outcome != OutcomeOK && l.Outcome != OutcomeNotFound {
		return []string{}, PolicyError
	}
	out := []string{}
	for _, rr := range msg.Answer {
		txt, ok := rr.(*dns.TXT)
		if !ok {
			continue
		}
		whole := strings.Join(txt.Txt, "")
		first := whole
		if i := strings.IndexAny(whole, " ;\t"); i >= 0 {
			first = whole[:i]
		}
		if strings.EqualFold(first, version) && len(out) < maxWHOISValues {
			out = append(out, oneLine(whole))
		}
	}
	switch len(out) {
	case 0:
		return out, PolicyNone
	case 1:
		return out, PolicyFound
	}
	return out, PolicySeveral
}

func (e *Enricher) spf(ctx context.Context, c *DomainCheck) SPF {
	var p SPF
	if p.Records, p.State = e.policyTexts(ctx, c, c.Domain, "v=spf1"); p.State != PolicyFound {
		return p
	}
	for term := range strings.FieldsSeq(p.Records[0]) {
		term = strings.ToLower(term)
		switch bare := strings.TrimLeft(term, "+-~?"); {
		case bare == "all" && p.All == "":
			p.All = firstOf(strings.TrimSuffix(term, "all"), "+")
		case strings.HasPrefix(term, "redirect="):
			p.Redirect = clip(strings.TrimPrefix(term, "redirect="))
		}
	}
	if p.All != "" {
		p.Redirect = "" // it counts only where no mechanism matches, and "all" always does
	}
	return p
}

// dmarc looks for a record at the name itself, then at its registrable domain.
func (e *Enricher) dmarc(ctx context.Context, c *DomainCheck, owner string) DMARC {
	var p DMARC
	for _, name := range slices.Compact([]string{c.Domain, owner}) {
		p = DMARC{Domain: name}
		p.Records, p.State = e.policyTexts(ctx, c, "_dmarc."+name, "v=DMARC1")
		if p.State != PolicyNone {
			break
		}
	}
	switch p.State {
	case PolicyNone:
		p.Domain = ""
	case PolicyFound:
		p.read(p.Domain != c.Domain)
	}
	return p
}

// read reads the tags of the record. inherited is true if it stands at a name above.
func (p *DMARC) read(inherited bool) {
	tags := make(map[string]string)
	for tag := range strings.SplitSeq(p.Records[0], ";") {
		key, value, ok := strings.Cut(tag, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		if _, seen := tags[key]; ok && !seen {
			tags[key] = strings.TrimSpace(value)
		}
	}
	own := dmarcPolicy(tags["p"])
	if own == "" && tags["rua"] != "" {
		own = "none" // RFC 7489 section 6.6.3, step 6
	}
	if own == "" {
		p.State = PolicyInvalid
		return
	}
	p.Policy, p.Below, p.Percent = own, firstOf(dmarcPolicy(tags["sp"]), own), 100
	if inherited {
		p.Policy = p.Below
	}
	if n, err := strconv.Atoi(tags["pct"]); err == nil && n >= 0 && n <= 100 {
		p.Percent = n
	}
	for uri := range strings.SplitSeq(tags["rua"], ",") {
		if uri = clip(strings.TrimSpace(uri)); uri != "" && len(p.Reports) < maxWHOISValues {
			p.Reports = append(p.Reports, uri)
		}
	}
}

func dmarcPolicy(s string) string {
	s = strings.ToLower(s)
	if slices.Contains([]string{"none", "quarantine", "reject"}, s) {
		return s
	}
	return ""
}

// wildcard asks about a name below c.Domain that nobody has set up. The name is made from
// the domain, so that the same check asks the same question.
func (e *Enricher) wildcard(ctx context.Context, c *DomainCheck) Wildcard {
	sum := sha256.Sum256([]byte(c.Domain))
	name := "no-such-name-" + hex.EncodeToString(sum[:4]) + "." + c.Domain
	if hostName(name) == "" {
		return WildcardNone // too long for a name: nothing can stand there
	}
	for _, kind := range []uint16{dns.TypeMX, dns.TypeA, dns.TypeAAAA} {
		msg, l := e.resolver.ask(ctx, name, kind)
		c.Lookups = append(c.Lookups, l)
		if l.Outcome != OutcomeOK && l.Outcome != OutcomeNotFound {
			return WildcardError
		}
		null, others := countMX(msg)
		switch {
		case msg.Rcode == dns.RcodeNameError:
			return WildcardNone
		case others > 0:
			return WildcardMX
		case null > 0:
			return WildcardNullMX
		case kind != dns.TypeMX && slices.ContainsFunc(msg.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == kind }):
			return WildcardAddress
		}
	}
	return WildcardNone
}

// addDomainDesks adds where complaints land, and who keeps the zone.
func (e *Enricher) addDomainDesks(ctx context.Context, c *DomainCheck) {
	var r Record
	e.domainContacts(ctx, &r, c.Domain)
	sortContacts(r.Contacts)
	e.addMail(ctx, &r)
	c.Contacts = append(c.Contacts, r.Contacts...)
	c.Notes = append(c.Notes, r.Notes...)
	for _, l := range r.Lookups {
		if !l.Kept { // those of the mail exchangers stand above
			c.Lookups = append(c.Lookups, l)
		}
		if msg := l.message(); msg != nil && l.Question == "SOA "+c.Domain+"." {
			c.readKeeper(msg)
		}
	}
}

// readKeeper takes the SOA record of the zone: among the answers if the name is its top,
// else where a name server says that the name has none.
func (c *DomainCheck) readKeeper(msg *dns.Msg) {
	for _, rr := range slices.Concat(msg.Answer, msg.Ns) {
		soa, ok := rr.(*dns.SOA)
		zone := hostName(rr.Header().Name)
		if !ok || zone == "" || c.Domain != zone && !strings.HasSuffix(c.Domain, "."+zone) {
			continue
		}
		if email, ok := cleanEmail(soaMailbox(soa.Mbox)); ok {
			c.Keeper, c.KeeperZone = email, zone
			return
		}
	}
}

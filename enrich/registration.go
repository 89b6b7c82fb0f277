package enrich

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/openrdap/rdap"
)

// RoleRegistrarAbuse is the role of the registrar's abuse desk in a [Registration]: complaints
// about a domain go there.
const RoleRegistrarAbuse = "registrar-abuse"

// Registration is what the registry of a domain says of it over RDAP. Lists are never null
// in JSON.
type Registration struct {
	// Domain that was asked about: the registrable one.
	Domain string `json:"domain"`
	// Outcome is empty if nobody was asked: offline, or no registry is known for the domain.
	Outcome Outcome `json:"outcome"`
	// Registrar through which the domain was registered.
	Registrar string `json:"registrar,omitempty"`
	// Contacts of the domain, with the roles that the registry gives, and the registrar's
	// abuse desk. None is a contact of a network.
	Contacts []Contact `json:"contacts"`
	// Nameservers and Status as the registry words them.
	Nameservers []string `json:"nameservers"`
	Status      []string `json:"status"`
	// Registered, LastChanged and Expires are RFC 3339, in UTC.
	Registered  string `json:"registered,omitempty"`
	LastChanged string `json:"last_changed,omitempty"`
	Expires     string `json:"expires,omitempty"`
	// Withheld names what the registry says it left out (RFC 9537), or shows as redacted.
	Withheld []string `json:"withheld"`
	// Notes says in plain words what a reader must know of the above.
	Notes []Note `json:"notes"`
	// Lookups are the questions asked, in order, and how each ended.
	Lookups []Lookup `json:"lookups"`
}

// Registration asks the registry of the registrable domain of name who holds it and through
// whom it was registered. The registry is the one that IANA's bootstrap names, or that
// [Settings.RDAPDomains] does. It is meant for one's own domains: the holder of a domain
// found in a sample is no contact for the sample.
func (e *Enricher) Registration(ctx context.Context, name string) Registration {
	r := Registration{
		Contacts: []Contact{}, Nameservers: []string{}, Status: []string{}, Withheld: []string{}, Notes: []Note{}, Lookups: []Lookup{},
	}
	levels := Levels(name)
	if len(levels) == 0 {
		r.Notes = append(r.Notes, Note{"no-domain", "That is no domain that anybody can register."})
		return r
	}
	r.Domain = levels[len(levels)-1]
	if e.offline {
		r.Notes = append(r.Notes, Note{"offline", "No registry was asked: working offline."})
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.Deadline)
	defer cancel()
	base, problem := e.domains.serviceOf(ctx, r.Domain)
	if problem != "" {
		r.Notes = append(r.Notes, Note{"bootstrap-not-had", "IANA's list of registries could not be had (" + problem + ")."})
	}
	if base == nil {
		r.Notes = append(r.Notes, Note{"no-domain-registry", "No registry is known that answers for " + r.Domain + " over RDAP; its web pages may."})
		return r
	}
	l := e.domains.rdap.ask(ctx, func() *rdap.Request {
		server := *base // openrdap changes the URL that it is given
		return rdap.NewRequest(rdap.DomainRequest, r.Domain).WithServer(&server)
	}, r.read)
	r.Outcome = l.Outcome
	r.Lookups = append(r.Lookups, l)
	by := firstOf(l.AnsweredBy, l.Server)
	for i := range r.Contacts {
		c := &r.Contacts[i]
		c.Scope, c.Source, c.Asked = r.Domain, "RDAP of the registry, "+by, l.Asked
	}
	return r
}

// domainRegistries finds the registry of a domain and asks it.
type domainRegistries struct {
	rdap  *rdapClient
	boot  *bootstrap          // nil: only the settings name registries
	bases map[string]*url.URL // by the name below which domains are registered
}

// newDomainRegistries takes the registries that settings name, by top-level domain or a name
// below one; boot names the others.
func newDomainRegistries(override map[string]string, boot *bootstrap, client *http.Client, keeper *gatekeeper, now func() time.Time) (*domainRegistries, error) {
	d := &domainRegistries{boot: boot, bases: make(map[string]*url.URL)}
	var err error
	if d.rdap, err = newRDAPClient(nil, client, keeper, now); err != nil {
		return nil, err
	}
	for name, to := range override {
		u, err := parseBase(to)
		if err != nil || hostName("x."+name) == "" {
			return nil, fmt.Errorf("RDAP base URL for domains below %q: %q is not https (http is for loopback only), or that is no name", name, to)
		}
		key := strings.ToLower(strings.Trim(name, "."))
		d.bases[key], d.rdap.guard.named[Registry(key)] = u, u
	}
	if boot != nil {
		d.rdap.guard.allowed = boot.isDomainHost
	}
	return d, nil
}

// serviceOf gives the base URL of the registry for a domain, nil if none is known.
func (d *domainRegistries) serviceOf(ctx context.Context, domain string) (base *url.URL, problem string) {
	for part := domain; part != ""; _, part, _ = strings.Cut(part, ".") {
		if u := d.bases[part]; u != nil {
			return u, ""
		}
	}
	if d.boot == nil {
		return nil, ""
	}
	return d.boot.domainServiceOf(ctx, domain)
}

// read reads an object that openrdap decoded: the domain that was asked about, or an error.
func (r *Registration) read(object any) error {
	var d *rdap.Domain
	switch o := object.(type) {
	case *rdap.Domain:
		d = o
	case *rdap.Error:
		return readError(o)
	default:
		return errors.New("the answer describes no domain")
	}
	if d.DecodeData == nil {
		return errors.New("the answer describes no domain")
	}
	members := d.DecodeData.Value
	if got := hostName(text(members("ldhName"))); got != r.Domain {
		return fmt.Errorf("the answer describes another domain, %q", got)
	}
	a := &netAnswer{} // events and redactions are written as for networks
	a.readEvents(members("events"))
	a.readRedacted(members("redacted"))
	r.Registered, r.LastChanged = a.network.Registered, a.network.LastChanged
	for _, m := range objects(members("events")) {
		if t, err := time.Parse(time.RFC3339, text(m["eventDate"])); err == nil && strings.EqualFold(text(m["eventAction"]), "expiration") {
			r.Expires = stamp(t)
		}
	}
	r.Withheld = append(r.Withheld, a.network.Withheld...)
	r.Status = append(r.Status, texts(members("status"))...)
	for _, m := range objects(members("nameservers")) {
		if name := hostName(text(m["ldhName"])); name != "" && len(r.Nameservers) < maxWHOISValues {
			r.Nameservers = append(r.Nameservers, name)
		}
	}
	seen := 0
	r.walk(members("entities"), false, 0, &seen)
	slices.SortStableFunc(r.Contacts, func(x, y Contact) int { return roleRank(x.Role) - roleRank(y.Role) })
	return nil
}

// walk takes the contacts of the domain and, inside the registrar, its abuse desk alone: its
// other contacts are nobody's who answers for the domain.
func (r *Registration) walk(v any, inRegistrar bool, depth int, seen *int) {
	for _, e := range objects(v) {
		if *seen++; *seen > maxEntities {
			return
		}
		roles := rolesOf(e["roles"])
		card := readCard(e["vcardArray"])
		registrar := inRegistrar || slices.Contains(roles, "registrar")
		role, ok := bestRole(roles)
		switch {
		case slices.Contains(roles, "registrar"):
			r.Registrar = firstOf(r.Registrar, card.fn, card.org)
		case inRegistrar && slices.Contains(roles, "abuse"):
			r.add(card, text(e["handle"]), RoleRegistrarAbuse)
		case !inRegistrar && ok:
			r.add(card, text(e["handle"]), role)
		}
		if depth < maxDepth {
			r.walk(e["entities"], registrar, depth+1, seen)
		}
	}
}

func (r *Registration) add(card card, handle, role string) {
	for _, email := range card.emails {
		if len(r.Contacts) < maxContacts && !slices.ContainsFunc(r.Contacts, func(c Contact) bool { return c.Email == email && c.Role == role }) {
			r.Contacts = append(r.Contacts, Contact{Email: email, Role: role, Name: card.name(), Handle: handle})
		}
	}
}

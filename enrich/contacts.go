package enrich

import (
	"cmp"
	"slices"
)

// The rules by which contacts are ranked, the best first. The number and the words stand
// with each contact in the record.
const (
	ruleAbuse            = iota + 1 // RDAP: abuse role of the narrowest network
	ruleAbuseAbove                  // RDAP: abuse role of a network above
	ruleWHOISAbuse                  // WHOIS: abuse mailbox of the narrowest network
	ruleWHOISAbuseAbove             // WHOIS: abuse mailbox of a network above
	ruleTechnical                   // technical and noc roles of the narrowest network
	ruleTechnicalAbove              // the same of a network above
	ruleOther                       // administrative, registrant, or no role stated
	ruleOtherAbove                  // the same of a network above
	ruleDomainListed                // abuse.net lists the address for the domain of a verified name
	ruleDomainAbuse                 // abuse@ that domain (RFC 2142)
	ruleDomainPostmaster            // postmaster@ that domain (RFC 5321 section 4.5.1)
	ruleSOA                         // the mailbox in that domain's SOA record (RFC 1035 section 3.3.13)
	ruleCERT                        // the national CERT
)

// ruleWords explains each rule.
var ruleWords = [...]string{
	ruleAbuse:            "the network's registry names it for abuse",
	ruleAbuseAbove:       "the registry names it for abuse in the network above; the network itself has no abuse contact",
	ruleWHOISAbuse:       "the registry's WHOIS service names it as the network's abuse mailbox",
	ruleWHOISAbuseAbove:  "the registry's WHOIS service names it as the abuse mailbox of the network above",
	ruleTechnical:        "it is the network's technical contact",
	ruleTechnicalAbove:   "it is a technical contact of the network above",
	ruleOther:            "it is another contact of the network, not named for abuse or technical matters",
	ruleOtherAbove:       "it is another contact of the network above, not named for abuse or technical matters",
	ruleDomainListed:     "abuse.net lists it for the domain",
	ruleDomainAbuse:      "RFC 2142 reserves it for abuse in the domain; nobody has confirmed that it is read",
	ruleDomainPostmaster: "every mail domain must have it (RFC 5321); nobody has confirmed that it is read",
	ruleSOA:              "the domain's name service gives it as its keeper's",
	ruleCERT:             "it is the national CERT of the country that the registry states, as a last resort; it does not run the network",
}

// Roles beyond those of the registries.
const (
	roleDomain = "domain"        // abuse@ and postmaster@ of a domain
	roleSOA    = "domain-keeper" // of its name service
	roleCERT   = "national-cert"
)

// via says over what a contact was learnt.
type via int

const (
	viaRDAP via = iota
	viaWHOIS
)

// rule ranks a contact that a registry gave, by its role; above if it is that of a wider
// network than the narrowest.
func (c *Contact) rule(v via, above bool) {
	rule := ruleOther
	switch {
	case c.Role == "abuse" && v == viaRDAP:
		rule = ruleAbuse
	case c.Role == "abuse":
		rule = ruleWHOISAbuse
	case c.Role == "technical" || c.Role == "noc":
		rule = ruleTechnical
	}
	if above {
		rule++
	}
	c.setRule(rule)
}

func (c *Contact) setRule(rule int) { c.Rule, c.Why = rule, ruleWords[rule] }

// hasAbuse reports whether a registry named anybody for abuse.
func hasAbuse(list []Contact) bool {
	return slices.ContainsFunc(list, func(c Contact) bool { return c.Rule >= ruleAbuse && c.Rule <= ruleWHOISAbuseAbove })
}

// hasOwnAbuse reports whether one of them is that of the network itself.
func hasOwnAbuse(list []Contact) bool {
	return slices.ContainsFunc(list, func(c Contact) bool { return c.Rule == ruleAbuse || c.Rule == ruleWHOISAbuse })
}

// sortContacts puts the best first; those of one rule by role, then as they were found.
func sortContacts(list []Contact) {
	slices.SortStableFunc(list, func(x, y Contact) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(roleRank(x.Role), roleRank(y.Role)))
	})
}

// AbuseContact says whether the registries name somebody for abuse, and if not, why.
type AbuseContact string

// What may be known of the abuse contact. Only "none" means that there is none.
const (
	AbuseNamed    AbuseContact = "named"     // at least one contact has rule 1 to 4
	AbuseNone     AbuseContact = "none"      // the registry answered and names nobody
	AbuseWithheld AbuseContact = "withheld"  // the registry left out personal data or addresses
	AbuseError    AbuseContact = "error"     // a registry did not answer
	AbuseNotAsked AbuseContact = "not-asked" // nobody was asked
)

// abuseState settles r.Abuse and notes what a reader must know.
func (r *Record) abuseState() {
	asked := slices.ContainsFunc(r.Lookups, func(l Lookup) bool { return l.ofRegistry() })
	switch {
	case hasAbuse(r.Contacts):
		r.Abuse = AbuseNamed
	case !asked:
		r.Abuse = AbuseNotAsked
	case r.Failed():
		r.Abuse = AbuseError
		r.note("abuse-contact-not-learnt", "A registry did not answer. That no abuse contact stands here does not mean that there is none.")
	case r.withheld():
		r.Abuse = AbuseWithheld
		r.note("abuse-contact-withheld", "No registry shows the address of an abuse contact, and one left parts of its answer out.")
	default:
		r.Abuse = AbuseNone
		r.note("no-abuse-contact", "The registries answered and name no abuse contact for the network.")
	}
}

func (r *Record) withheld() bool {
	for _, n := range []*Network{r.Network, r.Parent} {
		if n != nil && len(n.Withheld) > 0 {
			return true
		}
	}
	return false
}

// ofRegistry reports whether the look-up asked a registry.
func (l *Lookup) ofRegistry() bool { return l.Kind == "rdap" || l.Kind == "whois" }

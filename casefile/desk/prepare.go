package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"relaytrace/enrich"
)

// PrepareSchema names the document that a [Readiness] is.
const PrepareSchema = "relaytrace.prepare/1"

// Facts are what name servers, registries and the domain's own web server say of a domain.
type Facts struct {
	Domain       string               `json:"domain"` // as asked about, in small letters
	Levels       []enrich.DomainCheck `json:"levels"` // from the domain up to its registrable domain
	Registration enrich.Registration  `json:"registration"`
	Addresses    []enrich.Record      `json:"addresses"`    // of its mail exchangers
	NotAnswered  int                  `json:"not_answered"` // questions for the addresses of mail exchangers to which no answer came
	Security     enrich.SecurityTxt   `json:"security_txt"`
}

// State is how an item of the checklist stands.
type State string

// The states.
const (
	Gap  State = "gap"     // to be mended
	Open State = "unknown" // a question was not answered
	Look State = "check"   // only a person can tell
	Good State = "good"
)

// Check is one item of the checklist.
type Check struct {
	Code  string `json:"code"` // kebab-case, stable
	Name  string `json:"name"` // the domain name or address that it is about
	State State  `json:"state"`
	Found string `json:"found"` // what was found, in words
	Do    string `json:"do"`    // what to do; empty when nothing is
}

// Readiness is where complaints about a domain land, what protects it from forgery, and
// what is to be done: the document of `relaytrace prepare --json`.
type Readiness struct {
	Schema  string  `json:"schema"`
	Created string  `json:"created"` // RFC 3339, UTC
	Checks  []Check `json:"checks"`  // gaps first, then what is not known, to be looked at, and good
	Facts   Facts   `json:"facts"`
}

// Count counts the checks of a state.
func (r *Readiness) Count(s State) int {
	n := 0
	for _, c := range r.Checks {
		if c.State == s {
			n++
		}
	}
	return n
}

// Prepare holds the facts against what a domain needs before its name is used by spammers.
// created is RFC 3339. A question without an answer is told as unknown, never as a gap.
func Prepare(f Facts, created string) Readiness {
	r := Readiness{Schema: PrepareSchema, Created: created, Facts: f, Checks: []Check{}}
	for i := range f.Levels {
		l := &f.Levels[i]
		if len(l.Lookups) == 0 {
			for _, n := range l.Notes {
				r.add("not-asked", l.Domain, Open, n.Text, "ask again with a resolver")
			}
			continue
		}
		owner := i == len(f.Levels)-1
		r.complaints(l, owner)
		r.wildcard(l)
		r.spf(l)
		r.dmarc(l, owner)
		r.contacts(l.Contacts, l.Domain)
	}
	r.contacts(f.Registration.Contacts, f.Domain)
	r.addresses()
	r.security()
	if !slices.ContainsFunc(r.Checks, func(c Check) bool { return strings.HasPrefix(c.Code, "contact") }) {
		r.add("no-contact", f.Domain, Look, "nobody named a contact for the domain or the addresses of its mail exchangers", "have the registries' abuse contacts set to a mailbox that is read")
	}
	rank := []State{Gap, Open, Look, Good}
	slices.SortStableFunc(r.Checks, func(a, b Check) int {
		return cmp.Compare(slices.Index(rank, a.State), slices.Index(rank, b.State))
	})
	return r
}

func (r *Readiness) add(code, name string, s State, found, do string) {
	c := Check{Code: code, Name: name, State: s, Found: found, Do: do}
	if !slices.Contains(r.Checks, c) {
		r.Checks = append(r.Checks, c)
	}
}

// complaints tells where the mailboxes of RFC 2142 land.
func (r *Readiness) complaints(l *enrich.DomainCheck, owner bool) {
	const null = "a null MX (\"IN MX 0 .\", RFC 7505)"
	var to []string
	for _, x := range l.Exchangers {
		to = append(to, x.Name)
	}
	switch {
	case l.Mail == "error":
		r.add("complaints-arrive", l.Domain, Open, "whether the name takes mail was not answered", "ask again later")
	case l.Mail == "yes" && len(to) > 0:
		r.add("complaints-arrive", l.Domain, Look, fmt.Sprintf("postmaster@%[1]s and abuse@%[1]s go to %[2]s", l.Domain, strings.Join(to, ", ")),
			"write to both from outside and see who reads them: it is the first place where complaints land (RFC 2142)")
	case l.Mail == "yes":
		r.add("mail-to-a-host", l.Domain, Gap, "the name has no mail exchanger, so bounces and complaints about forged senders go to the host at its own address, which may not expect them",
			"give the name a mail exchanger, or "+null+" if nobody there has mail")
	case l.NullMX:
		r.add("null-mx", l.Domain, Good, "the name says by a null MX that it takes no mail: bounces to forged senders end at once, at the sender", "")
	case l.Exists == "yes":
		r.add("no-null-mx", l.Domain, Gap, "the name has neither a mail exchanger nor an address, and does not say that it takes no mail", "give it "+null+" and \"v=spf1 -all\"")
	case owner:
		r.add("domain-absent", l.Domain, Look, "the domain itself is not in the DNS", "see whether the name is written right, and whether it is still registered")
	default:
		r.add("name-absent", l.Domain, Good, "the name is not in the DNS: servers that check the sender's domain refuse it", "")
	}
}

func (r *Readiness) wildcard(l *enrich.DomainCheck) {
	const do = "take the wildcard record away, or give it to the few names that need it"
	switch l.Wildcard {
	case enrich.WildcardMX:
		r.add("wildcard-mx", l.Domain, Gap, "any name below it, made or not, has a mail exchanger: every forged subdomain passes for real, and its bounces and complaints arrive", do)
	case enrich.WildcardAddress:
		r.add("wildcard-address", l.Domain, Gap, "any name below it, made or not, has an address, at which mail arrives: every forged subdomain passes for real", do+"; or add \"IN MX 0 .\" at the wildcard")
	case enrich.WildcardNullMX:
		r.add("wildcard-null-mx", l.Domain, Good, "any name below it says that it takes no mail", "")
	case enrich.WildcardNone:
		r.add("no-wildcard", l.Domain, Good, "a name below it that nobody made is not in the DNS", "")
	default:
		r.add("wildcard-mx", l.Domain, Open, "whether names below it that nobody made take mail was not answered", "ask again later")
	}
}

// spf tells what the name says of who may send for it (RFC 7208). It is not inherited.
func (r *Readiness) spf(l *enrich.DomainCheck) {
	const do = "publish one that names your outgoing servers and ends in \"-all\"; for a name that sends nothing, \"v=spf1 -all\""
	record := strings.Join(l.SPF.Records, " / ")
	switch {
	case l.SPF.State == enrich.PolicyError:
		r.add("spf", l.Domain, Open, "whether it has an SPF record was not answered", "ask again later")
	case l.Exists == "no": // a name that is not there has none; DMARC of the organisation covers it
	case l.SPF.State == enrich.PolicyNone:
		r.add("spf-missing", l.Domain, Gap, "no SPF record, and those of the names above do not count for it", do)
	case l.SPF.State != enrich.PolicyFound:
		r.add("spf-faulty", l.Domain, Gap, "SPF of which receivers can make nothing (RFC 7208 section 4.5): "+record, "keep one record")
	case l.SPF.All == "-":
		r.add("spf", l.Domain, Good, "SPF refuses all other senders: "+record, "")
	case l.SPF.All == "~":
		r.add("spf-soft", l.Domain, Look, "SPF only doubts other senders: "+record, "once reports show that your own mail passes, end it in \"-all\", at least for names that send nothing")
	case l.SPF.Redirect != "":
		r.add("spf-redirect", l.Domain, Look, "SPF leaves the word to "+l.SPF.Redirect+": "+record, "see how that record ends")
	default:
		r.add("spf-open", l.Domain, Gap, "SPF lets anyone send, or says nothing of others: "+record, do)
	}
}

// dmarc tells what receivers are asked to do with mail that fails (RFC 7489).
// A name without a policy has that of its registrable domain, the owner.
func (r *Readiness) dmarc(l *enrich.DomainCheck, owner bool) {
	d := &l.DMARC
	where := "DMARC at _dmarc." + d.Domain
	switch {
	case d.State == enrich.PolicyError:
		r.add("dmarc", l.Domain, Open, "whether it has a DMARC policy was not answered", "ask again later")
		return
	case d.State == enrich.PolicyNone && !owner:
		return // told once, where the policy would stand
	case d.State == enrich.PolicyNone:
		r.add("dmarc-missing", l.Domain, Gap, "no DMARC policy: receivers are not told what to do with mail that only pretends to be from it",
			"publish \"v=DMARC1; p=none; rua=mailto:...\" at _dmarc of the registrable domain to see who sends in the name, then raise it to quarantine and reject; sp= covers the names below, also those that are not there")
		return
	case d.State != enrich.PolicyFound:
		r.add("dmarc-faulty", l.Domain, Gap, where+" cannot be used by receivers: "+strings.Join(d.Records, " / "), "keep one record with a policy: \"v=DMARC1; p=reject; rua=mailto:...\"")
		return
	case d.Policy == "none":
		r.add("dmarc-none", l.Domain, Gap, where+" only watches mail in this name", "once reports show that your own mail passes, raise p= (and sp= for names below) to quarantine, then reject")
	case d.Percent < 100:
		r.add("dmarc-part", l.Domain, Gap, fmt.Sprintf("%s asks receivers to %s only %d %% of what fails", where, d.Policy, d.Percent), "raise pct= to 100")
	default:
		r.add("dmarc", l.Domain, Good, where+" asks receivers to "+d.Policy+" what fails", "")
	}
	if d.Domain == l.Domain && len(d.Reports) == 0 {
		r.add("dmarc-no-reports", l.Domain, Gap, where+" asks for no reports", "add rua=mailto:...: the reports show a forgery run within a day")
	}
}

func (r *Readiness) contacts(list []enrich.Contact, name string) {
	for _, c := range list {
		if c.Role == enrich.RoleRegistrarAbuse {
			continue // it answers for the registrar, not for mail in the domain's name
		}
		if c.Mail != "no" && c.Mail != "error" && (strings.EqualFold(c.Email, "abuse@"+name) || strings.EqualFold(c.Email, "postmaster@"+name)) {
			continue // told with where complaints arrive
		}
		what := c.Email + ", named by " + c.Source
		switch c.Mail {
		case "no":
			r.add("contact-dead", name, Gap, what+": its domain takes no mail", "have it corrected where it stands: complaints go there and are lost")
		case "error":
			r.add("contact", name, Open, what+"; whether its domain takes mail was not answered", "ask again later")
		default:
			r.add("contact", name, Look, what, "make sure that somebody reads it, at weekends too: such runs begin on Friday evenings")
		}
	}
}

// addresses tells whom the registries name for the mail exchangers' networks: complainants
// and abuse desks look the address up and write there.
func (r *Readiness) addresses() {
	if r.Facts.NotAnswered > 0 {
		r.add("exchanger-addresses", r.Facts.Domain, Open, "not all addresses of its mail exchangers were answered", "ask again later")
	}
	for i := range r.Facts.Addresses {
		a := &r.Facts.Addresses[i]
		switch {
		case len(a.Contacts) > 0:
			r.contacts(a.Contacts[:1], a.Address.String())
		case a.Failed():
			r.add("address-contact", a.Address.String(), Open, "who is named for this address was not answered", "ask again later")
		case a.Special == nil:
			r.add("address-contact", a.Address.String(), Gap, "no registry names a contact for this address of a mail exchanger", "have the abuse contact of its network set")
		}
	}
}

// Unanswered counts the look-ups to which no answer came.
func Unanswered(lookups []enrich.Lookup) int {
	n := 0
	for _, l := range lookups {
		if l.Outcome != enrich.OutcomeOK && l.Outcome != enrich.OutcomeNotFound {
			n++
		}
	}
	return n
}

func (r *Readiness) security() {
	s := &r.Facts.Security
	do := "publish https://" + r.Facts.Domain + "/.well-known/security.txt with Contact: and Expires: (RFC 9116)"
	switch {
	case s.Outcome == enrich.OutcomeOK && s.Expired:
		r.add("security-txt", r.Facts.Domain, Gap, "security.txt has expired, on "+s.Expires, do)
	case s.Outcome == enrich.OutcomeOK && s.Expires == "":
		r.add("security-txt", r.Facts.Domain, Gap, "security.txt does not say until when it holds", do)
	case s.Outcome == enrich.OutcomeOK:
		r.add("security-txt", r.Facts.Domain, Good, "security.txt names "+strings.Join(s.Contacts, ", ")+", until "+s.Expires, "")
	case s.Outcome == enrich.OutcomeNotFound:
		r.add("security-txt", r.Facts.Domain, Gap, "no security.txt", do)
	default:
		r.add("security-txt", r.Facts.Domain, Open, "security.txt could not be read", "look at https://"+r.Facts.Domain+"/.well-known/security.txt by hand")
	}
}

package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// PrepareSchema names the document that a [Readiness] is.
const PrepareSchema = "relaytrace.prepare/1"

// Facts are what the name servers and registries say of a domain and of the names above it.
type Facts struct {
	Domain   string      `json:"domain"` // as asked about
	Levels   []Level     `json:"levels"` // from the domain itself up to its registrable domain
	Contacts []Contact   `json:"contacts"`
	Security SecurityTXT `json:"security_txt"`
}

// Level is one name: the domain or one above it.
type Level struct {
	Name     string   `json:"name"`
	Exists   Answer   `json:"exists"`      // the name is in the DNS
	MX       []string `json:"mx"`          // mail exchangers, the most preferred first; of a null MX none
	NullMX   bool     `json:"null_mx"`     // RFC 7505: takes no mail
	Address  Answer   `json:"address"`     // it has an A or AAAA record, at which mail arrives without an MX (RFC 5321 section 5.1)
	Wildcard Answer   `json:"wildcard"`    // a name below it that nobody made has a mail exchanger all the same
	SPF      []string `json:"spf"`         // RFC 7208 records; more than one is an error
	DMARC    []string `json:"dmarc"`       // RFC 7489 records at _dmarc below the name
	SOA      string   `json:"soa_mailbox"` // the mailbox of the zone's keeper
	Errors   []string `json:"errors"`      // questions that were not answered, in words
}

// Answer is yes, no or unknown: a question that failed is no answer.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Contact is where somebody will write to about the domain or its addresses.
type Contact struct {
	Email  string `json:"email"`
	Source string `json:"source"` // who names it: RDAP of the domain or of an address, abuse.net, SOA, RFC 2142
	Mail   Answer `json:"mail"`   // its domain takes mail
}

// SecurityTXT is the state of the domain's security.txt (RFC 9116).
type SecurityTXT struct {
	State    string   `json:"state"` // found, missing, expired, faulty, unknown
	Detail   string   `json:"detail"`
	Contacts []string `json:"contacts"`
}

// State is how an item of the checklist stands.
type State string

// The states.
const (
	Good State = "good"
	Gap  State = "gap"     // to be mended
	Look State = "check"   // only a person can tell
	Open State = "unknown" // a question was not answered
)

// Check is one item of the checklist.
type Check struct {
	Code  string `json:"code"`
	Name  string `json:"name"` // the domain name that it is about
	State State  `json:"state"`
	Found string `json:"found"` // what was found, in words
	Do    string `json:"do"`    // what to do; empty when nothing is
}

// Readiness is where complaints about a domain land, what protects it from forgery, and
// what is to be done: the document of `relaytrace prepare --json`.
type Readiness struct {
	Schema  string  `json:"schema"`
	Created string  `json:"created"` // RFC 3339, UTC
	Facts   Facts   `json:"facts"`
	Checks  []Check `json:"checks"` // gaps first, in the order of their weight
}

// Prepare holds the facts against what a domain needs before its name is used by spammers.
// created is RFC 3339.
func Prepare(f Facts, created string) Readiness {
	r := Readiness{Schema: PrepareSchema, Created: created, Facts: f, Checks: []Check{}}
	for i := range f.Levels {
		l := &f.Levels[i]
		r.complaints(l)
		r.wildcard(l)
		r.spf(l)
		r.dmarc(i)
		for _, e := range l.Errors {
			r.add("not-answered", l.Name, Open, e, "ask again later; nothing is concluded from silence")
		}
	}
	r.contacts()
	r.security()
	rank := map[State]int{Gap: 0, Open: 1, Look: 2, Good: 3}
	slices.SortStableFunc(r.Checks, func(a, b Check) int { return cmp.Compare(rank[a.State], rank[b.State]) })
	return r
}

func (r *Readiness) add(code, name string, s State, found, do string) {
	r.Checks = append(r.Checks, Check{Code: code, Name: name, State: s, Found: found, Do: do})
}

// takesMail tells where mail to a name goes.
func (l *Level) takesMail() (Answer, string) {
	switch {
	case l.NullMX:
		return No, "says by a null MX that it takes no mail"
	case len(l.MX) > 0:
		return Yes, "mail goes to " + strings.Join(l.MX, ", ")
	case l.Exists == No:
		return No, "is not in the DNS"
	case l.Exists == Unknown || l.Address == Unknown:
		return Unknown, "whether it takes mail is not known"
	case l.Address == Yes:
		return Yes, "has no mail exchanger, so mail goes to its own address"
	}
	return No, "has neither a mail exchanger nor an address"
}

// complaints tells where the mailboxes of RFC 2142 land.
func (r *Readiness) complaints(l *Level) {
	takes, how := l.takesMail()
	switch {
	case takes == Yes && len(l.MX) == 0:
		r.add("mail-to-a-host", l.Name, Gap, "the name "+how+": bounces and complaints about forged senders land on a host that may not expect them",
			"give the name a mail exchanger, or a null MX (\"IN MX 0 .\", RFC 7505) if nobody there has mail")
	case takes == Yes:
		r.add("complaints-arrive", l.Name, Look, fmt.Sprintf("postmaster@%[1]s and abuse@%[1]s: %s", l.Name, how),
			"write to both from outside and see who reads them: it is the first place where complaints land (RFC 2142)")
	case takes == Unknown:
		r.add("complaints-arrive", l.Name, Open, "the name: "+how, "ask again later")
	case l.NullMX:
		r.add("null-mx", l.Name, Good, "the name "+how+": bounces to forged senders fail at once, at the sender", "")
	case l.Exists == Yes:
		r.add("no-null-mx", l.Name, Gap, "the name "+how+", and does not say so",
			"give it a null MX (\"IN MX 0 .\", RFC 7505) and \"v=spf1 -all\": a name that sends and takes nothing should say both")
	default:
		r.add("name-absent", l.Name, Good, "the name "+how+": servers that check the sender's domain refuse it", "")
	}
}

func (r *Readiness) wildcard(l *Level) {
	switch l.Wildcard {
	case Yes:
		r.add("wildcard-mx", l.Name, Gap, "any name below it, made or not, has a mail exchanger: every forged subdomain passes for real and gets the bounces",
			"take the wildcard record away, or give it to the few names that need it")
	case Unknown:
		r.add("wildcard-mx", l.Name, Open, "whether names below it that nobody made take mail is not known", "ask again later")
	case No:
		r.add("wildcard-mx", l.Name, Good, "names below it that nobody made take no mail", "")
	}
}

// spf reads the record that says who may send in the name (RFC 7208). It is not inherited.
func (r *Readiness) spf(l *Level) {
	if l.Exists == No {
		return // a name that is not there cannot have one; DMARC of the organisation covers it
	}
	const none = "publish one that names your outgoing servers and ends in \"-all\"; for a name that sends nothing, \"v=spf1 -all\""
	if len(l.SPF) == 0 {
		if !l.failed("SPF") {
			r.add("spf-missing", l.Name, Gap, "no SPF record, and those of names above it do not count for it", none)
		}
		return
	}
	if len(l.SPF) > 1 {
		r.add("spf-many", l.Name, Gap, fmt.Sprintf("%d SPF records: receivers treat that as an error and as no protection (RFC 7208 section 4.5)", len(l.SPF)), "keep one")
		return
	}
	switch all := spfAll(l.SPF[0]); all {
	case "-all":
		r.add("spf", l.Name, Good, "SPF refuses all other senders: "+l.SPF[0], "")
	case "~all":
		r.add("spf-soft", l.Name, Look, "SPF only doubts other senders: "+l.SPF[0], "once reports show that your own mail passes, end it in \"-all\", at least for names that send nothing")
	case "redirect":
		r.add("spf", l.Name, Look, "SPF leaves the word to another name: "+l.SPF[0], "see how that record ends")
	default:
		r.add("spf-open", l.Name, Gap, "SPF lets anyone send, or says nothing of others: "+l.SPF[0], none)
	}
}

// spfAll gives how a record ends.
func spfAll(record string) string {
	redirect := false
	for _, term := range strings.Fields(strings.ToLower(record)) {
		switch term {
		case "-all", "~all":
			return term
		case "?all", "+all", "all":
			return "open"
		}
		redirect = redirect || strings.HasPrefix(term, "redirect=")
	}
	if redirect {
		return "redirect"
	}
	return "open"
}

func (l *Level) failed(what string) bool {
	return slices.ContainsFunc(l.Errors, func(e string) bool { return strings.HasPrefix(e, what) })
}

// dmarc reads the policy that counts for level i: its own, else that of the registrable
// domain, the last level (RFC 7489 section 6.6.3).
func (r *Readiness) dmarc(i int) {
	l, top := &r.Facts.Levels[i], &r.Facts.Levels[len(r.Facts.Levels)-1]
	from, inherited := l, false
	if len(l.DMARC) == 0 && l != top {
		from, inherited = top, true
	}
	if len(from.DMARC) == 0 {
		if from.failed("DMARC") {
			return
		}
		r.add("dmarc-missing", l.Name, Gap, "no DMARC policy: receivers are not told what to do with mail that only pretends to be from it",
			"publish \"v=DMARC1; p=none; rua=mailto:...\" at _dmarc."+top.Name+" today to see who sends in the name, and raise it to quarantine and reject; sp= covers names below, also those that are not there")
		return
	}
	if len(from.DMARC) > 1 {
		r.add("dmarc-many", l.Name, Gap, "more than one DMARC record at _dmarc."+from.Name+": receivers then use none", "keep one")
		return
	}
	policy := tag(from.DMARC[0], "p")
	if inherited {
		policy = cmp.Or(tag(from.DMARC[0], "sp"), policy)
	}
	where := "DMARC at _dmarc." + from.Name
	switch policy {
	case "reject", "quarantine":
		r.add("dmarc", l.Name, Good, where+" asks receivers to "+policy+" what fails", "")
	case "none":
		r.add("dmarc-none", l.Name, Gap, where+" only watches (p=none)", "once reports show that your own mail passes, raise it to quarantine, then reject")
	default:
		r.add("dmarc-faulty", l.Name, Gap, where+" has no valid policy: "+from.DMARC[0], "mend it: \"v=DMARC1; p=reject; rua=mailto:...\"")
	}
	if !inherited && tag(from.DMARC[0], "rua") == "" {
		r.add("dmarc-no-reports", l.Name, Gap, where+" asks for no reports", "add rua=mailto:...: the reports show a forgery run within a day")
	}
}

// tag reads one tag of a DMARC record.
func tag(record, name string) string {
	for part := range strings.SplitSeq(record, ";") {
		if k, v, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.ToLower(strings.TrimSpace(v))
		}
	}
	return ""
}

func (r *Readiness) contacts() {
	for _, c := range r.Facts.Contacts {
		what := c.Email + " is named by " + c.Source
		switch c.Mail {
		case No:
			r.add("contact-dead", r.Facts.Domain, Gap, what+", but its domain takes no mail", "have it corrected where it stands: complaints go there and are lost")
		case Unknown:
			r.add("contact", r.Facts.Domain, Open, what+"; whether its domain takes mail is not known", "ask again later")
		default:
			r.add("contact", r.Facts.Domain, Look, what, "make sure that somebody reads it, at weekends too: such runs begin on Friday evenings")
		}
	}
	if len(r.Facts.Contacts) == 0 {
		r.add("no-contact", r.Facts.Domain, Gap, "no registry names a contact for the domain or its addresses", "have the registries' abuse contacts set to a mailbox that is read")
	}
}

func (r *Readiness) security() {
	s := &r.Facts.Security
	const do = "publish https://%s/.well-known/security.txt with Contact: and Expires: (RFC 9116)"
	switch s.State {
	case "found":
		r.add("security-txt", r.Facts.Domain, Good, "security.txt names "+strings.Join(s.Contacts, ", "), "")
	case "missing":
		r.add("security-txt", r.Facts.Domain, Gap, "no security.txt", fmt.Sprintf(do, r.Facts.Domain))
	case "expired", "faulty":
		r.add("security-txt", r.Facts.Domain, Gap, "security.txt is "+s.State+": "+s.Detail, fmt.Sprintf(do, r.Facts.Domain))
	default:
		r.add("security-txt", r.Facts.Domain, Open, "security.txt was not read: "+s.Detail, "look at it by hand")
	}
}

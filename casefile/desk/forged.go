package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// AddressCount is a forged address of the organisation and how much came back to it.
type AddressCount struct {
	Address string
	Count   int // samples and bounces that name it
}

// ForgedReport is what is known of the forged addresses and what is proposed.
type ForgedReport struct {
	Domain   string    `json:"domain"`
	Distinct int       `json:"distinct"` // different addresses below Domain
	Messages int       `json:"messages"` // that name them
	Pattern  string    `json:"pattern"`  // in words; empty when none is seen
	Checked  bool      `json:"checked"`  // it is known who exists
	Existing []Forged  `json:"existing"` // those that exist, the most hit first
	Roles    []Forged  `json:"roles"`    // postmaster, abuse and the like: they must stay open, whoever forges them (RFC 2142)
	Unknown  []Forged  `json:"unknown"`  // those that do not exist, or, unchecked, all; the most hit first
	Subs     []SubName `json:"names"`    // the forged names below Domain, the most hit first
	Measures []Measure `json:"measures"` // in the order in which they should be weighed
}

// Forged is one address.
type Forged struct {
	Address string `json:"address"`
	Count   int    `json:"count"`
}

// SubName is one domain name that was forged.
type SubName struct {
	Name      string `json:"name"`
	Addresses int    `json:"addresses"`
	Messages  int    `json:"messages"`
}

// Measure is something that the organisation can do.
type Measure struct {
	Code    string   `json:"code"`    // alias, temporary-mx, refuse-at-rcpt, advise-person, refuse-untagged-bounces
	Title   string   `json:"title"`   // one line
	Why     string   `json:"why"`     // with the numbers that it rests on
	Caution string   `json:"caution"` // what it costs
	Config  []Config `json:"config"`  // how, by mail server; may be empty
}

// Config is a piece of configuration.
type Config struct {
	Server string `json:"server"` // Postfix, Exim, sendmail
	Text   string `json:"text"`
}

// roles are local parts that belong to a function and not to a person (RFC 2142).
var roles = []string{"postmaster", "abuse", "mailer-daemon", "hostmaster", "webmaster", "security", "noc", "root", "admin", "administrator", "info", "support"}

// A few addresses can be looked after one by one; many cannot.
const fewAddresses = 5

// NewForgedReport counts the forged addresses at or below domain and proposes measures by
// rules: a few addresses that do not exist become aliases under control; many in a name
// that serves no mail get a mail exchanger of their own for the time; many in a name that
// does are refused at RCPT time; people and lists whose real address was used are advised.
// users may be nil: then nobody knows who exists, and the report says so.
//
// The addresses are a spammer's choice. Only plain ones stand in a configuration.
func NewForgedReport(domain, pattern string, all []AddressCount, users *Users) ForgedReport {
	domain = strings.ToLower(strings.Trim(domain, "."))
	r := ForgedReport{
		Domain: domain, Pattern: pattern, Checked: users != nil,
		Existing: []Forged{}, Roles: []Forged{}, Unknown: []Forged{}, Subs: []SubName{}, Measures: []Measure{},
	}
	sums := map[string]int{}
	for _, a := range all {
		address := strings.ToLower(a.Address)
		_, name, ok := strings.Cut(address, "@")
		if ok && (name == domain || strings.HasSuffix(name, "."+domain)) {
			sums[address] += a.Count
		}
	}
	subs := map[string]*SubName{}
	for address, n := range sums {
		r.Distinct++
		r.Messages += n
		f := Forged{address, n}
		local, name, _ := strings.Cut(address, "@")
		switch {
		case slices.Contains(roles, local):
			r.Roles = append(r.Roles, f)
		case users != nil && users.Has(address):
			r.Existing = append(r.Existing, f)
		default:
			r.Unknown = append(r.Unknown, f)
		}
		if subs[name] == nil {
			subs[name] = &SubName{Name: name}
		}
		subs[name].Addresses++
		subs[name].Messages += n
	}
	for _, s := range subs {
		r.Subs = append(r.Subs, *s)
	}
	byHits := func(a, b Forged) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Address, b.Address)) }
	slices.SortFunc(r.Existing, byHits)
	slices.SortFunc(r.Roles, byHits)
	slices.SortFunc(r.Unknown, byHits)
	slices.SortFunc(r.Subs, func(a, b SubName) int { return cmp.Or(b.Messages-a.Messages, cmp.Compare(a.Name, b.Name)) })
	r.propose()
	return r
}

func (r *ForgedReport) propose() {
	if r.Distinct == 0 {
		return
	}
	if len(r.Existing) > 0 {
		r.advise()
	}
	switch n := len(r.Unknown); {
	case n == 0:
	case n <= fewAddresses:
		r.alias()
	default:
		r.temporaryMX()
		r.refuse()
	}
}

func (r *ForgedReport) notChecked() string {
	if r.Checked {
		return ""
	}
	return " Who exists was not checked: give a list of users (--users) first."
}

func messages(list []Forged) int {
	n := 0
	for _, f := range list {
		n += f.Count
	}
	return n
}

// advise is for the people and lists whose real address was used.
func (r *ForgedReport) advise() {
	r.Measures = append(r.Measures, Measure{
		Code:  "advise-person",
		Title: "Tell the people and lists whose address was used",
		Why: fmt.Sprintf("%s of real users or lists stood as sender in %s. They get the bounces and the anger; they did nothing.",
			count(len(r.Existing), "address", "addresses"), count(messages(r.Existing), "message", "messages")),
		Caution: "Do not change a person's address in haste: bounces fade within days of the last run. Ask them to forward complaints with full headers, to answer nobody, and to delete nothing.",
		Config:  []Config{},
	}, Measure{
		Code:  "refuse-untagged-bounces",
		Title: "Let only bounces of mail that was really sent reach these people",
		Why:   "Tagging the envelope sender of outgoing mail (BATV, prvs=) lets the server refuse, at RCPT time, null-sender mail to an address that bears no tag: no true bounce has that form.",
		Caution: "Some lists and challenge systems compare envelope senders and will not know the tagged one. Keep a copy of what is refused in the log: bounces are counted as evidence. " +
			"Tag for at least a week before refusing.",
		Config: []Config{},
	})
}

// alias is for a few addresses that do not exist.
func (r *ForgedReport) alias() {
	safe, odd := plainAddresses(r.Unknown)
	m := Measure{
		Code:  "alias",
		Title: "Take the forged addresses under control as aliases of one mailbox",
		Why: fmt.Sprintf("Only %s: what comes to them is bounces, complaints and threats, worth collecting in one place as evidence.",
			count(len(r.Unknown), "such address was used, in "+count(messages(r.Unknown), "message", "messages"),
				"such addresses were used, in "+count(messages(r.Unknown), "message", "messages"))) + r.notChecked(),
		Caution: "Somebody must read the mailbox. Take the aliases away when the run is over.",
		Config:  []Config{},
	}
	if odd > 0 {
		m.Caution += fmt.Sprintf(" %s written so that no configuration should hold it, and left out.", count(odd, "address is", "addresses are"))
	}
	if len(safe) > 0 {
		m.Config = aliasConfig(r.Domain, safe)
	}
	r.Measures = append(r.Measures, m)
}

// temporaryMX is for many addresses in names that may not serve mail at all.
func (r *ForgedReport) temporaryMX() {
	for _, s := range r.Subs {
		if s.Addresses <= fewAddresses || !plainName(s.Name) {
			continue
		}
		r.Measures = append(r.Measures, Measure{
			Code:  "temporary-mx",
			Title: "If " + s.Name + " serves no mail of yours: give it a mail exchanger of its own for the time",
			Why: fmt.Sprintf("%s in it were used, in %s. An exchanger apart takes the flood off your mail service and keeps all that comes as evidence.",
				count(s.Addresses, "address", "addresses"), count(s.Messages, "message", "messages")),
			Caution: "Only for a name that no user has an address in. Lower the time to live of the record first, and undo it when the run is over.",
			Config:  mxConfig(s.Name),
		})
	}
}

// refuse is for many addresses that do not exist.
func (r *ForgedReport) refuse() {
	share := 100 * messages(r.Unknown) / max(r.Messages, 1)
	r.Measures = append(r.Measures, Measure{
		Code:  "refuse-at-rcpt",
		Title: "Refuse mail to addresses that do not exist when they are named (RCPT TO), never later",
		Why: fmt.Sprintf("%s that do not exist were used; %d of %s (%d %%) would be refused in the session, with no bounce of your own.",
			count(len(r.Unknown), "address", "addresses"), messages(r.Unknown), count(r.Messages, "message", "messages"), share) + r.notChecked(),
		Caution: "People who complain to a forged address get a refusal in place of a reader: keep postmaster and abuse open, and put the incident's page into the text of the refusal.",
		Config:  refuseConfig(r.Domain),
	})
}

// plainAddresses gives the addresses that a configuration can hold, and counts the others.
func plainAddresses(all []Forged) (safe []string, odd int) {
	for _, f := range all {
		local, name, _ := strings.Cut(f.Address, "@")
		if !plainName(name) || !plain(local, "._+-") || strings.HasPrefix(local, "-") {
			odd++
			continue
		}
		safe = append(safe, f.Address)
	}
	return safe, odd
}

func plainName(s string) bool { return plain(s, ".-") && len(s) <= 253 }

// plain reports whether s holds lower-case letters, digits and the extra characters only.
func plain(s, extra string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return s != ""
}

package render

import (
	"fmt"
	"slices"
	"strings"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// commonReason is a reason against that every relay has, told once for all; empty when
// one of them lacks it.
func commonReason(c *casefile.Case) string {
	text := ""
	for i := range c.Relays {
		k := slices.IndexFunc(c.Relays[i].Reasons, func(r casefile.Reason) bool { return r.Code == everywhere && !r.For })
		if k < 0 {
			return ""
		}
		text = c.Relays[i].Reasons[k].Text
	}
	return text
}

const everywhere = "looks-open-from-outside"

func networkWords(n *enrich.Network) string {
	s := orNone(n.Holder, "holder not named") + "; " + n.Scope()
	for _, part := range []string{n.Handle, n.Name, n.Type} {
		if part != "" {
			s += "; " + part
		}
	}
	return s + "; " + n.Source + ", asked " + Stamp(n.Asked)
}

func asWords(a enrich.AS) string {
	s := a.Organisation
	if a.Number != 0 {
		s = strings.TrimSpace(fmt.Sprintf("AS%d %s", a.Number, s))
	}
	return s + " (" + a.Source + ", " + a.Date + ")"
}

// registryWords tells the registry and, when one source alone names it, the country.
func registryWords(r *enrich.Record) string {
	s := string(r.Registry)
	if s != "" {
		s += ", which was given the block by IANA"
	}
	if len(r.Countries) == 1 {
		c := r.Countries[0]
		c.Source, c.Date = "", "" // stand under Method and limits
		s = strings.TrimPrefix(s+"; country "+countryWords(c), "; ")
	}
	return s
}

// countryWords never tells a guess as a fact.
func countryWords(c enrich.Country) string {
	s := c.Code
	if c.Approximate {
		s += ", approximate"
	}
	if c.Source != "" {
		s += " (" + c.Source + ", " + orNone(c.Date, "no date") + ")"
	}
	if c.Note != "" {
		s += "; " + c.Note
	}
	return s
}

func lookupWords(l enrich.Lookup) string {
	s := l.Kind + ", " + l.Server + ", " + Stamp(l.Asked) + ": " + string(l.Outcome)
	if l.Error != "" {
		s += " (" + l.Error + ")"
	}
	if l.RawSHA256 != "" {
		s += "; SHA-256 of the answer " + l.RawSHA256
	}
	return s
}

// holderCell says in a table who answers for an address, or what is known instead.
func holderCell(r *enrich.Record) string {
	if name, _ := r.Holder(); name != "" {
		return Middle(Visible(name), 90)
	}
	switch {
	case r.Special != nil:
		return "special address: " + r.Special.Name
	case r.Registry != "":
		return "not known (" + string(r.Registry) + ")"
	}
	return "not known"
}

// countryCell is the country in a table, marked when it is a guess.
func countryCell(r *enrich.Record) string {
	code, approximate := countryOf(r)
	if code == "" {
		return "not known"
	}
	return oneOf(approximate, "≈ ", "") + countryName(Middle(Visible(code), 20))
}

func verdictShort(v casefile.Verdict) string {
	switch v {
	case casefile.VerdictSuspected:
		return "suspected open relay"
	case casefile.VerdictUndisclosed:
		return "previous hop undisclosed"
	case casefile.VerdictSourceOrRelay:
		return "source or relay"
	case casefile.VerdictRelayOrProvider:
		return "relay or provider"
	default:
		return string(v)
	}
}

func verdictWords(v casefile.Verdict) string {
	switch v {
	case casefile.VerdictSuspected:
		return "suspected open relay: it took mail from an unrelated network for an unrelated recipient"
	case casefile.VerdictUndisclosed:
		return "previous hop undisclosed: its field leaves out from whom it took the mail; only its owner can tell"
	case casefile.VerdictSourceOrRelay:
		return "source or relay: it handed the mail over; that it had taken it from another host rests on a field that could not be verified"
	case casefile.VerdictRelayOrProvider:
		return "relay or provider: it took mail from several networks that have no tie to it or to each other; whether for strangers or for customers of its own is open"
	case casefile.VerdictProvisional:
		return "provisional: too little is known for a verdict; see the reasons"
	case casefile.VerdictWithdrawn:
		return "withdrawn: it is not held to be an open relay; the reason stands below"
	default:
		return string(v)
	}
}

func certaintyAlone(c trace.Certainty) string {
	switch c {
	case trace.Recorded:
		return "recorded: a field of the recipient's side took it from the connection"
	case trace.CertaintyCorroborated:
		return "corroborated: according to the host that wrote the field, which is tied to the recipient's side"
	case trace.Claimed:
		return "claimed: an unverified field names it; nobody is written to on that ground"
	default:
		return string(c)
	}
}

func withholdsAlone(r *casefile.Relay) string {
	switch {
	case r.OwnField == "":
		return "not known: the relay wrote no field of its own"
	case r.Withholds && r.OwnVerified():
		return "withheld in at least one sample: the relay's own field records no address of the host that connected"
	case r.Withholds:
		return "withheld, by a field that could not be verified: the relay may not have written it, and the mail may have begun there"
	case r.OwnVerified():
		return "recorded by the relay's own field"
	}
	return "recorded, by a field that could not be verified: the relay may not have written it, and the mail may have begun there"
}

// reportedBy names the recipients' systems whose word stands behind what is said of a
// relay.
func reportedBy(c *casefile.Case, r *casefile.Relay) string {
	var numbers []int
	for _, s := range r.Seen {
		numbers = append(numbers, s.Sample)
	}
	sides := recipientSides(c, numbers)
	if len(sides) == 1 {
		return sides[0] + " alone"
	}
	return list(sides, 6)
}

// samplesOf is the number of samples in which the relay is seen, those not shown too.
func samplesOf(r *casefile.Relay) int {
	if r.Samples > 0 {
		return r.Samples
	}
	seen := make(map[int]bool)
	for _, s := range r.Seen {
		seen[s.Sample] = true
	}
	return len(seen)
}

// list joins what Visible makes of at most n items; more are told by their number.
func list(items []string, n int) string {
	var s []string
	for _, item := range items[:min(len(items), n)] {
		s = append(s, Middle(Visible(item), 120))
	}
	if more := len(items) - n; more > 0 {
		s = append(s, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(s, ", ")
}

func quotedAll(items []string) []string {
	var q []string
	for _, item := range items {
		q = append(q, quoted(item))
	}
	return q
}

// namesOf names a host by the names looked up, or else by what it calls itself.
func namesOf(names, helos []string, n int) string {
	switch {
	case len(names) > 0:
		return list(names, n)
	case len(helos) > 0:
		return "none; calls itself " + list(quotedAll(helos), n)
	default:
		return "none"
	}
}

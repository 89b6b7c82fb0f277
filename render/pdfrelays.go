package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// relays writes the table of relays and a section for each.
func (d *doc) relays() {
	d.chapter("Relays")
	if len(d.c.Relays) == 0 {
		d.para("No host of this case is told as a relay.")
		return
	}
	d.para("A relay is a host that took the mail from one organisation and passed it to another, as far as is known with ties to neither. " +
		"Those that withheld the previous hop stand first. Each has a section below. Unverified: the field may not be the relay's own, and the mail may have begun there.")
	if text := commonReason(d.c); text != "" {
		d.para("For every one of them this speaks against a charge: " + text)
	}
	var rows [][]cell
	for i := range d.c.Relays {
		r := &d.c.Relays[i]
		rows = append(rows, []cell{
			{s: r.IP.String(), face: mono, link: d.relayLink[r.IP]},
			{s: namesOf(r.Names, r.HELOs, 3)},
			{s: holderOf(&r.Record)},
			{s: verdictShort(r.Verdict) + oneOf(r.Certainty == trace.Recorded, "", "; address "+string(r.Certainty))},
			{s: r.PreviousHop()},
			{s: strconv.Itoa(samplesOf(r))},
			{s: d.letterState(r)},
		})
	}
	d.table([]column{
		{"Address", 28}, {"Name recorded", 37}, {"Who answers for it", 38},
		{"Verdict", 20}, {"Previous hop", 21.5}, {"Samples", 14.5}, {"Letter", 11},
	}, rows)
	d.tableKey()
	for i := range d.c.Relays {
		d.relay(&d.c.Relays[i])
	}
}

// tableKey says once what every row of a table of hosts would repeat.
func (d *doc) tableKey() {
	s := "The registry is the one that was given the block of addresses. A country marked ≈ is approximate: measured routing, which can be wrong. " +
		"The dates of both stand under Method and limits."
	if d.c.Settings.Offline {
		s += " The case was made offline: no registry was asked who holds a network."
	}
	d.note(s)
}

// commonReason is the reason that every relay has, told once for all.
func commonReason(c *casefile.Case) string {
	text := ""
	for i := range c.Relays {
		for _, r := range c.Relays[i].Reasons {
			if r.Code == everywhere && !r.For {
				text = r.Text
			}
		}
	}
	return Middle(Visible(bounded(text)), maxFact)
}

const everywhere = "looks-open-from-outside"

func (d *doc) relay(r *casefile.Relay) {
	d.heading("Relay "+r.IP.String(), 40, d.relayLink[r.IP])
	d.fact("Verdict", verdictWords(r.Verdict))
	d.fact("Address", certaintyAlone(r.Certainty))
	d.fact("Previous hop", withholdsAlone(r))
	d.fact("Names looked up", list(r.Names, 12))
	d.fact("Calls itself", list(quotedAll(r.HELOs), 12))
	d.fact("As reported by", reportedBy(d.c, r))
	d.record(&r.Record)
	d.fact("Letter", d.letterWords(r))
	d.reasons(r)
	d.seen(r)
}

func (d *doc) reasons(r *casefile.Relay) {
	if !slices.ContainsFunc(r.Reasons, func(x casefile.Reason) bool { return x.Code != everywhere || x.For }) {
		return
	}
	d.label("Reasons", 8)
	for _, reason := range r.Reasons {
		if reason.Code == everywhere && !reason.For {
			continue // told at the head of the chapter
		}
		mark, side := "+", "for"
		if !reason.For {
			mark, side = "−", "against"
		}
		d.bullet(mark, Middle(Visible(bounded(reason.Text)), maxFact)+" ("+side+"; "+Visible(reason.Code)+")")
	}
}

// seen writes the transactions of a relay.
func (d *doc) seen(r *casefile.Relay) {
	if len(r.Seen) == 0 {
		return
	}
	d.label("Transactions seen", 26)
	var rows [][]cell
	for _, s := range r.Seen {
		own, next := d.hopAt(s.Sample, s.Own), d.hopAt(s.Sample, s.Hop)
		row := []cell{{s: strconv.Itoa(s.Sample), link: d.sampleLink[s.Sample]}, {}, {}, {}, {}, {}}
		if own != nil {
			row[1] = cell{s: orNone(own.Time.Stamp, "none"), face: mono}
			row[2] = cell{s: orNone(Stamp(own.Time.UTC), "no instant")}
		} else {
			row[1] = cell{s: "it wrote no field"}
		}
		if next != nil {
			row[3] = cell{s: orNone(Stamp(next.Time.UTC), "no instant")}
		}
		switch {
		case s.Client.IsValid():
			row[4] = cell{s: s.Client.String() + ", according to " + oneOf(believed(own), "its field", "an unverified field")}
		case own != nil:
			row[4] = cell{s: oneOf(believed(own), "withheld", "withheld, by an unverified field")}
		default:
			row[4] = cell{s: "not known"}
		}
		if s.Clock != nil {
			row[5] = cell{s: s.Clock.Text + oneOf(own != nil && !believed(own), "; by an unverified stamp", "")}
		}
		rows = append(rows, row)
	}
	d.table([]column{
		{"Sample", 14}, {"Its stamp, verbatim", 36}, {"Its stamp, UTC", 25},
		{"Next host, UTC", 26}, {"Previous hop", 31}, {"Its clock", 38},
	}, rows)
}

// hopAt is the field of a sample at the index, nil when there is none.
func (d *doc) hopAt(sample, index int) *trace.Hop {
	s := d.bySample[sample]
	if s == nil || index < 0 || index >= len(s.Path.Hops) {
		return nil
	}
	return &s.Path.Hops[index]
}

// record writes who answers for an address, with sources and dates.
func (d *doc) record(r *enrich.Record) {
	if r.Special != nil {
		d.fact("Special address", r.Special.Name+" ("+r.Special.RFC+"): nobody was asked about it")
	}
	d.fact("Registry", registryWords(r))
	for _, n := range []*enrich.Network{r.Network, r.Parent} {
		if n != nil {
			d.fact("Network", networkWords(n))
		}
	}
	for _, a := range r.AS {
		d.fact("AS", asWords(a))
	}
	if len(r.Countries) > 1 {
		for _, c := range r.Countries {
			d.fact("Country", countryWords(c))
		}
	}
	for _, n := range r.Notes {
		if n.Code != "offline" { // told at the head of the chapter
			d.fact("Note", n.Text)
		}
	}
	for _, l := range r.Lookups {
		d.fact("Asked", lookupWords(l))
	}
	d.contacts(r)
}

func (d *doc) contacts(r *enrich.Record) {
	if len(r.Contacts) == 0 {
		switch {
		case r.Failed():
			d.fact("Contacts", "not known: a question went unanswered. That says nothing of whether there is one")
		case len(r.Lookups) > 0:
			d.fact("Contacts", "the registry names none")
		case !d.c.Settings.Offline:
			d.fact("Contacts", "not known: no registry was asked")
		}
		return
	}
	d.label("Contacts", 26)
	var rows [][]cell
	for _, c := range r.Contacts {
		rows = append(rows, []cell{
			{s: c.Email, face: mono},
			{s: strings.TrimSuffix(orNone(c.Role, "role not stated")+", "+c.Name, ", ")},
			{s: c.Scope},
			{s: c.Source + ", asked " + Stamp(c.Asked)},
		})
	}
	d.table([]column{{"Address", 48}, {"Role and name", 36}, {"Answers for", 36}, {"Source", 50}}, rows)
}

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

// holderOf says in a table who answers for an address, or what is known instead.
func holderOf(r *enrich.Record) string {
	if name, _ := r.Holder(); name != "" {
		return Middle(Visible(name), 90)
	}
	if r.Special != nil {
		return "special address: " + r.Special.Name
	}
	var where []string
	if r.Registry != "" {
		where = append(where, string(r.Registry))
	}
	if len(r.Countries) > 0 {
		c := r.Countries[0]
		where = append(where, oneOf(c.Approximate, "≈ ", "")+Middle(Visible(c.Code), 20))
	}
	return strings.TrimSuffix("unknown ("+strings.Join(where, ", ")+")", " ()")
}

func (d *doc) letterOf(r *casefile.Relay) *casefile.Letter {
	for i := range d.c.Letters {
		if r.Letter != "" && d.c.Letters[i].Name == r.Letter {
			return &d.c.Letters[i]
		}
	}
	return nil
}

func (d *doc) letterState(r *casefile.Relay) string {
	switch l := d.letterOf(r); {
	case l == nil:
		return "none"
	case l.Hold:
		return "HOLD"
	default:
		return "draft"
	}
}

func (d *doc) letterWords(r *casefile.Relay) string {
	l := d.letterOf(r)
	if l == nil {
		return "none is written"
	}
	s := "letters/" + l.Name + ".eml"
	if len(l.To) > 0 {
		s += " to " + list(l.To, 8)
	}
	if l.Hold {
		s += "; HOLD: " + orNone(l.Reason, "no recipient")
	}
	return s
}

func verdictShort(v casefile.Verdict) string {
	switch v {
	case casefile.VerdictSuspected:
		return "suspected open relay"
	case casefile.VerdictUndisclosed:
		return "previous hop undisclosed"
	case casefile.VerdictSourceOrRelay:
		return "source or relay"
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

package render

import (
	"net/netip"
	"strconv"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// sheets makes every table of the exports.
func sheets(c *casefile.Case) []sheet {
	return []sheet{
		relaySheet(c), transactionSheet(c), sourceSheet(c), contactSheet(c), bystanderSheet(c),
		sampleSheet(c), hopSheet(c), findingSheet(c), pathSheet(c), submissionSheet(c), hourSheet(c),
		forgedSheet(c), letterSheet(c), custodySheet(c),
	}
}

func relaySheet(c *casefile.Case) sheet {
	s := sheet{name: "relays", head: []string{
		"address", "address_certainty", "names_looked_up", "names_of_its_own", "verdict", "previous_hop", "own_field",
		"samples", "holder", "network", "registry", "country", "country_approximate", "as", "reasons_for", "reasons_against", "letter",
	}}
	for i := range c.Relays {
		r := &c.Relays[i]
		var reasons [2][]string
		for _, x := range r.Reasons {
			side := 1
			if x.For {
				side = 0
			}
			reasons[side] = append(reasons[side], x.Code)
		}
		holder, network := r.Record.Holder()
		country, approximate := countryOf(&r.Record)
		s.add(addrText(r.IP), string(r.Certainty), joined(r.Names), joined(r.HELOs), string(r.Verdict), r.PreviousHop(), string(r.OwnField),
			strconv.Itoa(samplesOf(r)), holder, network, string(r.Record.Registry), country, strconv.FormatBool(approximate),
			asList(&r.Record), joined(reasons[0]), joined(reasons[1]), r.Letter)
	}
	return s
}

func transactionSheet(c *casefile.Case) sheet {
	s := sheet{name: "transactions", head: []string{
		"relay", "sample", "field_that_names_it", "own_field", "own_field_standing", "own_stamp", "own_stamp_utc", "own_queue_id",
		"next_stamp_utc", "client", "gap_seconds", "clock",
	}}
	for i := range c.Relays {
		r := &c.Relays[i]
		for _, x := range r.Seen {
			own, next := fieldOf(c, x.Sample, x.Own), fieldOf(c, x.Sample, x.Hop)
			row := []string{addrText(r.IP), strconv.Itoa(x.Sample), strconv.Itoa(x.Hop), "", "", "", "", "", "", addrText(x.Client), "", ""}
			if own != nil {
				row[3], row[4], row[5], row[6], row[7] = strconv.Itoa(x.Own), string(own.Standing), own.Time.Stamp, own.Time.UTC, own.ID
			}
			if next != nil {
				row[8] = next.Time.UTC
			}
			if x.Clock != nil {
				row[10], row[11] = strconv.FormatInt(x.Clock.GapSeconds, 10), x.Clock.Text
			}
			s.add(row...)
		}
	}
	return s
}

func sourceSheet(c *casefile.Case) sheet {
	s := sheet{name: "sources", head: []string{
		"address", "address_certainty", "what_it_is", "names_looked_up", "names_of_its_own", "samples", "holder", "network", "registry", "country", "country_approximate",
	}}
	for i := range c.Sources {
		x := &c.Sources[i]
		holder, network := x.Record.Holder()
		country, approximate := countryOf(&x.Record)
		s.add(addrText(x.IP), string(x.Certainty), sourceWords(x), joined(x.Names), joined(x.HELOs), strconv.Itoa(max(x.Count, len(x.Samples))),
			holder, network, string(x.Record.Registry), country, strconv.FormatBool(approximate))
	}
	return s
}

func contactSheet(c *casefile.Case) sheet {
	s := sheet{name: "contacts", head: []string{"host", "email", "role", "name", "answers_for", "source", "asked_utc", "rule", "why"}}
	add := func(ip netip.Addr, r *enrich.Record) {
		for _, k := range r.Contacts {
			s.add(addrText(ip), k.Email, k.Role, k.Name, k.Scope, k.Source, k.Asked, strconv.Itoa(k.Rule), k.Why)
		}
	}
	for i := range c.Relays {
		add(c.Relays[i].IP, &c.Relays[i].Record)
	}
	for i := range c.Sources {
		add(c.Sources[i].IP, &c.Sources[i].Record)
	}
	return s
}

func bystanderSheet(c *casefile.Case) sheet {
	s := sheet{name: "not-accused", head: []string{"name", "address", "why", "samples"}}
	for _, b := range c.Bystanders {
		s.add(b.Name, addrText(b.IP), b.Why, strconv.Itoa(max(b.Count, len(b.Samples))))
	}
	return s
}

func sampleSheet(c *casefile.Case) sheet {
	s := sheet{name: "samples", head: []string{
		"sample", "sha256", "bytes", "received_utc", "trail_ends", "end_only_claimed", "boundary_address", "boundary_recorded_by",
		"origin_address", "origin_certainty", "relays", "envelope_sender", "from_as_written", "subject_as_written", "message_id_as_written", "evidence", "found_in",
	}}
	for i := range c.Samples {
		x := &c.Samples[i]
		p := &x.Path
		row := []string{strconv.Itoa(x.Number), x.SHA256, strconv.FormatInt(x.Size, 10), receivedAt(p), string(p.Ends), strconv.FormatBool(casefile.EndClaimed(p)), "", "", "", ""}
		if p.Boundary != nil {
			row[6], row[7] = addrText(p.Boundary.IP), p.Boundary.By
		}
		if p.Origin != nil {
			row[8], row[9] = addrText(p.Origin.IP), string(p.Origin.Certainty)
		}
		var relays, found []string
		for _, r := range p.Relays {
			relays = append(relays, r.IP.String()+" ("+string(r.Certainty)+")")
		}
		for _, o := range x.Origins {
			found = append(found, originWords(o))
		}
		m := &p.Message
		s.add(append(row, joined(relays), m.ReturnPath, m.From, m.Subject, m.MessageID, x.Evidence, joined(found))...)
	}
	return s
}

func hopSheet(c *casefile.Case) sheet {
	s := sheet{name: "hops", head: []string{
		"sample", "field", "line", "kind", "standing", "why", "discloses", "link", "from_address", "from_name_looked_up", "from_helo",
		"by", "with", "id", "for", "stamp", "stamp_utc", "queue_id_utc",
	}}
	for i := range c.Samples {
		for k := range c.Samples[i].Path.Hops {
			h := &c.Samples[i].Path.Hops[k]
			s.add(strconv.Itoa(c.Samples[i].Number), strconv.Itoa(h.Index), strconv.Itoa(h.Line), string(h.Kind), string(h.Standing), h.Why, string(h.Discloses), h.Link,
				addrText(h.From.IP), h.From.RDNS, h.From.HELO, writerName(h), h.With, h.ID, joined(h.For), h.Time.Stamp, h.Time.UTC, h.Time.QueueIDUTC)
		}
	}
	return s
}

func findingSheet(c *casefile.Case) sheet {
	s := sheet{name: "findings", head: []string{"sample", "field", "severity", "code", "text", "quote"}}
	for i := range c.Samples {
		for _, f := range c.Samples[i].Path.Findings {
			s.add(strconv.Itoa(c.Samples[i].Number), strconv.Itoa(f.Hop), string(f.Severity), f.Code, f.Text, f.Quote)
		}
	}
	return s
}

func pathSheet(c *casefile.Case) sheet {
	s := sheet{name: "paths", head: []string{"path", "exemplar", "samples", "trail_ends"}}
	for i, g := range pathGroups(c) {
		ends := ""
		if x := c.Sample(g.Exemplar); x != nil {
			ends = string(x.Path.Ends)
		}
		s.add(strconv.Itoa(i+1), strconv.Itoa(g.Exemplar), strconv.Itoa(g.Samples), ends)
	}
	return s
}

// pathGroups are the distinct paths of a case. A case that does not tell them shows each
// sample as one of its own.
func pathGroups(c *casefile.Case) []casefile.PathGroup {
	if len(c.Paths) > 0 {
		return c.Paths
	}
	groups := make([]casefile.PathGroup, 0, len(c.Samples))
	for i := range c.Samples {
		groups = append(groups, casefile.PathGroup{Exemplar: c.Samples[i].Number, Samples: 1})
	}
	return groups
}

func submissionSheet(c *casefile.Case) sheet {
	s := sheet{name: "submissions", head: []string{"class", "submissions", "with_a_sample", "reporters"}}
	for _, x := range c.Submissions.Classes {
		s.add(x.Class, strconv.Itoa(x.Count), strconv.Itoa(x.Samples), strconv.Itoa(x.Reporters))
	}
	return s
}

func hourSheet(c *casefile.Case) sheet {
	s := sheet{name: "hours", head: []string{"hour_utc", "samples", "bounces", "weekend"}}
	for _, h := range c.Incident.Hours {
		s.add(h.Start, strconv.Itoa(h.Samples), strconv.Itoa(h.Bounces), strconv.FormatBool(h.Weekend))
	}
	return s
}

func forgedSheet(c *casefile.Case) sheet {
	s := sheet{name: "forged", head: []string{"kind", "forged", "organisation", "samples", "bounces", "ours"}}
	for _, d := range c.Incident.Domains {
		s.add("domain", d.Domain, d.Organisation, strconv.Itoa(d.Samples), strconv.Itoa(d.Bounces), strconv.FormatBool(d.Ours))
	}
	for _, a := range c.Incident.Addresses.Most {
		s.add("address", a.Address, "", strconv.Itoa(a.Count), "", "")
	}
	return s
}

func letterSheet(c *casefile.Case) sheet {
	s := sheet{name: "letters", head: []string{"letter", "kind", "to", "hold", "why_held", "holder", "addresses", "language", "refers_to", "contacts_from"}}
	for _, l := range c.Letters {
		var about []string
		for _, ip := range l.Relays {
			about = append(about, addrText(ip))
		}
		s.add(l.Name, l.Kind, joined(l.To), strconv.FormatBool(l.Hold), l.Reason, l.Holder, joined(about), l.Lang, l.Refers, joined(l.Contacts))
	}
	return s
}

func custodySheet(c *casefile.Case) sheet {
	s := sheet{name: "custody", head: []string{"event", "time_utc", "actor", "action", "detail", "version", "prev", "hash"}}
	for _, e := range c.Custody {
		s.add(strconv.Itoa(e.Number), e.Time, e.Actor, e.Action, joined(e.Detail), e.Version, e.Prev, e.Hash)
	}
	return s
}

// fieldOf is the field of a sample at the index, nil when it is not shown.
func fieldOf(c *casefile.Case, sample, index int) *trace.Hop {
	s := c.Sample(sample)
	if s == nil || index < 0 || index >= len(s.Path.Hops) {
		return nil
	}
	return &s.Path.Hops[index]
}

// addrText is the address, or nothing when there is none.
func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// countryOf is the country that a registry states, or else the first that is guessed.
func countryOf(r *enrich.Record) (code string, approximate bool) {
	for _, c := range r.Countries {
		if !c.Approximate {
			return c.Code, false
		}
	}
	if len(r.Countries) > 0 {
		return r.Countries[0].Code, true
	}
	return "", false
}

func asList(r *enrich.Record) string {
	var all []string
	for _, a := range r.AS {
		all = append(all, asWords(a))
	}
	return joined(all)
}

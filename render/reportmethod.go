package render

import (
	"slices"
	"strings"

	"relaytrace/casefile"
	"relaytrace/enrich"
)

// method writes how the case was made and how far it can be relied on.
func (w *writer) method() {
	w.chapter("method", "Method, rules and limits")
	for _, part := range methodText {
		w.heading("", part.title)
		for _, p := range part.paragraphs {
			w.para(p)
		}
	}
	w.heading("", "Settings of this case")
	s := w.c.Settings
	w.fact("Own side", orNone(list(s.Trust, 40), "nothing declared beyond what the headers show"))
	w.fact("Forwarders", orNone(list(s.Forwarder, 40), "none declared"))
	w.fact("Network", oneOf(s.Offline, "not used: the case was made offline", "registries were asked, one address at a time"))
	w.fact("GeoIP files", orNone(list(s.GeoIP, 10), "none"))
	w.fact("Settings file", orNone(s.ConfigFile, "none"))
	w.heading("", "Sources of data")
	for _, s := range dataSources(w.c) {
		w.item("•", s)
	}
	w.item("•", "map: Natural Earth, public domain; a mark stands in the middle of a country's largest part")
}

var methodText = []struct {
	title      string
	paragraphs []string
}{
	{"How a path is read", []string{
		"Every mail system that handles a message adds a Received: field on top (RFC 5321 section 4.4). The fields are read from the top, " +
			"the last written, downwards. The top fields come from the recipient's own systems. The last of them that takes the mail from " +
			"outside is the boundary: the address that it records did connect.",
		"What stands below the boundary is the word of other hosts, and a sender of spam can write whole fields in advance. Each field is therefore given a standing.",
	}},
	{"Standing of a field", []string{
		"Trusted: written by the recipient's own side. Corroborated: its writer is tied by address or by a looked-up name to the host that the " +
			"field above records, it has the form of a genuine server's, and nothing speaks against it. Unverified: nothing ties it to what is " +
			"believed. That is not the same as forged; honest hosts receive and send under different names. Contradicted: there is positive " +
			"evidence against it. A contradicted field counts against nobody, least of all against the host above it.",
	}},
	{"Certainty of an address", []string{
		"Recorded: a trusted field took it from the connection. Corroborated: a corroborated field did, so it is told as according to that field's writer. " +
			"Claimed: an unverified field names it; it is shown, and nobody is written to on that ground. A name that a host gave itself (HELO) is a claim and stands in " +
			"quotation marks. No address was filled in from the DNS.",
	}},
	{"What a relay is said to have done", []string{
		"“Relay” says that a host took the mail from one organisation and passed it to another. “Suspected open relay” says that neither side had ties to it, as far as is known; " +
			"a contract or an authentication that leaves no mark in the header looks the same from outside. “Source or relay” says that a host certainly handed the mail over, and that only a field that could not be verified tells of a host before it. “Withholds” says that the relay's own field names no address of " +
			"the host that connected to it. RFC 2505 section 2.2.1 asks relays to record it.",
	}},
	{"Whom a letter may name", []string{
		"A letter is about a host only where a field that is believed records its address: from the connection, or, told as “according to”, " +
			"by the host above it. Nobody is written to about an address that only an unverified field names, nor about a host whose verdict was withdrawn. " +
			"Before a letter is written, the rule that allows each name in it is checked again. Where a host of the organisation itself stands in a path, no letter denies that the mail came from there.",
		"What rests on the word of one stranger's sample is told as reported by that recipient. It weighs more once a second, independent recipient or a server of one's own shows the same.",
	}},
	{"Times", []string{
		"Stamps are given as they were written and in UTC. Clocks are often wrong. Where two stamps allow it, the error of a relay's clock is bounded, not guessed. " +
			"A clock that runs backwards along a path proves nothing by itself.",
	}},
	{"Countries and holders", []string{
		"A country that is called approximate comes from a table of measured routing. It can be wrong and decided nothing in this case. A registry names who holds a network today, " +
			"which need not be who held it when the mail was sent.",
	}},
	{"What was not done", []string{
		"Nothing was sent to anybody: letters are drafts, for a person to check and send. No relay was contacted or probed. Registries, where they were asked, were asked about addresses only. " +
			"The samples were not changed; the digests below allow that to be checked.",
	}},
}

// dataSources lists what told of addresses, each once with its date, sorted.
func dataSources(c *casefile.Case) []string {
	var found []string
	add := func(r *enrich.Record) {
		if r.Registry != "" {
			found = append(found, "table of the registries of address blocks (IANA), "+orNone(r.RegistryDate, "no date"))
		}
		for _, c := range r.Countries {
			found = append(found, "country: "+c.Source+", "+orNone(c.Date, "no date")+oneOf(c.Approximate, " (approximate)", ""))
		}
		for _, a := range r.AS {
			found = append(found, "AS: "+a.Source+", "+orNone(a.Date, "no date"))
		}
		for _, l := range r.Lookups {
			found = append(found, lookupSource(l))
		}
	}
	for i := range c.Relays {
		add(&c.Relays[i].Record)
	}
	for i := range c.Sources {
		add(&c.Sources[i].Record)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// lookupSource names the server of a look-up, not the question, and the day.
func lookupSource(l enrich.Lookup) string {
	server := l.Server
	if scheme, rest, ok := strings.Cut(server, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		server = scheme + "://" + host
	}
	day, _, _ := strings.Cut(l.Asked, "T")
	return l.Kind + ": " + server + ", asked on " + Visible(day)
}

func oneOf[T any](b bool, yes, no T) T {
	if b {
		return yes
	}
	return no
}

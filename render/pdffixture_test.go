package render

import (
	"fmt"
	"net/netip"
	"strings"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

const (
	relayIP  = "198.51.100.25"
	silentIP = "203.0.113.77"
)

// pdfCase is a case of eight samples, one for each way in which a trail ends.
func pdfCase() *casefile.Case {
	c := &casefile.Case{
		Schema: casefile.Schema, ID: "RT-7Q2M4XKD", Created: "2002-09-03T09:30:00Z", Version: "0.1.0",
		Settings: casefile.Settings{
			Organisation: "Example College, Department of Examples", Domain: "dept.college.example",
			Reporter: "Postmaster of the department", ReplyTo: "abuse@dept.college.example",
			JANET: []string{"csirt@example.net"}, Trust: []string{"mx.isp.example", "192.0.2.0/24"},
			Forwarder: []string{}, GeoIP: []string{}, Offline: true, ConfigFile: "demo.toml",
		},
		Samples:    []casefile.Sample{},
		OwnHosts:   []int{6},
		Relays:     []casefile.Relay{pdfRelay()},
		Sources:    []casefile.Source{pdfSource()},
		Bystanders: []casefile.Bystander{{Name: "mail.famous.example", IP: netip.MustParseAddr("192.0.2.200"), Why: "by-host-is-a-decoy", Samples: []int{4}}},
		Letters: []casefile.Letter{
			{Name: "log-request-198.51.100.25", Kind: casefile.LetterLogRequest, To: []string{}, Hold: true,
				Relays: []netip.Addr{netip.MustParseAddr(relayIP)}, Reason: "the holder of the network is not known", Contacts: []string{}},
			{Name: "janet-report", Kind: casefile.LetterJANET, To: []string{"csirt@example.net"}, Contacts: []string{"settings"}, Relays: []netip.Addr{}},
		},
		Problems: []casefile.Problem{{Where: "samples/broken.eml", What: "the file is empty"}},
		Files:    []casefile.File{{Path: "case.json", SHA256: strings.Repeat("c0", 32), Size: 48_211}},
	}
	for _, p := range []trace.Path{withheldPath(), originPath(), silentPath(), forgedPath(), noTracePath(), longPath(9), longPath(40), claimedPath()} {
		addSample(c, p)
	}
	return c
}

func addSample(c *casefile.Case, p trace.Path) {
	n := len(c.Samples) + 1
	sum := fmt.Sprintf("%064x", n*7919)
	file := fmt.Sprintf("samples/spam-%02d.eml", n)
	p.Sample = trace.Sample{File: file, Line: 1, SHA256: sum}
	c.Samples = append(c.Samples, casefile.Sample{
		Number: n, SHA256: sum, Size: int64(2000 + n), Origins: []trace.Sample{p.Sample},
		Evidence: fmt.Sprintf("evidence/%s.eml", sum[:16]), Path: p,
	})
}

func pdfRecord(ip string) enrich.Record {
	return enrich.Record{
		Schema: enrich.RecordSchema, Address: netip.MustParseAddr(ip), Registry: enrich.RIPENCC, RegistryDate: "2026-05-01",
		Countries: []enrich.Country{{Code: "NL", Source: "iptoasn-country", Date: "2026-06-17", Approximate: true}},
		Notes:     []enrich.Note{{Code: "offline", Text: "No registry was asked: working offline."}},
	}
}

func pdfRelay() casefile.Relay {
	return casefile.Relay{
		IP: netip.MustParseAddr(relayIP), Names: []string{"mail.factory.example"}, HELOs: []string{"exchange.factory.example"},
		Verdict: casefile.VerdictProvisional, Withholds: true, OwnField: trace.Corroborated, Certainty: trace.Recorded,
		Reasons: []casefile.Reason{
			{Code: "unrelated-hand-over", For: true, Text: "It handed mail to mx.isp.example for a recipient in a domain to which it has no known tie."},
			{Code: "holder-unknown", For: false, Text: "Who holds its network is not known, so a tie to the sender cannot be excluded."},
		},
		Seen: []casefile.Seen{
			{Sample: 1, Hop: 1, Own: 2, Clock: &casefile.ClockBounds{GapSeconds: 14, Text: "its clock is slow by at most 14 seconds"}},
			{Sample: 2, Hop: 0, Own: 1, Client: netip.MustParseAddr("192.0.2.99")},
		},
		Record: pdfRecord(relayIP), Letter: "log-request-198.51.100.25",
	}
}

func pdfSource() casefile.Source {
	return casefile.Source{
		IP: netip.MustParseAddr(silentIP), Names: []string{"host77.dialup.example"}, HELOs: []string{"friend"},
		Ends: trace.EndNoField, Certainty: trace.Recorded, Samples: []int{3}, Record: pdfRecord(silentIP),
	}
}

func pdfHop(i int, by, ip, rdns, helo string, s trace.Standing, d trace.Disclosure, link string) trace.Hop {
	h := trace.Hop{
		Index: i, Line: 1 + 3*i, By: trace.By{Host: by, MTA: "sendmail"}, With: "ESMTP", ID: fmt.Sprintf("g7MBa%03d", i),
		Time: trace.Time{Stamp: fmt.Sprintf("Thu, 22 Aug 2002 %02d:36:%02d +0100", 23-i%23, i%60), UTC: fmt.Sprintf("2002-08-22T%02d:36:%02dZ", 22-i%22, i%60)},
		From: trace.From{HELO: helo, RDNS: rdns}, Kind: trace.Transfer, Standing: s, Discloses: d, Link: link,
		Why: "the recipient's own server wrote it", For: []string{}, Findings: []string{},
	}
	if ip != "" {
		h.From.IP = netip.MustParseAddr(ip)
	}
	if s != trace.Trusted {
		h.Why = "its writer is the host that the field above records, by " + link
	}
	h.Raw = fmt.Sprintf(" from %s (%s [%s])\r\n\tby %s (8.11.6/8.11.6) with ESMTP id %s\r\n\tfor <someone@dept.college.example>; %s", helo, rdns, ip, by, h.ID, h.Time.Stamp)
	return h
}

func pdfPath(end trace.End, hops ...trace.Hop) trace.Path {
	return trace.Path{
		Schema: trace.PathSchema, Hops: hops, Ends: end,
		Message: trace.Message{MessageID: "<20020822.1136@dept.college.example>", Subject: "Re: your account", From: "J. Doe <j.doe@dept.college.example>",
			Date: "Thu, 22 Aug 2002 06:36:16 -1600", ReturnPath: "<j.doe@dept.college.example>"},
		Relays: []trace.Relay{}, Bystanders: []trace.Bystander{}, Findings: []trace.Finding{},
	}
}

func withheldPath() trace.Path {
	inner := pdfHop(0, "mail.college.example", "192.0.2.1", "mx.isp.example", "mx.isp.example", trace.Trusted, trace.DisclosesAddress, "")
	edge := pdfHop(1, "mx.isp.example", relayIP, "mail.factory.example", "exchange.factory.example", trace.Trusted, trace.DisclosesAddress, "name")
	own := pdfHop(2, "exchange.factory.example", "", "", "cheap-pills", trace.Corroborated, trace.DisclosesHELO, "helo")
	own.By.MTA = "exchange"
	p := pdfPath(trace.EndWithheld, inner, edge, own)
	ip := netip.MustParseAddr(relayIP)
	p.Boundary = &trace.Boundary{Hop: 1, IP: ip, By: "mx.isp.example"}
	p.Origin = &trace.Origin{Hop: 1, IP: ip, Certainty: trace.Recorded}
	p.Relays = []trace.Relay{{IP: ip, Name: "mail.factory.example", Hop: 1, Own: 2, Withholds: true, Certainty: trace.Recorded}}
	p.Findings = []trace.Finding{
		{Code: "previous-hop-withheld", Hop: 2, Severity: trace.Warning, Quote: "from cheap-pills by exchange.factory.example",
			Text: "The relay's field names no address of the host that connected to it."},
		{Code: "clock-inversion", Hop: 1, Severity: trace.Notice, Text: "The stamp is earlier than the one of the field below."},
	}
	return p
}

func originPath() trace.Path {
	edge := pdfHop(0, "mx.isp.example", relayIP, "mail.factory.example", "mail.factory.example", trace.Trusted, trace.DisclosesAddress, "")
	own := pdfHop(1, "mail.factory.example", "192.0.2.99", "", "a-very-long-host-name-that-a-dial-up-customer-was-given-by-a-provider.pool-17.region-4.frankfurt.dsl.provider.example", trace.Corroborated, trace.DisclosesAddress, "name")
	p := pdfPath(trace.EndOrigin, edge, own)
	p.Boundary = &trace.Boundary{Hop: 0, IP: netip.MustParseAddr(relayIP), By: "mx.isp.example"}
	p.Origin = &trace.Origin{Hop: 1, IP: netip.MustParseAddr("192.0.2.99"), Certainty: trace.CertaintyCorroborated}
	p.Relays = []trace.Relay{{IP: netip.MustParseAddr(relayIP), Name: "mail.factory.example", Hop: 0, Own: 1, Certainty: trace.Recorded}}
	return p
}

func silentPath() trace.Path {
	p := pdfPath(trace.EndNoField, pdfHop(0, "mx.isp.example", silentIP, "host77.dialup.example", "friend", trace.Trusted, trace.DisclosesAddress, ""))
	p.Boundary = &trace.Boundary{Hop: 0, IP: netip.MustParseAddr(silentIP), By: "mx.isp.example"}
	p.Origin = &trace.Origin{Hop: 0, IP: netip.MustParseAddr(silentIP), Certainty: trace.Recorded}
	return p
}

func forgedPath() trace.Path {
	edge := pdfHop(0, "mx.isp.example", silentIP, "host77.dialup.example", "friend", trace.Trusted, trace.DisclosesAddress, "")
	odd := pdfHop(1, "smtp.somewhere.example", "203.0.113.9", "", "pc", trace.Unverified, trace.DisclosesAddress, "none")
	odd.Why = "no name or address ties its writer to the field above"
	forged := pdfHop(2, "mail.famous.example", "192.0.2.200", "", "rly-xb01", trace.Contradicted, trace.DisclosesAddress, "none")
	forged.Why = "the date has a form that the server named never writes"
	forged.Time = trace.Time{Stamp: "; Aug, 26 2002 1:35:40 PM -0000"}
	forged.Raw = " from rly-xb01 ([192.0.2.200]) by \u202email.famous.example with QMQP; Aug, 26 2002 1:35:40 PM -0000  "
	p := pdfPath(trace.EndUnexplained, edge, odd, forged)
	p.Boundary = &trace.Boundary{Hop: 0, IP: netip.MustParseAddr(silentIP), By: "mx.isp.example"}
	p.Origin = &trace.Origin{Hop: 0, IP: netip.MustParseAddr(silentIP), Certainty: trace.Recorded}
	p.Bystanders = []trace.Bystander{{Name: "mail.famous.example", IP: netip.MustParseAddr("192.0.2.200"), Hop: 2, Why: "by-host-is-a-decoy"}}
	p.Findings = []trace.Finding{{Code: "by-host-is-a-decoy", Hop: 2, Severity: trace.Notice, Quote: "by mail.famous.example with QMQP",
		Text: "The field has a form that bulk mailers write with the name of a well-known server."}}
	return p
}

// claimedPath is a relay and an end that only unverified fields name.
func claimedPath() trace.Path {
	edge := pdfHop(0, "mx.isp.example", "203.0.113.10", "", "mailer", trace.Trusted, trace.DisclosesAddress, "")
	one := pdfHop(1, "mailer", "203.0.113.11", "", "inner", trace.Unverified, trace.DisclosesAddress, "helo")
	two := pdfHop(2, "inner", "203.0.113.12", "", "pc", trace.Unverified, trace.DisclosesAddress, "helo")
	p := pdfPath(trace.EndOrigin, edge, one, two)
	p.Boundary = &trace.Boundary{Hop: 0, IP: edge.From.IP, By: "mx.isp.example"}
	p.Origin = &trace.Origin{Hop: 2, IP: two.From.IP, Certainty: trace.Claimed}
	p.Relays = []trace.Relay{{IP: one.From.IP, Hop: 1, Own: 2, Certainty: trace.Claimed}}
	p.Findings = []trace.Finding{{Code: "own-name-misused", Hop: 2, Severity: trace.Warning, Text: "A field below the boundary is written in the name of the recipient's own server."}}
	return p
}

func noTracePath() trace.Path { return pdfPath(trace.EndNoTrace) }

// longPath has n fields, all trusted or corroborated.
func longPath(n int) trace.Path {
	var hops []trace.Hop
	for i := range n {
		s, link := trace.Corroborated, "name"
		if i < n/3 {
			s = trace.Trusted
		}
		if i == 0 {
			link = ""
		}
		by, from := fmt.Sprintf("hop%02d.example", i), fmt.Sprintf("hop%02d.example", i+1)
		hops = append(hops, pdfHop(i, by, fmt.Sprintf("198.51.100.%d", i%250+1), from, from, s, trace.DisclosesAddress, link))
	}
	p := pdfPath(trace.EndOrigin, hops...)
	p.Boundary = &trace.Boundary{Hop: max(n/3-1, 0), IP: hops[max(n/3-1, 0)].From.IP}
	p.Origin = &trace.Origin{Hop: n - 1, IP: hops[n-1].From.IP, Certainty: trace.CertaintyCorroborated}
	return p
}

// hostileCase is pdfCase with s wherever a case holds a string that others wrote.
func hostileCase(s string) *casefile.Case {
	c := pdfCase()
	c.ID, c.Version = s, s
	c.Settings.Organisation, c.Settings.Domain, c.Settings.Reporter, c.Settings.ReplyTo = s, s, s, s
	c.Settings.Trust = []string{s}
	r := &c.Relays[0]
	r.Names, r.HELOs, r.Verdict, r.Certainty = []string{s}, []string{s, s}, casefile.Verdict(s), trace.Certainty(s)
	r.Reasons[0] = casefile.Reason{Code: s, Text: s}
	r.Seen[0].Clock.Text = s
	r.Record.Contacts = []enrich.Contact{{Email: s, Role: s, Name: s, Scope: s, Source: s, Asked: s}}
	r.Record.Network = &enrich.Network{Holder: s, Name: s, Handle: s, Source: s, Asked: s}
	r.Record.AS = []enrich.AS{{Organisation: s, Source: s, Date: s}}
	r.Record.Lookups = []enrich.Lookup{{Kind: s, Server: s, Asked: s, Error: s}}
	r.Record.Notes = []enrich.Note{{Code: s, Text: s}}
	c.Sources[0].Names, c.Sources[0].HELOs, c.Sources[0].Ends = []string{s}, []string{s}, trace.End(s)
	c.Bystanders[0].Name, c.Bystanders[0].Why = s, s
	c.Letters[0].Reason, c.Letters[1].To = s, []string{s}
	c.Problems[0] = casefile.Problem{Where: s, What: s}
	c.Files[0].Path = s
	for i := range c.Samples {
		hostileSample(&c.Samples[i], s)
	}
	return c
}

func hostileSample(sample *casefile.Sample, s string) {
	sample.Origins[0].File, sample.Origins[0].Part = s, s
	sample.SHA256, sample.Evidence = s, s
	p := &sample.Path
	p.Message = trace.Message{MessageID: s, Subject: s, From: s, Date: s, ReturnPath: s}
	for i := range p.Findings {
		p.Findings[i].Code, p.Findings[i].Quote, p.Findings[i].Text = s, s, s
	}
	for i := range p.Hops[:min(len(p.Hops), 3)] {
		h := &p.Hops[i]
		h.Raw, h.Why, h.With, h.ID = s, s, s, s
		h.From.HELO, h.From.RDNS, h.From.Name, h.By.Host = s, s, s, s
		h.Time.Stamp, h.Time.UTC = s, s
	}
}

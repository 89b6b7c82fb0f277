package render

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// letterDay is the day on which the fixture cases are made.
const letterDay = "2026-03-01T09:30:00Z"

// letterCase is a case of the usual kind: an Exchange that withholds the previous hop
// in two samples, a sendmail that records it, and behind that a Postfix that only the
// sendmail's word names.
func letterCase() *casefile.Case {
	c := &casefile.Case{
		Schema: casefile.Schema, ID: "RT-2B7K9QXA", Created: letterDay, Version: "0.1.0",
		Settings: casefile.Settings{
			Organisation: "College of Example", Domain: "dept.college.example",
			Reporter: "Ada Byron, mail security", ReplyTo: "abuse@college.example",
		},
	}
	exchange := hopOf("mail.widgets.example", "", "mail.widgets.example", "2026-02-20T22:14:07Z")
	c.Samples = []casefile.Sample{
		sampleOf(1, trusted(hopOf("mail.widgets.example", "192.0.2.25", "mx1.college.example", "2026-02-20T22:15:09Z")),
			withholding(exchange)),
		sampleOf(2, trusted(hopOf("mail.widgets.example", "192.0.2.25", "mx1.college.example", "2026-02-22T03:40:51Z")),
			withholding(hopOf("mail.widgets.example", "", "mail.widgets.example", "2026-02-22T03:40:02Z"))),
		sampleOf(3, trusted(hopOf("relay.foundry.example", "198.51.100.7", "mx2.college.example", "2026-02-27T11:00:30Z")),
			sendmailField(hopOf("smtp.mill.example", "203.0.113.99", "relay.foundry.example", "2026-02-27T11:00:12Z")),
			postfixField(hopOf("friend", "203.0.113.200", "smtp.mill.example", "2026-02-27T11:00:05Z"))),
		sampleOf(4, trusted(hopOf("dsl-66.lines.example", "2001:db8::66", "mx1.college.example", "2026-02-28T05:12:44Z"))),
	}
	c.Relays = []casefile.Relay{
		{
			IP: netip.MustParseAddr("192.0.2.25"), Names: []string{"mail.widgets.example"},
			Verdict: casefile.VerdictProvisional, Withholds: true, OwnField: trace.Corroborated, Certainty: trace.Recorded,
			Seen: []casefile.Seen{
				{Sample: 1, Hop: 0, Own: 1, Clock: &casefile.ClockBounds{GapSeconds: 62, Text: "slow by at most 62 s"}},
				{Sample: 2, Hop: 0, Own: 1, Clock: &casefile.ClockBounds{GapSeconds: 49, Text: "slow by at most 49 s"}},
			},
			Letter: "log-request-192.0.2.25",
		},
		{
			IP: netip.MustParseAddr("198.51.100.7"), Names: []string{"relay.foundry.example"},
			Verdict: casefile.VerdictSuspected, OwnField: trace.Corroborated, Certainty: trace.Recorded,
			Seen: []casefile.Seen{{Sample: 3, Hop: 0, Own: 1, Client: netip.MustParseAddr("203.0.113.99")}},
		},
		{
			IP: netip.MustParseAddr("203.0.113.99"), Names: []string{"smtp.mill.example"},
			Verdict: casefile.VerdictSuspected, OwnField: trace.Corroborated, Certainty: trace.CertaintyCorroborated,
			Seen: []casefile.Seen{{Sample: 3, Hop: 1, Own: 2, Client: netip.MustParseAddr("203.0.113.200")}},
		},
	}
	c.Sources = []casefile.Source{
		{IP: netip.MustParseAddr("203.0.113.200"), Names: []string{}, Ends: trace.EndOrigin, Certainty: trace.CertaintyCorroborated, Samples: []int{3}},
		{IP: netip.MustParseAddr("2001:db8::66"), Names: []string{"dsl-66.lines.example"}, Ends: trace.EndNoField, Certainty: trace.Recorded, Samples: []int{4}},
		{IP: netip.MustParseAddr("198.51.100.250"), Ends: trace.EndUnexplained, Certainty: trace.Claimed, Samples: []int{1}},
	}
	c.Bystanders = []casefile.Bystander{{Name: "innocent.example", IP: netip.MustParseAddr("198.51.100.99"), Why: "forged-field"}}
	return c
}

// holdLetter is a log request as it is made offline.
func holdLetter(ip string) casefile.Letter {
	return casefile.Letter{
		Name: "log-request-" + ip, Kind: casefile.LetterLogRequest, Hold: true,
		Relays: []netip.Addr{netip.MustParseAddr(ip)},
		Reason: "offline: the holder of the address has not been looked up",
	}
}

// sentLetter is a log request that is ready.
func sentLetter(ips ...string) casefile.Letter {
	l := casefile.Letter{
		Name: "log-request-foundry", Kind: casefile.LetterLogRequest,
		To: []string{"abuse@foundry.example"}, Holder: "Foundry Networks AS",
		Contacts: []string{"abuse contact of network 198.51.100.0/24, RDAP of RIPE NCC, asked 2026-03-01"},
	}
	for _, ip := range ips {
		l.Relays = append(l.Relays, netip.MustParseAddr(ip))
	}
	return l
}

// noticeLetter is a notice to the network of sources.
func noticeLetter(ips ...string) casefile.Letter {
	l := sentLetter(ips...)
	l.Name, l.Kind, l.To, l.Holder = "notice-lines", casefile.LetterNotice, []string{"abuse@lines.example"}, "Strange Lines Ltd"
	l.Contacts = []string{"abuse contact of network 2001:db8::/32, RDAP of RIPE NCC, asked 2026-03-01"}
	return l
}

// forgedLetter is a notice to another organisation, with what the case must say for it.
func forgedLetter(c *casefile.Case) casefile.Letter {
	c.Incident.First, c.Incident.Last = "2026-02-20T22:15:09Z", "2026-02-28T05:12:44Z"
	c.Incident.Domains = []casefile.ForgedDomain{
		{Domain: "dept.college.example", Organisation: "college.example", Samples: 4, Ours: true},
		{Domain: "law.uni.example", Organisation: "uni.example", Samples: 2, Bounces: 1},
	}
	return casefile.Letter{
		Name: "forged-too-uni", Kind: casefile.LetterForged, To: []string{"abuse@uni.example"}, Holder: "uni.example",
		Domains: []string{"law.uni.example"}, Hold: true, Reason: "its addresses were not looked up",
	}
}

// replyLetter answers a complaint about sample 1.
func replyLetter(variant string) casefile.Letter {
	return casefile.Letter{
		Name: "reply-" + variant, Kind: casefile.LetterReply, To: []string{"ann.lee@people.example"},
		Answers: &casefile.Answered{
			Address: "ann.lee@people.example", Name: "Ann Lee", Subject: "AW: Re: STOP THIS", MessageID: "<77.1@people.example>",
			Date: "Sat, 21 Feb 2026 08:01:00 +0100", Class: "complaint", Variant: variant,
			Spam: "Lose weight while you sleep", Samples: []int{1}, More: []string{},
		},
	}
}

// followLetter follows the letter was, which it puts into the case.
func followLetter(c *casefile.Case, kind string, was casefile.Letter) casefile.Letter {
	was.Sent = "2026-03-02T10:00:00Z"
	c.Letters = append(c.Letters, was)
	return casefile.Letter{
		Name: was.Name + "-" + kind, Kind: kind, To: was.To, Contacts: was.Contacts, Relays: was.Relays,
		Holder: was.Holder, Refers: was.Name, Date: "2026-03-20T08:00:00Z", Lang: was.Lang,
	}
}

// withdrawnCase is a case that has found the relay of its letter innocent since.
func withdrawnCase() (*casefile.Case, casefile.Letter) {
	c := letterCase()
	l := followLetter(c, casefile.LetterRetraction, sentLetter("198.51.100.7"))
	c.Relays[1].Verdict = casefile.VerdictWithdrawn
	c.Relays[1].Reasons = []casefile.Reason{
		{Code: "stranger", For: true, Text: "It took mail from 203.0.113.99."},
		{Code: "own-provider", Text: "The relay and its client have the same holder."},
		{Code: "own-provider", Text: "Its client 203.0.113.99 is a customer."},
	}
	return c, l
}

// correctionLetter corrects what the letter was said of its addresses.
func correctionLetter(c *casefile.Case, was casefile.Letter, said ...casefile.Said) casefile.Letter {
	l := followLetter(c, casefile.LetterCorrection, was)
	for i := range said {
		said[i].IP = l.Relays[i]
	}
	l.Corrects = said
	return l
}

// correctedCase corrects a log request: one relay was thought to have passed on mail of
// strangers, which is a provisional view now; of the other it was not known.
func correctedCase() (*casefile.Case, casefile.Letter) {
	c := letterCase()
	return c, correctionLetter(c, sentLetter("192.0.2.25", "198.51.100.7"),
		casefile.Said{Verdict: casefile.VerdictSuspected, Certainty: trace.Recorded},
		casefile.Said{Verdict: casefile.VerdictUndisclosed, Withholds: true, Certainty: trace.Recorded})
}

// correctedSource corrects a notice for the second time: its host is a server that others
// used.
func correctedSource() (*casefile.Case, casefile.Letter) {
	c := letterCase()
	l := correctionLetter(c, noticeLetter("203.0.113.99"), casefile.Said{Certainty: trace.CertaintyCorroborated})
	before := l
	before.Name, before.Sent = before.Name+"-before", "2026-03-09T10:00:00Z"
	c.Letters = append(c.Letters, before)
	return c, l
}

// correctedRelay corrects a log request: the mail came from the host itself.
func correctedRelay() (*casefile.Case, casefile.Letter) {
	c := letterCase()
	return c, correctionLetter(c, sentLetter("2001:db8::66", "203.0.113.200"),
		casefile.Said{Verdict: casefile.VerdictSourceOrRelay, Certainty: trace.Recorded},
		casefile.Said{Verdict: casefile.VerdictProvisional, Withholds: true, Certainty: trace.CertaintyCorroborated})
}

// statedLine is a line of sendmail's log as an owner sends it.
const statedLine = "Feb 21 22:15:10 mx1 sendmail[1234]: g1LMFAb01234: from=<x@dept.college.example>, size=1893, nrcpts=1, proto=SMTP, relay=line77.example [203.0.113.77]"

// statedLetter asks the network of a host that the owner of 198.51.100.7 named in his
// answer, with what the case must have for it; line is the log line.
func statedLetter(c *casefile.Case, line string) casefile.Letter {
	was := sentLetter("198.51.100.7")
	was.Name, was.Sent = "stated-before", "2026-03-02T10:00:00Z"
	c.Letters = append(c.Letters, was)
	client := netip.MustParseAddr("203.0.113.77")
	c.Stated = []casefile.Stated{{IP: client, Statements: []casefile.Statement{{
		Letter: was.Name, Relay: was.Relays[0], Client: client, QueueID: "g1LMFAb01234", Match: "queue-id", Line: line,
		Samples: []int{1, 2}, Confirmed: "2026-03-04T10:00:00Z", Who: "Robin Example",
	}}}}
	return casefile.Letter{
		Name: "stated-lines", Kind: casefile.LetterStated, To: []string{"abuse@lines.example"}, Holder: "Strange Lines Ltd", Relays: []netip.Addr{client},
		Contacts: []string{"abuse contact of network 203.0.113.0/24, RDAP of RIPE NCC, asked 2026-03-04"}, Date: "2026-03-05T08:00:00Z",
	}
}

func janetLetter() casefile.Letter {
	return casefile.Letter{Name: "janet-report", Kind: casefile.LetterJANET, To: []string{"irt@csirt.example", "spam-alert@csirt.example"}}
}

// secondReport is a report after one that covered two samples and one relay, and named
// another that is none any more.
func secondReport(c *casefile.Case) casefile.Letter {
	before := janetLetter()
	before.Name, before.Sent, before.Covers = "janet-before", "2026-03-02T10:00:00Z", 2
	before.Relays = []netip.Addr{c.Relays[0].IP, netip.MustParseAddr("203.0.113.5")}
	statedLetter(c, "a log line")
	c.Letters = append(c.Letters, before)
	l := janetLetter()
	l.Refers, l.Date, l.Covers = before.Name, "2026-03-10T08:00:00Z", len(c.Samples)
	for i := range c.Relays {
		if c.Relays[i].Found() {
			l.Relays = append(l.Relays, c.Relays[i].IP)
		}
	}
	return l
}

// manyCase is one Postfix relay in n samples, hours apart and long ago.
func manyCase(n int) *casefile.Case {
	c := letterCase()
	r := casefile.Relay{
		IP: netip.MustParseAddr("192.0.2.80"), Names: []string{"out.press.example"},
		Verdict: casefile.VerdictSuspected, OwnField: trace.Corroborated, Certainty: trace.Recorded,
	}
	c.Samples, c.Sources = nil, nil
	start := time.Date(2025, 10, 1, 6, 0, 0, 0, time.UTC)
	for i := range n {
		taken := start.Add(time.Duration(i) * 7 * time.Hour)
		own := postfixField(hopOf("pc", "203.0.113.5", "out.press.example", taken.Format(time.RFC3339)))
		own.ID = fmt.Sprintf("4F%08X", 7919*i)
		c.Samples = append(c.Samples, sampleOf(i+1,
			trusted(hopOf("out.press.example", "192.0.2.80", "mx1.college.example", taken.Add(20*time.Second).Format(time.RFC3339))), own))
		r.Seen = append(r.Seen, casefile.Seen{Sample: i + 1, Hop: 0, Own: 1, Client: netip.MustParseAddr("203.0.113.5")})
	}
	c.Relays = []casefile.Relay{r}
	return c
}

func sampleOf(n int, hops ...trace.Hop) casefile.Sample {
	for i := range hops {
		hops[i].Index = i
	}
	return casefile.Sample{
		Number: n, SHA256: strings.Repeat(fmt.Sprintf("%02x", n%256), 32),
		Path: trace.Path{
			Hops:     hops,
			Boundary: &trace.Boundary{Hop: 0, IP: hops[0].From.IP, By: hops[0].By.Host},
			Message: trace.Message{
				MessageID: fmt.Sprintf("<20260220.%d@friend>", n), Subject: "Lose weight while you sleep",
				From: "bob@dept.college.example", Date: "Fri, 20 Feb 2026 17:00:00 -0500",
				ReturnPath: "<bob@dept.college.example>",
			},
		},
	}
}

// hopOf is a field in the form of sendmail 8: from helo (helo [ip]) by host.
func hopOf(helo, ip, by, utc string) trace.Hop {
	when, err := time.Parse(time.RFC3339, utc)
	if err != nil {
		panic(err)
	}
	h := trace.Hop{
		From: trace.From{HELO: helo}, By: trace.By{Host: by},
		Time: trace.Time{Stamp: when.Format("Mon, 2 Jan 2006 15:04:05 -0700"), UTC: utc},
		Kind: trace.Transfer, Discloses: trace.DisclosesAddress,
		For: []string{"<registrar@dept.college.example>"},
	}
	if ip != "" {
		h.From.RDNS, h.From.IP = helo, netip.MustParseAddr(ip)
	}
	return h
}

func trusted(h trace.Hop) trace.Hop {
	h.Standing, h.By.MTA, h.ID = trace.Trusted, "sendmail", "61KMF9x04711"
	h.Raw = fmt.Sprintf(" from %s (%s [%s])\n\tby %s (8.17.1/8.17.1) with ESMTP id %s\n\tfor %s; %s",
		h.From.HELO, h.From.RDNS, h.From.IP, h.By.Host, h.ID, h.For[0], h.Time.Stamp)
	return h
}

func sendmailField(h trace.Hop) trace.Hop {
	h = trusted(h)
	h.Standing, h.ID = trace.Corroborated, "61RB0Cq20133"
	h.Raw = strings.Replace(h.Raw, "61KMF9x04711", h.ID, 1)
	return h
}

func postfixField(h trace.Hop) trace.Hop {
	h.Standing, h.By.MTA, h.ID = trace.Corroborated, "postfix", "9A1B24C0D5"
	h.Raw = fmt.Sprintf(" from %s (unknown [%s])\n\tby %s (Postfix) with SMTP id %s\n\tfor %s; %s",
		h.From.HELO, h.From.IP, h.By.Host, h.ID, h.For[0], h.Time.Stamp)
	return h
}

// withholding is the form of Exchange 5.0, which names its client only by its HELO.
func withholding(h trace.Hop) trace.Hop {
	h.From.HELO, h.By.MTA, h.ID, h.For = "friend", "exchange-ims", "DQ4N3ZKB", nil
	h.Standing, h.Discloses = trace.Corroborated, trace.DisclosesHELO
	h.Raw = fmt.Sprintf(" from friend by %s with SMTP (Microsoft Exchange Internet Mail Service Version 5.0.1460.8)\r\n\tid %s; %s",
		h.By.Host, h.ID, h.Time.Stamp)
	return h
}

// plainLines are the lines of a text that are not verbatim.
func plainLines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(l, verbatim) })
}

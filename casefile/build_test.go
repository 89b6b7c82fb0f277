package casefile

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile/judge"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// The hosts of the tests.
const (
	relayA   = "198.51.100.7"  // of the Foundry
	relayB   = "198.51.100.8"  // of the Foundry too
	relayC   = "192.0.2.25"    // of the Mill
	stranger = "203.0.113.9"   // of Strange Lines
	sister   = "198.51.100.99" // of the Foundry
	silent   = "203.0.113.77"
)

func addr(s string) netip.Addr {
	if s == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(s)
}

// passed is a sample that a relay handed over: a trusted field names the relay, and one of
// the standing own, which may be its own, names the client or withholds it.
func passed(relay, client string, own trace.Standing) Sample {
	naming := trace.Hop{
		Standing: trace.Trusted, Kind: trace.Transfer, From: trace.From{IP: addr(relay), HELO: "h", RDNS: "r-" + relay + ".example"},
		By: trace.By{Host: "mx.college.example"}, Time: trace.Time{UTC: "2026-02-20T10:01:00Z"},
	}
	below := trace.Hop{
		Index: 1, Standing: own, Kind: trace.Transfer, Link: "name", From: trace.From{IP: addr(client)}, By: trace.By{Host: "r-" + relay + ".example"},
		Time: trace.Time{UTC: "2026-02-20T10:00:00Z"}, Discloses: trace.DisclosesAddress,
	}
	p := trace.Path{
		Hops: []trace.Hop{naming, below}, Boundary: &trace.Boundary{IP: addr(relay)}, Ends: trace.EndOrigin,
		Relays: []trace.Relay{{IP: addr(relay), Own: 1, Hop: 0, Withholds: client == "", Certainty: trace.Recorded}},
	}
	p.Origin = &trace.Origin{Hop: 1, IP: addr(client), Certainty: trace.CertaintyCorroborated}
	if own == trace.Unverified {
		p.Origin.Certainty, p.Hops[1].Link = trace.Claimed, "helo"
	}
	if client == "" {
		p.Ends, p.Hops[1].Discloses = trace.EndWithheld, trace.DisclosesNothing
		p.Origin = &trace.Origin{Hop: 0, IP: addr(relay), Certainty: trace.Recorded}
	}
	return Sample{Path: p}
}

// pretended is a sample of a direct sender who wrote fields below that name a relay of
// his choice, with a name of his choice.
func pretended(sender, relay, client string) Sample {
	s := passed(relay, client, trace.Unverified)
	p := &s.Path
	edge := trace.Hop{Standing: trace.Trusted, Kind: trace.Transfer, From: trace.From{IP: addr(sender)}, By: trace.By{Host: "mx.college.example"}}
	p.Hops = append([]trace.Hop{edge}, p.Hops...)
	p.Hops[1].Standing, p.Hops[1].Link, p.Hops[1].From.RDNS = trace.Unverified, "helo", "innocent.example"
	p.Boundary.IP = addr(sender)
	p.Origin.Hop, p.Origin.Certainty = 2, trace.Claimed
	if client == "" {
		p.Origin.Hop = 1
	}
	p.Relays[0].Hop, p.Relays[0].Own, p.Relays[0].Certainty = 1, 2, trace.Claimed
	return s
}

// direct is a sample whose boundary peer added no field.
func direct(sender string) Sample {
	return Sample{Path: trace.Path{
		Hops:     []trace.Hop{{Standing: trace.Trusted, Kind: trace.Transfer, From: trace.From{IP: addr(sender)}}},
		Boundary: &trace.Boundary{IP: addr(sender)}, Ends: trace.EndNoField,
		Origin: &trace.Origin{IP: addr(sender), Certainty: trace.Recorded},
	}}
}

// with adds a bystander.
func with(s Sample, name, ip, why string) Sample {
	s.Path.Bystanders = append(s.Path.Bystanders, trace.Bystander{Name: name, IP: addr(ip), Why: why})
	return s
}

var someone = Settings{Organisation: "College", Domain: "dept.college.example", ReplyTo: "abuse@college.example", JANET: []string{"irt@csirt.example"}}

// known are records of the hosts as registries would give them.
func known() map[netip.Addr]enrich.Record {
	out := map[netip.Addr]enrich.Record{}
	for ip, holder := range map[string]string{
		relayA: "Foundry", relayB: "Foundry", sister: "Foundry", relayC: "Mill", stranger: "Strange Lines", silent: "Strange Lines",
	} {
		mail := strings.ToLower(strings.ReplaceAll(holder, " ", "")) + ".example"
		out[addr(ip)] = enrich.Record{
			Address: addr(ip), Network: &enrich.Network{Handle: "NET-" + holder, Holder: holder},
			Contacts: []enrich.Contact{
				{Email: "abuse@" + mail, Role: "abuse", Scope: "the block", Source: "RDAP", Asked: "2026-02-28T00:00:00Z"},
				{Email: "noc@" + mail, Role: "technical", Scope: "the block", Source: "RDAP"},
			},
		}
	}
	return out
}

// evidence is all that a case is made from, with the samples at hand.
type evidence struct {
	Input
	Samples []Sample // each digest once
}

// made makes the case of samples that are at hand.
func made(in evidence) *Case {
	g := NewGatherer(in.Settings)
	for i := range in.Samples {
		g.AddSample(&in.Samples[i])
	}
	c, err := g.Case(in.Input, func(n int) (Sample, error) { return in.Samples[n-1], nil })
	if err != nil {
		panic(err) // only a test without a seed can fail
	}
	return c
}

func build(records map[netip.Addr]enrich.Record, s Settings, samples ...Sample) *Case {
	return made(input(records, s, samples...))
}

func input(records map[netip.Addr]enrich.Record, s Settings, samples ...Sample) evidence {
	for i := range samples {
		samples[i].SHA256 = fmt.Sprintf("%064x", i+1)
	}
	return evidence{Input{Seed: "seed", Now: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), Version: "test", Settings: s, Records: records}, samples}
}

// letters tells of each log request whom it goes to, about what, and why it is held.
func letters(c *Case) []string {
	out := []string{}
	for _, l := range c.Letters {
		s := l.Kind + " to " + strings.Join(l.To, ",") + " about"
		for _, ip := range l.Relays {
			s += " " + ip.String()
		}
		if l.Hold {
			s += " HOLD " + l.Reason
		}
		out = append(out, s)
	}
	return out
}

// TestLetters holds who is written to.
func TestLetters(t *testing.T) {
	failed := known()
	r := failed[addr(relayA)]
	r.Network, r.Contacts, r.Lookups = nil, nil, []enrich.Lookup{{Outcome: enrich.OutcomeTimeout}}
	failed[addr(relayA)] = r
	nobody := known()
	r = nobody[addr(relayA)]
	r.Contacts = nil
	nobody[addr(relayA)] = r
	mapped := known()
	r = mapped[addr(relayB)]
	r.Contacts = []enrich.Contact{{Email: "Abuse@Foundry.example", Role: "abuse", Scope: "the block"}, {Email: "second@foundry.example", Role: "abuse", Scope: "the block"}}
	mapped[addr(relayB)] = r
	offline := someone
	offline.Offline = true
	unsigned := Settings{}

	for _, tt := range []struct {
		name     string
		records  map[netip.Addr]enrich.Record
		settings Settings
		samples  []Sample
		want     []string
	}{
		{"by holder", known(), someone, []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayC, "", trace.Corroborated), passed(relayB, stranger, trace.Corroborated)}, []string{
			"log-request to abuse@mill.example about 192.0.2.25",
			"log-request to abuse@foundry.example about 198.51.100.7 198.51.100.8",
			"notice to abuse@strangelines.example about 203.0.113.9",
			"janet-report to irt@csirt.example about 192.0.2.25 198.51.100.7 198.51.100.8"}},
		{"one mailbox once", mapped, someone, []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayB, stranger, trace.Corroborated)}, []string{
			"log-request to abuse@foundry.example,second@foundry.example about 198.51.100.7 198.51.100.8",
			"notice to abuse@strangelines.example about 203.0.113.9",
			"janet-report to irt@csirt.example about 198.51.100.7 198.51.100.8"}},
		{"by an unverified field", known(), someone, []Sample{passed(relayA, stranger, trace.Unverified)}, []string{
			"log-request to abuse@foundry.example about 198.51.100.7", "janet-report to irt@csirt.example about 198.51.100.7"}},
		{"withdrawn", known(), someone, []Sample{passed(relayA, sister, trace.Corroborated)}, []string{
			"notice to abuse@foundry.example about 198.51.100.99", "janet-report to irt@csirt.example about"}},
		{"claimed", known(), someone, []Sample{pretended(silent, relayA, stranger)}, []string{"janet-report to irt@csirt.example about"}},
		{"a claim about an innocent", known(), someone, []Sample{passed(relayA, sister, trace.Corroborated), pretended(silent, relayA, "")}, []string{
			"notice to abuse@foundry.example about 198.51.100.99", "janet-report to irt@csirt.example about"}},
		{"offline", nil, offline, []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayB, "", trace.Corroborated)}, []string{
			"log-request to  about 198.51.100.8 HOLD it is not known yet who answers for this address: look it up with network access",
			"log-request to  about 198.51.100.7 HOLD it is not known yet who answers for this address: look it up with network access",
			"notice to  about 203.0.113.9 HOLD it is not known yet who answers for this address: look it up with network access",
			"janet-report to irt@csirt.example about 198.51.100.8 198.51.100.7"}},
		{"failed look-up holds its own letter alone", failed, someone, []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayB, stranger, trace.Corroborated)}, []string{
			"log-request to  about 198.51.100.7 HOLD it is not known who answers for this address, and a look-up failed: make the case again later",
			"log-request to abuse@foundry.example about 198.51.100.8",
			"notice to abuse@strangelines.example about 203.0.113.9",
			"janet-report to irt@csirt.example about 198.51.100.7 198.51.100.8"}},
		{"no contact", nobody, someone, []Sample{passed(relayA, stranger, trace.Corroborated)}, []string{
			"log-request to  about 198.51.100.7 HOLD its registry names nobody to write to: find the address of those who run it by other ways, such as the CSIRT of their network",
			"notice to abuse@strangelines.example about 203.0.113.9",
			"janet-report to irt@csirt.example about 198.51.100.7"}},
		{"provisional with a contact", known(), someone, []Sample{passed(relayA, "203.0.113.200", trace.Corroborated)}, []string{
			"log-request to  about 198.51.100.7 HOLD the verdict is provisional: who holds the networks of the relay and of its client is not known",
			"notice to  about 203.0.113.200 HOLD its registry names nobody to write to: find the address of those who run it by other ways, such as the CSIRT of their network",
			"janet-report to irt@csirt.example about 198.51.100.7"}},
		{"unsigned", known(), unsigned, []Sample{passed(relayC, "", trace.Corroborated)}, []string{
			"log-request to abuse@mill.example about 192.0.2.25 HOLD no reply address is set (reply_to); nobody is named who writes (organisation, reporter)",
			"janet-report to  about 192.0.2.25 HOLD no recipient is set: put the addresses of your network's CSIRT under janet in the settings; no reply address is set (reply_to); nobody is named who writes (organisation, reporter)"}},
		{"no sample", nil, someone, nil, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := build(tt.records, tt.settings, tt.samples...)
			if diff := cmp.Diff(tt.want, letters(c)); diff != "" {
				t.Errorf("letters (-want +got):\n%s", diff)
			}
			for _, r := range c.Relays {
				if r.Found() != (r.Letter != "") {
					t.Errorf("%s: found %v, letter %q", r.IP, r.Found(), r.Letter)
				}
			}
		})
	}
}

// TestRelayRestsOnItsBestField holds that what is told of a relay rests on its strongest
// fields: nothing that a spammer writes about it adds to that.
func TestRelayRestsOnItsBestField(t *testing.T) {
	for _, tt := range []struct {
		name     string
		samples  []Sample
		own      trace.Standing
		withhold bool
		certain  trace.Certainty
		words    string
	}{
		{"verified", []Sample{passed(relayA, "", trace.Corroborated)}, trace.Corroborated, true, trace.Recorded, "withheld"},
		{"unverified", []Sample{passed(relayA, "", trace.Unverified)}, trace.Unverified, true, trace.Recorded, "withheld, unverified"},
		{"verified beside unverified", []Sample{passed(relayA, "", trace.Unverified), passed(relayA, stranger, trace.Corroborated), passed(relayA, "", trace.Unverified)},
			trace.Corroborated, false, trace.Recorded, "recorded"},
		{"in one sample of two", []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayA, "", trace.Corroborated), passed(relayA, stranger, trace.Corroborated)},
			trace.Corroborated, true, trace.Recorded, "withheld"},
		{"claimed", []Sample{pretended(silent, relayA, "")}, trace.Unverified, true, trace.Claimed, "withheld, unverified"},
		{"recorded, and claimed elsewhere", []Sample{pretended(silent, relayA, ""), passed(relayA, stranger, trace.Unverified), pretended(silent, relayA, "")},
			trace.Unverified, false, trace.Recorded, "recorded, unverified"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := build(known(), someone, tt.samples...)
			r := c.Relays[0]
			if r.OwnField != tt.own || r.Withholds != tt.withhold || r.Certainty != tt.certain || r.PreviousHop() != tt.words {
				t.Errorf("own field %q, withholds %v, certainty %s, %q", r.OwnField, r.Withholds, r.Certainty, r.PreviousHop())
			}
			if r.Certainty != trace.Claimed && slices.Contains(r.Names, "innocent.example") {
				t.Errorf("it is called by a name that only a forged field gives it: %v", r.Names)
			}
			if len(r.Seen) != len(tt.samples) {
				t.Errorf("%d transactions are kept of %d", len(r.Seen), len(tt.samples))
			}
		})
	}
}

// TestSilentWitness holds that hosts which add no field elsewhere do not together frame a
// relay: a sender who uses two of them can write a field in the name of each.
func TestSilentWitness(t *testing.T) {
	through := func(witness string) Sample { // a relay that the field of the host above it names
		s := passed(relayA, stranger, trace.Corroborated)
		p := &s.Path
		edge := trace.Hop{Standing: trace.Trusted, Kind: trace.Transfer, From: trace.From{IP: addr(witness)}, By: trace.By{Host: "mx.college.example"}}
		p.Hops = append([]trace.Hop{edge}, p.Hops...)
		p.Hops[1].Standing = trace.Corroborated
		p.Boundary.IP, p.Origin.Hop = addr(witness), 2
		p.Relays[0].Hop, p.Relays[0].Own, p.Relays[0].Certainty = 1, 2, trace.CertaintyCorroborated
		return s
	}
	quiet := func(host string) Sample {
		return Sample{Path: trace.Path{
			Hops:     []trace.Hop{{Standing: trace.Trusted, Kind: trace.Transfer, From: trace.From{IP: addr(host)}, By: trace.By{Host: "mx.college.example"}}},
			Boundary: &trace.Boundary{IP: addr(host)}, Ends: trace.EndNoField,
			Origin: &trace.Origin{IP: addr(host), Certainty: trace.Recorded},
		}}
	}
	for _, tt := range []struct {
		name    string
		samples []Sample
		want    judge.Verdict
		reason  string
	}{
		{"two witnesses", []Sample{through(silent), through(relayC)}, judge.Suspected, "unrelated-client"},
		{"one of them is silent elsewhere", []Sample{through(silent), through(relayC), quiet(silent)}, judge.Provisional, "one-witness"},
		{"both are", []Sample{quiet(relayC), through(silent), through(relayC), quiet(silent)}, judge.Provisional, "relay-only-claimed"},
	} {
		r := build(known(), someone, tt.samples...).Relays[0]
		if r.Verdict != tt.want || !slices.ContainsFunc(r.Reasons, func(x Reason) bool { return x.Code == tt.reason }) {
			t.Errorf("%s: %s, %v", tt.name, r.Verdict, r.Reasons)
		}
	}
}

// TestTally holds that every relay is counted once, and the words.
func TestTally(t *testing.T) {
	c := build(known(), someone,
		passed(relayA, "", trace.Unverified), passed(relayB, stranger, trace.Unverified), passed(relayC, "", trace.Corroborated),
		pretended(silent, "192.0.2.200", ""), passed("198.51.100.60", sister, trace.Corroborated))
	want := Tally{Found: 4, Unverified: 2, Withheld: 2, WithheldUnverified: 1, Provisional: 1, Claimed: 1}
	if diff := cmp.Diff(want, c.Tally()); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		t    Tally
		want string
	}{
		{Tally{}, "none withheld the previous hop"},
		{Tally{Withheld: 1}, "1 withheld the previous hop"},
		{Tally{Withheld: 1, WithheldUnverified: 1}, "1 withheld the previous hop (by a field that could not be verified)"},
		{Tally{Withheld: 5, WithheldUnverified: 3}, "5 withheld the previous hop (3 of them by a field that could not be verified)"},
	} {
		if got := tt.t.Withholding(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	trails := []TrailEnd{{trace.EndOrigin, 2, 1}, {trace.EndWithheld, 3, 2}}
	if diff := cmp.Diff(trails, c.TrailEnds); diff != "" {
		t.Errorf("trails (-want +got):\n%s", diff)
	}
}

// TestBystanders holds that nobody is both accused and excused: a spammer may write the
// true relay's address into a forged field.
func TestBystanders(t *testing.T) {
	c := build(known(), someone,
		with(passed(relayA, stranger, trace.Corroborated), "x", relayA, "forged-field"),
		with(direct(silent), "famous.example", silent, "forged-field"),
		with(with(direct(silent), "famous.example", "", "forged-field"), "bank.example", "192.0.2.77", "helo-claim"),
		with(direct(silent), "mapped.example", "::ffff:"+relayA, "forged-field"))
	var got []string
	for _, y := range c.Bystanders {
		got = append(got, fmt.Sprint(y.Name, " ", y.Samples))
	}
	if diff := cmp.Diff([]string{"famous.example [3]", "bank.example [3]"}, got); diff != "" {
		t.Errorf("bystanders (-want +got):\n%s", diff)
	}
	if v := c.Relays[0].Verdict; v != VerdictSuspected {
		t.Errorf("a name in a forged field made the verdict %s", v)
	}
}

// TestExcusedInTheSameSample holds that what excuses one step of a relay does not excuse
// the step by which the same sample shows it as one.
func TestExcusedInTheSameSample(t *testing.T) {
	s := with(passed(relayA, "", trace.Corroborated), "", relayA, "own-provider")
	if r := build(nil, someone, s).Relays[0]; r.Verdict != VerdictProvisional || slices.ContainsFunc(r.Reasons, func(x Reason) bool { return x.Code == "own-provider" }) {
		t.Errorf("verdict %s, reasons %v", r.Verdict, r.Reasons)
	}
	other := with(passed(relayC, stranger, trace.Corroborated), "", relayA, "own-provider")
	if r := build(nil, someone, passed(relayA, stranger, trace.Corroborated), other).Relays[1]; r.Verdict != VerdictWithdrawn {
		t.Errorf("excused by a believed field of another sample, and the verdict is %s", r.Verdict)
	}
}

// TestSources holds that the end of a trail on good evidence is told, whatever is claimed
// of the same address elsewhere.
func TestSources(t *testing.T) {
	c := build(known(), someone,
		pretended(stranger, silent, relayC), // who is claimed to be a relay here ...
		direct(silent),                      // ... sends here, and is claimed to be a client ...
		pretended(stranger, "192.0.2.99", silent),
		passed(relayA, "", trace.Corroborated), direct(relayA)) // a relay is told as one, not as a source
	var got []string
	for _, s := range c.Sources {
		got = append(got, fmt.Sprint(s.IP, " ", s.Certainty, " ", s.Ends, " ", s.Samples))
	}
	want := []string{
		stranger + " recorded chain-unexplained [1 3]", // who handed in what it may have claimed itself
		relayC + " claimed origin-recorded [1]", silent + " recorded no-field-added [2]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

// TestOwnHosts holds when the mail may have come from the user's own side.
func TestOwnHosts(t *testing.T) {
	named := func(rdns string, st trace.Standing) Sample {
		s := direct(silent)
		s.Path.Hops[0].From.RDNS, s.Path.Hops[0].Standing = rdns, st
		return s
	}
	local := Sample{Path: trace.Path{Ends: trace.EndLocal, Hops: []trace.Hop{{Standing: trace.Trusted, Kind: trace.Local}}}}
	s := someone
	s.Trust = []string{relayC, "mx.partner.example", "127.0.0.0/8"}
	c := build(nil, s,
		direct(silent), local, direct(relayC),
		named("mail.Dept.College.example", trace.Trusted), named("notdept.college.example", trace.Trusted),
		named("mx.partner.example", trace.Corroborated), named("mx.partner.example", trace.Unverified))
	if diff := cmp.Diff([]int{2, 3, 4, 6}, c.OwnHosts); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

// TestSameInputSameBytes holds that a case depends on nothing but its input, which it
// leaves as it was.
func TestSameInputSameBytes(t *testing.T) {
	fresh := func() evidence {
		return input(known(), someone,
			with(passed(relayA, stranger, trace.Corroborated), "a", "192.0.2.70", "helo-claim"),
			passed(relayB, "", trace.Unverified), passed(relayC, sister, trace.Corroborated), direct(silent), pretended(silent, relayC, ""))
	}
	in := fresh()
	first, err := EncodeJSON(made(in), " ")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := EncodeJSON(made(in), " ")
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("the same input gave another case (%v)", err)
		}
	}
	if diff := cmp.Diff(fresh(), in, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("the input was changed:\n%s", diff)
	}
}

// TestNewID holds what the name of a case depends on.
func TestNewID(t *testing.T) {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	id := NewID(Settings{Domain: "dept.college.example"}, []string{a, b})
	if id != "RT-24H3IONH" {
		t.Errorf("the ID of the same samples has changed: %s", id)
	}
	if got := NewID(Settings{Domain: "Dept.College.Example", Reporter: "Zoë", Offline: true}, []string{b, a}); got != id {
		t.Errorf("%s in another order, %s in this", got, id)
	}
	for _, other := range []string{
		NewID(Settings{Domain: "college.example"}, []string{a, b}),
		NewID(Settings{Domain: "dept.college.example"}, []string{a}),
		NewID(Settings{}, nil),
	} {
		if other == id {
			t.Error("another case has the same ID")
		}
	}
}

// TestAddresses holds about whom registries are asked.
func TestAddresses(t *testing.T) {
	g := NewGatherer(someone)
	for _, s := range []Sample{passed("8.8.8.8", "9.9.9.9", trace.Corroborated), passed("8.8.8.8", "10.0.0.1", trace.Corroborated), direct("1.1.1.1"), {}} {
		g.AddSample(&s)
	}
	if diff := cmp.Diff("[1.1.1.1 8.8.8.8 9.9.9.9]", fmt.Sprint(g.Addresses())); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

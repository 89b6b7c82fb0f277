package casefile

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relaytrace/enrich"
	"relaytrace/trace"
)

// TestNotices holds which sources are told of to their network.
func TestNotices(t *testing.T) {
	local := direct(silent)
	local.Path.Ends = trace.EndLocal
	local.Path.Origin.Certainty = trace.CertaintyCorroborated
	inside := direct("192.168.7.7")
	inside.Path.Boundary.IP, inside.Path.Origin.Certainty = addr(silent), trace.CertaintyCorroborated
	trusting := someone
	trusting.Trust = []string{silent}
	named := direct(silent)
	named.Path.Hops[0].From.RDNS = "web.dept.college.example"
	for _, tt := range []struct {
		name     string
		settings Settings
		samples  []Sample
		want     []string
	}{
		{"direct", someone, []Sample{direct(silent)}, []string{"notice to abuse@strangelines.example about 203.0.113.77"}},
		{"two of one holder", someone, []Sample{direct(silent), direct(stranger)}, []string{"notice to abuse@strangelines.example about 203.0.113.9 203.0.113.77"}},
		{"local submission, corroborated", someone, []Sample{local}, []string{"notice to abuse@strangelines.example about 203.0.113.77"}},
		{"unexplained below it", someone, []Sample{pretended(silent, relayA, stranger)}, nil},
		{"of a private network", someone, []Sample{inside}, nil},
		{"of the user's own side", trusting, []Sample{direct(silent)}, nil},
		{"by an own name", someone, []Sample{named}, nil},
	} {
		got := slices.DeleteFunc(letters(build(known(), tt.settings, tt.samples...)), func(l string) bool { return !strings.HasPrefix(l, "notice") })
		if diff := cmp.Diff(tt.want, got, cmp.Transformer("nil", func(l []string) []string { return append([]string{}, l...) })); diff != "" {
			t.Errorf("%s: notices (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestUnaddressedNotices holds that a run from thousands of unknown machines does not make
// a letter to nobody about each.
func TestUnaddressedNotices(t *testing.T) {
	var samples []Sample
	for i := range 3 * maxUnaddressed {
		samples = append(samples, direct(netip.AddrFrom4([4]byte{198, 18, 0, byte(i)}).String()))
	}
	got := slices.DeleteFunc(letters(build(nil, someone, samples...)), func(l string) bool { return !strings.HasPrefix(l, "notice") })
	if len(got) != maxUnaddressed {
		t.Errorf("%d notices to nobody, want %d", len(got), maxUnaddressed)
	}
}

// TestGroups holds that one recipient has one letter.
func TestGroups(t *testing.T) {
	records := known()
	mill := records[addr(relayC)]
	mill.Contacts = records[addr(relayA)].Contacts // the Foundry answers for the Mill's network too
	records[addr(relayC)] = mill
	relays := []Sample{passed(relayA, "", trace.Corroborated), passed(relayC, "", trace.Corroborated)}
	if got := letters(build(records, someone, relays...))[0]; got != "log-request to abuse@foundry.example about 192.0.2.25 198.51.100.7" {
		t.Errorf("one mailbox for two holders: %s", got)
	}
	c := build(records, someone, relays...)
	if c.Letters[0].Holder != "Mill; Foundry" {
		t.Errorf("holders %q", c.Letters[0].Holder)
	}
	cert := []enrich.Contact{{Email: "cert@cert.example", Role: "national-cert"}}
	for _, ip := range []string{relayA, relayC} {
		r := records[addr(ip)]
		r.Contacts = cert
		records[addr(ip)] = r
	}
	c = build(records, someone, relays...)
	if len(c.Letters) != 3 || !c.Letters[0].PassOn || !c.Letters[1].PassOn {
		t.Errorf("a CERT in the place of two holders: %v", letters(c))
	}
}

// TestNotWrittenTo holds to which addresses no letter goes.
func TestNotWrittenTo(t *testing.T) {
	s := Settings{Domain: "dept.college.ac.uk", ReplyTo: "spam-team@helpdesk.example"}
	for _, tt := range []struct{ email, want string }{
		{"abuse@example.net", ""}, {"postmaster@example.net", ""}, {"noc@example.net", ""}, {"hostmaster@lists-r-us.example", ""},
		{"all@example.net", ""}, {"abuse@ac.uk", ""}, {"abuse@othercollege.ac.uk", ""}, {"hl@example.net", ""},
		{"", "null"}, {"<>", "null"}, {"@example.net", "null"}, {"MAILER-DAEMON", "automatic"},
		{"Mailer-Daemon@example.net", "automatic"}, {"no-reply@example.net", "automatic"}, {"abuse_NoReply@example.net", "automatic"},
		{"do.not.reply@example.net", "automatic"}, {"bounce+a=b@example.net", "automatic"}, {"bounces-12@example.net", "automatic"},
		{"owner-staff@example.net", "automatic"}, {"staff-request@example.net", "automatic"}, {"staff-bounces+ann=a@example.net", "automatic"},
		{"SRS0=x=y=z=a@example.net", "automatic"}, {"prvs=1@example.net", "automatic"}, {"majordomo@example.net", "automatic"},
		{"staff@lists.example.net", "list"}, {"staff-l@example.net", "list"}, {"abuse-list@example.net", "list"}, {"x@googlegroups.com", "list"},
		{"abuse@college.ac.uk", "forged organisation"}, {"x@DEPT.college.ac.uk.", "forged organisation"}, {"Spam-Team@helpdesk.example", "forged organisation"},
	} {
		if got := s.NotWrittenTo(tt.email); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.email, got, tt.want)
		}
	}
	records := known()
	r := records[addr(relayC)]
	r.Contacts = []enrich.Contact{{Email: "noreply@mill.example", Role: "abuse"}, {Email: "old@mill.example", Role: "abuse", Mail: "no"}, {Email: "noc@mill.example", Role: "technical"}}
	records[addr(relayC)] = r
	if got := letters(build(records, someone, passed(relayC, "", trace.Corroborated)))[0]; got != "log-request to noc@mill.example about 192.0.2.25" {
		t.Errorf("the next contact is not taken: %s", got)
	}
	r.Contacts = r.Contacts[:1]
	records[addr(relayC)] = r
	if got := letters(build(records, someone, passed(relayC, "", trace.Corroborated)))[0]; got != "log-request to  about 192.0.2.25 HOLD noreply@mill.example is an automatic sender" {
		t.Errorf("no contact that may be written to: %s", got)
	}
}

// TestLanguages holds in which language a letter is.
func TestLanguages(t *testing.T) {
	records := known()
	for ip, country := range map[string]string{relayA: "DE", relayB: "DE", relayC: "CH", stranger: "TW"} {
		r := records[addr(ip)]
		r.Network.Country = country
		records[addr(ip)] = r
	}
	mixed := known()
	for ip, country := range map[string]string{relayA: "DE", relayB: "FR", relayC: "BR"} {
		r := mixed[addr(ip)]
		r.Network.Country = country
		mixed[addr(ip)] = r
	}
	french, english := someone, someone
	french.Lang, english.Lang = "fr", "en"
	samples := []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayB, stranger, trace.Corroborated), passed(relayC, "", trace.Corroborated)}
	for _, tt := range []struct {
		name     string
		records  map[netip.Addr]enrich.Record
		settings Settings
		want     string
	}{
		{"by country", records, someone, " de zh-Hant "},
		{"countries differ", mixed, someone, "pt   "},
		{"chosen", records, french, "fr fr fr "},
		{"English", records, english, "   "},
		{"not known", known(), someone, "   "},
	} {
		var got []string
		for _, l := range build(tt.records, tt.settings, samples...).Letters {
			got = append(got, l.Lang)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
	}
	for country, lang := range languages {
		if !slices.Contains(Languages, lang) {
			t.Errorf("%s speaks %s, which no letter does", country, lang)
		}
	}
}

// TestForgedToo holds which other organisations are told.
func TestForgedToo(t *testing.T) {
	through := passed(relayC, "", trace.Corroborated)
	through.Path.Hops[0].From.RDNS = "out.genuine.example"
	c := build(known(), someone, through)
	b := builder{c: c}
	c.Letters = nil
	c.Incident.Domains = []ForgedDomain{
		{Domain: "dept.college.example", Organisation: "college.example", Samples: 90, Ours: true},
		{Domain: "law.uni.example", Organisation: "uni.example", Samples: 5},
		{Domain: "once.example", Organisation: "once.example", Samples: 1},
		{Domain: "hotmail.com", Organisation: "hotmail.com", Samples: 70},
		{Domain: "genuine.example", Organisation: "genuine.example", Samples: 7},
		{Domain: "med.uni.example", Organisation: "uni.example", Bounces: 3},
	}
	b.forgedToo()
	want := []string{"forged-too to abuse@uni.example,postmaster@uni.example about HOLD its addresses are the customary ones and were not looked up: check them with relaytrace lookup uni.example"}
	if diff := cmp.Diff(want, letters(c)); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"law.uni.example", "med.uni.example"}, c.Letters[0].Domains); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
}

var later = time.Date(2026, 3, 20, 8, 0, 0, 0, time.UTC)

// TestPlanReply holds who is answered, and that nothing is denied where an own host
// stands in the path.
func TestPlanReply(t *testing.T) {
	own := someone
	own.Trust = []string{stranger}
	clean := build(known(), someone, passed(relayA, "", trace.Corroborated))
	doubt := build(known(), own, passed(relayA, "", trace.Corroborated), direct(stranger))
	if !slices.Equal(doubt.OwnHosts, []int{2}) {
		t.Fatalf("own hosts %v", doubt.OwnHosts)
	}
	pathless := build(known(), someone, Sample{Path: trace.Path{Ends: trace.EndNoTrace}})
	ann := Answered{Address: "ann@example.net", MessageID: "<1@example.net>", Class: "complaint", Variant: ReplyFirst}
	with := func(f func(*Answered)) Answered { a := ann; f(&a); return a }
	for _, tt := range []struct {
		name string
		c    *Case
		a    Answered
		want string
	}{
		{"first", clean, ann, ""},
		{"clean sample beside a doubtful one", doubt, with(func(a *Answered) { a.Samples = []int{1} }), ""},
		{"doubtful sample", doubt, with(func(a *Answered) { a.Samples = []int{1, 2} }), "own host stands in the path of sample 2"},
		{"a sample that is not shown", doubt, with(func(a *Answered) { a.Samples = []int{9} }), "not among those"},
		{"no sample, and a doubtful one in the case", doubt, ann, "nothing is denied"},
		{"headers missing, and a doubtful one in the case", doubt, with(func(a *Answered) { a.Variant = ReplyHeaders }), "nothing is denied"},
		{"headers missing", pathless, with(func(a *Answered) { a.Variant = ReplyHeaders }), ""},
		{"no path known", pathless, ann, "ask for the full header"},
		{"bounce", clean, with(func(a *Answered) { a.Class = "bounce" }), "counted"},
		{"auto-reply", clean, with(func(a *Answered) { a.Class = "auto-reply" }), "counted"},
		{"list", clean, with(func(a *Answered) { a.Class = "list" }), "counted"},
		{"null sender", clean, with(func(a *Answered) { a.Address = "" }), "null sender"},
		{"automatic sender", clean, with(func(a *Answered) { a.Address = "noreply@example.net" }), "automatic"},
		{"own address", clean, with(func(a *Answered) { a.Address = "boss@college.example" }), "forged organisation"},
		{"variant", clean, with(func(a *Answered) { a.Variant = "rude" }), "variant"},
	} {
		l, err := tt.c.PlanReply(tt.a, later)
		if tt.want == "" && (err != nil || l.Kind != LetterReply || !slices.Equal(l.To, []string{"ann@example.net"}) || l.Hold || l.Date != "2026-03-20T08:00:00Z") {
			t.Errorf("%s: %+v, %v", tt.name, l, err)
		}
		if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
	upset := with(func(a *Answered) { a.Variant = ReplyDistress })
	if l, err := clean.PlanReply(upset, later); err != nil || !l.Hold {
		t.Errorf("distress without a contact: %+v, %v", l, err)
	}
	one, _ := clean.PlanReply(ann, later)
	two, _ := clean.PlanReply(with(func(a *Answered) { a.MessageID = "<2@example.net>" }), later)
	if one.Name == two.Name || strings.Contains(one.Name, "ann") {
		t.Errorf("names %q and %q", one.Name, two.Name)
	}
}

// TestFollowing holds what may follow a letter.
func TestFollowing(t *testing.T) {
	c := build(known(), someone, passed(relayA, "", trace.Corroborated), passed(relayB, "", trace.Corroborated), direct(silent))
	name := c.Letters[0].Name
	l, err := c.PlanReminder(name, later)
	if err != nil || l.Kind != LetterReminder || l.Refers != name || !slices.Equal(l.To, c.Letters[0].To) || len(l.Relays) != 2 {
		t.Errorf("reminder %+v, %v", l, err)
	}
	c.Letters = append(c.Letters, l)
	if again, err := c.PlanReminder(name, later); err != nil || again.Name != l.Name+"-2" {
		t.Errorf("second reminder %q, %v", again.Name, err)
	}
	if l, err := c.PlanThanks(name, later); err != nil || l.Kind != LetterThanks {
		t.Errorf("thanks %+v, %v", l, err)
	}
	if l, err := c.PlanRetraction(name, []netip.Addr{addr(relayB)}, later); err != nil || !slices.Equal(l.Relays, []netip.Addr{addr(relayB)}) {
		t.Errorf("retraction %+v, %v", l, err)
	}
	if _, err := c.PlanRetraction(name, []netip.Addr{addr(relayC)}, later); err == nil {
		t.Error("a letter is retracted for what it did not say")
	}
	said := Said{IP: addr(relayB), Verdict: VerdictUndisclosed, Withholds: true}
	if l, err := c.PlanCorrection(name, []Said{said}, later); err != nil || l.Kind != LetterCorrection || l.Refers != name ||
		!slices.Equal(l.Relays, []netip.Addr{addr(relayB)}) || !slices.Equal(l.Corrects, []Said{said}) {
		t.Errorf("correction %+v, %v", l, err)
	}
	if _, err := c.PlanCorrection(name, []Said{{IP: addr(relayC)}}, later); err == nil {
		t.Error("a letter is corrected for what it did not say")
	}
	for _, name := range []string{"", "nothing", "00-janet-report", l.Name} {
		if _, err := c.PlanReminder(name, later); err == nil {
			t.Errorf("a reminder of %q", name)
		}
	}
	c.Letters[0].To = nil
	if _, err := c.PlanReminder(name, later); err == nil {
		t.Error("a reminder of a letter to nobody")
	}
}

// TestNames holds that a draft keeps its name when others are sent, or come and go beside it.
func TestNames(t *testing.T) {
	samples := []Sample{passed(relayA, stranger, trace.Corroborated), passed(relayC, "", trace.Corroborated)}
	names := func(c *Case) (out []string) {
		for _, l := range c.Letters {
			if l.Sent == "" && l.Kind != LetterJANET {
				out = append(out, l.Name)
			}
		}
		return out
	}
	first := made(input(known(), someone, samples...))
	all := names(first)
	if !slices.Equal(all, []string{"01-log-request-192.0.2.25", "02-log-request-198.51.100.7", "03-notice-203.0.113.9"}) {
		t.Fatalf("drafted %q", all)
	}
	for i, name := range all {
		in := input(known(), someone, samples...)
		was := *first.Letter(name)
		was.Sent = "2026-03-02T10:00:00Z"
		in.Letters, in.Drafted = []Letter{was}, slices.Delete(slices.Clone(all), i, i+1)
		if got := names(made(in)); !slices.Equal(got, in.Drafted) {
			t.Errorf("%s was sent, and the others %q are called %q", name, in.Drafted, got)
		}
		was.To = []string{} // it was sent to somebody of whom the case does not know
		in.Letters = []Letter{was}
		if got := names(made(in)); !slices.Equal(got, in.Drafted) {
			t.Errorf("%s was sent by hand, and the others %q are called %q", name, in.Drafted, got)
		}
	}
	in := input(known(), someone, samples[1])
	in.Drafted = []string{"02-log-request-198.51.100.7", "07-notice-203.0.113.9"}
	if got := names(made(in)); !slices.Equal(got, []string{"08-log-request-192.0.2.25"}) {
		t.Errorf("after others that went, drafted %q", got)
	}
}

// TestMailHost: only a registrable domain is written to, as it stands in every address.
func TestMailHost(t *testing.T) {
	for domain, want := range map[string]string{
		"ok.example": "ok.example", "bücher.example": "xn--bcher-kva.example", "ab--cd.example": "ab--cd.example",
		"": "", "é": "", "co.uk": "", "192.0.2.7": "", "[192.0.2.7]": "", "2.7]": "", "[]": "", "[x": "", "a..b.example": "", "a_b.example": "",
		"d.example\x00": "", "x.example\x1b[31m": "", "/../x.example": "", strings.Repeat("a", 64) + ".example": "", "www.ok.example": "",
	} {
		if got := mailHost(domain); got != want {
			t.Errorf("%q: %q, want %q", domain, got, want)
		}
	}
}

// TestForgedTooPassing: nobody is told that he was forged through whose hosts the mail may have
// come, however his name is written there.
func TestForgedTooPassing(t *testing.T) {
	for host, want := range map[string]int{
		"mx.other.example": 1, "mail.bücher.example": 0, "mail.xn--bcher-kva.example": 0,
	} {
		hop := trace.Hop{Standing: trace.Trusted}
		hop.By.Host = host
		c := &Case{Samples: []Sample{{Path: trace.Path{Hops: []trace.Hop{hop}}}}, Incident: Incident{
			Domains: []ForgedDomain{{Domain: "xn--bcher-kva.example", Organisation: "xn--bcher-kva.example", Samples: 2}},
		}}
		b := &builder{c: c}
		b.forgedToo()
		if len(c.Letters) != want {
			t.Errorf("%s: %d letters, want %d", host, len(c.Letters), want)
		}
	}
}

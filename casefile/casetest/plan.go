package casetest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// forgedDomains are those that the runs share.
var forgedDomains = []string{
	"dept.college.example", "maths.college.example", "lists.college.example", "chem.example.ac.uk",
	"staff.example.ac.uk", "museum.example", "mail.institute.example", "library.institute.example",
	"clinic.example", "dept.academy.example", "students.academy.example", "archive.example",
}

// software of the relays; the number is how many of twenty run it.
var software = []struct {
	name      string
	share     int
	withholds bool
	noField   bool
}{
	{"sendmail", 5, false, false},
	{"postfix", 3, false, false},
	{"exim", 2, false, false},
	{"qmail", 2, false, false},
	{"exchange55", 1, false, false},
	{"exchange50", 3, true, false},
	{"byonly", 2, true, false},
	{"silent", 2, true, true},
}

func newRelay(r *rand.Rand, i int) Relay {
	x := Relay{
		Addr: netip.AddrFrom4([4]byte{198, 18, byte(i % 250), byte(5 + i/250)}),
		Name: fmt.Sprintf("mail.%s%d.example", pick(r, companies), i),
		Zone: r.IntN(21) - 9,
	}
	n := i % 20 // whatever the number of relays, all kinds are among them
	for _, s := range software {
		if n -= s.share; n < 0 {
			x.Software, x.Withholds, x.NoField = s.name, s.withholds, s.noField
			break
		}
	}
	if r.IntN(8) == 0 {
		x.ClockOff = time.Duration(r.IntN(1200)-600) * time.Second
	}
	return x
}

func (m *Mailbox) newIncident(r *rand.Rand, i int) Incident {
	in := Incident{
		Number: i, Product: coin(r, 3), Mailer: mailers[i%len(mailers)].name,
		Local: []string{"letters", "name", "word-digits"}[r.IntN(3)],
		html:  r.IntN(3) > 0, busy: 20 + r.IntN(60),
	}
	// They begin on Friday evenings, mostly, several on the same one.
	week := r.IntN(max(1, m.Config.Days/7))
	in.Start = m.Config.Start.AddDate(0, 0, 7*week).Add(time.Duration(16*60+r.IntN(300)) * time.Minute)
	if r.IntN(4) == 0 {
		in.Start = in.Start.AddDate(0, 0, r.IntN(4)-2)
	}
	in.End = in.Start.Add(time.Duration(20+r.IntN(60)) * time.Hour)
	for _, d := range r.Perm(len(forgedDomains))[:2+r.IntN(3)] {
		in.Domains = append(in.Domains, forgedDomains[d])
	}
	for range 1 + r.IntN(3) {
		in.Links = append(in.Links, fmt.Sprintf("%s-%s%d.example", coin(r, 2), coin(r, 2), r.IntN(90)))
	}
	for range 2 + r.IntN(4) {
		in.Subjects = append(in.Subjects, subjectFor(r, in.Product))
	}
	if r.IntN(2) == 0 { // what any spammer may write
		in.Subjects = append(in.Subjects, pick(r, commonSubjects))
	}
	in.Relays = r.Perm(len(m.Relays))[:min(len(m.Relays), max(2, len(m.Relays)/(6+r.IntN(6))))]
	for j := range 2 + r.IntN(6) {
		in.Sources = append(in.Sources, netip.AddrFrom4([4]byte{198, 19, byte(i), byte(10 + 7*j)}))
	}
	if r.IntN(3) == 0 {
		in.common = pick(r, commonLinks)
	}
	sentences := 5 + r.IntN(40)
	for range 1 + r.IntN(3) {
		in.texts = append(in.texts, pitch(r, in.Product, sentences))
	}
	return in
}

// coin makes a word that no other run has.
func coin(r *rand.Rand, syllables int) string {
	var b strings.Builder
	for range syllables {
		b.WriteString(pick(r, []string{"ba", "ce", "do", "fi", "ga", "lu", "mo", "ne", "pa", "qui", "ri", "sto", "tra", "ver", "xa", "zen", "vi", "cor", "pel", "dra"}))
	}
	return b.String()
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func subjectFor(r *rand.Rand, product string) string {
	return fmt.Sprintf(pick(r, []string{
		"Get %[1]s without %[2]s", "Your %[2]s needs %[1]s", "%[1]s for every %[2]s", "Why pay more for %[1]s and %[2]s?",
		"Lowest price on %[1]s", "The %[2]s that %[1]s brings", "Do not miss %[1]s today", "Order %[1]s now, no %[2]s needed",
	}), strings.ToUpper(product[:1])+product[1:], pick(r, nouns))
}

// pitch writes a text about a product. Two pitches share words and forms, not sentences.
func pitch(r *rand.Rand, product string, sentences int) []string {
	out := make([]string, 0, sentences)
	for i := range sentences {
		noun := pick(r, nouns)
		if i%3 == 0 {
			noun = product
		}
		out = append(out, fmt.Sprintf(pick(r, forms), noun, pick(r, verbs), pick(r, adjectives), pick(r, nouns), pick(r, nouns), pick(r, verbs)))
	}
	return out
}

// commonSubjects are those of several runs.
var commonSubjects = []string{"Information you requested", "Your account details", "Important message for you"}

// commonLinks are places where anybody has pages; several runs have a picture or a form there.
var commonLinks = []string{"pages.freehost.example", "img.counter.example"}

// boilerplate stands in the mail of all runs.
var boilerplate = []string{
	"This message is sent in compliance with the proposed bill on unsolicited mail and is not spam.",
	"To be removed from future mailings please follow the link below and enter your address.",
	"You receive this offer because you signed up with one of our partners.",
	"We honour all removal requests within ten working days and never sell your address.",
}

var forms = []string{
	"Our %[1]s will %[2]s the %[3]s %[4]s in your %[5]s.",
	"Nobody can %[2]s a %[3]s %[4]s like this %[1]s.",
	"If you %[2]s the %[4]s, the %[3]s %[1]s is yours for one %[5]s.",
	"Doctors and bankers %[2]s it: %[1]s, the %[3]s %[4]s.",
	"Every %[4]s deserves a %[3]s %[1]s, so %[6]s before the %[5]s ends.",
	"Why %[2]s another %[4]s when %[1]s can %[6]s the %[3]s %[5]s for less?",
	"With %[1]s, thousands of people %[2]s their %[4]s and %[6]s a %[3]s %[5]s.",
	"The %[3]s secret of %[1]s: it helps you %[2]s any %[4]s.",
	"Call today, %[2]s our %[3]s %[1]s and %[6]s that old %[5]s.",
	"No %[4]s, no %[5]s, only %[3]s %[1]s that you can %[2]s at home.",
	"We %[2]s each %[1]s with a %[3]s %[4]s, money back.",
	"Imagine a %[3]s %[5]s: you %[2]s, you %[6]s, and the %[1]s pays for the %[4]s.",
}

var nouns = strings.Fields(`mortgage pill degree watch loan pharmacy holiday casino software printer ink credit debt income
	business garden mirror window engine carpet ladder basket candle doctor banker lawyer teacher student house kitchen cellar
	roof summer winter weekend month moment letter envelope ticket journey island harbour mountain river valley bridge tower
	market shop counter drawer pocket wallet purse coin note account number key lock door stair table chair sofa lamp clock
	radio camera phone cable screen keyboard desk office company partner neighbour friend family child parent cousin wedding
	party dinner breakfast bread butter honey sugar pepper garlic onion apple orange lemon cherry grape bottle glass cup plate
	knife spoon fork pan oven fridge freezer vacuum cleaner brush soap towel bath shower bed pillow blanket curtain`)

var verbs = strings.Fields(`improve double save order enjoy discover replace repair reduce forget consolidate multiply compare
	refinance receive collect deliver promise guarantee refund cancel borrow invest withdraw transfer print copy burn cook taste
	wear polish paint build measure weigh carry lift push pull open close answer question expect suspect admire envy lend steal`)

var adjectives = strings.Fields(`cheap genuine discreet instant amazing proven herbal official hidden private secure natural
	powerful modern classic golden silver famous foreign local legal simple quick painless certified exclusive limited special
	remarkable affordable brilliant gentle honest generous magnetic organic portable digital wireless waterproof fireproof`)

var companies = strings.Fields(`acme north harbour delta cargo tex ferro agro bau nord kobe seoul lima porto alta media print steel
	school clinic hotel travel paper glass motor trade union foto logis data`)

var countries = []string{"com", "com", "com", "net", "org", "de", "fr", "nl", "co.uk", "ac.uk", "it", "es", "pl", "se", "co.kr", "com.br", "ca", "com.au"}

package render

import (
	"fmt"
	"slices"
	"strings"

	"relaytrace/casefile"
)

// cover is what stands on the first page.
func (w *writer) cover() {
	c := w.c
	for _, f := range []fact{
		{Label: "Organisation", Text: orNone(c.Settings.Organisation, "not given")},
		{Label: "Forged domain", Text: orNone(c.Settings.Domain, "not given")},
		{Label: "Mail received", Text: spanWords(c)},
		{Label: "Samples", Text: samplesHeld(c)},
		{Label: "Case file of", Text: Stamp(c.Created)},
		{Label: "Status", Text: statusWords(c)},
		{Label: "Reporter", Text: orNone(c.Settings.Reporter, "not given")},
		{Label: "Answers to", Text: orNone(c.Settings.ReplyTo, "not given")},
		{Label: "Made with", Text: "relaytrace " + orNone(c.Version, "(version not known)")},
	} {
		f.Text = Middle(Visible(bounded(f.Text)), 160)
		w.Cover = append(w.Cover, f)
	}
}

// statusWords tells whether the case is open, and whether letters are noted as sent.
func statusWords(c *casefile.Case) string {
	s := orNone(c.Status, "open")
	sent := 0
	for _, e := range c.Custody {
		if e.Action == "letter-sent" {
			sent++
		}
	}
	if sent > 0 {
		return s + "; " + count(sent, "letter is", "letters are") + " noted as sent"
	}
	return s + "; nothing has been sent"
}

// total is the number of all samples of the case.
func total(c *casefile.Case) int { return max(c.SampleCount, len(c.Samples)) }

func samplesHeld(c *casefile.Case) string {
	n := total(c)
	if n == len(c.Samples) {
		return thousands(n)
	}
	return fmt.Sprintf("%s, of which %s exemplars are shown; all are in samples.ndjson", thousands(n), thousands(len(c.Samples)))
}

func spanWords(c *casefile.Case) string {
	first, last := received(c)
	switch {
	case first == "":
		return "no sample has a readable time of receipt"
	case first == last:
		return Stamp(first)
	}
	return Stamp(first) + " to " + Stamp(last)
}

// summary is the page that a manager reads alone.
func (w *writer) summary() {
	w.chapter("summary", "Summary")
	if warn := warnings(w.c); len(warn) > 0 {
		w.label("Read this first")
		for _, s := range warn {
			w.item("!", s)
		}
	}
	w.label("What happened")
	for _, s := range whatHappened(w.c) {
		w.item("•", s)
	}
	w.label("To whom")
	for _, s := range toWhom(w.c) {
		w.item("•", s)
	}
	w.label("What was found, and how sure it is")
	for _, s := range []string{relaysPoint(w.c), clearedPoint(w.c), endsPoint(w.c)} {
		if s != "" {
			w.item("•", s)
		}
	}
	w.label("What is asked of whom")
	for _, s := range requests(w.c) {
		w.item("•", s)
	}
	w.label("What is not claimed")
	for _, s := range notClaimed(w.c) {
		w.item("–", s)
	}
}

func whatHappened(c *casefile.Case) []string {
	points := []string{samplesPoint(c)}
	if s := c.Submissions; s.Total > 0 {
		var told []string
		for _, x := range s.Classes {
			told = append(told, thousands(x.Count)+" "+className(x.Class, x.Count))
		}
		points = append(points, countOf(s.Total, "message came in", "messages came in")+": "+list(told, 12)+".")
	}
	for _, e := range c.Incident.Estimates {
		if !e.IP.IsValid() {
			points = append(points, "The whole run: "+amount(e)+". "+e.Method)
		}
	}
	return points
}

// classNames are the classes of submissions, one and many.
var classNames = map[string][2]string{
	"sample": {"spam message as received", "spam messages as received"}, "partial-sample": {"part of a spam message", "parts of spam messages"},
	"bounce": {"bounce", "bounces"}, "delivery-notice": {"delivery notice", "delivery notices"}, "complaint": {"complaint", "complaints"},
	"provider-report": {"report of a provider", "reports of providers"}, "auto-reply": {"automatic reply", "automatic replies"},
	"reply": {"reply of a person", "replies of people"}, "list": {"message of a mailing list", "messages of mailing lists"},
	"unknown": {"message of unknown kind", "messages of unknown kind"}, "unreadable": {"unreadable file", "unreadable files"},
}

func className(class string, n int) string {
	names, ok := classNames[class]
	if !ok {
		return class
	}
	return oneOf(n == 1, names[0], names[1])
}

func toWhom(c *casefile.Case) []string {
	var points []string
	if d := c.Incident.Domains; len(d) > 0 {
		points = append(points, forgedPoint(d))
	} else if c.Settings.Domain != "" {
		points = append(points, "In the sender's place stood "+Middle(Visible(bounded(c.Settings.Domain)), 80)+". Anyone can write any name there; whoever holds it is a victim of the forgery.")
	}
	if p := reportedPoint(c); p != "" {
		points = append(points, p)
	}
	var told []string
	general := ""
	for _, x := range recipientCountries(c.Incident.Recipients) {
		if x.Country != "" {
			told = append(told, countryName(x.Country))
		} else {
			general = "; others have names of no country, such as .com"
		}
	}
	if len(told) > 0 {
		points = append(points, "The addresses written to lie, by their domains, in "+list(told, 6)+general+".")
	}
	if len(points) == 0 {
		points = append(points, "The case does not say whose name was forged.")
	}
	return points
}

// forgedPoint names the domains that stood in the sender's place, the user's own first.
func forgedPoint(domains []casefile.ForgedDomain) string {
	var ours, others []string
	for _, x := range domains {
		if x.Ours {
			ours = append(ours, x.Domain)
		} else {
			others = append(others, x.Domain)
		}
	}
	return "In the sender's place stood " + list(append(ours, others...), 5) +
		". Anyone can write any name there; whoever holds one is taken for a victim of the forgery, not for a sender."
}

// amount tells an estimate.
func amount(e casefile.Estimate) string {
	if e.High < e.Low {
		return "at least " + thousands(e.Low) + " messages"
	}
	return "an estimated " + thousands(e.Low) + " to " + thousands(e.High) + " messages"
}

// requests tells the letters by kind, and what they ask.
func requests(c *casefile.Case) []string {
	if len(c.Letters) == 0 {
		return []string{"No letter was drafted."}
	}
	held := 0
	counts := map[string]int{}
	for i := range c.Letters {
		counts[c.Letters[i].Kind]++
		if c.Letters[i].Hold {
			held++
		}
	}
	var points []string
	for _, k := range letterKinds {
		if n := counts[k.kind]; n > 0 {
			points = append(points, count(n, k.one, k.many)+" "+k.asks)
		}
	}
	s := "All are drafts that a person reads and sends."
	if held > 0 {
		s += " " + count(held, "draft is", "drafts are") + " on HOLD and must not be sent as " + oneOf(held == 1, "it stands.", "they stand.")
	}
	return append(points, s)
}

var letterKinds = []struct{ kind, one, many, asks string }{
	{casefile.LetterLogRequest, "request for logs", "requests for logs", "to those who answer for relays: to preserve their logs and to tell which host connected."},
	{casefile.LetterNotice, "notice", "notices", "to the networks of hosts where a trail ends: to look into it."},
	{casefile.LetterStated, "request", "requests", "to the networks of hosts that an owner's log names: to say who used them."},
	{casefile.LetterJANET, "report", "reports", "to JANET or the incident response team (CSIRT) of another network: to know of the run and to help with answers."},
	{casefile.LetterForged, "notice", "notices", "to other organisations forged in the same run: to know of it."},
	{casefile.LetterReply, "reply", "replies", "to people who complained: nothing is asked of them."},
	{casefile.LetterReminder, "reminder", "reminders", "of letters that nobody answered."},
	{casefile.LetterThanks, "letter of thanks", "letters of thanks", "for answers."},
	{casefile.LetterCorrection, "correction", "corrections", "of letters of whose hosts the case says something else now."},
	{casefile.LetterRetraction, "retraction", "retractions", "of letters whose ground has gone."},
}

// letterKind is the name of a kind of letter.
func letterKind(kind string) string {
	i := slices.IndexFunc(letterKinds, func(k struct{ kind, one, many, asks string }) bool { return k.kind == kind })
	if i < 0 {
		return strings.ReplaceAll(kind, "-", " ")
	}
	return letterKinds[i].one
}

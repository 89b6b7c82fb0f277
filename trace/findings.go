package trace

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"relaytrace/trace/received"
)

// find states a fact.
func (a *analysis) find(code string, hop int, s Severity, quote, text string) {
	a.path.Findings = append(a.path.Findings, Finding{Code: code, Hop: hop, Severity: s, Quote: quote, Text: text})
}

var decoyText = map[received.Decoy]string{
	received.DecoyMonthComma: "The date has a comma behind the month: a bulk mailer writes so, no mail server does.",
	received.DecoyYear0102:   "The year is written as 0102, the mark of a bulk mailer that counts years from 1900.",
	received.DecoyFamousBy:   "A field of no known software claims a protocol that the host it names does not speak.",
	received.DecoySeedNet:    "A well-known by-host stands over a random identifier, as one bulk mailer writes it.",
	received.DecoyRandomD:    "The by-host is the from-host with random capitals in front, as one bulk mailer writes it.",
	received.DecoyOwnName:    "Nobody is named behind from, and the by-host is the sender's own line.",
}

// findFacts states what is left to say once the path is known.
func (a *analysis) findFacts() {
	for i := range a.hops {
		a.findStamp(i)
		a.findQueueTime(i)
		a.findClient(i)
		if a.hops[i].f.Unread.Reason != "" {
			a.find("field-not-fully-read", i, Info, excerpt(a.hops[i].body, a.hops[i].f.Unread.Offset), a.hops[i].f.Unread.Reason+".")
		}
	}
	a.findClocks()
	p := a.path
	switch p.Ends {
	case EndNoField:
		a.find("no-field-added", a.edge, Warning, p.Boundary.IP.String(),
			"The host that handed the mail in added no field of its own: it is the source itself, or a relay that hides everything. The header cannot tell which.")
	case EndUnexplained:
		a.find("chain-unexplained", a.broken, Notice, a.hops[a.broken].byText(),
			"The fields from here down cannot be tied to what is believed. Honest hosts receive and send under different names, so this is no sign of forgery; but nothing in them is relied upon.")
	case EndLocal:
		a.findLocal()
	}
	if p.Origin != nil && p.Origin.Certainty == Claimed {
		a.find("origin-claimed", p.Origin.Hop, Notice, p.Origin.IP.String(),
			"This address is named by a field that could not be verified. It is shown as a claim; nobody is written to on that ground.")
	}
}

// findLocal tells mail that began on a host of the path itself.
func (a *analysis) findLocal() {
	if a.edge < 0 {
		a.find("own-host-is-source", max(a.deepest, 0), Warning, a.hops[max(a.deepest, 0)].byText(),
			"The trusted part of the path ends on the recipient's own side: the mail may really have come from there. Replies that deny it must be held back.")
		return
	}
	last := a.lastHop()
	a.find("local-submission", last, Notice, a.hops[last].byText(),
		"The mail was put in on this host itself: by a user, a program such as a web form, or a proxy that runs on it.")
}

// findStamp tells what is wrong with a date.
func (a *analysis) findStamp(i int) {
	h := &a.hops[i]
	f := h.f.Time.Faults &^ (received.MonthComma | received.BadYear | received.TwelveHour)
	if f == 0 || h.Kind == Unparsed {
		return
	}
	a.find("stamp-irregular", i, Info, h.Time.Stamp, "The date is not as RFC 5322 has it: "+strings.Join(f.Names(), ", ")+".")
}

// findQueueTime tells what the instant in the queue ID adds.
func (a *analysis) findQueueTime(i int) {
	h := &a.hops[i]
	if h.Standing == Contradicted {
		return
	}
	d, ok := h.queueGap()
	switch {
	case !ok:
	case d.Abs() <= queueTolerance:
		a.find("queue-id-agrees", i, Info, h.ID, "The queue ID was made at "+h.Time.QueueIDUTC+", which agrees with the stamp.")
	case wholeHours(d):
		a.find("zone-fault", i, Info, h.Time.Stamp,
			fmt.Sprintf("The queue ID was made at %s. The stamp differs by whole hours (%s): the host's zone is set wrongly.", h.Time.QueueIDUTC, gap(d)))
	case d.Abs() <= queueLimit:
		a.find("queue-id-apart", i, Info, h.ID, fmt.Sprintf("The queue ID was made at %s; the stamp is %s away.", h.Time.QueueIDUTC, gap(d)))
	}
}

// findClient tells what a trusted or corroborated field says of its client that bears on guilt.
func (a *analysis) findClient(i int) {
	h := &a.hops[i]
	if h.Standing != Trusted && h.Standing != Corroborated {
		return
	}
	if strings.EqualFold(h.From.Ident, "squid") && h.scope == publicAddr {
		a.find("proxy-ident", i, Notice, h.From.Ident,
			"The client's identification service names a web proxy: the mail may have passed through it, and its log may name the true client.")
	}
	if strings.Contains(string(h.f.From.Remark.Of(h.body)), "forged") {
		a.find("name-not-confirmed", i, Info, h.From.RDNS, "The looked-up name does not lead back to the address, so it is not relied upon.")
	}
}

// findClocks holds the stamps of neighbouring hops against each other. An inversion
// proves nothing by itself: one wanted message in ten has one.
func (a *analysis) findClocks() {
	prev := -1
	for i := range a.hops {
		h := &a.hops[i]
		if h.at.IsZero() || h.Standing == Contradicted || h.Kind == Note {
			continue
		}
		if prev >= 0 {
			d := a.hops[prev].at.Sub(h.at)
			if d < -10*time.Minute {
				text := fmt.Sprintf("This stamp is %s later than that of the next hop (field %d): a wrong clock or zone, which is common and proves nothing.", gap(-d), prev)
				if wholeHours(d) {
					text = fmt.Sprintf("This stamp is %s later than that of the next hop (field %d), whole hours with the minutes right: a wrong zone, which is common and proves nothing.", gap(-d), prev)
				}
				a.find("clock-inversion", i, Notice, h.Time.Stamp, text)
			}
		}
		prev = i
	}
}

// wholeHours reports whether a difference is a whole number of hours, within the
// minutes that a transfer takes.
func wholeHours(d time.Duration) bool {
	d = d.Abs()
	return d >= 50*time.Minute && d <= 26*time.Hour && (d+2*time.Minute)%time.Hour <= 4*time.Minute
}

func gap(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "\u2212", -d
	}
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 72:
		return fmt.Sprintf("%s%d d %d h", sign, h/24, h%24)
	case h > 0:
		return fmt.Sprintf("%s%d h %d min", sign, h, m)
	case m > 0:
		return fmt.Sprintf("%s%d min %d s", sign, m, s)
	}
	return fmt.Sprintf("%s%d s", sign, s)
}

// excerpt quotes the bytes around an offset.
func excerpt(b []byte, at int) string {
	lo, hi := max(0, min(at, len(b))), min(len(b), at+40)
	return text(b[lo:hi])
}

// sortFindings orders them by the fields they rest on and hangs their codes on the hops.
func (a *analysis) sortFindings() {
	slices.SortStableFunc(a.path.Findings, func(x, y Finding) int { return x.Hop - y.Hop })
	for _, f := range a.path.Findings {
		if f.Hop >= 0 && !slices.Contains(a.path.Hops[f.Hop].Findings, f.Code) {
			a.path.Hops[f.Hop].Findings = append(a.path.Hops[f.Hop].Findings, f.Code)
		}
	}
}

func contains(s, sub string) bool { return sub != "" && strings.Contains(s, sub) }

package trace

import (
	"slices"
	"strings"

	"relaytrace/trace/received"
)

// finding is a Finding while it is worked on: a text made of parts is among those that are kept.
type finding struct {
	Finding
	text place
}

// find states a fact, in a text that may be given in parts.
func (a *analysis) find(code string, hop int, s Severity, quote string, text ...string) {
	f := finding{Finding: Finding{Code: code, Hop: hop, Severity: s, Quote: quote}}
	if len(text) == 1 {
		f.Text = text[0]
	} else {
		f.text = a.kept.joined(text)
	}
	a.findings = append(a.findings, f)
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
		a.findClient(i)
		if a.hops[i].f.Unread.Reason != "" {
			a.find("field-not-fully-read", i, Info, excerpt(a.hops[i].body, a.hops[i].f.Unread.Offset), a.hops[i].f.Unread.Reason, ".")
		}
	}
	a.findInside()
	a.findClocks()
	a.findEnvelope()
	p := &a.path
	switch p.Ends {
	case EndNoField:
		a.find("no-field-added", a.edge, Warning, a.hops[a.edge].peerAddr(),
			"The host that handed the mail in added no field of its own: it is the source itself, or a relay that hides everything. The header cannot tell which.")
	case EndUnexplained:
		a.find("chain-unexplained", a.broken, Notice, a.hops[a.broken].byText(),
			"The fields from here down cannot be tied to what is believed. Honest hosts receive and send under different names, so this is no sign of forgery; but nothing in them is relied upon.")
	case EndLocal:
		a.findLocal()
	case EndOrigin:
		a.findSource()
	}
	if p.Origin != nil && p.Origin.Certainty == Claimed {
		a.find("origin-claimed", p.Origin.Hop, Notice, a.hops[p.Origin.Hop].peerAddr(),
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

// findSource tells that the host at which a trail ends may be a relay as well as the
// source: one that adds no field looks the same.
func (a *analysis) findSource() {
	o := a.path.Origin
	if o == nil || o.Certainty == Claimed {
		return
	}
	a.find("source-or-silent-relay", o.Hop, Info, a.hops[o.Hop].peerAddr(),
		"No field that is tied to the path was written by this host: it is the source, or a relay or proxy that adds none. The header cannot tell which.")
}

// strangeInside reports whether the client of field j, at an address inside or the
// host's own, called itself by a name in somebody else's domain, which no machine of the
// host's owner would say.
func (a *analysis) strangeInside(j int) bool {
	h := &a.hops[j]
	if h.scope != loopbackAddr && h.scope != privateAddr {
		return false
	}
	n := h.From.HELO
	d := registrable(n)
	if d == "" || sameOwner(n, h.By.Host) || sameDomain(n, h.From.RDNS) {
		return false
	}
	if d == a.path.Message.Organisation && !PublicProvider(d) {
		return false // the sender's own
	}
	p := a.gateway(a.peers[j])
	return p < 0 || !sameOwner(n, a.hops[p].rdns)
}

// findInside tells of clients that are hidden behind an address inside.
func (a *analysis) findInside() {
	if a.edge < 0 {
		return
	}
	for j := a.edge + 1; j <= a.deepest; j++ {
		h := &a.hops[j]
		if a.peers[j] < 0 || h.Standing == Contradicted || !a.strangeInside(j) {
			continue
		}
		a.find("strange-name-inside", j, Notice, h.From.HELO,
			"The client came from ", h.peerAddr(), ", an address inside, and called itself by a name in another domain: a machine or a web site that the host serves, or a wall or proxy in front of the server that hides strangers behind it. The header cannot tell which.")
	}
}

// findStamp tells what is wrong with a date.
func (a *analysis) findStamp(i int) {
	h := &a.hops[i]
	f := h.f.Time.Faults &^ (received.MonthComma | received.BadYear | received.TwelveHour)
	if f == 0 || h.Kind == Unparsed {
		return
	}
	a.find("stamp-irregular", i, Info, h.Time.Stamp, "The date is not as RFC 5322 has it: ", strings.Join(f.Names(), ", "), ".")
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

// excerpt quotes the bytes around an offset.
func excerpt(b []byte, at int) string {
	lo, hi := max(0, min(at, len(b))), min(len(b), at+40)
	return text(b[lo:hi])
}

// sortFindings orders them by the fields they rest on, gives them their texts and hangs
// their codes on the hops.
func (a *analysis) sortFindings() {
	texts := a.kept.settle()
	for i := range a.findings { // those of one hop stay as they were found
		a.order = append(a.order, uint64(a.findings[i].Hop+1)<<32|uint64(i))
	}
	slices.Sort(a.order)
	sorted := sized(&a.lists.findings, len(a.order))
	codes := sized(&a.lists.codes, len(a.order))[:0]
	begin := 0
	for i, place := range a.order {
		from, f := &a.findings[uint32(place)], &sorted[i]
		if *f = from.Finding; f.Text == "" {
			f.Text = from.text.of(texts)
		}
		if i > 0 && f.Hop != sorted[i-1].Hop {
			begin = len(codes)
		}
		if f.Hop >= 0 && !slices.Contains(codes[begin:], f.Code) {
			codes = append(codes, f.Code)
			a.path.Hops[f.Hop].Findings = codes[begin:len(codes):len(codes)]
		}
	}
	a.path.Findings = sorted
}

func contains(s, sub string) bool { return sub != "" && strings.Contains(s, sub) }

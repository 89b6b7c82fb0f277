package trace

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"relaytrace/trace/header"
)

// readHeader takes what the message says of itself, and keeps where the fields stand:
// servers write on top, so a field above a Received: was written by that server or later.
func (a *analysis) readHeader(data []byte, fields []header.Field) {
	m := &a.path.Message
	var seen [header.Names]bool
	for i := range fields {
		f := &fields[i]
		switch f.Which {
		case header.Received:
			a.trace = append(a.trace, *f)
		case header.DeliveredTo, header.XOriginalTo, header.EnvelopeTo, header.OriginalRecipient:
			if len(a.delivered) < maxDelivered {
				a.delivered = append(a.delivered, delivery{f: *f, above: len(a.trace)})
			}
		default:
			if k := hintKinds[f.Which]; k != noHint {
				a.hints = append(a.hints, hint{*f, len(a.trace), k})
			} else if to := m.field(f.Which); to != nil && !seen[f.Which] {
				seen[f.Which] = a.kept.unfolded(to, f.Body(data)) // an empty one does not count
			}
		}
	}
	m.DeliveredTo = sized(&a.lists.delivered, len(a.delivered))[:0]
	for i := range a.delivered {
		d := &a.delivered[i]
		a.kept.unfolded(&d.to, d.f.Body(data))
	}
	a.readHints(data)
}

// readMessage takes apart what readHeader gathered.
func (m *Message) readMessage() {
	m.Domain = mailDomain(m.From)
	m.Organisation = registrable(m.Domain)
	m.Recipients = strings.Count(m.To, "@") + strings.Count(m.Cc, "@")
}

// delivery is a recipient that a delivering system wrote, and how many Received: fields
// stand above it.
type delivery struct {
	f     header.Field
	to    string
	above int
}

// maxDelivered bounds the recipients that are read: two for each hop that is judged. Each is
// held against all others.
const maxDelivered = 2 * maxHops

// field returns where a field of this name is kept, or nil.
func (m *Message) field(name header.Name) *string {
	switch name {
	case header.To:
		return &m.To
	case header.Cc:
		return &m.Cc
	case header.From:
		return &m.From
	case header.Date:
		return &m.Date
	case header.Sender:
		return &m.Sender
	case header.Subject:
		return &m.Subject
	case header.ReplyTo:
		return &m.ReplyTo
	case header.MessageID:
		return &m.MessageID
	case header.ReturnPath:
		return &m.ReturnPath
	}
	return nil
}

// mailDomain returns the domain of the last mail address in a field, in lower case. It is
// read from behind, up to the @.
func mailDomain(s string) string {
	end, odd := len(s), false
	for i := len(s) - 1; i >= 0; i-- {
		switch domainByte[s[i]] {
		case inDomain:
		case hasCase:
			odd = true
		case endsDomain:
			end, odd = i, false
		case beginsDomain:
			d := strings.TrimSuffix(s[i+1:end], ".")
			if odd {
				return strings.ToLower(d)
			}
			return d // as most are, in lower case
		}
	}
	return ""
}

// The kinds of bytes in an address.
const (
	inDomain     = iota // of its domain, in lower case, or it has no case
	hasCase             // it may have to be lowered
	endsDomain          // it stands behind the domain
	beginsDomain        // the @
)

var domainByte = func() (kinds [256]uint8) {
	for c := range kinds {
		switch {
		case strings.IndexByte("> \t,;)\"]", byte(c)) >= 0:
			kinds[c] = endsDomain
		case c >= 0x80 || lower(byte(c)) != byte(c):
			kinds[c] = hasCase
		}
	}
	kinds['@'] = beginsDomain
	return kinds
}()

// settleRecipients keeps those recipients that the recipient's side wrote: above every
// field that is not trusted. What stands lower may be the sender's.
func (a *analysis) settleRecipients() {
	m := &a.path.Message
	trusted := 0
	for trusted < len(a.hops) && a.hops[trusted].Standing == Trusted {
		trusted++
	}
	for _, d := range a.delivered {
		if d.above >= max(trusted, 1) {
			continue
		}
		to := strings.Trim(d.to, "<> ")
		if !slices.Contains(m.DeliveredTo, to) {
			m.DeliveredTo = append(m.DeliveredTo, to)
		}
		if d := mailDomain(to); d != "" && !slices.Contains(a.recipients, d) {
			a.recipients = append(a.recipients, d)
		}
	}
}

// findEnvelope states where envelope and header disagree. Lists, forwarders and mass
// mailings disagree honestly: none of it proves anything alone.
func (a *analysis) findEnvelope() {
	m := &a.path.Message
	envelope := a.envelopeSender()
	from, bounce := m.Organisation, a.organisation(envelope)
	if from != "" && bounce != "" && from != bounce {
		a.find("envelope-sender-differs", -1, Info, envelope,
			"Bounces go to ", bounce, ", while From: names ", from, ". Lists and mailing services do so too.")
	}
	if s := a.organisation(m.Sender); s != "" && from != "" && s != from {
		a.find("sender-differs", -1, Info, m.Sender, "Sender: names ", s, " as who sent the mail for ", from, ". Lists and mailing services do so too.")
	}
	if r := a.organisation(m.ReplyTo); r != "" && from != "" && r != from {
		a.find("reply-to-elsewhere", -1, Info, m.ReplyTo, "Answers are to go to ", r, ", while From: names ", from, ".")
	}
	if m.Recipients > 10 {
		a.find("many-recipients", -1, Info, "", "To: and Cc: name ", strconv.Itoa(m.Recipients), " addresses.")
	}
	a.findRecipient()
	a.findMessageID()
}

// envelopeSender is the sender to whom bounces go: as the delivering system wrote it, else
// as a trusted field tells it.
func (a *analysis) envelopeSender() string {
	if m := &a.path.Message; m.ReturnPath != "" {
		return m.ReturnPath
	}
	for i := range a.hops {
		if h := &a.hops[i]; h.Standing == Trusted && h.Envelope != "" {
			return h.Envelope
		}
	}
	return ""
}

// findRecipient tells mail whose true recipient is not among those it names.
func (a *analysis) findRecipient() {
	m := &a.path.Message
	real := append(a.known[:0], m.DeliveredTo...)
	for i := range a.hops {
		if a.hops[i].Standing == Trusted {
			real = append(real, a.hops[i].For...)
		}
	}
	a.known = real
	if len(real) == 0 || m.To == "" && m.Cc == "" {
		return
	}
	named, other := m.To, ""
	if m.Cc != "" {
		named += " " + m.Cc
	}
	named = strings.ToLower(named)
	for i, r := range real {
		if i > 0 && r == real[i-1] {
			continue // as of most: several fields name one recipient
		}
		d := mailDomain(r)
		if !strings.Contains(named, lastLabels(d)) {
			continue // nor is the whole address there, of which they are a part
		}
		if strings.Contains(named, strings.ToLower(r)) {
			return
		}
		if d = registrable(d); d != "" && strings.Contains(named, d) {
			other = d
		}
	}
	if other != "" {
		a.find("recipients-domain-named", -1, Info, other,
			"To: and Cc: name others in ", other, ", the recipient's own domain, and not the address that the mail was delivered to. Aliases and lists look the same; so do mailings to guessed names.")
		return
	}
	a.find("recipient-not-named", -1, Info, real[len(real)-1], "The address that the mail was delivered to is not among those in To: and Cc:. Blind copies and lists look the same.")
}

// findMessageID tells which host of the path made the Message-ID, where it names one: a
// server adds it to mail that comes without.
func (a *analysis) findMessageID() {
	id := a.path.Message.MessageID
	d := mailDomain(id)
	if d == "" || sameHost(d, "localhost") {
		return
	}
	for i := len(a.hops) - 1; i >= 0; i-- {
		h := &a.hops[i]
		if !sameHost(h.By.Host, d) {
			continue
		}
		why, so := "its right side is the host's name.", ""
		if contains(id, h.ID) && len(h.ID) >= 6 {
			why = "it repeats the host's queue ID."
		}
		if h.Standing == Trusted {
			so = " So the mail came without one to the recipient's own side."
		}
		a.find("message-id-maker", i, Info, id, "The Message-ID was made by ", h.By.Host, ", which wrote field ", strconv.Itoa(i), ": ", why, so)
		return
	}
}

// addrIn finds the first address that stands as a word of its own in a field's text.
func addrIn(s string) netip.Addr {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t[]()<>;,=\"'", r) }) {
		if strings.Trim(w, "0123456789abcdefABCDEF.:") != "" || !strings.ContainsAny(w, ".:") {
			continue // no address; asking would cost an error value
		}
		if a, err := netip.ParseAddr(w); err == nil {
			return a.Unmap()
		}
	}
	return netip.Addr{}
}

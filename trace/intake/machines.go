package intake

import (
	"bytes"
	"slices"
	"strings"

	"relaytrace/trace/header"
)

// What machines write: bounces, notices and automatic answers.

// daemonSigns counts what shows that a mail system wrote the message.
func (m *mail) daemonSigns() int {
	n := len(m.hits[kindDaemon])
	if m.nullPath {
		n++
	}
	if m.hits.in(kindBounce, placeField) > 0 {
		n += 2
	}
	return n
}

// isDaemon tells whether the sender has the name of a mail system, or none.
func (m *mail) isDaemon() bool {
	return len(m.hits[kindDaemon]) > 0 || m.nobody
}

// isQmailBounce tells whether the lowest trace field says that qmail made the message as a
// bounce: "(qmail 53818 invoked for bounce)".
func (m *mail) isQmailBounce() bool {
	for _, f := range slices.Backward(m.fields) {
		if f.Which == header.Received {
			body := f.Body(m.data)
			return bytes.Contains(body[:min(len(body), 200)], []byte("invoked for bounce"))
		}
	}
	return false
}

// isBounce tells a bounce by the words of the mail software of its time. Spam and worms
// imitate them: where nothing but words says that a mail system wrote it, or an envelope
// sender speaks against it, it must name a recipient and a reason, or return something,
// and neither sell nor bring a program.
func (m *mail) isBounce() bool {
	text, subject, field := m.hits.in(kindBounce, placeText), m.hits.in(kindBounce, placeSubject), m.hits.in(kindBounce, placeField)
	returns := m.traced+m.attached > 0
	switch {
	case field > 0, m.isDaemon() && (m.nullPath || m.isQmailBounce()): // whatever its words
	case m.challenges() > 0:
		return false // TMDA speaks like a mail system
	case m.nullPath && m.toOwn && !m.reply && !m.sells() && len(m.hits[kindAuto]) == 0 && m.refuses(): // words that no rule knows
	case text+subject == 0:
		return false
	case m.nullPath, m.isDaemon() && !m.isFromSomeone() && (text > 0 || returns || m.daemonSigns() > 1):
	case m.isDaemon() && m.isFromSomeone() && returns, m.isDaemon() && text > 0 && m.refuses():
	case text > 0 && subject > 0 && (m.refuses() || m.attached > 0 && !m.speaks()) && (m.isDaemon() || returns || text > 1 && !m.reply):
	default:
		return false
	}
	if m.nullPath {
		m.why("the envelope sender is that of mail systems")
	}
	m.whyHits(kindDaemon, kindBounce)
	return true
}

// refuses tells whether a text names a recipient that could not be reached, as bounces do
// and what imitates them does not.
func (m *mail) refuses() bool {
	if m.speaks() || m.brings || m.media == "text/html" {
		return false
	}
	text := m.text()[:min(len(m.text()), maxRefusal)]
	for _, a := range addressesIn(string(text)) {
		if !m.mentions(a, header.From, header.To, header.Sender, header.ReplyTo, header.MessageID) {
			return true
		}
	}
	return hasCode(text)
}

// maxRefusal bounds what is read of a bounce to see that it refuses something, in bytes.
const maxRefusal = 4 << 10

// speaks tells whether a person or a seller speaks.
func (m *mail) speaks() bool {
	return m.forward || len(m.hits[kindComplaint]) > 0 || m.hits.in(kindBulk, placeText) > 0
}

// mentions tells whether an address stands in one of the fields.
func (p *part) mentions(address string, names ...header.Name) bool {
	for _, name := range names {
		if indexFold(p.get(name), strings.ToLower(address)) >= 0 {
			return true
		}
	}
	return false
}

// isNotice tells a delay or a success from a failure.
func (m *mail) isNotice() bool {
	delay := len(m.hits[kindDelay])
	success := m.hits.in(kindSuccess, placeText)
	if m.daemonSigns() == 0 && !m.nullPath {
		return false
	}
	if delay == 0 && success == 0 {
		return false
	}
	if m.hits.in(kindBounce, placeSubject) > 0 && m.hits.in(kindDelay, placeSubject) == 0 {
		return false
	}
	m.whyHits(kindDaemon, kindDelay, kindSuccess)
	return true
}

// isAuto tells what a machine answered. The subject alone is not enough.
func (m *mail) isAuto() bool {
	field, subject, text := m.hits.in(kindAuto, placeField), m.hits.in(kindAuto, placeSubject), m.hits.in(kindAuto, placeText)
	direct := m.reply || m.has(header.InReplyTo) || m.has(header.References) || m.nullPath
	answer := direct || m.addressed() || m.isJunk() && !m.sells()
	bulk := m.hits.in(kindBulk, placeText)
	switch {
	case field > 0:
	case m.challenges() > 1 && answer, m.challenges() > 0 && direct:
	case m.family(kindAuto, "automatic") > 0 && direct && bulk == 0 && !m.carries():
	case m.nullPath && !m.isDaemon() && (m.reply || m.has(header.InReplyTo) || m.has(header.References) || m.isJunk()) && !m.sells() && !m.carries():
		m.why("an answer without an envelope sender") // RFC 3834 section 3.3
	case subject > 0 && text > 0:
	case subject > 0 && answer && bulk == 0 && !m.carries():
	case text > 1 && answer && bulk == 0:
	case text > 0 && m.nullPath:
	default:
		return false
	}
	if m.carries() && field == 0 && len(m.hits[kindComplaint]) > 1 {
		return false
	}
	m.whyHits(kindAuto)
	return true
}

// isJunk tells whether the message bears the Precedence of programs that answer mail.
func (m *mail) isJunk() bool {
	v := strings.ToLower(m.get(header.Precedence))
	return v == "junk" || v == "bulk"
}

// challenges counts the phrases of those who let only senders in that have proved themselves.
func (m *mail) challenges() int { return m.family(kindAuto, "challenge") }

// family counts the hits of a family in the text.
func (m *mail) family(k kind, family string) int {
	n := 0
	for _, h := range m.hits[k] {
		if h.family == family && h.place == placeText {
			n++
		}
	}
	return n
}

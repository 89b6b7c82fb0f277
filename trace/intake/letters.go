package intake

import (
	"bytes"
	"slices"
	"strings"

	"relaytrace/trace/header"
)

// What people and desks write: reports, complaints, answers and letters.

func (m *mail) carries() bool { return len(m.samples) > 0 || m.attached > 0 }

// isProvider tells the plain report of a provider or an abuse desk from a person's
// complaint. Names in From are easily given: something must be carried or said besides.
func (m *mail) isProvider() bool {
	from, text, subject := m.hits.in(kindProvider, placeFrom), m.hits.in(kindProvider, placeText), m.hits.in(kindProvider, placeSubject)
	field := m.hits.in(kindProvider, placeField)
	switch {
	case field > 0 && m.carries():
	case from > 0 && m.carries():
	case from > 0 && text > 0 && (text+subject > 1 || m.addressed()):
	case text > 1 && m.carries():
	case subject > 0 && text > 0 && m.addressed():
	case from > 0 && !m.reply && len(m.hits[kindAuto]) == 0 && m.isPersonal():
	default:
		return false
	}
	m.whyHits(kindProvider)
	if m.hits[kindProvider][0].family == "spamcop" {
		m.sub.Report = &Report{Format: "spamcop", Type: "abuse"}
	}
	return true
}

// addressed tells whether the message was sent to an abuse desk or to the forged domain.
func (m *mail) addressed() bool { return len(m.hits[kindDesk]) > 0 || m.toOwn }

// longOrder is the length in bytes of the longest text that is told by its order alone.
const longOrder = 40

// longWords is the length in bytes from which a text without anything attached or pasted is
// no complaint, whatever phrases it holds.
const longWords = 6000

// longLetter is the same for a letter in words that no rule knows.
const longLetter = 1500

// isComplaint tells what a person sent who got the spam: forwarded, pasted, or only told.
func (m *mail) isComplaint() bool {
	said := m.hits.in(kindComplaint, placeText)
	subject := m.hits.in(kindComplaint, placeSubject)
	bulk := m.hits.in(kindBulk, placeText)
	answer := func() bool { // the text is not walked over before it makes a difference
		return m.reply && (m.has(header.InReplyTo) || m.has(header.References) || hasQuoted(m.text()))
	}
	first := m.hits.in(kindThreat, placeText) + m.hits.in(kindLegal, placeText) + m.hits.in(kindDistress, placeText)
	if own := m.words(); len(own) <= longOrder && (answer() || m.toOwn) { // "REMOVE"
		m.rules.look(&m.hits, placeSubject, own)
		subject = m.hits.in(kindComplaint, placeSubject)
	}
	switch {
	case m.tagged && !m.addressed() && said+subject == 0:
		return false
	case m.attached > 0:
		m.why("a message is attached")
	case m.traced > 0:
		m.why("a header with trace fields stands in the text")
	case m.forwards > 0 && (said > 0 || m.addressed() && (m.forward || subject > 0)):
		m.why("a message is forwarded in the text")
	case m.forwards > 0 && m.forward && m.toOwn:
		m.why("a message is forwarded in the text")
	case bulk > 1:
		return false
	case len(m.words()) > longWords:
		return false // people are short when they complain; spam tells stories
	case said > 0 && (answer() || m.forward && (m.forwards > 0 || hasQuoted(m.text()))):
		m.why("an answer with the words of a complaint")
	case said > 0 && len(m.hits[kindDesk]) > 0 && (bulk == 0 || said > bulk), said > 0 && m.toOwn && (!m.sells() || subject > 0 && bulk == 0):
		m.why("addressed to an abuse desk or the forged domain")
	case said+first > 1 && subject > 0 && bulk == 0:
	case said > 2 && bulk == 0:
	case m.hits.in(kindTechnical, placeText) > 1 && len(m.hits[kindDesk]) > 0 && !m.sells():
		m.why("words of technicians, to an abuse desk")
	case len(m.hits[kindGrumble]) > 0 && m.reply && (answer() || m.toOwn) && !m.sells(), len(m.hits[kindGrumble])+subject > 0 && m.isPersonal():
		m.why("an answer or a letter to the desk or the forged domain")
		m.whyHits(kindGrumble)
	case subject > 0 && len(bytes.TrimSpace(m.words())) <= longOrder && (answer() || m.toOwn):
		m.why("an order to stop, and little else")
	case len(m.hits[kindDesk]) > 0 && !m.reply && !m.nullPath && m.isPersonal():
		m.why("a letter to the abuse desk, in words that no rule knows; read it")
	case first > 0 && bulk == 0 && (answer() || m.addressed() && !m.sells()):
	default:
		return false
	}
	m.whyHits(kindComplaint)
	return true
}

// isReply tells an answer to the forged address. All signs must agree: spam likes "Re:".
func (m *mail) isReply() bool {
	switch {
	case !m.reply:
		return false
	case (m.has(header.InReplyTo) || m.has(header.References)) && hasQuoted(m.text()):
		m.why("an answer with a quotation and a reference")
	case m.toOwn && (!m.sells() || m.has(header.InReplyTo) && !m.hasLinks()):
		m.why("an answer to the forged domain")
	case m.hits.in(kindBulk, placeText) == 0 && quotesWhole(m.text()):
		m.why("an answer above the message that it answers")
	default:
		return false
	}
	return true
}

// hasLinks tells whether a text has a link, or was HTML with links or pictures, as mailings
// do.
func (m *mail) hasLinks() bool {
	return containsAny(bytes.ToLower(m.text()), "http:", "https:", "www.", "?subject=") || containsAny(m.page, "href", "HREF", "<img", "<IMG")
}

func containsAny(text []byte, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return bytes.Contains(text, []byte(word)) })
}

// sells tells whether a text has the marks of a mailing: a link or a picture, the phrases of advertising, prices, or its length.
func (m *mail) sells() bool {
	text := m.text()
	if m.hits.in(kindBulk, placeText) > 0 || len(m.words()) > longLetter || len(bytes.TrimSpace(m.words())) == 0 {
		return true
	}
	if m.hasLinks() {
		return true
	}
	prices := 0
	for i, c := range text[:max(len(text)-1, 0)] {
		if c == '$' && text[i+1] >= '0' && text[i+1] <= '9' {
			prices++
		}
	}
	return prices > 1 || bytes.Contains(text, []byte("FREE"))
}

// isLetter tells what may be a letter to the abuse desk or to the forged address in words
// that no rule knows. Its header is that of its writer, who may be nobody's spammer: it is
// for a person to read, and gives no sample. Mail in the name of the forged domain, and
// what looks like a mailing, is no such letter; nor is any mail while no forged domain is
// known, for then spam to somebody's abuse desk looks the same.
func (m *mail) isLetter() bool {
	switch {
	case m.nullPath && m.toOwn && !m.fromOwn():
		m.why("without an envelope sender, to the forged domain: from a mail system, in words that no rule knows")
	case len(m.inspector.own) == 0 && !m.tagged && len(m.hits[kindGrumble])+len(m.hits[kindThreat])+len(m.hits[kindLegal]) > 0 && !m.sells():
		m.why("perhaps a complaint; give the forged domain, or read it") // nobody is traced on a guess
	case m.isPersonal():
		m.why("perhaps a letter to the abuse desk or the forged domain; read it")
	default:
		return false
	}
	return true
}

// isPersonal tells whether the message was sent to the desk or the forged domain from
// elsewhere, and does not look like a mailing.
func (m *mail) isPersonal() bool {
	return (m.toOwn || len(m.hits[kindDesk]) > 0 && m.toParent()) && !m.fromOwn() && !m.sells()
}

// toParent tells whether an address of the domain above a forged one is among the
// recipients: abuse@college.example for dept.college.example.
func (m *mail) toParent() bool {
	if len(m.own) == 0 {
		return false
	}
	for _, a := range addressesIn(m.get(header.To) + " " + m.get(header.Cc)) {
		domain := domainOf(a)
		for _, own := range m.own {
			if strings.Contains(domain, ".") && strings.HasSuffix(own, "."+domain) {
				return true
			}
		}
	}
	return false
}

// fromOwn tells whether the message bears the forged domain as its sender.
func (m *mail) fromOwn() bool {
	return m.names(header.From, header.Sender, header.ReplyTo, header.ReturnPath)
}

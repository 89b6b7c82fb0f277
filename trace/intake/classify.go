package intake

import (
	"bytes"
	"slices"
	"strings"

	"relaytrace/trace/header"
)

// inspector tells what messages are, one after the other. It is not safe for concurrent use:
// each worker has one.
type inspector struct {
	rules *Rules
	own   []string // the forged domains, in lower case
	brief bool     // as in Sorter
	reuse bool     // as well
	space *space

	unpacked int // bytes that came out of archives since the worker last waited
}

// judge says what a message is and which samples it carries.
func (in *inspector) judge(p *part, s *Submission) {
	s.Reasons = []string{}
	if s.Samples == nil {
		s.Samples = []Sample{}
	}
	m := &in.space.mail
	m.inspector, m.part, m.sub = in, p, s
	m.read()
	m.carry()
	if m.isUnmarked() && !in.rules.ranksText {
		if m.isLong() || m.isSold() {
			m.bare()
			m.finish()
			return
		}
	} else {
		m.listed = m.plain() && m.isList()
		if !m.listed || m.mayBounce() || in.rules.ranksText {
			m.readText()
		}
	}
	if m.listed && !(m.mayBounce() && (m.isNotice() || m.isBounce())) {
		if !m.brief {
			m.whyHits(kindList)
		}
		m.itself(ClassList)
	} else {
		m.class()
	}
	m.finish()
}

// longList is the length in bytes from which texts of list mail may be so long that it must be
// told, however they are encoded.
const longList = 1 << 20

// carry looks for what the message carries. Where the header says that it came by a list, and
// no structure says otherwise, the message is the sample whatever its texts hold: they are
// not read.
func (m *mail) carry() {
	if m.isList() && !m.isDaemon() && !m.nullPath && m.hits.in(kindBounce, placeSubject) == 0 && !m.rules.ranksText && len(m.data) <= longList {
		m.space.cargo = cargo{filesOnly: true}
		m.cargo = m.carrySamples(m.part, &m.space.cargo)
		if m.plain() {
			return
		}
	}
	m.space.cargo = cargo{}
	m.cargo = m.carrySamples(m.part, &m.space.cargo)
}

// mayBounce tells whether a message that came by a list may be a bounce all the same: those
// who look after the mail share such lists.
func (m *mail) mayBounce() bool {
	return m.isDaemon() || m.nullPath || m.attached > 0 && m.hits.in(kindBounce, placeSubject) > 0
}

// finish fills in what rests on the class.
func (m *mail) finish() {
	m.rank()
	m.tell()
	if m.tooDeep {
		m.why("parts nested too deep or too many were left alone")
	}
	if m.cut {
		m.why("a text is longer than the 4 MiB that are searched for headers")
	}
}

// isUnmarked tells whether nothing but its words could show that the message is anything
// else than the spam itself. Those who complain or write letters are short, and the words of
// machines count only beside other signs: where such a message is long, its words are not
// looked at.
func (m *mail) isUnmarked() bool {
	return m.hits.none() && !m.isDaemon() && !m.nullPath && !m.toOwn && !m.tagged && m.plain() && m.attached+m.traced+m.forwards == 0 &&
		!m.has(header.InReplyTo) && !m.has(header.References) && !m.has(header.Precedence)
}

// mail is one message while it is judged.
type mail struct {
	*inspector
	*part
	*cargo
	hits hits
	sub  *Submission
	signs
}

// signs are what the header alone says of a message.
type signs struct {
	reply    bool // the subject begins as that of an answer
	forward  bool // or of a forward
	nullPath bool // the envelope sender is that of mail systems
	nobody   bool // the From field names no address: "<>"
	toOwn    bool // addressed to a forged domain
	tagged   bool // the subject bears the tag of a list
	listed   bool // it came by a list
}

// read compares the header with the rules.
func (m *mail) read() {
	subject := m.value(header.Subject)
	m.lookHeader(&m.hits, m.part, subject)
	m.tagged = isTagged(subject)
	m.reply, m.forward = len(m.hits[kindReply]) > 0, len(m.hits[kindForward]) > 0
	from, _ := m.find(header.From)
	m.nobody = bytes.HasSuffix(bytes.TrimSpace(from[:min(len(from), maxValue)]), []byte("<>"))
	m.envelope()
	m.toOwn = m.names(header.To, header.Cc, header.DeliveredTo, header.XOriginalTo)
}

// plain tells whether neither structure nor newsgroup says what the message is.
func (m *mail) plain() bool {
	return m.arf == nil && m.xarf == nil && m.dsn == nil && m.mdn == nil && len(m.hits[kindSighting]) == 0
}

// readText compares the text with the rules; it is what takes most of the time.
func (m *mail) readText() {
	words := m.words()
	if len(m.hits[kindDaemon])+len(m.hits[kindBounce]) > 0 {
		words = m.text() // what a mail system quotes is part of what it says
	}
	m.rules.look(&m.hits, placeText, words)
}

// isSold does so for an unmarked message, but only up to the first phrase of advertising, and
// tells whether there is one: it is the spam itself then, whatever follows.
func (m *mail) isSold() bool {
	if m.rules.tellsMore {
		m.readText()
		return false
	}
	if m.said != nil { // its lines have been told apart already
		m.readText()
		return len(m.hits[kindBulk]) > 0
	}
	return m.rules.lookFor(&m.hits, kindBulk, placeText, m.text())
}

// lookHeader compares the fields, the sender, the recipients and the subject with the rules.
func (in *inspector) lookHeader(h *hits, p *part, subject []byte) {
	in.rules.lookFields(h, p)
	in.rules.lookIn(h, placeFrom, p, header.From, header.Sender)
	in.rules.lookIn(h, placeTo, p, header.To, header.Cc)
	subject = readable(subject)
	for range 4 { // "Re: [list] Fwd:"
		subject = bytes.TrimSpace(subject)
		if len(subject) > 0 && subject[0] == '[' { // the tag of a list, or "[Automatic answer]"
			if i := bytes.IndexByte(subject, ']'); i > 0 {
				in.lookSubject(h, subject[1:i])
				subject = subject[i+1:]
				continue
			}
		}
		i := bytes.IndexByte(subject, ':')
		if i <= 0 || i > 12 || !in.rules.lookMark(h, bytes.TrimRight(subject[:i], "[0123456789]^ ")) { // "Re[2]:"
			break
		}
		subject = subject[i+1:]
	}
	in.lookSubject(h, subject)
}

// isTagged tells whether a subject bears the tag of a list: one word in brackets at its
// beginning, after marks of answers. What desks put there has a number or a hash in it.
func isTagged(subject []byte) bool {
	i := bytes.IndexByte(subject, '[')
	if i < 0 || i > 12 || i > 0 && !bytes.HasSuffix(bytes.TrimSpace(subject[:i]), []byte(":")) {
		return false
	}
	tag, _, ok := bytes.Cut(subject[i+1:], []byte("]"))
	return ok && len(tag) > 1 && len(tag) < 30 && !bytes.ContainsAny(tag, " 0123456789#:")
}

// lookSubject compares the subject, but not with the marks of answers and forwards: they
// stand at its beginning with a colon and were taken off.
func (in *inspector) lookSubject(h *hits, subject []byte) {
	reply, forward := h[kindReply], h[kindForward]
	in.rules.look(h, placeSubject, subject)
	h[kindReply], h[kindForward] = reply, forward
}

// envelope reads who the envelope sender was.
func (m *mail) envelope() {
	if m.has(header.ReturnPath) {
		var room [120]byte
		v := lower(room[:0], m.value(header.ReturnPath))
		m.nullPath = len(v) == 0 || string(v) == "<>" || bytes.HasPrefix(v, []byte("<#@[]")) || bytes.Contains(v, []byte("mailer-daemon"))
		return
	}
	first := m.data[:min(len(m.data), 200)]
	if i := bytes.IndexByte(first, '\n'); i > 0 {
		m.nullPath = bytes.HasPrefix(first, []byte("From MAILER-DAEMON")) || bytes.HasPrefix(first, []byte("From <>")) || bytes.HasPrefix(first, []byte("From  "))
	}
}

// isFromSomeone tells whether the envelope sender is somebody.
func (m *mail) isFromSomeone() bool {
	v := lower(nil, m.value(header.ReturnPath))
	return m.has(header.ReturnPath) && !m.nullPath && !bytes.Contains(v, []byte("postmaster")) && !bytes.Contains(v, []byte("bounce"))
}

// names tells whether a forged domain stands in one of the fields.
func (m *mail) names(fields ...header.Name) bool {
	if len(m.own) == 0 {
		return false
	}
	text := strings.ToLower(string(m.line(fields...)))
	for _, d := range m.own {
		if strings.Contains(text, "@"+d) || strings.Contains(text, "."+d) && strings.Contains(text, "@") {
			return true
		}
	}
	return false
}

// class finds the class, in the order of how sure its signs are.
func (m *mail) class() {
	s := m.sub
	switch {
	case m.structured():
	case m.isSighting():
		m.wrapper(ClassComplaint)
	case m.isNotice():
		s.Class, s.Samples = ClassDeliveryNotice, m.samples
		s.Bounce = readOldBounce(m)
	case m.isBounce():
		s.Class, s.Samples = ClassBounce, m.samples
		s.Bounce = readOldBounce(m)
	case m.isProvider():
		m.wrapper(ClassProviderReport)
	case m.isAuto():
		m.wrapper(ClassAutoReply)
	case m.isComplaint():
		m.wrapper(ClassComplaint)
	case m.tagged && (m.reply || m.has(header.InReplyTo) || m.traced+m.attached > 0):
		m.why("the subject bears the tag of a list")
		m.itself(ClassList)
	case m.isReply():
		m.wrapper(ClassReply)
	case m.isLetter():
		m.wrapper(ClassUnknown)
	default:
		m.bare()
	}
}

// why adds a reason.
func (m *mail) why(text string) {
	if !slices.Contains(m.sub.Reasons, text) {
		m.sub.Reasons = append(m.sub.Reasons, text)
	}
}

// whyHits adds the first hits of a kind as reasons.
func (m *mail) whyHits(kinds ...kind) {
	for _, k := range kinds {
		for i, h := range m.hits[k] {
			if i == 3 {
				break
			}
			m.why(h.String())
		}
	}
}

// structured takes what RFC 3464, RFC 5965, RFC 8098 and XARF mark by structure.
func (m *mail) structured() bool {
	s := m.sub
	switch {
	case m.arf != nil:
		m.why("part message/feedback-report")
		s.Report = readARF(m.arf)
		m.wrapper(ClassProviderReport)
	case m.xarf != nil:
		m.why("a report in XARF")
		s.Report = m.xarf
		m.wrapper(ClassProviderReport)
	case m.dsn != nil:
		m.why("part message/delivery-status")
		s.Samples, s.Bounce = m.samples, readDSN(m.part, m.dsn, m.samples)
		s.Class = ClassBounce
		if len(s.Bounce.Recipients) == 0 { // some say it in words only
			s.Bounce.readRecipients(m, "")
		}
		if action := s.Bounce.worst(); action != "failed" && action != "" {
			s.Class = ClassDeliveryNotice
			m.why("action " + action)
		}
	case m.mdn != nil:
		m.why("part message/disposition-notification")
		s.Samples, s.Class, s.Bounce = m.samples, ClassDeliveryNotice, readDSN(m.part, m.mdn, m.samples)
		s.Bounce.Family = "rfc 8098"
	default:
		return false
	}
	return true
}

func (m *mail) isSighting() bool {
	if len(m.hits[kindSighting]) == 0 || m.has(header.Received) && len(m.samples) == 0 {
		return false
	}
	m.whyHits(kindSighting)
	return true
}

// isList tells whether the message came by a list that is not the abuse desk's own.
func (m *mail) isList() bool {
	if len(m.hits[kindList]) == 0 || m.has(header.XListAdministrivia) || m.isDeskList() {
		return false
	}
	_, ok := m.hits.find(kindList, placeField)
	return ok
}

// isDeskList tells whether the message came by a list of the organisation's own abuse desk:
// what comes there are complaints. "List-Id: Abuse <abuse.college.example>".
func (m *mail) isDeskList() bool {
	if len(m.inspector.own) == 0 {
		return false
	}
	id := bareAddress(m.get(header.ListID))
	name, domain, _ := strings.Cut(strings.ToLower(id), ".")
	if !isRole(name) || domain == "" {
		return false
	}
	for _, own := range m.inspector.own {
		if domain == own || strings.HasSuffix(domain, "."+own) || strings.Contains(domain, ".") && strings.HasSuffix(own, "."+domain) {
			return true
		}
	}
	return false
}

// wrapper takes a message for what it carries. Its own header is that of whoever wrote it,
// who is no suspect.
func (m *mail) wrapper(class Class) {
	m.sub.Class, m.sub.Samples = class, m.samples
	if m.sub.Samples == nil {
		m.sub.Samples = []Sample{}
	}
	for _, why := range m.inner {
		m.why(why)
	}
	if class == ClassComplaint && m.bounce != nil && len(m.hits[kindComplaint]) == 0 {
		m.sub.Class, m.sub.Bounce = ClassBounce, m.bounce
	}
}

// itself takes the message for the sample.
func (m *mail) itself(class Class) {
	m.sub.Class, m.sub.Samples = class, append(m.sub.Samples[:0], m.sample())
}

// bare is a message without any sign of another class: the spam itself.
func (m *mail) bare() {
	m.itself(ClassSample)
	s := &m.sub.Samples[0]
	switch {
	case s.Grade == GradeUsable:
		m.why("its own header, with trace fields")
	case len(m.fields) < 3 && !m.has(header.Received) && len(bytes.TrimSpace(m.body)) == 0:
		m.sub.Class = ClassUnknown
		m.why("too little to tell what it is")
	default:
		m.sub.Class = ClassPartialSample
		m.why("its header lacks " + strings.Join(s.Missing, ", "))
	}
}

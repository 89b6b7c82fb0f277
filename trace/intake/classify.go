package intake

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
)

// inspector tells what messages are. It is safe for concurrent use.
type inspector struct {
	rules *Rules
	own   []string // the forged domains, in lower case
	brief bool     // as in Sorter
}

// judge says what a message is and which samples it carries.
func (in *inspector) judge(p *part, s *Submission) {
	s.Reasons, s.Samples = []string{}, []Sample{}
	m := &mail{inspector: in, part: p, cargo: in.carrySamples(p, 0), hits: hits{}, sub: s}
	m.read()
	if m.isUnmarked() && len(m.prose) > longWords && !in.rules.ranksText {
		m.bare()
		m.finish()
		return
	}
	m.listed = m.plain() && m.isList()
	if !m.listed || m.mayBounce() || in.rules.ranksText {
		m.readText()
	}
	if m.listed && !(m.mayBounce() && (m.isNotice() || m.isBounce())) {
		m.whyHits("list")
		m.itself(ClassList)
	} else {
		m.class()
	}
	m.finish()
}

// mayBounce tells whether a message that came by a list may be a bounce all the same: those
// who look after the mail share such lists.
func (m *mail) mayBounce() bool {
	return m.isDaemon() || m.nullPath || m.attached > 0 && m.hits.in("bounce", "subject") > 0
}

// finish fills in what rests on the class.
func (m *mail) finish() {
	m.rank()
	m.tell()
	if m.tooDeep {
		m.why("parts nested too deep or too many were left alone")
	}
}

// isUnmarked tells whether nothing but its words could show that the message is anything
// else than the spam itself. Those who complain are short: where such a message is long, its
// words are not looked at.
func (m *mail) isUnmarked() bool {
	return len(m.hits) == 0 && !m.nullPath && !m.toOwn && !m.tagged && m.plain() && m.attached+m.traced+m.forwards == 0 &&
		!m.has("In-Reply-To") && !m.has("References") && !m.has("Precedence")
}

// mail is one message while it is judged.
type mail struct {
	*inspector
	*part
	*cargo
	hits hits
	sub  *Submission

	reply    bool // the subject begins as that of an answer
	forward  bool // or of a forward
	nullPath bool // the envelope sender is that of mail systems
	someone  bool // the envelope sender is somebody
	toOwn    bool // addressed to a forged domain
	tagged   bool // the subject bears the tag of a list
	listed   bool // it came by a list
}

// read compares the header with the rules.
func (m *mail) read() {
	m.lookHeader(m.hits, m.part)
	m.tagged = isTagged(m.get("Subject"))
	m.reply, m.forward = len(m.hits["reply"]) > 0, len(m.hits["forward"]) > 0
	m.envelope()
	m.toOwn = m.addressedTo(m.get("To") + " " + m.get("Cc") + " " + m.get("Delivered-To") + " " + m.get("X-Original-To"))
}

// plain tells whether neither structure nor newsgroup says what the message is.
func (m *mail) plain() bool {
	return m.arf == nil && m.xarf == nil && m.dsn == nil && m.mdn == nil && len(m.hits["sighting"]) == 0
}

// readText compares the text with the rules; it is what takes most of the time.
func (m *mail) readText() {
	words := m.words()
	if len(m.hits["daemon"])+len(m.hits["bounce"]) > 0 {
		words = m.text() // what a mail system quotes is part of what it says
	}
	m.rules.look(m.hits, "text", words)
}

// lookHeader compares the fields, the sender, the recipients and the subject with the rules.
func (in *inspector) lookHeader(h hits, p *part) {
	in.rules.lookFields(h, p)
	in.rules.look(h, "from", readable(p.get("From")+" "+p.get("Sender")))
	in.rules.look(h, "to", readable(p.get("To")+" "+p.get("Cc")))
	subject := readable(p.get("Subject"))
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
		if i <= 0 || i > 12 || !in.lookMark(h, string(subject[:i])) {
			break
		}
		subject = subject[i+1:]
	}
	in.lookSubject(h, subject)
}

// lookMark tells whether a subject begins with the mark of an answer or a forward: "Re",
// "Re[2]", "AW".
func (in *inspector) lookMark(h hits, mark string) bool {
	mark = strings.TrimRight(mark, "[0123456789]^ ")
	words := foldWords(mark)
	if len(words) != 1 {
		return false
	}
	kind := ""
	for _, k := range []string{"reply", "forward"} {
		if in.rules.marks(k, "subject", words[0]) {
			kind = k
			h[k] = append(h[k], hit{rule{kind: k, family: "-", text: strings.ToLower(mark), words: words}, "subject"})
		}
	}
	return kind != ""
}

// isTagged tells whether a subject bears the tag of a list: one word in brackets at its
// beginning, after marks of answers. What desks put there has a number or a hash in it.
func isTagged(subject string) bool {
	i := strings.IndexByte(subject, '[')
	if i < 0 || i > 12 || i > 0 && !strings.HasSuffix(strings.TrimSpace(subject[:i]), ":") {
		return false
	}
	tag, _, ok := strings.Cut(subject[i+1:], "]")
	return ok && len(tag) > 1 && len(tag) < 30 && !strings.ContainsAny(tag, " 0123456789#:")
}

// lookSubject compares the subject, but not with the marks of answers and forwards: they
// stand at its beginning with a colon and were taken off.
func (in *inspector) lookSubject(h hits, subject []byte) {
	reply, forward := h["reply"], h["forward"]
	in.rules.look(h, "subject", subject)
	h["reply"], h["forward"] = reply, forward
}

// envelope reads who the envelope sender was.
func (m *mail) envelope() {
	if paths := m.all("Return-Path"); len(paths) > 0 {
		v := strings.ToLower(strings.TrimSpace(paths[0]))
		m.nullPath = v == "<>" || v == "" || strings.HasPrefix(v, "<#@[]") || strings.Contains(v, "mailer-daemon")
		m.someone = !m.nullPath && !strings.Contains(v, "postmaster") && !strings.Contains(v, "bounce")
		return
	}
	first := m.data[:min(len(m.data), 200)]
	if i := bytes.IndexByte(first, '\n'); i > 0 {
		m.nullPath = bytes.HasPrefix(first, []byte("From MAILER-DAEMON")) || bytes.HasPrefix(first, []byte("From <>")) || bytes.HasPrefix(first, []byte("From  "))
	}
}

func (m *mail) addressedTo(text string) bool {
	text = strings.ToLower(text)
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
	case m.tagged && (m.reply || m.has("In-Reply-To") || m.traced+m.attached > 0):
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
func (m *mail) whyHits(kinds ...string) {
	for _, kind := range kinds {
		for i, h := range m.hits[kind] {
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
	if len(m.hits["sighting"]) == 0 || m.has("Received") && len(m.samples) == 0 {
		return false
	}
	m.whyHits("sighting")
	return true
}

// isList tells whether the message came by a list that is not the abuse desk's own.
func (m *mail) isList() bool {
	if len(m.hits["list"]) == 0 || m.has("X-List-Administrivia") || m.isDeskList() {
		return false
	}
	_, ok := m.hits.find("list", "field")
	return ok
}

// isDeskList tells whether the message came by a list of the organisation's own abuse desk:
// what comes there are complaints. "List-Id: Abuse <abuse.college.example>".
func (m *mail) isDeskList() bool {
	id := bareAddress(m.get("List-Id"))
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

// daemonSigns counts what shows that a mail system wrote the message.
func (m *mail) daemonSigns() int {
	n := len(m.hits["daemon"])
	if m.nullPath {
		n++
	}
	if m.hits.in("bounce", "field") > 0 {
		n += 2
	}
	return n
}

// isDaemon tells whether the sender has the name of a mail system, or none.
func (m *mail) isDaemon() bool {
	return len(m.hits["daemon"]) > 0 || strings.HasSuffix(m.get("From"), "<>")
}

// isQmailBounce tells whether the lowest trace field says that qmail made the message as a
// bounce: "(qmail 53818 invoked for bounce)".
func (m *mail) isQmailBounce() bool {
	for _, f := range slices.Backward(m.fields) {
		if f.Is(m.data, "Received") {
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
	text, subject, field := m.hits.in("bounce", "text"), m.hits.in("bounce", "subject"), m.hits.in("bounce", "field")
	returns := m.traced+m.attached > 0
	switch {
	case field > 0, m.isDaemon() && (m.nullPath || m.isQmailBounce()): // whatever its words
	case m.challenges() > 0:
		return false // TMDA speaks like a mail system
	case m.nullPath && m.toOwn && !m.reply && !m.sells() && len(m.hits["auto"]) == 0 && m.refuses(): // words that no rule knows
	case text+subject == 0:
		return false
	case m.nullPath, m.isDaemon() && !m.someone && (text > 0 || returns || m.daemonSigns() > 1):
	case m.isDaemon() && m.someone && returns, m.isDaemon() && text > 0 && m.refuses():
	case text > 0 && subject > 0 && (m.refuses() || m.attached > 0 && !m.speaks()) && (m.isDaemon() || returns || text > 1 && !m.reply):
	default:
		return false
	}
	if m.nullPath {
		m.why("the envelope sender is that of mail systems")
	}
	m.whyHits("daemon", "bounce")
	return true
}

// refuses tells whether a text names a recipient that could not be reached, as bounces do
// and what imitates them does not.
func (m *mail) refuses() bool {
	if m.speaks() || m.brings || m.media == "text/html" {
		return false
	}
	text := string(m.text()[:min(len(m.text()), maxRefusal)])
	for _, a := range addressesIn(text) {
		if !m.mentions(a, "From", "To", "Sender", "Reply-To", "Message-ID") {
			return true
		}
	}
	return hasCode(text)
}

// maxRefusal bounds what is read of a bounce to see that it refuses something, in bytes.
const maxRefusal = 4 << 10

// speaks tells whether a person or a seller speaks.
func (m *mail) speaks() bool {
	return m.forward || len(m.hits["complaint"]) > 0 || m.hits.in("bulk", "text") > 0
}

// mentions tells whether an address stands in one of the fields.
func (p *part) mentions(address string, names ...string) bool {
	for _, name := range names {
		if indexFold(p.get(name), strings.ToLower(address)) >= 0 {
			return true
		}
	}
	return false
}

// isNotice tells a delay or a success from a failure.
func (m *mail) isNotice() bool {
	delay := len(m.hits["delay"])
	success := m.hits.in("success", "text")
	if m.daemonSigns() == 0 && !m.nullPath {
		return false
	}
	if delay == 0 && success == 0 {
		return false
	}
	if m.hits.in("bounce", "subject") > 0 && m.hits.in("delay", "subject") == 0 {
		return false
	}
	m.whyHits("daemon", "delay", "success")
	return true
}

func (m *mail) carries() bool { return len(m.samples) > 0 || m.attached > 0 }

// isProvider tells the plain report of a provider or an abuse desk from a person's
// complaint. Names in From are easily given: something must be carried or said besides.
func (m *mail) isProvider() bool {
	from, text, subject := m.hits.in("provider", "from"), m.hits.in("provider", "text"), m.hits.in("provider", "subject")
	field := m.hits.in("provider", "field")
	switch {
	case field > 0 && m.carries():
	case from > 0 && m.carries():
	case from > 0 && text > 0 && (text+subject > 1 || m.addressed()):
	case text > 1 && m.carries():
	case subject > 0 && text > 0 && m.addressed():
	case from > 0 && !m.reply && len(m.hits["auto"]) == 0 && m.isPersonal():
	default:
		return false
	}
	m.whyHits("provider")
	if m.hits["provider"][0].family == "spamcop" {
		m.sub.Report = &Report{Format: "spamcop", Type: "abuse"}
	}
	return true
}

// addressed tells whether the message was sent to an abuse desk or to the forged domain.
func (m *mail) addressed() bool { return len(m.hits["desk"]) > 0 || m.toOwn }

// isAuto tells what a machine answered. The subject alone is not enough.
func (m *mail) isAuto() bool {
	field, subject, text := m.hits.in("auto", "field"), m.hits.in("auto", "subject"), m.hits.in("auto", "text")
	direct := m.reply || m.has("In-Reply-To") || m.has("References") || m.nullPath
	answer := direct || m.addressed() || m.isJunk() && !m.sells()
	bulk := m.hits.in("bulk", "text")
	switch {
	case field > 0:
	case m.challenges() > 1 && answer, m.challenges() > 0 && direct:
	case m.family("auto", "automatic") > 0 && direct && bulk == 0 && !m.carries():
	case m.nullPath && !m.isDaemon() && (m.reply || m.has("In-Reply-To") || m.has("References") || m.isJunk()) && !m.sells() && !m.carries():
		m.why("an answer without an envelope sender") // RFC 3834 section 3.3
	case subject > 0 && text > 0:
	case subject > 0 && answer && bulk == 0 && !m.carries():
	case text > 1 && answer && bulk == 0:
	case text > 0 && m.nullPath:
	default:
		return false
	}
	if m.carries() && field == 0 && len(m.hits["complaint"]) > 1 {
		return false
	}
	m.whyHits("auto")
	return true
}

// isJunk tells whether the message bears the Precedence of programs that answer mail.
func (m *mail) isJunk() bool {
	v := strings.ToLower(m.get("Precedence"))
	return v == "junk" || v == "bulk"
}

// challenges counts the phrases of those who let only senders in that have proved themselves.
func (m *mail) challenges() int { return m.family("auto", "challenge") }

// family counts the hits of a family in the text.
func (m *mail) family(kind, family string) int {
	n := 0
	for _, h := range m.hits[kind] {
		if h.family == family && h.place == "text" {
			n++
		}
	}
	return n
}

// longOrder is the length in bytes of the longest text that is told by its order alone.
const longOrder = 40

// longWords is the length in bytes from which a text without anything attached or pasted is
// no complaint, whatever phrases it holds.
const longWords = 6000

// longLetter is the same for a letter in words that no rule knows.
const longLetter = 1500

// isComplaint tells what a person sent who got the spam: forwarded, pasted, or only told.
func (m *mail) isComplaint() bool {
	said := m.hits.in("complaint", "text")
	subject := m.hits.in("complaint", "subject")
	bulk := m.hits.in("bulk", "text")
	answer := m.reply && (m.has("In-Reply-To") || m.has("References") || hasQuoted(m.text()))
	first := m.hits.in("threat", "text") + m.hits.in("legal", "text") + m.hits.in("distress", "text")
	if own := m.words(); len(own) <= longOrder && (answer || m.toOwn) { // "REMOVE"
		m.rules.look(m.hits, "subject", own)
		subject = m.hits.in("complaint", "subject")
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
	case said > 0 && (answer || m.forward && (m.forwards > 0 || hasQuoted(m.text()))):
		m.why("an answer with the words of a complaint")
	case said > 0 && len(m.hits["desk"]) > 0 && (bulk == 0 || said > bulk), said > 0 && m.toOwn && (!m.sells() || subject > 0 && bulk == 0):
		m.why("addressed to an abuse desk or the forged domain")
	case said+first > 1 && subject > 0 && bulk == 0:
	case said > 2 && bulk == 0:
	case m.hits.in("technical", "text") > 1 && len(m.hits["desk"]) > 0 && !m.sells():
		m.why("words of technicians, to an abuse desk")
	case len(m.hits["grumble"]) > 0 && m.reply && (answer || m.toOwn) && !m.sells(), len(m.hits["grumble"])+subject > 0 && m.isPersonal():
		m.why("an answer or a letter to the desk or the forged domain")
		m.whyHits("grumble")
	case subject > 0 && len(bytes.TrimSpace(m.words())) <= longOrder && (answer || m.toOwn):
		m.why("an order to stop, and little else")
	case len(m.hits["desk"]) > 0 && !m.reply && !m.nullPath && m.isPersonal():
		m.why("a letter to the abuse desk, in words that no rule knows; read it")
	case first > 0 && bulk == 0 && (answer || m.addressed() && !m.sells()):
	default:
		return false
	}
	m.whyHits("complaint")
	return true
}

// isReply tells an answer to the forged address. All signs must agree: spam likes "Re:".
func (m *mail) isReply() bool {
	switch {
	case !m.reply:
		return false
	case (m.has("In-Reply-To") || m.has("References")) && hasQuoted(m.text()):
		m.why("an answer with a quotation and a reference")
	case m.toOwn && !m.sells():
		m.why("an answer to the forged domain")
	case quotesWhole(m.text()) && m.hits.in("bulk", "text") == 0:
		m.why("an answer above the message that it answers")
	default:
		return false
	}
	return true
}

// sells tells whether a text has the marks of a mailing: a link or a picture, the phrases of advertising, prices, or its length.
func (m *mail) sells() bool {
	text := m.text()
	if m.hits.in("bulk", "text") > 0 || m.links || len(m.words()) > longLetter || len(bytes.TrimSpace(m.words())) == 0 {
		return true
	}
	low := bytes.ToLower(text)
	for _, mark := range []string{"http:", "https:", "www.", "?subject="} {
		if bytes.Contains(low, []byte(mark)) {
			return true
		}
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
	return (m.toOwn || len(m.hits["desk"]) > 0 && m.toParent()) && !m.fromOwn() && !m.sells()
}

// toParent tells whether an address of the domain above a forged one is among the
// recipients: abuse@college.example for dept.college.example.
func (m *mail) toParent() bool {
	for _, a := range addressesIn(m.get("To") + " " + m.get("Cc")) {
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
	return m.addressedTo(m.get("From") + " " + m.get("Sender") + " " + m.get("Reply-To") + " " + m.get("Return-Path"))
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
	if class == ClassComplaint && m.bounce != nil && len(m.hits["complaint"]) == 0 {
		m.sub.Class, m.sub.Bounce = ClassBounce, m.bounce
	}
}

// itself takes the message for the sample.
func (m *mail) itself(class Class) {
	s := Sample{Part: m.path, Decoded: m.decoded, SHA256: sha256.Sum256(m.data), Data: m.data}
	s.Grade, s.Missing = m.grade()
	m.sub.Class, m.sub.Samples = class, []Sample{s}
}

// bare is a message without any sign of another class: the spam itself.
func (m *mail) bare() {
	m.itself(ClassSample)
	s := m.sub.Samples[0]
	switch {
	case s.Grade == GradeUsable:
		m.why("its own header, with trace fields")
	case len(m.fields) < 3 && !m.has("Received") && len(bytes.TrimSpace(m.body)) == 0:
		m.sub.Class = ClassUnknown
		m.why("too little to tell what it is")
	default:
		m.sub.Class = ClassPartialSample
		m.why("its header lacks " + strings.Join(s.Missing, ", "))
	}
}

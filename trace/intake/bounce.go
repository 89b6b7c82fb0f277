package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"relaytrace/trace/header"
	"relaytrace/trace/lazy"
)

// maxRecipients bounds how many recipients of one bounce are told.
const maxRecipients = 500

// readDSN reads a delivery status notification (RFC 3464): p is the bounce, status its
// message/delivery-status part, samples what it returned.
func readDSN(p, status *part, samples []Sample) *Bounce {
	b := &Bounce{Date: p.get(header.Date), Time: p.written(), Family: "rfc 3464", Recipients: []Recipient{}}
	sender := ""
	body, _ := status.content()
	for i, group := range groups(body) {
		if i == 0 {
			b.Reporter = afterType(group.get(header.ReportingMTA))
			b.ReceivedFrom = afterType(group.get(header.ReceivedFromMTA))
			b.Arrival = group.get(header.ArrivalDate)
			b.ArrivalTime = parseDate(b.Arrival)
			sender = bareAddress(afterType(group.get(header.XPostfixSender)))
			if !group.has(header.FinalRecipient) {
				continue
			}
		}
		if len(b.Recipients) >= maxRecipients {
			break
		}
		if !group.has(header.FinalRecipient) && !group.has(header.Action) {
			continue
		}
		r := Recipient{
			Address: bareAddress(afterType(group.get(header.FinalRecipient))), Original: bareAddress(afterType(group.get(header.OriginalRecipient))),
			Action: strings.ToLower(firstWord(group.get(header.Action))), Status: firstWord(group.get(header.Status)),
			Remote: afterType(group.get(header.RemoteMTA)), Diagnostic: afterType(group.get(header.DiagnosticCode)),
		}
		r.Reply = replyIn([]byte(r.Diagnostic))
		b.Recipients = append(b.Recipients, r)
	}
	if b.Reporter == "" {
		b.Reporter = domainOf(bareAddress(p.get(header.From)))
	}
	if b.Forged = sender; sender == "" {
		b.Forged = forgedIn(p, samples)
	}
	return b
}

// groups cuts a delivery-status body into its groups of fields.
func groups(body []byte) []*part {
	var out []*part
	for body = trimLeadingBlank(body); len(body) > 0 && len(out) < maxRecipients+1; body = trimLeadingBlank(body) {
		h := header.Scan(body, nil)
		if len(h.Fields) > 0 {
			out = append(out, &part{data: body, fields: h.Fields})
		}
		if h.End <= 0 {
			break
		}
		body = body[h.End:]
	}
	return out
}

// afterType drops the type of an address or a name: "rfc822; joe@example.org".
func afterType(v string) string {
	if i := strings.IndexByte(v, ';'); i >= 0 && i < 20 {
		v = v[i+1:]
	}
	return strings.TrimSpace(v)
}

func firstWord(v string) string {
	if i := strings.IndexAny(v, " \t("); i > 0 {
		return v[:i]
	}
	return v
}

// bareAddress takes an address out of a field: what stands in angle brackets, else the
// first word with "@" in it, else all of it.
func bareAddress(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		if j := strings.IndexByte(v[i:], '>'); j > 0 {
			return v[i+1 : i+j]
		}
	}
	if strings.ContainsAny(v, " ,") {
		if found := addressesIn(v); len(found) > 0 {
			return found[0]
		}
	}
	return strings.Trim(v, " <>\"")
}

// forgedIn finds the address that was used as sender: that of the returned message's
// envelope, else the one that the bounce was sent to.
func forgedIn(p *part, samples []Sample) string {
	for _, s := range samples {
		returned := &part{data: s.Data, fields: scanFields(s.Data)}
		if v := bareAddress(returned.get(header.ReturnPath)); v != "" && v != "#@[]" {
			return v
		}
	}
	top := &part{data: p.data, fields: p.fields} // what stands above the trace was written where the bounce was delivered
	for i, f := range p.fields {
		if f.Which == header.Received {
			top.fields = p.fields[:i]
			break
		}
	}
	for _, v := range []string{top.get(header.XOriginalTo), top.get(header.EnvelopeTo), p.get(header.To), top.get(header.DeliveredTo)} {
		if v = bareAddress(v); strings.Contains(v, "@") {
			return v
		}
	}
	return ""
}

// worst gives the gravest action of a notification; empty when it says none.
func (b *Bounce) worst() string {
	worst := ""
	for _, action := range []string{"expanded", "relayed", "delivered", "delayed", "failed"} {
		for _, r := range b.Recipients {
			if r.Action == action {
				worst = action
			}
		}
	}
	return worst
}

var (
	writesAt   = lazy.Regexp(`(?i)(?:qmail-send program|postfix program|mail system) at (?:host )?([a-z0-9-]+(?:\.[a-z0-9-]+)+)`)
	receivedAt = lazy.Regexp(`(?i)the original message was received at ([^\r\n]{10,80})\r?\n(?:from ([^\r\n]{1,200}))?`)
	remoteHost = lazy.Regexp(`(?i)(?:while talking to|remote host said|host|reporting-mta: dns;|by host|server) <?\[?([a-z0-9-]+(?:\.[a-z0-9-]+)+)`)
)

// readOldBounce reads a bounce in plain text.
func readOldBounce(m *mail) *Bounce {
	b := &Bounce{Date: m.get(header.Date), Time: m.written(), Recipients: []Recipient{}}
	if h, ok := m.hits.find(kindBounce, placeText, placeField); ok && h.family != "-" {
		b.Family = h.family
	} else if h, ok := m.hits.find(kindDelay, placeText); ok {
		b.Family = h.family
	}
	b.Forged = forgedIn(m.part, m.samples)
	b.Reporter = domainOf(bareAddress(m.get(header.From)))
	b.readOpening(m.text())
	action := "failed"
	if m.isNoticeKind() {
		action = "delayed"
	}
	b.readRecipients(m, action)
	if len(b.Recipients) == 0 { // a name without its domain: the message that came back has both
		seen := map[string]bool{strings.ToLower(b.Forged): true}
		for _, sample := range m.samples {
			returned := &part{data: sample.Data, fields: scanFields(sample.Data)}
			b.add(seen, bareAddress(returned.get(header.To)), action)
		}
	}
	return b
}

// readRecipients takes the recipients out of the text of a bounce. What stands below the
// returned header, or below the line that announces it, is not looked at.
func (b *Bounce) readRecipients(m *mail, action string) {
	seen := map[string]bool{strings.ToLower(b.Forged): true}
	for _, v := range strings.Split(m.get(header.XFailedRecipients), ",") {
		b.add(seen, bareAddress(strings.TrimSpace(v)), action)
	}
	if id := bareAddress(m.get(header.MessageID)); id != "" {
		seen[strings.ToLower(id)] = true
	}
	for _, a := range addressesIn(m.get(header.To)) {
		seen[strings.ToLower(a)] = true // the bounce went there
	}
	var last *Recipient
	var named []string // in a To field above the words that tell what failed
	for line := range bytes.Lines(ownPart(m.cargo)) {
		switch knownField(bytes.TrimSpace(line)) {
		case otherField, fromField, dateField, subjectField:
			continue // of the message that came back
		case toField:
			named = append(named, addressesIn(string(line[:min(len(line), maxLine)]))...)
			continue
		}
		found := false
		for _, a := range recipientsIn(string(line[:min(len(line), maxLine)])) {
			if r := b.add(seen, a, action); r != nil {
				last, found = r, true
			}
		}
		if last == nil && len(b.Recipients) > 0 {
			last = &b.Recipients[len(b.Recipients)-1]
		}
		last.note(line, found)
	}
	if len(b.Recipients) == 0 {
		named = append(named, b.screenNames(m.cargo)...)
		for _, a := range named {
			b.add(seen, a, action)
		}
	}
}

// screenNames gives the recipients that AOL names without their domain, one on a line.
func (b *Bounce) screenNames(c *cargo) []string {
	var out []string
	if b.Family != "aol" || b.Reporter == "" {
		return nil
	}
	for line := range bytes.Lines(ownPart(c)) {
		if t := bytes.TrimSpace(line); len(t) > 2 && len(t) < 40 && bytes.IndexFunc(t, func(r rune) bool { return r > 'z' || !isLocal(byte(r)) }) < 0 {
			out = append(out, string(t)+"@"+b.Reporter)
		}
	}
	return out
}

// maxLine bounds what is read of one line of a bounce, in bytes.
const maxLine = 2000

// ownPart gives the text of a bounce without the message that came back.
func ownPart(c *cargo) []byte {
	text := c.text()
	for _, b := range c.headers() {
		if b.traces > 0 {
			text = text[:b.start]
			break
		}
	}
	for pos := 0; pos < len(text); {
		l := lineAt(text, pos)
		if pos > 0 && isReturnMark(l.text) {
			return text[:pos]
		}
		pos = l.end
	}
	return text
}

// returnMarks announce the message that came back, in lower case.
var returnMarks = []string{
	"this is a copy of", "below this line is a copy", "copy of your message follows", "copy of the message follows", "original message follows", "original message as received",
	"unsent message", "message header follows", "returned mail", "returned message", "header of the original message", "header of the source mail",
	"message headers follow", "headers of the message", "original message header", "copy of the original",
	"ursprüngliche nachricht", "originalnachricht", "message d'origine", "mensaje original", "messaggio originale",
}

// isReturnMark tells whether a line announces the message that came back. Such lines are
// ruled, or end in a colon.
func isReturnMark(line []byte) bool {
	t := bytes.TrimSpace(line)
	if len(t) < 12 || len(t) > 120 {
		return false
	}
	marked := t[0] == '-' || t[0] == '*' || t[0] == '=' || t[len(t)-1] == ':'
	if !marked && t[len(t)-1] != '.' {
		return false // as of most lines, and of every line of a body this is asked
	}
	low := strings.ToLower(string(t))
	for _, mark := range returnMarks {
		if i := strings.Index(low, mark); i >= 0 && (marked || i == 0 && strings.HasSuffix(low, "follows.")) {
			return true
		}
	}
	return false
}

// recipientsIn gives the addresses in a line of a bounce, but not those of senders: "MAIL
// From:<joe@example.org>", "not accepting mail from joe@example.org".
func recipientsIn(line string) []string {
	var out []string
	rest := line
	for _, a := range addressesIn(line) {
		i := strings.Index(rest, a)
		if i < 0 {
			continue
		}
		before := strings.ToLower(strings.TrimRight(rest[:i], " \t<\"'("))
		rest = rest[i+len(a):]
		ofSender := strings.HasSuffix(before, "from") && !strings.HasSuffix(before, "generated from") && !strings.HasSuffix(before, "expanded from")
		if ofSender || strings.HasSuffix(before, "from:") || strings.Contains(strings.ToLower(rest), "sender ok") {
			continue
		}
		if eq := strings.IndexByte(a, '='); eq > 0 && strings.EqualFold(a[:eq], "smtp") {
			a = a[eq+1:] // an address of X.400
		}
		out = append(out, a)
	}
	return out
}

// readOpening takes what the first words of qmail, Postfix and sendmail say: which host
// writes, when it had received the message, and from whom.
func (b *Bounce) readOpening(text []byte) {
	text = text[:min(len(text), 4<<10)]
	low := bytes.ToLower(text) // looking for plain words is much faster than the expressions
	if bytes.Contains(low, []byte("program at ")) || bytes.Contains(low, []byte("mail system at ")) {
		if m := writesAt().FindSubmatch(text); m != nil {
			b.Reporter = strings.ToLower(strings.TrimRight(string(m[1]), "."))
		}
	}
	if !bytes.Contains(low, []byte("the original message was received at ")) {
		return
	}
	if m := receivedAt().FindSubmatch(text); m != nil {
		b.Arrival, b.ReceivedFrom = oneLine(m[1]), oneLine(m[2])
		b.ArrivalTime = parseDate(b.Arrival)
	}
}

func (m *mail) isNoticeKind() bool { return m.sub.Class == ClassDeliveryNotice }

// add adds a recipient that is not known yet.
func (b *Bounce) add(seen map[string]bool, address, action string) *Recipient {
	low := strings.ToLower(address)
	if !strings.Contains(address, "@") || seen[low] || len(b.Recipients) >= maxRecipients ||
		strings.HasPrefix(low, "postmaster@") || strings.HasPrefix(low, "mailer-daemon@") {
		return nil
	}
	seen[low] = true
	b.Recipients = append(b.Recipients, Recipient{Address: address, Action: action})
	return &b.Recipients[len(b.Recipients)-1]
}

// replyIn gives the first SMTP reply code in a text that stands as a refusal; 0 for none.
func replyIn(text []byte) int {
	for i := 0; i+3 < len(text); i++ {
		c := text[i : i+4]
		if (c[0] == '4' || c[0] == '5') && c[1] >= '0' && c[1] <= '5' && isDigit(c[2]) && (c[3] == ' ' || c[3] == '-') && (i == 0 || !isWordByte(text[i-1])) {
			return int(c[0]-'0')*100 + int(c[1]-'0')*10 + int(c[2]-'0')
		}
	}
	return 0
}

// statusIn gives the first status code of RFC 3463 in a text, such as 5.1.1; nil for none.
func statusIn(text []byte) []byte {
	for i := 0; i+4 < len(text); i++ {
		if c := text[i]; text[i+1] != '.' || c != '2' && c != '4' && c != '5' || i > 0 && isWordByte(text[i-1]) {
			continue
		}
		subject := countDigits(text[i+2:])
		detail := i + 2 + subject + 1
		if subject < 1 || subject > 3 || detail >= len(text) || text[detail-1] != '.' {
			continue
		}
		n := countDigits(text[detail:])
		if end := detail + n; n >= 1 && n <= 3 && (end == len(text) || !isWordByte(text[end])) {
			return text[i:end]
		}
	}
	return nil
}

// countDigits gives the number of digits at the start of a text.
func countDigits(text []byte) int {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordByte(c byte) bool { return isLetterOrDigit(c) || c == '_' }

func hasCode(text []byte) bool { return replyIn(text) != 0 || statusIn(text) != nil }

// note takes codes, the remote host and the reason out of a line of a recipient, or below
// it. Where no line has a code, the first below is the reason.
func (r *Recipient) note(line []byte, named bool) {
	if r == nil {
		return
	}
	line = line[:min(len(line), maxLine)]
	if !named && r.Diagnostic == "" {
		if text := oneLine(line); strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") && !strings.HasPrefix(text, "--") {
			r.Diagnostic = text
		}
	}
	reply, status := replyIn(line), statusIn(line)
	if r.Status == "" {
		r.Status = string(status)
	}
	if r.Reply == 0 {
		r.Reply = reply
	}
	if r.Remote == "" {
		r.Remote = remoteIn(line)
	}
	if (reply != 0 || status != nil) && !hasCode([]byte(r.Diagnostic)) {
		r.Diagnostic = oneLine(line)
	}
}

// remoteIn gives the name of the host that a line of a bounce tells of; empty for none.
func remoteIn(line []byte) string {
	if !mayTell(line, "talking to ", "said ", "host ", "dns; ", "server ") {
		return ""
	}
	if m := remoteHost().FindSubmatch(line); m != nil {
		return string(m[1])
	}
	return ""
}

// mayTell tells whether an expression that takes upper case for lower can match a text of
// which it needs one of the words. It is much faster than most expressions. To them letters
// beyond ASCII may be ASCII letters as well (U+017F is an s): such a text is left to them.
func mayTell(text []byte, words ...string) bool {
	var room [200]byte
	low := header.AppendLower(room[:0], text)
	return containsAny(low, words...) || bytes.ContainsFunc(text, func(c rune) bool { return c >= utf8.RuneSelf })
}

package desk

import (
	"encoding/csv"
	"net/netip"
	"strings"

	"relaytrace/trace/lazy"
)

// entry is what one log line tells of an incoming message.
type entry struct {
	software  string
	queueID   string
	messageID string
	client    netip.Addr
	name      string
	helo      string
	auth      string
}

// The beginnings of log lines: a syslog stamp (RFC 3164, or RFC 3339 as rsyslog writes), a
// date and time, TAI64N, or the fields of a tracking log.
var entryStart = lazy.Regexp(`^(?:<\d{1,3}>)?(?:` +
	`[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2}` +
	`|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}` +
	`|@4[0-9a-f]{23}` +
	`|#Fields:` +
	`|(?:sendmail|sm-mta|postfix/[a-z]+|exim|smtpd)\[\d+\]:)`)

func beginsEntry(s string) bool { return entryStart().MatchString(s) }

var (
	// sendmail: the line of the sender; only there is relay= the client.
	sendmailLine = lazy.Regexp(`(?:sendmail|sm-mta|sm-msp-queue)(?:\[\d+\])?: (?:\[ID [^\]]*\] )?([0-9A-Za-z]{5,24}): from=.*[, ]relay=(.*)$`)
	sendmailID   = lazy.Regexp(`[, ]msgid=<?([^>, ]+)>?`)
	// Postfix: smtpd's line of the client.
	postfixLine = lazy.Regexp(`postfix(?:[-a-z0-9]*)/(?:[a-z]+/)*smtpd(?:\[\d+\])?: (?:\[ID [^\]]*\] )?([0-9A-Za-z]{5,24}): client=([^\s,]+)(.*)$`)
	postfixID   = lazy.Regexp(`postfix(?:[-a-z0-9]*)/(?:[a-z]+/)*cleanup(?:\[\d+\])?: ([0-9A-Za-z]{5,24}): message-id=<?([^>\s]+)>?`)
	// Exim: "<=" is a message taken in; "=>" and "->" are deliveries.
	eximLine = lazy.Regexp(`(?:^|\s)([0-9A-Za-z]{6}-[0-9A-Za-z]{6}(?:[0-9A-Za-z]{5})?-[0-9A-Za-z]{2}(?:[0-9A-Za-z]{2})?) <= (.*)$`)
	eximHost = lazy.Regexp(`(?:^|\s)H=((?:[^\s(\[]+ )?)((?:\([^()]*\) )?)\[([0-9A-Fa-f.:]+)\]`)
	eximAuth = lazy.Regexp(`\sA=([^\s]+)`)
	eximID   = lazy.Regexp(`\sid=([^\s]+)`)
	// OpenSMTPD: one line of the connection and one of the message share the session.
	smtpdConnect = lazy.Regexp(`smtpd\[\d+\]: ([0-9a-f]{16}) smtp connected address=(\S+)(?: host=(\S+))?`)
	smtpdMessage = lazy.Regexp(`smtpd\[\d+\]: ([0-9a-f]{16}) smtp message (?:address=\S+ (?:host=\S+ )?)?msgid=([0-9a-f]{8})`)

	hostAndAddr = lazy.Regexp(`^(?:(?:IDENT:)?[^\s\[\]]*@)?([^\s\[\]@]*)\s*\[([0-9A-Fa-f.:]+)\]`)
	postfixHost = lazy.Regexp(`^([^\s\[\]]*)\[([0-9A-Fa-f.:]+)\]`)
	origClient  = lazy.Regexp(`,\s*orig_client=([^\s,]+)`)
	saslUser    = lazy.Regexp(`,\s*sasl_username=([^\s,]+)`)
)

// readEntry reads a line that tells of an incoming message and its client by itself.
func readEntry(s string) (entry, bool) {
	if m := sendmailLine().FindStringSubmatch(s); m != nil {
		return sendmailEntry(m[1], m[2], s)
	}
	if m := postfixLine().FindStringSubmatch(s); m != nil {
		return postfixEntry(m[1], m[2], m[3])
	}
	if m := eximLine().FindStringSubmatch(s); m != nil {
		return eximEntry(m[1], m[2])
	}
	return entry{}, false
}

func sendmailEntry(id, relay, all string) (entry, bool) {
	e := entry{software: "sendmail", queueID: id}
	m := hostAndAddr().FindStringSubmatch(relay)
	if m == nil {
		return e, false
	}
	e.name, e.client = m[1], logAddr(m[2])
	if m := sendmailID().FindStringSubmatch(all); m != nil {
		e.messageID = m[1]
	}
	return e, e.client.IsValid()
}

func postfixEntry(id, client, rest string) (entry, bool) {
	e := entry{software: "postfix", queueID: id}
	if m := origClient().FindStringSubmatch(rest); m != nil {
		client = m[1] // a filter in between handed it back; this is who connected to the first smtpd
	}
	m := postfixHost().FindStringSubmatch(client)
	if m == nil {
		return e, false
	}
	e.name, e.client = m[1], logAddr(m[2])
	if e.name == "unknown" {
		e.name = ""
	}
	if m := saslUser().FindStringSubmatch(rest); m != nil {
		e.auth = m[1]
	}
	return e, e.client.IsValid()
}

func eximEntry(id, rest string) (entry, bool) {
	e := entry{software: "exim", queueID: id}
	m := eximHost().FindStringSubmatch(rest)
	if m == nil {
		return e, false
	}
	e.name, e.helo, e.client = strings.TrimSpace(m[1]), strings.Trim(m[2], "() "), logAddr(m[3])
	if m := eximAuth().FindStringSubmatch(rest); m != nil {
		e.auth = m[1]
	}
	if m := eximID().FindStringSubmatch(rest); m != nil {
		e.messageID = strings.Trim(m[1], "<>")
	}
	return e, e.client.IsValid()
}

func logAddr(s string) netip.Addr {
	a, err := netip.ParseAddr(strings.TrimPrefix(s, "IPv6:"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// sessions is what several lines of one log tell together.
type sessions struct {
	messageID map[string]string // queue ID -> Message-ID, from Postfix's cleanup
	clients   map[string]entry  // OpenSMTPD's session -> its client
	columns   map[string]int    // of Exchange's tracking log, by the last #Fields line
}

func linkSessions(lines []logLine) *sessions {
	l := &sessions{messageID: map[string]string{}, clients: map[string]entry{}}
	for _, line := range lines {
		if m := postfixID().FindStringSubmatch(line.text); m != nil {
			l.messageID[m[1]] = m[2]
		}
		if m := smtpdConnect().FindStringSubmatch(line.text); m != nil {
			l.clients[m[1]] = entry{software: "opensmtpd", client: logAddr(strings.Trim(m[2], "[]")), name: m[3]}
		}
		if names, ok := strings.CutPrefix(line.text, "#Fields:"); ok {
			l.columns = map[string]int{}
			for i, n := range strings.Split(strings.TrimSpace(names), ",") {
				l.columns[strings.TrimSpace(n)] = i
			}
		}
	}
	return l
}

// client reads a line that needs others to be understood.
func (l *sessions) client(s string) (entry, bool) {
	if m := smtpdMessage().FindStringSubmatch(s); m != nil {
		e, ok := l.clients[m[1]]
		e.queueID = m[2]
		return e, ok
	}
	if l.columns == nil {
		return entry{}, false
	}
	cells, err := csv.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		return entry{}, false
	}
	cell := func(name string) string {
		if i, ok := l.columns[name]; ok && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	// Only what came in by SMTP from a client; the other events are steps inside.
	if cell("source") != "SMTP" || cell("event-id") != "RECEIVE" {
		return entry{}, false
	}
	e := entry{
		software: "exchange", client: logAddr(cell("client-ip")), name: cell("client-hostname"),
		messageID: strings.Trim(cell("message-id"), "<>"),
	}
	if o := logAddr(cell("original-client-ip")); o.IsValid() {
		e.client, e.name = o, "" // the front end took it from there
	}
	return e, e.client.IsValid()
}

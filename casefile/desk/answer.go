package desk

import (
	"net/netip"
	"slices"
	"strings"
)

// Wanted is one transaction whose log line a relay's owner was asked for.
type Wanted struct {
	Sample    int        // its number in the case
	Relay     netip.Addr // the relay that the letter asks about
	QueueID   string     // the ID in the field that the relay itself wrote; empty when it wrote none
	MessageID string     // of the spam, without angle brackets; the spammer chose it, but the log repeats it
	Perhaps   bool       // QueueID stands in a field of which nobody knows that the relay wrote it
}

// How a log line was tied to a transaction.
const (
	MatchQueueID   = "queue-id"   // the relay's own ID, which its own field bears
	MatchFieldID   = "field-id"   // an ID in a field that the relay may have written, or somebody else
	MatchMessageID = "message-id" // the Message-ID of the spam: others can bear it too
)

// Disclosure is one log line of an answer that tells from whom the relay took a message.
// It is the owner's statement and nothing more until an analyst has confirmed it.
type Disclosure struct {
	Line     int        `json:"line"`     // of the answer's text, from 1
	Text     string     `json:"text"`     // the log line, joined where mail programs broke it
	Software string     `json:"software"` // whose log it is: sendmail, postfix, exim, exchange, opensmtpd
	QueueID  string     `json:"queue_id"`
	Match    string     `json:"match"` // queue-id, field-id or message-id
	Relay    netip.Addr `json:"relay"`
	Samples  []int      `json:"samples"`
	Client   netip.Addr `json:"client"` // who connected to the relay
	Name     string     `json:"name"`   // the name that the log gives the client; not confirmed
	HELO     string     `json:"helo"`
	Auth     string     `json:"auth"`  // the account that authenticated, where the log says so
	Unfit    string     `json:"unfit"` // why it leads nowhere outside, in words; empty when it does
}

// Bounds of what is read of an answer.
const (
	maxAnswer      = 8 << 20 // bytes
	maxLogLine     = 4096    // bytes of one logical line
	maxDisclosures = 1000
)

// ReadAnswer finds the log lines in the text of an owner's answer that tell from whom
// the relays took the messages asked about. Quoting with ">" is taken off, and lines that a
// mail program broke are joined.
//
// An address counts only where that software's log names the client of an incoming
// connection, in a line that bears a wanted queue ID, or the Message-ID where none does: a
// relay= or H= of a delivery is the next hop, not the previous one. Prose is not searched
// for addresses. At most 8 MiB and 1,000 lines are read; the same line is told once.
func ReadAnswer(text string, wanted []Wanted) []Disclosure {
	if len(text) > maxAnswer {
		text = text[:maxAnswer]
	}
	lines := logLines(text)
	links := linkSessions(lines)
	out := []Disclosure{}
	seen := map[string]bool{}
	for _, l := range lines {
		e, ok := readEntry(l.text)
		if !ok {
			e, ok = links.client(l.text)
		}
		if !ok || !e.client.IsValid() {
			continue
		}
		if e.messageID == "" {
			e.messageID = links.messageID[e.queueID]
		}
		d, ok := match(e, wanted)
		if !ok || seen[l.text] {
			continue
		}
		seen[l.text] = true
		d.Line, d.Text = l.number, l.text
		if out = append(out, d); len(out) == maxDisclosures {
			break
		}
	}
	return dropWeaker(out)
}

// match ties a log entry to the transactions that it is about.
func match(e entry, wanted []Wanted) (Disclosure, bool) {
	d := Disclosure{
		Software: e.software, QueueID: e.queueID, Client: e.client.Unmap().WithZone(""), Name: e.name, HELO: e.helo, Auth: e.auth,
	}
	for _, how := range []string{MatchQueueID, MatchFieldID, MatchMessageID} {
		others := false
		for _, w := range wanted {
			if !ties(&e, &w, how) {
				continue
			}
			if !d.Relay.IsValid() {
				d.Relay, d.Match = w.Relay, how
			}
			others = others || w.Relay != d.Relay
			if w.Relay == d.Relay && !slices.Contains(d.Samples, w.Sample) {
				d.Samples = append(d.Samples, w.Sample)
			}
		}
		if d.Match == "" {
			continue
		}
		slices.Sort(d.Samples)
		if d.Unfit = unfit(d); d.Unfit == "" && others {
			d.Unfit = "more than one of the hosts asked about could have written this line: ask whose log it is"
		}
		return d, true
	}
	return d, false
}

// ties reports whether a log entry is about a transaction, by one kind of tie.
func ties(e *entry, w *Wanted, how string) bool {
	switch how {
	case MatchQueueID:
		return e.queueID != "" && e.queueID == w.QueueID && !w.Perhaps
	case MatchFieldID:
		return e.queueID != "" && e.queueID == w.QueueID && w.Perhaps
	}
	// A log line with another ID than the relay's own field has is about another message.
	return e.messageID != "" && e.messageID == w.MessageID && (w.QueueID == "" || e.queueID == "")
}

// unfit tells why a disclosed client leads to nobody outside.
func unfit(d Disclosure) string {
	switch c := d.Client; {
	case c == d.Relay:
		return "the log names the relay itself: the mail was put in there; ask by which account or program"
	case c.IsLoopback(), c.IsUnspecified():
		return "the log names the host itself: ask which program or proxy put the mail in, and its log"
	case c.IsPrivate(), c.IsLinkLocalUnicast():
		return "a private address, inside the owner's network: ask which machine or customer it was"
	case c.IsMulticast():
		return "no host can have that address: the line is misread or mistyped"
	}
	return ""
}

// dropWeaker leaves out what matches by Message-ID for a sample of which a line with the
// queue ID tells too.
func dropWeaker(all []Disclosure) []Disclosure {
	sure := map[int]bool{}
	for _, d := range all {
		if d.Match != MatchMessageID {
			for _, s := range d.Samples {
				sure[s] = true
			}
		}
	}
	return slices.DeleteFunc(all, func(d Disclosure) bool {
		return d.Match == MatchMessageID && !slices.ContainsFunc(d.Samples, func(s int) bool { return !sure[s] })
	})
}

// logLine is a line of a log, joined, with the number of its first line in the text.
type logLine struct {
	number int
	text   string
}

// logLines takes the quoting off and joins what a mail program broke: a line that begins
// no log entry goes on with the one before, up to a blank line.
func logLines(text string) []logLine {
	var out []logLine
	open := false
	for i, raw := range strings.Split(text, "\n") {
		s := strings.TrimRight(unquote(raw), " \t\r")
		switch {
		case s == "":
			open = false
		case beginsEntry(s):
			out, open = append(out, logLine{i + 1, s}), true
		case open && len(out[len(out)-1].text)+len(s) < maxLogLine:
			out[len(out)-1].text += " " + strings.TrimLeft(s, " \t")
		default:
			open = false
		}
	}
	return out
}

// unquote takes off the marks of quoting and the stuffing of format=flowed (RFC 3676).
func unquote(s string) string {
	for {
		t := strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(t, ">") && !strings.HasPrefix(t, "|") {
			return t
		}
		s = t[1:]
	}
}

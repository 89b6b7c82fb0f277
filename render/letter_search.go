package render

import (
	"slices"
	"strings"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/lazy"
)

// logSearch is how to find transactions in the logs of one kind of mail server.
type logSearch struct {
	Family  string   // sendmail, postfix, exim, qmail, exchange-ims, exchange, smtpsvc or other
	IDs     []string // queue IDs that are safe in a command, at most maxIDs
	Pattern string   // the same as an extended regular expression; empty when there are none
	MsgID   string   // one Message-ID that is safe in a command, or empty
}

// maxIDs bounds the queue IDs in one command, to keep it fit for pasting.
const maxIDs = 40

// searchFamilies are those that the template knows, in the order of the letter.
var searchFamilies = []string{"sendmail", "postfix", "exim", "qmail", "exchange-ims", "exchange", "smtpsvc"}

// safeID is what may stand in a command that somebody will paste into a shell: an ID
// comes from a sample, and a sample is hostile. Dots are left out so that no address or
// host name passes for an ID.
var safeID = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_-]{3,39}$`)

// safeMsgID is the same for a Message-ID between single quotes of PowerShell.
var safeMsgID = lazy.Regexp(`^<[A-Za-z0-9.=_+-]{1,100}@[A-Za-z0-9.-]{1,100}>$`)

// plainID returns id when it has the form of a queue ID, else nothing.
func plainID(id string) string {
	if safeID().MatchString(id) {
		return id
	}
	return ""
}

// searches groups the transactions that have a field of the relay by the software that
// the field names.
func searches(all []*transaction) []logSearch {
	found := make(map[string]*logSearch)
	for _, t := range all {
		if t.Own == nil {
			continue
		}
		family := t.Own.MTA
		if !slices.Contains(searchFamilies, family) {
			family = "other"
		}
		s := found[family]
		if s == nil {
			s = &logSearch{Family: family}
			found[family] = s
		}
		if id := queueID(t); id != "" && len(s.IDs) < maxIDs && !slices.Contains(s.IDs, id) {
			s.IDs = append(s.IDs, id)
		}
		if s.MsgID == "" && safeMsgID().MatchString(t.message.MessageID) {
			s.MsgID = t.message.MessageID
		}
	}
	var inOrder []logSearch
	for _, family := range append(slices.Clone(searchFamilies), "other") {
		if s := found[family]; s != nil {
			s.Pattern = strings.Join(s.IDs, "|")
			inOrder = append(inOrder, *s)
		}
	}
	return inOrder
}

func queueID(t *transaction) string {
	if t.Own.MTA == "qmail" {
		return t.qp
	}
	return plainID(t.Own.hop.ID)
}

// queueNote is how qmail-queue writes its process number, in a note of its own above
// the field of qmail-smtpd. The log of qmail-send calls the number qp.
var queueNote = lazy.Regexp(`^\s*\(qmail ([0-9]{1,10}) invoked `)

// queueProcess finds that number, or returns nothing.
func queueProcess(hops []trace.Hop, seen casefile.Seen) string {
	at := seen.Own - 1
	if at <= seen.Hop || !believed(&hops[at]) || hops[seen.Own].By.MTA != "qmail" {
		return ""
	}
	if m := queueNote().FindStringSubmatch(hops[at].Raw); m != nil {
		return m[1]
	}
	return ""
}

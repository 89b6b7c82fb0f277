package trace

import (
	"encoding/hex"
	"strings"
	"time"
)

// Marks of bulk mailing programs. A program that claims to be another leaves what that
// other never writes. None says anything of a host; they tell that the sender was no
// person with a mail program, and so weigh where it is open whether a client was a
// server's own customer.

// ratwareHELO tells words that bulk mailers always say, whoever runs them.
func ratwareHELO(helo string) bool { return strings.EqualFold(helo, "QRJATYDI") }

// findRatware states what in the header betrays a bulk mailing program.
func (a *analysis) findRatware() {
	m := &a.path.Message
	if t, ok := outlookTime(m.MessageID); ok && (t.Year() < 1996 || t.Year() > 2040) {
		a.ratware = true
		a.find("ratware-mark", -1, Info, m.MessageID,
			"The Message-ID has the form of Outlook's, which holds the time at which it was made; in this one it cannot be (the year ", year(t), "). Bulk mailing programs that pass for Outlook write so.")
	}
	if p := a.outlookExpress(); p != "" && a.idByReceiver() {
		a.ratware = true
		a.find("ratware-mark", -1, Info, p,
			"The mail names Outlook Express as the program that wrote it, and came without a Message-ID, which that program never leaves out.")
	}
	for i := range a.hops {
		if h := &a.hops[i]; h.Standing != Contradicted && ratwareHELO(h.From.HELO) {
			a.ratware = true
			a.find("ratware-mark", i, Info, h.From.HELO, "The client called itself by a word that a bulk mailing program says, whoever runs it.")
		}
	}
}

func year(t time.Time) string { return t.Format("2006") }

// outlookTime reads the instant in a Message-ID of the form of Outlook and Outlook
// Express: four digits, the upper half of the time in units of 100 ns since 1601, and two
// more groups, as in <000a01c249e0$e5a9d610$1106fea9@host>.
func outlookTime(id string) (time.Time, bool) {
	s, _, ok := strings.Cut(strings.TrimPrefix(id, "<"), "@")
	if !ok || len(s) < 29 {
		return time.Time{}, false
	}
	first, rest, _ := strings.Cut(s, "$")
	second, third, ok := strings.Cut(rest, "$")
	if !ok || len(first) < 12 || len(first) > 13 || len(second) != 8 || len(third) != 8 {
		return time.Time{}, false
	}
	var b [8]byte
	if _, err := hex.Decode(b[:4], []byte(first[len(first)-8:])); err != nil {
		return time.Time{}, false
	}
	if _, err := hex.Decode(b[4:], []byte(second)); err != nil {
		return time.Time{}, false
	}
	var ticks uint64
	for _, x := range b {
		ticks = ticks<<8 | uint64(x)
	}
	const ticksPerSecond, to1970 = 10_000_000, 11_644_473_600
	return time.Unix(int64(ticks/ticksPerSecond)-to1970, 0).UTC(), true
}

// outlookExpress returns what names Outlook Express as the program that wrote the mail.
func (a *analysis) outlookExpress() string {
	for i := range a.path.Hints {
		if h := &a.path.Hints[i]; strings.EqualFold(h.Field, "X-Mailer") && strings.HasPrefix(h.Value, "Microsoft Outlook Express") {
			return h.Value
		}
	}
	return ""
}

// idByReceiver reports whether the Message-ID is missing, or was made by a host of the
// recipient's side, which adds one to mail that comes without.
func (a *analysis) idByReceiver() bool {
	if len(a.hops) == 0 {
		return false
	}
	d := mailDomain(a.path.Message.MessageID)
	if d == "" {
		return a.path.Message.MessageID == ""
	}
	for i := range a.hops {
		h := &a.hops[i]
		if h.Standing != Trusted {
			break
		}
		if sameHost(h.By.Host, d) && contains(a.path.Message.MessageID, h.ID) {
			return true
		}
	}
	return false
}

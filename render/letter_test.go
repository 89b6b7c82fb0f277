package render

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/trace"
)

var update = flag.Bool("update", false, "write the goldens of letters anew")

// withEML are the letters whose .eml is kept beside the .txt: the others differ from
// these in their text alone.
var withEML = map[string]bool{"withheld-hold": true, "janet": true, "reply-first": true, "reminder": true, "correction": true}

func TestLetterGoldens(t *testing.T) {
	silent := letterCase()
	silent.Relays[0].Seen[1].Own = -1
	silent.Relays[0].Seen[1].Clock = nil
	silent.Samples[0].Path.Hops[1].Standing = trace.Unverified
	half := letterCase()
	half.Relays[0].Verdict = casefile.VerdictUndisclosed
	half.Samples[1].Path.Hops[1].Standing = trace.Unverified
	helo := letterCase()
	helo.Relays[1].Verdict, helo.Relays[1].OwnField = casefile.VerdictSourceOrRelay, trace.Unverified
	helo.Samples[2].Path.Hops[1].Standing = trace.Unverified
	helo.Relays[2].Verdict, helo.Relays[2].Certainty = casefile.VerdictProvisional, trace.Claimed
	helo.OwnHosts = []int{1, 2}
	reminded, thanked, forged, member := letterCase(), letterCase(), letterCase(), letterCase()
	named, updated, begun := letterCase(), letterCase(), letterCase()
	for i := range begun.Sources {
		begun.Sources[i].Ends = trace.EndLocal
	}
	member.Settings.Member, member.Settings.CareContact = true, "Miss Grey, +44 20 7946 0000"
	member.Letters = []casefile.Letter{sentLetter("192.0.2.25"), janetLetter()}
	member.Relays[0].Withholds = true
	retracted, retraction := withdrawnCase()
	corrected, correction := correctedCase()
	noSource, noSourceLetter := correctedSource()
	noRelay, noRelayLetter := correctedRelay()
	again := replyLetter(casefile.ReplyAnswered)
	again.Answers.More = []string{"<77.2@people.example>", "<77.3@people.example>"}
	passOn := sentLetter("198.51.100.7")
	passOn.PassOn, passOn.Holder = true, ""
	for _, tt := range []struct {
		name   string
		c      *casefile.Case
		letter casefile.Letter
	}{
		{"pass-on", letterCase(), passOn},
		{"notice-direct", letterCase(), noticeLetter("2001:db8::66")},
		{"notice-begun", begun, noticeLetter("2001:db8::66")},
		{"notice-according-to", letterCase(), noticeLetter("203.0.113.200")},
		{"notice-both", letterCase(), noticeLetter("2001:db8::66", "203.0.113.200")},
		{"forged-too", forged, forgedLetter(forged)},
		{"reply-first", member, replyLetter(casefile.ReplyFirst)},
		{"reply-distressed", member, replyLetter(casefile.ReplyDistress)},
		{"reply-technical", letterCase(), replyLetter(casefile.ReplyTechnical)},
		{"reply-headers-missing", letterCase(), replyLetter(casefile.ReplyHeaders)},
		{"reply-already-answered", member, again},
		{"reminder", reminded, followLetter(reminded, casefile.LetterReminder, sentLetter("192.0.2.25", "198.51.100.7"))},
		{"thanks", thanked, followLetter(thanked, casefile.LetterThanks, noticeLetter("2001:db8::66"))},
		{"retraction", retracted, retraction},
		{"correction", corrected, correction},
		{"correction-no-source", noSource, noSourceLetter},
		{"correction-no-relay", noRelay, noRelayLetter},
		{"stated", named, statedLetter(named, statedLine)},
		{"janet-update", updated, secondReport(updated)},
		{"half-verified", half, sentLetter("192.0.2.25")},
		{"helo-only", helo, sentLetter("198.51.100.7")},
		{"janet-own-host", helo, janetLetter()},
		{"withheld-hold", letterCase(), holdLetter("192.0.2.25")},
		{"recorded", letterCase(), sentLetter("198.51.100.7")},
		{"according-to", letterCase(), sentLetter("203.0.113.99")},
		{"two-relays", letterCase(), sentLetter("192.0.2.25", "198.51.100.7")},
		{"no-own-field", silent, sentLetter("192.0.2.25")},
		{"many", manyCase(24), sentLetter("192.0.2.80")},
		{"janet", letterCase(), janetLetter()},
		{"janet-nothing-known", &casefile.Case{ID: "RT-NOTHING1", Created: letterDay}, casefile.Letter{Name: "janet", Kind: casefile.LetterJANET, Hold: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := BuiltIn().Drafter(tt.c).Letter(tt.letter)
			if err != nil {
				t.Fatal(err)
			}
			if withEML[tt.name] {
				golden(t, tt.name+".eml", d.EML)
			}
			golden(t, tt.name+".txt", d.TXT)
			again, err := BuiltIn().Drafter(tt.c).Letter(tt.letter)
			if err != nil || !bytes.Equal(again.EML, d.EML) || !bytes.Equal(again.TXT, d.TXT) {
				t.Error("the same letter written twice differs")
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "letters", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// paragraphs undoes the wrapping of a text, so that one flowed and one laid out by hand
// can be held against each other.
func paragraphs(text string) string {
	return strings.Join(strings.Fields(text), " ")
}

// unflow reads format=flowed as RFC 3676 section 4 tells.
func unflow(t *testing.T, text string, delsp bool) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		line = strings.TrimPrefix(line, " ")
		if len(line) > 0 && line[0] == '>' && !strings.HasPrefix(line, ">") {
			t.Errorf("a quotation where none is: %q", line)
		}
		if rest, soft := strings.CutSuffix(line, " "); soft && line != "-- " {
			if !delsp {
				rest = line
			}
			out.WriteString(rest)
			continue
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

func textOf(t *testing.T, c *casefile.Case, l casefile.Letter) string {
	t.Helper()
	d, err := BuiltIn().Drafter(c).Letter(l)
	if err != nil {
		t.Fatal(err)
	}
	return string(d.TXT)
}

// What a mail program reads back is what was written.
func TestLetterReadsBack(t *testing.T) {
	long := letterCase()
	long.Settings.Organisation = "Università di Esempio"
	long.Settings.Reporter = `Zoë "Z" O'Hara, Größe <team>`
	for _, tt := range []struct {
		name    string
		c       *casefile.Case
		letter  casefile.Letter
		to      []string
		subject string
		fields  []string
	}{
		{
			"hold", letterCase(), holdLetter("192.0.2.25"), nil,
			"[HOLD] Case RT-2B7K9QXA: please preserve mail logs of 192.0.2.25 (TLP:AMBER)",
			[]string{"From", "Subject", "Date", "Message-Id", "X-Unsent", "X-Relaytrace-Hold", "Mime-Version", "Content-Language", "Content-Type", "Content-Transfer-Encoding"},
		},
		{
			"sent", long, sentLetter("192.0.2.25", "198.51.100.7"), []string{"abuse@foundry.example"},
			"Case RT-2B7K9QXA: please preserve mail logs of 192.0.2.25, 198.51.100.7 (TLP:AMBER)",
			[]string{"From", "To", "Subject", "Date", "Message-Id", "X-Unsent", "Mime-Version", "Content-Language", "Content-Type", "Content-Transfer-Encoding"},
		},
		{
			"janet", letterCase(), janetLetter(), []string{"irt@csirt.example", "spam-alert@csirt.example"},
			"Case RT-2B7K9QXA: report of relayed unsolicited mail (TLP:AMBER)",
			[]string{"From", "To", "Subject", "Date", "Message-Id", "X-Unsent", "Mime-Version", "Content-Language", "Content-Type", "Content-Transfer-Encoding"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := BuiltIn().Drafter(tt.c).Letter(tt.letter)
			if err != nil {
				t.Fatal(err)
			}
			got := readBack(t, d.EML)
			if diff := cmp.Diff(tt.fields, got.fields); diff != "" {
				t.Errorf("header fields (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.to, got.to); diff != "" {
				t.Errorf("To (-want +got):\n%s", diff)
			}
			if got.subject != tt.subject {
				t.Errorf("Subject = %q, want %q", got.subject, tt.subject)
			}
			if want := "abuse@college.example"; got.from.Address != want || got.from.Name != tt.c.Settings.Reporter {
				t.Errorf("From = %v, want %s of %s", got.from, tt.c.Settings.Reporter, want)
			}
			if !got.date.Equal(time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)) {
				t.Errorf("Date = %v", got.date)
			}
			if !strings.HasSuffix(got.id, "@college.example") {
				t.Errorf("Message-ID = %q", got.id)
			}
			_, text, _ := strings.Cut(string(d.TXT), "\n\n")
			if diff := cmp.Diff(paragraphs(text), paragraphs(got.text)); diff != "" {
				t.Errorf("the text of the message is not that of the .txt (-txt +eml):\n%s", diff)
			}
		})
	}
}

type readMail struct {
	fields, to        []string
	subject, id, text string // text as its paragraphs read
	params            map[string]string
	answers           []string // In-Reply-To
	references        []string
	parts             []leaf
	from              gomail.Address
	date              time.Time
}

// readBack parses a draft as a mail program does.
func readBack(t *testing.T, eml []byte) readMail {
	t.Helper()
	if n := bytes.Count(eml, []byte("\n")); n != bytes.Count(eml, []byte("\r\n")) || n != bytes.Count(eml, []byte("\r")) {
		t.Error("a line does not end in CRLF")
	}
	e, err := message.Read(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	var got readMail
	h := gomail.Header{Header: e.Header}
	for f := h.Fields(); f.Next(); {
		got.fields = append(got.fields, f.Key())
	}
	to, err := h.AddressList("To")
	if err != nil {
		t.Error(err)
	}
	for _, a := range to {
		got.to = append(got.to, a.Address)
	}
	from, err := h.AddressList("From")
	if err != nil {
		t.Error(err)
	}
	if len(from) == 1 {
		got.from = *from[0]
	}
	if got.subject, err = h.Subject(); err != nil {
		t.Error(err)
	}
	if got.id, err = h.MessageID(); err != nil {
		t.Error(err)
	}
	if got.date, err = h.Date(); err != nil {
		t.Error(err)
	}
	got.parts, _ = leaves(t, eml)
	text := got.parts[0].body
	got.params = got.parts[0].params
	if got.answers, err = h.MsgIDList("In-Reply-To"); err != nil {
		t.Error(err)
	}
	if got.references, err = h.MsgIDList("References"); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, ">") || strings.HasPrefix(line, "From ") {
			t.Errorf("a line that a mail program takes for something else: %q", line)
		}
	}
	got.text = unflow(t, strings.ReplaceAll(string(text), "\r\n", "\n"), got.params["delsp"] == "yes")
	return got
}

// A letter that would say more than the evidence supports is refused.
func TestLetterRefuses(t *testing.T) {
	relay := "198.51.100.7"
	for _, tt := range []struct {
		name  string
		spoil func(c *casefile.Case, l *casefile.Letter)
		want  string
	}{
		{"claimed", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Certainty = trace.Claimed }, "only claimed"},
		{"no certainty", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Certainty = "" }, "only claimed"},
		{"withdrawn", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Verdict = casefile.VerdictWithdrawn }, "not to be asked"},
		{"bystander", func(c *casefile.Case, _ *casefile.Letter) { c.Bystanders[0].IP = netip.MustParseAddr(relay) }, "bystander"},
		{"bystander, mapped", func(c *casefile.Case, _ *casefile.Letter) {
			c.Bystanders[0].IP = netip.MustParseAddr("::ffff:" + relay)
		}, "bystander"},
		{"stranger", func(_ *casefile.Case, l *casefile.Letter) { l.Relays[0] = netip.MustParseAddr("198.51.100.99") }, "no relay of the case"},
		{"zero address", func(_ *casefile.Case, l *casefile.Letter) { l.Relays[0] = netip.Addr{} }, "no relay of the case"},
		{"none", func(_ *casefile.Case, l *casefile.Letter) { l.Relays = nil }, "no address"},
		{"twice", func(_ *casefile.Case, l *casefile.Letter) { l.Relays = append(l.Relays, l.Relays[0]) }, "twice"},
		{"unseen", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen = nil }, "no believed field"},
		{"unverified", func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Hops[0].Standing = trace.Unverified }, "no believed field"},
		{"contradicted", func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Hops[0].Standing = trace.Contradicted }, "no believed field"},
		{"not recorded", func(c *casefile.Case, _ *casefile.Letter) { c.Samples[2].Path.Hops[0].Standing = trace.Corroborated }, "no trusted field"},
		{"other address", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen[0].Hop = 1; c.Relays[1].Seen[0].Own = 2 }, "names another address"},
		{"other client", func(c *casefile.Case, _ *casefile.Letter) {
			c.Relays[1].Seen[0].Client = netip.MustParseAddr("198.51.100.99")
		}, "the client 198.51.100.99"},
		{"no such sample", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen[0].Sample = 9 }, "no such sample"},
		{"no such field", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen[0].Hop = 9 }, "not numbered"},
		{"negative field", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen[0].Hop = -1 }, "not numbered"},
		{"own above", func(c *casefile.Case, _ *casefile.Letter) { c.Relays[1].Seen[0].Own = 0 }, "not numbered"},
		{"kind", func(_ *casefile.Case, l *casefile.Letter) { l.Kind = "threat" }, "unknown kind"},
		{"name", func(_ *casefile.Case, l *casefile.Letter) { l.Name = "../letter" }, "name"},
		{"name with control", func(_ *casefile.Case, l *casefile.Letter) { l.Name = "a\nb" }, "name"},
		{"clock", func(c *casefile.Case, _ *casefile.Letter) { c.Created = "yesterday" }, "time of the letter"},
		{"automatic recipient", func(_ *casefile.Case, l *casefile.Letter) { l.To = []string{"noreply@foundry.example"} }, "automatic sender"},
		{"own recipient", func(_ *casefile.Case, l *casefile.Letter) { l.To = []string{"it@college.example"} }, "forged organisation"},
		{"language", func(_ *casefile.Case, l *casefile.Letter) { l.Lang = "cy" }, "language"},
		{"recipient", func(_ *casefile.Case, l *casefile.Letter) { l.To = []string{"a@b.example\r\nBcc: x@y.example"} }, "recipient 1"},
		{"reply_to", func(c *casefile.Case, _ *casefile.Letter) { c.Settings.ReplyTo = "nobody" }, "reply_to"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, l := letterCase(), sentLetter(relay)
			tt.spoil(c, &l)
			d, err := BuiltIn().Drafter(c).Letter(l)
			if err == nil {
				t.Fatalf("the letter was written:\n%s", d.TXT)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one that says %q", err, tt.want)
			}
			if len(d.EML)+len(d.TXT) > 0 {
				t.Error("a draft came with the error")
			}
		})
	}
}

// The report to JANET leaves innocents and claims out and goes on.
func TestReportLeavesOut(t *testing.T) {
	c := letterCase()
	c.Relays[0].Verdict = casefile.VerdictWithdrawn
	c.Relays[2].Certainty = trace.Claimed
	var named []string
	for _, line := range strings.Split(between(t, textOf(t, c, janetLetter()), "2. SOURCE", "3. DEST"), "\n") {
		if addr, _, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(line, verbatim) {
			named = append(named, strings.TrimSuffix(addr, ":"))
		}
	}
	if diff := cmp.Diff([]string{"198.51.100.7", "203.0.113.200", "2001:db8::66"}, named); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
	c.Sources[0].IP = c.Bystanders[0].IP
	if _, err := BuiltIn().Drafter(c).Letter(janetLetter()); err == nil {
		t.Error("a bystander was reported as a source")
	}
}

// The name of a bystander that a relay bore too stays out of the prose.
func TestLetterBystanderName(t *testing.T) {
	c := letterCase()
	c.Bystanders = append(c.Bystanders, casefile.Bystander{Name: "Relay.Foundry.example."})
	text := textOf(t, c, sentLetter("198.51.100.7"))
	if strings.Contains(text, "198.51.100.7 (relay.foundry.example)") {
		t.Error("the relay is called by the name of a bystander")
	}
}

// No letter says that a domain was misused which no sender of the case bears.
func TestLetterDomain(t *testing.T) {
	for _, ours := range []bool{true, false} {
		c := letterCase()
		c.Incident.Domains = []casefile.ForgedDomain{{Domain: "dept.college.example", Samples: 1, Ours: ours}}
		if got := strings.Contains(textOf(t, c, sentLetter("198.51.100.7")), "misuses"); got != ours {
			t.Errorf("a sender in our domain %t: the letter says that it is misused: %t", ours, got)
		}
	}
}

// A field that could not be tied to the relay names hosts that may be innocent.
func TestLetterDoesNotQuoteUnproven(t *testing.T) {
	for _, standing := range []trace.Standing{trace.Unverified, trace.Contradicted} {
		c := letterCase()
		c.Samples[2].Path.Hops[1].Standing = standing
		text := textOf(t, c, sentLetter("198.51.100.7"))
		for _, innocent := range []string{"203.0.113.99", "smtp.mill.example"} {
			if strings.Contains(text, innocent) {
				t.Errorf("%s: %s is named", standing, innocent)
			}
		}
		if strings.Contains(text, "names no address of the host") {
			t.Errorf("%s: the relay is told to withhold by a field that may not be its own", standing)
		}
		if got := strings.Contains(text, "61RB0Cq20133"); got != (standing == trace.Unverified) {
			t.Errorf("%s: its queue ID told: %v", standing, got)
		}
	}
}

// A stamp that may not be the relay's own is no measure of its clock.
func TestLetterClock(t *testing.T) {
	c := letterCase()
	if text := strings.Fields(textOf(t, c, sentLetter("192.0.2.25"))); !strings.Contains(strings.Join(text, " "), "slow by at most 49 s.") {
		t.Error("the tightest bound is not told")
	}
	for i := range 2 {
		c.Samples[i].Path.Hops[1].Standing = trace.Unverified
	}
	if strings.Contains(textOf(t, c, sentLetter("192.0.2.25")), "next host:") {
		t.Error("an unverified field is held against the clock of the relay")
	}
}

// What a sample puts into a command would be pasted into a shell.
func TestLetterCommands(t *testing.T) {
	for _, tt := range []struct{ family, id, want string }{
		{"sendmail", "61RB0Cq20133", "grep -E '61RB0Cq20133' /var/log/maillog*"},
		{"sendmail", "x'; rm -rf ~ #", "grep QUEUEID /var/log/maillog*"},
		{"sendmail", "-f/etc/passwd", "grep QUEUEID /var/log/maillog*"},
		{"sendmail", "$(reboot)", "grep QUEUEID /var/log/maillog*"},
		{"postfix", "4F0001EEF0", "grep -E '4F0001EEF0' /var/log/maillog* /var/log/mail.log*"},
		{"exim", "1vHabc-000123-XX", "exigrep '1vHabc-000123-XX' /var/log/exim/mainlog*"},
		{"exim", "1vH`id`", "exigrep MESSAGEID /var/log/exim/mainlog*"},
		{"qmail", "", "tai64nlocal < /var/log/qmail/smtpd/current"},
		{"exchange", "ABCD", "Get-MessageTrackingLog -EventId RECEIVE -MessageId '<20260220.3@friend>'"},
		{"exchange-ims", "ABCD", "Exchange 4.0"},
		{"smtpsvc", "ABCD", `LogFiles\SMTPSVC1`},
		{"", "QQ11", "QQ11"},
		{"imail", "x;y", "We do not know your software"},
	} {
		c := letterCase()
		own := &c.Samples[2].Path.Hops[1]
		own.By.MTA, own.ID = tt.family, tt.id
		find := strings.Join(strings.Fields(between(t, textOf(t, c, sentLetter("198.51.100.7")), "5. HOW TO FIND", "6. WHY")), " ")
		if !strings.Contains(find, tt.want) {
			t.Errorf("%s with ID %q: no %q in\n%s", tt.family, tt.id, tt.want, find)
		}
	}
	c := letterCase()
	c.Samples[2].Path.Hops[1].By.MTA = "exchange"
	c.Samples[2].Path.Message.MessageID = "<a@b>'; Remove-Mailbox *"
	if find := between(t, textOf(t, c, sentLetter("198.51.100.7")), "5. HOW TO FIND", "6. WHY"); strings.Contains(find, "Remove") {
		t.Error("a Message-ID got into a command")
	}
}

// qmail writes its process number into a note above the field of its SMTP server.
func TestLetterQmailNumber(t *testing.T) {
	c := letterCase()
	hops := c.Samples[2].Path.Hops
	note := trace.Hop{Raw: " (qmail 8123 invoked from network); 27 Feb 2026 11:00:12 -0000", Kind: trace.Note, Standing: trace.Corroborated, By: trace.By{MTA: "qmail"}}
	hops[1].By.MTA, hops[1].ID = "qmail", ""
	c.Samples[2].Path.Hops = []trace.Hop{hops[0], note, hops[1], hops[2]}
	c.Relays = c.Relays[:2]
	c.Relays[1].Seen[0].Own = 2
	text := textOf(t, c, sentLetter("198.51.100.7"))
	for _, want := range []string{"grep -E ' qp (8123) '", "Your qp number     8123"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the letter", want)
		}
	}
}

func TestLetterAge(t *testing.T) {
	for _, tt := range []struct{ created, want, not string }{
		{"2026-02-27T12:00:00Z", "Less than a day has passed since.", "90 days"},
		{"2026-02-28T11:30:00Z", "1 day has passed since.", "90 days"},
		{"2026-05-28T11:30:00Z", "90 days have passed since.", "over 90 days"},
		{"2026-05-29T11:30:00Z", "This mail is over 90 days old", "Some of this"},
		{"2026-02-27T10:00:00Z", "a clock on the way was wrong", "passed since"},
	} {
		c := letterCase()
		c.Created = tt.created
		text := strings.Join(strings.Fields(textOf(t, c, sentLetter("198.51.100.7"))), " ")
		if !strings.Contains(text, tt.want) || strings.Contains(text, tt.not) {
			t.Errorf("%s: want %q and not %q in\n%s", tt.created, tt.want, tt.not, text)
		}
	}
}

// A letter about many transactions tells ten in full and the rest, to a bound, in a table.
func TestLetterMany(t *testing.T) {
	text := textOf(t, manyCase(10+maxTabled+3), sentLetter("192.0.2.80"))
	if n := strings.Count(text, "--- Sample "); n != 10 {
		t.Errorf("%d transactions in full, want 10", n)
	}
	if n := strings.Count(text, " | <20260220."); n != maxTabled {
		t.Errorf("%d rows, want %d", n, maxTabled)
	}
	if !strings.Contains(text, "3 further transactions are left out") {
		t.Error("what is left out is not told")
	}
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, text, ok := strings.Cut(text, from)
	text, _, ok2 := strings.Cut(text, to)
	if !ok || !ok2 {
		t.Fatalf("no section %q to %q", from, to)
	}
	return text
}

package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"relaytrace/casefile"
)

// spoilt is a case whose every string that a stranger may have chosen is s.
func spoilt(s string) *casefile.Case {
	c := letterCase()
	for i := range c.Samples {
		p := &c.Samples[i].Path
		p.Message.MessageID, p.Message.Subject, p.Message.From = s, s, s
		p.Message.Date, p.Message.ReturnPath = s, s
		for j := range p.Hops {
			h := &p.Hops[j]
			h.Raw, h.From.HELO, h.From.RDNS, h.ID, h.Envelope, h.With, h.Time.Stamp = s, s, s, s, s, s, s
			h.By.Host, h.From.Port = s, 1024+j
			h.For = []string{s, s}
		}
	}
	for i := range c.Relays {
		c.Relays[i].Names, c.Relays[i].HELOs = []string{s}, []string{s}
	}
	return c
}

var hostileLetters = []string{
	"", "\r\n\r\nBcc: victim@example.org\r\n\r\n<html>", "a\nb\rc\x00d", "\u202egro.elpmaxe\u202c", "caf\xe9 \xff\xfe",
	"=?utf-8?q?=0d=0aBcc:_x@y.example?=", "{{.ID}} {{template \"held\" .}}", "'; rm -rf / #", strings.Repeat("x", 20000),
	strings.Repeat("é ", 9000), "\u200b\u2028\u2029\ufeff\U000e0041", "- item", "    verbatim", "1) item", "198.51.100.99",
	"[198.51.100.99]:", "中文 \U0001f600", ".", "From me", "\t\tfolded\n\tline\n\n\n", "%s%d%!", "--==boundary--",
}

func TestLetterHostile(t *testing.T) {
	for i, s := range hostileLetters {
		checkLetters(t, spoilt(s), s, i)
		c := letterCase()
		c.ID, c.Version, c.Settings.Organisation, c.Settings.Domain, c.Settings.Reporter, c.Settings.CareContact = s, s, s, s, s, s
		checkLetters(t, c, s, i)
	}
}

// everyLetter gives letters of every kind about a case, with s in every field that a
// stranger, a registry or an analyst may fill.
func everyLetter(c *casefile.Case, s string) []casefile.Letter {
	held, request, notice := holdLetter("192.0.2.25"), sentLetter("192.0.2.25", "198.51.100.7", "203.0.113.99"), noticeLetter("2001:db8::66", "203.0.113.200")
	held.Reason = s
	for _, l := range []*casefile.Letter{&held, &request, &notice} {
		l.Holder, l.Contacts, l.PassOn = s, []string{s, s}, true
	}
	letters := []casefile.Letter{held, request, notice, janetLetter()}
	for _, variant := range []string{
		casefile.ReplyFirst, casefile.ReplyDistress, casefile.ReplyTechnical, casefile.ReplyHeaders, casefile.ReplyAnswered,
	} {
		l := replyLetter(variant)
		a := l.Answers
		a.Name, a.Subject, a.MessageID, a.Date, a.Spam, a.More = s, s, s, s, s, []string{s, "<2@people.example>"}
		letters = append(letters, l)
	}
	forged := forgedLetter(c)
	c.Incident.Domains = []casefile.ForgedDomain{{Domain: s, Organisation: s, Samples: 2}}
	c.Incident.First, c.Incident.Last = s, s
	forged.Domains, forged.Holder, forged.Reason = []string{s}, s, s
	stated := statedLetter(c, s)
	stated.Holder, stated.Contacts = s, []string{s}
	letters = append(letters, forged, stated, followLetter(c, casefile.LetterReminder, request), followLetter(c, casefile.LetterThanks, request),
		correctionLetter(c, notice, casefile.Said{Verdict: casefile.VerdictProvisional, Certainty: "recorded"}, casefile.Said{Verdict: casefile.VerdictSuspected, Withholds: true, Certainty: "corroborated"}))
	c.Letters = append(c.Letters, letters...)
	return letters
}

// checkLetters writes every kind of letter of a case and looks for what must never be.
// turn chooses the language and whether parts are attached.
func checkLetters(t *testing.T, c *casefile.Case, s string, turn int) {
	t.Helper()
	letters := everyLetter(c, s)
	for i, l := range letters {
		c.Settings.Attach = (turn+i)%2 == 0
		switch l.Kind {
		case casefile.LetterLogRequest, casefile.LetterNotice, casefile.LetterStated, casefile.LetterReminder, casefile.LetterThanks, casefile.LetterCorrection:
			l.Lang = append([]string{""}, casefile.Languages...)[(turn+i)%(1+len(casefile.Languages))]
		}
		checkHostile(t, c, l)
	}
	c.Settings.Attach = false
	c.Relays[1].Verdict = casefile.VerdictWithdrawn
	c.Relays[1].Reasons = []casefile.Reason{{Code: s, Text: s}, {Code: s}}
	was := sentLetter("198.51.100.7")
	was.Name = "was"
	checkHostile(t, c, followLetter(c, casefile.LetterRetraction, was))
}

func checkHostile(t *testing.T, c *casefile.Case, l casefile.Letter) {
	t.Helper()
	d, err := BuiltIn().Drafter(c).Letter(l)
	if slices.ContainsFunc(l.To, func(to string) bool { return c.Settings.NotWrittenTo(to) != "" }) {
		if err == nil {
			t.Errorf("%s: it goes to %q", l.Name, l.To)
		}
		return
	}
	if err != nil {
		t.Errorf("%s in %q: %v", l.Name, l.Lang, err)
		return
	}
	checkShown(t, string(d.TXT))
	got := readBack(t, d.EML)
	want := []string{
		"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "X-Unsent", "X-Relaytrace-Hold", "Mime-Version",
		"Content-Language", "Content-Type", "Content-Transfer-Encoding",
	}
	want = slices.DeleteFunc(want, func(f string) bool {
		switch f {
		case "To":
			return len(l.To) == 0
		case "X-Relaytrace-Hold":
			return !strings.HasPrefix(got.subject, "[HOLD]")
		case "From":
			return c.Settings.ReplyTo == ""
		case "In-Reply-To":
			return len(got.answers) == 0
		case "References":
			return len(got.references) == 0
		case "Content-Language", "Content-Transfer-Encoding":
			return len(got.parts) > 1
		}
		return false
	})
	if !slices.Equal(got.fields, want) {
		t.Errorf("%s: header fields %q, want %q", l.Name, got.fields, want)
	}
	if !slices.Equal(got.to, l.To) {
		t.Errorf("%s: To %q, want %q", l.Name, got.to, l.To)
	}
	checkShown(t, got.subject)
	checkShown(t, got.from.Name)
	if want := string(d.TXT[bytes.Index(d.TXT, []byte("Subject: "))+9:]); !strings.HasPrefix(want, got.subject+"\n") {
		t.Errorf("%s: Subject %q is read back in place of %.80q", l.Name, got.subject, want)
	}
	header, _, _ := bytes.Cut(d.EML, []byte("\r\n\r\n"))
	for line := range bytes.Lines(header) {
		if len(line) > 78 && bytes.Contains(line, []byte("=?")) {
			t.Errorf("%s: a line with encoded words is %d long: %s", l.Name, len(line), line)
		}
	}
	if _, text, _ := strings.Cut(string(d.TXT), "\n\n"); strings.Join(strings.Fields(text), "") != strings.Join(strings.Fields(got.text), "") {
		t.Errorf("%s: the texts of .eml and .txt differ", l.Name)
	}
	for i, p := range got.parts {
		if p.mediaType == "text/rfc822-headers" {
			if err := checkHeaderBlock(p.body); err != nil {
				t.Errorf("%s: %v", l.Name, err)
			}
		}
		if p.mediaType == "message/feedback-report" {
			if err := checkARF(p.body, got.parts[i+1].body); err != nil {
				t.Errorf("%s: %v", l.Name, err)
			}
		}
		if p.mediaType == "application/json" {
			if err := checkXARF(p.body); err != nil {
				t.Errorf("%s: %v", l.Name, err)
			}
		}
	}
}

// checkShown fails for anything hidden, and for prose wider than the page that could
// have been broken.
func checkShown(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not valid UTF-8")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (hidden(r) || unicode.Is(unicode.Cf, r)) }); i >= 0 {
		t.Errorf("hidden character %q", []rune(text[i:])[0])
	}
	if text != VisibleLines(text) {
		t.Error("the text is not all visible")
	}
}

func FuzzLetter(f *testing.F) {
	for i, s := range hostileLetters {
		s = atMost(s, 200)
		switch i % 3 {
		case 0:
			f.Add(s, "RT-2B7K9QXA", "College of Example", "abuse@college.example")
		case 1:
			f.Add("mail.example.org", s, s, "abuse@college.example")
		case 2:
			f.Add("mail.example.org", "RT-2B7K9QXA", s, s)
		}
	}
	f.Fuzz(func(t *testing.T, sample, id, setting, reply string) {
		// Long values are for TestLetterHostile: here they only cost time.
		sample, id, setting, reply = atMost(sample, 500), atMost(id, 500), atMost(setting, 500), atMost(reply, 500)
		c := spoilt(sample)
		c.ID, c.Settings.Organisation, c.Settings.Reporter, c.Settings.Domain = id, setting, setting, setting
		c.Settings.ReplyTo = reply
		if _, err := mailAddress(reply); reply != "" && err != nil {
			if _, err := BuiltIn().Drafter(c).Letter(janetLetter()); err == nil {
				t.Errorf("reply_to %q was taken", reply)
			}
			c.Settings.ReplyTo = ""
		}
		checkLetters(t, c, sample, len(sample)+len(setting))
	})
}

func BenchmarkLetter(b *testing.B) {
	c, l := manyCase(1000), sentLetter("192.0.2.80")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := BuiltIn().Drafter(c).Letter(l); err != nil {
			b.Fatal(err)
		}
	}
}

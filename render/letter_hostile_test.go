package render

import (
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
			h.By.Host = s
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
	for _, s := range hostileLetters {
		checkLetters(t, spoilt(s))
		c := letterCase()
		c.ID, c.Settings.Organisation, c.Settings.Domain, c.Settings.Reporter = s, s, s, s
		checkLetters(t, c)
	}
}

// checkLetters writes every kind of letter of a case and looks for what must never be.
func checkLetters(t *testing.T, c *casefile.Case) {
	t.Helper()
	held := holdLetter("192.0.2.25")
	held.Reason += c.ID
	for _, l := range []casefile.Letter{held, sentLetter("192.0.2.25", "198.51.100.7", "203.0.113.99"), janetLetter()} {
		d, err := BuiltIn().Letter(c, l)
		if err != nil {
			t.Errorf("%s: %v", l.Name, err)
			continue
		}
		checkShown(t, string(d.TXT))
		got := readBack(t, d.EML)
		want := []string{"From", "To", "Subject", "Date", "Message-Id", "X-Unsent", "X-Relaytrace-Hold", "Mime-Version", "Content-Language", "Content-Type", "Content-Transfer-Encoding"}
		want = slices.DeleteFunc(want, func(f string) bool {
			return f == "To" && len(l.To) == 0 || f == "X-Relaytrace-Hold" && !strings.HasPrefix(got.subject, "[HOLD]") || f == "From" && c.Settings.ReplyTo == ""
		})
		if !slices.Equal(got.fields, want) {
			t.Errorf("%s: header fields %q, want %q", l.Name, got.fields, want)
		}
		if !slices.Equal(got.to, l.To) {
			t.Errorf("%s: To %q, want %q", l.Name, got.to, l.To)
		}
		checkShown(t, got.subject)
		checkShown(t, got.from.Name)
		if _, text, _ := strings.Cut(string(d.TXT), "\n\n"); paragraphs(text) != paragraphs(got.text) {
			t.Errorf("%s: the texts of .eml and .txt differ", l.Name)
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
	for _, s := range hostileLetters {
		s = atMost(s, 200) // long values are for TestLetterHostile: here they only cost time
		f.Add(s, "RT-2B7K9QXA", "College of Example", "abuse@college.example")
		f.Add("mail.example.org", s, s, "abuse@college.example")
		f.Add("mail.example.org", "RT-2B7K9QXA", s, s)
	}
	f.Fuzz(func(t *testing.T, sample, id, setting, reply string) {
		if len(sample)+len(id)+len(setting)+len(reply) > 2000 {
			t.Skip("long")
		}
		c := spoilt(sample)
		c.ID, c.Settings.Organisation, c.Settings.Reporter, c.Settings.Domain = id, setting, setting, setting
		c.Settings.ReplyTo = reply
		if _, err := mailAddress(reply); reply != "" && err != nil {
			if _, err := BuiltIn().Letter(c, janetLetter()); err == nil {
				t.Errorf("reply_to %q was taken", reply)
			}
			c.Settings.ReplyTo = ""
		}
		checkLetters(t, c)
	})
}

func BenchmarkLetter(b *testing.B) {
	c, l := manyCase(1000), sentLetter("192.0.2.80")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := BuiltIn().Letter(c, l); err != nil {
			b.Fatal(err)
		}
	}
}

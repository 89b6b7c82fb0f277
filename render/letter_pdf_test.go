package render

import (
	"bytes"
	"testing"

	"relaytrace/casefile"
)

// TestLetterPDF writes letters of every script. What they say is held where pdftotext can
// read it; here they must come, be the same twice, and not depend on one another.
func TestLetterPDF(t *testing.T) {
	c := letterCase()
	for _, lang := range append([]string{""}, casefile.Languages...) {
		l := sentLetter("192.0.2.25", "198.51.100.7")
		l.Lang = lang
		d, err := BuiltIn().Drafter(c).Letter(l)
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := LetterPDF(c, l, d.TXT, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%q: no PDF", lang)
		}
		if lang == "pl" || lang == "ja" {
			if again, err := LetterPDF(c, l, d.TXT, nil); err != nil || !bytes.Equal(pdf, again) {
				t.Errorf("%q: the same letter twice differs (%v)", lang, err)
			}
		}
	}
}

func TestLetterPDFHostile(t *testing.T) {
	for i, s := range hostileLetters {
		if i%4 != 0 && len(s) < 1000 {
			continue
		}
		c := spoilt(s)
		for _, l := range []casefile.Letter{sentLetter("192.0.2.25"), replyLetter(casefile.ReplyFirst)} {
			d, err := BuiltIn().Drafter(c).Letter(l)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := LetterPDF(c, l, d.TXT, nil); err != nil {
				t.Errorf("%q: %v", atMost(s, 40), err)
			}
		}
	}
}

func BenchmarkLetterPDF(b *testing.B) {
	c := letterCase()
	l := sentLetter("192.0.2.25", "198.51.100.7")
	d, err := BuiltIn().Drafter(c).Letter(l)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := LetterPDF(c, l, d.TXT, nil); err != nil {
			b.Fatal(err)
		}
	}
}

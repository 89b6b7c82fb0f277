package render

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "from a.example ([192.0.2.1])", "from a.example ([192.0.2.1])"},
		{"letters", "Größe Жук 中文 שלום 😀", "Größe Жук 中文 שלום 😀"},
		{"bidi", "a\u202eb\u2066c\u200f", "a<U+202E>b<U+2066>c<U+200F>"},
		{"zero width", "pay\u200bpal\ufeff\u00ad", "pay<U+200B>pal<U+FEFF><U+00AD>"},
		{"controls", "a\x00\x1b[2J\x7f\u0085", "a<U+0000><U+001B>[2J<U+007F><U+0085>"},
		{"line ends", "a\r\nb\tc", "a<U+000D><U+000A>b<U+0009>c"},
		{"separators", "a\u2028b\u2029", "a<U+2028>b<U+2029>"},
		{"spaces", "a\u00a0b\u3000", "a<U+00A0>b<U+3000>"},
		{"not UTF-8", "caf\xe9 \xff", "caf<0xE9> <0xFF>"},
		{"replacement character itself", "\ufffd", "\ufffd"},
		{"private, surrogate bytes, unassigned", "\ue000\xed\xa0\x80\U000e0041", "<U+E000><0xED><0xA0><0x80><U+E0041>"},
		{"invisible letters", "a\u115f\u3164\u034f", "a<U+115F><U+3164><U+034F>"},
		{"variation selector", "☎\ufe0f", "☎<U+FE0F>"},
		{"pile of marks", "e\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301<U+0301>"},
	} {
		if got := Visible(tt.in); got != tt.want {
			t.Errorf("%s: Visible(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestVisibleLines(t *testing.T) {
	in := "a\r\n\tb\nc\rd\r"
	want := "a\n<U+0009>b\nc<U+000D>d<U+000D>"
	if got := VisibleLines(in); got != want {
		t.Errorf("VisibleLines(%q) = %q, want %q", in, got, want)
	}
}

func TestStamp(t *testing.T) {
	for in, want := range map[string]string{
		"2002-08-22T11:36:16Z":      "2002-08-22 11:36:16 UTC",
		"2002-08-22T13:36:16+02:00": "2002-08-22 11:36:16 UTC",
		"":                          "",
		"yesterday\u202e":           "yesterday<U+202E>",
	} {
		if got := Stamp(in); got != want {
			t.Errorf("Stamp(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMiddle(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"mail-out-17.frankfurt.example.net", 15, "mail-ou…ple.net"},
		{"ÄÖÜäöüß", 5, "ÄÖ…üß"},
		{"abcdefgh", -1, "ab…gh"},
		{"a<U+202E><U+202E>b<0xE9>c", 6, "a<U+202E><U+202E>b<0xE9>c"},
		{"ab<U+202E>cdefgh<U+202E>", 6, "ab…gh<U+202E>"},
		{"a<U+zzzz>bcdefgh", 5, "a<…gh"},
	} {
		if got := Middle(tt.in, tt.n); got != tt.want {
			t.Errorf("Middle(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

// checkVisible fails unless s can be shown to a reader without a rune that hides or
// reorders anything.
func checkVisible(t *testing.T, s string, lines bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if lines && r == '\n' {
			continue
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Bidi_Control, unicode.Zl, unicode.Zp, unicode.Co) {
			t.Fatalf("%U is left in %q", r, s)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range hostileStrings() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one := Visible(s)
		checkVisible(t, one, false)
		if again := Visible(one); again != one {
			t.Errorf("shown twice, %q became %q", one, again)
		}
		many := VisibleLines(s)
		checkVisible(t, many, true)
		if strings.Count(many, "\n") != strings.Count(s, "\n") {
			t.Errorf("line feeds of %q changed in %q", s, many)
		}
		for _, face := range paperFonts.faces() {
			shown := face.show(s)
			checkVisible(t, shown, false)
			for _, r := range shown {
				if !face.covers(r) {
					t.Fatalf("%U has no glyph, in %q", r, shown)
				}
			}
		}
	})
}

// hostileStrings are what senders of spam put where a name is expected.
func hostileStrings() []string {
	return []string{
		"", " ", "mail.example.org", "Größe Жук ☎",
		"\x00\x01\x1b]0;title\x07\x7f", "\u202egro.elpmaxe\u202c", "\u2066\u2067\u2068\u2069\u061c",
		"pay\u200b\u200c\u200d\ufeffpal", "line\r\nBcc: victim@example.org\r\n\r\nbody",
		"中文 한국어 日本語", "שלום عليكم", "😀\U0001F4A9\U0010FFFF", "\xff\xfe\xed\xa0\x80caf\xe9",
		"e" + strings.Repeat("\u0301", 50), strings.Repeat("x", 10_000),
		strings.Repeat("\u202e", 2_000), "{nb} {nb}", `\(()\\) Tj ET`, "<U+202E>", "\u0d0a\u0a0d\u2028\u3164",
	}
}

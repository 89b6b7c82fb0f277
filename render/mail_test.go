package render

import (
	"net/netip"
	"strings"
	"testing"

	"relaytrace/casefile"
)

func TestMailAddress(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"abuse@example.org", "abuse@example.org"},
		{"Abuse Desk <abuse@example.org>", "abuse@example.org"},
		{"a.b+c@sub.example.org", "a.b+c@sub.example.org"},
		{"", ""},
		{"abuse", ""},
		{"a@example.org, b@example.org", ""},
		{"a@example.org\r\nBcc: b@example.org", ""},
		{"a@example.org\x00", ""},
		{"\u202ea@example.org", ""},
		{"jürgen@example.org", ""},
		{"a@bücher.example", ""},
		{`"a b"@example.org`, ""},
		{`"a\,b"@example.org`, ""},
		{"a@[192.0.2.1]", ""},
		{"a@.example.org", ""},
		{strings.Repeat("a", 300) + "@example.org", ""},
	} {
		got, err := mailAddress(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("mailAddress(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestHeaderText(t *testing.T) {
	for _, tt := range []struct {
		in    string
		limit int
		want  string
	}{
		{"Case RT-1", 20, "Case RT-1"},
		{"a\r\nBcc: b", 20, "a Bcc: b"},
		{"a\x00b", 20, "a<U+0000>b"},
		{"=?utf-8?q?=0a?=", 40, "= ?utf-8?q?=0a?="},
		{"0123456789", 5, "0123…"},
		{"\u202e", 20, "<U+202E>"},
	} {
		if got := headerText(tt.in, tt.limit); got != tt.want {
			t.Errorf("headerText(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
	}
}

func TestLayOut(t *testing.T) {
	long := strings.Repeat("word ", 20)
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"a\nb", "a b\n"},
		{"\n\na\n\n\n\nb\n\n", "a\n\nb\n"},
		{"a\n    raw   line\nb", "a\n    raw   line\nb\n"},
		{"- a\n- b\n", "- a\n- b\n"},
		{"1) " + long, "1) " + strings.TrimSpace(strings.Repeat("word ", 14)) + "\n   " + strings.TrimSpace(strings.Repeat("word ", 6)) + "\n"},
		{"中文\n中文 and\nmore", "中文中文 and more\n"},
		{strings.Repeat("邮件", 30) + "。" + "（邮", strings.Repeat("邮件", 18) + "\n" + strings.Repeat("邮件", 12) + "。（邮\n"},
		{strings.Repeat("邮件", 18) + "。" + "邮", strings.Repeat("邮件", 17) + "邮\n件。邮\n"},
		{strings.Repeat("un mot ", 10) + "abc ; « x » ?", strings.TrimSpace(strings.Repeat("un mot ", 10)) + "\nabc ; « x » ?\n"},
		{strings.Repeat("한국어 ", 12), strings.TrimSpace(strings.Repeat("한국어 ", 10)) + "\n한국어 한국어\n"},
		{"x " + strings.Repeat("y", 90) + " z", "x\n" + strings.Repeat("y", 90) + "\nz\n"},
	} {
		if got := plainText(layOut(tt.in)); got != tt.want {
			t.Errorf("layOut(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, line := range plainLines(textOf(t, manyCase(30), sentLetter("192.0.2.80"))[90:]) {
		if len([]rune(line)) > letterColumns && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("prose of %d columns: %q", len(line), line)
		}
	}
}

func TestFieldLines(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{" from a by b;\r\n\tdate", []string{"Received: from a by b;", "        date"}},
		{" from a\r    by b", []string{"Received: from a", "    by b"}},
		{" a\n \n\n b", []string{"Received: a", " b"}},
		{" a\tb\x1b[31m\u202e\xff", []string{"Received: a<U+0009>b<U+001B>[31m<U+202E><0xFF>"}},
	} {
		if got := fieldLines("Received", tt.in); strings.Join(got, "|") != strings.Join(tt.want, "|") {
			t.Errorf("fieldLines(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := fieldLines("Received", strings.Repeat("x", maxRaw+1)); !strings.Contains(got[len(got)-1], "cut after 4000 of 4001 bytes") {
		t.Errorf("a long field is not cut: %q", got[len(got)-1])
	}
}

func TestStrangers(t *testing.T) {
	allowed := map[netip.Addr]bool{netip.MustParseAddr("192.0.2.1"): true}
	allowAddresses(allowed, "host [2001:db8::1] here")
	text := "From 192.0.2.1, (2001:db8::1): and 198.51.100.9: or 2001:db8::,\n    raw 203.0.113.1\n" +
		"198.51.100.10! http://198.51.100.11/x 198.51.100.12/32 地址198.51.100.13的 <a@198.51.100.14> 1.2.3 12:30\n"
	if got := strings.Join(strangers(text, allowed), " "); got != "198.51.100.9: 2001:db8:: 198.51.100.10 198.51.100.11 198.51.100.12 198.51.100.13 198.51.100.14" {
		t.Errorf("strangers = %q", got)
	}
}

// A letter that names a bystander by his name is refused, but where the sender merely
// called himself by a name that the letter has to speak of.
func TestBystanderNames(t *testing.T) {
	c := letterCase()
	w := written{names: []string{"Recorded by mx1.college.example"}}
	c.Bystanders = append(c.Bystanders, casefile.Bystander{Name: "MX1.college.example."}, casefile.Bystander{Name: "friend"},
		casefile.Bystander{Name: "192.0.2.7"}) // whoever calls himself by the address of a source takes it out of no letter
	for text, want := range map[string]string{
		"It was innocent.example, we think.\n": "innocent.example", "(Innocent.Example.)\n": "innocent.example",
		"    innocent.example\n": "", "not-innocent.example\n": "", "mx1.college.example, friend\n": "", "192.0.2.7\n": "",
	} {
		if got := strings.Join(w.bystanders(c, text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

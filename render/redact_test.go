package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"relaytrace/casefile"
)

// privateCase is a case with addresses of recipients and of a complainant.
func privateCase(seed string) *casefile.Case {
	c := &casefile.Case{Seed: seed, Settings: casefile.Settings{ReplyTo: "abuse@college.example"}}
	s := sampleOf(1, trusted(hopOf("a", "192.0.2.1", "mx.college.example", "2026-02-20T22:15:09Z")))
	s.Path.Hops[0].For = []string{"<Ann.Lee@People.example>", "bob@people.example"}
	s.Path.Message.To, s.Path.Message.Cc = "Carl <carl@shop.example>, abuse@college.example", "dora@shop.example"
	s.Path.Message.DeliveredTo = []string{"ann@elsewhere.example"}
	c.Samples = []casefile.Sample{s}
	c.Letters = []casefile.Letter{{Answers: &casefile.Answered{Address: "eve@people.example"}}}
	return c
}

func TestRedact(t *testing.T) {
	r := newRedactor(privateCase("seed"))
	hash := func(local, domain string) string { return r.hash(local, domain) + "@" + domain }
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"no address", "no address"},
		{"for <ann.lee@people.example>; date", "for <" + hash("ann.lee", "people.example") + ">; date"},
		{"for ANN.LEE@PEOPLE.EXAMPLE.", "for " + r.hash("ann.lee", "people.example") + "@PEOPLE.EXAMPLE."},
		{"bob@people.example,carl@shop.example", hash("bob", "people.example") + "," + hash("carl", "shop.example")},
		{"dora@shop.example eve@people.example", hash("dora", "shop.example") + " " + hash("eve", "people.example")},
		{"<forged@dept.college.example>", "<forged@dept.college.example>"},
		{"notbob@people.example bob@people.example.net", "notbob@people.example bob@people.example.net"},
		{"abuse@college.example", "abuse@college.example"}, // the user's own
		{"<list-bounce-bob=people.example@lists.example>", "<list-bounce-" + r.hash("bob", "people.example") + "=people.example@lists.example>"},
		{"prvs=1=bob=people.example@x.example", "prvs=1=" + r.hash("bob", "people.example") + "=people.example@x.example"},
		{"a=b=c@d@e", "a=b=c@d@e"},
	} {
		if got := r.text(tt.in); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
	if r.hash("ann", "a.example") == r.hash("ann", "b.example") {
		t.Error("two people of one name look like one")
	}
	if again := newRedactor(privateCase("seed")); again.hash("bob", "people.example") != r.hash("BOB", "People.example.") {
		t.Error("the same address is hashed in two ways")
	}
	if other := newRedactor(privateCase("another")); other.hash("bob", "people.example") == r.hash("bob", "people.example") {
		t.Error("two cases hash an address alike")
	}
	if got := (*redactor)(nil).text("bob@people.example"); got != "bob@people.example" {
		t.Errorf("nothing was to be redacted: %q", got)
	}
}

// Only the owner of a relay sees what its own server wrote, and only of its own field.
func TestRedactedLetters(t *testing.T) {
	const person = "registrar@dept.college.example"
	for _, tt := range []struct {
		name   string
		letter casefile.Letter
		shown  int // fields and keys in which the address may stand
	}{
		{"relay that recorded for", sentLetter("198.51.100.7"), 2},
		{"relay whose field has no for", sentLetter("192.0.2.25"), 0},
		{"notice", noticeLetter("203.0.113.200", "2001:db8::66"), 0},
		{"report", janetLetter(), 0},
	} {
		c := attaching()
		d, err := BuiltIn().Drafter(c).Letter(tt.letter)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(d.TXT), person); n != tt.shown {
			t.Errorf("%s: the address stands %d times in the text, want %d", tt.name, n, tt.shown)
		}
		parts, _ := leaves(t, d.EML)
		inParts := 0
		for _, p := range parts[1:] {
			inParts += strings.Count(string(p.body), person)
		}
		if inParts != tt.shown/2 {
			t.Errorf("%s: it stands %d times in the attached parts", tt.name, inParts)
		}
		c.Settings.NoRedact = true
		if d, err = BuiltIn().Drafter(c).Letter(tt.letter); err != nil || strings.Count(string(d.TXT), person) <= tt.shown || strings.Contains(string(d.TXT), "RFC 6590") {
			t.Errorf("%s: it is redacted although that was not wanted (%v)", tt.name, err)
		}
	}
}

// What owners sent in of their logs names people, and so may the custody log: neither is
// handed on, in no file of the copy.
func TestRedactedWords(t *testing.T) {
	c := manyCase(3)
	c.Stated = []casefile.Stated{{Statements: []casefile.Statement{{
		Letter: "01-log-request", QueueID: "KAA00001", Line: "KAA00001: from=<zoe@home.example>", Auth: "zoe@home.example", Name: "zoe@home.example",
		HELO: "zoe@home.example", Answer: strings.Repeat("a", 64),
	}}}}
	digest, settings := "sha256="+strings.Repeat("b", 64), "settings={\"reply_to\":\"zoe@home.example\"}"
	c.Custody = []casefile.Event{{Number: 1, Action: "judged", Detail: []string{
		"address=zoe@home.example", "letter=reply-abc", "relay=2001:db8::1", "samples=3", "sent=2026-07-01T12:00:00Z", settings, digest, "why=zoe (at) home.example told us",
	}, Hash: "head"}, {Number: 2, Action: "closed", Detail: []string{}}}
	out, err := Redacted(c)
	if err != nil {
		t.Fatal(err)
	}
	if x := out.Stated[0].Statements[0]; x.Letter == "" || x.QueueID == "" || x.Line+x.Auth+x.Name+x.HELO+x.Answer != "" {
		t.Errorf("the statement: %+v", x)
	}
	want := []string{"letter=reply-abc", "relay=2001:db8::1", "samples=3", "sent=2026-07-01T12:00:00Z", digest, "redacted=3; the hash is over the whole"}
	if got := out.Custody[0]; !slices.Equal(got.Detail, want) || got.Action != "judged" || got.Hash != "head" || len(out.Custody[1].Detail) > 0 {
		t.Errorf("the custody log: %+v", out.Custody)
	}
	doc, err := casefile.EncodeJSON(out, " ")
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML(out, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := CSV(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, casefile.NamedBytes{Path: "case.json", Data: doc}, casefile.NamedBytes{Path: "case.html", Data: page}) {
		if bytes.Contains(f.Data, []byte("zoe")) {
			t.Errorf("%s names a person", f.Path)
		}
		if told := strings.Contains(string(f.Data), "the hash is over the whole"); (f.Path == "case.json" || f.Path == "case.html" || f.Path == "custody.csv") && !told {
			t.Errorf("%s does not say that details were cut", f.Path)
		}
	}
	if !strings.Contains(c.Stated[0].Statements[0].Line, "zoe@") || len(c.Custody[0].Detail) != 8 {
		t.Error("the case itself was changed")
	}
}

func BenchmarkRedactor(b *testing.B) {
	c := manyCase(1000)
	b.ReportAllocs()
	for b.Loop() {
		newRedactor(c)
	}
}

package trace

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"relaytrace/trace/received"
)

// The tests that stand in front of dear ones must say what those would: here each is held
// against the plain rule, over names that are alike, in capitals, with dots at the end and
// with letters that become others when they are made lower (the Kelvin sign a k).
func TestShortCuts(t *testing.T) {
	names := []string{
		"", ".", "a", "localhost", "LOCALHOST.", "mail", "Mail", "example.org", "mail.example.org", "MAIL.Example.ORG.", "mail.example.org..",
		"xexample.org", "ample.org", "org", "co.uk", "x.co.uk", "www.x.co.uk", "y.co.uk", "192.0.2.1", "[192.0.2.1]", "::1", "a:b.example.org",
		"k.example", "\u212a.example", "mail.\u212a.example", "m\u212a.example", "\u212aail.example.org", "kail.example.org", "bul\u212a.example.org",
		"adsl-192-0-2-1.example.org", "pool12.example.org", "pool1.example.org", "\xff.example.org", "x\xff", "mx1", "mx1.example.org",
		"mail.google.com", "mail-ab123456-f40.google.com", strings.Repeat("a.", 127) + "org", strings.Repeat("a.", 128) + "org",
	}
	plainSameHost := func(a, b string) bool {
		a, b = strings.TrimSuffix(a, "."), strings.TrimSuffix(b, ".")
		if a == "" || b == "" {
			return false
		}
		short, long := a, b
		if strings.Contains(short, ".") {
			short, long = b, a
		}
		i := strings.IndexByte(long, '.')
		return strings.EqualFold(a, b) || i > 0 && !strings.Contains(short, ".") && strings.EqualFold(long[:i], short) && !strings.EqualFold(short, "localhost")
	}
	for _, a := range names {
		for _, b := range names {
			if got, want := sameHost(a, b), plainSameHost(a, b); got != want {
				t.Errorf("sameHost(%q, %q) is %v", a, b, got)
			}
			d := registrable(b)
			if got, want := isIn(d, a), d != "" && registrable(a) == d; got != want {
				t.Errorf("isIn(%q, %q) is %v", d, a, got)
			}
			if got, want := sameDomain(a, b), sameTail(a, b) && registrable(a) != "" && registrable(a) == registrable(b); got != want {
				t.Errorf("sameDomain(%q, %q) is %v", a, b, got)
			}
		}
		for _, behind := range []string{"", ">", " (x)", ",b@c.example", "\t", "]", ".", ".>"} {
			s := "<joe@" + a + behind
			domain := s[strings.LastIndexByte(s, '@')+1:]
			if i := strings.IndexAny(domain, "> \t,;)\"]"); i >= 0 {
				domain = domain[:i]
			}
			if got := mailDomain(s); got != lowerName(domain) {
				t.Errorf("mailDomain(%q) is %q, want %q", s, got, lowerName(domain))
			}
		}
	}
}

// The text of an address is the same, whether it is cut out of the field or made.
func TestPeerAddr(t *testing.T) {
	for _, field := range []string{
		"from a.example ([192.0.2.1]) by b.example",
		"from a.example ([2001:db8::1]) by b.example",
		"from a.example ([IPv6:2001:DB8:0::1]) by b.example",
		"from a.example ([IPv6:::ffff:192.0.2.1]) by b.example",
		"from \xff.example ([192.0.2.1]) by b.example", // written longer than it is
		"from a.example by b.example",
	} {
		h := hop{Hop: new(Hop), body: []byte(field)}
		h.f = received.Parse(h.body)
		h.Raw = string(appendVerbatim(nil, h.body))
		h.read(nil, &Settings{})
		if got := h.peerAddr(); got != h.From.IP.String() {
			t.Errorf("%s: %s, want %s", field, got, h.From.IP)
		}
	}
	if got := (&hop{Hop: &Hop{From: From{IP: netip.MustParseAddr("fe80::1%" + strings.Repeat("z", 60))}}}).peerAddr(); len(got) < 60 {
		t.Errorf("an address with a zone is %s", got)
	}
}

// Findings come by hop, those of one hop as they were found, each with its own text and its
// code once on the hop.
func TestSortFindings(t *testing.T) {
	a := &analysis{path: Path{Hops: make([]Hop, 3)}, lists: new(lists)}
	a.kept.join(&a.path.Hops[1].Why, "un", "related")
	a.find("c", 2, Info, "q0", "whole")
	a.find("a", 0, Info, "q1", "in ", "parts")
	a.find("m", -1, Info, "q2", "", "")
	a.find("b", 2, Info, "q3", "more", " ", "parts")
	a.find("c", 2, Info, "q4", "again")
	a.find("m", -1, Info, "q5", "last")
	a.sortFindings()
	var got []string
	for _, f := range a.path.Findings {
		got = append(got, f.Code+" "+f.Quote+" "+f.Text)
	}
	want := []string{"m q2 ", "m q5 last", "a q1 in parts", "c q0 whole", "b q3 more parts", "c q4 again"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if f := a.path.Hops[2].Findings; !slices.Equal(f, []string{"c", "b"}) || cap(f) != 2 {
		t.Errorf("hop 2 has %q", f)
	}
}

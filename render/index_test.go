package render

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"relaytrace/casefile"
)

// hostileIndex is an index in which every text of a spammer tries to get out.
func hostileIndex() *casefile.Index {
	const evil = "\"><script>alert(1)</script><img src=http://evil.example/x>\u202eevil\x00\xff{{.Title}}"
	entry := casefile.IndexCase{
		Case: "RT-ABCDEFGH", Folder: "RT-ABCDEFGH", State: "open",
		Inputs:  casefile.Submissions{Total: 12, Classes: []casefile.ClassCount{{Class: "bounce", Count: 7}, {Class: "sample", Count: 5}}},
		Samples: 9, Bounces: 7, Complaints: 1, Relays: 3, Withheld: 2, Letters: 4, Held: 4, Addresses: 8,
		Subjects: []casefile.TextCount{{Text: evil, Count: 3}}, Links: []casefile.TextCount{{Text: evil, Count: 2}},
		Joined:  []casefile.TextCount{{Text: "nearly the same text", Count: 11}},
		Domains: []casefile.ForgedDomain{{Domain: evil, Samples: 1}}, DomainCount: 5,
		Countries: []casefile.CountryCount{{Country: "", Count: 3}}, Recipients: []casefile.CountryCount{{Country: "DE", Count: 2}},
		First: "2003-03-07T18:00:00Z", Last: "2003-03-09T03:00:00Z",
	}
	return &casefile.Index{
		Schema: casefile.IndexSchema, Created: "2026-06-30T12:00:00Z", Version: "1", Organisation: evil, Domain: evil, Least: 10,
		Inputs:  casefile.Submissions{Total: 20, Classes: []casefile.ClassCount{{Class: "bounce", Count: 12}, {Class: "provider-report", Count: 8}}},
		InCases: 12, Samples: 15, Cases: []casefile.IndexCase{entry, entry},
		Remainder: casefile.Remainder("remainder", casefile.Submissions{Total: 8, Classes: []casefile.ClassCount{{Class: "list", Count: 8}}}, 6),
	}
}

// TestIndexHTML: the page has no script, loads nothing, leads nowhere but to the cases beside
// it, and shows hidden characters as code points.
func TestIndexHTML(t *testing.T) {
	x := hostileIndex()
	page, err := IndexHTML(x)
	if err != nil {
		t.Fatal(err)
	}
	again, err := IndexHTML(x)
	if err != nil || !bytes.Equal(page, again) {
		t.Error("the same index gives another page")
	}
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	policy, links := "", 0
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "img", "iframe", "object", "form", "base", "embed":
				t.Errorf("element %s in the page", n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case strings.HasPrefix(a.Key, "on"):
					t.Errorf("attribute %s in the page", a.Key)
				case a.Key == "href" && n.Data == "a":
					links++
					if !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "RT-ABCDEFGH/") && a.Val != "remainder/" {
						t.Errorf("a link to %q", a.Val)
					}
				case a.Key == "content" && strings.HasPrefix(a.Val, "default-src"):
					policy = a.Val
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if links < 8 {
		t.Errorf("%d links", links)
	}
	for _, want := range []string{"&lt;U&#43;202E&gt;", "20 inputs: 12 in 2 cases, 8 in the remainder", "8 reports of providers", "2003-03-07 18:00", "and 4 more"} {
		if !bytes.Contains(page, []byte(want)) && !bytes.Contains(page, []byte(strings.ReplaceAll(want, "&#43;", "+"))) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if bytes.ContainsRune(page, '\u202e') || bytes.IndexByte(page, 0) >= 0 {
		t.Error("a hidden character in the page")
	}
}

// TestIndexEmpty: a batch without any case is told as such.
func TestIndexEmpty(t *testing.T) {
	page, err := IndexHTML(&casefile.Index{Created: "2026-06-30T12:00:00Z", Least: 10})
	if err != nil || !bytes.Contains(page, []byte("No incident has 10 inputs or more")) || !bytes.Contains(page, []byte("Nothing is left over")) {
		t.Errorf("%v\n%s", err, page)
	}
	if _, err := IndexHTML(nil); err == nil {
		t.Error("a page of nothing")
	}
}

package render

import (
	"bytes"
	"encoding/xml"
	"html"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relaytrace/casefile"
)

func mustHTML(t testing.TB, c *casefile.Case) string {
	t.Helper()
	page, err := HTML(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

var tag = regexp.MustCompile(`<[^>]*>`)

// pageWords is the text of a page, as a reader gets it.
func pageWords(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`).ReplaceAllString(page, "")
	return html.UnescapeString(tag.ReplaceAllString(page, "\n"))
}

func TestHTMLTellsWhatThePDFDoes(t *testing.T) {
	c := fullCase()
	words := strings.Join(strings.Fields(pageWords(mustHTML(t, c))), " ")
	for _, text := range texts(newReport(c, nil)) {
		if want := strings.Join(strings.Fields(text), " "); !strings.Contains(words, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, s := range c.Samples {
		if !strings.Contains(words, s.SHA256) {
			t.Errorf("the digest of sample %d is not on the page", s.Number)
		}
	}
}

// The policy forbids all but the style and the script of the page, by their digests.
func TestHTMLPolicy(t *testing.T) {
	page := mustHTML(t, fullCase())
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if policy == nil {
		t.Fatal("no policy")
	}
	got := html.UnescapeString(policy[1])
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(page, -1)
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(page, -1)
	if len(style) != 1 || len(script) != 1 {
		t.Fatalf("%d styles, %d scripts", len(style), len(script))
	}
	want := "default-src 'none'; img-src data:; style-src " + hashSource(style[0][1]) + "; script-src " + hashSource(script[0][1]) + "; base-uri 'none'; form-action 'none'"
	if got != want {
		t.Errorf("policy\n%s\nwant\n%s", got, want)
	}
}

// asking are the ways in which a page asks for something or runs something.
var asking = regexp.MustCompile(`(?i)\s(?:src|srcset|action|formaction|ping|poster|background|style|on[a-z]+)\s*=|<(?:iframe|object|embed|img|form|base|meta http-equiv="refresh)|@import|url\(`)

// tagsOf are the tags of a page, without the values of their attributes.
func tagsOf(page string) string {
	return regexp.MustCompile(`"[^"]*"`).ReplaceAllString(strings.Join(tag.FindAllString(page, -1), "\n"), `""`)
}

// A page asks for nothing, whatever the samples say: every link leads inside it.
func TestHTMLAsksForNothing(t *testing.T) {
	cases := []*casefile.Case{fullCase(), emptyCase()}
	for _, s := range append(hostileStrings(), hostileHTML...) {
		cases = append(cases, hostileCase(s))
	}
	for _, c := range cases {
		page := mustHTML(t, c)
		tags := tagsOf(page)
		if found := asking.FindString(tags); found != "" {
			t.Errorf("a tag has %q", found)
		}
		for _, href := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(href[1], "#") && href[1] != "data:," {
				t.Errorf("a link leads to %q", href[1])
			}
		}
		if n := strings.Count(page, "<script"); n != 1 {
			t.Errorf("%d scripts", n)
		}
	}
}

// hostileHTML are texts that would break out of a page that does not escape them.
var hostileHTML = []string{
	`"><script>alert(1)</script>`, `' onmouseover='alert(1)`, `</style><img src=x onerror=alert(1)>`, `</title></svg><script>alert(1)</script>`,
	`javascript:alert(1)`, `<!--`, `-->`, `{{.}}`, `&lt;b&gt;`, `</pre></code><a href="http://evil.example/">x</a>`, "http://evil.example/ mailto:a@evil.example",
}

func TestHTMLShowsWhatHides(t *testing.T) {
	for _, s := range append(hostileStrings(), hostileHTML...) {
		checkLines(t, pageWords(mustHTML(t, hostileCase(s))))
	}
}

// checkLines is checkVisible line by line, so that a fault is told by its line alone.
func checkLines(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		checkVisible(t, strings.TrimSuffix(line, "\n"), false)
	}
}

// The pictures are well-formed, with every text of theirs escaped.
func TestSVGIsWellFormed(t *testing.T) {
	svg := regexp.MustCompile(`(?s)<svg.*?</svg>`)
	for _, s := range append(hostileStrings(), hostileHTML...) {
		if len(s) > 2_000 {
			continue
		}
		for _, picture := range svg.FindAllString(mustHTML(t, hostileCase(s)), -1) {
			d := xml.NewDecoder(strings.NewReader(picture))
			for {
				token, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%.60q: %v in %.200s", s, err, picture)
				}
				if e, ok := token.(xml.StartElement); ok && !strings.Contains(" svg title rect line polygon circle text ", " "+e.Name.Local+" ") {
					t.Errorf("%.60q: element %s", s, e.Name.Local)
				}
			}
		}
	}
}

func TestHTMLIsDeterministicAndRefuses(t *testing.T) {
	if a, b := mustHTML(t, fullCase()), mustHTML(t, fullCase()); a != b {
		t.Error("two runs differ")
	}
	if _, err := HTML(nil, nil); err == nil {
		t.Error("no case was drawn")
	}
}

// IDs stand once, for links and for those who have the page read to them.
func TestHTMLIDsAreUnique(t *testing.T) {
	for _, c := range []*casefile.Case{fullCase(), largeCase()} {
		seen := map[string]bool{}
		for _, id := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(mustHTML(t, c), -1) {
			if seen[id[1]] {
				t.Errorf("ID %q stands twice", id[1])
			}
			seen[id[1]] = true
		}
	}
}

func TestHTMLGolden(t *testing.T) {
	c := fullCase()
	c.Samples, c.Paths, c.SampleCount = c.Samples[:1], c.Paths[:1], 1
	c.Incident.Hours = c.Incident.Hours[:12]
	goldenFile(t, filepath.Join("testdata", "html", "one-sample.html"), []byte(mustHTML(t, c)))
}

func FuzzHTML(f *testing.F) {
	for _, s := range append(hostileStrings(), hostileHTML...) {
		if len(s) < 2_000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2_000 {
			return
		}
		page := mustHTML(t, hostileCase(s))
		checkLines(t, pageWords(page))
		tags := tagsOf(page)
		if found := asking.FindString(tags); found != "" || strings.Count(page, "<script") != 1 {
			t.Errorf("%q: a tag has %q", s, found)
		}
	})
}

// BenchmarkHTML makes the page of a case of a hundred thousand samples.
func BenchmarkHTML(b *testing.B) {
	c := largeCase()
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(bytes.TrimSpace([]byte(mustHTML(b, c))))))
	}
}

package render

import (
	"slices"
	"strings"
	"testing"
	"time"

	"relaytrace/casefile"
)

// pageDoc is a document without chapters, on its second page.
func pageDoc() *doc {
	d := newDoc(&report{Case: fullCase()}, time.Unix(0, 0).UTC(), nil)
	d.newPage()
	d.newPage()
	return d
}

// What belongs together stays on one page where it fits one: facts under their heading, a
// quoted field, a picture, which is not made smaller to fit what is left, and a glossary.
func TestPDFKeepsTogether(t *testing.T) {
	many := &facts{}
	for range 12 {
		many.List = append(many.List, fact{Label: "Label", Text: strings.Repeat("what is known of it ", 8)})
	}
	quoted := rawField{Head: "Field 1", Why: "because", Lines: make([]rawLine, 6)}
	long := rawField{Head: "Other fields", Why: "because", Lines: make([]rawLine, 300)}
	picture := figure{draw: func(*fonts, float64) drawing { return drawing{w: 100, h: 120, breaks: []float64{40, 80}} }}
	for _, tt := range []struct {
		name   string
		blocks []block
		left   float64 // room on the page, millimetres
		pages  int     // new pages
		ends   float64 // where it ends at the earliest, from the top of the page
	}{
		{"facts fit", []block{heading{Title: "Relay"}, many}, 200, 0, 0},
		{"facts do not fit", []block{heading{Title: "Relay"}, many}, 90, 1, 100},
		{"a field fits", []block{quoted}, 30, 0, 0},
		{"a field does not fit", []block{quoted}, 20, 1, 20},
		{"a field longer than a page begins where it is", []block{long}, 60, 4, 0},
		{"a picture goes to the next page whole", []block{picture}, 110, 1, 120},
		{"a picture with its heading", []block{heading{Title: "Path"}, &facts{List: []fact{{Label: "Trail ends", Text: "x"}}}, picture}, 130, 1, 130},
	} {
		d := pageDoc()
		before := d.pdf.PageNo()
		d.y = d.bottom() - tt.left
		for i := range tt.blocks {
			d.set(tt.blocks, i)
		}
		if got := d.pdf.PageNo() - before; got != tt.pages || d.y < pageTop+tt.ends {
			t.Errorf("%s: %d new pages, ends at %.0f; want %d, at least %.0f", tt.name, got, d.y, tt.pages, pageTop+tt.ends)
		}
	}
	d := pageDoc()
	before := d.pdf.PageNo()
	d.report.Chapters = []*chapter{{}, {}}
	d.y = d.bottom() - 190
	all := &facts{List: slices.Concat(many.List, many.List)}
	d.chapter(&chapter{ID: "glossary", Title: "Glossary", Blocks: []block{all}})
	if got := d.pdf.PageNo() - before; got != 1 {
		t.Errorf("a chapter of facts that fits a page takes %d new ones, want 1", got)
	}
}

// The reason of a field is told whole, however long.
func TestPDFWrapsReasons(t *testing.T) {
	why := strings.Repeat("RS01.example is tied to the host above only by a name ", 5)
	d := pageDoc()
	lines, x := d.rawWhy(rawField{Head: "Field 4 · unverified, unexplained", Why: why})
	if got := strings.Join(lines, " "); strings.TrimSpace(got) != strings.TrimSpace(why) {
		t.Errorf("told: %q", got)
	}
	for _, l := range lines {
		if w := d.sans.width(l, noteSize); x+w > d.width() {
			t.Errorf("a line of %.0f mm at %.0f does not fit %.0f", w, x, d.width())
		}
	}
}

func TestReportSharesReasons(t *testing.T) {
	held := func(reason string) casefile.Letter { return casefile.Letter{Hold: true, Reason: reason} }
	draft := casefile.Letter{}
	for _, tt := range []struct {
		letters []casefile.Letter
		shared  []string
		own     []string
	}{
		{[]casefile.Letter{held("a; b"), held("a; b"), draft, held("c; a")}, []string{"a"}, []string{": b", ": b", "", ": c"}},
		{[]casefile.Letter{held("a"), held("a"), held("a")}, []string{"a"}, []string{"", "", ""}},
		{[]casefile.Letter{held("a"), held("b"), held("c")}, nil, []string{": a", ": b", ": c"}},
		{[]casefile.Letter{held("a"), held("a")}, nil, []string{": a", ": a"}},
		{[]casefile.Letter{held(""), held(""), held("")}, nil, []string{": no recipient", ": no recipient", ": no recipient"}},
	} {
		shared := sharedReasons(tt.letters)
		if strings.Join(shared, "|") != strings.Join(tt.shared, "|") {
			t.Errorf("shared: %q, want %q", shared, tt.shared)
		}
		for i := range tt.letters {
			if l := &tt.letters[i]; l.Hold {
				if got := ownReasons(l, shared, nil); got != tt.own[i] {
					t.Errorf("letter %d of %q: %q, want %q", i, tt.shared, got, tt.own[i])
				}
			}
		}
	}
}

// What the run as a whole tells: no country that there is not, no bar of "a span of day", no
// forgery of a domain that no sample has, and problems of one kind in one row.
func TestReportOfTheRun(t *testing.T) {
	c := fullCase()
	c.Settings.Domain = "nobody.example"
	for i := range c.Incident.Domains {
		c.Incident.Domains[i].Ours = false
	}
	c.Incident.Recipients = []casefile.CountryCount{{Country: "DE", Count: 5}, {Country: "", Count: 4}, {Country: "OR", Count: 2}}
	c.Problems = nil
	for range 50 {
		c.Problems = append(c.Problems, casefile.Problem{Where: "f.mbox:1", What: "complaint without a usable sample"})
	}
	r := newReport(c, nil)
	all := strings.Join(texts(r), "\n")
	for _, want := range []string{"112 samples of mail reported as forged, received", "None has nobody.example in the sender's place.", "none: names such as .com and .org\n6\n", "complaint without a usable sample\n50\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, never := range []string{"\nOR\n", "in the name of nobody.example"} {
		if strings.Contains(all, never) {
			t.Errorf("the report has %q", never)
		}
	}
	for step, want := range map[string]string{"hour": "an hour", "day": "a day", "3 hours": "a span of 3 hours"} {
		if got := barWords(step); got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
}

func TestEnding(t *testing.T) {
	for s, want := range map[string]string{"": "", "short.eml": "short.eml", "a/very/long/name.eml": "…/name.eml", "<U+202E><U+202E>ng/name.eml": "…/name.eml"} {
		if got := ending(s, 10); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestEventDetail(t *testing.T) {
	long := strings.Repeat("a", 80)
	got := eventDetail([]string{"relays=2", `settings={"organisation":"Example College"}`, "note=" + long, "name=a\x1bb"})
	for _, want := range []string{"relays=2, settings (whole in custody.csv), note=aaa", "name=a<U+001B>b"} {
		if !strings.Contains(got, want) {
			t.Errorf("the details of an event are told as %q, without %q", got, want)
		}
	}
	if strings.Contains(got, long) || strings.Contains(got, "organisation") {
		t.Errorf("the details of an event are told as %q", got)
	}
}

func TestFrequentReasons(t *testing.T) {
	var letters []casefile.Letter
	for i := range 12 {
		l := casefile.Letter{Hold: true, Reason: "nobody was asked"}
		if i%4 == 0 {
			l.Reason += "; look at it"
		}
		letters = append(letters, l)
	}
	letters = append(letters, casefile.Letter{Hold: true, Reason: "no address is set"}, casefile.Letter{Reason: "nobody was asked"})
	shared := sharedReasons(letters)
	frequent := frequentReasons(letters, shared)
	if len(shared) > 0 || !slices.Equal(frequent, []string{"nobody was asked"}) {
		t.Fatalf("all share %q, many %q", shared, frequent)
	}
	for i, want := range map[int]string{0: " (A): look at it", 1: " (A)", 12: ": no address is set"} {
		if got := ownReasons(&letters[i], shared, frequent); got != want {
			t.Errorf("letter %d: %q, not %q", i, got, want)
		}
	}
	if few := frequentReasons(letters[:9], nil); few != nil {
		t.Errorf("of nine: %q", few)
	}
}

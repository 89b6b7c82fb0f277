package render

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// texts are all texts of a report.
func texts(r *report) []string {
	var all []string
	for _, f := range r.Cover {
		all = append(all, f.Label, f.Text)
	}
	for _, ch := range r.Chapters {
		all = append(all, ch.Title)
		for _, b := range ch.Blocks {
			switch b := b.(type) {
			case para:
				all = append(all, b.Text)
			case note:
				all = append(all, b.Text)
			case heading:
				all = append(all, b.Title)
			case label:
				all = append(all, b.Text)
			case item:
				all = append(all, b.Text)
			case *facts:
				for _, f := range b.List {
					all = append(all, f.Text)
				}
			case table:
				all = append(all, b.Name)
				for _, row := range b.Rows {
					for _, c := range row {
						all = append(all, c.Text)
					}
				}
			case figure:
				all = append(all, b.Title, b.Alt)
			case rawField:
				all = append(all, b.Head, b.Why, b.More)
			}
		}
	}
	return all
}

// Nothing hidden gets into a report, whatever the case holds.
func TestReportShowsWhatHides(t *testing.T) {
	for _, s := range hostileStrings() {
		for _, text := range texts(newReport(hostileCase(s), nil)) {
			checkVisible(t, text, false)
		}
	}
}

// Every link of a report leads to a place in it, every place is there once, and every
// table has as many cells in a row as columns.
func TestReportHoldsTogether(t *testing.T) {
	for name, c := range map[string]*casefile.Case{"case": pdfCase(), "full": fullCase(), "large": largeCase(), "empty": emptyCase()} {
		r := newReport(c, nil)
		ids := r.ids()
		var seen []string
		link := func(id string) {
			if id != "" && !ids[id] {
				t.Errorf("%s: a link leads to %q, which is not there", name, id)
			}
		}
		for _, ch := range r.Chapters {
			seen = append(seen, ch.ID)
			for _, b := range ch.Blocks {
				switch b := b.(type) {
				case heading:
					if b.ID != "" {
						seen = append(seen, b.ID)
					}
				case *facts:
					for _, f := range b.List {
						link(f.Link)
					}
				case table:
					for _, row := range b.Rows {
						if len(row) != len(b.Columns) {
							t.Errorf("%s: a row of %s has %d cells, its head %d", name, b.Name, len(row), len(b.Columns))
						}
						for _, c := range row {
							link(c.Link)
						}
					}
				}
			}
		}
		slices.Sort(seen)
		if n := len(seen); len(slices.Compact(seen)) != n {
			t.Errorf("%s: a place has a name that another has too", name)
		}
	}
}

func TestReportTells(t *testing.T) {
	all := strings.Join(texts(newReport(fullCase(), nil)), "\n")
	for _, want := range []string{
		"431 messages came in: 20 spam messages as received, 377 bounces, 34 complaints.", "The whole run: an estimated 40,000 to 70,000 messages. By the share of dead addresses that bounces show.",
		"dept.college.example, chem.other.example. Anyone can write any name there", "Germany, Japan", "1 letter is noted as sent", "8 distinct paths over 112 samples", "Path 1: 60 samples",
		"97 samples, between", "an estimated 9,000 to 15,000 messages", "the abuse contact of the narrowest network", "RT-OLDER123", "8 random letters",
		strings.Repeat("0", 61) + "181", // the head of the chain
		"samples added", "of which 8 exemplars are shown",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

// A large case stays a document that a person can read, and names every relay.
func TestReportOfALargeCase(t *testing.T) {
	c := largeCase()
	r := newReport(c, nil)
	figures, quoted := 0, 0
	for _, ch := range r.Chapters {
		for _, b := range ch.Blocks {
			switch b.(type) {
			case figure:
				figures++
			case rawField:
				quoted++
			}
		}
	}
	if figures > maxExemplars+3 || quoted > 2*maxRelays+40*maxExemplars {
		t.Errorf("%d pictures, %d quoted fields", figures, quoted)
	}
	all := strings.Join(texts(r), "\n")
	for i := range c.Relays {
		if !strings.Contains(all, c.Relays[i].IP.String()) {
			t.Fatalf("relay %s is not named", c.Relays[i].IP)
		}
	}
	for _, want := range []string{"100,000, of which 1,000 exemplars are shown", "880 rarer paths stand", "850 more relays stand", "The digests of the other 99,000 samples stand in samples.ndjson", "kept in case.db; “relaytrace export --evidence” copies it to evidence/"} {
		if !strings.Contains(all, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

// The whole header is quoted when the sample is to hand and is the one of the case.
func TestReportQuotesHeaders(t *testing.T) {
	c := pdfCase()
	c.Samples = c.Samples[:1]
	hops := c.Samples[0].Path.Hops
	var b strings.Builder
	b.WriteString("Return-Path: <x>\r\n")
	for i := range hops {
		hops[i].Line = strings.Count(b.String(), "\n") + 1
		b.WriteString("Received:" + hops[i].Raw + "\r\n")
	}
	b.WriteString("Subject: caf\xe9 \u202e\r\nX-Odd: 1\r\n\r\nbody\r\n")
	for _, tt := range []struct {
		name string
		data string
		want bool
	}{{"whole", b.String(), true}, {"none", "", false}, {"another", "Subject: x\r\n\r\n", false}} {
		var lines []rawLine
		r := newReport(c, func(int) []byte { return []byte(tt.data) })
		for _, bl := range r.Chapters[slices.IndexFunc(r.Chapters, func(c *chapter) bool { return c.ID == "samples" })].Blocks {
			if f, ok := bl.(rawField); ok {
				lines = append(lines, f.Lines...)
			}
		}
		got := false
		for i, l := range lines {
			got = got || l.Text == `Subject: caf\xe9 `+"\u202e"
			if tt.want && l.Number != i+1 {
				t.Errorf("%s: line %d stands at %d", tt.name, l.Number, i+1)
			}
			if strings.Contains(l.Text, "body") {
				t.Errorf("%s: the body is quoted", tt.name)
			}
		}
		if got != tt.want {
			t.Errorf("%s: the header is quoted: %t", tt.name, got)
		}
	}
}

func TestSpansAndSegments(t *testing.T) {
	for _, tt := range []struct {
		raw    string
		quotes []string
		want   string
	}{
		{"Received: from a by b", []string{"from a"}, "Received: [from a] by b"},
		{"Received: from a by b", []string{"from a", "a by", "b"}, "Received: [from a by] b"},
		{"Received: \txy  ", []string{"xy"}, "Received: ⇥[xy]<U+0020><U+0020>"},
		{"Received: \tx  ", []string{"x  "}, "Received: ⇥[x<U+0020><U+0020>]"},
		{"a⇥b", []string{"not there", ""}, "a<U+21E5>b"},
		{"", []string{"x"}, ""},
	} {
		l := rawLine{Text: tt.raw, Marks: spansOf(tt.raw, tt.quotes)}
		var got strings.Builder
		for _, s := range l.segments(Visible) {
			if s.Mark {
				got.WriteString("[" + s.Text + "]")
			} else {
				got.WriteString(s.Text)
			}
		}
		if got.String() != tt.want {
			t.Errorf("%q with %q: %s, want %s", tt.raw, tt.quotes, got.String(), tt.want)
		}
	}
}

func TestClockWords(t *testing.T) {
	c := pdfCase()
	r := &c.Relays[0]
	for _, tt := range []struct {
		gaps []int64
		want string
	}{
		{[]int64{14, 90}, "gap 14 (sample 1, the smallest gap)"}, {[]int64{90, 14}, "gap 14 (sample 2, the smallest gap)"},
		{[]int64{14, -60}, "gap -60 (sample 2)"}, {nil, ""},
	} {
		for i := range r.Seen {
			r.Seen[i].Clock = nil
			if i < len(tt.gaps) {
				r.Seen[i].Clock = &casefile.ClockBounds{GapSeconds: tt.gaps[i], Text: "gap " + thousands(int(tt.gaps[i]))}
			}
		}
		if got := clockWords(c, r); got != tt.want {
			t.Errorf("gaps %v: %q, want %q", tt.gaps, got, tt.want)
		}
	}
	r.Seen[0].Clock = &casefile.ClockBounds{GapSeconds: 1, Text: "x"}
	c.Samples[0].Path.Hops[2].Standing = trace.Unverified
	if got := clockWords(c, r); got != "" {
		t.Errorf("an unverified stamp bounds a clock: %q", got)
	}
}

func TestVolumeOf(t *testing.T) {
	first := time.Date(2002, 8, 22, 17, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		hours int
		step  string
	}{{1, "hour"}, {200, "hour"}, {400, "6 hours"}, {24 * 100, "day"}, {24 * 1000, "7 days"}, {24 * 3000, "30 days"}, {24 * 20000, "365 days"}} {
		in := incidentOf(first, tt.hours)
		v, ok := volumeOf(in.Hours)
		if !ok || v.stepWords() != tt.step || len(v.bars) > maxBars {
			t.Errorf("%d hours: %t, %d bars, each %s", tt.hours, ok, len(v.bars), v.stepWords())
		}
		want, got := 0, 0
		for _, h := range in.Hours {
			want += h.Samples + h.Bounces
		}
		for _, b := range v.bars {
			got += b.samples + b.bounces
		}
		if got != want {
			t.Errorf("%d hours: %d of %d are in the bars", tt.hours, got, want)
		}
		checkDrawing(t, drawVolume(paperFonts, v, 170))
	}
	if _, ok := volumeOf([]casefile.Hour{{Start: "never", Samples: 1}}); ok {
		t.Error("an hour without a time was drawn")
	}
}

func TestNiceStep(t *testing.T) {
	for most, want := range map[int]int{1: 1, 5: 1, 6: 2, 11: 2, 12: 5, 31: 10, 100: 20, 12_345: 5_000} {
		if got := niceStep(most); got != want {
			t.Errorf("niceStep(%d) = %d, want %d", most, got, want)
		}
	}
}

func TestMap(t *testing.T) {
	c := largeCase()
	marks, unknown := marksOf(c)
	if len(marks) != 10 || unknown == 0 || marks[0].relays < marks[9].relays {
		t.Errorf("%d countries, %d hosts in none: %+v", len(marks), unknown, marks)
	}
	checkDrawing(t, drawMap(paperFonts, marks, 170))
	// Those that are only claimed, and those that are cleared, are on no map.
	c = pdfCase()
	c.Sources = nil
	c.Relays[0].Certainty = trace.Claimed
	if marks, _ := marksOf(c); len(marks) > 0 {
		t.Errorf("a relay that is only claimed is drawn: %+v", marks)
	}
	// All countries at once: nothing falls off the map.
	var all []casefile.Source
	for code := range world().countries {
		all = append(all, casefile.Source{IP: netip.MustParseAddr("192.0.2.1"), Record: enrich.Record{Countries: []enrich.Country{{Code: code}}}})
	}
	c.Sources = all
	marks, _ = marksOf(c)
	checkDrawing(t, drawMap(paperFonts, marks, 170))
}

func TestWorldTable(t *testing.T) {
	w := world()
	if len(w.countries) < 240 || len(w.land) < 50 {
		t.Errorf("%d countries, %d rings", len(w.countries), len(w.land))
	}
	for _, ring := range w.land {
		for i, p := range ring {
			if q := ring[(i+1)%len(ring)]; p.lon < -180 || p.lon > 180 || p.lat < -90 || p.lat > 90 || abs(p.lon-q.lon) > 180 {
				t.Errorf("a ring goes from %v to %v", p, q)
			}
		}
	}
	// Middles that everybody knows, to a few degrees.
	for code, want := range map[string]place{"NO": {14, 64}, "BR": {-53, -11}, "JP": {138, 37}, "SG": {104, 1}} {
		if at := w.countries[code].at; abs(at.lon-want.lon) > 4 || abs(at.lat-want.lat) > 4 {
			t.Errorf("%s lies at %v", code, at)
		}
	}
	if countryName("NL") != "Netherlands" || countryName("ZZ") != "ZZ" || countryName("") != "" {
		t.Error("names of countries")
	}
}

func abs(v float64) float64 { return max(v, -v) }

// The shapes of a map and of a chart, as the screen gets them.
func TestDrawingGoldens(t *testing.T) {
	marks, _ := marksOf(fullCase())
	v, _ := volumeOf(fullCase().Incident.Hours[:40])
	p := withheldPath()
	for name, d := range map[string]drawing{
		"map": drawMap(screenFonts, marks, 170), "volume": drawVolume(screenFonts, v, 170), "path": drawPath(screenFonts, &p, 170), "legend": drawLegend(screenFonts, 170),
	} {
		svg := strings.ReplaceAll(d.svg("id", "a <title>"), "><", ">\n<") + "\n"
		goldenFile(t, filepath.Join("testdata", "svg", name+".svg"), []byte(svg))
	}
}

package render

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/trace"
)

var updatePictures = flag.Bool("update-pictures", false, "write the goldens of pictures anew")

// checkDrawing fails unless everything stands inside the picture and can be shown.
func checkDrawing(t *testing.T, d drawing) {
	t.Helper()
	const slack = 0.5
	for _, s := range d.shapes {
		var x1, y1, x2, y2 float64
		switch s := s.(type) {
		case box:
			x1, y1, x2, y2 = s.x, s.y, s.x+s.w, s.y+s.h
		case line:
			x1, y1, x2, y2 = min(s.x1, s.x2), min(s.y1, s.y2), max(s.x1, s.x2), max(s.y1, s.y2)
		case disc:
			x1, y1, x2, y2 = s.x-s.radius, s.y-s.radius, s.x+s.radius, s.y+s.radius
		case polygon:
			x1, y1, x2, y2 = slices.Min(s.xs), slices.Min(s.ys), slices.Max(s.xs), slices.Max(s.ys)
		case text:
			x1, y1, x2, y2 = s.x, s.top(), s.x+s.face.width(s.s, s.size), s.y
			checkVisible(t, s.s, false)
		}
		if x1 < -slack || y1 < -slack || x2 > d.w+slack || y2 > d.h+slack {
			t.Errorf("%+v is outside of a picture of %.0f x %.0f mm", s, d.w, d.h)
		}
	}
}

// said is every text of a picture, a line each.
func said(d drawing) string {
	var lines []string
	for _, s := range d.shapes {
		if s, ok := s.(text); ok {
			lines = append(lines, s.s)
		}
	}
	return strings.Join(lines, "\n")
}

func TestDrawPathSays(t *testing.T) {
	for _, tt := range []struct {
		name string
		path trace.Path
		want []string
		not  []string
	}{
		{"withheld", withheldPath(), []string{"RELAY", "PREVIOUS HOP WITHHELD", "?", "calls itself “cheap-pills” (a claim)", "the boundary", relayIP, "its own field withholds the previous hop"}, []string{"NOT BELIEVED"}},
		{"origin", originPath(), []string{"THE TRAIL ENDS HERE", "192.0.2.99", "its own field records the previous hop"}, []string{"WITHHELD"}},
		{"silent", silentPath(), []string{"SOURCE OR SILENT RELAY", silentIP, "it added no field of its own"}, []string{"\nRELAY"}},
		{"forged", forgedPath(), []string{"no link: nothing ties field 1 to the host above", "NOT BELIEVED: field 2 is contradicted", "BYSTANDER", "named here, not accused", "SOURCE OR RELAY", "only claimed, by field 1"}, nil},
		{"claimed", claimedPath(), []string{"RELAY, BY A CLAIM", "THE TRAIL ENDS HERE, BY A CLAIM"}, []string{"RELAY\n"}},
		{"none", noTracePath(), []string{"no hand-over to draw"}, nil},
		{"withheld, unverified", unverifiedOwn(withheldPath()), []string{"RELAY OR SOURCE", "an unverified field withholds the previous hop", "PREVIOUS HOP WITHHELD, BY A CLAIM"}, []string{"its own field"}},
		{"recorded, unverified", unverifiedOwn(originPath()), []string{"RELAY OR SOURCE", "an unverified field records the previous hop"}, []string{"its own field"}},
	} {
		d := drawPath(paperFonts, &tt.path, 170)
		checkDrawing(t, d)
		words := said(d)
		for _, w := range tt.want {
			if !strings.Contains(words, w) {
				t.Errorf("%s: lacks %q in\n%s", tt.name, w, words)
			}
		}
		for _, w := range tt.not {
			if strings.Contains(words, w) {
				t.Errorf("%s: says %q", tt.name, w)
			}
		}
	}
}

// unverifiedOwn takes the belief from the relay's own field.
func unverifiedOwn(p trace.Path) trace.Path {
	p.Hops[p.Relays[0].Own].Standing = trace.Unverified
	return p
}

// Nothing that is contradicted is drawn solid, and nothing unverified either.
func TestDrawPathStrokes(t *testing.T) {
	for _, tt := range []struct {
		standing trace.Standing
		want     stroke
	}{
		{trace.Trusted, solid}, {trace.Corroborated, solid}, {trace.Unverified, dashed}, {trace.Contradicted, dotted},
	} {
		p := pdfPath(trace.EndOrigin, pdfHop(0, "mx.example", "192.0.2.1", "a.example", "a", tt.standing, trace.DisclosesAddress, ""))
		for _, s := range drawPath(paperFonts, &p, 170).shapes {
			if s, ok := s.(line); ok && s.arrow && s.stroke != tt.want {
				t.Errorf("a field that is %s has an arrow of stroke %d, want %d", tt.standing, s.stroke, tt.want)
			}
		}
	}
}

// What each kind of path looks like, shape by shape.
func TestDrawPathGoldens(t *testing.T) {
	for name, p := range map[string]trace.Path{
		"withheld": withheldPath(), "origin": originPath(), "silent": silentPath(), "forged": forgedPath(),
		"claimed": claimedPath(), "no-trace": noTracePath(), "long": longPath(40),
	} {
		var b strings.Builder
		d := drawPath(paperFonts, &p, 170)
		fmt.Fprintf(&b, "picture %.1f x %.1f\n", d.w, d.h)
		for _, s := range d.shapes {
			switch s := s.(type) {
			case box:
				fmt.Fprintf(&b, "box  %5.1f %5.1f  %.1f x %.1f fill %d border %d stroke %d\n", s.x, s.y, s.w, s.h, s.fill, s.border, s.stroke)
			case line:
				fmt.Fprintf(&b, "line %5.1f %5.1f  to %.1f %.1f tone %d stroke %d arrow %t\n", s.x1, s.y1, s.x2, s.y2, s.tone, s.stroke, s.arrow)
			case text:
				fmt.Fprintf(&b, "text %5.1f %5.1f  %s\n", s.x, s.y, s.s)
			}
		}
		file := filepath.Join("testdata", "pdf", name+".path.txt")
		if *updatePictures {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-golden +now):\n%s", name, diff)
		}
	}
}

func TestDrawPathFolds(t *testing.T) {
	for _, n := range []int{1, 2, 11, 12, 13, 40, 500} {
		p := longPath(n)
		d := drawPath(paperFonts, &p, 170)
		checkDrawing(t, d)
		arrows := 0
		for _, s := range d.shapes {
			if s, ok := s.(line); ok && s.arrow {
				arrows++
			}
		}
		if arrows > maxDrawn {
			t.Errorf("%d fields: %d drawn", n, arrows)
		}
		words := said(d)
		for _, must := range []string{"the boundary", "THE TRAIL ENDS HERE"} {
			if !strings.Contains(words, must) {
				t.Errorf("%d fields: %q was folded away", n, must)
			}
		}
		if inside := n/3 - 1; inside > 0 && !strings.Contains(words, "inside the same side") {
			t.Errorf("%d fields: the steps above the boundary are not told", n)
		}
		if n > 2*maxDrawn && !strings.Contains(words, fmt.Sprintf("of %d fields are drawn", n)) {
			t.Errorf("%d fields: the count is not told", n)
		}
	}
}

func TestWrapLosesNothing(t *testing.T) {
	for _, s := range hostileStrings() {
		for _, width := range []float64{3, 20, 170} {
			lines := wrap(paperFonts.sans, 8, width, s)
			got := strings.Join(lines, "")
			want := paperFonts.sans.show(s)
			if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
				t.Errorf("width %.0f: %.60q became %.60q", width, want, got)
			}
			for _, l := range lines {
				if w := paperFonts.sans.width(l, 8); w > width+0.01 && len(units(l)) > 1 {
					t.Errorf("a line of %.1f mm in %.0f: %.60q", w, width, l)
				}
			}
		}
	}
}

// A host that nothing but an unverified field names stands behind a dashed border, as the
// legend has it, and the colour of a charge marks none but a relay, the end of a trail, and
// a previous hop that a believed field leaves out.
func TestDrawPathMarksNobodyByAClaim(t *testing.T) {
	p := trace.Path{
		Hops: []trace.Hop{
			pdfHop(0, "mx.example", "192.0.2.1", "a.example", "a", trace.Trusted, trace.DisclosesAddress, ""),
			pdfHop(1, "c.example", "192.0.2.2", "b.example", "b", trace.Unverified, trace.DisclosesAddress, "none"),
			pdfHop(2, "d.example", "", "", "e.example", trace.Unverified, trace.DisclosesHELO, "none"),
		},
		Boundary:   &trace.Boundary{Hop: 0, IP: netip.MustParseAddr("192.0.2.1"), By: "mx.example"},
		Origin:     &trace.Origin{Hop: 0, IP: netip.MustParseAddr("192.0.2.1"), Certainty: trace.Recorded},
		Ends:       trace.EndUnexplained,
		Bystanders: []trace.Bystander{{Name: "e.example", Hop: 2, Why: "unverified-claim"}},
	}
	d := drawPath(paperFonts, &p, 170)
	boxes, charged := 0, 0
	for _, s := range d.shapes {
		switch s := s.(type) {
		case box:
			boxes++
			if s.border == alarm {
				charged++
			} else if boxes > 2 && s.stroke != dashed {
				t.Errorf("box %d, named by an unverified field alone, has a border of stroke %d", boxes, s.stroke)
			}
		case text:
			if s.s == "BYSTANDER" && s.tone == alarm {
				t.Error("a bystander has the colour of a charge")
			}
		}
	}
	if boxes != 6 || charged != 1 {
		t.Errorf("%d boxes, %d of them marked; want 6 and 1:\n%s", boxes, charged, said(d))
	}
	for why, want := range map[string]string{"relay-or-backup-mx": "NOT ACCUSED", "own-provider": "NO RELAY", "forged-field": "BYSTANDER"} {
		if head, _ := bystanderWordsOf(why); head != want {
			t.Errorf("%s is headed %q, want %q", why, head, want)
		}
	}
}

package render

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/jung-kurt/gofpdf"
)

// The widths that layout reckons with must be those that the backend sets.
func TestFaceWidthAgreesWithBackend(t *testing.T) {
	pdf := gofpdf.New("P", "mm", "A4", "")
	for _, f := range paperFonts.faces() {
		pdf.AddUTF8FontFromBytes(f.family, f.style, bytes.Clone(f.ttf))
		pdf.SetFont(f.family, f.style, 10)
		for _, s := range []string{"", "mail.example.org [192.0.2.7]", "Größe Ωμέγα Жук … → ↪ ⇥ −"} {
			want, got := pdf.GetStringWidth(s), f.width(s, 10)
			if math.Abs(want-got) > 0.05 {
				t.Errorf("%s%s: width of %q = %.3f mm, backend says %.3f", f.family, f.style, s, got, want)
			}
		}
	}
}

func TestFaceCovers(t *testing.T) {
	for _, f := range paperFonts.faces() {
		for _, r := range "Az09~éЖΩ…→↪⇥−“”·—" {
			if !f.covers(r) {
				t.Errorf("%s%s does not cover %q, which the case file uses", f.family, f.style, r)
			}
		}
		for _, r := range []rune{'中', '한', 'ש', 'ع', '😀', 0xFFFF, 0x10FFFF, -1, '\n'} {
			if f.covers(r) {
				t.Errorf("%s%s claims to cover %U", f.family, f.style, r)
			}
		}
	}
}

func TestFaceShow(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"},
		{"中", "<U+4E2D>"},
		{"a😀b", "a<U+1F600>b"},
		{"x\u202ey", "x<U+202E>y"},
		{"caf\xe9", "caf<0xE9>"},
		{"שלום", "<U+05E9><U+05DC><U+05D5><U+05DD>"},
		{"Жук", "Жук"},
	} {
		if got := paperFonts.sans.show(tt.in); got != tt.want {
			t.Errorf("show(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestReadAdvancesRefusesBrokenFonts(t *testing.T) {
	for _, font := range [][]byte{nil, []byte("not a font"), dejavuHead(400), dejavuHead(4000)} {
		if _, err := readAdvances(font); err == nil {
			t.Errorf("a broken font of %d bytes was read", len(font))
		}
	}
}

func dejavuHead(n int) []byte { return bytes.Clone(paperFonts.sans.ttf[:n]) }

// Another font fills what a face lacks, within a run of text.
func TestFontsForWhatIsLacking(t *testing.T) {
	more, err := NewFont(paperFonts.sans.ttf)
	if err != nil {
		t.Fatal(err)
	}
	const r = 'Ꭰ' // Cherokee: in neither face, so that a second font stands in for one that has it
	lacking := &face{family: "x", advances: func() []int {
		a := make([]int, 1<<16)
		for i := range a {
			a[i] = -1
		}
		a['a'] = 600
		return a
	}}
	f := (&fonts{sans: lacking, bold: lacking, mono: lacking}).with([]*Font{more})
	runs := f.sans.runs("aébca")
	var got []string
	for _, x := range runs {
		got = append(got, x.face.family+":"+x.s)
	}
	if want := []string{"x:a", "more0:ébc", "x:a"}; !slices.Equal(got, want) {
		t.Errorf("runs %q, want %q", got, want)
	}
	if !f.sans.covers('é') || f.sans.covers(r) || lacking.covers('é') {
		t.Error("covers")
	}
	if w, want := f.sans.width("aé", 10), lacking.width("a", 10)+paperFonts.sans.width("é", 10); math.Abs(w-want) > 0.001 {
		t.Errorf("width %f, want %f", w, want)
	}
}

func TestNewFontRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("not a font at all"), "a collection": append([]byte("ttcf"), make([]byte, 40)...),
		"CFF": append([]byte("OTTO"), make([]byte, 40)...), "cut": paperFonts.sans.ttf[:5000],
	} {
		if _, err := NewFont(data); err == nil {
			t.Errorf("%s was taken for a font", name)
		}
	}
}

func FuzzNewFont(f *testing.F) {
	f.Add(dejavuHead(400))
	f.Add([]byte("ttcf"))
	f.Add(paperFonts.mono.ttf[:20000])
	f.Fuzz(func(t *testing.T, data []byte) {
		font, err := NewFont(data)
		if (font == nil) == (err == nil) {
			t.Errorf("font %v, error %v", font, err)
		}
	})
}

func BenchmarkNewFont(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewFont(paperFonts.sans.ttf); err != nil {
			b.Fatal(err)
		}
	}
}

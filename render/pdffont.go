package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-fonts/dejavu/dejavusansmono"
	"github.com/jung-kurt/gofpdf"
)

// face is one font face: what it can draw and how wide. Its glyph table is read from
// the font once; a face is safe for concurrent use.
type face struct {
	family, style string       // as the PDF backend knows it
	ttf           []byte       // never written to; the backend gets a copy
	advances      func() []int // by rune up to U+FFFF, in 1/1000 em; -1 where no glyph is
	more          []*face      // for what the face lacks
	all           bool         // shows every letter: a screen finds it in another font
}

// fonts are the faces that a document is set in.
type fonts struct{ sans, bold, mono *face }

// paperFonts are those of paper: DejaVu, which has Latin, Greek, Cyrillic and more.
var paperFonts = &fonts{
	sans: newFace("sans", "", dejavusans.TTF),
	bold: newFace("sans", "B", dejavusansbold.TTF),
	mono: newFace("mono", "", dejavusansmono.TTF),
}

// screenFonts measure as paper does and show every script, since a screen has fonts of its own.
var screenFonts = &fonts{
	sans: &face{advances: paperFonts.sans.advances, all: true},
	bold: &face{advances: paperFonts.bold.advances, all: true},
	mono: &face{advances: paperFonts.mono.advances, all: true},
}

// with returns the faces with others for what they lack, the first that has it.
func (f *fonts) with(more []*Font) *fonts {
	if len(more) == 0 {
		return f
	}
	var faces []*face
	for i, m := range more {
		// Each document counts them anew: a face has no name of its own.
		faces = append(faces, &face{family: fmt.Sprintf("more%d", i), ttf: m.face.ttf, advances: m.face.advances})
	}
	add := func(x *face) *face {
		y := *x
		y.more = faces
		return &y
	}
	return &fonts{sans: add(f.sans), bold: add(f.bold), mono: add(f.mono)}
}

// faces lists every face, in the order in which a document embeds them.
func (f *fonts) faces() []*face { return []*face{f.sans, f.bold, f.mono} }

func newFace(family, style string, ttf []byte) *face {
	f := &face{family: family, style: style, ttf: ttf}
	f.advances = sync.OnceValue(func() []int {
		a, err := readAdvances(ttf)
		if err != nil {
			panic(fmt.Sprintf("font %s%s: %v", family, style, err)) // the fonts are ours: a fault is one of the build
		}
		return a
	})
	return f
}

// Font is a TrueType font for what the built-in faces lack, Chinese, Japanese and Korean
// above all. It is safe for concurrent use.
type Font struct{ face *face }

// maxFont bounds a font, in bytes.
const maxFont = 64 << 20

// NewFont reads a TrueType font with outlines of the kind glyf and a Unicode character map; collections and fonts of
// the kind CFF cannot be used.
func NewFont(ttf []byte) (*Font, error) {
	if len(ttf) > maxFont {
		return nil, errors.New("the font is too large")
	}
	if len(ttf) < 12 || u32(ttf, 0) != 0x00010000 && string(ttf[:4]) != "true" {
		return nil, errors.New("not a TrueType font (.ttf); collections (.ttc) and CFF fonts (.otf) cannot be used")
	}
	a, err := readAdvances(ttf)
	if err != nil {
		return nil, err
	}
	if err := tryFont(ttf, a); err != nil {
		return nil, err
	}
	return &Font{&face{ttf: ttf, advances: func() []int { return a }}}, nil
}

// tryFont sets one letter in a font: the backend takes any bytes for one, and fails only
// when the document is whole.
func tryFont(ttf []byte, advances []int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the font is damaged, or of a kind that cannot be used")
		}
	}()
	r := slices.IndexFunc(advances, func(w int) bool { return w > 0 })
	if r < 0 {
		return errors.New("the font has no letters")
	}
	pdf := gofpdf.New("P", "mm", "A4", "")
	pdf.AddUTF8FontFromBytes("try", "", bytes.Clone(ttf))
	pdf.AddPage()
	pdf.SetFont("try", "", 10)
	pdf.Text(10, 10, string(rune(r)))
	return pdf.Output(io.Discard)
}

// covers reports whether the face, or the one for what it lacks, draws r in its right
// place. Right-to-left letters are not covered, since the backends set them in the wrong
// order, nor is anything above U+FFFF, which the PDF backend cannot write.
func (f *face) covers(r rune) bool {
	return !rightToLeft(r) && (f.all || f.drawnBy(r) != nil)
}

func (f *face) lacks(r rune) bool { return !f.covers(r) }

// drawnBy is the face that has a glyph for r: this one, or one of those for what it lacks;
// nil when none has.
func (f *face) drawnBy(r rune) *face {
	if f.has(r) {
		return f
	}
	for _, m := range f.more {
		if m.has(r) {
			return m
		}
	}
	return nil
}

// has reports whether the face itself has a glyph for r.
func (f *face) has(r rune) bool {
	a := f.advances()
	return r >= 0 && int(r) < len(a) && a[r] >= 0
}

// width is the width of s in millimetres at size points.
func (f *face) width(s string, size float64) float64 {
	a := f.advances()
	sum := 0
	for _, r := range s {
		if int(r) < len(a) && a[r] >= 0 {
			sum += a[r]
		} else if by := f.drawnBy(r); by != nil {
			sum += by.advances()[r]
		} else if f.all {
			sum += 1000 // as wide as high: most of what the paper's faces lack is Chinese or alike
		}
	}
	return float64(sum) / 1000 * size * mmPerPoint
}

// mmPerPoint is the size of a point, 1/72 inch, in millimetres.
const mmPerPoint = 25.4 / 72

// run is a part of a text that one face draws.
type run struct {
	face *face
	s    string
}

// runs splits what show has made by the faces that draw it.
func (f *face) runs(s string) []run {
	if len(f.more) == 0 || plain(s) {
		return []run{{f, s}}
	}
	var out []run
	start, now := 0, f
	for i, r := range s {
		want := f.drawnBy(r)
		if want == nil {
			want = f // shows nothing; show has let no such letter through
		}
		if want != now && i > start {
			out = append(out, run{now, s[start:i]})
			start = i
		}
		now = want
	}
	return append(out, run{now, s[start:]})
}

// show returns s as one line that the face can draw whole: what Visible hides and
// what the face lacks are both shown as code points.
func (f *face) show(s string) string {
	if plain(s) {
		return s
	}
	if s = Visible(s); !strings.ContainsFunc(s, f.lacks) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if f.covers(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(codePoint(r))
		}
	}
	return b.String()
}

// rightToLeft reports whether r belongs to a script written from right to left.
func rightToLeft(r rune) bool {
	const first = 0x0590 // the Hebrew ones come first; most text ends here
	return r >= first && (unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana,
		unicode.Nko, unicode.Samaritan, unicode.Mandaic) ||
		r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFF)
}

// readAdvances reads the advance width of every rune up to U+FFFF from a TrueType
// font, in 1/1000 em, -1 where the font has no glyph. It reads the Unicode character
// map of format 4 (OpenType specification, "cmap"), which every DejaVu face has.
func readAdvances(ttf []byte) (advances []int, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("truncated font table")
		}
	}()
	table := tables(slices.Clip(ttf)) // a place outside of it is a fault, whatever stands behind it in memory
	cmap, err := unicodeMap(table["cmap"])
	if err != nil {
		return nil, err
	}
	perEm := u16(table["head"], 18)
	metrics := u16(table["hhea"], 34)
	advances = make([]int, 1<<16)
	for r := range advances {
		g := cmap.glyph(r)
		if g == 0 {
			advances[r] = -1
			continue
		}
		advances[r] = (u16(table["hmtx"], 4*min(g, metrics-1))*1000 + perEm/2) / perEm
	}
	return advances, nil
}

// tables splits a TrueType font into its tables by tag.
func tables(ttf []byte) map[string][]byte {
	found := make(map[string][]byte)
	for i := range u16(ttf, 4) {
		entry := ttf[12+16*i:]
		at, size := u32(entry, 8), u32(entry, 12)
		found[string(entry[:4])] = ttf[at : at+size]
	}
	return found
}

// segments is a character map of format 4: runs of runes with a glyph rule each.
type segments struct {
	data  []byte
	count int
}

// unicodeMap finds the Windows Unicode map (platform 3, encoding 1) of a cmap table.
func unicodeMap(cmap []byte) (segments, error) {
	for i := range u16(cmap, 2) {
		entry := cmap[4+8*i:]
		sub := cmap[u32(entry, 4):]
		if u16(entry, 0) == 3 && u16(entry, 2) == 1 && u16(sub, 0) == 4 {
			return segments{data: sub, count: u16(sub, 6) / 2}, nil
		}
	}
	return segments{}, fmt.Errorf("no Unicode character map of format 4")
}

// glyph returns the glyph number of r, 0 when there is none.
func (s segments) glyph(r int) int {
	lo, hi := 0, s.count
	for lo < hi { // the first segment that ends at r or later
		if mid := (lo + hi) / 2; u16(s.data, 14+2*mid) < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == s.count {
		return 0
	}
	start := 16 + 2*s.count + 2*lo
	if u16(s.data, start) > r {
		return 0
	}
	delta := u16(s.data, start+2*s.count)
	ranges := start + 4*s.count
	offset := u16(s.data, ranges)
	if offset == 0 {
		return (r + delta) & 0xFFFF
	}
	g := u16(s.data, ranges+offset+2*(r-u16(s.data, start)))
	if g == 0 {
		return 0
	}
	return (g + delta) & 0xFFFF
}

func u16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
func u32(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }

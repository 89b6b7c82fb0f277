package render

import "strings"

// fit returns s as the face shows it, with its middle left out until it is at most
// width millimetres wide at size points.
func fit(f *face, size, width float64, s string) string {
	s = f.show(s)
	if f.width(s, size) <= width {
		return s
	}
	lo, hi := 5, min(len(s), 400) // 5 characters are the least that Middle leaves
	for lo < hi {
		if mid := (lo + hi + 1) / 2; f.width(Middle(s, mid), size) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return Middle(s, lo)
}

// wrap breaks s, as the face shows it, into lines at most width millimetres wide at
// size points: between words, and inside a word only when it is wider than a line.
// Line feeds of s are shown, so that it cannot pose as more than one text. Nothing is
// left out but the space at which a line breaks. There is at least one line.
func wrap(f *face, size, width float64, s string) []string {
	s = f.show(s)
	var lines []string
	space := f.width(" ", size)
	var now strings.Builder
	used := 0.0
	for i, word := range strings.Split(s, " ") {
		w := f.width(word, size)
		if i > 0 && used+space+w <= width {
			now.WriteString(" " + word)
			used += space + w
			continue
		}
		if i > 0 {
			lines = append(lines, now.String())
			now.Reset()
			used = 0
		}
		if w > width {
			pieces := chop(f, size, width, word)
			lines = append(lines, pieces[:len(pieces)-1]...)
			word = pieces[len(pieces)-1]
			w = f.width(word, size)
		}
		now.WriteString(word)
		used = w
	}
	return append(lines, now.String())
}

// chop cuts s hard into pieces at most width millimetres wide, the marks of code
// points kept whole.
func chop(f *face, size, width float64, s string) []string {
	var pieces []string
	var now strings.Builder
	used := 0.0
	for _, u := range units(s) {
		w := f.width(u, size)
		if used+w > width && now.Len() > 0 {
			pieces = append(pieces, now.String())
			now.Reset()
			used = 0
		}
		now.WriteString(u)
		used += w
	}
	return append(pieces, now.String())
}

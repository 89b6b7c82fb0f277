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
	begin, used := 0, 0.0 // of the line that is being filled
	for at := 0; at <= len(s); {
		n := strings.IndexByte(s[at:], ' ')
		if n < 0 {
			n = len(s) - at
		}
		word := s[at : at+n]
		w := f.width(word, size)
		next := at + n + 1
		if at > 0 && used+space+w <= width {
			used += space + w
			at = next
			continue
		}
		if at > 0 {
			lines = append(lines, s[begin:at-1])
		}
		begin, used = at, w
		if w > width {
			pieces := chop(f, size, width, word, ".-@/")
			last := pieces[len(pieces)-1]
			lines = append(lines, pieces[:len(pieces)-1]...)
			begin, used = at+n-len(last), f.width(last, size)
		}
		at = next
	}
	return append(lines, s[begin:])
}

// chop cuts s into pieces at most width millimetres wide, the marks of code points kept
// whole: behind the last of the characters in after that stands in the second half of
// a piece, or else where the line is full.
func chop(f *face, size, width float64, s, after string) []string {
	var pieces []string
	var now []string
	used := 0.0
	for _, u := range units(s) {
		w := f.width(u, size)
		for used+w > width && len(now) > 0 {
			cut := len(now)
			for k := len(now); k > len(now)/2; k-- {
				if len(now[k-1]) == 1 && strings.Contains(after, now[k-1]) {
					cut = k
					break
				}
			}
			pieces = append(pieces, strings.Join(now[:cut], ""))
			now = append(now[:0], now[cut:]...)
			used = f.width(strings.Join(now, ""), size)
		}
		now = append(now, u)
		used += w
	}
	return append(pieces, strings.Join(now, ""))
}

// chopOnce is as much of s, whole marks of code points, as is at most width millimetres
// wide at size points; it may be nothing.
func chopOnce(f *face, size, width float64, s string) string {
	used := 0.0
	end := 0
	for end < len(s) {
		n := unitLen(s[end:])
		used += f.width(s[end:end+n], size)
		if used > width+0.001 {
			break
		}
		end += n
	}
	return s[:end]
}

// Package render writes a case for people and for other programs: the case file as [PDF],
// as one page of [HTML] and as [Plain] text, all from one report; the draft letters; and the
// exports [CSV], [MISP] and [STIX]. It reads a Case and changes nothing, and it touches
// neither files nor the network. The same case gives the same bytes. No byte of a sample
// gets into a document unescaped: see [Visible].
package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one letter. Real writing needs
// two or three; a pile of them covers the lines above and below.
const maxMarks = 3

// Visible returns s with nothing hidden in it: every control, bidi, zero-width,
// format, private or unassigned character, and every space but U+0020, is shown as
// its code point, <U+202E>; every byte that is not UTF-8 as <0xE9>. Line ends are
// shown too, so the result is one line.
//
// The result is valid UTF-8. Visible of a result is the result again. Text that
// already spells such a mark is left as it is: the exact bytes are in the evidence.
func Visible(s string) string { return visible(s, false) }

// VisibleLines is Visible with line feeds kept; a CR before a line feed goes with it.
// A CR that stands alone is shown.
func VisibleLines(s string) string { return visible(s, true) }

func visible(s string, lines bool) string {
	var b strings.Builder
	done := 0 // all before it is in b
	marks := 0
	for i := 0; i < len(s); {
		if printable(s[i]) || lines && s[i] == '\n' {
			i++
			marks = 0
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		shown := ""
		switch {
		case r == utf8.RuneError && n == 1:
			shown = fmt.Sprintf("<0x%02X>", s[i])
		case lines && r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			// Told by the line feed that follows.
		case hidden(r) || marks > maxMarks:
			shown = codePoint(r)
		default:
			i += n
			continue
		}
		b.WriteString(s[done:i])
		b.WriteString(shown)
		i += n
		done = i
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// printable reports whether c is a printable character of ASCII.
func printable(c byte) bool { return c >= ' ' && c <= '~' }

// plain reports whether s is printable ASCII, which most header text is.
func plain(s string) bool {
	for i := range len(s) {
		if !printable(s[i]) {
			return false
		}
	}
	return true
}

// hidden reports whether a reader could miss r or be misled by it.
func hidden(r rune) bool {
	return !unicode.IsPrint(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// codePoint names r as the Unicode standard does, in angle brackets.
func codePoint(r rune) string { return fmt.Sprintf("<U+%04X>", r) }

// Stamp turns an RFC 3339 time into "2002-08-22 11:36:16 UTC". What is no such time
// comes back as Visible shows it, so that nothing a case holds is lost.
func Stamp(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return Visible(rfc3339)
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Middle shortens s, a text that Visible has made, to at most n characters by leaving
// out its middle, since both ends of a host name tell hosts apart. A code point's mark
// counts as one character and is never cut. An n below 5 is taken as 5.
func Middle(s string, n int) string {
	n = max(n, 5)
	if len(s) <= n {
		return s
	}
	u := units(s)
	if len(u) <= n {
		return s
	}
	head := (n - 1) / 2
	tail := n - 1 - head
	return strings.Join(u[:head], "") + "…" + strings.Join(u[len(u)-tail:], "")
}

// ending is s, or of a longer text the last n - 1 characters behind an ellipsis: of a file's
// name the part that tells.
func ending(s string, n int) string {
	u := units(s)
	if len(u) <= n {
		return s
	}
	return "…" + strings.Join(u[len(u)-n+1:], "")
}

// units splits a text that Visible has made into what must stay together: single
// characters, and whole marks such as <U+202E> and <0xE9>.
func units(s string) []string {
	u := make([]string, 0, len(s))
	for len(s) > 0 {
		n := unitLen(s)
		u = append(u, s[:n])
		s = s[n:]
	}
	return u
}

// unitLen is the length of the first of the units of s.
func unitLen(s string) int {
	if n := markLen(s); n > 0 {
		return n
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// markLen is the length of the mark that begins s, 0 when none does.
func markLen(s string) int {
	if !strings.HasPrefix(s, "<U+") && !strings.HasPrefix(s, "<0x") {
		return 0
	}
	end := strings.IndexByte(s[:min(len(s), len("<U+10FFFF>"))], '>')
	if end < 0 {
		return 0
	}
	for _, c := range []byte(s[3:end]) {
		if !('0' <= c && c <= '9' || 'A' <= c && c <= 'F') {
			return 0
		}
	}
	return end + 1
}

// count is "1 sample", "3 samples": a number with its noun in the right form.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// countOf is count with a comma before every three digits, for the case file; letters, which
// are written in many languages, do without.
func countOf(n int, one, many string) string {
	return thousands(n) + " " + oneOf(n == 1, one, many)
}

// thousands writes a number with a comma before every three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

package render

import (
	"strings"
	"unicode"
)

// letterColumns is the width of wrapped text. RFC 5322 section 2.1.1 asks for lines of at
// most 78 characters; an answer that quotes them needs a few.
const letterColumns = 72

// verbatim is how lines begin that are never wrapped: trace fields, keys, commands.
const verbatim = "    "

// join says how a line of a letter goes on.
type join int

const (
	ends      join = iota // the paragraph, item or verbatim line ends here
	atSpace               // it was wrapped at a space
	atNothing             // it was wrapped where no space stood, as Chinese and Japanese are
)

// textLine is one line of a letter that has been laid out.
type textLine struct {
	text   string // without indent
	indent int    // columns of hanging indent
	join   join
}

// layOut wraps paragraphs at 72 columns. A line that begins with four spaces stands as
// it is, one that begins with "- " or a digit and ")" is an item with a hanging indent,
// an empty line separates, and several are one.
func layOut(text string) []textLine {
	var out []textLine
	para, hang, gap := "", 0, false
	flush := func() {
		if para != "" {
			out = append(out, wrapLine(para, hang)...)
			para = ""
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		raw := strings.HasPrefix(line, verbatim)
		if line == "" || raw || itemMark(line) != "" {
			flush()
		}
		if line == "" {
			gap = len(out) > 0
			continue
		}
		if gap && para == "" {
			out = append(out, textLine{})
			gap = false
		}
		if raw {
			out = append(out, textLine{text: line})
			continue
		}
		if para == "" {
			para, hang = line, len(itemMark(line))
		} else {
			para = joinWords(para, line)
		}
	}
	flush()
	return out
}

// itemMark returns the mark that makes a line an item of a list, or nothing.
func itemMark(line string) string {
	if strings.HasPrefix(line, "- ") {
		return "- "
	}
	if len(line) > 3 && line[0] >= '0' && line[0] <= '9' && line[1:3] == ") " {
		return line[:3]
	}
	return ""
}

// joinWords puts two parts of a paragraph together, with a space unless both sides are of
// a script that is written without.
func joinWords(a, b string) string {
	last, first := lastRune(a), firstRune(b)
	if unspaced(last) && unspaced(first) {
		return a + b
	}
	return a + " " + b
}

func lastRune(s string) rune {
	var last rune
	for _, r := range s[max(0, len(s)-4):] {
		last = r
	}
	return last
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// atom is what a line may not be broken inside of.
type atom struct {
	text  string
	width int
	space bool // a space stands before it
}

// wrapLine breaks one paragraph into lines of at most 72 columns; a longer word, such as a
// host name that somebody will want to copy, stands whole on its own line.
func wrapLine(para string, hang int) []textLine {
	var out []textLine
	var b strings.Builder
	b.Grow(letterColumns)
	at, indent := 0, 0
	for i, a := range atoms(para) {
		gap := 0
		if a.space {
			gap = 1
		}
		if i > 0 && at+gap+a.width > letterColumns {
			how := atNothing
			if a.space {
				how = atSpace
			}
			out = append(out, textLine{text: b.String(), indent: indent, join: how})
			b.Reset()
			b.Grow(letterColumns)
			at, indent = hang, hang
		} else if i > 0 && a.space {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(a.text)
		at += a.width
	}
	return append(out, textLine{text: b.String(), indent: indent})
}

// atoms splits a paragraph where a line may be broken: at spaces, and between characters of
// scripts without spaces, but not before a closing mark nor after an opening one.
func atoms(para string) []atom {
	out := make([]atom, 0, 1+strings.Count(para, " "))
	opened := false
	for word := range strings.FieldsSeq(para) {
		// French sets spaces inside quotation marks and before tall marks.
		if n := len(out) - 1; n >= 0 && (opened || strings.Trim(word, ":;?!»") == "") {
			out[n].text += " " + word
			out[n].width += 1 + width(word)
			opened = word == "«"
			continue
		}
		opened = word == "«"
		begin, last, wide := 0, rune(0), 0
		space := len(out) > 0
		for i, r := range word {
			if i > 0 && (unspaced(last) || unspaced(r)) && !strings.ContainsRune(neverFirst, r) && !strings.ContainsRune(neverLast, last) {
				out = append(out, atom{word[begin:i], wide, space})
				begin, wide, space = i, 0, false
			}
			wide += columns(r)
			last = r
		}
		out = append(out, atom{word[begin:], wide, space})
	}
	return out
}

// Marks that begin no line and end none (the rules that Japanese calls kinsoku).
const (
	neverFirst = ",.;:!?)]}%”’、。，．・：；？！）」』】〉》〕ー々…ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
	neverLast  = "([{“‘（「『【〈《〔"
)

// unspaced reports whether r is of a script whose words no spaces part. Korean has spaces.
func unspaced(r rune) bool {
	const first = 0x2E80 // of the Chinese ones; most text ends here
	return r >= first && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
		r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFF60)
}

// columns is the width of r on a screen of fixed width.
func columns(r rune) int {
	switch {
	case r <= unicode.MaxLatin1:
		return 1
	case unspaced(r) || unicode.Is(unicode.Hangul, r):
		return 2
	case unicode.Is(unicode.Mn, r):
		return 0
	}
	return 1
}

// width is that of a word.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// plainText is the letter as it is read, with hanging indents.
func plainText(lines []textLine) string {
	var b strings.Builder
	b.Grow(len(lines) * letterColumns)
	for _, l := range lines {
		b.WriteString(strings.Repeat(" ", l.indent))
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return b.String()
}

// flowed is the letter in format=flowed (RFC 3676): a line that goes on ends in a space,
// one that begins like a quotation, with a space or with "From " is stuffed with a space.
// delsp tells whether that last space is to be deleted, which text without spaces between
// its words needs.
func flowed(lines []textLine) (text string, delsp bool) {
	for _, l := range lines {
		delsp = delsp || l.join == atNothing
	}
	var b strings.Builder
	b.Grow(len(lines) * letterColumns)
	for _, l := range lines {
		if strings.HasPrefix(l.text, " ") || strings.HasPrefix(l.text, ">") || strings.HasPrefix(l.text, "From ") {
			b.WriteByte(' ')
		}
		b.WriteString(l.text)
		if l.join == atSpace {
			b.WriteByte(' ')
		}
		if l.join != ends && delsp {
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String(), delsp
}

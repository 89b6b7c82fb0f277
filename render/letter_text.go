package render

import (
	"bytes"
	"embed"
	"fmt"
	"net/netip"
	"strings"
	"text/template"
	"unicode/utf8"
)

//go:embed templates/*.txt
var letterFiles embed.FS

var letterTemplates = template.Must(template.New("").
	Funcs(template.FuncMap{"count": count, "verbatim": verbatimLines, "more": func(n int) bool { return n > 1 }, "add": func(a, b int) int { return a + b }}).
	ParseFS(letterFiles, "templates/*.txt"))

// letterColumns is the width of wrapped text. RFC 5322 section 2.1.1 asks for lines of at
// most 78 characters; an answer that quotes them needs a few.
const letterColumns = 72

// verbatim is how lines begin that are never wrapped: trace fields, keys, commands.
const verbatim = "    "

// fillTemplate runs a template and lays out what it wrote.
func fillTemplate(name string, data any) (string, error) {
	var b bytes.Buffer
	if err := letterTemplates.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return layOut(b.String()), nil
}

// layOut wraps paragraphs at 72 columns. A line that begins with four spaces stands as
// it is, one that begins with "- " or a digit and ")" is an item with a hanging indent,
// an empty line separates, and several are one.
func layOut(text string) string {
	var out strings.Builder
	var para []string
	hang, gap := "", false
	flush := func() {
		if len(para) > 0 {
			wrapWords(&out, strings.Fields(strings.Join(para, " ")), hang)
			para = nil
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		raw := strings.HasPrefix(line, verbatim)
		if line == "" || raw || itemMark(line) != "" {
			flush()
		}
		if line == "" {
			gap = out.Len() > 0
			continue
		}
		if gap && len(para) == 0 {
			out.WriteByte('\n')
			gap = false
		}
		if raw {
			out.WriteString(line + "\n")
			continue
		}
		if len(para) == 0 {
			hang = strings.Repeat(" ", len(itemMark(line)))
		}
		para = append(para, line)
	}
	flush()
	return out.String()
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

// wrapWords writes words in lines of at most 72 columns; a longer word, such as a host name
// that somebody will want to copy, stands whole on its own line.
func wrapWords(out *strings.Builder, words []string, hang string) {
	width := 0
	for i, word := range words {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width+1+n > letterColumns:
			out.WriteString("\n" + hang)
			width = len(hang)
		default:
			out.WriteByte(' ')
			width++
		}
		out.WriteString(word)
		width += n
	}
	out.WriteByte('\n')
}

// oneLine makes s fit to stand in a letter: visible, white space folded, at most limit
// runes.
func oneLine(s string, limit int) string {
	s = atMost(s, 8*limit) // a hostile value is not worth more work
	s = strings.Join(strings.FieldsFunc(s, isSpace), " ")
	s = Visible(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + " [cut; the whole is in the evidence]"
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }

// atMost returns at most n bytes of s, whole runes.
func atMost(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// maxRaw bounds a quoted trace field in bytes. Genuine ones stay below 600.
const maxRaw = 4000

// fieldLines shows a header field as found, line by line, and nothing wrapped. Only
// tabs that begin a folded line are written as spaces: mail programs differ on tabs.
func fieldLines(name, body string) []string {
	shown := atMost(body, maxRaw)
	shown = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(shown)
	var lines []string
	for line := range strings.SplitSeq(name+":"+shown, "\n") {
		text := strings.TrimLeft(line, " \t")
		indent := strings.ReplaceAll(line[:len(line)-len(text)], "\t", "        ")
		if text = strings.TrimRight(text, " \t"); text != "" {
			lines = append(lines, indent+Visible(text))
		}
	}
	if len(shown) < len(body) && len(body) > maxRaw {
		lines = append(lines, fmt.Sprintf("[cut after %d of %d bytes; the whole field is in the evidence]", maxRaw, len(body)))
	}
	return lines
}

// verbatimLines turns lines into verbatim lines of a template's output.
func verbatimLines(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(verbatim + line + "\n")
	}
	return b.String()
}

// inWords joins words as a sentence does: "a", "a and b", "a, b and c".
func inWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// few is inWords with at most n words spelt out.
func few(words []string, n int) string {
	if len(words) <= n {
		return inWords(words)
	}
	return strings.Join(words[:n], ", ") + fmt.Sprintf(" and %d more", len(words)-n)
}

func firstOf(words ...string) string {
	for _, w := range words {
		if strings.TrimSpace(w) != "" {
			return w
		}
	}
	return ""
}

// sentence gives s a capital letter and a full stop.
func sentence(s string) string {
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// strangers returns the addresses that the prose of a letter names and may not: all
// but those allowed. Verbatim lines are evidence and not looked at.
func strangers(text string, allowed map[netip.Addr]bool) []string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, verbatim) {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if a, ok := wordAddress(word); ok && !allowed[a] {
				found = append(found, word)
			}
		}
	}
	return found
}

// allowAddresses adds every address that stands in texts.
func allowAddresses(allowed map[netip.Addr]bool, texts ...string) {
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			if a, ok := wordAddress(word); ok {
				allowed[a] = true
			}
		}
	}
}

// wordAddress reads a word of prose as an address, whatever punctuation is about it.
func wordAddress(word string) (netip.Addr, bool) {
	const marks = `.,;()[]<>"'*`
	a, err := netip.ParseAddr(strings.Trim(word, marks+":"))
	if err != nil {
		a, err = netip.ParseAddr(strings.Trim(word, marks)) // 2001:db8::
	}
	return a.Unmap(), err == nil
}

package render

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

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
	shown = bareLineFeeds.Replace(shown)
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

var bareLineFeeds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

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

// listed is at most n words with commas between, and the number of the others: a list for
// a subject, in any language.
func listed(words []string, n int) string {
	if len(words) <= n {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:n], ", ") + fmt.Sprintf(" (+%d)", len(words)-n)
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

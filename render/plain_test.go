package render

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainGoldens(t *testing.T) {
	for _, part := range []string{"summary", "letters", relayIP} {
		text, ok := Plain(fullCase(), part, 100)
		if !ok {
			t.Fatalf("%s: no such part", part)
		}
		goldenFile(t, filepath.Join("testdata", "plain", strings.ReplaceAll(part, ".", "-")+".txt"), []byte(text))
	}
	if _, ok := Plain(fullCase(), "192.0.2.254", 100); ok {
		t.Error("a host that is no relay has a part")
	}
}

func TestPlainShowsWhatHides(t *testing.T) {
	for _, s := range hostileStrings() {
		for _, part := range []string{"summary", "letters", relayIP} {
			text, _ := Plain(hostileCase(s), part, 80)
			checkLines(t, text)
		}
	}
}

func TestLinesOf(t *testing.T) {
	for _, s := range append(hostileStrings(), "", "a", "one two three", strings.Repeat("x", 300)) {
		s = Visible(s)
		for _, width := range []int{8, 20, 80} {
			lines := linesOf(s, width)
			if got, want := strings.Join(strings.Fields(strings.Join(lines, "")), ""), strings.Join(strings.Fields(s), ""); got != want {
				t.Errorf("width %d: %.60q became %.60q", width, want, got)
			}
			for _, l := range lines {
				if n := utf8.RuneCountInString(l); n > max(width, 10) {
					t.Errorf("a line of %d characters in %d: %.60q", n, width, l)
				}
			}
		}
	}
}

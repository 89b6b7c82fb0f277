package intake

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestBlanksOneByOne holds that white space is taken together without branches as it is
// character by character.
func TestBlanksOneByOne(t *testing.T) {
	slow := func(text string) string {
		out := ""
		for _, c := range text {
			switch {
			case !strings.ContainsRune(" \t\r\n\u00a0", c):
				out += string(c)
			case c == '\u00a0':
				out += " "
			case out != "" && !strings.HasSuffix(out, " "):
				out += " "
			}
		}
		return out
	}
	pieces := []string{"a", "two", "eight888", "seventeenletters1", " ", " ", "  ", "\n", "\r\n", "\t", "\x00", "\x0b", "\x7f", "\u00a0", "ü", "中", "\xff"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		text := ""
		for range r.IntN(12) {
			text += pieces[r.IntN(len(pieces))]
		}
		if got, rest := appendSpaced(nil, []byte(text), &inText); string(got) != slow(text) || len(rest) > 0 {
			t.Fatalf("%q: %q, want %q", text, got, slow(text))
		}
	}
}

// TestTags holds which tags make a difference, and that what is no tag stays.
func TestTags(t *testing.T) {
	for in, want := range map[string]string{
		"a<br>b<BR/>c<p class=x>d":             "a\nb\nc\nd",
		"a<BlockQuote>b</blockquote>c":         "a\nb\nc",
		"a<xxblockquote>b<xxxxxxxxbr>c<brr>d":  "abcd",
		"a<h1>b</h1>c<h5>d<1>e":                "a\nb\ncd<1>e",
		"a<:p>b<p:>c<b*>d<joe@example.org>e":   "abc<b*>d<joe@example.org>e",
		"a<!DOCTYPE x>b<?xml?>c<?xml >d":       "ab<?xml?>cd",
		"a<style>b<br>c</style>d<script>e":     "ad",
		"a&nbsp;&nbsp;b&amp;nbsp;c&nbspd&nbsp": "a  b&nbsp;c d ",
	} {
		if got := string(htmlText(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

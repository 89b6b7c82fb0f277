package intake

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestOwnLines holds that it makes no difference whether lines are shared with the text or
// copied out of it, and that the text is left alone.
func TestOwnLines(t *testing.T) {
	copied := func(text string) string {
		var b strings.Builder
		for pos := 0; pos < len(text); {
			l := lineAt([]byte(text), pos)
			pos = l.end
			if l.prefix > 0 {
				continue
			}
			if isForwardMark(l.text) || isSignatureMark(l.text) {
				break
			}
			b.Write(l.text)
			b.WriteByte('\n')
		}
		return b.String()
	}
	pieces := []string{"a", "one line\n", "another\r\n", "\n", "\r", "> quoted\n", "  > so too\n", "-- \n", "-----Original Message-----\n", "\r\r\n",
		"é\n", "été\r\n", "- item\n", "=41\n", "Original message:\n", "Original message:\u00a0 \n", "\u00a0=====Forwarded message=====\n", " __ Original message\r\n", "--\n"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		text := ""
		for range r.IntN(7) {
			text += pieces[r.IntN(len(pieces))]
		}
		data := []byte(text)
		got := ownLines(nil, data)
		if want := copied(text); string(got) != want {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
		enough := r.IntN(20)
		if some := ownLinesUntil(nil, data, enough); !bytes.HasPrefix(got, some) || len(some) < min(len(got), enough+1) {
			t.Fatalf("%q: %q are not %d bytes of %q", text, some, enough, got)
		}
		_ = append(got, "more"...)
		if string(data) != text {
			t.Fatalf("%q became %q", text, data)
		}
	}
}

// TestOrdinary holds that no line is ordinary that is quoted, or a mark, or stands above a quotation.
func TestOrdinary(t *testing.T) {
	pieces := []string{"a", "J", ">", "|", " ", "\t", ":", "-", "_", "=", "--", "é", "\u00a0", "\u0085", "\u2003", "\u3000", "\xa0", "Original message", "Joe wrote", "joe@a.example", ">>>"}
	r := rand.New(rand.NewPCG(1, 2))
	ordinary := 0
	for range 200_000 {
		text := ""
		for range 1 + r.IntN(6) {
			text += pieces[r.IntN(len(pieces))]
		}
		line := []byte(text)
		if !isOrdinary(line) {
			continue
		}
		ordinary++
		if quoteLength(line) > 0 || isForwardMark(line) || isSignatureMark(line) || isAttribution(line) {
			t.Fatalf("%q is no ordinary line", line)
		}
	}
	if ordinary < 10_000 {
		t.Errorf("%d lines are ordinary", ordinary)
	}
}

// TestIsLong holds that what tells that a text is long is the length of its writer's own lines,
// and that they are kept where it is not.
func TestIsLong(t *testing.T) {
	for _, front := range []string{"", "> quoted\n", strings.Repeat("> quoted\r\n", longWords)} {
		for _, line := range []string{"a\n", "a line\r\n", "- an item of a list\n", "> quoted\nb\n"} {
			for n := longWords - 2; n <= longWords+2; n++ {
				size := len(ownLines(nil, []byte(line)))
				own := strings.Repeat(line, longWords/size-2)
				own += strings.Repeat("b", n-2-size*(longWords/size-2)) + "\n> quoted\n\n"
				c := &cargo{prose: []byte(front + own)}
				want := string(ownLines(nil, c.prose))
				if len(want) != n {
					t.Fatalf("%d bytes, want %d", len(want), n)
				}
				if got := c.isLong(); got != (len(want) > longWords) || !got && string(c.words()) != want {
					t.Errorf("%d bytes behind %.10q: %v, and kept are %d", len(want), front, got, len(c.said))
				}
			}
		}
	}
}

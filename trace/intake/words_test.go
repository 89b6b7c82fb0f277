package intake

import (
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
	pieces := []string{"a", "one line\n", "another\r\n", "\n", "\r", "> quoted\n", "  > so too\n", "-- \n", "-----Original Message-----\n", "\r\r\n"}
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
		_ = append(got, "more"...)
		if string(data) != text {
			t.Fatalf("%q became %q", text, data)
		}
	}
}

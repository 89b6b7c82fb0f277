package intake

import (
	"bytes"
	"testing"
)

// TestUnfold holds that a field is put on one line in the same words, with room and without.
func TestUnfold(t *testing.T) {
	parts := []string{"", " ", "\t", "\n ", "\r\n\t", "a", "text/plain;", "\xe9", "\u00e9t\u00e9", "\u00a0", "\x85", "\x00", "\v"}
	r := &room{buf: make([]byte, 64)}
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				for _, d := range parts {
					body := []byte(a + b + c + d + "x" + b)
					want := bytes.Join(bytes.Fields(body), []byte(" "))
					r.used %= 48 // sometimes there is room, sometimes not
					if got := unfold(r, body); !bytes.Equal(got, want) || oneLine(body) != string(want) {
						t.Fatalf("%q: %q and %q, want %q", body, got, oneLine(body), want)
					}
				}
			}
		}
	}
}

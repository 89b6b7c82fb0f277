package intake

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"relaytrace/trace/header"
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

// TestManyFields holds that a field is found wherever it stands in a header, also behind all
// fields that a byte can number.
func TestManyFields(t *testing.T) {
	for _, n := range []int{0, 1, indexed - 2, indexed - 1, indexed, indexed + 1, 2 * indexed} {
		text := strings.Repeat("X-Filter: passed\n", n) + "Subject: Cheap loans\nX-Filter: passed\nSubject: another\n\n"
		p := &part{data: []byte(text), fields: scanFields([]byte(text))}
		if got := p.first(header.Subject); got != n || p.get(header.Subject) != "Cheap loans" {
			t.Errorf("behind %d fields: the one with index %d, %q", n, got, p.get(header.Subject))
		}
		if got := p.first(header.Date); got != -1 {
			t.Errorf("behind %d fields: a date, with index %d", n, got)
		}
	}
}

// TestPiecesAreThose compares pieces with a cutter that looks at each line to its end.
func TestPiecesAreThose(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain := func(body []byte, boundary string) (out [][]byte) {
		mark, begin := []byte("--"+boundary), -1
		for pos := 0; pos < len(body); {
			i := bytes.Index(body[pos:], mark)
			if i < 0 {
				break
			}
			at, end := pos+i, pos+i+len(mark)
			line := body[end:]
			if n := bytes.IndexByte(line, '\n'); n >= 0 {
				line = line[:n+1]
			}
			if at > 0 && body[at-1] != '\n' && body[at-1] != '\r' || len(bytes.Trim(line, "- \t\r\n")) > 0 {
				pos = end
				continue
			}
			if begin >= 0 {
				out = append(out, trimOneLineEnd(body[begin:max(begin, at)]))
			}
			begin = end + len(line)
			if pos = begin; bytes.HasPrefix(line, []byte("--")) {
				return out
			}
		}
		if begin >= 0 && begin < len(body) {
			out = append(out, body[begin:])
		}
		return out
	}
	for range 200_000 {
		body := make([]byte, r.IntN(40))
		for i := range body {
			body[i] = "--- \t\r\nab"[r.IntN(9)]
		}
		for _, boundary := range []string{"b", "-", "a-", " "} {
			if got, want := pieces(body, boundary, maxParts), plain(body, boundary); !slices.EqualFunc(got, want, bytes.Equal) {
				t.Fatalf("%q by %q: %q, want %q", body, boundary, got, want)
			}
		}
	}
}

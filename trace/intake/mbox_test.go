package intake

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// BenchmarkSplitMbox cuts an mbox that lies in memory, messages as large as those of real
// mailboxes; nothing is copied out.
func BenchmarkSplitMbox(b *testing.B) {
	message := from1 + mail1 + strings.Repeat("Lorem ipsum dolor sit amet, From the consectetur adipiscing elit.\n", 60) + "\n"
	text := []byte(strings.Repeat(message, 5_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		m := newMboxReader(bytes.NewReader(text), MaxMessage, false)
		n := 0
		for ; ; n++ {
			if _, err := m.next(); err == io.EOF {
				break
			}
		}
		if n != 5_000 {
			b.Fatal(n)
		}
	}
}

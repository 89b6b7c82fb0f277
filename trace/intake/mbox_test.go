package intake

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
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

// BenchmarkInspect tells what the messages of testdata/samples are, whole.
func BenchmarkInspect(b *testing.B) {
	names, err := filepath.Glob("../../testdata/samples/*.eml")
	if err != nil || len(names) == 0 {
		b.Fatal(err, len(names))
	}
	var messages [][]byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		messages = append(messages, data)
	}
	in := newInspector(Sorter{Rules: DefaultRules()})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		data := messages[i%len(messages)]
		in.inspect(&Submission{Data: data, Size: len(data)}, true, nil)
		i++
	}
}

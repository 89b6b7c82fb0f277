package intake

import (
	"bytes"
	"fmt"
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

// BenchmarkFolder sorts a folder of 5,000 small files, from the cache of the file system.
func BenchmarkFolder(b *testing.B) {
	message, err := os.ReadFile(filepath.Join(casesDir, "cases", "001-spam.eml"))
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for i := range 5_000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.eml", i)), message, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(5_000 * len(message)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := Sorter{}.Walk(b.Context(), []string{dir}, nil, func(*Submission) error { n++; return nil })
		if err != nil || n != 5_000 {
			b.Fatal(n, err)
		}
	}
}

// TestSmallKeepsNothingLarge: a message that is kept does not keep memory that was made for
// larger ones, nor does one that is all of a stream.
func TestSmallKeepsNothingLarge(t *testing.T) {
	small := from1 + mail1 + "\n"
	huge := from2 + "Subject: big\n\n" + strings.Repeat("x\n", 2*firstBuffer) + "\n"
	m := newMboxReader(strings.NewReader(small+huge+small+huge+small), firstBuffer, false)
	n := 0
	for {
		c, err := m.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n++; c.over != (n%2 == 0) {
			t.Errorf("message %d: over is %v", n, c.over)
		}
		if c.slab != nil && len(c.slab.room) > firstBuffer {
			t.Errorf("message %d, of %d bytes, keeps %d", n, len(c.data), len(c.slab.room))
		}
	}
	if n != 5 {
		t.Errorf("%d messages", n)
	}
	for _, text := range []string{mail1, small, small + small} {
		m := newMboxReader(strings.NewReader(text), MaxMessage, false)
		var last chunk
		for c, err := m.next(); err == nil; c, err = m.next() {
			last = c
		}
		if last.slab != nil || len(last.data) == 0 {
			t.Errorf("the last message of %d bytes, %d, keeps all that was read", len(text), len(last.data))
		}
	}
}

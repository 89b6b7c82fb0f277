package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// addCases seeds a fuzz target with the cases of testdata whose names fit the patterns.
func addCases(f *testing.F, patterns ...string) {
	f.Helper()
	n := 0
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(casesDir, "cases", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			if data, err := os.ReadFile(name); err == nil {
				f.Add(data)
				n++
			}
		}
	}
	if n == 0 {
		f.Fatal("no seeds: ", patterns)
	}
}

// FuzzMessage holds for one message, whatever is in it, what checkSubmission and
// checkCounts say: reasons, samples that lie in the submission or say how they were
// decoded, digests, an account that adds up.
func FuzzMessage(f *testing.F) {
	addCases(f, "0*.eml", "1*.eml", "2*.eml", "3*.eml", "4*.eml", "5*.eml", "5*.json", "6*.eml", "lab-*.eml")
	in := newInspector(Sorter{Rules: DefaultRules(), Domains: []string{"dept.college.example"}})
	f.Fuzz(func(t *testing.T, data []byte) {
		keep := bytes.Clone(data)
		s := &Submission{File: "f.eml", Line: 1, Size: len(data), Data: data}
		in.inspect(s, true, nil)
		if !bytes.Equal(keep, data) {
			t.Fatal("the submission was changed")
		}
		checkSubmission(t, s)
		checkLines(t, s)
	})
}

// FuzzPasted is FuzzMessage for what people paste into a text.
func FuzzPasted(f *testing.F) {
	addCases(f, "04*", "05*")
	in := newInspector(Sorter{Rules: DefaultRules()})
	f.Fuzz(func(t *testing.T, data []byte) {
		keep := bytes.Clone(data)
		s := &Submission{File: "f.txt", Line: 1, Size: len(data), Data: data}
		in.inspect(s, true, nil)
		if !bytes.Equal(keep, data) {
			t.Fatal("the submission was changed")
		}
		checkSubmission(t, s)
		checkLines(t, s)
		for _, b := range findBlocks(data) {
			if b.start < 0 || b.end > len(data) || b.start >= b.end {
				t.Fatalf("block %d-%d of %d", b.start, b.end, len(data))
			}
			mended, steps := b.mend(nil, data)
			if len(mended) > 2*(b.end-b.start)+2 {
				t.Fatalf("block %d-%d of %d, %d bytes", b.start, b.end, len(data), len(mended))
			}
			quoted := slices.Contains(steps, stepQuotes)
			if letters(mended, false) != letters(data[b.start:b.end], quoted) {
				t.Fatalf("%q was made of %q", mended, data[b.start:b.end])
			}
		}
	})
}

// letters drops what mending may add or take away: white space and emphasis and, where the
// text is quoted, the quote marks.
func letters(data []byte, quoted bool) string {
	var b strings.Builder
	for pos := 0; pos < len(data); {
		l := lineAt(data, pos)
		line := data[l.start:l.end]
		if quoted {
			line = l.text
		}
		for _, c := range line {
			if !strings.ContainsRune(" \t\r\n*_", rune(c)) {
				b.WriteByte(c)
			}
		}
		pos = l.end
	}
	return b.String()
}

// checkLines holds that the line of a sample that was not decoded is where it stands.
func checkLines(t *testing.T, s *Submission) {
	t.Helper()
	for _, one := range s.Samples {
		if len(one.Decoded) > 0 {
			continue
		}
		rest := s.Data
		for range one.Line - s.Line {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				t.Fatalf("line %d is not in the submission", one.Line)
			}
			rest = rest[i+1:]
		}
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		if len(one.Data) > 0 && bytes.IndexByte(line, one.Data[0]) < 0 {
			t.Fatalf("sample %q is not on line %d: %q", one.Data, one.Line, line)
		}
	}
}

// FuzzMbox holds that the size of the pieces in which an mbox is read makes no difference.
func FuzzMbox(f *testing.F) {
	addCases(f, "02*", "030*")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		split := func(r io.Reader, step int) (out []string) {
			m := newMboxReader(r, 700, false)
			m.step = step
			var all []chunk
			for {
				c, err := m.next()
				if err == io.EOF {
					for i, c := range all { // what was handed out stays as it was
						if !c.over && !bytes.HasPrefix(data[c.offset:], c.data) {
							t.Fatalf("message %d was written to: %q", i, c.data)
						}
					}
					return out
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(c.data) > 700 || c.over && len(c.data) > 0 {
					t.Fatalf("%d bytes over the limit", len(c.data))
				}
				if !c.over && !bytes.HasPrefix(data[c.offset:], c.data) {
					t.Fatalf("%q does not stand at %d", c.data, c.offset)
				}
				if cap(m.buf) > 2*firstBuffer+firstBuffer+len(data) {
					t.Fatalf("buffer of %d", cap(m.buf))
				}
				all = append(all, c)
				out = append(out, fmt.Sprintf("%d %d %v %v %q", c.line, len(c.data), c.over, c.lone, c.data))
			}
		}
		whole := split(bytes.NewReader(data), firstBuffer)
		for name, got := range map[string][]string{
			"one byte a time": split(iotest.OneByteReader(bytes.NewReader(data)), 64),
			"small buffer":    split(bytes.NewReader(data), 1500),
		} {
			if strings.Join(got, "\n") != strings.Join(whole, "\n") {
				t.Fatalf("%s:\n%s\nat once:\n%s", name, strings.Join(got, "\n"), strings.Join(whole, "\n"))
			}
		}
	})
}

// FuzzArchive holds what is true of every submission for archives: as they are damaged, and
// as honest archives of fuzzed content.
func FuzzArchive(f *testing.F) {
	addCases(f, "06*", "07*.zip", "07*.tar", "07*.gz")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		sortBytes(t, data)
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		if err := w.WriteHeader(&tar.Header{Name: "a.txt", Size: int64(len(data)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		w.Close()
		z.Close()
		var outer bytes.Buffer
		zw := zip.NewWriter(&outer)
		m, err := zw.Create("x.tar.gz")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(b.Bytes()); err != nil {
			t.Fatal(err)
		}
		zw.Close()
		all, _ := sortBytes(t, outer.Bytes())
		if len(all) == 0 || !strings.HasPrefix(all[0].File, "-!x.tar.gz!a.txt") {
			t.Fatalf("%d submissions of %q", len(all), data)
		}
	})
}

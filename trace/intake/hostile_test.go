package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// sortBytes sorts one stream and gives its submissions and the account.
func sortBytes(t testing.TB, data []byte) ([]*Submission, Counts) {
	t.Helper()
	return sortStream(t, bytes.NewReader(data))
}

func sortStream(t testing.TB, r io.Reader) (all []*Submission, counts Counts) {
	t.Helper()
	err := Sorter{}.Walk(context.Background(), []string{"-"}, r, func(s *Submission) error {
		counts.Add(s)
		checkSubmission(t, s)
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkCounts(t, counts)
	return all, counts
}

// guessesWithin makes a message of size bytes whose multiparts do not name their boundary: 18
// in one another, in a file that lies in the last of 18 others, and so on.
func guessesWithin(size int) string {
	var m strings.Builder
	tail := ""
	open := func(boundary, field string) {
		m.WriteString(boundary + field + "\n\n")
		tail = "\n" + boundary + tail
	}
	for file := range 19 {
		m.WriteString("Received: from a by b; x\nFrom: a\nDate: x\nContent-Type: multipart/mixed\n\n")
		for level := range 18 {
			for k := range maxGuesses - 1 {
				fmt.Fprintf(&m, "--a%02d%02d%02dzzzz\n", file, level, k)
			}
			open(fmt.Sprintf("--g%02d%02d\n", file, level), "Content-Type: multipart/mixed")
		}
		m.WriteString("x\n")
		open(fmt.Sprintf("--g%02d99\n", file), "Content-Type: application/octet-stream; name=a.eml")
	}
	return m.String() + "Received: from a by b; x\n\n" + strings.Repeat("\n--", (size-m.Len()-len(tail))/3) + tail
}

// TestHostile holds that what is made to hurt ends within a second or so, is named, and
// gives no sample that is not there.
func TestHostile(t *testing.T) {
	head := "Received: from a.example ([192.0.2.1]) by b.example; Mon, 12 Mar 2007 09:14:04 +0100\nFrom: a@b.example\nTo: abuse@c.example\nSubject: x\n"
	nested := func(n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		return b.String() + "\n\nend\n"
	}
	attached := strings.Repeat(head+"Content-Type: message/rfc822\n\n", 10_000) + head + "\nend\n"
	guesses := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "--%x\n", 0x1000+i)
		}
		return b.String()
	}
	tests := map[string]string{
		"multiparts 10,000 deep":    nested(10_000),
		"messages 10,000 deep":      attached,
		"50,000 parts":              head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 50_000) + "--b--\n",
		"boundary in every line":    head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--bb--b--b --b\n", 50_000),
		"boundary of 5,000 bytes":   head + "Content-Type: multipart/mixed; boundary=\"" + strings.Repeat("b", 5000) + "\"\n\n--" + strings.Repeat("b", 5000) + "\n\nx\n",
		"boundaries in one line":    head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b", 2_000_000),
		"boundaries without ends":   head + "Content-Type: multipart/mixed; boundary=\"-\"\n\n" + strings.Repeat("\r---", 1_000_000) + "x",
		"boundaries to guess":       head + "Content-Type: multipart/mixed\n\n" + guesses(8_000) + strings.Repeat("\n\n\n--q", 1_000_000),
		"guesses within guesses":    guessesWithin(4 << 20),
		"boundary of dashes":        head + "Content-Type: multipart/mixed; boundary=\"-\"\n\n" + strings.Repeat("---\n\n", 50_000),
		"empty boundary":            head + "Content-Type: multipart/mixed; boundary=\"\"\n\n" + strings.Repeat("--\n", 50_000),
		"line of 8 MB":              head + "X: " + strings.Repeat("y", 8<<20) + "\n\nend\n",
		"body of one line":          head + "\n" + strings.Repeat("Received: from ", 500_000),
		"100,000 fields":            head + strings.Repeat("X-A: b\n", 100_000) + "\nend\n",
		"header without end":        head + strings.Repeat("X-A: b\n y\n", 50_000),
		"100,000 received in text":  head + "\n" + strings.Repeat("Received: from a by b; Mon, 12 Mar 2007 09:14:04 +0100\nFrom: x\n\n", 50_000),
		"spaced out":                head + "\n" + strings.Repeat("Received: from a by b\n\n", 50_000),
		"quoted":                    head + "\n" + strings.Repeat("> ", 1_000_000),
		"angle brackets":            head + "Content-Type: text/html\n\n" + strings.Repeat("<a", 500_000),
		"open comments":             head + "Content-Type: text/html\n\n" + strings.Repeat("<!--", 300_000),
		"entities":                  head + "Content-Type: text/html\n\n" + strings.Repeat("&lt", 300_000),
		"encoded words":             head + "Subject: " + strings.Repeat("=?utf-8?q?a?= ", 50_000) + "\n\nx\n",
		"quoted-printable":          head + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("= \t \t", 300_000),
		"base64":                    head + "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("====AAAA", 300_000),
		"delivery-status groups":    head + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Action: failed\n\n", 100_000) + "--b--\n",
		"xarf":                      head + "Content-Type: application/json\n\n{\"xarf_version\":\"4\",\"evidence\":[" + strings.Repeat("{},", 100_000) + "{}]}\n",
		"from lines":                strings.Repeat("From a Mon Mar 12 09:14:04 2007\n\n", 2_000),
		"from lines without a date": "From a Mon Mar 12 09:14:04 2007\n" + head + "\n" + strings.Repeat("\nFrom a\n", 200_000),
		"content-length everywhere": strings.Repeat("From a Mon Mar 12 09:14:04 2007\n"+head+"Content-Length: 4000000\n\nx\n\n", 2_000),
		"nul bytes":                 strings.Repeat("\x00", 1<<20),
		"ole magic":                 "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\xFF", 1<<16),
		"utf-16 of nothing":         "\xFF\xFE" + strings.Repeat("\x00\xD8", 1<<19),
		"zip of nothing":            "PK\x03\x04" + strings.Repeat("PK\x01\x02", 1<<16),
		"gzip of nothing":           "\x1F\x8B\x08" + strings.Repeat("\x00", 1<<16),
		"zstandard of nothing":      "\x28\xB5\x2F\xFD" + strings.Repeat("\xFF", 1<<16),
		"words":                     head + "\n" + strings.Repeat("stop sending me ", 200_000),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			all, counts := sortBytes(t, []byte(text))
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if counts.Inputs == 0 || counts.Found > 2*maxBlocks+counts.Inputs {
				t.Errorf("%d inputs, %d samples, first %+v", counts.Inputs, counts.Found, all[:min(1, len(all))])
			}
		})
	}
}

// TestBombs holds that archives which unpack to far more than they are, are stopped and
// named, in little memory.
func TestBombs(t *testing.T) {
	zeros := func(w io.Writer, n int) {
		block := make([]byte, 1<<20)
		for range n {
			if _, err := w.Write(block); err != nil {
				t.Fatal(err)
			}
		}
	}
	var inZip, inGzip, inTar bytes.Buffer
	z := zip.NewWriter(&inZip)
	for i := range 8 {
		f, err := z.Create(fmt.Sprintf("m%d", i))
		if err != nil {
			t.Fatal(err)
		}
		zeros(f, 10)
	}
	z.Close()
	g := gzip.NewWriter(&inGzip)
	zeros(g, 80)
	g.Close()
	g = gzip.NewWriter(&inTar)
	tw := tar.NewWriter(g)
	if err := tw.WriteHeader(&tar.Header{Name: "big", Size: 80 << 20, Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	zeros(tw, 80)
	tw.Close()
	g.Close()
	for name, data := range map[string][]byte{"zip": inZip.Bytes(), "gzip": inGzip.Bytes(), "tar": inTar.Bytes()} {
		var told []error
		w := &walker{ctx: context.Background(), put: func(j *job) error {
			if !j.raw {
				told = append(told, j.sub.Err)
			}
			return nil
		}}
		b := &budget{free: 8 << 20, size: int64(len(data))}
		if err := w.open(source{name: name, budget: b}, bytes.NewReader(data), nil, 0); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(told, errBomb) || b.used > 40<<20 {
			t.Errorf("%s: unpacked %d MiB of %d bytes, told %v", name, b.used>>20, len(data), told)
		}
	}
}

// TestAttachedBomb holds that archives in messages in archives, each full of the next, are
// bounded all together.
func TestAttachedBomb(t *testing.T) {
	inner := []byte("nothing")
	message := func() string {
		return mail1[:strings.Index(mail1, "\n\n")] + "\nFrom: a@b.example\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString(inner) + "\n"
	}
	for range 4 {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 12 {
			f, err := z.Create(fmt.Sprintf("%d.eml", i))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(f, message()); err != nil {
				t.Fatal(err)
			}
		}
		z.Close()
		inner = b.Bytes()
	}
	all, counts := sortBytes(t, []byte(message()))
	if len(all) != 1 || counts.Found > maxAttachedFiles {
		t.Errorf("%d submissions, %d samples", len(all), counts.Found)
	}
}

// TestMemory holds that the size of an mbox makes no difference to the memory it takes.
func TestMemory(t *testing.T) {
	peak := func(size int64) uint64 {
		var most uint64
		n := 0
		err := Sorter{}.Walk(context.Background(), []string{"-"}, io.LimitReader(&endless{}, size), func(*Submission) error {
			if n++; n%20_000 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return most
	}
	small, large := peak(10<<20), peak(50<<20)
	if large > small+32<<20 {
		t.Errorf("%d MiB for 10 MiB, %d MiB for 50 MiB", small>>20, large>>20)
	}
	t.Logf("live heap: %d MiB for 10 MiB, %d MiB for 50 MiB", small>>20, large>>20)
}

// endless is an mbox without end.
type endless struct{ at int }

var endlessMessage = []byte(from1 + mail1 + strings.Repeat("Lorem ipsum dolor sit amet.\n", 40) + "\n")

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], endlessMessage[e.at:])
		n += c
		e.at = (e.at + c) % len(endlessMessage)
	}
	return n, nil
}

// TestAccount holds that the account adds up for random mixtures, and that every input is
// there once: the cases of testdata in a random order, as they are, cut short, and in a tar.
func TestAccount(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(casesDir, "cases", "*.*"))
	if err != nil || len(names) < 100 {
		t.Fatal(len(names), err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 8 {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		want := map[string]bool{}
		for i := range 40 {
			name := names[rnd.IntN(len(names))]
			data, err := os.ReadFile(name)
			if err != nil {
				continue // a folder
			}
			if rnd.IntN(3) == 0 {
				data = data[:rnd.IntN(len(data)+1)]
			}
			name = fmt.Sprintf("%d-%d-%s", round, i, filepath.Base(name))
			want["-!"+name] = true
			if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		all, _ := sortBytes(t, b.Bytes())
		for _, s := range all {
			parts := strings.SplitAfterN(s.File, "!", 3)
			delete(want, strings.TrimSuffix(parts[0]+parts[1], "!"))
		}
		if len(want) > 0 {
			t.Errorf("left out: %v", want)
		}
	}
}

// TestAccountMbox is TestAccount for messages of all kinds one behind the other in an mbox,
// quoted as mboxrd has it.
func TestAccountMbox(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(casesDir, "cases", "*.eml"))
	if err != nil || len(names) < 100 {
		t.Fatal(len(names), err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 8 {
		var b bytes.Buffer
		for range 60 {
			data, err := os.ReadFile(names[rnd.IntN(len(names))])
			if err != nil {
				t.Fatal(err)
			}
			if rnd.IntN(3) == 0 {
				data = data[:rnd.IntN(len(data)+1)]
			}
			b.WriteString(from1)
			for line := range bytes.Lines(data) {
				if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
					b.WriteByte('>')
				}
				b.Write(line)
			}
			b.WriteString("\n\n")
		}
		all, counts := sortBytes(t, b.Bytes())
		if len(all) != 60 || counts.Inputs != 60 {
			t.Errorf("%d submissions of 60 messages: %+v", len(all), counts)
		}
	}
}

// TestShrinks holds that a file which gets shorter while it is read is told.
func TestShrinks(t *testing.T) {
	dir := lay(t, map[string]string{"in.mbox": strings.Repeat(from1+mail1+strings.Repeat("x\n", 1000)+"\n", 2_000)})
	name := filepath.Join(dir, "in.mbox")
	told := false
	n := 0
	err := Sorter{}.Walk(context.Background(), []string{name}, nil, func(s *Submission) error {
		if n++; n == 1 {
			if err := os.Truncate(name, 2000); err != nil {
				t.Fatal(err)
			}
		}
		told = told || s.Err == errShrank
		return nil
	})
	if err != nil || !told || n > 1_900 {
		t.Errorf("told %v after %d, err %v", told, n, err)
	}
}

// TestOrigins holds that one sample by several ways is one sample with several origins.
func TestOrigins(t *testing.T) {
	spam := "Received: from a.example ([192.0.2.1]) by b.example; Mon, 12 Mar 2007 09:14:04 +0100\nFrom: a@b.example\nSubject: x\n\nbuy\n"
	wrap := "From: j@c.example\nTo: abuse@d.example\nSubject: Fwd: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nstop this\n--b\nContent-Type: message/rfc822\n\n" + spam + "\n--b--\n"
	all, counts := sortBytes(t, []byte(from1+spam+"\n"+from2+wrap+"\n"))
	if len(all) != 2 || counts.Found != 2 || counts.Distinct != 1 || all[1].Class != ClassComplaint || all[1].Samples[0].Line != 21 {
		t.Errorf("%d submissions, %d found, %d different, second %s with %d samples", len(all), counts.Found, counts.Distinct, all[1].Class, len(all[1].Samples))
	}
}

package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	from1 = "From a@example.org Thu Aug 22 13:17:22 2002\n"
	from2 = "From b@example.org  Fri Aug  2 03:07:00 2002\n"
	mail1 = "Received: from x by y; Thu, 22 Aug 2002 13:17:21 +0100\nSubject: one\n\nbody\n"
	mail2 = "Subject: two\n\n>From here on\nFrom Monday on we sell\n\nFrom the start\n"
)

// gather walks and writes down what came, with dir left out of the names.
func gather(t *testing.T, dir string, stdin io.Reader, paths ...string) (samples []Sample, log []string) {
	t.Helper()
	log = []string{}
	name := func(file string) string { return strings.TrimPrefix(file, dir+string(filepath.Separator)) }
	var counts Counts
	err := Sorter{}.Walk(context.Background(), paths, stdin, func(sub *Submission) error {
		counts.Add(sub)
		checkSubmission(t, sub)
		for _, s := range sub.Samples {
			samples = append(samples, s)
			log = append(log, fmt.Sprintf("%s:%d %q", name(s.File), s.Line, s.Data))
		}
		if p, bad := sub.Problem(); bad {
			p.File = name(p.File)
			log = append(log, "problem "+p.Error())
		}
		return nil
	})
	checkCounts(t, counts)
	if err != nil {
		t.Fatal(err)
	}
	return samples, log
}

// checkSubmission holds what is true of every submission.
func checkSubmission(t testing.TB, s *Submission) {
	t.Helper()
	if s.Reasons == nil || s.Samples == nil || len(s.Reasons) == 0 {
		t.Errorf("%s:%d: no reason for %s", s.File, s.Line, s.Class)
	}
	if (s.Err != nil) != (s.Class == ClassUnreadable) || s.Err != nil && (s.Hint == "" || len(s.Samples) > 0) {
		t.Errorf("%s:%d: class %s, error %v, hint %q, %d samples", s.File, s.Line, s.Class, s.Err, s.Hint, len(s.Samples))
	}
	if s.Priority < PriorityCare || s.Priority > PriorityCounted || s.Grade == "" || s.Size != len(s.Data) {
		t.Errorf("%s:%d: priority %d, grade %q, size %d of %d", s.File, s.Line, s.Priority, s.Grade, s.Size, len(s.Data))
	}
	if s.Forged == nil || s.Recipients == nil || s.isItself() && s.Reporter != "" {
		t.Errorf("%s:%d: forged %v, recipients %v, reporter %q", s.File, s.Line, s.Forged, s.Recipients, s.Reporter)
	}
	for _, one := range s.Samples {
		if (one.Via == "") != s.isItself() {
			t.Errorf("%s:%d: %s with a sample by way of %q", s.File, s.Line, s.Class, one.Via)
		}
		if one.SHA256 != sha256.Sum256(one.Data) || one.File != s.File || one.Grade == "" {
			t.Errorf("%s:%d: sample %+v", s.File, s.Line, one)
		}
		if len(one.Decoded) == 0 && !bytes.Contains(s.Data, one.Data) {
			t.Errorf("%s:%d: sample %q is not in the submission and says not how it was decoded", s.File, s.Line, one.Part)
		}
	}
}

// checkCounts holds that the account adds up.
func checkCounts(t testing.TB, c Counts) {
	t.Helper()
	classes := 0
	for _, n := range c.Classes {
		classes += n
	}
	if c.Inputs != c.Samples+c.NoSample+c.Unreadable || c.Inputs != classes || c.Distinct > c.Found {
		t.Errorf("the account does not add up: %+v", c)
	}
}

// lay writes files below a new folder.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOneFile(t *testing.T) {
	quoted := func(line int, s string) string { return fmt.Sprintf("f:%d %q", line, s) }
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	tests := []struct {
		name, text string
		want       []string
	}{
		{"one message", mail1, []string{quoted(1, mail1)}},
		{"one message with a From_ line is whole", from1 + mail1 + "\n", []string{quoted(1, from1+mail1+"\n")}},
		{"mbox", from1 + mail1 + "\n" + from2 + mail2 + "\n", []string{quoted(2, mail1), quoted(8, mail2)}},
		{"mbox with CRLF", crlf(from1 + mail1 + "\n" + from2 + mail2 + "\n"), []string{quoted(2, crlf(mail1)), quoted(8, crlf(mail2))}},
		{"mbox without last line end", from1 + mail1 + "\n" + from2 + "Subject: x\n\nend", []string{quoted(2, mail1), quoted(8, "Subject: x\n\nend")}},
		{"mbox without separator at its end", from1 + mail1 + "\n" + from2 + mail2, []string{quoted(2, mail1), quoted(8, mail2)}},
		{"mbox after blank lines", "\n\n" + from1 + mail1 + "\n" + from2 + mail1, []string{quoted(4, mail1), quoted(10, mail1)}},
		{"two blank lines between", from1 + mail1 + "\n\n" + from2 + mail2, []string{quoted(2, mail1+"\n"), quoted(9, mail2)}},
		{"From_ line without a blank line above", from1 + mail1 + from2 + mail2, []string{quoted(1, from1+mail1+from2+mail2)}},
		{"a message in an mbox that is none", from1 + mail1 + "\n" + from2 + "no header\n\n" + from1 + mail2, []string{
			quoted(2, mail1), "problem f:8: no header field of a mail message", quoted(11, mail2),
		}},
		{"empty", "", []string{"problem f: file is empty"}},
		{"blank", "\n\n", []string{"problem f:1: no header field of a mail message"}},
		{"plain text", "Dear all,\nthis is no mail: really\n", []string{"problem f:1: no header field of a mail message"}},
		{"settings of some program", "name: x\nversion: 2\n", []string{"problem f:1: no header field of a mail message"}},
		{"binary", "\x7fELF\x02\x00\x00Subject: x\n", []string{"problem f:1: binary file, not a message"}},
		{"no zip", "PK\x03\x04\x00\x00Subject: x\n", []string{"problem f: damaged zip file"}},
		{"NUL in a message", "Subject: a\x00b\n\n", []string{quoted(1, "Subject: a\x00b\n\n")}},
		{"UTF-16", "\xFF\xFES\x00u\x00", []string{"problem f:1: text in UTF-16, and no message in it"}},
		{"byte order mark", "\xEF\xBB\xBFSubject: x\n\n", []string{quoted(1, "\xEF\xBB\xBFSubject: x\n\n")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := lay(t, map[string]string{"f": tt.text})
			_, got := gather(t, dir, nil, filepath.Join(dir, "f"))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEMLIsOneMessage(t *testing.T) {
	text := from1 + mail1 + "\n" + from2 + mail2
	dir := lay(t, map[string]string{"in.EML": text})
	samples, _ := gather(t, dir, nil, filepath.Join(dir, "in.EML"))
	if len(samples) != 1 || string(samples[0].Data) != text || samples[0].Line != 1 {
		t.Errorf("%d samples", len(samples))
	}
}

func TestFolder(t *testing.T) {
	dir := lay(t, map[string]string{
		"in/b.eml": mail2, "in/a.eml": mail1, "in/.hidden": mail1, "in/.git/x": mail1,
		"in/c/d.eml": mail1, "in/e.bin": "\x00\x01", "empty/.keep": "", "other/.x": mail2,
	})
	if err := os.Symlink(filepath.Join(dir, "in/a.eml"), filepath.Join(dir, "in/l.eml")); err != nil {
		t.Fatal(err)
	}
	join := func(s string) string { return filepath.Join(dir, s) }
	_, got := gather(t, dir, nil, join("in"), join("empty"), join("missing"), join("other/.x"), join("in/l.eml"))
	want := []string{
		fmt.Sprintf("in/a.eml:1 %q", mail1),
		fmt.Sprintf("in/b.eml:1 %q", mail2),
		fmt.Sprintf("in/c/d.eml:1 %q", mail1),
		"problem in/e.bin:1: binary file, not a message",
		"problem in/l.eml: symbolic link, not followed",
		"problem empty: no sample in this folder",
		"problem missing: no such file or folder",
		fmt.Sprintf("other/.x:1 %q", mail2),
		fmt.Sprintf("in/l.eml:1 %q", mail1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStdin(t *testing.T) {
	_, got := gather(t, "", strings.NewReader(mail1), "-", "-")
	want := []string{fmt.Sprintf("-:1 %q", mail1), "problem -: standard input is named twice"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenInput(t *testing.T) {
	r := io.MultiReader(strings.NewReader(mail1), failing{})
	_, got := gather(t, "", r, "-")
	if diff := cmp.Diff([]string{"problem -: the disk is gone"}, got); diff != "" {
		t.Error(diff)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// TestLimit holds that a message over the limit is told, whole lines of it or one long
// line, and that its neighbours are read.
func TestLimit(t *testing.T) {
	big := "Subject: big\n\n" + strings.Repeat("x", 200_000) + "\n"
	text := from1 + mail1 + "\n" + from2 + big + "\n" + from1 + mail2 + "\n"
	var got []string
	in := newInspector(Sorter{Rules: DefaultRules()})
	w := &walker{ctx: context.Background(), put: func(j *job) error {
		s := j.sub
		if j.raw {
			in.inspect(s, j.lone, j.steps)
		}
		for _, one := range s.Samples {
			got = append(got, fmt.Sprint(one.Line, len(one.Data)))
		}
		if p, bad := s.Problem(); bad {
			got = append(got, p.Error())
		}
		return nil
	}}
	m := newMboxReader(strings.NewReader(text), 100_000, false)
	if err := w.split(source{name: "f"}, m); err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprint(2, len(mail1)), "f:8: message is larger than 64 MiB", fmt.Sprint(13, len(mail2))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if cap(m.buf) > 2*max(m.limit, firstBuffer)+firstBuffer {
		t.Errorf("held %d bytes with a limit of %d", cap(m.buf), m.limit)
	}
}

func TestTakeStops(t *testing.T) {
	stop := errors.New("stop")
	text := strings.Repeat(from1+mail1+"\n", 3)
	n := 0
	err := Sorter{}.Walk(context.Background(), []string{"-"}, strings.NewReader(text),
		func(*Submission) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("err = %v after %d samples", err, n)
	}
}

// TestCancel holds that a wait for input ends when the command is interrupted.
func TestCancel(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := Sorter{}.Walk(ctx, []string{"-"}, r,
		func(s *Submission) error { t.Errorf("%s out of nothing", s.Class); return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}

func TestFromLine(t *testing.T) {
	yes := []string{
		"From 12a1mailbot1@web.de  Thu Aug 22 13:17:22 2002\n",
		"From - Mon Aug  2 03:07 2002\r\n",
		"From MAILER-DAEMON Thu Aug 22 13:17:22 BST 2002\n",
		"From a b@c Thu Aug 22 13:17:22 2002 +0100\n",
		"From  Thu Aug 22 13:17:22 2002\n",
		"From uucp Thu Aug 22 13:17:22 MET DST 2002 remote from host\n",
	}
	no := []string{
		"From Monday on we sell\n", "From: a@b Thu Aug 22 13:17:22 2002\n", "from a Thu Aug 22 13:17:22 2002\n",
		">From a Thu Aug 22 13:17:22 2002\n", "From a Thu Aug 22 2002\n", "From a Thu Aug 42 13:17:22 2002\n",
		"From a Thu Aug 22 25:17:22 2002\n", "From a Hun Aug 22 13:17:22 2002\n", "From a Thu Aug 22 13:17:22 02\n",
		"From " + strings.Repeat("a", 2000) + " Thu Aug 22 13:17:22 2002\n", "From \n",
	}
	for _, s := range yes {
		if !isFromLine([]byte(s)) {
			t.Errorf("not taken for a From_ line: %q", s)
		}
	}
	for _, s := range no {
		if isFromLine([]byte(s)) {
			t.Errorf("taken for a From_ line: %q", s)
		}
	}
}

// FuzzSplit holds that no byte of the input is changed, doubled or put out of order, and
// that the line numbers are true.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		mail1, from1 + mail1 + "\n" + from2 + mail2 + "\n", "\n" + from1 + "\r\n" + from2 + "To: x\r\n\r\n" + from1, "From ", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		at := 0
		err := Sorter{}.Walk(context.Background(), []string{"-"}, bytes.NewReader(data), func(s *Submission) error {
			if s.Data == nil {
				return nil
			}
			i := bytes.Index(data[at:], s.Data)
			if i < 0 {
				t.Fatalf("sample %q is not in the input after offset %d", s.Data, at)
			}
			// The same text may stand earlier too; the line says which is meant.
			for n := 0; n >= 0 && bytes.Count(data[:at+i], []byte("\n"))+1 < s.Line; {
				n = bytes.Index(data[at+i+1:], s.Data)
				i += n + 1
			}
			if line := bytes.Count(data[:at+i], []byte("\n")) + 1; line != s.Line {
				t.Fatalf("sample on line %d is told as on line %d", line, s.Line)
			}
			at += i + len(s.Data)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkMbox(b *testing.B) {
	text := []byte(strings.Repeat(from1+mail1+"\n", 10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := Sorter{}.Walk(context.Background(), []string{"-"}, bytes.NewReader(text),
			func(*Submission) error { n++; return nil })
		if err != nil || n != 10_000 {
			b.Fatal(n, err)
		}
	}
}

// TestSkip: what is skipped has its place and bytes and is not looked at; the rest is.
func TestSkip(t *testing.T) {
	all := func(skip int) []*Submission {
		var out []*Submission
		if err := (Sorter{Skip: skip}).Walk(t.Context(), []string{"../../testdata/intake/cases/020-mboxo", "../../testdata/intake/cases/200-dsn-postfix.eml"}, nil, func(s *Submission) error {
			out = append(out, s)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole := all(0)
	for skip := range len(whole) + 2 {
		for i, s := range all(skip) {
			want := whole[i]
			if s.File != want.File || s.Line != want.Line || s.Offset != want.Offset || s.Size != want.Size || !bytes.Equal(s.Data, want.Data) {
				t.Fatalf("skip %d: submission %d is another", skip, i)
			}
			if i < skip && (s.Class != "" || len(s.Samples) > 0) || i >= skip && s.Class != want.Class {
				t.Errorf("skip %d: submission %d is %q with %d samples", skip, i, s.Class, len(s.Samples))
			}
		}
	}
}

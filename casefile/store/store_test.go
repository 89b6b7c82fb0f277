package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// message is a small spam sample; n makes it another.
func message(n int) string {
	return fmt.Sprintf(`Received: from relay.example (relay.example [198.51.100.7]) by mx.college.example (8.11.6/8.11.6) with ESMTP id g1KA%05d for <ann@college.example>; Wed, 20 Feb 2002 10:01:%02d GMT
Received: from unknown (HELO x) ([203.0.113.%d]) by relay.example (8.9.3/8.9.3) with SMTP id KAA%05d; Wed, 20 Feb 2002 10:00:00 GMT
From: a@dept.college.example
Subject: number %d
Message-ID: <%d@x.example>

Buy now, %s.
`, n, n%60, n%250+1, n, n, n, strings.Repeat("and again ", n%7))
}

// submission is what intake makes of a message that is the sample itself.
func submission(file, text string) *intake.Submission {
	s := &intake.Submission{
		File: file, Line: 1, Size: len(text), Class: intake.ClassSample, Grade: intake.GradeUsable, Priority: intake.PriorityRest,
		Reasons: []string{"spam"}, Data: []byte(text),
	}
	s.Samples = []intake.Sample{{File: file, Line: 1, SHA256: sum(text), Data: []byte(text), Grade: intake.GradeUsable}}
	return s
}

// complaint carries a sample in a message of its own.
func complaint(file, text string) *intake.Submission {
	s := submission(file, text)
	s.Data = []byte("From: Ann <ann@isp.example>\nSubject: your\n spam\nMessage-ID: <c@isp.example>\n\n" + text)
	s.Class, s.Size = intake.ClassComplaint, len(s.Data)
	s.Samples[0].Line, s.Samples[0].Via, s.Samples[0].By = 6, intake.ClassComplaint, "isp.example"
	s.Reporter, s.Subject, s.Time = "ann@isp.example", "your spam", time.Date(2002, 2, 20, 11, 0, 0, 0, time.UTC)
	return s
}

func sum(text string) (d digest) {
	n, _ := hex.Decode(d[:], []byte(casefile.Digest([]byte(text))))
	_ = n
	return d
}

func paths(sub *intake.Submission) []trace.Path {
	var out []trace.Path
	for _, one := range sub.Samples {
		p := trace.Analyze(one.Data, header.Scan(one.Data, nil).Fields, &trace.Settings{})
		p.Sample = trace.Sample{File: one.File, Line: one.Line, Part: one.Part, SHA256: hex.EncodeToString(one.SHA256[:]), Via: string(one.Via), By: one.By}
		out = append(out, p)
	}
	return out
}

func add(t testing.TB, s *Store, subs ...*intake.Submission) []Taken {
	t.Helper()
	var all []Taken
	for _, sub := range subs {
		taken, err := s.Add(context.Background(), Pack(sub, paths(sub)))
		must(t, err)
		all = append(all, taken)
	}
	return all
}

func TestAdd(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Create(ctx, dir)
	must(t, err)
	one, two := message(1), message(2)
	unread := &intake.Submission{File: "x.gz", Class: intake.ClassUnreadable, Reasons: []string{}, Err: errors.New("cut short")}
	got := add(t, s,
		submission("a.eml", one),
		submission("a.eml", one), // the same again
		submission("b.eml", one), // elsewhere
		complaint("c.eml", one),
		submission("d.eml", two),
		unread, unread,
	)
	want := []Taken{
		{Submission: 1, Samples: []int{1}, New: []bool{true}, Found: []bool{false}},
		{Submission: 1, Known: true, Samples: []int{1}, New: []bool{false}, Found: []bool{false}},
		{Submission: 1, Known: true, Samples: []int{1}, New: []bool{false}, Found: []bool{true}},
		{Submission: 2, Samples: []int{1}, New: []bool{false}, Found: []bool{true}},
		{Submission: 3, Samples: []int{2}, New: []bool{true}, Found: []bool{false}},
		{Submission: 4, Samples: []int{}, New: []bool{}, Found: []bool{}},
		{Submission: 4, Known: true, Samples: []int{}, New: []bool{}, Found: []bool{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	must(t, s.Commit(ctx))
	must(t, s.Close())

	s, err = Open(ctx, dir)
	must(t, err)
	defer s.Close()
	if got := add(t, s, complaint("c.eml", one), submission("e.eml", message(3))); !got[0].Known || got[0].Found[0] || got[1].Samples[0] != 3 {
		t.Errorf("after opening it again: %+v", got)
	}
	var places []string
	must(t, s.Samples(ctx, 1, func(one *Sample) error {
		if !bytes.Equal(one.Data, []byte(message(one.Number))) {
			t.Errorf("sample %d is not as it was received", one.Number)
		}
		for _, o := range one.Origins {
			places = append(places, fmt.Sprintf("%d %s:%d %s %s", one.Number, o.File, o.Line, o.Via, o.By))
		}
		return nil
	}))
	if diff := cmp.Diff([]string{
		"1 a.eml:1  ", "1 b.eml:1  ", "1 c.eml:6 complaint isp.example", "2 d.eml:1  ", "3 e.eml:1  ",
	}, places); diff != "" {
		t.Error(diff)
	}
	var subs []string
	must(t, s.Submissions(ctx, func(x *casefile.Submission) error {
		data, err := s.SubmissionData(ctx, x.Number)
		must(t, err)
		if data != nil && casefile.Digest(data) != x.SHA256 {
			t.Errorf("submission %d is not as it was received", x.Number)
		}
		subs = append(subs, fmt.Sprintf("%d %s %v %q %q %d", x.Number, x.Class, x.Samples, x.Subject, x.Problem, len(data)))
		return nil
	}))
	if diff := cmp.Diff([]string{
		`1 sample [1] "" "" 406`, `2 complaint [1] "your spam" "" 483`, `3 sample [2] "" "" 416`, `4 unreadable [] "" "cut short" 0`, `5 sample [3] "" "" 426`,
	}, subs); diff != "" {
		t.Error(diff)
	}
}

func TestOneFile(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Create(ctx, dir)
	must(t, err)
	add(t, s, submission("a.eml", message(1)))
	must(t, s.Commit(ctx))
	add(t, s, submission("b.eml", message(2))) // not committed
	must(t, s.Close())
	files, err := os.ReadDir(dir)
	must(t, err)
	info, err := os.Stat(filepath.Join(dir, Name))
	must(t, err)
	if len(files) != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("left in the folder: %v, mode %v", files, info.Mode())
	}
	r, err := OpenReadOnly(ctx, dir)
	must(t, err)
	defer r.Close()
	n := 0
	must(t, r.Samples(ctx, 1, func(*Sample) error { n++; return nil }))
	if n != 1 {
		t.Errorf("%d samples, want the one that was committed", n)
	}
}

func TestChain(t *testing.T) {
	ctx := context.Background()
	s, err := Create(ctx, t.TempDir())
	must(t, err)
	defer s.Close()
	now := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	for i := range 3 {
		// A clock that runs backwards changes nothing in the order.
		must(t, s.Log(ctx, now.AddDate(0, 0, -i), "ann", "test", "samples-added", "b=2", "a=<1>\xff"))
	}
	must(t, s.Commit(ctx))
	log, err := s.Events(ctx)
	must(t, err)
	if wrong := casefile.CheckChain(log); wrong != nil || len(log) != 3 {
		t.Errorf("%d events: %v", len(log), wrong)
	}
	must(t, s.exec(ctx, "UPDATE events SET actor = 'bob' WHERE number = 2"))
	log, err = s.Events(ctx)
	must(t, err)
	if diff := cmp.Diff([]string{"event 2 was changed since it was written"}, casefile.CheckChain(log)); diff != "" {
		t.Error(diff)
	}
	must(t, s.exec(ctx, "DELETE FROM events WHERE number = 2"))
	log, err = s.Events(ctx)
	must(t, err)
	if len(casefile.CheckChain(log)) == 0 {
		t.Error("an event is missing, and nobody tells")
	}
}

func BenchmarkAdd(b *testing.B) {
	ctx := b.Context() // one that can be cancelled, as that of a command
	s, err := Create(ctx, b.TempDir())
	must(b, err)
	defer s.Close()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		sub := submission("a.mbox", message(n))
		if _, err := s.Add(ctx, Pack(sub, paths(sub))); err != nil {
			b.Fatal(err)
		}
	}
	must(b, s.Commit(ctx))
}

func BenchmarkPack(b *testing.B) {
	sub := submission("a.mbox", message(1))
	p := paths(sub)
	b.ReportAllocs()
	for b.Loop() {
		Pack(sub, p)
	}
}

// FuzzAdd: whatever bytes come in, the same come out, under their digest, and the file is
// as it was written.
func FuzzAdd(f *testing.F) {
	f.Add([]byte(message(1)), "a.eml")
	f.Add([]byte{}, "")
	f.Add([]byte("\x00\xff\r\n\r\nReceived: from \xfe by \xff"), "a\xff\n.mbox")
	f.Fuzz(func(t *testing.T, data []byte, file string) {
		ctx := context.Background()
		s, err := Create(ctx, t.TempDir())
		must(t, err)
		defer s.Close()
		add(t, s, submission(file, string(data)), complaint(file, string(data)))
		must(t, errors.Join(s.LogAdded(ctx, testNow, "ann\xff", "test", 0), s.Commit(ctx)))
		one, err := s.Sample(ctx, 1)
		must(t, err)
		if !bytes.Equal(one.Data, data) || one.SHA256 != casefile.Digest(data) {
			t.Errorf("%q came back as %q", data, one.Data)
		}
		v, err := s.Verify(ctx)
		must(t, err)
		if len(v.Evidence) > 0 || v.Samples != 1 || v.Submissions != 2 {
			t.Errorf("%+v", v)
		}
	})
}

// TestYearThatIsNone: a store of an earlier version may hold a time that no date is; the case
// is read all the same.
func TestYearThatIsNone(t *testing.T) {
	ctx := context.Background()
	s := under(t, t.TempDir())
	x := submission("a.eml", "Subject: a\n\n")
	x.Date, x.Time = "Fri, 31 Dec 9999 23:59:00 -1200", time.Date(10000, 1, 1, 11, 59, 0, 0, time.UTC)
	add(t, s, x)
	must(t, s.Submissions(ctx, func(got *casefile.Submission) error {
		if got.Number == 2 && (got.Date != x.Date || !got.Time.IsZero()) {
			t.Errorf("%q %v", got.Date, got.Time)
		}
		return nil
	}))
}

// TestBegunAndNotMade: a run that is cancelled leaves no file that is no store, and of what a
// killed one leaves it is said what it is.
func TestBegunAndNotMade(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, err := Create(ctx, t.TempDir())
	must(t, err)
	must(t, s.Close())
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, Name), nil, 0o600))
	if _, err := OpenReadOnly(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "holds nothing yet") {
		t.Error(err)
	}
	s, err = Open(context.Background(), dir)
	must(t, err)
	must(t, s.Close())
}

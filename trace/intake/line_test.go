package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestWalkWith: what work made comes with its submission, in their order, and a submission
// that work fails on is told as unreadable with its bytes, and stops no other.
func TestWalkWith(t *testing.T) {
	var in strings.Builder
	for i := range 60 {
		fmt.Fprintf(&in, "From x Fri Mar  7 18:00:00 2003\nReceived: from a by b; Fri, 7 Mar 2003 18:00:00 +0000\nSubject: %d\n\nx\n\n", i)
	}
	work := func(n int, sub *Submission) string {
		if n == 17 && sub.Err == nil {
			panic("a mistake of ours")
		}
		return fmt.Sprintf("%d %s", n, sub.Subject)
	}
	n := 0
	err := WalkWith(context.Background(), Sorter{}, []string{Stdin}, strings.NewReader(in.String()), work, func(sub *Submission, made string) error {
		want := fmt.Sprintf("%d %d", n, n)
		if n == 17 {
			want = "17 "
			if sub.Err == nil || !strings.Contains(string(sub.Data), "Subject: 17\n") {
				t.Errorf("%v: %q", sub.Err, sub.Data)
			}
		}
		if made != want {
			t.Errorf("made %q, want %q", made, want)
		}
		n++
		return nil
	})
	if err != nil || n != 60 {
		t.Errorf("%d, %v", n, err)
	}
}

// TestReuse: memory that is read into again holds no message that was not worked on yet, and
// without Reuse none at all.
func TestReuse(t *testing.T) {
	var in bytes.Buffer
	for i := range 4_000 {
		fmt.Fprintf(&in, "From x Fri Mar  7 18:00:00 2003\nReceived: from a by b; Fri, 7 Mar 2003 18:00:00 +0000\nSubject: %d\n\n%s\n\n", i, strings.Repeat("x", i%1_000))
		if i == 2_000 { // larger than what is read at a time
			fmt.Fprintf(&in, "From x Fri Mar  7 18:00:00 2003\nReceived: from a by b; Fri, 7 Mar 2003 18:00:00 +0000\n\n%s\n\n", bytes.Repeat([]byte("y"), 2*firstBuffer))
		}
	}
	whole := func(s *Submission) bool {
		return bytes.HasPrefix(in.Bytes()[s.Offset:], s.Data) && len(s.Data) == s.Size
	}
	for _, reuse := range []bool{false, true} {
		var kept []*Submission
		work := func(_ int, s *Submission) bool { return whole(s) }
		err := WalkWith(t.Context(), Sorter{Reuse: reuse}, []string{Stdin}, bytes.NewReader(in.Bytes()), work, func(s *Submission, made bool) error {
			if !made || reuse != (s.Data == nil) {
				t.Fatalf("reuse %v: %q is no message of the mbox", reuse, s.Data)
			}
			kept = append(kept, s)
			return nil
		})
		if err != nil || len(kept) != 4_001 {
			t.Fatal(len(kept), err)
		}
		for _, s := range kept {
			if !reuse && !whole(s) {
				t.Fatalf("%q was written over", s.Data)
			}
		}
	}
}

// TestLineBoundsUnpacked: messages of a few kilobytes with archives that hold megabytes are
// not unpacked one after the other while the first waits to be handed out.
func TestLineBoundsUnpacked(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("spam.eml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, "Received: from a by b; Fri, 7 Mar 2003 18:00:00 +0000\nFrom: a@a.example\n\n%s", bytes.Repeat([]byte("x"), 2*swollen))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	one := "From x Fri Mar  7 18:00:00 2003\nFrom: joe@b.example\nSubject: spam\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" +
		base64.StdEncoding.EncodeToString(packed.Bytes()) + "\n\n"
	for _, reuse := range []bool{false, true} {
		linePacked(t, one, reuse)
	}
}

// linePacked sorts sixty messages with an archive each, with a receiver that takes its time.
func linePacked(t *testing.T, one string, reuse bool) {
	t.Helper()
	const count = 60
	var begun atomic.Int32
	work := func(n int, sub *Submission) int {
		begun.Add(1)
		return len(sub.Samples)
	}
	n := 0
	err := WalkWith(context.Background(), Sorter{Reuse: reuse}, []string{Stdin}, strings.NewReader(strings.Repeat(one, count)), work, func(sub *Submission, samples int) error {
		if samples != 1 {
			t.Errorf("%d samples: %v", samples, sub.Reasons)
		}
		if n == 0 {
			for last := int32(-1); last != begun.Load(); time.Sleep(200 * time.Millisecond) {
				last = begun.Load()
			}
			if got := int(begun.Load()); got > runtime.GOMAXPROCS(0) {
				t.Errorf("reuse %v: %d are unpacked while the first is handed out", reuse, got)
			}
		}
		n++
		return nil
	})
	if err != nil || n != count {
		t.Errorf("reuse %v: %d of %d, %v", reuse, n, count, err)
	}
}

// TestCancelTellsWhatIsLeft: when all was read before the cancel, what was not handed out is
// no success.
func TestCancelTellsWhatIsLeft(t *testing.T) {
	one := "From x Fri Mar  7 18:00:00 2003\nReceived: from a by b; Fri, 7 Mar 2003 18:00:00 +0000\n\nx\n\n"
	ctx, cancel := context.WithCancel(context.Background())
	last := make(chan bool)
	work := func(n int, _ *Submission) int {
		if n == 19 {
			close(last)
		}
		return n
	}
	n := 0
	err := WalkWith(ctx, Sorter{}, []string{Stdin}, strings.NewReader(strings.Repeat(one, 20)), work, func(*Submission, int) error {
		<-last
		time.Sleep(10 * time.Millisecond) // the reader ends
		n++
		cancel()
		return nil
	})
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d handed out, %v", n, err)
	}
}

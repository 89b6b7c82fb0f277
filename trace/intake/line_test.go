package intake

import (
	"context"
	"fmt"
	"strings"
	"testing"
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

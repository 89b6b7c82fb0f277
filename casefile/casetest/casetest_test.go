package casetest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

// TestSameAgain: message n depends on the seed and n alone.
func TestSameAgain(t *testing.T) {
	a, b := New(Config{Seed: 7}), New(Config{Seed: 7})
	for _, n := range []int{399, 0, 12, 5000} {
		x, y := a.Message(n), b.Message(n)
		if !bytes.Equal(x.Data, y.Data) || len(x.Data) == 0 {
			t.Errorf("message %d is not the same again", n)
		}
	}
	if bytes.Equal(a.Message(3).Data, New(Config{Seed: 8}).Message(3).Data) {
		t.Error("another seed gives the same message")
	}
}

// TestSorted: intake takes every message for what it was made as, from an mbox too.
func TestSorted(t *testing.T) {
	const n = 1000
	m := New(Config{Seed: 1})
	dir := t.TempDir()
	name := filepath.Join(dir, "in.mbox")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WriteMbox(f, 0, n); err != nil {
		t.Fatal(err)
	}
	f.Close()
	i, wrong := 0, 0
	classes := map[string]int{}
	err = intake.Sorter{}.Walk(t.Context(), []string{name}, nil, func(s *intake.Submission) error {
		want := m.Message(i)
		i++
		classes[want.Class]++
		if string(s.Class) != want.Class || (len(s.Samples) > 0) != want.Sample {
			wrong++
			if wrong < 6 {
				t.Errorf("message %d: class %s with %d samples (%v), made as %s\n%.3000s", want.Number, s.Class, len(s.Samples), s.Reasons, want.Class, want.Data)
			}
		}
		return nil
	})
	if err != nil || i != n || wrong > 0 {
		t.Errorf("%d of %d messages read, %d wrong: %v", i, n, wrong, err)
	}
	t.Log(classes)
}

// TestTraced: the tracer finds the relay at the boundary, and believes the fields of
// relays that write genuine ones.
func TestTraced(t *testing.T) {
	m := New(Config{Seed: 1})
	ends := map[trace.End]int{}
	for n := range 500 {
		want := m.spam(n)
		p := trace.Analyze(want.Data, header.Scan(want.Data, nil).Fields, &trace.Settings{})
		x := &m.Relays[want.Relay]
		if p.Boundary == nil || p.Boundary.IP != x.Addr {
			t.Fatalf("message %d: boundary %+v, relay %s\n%s", n, p.Boundary, x.Addr, want.Data)
		}
		ends[p.Ends]++
		at := slices.IndexFunc(p.Relays, func(r trace.Relay) bool { return r.IP == x.Addr })
		if x.Withholds && !x.NoField && (at < 0 || !p.Relays[at].Withholds) {
			t.Errorf("message %d: relay %s withholds, told as %+v\n%s", n, x.Software, p.Relays, want.Data)
		}
	}
	t.Log(ends)
}

func BenchmarkMessage(b *testing.B) {
	m := New(Config{Seed: 1})
	n, size := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		size += len(m.Message(n).Data)
		n++
	}
	b.ReportMetric(float64(size)/float64(n), "B/message")
}

package trace

import (
	"strings"
	"testing"
)

// A path whose lists were another's must be the same as one made of new memory, and what
// was taken from the other stays as it was but for its lists.
func TestRecycle(t *testing.T) {
	set := declaredSettings(t)
	messages := loadTruth(t)
	none := analyzeBytes([]byte("Subject: none\n\nno trace\n"), set)
	long := []byte(strings.Repeat("Received: from a.example ([192.0.2.1]) by b.example; Mon, 1 Jan 2024 00:00:00 +0000\n", 90) + "\nlong\n")
	want := make([]string, len(messages))
	for i, m := range messages {
		p := analyzeBytes(m.data, set)
		want[i] = string(p.AppendJSON(nil))
	}
	wantNone := string(none.AppendJSON(nil))
	for i, m := range messages {
		p := analyzeBytes(m.data, set)
		if got := string(p.AppendJSON(nil)); got != want[i] {
			t.Fatalf("%s: with recycled memory\n%s\nwith new\n%s", m.name, got, want[i])
		}
		text := p.Message.From + p.Message.Subject
		if len(p.Hops) > 0 {
			text = p.Hops[0].Raw
		}
		kept := strings.Clone(text)
		p.Recycle()
		if p.Hops != nil {
			t.Fatalf("%s: the path still has its memory", m.name)
		}
		p.Recycle() // has nothing left to give
		if i%7 == 0 {
			q := analyzeBytes(long, set)
			q.Recycle()
		}
		q := analyzeBytes([]byte("Subject: none\n\nno trace\n"), set)
		if got := string(q.AppendJSON(nil)); got != wantNone {
			t.Fatalf("after %s: %s", m.name, got)
		}
		q.Recycle()
		if text != kept {
			t.Fatalf("%s: a text of a recycled path has changed", m.name)
		}
	}
}

// What is given back holds nothing of its message, and nothing that a hostile header made long.
func TestRecycleEmpties(t *testing.T) {
	p := analyzeBytes([]byte(strings.Repeat("Received: from a.example ([192.0.2.1]) by b.example for <x@y.example>; Mon, 1 Jan 2024 00:00:00 +0000\n", 10)+"\n"), declaredSettings(t))
	l := p
	p.Recycle()
	for _, h := range l.Hops[:cap(l.Hops)] {
		if h.Raw != "" || h.Clock != nil || h.For != nil || h.Why != "" {
			t.Fatalf("still there: %+v", h)
		}
	}
	for _, f := range l.Findings[:cap(l.Findings)] {
		if f != (Finding{}) {
			t.Fatalf("still there: %+v", f)
		}
	}
	p = analyzeBytes([]byte(strings.Repeat("Received: from a.example by b.example\n", 1000)+"\n"), declaredSettings(t))
	p.Recycle()
	if p = analyzeBytes([]byte("Received: from a.example by b.example\n\n"), declaredSettings(t)); cap(p.Hops) > 64 {
		t.Fatal("the memory of a long header is kept")
	}
}

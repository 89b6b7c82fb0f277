package trace

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"relaytrace/trace/header"
)

func (z *Analyzer) bytes(data []byte, set *Settings) *Path {
	return z.Analyze(data, header.Scan(data, nil).Fields, set)
}

// An Analyzer gives the paths that Analyze does, and what was taken from an earlier one
// stays as it was but for its lists.
func TestAnalyzer(t *testing.T) {
	set := declaredSettings(t)
	none := []byte("Subject: none\n\nno trace\n")
	long := []byte(strings.Repeat("Received: from a.example ([192.0.2.1]) by b.example; Mon, 1 Jan 2024 00:00:00 +0000\n", 90) + "\nlong\n")
	var z Analyzer
	for i, m := range loadTruth(t) {
		all := [][]byte{m.data, none, m.data}
		if i%7 == 0 {
			all = append(all, long, m.data)
		}
		for _, data := range all {
			p := analyzeBytes(data, set)
			want, got := p.AppendJSON(nil), z.bytes(data, set)
			if got := got.AppendJSON(nil); !bytes.Equal(got, want) {
				t.Fatalf("%s: with memory that was used before\n%s\nwith new\n%s", m.name, got, want)
			}
			if got.Hops == nil || got.Relays == nil || got.Bystanders == nil || got.Hints == nil || got.Findings == nil || got.Message.DeliveredTo == nil {
				t.Fatalf("%s: a list is nil", m.name)
			}
		}
		p := z.bytes(m.data, set)
		text := p.Message.From + p.Message.Subject
		if len(p.Hops) > 0 {
			text = p.Hops[0].Raw
		}
		kept := strings.Clone(text)
		z.bytes(none, set)
		if text != kept {
			t.Fatalf("%s: a text of an earlier path has changed", m.name)
		}
	}
}

// What is kept for the next path holds nothing that a hostile header made long.
func TestAnalyzerLong(t *testing.T) {
	set := declaredSettings(t)
	var z Analyzer
	z.bytes([]byte(strings.Repeat("Received: from a.example by b.example for <x@y.example>\n", 1000)+"\n"), set)
	p := z.bytes([]byte("Received: from a.example by b.example\n\n"), set)
	for name, n := range map[string]int{
		"hops": cap(p.Hops), "findings": cap(p.Findings), "bystanders": cap(p.Bystanders), "recipients": cap(z.lists.recipients),
		"clocks": cap(z.lists.clocks), "codes": cap(z.lists.codes),
	} {
		if n > 64 {
			t.Errorf("%s: the memory of a long header is kept", name)
		}
	}
}

// In memory that is used again, nothing of a longer path is left behind a shorter one.
func TestAnalyzerEmpties(t *testing.T) {
	set := declaredSettings(t)
	var z Analyzer
	z.bytes([]byte(strings.Repeat("Received: from a.example by b.example for <x@y.example>\n", 10)+"\n"), set)
	p := z.bytes([]byte("Received: from c.example by d.example\n\n"), set)
	if cap(p.Hops) < 10 {
		t.Fatalf("room for %d hops: the memory was not used again", cap(p.Hops))
	}
	for _, h := range p.Hops[1:cap(p.Hops)] {
		if h.Raw != "" || h.For != nil || h.Findings != nil {
			t.Fatalf("still there: %+v", h)
		}
	}
}

// The names of one host are kept apart from those of another, however many there are.
func TestAddName(t *testing.T) {
	a := analysis{names: make([]string, 0, 64)} // as an earlier message left it
	var first, second []string
	for i := range 2 * maxNames {
		first = a.addName(first, fmt.Sprintf("a%d.example", i))
		second = a.addName(second, fmt.Sprintf("b%d.example", i))
		second = a.addName(second, "b0.example")
	}
	want := func(letter string) (names []string) {
		for i := range maxNames {
			names = append(names, fmt.Sprintf("%s%d.example", letter, i))
		}
		return names
	}
	if !slices.Equal(first, want("a")) || !slices.Equal(second, want("b")) {
		t.Errorf("%q and %q", first, second)
	}
}

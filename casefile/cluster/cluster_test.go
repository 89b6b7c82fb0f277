package cluster

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"relaytrace/casefile/casetest"
	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

// item is a feature and what is true of it.
type item struct {
	Features
	incident int
	number   int // of the message
}

// readAll reads messages 0 to n of a mailbox as the command would.
func readAll(t testing.TB, m *casetest.Mailbox, n int) []item {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in.mbox")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WriteMbox(f, 0, n); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var out []item
	number := 0
	err = intake.Sorter{Domains: []string{"college.example"}}.Walk(t.Context(), []string{name}, nil, func(s *intake.Submission) error {
		truth := m.Message(number).Incident
		for _, one := range s.Samples {
			h := header.Scan(one.Data, nil)
			p := trace.Analyze(one.Data, h.Fields, &trace.Settings{})
			out = append(out, item{Read(one.Data, h.Fields, one.SHA256, &p), truth, number})
		}
		if len(s.Samples) == 0 {
			forged := ""
			if s.Bounce != nil {
				forged = s.Bounce.Forged
			}
			out = append(out, item{ReadAbout(s.Data, sha256.Sum256(s.Data), forged), truth, number})
		}
		number++
		return nil
	})
	if err != nil || number != n {
		t.Fatalf("%d messages read: %v", number, err)
	}
	return out
}

func features(items []item) []*Features {
	out := make([]*Features, len(items))
	for i := range items {
		out[i] = &items[i].Features
	}
	return out
}

// score holds clusters against the truth.
type score struct {
	samples, right int // samples of incidents; of them in the cluster of their incident
	about, placed  int // the same of messages without a sample
	wrong          int // messages in the cluster of another incident, or of none
	merged         [][2]int
}

func held(items []item, r *Result) score {
	var s score
	home := map[int]int{} // incident -> its largest cluster
	owner := map[int]int{}
	for n, c := range r.Clusters {
		count := map[int]int{}
		for _, i := range c.Members {
			count[items[i].incident]++
		}
		best := -1
		for in, k := range count {
			if best < 0 || k > count[best] || k == count[best] && in < best {
				best = in
			}
		}
		owner[n] = best
		if _, ok := home[best]; !ok && best >= 0 {
			home[best] = n
		}
		for in, k := range count {
			if in != best {
				s.wrong += k
				if k > 1 {
					s.merged = append(s.merged, [2]int{best, in})
				}
			}
		}
	}
	for i, x := range items {
		if x.incident < 0 {
			continue
		}
		h, ok := home[x.incident]
		right := ok && r.Of[i] == h
		if x.About {
			s.about++
			if right {
				s.placed++
			}
			continue
		}
		s.samples++
		if right {
			s.right++
		}
	}
	return s
}

// TestTruth: no two incidents are merged, and nearly all samples are in the right one.
func TestTruth(t *testing.T) {
	for _, seed := range []uint64{1, 3, 4} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := casetest.New(casetest.Config{Seed: seed})
			items := readAll(t, m, 5000)
			r := Group(features(items))
			s := held(items, r)
			t.Logf("%d of %d samples right (%.2f %%), %d of %d others placed, %d wrong", s.right, s.samples, 100*float64(s.right)/float64(s.samples), s.placed, s.about, s.wrong)
			for _, x := range s.merged {
				t.Errorf("mixed:\n%s\n%s", m.Incidents[x[0]].Describe(), describe(m, x[1]))
			}
			if s.wrong > 0 || float64(s.right) < 0.99*float64(s.samples) {
				t.Errorf("%d wrong, %d of %d right", s.wrong, s.right, s.samples)
			}
			if t.Failed() || testing.Verbose() {
				explain(t, m, items, r)
			}
		})
	}
}

func describe(m *casetest.Mailbox, n int) string {
	if n < 0 {
		return "mail of no run"
	}
	return m.Incidents[n].Describe()
}

// explain tells which joins tie messages of different incidents, and which are left over.
func explain(t *testing.T, m *casetest.Mailbox, items []item, r *Result) {
	bad := map[Kind]int{}
	for i := range items {
		if j, ok := r.Joined(i); ok && items[j.A].incident != items[j.B].incident {
			bad[j.Kind]++
			if bad[j.Kind] < 4 {
				t.Logf("wrong join of %d and %d: %s %q", items[j.A].number, items[j.B].number, j.Kind, j.What)
			}
		}
	}
	t.Log("wrong joins:", bad)
	left := 0
	for i, x := range items {
		if x.incident >= 0 && !x.About && r.Of[i] < 0 {
			if left++; left < 4 {
				t.Logf("left alone: %d of %s: %d letters, subject %q, links %v, shape %q", x.number, m.Incidents[x.incident].Describe(), x.Letter, x.Subject, x.Links, x.Shape)
			}
		}
	}
	sizes := []string{}
	for _, c := range r.Clusters[:min(60, len(r.Clusters))] {
		sizes = append(sizes, fmt.Sprintf("%d:%d", items[c.Members[0]].incident, len(c.Members)))
	}
	t.Log(left, "left alone;", len(r.Clusters), "clusters:", strings.Join(sizes, " "))
}

// TestOrder: neither the order of the input nor the number of processors changes the result.
func TestOrder(t *testing.T) {
	items := readAll(t, casetest.New(casetest.Config{Seed: 4, Incidents: 12}), 1500)
	want := named(items, Group(features(items)))
	for _, seed := range []uint64{1, 2} {
		mixed := slices.Clone(items)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		before := runtime.GOMAXPROCS(int(seed))
		got := named(mixed, Group(features(mixed)))
		runtime.GOMAXPROCS(before)
		if !reflect.DeepEqual(got, want) {
			t.Fatal("the order of the input changes the clusters")
		}
	}
}

// named gives the clusters by the keys of their members, and the reasons.
func named(items []item, r *Result) [][]string {
	var out [][]string
	for _, c := range r.Clusters {
		var keys []string
		for _, i := range c.Members {
			keys = append(keys, fmt.Sprintf("%x", items[i].Key))
		}
		slices.Sort(keys)
		out = append(out, keys)
	}
	var reasons []string
	for i := range items {
		if j, ok := r.Joined(i); ok {
			reasons = append(reasons, fmt.Sprintf("%x %x %v %s", items[j.A].Key, items[j.B].Key, j.Kind, j.What))
		}
	}
	slices.Sort(reasons)
	return append(out, reasons)
}

// TestWhy: the joins between any two of a cluster form a way from one to the other.
func TestWhy(t *testing.T) {
	items := readAll(t, casetest.New(casetest.Config{Seed: 5, Incidents: 6}), 600)
	r := Group(features(items))
	x := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		c := r.Clusters[x.IntN(len(r.Clusters))]
		i, j := c.Members[x.IntN(len(c.Members))], c.Members[x.IntN(len(c.Members))]
		way := r.Why(i, j)
		if (i == j) != (len(way) == 0) {
			t.Fatalf("%d joins from %d to %d", len(way), i, j)
		}
		at := i
		for _, step := range way {
			switch at {
			case step.A:
				at = step.B
			case step.B:
				at = step.A
			default:
				t.Fatalf("the way from %d to %d breaks at %d: %+v", i, j, at, way)
			}
			if step.Kind == 0 {
				t.Fatal("a join without a reason")
			}
		}
		if at != j {
			t.Fatalf("the way from %d ends at %d, not at %d", i, at, j)
		}
	}
	if way := r.Why(slices.Index(r.Of, 0), slices.Index(r.Of, 1)); len(way) > 0 {
		t.Errorf("two clusters are tied by %v", way)
	}
}

// TestShared: what different runs have in common joins nothing.
func TestShared(t *testing.T) {
	var all []*Features
	for i := range 40 {
		f := Features{Key: [16]byte{byte(i)}, Subject: "", Shape: "From To Subject", Forged: fmt.Sprintf("a%d@dept.college.example", i), Time: 1}
		f.Subject = strings.Repeat(string(rune('a'+i%26)), 12) + fmt.Sprint(" offer ", i)
		all = append(all, &f)
	}
	r := Group(all)
	if len(r.Clusters) != 0 {
		t.Errorf("joined by program, domain and day alone: %+v", r.Clusters)
	}
}

// TestNoMerge: a sample that is tied to two runs goes to the one with more ties.
func TestNoMerge(t *testing.T) {
	var all []*Features
	key := byte(0)
	add := func(f Features) int {
		key++
		f.Key = [16]byte{key}
		all = append(all, &f)
		return len(all) - 1
	}
	for range 20 {
		add(Features{Body: 1, Letter: 500, Links: []string{"one.example"}, Subject: "the first offer", Shape: "a"})
		add(Features{Body: 2, Letter: 500, Links: []string{"two.example"}, Subject: "the second offer", Shape: "a"})
	}
	between := add(Features{Links: []string{"one.example", "two.example"}, Subject: "the second offer", Shape: "a"})
	even := add(Features{Links: []string{"one.example", "two.example"}, Shape: "a"})
	r := Group(all)
	if r.Of[0] == r.Of[1] {
		t.Fatal("one sample between two runs merges them")
	}
	if r.Of[between] != r.Of[1] {
		t.Errorf("the sample went to %d, not to the run with more ties", r.Of[between])
	}
	if r.Of[even] >= 0 {
		t.Errorf("a sample with as many ties to both went to %d", r.Of[even])
	}
}

func BenchmarkRead(b *testing.B) {
	m := casetest.New(casetest.Config{Seed: 1})
	type one struct {
		data   []byte
		fields []header.Field
		path   trace.Path
	}
	var all []one
	size := 0
	for n := 0; len(all) < 200; n++ {
		if msg := m.Message(n); msg.Class == "sample" {
			h := header.Scan(msg.Data, nil)
			all = append(all, one{msg.Data, h.Fields, trace.Analyze(msg.Data, h.Fields, &trace.Settings{})})
			size += len(msg.Data)
		}
	}
	b.SetBytes(int64(size / len(all)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		x := &all[n%len(all)]
		Read(x.data, x.fields, [32]byte{}, &x.path)
		n++
	}
}

func BenchmarkGroup(b *testing.B) {
	items := readAll(b, casetest.New(casetest.Config{Seed: 1}), 5000)
	all := features(items)
	b.ReportAllocs()
	for b.Loop() {
		Group(all)
	}
	b.ReportMetric(float64(len(all))*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// readText makes the features of a message with this subject and HTML.
func readText(number int, subject, html string) *Features {
	data := fmt.Appendf(nil, "Received: from a.example ([198.18.0.9]) by mx.home.example (Postfix) with SMTP id 3F0130A; Fri, 7 Mar 2003 18:00:0%d +0000\n"+
		"From: x%d@dept.college.example\nTo: pat.moss@home.example\nSubject: %s\nContent-Type: text/html\n\n%s\n", number%10, number, subject, html)
	h := header.Scan(data, nil)
	p := trace.Analyze(data, h.Fields, &trace.Settings{})
	f := Read(data, h.Fields, sha256.Sum256(data), &p)
	return &f
}

// TestText: what is varied at random is left out of a text, and a footer that many use joins nobody.
func TestText(t *testing.T) {
	long := strings.Repeat("The genuine copper kettle improves every kitchen and saves you a fortune. Order two kettles before Sunday and keep the lid. ", 3)
	a := readText(1, "one", "<p>Dear pat moss</p><p>"+long+"</p><!-- qwe --><font>xkqzvbn 83741 http://a1.kettle.example/x?81</font>")
	b := readText(2, "two", "<p>Dear pat moss, </p><p>"+strings.ReplaceAll(long, "kettle ", "ket<!-- zz81 -->tle ")+"</p><font>plmwrtt 11 http://www.kettle.example/y</font>")
	if a.Body == 0 || a.Body != b.Body {
		t.Errorf("the same text with other random parts: %d letters and %d", a.Letter, b.Letter)
	}
	if !slices.Equal(a.Links, []string{"kettle.example"}) {
		t.Errorf("links %q", a.Links)
	}
	const footer = "<p>Copyright 2002, all rights reserved. If you would no longer like us to contact you, or feel that you have received this email in error, please click here to unsubscribe.</p>"
	r := Group([]*Features{
		readText(3, "shop your loan", "<img src=http://one.example/a.gif>"+footer), readText(4, "golden watches", "<img src=http://two.example/b.gif>"+footer),
	})
	if len(r.Clusters) > 0 {
		t.Error("a footer joins two runs")
	}
}

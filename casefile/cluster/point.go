package cluster

import "strings"

const (
	hour    = 60 * 60
	day     = 24 * hour
	after   = 10 * day // until a bounce or an answer comes
	before  = 1 * day  // wrong clocks
	unclear = 0.10     // part of a form's addresses that may be of several runs
)

// pointed is what a name leads to: samples of one set, or of several.
type pointed struct {
	sample  int   // the first in the order of keys
	others  []int // one of each other set, at most three
	samples int   // that have the name
}

func (p *pointed) clear() bool { return p != nil && len(p.others) == 0 }

// names leads from what messages name to the samples that have it.
type names struct {
	ids       map[uint64]*pointed
	addresses map[string]*pointed
	subjects  map[[2]string]*pointed // subject and forged domain
	guessed   map[string]bool        // forms of addresses that several runs come upon
}

// span is when a set was seen.
type span struct{ first, last int64 }

func (s *span) add(at int64) {
	if at == 0 {
		return
	}
	if s.first == 0 || at < s.first {
		s.first = at
	}
	s.last = max(s.last, at)
}

// pointers lets messages without a sample follow what they name, when that leads to one
// run alone; and samples that stand alone follow an address that one run alone forged,
// when subject or handwriting agrees. Nothing of this merges runs.
func (g *grouper) pointers() {
	n := g.names()
	size, seen := g.extents()
	type found struct {
		i, to int
		kind  Kind
		what  string
	}
	var all []found
	for _, i := range g.samples {
		if size[g.root(i)] > 1 {
			continue
		}
		if to, ok := n.alone(g, i); ok && within(g.all[i].Time, seen[g.root(to)]) {
			all = append(all, found{i, to, NamesAddress, g.all[i].Forged})
		}
	}
	for _, i := range g.about {
		to, kind, what := n.lookup(g, g.all[i])
		if kind == NamesID || kind != 0 && within(g.all[i].Time, seen[g.root(to)]) {
			all = append(all, found{i, to, kind, what})
		}
	}
	for _, x := range all {
		g.join(x.i, x.to, x.kind, x.what)
	}
}

// extents gives the number of samples of each set, and when they were seen.
func (g *grouper) extents() (map[int]int, map[int]span) {
	size, seen := map[int]int{}, map[int]span{}
	for _, i := range g.samples {
		root := g.root(i)
		size[root]++
		s := seen[root]
		s.add(g.all[i].Time)
		seen[root] = s
	}
	return size, seen
}

// within tells whether a message can be about a run that was seen then.
func within(at int64, s span) bool {
	return at == 0 || s.last == 0 || at >= s.first-before && at <= s.last+after
}

// alone finds the one run that a sample which stands alone may belong to.
func (n *names) alone(g *grouper, i int) (to int, ok bool) {
	f := g.all[i]
	p := n.addresses[f.Forged]
	if p == nil || len(p.others) != 1 || n.guessed[formOf(f.Forged)] { // itself, and one other
		return 0, false
	}
	if to = p.sample; to == i {
		to = p.others[0]
	}
	o := g.all[to]
	return to, f.Shape == o.Shape || f.Subject != "" && f.Subject == o.Subject
}

// names gathers what the samples have.
func (g *grouper) names() names {
	n := names{map[uint64]*pointed{}, map[string]*pointed{}, map[[2]string]*pointed{}, map[string]bool{}}
	for _, i := range g.samples {
		f := g.all[i]
		if f.MessageID != 0 {
			point(g, n.ids, f.MessageID, i)
		}
		if f.Forged == "" {
			continue
		}
		if !isRole(f.Forged) {
			point(g, n.addresses, f.Forged, i)
		}
		if f.Subject != "" {
			point(g, n.subjects, [2]string{f.Subject, domainOf(f.Forged)}, i)
		}
	}
	// Where programs make addresses of one form out of common names, those met in one run
	// alone are so by chance.
	type tally struct{ again, contested int }
	forms := map[string]*tally{}
	for a, p := range n.addresses {
		if p.samples < 2 {
			continue
		}
		t := forms[formOf(a)]
		if t == nil {
			t = &tally{}
			forms[formOf(a)] = t
		}
		t.again++
		if len(p.others) > 0 {
			t.contested++
		}
	}
	for form, t := range forms {
		n.guessed[form] = t.contested > 1 && float64(t.contested) > unclear*float64(t.again)
	}
	return n
}

// formOf gives the form of a local part: its runs of letters and of digits, and its marks.
func formOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	var b strings.Builder
	var last byte
	for i := range len(local) {
		c := local[i]
		switch {
		case c >= '0' && c <= '9':
			c = '9'
		case isWordByte(c) || c >= 0x80:
			c = 'a'
		}
		if c != last {
			b.WriteByte(c)
		}
		last = c
	}
	return b.String()
}

func point[K comparable](g *grouper, m map[K]*pointed, key K, i int) {
	p := m[key]
	if p == nil {
		m[key] = &pointed{sample: i, samples: 1}
		return
	}
	if g.all[p.sample].Key != g.all[i].Key {
		p.samples++
	}
	if g.root(i) == g.root(p.sample) || len(p.others) == 3 {
		return
	}
	for _, o := range p.others {
		if g.root(o) == g.root(i) {
			return
		}
	}
	p.others = append(p.others, i)
}

// lookup finds the sample that a message is about, as far as its names lead to one run.
func (n *names) lookup(g *grouper, f *Features) (to int, kind Kind, what string) {
	for _, ref := range f.Refs {
		if p := n.ids[ref]; p.clear() {
			return p.sample, NamesID, ""
		}
	}
	var subject *pointed
	if f.Subject != "" && f.Forged != "" {
		subject = n.subjects[[2]string{f.Subject, domainOf(f.Forged)}]
	}
	if subject.clear() {
		return subject.sample, NamesSubject, f.Subject
	}
	if p := n.addresses[f.Forged]; p.clear() && !n.guessed[formOf(f.Forged)] {
		return p.sample, NamesAddress, f.Forged
	}
	return 0, 0, ""
}

package cluster

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Group puts together the messages that belong to one run each. It needs time and memory
// linear in their number but for sorting, and depends on neither their order nor the number
// of processors: the clusters, their order and the reasons are always the same.
func Group(all []*Features) *Result {
	g := newGrouper(all)
	g.sameAgain()
	g.sameText()
	g.nearText()
	g.agreeing()
	g.pointers()
	return g.result()
}

// grouper numbers the messages in an order of its own, by what they are and not by where
// they stood: those with samples first.
type grouper struct {
	all     []*Features
	from    []int   // for each its index in the input
	samples []int   // 0, 1, 2 ... the messages with a sample
	about   []int   // the others
	set     []int32 // disjoint sets: towards the root
	up      []Join  // a forest of joins: each towards the first of its cluster

	size   map[int32]int   // samples in each set of one text, by what was its root then
	common map[string]bool // what several large sets show
	bases  map[int32]bool  // the roots of large sets
}

func newGrouper(all []*Features) *grouper {
	g := &grouper{set: make([]int32, len(all)), up: make([]Join, len(all)), from: make([]int, len(all)), all: make([]*Features, len(all))}
	for i := range g.from {
		g.from[i], g.set[i] = i, int32(i)
	}
	slices.SortFunc(g.from, func(i, j int) int {
		a, b := all[i], all[j]
		switch {
		case a.About != b.About && a.About:
			return 1
		case a.About != b.About:
			return -1
		}
		return cmp.Or(bytes.Compare(a.Key[:], b.Key[:]), cmp.Compare(i, j))
	})
	for n, i := range g.from {
		g.all[n] = all[i]
		if all[i].About {
			g.about = append(g.about, n)
		} else {
			g.samples = append(g.samples, n)
		}
	}
	return g
}

func (g *grouper) root(i int) int {
	for int(g.set[i]) != i {
		g.set[i] = g.set[g.set[i]]
		i = int(g.set[i])
	}
	return i
}

// join puts a and b together, unless they are.
func (g *grouper) join(a, b int, kind Kind, what string) {
	ra, rb := g.root(a), g.root(b)
	if ra == rb {
		return
	}
	// a becomes the root of its tree of joins, which then hangs below b.
	next := Join{A: a, B: b, Kind: kind, What: what}
	for x := a; ; {
		old := g.up[x]
		g.up[x] = next
		if old.Kind == 0 {
			break
		}
		x = old.B
		next = Join{A: x, B: old.A, Kind: old.Kind, What: old.What}
	}
	g.set[ra] = int32(rb)
}

// sameAgain joins samples with the same bytes, or the same Message-ID.
func (g *grouper) sameAgain() {
	byID := make(map[uint64]int, len(g.samples))
	for _, i := range g.samples {
		f := g.all[i]
		if i > 0 && g.all[i-1].Key == f.Key {
			g.join(i, i-1, SameSample, "")
			continue
		}
		if f.MessageID == 0 {
			continue
		}
		if first, ok := byID[f.MessageID]; ok && g.alike(i, first) {
			g.join(i, first, SameID, "")
		} else if !ok {
			byID[f.MessageID] = i
		}
	}
}

// alike guards against programs that give all messages one ID.
func (g *grouper) alike(i, j int) bool {
	a, b := g.all[i], g.all[j]
	return a.Subject == b.Subject && a.Shape == b.Shape
}

func (g *grouper) sameText() {
	byText := make(map[uint64]int, len(g.samples))
	for _, i := range g.samples {
		f := g.all[i]
		if f.Body == 0 {
			continue
		}
		if first, ok := byText[f.Body]; ok {
			g.join(i, first, SameText, "")
		} else {
			byText[f.Body] = i
		}
	}
}

// result gathers the sets, and numbers as the input does.
func (g *grouper) result() *Result {
	r := &Result{Of: make([]int, len(g.all)), up: make([]Join, len(g.all))}
	members := make(map[int][]int, len(g.all)/4)
	var order []int // roots, by their first member
	for i := range g.all {
		root := g.root(i)
		if len(members[root]) == 0 {
			order = append(order, root)
		}
		members[root] = append(members[root], i)
		r.Of[i] = -1
		if j := g.up[i]; j.Kind != 0 {
			j.A, j.B = g.from[j.A], g.from[j.B]
			r.up[g.from[i]] = j
		}
	}
	order = slices.DeleteFunc(order, func(root int) bool { return len(members[root]) < 2 })
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(members[b]), len(members[a])) })
	for n, root := range order {
		c := Cluster{Members: members[root]}
		for k, i := range c.Members {
			if !g.all[i].About {
				c.Samples++
			}
			c.Members[k] = g.from[i]
			r.Of[g.from[i]] = n
		}
		slices.Sort(c.Members)
		r.Clusters = append(r.Clusters, c)
	}
	return r
}

// isRole tells local parts that belong to a function: mail to them tells no run from another.
func isRole(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	switch local {
	case "", "postmaster", "abuse", "mailer-daemon", "root", "webmaster", "hostmaster", "info", "admin", "sales", "support", "nobody":
		return true
	}
	return false
}

package cluster

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

const (
	alike      = 0.65 // cosine of what two large sets show, for them to be of one run
	maxShowing = 100  // large sets that show one thing; what more show is everybody's
	maxMerging = 8    // passes of merging
	shapeLess  = 4    // the handwriting weighs a quarter: many use the same program
)

// showing is what the samples of a set show: for each link domain, subject, network and
// handwriting the number of samples.
type showing struct {
	set     int32
	samples int
	counts  map[string]int64
}

// mergeLike merges the large sets of which the samples show the same things about as often.
// Versions of one run share all their links, subjects, networks and their program; two runs
// may share one or the other, such as a subject that any spammer writes or a place where
// anybody has pages. Most alike goes first, and what was merged is compared as a whole.
func (g *grouper) mergeLike() {
	sets := g.showings()
	for range maxMerging {
		if !g.mergePass(sets) {
			return
		}
	}
}

func (g *grouper) showings() map[int32]*showing {
	sets := map[int32]*showing{}
	for _, i := range g.samples {
		root := int32(g.root(i))
		if g.size[root] < largeSet {
			continue
		}
		x := sets[root]
		if x == nil {
			x = &showing{set: root, counts: map[string]int64{}}
			sets[root] = x
		}
		x.samples++
		f := g.all[i]
		for _, l := range f.Links {
			x.counts["l"+l]++
		}
		if f.Subject != "" {
			x.counts["s"+f.Subject]++
		}
		if f.Net.IsValid() {
			x.counts["n"+f.Net.String()]++
		}
		x.counts["h"+f.Shape]++
	}
	return sets
}

// likeness is how alike two large sets are.
type likeness struct {
	a, b  int32
	value float64
}

// mergePass merges each set with the one most like it, if that is alike enough.
func (g *grouper) mergePass(sets map[int32]*showing) bool {
	pairs := likenesses(sets)
	slices.SortFunc(pairs, func(x, y likeness) int {
		return cmp.Or(cmp.Compare(y.value, x.value), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	done := map[int32]bool{}
	for _, p := range pairs {
		if done[p.a] || done[p.b] || p.value < alike {
			continue
		}
		done[p.a], done[p.b] = true, true
		a, b := sets[p.a], sets[p.b]
		kind, what := sharedBy(a, b)
		g.join(int(p.a), int(p.b), kind, what)
		into, from := a, b
		if int32(g.root(int(p.a))) == p.b {
			into, from = b, a
		}
		into.samples += from.samples
		for k, n := range from.counts {
			into.counts[k] += n
		}
		delete(sets, from.set)
	}
	return len(done) > 0
}

// likenesses compares the sets that show anything in common that not all do.
func likenesses(sets map[int32]*showing) []likeness {
	by := map[string][]int32{}
	norms := map[int32]int64{}
	for set, x := range sets {
		norms[set] = product(x, x)
		for k, n := range x.counts {
			if k[0] != 'h' && n >= tellingMin {
				by[k] = append(by[k], set)
			}
		}
	}
	met := map[[2]int32]bool{}
	var out []likeness
	for _, list := range by {
		if len(list) > maxShowing {
			continue
		}
		for i, a := range list {
			for _, b := range list[:i] {
				pair := [2]int32{min(a, b), max(a, b)}
				if met[pair] {
					continue
				}
				met[pair] = true
				out = append(out, likeness{pair[0], pair[1], float64(product(sets[a], sets[b])) / math.Sqrt(float64(norms[a])*float64(norms[b]))})
			}
		}
	}
	return out
}

// product is the scalar product of what two sets show, in whole numbers: their sum is the
// same in any order.
func product(a, b *showing) int64 {
	if len(b.counts) < len(a.counts) {
		a, b = b, a
	}
	var sum int64
	for k, n := range a.counts {
		x := n * b.counts[k]
		if k[0] != 'h' {
			x *= shapeLess
		}
		sum += x
	}
	return sum
}

// sharedBy tells what two sets have most in common, as the reason of their merging.
func sharedBy(a, b *showing) (Kind, string) {
	best := map[byte]string{}
	most := map[byte]int64{}
	for _, k := range slices.Sorted(maps.Keys(a.counts)) {
		if n := min(a.counts[k], b.counts[k]); n > most[k[0]] {
			best[k[0]], most[k[0]] = k[1:], n
		}
	}
	link, subject := best['l'], best['s']
	switch {
	case link != "" && subject != "":
		return LinkSubject, link
	case link != "" && best['n'] != "":
		return LinkNet, link
	case link != "":
		return LinkShape, link
	case best['n'] != "":
		return SubjectNet, subject
	}
	return SubjectShape, subject
}

package cluster

import (
	"github.com/glaslos/tlsh"
)

const (
	nearShare = 0.30 // of the sketch's classes that must agree
	farShare  = 0.12 // or this one, when TLSH finds them close
	nearFuzzy = 40   // TLSH distance of close texts; unrelated ones of a language are beyond 70
	farFuzzy  = 150  // beyond it the sketch is not believed
)

// nearText joins texts of which large parts agree. Each is compared with the first text met
// that shares one of its least hashes, and not with all: at most one for each class.
func (g *grouper) nearText() {
	type class struct {
		n uint8
		v uint32
	}
	first := make(map[class]int32, len(g.samples))
	met := map[uint64]bool{}
	for _, i := range g.samples {
		f := g.all[i]
		if f.Body == 0 || met[f.Body] {
			continue
		}
		met[f.Body] = true
		var seen [blockLen]int32
		n := 0
	classes:
		for k := range blockLen {
			if f.Sketch[k] == emptyClass {
				continue
			}
			c := class{uint8(k), f.Sketch[k]}
			other, ok := first[c]
			if !ok {
				first[c] = int32(i)
				continue
			}
			for _, s := range seen[:n] {
				if s == other {
					continue classes
				}
			}
			seen[n] = other
			n++
			if g.root(i) != g.root(int(other)) && near(f, g.all[other]) {
				g.join(i, int(other), NearText, "")
			}
		}
	}
}

// near tells whether large parts of two texts agree.
func near(a, b *Features) bool {
	share := sketchShare(&a.Sketch, &b.Sketch)
	if share < farShare {
		return false
	}
	d := fuzzyDistance(&a.Fuzzy, &b.Fuzzy)
	return share >= nearShare && d <= farFuzzy || d <= nearFuzzy
}

// sketchShare estimates which part of the word sequences of two texts both have.
func sketchShare(a, b *[sketchLen]uint32) float64 {
	same, used := 0, 0
	for i := range a {
		if a[i] == emptyClass && b[i] == emptyClass {
			continue
		}
		used++
		if a[i] == b[i] {
			same++
		}
	}
	if used == 0 {
		return 0
	}
	return float64(same) / float64(used)
}

// fuzzyDistance is the TLSH distance; a large one where a text has no digest.
func fuzzyDistance(a, b *[fuzzyLen]byte) int {
	if *a == [fuzzyLen]byte{} || *b == [fuzzyLen]byte{} {
		return 1 << 20
	}
	return digest(a).Diff(digest(b))
}

// digest makes the digest of its bytes, as Tlsh.Binary wrote them.
func digest(b *[fuzzyLen]byte) *tlsh.Tlsh {
	swap := func(c byte) byte { return c<<4 | c>>4 }
	return tlsh.New(swap(b[0]), swap(b[1]), b[2]>>4, b[2]&15, b[2], [32]byte(b[3:]))
}

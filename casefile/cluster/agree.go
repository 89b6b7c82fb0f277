package cluster

import (
	"cmp"
	"net/netip"
	"slices"
)

const (
	largeSet   = 5    // samples of a set that stands for a run by itself
	tellingMin = 3    // samples of a large set that must show a sign for it to count as the set's
	rounds     = 2    // of following
	dominant   = 0.80 // part of a sign's samples in large sets that must be in one, for a small set to follow it there
)

// sign is one thing that two features of a sample give together, such as a domain and a subject.
type sign struct {
	kind    Kind
	key     uint64
	set     int32 // the sample's set when signs were gathered
	at      int32 // the sample's place in the order of keys
	what    string
	subject string // of LinkSubject
}

// agreeing joins the sets of one text, and samples without, by what else agrees. Large sets
// are merged when what their samples show is alike on the whole; small ones follow the
// large one to which more signs tie them than to any other, and merge nothing; those that
// no large set claims are joined with each other. What several large sets show after the
// merging, such as a subject that any spammer may write, ties a small one only to the one
// among them that forged the same domain and used the same relay at the time.
func (g *grouper) agreeing() {
	g.size = map[int32]int{}
	for _, i := range g.samples {
		g.size[int32(g.root(i))]++
	}
	groups := slices.Collect(runsOf(g.signs()))
	g.mergeLike()
	g.common = g.commonNames(groups)
	g.bases = map[int32]bool{}
	for set, n := range g.size {
		if n >= largeSet {
			g.bases[int32(g.root(int(set)))] = true
		}
	}
	profiles := g.profiles()
	for range rounds { // what followed may be followed
		var votes []vote
		for _, s := range groups {
			votes = g.vote(votes, s, profiles)
		}
		g.follow(votes)
	}
	for _, s := range groups {
		g.joinSmall(s)
	}
}

// large tells whether a set is a large one, or has followed one.
func (g *grouper) large(set int32) bool { return g.bases[int32(g.root(int(set)))] }

// commonNames gives what several large sets show, now that they are merged.
func (g *grouper) commonNames(groups [][]sign) map[string]bool {
	by, out := map[string]int32{}, map[string]bool{}
	for _, s := range groups {
		counts := map[int32]int{}
		bySet(s, func(of []sign) {
			if g.size[of[0].set] >= largeSet {
				counts[int32(g.root(int(of[0].set)))] += len(of)
			}
		})
		for root, n := range counts {
			if n < tellingMin {
				continue
			}
			for _, name := range s[0].names() {
				if other, known := by[name]; known && other != root {
					out[name] = true
				} else {
					by[name] = root
				}
			}
		}
	}
	return out
}

// isCommon tells whether nothing in a sign is of one run alone.
func (g *grouper) isCommon(s *sign) bool {
	for _, name := range s.names() {
		if !g.common[name] {
			return false
		}
	}
	return true
}

// profile is what the samples of a large set show together.
type profile struct {
	span
	domains map[string]bool
	relays  map[netip.Addr]bool
}

// profiles gathers those of the large sets, by their roots.
func (g *grouper) profiles() map[int32]*profile {
	out := map[int32]*profile{}
	for _, i := range g.samples {
		root := int32(g.root(i))
		if !g.bases[root] {
			continue
		}
		p := out[root]
		if p == nil {
			p = &profile{domains: map[string]bool{}, relays: map[netip.Addr]bool{}}
			out[root] = p
		}
		f := g.all[i]
		p.domains[domainOf(f.Forged)], p.relays[f.Relay] = true, true
		p.span.add(f.Time)
	}
	return out
}

// fits tells whether a sample can be of the set by all that it shows, which proves nothing
// by itself.
func (p *profile) fits(f *Features) bool {
	return p.domains[domainOf(f.Forged)] && p.relays[f.Relay] && f.Time != 0 && f.Time >= p.first-2*hour && f.Time <= p.last+2*hour
}

// signs gives the signs of all samples, sorted by kind, key, set and order.
func (g *grouper) signs() []sign {
	out := make([]sign, 0, 4*len(g.samples))
	for _, i := range g.samples {
		f := g.all[i]
		set := int32(g.root(i))
		add := func(kind Kind, what, with string) {
			x := sign{kind: kind, key: hashParts(kind, what, with), set: set, at: int32(i), what: what}
			if kind == LinkSubject {
				x.subject = with
			}
			out = append(out, x)
		}
		net := ""
		if f.Net.IsValid() {
			net = f.Net.String()
		}
		for _, l := range f.Links {
			if f.Subject != "" {
				add(LinkSubject, l, f.Subject)
			}
			if f.Shape != "" {
				add(LinkShape, l, f.Shape)
			}
			if net != "" {
				add(LinkNet, l, net)
			}
		}
		if f.Subject == "" {
			continue
		}
		if f.Shape != "" {
			add(SubjectShape, f.Subject, f.Shape)
		}
		if net != "" {
			add(SubjectNet, f.Subject, net)
		}
	}
	slices.SortFunc(out, func(a, b sign) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key), cmp.Compare(a.set, b.set), cmp.Compare(a.at, b.at))
	})
	return out
}

func hashParts(kind Kind, parts ...string) uint64 {
	h := uint64(kind) * 0x9e3779b97f4a7c15
	for _, p := range parts {
		h = mix(h ^ hashBytes([]byte(p)))
	}
	return h
}

// runsOf cuts sorted signs into those of the same key.
func runsOf(signs []sign) func(func([]sign) bool) {
	return func(yield func([]sign) bool) {
		for len(signs) > 0 {
			n := 1
			for n < len(signs) && signs[n].key == signs[0].key && signs[n].kind == signs[0].kind {
				n++
			}
			if !yield(signs[:n]) {
				return
			}
			signs = signs[n:]
		}
	}
}

// bySet cuts signs of one key into those of the same set.
func bySet(s []sign, each func([]sign)) {
	for len(s) > 0 {
		n := 1
		for n < len(s) && s[n].set == s[0].set {
			n++
		}
		each(s[:n])
		s = s[n:]
	}
}

func (g *grouper) joinSigns(a, b sign) { g.join(int(a.at), int(b.at), a.kind, a.what) }

// names gives what of a sign only a spammer chooses: the domain, the subject.
func (s *sign) names() []string {
	if s.kind == LinkSubject {
		return []string{"domain " + s.what, "subject " + s.subject}
	}
	if s.kind == SubjectShape || s.kind == SubjectNet {
		return []string{"subject " + s.what}
	}
	return []string{"domain " + s.what}
}

// vote is one sign that ties a small set to a large one.
type vote struct {
	small, large int32 // sets, at their roots
	sign, to     sign
	of           []sign // of the samples of the small set that show it
}

// leader gives the large set, at its root, that holds most of a sign's samples, and false
// when there is none; contested tells that several share them.
func (g *grouper) leader(s []sign) (to sign, root int32, found, contested bool) {
	counts := map[int32]int{}
	all := 0
	bySet(s, func(of []sign) {
		if g.large(of[0].set) {
			counts[int32(g.root(int(of[0].set)))] += len(of)
			all += len(of)
		}
	})
	for r, n := range counts {
		if float64(n) >= dominant*float64(all) {
			to, found := g.firstOf(s, r)
			return to, r, found, false
		}
	}
	return sign{}, 0, false, all > 0
}

// firstOf gives the first sign of a sample in a large set.
func (g *grouper) firstOf(s []sign, root int32) (sign, bool) {
	for _, x := range s {
		if g.large(x.set) && int32(g.root(int(x.set))) == root {
			return x, true
		}
	}
	return sign{}, false
}

func (g *grouper) vote(votes []vote, s []sign, profiles map[int32]*profile) []vote {
	to, root, found, contested := g.leader(s)
	if !found && !contested {
		return votes
	}
	common := contested || g.isCommon(&s[0])
	roots := map[int32]bool{}
	if common {
		for _, x := range s {
			if g.large(x.set) {
				roots[int32(g.root(int(x.set)))] = true
			}
		}
	}
	bySet(s, func(of []sign) {
		if g.large(of[0].set) {
			return
		}
		v := vote{of[0].set, root, of[0], to, of}
		if common {
			only, ok := onlyFit(g.all[of[0].at], roots, profiles)
			if !ok {
				return
			}
			v.large = only
			v.to, _ = g.firstOf(s, only)
			v.sign.kind = OneOfSeveral
		}
		votes = append(votes, v)
	})
	return votes
}

// onlyFit gives the one set of which a sample can be.
func onlyFit(f *Features, roots map[int32]bool, profiles map[int32]*profile) (root int32, ok bool) {
	for r := range roots {
		if !profiles[r].fits(f) {
			continue
		}
		if ok {
			return 0, false
		}
		root, ok = r, true
	}
	return root, ok
}

// follow joins each small set with the large one that has most votes, when a third of its
// samples stand behind them; one with as many votes for two is left.
func (g *grouper) follow(votes []vote) {
	slices.SortFunc(votes, func(a, b vote) int {
		return cmp.Or(cmp.Compare(a.small, b.small), cmp.Compare(a.large, b.large), cmp.Compare(a.sign.kind, b.sign.kind), cmp.Compare(a.sign.key, b.sign.key))
	})
	for len(votes) > 0 {
		n := 1
		for n < len(votes) && votes[n].small == votes[0].small {
			n++
		}
		var best *vote
		most, behind, tie := 0, 0, false
		for of := votes[:n]; len(of) > 0; {
			k := 1
			for k < len(of) && of[k].large == of[0].large {
				k++
			}
			switch {
			case k > most:
				best, most, tie = &of[0], k, false
				behind = distinct(of[:k])
			case k == most:
				tie = true
			}
			of = of[k:]
		}
		if !tie && 3*behind >= g.size[best.small] {
			g.joinSigns(best.sign, best.to)
		}
		votes = votes[n:]
	}
}

// distinct counts the samples behind votes.
func distinct(votes []vote) int {
	seen := map[int32]bool{}
	for _, v := range votes {
		for _, s := range v.of {
			seen[s.at] = true
		}
	}
	return len(seen)
}

// joinSmall joins the sets that no large one claims.
func (g *grouper) joinSmall(s []sign) {
	if _, _, found, contested := g.leader(s); found || contested || g.isCommon(&s[0]) {
		return
	}
	first := s[0]
	bySet(s, func(of []sign) {
		g.joinSigns(of[0], first)
	})
}

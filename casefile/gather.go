package casefile

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/enrich"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// Gatherer gathers what single samples suggest into what the case says. It is handed the
// samples one after the other and keeps of each no more than what the case will count, so
// that a case of a hundred thousand takes little memory. It is not safe for concurrent use.
type Gatherer struct {
	settings Settings
	own      trace.Hosts

	numbers     []int // of the samples, ascending
	problems    []Problem
	sums        []string
	addrs       map[netip.Addr]bool
	seen        map[netip.Addr]time.Time
	relays      map[netip.Addr]*relayTally
	undecided   map[netip.Addr]*relayTally // relays, or the providers of their clients
	sources     map[netip.Addr]*sourceTally
	bystanders  map[bystanderKey]*bystanderTally
	excuses     map[netip.Addr]map[excuse]*numbers
	trails      map[trace.End]TrailEnd
	silent      map[netip.Addr]bool // handed a sample in and added no field
	paths       map[[16]byte]*PathGroup
	ownHosts    []int
	submissions map[intake.Class]*classTally
	incident    *incidentTally
}

// NewGatherer begins a case with these settings.
func NewGatherer(s Settings) *Gatherer {
	own, err := trace.ParseHosts(s.Trust)
	if err != nil {
		own = trace.Hosts{} // the command refuses such settings; a claim of innocence is not worth a fault
	}
	return &Gatherer{
		settings: s, own: own, addrs: map[netip.Addr]bool{}, seen: map[netip.Addr]time.Time{}, relays: map[netip.Addr]*relayTally{},
		undecided: map[netip.Addr]*relayTally{},
		sources:   map[netip.Addr]*sourceTally{}, bystanders: map[bystanderKey]*bystanderTally{}, excuses: map[netip.Addr]map[excuse]*numbers{},
		trails: map[trace.End]TrailEnd{}, silent: map[netip.Addr]bool{}, paths: map[[16]byte]*PathGroup{}, submissions: map[intake.Class]*classTally{},
		incident: newIncidentTally(),
	}
}

// numbers are those of the samples that show something.
type numbers struct {
	list []int // ascending
}

func (n *numbers) add(sample int) {
	if k := len(n.list); k == 0 || n.list[k-1] != sample {
		n.list = append(n.list, sample)
	}
}

// AddSample takes the next sample, each digest once, in the order of their numbers, with
// the places where it was found. One without a number follows the one before. It keeps
// nothing of s.
func (g *Gatherer) AddSample(s *Sample) {
	n, p := s.Number, &s.Path
	if n == 0 {
		n = len(g.numbers) + 1
	}
	g.numbers = append(g.numbers, n)
	g.sums = append(g.sums, s.SHA256)
	g.addAddresses(p)
	g.incident.addSample(p)
	for _, r := range p.Relays {
		x := g.relays[r.IP]
		if x == nil {
			x = newRelayTally(r.IP)
			g.relays[r.IP] = x
		}
		x.add(n, p, r)
	}
	g.addUndecided(n, p)
	for _, o := range s.Origins {
		g.AddOrigin(p, o)
	}
	for _, e := range trailEnds(p) {
		x := g.sources[e.IP]
		if x == nil {
			x = &sourceTally{}
			g.sources[e.IP] = x
		}
		x.add(n, p, e)
	}
	g.addBystanders(n, p)
	if p.Ends == trace.EndLocal && p.Boundary == nil || g.passesOwn(p) {
		g.ownHosts = append(g.ownHosts, n)
	}
	if p.Ends == trace.EndNoField && p.Boundary != nil {
		g.silent[p.Boundary.IP] = true
	}
	t := g.trails[p.Ends]
	t.End, t.Samples = p.Ends, t.Samples+1
	if EndClaimed(p) {
		t.Claimed++
	}
	g.trails[p.Ends] = t
	key := pathKey(p)
	if g.paths[key] == nil {
		g.paths[key] = &PathGroup{Exemplar: n}
	}
	g.paths[key].Samples++
}

// Samples is how many samples were added.
func (g *Gatherer) Samples() int { return len(g.numbers) }

// IsRelay reports whether a sample names an address as a possible relay.
func (g *Gatherer) IsRelay(a netip.Addr) bool { return g.relays[a] != nil || g.undecided[a] != nil }

// AddOrigin takes one more place where a sample that was added before was found: a relay
// that a second reporter shows as well is better known.
func (g *Gatherer) AddOrigin(p *trace.Path, o trace.Sample) {
	who, ours := g.reporter(p, o)
	show := func(x *relayTally) {
		if x != nil {
			x.ours = x.ours || ours
			x.reporters[who] = true
		}
	}
	for _, r := range p.Relays {
		if r.Certainty != trace.Claimed {
			show(g.relays[r.IP])
		}
	}
	for _, r := range undecidedIn(p) {
		show(g.undecided[r.IP])
	}
}

// AddSubmission takes one thing that arrived, with or without samples.
func (g *Gatherer) AddSubmission(s *Submission) {
	t := g.submissions[s.Class]
	if t == nil {
		t = &classTally{reporters: map[string]bool{}}
		g.submissions[s.Class] = t
	}
	t.count++
	if s.Problem != "" && len(g.problems) < MaxShown {
		where := s.File
		if s.Line > 0 {
			where = fmt.Sprintf("%s:%d", s.File, s.Line)
		}
		g.problems = append(g.problems, Problem{Where: where, What: s.Problem})
	}
	if len(s.Samples) > 0 {
		t.samples++
	}
	if s.Reporter != "" {
		t.reporters[strings.ToLower(s.Reporter)] = true
	}
	g.incident.addSubmission(s)
}

type classTally struct {
	count, samples int
	reporters      map[string]bool
}

// reporter tells who shows a sample: the system that returned it, the domain of the person
// or provider that reported it, or else the side that took delivery; and whether that is
// the user's own.
func (g *Gatherer) reporter(p *trace.Path, o trace.Sample) (who string, ours bool) {
	who = o.By
	if o.Via == "" || who == "" {
		if p.Boundary != nil {
			who = p.Boundary.By
		}
		if who == "" && len(p.Hops) > 0 {
			who = p.Hops[0].By.Host
		}
		ours = who != "" && (g.own.HasName(who) || inDomain(who, g.settings.Domain))
	}
	if d := trace.Organisation(who); d != "" {
		who = d
	}
	return strings.Clone(strings.ToLower(who)), ours
}

func (g *Gatherer) addAddresses(p *trace.Path) {
	if p.Boundary != nil {
		g.addrs[p.Boundary.IP] = true
	}
	if p.Origin != nil {
		g.addrs[p.Origin.IP] = true
	}
	for _, r := range p.Relays {
		g.addrs[r.IP] = true
		if r.Own >= 0 {
			g.addrs[p.Hops[r.Own].From.IP] = true
		}
	}
	for i := range p.Hops {
		h := &p.Hops[i]
		if h.Standing == trace.Contradicted || !h.From.IP.IsValid() {
			continue
		}
		at, err := time.Parse(time.RFC3339, h.Time.UTC)
		if before, known := g.seen[h.From.IP]; err == nil && (!known || at.Before(before)) {
			g.seen[h.From.IP] = at
		}
	}
}

// Addresses returns every public address that a path names as relay, as client of one, or
// as the end of a trail: those to ask about, without repeats, in ascending order.
func (g *Gatherer) Addresses() []netip.Addr {
	var all []netip.Addr
	for a := range g.addrs {
		if _, special := enrich.SpecialOf(a); a.IsValid() && !special {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all
}

// FirstSeen tells when an address first appears in the samples, by fields that are not
// contradicted; the zero time when they tell no time.
func (g *Gatherer) FirstSeen(a netip.Addr) time.Time { return g.seen[a] }

// passesOwn reports whether a believed field, from the boundary down, has taken the mail
// from a host of the user's own side: by its recorded address or its looked-up name.
func (g *Gatherer) passesOwn(p *trace.Path) bool {
	if p.Boundary == nil {
		return false
	}
	for i := max(p.Boundary.Hop, 0); i < len(p.Hops); i++ {
		h := &p.Hops[i]
		if h.Kind != trace.Transfer || !believed(h.Standing) {
			continue
		}
		if h.From.IP.IsValid() && !h.From.IP.IsLoopback() && g.own.HasAddr(h.From.IP) ||
			g.own.HasName(h.From.RDNS) || inDomain(h.From.RDNS, g.settings.Domain) {
			return true
		}
	}
	return false
}

// pathKey stands for a way: the hosts from the boundary down and how far each is believed,
// but for the address at which the trail ends, where that is no relay. A run goes to
// thousands of recipients from thousands of lines by the same way. Fields that are not tied
// to the path, or contradicted, say that they are there and no more: a spammer writes
// another name into each.
func pathKey(p *trace.Path) [16]byte {
	b := append(make([]byte, 0, 512), p.Ends...)
	first := 0
	if p.Boundary != nil {
		first = max(p.Boundary.Hop, 0)
	}
	for i := first; i < len(p.Hops); i++ {
		h := &p.Hops[i]
		b = append(append(append(append(b, '\n'), h.Kind...), ' '), h.Standing...)
		if h.Standing == trace.Contradicted || h.Standing == trace.Unverified && (h.Link == "none" || h.Link == "") {
			continue
		}
		b = append(append(append(append(b, ' '), h.Link...), ' '), h.Discloses...)
		ends := p.Origin != nil && p.Origin.Hop == i && !slices.ContainsFunc(p.Relays, func(r trace.Relay) bool { return r.IP == h.From.IP })
		if b = append(b, ' '); h.From.IP.IsValid() && !ends {
			b = h.From.IP.AppendTo(b)
		}
		if b = append(b, ' '); i > first || p.Boundary == nil {
			b = append(b, h.By.Host...) // the boundary's own host is the recipient's
		}
	}
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// exemplars chooses the samples that the case shows, ascending: all, or where there are
// more than MaxShown those that tell the most. The telling transactions of each relay come
// first, then what shows each source and bystander, then the ways that most samples took.
func (g *Gatherer) exemplars(relays []*relayTally, sources []*sourceTally, bystanders []*bystanderTally, groups []PathGroup) []int {
	if len(g.numbers) <= MaxShown {
		return g.numbers
	}
	chosen := map[int]bool{}
	choose := func(n int) {
		if n > 0 && len(chosen) < MaxShown {
			chosen[n] = true
		}
	}
	for rank := range telling(0).count() {
		for _, r := range relays {
			choose(r.telling[rank].sample)
		}
	}
	for _, n := range g.ownHosts[:min(len(g.ownHosts), 20)] {
		choose(n)
	}
	for _, x := range sources[:min(len(sources), MaxShown/2)] {
		choose(x.samples.list[0])
	}
	for _, x := range bystanders[:min(len(bystanders), MaxShown/4)] {
		choose(x.samples.list[0])
	}
	for _, p := range groups {
		choose(p.Exemplar)
	}
	list := make([]int, 0, len(chosen))
	for n := range chosen {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

// groups are the distinct paths, the most frequent first.
func (g *Gatherer) groups() []PathGroup {
	all := make([]PathGroup, 0, len(g.paths))
	for _, p := range g.paths {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b PathGroup) int {
		return cmp.Or(cmp.Compare(b.Samples, a.Samples), cmp.Compare(a.Exemplar, b.Exemplar))
	})
	return all
}

// account counts what arrived.
func (g *Gatherer) account() Submissions {
	out := Submissions{Classes: []ClassCount{}}
	for _, class := range intake.Classes {
		t := g.submissions[class]
		if t == nil {
			continue
		}
		out.Total += t.count
		out.Classes = append(out.Classes, ClassCount{Class: string(class), Count: t.count, Samples: t.samples, Reporters: len(t.reporters)})
	}
	return out
}

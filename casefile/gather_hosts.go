package casefile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile/judge"
	"relaytrace/trace"
)

// maxNames bounds the names that are kept of one host: one that calls itself by another
// in every sample tells nothing by the hundredth.
const maxNames = 50

// relayTally is what the samples show of one relay.
type relayTally struct {
	ip        netip.Addr
	certainty trace.Certainty
	samples   numbers
	dealings  map[dealing]int // how many samples show the same
	order     []dealing
	reporters map[string]bool
	ours      bool // a server of the user's own side shows it
	// What fields say of it, apart for those that name it in a believed field.
	told    [2]hostNames
	own     [2][2]bool // it wrote a field; by whether that is corroborated
	holds   [2][2]bool // that field withholds the previous hop
	telling [nTelling]instance
}

// dealing is a kind of transaction: all that a verdict needs to know of it.
type dealing struct {
	client, witness                netip.Addr
	domain                         string // under whose names both it and the client are recorded
	withholds, claimed, unverified bool
}

type hostNames struct{ names, helos []string }

func (n *hostNames) add(h *trace.Hop) {
	n.names = addFew(n.names, h.From.RDNS)
	n.helos = addFew(n.helos, h.From.HELO)
}

func addFew(list []string, name string) []string {
	if len(list) >= maxNames {
		return list
	}
	return addName(list, name)
}

// telling names the transactions of a relay that a case shows.
type telling int

const (
	tellingBest     telling = iota // its own field is best believed
	tellingWithheld                // the first in which it withholds the previous hop
	tellingOldest
	tellingYoungest
	tellingClock // bounds its clock best
	nTelling
)

func (telling) count() int { return int(nTelling) }

// instance is the sample that shows a transaction best, by some value.
type instance struct {
	sample int
	value  int64
}

// least keeps the instance with the least value, the first of equals.
func (i *instance) least(sample int, value int64) {
	if i.sample == 0 || value < i.value {
		*i = instance{sample, value}
	}
}

func newRelayTally(ip netip.Addr) *relayTally {
	return &relayTally{ip: ip, dealings: map[dealing]int{}, reporters: map[string]bool{}}
}

// add takes one transaction of the relay.
func (x *relayTally) add(n int, p *trace.Path, r trace.Relay) {
	if best := stronger(x.certainty, r.Certainty); best != x.certainty {
		x.certainty, x.telling = best, [nTelling]instance{}
	}
	x.samples.add(n)
	h := &p.Hops[r.Hop]
	d := dealing{withholds: r.Withholds, claimed: !believed(h.Standing), unverified: r.Own < 0 || !believed(p.Hops[r.Own].Standing)}
	if h.Standing != trace.Trusted && p.Boundary != nil {
		d.witness = p.Boundary.IP
	}
	named := 1
	if d.claimed {
		named = 0
	}
	x.told[named].add(h)
	if r.Own >= 0 {
		own := &p.Hops[r.Own]
		d.client = own.From.IP
		if org := trace.Organisation(h.From.RDNS); org != "" && d.client.IsValid() && org == trace.Organisation(own.From.RDNS) {
			d.domain = org
		}
		sure := 1
		if d.unverified {
			sure = 0
		}
		x.own[named][sure] = true
		x.holds[named][sure] = x.holds[named][sure] || r.Withholds
	}
	if x.dealings[d] == 0 {
		x.order = append(x.order, d)
	}
	x.dealings[d]++
	if r.Certainty == x.certainty {
		x.instance(n, p, r, d)
	}
}

// instance keeps the sample where it tells more of the relay than the earlier ones.
func (x *relayTally) instance(n int, p *trace.Path, r trace.Relay, d dealing) {
	switch {
	case r.Own < 0:
		x.telling[tellingBest].least(n, 2)
	case d.unverified:
		x.telling[tellingBest].least(n, 1)
	default:
		x.telling[tellingBest].least(n, 0)
	}
	if d.withholds {
		x.telling[tellingWithheld].least(n, 0)
	}
	at, err := time.Parse(time.RFC3339, p.Hops[r.Hop].Time.UTC)
	if err == nil {
		x.telling[tellingOldest].least(n, at.Unix())
		x.telling[tellingYoungest].least(n, -at.Unix())
	}
	if r.Own < 0 {
		return
	}
	if k := clockBounds(p.Hops[r.Own].Time.UTC, p.Hops[r.Hop].Time.UTC); k != nil {
		x.telling[tellingClock].least(n, max(k.GapSeconds, -k.GapSeconds))
	}
}

// settle gives what is told of the relay. Where a believed field names it, those that are
// only claimed tell nothing: anybody can write its address into an invented field, with
// any name and any previous hop.
func (x *relayTally) settle() Relay {
	out := Relay{IP: x.ip, Samples: len(x.samples.list), Certainty: x.certainty, Reporters: len(x.reporters), OwnServer: x.ours, Names: []string{}, HELOs: []string{}, Seen: []Seen{}}
	for named := range x.told {
		if named == 0 && x.certainty != trace.Claimed {
			continue
		}
		for _, name := range x.told[named].names {
			out.Names = addName(out.Names, name)
		}
		for _, name := range x.told[named].helos {
			out.HELOs = addName(out.HELOs, name)
		}
		switch {
		case x.own[named][1]:
			out.OwnField, out.Withholds = trace.Corroborated, x.holds[named][1]
		case x.own[named][0] && out.OwnField == "":
			out.OwnField, out.Withholds = trace.Unverified, x.holds[named][0]
		}
	}
	return out
}

// sourceTally is what the samples show of a host at which trails end. It rests on the
// strongest of them alone.
type sourceTally struct {
	ends      trace.End
	certainty trace.Certainty
	told      hostNames
	samples   numbers
}

func (x *sourceTally) add(n int, p *trace.Path, e trailEnd) {
	if best := stronger(x.certainty, e.Certainty); best != x.certainty {
		*x = sourceTally{certainty: best}
	}
	if e.Certainty != x.certainty {
		return
	}
	if x.ends == "" || e.ends == trace.EndNoField {
		x.ends = e.ends // of two ends the one that leaves both readings open
	}
	x.told.add(&p.Hops[e.Hop])
	x.samples.add(n)
}

type bystanderKey struct {
	name, why string
	ip        netip.Addr
}

type bystanderTally struct {
	key     bystanderKey
	order   int // in which the first fields named them
	samples numbers
}

// excuse is what speaks for a host; strong when it rests on what servers wrote.
type excuse struct {
	why    string
	strong bool
}

// addBystanders takes the hosts that a sample names and that must not be accused, and what
// it says in their favour. A name that a host merely shares with a claim in some header
// says nothing about it, and what excuses one of its steps does not excuse the other.
func (g *Gatherer) addBystanders(n int, p *trace.Path) {
	for _, y := range p.Bystanders {
		k := bystanderKey{y.Name, y.Why, y.IP}
		x := g.bystanders[k]
		if x == nil {
			k.name = strings.Clone(k.name)
			x = &bystanderTally{key: k, order: len(g.bystanders)}
			g.bystanders[k] = x
		}
		x.samples.add(n)
		if excusesNobody(y.Why) || !y.IP.IsValid() || slices.ContainsFunc(p.Relays, func(r trace.Relay) bool { return r.IP == y.IP }) {
			continue
		}
		e := excuse{y.Why, strongExcuse[y.Why] && believedBelow(p, y.Hop)}
		if g.excuses[y.IP] == nil {
			g.excuses[y.IP] = map[excuse]*numbers{}
		}
		if g.excuses[y.IP][e] == nil {
			g.excuses[y.IP][e] = &numbers{}
		}
		g.excuses[y.IP][e].add(n)
	}
}

// excusesOf puts what speaks for a host into words, in the order of the samples.
func (g *Gatherer) excusesOf(ip netip.Addr) []judge.Excuse {
	var keys []excuse
	all := g.excuses[ip]
	for e := range all {
		keys = append(keys, e)
	}
	slices.SortFunc(keys, func(a, b excuse) int {
		switch {
		case all[a].list[0] != all[b].list[0]:
			return all[a].list[0] - all[b].list[0]
		case a.why != b.why:
			return strings.Compare(a.why, b.why)
		}
		return -compareBool(a.strong, b.strong)
	})
	out := []judge.Excuse{}
	for _, e := range keys {
		first, more := all[e].list[0], len(all[e].list)-1
		text := fmt.Sprintf("Sample %d shows it as innocent of relaying for strangers (%s).", first, e.why)
		if more > 0 {
			text = fmt.Sprintf("%d samples, the first of them sample %d, show it as innocent of relaying for strangers (%s).", more+1, first, e.why)
		}
		out = append(out, judge.Excuse{Reason: Reason{Code: e.why, Text: text}, Strong: e.strong})
	}
	return out
}

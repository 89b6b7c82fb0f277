package judge

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"relaytrace/enrich"
)

// related reports what ties a client to a relay: one network, holder or autonomous
// system. known is false when too little is known of either to tell.
func related(relay, client Party) (tie string, known bool) {
	a, b := relay.Record, client.Record
	if a == nil || b == nil {
		return "", false
	}
	for _, x := range a.AS {
		for _, y := range b.AS {
			if x.Number != 0 && x.Number == y.Number {
				return fmt.Sprintf("AS%d", x.Number), true
			}
		}
	}
	// A block whose holder is not named may be the registry's own, which has room for
	// strangers: its handle and its range tie nobody.
	if n, m := a.Network, b.Network; n != nil && m != nil && n.Holder != "" && m.Holder != "" {
		switch {
		case n.Handle != "" && n.Handle == m.Handle:
			return "network " + n.Handle, true
		case holds(n, client.Addr):
			return "network " + n.Scope(), true
		case holds(m, relay.Addr):
			return "network " + m.Scope(), true
		}
	}
	x, y := holderName(a), holderName(b)
	if x != "" && bare(x) == bare(y) {
		return "holder " + x, true
	}
	return "", x != "" && y != ""
}

// holds reports whether a network is around an address. Blocks as wide as those that
// registries hand out to each other say nothing.
func holds(n *enrich.Network, a netip.Addr) bool {
	for _, p := range n.Prefixes {
		wide := p.Bits() <= 8 || p.Addr().Is6() && p.Bits() < 24
		if !wide && p.Contains(a) {
			return true
		}
	}
	return false
}

// bare leaves of a name what two spellings of it share.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// holderName is who holds the network, or the one above it.
func holderName(r *enrich.Record) string {
	if r == nil {
		return ""
	}
	name, _ := r.Holder()
	if bare(name) == "" {
		return ""
	}
	return name
}

// networkKnown reports whether a registry described the network.
func networkKnown(r *enrich.Record) bool {
	return r != nil && r.Network != nil && (r.Network.Holder != "" || r.Network.Handle != "")
}

func asKnown(p Party) bool {
	if p.Record == nil {
		return false
	}
	for _, a := range p.Record.AS {
		if a.Number != 0 {
			return true
		}
	}
	return false
}

// leastStrangers is from how many clients without a tie to it, nor to each other, a host
// is told as one that may be an open relay. Two may be a firm's two offices.
const leastStrangers = 3

// ServesSeveral reports whether a host took mail from several clients of which it is known
// that they have no tie to it, nor to each other. That is asked of a host that no single
// sample shows as a relay: it may be the provider of each one's sender.
func ServesSeveral(host Party, clients iter.Seq[Party]) bool {
	unrelated := func(a, b Party) bool {
		tie, known := related(a, b)
		return tie == "" && known && asKnown(a) && asKnown(b)
	}
	var strangers []Party
	for c := range clients {
		if !unrelated(host, c) || slices.ContainsFunc(strangers, func(s Party) bool { return !unrelated(s, c) }) {
			continue
		}
		if strangers = append(strangers, c); len(strangers) == leastStrangers {
			return true
		}
	}
	return false
}

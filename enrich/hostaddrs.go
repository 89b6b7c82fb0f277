package enrich

import (
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// HostAddresses asks the resolver for the addresses of a host of one's own, such as one's
// mail exchanger, in ascending order. Nothing is asked offline. The addresses of a name that
// stands in a sample say nothing of where the sample came from.
func (e *Enricher) HostAddresses(ctx context.Context, name string) ([]netip.Addr, []Lookup) {
	addrs, lookups := []netip.Addr{}, []Lookup{}
	if e.resolver == nil || e.offline || hostName(name) == "" {
		return addrs, lookups
	}
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		msg, l := e.resolver.ask(ctx, name, kind)
		lookups = append(lookups, l)
		if l.Outcome == OutcomeOK {
			addrs = append(addrs, addressesOf(msg)...)
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	return slices.Compact(addrs), lookups
}

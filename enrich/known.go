package enrich

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gaissmai/bart"
)

// How long answers count. A network changes hands seldom; a server that was down may be
// up again soon.
const (
	ageRecord   = 7 * 24 * time.Hour
	ageNotFound = 24 * time.Hour
	ageNames    = 24 * time.Hour
	ageFailure  = 10 * time.Minute
)

// known is what has been learnt of networks, in memory and in the cache on disk. It
// keeps it by network: whoever asks about a second address in one gets the answers about
// the first, marked as kept. It is safe for concurrent use.
type known struct {
	cache *Cache // nil if nothing is kept on disk
	via   string // tells servers of other settings apart
	clock func() time.Time

	mu     sync.Mutex
	table  bart.Table[kept]
	claims map[netip.Prefix]chan struct{}
}

type kept struct {
	record  Record
	expires time.Time
}

func newKnown(cache *Cache, via string, clock func() time.Time) *known {
	return &known{cache: cache, via: via, clock: clock, claims: make(map[netip.Prefix]chan struct{})}
}

// get gives what is known of the network around addr.
func (k *known) get(addr netip.Addr) (Record, bool) {
	now := k.clock()
	if record, ok := k.remembered(addr, now); ok {
		return record, true
	}
	if k.cache == nil {
		return Record{}, false
	}
	record, prefix, expires, ok := k.cache.get(k.via, addr, now)
	if ok {
		record.markKept()
		k.mu.Lock()
		k.table.Insert(prefix, kept{record, expires})
		k.mu.Unlock()
	}
	return record, ok
}

// remembered looks in memory. What is out of date is forgotten: it would hide what a wider
// network is known for.
func (k *known) remembered(addr netip.Addr, now time.Time) (Record, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		p, got, ok := k.table.LookupPrefixLPM(netip.PrefixFrom(addr, addr.BitLen()))
		if !ok || now.Before(got.expires) {
			return got.record, ok
		}
		k.table.Delete(p)
	}
}

// put keeps what was learnt. A question that the user's side broke off teaches nothing.
func (k *known) put(r Record, prefixes []netip.Prefix, age time.Duration) {
	now := k.clock()
	if k.cache != nil {
		k.cache.put(k.via, prefixes, &r, now, now.Add(age))
	}
	r.Lookups = append([]Lookup(nil), r.Lookups...)
	r.markKept()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range prefixes {
		k.table.Insert(p, kept{r, now.Add(age)})
	}
}

// markKept marks the look-ups as put earlier.
func (r *Record) markKept() {
	for i := range r.Lookups {
		r.Lookups[i].Kept = true
	}
}

// claim waits until nobody else asks about the neighbourhood of addr, a /16 or an IPv6
// /32, and takes it: two addresses of one network that come at the same time are then
// one question. release must be called if err is nil.
func (k *known) claim(ctx context.Context, addr netip.Addr) (release func(), err error) {
	p := neighbourhood(addr)
	for {
		k.mu.Lock()
		busy, ok := k.claims[p]
		if !ok {
			done := make(chan struct{})
			k.claims[p] = done
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				delete(k.claims, p)
				k.mu.Unlock()
				close(done)
			}, nil
		}
		k.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func neighbourhood(addr netip.Addr) netip.Prefix {
	bits := 16
	if addr.Is6() {
		bits = 32
	}
	p, _ := addr.Prefix(bits)
	return p
}

// reach says for which addresses the answers about one address count, and how long.
//
// An assignment is one holder's, whichever address was asked about. Inside an allocation
// to a provider there may be assignments to customers, which only a question about them
// would show: the provider's contact in their place would be wrong. There the answer
// counts for the neighbours only, a /24 or an IPv6 /48.
func reach(r *Record) ([]netip.Prefix, time.Duration) {
	single := []netip.Prefix{netip.PrefixFrom(r.Address, r.Address.BitLen())}
	age := ageRecord
	switch {
	case r.Failed():
		age = ageFailure
	case r.Network == nil:
		age = ageNotFound
	}
	if r.Network == nil {
		return single, age
	}
	around := 24
	if r.Address.Is6() {
		around = 48
	}
	if kind := strings.ToUpper(r.Network.Type); strings.Contains(kind, "ASSIGN") {
		return r.Network.Prefixes, age
	}
	for _, p := range r.Network.Prefixes {
		switch {
		case !p.Contains(r.Address):
		case p.Bits() >= around:
			return []netip.Prefix{p}, age
		default:
			near, _ := r.Address.Prefix(around)
			return []netip.Prefix{near}, age
		}
	}
	return single, age
}

package enrich

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// ListResult is what a blocklist says.
type ListResult string

// The results. Only the first two are answers.
const (
	ListListed      ListResult = "listed"
	ListNotListed   ListResult = "not-listed"
	ListRefused     ListResult = "refused"      // the list does not answer this resolver
	ListRateLimited ListResult = "rate-limited" // the list was asked too often
	ListBroken      ListResult = "broken"       // its test entries (RFC 5782 section 5) are wrong
	ListIPv4Only    ListResult = "ipv4-only"    // the list has no IPv6 addresses; it was not asked
	ListError       ListResult = "error"        // no answer
)

// Listing is the answer of one blocklist.
type Listing struct {
	// List is the zone of the list.
	List string `json:"list"`
	// Result says what the list answers, or why that is no answer.
	Result ListResult `json:"result"`
	// Codes are the addresses in 127.0.0.0/8 by which it tells the reason.
	Codes []string `json:"codes,omitempty"`
	// Text is the reason in its words.
	Text string `json:"text,omitempty"`
	// Asked is when, RFC 3339 in UTC.
	Asked string `json:"asked"`
}

// blocklists are the lists of the settings, with what their test entries showed.
type blocklists struct {
	addresses, domains []string

	mu     sync.Mutex
	tested map[string]ListResult // list and kind -> "" if it works
}

func newBlocklists(addresses, domains []string) (*blocklists, error) {
	for _, zone := range slices.Concat(addresses, domains) {
		if hostName(zone) == "" {
			return nil, fmt.Errorf("blocklist %q is no domain", zone)
		}
	}
	return &blocklists{addresses: addresses, domains: domains, tested: make(map[string]ListResult)}, nil
}

// Blocklists asks the blocklists of the settings about r.Address or r.Domain and adds what
// they say to r. It is meant for one's own addresses and domains: that somebody else's is
// listed proves nothing. Each list's test entries are asked for first, once; a list that
// fails them is told as broken and not believed.
func (e *Enricher) Blocklists(ctx context.Context, r *Record) {
	switch {
	case r.Special != nil:
	case e.resolver == nil || e.offline:
		r.note("offline", "No blocklist was asked: working offline, or no resolver is set.")
	case r.Domain != "":
		for _, zone := range e.lists.domains {
			tests := listTests{"test", "invalid"}
			if known, ok := ListOf(zone); ok && known.testDomain != "" {
				tests.listed = known.testDomain
			}
			e.askList(ctx, r, zone, r.Domain, tests)
		}
	case r.Address.Is4():
		for _, zone := range e.lists.addresses {
			e.askList(ctx, r, zone, reversed(r.Address), listTests{"2.0.0.127", "1.0.0.127"})
		}
	case r.Address.Is6():
		listed, not := netip.MustParseAddr("::ffff:7f00:2"), netip.MustParseAddr("::ffff:7f00:1")
		for _, zone := range e.lists.addresses {
			if known, ok := ListOf(zone); ok && known.ipv4Only {
				r.Listings = append(r.Listings, Listing{List: zone, Result: ListIPv4Only, Asked: stamp(e.now())})
				continue
			}
			e.askList(ctx, r, zone, reversed(r.Address), listTests{reversed(listed), reversed(not)})
		}
	}
}

// listTests are the entries by which a list shows that it works: the first must be
// listed, the second must not.
type listTests struct{ listed, not string }

// reversed writes an address as lists take it: octets or nibbles, the last first.
func reversed(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d", b[3], b[2], b[1], b[0])
	}
	b := a.As16()
	nibbles := strings.Split(hex.EncodeToString(b[:]), "")
	slices.Reverse(nibbles)
	return strings.Join(nibbles, ".")
}

func (e *Enricher) askList(ctx context.Context, r *Record, zone, subject string, tests listTests) {
	key := zone + " " + tests.listed
	e.lists.mu.Lock()
	verdict, known := e.lists.tested[key]
	e.lists.mu.Unlock()
	if !known {
		verdict = e.testList(ctx, r, zone, tests)
		if verdict != ListError {
			e.lists.mu.Lock()
			e.lists.tested[key] = verdict
			e.lists.mu.Unlock()
		}
	}
	if verdict != "" {
		r.Listings = append(r.Listings, Listing{List: zone, Result: verdict, Asked: stamp(e.now())})
		return
	}
	got := e.queryList(ctx, r, zone, subject)
	if got.Result == ListListed {
		msg, l := e.resolver.ask(ctx, subject+"."+zone, dns.TypeTXT)
		r.Lookups = append(r.Lookups, l)
		if l.Outcome == OutcomeOK {
			for _, rr := range msg.Answer {
				if txt, ok := rr.(*dns.TXT); ok {
					got.Text = firstOf(got.Text, oneLine(strings.Join(txt.Txt, "")))
				}
			}
		}
	}
	r.Listings = append(r.Listings, got)
}

// testList asks for the test entries; empty if the list works.
func (e *Enricher) testList(ctx context.Context, r *Record, zone string, tests listTests) ListResult {
	for _, test := range []struct {
		subject string
		want    ListResult
	}{{tests.listed, ListListed}, {tests.not, ListNotListed}} {
		switch got := e.queryList(ctx, r, zone, test.subject).Result; got {
		case test.want:
		case ListListed, ListNotListed:
			return ListBroken
		default:
			return got
		}
	}
	return ""
}

func (e *Enricher) queryList(ctx context.Context, r *Record, zone, subject string) Listing {
	msg, l := e.resolver.ask(ctx, subject+"."+zone, dns.TypeA)
	r.Lookups = append(r.Lookups, l)
	got := Listing{List: zone, Asked: l.Asked}
	switch l.Outcome {
	case OutcomeNotFound:
		got.Result = ListNotListed
	case OutcomeRefused:
		got.Result = ListRefused
	case OutcomeOK:
		got.Result = listCodes(&got, msg)
	default:
		got.Result = ListError
	}
	return got
}

// listCodes reads the addresses of an answer. Lists tell a resolver that they do not serve
// by 127.255.255.x or 127.0.0.1, which no entry has; an address outside 127.0.0.0/8 comes
// from whoever answers for every name, not from a list.
func listCodes(got *Listing, msg *dns.Msg) ListResult {
	result := ListNotListed
	for _, rr := range msg.Answer {
		a, ok := rr.(*dns.A)
		if !ok {
			continue
		}
		code, _ := netip.AddrFromSlice(a.A.To4())
		switch b := code.As4(); {
		case b[0] != 127:
			return ListBroken
		case b == [4]byte{127, 255, 255, 255}:
			return ListRateLimited
		case b == [4]byte{127, 0, 0, 1}, b[1] == 255 && b[2] == 255:
			return ListRefused
		}
		got.Codes = append(got.Codes, code.String())
		result = ListListed
	}
	return result
}

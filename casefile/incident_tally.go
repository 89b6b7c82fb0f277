package casefile

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// maxMost is how many of the most frequent forged addresses are told.
const maxMost = 50

// maxRates is how many relays' rates are told, the busiest first.
const maxRates = 500

// incidentTally gathers what the samples and submissions tell of the run as a whole. It
// keeps counts, and of each recipient and forged address one entry.
type incidentTally struct {
	first, last int64
	hours       map[int64]*hourTally
	domains     map[string]*ForgedDomain
	addresses   map[string]int
	recipients  map[string]bool
	relays      map[netip.Addr]*rateTally
}

type hourTally struct{ samples, bounces int }

// rateTally is when a relay handed over, and under which IDs it had the mail.
type rateTally struct {
	hours       map[int64]int
	samples     int
	first, last int64
	processes   []process
}

func newIncidentTally() *incidentTally {
	return &incidentTally{
		hours: map[int64]*hourTally{}, domains: map[string]*ForgedDomain{}, addresses: map[string]int{},
		recipients: map[string]bool{}, relays: map[netip.Addr]*rateTally{},
	}
}

func (t *incidentTally) hour(at int64) *hourTally {
	h := at - at%3600
	if t.hours[h] == nil {
		t.hours[h] = &hourTally{}
	}
	return t.hours[h]
}

// addSample takes a sample's path.
func (t *incidentTally) addSample(p *trace.Path) {
	for _, a := range senders(&p.Message) {
		t.domain(a).Samples++
		t.addresses[a]++
	}
	at, ok := handOver(p)
	if !ok {
		return
	}
	if t.first == 0 || at < t.first {
		t.first = at
	}
	t.last = max(t.last, at)
	t.hour(at).samples++
	for _, r := range p.Relays {
		if r.Certainty == trace.Claimed {
			continue
		}
		x := t.relays[r.IP]
		if x == nil {
			x = &rateTally{hours: map[int64]int{}}
			t.relays[r.IP] = x
		}
		x.add(p, r, at)
	}
}

// add takes one message that a relay handed on.
func (x *rateTally) add(p *trace.Path, r trace.Relay, at int64) {
	if s, err := time.Parse(time.RFC3339, p.Hops[r.Hop].Time.UTC); err == nil && p.Hops[r.Hop].Standing == trace.Trusted {
		at = s.Unix()
	}
	x.samples++
	x.hours[at-at%3600]++
	if x.first == 0 || at < x.first {
		x.first = at
	}
	x.last = max(x.last, at)
	if r.Own >= 0 {
		if n, ok := processNumber(&p.Hops[r.Own]); ok {
			x.processes = append(x.processes, process{at, n})
		}
	}
}

// handOver gives the time at which a sample came to the recipient's side, by the field
// that recorded it or else the topmost trusted one that has a time.
func handOver(p *trace.Path) (int64, bool) {
	at := -1
	if p.Boundary != nil {
		at = p.Boundary.Hop
	}
	for i := at; i >= 0 && i < len(p.Hops); i-- {
		if p.Hops[i].Standing != trace.Trusted {
			continue
		}
		if s, err := time.Parse(time.RFC3339, p.Hops[i].Time.UTC); err == nil {
			return s.Unix(), true
		}
	}
	return 0, false
}

// senders are the addresses in the sender's place: that of From, which people see, and that
// of the envelope where it is of the same organisation. Lists and forwarders put an address
// of their own into the envelope, which nobody forged; bounces tell the others.
func senders(m *trace.Message) []string {
	from, path := plainAddress(m.From), plainAddress(m.ReturnPath)
	switch {
	case from == "" && path == "":
		return nil
	case from == "":
		return []string{path}
	case path == "" || path == from || organisationOf(domainOf(path)) != organisationOf(domainOf(from)):
		return []string{from}
	}
	return []string{from, path}
}

// plainAddress takes the address out of a field, in lower case; empty when it has none.
func plainAddress(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v = v[i+1:]
	}
	v, _, _ = strings.Cut(v, ">")
	v = strings.ToLower(strings.TrimSpace(v))
	at := strings.LastIndexByte(v, '@')
	if at <= 0 || at == len(v)-1 || len(v) > 320 || strings.ContainsAny(v, " \t\r\n,;\"()") {
		return ""
	}
	return strings.Clone(v)
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func (t *incidentTally) domain(address string) *ForgedDomain {
	d := strings.TrimSuffix(domainOf(address), ".")
	x := t.domains[d]
	if x == nil {
		x = &ForgedDomain{Domain: d, Organisation: organisationOf(d)}
		t.domains[d] = x
	}
	return x
}

// addSubmission takes one thing that arrived.
func (t *incidentTally) addSubmission(s *Submission) {
	for _, a := range s.Recipients {
		t.recipients[a] = true
	}
	if s.Class != intake.ClassBounce {
		return
	}
	for _, v := range s.Forged {
		if a := plainAddress(v); a != "" {
			t.domain(a).Bounces++
			if len(s.Samples) == 0 { // else it was counted with the sample
				t.addresses[a]++
			}
		}
	}
	at := s.Time
	if s.Bounce != nil {
		if arrived, ok := mailTime(s.Bounce.Arrival); ok {
			at = arrived
		}
	}
	if !at.IsZero() {
		t.hour(at.Unix()).bounces++
	}
}

// mailTime reads a date as mail has them (RFC 5322 section 3.3), with or without a comment.
func mailTime(v string) (time.Time, bool) {
	v, _, _ = strings.Cut(v, "(")
	v = strings.TrimSpace(v)
	for _, form := range []string{"Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04 -0700", "Mon, 2 Jan 2006 15:04:05 MST"} {
		if at, err := time.Parse(form, v); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// incident gives what was gathered. domain is that of the settings.
func (t *incidentTally) incident(domain string) Incident {
	in := Incident{
		Hours: []Hour{}, Domains: []ForgedDomain{}, Recipients: []CountryCount{}, Relays: []RelayRate{}, Estimates: []Estimate{},
		Addresses: ForgedAddresses{Distinct: len(t.addresses), Pattern: addressPattern(t.addresses), Most: []AddressCount{}},
	}
	if t.first != 0 {
		in.First, in.Last = stamp(t.first), stamp(t.last)
	}
	for h, n := range t.hours {
		day := time.Unix(h, 0).UTC().Weekday()
		in.Hours = append(in.Hours, Hour{Start: stamp(h), Samples: n.samples, Bounces: n.bounces, Weekend: day == time.Saturday || day == time.Sunday})
	}
	slices.SortFunc(in.Hours, func(a, b Hour) int { return cmp.Compare(a.Start, b.Start) })
	for _, d := range t.domains {
		x := *d
		x.Ours = inDomain(x.Domain, domain)
		in.Domains = append(in.Domains, x)
	}
	slices.SortFunc(in.Domains, func(a, b ForgedDomain) int {
		return cmp.Or(cmp.Compare(b.Samples+b.Bounces, a.Samples+a.Bounces), cmp.Compare(a.Domain, b.Domain))
	})
	in.Addresses.Most = mostFrequent(t.addresses, maxMost)
	in.Recipients = t.countries()
	in.Relays = t.rates()
	in.Estimates = t.estimates()
	return in
}

func stamp(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// mostFrequent gives the n addresses with the highest counts.
func mostFrequent(counts map[string]int, n int) []AddressCount {
	all := make([]AddressCount, 0, len(counts))
	for a, k := range counts {
		all = append(all, AddressCount{a, k})
	}
	slices.SortFunc(all, func(a, b AddressCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Address, b.Address))
	})
	return slices.Clone(all[:min(n, len(all))])
}

// countries counts the recipients by the country code that their domain ends in.
func (t *incidentTally) countries() []CountryCount {
	counts := map[string]int{}
	for a := range t.recipients {
		counts[countryOf(domainOf(a))]++
	}
	return sortedCountries(counts)
}

// countryOf gives the country of a domain by its last label (ISO 3166-1; "uk" stands for
// GB); empty for generic ones.
func countryOf(domain string) string {
	label := strings.ToUpper(domain[strings.LastIndexByte(domain, '.')+1:])
	switch {
	case label == "UK":
		return "GB"
	case len(label) != 2 || label == "EU" || label == "SU" || label[0] < 'A' || label[0] > 'Z' || label[1] < 'A' || label[1] > 'Z':
		return ""
	}
	return label
}

// rates tells how fast each relay handed over, as far as the samples show.
func (t *incidentTally) rates() []RelayRate {
	out := []RelayRate{}
	for ip, x := range t.relays {
		r := RelayRate{IP: ip, Samples: x.samples, First: stamp(x.first), Last: stamp(x.last)}
		for h, n := range x.hours {
			if start := stamp(h); n > r.Peak || n == r.Peak && start < r.PeakHour {
				r.Peak, r.PeakHour = n, start
			}
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b RelayRate) int { return cmp.Or(cmp.Compare(b.Samples, a.Samples), a.IP.Compare(b.IP)) })
	return out[:min(maxRates, len(out)):min(maxRates, len(out))]
}

package casefile

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/enrich"
	"relaytrace/trace"
)

// Input is all that a case is made from.
type Input struct {
	ID       string // empty: one is made from the settings and samples
	Now      time.Time
	Version  string
	Settings Settings
	Samples  []Sample                     // in the order read, each digest once; Number and Evidence are given by Build
	Records  map[netip.Addr]enrich.Record // what is known of Addresses
	Problems []Problem
}

// Addresses returns every public address that a path names as relay, as client of one, or
// as the end of a trail: those to ask about, without repeats, in ascending order.
func Addresses(samples []Sample) []netip.Addr {
	set := map[netip.Addr]bool{}
	for i := range samples {
		p := &samples[i].Path
		if p.Boundary != nil {
			set[p.Boundary.IP] = true
		}
		if p.Origin != nil {
			set[p.Origin.IP] = true
		}
		for _, r := range p.Relays {
			set[r.IP] = true
			if r.Own >= 0 {
				set[p.Hops[r.Own].From.IP] = true
			}
		}
	}
	var all []netip.Addr
	for a := range set {
		if _, special := enrich.SpecialOf(a); a.IsValid() && !special {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all
}

// Build makes the case. The same Input gives the same Case. Files is left empty: the
// folder knows its files when they are written. The Input is not changed.
func Build(in Input) *Case {
	c := &Case{
		Schema: Schema, ID: in.ID, Created: in.Now.UTC().Format(time.RFC3339), Version: in.Version,
		Settings: in.Settings, Samples: slices.Clone(in.Samples), Relays: []Relay{}, Sources: []Source{},
		Bystanders: []Bystander{}, OwnHosts: []int{}, Letters: []Letter{}, Problems: []Problem{}, Files: []File{},
		Status: "open", SampleCount: len(in.Samples), Paths: []PathGroup{}, Elsewhere: []Elsewhere{}, Custody: []Event{},
		Submissions: Submissions{Classes: []ClassCount{}},
		Incident: Incident{
			Hours: []Hour{}, Domains: []ForgedDomain{}, Recipients: []CountryCount{}, Estimates: []Estimate{},
			Addresses: ForgedAddresses{Most: []AddressCount{}},
		},
	}
	c.Settings.fill()
	c.Problems = append(c.Problems, in.Problems...)
	for i := range c.Samples {
		s := &c.Samples[i]
		s.Number = i + 1
		s.Evidence = fmt.Sprintf("evidence/%04d-%s.eml", s.Number, s.SHA256[:12])
	}
	if c.ID == "" {
		c.ID = NewID(c.Settings, c.Samples)
	}
	b := builder{c: c, records: in.Records}
	b.relays()
	b.ownHosts()
	b.sources()
	b.bystanders()
	for i := range c.Relays {
		c.Relays[i].Samples = len(c.Relays[i].Seen)
	}
	b.letters()
	return c
}

func (s *Settings) fill() {
	for _, l := range []*[]string{&s.JANET, &s.Trust, &s.Forwarder, &s.GeoIP} {
		if *l == nil {
			*l = []string{}
		}
	}
}

// NewID makes a case ID that depends on the forged domain and the samples alone: "RT-"
// and eight letters or digits.
func NewID(s Settings, samples []Sample) string {
	h := sha256.New()
	fmt.Fprintf(h, "relaytrace case\n%s\n", strings.ToLower(s.Domain))
	var sums []string
	for _, x := range samples {
		sums = append(sums, x.SHA256)
	}
	slices.Sort(sums)
	for _, x := range sums {
		fmt.Fprintln(h, x)
	}
	return "RT-" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:8]
}

// builder gathers what single samples suggest into what the case says.
type builder struct {
	c       *Case
	records map[netip.Addr]enrich.Record
}

// record returns what is known of an address; of one that nobody asked about, its address alone.
func (b *builder) record(a netip.Addr) enrich.Record {
	if r, ok := b.records[a]; ok {
		return r
	}
	return enrich.Record{
		Schema: enrich.RecordSchema, Address: a, Countries: []enrich.Country{}, AS: []enrich.AS{},
		Contacts: []enrich.Contact{}, Notes: []enrich.Note{}, Lookups: []enrich.Lookup{},
	}
}

// addName adds a name once; names are kept sorted.
func addName(list []string, name string) []string {
	if name == "" {
		return list
	}
	i, found := slices.BinarySearch(list, name)
	if found {
		return list
	}
	return slices.Insert(list, i, name)
}

// stronger returns the stronger of two certainties.
func stronger(a, b trace.Certainty) trace.Certainty {
	rank := map[trace.Certainty]int{trace.Recorded: 3, trace.CertaintyCorroborated: 2, trace.Claimed: 1}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

package casefile

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
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
	Seed     string                       // secret of the case; must not be empty
	Records  map[netip.Addr]enrich.Record // what is known of Addresses
	Rulings  map[netip.Addr]Ruling        // the analyst's own verdicts
	Letters  []Letter                     // those that were sent, and the desk's own drafts: they are kept as they are
	Drafted  []string                     // names of the other drafts, which those planned anew keep
	Stated   []Statement                  // what owners answered, confirmed by the analyst
	Bounced  []string                     // addresses from which letters came back
	Problems []Problem
}

// Case makes the case of all that was gathered. load gives a sample by its number, for
// those that the case shows; its Number and Evidence are set here. The same Input and the
// same samples give the same Case; the Input is not changed. Files is left empty: the folder
// knows its files when they are written. The error is that of load, or says that there is no
// seed: without one, what is concealed by a keyed hash could be guessed.
func (g *Gatherer) Case(in Input, load func(number int) (Sample, error)) (*Case, error) {
	if in.Seed == "" {
		return nil, errors.New("a case needs a seed")
	}
	c := &Case{
		Schema: Schema, ID: in.ID, Seed: in.Seed, Created: in.Now.UTC().Format(time.RFC3339), Version: in.Version,
		Settings: in.Settings, Samples: []Sample{}, Relays: []Relay{}, Sources: []Source{},
		Bystanders: []Bystander{}, OwnHosts: []int{}, Letters: []Letter{}, Problems: []Problem{}, Files: []File{},
		Stated: []Stated{}, Status: "open", SampleCount: len(g.numbers), Paths: []PathGroup{}, Elsewhere: []Elsewhere{}, Custody: []Event{},
		Submissions: g.account(), TrailEnds: g.ends(),
		Incident: g.incident.incident(in.Settings.Domain),
	}
	c.Settings.fill()
	c.Problems = append(append(c.Problems, g.problems...), in.Problems...)
	if c.ID == "" {
		c.ID = NewID(c.Settings, g.sums)
	}
	b := builder{c: c, records: in.Records, rulings: in.Rulings, named: slices.Clone(in.Drafted), bounced: map[string]bool{}, open: map[netip.Addr]bool{}}
	for _, a := range in.Bounced {
		b.bounced[strings.ToLower(a)] = true
	}
	relays := b.relays(g)
	b.index()
	sources := b.sources(g)
	bystanders := b.bystanders(g)
	groups := g.groups()
	for _, n := range g.exemplars(relays, sources, bystanders, groups) {
		s, err := load(n)
		if err != nil {
			return nil, err
		}
		s.Number, s.Evidence = n, Evidence(n, s.SHA256)
		b.retell(&s)
		c.Samples = append(c.Samples, s)
	}
	b.transactions()
	b.showing(g, sources, bystanders, groups)
	b.stated(in.Stated)
	b.letters(in.Letters)
	return c, nil
}

// Evidence is the path of the copy of a sample, relative to the case folder.
func Evidence(number int, sum string) string {
	return fmt.Sprintf("evidence/%04d-%s.eml", number, sum[:12])
}

// showing names for each thing the samples that the case shows.
func (b *builder) showing(g *Gatherer, sources []*sourceTally, bystanders []*bystanderTally, groups []PathGroup) {
	shown := func(list []int) []int {
		out := []int{}
		for _, n := range list {
			if b.c.Sample(n) != nil {
				out = append(out, n)
			}
		}
		return out
	}
	for i, x := range sources {
		b.c.Sources[i].Samples = shown(x.samples.list)
	}
	for i, x := range bystanders {
		b.c.Bystanders[i].Samples = shown(x.samples.list)
	}
	b.c.OwnHosts = shown(g.ownHosts)
	for _, p := range groups {
		if b.c.Sample(p.Exemplar) != nil {
			b.c.Paths = append(b.c.Paths, p)
		}
	}
}

func (s *Settings) fill() {
	for _, l := range []*[]string{&s.JANET, &s.CSIRT, &s.Trust, &s.Forwarder, &s.GeoIP} {
		if *l == nil {
			*l = []string{}
		}
	}
}

// NewID makes a case ID that depends on the forged domain and the digests of the samples
// alone: "RT-" and eight letters or digits.
func NewID(s Settings, sums []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "relaytrace case\n%s\n", strings.ToLower(s.Domain))
	for _, x := range slices.Sorted(slices.Values(sums)) {
		fmt.Fprintln(h, x)
	}
	return "RT-" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:8]
}

// builder gathers what single samples suggest into what the case says.
type builder struct {
	c       *Case
	records map[netip.Addr]enrich.Record
	rulings map[netip.Addr]Ruling
	bounced map[string]bool     // in small letters
	open    map[netip.Addr]bool // relays that no sample shows as such by itself
	kept    int                 // letters that were not planned now
	named   []string            // names of letters that were drafted or sent, or are planned now
	relayAt map[netip.Addr]*Relay
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

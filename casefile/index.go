package casefile

import (
	"cmp"
	"slices"
)

// IndexSchema names the JSON document that an Index is: index.json of a batch.
const IndexSchema = "relaytrace.index/1"

// Index is the overview of a batch: what came in, and the cases that were made of it. Every
// input is in exactly one case or in the remainder. Every slice is non-nil, and the same
// input and settings give the same index, whatever the number of processors.
type Index struct {
	Schema       string      `json:"schema"`       // IndexSchema
	Created      string      `json:"created"`      // RFC 3339, UTC; the clock of the command
	Version      string      `json:"version"`      // of relaytrace
	Organisation string      `json:"organisation"` // of the settings
	Domain       string      `json:"domain"`       // of the settings
	Least        int         `json:"least"`        // inputs from which an incident becomes a case of its own
	Inputs       Submissions `json:"inputs"`       // all that came in, by class
	InCases      int         `json:"in_cases"`     // inputs in the cases; with those of the remainder they are all
	Samples      int         `json:"samples"`      // different samples in all
	Cases        []IndexCase `json:"cases"`        // the one with most inputs first
	Remainder    IndexCase   `json:"remainder"`    // what belongs to no incident of that size
}

// IndexCase is one case of a batch in short.
type IndexCase struct {
	Case        string         `json:"case"`              // its ID
	Folder      string         `json:"folder"`            // relative to the index
	State       string         `json:"state"`             // open or closed; unsorted for the remainder
	Inputs      Submissions    `json:"inputs"`            // what arrived, by class
	Samples     int            `json:"samples"`           // different samples
	Bounces     int            `json:"bounces"`           // of the inputs
	Complaints  int            `json:"complaints"`        // of the inputs: complaints and reports of people and providers
	Subjects    []TextCount    `json:"subjects"`          // most frequent subjects of the samples, without random parts, at most 3
	Links       []TextCount    `json:"links"`             // most frequent domains that the samples lead to, at most 5
	Joined      []TextCount    `json:"joined"`            // why the inputs belong together: each but the first is joined once
	Domains     []ForgedDomain `json:"domains"`           // forged domains, the most frequent first, at most 20
	DomainCount int            `json:"domain_count"`      // all of them
	Addresses   int            `json:"addresses"`         // different forged addresses
	Relays      int            `json:"relays"`            // relays found, as the case counts them
	Withheld    int            `json:"withheld"`          // of them: withheld the previous hop
	Countries   []CountryCount `json:"countries"`         // of the relays found, as the best source places them
	Recipients  []CountryCount `json:"recipients"`        // of the recipients' domains
	First       string         `json:"first"`             // RFC 3339, UTC: the first hand-over, by trusted stamps
	Last        string         `json:"last"`              // the last one
	Letters     int            `json:"letters"`           // drafts
	Held        int            `json:"held"`              // of them on HOLD
	Problem     string         `json:"problem,omitempty"` // why it is not as it should be
}

// TextCount counts a text.
type TextCount struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// maxIndexDomains is how many forged domains an index tells of a case.
const maxIndexDomains = 20

// InShort gives the entry of an index for the case; what only the batch knows is left.
func (c *Case) InShort() IndexCase {
	t := c.Tally()
	x := IndexCase{
		Case: c.ID, State: c.Status, Samples: c.SampleCount,
		Subjects: []TextCount{}, Links: []TextCount{}, Joined: []TextCount{},
		Domains:     slices.Clone(c.Incident.Domains[:min(maxIndexDomains, len(c.Incident.Domains))]),
		DomainCount: len(c.Incident.Domains), Addresses: c.Incident.Addresses.Distinct,
		Relays: t.Found, Withheld: t.Withheld, Recipients: c.Incident.Recipients,
		First: c.Incident.First, Last: c.Incident.Last, Letters: len(c.Letters),
	}
	for i := range c.Letters {
		if c.Letters[i].Hold {
			x.Held++
		}
	}
	countries := map[string]int{}
	for i := range c.Relays {
		if r := &c.Relays[i]; r.Found() {
			code := ""
			if len(r.Record.Countries) > 0 {
				code = r.Record.Countries[0].Code
			}
			countries[code]++
		}
	}
	x.Countries = sortedCountries(countries)
	return x
}

// Remainder makes the entry of an index for what belongs to no case.
func Remainder(folder string, inputs Submissions, samples int) IndexCase {
	x := IndexCase{
		Folder: folder, State: "unsorted", Samples: samples, Subjects: []TextCount{}, Links: []TextCount{}, Joined: []TextCount{},
		Domains: []ForgedDomain{}, Countries: []CountryCount{}, Recipients: []CountryCount{},
	}
	x.SetInputs(inputs)
	return x
}

// SetInputs tells what arrived.
func (x *IndexCase) SetInputs(inputs Submissions) {
	x.Inputs, x.Bounces, x.Complaints = inputs, 0, 0
	for _, c := range x.Inputs.Classes {
		switch c.Class {
		case "bounce":
			x.Bounces += c.Count
		case "complaint", "provider-report":
			x.Complaints += c.Count
		}
	}
}

func sortedCountries(counts map[string]int) []CountryCount {
	out := []CountryCount{}
	for c, n := range counts {
		out = append(out, CountryCount{c, n})
	}
	slices.SortFunc(out, func(a, b CountryCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Country, b.Country))
	})
	return out
}

// PlacementSchema names the JSON documents that Placements are, one a line in
// placement.ndjson of a batch.
const PlacementSchema = "relaytrace.placement/1"

// Placement tells where one input of a batch went, and why.
type Placement struct {
	Schema string `json:"schema"` // PlacementSchema
	File   string `json:"file"`   // as named or found
	Line   int    `json:"line"`   // of its first byte, from 1
	Class  string `json:"class"`  // what it is
	Folder string `json:"folder"` // of the case, or of the remainder
	Why    string `json:"why"`    // what ties it to the input below; empty for the first of an incident
	What   string `json:"what"`   // the text that both share, where it is one: a domain, a subject
	To     string `json:"to"`     // file:line of the input that it was joined to
}

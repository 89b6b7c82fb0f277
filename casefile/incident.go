package casefile

import (
	"net/netip"
	"slices"
)

// Submissions is the account of what arrived: every input of the case is in exactly one class.
type Submissions struct {
	Total   int          `json:"total"`
	Classes []ClassCount `json:"classes"` // in the order of the classes of package intake, those with none left out
}

// ClassCount counts the submissions of one class.
type ClassCount struct {
	Class     string `json:"class"`     // as package intake names it
	Count     int    `json:"count"`     // submissions
	Samples   int    `json:"samples"`   // of them: carried at least one sample
	Reporters int    `json:"reporters"` // different people or systems that sent them, as far as they are named
}

// Incident is what the case tells of the run as a whole. It counts all samples, the
// exemplars and the others.
type Incident struct {
	First      string          `json:"first"`      // RFC 3339, UTC: the first hand-over to a recipient's side, by trusted stamps; empty when none has a time
	Last       string          `json:"last"`       // the last one
	Hours      []Hour          `json:"hours"`      // ascending; hours without any are left out
	Domains    []ForgedDomain  `json:"domains"`    // forged domains, the most frequent first
	Addresses  ForgedAddresses `json:"addresses"`  // forged addresses
	Recipients []CountryCount  `json:"recipients"` // countries of recipients' domains, the most frequent first
	Relays     []RelayRate     `json:"relays"`     // how fast each relay handed over, the one with most samples first, at most 500
	Estimates  []Estimate      `json:"estimates"`  // how large the run was, where that can be told honestly; of the run as a whole first
}

// RelayRate tells how fast a relay handed samples over, by trusted stamps. What was not
// reported is not in it.
type RelayRate struct {
	IP       netip.Addr `json:"ip"`
	Samples  int        `json:"samples"`
	First    string     `json:"first"`     // RFC 3339, UTC
	Last     string     `json:"last"`      // RFC 3339, UTC
	Peak     int        `json:"peak"`      // samples in its busiest hour
	PeakHour string     `json:"peak_hour"` // RFC 3339, UTC: the full hour
}

// Hour is one hour of the run, by trusted stamps.
type Hour struct {
	Start   string `json:"start"` // RFC 3339, UTC, the full hour
	Samples int    `json:"samples"`
	Bounces int    `json:"bounces"` // bounces by the date at which the bouncing system took the mail
	Weekend bool   `json:"weekend"` // Saturday or Sunday in UTC
}

// ForgedDomain is a domain that stood in the sender's place.
type ForgedDomain struct {
	Domain       string `json:"domain"`       // as forged, lower case
	Organisation string `json:"organisation"` // its registrable domain
	Samples      int    `json:"samples"`
	Bounces      int    `json:"bounces"`
	Ours         bool   `json:"ours"` // it is, or lies below, the domain of the settings
}

// ForgedAddresses tells of the addresses that stood in the sender's place.
type ForgedAddresses struct {
	Distinct int            `json:"distinct"`
	Pattern  string         `json:"pattern"` // in words, such as "8 random letters"; empty when none is seen
	Most     []AddressCount `json:"most"`    // the most frequent, at most 50
}

// AddressCount counts an address over samples and bounces.
type AddressCount struct {
	Address string `json:"address"`
	Count   int    `json:"count"`
}

// CountryCount counts something by country.
type CountryCount struct {
	Country string `json:"country"` // ISO 3166-1 alpha-2; empty for generic domains
	Count   int    `json:"count"`
}

// Estimate is a number that was not counted, with the way it was come by.
type Estimate struct {
	IP     netip.Addr `json:"ip"` // the relay that it is about; the zero Addr for the run as a whole
	Low    int        `json:"low"`
	High   int        `json:"high"`   // 0 when no upper bound is known
	Method string     `json:"method"` // a plain sentence
}

// PathGroup is a way that the mail of several samples took: the same hosts in the same
// order with the same standings, from the recipients' side down to the last relay, whatever
// the recipient, the source's own address, the times and IDs.
type PathGroup struct {
	Exemplar int `json:"exemplar"` // Sample.Number of the one that is shown
	Samples  int `json:"samples"`  // of all samples of the case
}

// Elsewhere tells that something of this case was seen in another one.
type Elsewhere struct {
	Case string `json:"case"` // ID of the other case
	What string `json:"what"` // relay, network, cluster, reporter
	Name string `json:"name"` // the address, network, holder or redacted reporter
}

// Event is one entry of the custody log: append-only, each chained to the one before.
type Event struct {
	Number  int      `json:"number"` // from 1
	Time    string   `json:"time"`   // RFC 3339, UTC
	Actor   string   `json:"actor"`  // who ran the command, as the settings or the system name him
	Action  string   `json:"action"` // kebab-case: created, samples-added, judged, verdict-set, letter-sent, exported, erased ...
	Detail  []string `json:"detail"` // "name=value", sorted by the writer; values are shown escaped
	Version string   `json:"version"`
	Prev    string   `json:"prev"` // SHA-256 of the event before, lower-case hex; 64 zeros for the first
	Hash    string   `json:"hash"` // SHA-256 over this event without Hash
}

// Misused is the domain of the settings; empty where the mail of the case bears senders and
// none of them is in it. Nobody is then told that it was misused.
func (c *Case) Misused() string {
	if len(c.Incident.Domains) > 0 && !slices.ContainsFunc(c.Incident.Domains, func(d ForgedDomain) bool { return d.Ours }) {
		return ""
	}
	return c.Settings.Domain
}

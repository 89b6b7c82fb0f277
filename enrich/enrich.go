// Package enrich says who answers for an Internet address: the registry that holds its
// block, the network and its holder, the country, the autonomous system, and the
// contacts to write to. Each fact carries the source that gave it and its date.
//
// [New] makes an [Enricher] and [Enricher.Lookup] asks it about one address. A look-up
// never fails as a whole: what could not be learnt stands in the [Record], so that a
// server that was down is not taken for a network without a contact.
//
// [RegistryOf], [SpecialOf] and [CountryOf] answer from tables inside the program and
// ask nobody.
package enrich

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Settings says what an [Enricher] may use. The zero value asks the registries over
// RDAP, has no GeoIP files, and reads the clock of the system.
type Settings struct {
	// Offline forbids every question to the network. The tables and the GeoIP files
	// still answer.
	Offline bool
	// GeoIP names database files, asked in this order; see [OpenGeoIP].
	GeoIP []string
	// RDAPBase replaces the base URL of a registry's RDAP service. The key is the name
	// of a [Registry], such as "RIPE NCC". The URL must be https; plain http is allowed
	// to a loopback address only.
	RDAPBase map[string]string
	// HTTP makes the requests. Its Transport and Timeout are used; its redirect policy is
	// replaced by a stricter one and cookies are not kept. Nil means the default transport.
	HTTP *http.Client
	// Now tells the time. Nil means time.Now.
	Now func() time.Time
}

// Enricher answers who is behind an address. Make one with [New].
//
// It is safe for concurrent use. RDAP questions are asked one at a time, whatever the
// number of callers: the registries shut out those who ask too fast.
type Enricher struct {
	offline bool
	geoip   []*GeoIP
	rdap    *rdapClient
	now     func() time.Time
}

// New makes an Enricher. It opens the GeoIP files and asks the network nothing. The
// error names the file or the setting that cannot be used.
func New(s Settings) (*Enricher, error) {
	e := &Enricher{offline: s.Offline, now: s.Now}
	if e.now == nil {
		e.now = time.Now
	}
	var err error
	if e.rdap, err = newRDAPClient(s.RDAPBase, s.HTTP, e.now); err != nil {
		return nil, err
	}
	for _, path := range s.GeoIP {
		g, err := OpenGeoIP(path)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.geoip = append(e.geoip, g)
	}
	return e, nil
}

// Close closes the GeoIP files. No look-up may run then or later.
func (e *Enricher) Close() error {
	var errs []error
	for _, g := range e.geoip {
		errs = append(errs, g.Close())
	}
	e.geoip = nil
	return errors.Join(errs...)
}

// Lookup gathers what is known of addr. An IPv4-mapped address is taken for its IPv4
// address and a zone is dropped. Nobody is asked about special-purpose addresses. Each
// question to a server is given at most ten seconds; when ctx ends first, the record
// says so.
func (e *Enricher) Lookup(ctx context.Context, addr netip.Addr) Record {
	addr = addr.Unmap().WithZone("")
	r := newRecord(addr)
	if !addr.IsValid() {
		r.note("no-address", "No address was given.")
		return r
	}
	if s, ok := SpecialOf(addr); ok {
		r.Special = &s
		r.note("special-purpose", "The address lies in a block that is set aside ("+s.Name+", "+s.RFC+"); nobody was asked about it.")
		return r
	}
	r.Registry, _ = RegistryOf(addr)
	r.RegistryDate = RegistryTableDate
	if c, ok := CountryOf(addr); ok {
		r.Countries = append(r.Countries, c)
	}
	for _, g := range e.geoip {
		e.addGeoIP(&r, g)
	}
	switch {
	case r.Registry == "":
		r.note("no-registry", "IANA has given the block to no registry, as of "+RegistryTableDate+"; nobody was asked.")
	case e.offline:
		r.note("offline", "No registry was asked: working offline.")
	default:
		e.rdap.fill(ctx, &r)
	}
	return r
}

func (e *Enricher) addGeoIP(r *Record, g *GeoIP) {
	a, err := g.Lookup(r.Address)
	if err != nil {
		r.Lookups = append(r.Lookups, Lookup{
			Kind: "geoip", Server: g.Name, Asked: stamp(e.now()),
			Outcome: OutcomeFailed, Error: clip(err.Error()),
		})
		return
	}
	if a.Country != "" {
		r.Countries = append(r.Countries, Country{
			Code: a.Country, Source: g.source(), Date: g.Built, Approximate: true,
			Note: regionNote(a.Country, r.Registry),
		})
	}
	if a.ASNumber != 0 || a.Organisation != "" {
		r.AS = append(r.AS, AS{Number: a.ASNumber, Organisation: a.Organisation, Source: g.source(), Date: g.Built})
	}
}

// RecordSchema is the schema name of a [Record].
const RecordSchema = "relaytrace.record/1"

// Record is what is known of one address. Lists are never null in JSON.
type Record struct {
	// Schema is always [RecordSchema].
	Schema string `json:"schema"`
	// Address that was asked about, without a zone; IPv4 if it was IPv4-mapped.
	Address netip.Addr `json:"address"`
	// Special is set for special-purpose addresses. All that follows is then empty.
	Special *Special `json:"special,omitempty"`
	// Registry to which IANA gave the block. Another may keep the record by now; the
	// sources of Network and Contacts name the one that answered.
	Registry Registry `json:"registry,omitempty"`
	// RegistryDate is the date, YYYY-MM-DD, of the table that gave Registry.
	RegistryDate string `json:"registry_date,omitempty"`
	// Countries, one for each source that names one. They may differ.
	Countries []Country `json:"countries"`
	// Network is the narrowest registered network around the address, as its registry
	// describes it; nil if none was learnt.
	Network *Network `json:"network,omitempty"`
	// Parent is the network above it. It is asked for only when Network names no holder.
	Parent *Network `json:"parent,omitempty"`
	// AS lists the autonomous systems that the GeoIP files name.
	AS []AS `json:"as"`
	// Contacts, the best first: abuse, technical, noc, administrative, registrant, and
	// those whose role the registry did not state. Those of Network come before those of
	// Parent.
	Contacts []Contact `json:"contacts"`
	// Notes says in plain words what a reader must know of the above.
	Notes []Note `json:"notes"`
	// Lookups are the questions asked of servers, in order, and how each ended.
	Lookups []Lookup `json:"lookups"`
}

// Country is where one source places the address.
type Country struct {
	// Code is ISO 3166-1 alpha-2, in capitals.
	Code string `json:"code"`
	// Source that says so.
	Source string `json:"source"`
	// Date of the source's data, YYYY-MM-DD.
	Date string `json:"date"`
	// Approximate is true when the source guesses from routing or measurement, and false
	// when the registry states the country in the network's own record.
	Approximate bool `json:"approximate"`
	// Note is set when the country lies outside the region of the registry that holds
	// the block.
	Note string `json:"note,omitempty"`
}

// Network is a registered range of addresses.
type Network struct {
	// Handle is the registry's key for the network.
	Handle string `json:"handle,omitempty"`
	// Name is the short name of the network. It is a label, not the name of the holder.
	Name string `json:"name,omitempty"`
	// Type as the registry words it, such as "ASSIGNED PA".
	Type string `json:"type,omitempty"`
	// First and Last address of the range.
	First netip.Addr `json:"first"`
	Last  netip.Addr `json:"last"`
	// Prefixes cover the range exactly, lowest first; at most 254.
	Prefixes []netip.Prefix `json:"prefixes"`
	// Holder is the organisation or person to whom the network is registered. Empty if
	// the registry names none, or only itself.
	Holder string `json:"holder,omitempty"`
	// HolderFrom says where the holder's name stood: "registrant" (an entity with that
	// role), "organisation" (the one organisation listed, by a registry that gives no
	// roles) or "description" (the description that some registries write in a remark).
	HolderFrom string `json:"holder_from,omitempty"`
	// HolderAddress is the holder's postal address on one line.
	HolderAddress string `json:"holder_address,omitempty"`
	// Country as the registry states it, ISO 3166-1 alpha-2 in capitals.
	Country string `json:"country,omitempty"`
	// Registered and LastChanged are RFC 3339, in UTC.
	Registered  string `json:"registered,omitempty"`
	LastChanged string `json:"last_changed,omitempty"`
	// ParentHandle is the registry's key for the network above.
	ParentHandle string `json:"parent_handle,omitempty"`
	// Status as the registry words it.
	Status []string `json:"status,omitempty"`
	// Remarks as the registry gives them, each on one line; at most 20.
	Remarks []string `json:"remarks,omitempty"`
	// Withheld names what the registry says it left out of its answer (RFC 9537).
	Withheld []string `json:"withheld,omitempty"`
	// Source that described the network, and when it was asked, RFC 3339 in UTC.
	Source string `json:"source"`
	Asked  string `json:"asked"`
}

// AS is an autonomous system that announces the address.
type AS struct {
	// Number, without "AS"; 0 if the source names the organisation only.
	Number uint `json:"number,omitempty"`
	// Organisation that runs it, or the provider.
	Organisation string `json:"organisation,omitempty"`
	// Source that says so and the date, YYYY-MM-DD, of its data.
	Source string `json:"source"`
	Date   string `json:"date"`
}

// Contact is an address to write to.
type Contact struct {
	// Email is a bare addr-spec (RFC 5322 section 3.4.1) in printable ASCII.
	Email string `json:"email"`
	// Role that the registry gives: abuse, technical, noc, administrative or registrant;
	// empty if it states none.
	Role string `json:"role"`
	// Name of the person, desk or organisation.
	Name string `json:"name,omitempty"`
	// Handle is the registry's key for the contact.
	Handle string `json:"handle,omitempty"`
	// Scope is the range that the contact answers for, "first - last".
	Scope string `json:"scope"`
	// Source that gave the contact.
	Source string `json:"source"`
	// Asked is when, RFC 3339 in UTC.
	Asked string `json:"asked"`
}

// Note is something a reader of the record must know.
type Note struct {
	// Code is kebab-case and never reused for another meaning.
	Code string `json:"code"`
	// Text is a plain sentence.
	Text string `json:"text"`
}

// Outcome says how a look-up ended.
type Outcome string

// The outcomes. Only the first two are answers; after any other the absence of a
// contact means nothing.
const (
	OutcomeOK          Outcome = "ok"           // the server described the network
	OutcomeNotFound    Outcome = "not-found"    // the server says that it knows of none
	OutcomeRateLimited Outcome = "rate-limited" // the server said to wait, now or earlier
	OutcomeRefused     Outcome = "refused"      // the server declined the question (other 4xx)
	OutcomeFailed      Outcome = "failed"       // no connection, an error, or no usable answer
	OutcomeTimeout     Outcome = "timeout"      // no full answer in time
)

// Lookup is one question to a server.
type Lookup struct {
	// Kind is "rdap" or "geoip".
	Kind string `json:"kind"`
	// Server is the URL asked, or the name of a file.
	Server string `json:"server"`
	// AnsweredBy is the URL that answered in the end, if redirects led elsewhere.
	AnsweredBy string `json:"answered_by,omitempty"`
	// Asked is when, RFC 3339 in UTC. How long it took is not kept, so that the same
	// answers give the same record.
	Asked string `json:"asked"`
	// Outcome says how it ended.
	Outcome Outcome `json:"outcome"`
	// Status is the HTTP status code; 0 if no answer came.
	Status int `json:"status,omitempty"`
	// RetryAfter is the earliest time, RFC 3339 in UTC, at which the server may be asked
	// again.
	RetryAfter string `json:"retry_after,omitempty"`
	// Error says what went wrong.
	Error string `json:"error,omitempty"`
	// Raw is the answer as received, after HTTP content decoding, as far as it was read;
	// at most 1 MiB.
	Raw []byte `json:"-"`
	// RawSHA256 is the digest of Raw in hexadecimal; empty if Raw is.
	RawSHA256 string `json:"raw_sha256,omitempty"`
}

func newRecord(addr netip.Addr) Record {
	return Record{
		Schema: RecordSchema, Address: addr,
		Countries: []Country{}, AS: []AS{}, Contacts: []Contact{}, Notes: []Note{}, Lookups: []Lookup{},
	}
}

func (r *Record) note(code, text string) {
	for _, n := range r.Notes {
		if n.Code == code && n.Text == text {
			return
		}
	}
	r.Notes = append(r.Notes, Note{Code: code, Text: text})
}

// Holder names who holds the network around the address and the range held, "first -
// last". If the network itself names no holder, the one of the network above is given,
// with the wider range. Both are empty when none is known.
func (r Record) Holder() (name, scope string) {
	for _, n := range []*Network{r.Network, r.Parent} {
		if n != nil && n.Holder != "" {
			return n.Holder, n.Scope()
		}
	}
	return "", ""
}

// Failed reports whether a look-up ended without an answer. If so, that a fact is
// missing from the record does not mean that it does not exist.
func (r Record) Failed() bool {
	for _, l := range r.Lookups {
		if l.Outcome != OutcomeOK && l.Outcome != OutcomeNotFound {
			return true
		}
	}
	return false
}

// Scope is the range of the network, "first - last".
func (n *Network) Scope() string { return fmt.Sprintf("%s - %s", n.First, n.Last) }

// maxText bounds, in bytes, each text taken from a server's answer.
const maxText = 500

// clip shortens s to maxText bytes of valid UTF-8.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText-3], "") + "..."
}

// stamp writes a time as the record does: RFC 3339, UTC, whole seconds.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

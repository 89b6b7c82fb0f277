package enrich

import (
	"fmt"
	"net/netip"
)

// RecordSchema is the schema name of a [Record].
const RecordSchema = "relaytrace.record/1"

// Record is what is known of one address. Lists are never null in JSON.
type Record struct {
	// Schema is always [RecordSchema].
	Schema string `json:"schema"`
	// Address that was asked about, without a zone; IPv4 if it was IPv4-mapped.
	Address netip.Addr `json:"address"`
	// Domain that was asked about, in small letters; Address is then not valid.
	Domain string `json:"domain,omitempty"`
	// Special is set for special-purpose addresses. All that follows is then empty.
	Special *Special `json:"special,omitempty"`
	// Registry to which IANA gave the block, by its list of today where it was asked for,
	// else by the table. Another may keep the record by now; the
	// sources of Network and Contacts name the one that answered.
	Registry Registry `json:"registry,omitempty"`
	// RegistryDate is the date, YYYY-MM-DD, of the table that gave Registry.
	RegistryDate string `json:"registry_date,omitempty"`
	// Countries, one for each source that names one. They may differ.
	Countries []Country `json:"countries"`
	// Network is the narrowest registered network around the address, as its registry
	// describes it; nil if none was learnt.
	Network *Network `json:"network,omitempty"`
	// Parent is a network above it: the nearest, or the nearest that names a holder. It is
	// asked for only when Network names no holder or no abuse contact.
	Parent *Network `json:"parent,omitempty"`
	// AS lists the autonomous systems that the GeoIP files name.
	AS []AS `json:"as"`
	// Names under which the resolver knows the address, or the mail exchangers of Domain.
	Names []Name `json:"names,omitempty"`
	// Abuse says whether the registries name an abuse contact, and if not, why; empty for
	// special-purpose addresses and domains.
	Abuse AbuseContact `json:"abuse_contact,omitempty"`
	// Contacts, the best first. Rule and Why say by what each was ranked.
	Contacts []Contact `json:"contacts"`
	// Notes says in plain words what a reader must know of the above.
	Notes []Note `json:"notes"`
	// Listings are the answers of blocklists, if they were asked.
	Listings []Listing `json:"listings,omitempty"`
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
	// Withheld names what the registry left out of its answers: what it says so of (RFC 9537),
	// and the addresses of abuse contacts of which it shows the key alone.
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
	// empty if it states none. Beyond those: domain, domain-keeper, national-cert.
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
	// Rule is the number of the rule that ranked the contact, 1 the best, and Why its
	// words.
	Rule int    `json:"rule,omitempty"`
	Why  string `json:"why,omitempty"`
	// Mail says whether the domain of Email takes mail, if that was asked: yes, no (no
	// mail exchanger and no address, or RFC 7505), or error.
	Mail string `json:"mail,omitempty"`
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
	// Kind is "rdap", "whois", "dns" or "geoip".
	Kind string `json:"kind"`
	// Server is the URL asked, the name of a WHOIS server, the address of a resolver, or
	// the name of a file.
	Server string `json:"server"`
	// Question put to a WHOIS server or a resolver. The URL of RDAP holds it already.
	Question string `json:"question,omitempty"`
	// AnsweredBy is the URL that answered in the end, if redirects led elsewhere.
	AnsweredBy string `json:"answered_by,omitempty"`
	// Asked is when, RFC 3339 in UTC. How long it took is not kept, so that the same
	// answers give the same record.
	Asked string `json:"asked"`
	// Attempts is how often the question was put, if more than once.
	Attempts int `json:"attempts,omitempty"`
	// Kept is true when the answer was not asked for now, but kept from an earlier
	// question, which may have named another address of the same network.
	Kept bool `json:"kept,omitempty"`
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
	// Charset in which Raw was read, by IANA's name for it, if that is not UTF-8. WHOIS
	// states none: it was told by the bytes and by who answered.
	Charset string `json:"charset,omitempty"`
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

// Failed reports whether a registry or a GeoIP file gave no answer. If so, that a fact is
// missing from the record does not mean that it does not exist. A resolver without an
// answer does not count: reverse names are missing or broken for much of the Internet.
func (r Record) Failed() bool {
	for _, l := range r.Lookups {
		if l.Kind != "dns" && l.Outcome != OutcomeOK && l.Outcome != OutcomeNotFound {
			return true
		}
	}
	return false
}

// Scope is the range of the network, "first - last".
func (n *Network) Scope() string { return fmt.Sprintf("%s - %s", n.First, n.Last) }

package trace

import (
	"cmp"
	"net/netip"
	"slices"

	"relaytrace/trace/received"
)

// PathSchema names the JSON document that a Path is.
const PathSchema = "relaytrace.path/1"

// Kind tells what sort of step a trace field records.
type Kind = received.Kind

// The kinds of trace fields; package received says what each is.
const (
	Transfer = received.Transfer
	Local    = received.Local
	Internal = received.Internal
	Fetch    = received.Fetch
	Note     = received.Note
	Unparsed = received.Unparsed
)

// Disclosure tells what a trace field says of the previous hop.
type Disclosure = received.Disclosure

// The disclosures, from the fullest to nothing.
const (
	DisclosesAddress  = received.Address
	DisclosesName     = received.NameOnly
	DisclosesHELO     = received.HELOOnly
	DisclosesNothing  = received.None
	DisclosesNotAsked = received.NotAsked
)

// Standing tells how far a trace field may be believed.
type Standing string

// The standings, from the strongest to the weakest.
const (
	Trusted      Standing = "trusted"      // written by the recipient's own side
	Corroborated Standing = "corroborated" // linked up to the boundary, genuine in form, nothing against it
	Unverified   Standing = "unverified"   // unexplained; not the same as forged
	Contradicted Standing = "contradicted" // positive evidence against it
)

// Certainty tells how well an address is known.
type Certainty string

// The certainties, from the strongest to the weakest.
const (
	Recorded              Certainty = "recorded"     // a trusted field recorded the connection
	CertaintyCorroborated Certainty = "corroborated" // a corroborated field did, according to its writer
	Claimed               Certainty = "claimed"      // an unverified field names it; nobody is written to on that ground
)

// End tells where the trail stops and why.
type End string

// The ends of a trail.
const (
	EndOrigin      End = "origin-recorded"       // the deepest believable field records the client's address
	EndWithheld    End = "previous-hop-withheld" // a relay's own field leaves the previous hop's address out
	EndNoField     End = "no-field-added"        // the boundary peer added no field: source or silent relay
	EndUnexplained End = "chain-unexplained"     // fields below cannot be linked to what is believed
	EndNoBoundary  End = "boundary-unknown"      // no field says who handed the mail to the recipient's side
	EndLocal       End = "local-submission"      // the mail began on the host itself
	EndNoTrace     End = "no-trace"              // the sample has no Received: field
)

// Severity ranks findings for the reader's eye; it says nothing of certainty.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Notice  Severity = "notice"
	Warning Severity = "warning"
)

// Path is the relay path of one sample: the document of `relaytrace trace --json`.
// Every slice is non-nil, so that it is written as [] and never as null.
type Path struct {
	Schema     string      `json:"schema"`     // PathSchema
	Sample     Sample      `json:"sample"`     // where the sample was found
	Message    Message     `json:"message"`    // what the message says of itself; proves little
	Hops       []Hop       `json:"hops"`       // every Received: field, the last written first
	Boundary   *Boundary   `json:"boundary"`   // null when unknown
	Origin     *Origin     `json:"origin"`     // null when no address is known at all
	Ends       End         `json:"ends"`       // where the trail stops
	Relays     []Relay     `json:"relays"`     // what this sample alone suggests
	Bystanders []Bystander `json:"bystanders"` // named in the header, not to be accused
	Hints      []Hint      `json:"hints"`      // what other fields say of the source, each with its own certainty
	Findings   []Finding   `json:"findings"`   // in the order of the hops they rest on
}

// FindingsOf gives the findings that rest on a hop, or on no field for -1: a part of Findings.
func (p *Path) FindingsOf(hop int) []Finding {
	from, _ := slices.BinarySearchFunc(p.Findings, hop, func(f Finding, hop int) int { return cmp.Compare(f.Hop, hop) })
	to := from
	for to < len(p.Findings) && p.Findings[to].Hop == hop {
		to++
	}
	return p.Findings[from:to]
}

// Sample says where a sample was found. The digest is over the bytes as received.
type Sample struct {
	File   string `json:"file"`             // as named by the user or found in a folder
	Line   int    `json:"line"`             // line of the sample's first byte in File, from 1
	Part   string `json:"part,omitempty"`   // MIME part path, when the sample was inside a message
	SHA256 string `json:"sha256,omitempty"` // lower-case hex
	Via    string `json:"via,omitempty"`    // class of what carried it (bounce, complaint, provider-report, ...); empty when it came as itself
	By     string `json:"by,omitempty"`     // who showed it that way: the mail system that returned it, or the domain of who reported it; the top field may be theirs
}

// Message holds header fields as written, unfolded, undecoded: claims of the sender
// that a relay's owner can search for. What the delivering system wrote stands apart.
type Message struct {
	MessageID    string   `json:"message_id"`
	Subject      string   `json:"subject"`
	From         string   `json:"from"`
	Sender       string   `json:"sender"`
	ReplyTo      string   `json:"reply_to"`
	To           string   `json:"to"`
	Cc           string   `json:"cc"`
	Date         string   `json:"date"`
	Recipients   int      `json:"recipients"`   // addresses named in To and Cc
	Domain       string   `json:"domain"`       // of the From address: the one that may be forged
	Organisation string   `json:"organisation"` // the registrable domain of Domain
	ReturnPath   string   `json:"return_path"`  // the envelope sender, as the delivering system wrote it
	DeliveredTo  []string `json:"delivered_to"` // recipients that stand above the fields of others: written on the recipient's side
}

// Hint is something that a field other than Received: says of where the mail came from.
type Hint struct {
	Field     string     `json:"field"` // the field's name, as written
	Line      int        `json:"line"`  // in the sample, from 1
	Value     string     `json:"value"` // what it says, unfolded
	IP        netip.Addr `json:"ip"`    // the address it names, if one
	Certainty Certainty  `json:"certainty"`
	Why       string     `json:"why"` // one sentence: why it has this certainty
}

// Hop is one trace field.
type Hop struct {
	Index     int        `json:"index"` // 0 for the topmost Received: field
	Line      int        `json:"line"`  // line of the field in the sample, from 1
	Raw       string     `json:"raw"`   // the field's body as found; bytes that are not UTF-8 are written \xNN
	From      From       `json:"from"`
	By        By         `json:"by"`
	With      string     `json:"with"`
	ID        string     `json:"id"`
	For       []string   `json:"for"`
	Envelope  string     `json:"envelope_from"`
	TLS       string     `json:"tls"`
	Time      Time       `json:"time"`
	Clock     *Clock     `json:"clock"` // null when there is nothing to hold the stamp against
	Kind      Kind       `json:"kind"`
	Standing  Standing   `json:"standing"`
	Discloses Disclosure `json:"discloses"`
	Link      string     `json:"link"`     // how the field is tied to the one above: address, name, domain, helo, by-self, none; empty for the top
	Why       string     `json:"why"`      // one sentence: why it has this standing
	Findings  []string   `json:"findings"` // codes of the findings that rest on it
}

// From is what a field says of the previous hop.
type From struct {
	HELO  string     `json:"helo"` // what the client said of itself
	RDNS  string     `json:"rdns"` // the name that the server looked up
	Name  string     `json:"name"` // a name of which the server does not say which it is
	IP    netip.Addr `json:"ip"`   // recorded from the connection; the zero Addr, "", when it is not
	Port  int        `json:"port"` // 0 when it is not given
	Ident string     `json:"ident"`
	Auth  string     `json:"auth"` // authenticated identity or the remark that says so
}

// By is what a field says of the host that wrote it.
type By struct {
	Host    string     `json:"host"`
	IP      netip.Addr `json:"ip"`
	MTA     string     `json:"mta"` // family of the software, such as "sendmail"
	Version string     `json:"version"`
}

// Time is when a field says the mail was taken.
type Time struct {
	Stamp      string `json:"stamp"`        // as written
	UTC        string `json:"utc"`          // RFC 3339, or empty when the stamp names no instant
	QueueIDUTC string `json:"queue_id_utc"` // the instant inside the queue ID, RFC 3339, or empty
}

// Clock holds a stamp against the next hop's and against the queue ID.
type Clock struct {
	// Gap is the next hop's stamp minus this one, in seconds: the time in queue minus (this
	// clock minus the next). So this clock is slow by at most Gap, or, where Gap is
	// negative, fast by at least as much, as far as the next hop's clock is right.
	Gap      *int64 `json:"gap_seconds"`
	GapTo    int    `json:"gap_to"`           // the hop that Gap is taken to; -1 without one
	Queue    *int64 `json:"queue_id_seconds"` // the stamp minus the instant in the queue ID, in seconds
	ZoneOff  int    `json:"zone_off_hours"`   // whole hours by which the zone seems wrong; 0 when it does not
	ZoneFrom string `json:"zone_off_from"`    // what shows it: queue-id or next-hop
}

// Boundary is the topmost hand-over from outside into the recipient's own systems.
type Boundary struct {
	Hop  int        `json:"hop"`
	IP   netip.Addr `json:"ip"` // the zero Addr when the field records none
	HELO string     `json:"helo"`
	RDNS string     `json:"rdns"`
	By   string     `json:"by"` // the host that recorded it
}

// Origin is the deepest address that the evidence supports.
type Origin struct {
	Hop       int        `json:"hop"`
	IP        netip.Addr `json:"ip"`
	Certainty Certainty  `json:"certainty"`
}

// Relay is a host that took the mail from one organisation and passed it to another.
type Relay struct {
	IP        netip.Addr `json:"ip"`
	Name      string     `json:"name"` // as recorded by the receiving server; may be empty
	Hop       int        `json:"hop"`  // the hop whose field names the relay as its peer
	Own       int        `json:"own"`  // the hop that the relay itself wrote, -1 when it wrote none
	Withholds bool       `json:"withholds_previous_hop"`
	Certainty Certainty  `json:"certainty"`
}

// Bystander is a host that the header names and that must not be accused.
type Bystander struct {
	Name string     `json:"name"`
	IP   netip.Addr `json:"ip"`
	Hop  int        `json:"hop"`
	Why  string     `json:"why"`           // a finding code
	Own  int        `json:"own,omitempty"` // of a relay-or-provider: the hop of its own field, when that is corroborated and records its client; else 0
}

// Finding is one stated fact.
type Finding struct {
	Code     string   `json:"code"` // stable; explained by `relaytrace explain CODE`
	Hop      int      `json:"hop"`  // -1 when it rests on no single field
	Severity Severity `json:"severity"`
	Quote    string   `json:"quote"` // the bytes it rests on
	Text     string   `json:"text"`  // a plain sentence
}

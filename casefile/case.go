// Package casefile turns samples, their relay paths and what is known of the addresses
// into a Case: the record of an incident that the PDF, the letters and the exports are
// written from.
package casefile

import (
	"cmp"
	"net/netip"
	"slices"

	"relaytrace/casefile/judge"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// Schema names the JSON document that a Case is: case.json.
const Schema = "relaytrace.case/1"

// Case is one incident. Every slice is non-nil. The order of everything in it
// depends on the samples and settings alone, so that the same input gives the same bytes.
type Case struct {
	Schema   string   `json:"schema"`
	ID       string   `json:"id"`      // RT- and eight letters or digits, or the analyst's own
	Created  string   `json:"created"` // RFC 3339, UTC; the clock of the command
	Seed     string   `json:"seed"`    // what Message-IDs and redacted addresses derive from; not to be shown to third parties
	Version  string   `json:"version"` // of relaytrace
	Status   string   `json:"status"`  // open or closed
	Settings Settings `json:"settings"`
	// Submissions counts what arrived, Incident tells of the run, over all samples.
	Submissions    Submissions `json:"submissions"`
	Incident       Incident    `json:"incident"`
	SampleCount    int         `json:"sample_count"`    // all samples of the case
	Samples        []Sample    `json:"samples"`         // all of them up to MaxShown, else the exemplars; ascending by number
	Paths          []PathGroup `json:"paths"`           // the distinct paths, the most frequent first
	Relays         []Relay     `json:"relays"`          // those that withhold the previous hop first, then by number of samples
	Sources        []Source    `json:"sources"`         // other hosts where a trail ends: origins and silent hosts; the MaxShown with most samples
	SourceCount    int         `json:"source_count"`    // all of them
	Bystanders     []Bystander `json:"bystanders"`      // at most MaxShown
	BystanderCount int         `json:"bystander_count"` // all of them
	TrailEnds      []TrailEnd  `json:"trail_ends"`      // where the trails of all samples end
	OwnHosts       []int       `json:"own_hosts"`       // samples shown in whose path a host of the user's own side hands the mail on: it may really come from there
	Stated         []Stated    `json:"stated"`          // hosts that only owners' answers name
	Letters        []Letter    `json:"letters"`         // those sent, then the drafts
	Elsewhere      []Elsewhere `json:"elsewhere"`       // seen in other cases too
	Custody        []Event     `json:"custody"`         // the custody log so far; the last event's hash is the head of the chain
	Problems       []Problem   `json:"problems"`
	Files          []File      `json:"files"` // every other file of the case folder, by path
}

// MaxShown is the number of samples up to which a case shows each. A larger one shows
// exemplars, which hold every distinct path and the telling transactions of every relay;
// all samples stand in the store and in samples.ndjson.
const MaxShown = 1000

// Sample returns the sample of that number, or nil when it is not among those shown.
func (c *Case) Sample(number int) *Sample {
	i, found := slices.BinarySearchFunc(c.Samples, number, func(s Sample, n int) int { return cmp.Compare(s.Number, n) })
	if !found {
		return nil
	}
	return &c.Samples[i]
}

// Settings are those that the case was made with.
type Settings struct {
	Organisation string   `json:"organisation"` // the organisation whose domain was forged
	Domain       string   `json:"domain"`       // the forged domain
	Reporter     string   `json:"reporter"`     // the person or role that writes
	ReplyTo      string   `json:"reply_to"`     // where answers go
	Member       bool     `json:"janet_member"` // the organisation is bound by JANET's acceptable use policy
	CareContact  string   `json:"care_contact"` // who answers threats and distress: a name or address; may be empty
	TLP          string   `json:"tlp"`          // label of the case file and letters: TLP:AMBER unless set
	Lang         string   `json:"lang"`         // language of letters above the English text; empty: that of the recipient's country
	NoRedact     bool     `json:"no_redact"`    // letters to third parties show complainants' addresses
	Attach       bool     `json:"attach"`       // letters carry machine-readable parts
	JANET        []string `json:"janet"`        // recipients of the report to the network's CSIRT
	CSIRT        []string `json:"csirt"`        // other network CSIRTs, each of which gets the same report
	Trust        []string `json:"trust"`        // hosts, names and networks of the recipients' own side
	Forwarder    []string `json:"forwarder"`    // declared forwarders and mailing lists
	Paper        string   `json:"paper"`        // of the PDF: a4 unless it is letter
	GeoIP        []string `json:"geoip"`        // GeoIP files that were read
	Offline      bool     `json:"offline"`
	ConfigFile   string   `json:"config_file"` // base name of the settings file, empty when there was none
}

// Sample is one spam message as evidence.
type Sample struct {
	Number   int            `json:"number"` // from 1, in the order read
	SHA256   string         `json:"sha256"` // over the bytes as received
	Size     int64          `json:"size"`   // in bytes
	Origins  []trace.Sample `json:"origins"`
	Evidence string         `json:"evidence"` // path of the copy, relative to the case folder, with slashes
	Path     trace.Path     `json:"path"`
}

// Verdict is what a case says of a relay, over all its samples.
type Verdict = judge.Verdict

// The verdicts; package judge says when each is given.
const (
	VerdictSuspected       = judge.Suspected
	VerdictUndisclosed     = judge.Undisclosed
	VerdictSourceOrRelay   = judge.SourceOrRelay
	VerdictRelayOrProvider = judge.RelayOrProvider
	VerdictProvisional     = judge.Provisional
	VerdictWithdrawn       = judge.Withdrawn
)

// Relay is a relay over all samples of the case.
type Relay struct {
	IP        netip.Addr      `json:"ip"`
	Samples   int             `json:"samples"`    // of all samples of the case, how many it stands in
	Reporters int             `json:"reporters"`  // by how many independent reporters: who complained, which system returned it, which side took delivery
	OwnServer bool            `json:"own_server"` // a server of the user's own side is one of them
	Names     []string        `json:"names"`      // looked-up names by which fields of that certainty recorded it, sorted
	HELOs     []string        `json:"helos"`      // names that it gave itself, by the same fields, sorted
	Verdict   Verdict         `json:"verdict"`
	Withholds bool            `json:"withholds_previous_hop"` // in at least one sample, by a field of the standing OwnField
	OwnField  trace.Standing  `json:"own_field"`              // the best standing of a field that the relay itself wrote: corroborated or unverified; empty when it wrote none
	Certainty trace.Certainty `json:"certainty"`              // of the address: the strongest over the samples
	Reasons   []Reason        `json:"reasons"`
	Sureness  string          `json:"sureness"` // how sure the verdict is, in words
	Raises    []string        `json:"raises"`   // what would make it surer
	Ruling    *Ruling         `json:"ruling"`   // the analyst's own verdict, which stands over the tool's; null without one
	Seen      []Seen          `json:"seen"`     // its transactions in the samples shown, by sample number
	Record    enrich.Record   `json:"record"`
	Letter    string          `json:"letter"` // name of the letter that asks for its logs; empty when none is written
}

// Seen is one transaction of a relay in one sample.
type Seen struct {
	Sample int          `json:"sample"` // Sample.Number
	Hop    int          `json:"hop"`    // the field that names the relay as its peer
	Own    int          `json:"own"`    // the field that the relay itself wrote; -1 when it wrote none
	Client netip.Addr   `json:"client"` // the previous hop that the relay recorded; the zero Addr when withheld
	Clock  *ClockBounds `json:"clock"`  // null when either stamp is missing
}

// ClockBounds bounds the error of a relay's clock by one transaction: the next trusted
// stamp minus the relay's own is time in queue minus (its clock - ours).
type ClockBounds struct {
	GapSeconds int64  `json:"gap_seconds"` // next stamp minus own stamp; negative when its clock is fast
	Text       string `json:"text"`        // in words
}

// Reason is a statement for or against a verdict.
type Reason = judge.Reason

// Ruling is the verdict of an analyst on a relay.
type Ruling = judge.Ruling

// Source is a host where a trail ends that is not judged a relay: an origin, or a
// boundary peer that added no field, which is the source itself or a silent relay.
type Source struct {
	IP        netip.Addr      `json:"ip"`
	Names     []string        `json:"names"`
	HELOs     []string        `json:"helos"`
	Ends      trace.End       `json:"ends"`
	Certainty trace.Certainty `json:"certainty"`
	Samples   []int           `json:"samples"` // numbers of the samples shown that name it with that certainty, ascending
	Count     int             `json:"count"`   // of all samples of the case, how many do
	Record    enrich.Record   `json:"record"`
}

// Bystander is a host named in headers that must not be accused.
type Bystander struct {
	Name    string     `json:"name"`
	IP      netip.Addr `json:"ip"`
	Why     string     `json:"why"`     // a finding code
	Samples []int      `json:"samples"` // numbers of the samples shown that name it, ascending
	Count   int        `json:"count"`   // of all samples of the case, how many do
}

// The kinds of letters.
const (
	LetterLogRequest = "log-request"  // to the owner of relays
	LetterNotice     = "notice"       // to the network of a source, or of a host that is a source or a silent relay
	LetterJANET      = "janet-report" // to the network's CSIRT
	LetterForged     = "forged-too"   // to another organisation forged in the same run
	LetterReply      = "reply"        // to a complainant
	LetterReminder   = "reminder"     // of a letter sent that nobody answered
	LetterThanks     = "thanks"       // for an answer
	LetterRetraction = "retraction"   // of a letter whose ground has gone
	LetterCorrection = "correction"   // of a letter of whose addresses the case says something else now
	LetterStated     = "stated"       // to the network of a host that a relay's owner named in an answer
)

// Letter is one draft of the case. Nothing is ever sent by relaytrace.
type Letter struct {
	Name     string       `json:"name"` // base name of its files below letters/, without extension
	Kind     string       `json:"kind"`
	To       []string     `json:"to"`                 // empty when nobody is known: then Hold is true
	Hold     bool         `json:"hold"`               // must not be sent as it stands
	Sent     string       `json:"sent"`               // RFC 3339, UTC: when the analyst sent it; empty of a draft
	Holder   string       `json:"holder"`             // who answers for the addresses; empty when not known
	Relays   []netip.Addr `json:"relays"`             // log request, notice and what follows one: the addresses it is about
	Domains  []string     `json:"domains"`            // forged-too: the forged domains of its recipient
	Date     string       `json:"date"`               // RFC 3339, UTC: when it was drafted
	Covers   int          `json:"covers"`             // report: how many samples the case had, of which it tells; reply: the last submission when it was drafted
	PassOn   bool         `json:"pass_on"`            // its recipient does not run the hosts and is asked to pass it on
	Lang     string       `json:"lang"`               // language above the English text, BCP 47; empty: English alone
	Refers   string       `json:"refers"`             // name of the letter that it reminds of, thanks for, retracts or corrects; report: of the one before
	Answers  *Answered    `json:"answers"`            // reply: the submission that it answers; null otherwise
	Reason   string       `json:"reason"`             // why it is held, in words
	Contacts []string     `json:"contacts"`           // where each recipient comes from, in the order of To
	Corrects []Said       `json:"corrects,omitempty"` // correction: what its recipient was told of each of Relays; absent of the others
}

// Said is what a case says of an address that a letter is about.
type Said struct {
	IP        netip.Addr      `json:"ip"`
	Verdict   Verdict         `json:"verdict"` // of a relay; empty of a source
	Withholds bool            `json:"withholds_previous_hop"`
	Certainty trace.Certainty `json:"certainty"` // of the address
}

// Answered is the message that a reply answers. All of it is as its writer wrote it.
type Answered struct {
	Address   string   `json:"address"` // of the complainant, from Reply-To or From
	Name      string   `json:"name"`
	Subject   string   `json:"subject"`
	MessageID string   `json:"message_id"`
	Date      string   `json:"date"`
	Class     string   `json:"class"`   // of the submission, as package intake names it
	Variant   string   `json:"variant"` // first, distressed, technical, headers-missing, already-answered
	Spam      string   `json:"spam"`    // subject of the spam that it is about
	Samples   []int    `json:"samples"` // numbers of the samples that it carried
	More      []string `json:"more"`    // Message-IDs of further complaints of the same person that this reply covers
}

// Problem is something that went wrong and did not stop the case.
type Problem struct {
	Where string `json:"where"` // file:line, address or server
	What  string `json:"what"`
}

// File is one file of the case folder.
type File struct {
	Path   string `json:"path"` // relative, with slashes
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

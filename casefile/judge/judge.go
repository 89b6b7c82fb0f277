// Package judge decides what a host that passed mail on is called, over all samples of a
// case and with what is known of the networks. It accuses nobody on one side's word: a
// verdict needs a field of the relay itself that is believed, and for a suspicion a
// hand-over from an unrelated network; each verdict keeps its reasons for and against.
//
// A relay that is seen with clients of its own holder and with strangers is suspected all
// the same: the hand-over from the stranger did happen, and one who serves customers may
// be open too. The customers are kept as a reason against it. Where only unverified
// fields name strangers, believed ones that show customers outweigh them.
package judge

import (
	"fmt"
	"net/netip"

	"relaytrace/enrich"
)

// Verdict is what a case says of a relay.
type Verdict string

// The verdicts.
const (
	// Suspected open relay: it took mail from an unrelated network for an unrelated recipient.
	Suspected Verdict = "suspected-open-relay"
	// Undisclosed: its field leaves the previous hop out, so that only its owner can tell
	// from whom it took the mail.
	Undisclosed Verdict = "previous-hop-undisclosed"
	// SourceOrRelay: it handed the mail over, and that it had taken it from another host
	// rests on a field that could not be verified.
	SourceOrRelay Verdict = "source-or-relay"
	// RelayOrProvider: it took mail from several networks that are unrelated to it and to each
	// other, and no sample shows that one of the clients was a stranger to it. An open relay
	// does that, and so does a provider whose customers are elsewhere.
	RelayOrProvider Verdict = "relay-or-provider"
	// Provisional: it looks like a relay, but too little is known for a verdict: mostly
	// who holds its network, or the client's.
	Provisional Verdict = "provisional"
	// Withdrawn: it is shown innocent; the reason is kept.
	Withdrawn Verdict = "withdrawn"
)

// Reason is a statement for or against a verdict.
type Reason struct {
	Code string `json:"code"` // stable, kebab-case
	For  bool   `json:"for"`  // speaks for the verdict, or against it
	Text string `json:"text"`
}

// Party is one end of a transaction.
type Party struct {
	Addr   netip.Addr     // the zero Addr when it was withheld
	Record *enrich.Record // nil when nobody was asked
}

// Transaction is one hand-over that a relay took part in.
type Transaction struct {
	Samples    int    // how many samples show the same; 0 counts as one
	Client     Party  // the previous hop, as the relay's own field records it
	Domain     string // registrable domain under whose names both the relay and its client are recorded; empty when there is none
	Withholds  bool   // the relay's own field leaves the previous hop's address out
	Claimed    bool   // the field that names the relay is unverified
	Unverified bool   // so is the field that would be its own, or there is none
	// Witness is the host on whose word alone the relay is known: the one that handed the
	// mail in. The zero Addr when the recipient's own side recorded the relay.
	Witness netip.Addr
}

// Excuse is what a single sample says in a host's favour.
type Excuse struct {
	Reason
	Strong bool // rests on a believed field and not on what a sender can forge
}

// Evidence is all that samples show of one relay.
type Evidence struct {
	Transactions []Transaction
	Excuses      []Excuse
	Samples      int  // in how many it stands
	Reporters    int  // how many independent reporters show it in a believed field
	OwnServer    bool // a server of the user's own side is one of them
	Open         bool // no sample by itself shows more than a relay or a provider: see ServesSeveral
}

// Judgement is a verdict with what it rests on.
type Judgement struct {
	Verdict  Verdict
	Reasons  []Reason // in a fixed order
	Sureness string   // how sure it is, in words
	Raises   []string // what would make it surer; never nil
}

// Relay judges one relay over all that is known of it. Of a relay that a believed field
// names, the transactions that are only claimed say nothing.
func Relay(relay Party, e Evidence) Judgement {
	v := verdict{relay: relay, evidence: &e, reasons: []Reason{}}
	v.weigh(e.Transactions)
	v.tell()
	for _, x := range e.Excuses {
		v.excused = v.excused || x.Strong
		v.reasons = append(v.reasons, x.Reason)
	}
	j := Judgement{Verdict: v.decide(), Reasons: v.reasons}
	j.Sureness, j.Raises = v.sureness(j.Verdict), v.raises(j.Verdict)
	return j
}

// sums counts transactions by what ties the client to the relay.
type sums struct {
	unrelated, related, unknown, withheld int
	tie                                   string // what ties the last related client
	noAS                                  int    // unrelated by the holder's name alone
}

func (s *sums) against() int { return s.unrelated + s.withheld }

type verdict struct {
	relay        Party
	evidence     *Evidence
	reasons      []Reason
	sure, unsure sums // by the relay's own believed fields, and by the others
	recorded     int  // transactions in which a believed field names the relay
	seen         bool // the recipient's own side recorded it
	witnesses    map[netip.Prefix]bool
	excused      bool
}

// weigh sorts the transactions.
func (v *verdict) weigh(ts []Transaction) {
	v.witnesses = map[netip.Prefix]bool{}
	for _, t := range ts {
		if t.Claimed {
			continue
		}
		v.recorded += max(t.Samples, 1)
		if v.seen = v.seen || !t.Witness.IsValid(); t.Witness.IsValid() {
			v.witnesses[network(t.Witness)] = true
		}
	}
	for _, t := range ts {
		s, n := &v.sure, max(t.Samples, 1)
		switch {
		case t.Claimed && v.recorded > 0:
			continue
		case t.Claimed || t.Unverified:
			s = &v.unsure
		}
		if t.Withholds {
			s.withheld += n
			continue
		}
		tie, known := related(v.relay, t.Client)
		if tie == "" && t.Domain != "" {
			tie = "domain " + t.Domain
		}
		switch {
		case tie != "":
			s.related += n
			s.tie = tie
		case !known:
			s.unknown += n
		default:
			s.unrelated += n
			if !asKnown(v.relay) || !asKnown(t.Client) {
				s.noAS += n
			}
		}
	}
}

// tell writes the reasons.
func (v *verdict) tell() {
	v.told("unrelated-client", true, "In %s %s that it took mail from a network of another holder.",
		v.sure.unrelated, v.unsure.unrelated)
	if v.evidence.Open {
		v.add("several-unrelated-clients", true,
			"It took mail from several networks of different holders, none of them its own. An open relay does that; so does a provider whose customers are elsewhere, or whose users' passwords were stolen.")
	}
	v.told("previous-hop-withheld", true, "In %s %s nothing of the address of the host from which it took the mail.",
		v.sure.withheld, v.unsure.withheld)
	if n := v.sure.unknown + v.unsure.unknown; n > 0 {
		v.add("holders-not-known", false, "In %s it is not known who holds the networks of the relay and of its client, so a tie between them is not excluded.", samples(n))
	}
	if n := v.sure.noAS + v.unsure.noAS; n > 0 {
		v.add("as-not-known", false, "In %s it is not known whether the two networks are announced by one provider, whose customer the client would be.", samples(n))
	}
	for _, s := range []*sums{&v.sure, &v.unsure} {
		if s.related > 0 {
			v.add("client-of-the-same-holder", false, "In %s its client belongs to the same network or organisation (%s): a provider or an organisation with its own mail.", samples(s.related), s.tie)
		}
	}
	if n := v.unsure.against() + v.unsure.related + v.unsure.unknown; n > 0 {
		v.add("own-field-unverified", false, "In %s the field that would be its own could not be verified: the mail may also have begun on this host.", samples(n))
	}
	switch {
	case v.recorded == 0:
		v.add("relay-only-claimed", false, "Only fields that could not be verified name this address.")
	case v.oneWitness():
		v.add("one-witness", false, "Only one host says that it took mail from this address. It could have written that itself: a second, unrelated one would tell.")
	}
	v.reporters()
	v.add("looks-open-from-outside", false,
		"Mail relayed for a customer, by POP-before-SMTP or under contract, looks the same from outside; only the owner can tell.")
}

// oneWitness reports whether all that is known of the relay is the word of one host that
// the recipient's side did not write: whoever runs that host can name whom he likes.
func (v *verdict) oneWitness() bool {
	return v.recorded > 0 && !v.seen && len(v.witnesses) < 2
}

// network is the neighbourhood within which two witnesses may be one: the /16 of IPv4,
// the /32 of IPv6.
func network(a netip.Addr) netip.Prefix {
	bits := 16
	if a.Is6() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// told adds a reason that rests on the relay's own fields, apart for those that could not
// be verified.
func (v *verdict) told(code string, forIt bool, format string, sure, unsure int) {
	if sure > 0 {
		v.add(code, forIt, format, samples(sure), "its own field says")
	}
	if unsure > 0 {
		v.add(code, forIt, format, samples(unsure), "a field that could not be verified says")
	}
}

func (v *verdict) add(code string, forIt bool, format string, args ...any) {
	v.reasons = append(v.reasons, Reason{code, forIt, fmt.Sprintf(format, args...)})
}

func samples(n int) string {
	if n == 1 {
		return "one sample"
	}
	return fmt.Sprintf("%d samples", n)
}

func (v *verdict) decide() Verdict {
	sure, unsure := &v.sure, &v.unsure
	seen := sure.against() + sure.related + sure.unknown
	switch {
	case sure.against() == 0 && (v.excused || sure.related > 0 && sure.unknown == 0),
		seen == 0 && unsure.related > 0 && unsure.against()+unsure.unknown == 0:
		return Withdrawn
	case v.recorded == 0, v.oneWitness():
		return Provisional
	case sure.unrelated > 0 && v.evidence.Open:
		return RelayOrProvider
	case sure.unrelated > 0:
		return Suspected
	case sure.withheld > 0 && networkKnown(v.relay.Record):
		return Undisclosed
	case seen == 0 && unsure.against()+unsure.unknown > 0 && networkKnown(v.relay.Record):
		return SourceOrRelay
	}
	return Provisional
}

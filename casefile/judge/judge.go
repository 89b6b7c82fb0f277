// Package judge decides what a host that passed mail on is called, over all samples of a
// case and with what is known of the networks. It accuses nobody on one side's word: a
// verdict needs a hand-over from an unrelated network, and each verdict keeps its reasons
// for and against.
package judge

import (
	"fmt"
	"net/netip"
	"strings"

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
	// Provisional: it looks like a relay, but who holds its network, or the client's, is not known.
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
	Sample    int   // number of the sample
	Client    Party // the previous hop, as the relay's own field records it
	Withholds bool  // the relay's own field leaves the previous hop's address out
	Claimed   bool  // the field that names the relay is unverified
}

// Relay judges one relay over its transactions. excused are reasons against it that single
// samples gave, such as authenticated submission. The reasons come in a fixed order.
func Relay(relay Party, ts []Transaction, excused []Reason) (Verdict, []Reason) {
	v := verdict{relay: relay, reasons: []Reason{}}
	v.weigh(ts)
	v.reasons = append(v.reasons, excused...)
	return v.decide(len(excused) > 0), v.reasons
}

type verdict struct {
	relay                                 Party
	reasons                               []Reason
	unrelated, related, unknown, withheld int
	recorded                              int // transactions in which a believed field names the relay
}

// weigh sorts the transactions by what ties the client to the relay.
func (v *verdict) weigh(ts []Transaction) {
	tie := ""
	for _, t := range ts {
		if !t.Claimed {
			v.recorded++
		}
		if t.Withholds {
			v.withheld++
			continue
		}
		why, known := related(v.relay, t.Client)
		switch {
		case !known:
			v.unknown++
		case why != "":
			v.related++
			tie = why
		default:
			v.unrelated++
		}
	}
	if v.unrelated > 0 {
		v.add("unrelated-client", true, "In %s it took mail from a network of another holder.", samples(v.unrelated))
	}
	if v.withheld > 0 {
		v.add("previous-hop-withheld", true, "In %s its own field leaves out the address of the host from which it took the mail.", samples(v.withheld))
	}
	if v.unknown > 0 {
		v.add("holders-not-known", false, "In %s nobody could be asked who holds the networks of the relay and of its client, so a tie between them is not excluded.", samples(v.unknown))
	}
	if v.related > 0 {
		v.add("client-of-the-same-holder", false, "In %s its client belongs to the same network (%s): a provider or an organisation with its own mail.", samples(v.related), tie)
	}
	if v.recorded == 0 {
		v.add("relay-only-claimed", false, "Only fields that could not be verified name this address.")
	}
	v.add("looks-open-from-outside", false,
		"Mail relayed for a customer, by POP-before-SMTP or under contract, looks the same from outside; only the owner can tell.")
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

func (v *verdict) decide(excused bool) Verdict {
	switch {
	case v.related > 0 && v.unrelated+v.withheld+v.unknown == 0,
		excused && v.unrelated+v.withheld == 0:
		return Withdrawn
	case v.unrelated > 0 && v.recorded > 0:
		return Suspected
	case v.withheld > 0 && v.recorded > 0 && holderKnown(v.relay.Record):
		return Undisclosed
	}
	return Provisional
}

// related reports what ties a client to a relay: one network, holder or autonomous
// system. known is false when too little is known of either to tell.
func related(relay, client Party) (why string, known bool) {
	a, b := relay.Record, client.Record
	if !holderKnown(a) || !holderKnown(b) {
		return "", false
	}
	switch {
	case a.Network != nil && b.Network != nil && a.Network.Handle != "" && a.Network.Handle == b.Network.Handle:
		return "network " + a.Network.Handle, true
	case a.Network != nil && b.Network != nil && sameText(a.Network.Holder, b.Network.Holder):
		return "holder " + a.Network.Holder, true
	}
	for _, x := range a.AS {
		for _, y := range b.AS {
			if x.Number != 0 && x.Number == y.Number {
				return fmt.Sprintf("AS%d", x.Number), true
			}
		}
	}
	return "", true
}

func sameText(a, b string) bool {
	return a != "" && strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// holderKnown reports whether a record says who holds the network.
func holderKnown(r *enrich.Record) bool {
	return r != nil && r.Network != nil && (r.Network.Holder != "" || r.Network.Handle != "")
}

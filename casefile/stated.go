package casefile

import (
	"cmp"
	"net/netip"
	"slices"

	"relaytrace/enrich"
)

// Statement is what the owner of a relay, or of a host that such a statement led to, said
// in an answer: from whom it took a message. It was matched to the samples by the tool and
// confirmed by the analyst, and it is the owner's word: nothing in a sample proves it.
type Statement struct {
	Letter    string     `json:"letter"` // name of the letter that it answers
	Relay     netip.Addr `json:"relay"`  // the host whose owner states it
	Client    netip.Addr `json:"client"` // who connected to it, as its log says
	Name      string     `json:"name"`   // the name that the log gives the client; not confirmed
	HELO      string     `json:"helo"`
	Auth      string     `json:"auth"`      // the account that authenticated, where the log says so
	QueueID   string     `json:"queue_id"`  // of the log line
	Match     string     `json:"match"`     // by what the line was tied to the samples: queue-id or message-id
	Line      string     `json:"line"`      // the log line as the owner sent it
	Samples   []int      `json:"samples"`   // numbers of the samples that it is about, ascending
	Answer    string     `json:"answer"`    // SHA-256 of the answer, lower-case hex
	Confirmed string     `json:"confirmed"` // RFC 3339, UTC: when the analyst confirmed it
	Who       string     `json:"who"`       // who did
}

// Stated is a host that the case knows by the statements of others alone: the trail goes
// on to it past a relay that hid it. It is accused of nothing; its network is asked.
type Stated struct {
	IP         netip.Addr    `json:"ip"`
	Statements []Statement   `json:"statements"` // in the order of the relays and queue IDs
	Record     enrich.Record `json:"record"`
	Letter     string        `json:"letter"` // name of the letter that asks its network; empty when none is written
}

// Public reports whether the address is one of the open Internet, whose network can be asked.
func (s *Stated) Public() bool {
	_, special := enrich.SpecialOf(s.IP)
	return s.IP.IsGlobalUnicast() && !s.IP.IsPrivate() && !special
}

// stated gathers the hosts that owners' statements name and that the case does not know
// of itself as relays or sources.
func (b *builder) stated(all []Statement) {
	at := map[netip.Addr]*Stated{}
	for _, s := range all {
		if r := b.relay(s.Client); r != nil && r.Found() {
			continue
		}
		x := at[s.Client]
		if x == nil {
			x = &Stated{IP: s.Client, Statements: []Statement{}, Record: b.record(s.Client)}
			at[s.Client] = x
		}
		x.Statements = append(x.Statements, s)
	}
	for _, x := range at {
		slices.SortFunc(x.Statements, func(s, t Statement) int {
			return cmp.Or(s.Relay.Compare(t.Relay), cmp.Compare(s.QueueID, t.QueueID), cmp.Compare(s.Line, t.Line))
		})
		b.c.Stated = append(b.c.Stated, *x)
	}
	slices.SortFunc(b.c.Stated, func(x, y Stated) int { return x.IP.Compare(y.IP) })
}

// StatedHost returns what owners state of an address, or nil.
func (c *Case) StatedHost(a netip.Addr) *Stated {
	for i := range c.Stated {
		if c.Stated[i].IP == a {
			return &c.Stated[i]
		}
	}
	return nil
}

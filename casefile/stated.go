package casefile

import (
	"cmp"
	"net/netip"
	"slices"

	"relaytrace/enrich"
	"relaytrace/trace"
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
	Match     string     `json:"match"`     // by what the line was tied to the samples: queue-id, field-id or message-id
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

// noticed reports whether the network of an address is told of it by a notice.
func (b *builder) noticed(ip netip.Addr) bool {
	return slices.ContainsFunc(b.c.Letters, func(l Letter) bool { return l.Kind == LetterNotice && slices.Contains(l.Relays, ip) })
}

// ownStated reports whether a stated host is a declared one, by its address or the name
// that a log gives it.
func (b *builder) ownStated(own *trace.Hosts, s *Stated) bool {
	return own.HasAddr(s.IP) || slices.ContainsFunc(s.Statements, func(x Statement) bool {
		return own.HasName(x.Name) || inDomain(x.Name, b.c.Settings.Domain)
	})
}

// stated gathers the hosts that owners' statements name, but for relays that the case
// knows of itself and those shown, or judged, innocent.
func (b *builder) stated(all []Statement) {
	at := map[netip.Addr]*Stated{}
	for _, s := range all {
		if r := b.relay(s.Client); r != nil && (r.Found() || r.Verdict == VerdictWithdrawn) {
			continue // it is asked as a relay, or was shown innocent
		}
		if b.rulings[s.Client].Verdict == VerdictWithdrawn {
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

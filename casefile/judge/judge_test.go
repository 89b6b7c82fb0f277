package judge

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/enrich"
)

// party makes an end of a transaction of an address and what is known of it.
func party(addr string, known ...func(*enrich.Record)) Party {
	a := netip.MustParseAddr(addr)
	r := &enrich.Record{Address: a}
	for _, k := range known {
		k(r)
	}
	return Party{Addr: a, Record: r}
}

func held(handle, holder string) func(*enrich.Record) {
	return func(r *enrich.Record) { r.Network = &enrich.Network{Handle: handle, Holder: holder} }
}

func below(holder string) func(*enrich.Record) {
	return func(r *enrich.Record) { r.Parent = &enrich.Network{Holder: holder} }
}

func around(prefix string) func(*enrich.Record) {
	return func(r *enrich.Record) {
		p := netip.MustParsePrefix(prefix)
		r.Network.Prefixes, r.Network.First, r.Network.Last = []netip.Prefix{p}, p.Addr(), netip.MustParseAddr("192.0.2.255")
	}
}

func as(n uint) func(*enrich.Record) {
	return func(r *enrich.Record) { r.AS = append(r.AS, enrich.AS{Number: n}) }
}

const always = "-looks-open-from-outside"

// TestRelay holds each verdict and each reason. Reasons are written with + for those that
// speak for it and - for those against.
func TestRelay(t *testing.T) {
	foundry := party("198.51.100.7", held("NET-F", "Foundry Networks"))
	unknown := party("198.51.100.7")
	stranger := party("203.0.113.9", held("NET-S", "Strange Lines"))
	sister := party("198.51.100.99", held("NET-F", "Foundry Networks"))
	from := func(p Party) Transaction { return Transaction{Client: p} }
	unverified := func(x Transaction) Transaction { x.Unverified = true; return x }
	claimed := func(x Transaction) Transaction { x.Claimed = true; return x }
	withheld := Transaction{Withholds: true}
	strong := []Excuse{{Reason: Reason{Code: "authenticated-submission"}, Strong: true}}
	weak := []Excuse{{Reason: Reason{Code: "senders-domain"}}}

	for _, tt := range []struct {
		name    string
		relay   Party
		ts      []Transaction
		excuses []Excuse
		want    Verdict
		reasons string
	}{
		{"unrelated", foundry, []Transaction{from(stranger)}, nil, Suspected, "+unrelated-client -as-not-known"},
		{"unrelated, AS known", party("198.51.100.7", held("NET-F", "Foundry"), as(64500)),
			[]Transaction{from(party("203.0.113.9", held("NET-S", "Strange"), as(64501)))}, nil, Suspected, "+unrelated-client"},
		{"withheld", foundry, []Transaction{withheld}, nil, Undisclosed, "+previous-hop-withheld"},
		{"unrelated and withheld", foundry, []Transaction{withheld, from(stranger)}, nil, Suspected, "+unrelated-client +previous-hop-withheld -as-not-known"},
		{"related", foundry, []Transaction{from(sister)}, nil, Withdrawn, "-client-of-the-same-holder"},
		{"related and unrelated", foundry, []Transaction{from(sister), from(stranger)}, nil, Suspected, "+unrelated-client -as-not-known -client-of-the-same-holder"},
		{"related and withheld", foundry, []Transaction{from(sister), withheld}, nil, Undisclosed, "+previous-hop-withheld -client-of-the-same-holder"},
		{"related and unknown", foundry, []Transaction{from(sister), from(party("192.0.2.1"))}, nil, Provisional, "-holders-not-known -client-of-the-same-holder"},

		{"relay unknown", unknown, []Transaction{from(stranger)}, nil, Provisional, "-holders-not-known"},
		{"client unknown", foundry, []Transaction{from(party("203.0.113.9"))}, nil, Provisional, "-holders-not-known"},
		{"client not asked about", foundry, []Transaction{{Client: Party{Addr: netip.MustParseAddr("203.0.113.9")}}}, nil, Provisional, "-holders-not-known"},
		{"relay not asked about", Party{Addr: foundry.Addr}, []Transaction{from(stranger)}, nil, Provisional, "-holders-not-known"},
		{"withheld, relay unknown", unknown, []Transaction{withheld}, nil, Provisional, "+previous-hop-withheld"},
		{"handles without holders", party("198.51.100.7", held("NET-F", "")), []Transaction{from(party("203.0.113.9", held("NET-S", "")))}, nil, Provisional, "-holders-not-known"},

		{"by an unverified field", foundry, []Transaction{unverified(from(stranger))}, nil, SourceOrRelay, "+unrelated-client -as-not-known -own-field-unverified"},
		{"withheld by an unverified field", foundry, []Transaction{unverified(withheld)}, nil, SourceOrRelay, "+previous-hop-withheld -own-field-unverified"},
		{"unverified, client unknown", foundry, []Transaction{unverified(from(party("203.0.113.9")))}, nil, SourceOrRelay, "-holders-not-known -own-field-unverified"},
		{"unverified, relay unknown", unknown, []Transaction{unverified(withheld)}, nil, Provisional, "+previous-hop-withheld -own-field-unverified"},
		{"unverified, related", foundry, []Transaction{unverified(from(sister))}, nil, Withdrawn, "-client-of-the-same-holder -own-field-unverified"},
		{"verified and unverified", foundry, []Transaction{from(stranger), unverified(withheld)}, nil, Suspected, "+unrelated-client +previous-hop-withheld -as-not-known -own-field-unverified"},
		{"verified customers outweigh an unverified stranger", foundry, []Transaction{from(sister), unverified(from(stranger))}, nil, Withdrawn,
			"+unrelated-client -as-not-known -client-of-the-same-holder -own-field-unverified"},

		{"claimed only", foundry, []Transaction{claimed(from(stranger))}, nil, Provisional, "+unrelated-client -as-not-known -own-field-unverified -relay-only-claimed"},
		{"claimed, withheld", foundry, []Transaction{claimed(withheld)}, nil, Provisional, "+previous-hop-withheld -own-field-unverified -relay-only-claimed"},
		{"claimed, related", foundry, []Transaction{claimed(from(sister))}, nil, Withdrawn, "-client-of-the-same-holder -own-field-unverified -relay-only-claimed"},
		{"a claim adds nothing to an innocent", foundry, []Transaction{from(sister), claimed(from(stranger)), claimed(withheld)}, nil, Withdrawn, "-client-of-the-same-holder"},

		{"excused elsewhere, unknown here", unknown, []Transaction{from(stranger)}, strong, Withdrawn, "-holders-not-known"},
		{"excused by what a sender can forge", unknown, []Transaction{from(stranger)}, weak, Provisional, "-holders-not-known"},
		{"excused, yet a stranger", foundry, []Transaction{from(stranger)}, strong, Suspected, "+unrelated-client -as-not-known"},
		{"excused, yet withheld", foundry, []Transaction{withheld}, strong, Undisclosed, "+previous-hop-withheld"},
		{"excused, and only an unverified stranger", foundry, []Transaction{unverified(from(stranger))}, strong, Withdrawn, "+unrelated-client -as-not-known -own-field-unverified"},
		{"nothing", foundry, nil, nil, Provisional, "-relay-only-claimed"},

		{"one domain", foundry, []Transaction{{Client: stranger, Domain: "foundry.example"}}, nil, Withdrawn, "-client-of-the-same-holder"},
		{"one domain, nobody asked", unknown, []Transaction{{Client: party("203.0.113.9"), Domain: "foundry.example"}}, nil, Withdrawn, "-client-of-the-same-holder"},
		{"many alike", foundry, []Transaction{{Client: stranger, Samples: 3}, {Client: sister, Samples: 2}}, nil, Suspected, "+unrelated-client -as-not-known -client-of-the-same-holder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := Relay(tt.relay, Evidence{Transactions: tt.ts, Excuses: tt.excuses})
			got, reasons := j.Verdict, j.Reasons
			if got != tt.want {
				t.Errorf("verdict %s, want %s", got, tt.want)
			}
			var codes []string
			for _, r := range reasons {
				mark := "-"
				if r.For {
					mark = "+"
				}
				codes = append(codes, mark+r.Code)
			}
			want := append(strings.Fields(tt.reasons), always)
			for _, e := range tt.excuses {
				want = append(want, "-"+e.Code)
			}
			if !slices.Equal(codes, want) {
				t.Errorf("reasons %v,\nwant    %v", codes, want)
			}
		})
	}
}

// TestRelated holds what ties a client to a relay.
func TestRelated(t *testing.T) {
	for _, tt := range []struct {
		name          string
		relay, client Party
		tie           string
		known         bool
	}{
		{"strangers", party("192.0.2.1", held("A", "Mill")), party("203.0.113.1", held("B", "Foundry")), "", true},
		{"handle", party("192.0.2.1", held("A", "Mill")), party("192.0.2.99", held("A", "The Mill")), "network A", true},
		{"handle of nobody's block", party("61.1.2.3", held("NET-61", "")), party("61.200.0.1", held("NET-61", "")), "", false},
		{"holder", party("192.0.2.1", held("A", "Mill Ltd.")), party("203.0.113.1", held("B", " MILL LTD")), "holder Mill Ltd.", true},
		{"holder of the network above", party("192.0.2.1", held("A", ""), below("Mill")), party("203.0.113.1", held("B", "Mill")), "holder Mill", true},
		{"AS", party("192.0.2.1", held("A", "Mill"), as(64500)), party("203.0.113.1", held("B", "Shop"), as(64501), as(64500)), "AS64500", true},
		{"AS alone", party("192.0.2.1", as(64500)), party("203.0.113.1", as(64500)), "AS64500", true},
		{"other AS alone", party("192.0.2.1", as(64500)), party("203.0.113.1", as(64501)), "", false},
		{"AS without number", party("192.0.2.1", held("A", "Mill"), as(0)), party("203.0.113.1", held("B", "Shop"), as(0)), "", true},
		{"client inside", party("192.0.2.1", held("A", "Provider"), around("192.0.2.0/24")), party("192.0.2.200", held("B", "Shop")), "network 192.0.2.0 - 192.0.2.255", true},
		{"relay inside", party("192.0.2.1", held("A", "Shop")), party("192.0.2.200", held("B", "Provider"), around("192.0.2.0/24")), "network 192.0.2.0 - 192.0.2.255", true},
		{"inside a block too wide", party("61.1.2.3", held("A", "Registry of All"), around("61.0.0.0/8")), party("61.200.0.1", held("B", "Shop")), "", true},
		{"names without a letter", party("192.0.2.1", held("A", "---")), party("203.0.113.1", held("B", "***")), "", false},
		{"nobody asked", Party{}, Party{}, "", false},
	} {
		if tie, known := related(tt.relay, tt.client); tie != tt.tie || known != tt.known {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, tie, known, tt.tie, tt.known)
		}
	}
}

// TestOrderOfSamples holds that the order of transactions does not change the outcome.
func TestOrderOfSamples(t *testing.T) {
	relay := party("198.51.100.7", held("NET-F", "Foundry"))
	ts := []Transaction{
		{Withholds: true}, {Client: party("203.0.113.9", held("NET-S", "Strange"))},
		{Client: party("198.51.100.99", held("NET-F", "Foundry")), Unverified: true}, {Withholds: true, Claimed: true},
	}
	want := Relay(relay, Evidence{Transactions: ts})
	for range len(ts) {
		ts = append(ts[1:], ts[0])
		if diff := cmp.Diff(want, Relay(relay, Evidence{Transactions: ts})); diff != "" {
			t.Error(diff)
		}
	}
}

// TestOneWitness: whoever runs one host can write a field that names an innocent as the
// relay before it. The word of one such host never makes more than a provisional verdict.
func TestOneWitness(t *testing.T) {
	relay := party("198.51.100.7", held("NET-F", "Foundry Networks"))
	client := party("203.0.113.9", held("NET-S", "Strange Lines"))
	said := func(witness string) Transaction {
		x := Transaction{Client: client}
		if witness != "" {
			x.Witness = netip.MustParseAddr(witness)
		}
		return x
	}
	for _, tt := range []struct {
		name string
		ts   []Transaction
		want Verdict
	}{
		{"one witness", []Transaction{said("192.0.2.1"), said("192.0.2.1")}, Provisional},
		{"two of one network", []Transaction{said("192.0.2.1"), said("192.0.77.9")}, Provisional},
		{"two unrelated", []Transaction{said("192.0.2.1"), said("203.0.113.200")}, Suspected},
		{"seen by the recipient's side", []Transaction{said("192.0.2.1"), said("")}, Suspected},
	} {
		got := Relay(relay, Evidence{Transactions: tt.ts})
		if got.Verdict != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.Verdict, tt.want)
		}
		told := slices.ContainsFunc(got.Reasons, func(r Reason) bool { return r.Code == "one-witness" })
		if told != (tt.want == Provisional) {
			t.Errorf("%s: one-witness told: %v", tt.name, told)
		}
	}
}

// TestReporters holds how much it weighs who shows a relay, and what is said of it.
func TestReporters(t *testing.T) {
	relay := party("198.51.100.7", held("NET-F", "Foundry"), as(64500))
	strange := Transaction{Client: party("203.0.113.9", held("NET-S", "Strange"), as(64501)), Samples: 3}
	for _, tt := range []struct {
		name   string
		e      Evidence
		code   string
		sure   string
		raises string
	}{
		{"one", Evidence{Reporters: 1, Samples: 3}, "-one-reporter", "Fair evidence: as reported by one person or system",
			"a second, independent reporter, or a sample that a server of the user's own side took; its owner's log"},
		{"two", Evidence{Reporters: 2, Samples: 3}, "+several-reporters", "Good evidence, not proof: as 2 independent reporters show", "its owner's log"},
		{"own server", Evidence{Reporters: 1, Samples: 3, OwnServer: true}, "+own-server", "Good evidence, not proof: as a server of the user's own side shows", "its owner's log"},
	} {
		tt.e.Transactions = []Transaction{strange}
		j := Relay(relay, tt.e)
		var codes []string
		for _, r := range j.Reasons {
			mark := "-"
			if r.For {
				mark = "+"
			}
			codes = append(codes, mark+r.Code)
		}
		if j.Verdict != Suspected || !slices.Contains(codes, tt.code) {
			t.Errorf("%s: %s, %v", tt.name, j.Verdict, codes)
		}
		if !strings.HasPrefix(j.Sureness, tt.sure) || strings.Join(j.Raises, "; ") != tt.raises {
			t.Errorf("%s: %s\nraised by %v", tt.name, j.Sureness, j.Raises)
		}
	}
	claimed := Relay(relay, Evidence{Transactions: []Transaction{{Client: strange.Client, Claimed: true}}, Reporters: 0, Samples: 1})
	if claimed.Verdict != Provisional || claimed.Raises[0] != "a sample in which a believed field names it" {
		t.Errorf("%+v", claimed)
	}
}

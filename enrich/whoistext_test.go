package enrich

import (
	"net/netip"
	"testing"
)

// TestAPNICCopyOfJPNIC has the one remark that is taken: APNIC writes it itself into its
// copy of JPNIC's networks, whose other addresses are all JPNIC's own.
func TestAPNICCopyOfJPNIC(t *testing.T) {
	const text = `% Abuse contact for '202.32.0.0 - 202.32.255.255' is 'hostmaster@nic.ad.jp'

inetnum:        202.32.0.0 - 202.32.255.255
netname:        EXAMPLE
descr:          Example Broadband, Inc.
country:        JP
admin-c:        JNIC1-AP
tech-c:         JNIC1-AP
remarks:        Report to someone@wrong.example
remarks:        Email address for spam or abuse complaints : abuse@broadband.example
mnt-irt:        IRT-JPNIC-JP
status:         ALLOCATED PORTABLE
source:         APNIC

irt:            IRT-JPNIC-JP
abuse-mailbox:  hostmaster@nic.ad.jp

role:           Japan Network Information Center
e-mail:         hostmaster@nic.ad.jp
nic-hdl:        JNIC1-AP
`
	a, err := readWHOIS(text, netip.MustParseAddr("202.32.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	n := a.networks[0]
	if len(n.contacts) != 1 || n.contacts[0].Email != "abuse@broadband.example" || n.contacts[0].Role != "abuse" || n.network.Holder != "Example Broadband, Inc." {
		t.Errorf("contacts %+v of %q", n.contacts, n.network.Holder)
	}
}

// TestARINNarrowest has the network of a customer inside that of a provider, and contacts
// of the resource before those of the organisation.
func TestARINNarrowest(t *testing.T) {
	const text = `# start
NetRange:       192.149.0.0 - 192.149.255.255
NetType:        Direct Allocation
OrgName:        Example Provider
OrgAbuseEmail:  abuse@provider.example
# end
# start
NetRange:       192.149.252.0 - 192.149.252.255
NetType:        Reassigned
CustName:       Example Customer
Country:        US
RegDate:        2004-05-06

RAbuseHandle: R1-ARIN
RAbuseName:   Desk
RAbuseEmail:  desk@customer.example
# end
`
	a, err := readWHOIS(text, netip.MustParseAddr("192.149.252.9"))
	if err != nil || len(a.networks) != 2 {
		t.Fatalf("%+v, %v", a, err)
	}
	if n := a.networks[0]; n.network.Holder != "Example Customer" || n.network.Registered != "2004-05-06T00:00:00Z" || n.contacts[0] != (Contact{Email: "desk@customer.example", Role: "abuse", Name: "Desk", Handle: "R1-ARIN"}) {
		t.Errorf("narrowest %+v, contacts %+v", n.network, n.contacts)
	}
	if n := a.networks[1]; n.network.Holder != "Example Provider" || n.contacts[0].Email != "abuse@provider.example" {
		t.Errorf("above %+v, contacts %+v", n.network, n.contacts)
	}
	// Of an address outside the customer's network only the provider's counts.
	if a, err := readWHOIS(text, netip.MustParseAddr("192.149.1.1")); err != nil || len(a.networks) != 1 || a.networks[0].network.Holder != "Example Provider" {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestAbuseContactWithoutAddress has what NIC.br gave in 2017: an abuse contact by its key,
// and the person without an address. That is not the same as none.
func TestAbuseContactWithoutAddress(t *testing.T) {
	const text = `inetnum:     177.37.128.0/17
aut-num:     AS64500
abuse-c:     EXA
owner:       EXEMPLO LTDA
owner-c:     EXA
tech-c:      EXA
created:     20110302

nic-hdl-br:  EXA
person:      Exemplo Reis
created:     19991227
`
	a, err := readWHOIS(text, netip.MustParseAddr("177.37.164.71"))
	if err != nil {
		t.Fatal(err)
	}
	n := a.networks[0]
	if len(n.contacts) != 0 || len(n.network.Withheld) != 1 || n.network.Withheld[0] != "the address of the abuse contact EXA" {
		t.Errorf("contacts %+v, withheld %q", n.contacts, n.network.Withheld)
	}
	r := newRecord(netip.MustParseAddr("177.37.164.71"))
	r.Network = &n.network
	r.Lookups = append(r.Lookups, Lookup{Kind: "whois", Outcome: OutcomeOK})
	if r.abuseState(); r.Abuse != AbuseWithheld {
		t.Errorf("state %q", r.Abuse)
	}
}

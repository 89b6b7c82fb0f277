package enrich

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// National is a registry of one country, below a regional one.
type National struct {
	// Name by which it is known, such as "KRNIC".
	Name string
	// Country that it serves, ISO 3166-1 alpha-2.
	Country string
	// Regional registry above it.
	Regional Registry
	// whois is the host of its WHOIS service; empty if it has none of its own and the
	// regional registry answers for it.
	whois string
	// question turns an address into the question that the service takes in English.
	question func(netip.Addr) string
}

// NationalTableDate is the date, YYYY-MM-DD, on which the table of national registries
// was last gone through. Which blocks the regional registries once handed to them as a
// whole has not changed since 2010; later blocks are told by the country in the
// regional registry's own answer.
const NationalTableDate = "2026-11-23"

// nationals lists the national registries. CNNIC, IDNIC and VNNIC keep their records in
// the database of APNIC, NIC.mx in that of LACNIC; they are asked through those.
var nationals = []National{
	{Name: "JPNIC", Country: "JP", Regional: APNIC, whois: "whois.nic.ad.jp", question: func(a netip.Addr) string { return a.String() + "/e" }},
	{Name: "KRNIC", Country: "KR", Regional: APNIC, whois: "whois.kisa.or.kr"},
	{Name: "TWNIC", Country: "TW", Regional: APNIC, whois: "whois.twnic.tw"},
	{Name: "CNNIC", Country: "CN", Regional: APNIC},
	{Name: "VNNIC", Country: "VN", Regional: APNIC},
	{Name: "IDNIC", Country: "ID", Regional: APNIC, whois: "whois.idnic.net"},
	{Name: "NIC.br", Country: "BR", Regional: LACNIC, whois: "whois.registro.br"},
	{Name: "NIC.mx", Country: "MX", Regional: LACNIC},
}

// nationalBlocks are large blocks that lie with a national registry as a whole, by its
// name. They are the first guess only: the regional registry is asked first, and what
// it says counts. Single addresses in them may have moved elsewhere.
var nationalBlocks = map[string]string{
	"JPNIC": "61.112.0.0/12 61.192.0.0/12 61.208.0.0/13 133.0.0.0/8 202.16.0.0/14 202.24.0.0/15 202.32.0.0/14 " +
		"202.208.0.0/12 202.224.0.0/11 203.136.0.0/14 203.140.0.0/15 203.178.0.0/15 203.180.0.0/14 210.128.0.0/11 " +
		"210.160.0.0/12 210.188.0.0/14 210.196.0.0/14 210.224.0.0/12 210.248.0.0/13 211.0.0.0/12 211.16.0.0/14 " +
		"211.120.0.0/13 211.128.0.0/13 218.40.0.0/13 218.216.0.0/13 218.224.0.0/13 219.96.0.0/11 220.96.0.0/14 " +
		"220.104.0.0/13 2001:200::/23",
	"KRNIC": "59.0.0.0/11 61.72.0.0/13 61.80.0.0/14 61.84.0.0/15 112.160.0.0/11 115.0.0.0/12 115.16.0.0/13 118.32.0.0/11 " +
		"119.192.0.0/11 121.128.0.0/10 125.128.0.0/11 175.192.0.0/10 183.96.0.0/11 202.30.0.0/15 203.224.0.0/11 " +
		"210.90.0.0/15 210.92.0.0/14 210.96.0.0/11 210.178.0.0/15 210.180.0.0/14 210.204.0.0/14 210.216.0.0/13 " +
		"211.32.0.0/11 211.104.0.0/13 211.112.0.0/13 211.168.0.0/13 211.176.0.0/12 211.192.0.0/10 218.36.0.0/14 " +
		"218.48.0.0/13 218.144.0.0/12 218.232.0.0/13 219.240.0.0/15 219.248.0.0/13 220.64.0.0/11 221.144.0.0/12 " +
		"221.160.0.0/13 222.96.0.0/12 222.112.0.0/13 222.232.0.0/13",
	"TWNIC": "61.216.0.0/13 203.66.0.0/16 203.69.0.0/16 203.74.0.0/15 210.61.0.0/16 210.65.0.0/16 " +
		"210.240.0.0/16 210.242.0.0/15 211.20.0.0/15 211.22.0.0/16 211.72.0.0/16 211.75.0.0/16 218.160.0.0/12",
	"NIC.br": "200.128.0.0/9 201.0.0.0/12 177.0.0.0/10 187.0.0.0/10 189.0.0.0/10 2804::/16",
	"NIC.mx": "2806::/16",
}

type nationalBlock struct {
	prefix   netip.Prefix
	registry *National
}

// nationalTable is nationalBlocks, narrowest first.
var nationalTable = sync.OnceValue(func() []nationalBlock {
	var table []nationalBlock
	for i := range nationals {
		for s := range strings.FieldsSeq(nationalBlocks[nationals[i].Name]) {
			table = append(table, nationalBlock{netip.MustParsePrefix(s), &nationals[i]})
		}
	}
	slices.SortFunc(table, func(a, b nationalBlock) int { return b.prefix.Bits() - a.prefix.Bits() })
	return table
})

// NationalOf names the national registry that looks after the block around addr, as far
// as the table of [NationalTableDate] tells. It is a first guess: most blocks are not in
// the table, and [RegistryOf] says whom to ask first. It asks nobody and is safe for
// concurrent use.
func NationalOf(addr netip.Addr) (National, bool) {
	addr = addr.Unmap().WithZone("")
	for _, block := range nationalTable() {
		if block.prefix.Contains(addr) {
			return *block.registry, true
		}
	}
	return National{}, false
}

// nationalFor picks the national registry to be asked after the regional one: that of
// the country which the regional registry states, or else the table's.
func nationalFor(registry Registry, addr netip.Addr, country string) (National, bool) {
	for _, n := range nationals {
		if n.Regional == registry && n.Country == country {
			return n, true
		}
	}
	n, ok := NationalOf(addr)
	return n, ok && country == "" && n.Regional == registry
}

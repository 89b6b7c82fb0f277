package enrich

import (
	"encoding/binary"
	"net/netip"
)

// Registry is one of the five regional Internet registries (RIRs), by the name that
// IANA uses. The zero value means that no registry holds the block.
type Registry string

// The five regional registries.
const (
	AFRINIC Registry = "AFRINIC"
	APNIC   Registry = "APNIC"
	ARIN    Registry = "ARIN"
	LACNIC  Registry = "LACNIC"
	RIPENCC Registry = "RIPE NCC"
)

// RegistryTableDate is the date, YYYY-MM-DD, of the IANA registries from which
// [RegistryOf] and [SpecialOf] answer: "IPv4 Address Space", "IPv6 Global Unicast
// Address Assignments" and the two special-purpose registries.
const RegistryTableDate = "2025-10-10"

// ipv4Blocks has one letter for each IPv4 /8, sixteen a row, in the order of the first
// octet. Blocks that IANA calls legacy have the registry that keeps their records.
//
//	F AFRINIC   P APNIC   A ARIN   L LACNIC   R RIPE NCC   - none (reserved)
const ipv4Blocks = "" +
	"-PRAARAAAA-AAAPA" + // 0
	"AAAAAAAAARAPAAAR" + // 16
	"AAAAPRAPAFPPAARA" + // 32
	"APARARAAARPPPPRA" + // 48
	"AAAAAAAAAAAAARRR" + // 64
	"RRRRRRRRRRRRRRRR" + // 80
	"AAAAAPFPAFPAARPP" + // 96
	"PPPPPPPPPPPPPPP-" + // 112
	"AAAAAPAAAAAAARAA" + // 128
	"ARAAAAPRAPFAAAAA" + // 144
	"AAAPAAAAAAAPAAAP" + // 160
	"RLRLPLPPARLLRLLL" + // 176
	"ARRRFFAALLPPAAAA" + // 192
	"AAPPRRAAARPPPPPP" + // 208
	"----------------" + // 224
	"----------------" //   240

// ipv6Blocks lists the IPv6 allocations in the order of their addresses. The prefixes
// do not overlap.
var ipv6Blocks = []struct {
	prefix   netip.Prefix
	registry Registry
}{
	{netip.MustParsePrefix("2001:200::/23"), APNIC},
	{netip.MustParsePrefix("2001:400::/23"), ARIN},
	{netip.MustParsePrefix("2001:600::/23"), RIPENCC},
	{netip.MustParsePrefix("2001:800::/22"), RIPENCC},
	{netip.MustParsePrefix("2001:c00::/23"), APNIC},
	{netip.MustParsePrefix("2001:e00::/23"), APNIC},
	{netip.MustParsePrefix("2001:1200::/23"), LACNIC},
	{netip.MustParsePrefix("2001:1400::/22"), RIPENCC},
	{netip.MustParsePrefix("2001:1800::/23"), ARIN},
	{netip.MustParsePrefix("2001:1a00::/23"), RIPENCC},
	{netip.MustParsePrefix("2001:1c00::/22"), RIPENCC},
	{netip.MustParsePrefix("2001:2000::/19"), RIPENCC},
	{netip.MustParsePrefix("2001:4000::/23"), RIPENCC},
	{netip.MustParsePrefix("2001:4200::/23"), AFRINIC},
	{netip.MustParsePrefix("2001:4400::/23"), APNIC},
	{netip.MustParsePrefix("2001:4600::/23"), RIPENCC},
	{netip.MustParsePrefix("2001:4800::/23"), ARIN},
	{netip.MustParsePrefix("2001:4a00::/23"), RIPENCC},
	{netip.MustParsePrefix("2001:4c00::/23"), RIPENCC},
	{netip.MustParsePrefix("2001:5000::/20"), RIPENCC},
	{netip.MustParsePrefix("2001:8000::/19"), APNIC},
	{netip.MustParsePrefix("2001:a000::/20"), APNIC},
	{netip.MustParsePrefix("2001:b000::/20"), APNIC},
	{netip.MustParsePrefix("2003::/18"), RIPENCC},
	{netip.MustParsePrefix("2400::/12"), APNIC},
	{netip.MustParsePrefix("2410::/12"), APNIC},
	{netip.MustParsePrefix("2600::/12"), ARIN},
	{netip.MustParsePrefix("2610::/23"), ARIN},
	{netip.MustParsePrefix("2620::/23"), ARIN},
	{netip.MustParsePrefix("2630::/12"), ARIN},
	{netip.MustParsePrefix("2800::/12"), LACNIC},
	{netip.MustParsePrefix("2a00::/12"), RIPENCC},
	{netip.MustParsePrefix("2a10::/12"), RIPENCC},
	{netip.MustParsePrefix("2c00::/12"), AFRINIC},
}

// RegistryOf names the registry to which IANA gave the block that holds addr, or the
// one that keeps its records if the block is legacy. It answers from a table dated
// [RegistryTableDate] and asks nobody. An IPv4-mapped address counts as its IPv4
// address and a zone is ignored.
//
// The second result is false for special-purpose addresses, for blocks that IANA gave
// to no registry, and for the zero Addr. Parts of a block may since have been
// transferred to another registry: the table says whom to ask first, not who answers.
//
// It is safe for concurrent use and allocates nothing.
func RegistryOf(addr netip.Addr) (Registry, bool) {
	addr = addr.Unmap().WithZone("")
	if _, special := SpecialOf(addr); special || !addr.IsValid() {
		return "", false
	}
	if addr.Is4() {
		r := registryLetter(ipv4Blocks[addr.As4()[0]])
		return r, r != ""
	}
	for i := range ipv6Blocks {
		if ipv6Blocks[i].prefix.Contains(addr) {
			return ipv6Blocks[i].registry, true
		}
	}
	return "", false
}

func registryLetter(b byte) Registry {
	switch b {
	case 'F':
		return AFRINIC
	case 'P':
		return APNIC
	case 'A':
		return ARIN
	case 'L':
		return LACNIC
	case 'R':
		return RIPENCC
	}
	return ""
}

// Special says why an address is not an ordinary public one.
type Special struct {
	// Name of the block, after the IANA special-purpose registries (RFC 6890).
	Name string `json:"name"`
	// RFC that sets the block aside, such as "RFC 1918".
	RFC string `json:"rfc"`
	// Prefix is the block.
	Prefix netip.Prefix `json:"prefix"`
	// Embedded is the IPv4 address that the address carries inside, for IPv4-mapped,
	// IPv4-compatible, NAT64, 6to4 and Teredo addresses; otherwise it is not valid and
	// the member is left out. Nobody proved it: the sender chose those bits.
	Embedded netip.Addr `json:"embedded,omitzero"`
}

// specialBlocks holds the special-purpose registries and the multicast and retired
// blocks beside them. A block inside another comes before it: the first match counts.
var specialBlocks = []Special{
	{Name: "this host on this network", RFC: "RFC 1122", Prefix: netip.MustParsePrefix("0.0.0.0/32")},
	{Name: "this network", RFC: "RFC 791", Prefix: netip.MustParsePrefix("0.0.0.0/8")},
	{Name: "private use", RFC: "RFC 1918", Prefix: netip.MustParsePrefix("10.0.0.0/8")},
	{Name: "shared address space", RFC: "RFC 6598", Prefix: netip.MustParsePrefix("100.64.0.0/10")},
	{Name: "loopback", RFC: "RFC 1122", Prefix: netip.MustParsePrefix("127.0.0.0/8")},
	{Name: "link local", RFC: "RFC 3927", Prefix: netip.MustParsePrefix("169.254.0.0/16")},
	{Name: "private use", RFC: "RFC 1918", Prefix: netip.MustParsePrefix("172.16.0.0/12")},
	{Name: "IPv4 service continuity prefix", RFC: "RFC 7335", Prefix: netip.MustParsePrefix("192.0.0.0/29")},
	{Name: "IPv4 dummy address", RFC: "RFC 7600", Prefix: netip.MustParsePrefix("192.0.0.8/32")},
	{Name: "Port Control Protocol anycast", RFC: "RFC 7723", Prefix: netip.MustParsePrefix("192.0.0.9/32")},
	{Name: "TURN anycast", RFC: "RFC 8155", Prefix: netip.MustParsePrefix("192.0.0.10/32")},
	{Name: "NAT64/DNS64 discovery", RFC: "RFC 8880", Prefix: netip.MustParsePrefix("192.0.0.170/31")},
	{Name: "IETF protocol assignments", RFC: "RFC 6890", Prefix: netip.MustParsePrefix("192.0.0.0/24")},
	{Name: "documentation (TEST-NET-1)", RFC: "RFC 5737", Prefix: netip.MustParsePrefix("192.0.2.0/24")},
	{Name: "AS112-v4", RFC: "RFC 7535", Prefix: netip.MustParsePrefix("192.31.196.0/24")},
	{Name: "AMT", RFC: "RFC 7450", Prefix: netip.MustParsePrefix("192.52.193.0/24")},
	{Name: "6a44 relay anycast", RFC: "RFC 6751", Prefix: netip.MustParsePrefix("192.88.99.2/32")},
	{Name: "6to4 relay anycast (deprecated)", RFC: "RFC 7526", Prefix: netip.MustParsePrefix("192.88.99.0/24")},
	{Name: "private use", RFC: "RFC 1918", Prefix: netip.MustParsePrefix("192.168.0.0/16")},
	{Name: "direct delegation AS112 service", RFC: "RFC 7534", Prefix: netip.MustParsePrefix("192.175.48.0/24")},
	{Name: "benchmarking", RFC: "RFC 2544", Prefix: netip.MustParsePrefix("198.18.0.0/15")},
	{Name: "documentation (TEST-NET-2)", RFC: "RFC 5737", Prefix: netip.MustParsePrefix("198.51.100.0/24")},
	{Name: "documentation (TEST-NET-3)", RFC: "RFC 5737", Prefix: netip.MustParsePrefix("203.0.113.0/24")},
	{Name: "multicast", RFC: "RFC 5771", Prefix: netip.MustParsePrefix("224.0.0.0/4")},
	{Name: "limited broadcast", RFC: "RFC 919", Prefix: netip.MustParsePrefix("255.255.255.255/32")},
	{Name: "reserved for future use", RFC: "RFC 1112", Prefix: netip.MustParsePrefix("240.0.0.0/4")},

	{Name: "unspecified address", RFC: "RFC 4291", Prefix: netip.MustParsePrefix("::/128")},
	{Name: "loopback", RFC: "RFC 4291", Prefix: netip.MustParsePrefix("::1/128")},
	{Name: "IPv4-mapped", RFC: "RFC 4291", Prefix: netip.MustParsePrefix("::ffff:0:0/96")},
	{Name: "IPv4-compatible (deprecated)", RFC: "RFC 4291", Prefix: netip.MustParsePrefix("::/96")},
	{Name: "IPv4-IPv6 translation", RFC: "RFC 6052", Prefix: netip.MustParsePrefix("64:ff9b::/96")},
	{Name: "IPv4-IPv6 translation, local use", RFC: "RFC 8215", Prefix: netip.MustParsePrefix("64:ff9b:1::/48")},
	{Name: "discard only", RFC: "RFC 6666", Prefix: netip.MustParsePrefix("100::/64")},
	{Name: "dummy IPv6 prefix", RFC: "RFC 9780", Prefix: netip.MustParsePrefix("100:0:0:1::/64")},
	{Name: "Teredo", RFC: "RFC 4380", Prefix: netip.MustParsePrefix("2001::/32")},
	{Name: "Port Control Protocol anycast", RFC: "RFC 7723", Prefix: netip.MustParsePrefix("2001:1::1/128")},
	{Name: "TURN anycast", RFC: "RFC 8155", Prefix: netip.MustParsePrefix("2001:1::2/128")},
	{Name: "DNS-SD service registration anycast", RFC: "RFC 9665", Prefix: netip.MustParsePrefix("2001:1::3/128")},
	{Name: "benchmarking", RFC: "RFC 5180", Prefix: netip.MustParsePrefix("2001:2::/48")},
	{Name: "AMT", RFC: "RFC 7450", Prefix: netip.MustParsePrefix("2001:3::/32")},
	{Name: "AS112-v6", RFC: "RFC 7535", Prefix: netip.MustParsePrefix("2001:4:112::/48")},
	{Name: "ORCHID (deprecated)", RFC: "RFC 4843", Prefix: netip.MustParsePrefix("2001:10::/28")},
	{Name: "ORCHIDv2", RFC: "RFC 7343", Prefix: netip.MustParsePrefix("2001:20::/28")},
	{Name: "drone remote ID", RFC: "RFC 9374", Prefix: netip.MustParsePrefix("2001:30::/28")},
	{Name: "IETF protocol assignments", RFC: "RFC 2928", Prefix: netip.MustParsePrefix("2001::/23")},
	{Name: "documentation", RFC: "RFC 3849", Prefix: netip.MustParsePrefix("2001:db8::/32")},
	{Name: "6to4", RFC: "RFC 3056", Prefix: netip.MustParsePrefix("2002::/16")},
	{Name: "direct delegation AS112 service", RFC: "RFC 7534", Prefix: netip.MustParsePrefix("2620:4f:8000::/48")},
	{Name: "documentation", RFC: "RFC 9637", Prefix: netip.MustParsePrefix("3fff::/20")},
	{Name: "segment routing (SRv6) SIDs", RFC: "RFC 9602", Prefix: netip.MustParsePrefix("5f00::/16")},
	{Name: "unique local", RFC: "RFC 4193", Prefix: netip.MustParsePrefix("fc00::/7")},
	{Name: "link local", RFC: "RFC 4291", Prefix: netip.MustParsePrefix("fe80::/10")},
	{Name: "site local (deprecated)", RFC: "RFC 3879", Prefix: netip.MustParsePrefix("fec0::/10")},
	{Name: "multicast", RFC: "RFC 4291", Prefix: netip.MustParsePrefix("ff00::/8")},
}

// SpecialOf says whether addr lies in a special-purpose block, and in which: the
// narrowest one is given. A zone is ignored. An IPv4-mapped address is reported as
// such, with its IPv4 address in Embedded; call Unmap first to ask about that one.
//
// It is safe for concurrent use and allocates nothing.
func SpecialOf(addr netip.Addr) (Special, bool) {
	addr = addr.WithZone("")
	for i := range specialBlocks {
		if specialBlocks[i].Prefix.Contains(addr) {
			s := specialBlocks[i]
			s.Embedded = embeddedIPv4(addr, s.Name)
			return s, true
		}
	}
	return Special{}, false
}

// embeddedIPv4 takes the IPv4 address out of an IPv6 address of the block named, where
// the block's RFC says that there is one.
func embeddedIPv4(addr netip.Addr, name string) netip.Addr {
	if addr.Is4() {
		return netip.Addr{}
	}
	b := addr.As16()
	switch name {
	case "IPv4-mapped", "IPv4-compatible (deprecated)", "IPv4-IPv6 translation":
		return netip.AddrFrom4([4]byte(b[12:]))
	case "6to4": // the 32 bits after 2002:, RFC 3056 section 2
		return netip.AddrFrom4([4]byte(b[2:6]))
	case "Teredo": // the client's address, every bit turned over, RFC 4380 section 4
		var client [4]byte
		binary.BigEndian.PutUint32(client[:], ^binary.BigEndian.Uint32(b[12:]))
		return netip.AddrFrom4(client)
	}
	return netip.Addr{}
}

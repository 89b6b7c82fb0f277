package enrich

import (
	"net/netip"
	"strings"
	"testing"
)

func TestRegistryOf(t *testing.T) {
	tests := []struct {
		addr string
		want Registry // empty: none
	}{
		{"1.1.1.1", APNIC}, {"2.0.0.1", RIPENCC}, {"3.0.0.1", ARIN}, {"8.8.8.8", ARIN},
		{"14.0.0.1", APNIC}, {"17.0.0.1", ARIN}, {"19.0.0.1", ARIN}, {"24.0.0.1", ARIN},
		{"25.0.0.1", RIPENCC}, {"27.0.0.1", APNIC}, {"31.0.0.1", RIPENCC}, {"38.0.0.1", ARIN},
		{"41.0.0.1", AFRINIC}, {"43.0.0.1", APNIC}, {"45.0.0.1", ARIN}, {"51.0.0.1", RIPENCC},
		{"53.0.0.1", RIPENCC}, {"57.0.0.1", RIPENCC}, {"58.0.0.1", APNIC}, {"61.255.255.255", APNIC},
		{"62.0.0.0", RIPENCC}, {"63.0.0.0", ARIN}, {"76.255.255.255", ARIN}, {"77.0.0.0", RIPENCC},
		{"95.255.255.255", RIPENCC}, {"96.0.0.0", ARIN}, {"100.63.255.255", ARIN}, {"100.128.0.0", ARIN},
		{"102.0.0.1", AFRINIC}, {"105.0.0.1", AFRINIC}, {"109.0.0.1", RIPENCC}, {"126.0.0.1", APNIC},
		{"128.0.0.1", ARIN}, {"133.0.0.1", APNIC}, {"141.0.0.1", RIPENCC}, {"145.0.0.1", RIPENCC},
		{"150.0.0.1", APNIC}, {"151.0.0.1", RIPENCC}, {"153.0.0.1", APNIC}, {"154.0.0.1", AFRINIC},
		{"163.0.0.1", APNIC}, {"169.253.255.255", ARIN}, {"171.0.0.1", APNIC}, {"172.15.255.255", ARIN},
		{"172.32.0.0", ARIN}, {"175.0.0.1", APNIC}, {"176.0.0.1", RIPENCC}, {"177.0.0.1", LACNIC},
		{"178.0.0.1", RIPENCC}, {"179.0.0.1", LACNIC}, {"185.0.0.1", RIPENCC}, {"188.0.0.1", RIPENCC},
		{"189.0.0.1", LACNIC}, {"191.0.0.1", LACNIC}, {"192.149.252.1", ARIN}, {"193.0.0.1", RIPENCC},
		{"196.216.2.1", AFRINIC}, {"197.0.0.1", AFRINIC}, {"198.17.255.255", ARIN}, {"200.3.12.1", LACNIC},
		{"201.0.0.1", LACNIC}, {"202.30.50.1", APNIC}, {"203.119.0.1", APNIC}, {"212.0.0.1", RIPENCC},
		{"214.0.0.1", ARIN}, {"217.0.0.1", RIPENCC}, {"218.0.0.1", APNIC}, {"223.255.255.255", APNIC},

		{"2001:200::1", APNIC}, {"2001:400::1", ARIN}, {"2001:67c:2e8::1", RIPENCC}, {"2001:bff::1", RIPENCC},
		{"2001:c00::1", APNIC}, {"2001:1200::1", LACNIC}, {"2001:13c7:7001::1", LACNIC}, {"2001:17ff::1", RIPENCC}, {"2001:3fff::1", RIPENCC},
		{"2001:1800::1", ARIN}, {"2001:4200::1", AFRINIC}, {"2001:4860::1", ARIN}, {"2001:5fff::1", RIPENCC},
		{"2001:8000::1", APNIC}, {"2001:bfff::1", APNIC}, {"2003::1", RIPENCC}, {"2400::1", APNIC},
		{"2410::1", APNIC}, {"2600::1", ARIN}, {"2606:4700::1", ARIN}, {"2610::1", ARIN}, {"2620:0:1::1", ARIN},
		{"2630::1", ARIN}, {"2800::1", LACNIC}, {"2a00::1", RIPENCC}, {"2a10::1", RIPENCC}, {"2c00::1", AFRINIC},

		{"::ffff:8.8.8.8", ARIN}, {"2a00::1%eth0", RIPENCC},

		{"10.0.0.1", ""}, {"192.168.1.1", ""}, {"127.0.0.1", ""}, {"0.1.2.3", ""}, {"224.0.0.1", ""},
		{"255.255.255.255", ""}, {"203.0.113.9", ""}, {"::ffff:10.0.0.1", ""}, {"2001:db8::1", ""},
		{"2002:808:808::1", ""}, {"3ffe::1", ""}, {"2d00::1", ""}, {"2a20::1", ""},
		{"2620:200::1", ""}, {"4000::1", ""}, {"fe80::1%eth0", ""},
	}
	for _, test := range tests {
		got, ok := RegistryOf(netip.MustParseAddr(test.addr))
		if got != test.want || ok != (test.want != "") {
			t.Errorf("RegistryOf(%s) = %q, %v, want %q", test.addr, got, ok, test.want)
		}
	}
	if got, ok := RegistryOf(netip.Addr{}); ok {
		t.Errorf("RegistryOf(zero) = %q, want none", got)
	}
}

// TestTablesAreSound holds the tables against the totals of the IANA registries and
// against each other.
func TestTablesAreSound(t *testing.T) {
	if len(ipv4Blocks) != 256 {
		t.Fatalf("%d IPv4 blocks, want 256", len(ipv4Blocks))
	}
	for letter, want := range map[string]int{"F": 6, "P": 51, "A": 111, "L": 10, "R": 43, "-": 35} {
		if got := strings.Count(ipv4Blocks, letter); got != want {
			t.Errorf("%d blocks marked %s, want %d", got, letter, want)
		}
	}
	for i, a := range ipv6Blocks {
		if a.prefix != a.prefix.Masked() {
			t.Errorf("%s has bits set below its length", a.prefix)
		}
		for _, b := range ipv6Blocks[i+1:] {
			if a.prefix.Overlaps(b.prefix) || !a.prefix.Addr().Less(b.prefix.Addr()) {
				t.Errorf("%s and %s overlap or are out of order", a.prefix, b.prefix)
			}
		}
	}
	for i, a := range specialBlocks {
		if a.Prefix != a.Prefix.Masked() {
			t.Errorf("%s has bits set below its length", a.Prefix)
		}
		if got, _ := SpecialOf(a.Prefix.Addr()); got.Prefix.Bits() < a.Prefix.Bits() {
			t.Errorf("SpecialOf(%s) gives the wider %s", a.Prefix, got.Prefix)
		}
		for _, b := range specialBlocks[i+1:] {
			if a.Prefix.Overlaps(b.Prefix) && a.Prefix.Bits() <= b.Prefix.Bits() {
				t.Errorf("%s hides %s below it", a.Prefix, b.Prefix)
			}
		}
	}
}

func TestSpecialOf(t *testing.T) {
	tests := []struct{ addr, name, rfc, embedded string }{
		{"0.0.0.0", "this host on this network", "RFC 1122", ""},
		{"0.9.9.9", "this network", "RFC 791", ""},
		{"10.255.255.255", "private use", "RFC 1918", ""},
		{"100.64.0.1", "shared address space", "RFC 6598", ""},
		{"127.0.0.53", "loopback", "RFC 1122", ""},
		{"169.254.0.1", "link local", "RFC 3927", ""},
		{"172.31.255.255", "private use", "RFC 1918", ""},
		{"192.0.0.1", "IPv4 service continuity prefix", "RFC 7335", ""},
		{"192.0.0.8", "IPv4 dummy address", "RFC 7600", ""},
		{"192.0.0.171", "NAT64/DNS64 discovery", "RFC 8880", ""},
		{"192.0.0.200", "IETF protocol assignments", "RFC 6890", ""},
		{"192.0.2.1", "documentation (TEST-NET-1)", "RFC 5737", ""},
		{"192.88.99.1", "6to4 relay anycast (deprecated)", "RFC 7526", ""},
		{"192.88.99.2", "6a44 relay anycast", "RFC 6751", ""},
		{"192.175.48.1", "direct delegation AS112 service", "RFC 7534", ""},
		{"198.19.0.1", "benchmarking", "RFC 2544", ""},
		{"198.51.100.1", "documentation (TEST-NET-2)", "RFC 5737", ""},
		{"203.0.113.1", "documentation (TEST-NET-3)", "RFC 5737", ""},
		{"239.0.0.1", "multicast", "RFC 5771", ""},
		{"240.0.0.1", "reserved for future use", "RFC 1112", ""},
		{"255.255.255.255", "limited broadcast", "RFC 919", ""},
		{"::", "unspecified address", "RFC 4291", ""},
		{"::1", "loopback", "RFC 4291", ""},
		{"::ffff:8.8.8.8", "IPv4-mapped", "RFC 4291", "8.8.8.8"},
		{"::8.8.8.8", "IPv4-compatible (deprecated)", "RFC 4291", "8.8.8.8"},
		{"64:ff9b::808:808", "IPv4-IPv6 translation", "RFC 6052", "8.8.8.8"},
		{"64:ff9b:1::1", "IPv4-IPv6 translation, local use", "RFC 8215", ""},
		{"100::1", "discard only", "RFC 6666", ""},
		{"100:0:0:1::1", "dummy IPv6 prefix", "RFC 9780", ""},
		{"2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo", "RFC 4380", "192.0.2.45"},
		{"2001:2::1", "benchmarking", "RFC 5180", ""},
		{"2001:1ff::1", "IETF protocol assignments", "RFC 2928", ""},
		{"2001:db8::1", "documentation", "RFC 3849", ""},
		{"2002:c000:204::1", "6to4", "RFC 3056", "192.0.2.4"},
		{"3fff::1", "documentation", "RFC 9637", ""},
		{"5f00::1", "segment routing (SRv6) SIDs", "RFC 9602", ""},
		{"fd00::1", "unique local", "RFC 4193", ""},
		{"fe80::1%eth0", "link local", "RFC 4291", ""},
		{"fec0::1", "site local (deprecated)", "RFC 3879", ""},
		{"ff02::1", "multicast", "RFC 4291", ""},
	}
	for _, test := range tests {
		got, ok := SpecialOf(netip.MustParseAddr(test.addr))
		embedded := ""
		if got.Embedded.IsValid() {
			embedded = got.Embedded.String()
		}
		if !ok || got.Name != test.name || got.RFC != test.rfc || embedded != test.embedded {
			t.Errorf("SpecialOf(%s) = %q, %s, %q, want %q, %s, %q", test.addr, got.Name, got.RFC, embedded, test.name, test.rfc, test.embedded)
		}
	}
	for _, public := range []string{"8.8.8.8", "9.255.255.255", "11.0.0.0", "172.32.0.0", "192.0.1.0", "223.255.255.255", "2001:200::1", "2003::1", "2a00::1"} {
		if got, ok := SpecialOf(netip.MustParseAddr(public)); ok {
			t.Errorf("SpecialOf(%s) = %q, want none", public, got.Name)
		}
	}
	if _, ok := SpecialOf(netip.Addr{}); ok {
		t.Error("the zero address is called special")
	}
}

func BenchmarkRegistryOf(b *testing.B) {
	for _, addr := range []string{"8.8.8.8", "2a10::1"} {
		a := netip.MustParseAddr(addr)
		b.Run(addr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				RegistryOf(a)
			}
		})
	}
}

package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// TestCountryTable checks that the file inside the program is the one that the page
// beside it describes.
func TestCountryTable(t *testing.T) {
	raw, err := unpackCountryTable()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if got := hex.EncodeToString(sum[:]); got != countryTableSHA256 || len(raw) != countryTableSize {
		t.Errorf("table of %d bytes, digest %s; want %d, %s", len(raw), got, countryTableSize, countryTableSHA256)
	}
}

func TestCountryOf(t *testing.T) {
	// Networks of the registries themselves, of DNS root servers and of universities:
	// they stay where they are.
	for addr, want := range map[string]string{
		"193.0.0.1": "NL", "192.149.252.1": "US", "196.216.2.1": "MU", "129.67.1.1": "GB",
		"133.11.0.1": "JP", "18.7.0.1": "US", "::ffff:193.0.0.1": "NL", "2001:67c:2e8::1": "NL",
	} {
		got, ok := CountryOf(netip.MustParseAddr(addr))
		if !ok || got.Code != want || !got.Approximate || got.Date != CountryTableDate || got.Source != countryTableSource {
			t.Errorf("CountryOf(%s) = %+v, %v, want %s, approximate, dated", addr, got, ok, want)
		}
	}
	for _, addr := range []string{"10.0.0.1", "127.0.0.1", "2001:db8::1", "fe80::1%eth0", "240.0.0.1"} {
		if got, ok := CountryOf(netip.MustParseAddr(addr)); ok {
			t.Errorf("CountryOf(%s) = %+v, want none", addr, got)
		}
	}
	if _, ok := CountryOf(netip.Addr{}); ok {
		t.Error("a country for the zero address")
	}
}

// TestCountryOutsideRegion has Oxford's block, which ARIN keeps as legacy.
func TestCountryOutsideRegion(t *testing.T) {
	got, _ := CountryOf(netip.MustParseAddr("129.67.1.1"))
	if !strings.Contains(got.Note, "ARIN") || !strings.Contains(got.Note, "RIPE NCC") {
		t.Errorf("note %q does not tell of the two registries", got.Note)
	}
	if got, _ := CountryOf(netip.MustParseAddr("193.0.0.1")); got.Note != "" {
		t.Errorf("note %q where country and registry agree", got.Note)
	}
	if note := regionNote("EU", RIPENCC); !strings.Contains(note, "no country") {
		t.Errorf("regionNote(EU) = %q", note)
	}
	if note := regionNote("NL", ""); note != "" {
		t.Errorf("note %q without a registry", note)
	}
}

func TestRegionsAreSound(t *testing.T) {
	seen := make(map[string]Registry)
	for registry, codes := range regions {
		for code := range strings.FieldsSeq(codes) {
			if !isCountryCode(code) || seen[code] != "" {
				t.Errorf("%q of %s is no code, or stands under %s too", code, registry, seen[code])
			}
			seen[code] = registry
		}
	}
	if len(seen) != 250 { // the 249 of ISO 3166-1, and XK
		t.Errorf("%d codes, want 250", len(seen))
	}
}

// TestCountryTableCodes reads the whole table: every country in it has a region.
func TestCountryTableCodes(t *testing.T) {
	table, err := countryTable()
	if err != nil {
		t.Fatal(err)
	}
	odd := make(map[string]int)
	for result := range table.Networks() {
		var code string
		if err := result.DecodePath(&code, "country_code"); err != nil {
			t.Fatal(err)
		}
		if countryRegion()[code] == "" {
			odd[code]++
		}
	}
	t.Logf("codes without a region: %v", odd)
	if len(odd) > 3 {
		t.Errorf("many codes without a region: %v", odd)
	}
}

func TestCountryOfConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if c, _ := CountryOf(netip.MustParseAddr("193.0.0.1")); c.Code != "NL" {
				t.Errorf("got %q", c.Code)
			}
		})
	}
	wg.Wait()
}

func BenchmarkCountryOf(b *testing.B) {
	addr := netip.MustParseAddr("193.0.0.1")
	CountryOf(addr) // unpack the table
	b.ReportAllocs()
	for b.Loop() {
		CountryOf(addr)
	}
}

func BenchmarkUnpackCountryTable(b *testing.B) {
	for b.Loop() {
		if _, err := unpackCountryTable(); err != nil {
			b.Fatal(err)
		}
	}
}

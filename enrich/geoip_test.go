package enrich

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

const geoipBuilt = "2026-05-04"

// writeDB makes a database of the given type with one record for network.
func writeDB(t *testing.T, name, databaseType, network string, ipVersion int, record mmdbtype.Map) string {
	t.Helper()
	built, _ := time.Parse("2006-01-02", geoipBuilt)
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: databaseType, BuildEpoch: built.Unix(), IPVersion: ipVersion, RecordSize: 24,
		Description: map[string]string{"en": "made for a test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, ipnet, err := net.ParseCIDR(network)
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Insert(ipnet, record); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func countryRecord(code string) mmdbtype.Map {
	return mmdbtype.Map{
		"country":  mmdbtype.Map{"iso_code": mmdbtype.String(code), "names": mmdbtype.Map{"en": mmdbtype.String("Somewhere")}},
		"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Smalltown")}},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(38), "longitude": mmdbtype.Float64(-97)},
	}
}

func asnRecord() mmdbtype.Map {
	return mmdbtype.Map{
		"autonomous_system_number":       mmdbtype.Uint32(64496),
		"autonomous_system_organization": mmdbtype.String("Example Networks"),
	}
}

func TestGeoIPTypes(t *testing.T) {
	isp := asnRecord()
	isp["isp"] = mmdbtype.String("Example ISP")
	enterprise := countryRecord("NL")
	enterprise["traits"] = isp
	tests := []struct {
		databaseType string
		record       mmdbtype.Map
		want         GeoIPAnswer
	}{
		{"GeoLite2-City", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"GeoIP2-City", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"GeoLite2-Country", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"GeoIP2-Country", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"DBIP-City-Lite", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"DBIP-Country-Lite", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"DBIP-Location (compat=City)", countryRecord("NL"), GeoIPAnswer{Country: "NL"}},
		{"GeoLite2-ASN", asnRecord(), GeoIPAnswer{ASNumber: 64496, Organisation: "Example Networks"}},
		{"DBIP-ASN-Lite (compat=GeoLite2-ASN)", asnRecord(), GeoIPAnswer{ASNumber: 64496, Organisation: "Example Networks"}},
		{"GeoIP2-ISP", isp, GeoIPAnswer{ASNumber: 64496, Organisation: "Example Networks"}},
		{"GeoIP2-ISP", mmdbtype.Map{"isp": mmdbtype.String("Example ISP")}, GeoIPAnswer{Organisation: "Example ISP"}},
		{"DBIP-ISP (compat=Enterprise)", enterprise, GeoIPAnswer{Country: "NL", ASNumber: 64496, Organisation: "Example Networks"}},
		{"GeoIP2-Enterprise", enterprise, GeoIPAnswer{Country: "NL", ASNumber: 64496, Organisation: "Example Networks"}},
		{"GeoLite2-Country", countryRecord("nowhere"), GeoIPAnswer{}},
	}
	for _, test := range tests {
		path := writeDB(t, "file.mmdb", test.databaseType, "193.0.0.0/21", 6, test.record)
		g, err := OpenGeoIP(path)
		if err != nil {
			t.Errorf("%s: %v", test.databaseType, err)
			continue
		}
		if g.Type != test.databaseType || g.Built != geoipBuilt || g.Name != "file.mmdb" {
			t.Errorf("%s: opened as %q of %s, name %q", test.databaseType, g.Type, g.Built, g.Name)
		}
		if got, err := g.Lookup(netip.MustParseAddr("193.0.0.1")); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.databaseType, got, err, test.want)
		}
		if got, err := g.Lookup(netip.MustParseAddr("193.0.8.1")); err != nil || got != (GeoIPAnswer{}) {
			t.Errorf("%s: an address not in it gives %+v, %v, want nothing", test.databaseType, got, err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestGeoIPOfIPv4Only(t *testing.T) {
	g, err := OpenGeoIP(writeDB(t, "four.mmdb", "GeoLite2-Country", "193.0.0.0/21", 4, countryRecord("NL")))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if got, err := g.Lookup(netip.MustParseAddr("2a00::1")); err != nil || got != (GeoIPAnswer{}) {
		t.Errorf("IPv6: %+v, %v, want nothing", got, err)
	}
	if got, _ := g.Lookup(netip.MustParseAddr("::ffff:193.0.0.1")); got.Country != "NL" {
		t.Errorf("IPv4-mapped: %+v, want NL", got)
	}
}

func TestUnusableGeoIP(t *testing.T) {
	dir := t.TempDir()
	good, err := os.ReadFile(writeDB(t, "good.mmdb", "GeoLite2-ASN", "193.0.0.0/21", 6, asnRecord()))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := map[string]string{
		filepath.Join(dir, "missing.mmdb"):                        "no such file",
		write("empty.mmdb", nil):                                  "",
		write("text.mmdb", []byte("<html>not a database</html>")): "",
		write("truncated.mmdb", good[:len(good)/2]):               "",
		dir: "",
		writeDB(t, "domain.mmdb", "GeoIP2-Domain", "193.0.0.0/21", 6, asnRecord()):                  "names neither",
		writeDB(t, "anonymous.mmdb", "GeoIP2-Anonymous-IP", "193.0.0.0/21", 6, asnRecord()):         "names neither",
		writeDB(t, "other.mmdb", "Another Maker's Country", "193.0.0.0/21", 6, countryRecord("NL")): "does not support",
	}
	for path, want := range files {
		g, err := OpenGeoIP(path)
		if err == nil {
			t.Errorf("%s opens as %s", path, g.Type)
			continue
		}
		if text := err.Error(); strings.Count(text, path) != 1 || !strings.Contains(text, want) {
			t.Errorf("error %q, want the path %s once and %q", text, path, want)
		}
		if _, err := New(Settings{GeoIP: []string{path}}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("New: %v, want an error that names %s", err, path)
		}
	}
}

func TestLookupWithGeoIP(t *testing.T) {
	city := writeDB(t, "city.mmdb", "GeoLite2-City", "193.0.0.0/21", 6, countryRecord("US"))
	asn := writeDB(t, "asn.mmdb", "DBIP-ASN-Lite (compat=GeoLite2-ASN)", "193.0.0.0/21", 6, asnRecord())
	e, err := New(Settings{Offline: true, GeoIP: []string{city, asn}})
	if err != nil {
		t.Fatal(err)
	}
	r := e.Lookup(context.Background(), netip.MustParseAddr("193.0.0.1"))
	if len(r.Countries) != 2 || r.Countries[0].Code != "NL" || r.Countries[1].Code != "US" {
		t.Fatalf("countries %+v, want NL of the table and US of the file", r.Countries)
	}
	if c := r.Countries[1]; c.Date != geoipBuilt || !c.Approximate || c.Source != "GeoIP file city.mmdb, GeoLite2-City" || !strings.Contains(c.Note, "RIPE NCC") {
		t.Errorf("country %+v lacks its source, its date or the contradiction", c)
	}
	if len(r.AS) != 1 || r.AS[0].Number != 64496 || r.AS[0].Organisation != "Example Networks" || r.AS[0].Date != geoipBuilt {
		t.Errorf("AS %+v", r.AS)
	}
	if len(r.Lookups) != 0 || r.Failed() || len(r.Notes) != 1 || r.Notes[0].Code != "offline" {
		t.Errorf("offline: look-ups %+v, notes %+v", r.Lookups, r.Notes)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

package enrich

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/oschwald/geoip2-golang/v2"
)

// GeoIP is an open database of MaxMind or DB-IP. It is safe for concurrent use until
// it is closed.
type GeoIP struct {
	// Name of the file, without its directory.
	Name string
	// Type as the database calls itself, such as "GeoLite2-ASN".
	Type string
	// Built is the date, YYYY-MM-DD in UTC, on which the database was made.
	Built string

	reader *geoip2.Reader
	ask    func(*geoip2.Reader, netip.Addr) (GeoIPAnswer, error)
}

// GeoIPAnswer is the part of a database record that is used. Cities and coordinates
// are left alone: they point at the middle of a country, where somebody lives.
type GeoIPAnswer struct {
	// Country is ISO 3166-1 alpha-2; empty if the database does not know.
	Country string
	// ASNumber of the network that announces the address; 0 if not known.
	ASNumber uint
	// Organisation is the one that runs the AS, or the provider.
	Organisation string
}

// OpenGeoIP opens a database file of a MaxMind or DB-IP name: City, Country, ASN, ISP
// or Enterprise. The error names the file and what is wrong with it. Close it after
// use. The file must not be overwritten in place while it is open; replace it by
// renaming.
func OpenGeoIP(path string) (*GeoIP, error) {
	reader, err := geoip2.Open(path)
	if err != nil {
		// The library hands out an open reader together with an error about the type.
		if reader != nil {
			err = errors.Join(err, reader.Close())
		}
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err // the path is named below
		}
		return nil, fmt.Errorf("GeoIP file %s: %w", path, err)
	}
	meta := reader.Metadata()
	g := &GeoIP{
		Name: filepath.Base(path), Type: meta.DatabaseType,
		Built:  meta.BuildTime().UTC().Format("2006-01-02"),
		reader: reader, ask: askFor(meta.DatabaseType),
	}
	if g.ask == nil {
		err := fmt.Errorf("GeoIP file %s: a database of type %q names neither a country nor a network", path, g.Type)
		return nil, errors.Join(err, reader.Close())
	}
	return g, nil
}

// askFor picks the question that a database of this type can answer. "DBIP-ISP
// (compat=Enterprise)" and its like have the layout that stands in brackets.
func askFor(databaseType string) func(*geoip2.Reader, netip.Addr) (GeoIPAnswer, error) {
	has := func(s string) bool { return strings.Contains(databaseType, s) }
	switch {
	case has("Enterprise"):
		return askEnterprise
	case has("ASN"):
		return askASN
	case has("ISP"):
		return askISP
	case has("City"), has("Country"):
		return askCountry
	}
	return nil
}

func askCountry(r *geoip2.Reader, addr netip.Addr) (GeoIPAnswer, error) {
	c, err := r.Country(addr)
	if err != nil {
		return GeoIPAnswer{}, err
	}
	return GeoIPAnswer{Country: c.Country.ISOCode}, nil
}

func askASN(r *geoip2.Reader, addr netip.Addr) (GeoIPAnswer, error) {
	a, err := r.ASN(addr)
	if err != nil {
		return GeoIPAnswer{}, err
	}
	return GeoIPAnswer{ASNumber: a.AutonomousSystemNumber, Organisation: a.AutonomousSystemOrganization}, nil
}

func askISP(r *geoip2.Reader, addr netip.Addr) (GeoIPAnswer, error) {
	i, err := r.ISP(addr)
	if err != nil {
		return GeoIPAnswer{}, err
	}
	org := firstOf(i.AutonomousSystemOrganization, i.ISP, i.Organization)
	return GeoIPAnswer{ASNumber: i.AutonomousSystemNumber, Organisation: org}, nil
}

func askEnterprise(r *geoip2.Reader, addr netip.Addr) (GeoIPAnswer, error) {
	e, err := r.Enterprise(addr)
	if err != nil {
		return GeoIPAnswer{}, err
	}
	org := firstOf(e.Traits.AutonomousSystemOrganization, e.Traits.ISP, e.Traits.Organization)
	return GeoIPAnswer{
		Country: e.Country.ISOCode, ASNumber: e.Traits.AutonomousSystemNumber, Organisation: org,
	}, nil
}

// Lookup asks the database about addr. An address that it does not hold, and an IPv6
// address in a database of IPv4 only, give an empty answer and no error. An error means
// that the file is damaged.
func (g *GeoIP) Lookup(addr netip.Addr) (GeoIPAnswer, error) {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() && g.reader.Metadata().IPVersion == 4 {
		return GeoIPAnswer{}, nil
	}
	a, err := g.ask(g.reader, addr)
	if err != nil {
		return GeoIPAnswer{}, fmt.Errorf("GeoIP file %s: %w", g.Name, err)
	}
	if !isCountryCode(a.Country) {
		a.Country = ""
	}
	a.Organisation = clip(a.Organisation)
	return a, nil
}

// Close releases the file.
func (g *GeoIP) Close() error { return g.reader.Close() }

func (g *GeoIP) source() string { return "GeoIP file " + g.Name + ", " + g.Type }

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// usualGeoIPFolders are where the makers' own tools, and distributions, put databases.
var usualGeoIPFolders = []string{
	"/usr/share/GeoIP", "/usr/local/share/GeoIP", "/var/lib/GeoIP", "/usr/local/var/GeoIP", "/opt/homebrew/var/GeoIP",
	`C:\ProgramData\MaxMind\GeoIPUpdate\GeoIP`,
}

// UsualGeoIP lists the database files of MaxMind and DB-IP in the usual places: City,
// Country, ASN and ISP, in the order of folders and names. It opens none of them.
func UsualGeoIP() []string { return findGeoIP(usualGeoIPFolders) }

func findGeoIP(folders []string) []string {
	var found []string
	for _, dir := range folders {
		for _, maker := range []string{"GeoLite2-", "GeoIP2-", "dbip-"} {
			names, err := filepath.Glob(filepath.Join(dir, maker+"*.mmdb"))
			if err != nil {
				continue // only a bad pattern is an error
			}
			for _, name := range names {
				lower := strings.ToLower(filepath.Base(name))
				if containsAny(lower, "city", "country", "asn", "isp") {
					found = append(found, name)
				}
			}
		}
	}
	return found
}

package enrich

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// FuzzReadWHOIS reads any text as the answer about an address. What comes out must be
// about that address, fit for a letter and bounded.
func FuzzReadWHOIS(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("enrichtest", "shapes", "whois-*.txt"))
	if err != nil || len(files) < 8 {
		f.Fatalf("seeds %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "193.0.0.1")
	}
	for _, text := range []string{
		"inetnum: 193.0/16\nabuse-c: A\n\nnic-hdl: A\ne-mail: a@b.example\n", "inet6num: ::/0\n", "NetRange: 0.0.0.0 - 255.255.255.255\n",
		"a. [Network Number] 193.0.0.0-193.0.7.0\n[Abuse] x@y.example, z@w.example\n", "IPv4 Address : 193.0.0.0 - 193.0.0.255 (/24)\n[ Abuse ]\nE-Mail : a@b.example",
		"Netblock: 193.0.0.0/8\nSpam contact:\n a@b.example\n", "% Abuse contact for '193.0.0.0 - 193.0.0.9' is 'q@r.example'\ninetnum: 193.0.0.0 - 193.0.0.9\n",
		"inetnum: 193.0.0.9 - 193.0.0.0\n", " : :\n[]\n[\n]", "inetnum: 193.0.0.0 - ::1\n",
	} {
		f.Add(text, "193.0.0.1")
	}
	f.Fuzz(func(t *testing.T, text, addr string) {
		asked, err := netip.ParseAddr(addr)
		if err != nil || asked.Zone() != "" || asked.Is4In6() {
			return // Lookup hands over neither
		}
		refusal(text)
		text, _ = readable(text, "whois.nic.ad.jp")
		readJPNICContact(text, "EX0001JP")
		a, err := readWHOIS(text, asked)
		if err != nil {
			if a != nil || err.Error() == "" {
				t.Errorf("answer %+v with error %q", a, err)
			}
			return
		}
		for i, n := range a.networks {
			if n.placeholder {
				continue
			}
			checkNetwork(t, &n.network, asked)
			if i > 0 && n.network.width() < a.networks[i-1].network.width() {
				t.Errorf("%s comes after %s", n.network.Scope(), a.networks[i-1].network.Scope())
			}
			for _, c := range n.contacts {
				checkContact(t, c)
			}
			if len(n.contacts) > 2*maxContacts {
				t.Errorf("%d contacts", len(n.contacts))
			}
		}
	})
}

func TestParseRange(t *testing.T) {
	for s, want := range map[string]string{
		"193.0.0.0 - 193.0.7.255": "193.0.0.0 - 193.0.7.255", "193.0.0.0-193.0.7.255": "193.0.0.0 - 193.0.7.255", "200.160/20": "200.160.0.0 - 200.160.15.255",
		"200.3.12/22": "200.3.12.0 - 200.3.15.255", "202.30.0.0 - 202.30.255.255 (/16)": "202.30.0.0 - 202.30.255.255", "2804::/32": "2804:: - 2804:0:ffff:ffff:ffff:ffff:ffff:ffff",
		"193.0.0.9/21": "193.0.0.0 - 193.0.7.255", "193.0.0.1": "", "": "", "x - y": "", "193.0.0.2 - 193.0.0.1": "", "::1%eth0 - ::2%eth0": "", "1.2.3.4 - ::1": "", "1.2.3.4.5/8": "", "/8": "", "::ffff:1.2.3.4/112": "",
	} {
		first, last, ok := parseRange(s)
		got := ""
		if ok {
			got = first.String() + " - " + last.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestWHOISDate(t *testing.T) {
	for s, want := range map[string]string{
		"20010112": "2001-01-12T00:00:00Z", "19990518 #162310": "1999-05-18T00:00:00Z", "1997-11-07": "1997-11-07T00:00:00Z", "2003-03-17T12:15:57Z": "2003-03-17T12:15:57Z",
		"2011/05/13 17:12:37(JST)": "2011-05-13T08:12:37Z", "2000/07/03": "2000-07-03T00:00:00Z", "hostmaster@afrinic.net 20050101": "", "": "", "00000000": "", "19700101": "",
	} {
		if got := whoisDate(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestNationalOf(t *testing.T) {
	for addr, want := range map[string]string{
		"202.30.50.1": "KRNIC", "133.11.0.1": "JPNIC", "61.220.0.1": "TWNIC", "200.160.0.1": "NIC.br", "2804::1": "NIC.br", "2806::1": "NIC.mx",
		"2001:200::1": "JPNIC", "193.0.0.1": "", "8.8.8.8": "", "::ffff:202.30.50.1": "KRNIC", "1.1.1.1": "",
	} {
		if got, ok := NationalOf(netip.MustParseAddr(addr)); got.Name != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", addr, got.Name, ok, want)
		}
	}
	// The table lies inside what the regional registries have, and does not contradict itself.
	for i, b := range nationalTable() {
		if got, _ := RegistryOf(b.prefix.Addr()); got != b.registry.Regional || b.prefix != b.prefix.Masked() {
			t.Errorf("%s of %s lies with %s", b.prefix, b.registry.Name, got)
		}
		for _, other := range nationalTable()[i+1:] {
			if b.prefix.Overlaps(other.prefix) {
				t.Errorf("%s of %s overlaps %s of %s", b.prefix, b.registry.Name, other.prefix, other.registry.Name)
			}
		}
	}
	if len(nationals) != 8 {
		t.Errorf("%d national registries, want 8", len(nationals))
	}
}

func TestUsualGeoIP(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"GeoLite2-City.mmdb", "GeoLite2-ASN.mmdb", "GeoIP2-ISP.mmdb", "dbip-country-lite-2026-06.mmdb", "GeoLite2-City.txt", "other.mmdb", "GeoIP2-Anonymous-IP.mmdb"} {
		write(t, filepath.Join(dir, name), nil)
	}
	var got []string
	for _, f := range findGeoIP([]string{filepath.Join(dir, "none"), dir}) {
		got = append(got, filepath.Base(f))
	}
	want := []string{"GeoLite2-ASN.mmdb", "GeoLite2-City.mmdb", "GeoIP2-ISP.mmdb", "dbip-country-lite-2026-06.mmdb"}
	if len(got) != len(want) {
		t.Fatalf("found %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("found %v, want %v", got, want)
		}
	}
}

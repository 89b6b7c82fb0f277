package enrich

import (
	"encoding/json"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/openrdap/rdap"
)

// FuzzReadAnswer reads any bytes as the answer about an address. What comes out must
// be about that address, fit for a letter and bounded.
func FuzzReadAnswer(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "rdap", "*.json"))
	if err != nil || len(files) < 7 {
		f.Fatalf("seeds %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "193.0.0.1")
		f.Add(data, "203.119.0.1")
	}
	f.Add([]byte("null"), "193.0.0.1")
	f.Add(network("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", ""), "2a00::1")
	f.Add(network("::ffff:193.0.0.0", "193.0.0.255", ""), "193.0.0.1")
	f.Add([]byte(`{"errorCode":418}`), "193.0.0.1")
	f.Fuzz(func(t *testing.T, data []byte, addr string) {
		asked, err := netip.ParseAddr(addr)
		if err != nil || asked.Zone() != "" || asked.Is4In6() {
			return // Lookup hands over neither
		}
		object, err := rdap.NewDecoder(data).Decode()
		if err != nil {
			return
		}
		a, err := readAnswer(object, asked)
		if err != nil {
			if a != nil || err.Error() == "" {
				t.Errorf("answer %+v with error %q", a, err)
			}
			return
		}
		checkNetwork(t, &a.network, asked)
		for _, c := range a.contacts {
			checkContact(t, c)
		}
		if len(a.contacts) > maxContacts || len(a.network.Remarks) > maxRemarks || len(a.network.Withheld) > maxRemarks {
			t.Errorf("%d contacts, %d remarks", len(a.contacts), len(a.network.Remarks))
		}
		if _, err := json.Marshal(a.network); err != nil {
			t.Error(err)
		}
	})
}

func checkNetwork(t *testing.T, n *Network, asked netip.Addr) {
	t.Helper()
	if asked.Less(n.First) || n.Last.Less(asked) || n.First.BitLen() != asked.BitLen() {
		t.Errorf("%s is not in %s", asked, n.Scope())
	}
	holds := 0
	for _, p := range n.Prefixes {
		if p.Contains(asked) {
			holds++
		}
	}
	if holds != 1 || len(n.Prefixes) > 254 || n.Prefixes[0].Addr() != n.First || lastOf(n.Prefixes[len(n.Prefixes)-1]) != n.Last {
		t.Errorf("%s is covered by %v", n.Scope(), n.Prefixes)
	}
	if isRedacted(n.Holder) || isRegistryName(n.Holder) || (n.Holder == "") != (n.HolderFrom == "") {
		t.Errorf("holder %q from %q", n.Holder, n.HolderFrom)
	}
	for _, s := range append([]string{n.Handle, n.Name, n.Type, n.ParentHandle, n.Holder, n.HolderAddress}, n.Remarks...) {
		checkText(t, s)
	}
}

func checkContact(t *testing.T, c Contact) {
	t.Helper()
	parsed, err := mail.ParseAddress(c.Email)
	if err != nil || parsed.Address != c.Email || strings.ContainsFunc(c.Email, func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Errorf("contact %q is no address: %v", c.Email, err)
	}
	if _, registry := registryDomain(c.Email); registry || isRedacted(c.Email) || isRedacted(c.Name) {
		t.Errorf("contact %+v is redacted or a registry's", c)
	}
	if _, ok := bestRole([]string{c.Role}); !ok && c.Role != "" {
		t.Errorf("role %q", c.Role)
	}
	checkText(t, c.Name)
	checkText(t, c.Handle)
}

func checkText(t *testing.T, s string) {
	t.Helper()
	if len(s) > maxText || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("text %q is too long or cannot be shown", s)
	}
}

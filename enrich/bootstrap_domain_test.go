package enrich

import (
	"fmt"
	"strings"
	"testing"
)

// TestDomainBootstrap reads IANA's list of the registries of domains.
func TestDomainBootstrap(t *testing.T) {
	services := []string{
		`[["uk","wales"],["https://rdap.nominet.example/uk/"]]`,
		`[["COM"],["http://rdap.plain.example/com/","https://rdap.verisign.example/com/v1/"]]`,
		`[["evil"],["https://127.0.0.1/"]]`, `[["port"],["https://rdap.port.example:8443/"]]`, `[["noslash"],["https://rdap.noslash.example"]]`,
		`[["user"],["https://u:p@rdap.user.example/"]]`,
	}
	for i := range 20 {
		services = append(services, fmt.Sprintf(`[["t%d"],["https://rdap.t.example/"]]`, i))
	}
	b := &bootstrap{}
	f, err := b.read(domainFile, []byte(`{"services":[`+strings.Join(services, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"uk": "https://rdap.nominet.example/uk/", "wales": "https://rdap.nominet.example/uk/", "com": "https://rdap.verisign.example/com/v1/",
		"evil": "", "port": "", "noslash": "", "user": "", "none": "",
	} {
		got := ""
		if u := f.domains[key]; u != nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	b.files = map[string]*bootstrapFile{domainFile: f}
	for host, want := range map[string]bool{"rdap.nominet.example": true, "RDAP.verisign.example": true, "127.0.0.1": false, "wrong.example": false} {
		if b.isDomainHost(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
	if _, err := b.read(domainFile, []byte(`{"services":[[["uk"],["https://rdap.nominet.example/"]]]}`)); err == nil {
		t.Error("a list of one domain is believed")
	}
}

package enrich

import (
	"strings"
	"testing"
	"time"
)

// FuzzSecurityTxt reads any file. What comes out is bounded, on one line, and an address is
// one that may be written to.
func FuzzSecurityTxt(f *testing.F) {
	for _, text := range []string{
		"Contact: mailto:security@college.example\nExpires: 2027-01-01T00:00:00Z\n", "contact:https://a.example\ncontact: tel:+1\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- Contact: mailto:a@b.example\n-----BEGIN PGP SIGNATURE-----\n", "# none\n",
		"Contact: mailto:%61@b.example?subject=x\n", "Contact: \x1b[31m\nExpires: yesterday\n", "-----BEGIN PGP SIGNED MESSAGE-----",
		strings.Repeat("Contact: mailto:a@b.example\n", 50),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s SecurityTxt
		err := s.read(text, time.Unix(0, 0))
		if (err == nil) != (len(s.Contacts) > 0) || len(s.Contacts) > maxWHOISValues || len(s.Emails) > len(s.Contacts) {
			t.Fatalf("%+v, %v", s, err)
		}
		for _, c := range s.Contacts {
			if c != oneLine(c) || c == "" {
				t.Errorf("contact %q", c)
			}
		}
		for _, email := range s.Emails {
			if got, ok := cleanEmail(email); !ok || got != email {
				t.Errorf("address %q", email)
			}
		}
	})
}

// FuzzDMARC reads any record. A policy is one of three words or there is none, and then the
// record is told as invalid.
func FuzzDMARC(f *testing.F) {
	for _, record := range []string{
		"v=DMARC1; p=reject", "v=DMARC1;p=none;sp=quarantine;pct=5;rua=mailto:a@b.example!10m,mailto:c@d.example", "v=DMARC1", "v=DMARC1; p", "v=DMARC1; =;;p=reject;p=none",
		"v=DMARC1; pct=-1; p=NONE", "v=DMARC1; rua=x",
	} {
		f.Add(record, true)
		f.Add(record, false)
	}
	f.Fuzz(func(t *testing.T, record string, inherited bool) {
		p := DMARC{State: PolicyFound, Records: []string{oneLine(record)}}
		p.read(inherited)
		if (p.State == PolicyInvalid) != (p.Policy == "") || p.Policy != dmarcPolicy(p.Policy) || p.Below != dmarcPolicy(p.Below) {
			t.Errorf("%+v", p)
		}
		if p.Percent < 0 || p.Percent > 100 || len(p.Reports) > maxWHOISValues {
			t.Errorf("%+v", p)
		}
	})
}

package desk

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/enrich"
)

func states(r Readiness) []string {
	var lines []string
	for _, c := range r.Checks {
		lines = append(lines, string(c.State)+" "+c.Code+" "+c.Name)
	}
	return lines
}

var answered = []enrich.Lookup{{Kind: "dns", Outcome: enrich.OutcomeOK}}

func TestPrepare(t *testing.T) {
	f := Facts{
		Domain: "dept.college.example",
		Levels: []enrich.DomainCheck{
			{Domain: "dept.college.example", Exists: "yes", Mail: "yes", Wildcard: enrich.WildcardNone, Lookups: answered,
				SPF:   enrich.SPF{State: enrich.PolicyNone},
				DMARC: enrich.DMARC{State: enrich.PolicyFound, Domain: "college.example", Policy: "reject", Below: "reject", Percent: 100}},
			{Domain: "college.example", Exists: "yes", Mail: "yes", Exchangers: []enrich.Name{{Name: "mx.college.example"}}, Wildcard: enrich.WildcardMX, Lookups: answered,
				SPF:      enrich.SPF{State: enrich.PolicyFound, Records: []string{"v=spf1 mx ?all"}, All: "?"},
				DMARC:    enrich.DMARC{State: enrich.PolicyFound, Domain: "college.example", Policy: "none", Below: "reject", Percent: 100},
				Contacts: []enrich.Contact{{Email: "soc@college.example", Source: "abuse.net", Mail: "yes"}, {Email: "old@gone.example", Source: "SOA", Mail: "no"}}},
		},
		Registration: enrich.Registration{Contacts: []enrich.Contact{{Email: "abuse@registrar.example", Role: enrich.RoleRegistrarAbuse}}},
		Addresses: []enrich.Record{
			{Address: netip.MustParseAddr("192.0.2.1")},
			{Address: netip.MustParseAddr("192.0.2.2"), Contacts: []enrich.Contact{{Email: "noc@campus.example", Source: "RDAP"}}},
			{Address: netip.MustParseAddr("192.0.2.3"), Lookups: []enrich.Lookup{{Kind: "rdap", Outcome: enrich.OutcomeTimeout}}},
		},
		Security: enrich.SecurityTxt{Outcome: enrich.OutcomeOK, Expires: "2020-01-01T00:00:00Z", Expired: true},
	}
	got := Prepare(f, "2026-11-25T00:00:00Z")
	want := []string{
		"gap mail-to-a-host dept.college.example",
		"gap spf-missing dept.college.example",
		"gap wildcard-mx college.example",
		"gap spf-open college.example",
		"gap dmarc-none college.example",
		"gap dmarc-no-reports college.example",
		"gap contact-dead college.example",
		"gap address-contact 192.0.2.1",
		"gap security-txt dept.college.example",
		"unknown address-contact 192.0.2.3",
		"check complaints-arrive college.example",
		"check contact college.example",
		"check contact 192.0.2.2",
		"good no-wildcard dept.college.example",
		"good dmarc dept.college.example", // by sp= of the organisation
	}
	if d := cmp.Diff(want, states(got)); d != "" {
		t.Error(d)
	}
	for _, c := range got.Checks {
		if (c.State == Good) != (c.Do == "") {
			t.Errorf("%s is %s and says to do %q", c.Code, c.State, c.Do)
		}
	}
	if got.Count(Gap) != 9 {
		t.Errorf("%d gaps", got.Count(Gap))
	}
}

// Silence is no answer: what was not answered is told as unknown, never as a gap or as good.
func TestPrepareUnknown(t *testing.T) {
	got := Prepare(Facts{
		Domain: "college.example",
		Levels: []enrich.DomainCheck{
			{Domain: "college.example", Exists: "error", Mail: "error", Wildcard: enrich.WildcardError, Lookups: answered,
				SPF: enrich.SPF{State: enrich.PolicyError}, DMARC: enrich.DMARC{State: enrich.PolicyError},
				Contacts: []enrich.Contact{{Email: "a@b.example", Source: "SOA", Mail: "error"}}},
			{Domain: "offline.example", Notes: []enrich.Note{{Code: "offline", Text: "No resolver was asked."}}},
		},
	}, "")
	if len(got.Checks) != 7 {
		t.Errorf("%d checks", len(got.Checks))
	}
	for _, c := range got.Checks {
		if c.State != Open || c.Do == "" {
			t.Errorf("%s is told as %s: %s", c.Code, c.State, c.Found)
		}
	}
}

func TestPrepareGood(t *testing.T) {
	got := Prepare(Facts{
		Domain: "college.example",
		Levels: []enrich.DomainCheck{{Domain: "college.example", Exists: "yes", Mail: "no", NullMX: true, Wildcard: enrich.WildcardNullMX, Lookups: answered,
			SPF:   enrich.SPF{State: enrich.PolicyFound, Records: []string{"v=spf1 -all"}, All: "-"},
			DMARC: enrich.DMARC{State: enrich.PolicyFound, Domain: "college.example", Policy: "reject", Percent: 100, Reports: []string{"mailto:x@college.example"}}}},
		Security: enrich.SecurityTxt{Outcome: enrich.OutcomeOK, Contacts: []string{"mailto:x@college.example"}, Expires: "2030-01-01T00:00:00Z"},
	}, "")
	want := []string{"check no-contact college.example", "good null-mx college.example", "good wildcard-null-mx college.example", "good spf college.example", "good dmarc college.example", "good security-txt college.example"}
	if d := cmp.Diff(want, states(got)); d != "" {
		t.Error(d)
	}
}

package desk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrepare(t *testing.T) {
	f := Facts{
		Domain: "dept.college.example",
		Levels: []Level{
			{Name: "dept.college.example", Exists: Yes, Address: Yes, Wildcard: No},
			{Name: "college.example", Exists: Yes, MX: []string{"mx.college.example"}, Address: Yes, Wildcard: Yes,
				SPF: []string{"v=spf1 mx ?all"}, DMARC: []string{"v=DMARC1; p=none; sp=reject"}},
		},
		Contacts: []Contact{{Email: "abuse@college.example", Source: "RDAP of 192.0.2.1", Mail: Yes}, {Email: "old@gone.example", Source: "SOA", Mail: No}},
		Security: SecurityTXT{State: "expired", Detail: "since 2020-01-01"},
	}
	got := Prepare(f, "2026-11-25T00:00:00Z")
	var lines []string
	for _, c := range got.Checks {
		lines = append(lines, string(c.State)+" "+c.Code+" "+c.Name)
		if (c.State == Gap || c.State == Open) != (c.Do != "") && c.State != Look {
			t.Errorf("%s is %s and says to do %q", c.Code, c.State, c.Do)
		}
	}
	want := []string{
		"gap mail-to-a-host dept.college.example",
		"gap spf-missing dept.college.example",
		"gap wildcard-mx college.example",
		"gap spf-open college.example",
		"gap dmarc-none college.example",
		"gap dmarc-no-reports college.example",
		"gap contact-dead dept.college.example",
		"gap security-txt dept.college.example",
		"check complaints-arrive college.example",
		"check contact dept.college.example",
		"good wildcard-mx dept.college.example",
		"good dmarc dept.college.example", // by sp= of the organisation
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

// Silence is no answer: what was not answered is told as unknown and never as a gap.
func TestPrepareUnknown(t *testing.T) {
	got := Prepare(Facts{
		Domain: "college.example",
		Levels: []Level{{
			Name: "college.example", Exists: Unknown, Address: Unknown, Wildcard: Unknown,
			Errors: []string{"SPF: no answer", "DMARC: no answer"},
		}},
		Contacts: []Contact{{Email: "a@b.example", Source: "SOA", Mail: Unknown}},
		Security: SecurityTXT{State: "unknown", Detail: "no connection"},
	}, "")
	for _, c := range got.Checks {
		if c.State == Gap || c.State == Good {
			t.Errorf("%s is told as %s: %s", c.Code, c.State, c.Found)
		}
	}
}

func TestSPFAndDMARC(t *testing.T) {
	for record, want := range map[string]string{
		"v=spf1 -all": "-all", "v=spf1 mx ~ALL": "~all", "v=spf1 +all": "open", "v=spf1 all": "open", "v=spf1 mx": "open",
		"v=spf1 redirect=_spf.example": "redirect", "v=spf1 redirect=x ?all": "open", "": "open",
	} {
		if got := spfAll(record); got != want {
			t.Errorf("%q ends in %s, want %s", record, got, want)
		}
	}
	if p := tag("v=DMARC1; P = Reject ;rua=mailto:a@b.example", "p"); p != "reject" {
		t.Errorf("policy %q", p)
	}
	for _, spf := range []string{"v=spf1 -all", "v=spf1 ~all"} {
		r := Prepare(Facts{Domain: "a.example", Levels: []Level{{Name: "a.example", Exists: Yes, NullMX: true, Address: No, Wildcard: No, SPF: []string{spf}, DMARC: []string{"v=DMARC1; p=reject; rua=mailto:x@a.example"}}}, Contacts: []Contact{{Email: "x@a.example", Mail: Yes}}, Security: SecurityTXT{State: "found"}}, "")
		for _, c := range r.Checks {
			if c.State == Gap {
				t.Errorf("%s: %s %s", spf, c.Code, c.Found)
			}
			if strings.Contains(c.Found, "\n") {
				t.Errorf("%q", c.Found)
			}
		}
	}
}

package desk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
)

func TestTriage(t *testing.T) {
	got := Triage([]Message{
		{Number: 1, Class: "bounce", Priority: 5, Samples: []int{1}},
		{Number: 2, Class: "complaint", Priority: 4, Reporter: "kim@a.example", Subject: "stop it"},
		{Number: 3, Class: "complaint", Priority: 3, Reporter: "Kim@a.example", Subject: "headers", Samples: []int{1}},
		{Number: 4, Class: "complaint", Priority: 1, Reporter: "lee@b.example", Subject: "my lawyer"},
		{Number: 5, Class: "auto-reply", Priority: 5, Reporter: "pat@c.example"},
		{Number: 6, Class: "provider-report", Priority: 2, Reporter: "abuse@d.example", Samples: []int{2}},
		{Number: 7, Class: "complaint", Priority: 4, Reporter: "noreply@e.example"},
		{Number: 8, Class: "complaint", Priority: 4, Reporter: "jo@f.example", Answered: "R-jo"},
		{Number: 9, Class: "complaint", Priority: 4, Reporter: "jo@f.example"},
		{Number: 10, Class: "bounce", Priority: 5, Samples: []int{3, 1}},
		{Number: 11, Class: "reply", Priority: 4, Reporter: "max@g.example"},
		{Number: 12, Class: "complaint", Priority: 4, Reporter: ""},
		{Number: 13, Class: "complaint", Priority: 4, Reporter: "ann@h.example"},
	}, &casefile.Settings{CareContact: "Customer Care"})
	var lines []string
	for _, it := range got {
		lines = append(lines, fmt.Sprintf("%d %s %s %v %v answers %d", it.Priority, it.Answer, it.Reporter, it.Submissions, it.Samples, it.Message))
	}
	want := []string{
		"1 distressed lee@b.example [4] [] answers 4",
		"2 technical abuse@d.example [6] [2] answers 6",
		"3 first Kim@a.example [2 3] [1] answers 3",
		"4 none jo@f.example [8 9] [] answers 0",
		"4 first max@g.example [11] [] answers 11",
		"4 headers-missing ann@h.example [13] [] answers 13",
		"5 counted  [1 10] [1 3] answers 0",
		"5 counted  [5] [] answers 0",
		"5 counted  [7] [] answers 0",
		"5 counted  [12] [] answers 0",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	if it := got[0]; it.To != "Customer Care" || !strings.Contains(it.Why, "Customer Care") {
		t.Errorf("distress goes to %q: %s", it.To, it.Why)
	}
	if it := got[3]; it.Letter != "R-jo" || !strings.Contains(it.Why, "1 message has come since") {
		t.Errorf("an answered person: %+v", it)
	}
}

func TestReadUsers(t *testing.T) {
	for _, c := range []struct{ name, text, has, hasNot string }{
		{"list", "# staff\nkim@college.example\n\nLee\n", "KIM@college.example lee@dept.college.example lee+lists@college.example", "pat@college.example daemon@college.example"},
		{"passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\nkim:x:1001:1001:Kim,,,:/home/kim:/bin/sh\n", "kim@college.example root@college.example", "daemon@college.example"},
		{"ldif", "version: 1\ndn: uid=kim,ou=people\nuid: kim\nmail: Kim.Exam\n ple@college.example\nmail:: bGVlQGNvbGxlZ2UuZXhhbXBsZQ==\nproxyAddresses: SMTP:pat@college.example\nproxyAddresses: X400:c=us\ncn: nobody\n", "kim.example@college.example lee@college.example pat@college.example kim@college.example", "nobody@college.example"},
		{"byte order mark", "\ufeffkim@college.example\r\n", "kim@college.example", "lee@college.example"},
	} {
		u, err := ReadUsers(strings.NewReader(c.text), c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for a := range strings.FieldsSeq(c.has) {
			if !u.Has(a) {
				t.Errorf("%s: lacks %s", c.name, a)
			}
		}
		for a := range strings.FieldsSeq(c.hasNot) {
			if u.Has(a) {
				t.Errorf("%s: has %s", c.name, a)
			}
		}
	}
	for _, c := range []struct{ text, want string }{
		{"", "users: no address and no account in it"},
		{"kim\nkim lee\n", `users:2: "kim lee" is neither an address nor an account`},
		{"a@b@c\n", `users:1: "a@b@c" is neither an address nor an account`},
	} {
		if _, err := ReadUsers(strings.NewReader(c.text), "users"); err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestForged(t *testing.T) {
	users, err := ReadUsers(strings.NewReader("kim@college.example\n"), "users")
	if err != nil {
		t.Fatal(err)
	}
	many := []AddressCount{{"kim@college.example", 4}, {"Kim@College.example", 1}, {"x@elsewhere.example", 9}}
	for i := range 10 {
		many = append(many, AddressCount{fmt.Sprintf("q%dz@dept.college.example", i), 2})
	}
	r := NewForgedReport("college.example", "random", many, users)
	if r.Distinct != 11 || r.Messages != 25 || len(r.Existing) != 1 || r.Existing[0].Count != 5 || len(r.Unknown) != 10 {
		t.Errorf("counts: %+v", r)
	}
	if d := cmp.Diff([]SubName{{"dept.college.example", 10, 20}, {"college.example", 1, 5}}, r.Subs); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("advise-person refuse-untagged-bounces temporary-mx refuse-at-rcpt", codes(r)); d != "" {
		t.Error(d)
	}
	if why := r.Measures[3].Why; !strings.Contains(why, "20 of 25 messages (80 %)") {
		t.Error(why)
	}
	few := NewForgedReport("college.example", "", []AddressCount{
		{"postmaster@college.example", 7},
		{"offers@college.example", 3}, {"a b$(rm)\n@college.example", 1}, {"x@college.example evil", 1},
	}, nil)
	if d := cmp.Diff("alias", codes(few)); d != "" {
		t.Error(d)
	}
	if len(few.Roles) != 1 {
		t.Errorf("roles %v", few.Roles)
	}
	for _, c := range few.Measures[0].Config {
		if strings.Contains(c.Text, "rm") || strings.Contains(c.Text, "postmaster") || !strings.Contains(c.Text, "offers@college.example") {
			t.Errorf("%s:\n%s", c.Server, c.Text)
		}
	}
	if !strings.Contains(few.Measures[0].Why, "--users") || !strings.Contains(few.Measures[0].Caution, "1 address is written so") {
		t.Errorf("%+v", few.Measures[0])
	}
	if none := NewForgedReport("college.example", "", nil, nil); len(none.Measures) != 0 {
		t.Errorf("%+v", none)
	}
}

func codes(r ForgedReport) string {
	var all []string
	for _, m := range r.Measures {
		all = append(all, m.Code)
	}
	return strings.Join(all, " ")
}

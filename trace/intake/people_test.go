package intake

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTell holds who reported what to whom, and by which way its sample came.
func TestTell(t *testing.T) {
	type told struct {
		Class                        Class
		Reporter, Subject, MessageID string
		Time                         time.Time
		Forged, Recipients           []string
		Via                          Class
		By                           string
	}
	at := time.Date(2007, 3, 13, 10, 2, 0, 0, time.UTC)
	forged, pat := []string{"m.hale@dept.college.example"}, []string{"pat@victim.example"}
	tests := map[string]told{
		"001-spam.eml": {
			Class: ClassSample, Subject: "Great meds, lowest price", MessageID: "001c7$6a1@winbox",
			Time: time.Date(2007, 3, 12, 8, 11, 50, 0, time.UTC), Forged: forged, Recipients: pat,
		},
		"100-attached.eml":            {Class: ClassComplaint, Reporter: "jo@sender.example", Forged: forged, Recipients: pat, Via: ClassComplaint, By: "sender.example"},
		"200-dsn-postfix.eml":         {Class: ClassBounce, Reporter: "MAILER-DAEMON@mx.victim.example", Forged: forged, Recipients: pat, Via: ClassBounce, By: "mx.victim.example"},
		"220-qmail.eml":               {Class: ClassBounce, Reporter: "MAILER-DAEMON@mx.victim.example", Forged: forged, Recipients: pat, Via: ClassBounce, By: "mx.victim.example"},
		"254-bounce-forwarded.eml":    {Class: ClassBounce, Reporter: "jo@sender.example", Forged: forged, Recipients: pat, Via: ClassBounce, By: "mx.victim.example"},
		"400-plain.eml":               {Class: ClassComplaint, Reporter: "jo@sender.example", Forged: []string{}, Recipients: []string{}},
		"430-reply.eml":               {Class: ClassReply, Reporter: "pat@victim.example", Forged: forged, Recipients: []string{}},
		"500-arf.eml":                 {Class: ClassProviderReport, Reporter: "fbl@isp.example", Forged: forged, Recipients: pat, Via: ClassProviderReport, By: "isp.example"},
		"055-pasted-bold.txt":         {Class: ClassSample, Forged: forged, Recipients: pat},
		"513-complaint-passed-on.eml": {Class: ClassProviderReport, Reporter: "abuse@isp.example", Forged: forged, Recipients: pat, Via: ClassComplaint, By: "sender.example"},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			n := 0
			err := Sorter{Domains: []string{"dept.college.example"}}.Walk(context.Background(), []string{filepath.Join(casesDir, "cases", name)}, nil, func(s *Submission) error {
				n++
				got := told{Class: s.Class, Reporter: s.Reporter, Subject: s.Subject, MessageID: s.MessageID, Time: s.Time, Forged: s.Forged, Recipients: s.Recipients}
				if len(s.Samples) > 0 {
					got.Via, got.By = s.Samples[0].Via, s.Samples[0].By
				}
				if want.Class != ClassSample {
					if want.Time = at; got.Subject == "" || got.MessageID != "a1b2@mail.sender.example" {
						t.Errorf("subject %q, message-id %q", got.Subject, got.MessageID)
					}
					got.Subject, got.MessageID = "", ""
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				return nil
			})
			if err != nil || n != 1 {
				t.Error(n, err)
			}
		})
	}
}

// TestBounceDetails holds what a bounce says of why and when, in a DSN and in the words of
// the time before.
func TestBounceDetails(t *testing.T) {
	sendmail := "Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@mx.victim.example>\nTo: <m.hale@dept.college.example>\n" +
		"Date: Tue, 13 Mar 2007 11:02:00 +0100\nSubject: Returned mail: User unknown\n\n" +
		"The original message was received at Mon, 12 Mar 2007 09:14:04 +0100\nfrom relay1.example.net [198.51.100.11]\n\n" +
		"   ----- The following addresses had permanent fatal errors -----\n<pat@victim.example>\n\n" +
		"   ----- Transcript of session follows -----\n... while talking to mx2.victim.example.:\n>>> RCPT To:<pat@victim.example>\n" +
		"<<< 550 5.1.1 <pat@victim.example>... User unknown\n550 <pat@victim.example>... User unknown\n"
	all, _ := sortBytes(t, []byte(sendmail))
	want := &Bounce{
		Forged: "m.hale@dept.college.example", Reporter: "mx.victim.example", ReceivedFrom: "relay1.example.net [198.51.100.11]",
		Arrival: "Mon, 12 Mar 2007 09:14:04 +0100", ArrivalTime: time.Date(2007, 3, 12, 8, 14, 4, 0, time.UTC),
		Date: "Tue, 13 Mar 2007 11:02:00 +0100", Time: time.Date(2007, 3, 13, 10, 2, 0, 0, time.UTC), Family: "sendmail",
		Recipients: []Recipient{{
			Address: "pat@victim.example", Action: "failed", Status: "5.1.1", Reply: 550, Remote: "mx2.victim.example",
			Diagnostic: "<<< 550 5.1.1 <pat@victim.example>... User unknown",
		}},
	}
	if diff := cmp.Diff(want, all[0].Bounce); diff != "" {
		t.Error(diff)
	}
	qmail := strings.NewReplacer("Mail Delivery Subsystem <MAILER-DAEMON@mx.victim.example>", "MAILER-DAEMON@victim.example").Replace(sendmail[:strings.Index(sendmail, "The original")]) +
		"Hi. This is the qmail-send program at mx3.victim.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n" +
		"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<pat@victim.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
	all, _ = sortBytes(t, []byte(qmail))
	want = &Bounce{
		Forged: "m.hale@dept.college.example", Reporter: "mx3.victim.example", Date: want.Date, Time: want.Time, Family: "qmail",
		Recipients: []Recipient{{Address: "pat@victim.example", Action: "failed", Status: "5.1.1", Diagnostic: "Sorry, no mailbox here by that name. (#5.1.1)"}},
	}
	if diff := cmp.Diff(want, all[0].Bounce); diff != "" {
		t.Error(diff)
	}
}

func TestAddressesIn(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   nil,
		"@":                                  nil,
		"a@":                                 nil,
		"@b":                                 nil,
		"Joe <joe@example.org>, x@b.example": {"joe@example.org", "x@b.example"},
		"'joe@example.org'":                  {"joe@example.org"},
		"a@b@c.example":                      {"a@b", "b@c.example"},
		"joe@example.org.":                   {"joe@example.org"},
		"joe@example.org (Joe)":              {"joe@example.org"},
		"a@..":                               nil,
	} {
		if diff := cmp.Diff(want, addressesIn(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestDateOutsideOfTheYears: a zone cannot lead out of the years that JSON and RFC 3339 have,
// neither that of a message nor that of a bounce.
func TestDateOutsideOfTheYears(t *testing.T) {
	for _, date := range []string{"Fri, 31 Dec 9999 23:59:00 -1200", "31 Dec 9999 23:59 -0001", "Sat, 1 Jan 0000 00:00:00 +1200"} {
		if got := parseDate(date); !got.IsZero() {
			t.Errorf("%s: %v", date, got)
		}
		all, _ := sortBytes(t, []byte("Return-Path: <>\nFrom: Mail Delivery Subsystem <MAILER-DAEMON@mx.victim.example>\nTo: <m.hale@dept.college.example>\n"+
			"Date: "+date+"\nSubject: Returned mail: User unknown\n\n"+
			"The original message was received at "+date+"\nfrom relay1.example.net [198.51.100.11]\n\n"+
			"   ----- The following addresses had permanent fatal errors -----\n<pat@victim.example>\n"))
		if b := all[0].Bounce; b == nil || !b.Time.IsZero() || !b.ArrivalTime.IsZero() || !all[0].Time.IsZero() {
			t.Errorf("%s: %+v", date, b)
		}
	}
	if got, want := parseDate("Fri, 31 Dec 9999 23:59:00 +0000"), time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC); got != want {
		t.Error(got)
	}
}

package desk

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	relayA = netip.MustParseAddr("192.0.2.25")
	asked  = []Wanted{
		{Sample: 1, Relay: relayA, QueueID: "KAA235036", MessageID: "a1@forged.example"},
		{Sample: 2, Relay: relayA, QueueID: "KAA235036", MessageID: "a1@forged.example"},
		{Sample: 3, Relay: relayA, QueueID: "3A5C2B1F04", MessageID: "b2@forged.example"},
		{Sample: 4, Relay: relayA, QueueID: "17kABC-0001Xy-00", MessageID: "c3@forged.example"},
		{Sample: 5, Relay: relayA, QueueID: "deadbeef", MessageID: "d4@forged.example"},
		{Sample: 6, Relay: relayA, MessageID: "e5@forged.example"},
		{Sample: 7, Relay: relayA, QueueID: "ZZA70007", Perhaps: true},
		{Sample: 8, Relay: relayA, MessageID: "f6@forged.example"},
		{Sample: 8, Relay: netip.MustParseAddr("192.0.2.26"), MessageID: "f6@forged.example"},
	}
)

func TestReadAnswer(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Disclosure
	}{
		{"sendmail", `Dear colleague,
we found this in maillog:

> Aug 30 10:19:42 alpha03 sendmail[235036]: KAA235036: from=<x@dept.college.example>, size=1893, class=0, pri=31893,
> nrcpts=1, msgid=<a1@forged.example>, proto=SMTP, relay=dsl.example [198.51.100.7] (may be forged)
> Aug 30 10:19:44 alpha03 sendmail[235040]: KAA235036: to=<v@victim.example>, delay=00:00:02, mailer=esmtp,
> relay=mx.victim.example. [203.0.113.9], stat=Sent

Regards, postmaster (10.1.1.1)`,
			[]Disclosure{{Line: 4, Software: "sendmail", QueueID: "KAA235036", Match: MatchQueueID, Relay: relayA,
				Samples: []int{1, 2}, Client: netip.MustParseAddr("198.51.100.7"), Name: "dsl.example"}}},
		{"sendmail, no name, ident", `Aug 30 10:19:42 a sm-mta[1]: KAA235036: from=<x@y>, relay=IDENT:root@[198.51.100.7]`,
			[]Disclosure{{Line: 1, Software: "sendmail", QueueID: "KAA235036", Match: MatchQueueID, Relay: relayA,
				Samples: []int{1, 2}, Client: netip.MustParseAddr("198.51.100.7")}}},
		{"sendmail, another message", `Aug 30 10:19:42 a sm-mta[1]: KAA999999: from=<x@y>, relay=h.example [198.51.100.7]`, []Disclosure{}},
		{"sendmail, another message that bears the same Message-ID", `Aug 30 10:19:42 a sm-mta[1]: KAA999999: from=<x@y>, msgid=<a1@forged.example>, relay=h.example [198.51.100.7]`, []Disclosure{}},
		{"sendmail, ID inside another word", `Aug 30 10:19:42 a sm-mta[1]: XKAA235036: from=<x@y>, relay=h.example [198.51.100.7]`, []Disclosure{}},
		{"postfix", `Nov  2 03:04:05 mx postfix/smtpd[77]: 3A5C2B1F04: client=unknown[2001:db8::7], sasl_method=LOGIN, sasl_username=kim
Nov  2 03:04:06 mx postfix/smtp[79]: 3A5C2B1F04: to=<v@victim.example>, relay=mx.victim.example[203.0.113.9]:25, status=sent`,
			[]Disclosure{{Line: 1, Software: "postfix", QueueID: "3A5C2B1F04", Match: MatchQueueID, Relay: relayA,
				Samples: []int{3}, Client: netip.MustParseAddr("2001:db8::7"), Auth: "kim"}}},
		{"postfix, re-injected by a filter", `2026-11-02T03:04:05.1+00:00 mx postfix/smtpd[77]: 3A5C2B1F04: client=localhost[127.0.0.1], orig_queue_id=9AA, orig_client=h.example[198.51.100.7]`,
			[]Disclosure{{Line: 1, Software: "postfix", QueueID: "3A5C2B1F04", Match: MatchQueueID, Relay: relayA,
				Samples: []int{3}, Client: netip.MustParseAddr("198.51.100.7"), Name: "h.example"}}},
		{"exim", `2002-08-30 10:19:42 17kABC-0001Xy-00 <= x@dept.college.example H=dsl.example (winbox) [198.51.100.7]:4242 P=smtp S=1893 id=c3@forged.example
2002-08-30 10:19:43 17kABC-0001Xy-00 => v@victim.example R=dnslookup T=remote_smtp H=mx.victim.example [203.0.113.9]`,
			[]Disclosure{{Line: 1, Software: "exim", QueueID: "17kABC-0001Xy-00", Match: MatchQueueID, Relay: relayA,
				Samples: []int{4}, Client: netip.MustParseAddr("198.51.100.7"), Name: "dsl.example", HELO: "winbox"}}},
		{"exim, inside", `2002-08-30 10:19:42 17kABC-0001Xy-00 <= x@y H=(winbox) [10.0.0.7] P=smtp`,
			[]Disclosure{{Line: 1, Software: "exim", QueueID: "17kABC-0001Xy-00", Match: MatchQueueID, Relay: relayA,
				Samples: []int{4}, Client: netip.MustParseAddr("10.0.0.7"), HELO: "winbox",
				Unfit: "a private address, inside the owner's network: ask which machine or customer it was"}}},
		{"opensmtpd", `Nov  2 03:04:05 mx smtpd[7]: 0123456789abcdef smtp connected address=198.51.100.7 host=dsl.example
Nov  2 03:04:06 mx smtpd[7]: 0123456789abcdef smtp message msgid=deadbeef size=1893 nrcpt=1 proto=ESMTP`,
			[]Disclosure{{Line: 2, Software: "opensmtpd", QueueID: "deadbeef", Match: MatchQueueID, Relay: relayA,
				Samples: []int{5}, Client: netip.MustParseAddr("198.51.100.7"), Name: "dsl.example"}}},
		{"exchange", `#Fields: date-time,client-ip,client-hostname,source,event-id,message-id
2026-11-02T03:04:05.000Z,198.51.100.7,dsl.example,SMTP,RECEIVE,<e5@forged.example>
2026-11-02T03:04:06.000Z,203.0.113.9,mx,SMTP,SEND,<e5@forged.example>`,
			[]Disclosure{{Line: 2, Software: "exchange", Match: MatchMessageID, Relay: relayA,
				Samples: []int{6}, Client: netip.MustParseAddr("198.51.100.7"), Name: "dsl.example"}}},
		{"an ID in a field that others may have written", `Aug 30 10:19:42 a sm-mta[1]: ZZA70007: from=<x@y>, relay=h.example [198.51.100.7]`,
			[]Disclosure{{Line: 1, Software: "sendmail", QueueID: "ZZA70007", Match: MatchFieldID, Relay: relayA,
				Samples: []int{7}, Client: netip.MustParseAddr("198.51.100.7"), Name: "h.example"}}},
		{"two hosts asked about bear the Message-ID", `#Fields: client-ip,source,event-id,message-id
2026-11-02T03:04:05.000Z,SMTP,RECEIVE,<f6@forged.example>
198.51.100.7,SMTP,RECEIVE,<f6@forged.example>
2026-11-02 03:04:05 17kZZZ-0001Xy-00 <= x@y H=h.example [198.51.100.7] P=smtp id=f6@forged.example`,
			[]Disclosure{{Line: 4, Software: "exim", QueueID: "17kZZZ-0001Xy-00", Match: MatchMessageID, Relay: relayA, Samples: []int{8},
				Client: netip.MustParseAddr("198.51.100.7"), Name: "h.example",
				Unfit: "more than one of the hosts asked about could have written this line: ask whose log it is"}}},
		{"prose is not searched", `The message KAA235036 came from 198.51.100.7 we think.`, []Disclosure{}},
		{"empty", "", []Disclosure{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ReadAnswer(c.text, asked)
			if d := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Disclosure{}, "Text"), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				t.Error(d)
			}
		})
	}
}

// A wanted queue ID in a line is never enough: whatever surrounds it, an address that is
// told stands in the line, and the line bears the ID.
func FuzzReadAnswer(f *testing.F) {
	f.Add("Aug 30 10:19:42 a sm-mta[1]: KAA235036: from=<x@y>, relay=h.example [198.51.100.7]")
	f.Add("2002-08-30 10:19:42 17kABC-0001Xy-00 <= x@y H=(winbox) [10.0.0.7] P=smtp")
	f.Add("> Nov  2 03:04:05 mx postfix/smtpd[77]: 3A5C2B1F04: client=unknown[2001:db8::7]")
	f.Add("#Fields: source,event-id,client-ip,message-id\n2026-11-02 00:00:00,SMTP\nSMTP,RECEIVE,1.2.3.4,e5@forged.example")
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range ReadAnswer(text, asked) {
			if !d.Client.IsValid() || len(d.Samples) == 0 || !d.Relay.IsValid() {
				t.Fatalf("nothing is told by %+v", d)
			}
			if d.Match != MatchMessageID && d.Software != "opensmtpd" && !strings.Contains(d.Text, d.QueueID) {
				t.Fatalf("%q does not bear %s", d.Text, d.QueueID)
			}
			if d.Line < 1 || d.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("line %d of %q", d.Line, text)
			}
		}
	})
}

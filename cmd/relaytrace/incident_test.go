package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relaytrace/casefile/casetest"
	"relaytrace/enrich/enrichtest"
)

// The incident of testdata/incident: one run of spam with 400 submissions in three waves.
// Twelve of them are complaints about mail that came through two relays which hid the hop
// before, in mail of their own: relayA, relayB behind it, and the origin behind both.
const (
	relayA, holderA = "62.4.1.10", "relaya"
	relayB, holderB = "66.5.1.20", "relayb"
	origin, holderC = "62.6.1.77", "origin"
	hiddenMails     = 12
	incidentMails   = 400
)

// TestIncident goes through an incident from the first bounce to the closing, as the desk
// would, and holds every number to what the generator knows.
func TestIncident(t *testing.T) {
	servers := incidentServers(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/incident",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "nothing"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "kept"))
			return writeIncident(e, servers)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "letter": findLetter, "replies": findReplies},
	})
}

// incidentServers starts the registries that answer for the relays' networks.
func incidentServers(t *testing.T) []byte {
	nets := []enrichtest.Net{}
	for prefix, holder := range map[string]string{"62.4.0.0/16": holderA, "62.6.0.0/16": holderC, "80.18.0.0/15": "runrelays"} {
		nets = append(nets, enrichtest.Prefix("RIPE NCC", prefix, holder, "GB"))
	}
	// Of this one the registry names a technical contact too.
	nets = append(nets, enrichtest.Prefix("ARIN", "66.5.0.0/16", holderB, "US"))
	w := enrichtest.Start(t, nets...)
	w.SetZones(map[string][]string{})
	var b strings.Builder
	fmt.Fprintf(&b, "resolver = %q\n", w.Resolver())
	for table, to := range map[string]map[string]string{"rdap": w.RDAP(), "whois": w.WHOIS()} {
		fmt.Fprintf(&b, "[%s]\n", table)
		for name, url := range to {
			fmt.Fprintf(&b, "%q = %q\n", name, url)
		}
	}
	return []byte(b.String())
}

// writeIncident writes the three waves, the settings and the answers of the relays' owners,
// and sets the numbers that are true of them as variables of the script.
func writeIncident(e *testscript.Env, servers []byte) error {
	m := casetest.New(casetest.Config{Seed: 7, Incidents: 1, Relays: 8, Noise: 0.04})
	domain := m.Incidents[0].Domains[0]
	truth := map[string]int{}
	people := []map[string]bool{{}, {}, {}}
	for n := range incidentMails {
		wave := min(n*3/incidentMails, 2)
		msg := m.Message(n)
		data, class, reporter := onTheInternet(msg.Data), msg.Class, msg.Reporter
		if n%33 == 32 {
			data, reporter = hiddenMail(n, domain)
			class = "complaint"
			truth["HIDDEN"]++
		}
		name := filepath.Join(e.WorkDir, fmt.Sprintf("wave%d", wave+1), fmt.Sprintf("%04d.eml", n))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
		in := fmt.Sprintf("WAVE%d", wave+1)
		truth[in]++
		truth[in+"_"+strings.ToUpper(strings.ReplaceAll(class, "-", "_"))]++
		if msg.Sample || n%33 == 32 {
			truth[in+"_WITH"]++
		}
		if slices.Contains([]string{"complaint", "provider-report", "reply"}, class) {
			people[wave][strings.ToLower(reporter)] = true
		}
	}
	met := map[string]bool{}
	for i, wave := range people {
		fresh := 0
		for who := range wave {
			if !met[who] {
				fresh++
			}
			met[who] = true
		}
		truth[fmt.Sprintf("PEOPLE%d", i+1)] = fresh
	}
	truth["PEOPLE23"] = truth["PEOPLE2"] + truth["PEOPLE3"]
	for name, n := range truth {
		e.Setenv(name, fmt.Sprint(n))
	}
	settings := fmt.Sprintf("organisation = \"Example College\"\ndomain = %q\nreporter = \"Robin Example\"\nreply_to = \"incident@csirt.example\"\njanet = [\"irt@janet.example\"]\ncare_contact = \"Pat Example\"\n", domain)
	for name, text := range map[string]string{
		"incident.toml": settings + string(servers),
		"answerA.eml":   ownersAnswer("postmaster@"+holderA+".example", "QA", relayA, relayB),
		"answerB.eml":   ownersAnswer("postmaster@"+holderB+".example", "QB", relayB, origin),
		"bounceB.eml":   bounceOf("abuse@" + holderB + ".example"),
		"vacation.eml":  "From: postmaster@relayb.example\nTo: incident@csirt.example\nSubject: Out of office: Case\nAuto-Submitted: auto-replied\nDate: Mon, 2 Nov 2026 09:00:00 +0000\nMessage-ID: <v@relayb.example>\n\nI am out of the office until Monday.\n",
		"users.txt":     "kim@" + domain + "\n",
	} {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// onTheInternet moves a message of the generator from the networks for benchmarks and
// documentation, about which no registry is asked, to ones that somebody answers for.
func onTheInternet(data []byte) []byte {
	for from, to := range map[string]string{"198.18.": "80.18.", "198.19.": "80.19."} {
		data = bytes.ReplaceAll(data, []byte(from), []byte(to))
	}
	return data
}

// hiddenMail is a complaint with a sample that went through relayB and relayA, both of
// which leave out the hop before.
func hiddenMail(n int, domain string) (data []byte, reporter string) {
	reporter = fmt.Sprintf("reader%d@victim%d.example", n, n)
	at := time.Date(2026, 10, 30, 18, n%60, 0, 0, time.UTC)
	host := "mx." + strings.SplitN(reporter, "@", 2)[1]
	sample := fmt.Sprintf("Return-Path: <offer%[1]d@%[2]s>\nReceived: from mail.%[5]s.example (mail.%[5]s.example [%[6]s])\n\tby %[4]s (Postfix) with ESMTP id %[7]s\n\tfor <%[3]s>; %[8]s\n"+
		"Received: by mail.%[5]s.example (8.11.6/8.11.6) id QA%06[1]d;\n\t%[9]s\nReceived: by mail.%[10]s.example (8.11.6/8.11.6) id QB%06[1]d;\n\t%[11]s\n"+
		"From: offer%[1]d@%[2]s\nTo: %[3]s\nSubject: Cheap loans number %[1]d\nMessage-ID: <hidden%[1]d@%[2]s>\nDate: %[11]s\n\nBorrow now, number %[1]d.\n",
		n, domain, reporter, host, holderA, relayA, fmt.Sprintf("%09X", 0x1A2B3C000+n), at.Add(4*time.Second).Format(time.RFC1123Z), at.Add(2*time.Second).Format(time.RFC1123Z), holderB, at.Format(time.RFC1123Z))
	return []byte(fmt.Sprintf("Return-Path: <%[1]s>\nReceived: from %[2]s (%[2]s [192.0.2.9])\n\tby mx.%[3]s (Postfix) with ESMTP id 4F%07[5]d;\n\t%[4]s\nFrom: Reader <%[1]s>\nTo: abuse@%[3]s\nSubject: Spam from your domain\nMessage-ID: <c%[5]d@%[2]s>\nDate: %[4]s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b%[5]d\"\n\n--b%[5]d\nContent-Type: text/plain\n\nPlease stop sending me this spam. I never asked for it.\n\n--b%[5]d\nContent-Type: message/rfc822\n\n%[6]s\n--b%[5]d--\n",
		reporter, host, domain, at.Add(time.Hour).Format(time.RFC1123Z), n, sample)), reporter
}

// ownersAnswer is a mail with the log lines of all the hidden mails: from the client that
// the relay had them from, and to where it delivered them, which is no answer to the question.
func ownersAnswer(from, id, relay, client string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\nTo: incident@csirt.example\nSubject: Re: please preserve mail logs\nDate: Mon, 2 Nov 2026 09:00:00 +0000\nMessage-ID: <a@%s>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\nHello,\n\nthis is what we have:\n\n", from, strings.SplitN(from, "@", 2)[1])
	for n := 32; n < incidentMails; n += 33 {
		fmt.Fprintf(&b, "Oct 30 18:%02d:00 mail sendmail[%d]: %s%06d: from=<offer@x.example>, size=900, nrcpts=1, proto=SMTP, relay=host.example [%s]\n", n%60, n, id, n, client)
		fmt.Fprintf(&b, "Oct 30 18:%02d:02 mail sendmail[%d]: %s%06d: to=<v@victim.example>, relay=mx.victim.example. [203.0.113.9], stat=Sent\n", n%60, n, id, n)
	}
	b.WriteString("\nRegards\n")
	return b.String()
}

// bounceOf is a delivery status notification about a letter of ours.
func bounceOf(to string) string {
	return fmt.Sprintf("From: Mail Delivery System <MAILER-DAEMON@csirt.example>\nTo: incident@csirt.example\nSubject: Undelivered Mail Returned to Sender\nDate: Mon, 2 Nov 2026 12:00:00 +0000\nMessage-ID: <b@csirt.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n<%[1]s>: 550 5.1.1 User unknown\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.csirt.example\n\nFinal-Recipient: rfc822; %[1]s\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b--\n", to)
}

// findLetter NAME FOLDER PATTERN sets the variable NAME to the name of the letter in FOLDER
// that matches, the last where several do.
func findLetter(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: letter NAME FOLDER PATTERN")
	}
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[1]), args[2]+".eml"))
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("no letter matches %s", args[2])
	}
	ts.Setenv(args[0], strings.TrimSuffix(filepath.Base(found[len(found)-1]), ".eml"))
}

// findReplies FOLDER sets REPLIES to the name of one reply and the variables REPLY1 and on
// to nothing: testscript splits no variable, so that all but the last are sent here.
func findReplies(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "letters", "reply-*.eml"))
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("no reply is drafted")
	}
	names := []string{"sent", "--now", "2026-10-31T12:00:00Z", args[0]}
	for _, f := range found {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".eml"))
	}
	ts.Setenv("REPLIES", names[len(names)-1])
	ts.Check(ts.Exec("relaytrace", names[:len(names)-1]...))
}

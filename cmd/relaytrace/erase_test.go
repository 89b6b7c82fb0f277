package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const complaintOfAnn = `Received: from mail.isp.example (mail.isp.example [192.0.2.44]) by mx.college.example (8.12.1/8.12.1) with ESMTP id g9KA00001 for <abuse@college.example>; Thu, 21 Feb 2002 10:01:00 GMT
From: Ann Lee <ann@isp.example>
Reply-To: Ann.Lee@home.example
To: abuse@college.example
Subject: spam from you
Message-ID: <c1@isp.example>
Date: Thu, 21 Feb 2002 10:00:00 GMT
MIME-Version: 1.0
Content-Type: message/rfc822

Received: from relay.mill.example (relay.mill.example [198.51.100.7]) by mx.isp.example (8.11.6/8.11.6) with ESMTP id g1KA00001 for <ann@isp.example>; Wed, 20 Feb 2002 10:01:00 GMT
Received: from unknown (HELO x) ([203.0.113.9]) by relay.mill.example (8.9.3/8.9.3) with SMTP id KAA00001; Wed, 20 Feb 2002 10:00:00 GMT
From: a@dept.college.example
To: ann@isp.example
Subject: buy
Message-ID: <1@x.example>

Buy now.
`

const answerOfAnn = `From: Ann Lee <ann.lee@home.example>
To: abuse@college.example
Subject: Re: spam from you
Message-ID: <c2@home.example>
Date: Thu, 21 Feb 2002 12:00:00 GMT

Thank you. Ring me at home: 01234 567890.
`

const bounceOfAnn = `From: MAILER-DAEMON@mx.college.example
To: abuse@college.example
Subject: Undelivered Mail Returned to Sender
Date: Thu, 21 Feb 2002 13:00:00 GMT
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<ann.lee@home.example>: mailbox is full

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.college.example

Final-Recipient: rfc822; ann.lee@home.example
Action: failed
Status: 5.2.2

--b--
`

// TestErasedStandsNowhere holds that of a reporter who was answered, at an address other
// than the one he wrote from, nothing is left in the case folder, whichever of the two is
// named: not in the store, the letters, what came back on them, the log, nor the exports.
func TestErasedStandsNowhere(t *testing.T) {
	for _, name := range []string{"ann@isp.example", "ann.lee@home.example"} {
		in, dir := t.TempDir(), filepath.Join(t.TempDir(), "case")
		for file, text := range map[string]string{
			"complaint.eml": complaintOfAnn, "answer.eml": answerOfAnn, "bounce.eml": bounceOfAnn,
			"t.toml": "organisation = \"College\"\ndomain = \"dept.college.example\"\nreply_to = \"abuse@college.example\"\noffline = true\n",
		} {
			if err := os.WriteFile(filepath.Join(in, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		config := filepath.Join(in, "t.toml")
		onFolder(t, t.Context(), exitOK, "case", "--now", "2026-07-01T12:00:00Z", "--config", config, "-o", dir, filepath.Join(in, "complaint.eml"))
		onFolder(t, t.Context(), exitOK, "desk", "--now", "2026-07-01T13:00:00Z", dir)
		found, err := filepath.Glob(filepath.Join(dir, "letters", "reply-*.txt"))
		if err != nil || len(found) != 1 {
			t.Fatalf("replies: %v %v", found, err)
		}
		letter := strings.TrimSuffix(filepath.Base(found[0]), ".txt")
		onFolder(t, t.Context(), exitOK, "sent", "--now", "2026-07-01T14:00:00Z", dir, letter)
		onFolder(t, t.Context(), exitOK, "answered", "--now", "2026-07-02T12:00:00Z", dir, letter, "--config", config, "--file", filepath.Join(in, "answer.eml"))
		out := onFolder(t, t.Context(), exitOK, "answered", "--now", "2026-07-02T13:00:00Z", dir, letter, "--config", config, "--file", filepath.Join(in, "bounce.eml"))
		if !strings.Contains(out, "came back from Ann.Lee@home.example") {
			t.Fatalf("it is no bounce: %s", out)
		}
		for _, where := range []string{"letters", "correspondence", "case.db", "case.json", "exports/letters.csv"} {
			if len(naming(t, filepath.Join(dir, where))) == 0 {
				t.Errorf("before, %s does not name the reporter: the test shows nothing", where)
			}
		}
		out = onFolder(t, t.Context(), exitOK, "erase", "--now", "2026-07-03T12:00:00Z", dir, name)
		if !strings.Contains(out, "Erased: 1 submission, 1 sample, 1 letter") {
			t.Errorf("%s: %s", name, out)
		}
		if left := naming(t, dir); len(left) > 0 {
			t.Errorf("%s is erased, and these still name the reporter: %v", name, left)
		}
		onFolder(t, t.Context(), exitOK, "verify", dir)
	}
}

// naming gives the files below a folder that hold what is Ann's.
func naming(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		data = bytes.ToLower(data)
		for _, secret := range []string{"ann@isp", "ann.lee", "ann lee", "01234 567890", "c1@isp"} {
			if bytes.Contains(data, []byte(secret)) {
				out = append(out, name+": "+secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

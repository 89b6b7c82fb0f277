package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relaytrace/trace/header"
)

// attachedSpam is a sample whose subject is as given.
func attachedSpam(subject string) string {
	return "Return-Path: <x@dept.college.example>\n" +
		"Received: from mail.relay.example (mail.relay.example [198.51.100.7]) by mx.victim.example (Postfix) with ESMTP id 3F0001A for <pat@victim.example>; Mon, 12 Mar 2007 09:11:04 +0100\n" +
		"From: x@dept.college.example\nTo: pat@victim.example\nSubject: " + subject + "\nMessage-ID: <1@dept.college.example>\nDate: Mon, 12 Mar 2007 08:11:00 +0000\n\n" +
		strings.Repeat("Borrow now. ", 1000) + "\n"
}

// complaintWith is a complaint with a part of the given header and body.
func complaintWith(fields, body string) string {
	return "Return-Path: <pat@victim.example>\nReceived: from o.victim.example (o.victim.example [192.0.2.9]) by mx.dept.college.example (Postfix) with ESMTP id 4F0001A; Mon, 12 Mar 2007 10:00:00 +0100\n" +
		"From: pat@victim.example\nTo: abuse@dept.college.example\nSubject: Spam from your domain\nMessage-ID: <c@victim.example>\nDate: Mon, 12 Mar 2007 10:00:00 +0100\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nPlease stop sending me this spam. I never asked for it.\n\n--b\n" +
		fields + "\n\n" + body + "\n--b--\n"
}

func inBase64(text string) string {
	return brokenEvery(base64.StdEncoding.EncodeToString([]byte(text)), 76, "\n")
}

// brokenEvery puts a line end behind every n characters.
func brokenEvery(text string, n int, end string) string {
	var b strings.Builder
	for ; len(text) > n; text = text[n:] {
		b.WriteString(text[:n] + end)
	}
	return b.String() + text
}

func inUTF16(text string) string {
	var b strings.Builder
	b.WriteString("\xFF\xFE")
	for _, c := range []byte(text) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

// TestAttached holds that a sample is found however it is attached, and nothing where none is.
func TestAttached(t *testing.T) {
	const eml = "Content-Type: application/octet-stream; name=\"spam.eml\"\nContent-Transfer-Encoding: base64"
	as := func(typ string) string { return "Content-Type: " + typ + "\nContent-Transfer-Encoding: base64" }
	plain := attachedSpam("Cheap loans")
	code := base64.StdEncoding.EncodeToString([]byte(plain))
	var stored bytes.Buffer
	z := zip.NewWriter(&stored)
	f, err := z.CreateHeader(&zip.FileHeader{Name: "spam.eml", Method: zip.Store})
	if err == nil {
		_, err = f.Write([]byte(plain))
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, fields, body string
		want               string // a step of its decoding; "-" for no sample
	}{
		{"as it is", eml, inBase64(plain), stepBase64},
		{"lines of an odd length", eml, brokenEvery(code, 77, "\n"), stepBase64},
		{"one line", eml, code, stepBase64},
		{"spaces in it", eml, brokenEvery(code, 60, " \n  "), stepBase64},
		{"no padding", eml, strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(plain+"x")), "="), stepBase64},
		{"CRs", eml, brokenEvery(code, 76, "\r\r\n"), stepBase64},
		{"a comment behind the encoding", eml + " (as is usual)", code, stepBase64},
		{"NULs in the subject", eml, inBase64(attachedSpam("Cheap" + strings.Repeat("\x00", 500) + "loans")), stepBase64},
		{"control characters before all", eml, inBase64("X-Junk: " + strings.Repeat("\x01", 1900) + "\n" + plain), stepBase64},
		{"From: far below", eml, inBase64(strings.Replace(plain, "From:", strings.Repeat("X-Junk: "+strings.Repeat("a", 900)+"\n", 80)+"From:", 1)), stepBase64},
		{"a type of its own", as("application/x-eml"), code, stepBase64},
		{"nearly the right type", as("message/x-rfc822"), code, stepBase64},
		{"a document's type", as("application/pdf"), code, stepBase64},
		{"a picture's type", as("image/jpeg; name=a.jpg"), code, stepBase64},
		{"a piece of a message", "Content-Type: message/partial; id=x; number=1; total=1", plain, ""},
		{"UTF-16", as("application/octet-stream; name=spam.txt"), inBase64(inUTF16(plain)), stepUTF16},
		{"UTF-16, as text", as("text/plain; charset=utf-16; name=spam.txt") + "\nContent-Disposition: attachment", inBase64(inUTF16(plain)), stepUTF16},
		{"UTF-16, below words", as("text/plain; charset=utf-16; name=spam.txt"), inBase64(inUTF16("Look at this:\n\n" + plain)), stepUTF16},
		{"a text file, below words", as("application/octet-stream; name=spam.txt"), inBase64("Look at this:\n\n" + plain), stepBase64},
		{"stored in a zip", as("application/zip; name=a.zip"), inBase64(stored.String()), stepUnpacked},
		{"a document", as("application/pdf"), inBase64("%PDF-1.4\n" + plain), "-"},
		{"a picture", as("application/octet-stream"), inBase64(strings.Repeat("\x00\x01\x02picture", 2000) + "\n" + plain), "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			err := Sorter{}.Walk(context.Background(), []string{Stdin}, strings.NewReader(complaintWith(tt.fields, tt.body)), func(s *Submission) error {
				for _, one := range s.Samples {
					if one.Part != "" {
						got = append(got, fmt.Sprint(one.Decoded))
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if ok := len(got) == 1 && strings.Contains(got[0], tt.want); ok == (tt.want == "-") {
				t.Errorf("samples, by how they were decoded: %q", got)
			}
		})
	}
}

// TestMentionsTrace holds that the word is found wherever it stands, and nothing like it.
func TestMentionsTrace(t *testing.T) {
	for text, want := range map[string]bool{
		"Received: x": true, "RECEIVED: x": true, "vveceived": true, "vvceived": false, "vvv received": true, "eceived": true, "ECEIVED": true,
		"eceive": false, "v": false, "": false, "have never rECEIVEd": false, "eceiveceived": true, "RECEIVE=\nD received": true,
	} {
		if got := mentionsTrace(&part{body: []byte(text)}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestTextCut holds that it is told when a text is longer than what is searched of it.
func TestTextCut(t *testing.T) {
	text := complaintWith("Content-Type: text/plain", strings.Repeat("lorem ipsum dolor\n", maxPasted/17)+"\n"+attachedSpam("Cheap loans"))
	err := Sorter{}.Walk(context.Background(), []string{Stdin}, strings.NewReader(text), func(s *Submission) error {
		if !strings.Contains(strings.Join(s.Reasons, "; "), "longer than the 4 MiB") {
			t.Errorf("reasons %q", s.Reasons)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestHeadersOfText holds that the headers that were found in a text once are those that
// would be found in what of it is read.
func TestHeadersOfText(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(casesDir, "cases", "*"))
	if err != nil {
		t.Fatal(err)
	}
	in, kept := newInspector(Sorter{Rules: DefaultRules()}), 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for _, text := range [][]byte{data, append(data[:len(data):len(data)], strings.Repeat("and so on\n", maxText/10)...)} {
			c := in.carrySamples(parseMessage(&part{}, text, header.Scan(text, nil)), &cargo{})
			same := func(a, b block) bool { return a.start == b.start && a.end == b.end && a.traces == b.traces }
			if want := findBlocks(c.text()); !slices.EqualFunc(c.headers(), want, same) {
				t.Errorf("%s: %+v, want %+v", name, c.headers(), want)
			}
			if len(c.found) > 0 {
				kept++
			}
		}
	}
	if kept == 0 {
		t.Error("no header in a text")
	}
}

// TestBeginsOtherwise: pictures and programs are told by their first bytes, and nothing is that
// a scan would find to begin with a field.
func TestBeginsOtherwise(t *testing.T) {
	for head, want := range map[string]bool{
		"\xFF\xD8\xFF\xE0\x00\x10JFIF": true, "\x89PNG\r\n\x1a\n": true, "GIF89a\x64\x00": true, "%PDF-1.4\n%": true, "MZ\x90\x00": true, "": false,
		"Received: from a": false, "X-Spam\t: yes": false, "From a@b Thu": false, ">From a@b": false, "Received": false, "\nFrom: a": true, "\xEF\xBB\xBFFrom: a": true,
	} {
		if got := beginsOtherwise([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"From: a@b", "From ", ">", "Received", ":", " ", "\t", "\r", "\n", "\x00", "\x7f", "\xef\xbb\xbf", "é", "a@b Thu Jan  1 00:00:00 2004", "x"}
	others := 0
	for range 200_000 {
		var data []byte
		for range 1 + r.IntN(6) {
			data = append(data, pieces[r.IntN(len(pieces))]...)
		}
		data = append(data, "\nSubject: a\n\n"...)
		if beginsOtherwise(data[:min(len(data), firstBytes)]) {
			if others++; beginsWithField(data, header.Scan(data, nil)) {
				t.Fatalf("%q begins with a field", data)
			}
		}
	}
	if others < 10_000 {
		t.Errorf("only %d were told apart", others)
	}
}

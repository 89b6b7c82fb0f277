package header

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// show writes what Scan found, one line a field or fault, so that a table reads well.
func show(in string) []string {
	data := []byte(in)
	h := Scan(data, nil)
	out := []string{}
	for _, f := range h.Fields {
		out = append(out, fmt.Sprintf("%d %s|%s", f.Line, f.Name(data), f.Body(data)))
	}
	for _, f := range h.Faults {
		out = append(out, fmt.Sprintf("fault %d @%d %s", f.Line, f.Offset, f.What))
	}
	return append(out, fmt.Sprintf("body %q", data[h.End:]))
}

func TestScan(t *testing.T) {
	const received = "Received: from dd_it7 ([210.97.77.167])\n" +
		"\tby webnote.net (8.9.3/8.9.3) with ESMTP id NAA04623\n" +
		"\tfor <zzzz@spamassassin.taint.org>; Thu, 22 Aug 2002 13:09:41 +0100"
	tests := []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", []string{`body ""`}},
		{"no body", "A: 1\nB: 2", []string{"1 A| 1", "2 B| 2", `body ""`}},
		{"blank line at the end", "A: 1\n\n", []string{"1 A| 1", `body ""`}},
		{"body", "A: 1\n\nB: 2\n", []string{"1 A| 1", `body "B: 2\n"`}},
		{"folded", received + "\nTo: <a@b>\n\nx", []string{
			"1 Received|" + strings.TrimPrefix(received, "Received:"), "4 To| <a@b>", `body "x"`,
		}},
		{"CRLF", "A: 1\r\n 2\r\nB:\r\n\r\nx\r\n", []string{"1 A| 1\r\n 2", "3 B|", `body "x\r\n"`}},
		{"CR alone", "A: 1\r 2\rB:\r\rx\n", []string{"1 A| 1\r 2", "3 B|", `body "x\n"`}},
		{"CR first, then all kinds", "A: 1\rB: 2\nC: 3\r\nD: 4\r\n\r\nx", []string{
			"1 A| 1", "2 B| 2", "3 C| 3", "4 D| 4", `body "x"`,
		}},
		{"mixed", "A: 1\r\nB: 2\nC: 3\r\n\nx", []string{"1 A| 1", "2 B| 2", "3 C| 3", `body "x"`}},
		{"converted twice", "A: 1\r\r\nB: 2\r\r\n\r\r\nx", []string{"1 A| 1", "2 B| 2", `body "x"`}},
		{"a CR hides a field", "A: 1\nB: 2\rReceived: from x\n\n", []string{
			"1 A| 1", "2 B| 2\rReceived: from x", "fault 2 @9 carriage return inside a line", `body ""`,
		}},
		{"byte order mark", "\xEF\xBB\xBFA: 1\n\n", []string{
			"1 A| 1", "fault 1 @0 byte order mark before the header", `body ""`,
		}},
		{"mbox", "From 12a1mailbot1@web.de  Thu Aug 22 13:17:22 2002\nReturn-Path: <12a1mailbot1@web.de>\n\n", []string{
			"2 Return-Path| <12a1mailbot1@web.de>", `body ""`,
		}},
		{"filed twice", "From a Thu Aug 22 13:17:22 2002\n>From b Thu Aug 22 13:17:22 2002\nA: 1\n\n", []string{
			"3 A| 1", `body ""`,
		}},
		{"From with a space is a field", "From : a@b\n\n", []string{
			"1 From| a@b", "fault 1 @0 white space between the field's name and its colon", `body ""`,
		}},
		{"From_ line among the fields", "A: 1\nFrom b Thu Aug 22 13:17:22 2002\n 2\nC: 3\n\n", []string{
			"1 A| 1", "4 C| 3", "fault 2 @5 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"leading blank lines", "\n\r\nA: 1\n\nx", []string{
			"3 A| 1", "fault 1 @0 blank line before the header", `body "x"`,
		}},
		{"blank line below From_", "From a Thu Aug 22 13:17:22 2002\n\nA: 1\n\n", []string{
			"3 A| 1", "fault 2 @32 blank line before the header", `body ""`,
		}},
		{"empty header", "\nHello,\nBy the way: no\n", []string{`body "Hello,\nBy the way: no\n"`}},
		{"blank lines only", "\n\n\n", []string{`body "\n\n"`}},
		{"no field at all", "Hello,\nyou there\n", []string{
			"fault 1 @0 line that is neither a field nor the continuation of one",
			"fault 2 @7 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"begins folded", "\tx\nA: 1\n\n", []string{
			"2 A| 1", "fault 1 @0 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"rubbish with folded lines", "A: 1\nrubbish\n more\n\tand more\nB: 2\n\n", []string{
			"1 A| 1", "5 B| 2", "fault 2 @5 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"line of spaces continues", "A: 1\n \t\n 2\nB: 3\n\n", []string{"1 A| 1\n \t\n 2", "4 B| 3", `body ""`}},
		{"no name", ": x\nA: 1\n\n", []string{
			"2 A| 1", "fault 1 @0 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"8-bit name", "\xC4ffchen: x\nA: \xE4\n\n", []string{
			"2 A| \xE4", "fault 1 @0 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"NUL", "A: 1\x002\nB\x00: 3\n\n", []string{
			"1 A| 1\x002", "fault 1 @4 NUL byte in the header", "fault 2 @8 NUL byte in the header",
			"fault 2 @7 line that is neither a field nor the continuation of one", `body ""`,
		}},
		{"NUL and CR among lines of all kinds", "A: 1\r\r\nB\r: \x00\nC: \r\x003\r\n4\n\r\n\x00\r", []string{
			"1 A| 1", "3 C| \r\x003", "fault 2 @11 NUL byte in the header", "fault 2 @8 carriage return inside a line",
			"fault 2 @7 line that is neither a field nor the continuation of one", "fault 3 @17 NUL byte in the header",
			"fault 3 @16 carriage return inside a line", "fault 4 @21 line that is neither a field nor the continuation of one",
			`body "\x00\r"`,
		}},
		{"NUL in the body", "A: 1\n\n\x00\r.", []string{"1 A| 1", `body "\x00\r."`}},
		{"CR at the end", "\nA: 1\n 2\r\r", []string{"2 A| 1\n 2", "fault 1 @0 blank line before the header", `body ""`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, show(tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanAppends(t *testing.T) {
	a, b := []byte("A: 1\n\n"), []byte("B: 2\n\n")
	h := Scan(b, Scan(a, nil).Fields)
	if len(h.Fields) != 2 || !h.Fields[0].Is(a, "a") || !h.Fields[1].Is(b, "b") {
		t.Errorf("fields: %+v", h.Fields)
	}
}

func TestIs(t *testing.T) {
	for _, in := range []string{"RECEIVED : x\n", "Received: x\n", "rEcEiVeD\t \t: x\n", "received:"} {
		data := []byte(in)
		f := Scan(data, nil).Fields[0]
		if !f.Is(data, "Received") || f.Is(data, "Receive") || f.Is(data, "Received ") || f.Is(data, "Received\t") || f.Is(data, "Receiver") {
			t.Errorf("Is compares wrongly: %q", f.Name(data))
		}
	}
	data := []byte("Ab-@[`{: x\n") // neighbours of the letters, which have no case
	if f := Scan(data, nil).Fields[0]; !f.Is(data, "aB-@[`{") || f.Is(data, "ab-`[`{") || f.Is(data, "ab-@{`{") || f.Is(data, "ab-@[@{") {
		t.Error("Is takes for letters what is none")
	}
}

// TestAppendLower puts every byte at every place of a text that is changed in steps.
func TestAppendLower(t *testing.T) {
	for c := range 256 {
		for n := range 20 {
			for at := range n {
				text := bytes.Repeat([]byte{'Z'}, n)
				text[at] = byte(c)
				want := "A" + strings.Repeat("z", at) + string([]byte{lower(byte(c))}) + strings.Repeat("z", n-at-1)
				if got := AppendLower([]byte("A"), text); string(got) != want {
					t.Fatalf("%q: %q, want %q", text, got, want)
				}
			}
		}
	}
}

func TestBounds(t *testing.T) {
	many := bytes.Repeat([]byte("a:\n"), maxFields+5)
	h := Scan(append(many, "\nbody"...), nil)
	if len(h.Fields) != maxFields || len(h.Faults) != 1 || h.Faults[0].What != TooManyFields {
		t.Errorf("%d fields, faults %v", len(h.Fields), h.Faults)
	}
	if h.End != len(many)+1 {
		t.Errorf("End = %d, want %d", h.End, len(many)+1)
	}
	h = Scan(bytes.Repeat([]byte("rubbish\n"), 1000), nil)
	if len(h.Faults) != maxFaults {
		t.Errorf("%d faults, want %d", len(h.Faults), maxFaults)
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	data := []byte(sample)
	dst := make([]Field, 0, 32)
	if n := testing.AllocsPerRun(100, func() { dst = Scan(data, dst[:0]).Fields }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		sample, "", "\n", "A: 1\r\rx", "\xEF\xBB\xBF\nFrom x\n>From y\nA :\x00\n\n", "x\n y\nA:\n", "\r\r\nA:1", "A:\r\nB:\r",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		keep := bytes.Clone(data)
		h := Scan(data, nil)
		if !bytes.Equal(keep, data) {
			t.Fatal("Scan changed its input")
		}
		check(t, data, h)
		lf := bytes.ReplaceAll(data, []byte("\r"), nil)
		compare(t, lf, bytes.ReplaceAll(lf, []byte("\n"), []byte("\r\n")))
	})
}

// check holds what is true of every scan.
func check(t *testing.T, data []byte, h Header) {
	t.Helper()
	at, line := 0, 0
	for _, f := range h.Fields {
		if f.Start < at || f.Colon <= f.Start || f.End <= f.Colon || f.End > h.End || f.Line <= line {
			t.Fatalf("field %+v out of order after offset %d, line %d; header ends at %d", f, at, line, h.End)
		}
		if data[f.Colon] != ':' || bytes.ContainsAny(f.Name(data), ": \t\r\n") || len(f.Name(data)) == 0 {
			t.Fatalf("name %q", f.Name(data))
		}
		if length, name := plainName(string(data[f.Start:f.End])); length != len(f.Name(data)) || name != f.Which {
			t.Fatalf("name %q is told as %q", f.Name(data), f.Which)
		}
		at, line = f.End, f.Line
	}
	if h.End < 0 || h.End > len(data) {
		t.Fatalf("End = %d of %d", h.End, len(data))
	}
	line = 0
	for _, f := range h.Faults {
		if f.Offset < 0 || f.Offset >= len(data) || f.Line < line {
			t.Fatalf("fault %+v", f)
		}
		line = f.Line
	}
}

// compare holds that the kind of line end changes neither names nor lines.
func compare(t *testing.T, lf, crlf []byte) {
	t.Helper()
	a, b := Scan(lf, nil), Scan(crlf, nil)
	if len(a.Fields) != len(b.Fields) {
		t.Fatalf("%d fields with LF, %d with CRLF", len(a.Fields), len(b.Fields))
	}
	for i := range a.Fields {
		fa, fb := a.Fields[i], b.Fields[i]
		body := bytes.ReplaceAll(fb.Body(crlf), []byte("\r\n"), []byte("\n"))
		if fa.Line != fb.Line || !bytes.Equal(fa.Name(lf), fb.Name(crlf)) || !bytes.Equal(fa.Body(lf), body) {
			t.Fatalf("field %d: %q with LF, %q with CRLF", i, lf[fa.Start:fa.End], crlf[fb.Start:fb.End])
		}
	}
	if body := bytes.ReplaceAll(crlf[b.End:], []byte("\r\n"), []byte("\n")); !bytes.Equal(lf[a.End:], body) {
		t.Fatalf("body %q with LF, %q with CRLF", lf[a.End:], crlf[b.End:])
	}
}

func BenchmarkScan(b *testing.B) {
	data := []byte(sample)
	dst := make([]Field, 0, 32)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		dst = Scan(data, dst[:0]).Fields
	}
}

// sample is the header of a real message of 2002 from the SpamAssassin public corpus.
const sample = `From ilug-admin@linux.ie  Thu Aug 22 13:27:39 2002
Return-Path: <ilug-admin@linux.ie>
Delivered-To: zzzz@localhost.spamassassin.taint.org
Received: from localhost (localhost [127.0.0.1])
	by phobos.labs.spamassassin.taint.org (Postfix) with ESMTP id A7FD7454F6
	for <zzzz@localhost>; Thu, 22 Aug 2002 08:27:38 -0400 (EDT)
Received: from phobos [127.0.0.1]
	by localhost with IMAP (fetchmail-5.9.0)
	for zzzz@localhost (single-drop); Thu, 22 Aug 2002 13:27:38 +0100 (IST)
Received: from lugh.tuatha.org (root@lugh.tuatha.org [194.125.145.45]) by
    dogma.slashnull.org (8.11.6/8.11.6) with ESMTP id g7MCJiZ06043 for
    <zzzz-ilug@jmason.org>; Thu, 22 Aug 2002 13:19:44 +0100
Received: from lugh (root@localhost [127.0.0.1]) by lugh.tuatha.org
    (8.9.3/8.9.3) with ESMTP id NAA29323; Thu, 22 Aug 2002 13:18:52 +0100
Received: from email.qves.com ([67.104.83.251]) by lugh.tuatha.org
    (8.9.3/8.9.3) with ESMTP id NAA29282 for <ilug@linux.ie>; Thu,
    22 Aug 2002 13:18:37 +0100
X-Authentication-Warning: lugh.tuatha.org: Host [67.104.83.251] claimed to
    be email.qves.com
Received: from qvp0091 ([169.254.6.22]) by email.qves.com with Microsoft
    SMTPSVC(5.0.2195.2966); Thu, 22 Aug 2002 06:18:18 -0600
To: <ilug@linux.ie>
Date: Thu, 22 Aug 2002 06:18:18 -0600
Message-Id: <59e6301c249d5$ffb7ea20$1606fea9@freeyankeedom.com>

This is a MIME encoded message.
`

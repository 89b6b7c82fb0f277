package main

import (
	"bufio"
	"context"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"relaytrace/casefile"
	"relaytrace/render"
	"relaytrace/trace"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "+0s", -time.Second: "-1s", 59 * time.Second: "+59s", 62 * time.Second: "+1m02s",
		-35*time.Hour - 53*time.Minute: "-1d11h", 23*time.Hour + 59*time.Minute: "+23h59m",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestAfter holds that invented times are not reckoned with.
func TestAfter(t *testing.T) {
	p := &trace.Path{Hops: []trace.Hop{
		{Standing: trace.Trusted, Time: trace.Time{UTC: "2002-08-22T12:09:41Z"}},
		{Standing: trace.Trusted},
		{Standing: trace.Contradicted, Time: trace.Time{UTC: "2001-01-01T00:00:00Z"}},
		{Standing: trace.Unverified, Time: trace.Time{UTC: "2002-08-22T12:10:00Z"}},
	}}
	for i, want := range []string{"-19s", "", "", ""} {
		if got := afterCell(p, i); got != want {
			t.Errorf("field %d: %q, want %q", i, got, want)
		}
	}
}

// TestWrapped holds that no line is wider than asked, and that colours take no room.
func TestWrapped(t *testing.T) {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	writeWrapped(w, "\x1b[31m  first: \x1b[0m", "    ", strings.Repeat("word ", 40)+strings.Repeat("x", 300), 60)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for _, line := range lines {
		if shown(line) > 60 {
			t.Errorf("%d characters: %q", shown(line), line)
		}
	}
	if len(lines) != 5 || shown(lines[0]) < 55 {
		t.Errorf("%d lines:\n%s", len(lines), b.String())
	}
}

// pathOf makes a path with a relay and a claimed origin.
func pathOf(end trace.End) *trace.Path {
	ip := netip.MustParseAddr("192.0.2.7")
	p := &trace.Path{
		Ends:     end,
		Sample:   trace.Sample{File: "in.mbox", Line: 120},
		Message:  trace.Message{Subject: "a\u202eb\x1b[31m"},
		Boundary: &trace.Boundary{Hop: 0, IP: ip, By: "mx.example.org"},
		Origin:   &trace.Origin{Hop: 1, IP: netip.MustParseAddr("198.51.100.9"), Certainty: trace.Claimed},
		Relays:   []trace.Relay{{IP: ip, Hop: 0, Own: 1, Certainty: trace.Recorded, Withholds: end == trace.EndWithheld}},
		Hops: []trace.Hop{
			{Index: 0, Kind: trace.Transfer, Standing: trace.Trusted, Discloses: trace.DisclosesAddress,
				From: trace.From{IP: ip, RDNS: "relay.example.net", HELO: "h\u202eelo"}, By: trace.By{Host: "mx.example.org"},
				Time: trace.Time{UTC: "2002-08-22T12:09:41Z"}},
			{Index: 1, Kind: trace.Transfer, Standing: trace.Unverified, Discloses: trace.DisclosesHELO,
				From: trace.From{HELO: "pc"}, By: trace.By{Host: "relay.example.net"}, Time: trace.Time{Stamp: "some day\a"}},
		},
	}
	return p
}

// TestNothingHidden holds that no control or bidi character gets into the picture, whatever
// a sample holds.
func TestNothingHidden(t *testing.T) {
	for _, colour := range []bool{false, true} {
		p := pathOf(trace.EndOrigin)
		p.Bystanders = []trace.Bystander{{Name: "h\u202eelo", Hop: 1, Why: "helo-claim"}}
		p.Findings = []trace.Finding{{Code: "own-name-misused", Hop: 1, Severity: trace.Warning, Text: "by\x1b[31mx\u202e."}}
		p.Hops[1].Why, p.Hops[1].By.Host = "a\u202eb", "by\x1b[31mx"
		p.Hints = []trace.Hint{{Field: "X-IP\x1b[31mx", Value: "\u202e", Certainty: trace.Claimed, Why: "\a"}}
		out := draw(t, picture{p: p, width: plainWidth, colour: colour, explain: true})
		if strings.Contains(out, "\x1b[") != colour {
			t.Errorf("colour %v:\n%s", colour, out)
		}
		for _, hidden := range []string{"\u202e", "\a", "\x1b[31mx"} {
			if strings.Contains(out, hidden) {
				t.Errorf("%q got through:\n%s", hidden, out)
			}
		}
	}
}

// draw returns a picture as text.
func draw(t *testing.T, d picture) string {
	t.Helper()
	var b strings.Builder
	d.w = bufio.NewWriter(&b)
	d.write()
	if err := d.w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestClaimsAreToldAsClaims holds what the conclusion may say of an unverified address:
// it is never among what is known.
func TestClaimsAreToldAsClaims(t *testing.T) {
	known, not := conclusion(pathOf(trace.EndOrigin))
	if want := "192.0.2.7 handed the mail in, as mx.example.org recorded."; known != want {
		t.Errorf("got  %s\nwant %s", known, want)
	}
	want := "where it was before: that it came from 198.51.100.9 is the claim of a field that could not be verified, in the name of relay.example.net."
	if not != want {
		t.Errorf("got  %s\nwant %s", not, want)
	}
	for _, e := range casefile.Ends {
		known, not := conclusion(pathOf(e))
		if known == "" || not == "" || strings.Contains(known, "198.51.100.9") {
			t.Errorf("%s: %s / %s", e, known, not)
		}
	}
}

// TestConclusionOfOddPaths holds that a path without what its end promises is told too.
func TestConclusionOfOddPaths(t *testing.T) {
	for _, e := range append(slices.Clone(casefile.Ends), "new-end") {
		p := &trace.Path{Ends: e}
		if known, not := conclusion(p); known == "" || not == "" {
			t.Errorf("%s: %q / %q", e, known, not)
		}
		p.Hops = []trace.Hop{{Standing: trace.Trusted}, {Standing: trace.Unverified, Link: "helo"}}
		draw(t, picture{p: p, width: leastWidth, explain: true})
	}
}

// TestEveryEndIsKnown holds that the summary and explain know every end of a trail.
func TestEveryEndIsKnown(t *testing.T) {
	for _, e := range casefile.Ends {
		if _, err := explain([]string{string(e)}); err != nil {
			t.Error(err)
		}
		if render.EndWords(e) == string(e) {
			t.Errorf("%s is not told in words", e)
		}
	}
	if len(casefile.Ends) != 7 {
		t.Errorf("%d ends in the summary, want 7", len(casefile.Ends))
	}
}

// TestInterrupted holds that an interrupt ends a wait for input.
func TestInterrupted(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, stop)
	var out, errs strings.Builder
	code := run(ctx, []string{"trace", "-"}, func(string) string { return "" }, r, &out, &errs)
	if code != exitFailed || errs.String() != "relaytrace: interrupted\n" || out.Len() > 0 {
		t.Errorf("exit code %d, stderr %q, stdout %q", code, errs.String(), out.String())
	}
}

// TestFullDisk holds that an answer that cannot be written is no success.
func TestFullDisk(t *testing.T) {
	var errs strings.Builder
	code := run(context.Background(), []string{"version"}, func(string) string { return "" }, nil, full{}, &errs)
	if code != exitFailed || !strings.Contains(errs.String(), "standard output: ") {
		t.Errorf("exit code %d, stderr %q", code, errs.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

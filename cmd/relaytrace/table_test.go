package main

import (
	"bufio"
	"context"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

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

// pathOf makes a path with a relay and a claimed origin.
func pathOf(end trace.End) *trace.Path {
	ip := netip.MustParseAddr("192.0.2.7")
	p := &trace.Path{
		Ends:     end,
		Sample:   trace.Sample{File: "in.mbox", Line: 120},
		Message:  trace.Message{Subject: "a\u202eb\x1b[31m"},
		Boundary: &trace.Boundary{Hop: 0, IP: ip},
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

// TestNothingHidden holds that no control or bidi character gets into the table, whatever
// a sample holds.
func TestNothingHidden(t *testing.T) {
	for _, colour := range []bool{false, true} {
		var b strings.Builder
		w := bufio.NewWriter(&b)
		writePath(w, pathOf(trace.EndOrigin), colour)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		out := b.String()
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

// TestClaimsAreToldAsClaims holds what the conclusion may say of an unverified address.
func TestClaimsAreToldAsClaims(t *testing.T) {
	got := conclusion(pathOf(trace.EndOrigin))
	want := "The mail came through 192.0.2.7. That it came from 198.51.100.9 is the claim of a field that could not be verified, in the name of relay.example.net."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, e := range ends {
		if e.end == trace.EndOrigin {
			continue
		}
		if s := conclusion(pathOf(e.end)); s == "" || strings.Contains(s, "198.51.100.9") {
			t.Errorf("%s: %s", e.end, s)
		}
	}
}

// TestEveryEndIsKnown holds that the summary and explain know every end of a trail.
func TestEveryEndIsKnown(t *testing.T) {
	for _, e := range ends {
		if _, err := explain([]string{string(e.end)}); err != nil {
			t.Error(err)
		}
	}
	if len(ends) != 7 {
		t.Errorf("%d ends in the summary, want 7", len(ends))
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

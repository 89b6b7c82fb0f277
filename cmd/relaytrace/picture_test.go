package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relaytrace/trace"
	"relaytrace/trace/header"
	"relaytrace/trace/intake"
)

var update = flag.Bool("update", false, "write what the tests compare with anew")

// pictures are the samples whose picture is kept: a relay that records, one that a field
// of unknown worth names, relays that withhold in four ways, three kinds of forgery, a
// source that hides nothing, one that may be a relay, mail of one's own, no trace at all.
var pictures = []string{
	"01-relay-exchange55", "04-two-through-one-relay-a", "07-relay-behind-smarthost", "08-relay-clock-ahead",
	"10-withholds-mailsweeper", "12-withholds-smtpxd", "13-withholds-by-only", "15-withholds-quickmail",
	"16-forged-month-comma", "18-forged-random-name", "20-direct-dsl", "21-direct-proxy", "23-forged-8bit-date",
	"24-bulk-internal-hops", "27-ham-corporate", "28-ham-no-received",
}

// TestPictures draws real samples and compares with what a person has looked at.
func TestPictures(t *testing.T) {
	believe := demoSettings(t)
	for _, name := range pictures {
		p := pathOfSample(t, name, &believe)
		p.Sample.File = name + ".eml"
		golden(t, name, draw(t, picture{p: p, width: plainWidth}))
	}
	p := pathOfSample(t, "10-withholds-mailsweeper", &believe)
	p.Sample.File = "10-withholds-mailsweeper.eml"
	golden(t, "explain", draw(t, picture{p: p, width: plainWidth, explain: true}))
	golden(t, "narrow", draw(t, picture{p: p, width: leastWidth}))
}

// TestPictureFits holds that no line is wider than the terminal.
func TestPictureFits(t *testing.T) {
	believe := demoSettings(t)
	for _, name := range pictures {
		p := pathOfSample(t, name, &believe)
		for _, width := range []int{leastWidth, 80, plainWidth, 200} {
			for _, line := range strings.Split(draw(t, picture{p: p, width: width, colour: true, explain: true}), "\n") {
				if n := shown(line); n > width {
					t.Errorf("%s: %d characters in %d: %s", name, n, width, line)
				}
			}
		}
	}
}

// TestInnocentsAreNotKnown holds, over all real mail that comes with relaytrace and with
// and without settings, that what is told as known names no host that must not be accused.
func TestInnocentsAreNotKnown(t *testing.T) {
	believe := demoSettings(t)
	drawn := 0
	use := func(s intake.Sample) error {
		for _, set := range []trace.Settings{believe, {}} {
			p := analyze(&s, &set)
			known, _ := conclusion(&p)
			drawn++
			for _, b := range p.Bystanders {
				named := b.Name != "" && strings.Contains(known, b.Name) || b.IP.IsValid() && strings.Contains(known, b.IP.String())
				if named && (b.Why == "forged-field" || b.Why == "unverified-claim") && !recordedToo(&p, b) {
					t.Errorf("%s: %s %s (%s) is told as known: %s", s.File, b.Name, b.IP, b.Why, known)
				}
			}
			if o := p.Origin; o != nil && o.Certainty == trace.Claimed && strings.Contains(known, o.IP.String()+" ") {
				t.Errorf("%s: the claim %s is told as known: %s", s.File, o.IP, known)
			}
		}
		return nil
	}
	problem := func(p intake.Problem) { t.Log(p.Error()) }
	names, err := filepath.Glob("../../trace/testdata/truth/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	if err := intake.Walk(context.Background(), append(names, "../../testdata/samples"), nil, use, problem); err != nil {
		t.Fatal(err)
	}
	if drawn < 200 {
		t.Errorf("%d paths looked at", drawn)
	}
}

// recordedToo reports whether a believed field names a bystander as well: a forger may
// write the name of a host that truly took part.
func recordedToo(p *trace.Path, b trace.Bystander) bool {
	for i := range p.Hops {
		h := &p.Hops[i]
		if h.Standing != trace.Trusted && h.Standing != trace.Corroborated {
			continue
		}
		if b.IP.IsValid() && b.IP == h.From.IP {
			return true
		}
		for _, name := range []string{h.By.Host, h.From.RDNS} {
			if b.Name != "" && strings.Contains(name, b.Name) {
				return true
			}
		}
	}
	return false
}

func demoSettings(t *testing.T) trace.Settings {
	t.Helper()
	a := &app{stderr: os.Stderr, env: func(string) string { return "" }}
	c := a.traceVerb()
	if err := c.ParseFlags([]string{"--config", "../../testdata/demo.toml"}); err != nil {
		t.Fatal(err)
	}
	s, err := a.settings(c, flags{config: "../../testdata/demo.toml"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	believe, err := s.believe()
	if err != nil {
		t.Fatal(err)
	}
	return believe
}

func pathOfSample(t *testing.T, name string, believe *trace.Settings) *trace.Path {
	t.Helper()
	var p *trace.Path
	file := filepath.Join("../../testdata/samples", name+".eml")
	err := intake.Walk(context.Background(), []string{file}, nil, func(s intake.Sample) error {
		got := analyze(&s, believe)
		p = &got
		return nil
	}, func(problem intake.Problem) { t.Error(problem.Error()) })
	if err != nil || p == nil {
		t.Fatalf("%s: %v", file, err)
	}
	return p
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata/picture", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: the picture is another; look at it, then go test -update\ngot\n%s\nwant\n%s", name, got, want)
	}
}

// TestOneBoundary: however much stands below it, the line of the boundary is drawn once.
func TestOneBoundary(t *testing.T) {
	data := []byte(`Received: from mx ([10.202.2.203]) by store.college.example (Postfix) with ESMTP id ABCDEF1234; Tue, 3 Nov 2026 09:20:12 +0000 (GMT)
Received: from a.example (a.example [198.51.100.7]) by mx.college.example (Postfix) with ESMTP id BBCDEF1234; Tue, 3 Nov 2026 09:20:11 +0000 (GMT)
Received: from b.example (b.example [198.51.100.8]) by a.example (Postfix) with ESMTP id CBCDEF1234; Tue, 3 Nov 2026 09:20:10 +0000 (GMT)

`)
	p := trace.Analyze(data, header.Scan(data, nil).Fields, &trace.Settings{})
	if got := draw(t, picture{p: &p, width: plainWidth}); p.Ends != trace.EndNoBoundary || strings.Count(got, "BOUNDARY UNKNOWN") != 1 {
		t.Errorf("the trail ends %s\n%s", p.Ends, got)
	}
}

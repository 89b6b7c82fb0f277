package intake

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/trace/header"
)

const casesDir = "../../testdata/intake"

var corpus = flag.String("corpus", "../../testdata/samples", "hold that all messages below this `folder` are the spam itself, or list mail")

// sortAll sorts a folder and gives a line for each submission, with the reasons.
func sortAll(t testing.TB, dir string) (rows []string, reasons map[string]string) {
	t.Helper()
	var counts Counts
	reasons = map[string]string{}
	err := Sorter{Domains: []string{"dept.college.example"}}.Walk(context.Background(), []string{dir}, nil, func(s *Submission) error {
		counts.Add(s)
		checkSubmission(t, s)
		place := strings.TrimPrefix(filepath.ToSlash(s.File), filepath.ToSlash(dir)+"/")
		if s.Line > 1 {
			place = fmt.Sprintf("%s:%d", place, s.Line)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%d\t%d", place, s.Class, s.Grade, s.Priority, len(s.Samples)))
		reasons[place] = strings.Join(s.Reasons, "; ")
		for i := range s.Samples {
			checkTrace(t, place, &s.Samples[i])
		}
		checkBounce(t, place, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkCounts(t, counts)
	return rows, reasons
}

var seed = regexp.MustCompile(`from relay(\d+)\.example\.net \(relay`)

// checkTrace holds that the trace fields of a sample are those that were put into the case,
// word for word, however it was wrapped, quoted, encoded or broken.
func checkTrace(t testing.TB, place string, s *Sample) {
	t.Helper()
	p := &part{data: s.Data, fields: scanFields(s.Data)}
	got := p.all(header.Received)
	if len(got) != 2 {
		return
	}
	m := seed.FindStringSubmatch(got[0])
	if m == nil {
		return
	}
	n, _ := strconv.Atoi(m[1])
	want := []string{
		fmt.Sprintf("from relay%d.example.net (relay%d.example.net [198.51.100.%d]) by mx.victim.example (Postfix) with ESMTP id 3F%04dA"+
			" for <pat@victim.example>; Mon, 12 Mar 2007 09:1%d:04 +0100 (CET)", n, n, 10+n%200, n, n%10),
		fmt.Sprintf("from winbox ([203.0.113.%d]) by relay%d.example.net with SMTP id l2C8E%04d; Mon, 12 Mar 2007 08:1%d:55 GMT", 20+n%200, n, n, n%10),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: trace fields changed, decoded by %v:\n%s", place, s.Decoded, diff)
	}
	checkedTraces++
}

var checkedTraces int

// checkBounce holds that a bounce names the forged address and the recipient; all cases
// have the same.
func checkBounce(t testing.TB, place string, s *Submission) {
	t.Helper()
	if s.Class != ClassBounce && s.Class != ClassDeliveryNotice || strings.HasPrefix(place, "lab-") {
		return
	}
	if s.Bounce == nil || s.Bounce.Forged != "m.hale@dept.college.example" || s.Bounce.Family == "" && place[0] == '2' {
		t.Errorf("%s: bounce %+v", place, s.Bounce)
		return
	}
	for _, r := range s.Bounce.Recipients {
		if r.Address != "pat@victim.example" {
			t.Errorf("%s: recipient %+v", place, r)
		}
	}
	if n := len(s.Bounce.Recipients); n != 1 {
		t.Errorf("%s: %d recipients", place, n)
	}
}

// TestCases holds what every file of testdata/intake is: class, grade, priority, samples.
func TestCases(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(casesDir, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if !strings.HasPrefix(line, "#") {
			place, _, _ := strings.Cut(line, "\t")
			want[place] = line
		}
	}
	rows, reasons := sortAll(t, filepath.Join(casesDir, "cases"))
	wrong := 0
	for _, got := range rows {
		place, _, _ := strings.Cut(got, "\t")
		if want[place] != got {
			t.Errorf("got  %s\nwant %s\n     %s", got, want[place], reasons[place])
			wrong++
		}
		delete(want, place)
	}
	for _, line := range want {
		t.Errorf("not found: %s", line)
	}
	if len(rows) < 200 {
		t.Errorf("%d submissions", len(rows))
	}
	again, _ := sortAll(t, filepath.Join(casesDir, "cases"))
	if diff := cmp.Diff(rows, again); diff != "" {
		t.Errorf("another order at the second time:\n%s", diff)
	}
	if checkedTraces < 2*150 {
		t.Errorf("trace fields of %d samples compared", checkedTraces)
	}
	t.Logf("%d submissions, %d wrong", len(rows), wrong)
}

// TestCorpus holds that no spam and no list mail is taken for a bounce, a complaint or a
// report: the samples of testdata, or those of a corpus that -corpus names.
func TestCorpus(t *testing.T) {
	rows, reasons := sortAll(t, *corpus)
	classes := map[string]int{}
	for _, row := range rows {
		f := strings.Split(row, "\t")
		classes[f[1]]++
		switch Class(f[1]) {
		case ClassSample, ClassPartialSample, ClassList:
		default:
			t.Errorf("%s: %s", row, reasons[f[0]])
		}
	}
	if len(rows) == 0 {
		t.Error("no messages in ", *corpus)
	}
	t.Logf("%d messages: %v", len(rows), classes)
}

package intake

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const casesDir = "../../testdata/intake"

var corpus = flag.String("corpus", "", "sort all messages below this folder, which has spam-* and ham-* folders, too")

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
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkCounts(t, counts)
	return rows, reasons
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
	t.Logf("%d submissions, %d wrong", len(rows), wrong)
}

// TestCorpus holds that no spam and no list mail of a real corpus is taken for a bounce, a
// complaint or a report, when -corpus names one.
func TestCorpus(t *testing.T) {
	if *corpus == "" {
		t.Skip("no -corpus")
	}
	folders, err := filepath.Glob(filepath.Join(*corpus, "*-*"))
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, dir := range folders {
		rows, reasons := sortAll(t, dir)
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
		t.Logf("%s: %d messages: %v", filepath.Base(dir), len(rows), classes)
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/casefile/casetest"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// onFolder runs a verb and gives what it printed.
func onFolder(t *testing.T, ctx context.Context, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	env := func(name string) string {
		if name == "USER" {
			return "ann"
		}
		return ""
	}
	if code := run(ctx, args, env, strings.NewReader(""), &out, &errs); code != want {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

func caseOf(t *testing.T, dir string) *casefile.Case {
	t.Helper()
	var c casefile.Case
	if err := json.Unmarshal(contents(t, dir, "case.json"), &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// interrupting reads a mailbox and cancels once so much of it was read.
type interrupting struct {
	io.Reader
	left   int
	cancel context.CancelFunc
}

func (r *interrupting) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p[:min(len(p), 4096)])
	if r.left -= n; r.left < 0 {
		r.cancel()
		time.Sleep(time.Millisecond) // the walk is to notice before all is read
	}
	return n, err
}

// TestCaseInterrupted holds that an interrupted run keeps what it took, and that the next
// one gives the case that a run without interruption gives, but for its custody log.
func TestCaseInterrupted(t *testing.T) {
	m := casetest.New(casetest.Config{Seed: 3, Incidents: 2, Relays: 20})
	var mbox bytes.Buffer
	if err := m.WriteMbox(&mbox, 0, 400); err != nil {
		t.Fatal(err)
	}
	dir, whole := filepath.Join(t.TempDir(), "case"), filepath.Join(t.TempDir(), "case")
	none := func(string) string { return "" }
	args := []string{"case", "--offline", "--now", demoNow, "-o"}
	interrupted := 0
	for part := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		var out, errs bytes.Buffer
		in := &interrupting{bytes.NewReader(mbox.Bytes()), mbox.Len() * part / 5, cancel}
		if code := run(ctx, append(args, dir, "-"), none, in, &out, &errs); code == exitFailed && strings.Contains(errs.String(), "interrupted") {
			interrupted++
		}
		cancel()
		if store.Exists(dir) {
			onFolder(t, t.Context(), exitOK, "verify", dir)
		}
	}
	if interrupted == 0 {
		t.Error("no run was interrupted")
	}
	for _, folder := range []string{dir, whole} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(args, folder, "-"), none, bytes.NewReader(mbox.Bytes()), &out, &errs); code != exitIncomplete {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
		onFolder(t, t.Context(), exitOK, "verify", folder)
	}
	got, want := caseOf(t, dir), caseOf(t, whole)
	if got.SampleCount == 0 || got.SampleCount != want.SampleCount || got.Submissions.Total != want.Submissions.Total || got.ID != want.ID {
		t.Errorf("%s with %d samples of %d, want %s with %d of %d", got.ID, got.SampleCount, got.Submissions.Total, want.ID, want.SampleCount, want.Submissions.Total)
	}
	if !bytes.Equal(contents(t, dir, "samples.ndjson"), contents(t, whole, "samples.ndjson")) {
		t.Error("the paths are not those of a run without interruption")
	}
}

// TestOtherSettings holds that a case that is judged with other settings says what a new
// case with those settings says.
func TestOtherSettings(t *testing.T) {
	t.Chdir("../..")
	dir, fresh := filepath.Join(t.TempDir(), "case"), filepath.Join(t.TempDir(), "case")
	samples := []string{"testdata/samples/01-relay-exchange55.eml", "testdata/samples/10-withholds-mailsweeper.eml"}
	onFolder(t, t.Context(), exitOK, append([]string{"case", "--offline", "--now", demoNow, "-o", dir}, samples...)...)
	with := []string{"case", "--offline", "--now", demoNow, "--config", "testdata/demo.toml", "-o"}
	onFolder(t, t.Context(), exitOK, append(append(slices.Clone(with), dir), samples[0])...)
	onFolder(t, t.Context(), exitOK, append(append(slices.Clone(with), fresh), samples...)...)
	if !bytes.Equal(contents(t, dir, "samples.ndjson"), contents(t, fresh, "samples.ndjson")) {
		t.Error("the paths are those of the settings of before")
	}
	onFolder(t, t.Context(), exitOK, "verify", dir)
	a, err := store.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	log, err := a.Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(log); log[n-1].Action != "judged" || log[n-1].Actor != "Robin Example, Postmaster" || log[0].Actor != "ann" {
		t.Errorf("custody log: %+v", log)
	}
}

// TestRetraction holds that a letter that was sent stays as it was, and that a retraction
// is drafted once its ground has gone.
func TestRetraction(t *testing.T) {
	t.Chdir("../..")
	dir := filepath.Join(t.TempDir(), "case")
	args := []string{"case", "--offline", "--now", demoNow, "--config", "testdata/demo.toml", "-o", dir, "testdata/samples/10-withholds-mailsweeper.eml"}
	onFolder(t, t.Context(), exitOK, args...)
	name := letterAbout(t, dir, "213.41.18.43")
	edited := []byte("Dear colleague, as we said on the telephone: 213.41.18.43")
	if err := os.WriteFile(filepath.Join(dir, "letters", name+".txt"), edited, 0o600); err != nil {
		t.Fatal(err)
	}
	markSent(t, dir, name)
	onFolder(t, t.Context(), exitOK, args...)
	out := onFolder(t, t.Context(), exitOK, "judge", dir, "213.41.18.43", "--innocent", "it was the client's contract")
	if !strings.Contains(out, "Letter "+name+" was sent, and rests on what the case does not say any more.") || !strings.Contains(out, "213.41.18.43: not accused any more") {
		t.Errorf("it is not told: %s", out)
	}
	if got := contents(t, dir, "letters", name+".txt"); !bytes.Equal(got, edited) {
		t.Errorf("the letter that was sent was changed: %s", got)
	}
	retraction := contents(t, dir, "letters", name+"-retraction.txt")
	if !bytes.Contains(retraction, []byte("213.41.18.43")) {
		t.Errorf("the retraction does not name it: %s", retraction)
	}
	// It is the same draft at the next run, and none once it was sent.
	onFolder(t, t.Context(), exitOK, args...)
	if !bytes.Equal(retraction, contents(t, dir, "letters", name+"-retraction.txt")) {
		t.Error("the draft changes by itself")
	}
	markSent(t, dir, name+"-retraction")
	if out := onFolder(t, t.Context(), exitOK, args...); strings.Contains(out, "was sent, and rests on") {
		t.Errorf("it is told again: %s", out)
	}
	onFolder(t, t.Context(), exitOK, "verify", dir)
}

// markSent notes a letter as sent, to an address that the analyst had found by himself.
func markSent(t *testing.T, dir, name string) {
	t.Helper()
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	letters, err := st.Letters(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range letters {
		if letters[i].Name == name {
			letters[i].To = []string{"abuse@provider.example"}
		}
	}
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
	for _, err := range []error{
		st.SaveLetters(t.Context(), caseOf(t, dir), letters), st.MarkSent(t.Context(), name, at, "ann"), st.Commit(t.Context()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSameWhenWrittenAgain: what a case is made of may have any name and any date, and the
// folder is the same when it is written again from the store.
func TestSameWhenWrittenAgain(t *testing.T) {
	in, dir := t.TempDir(), filepath.Join(t.TempDir(), "case")
	for name, date := range map[string]string{"caf\xe9\xe8.eml": "Fri, 7 Mar 2003 18:00:00 +0000", "b.eml": "Fri, 31 Dec 9999 23:59:00 -1200", "c.eml": "Sat, 1 Jan 0000 00:00:00 +1200"} {
		text := "Received: from a.example ([192.0.2.1]) by mx.example; Fri, 7 Mar 2003 18:00:01 +0000\nFrom: x@spam.example\nTo: ann@isp.example\n" +
			"Subject: spam\nDate: " + date + "\n\nx\n"
		if err := os.WriteFile(filepath.Join(in, name), []byte(text), 0o600); err != nil {
			t.Skip(err) // a file system of which names must be UTF-8
		}
	}
	onFolder(t, t.Context(), exitOK, "case", "--offline", "--now", demoNow, "--trust", "mx.example", "-o", dir, in)
	made := contents(t, dir, "samples.ndjson")
	onFolder(t, t.Context(), exitOK, "export", "--now", demoNow, dir)
	if diff := cmp.Diff(string(made), string(contents(t, dir, "samples.ndjson"))); diff != "" {
		t.Error(diff)
	}
	onFolder(t, t.Context(), exitOK, "batch", "--offline", "--now", demoNow, "-o", filepath.Join(t.TempDir(), "batch"), in)
}

// A letter that cannot be drafted is told and left out; with texts of the user's own it is an
// error that he has to mend.
func TestLetterLeftOut(t *testing.T) {
	var stderr strings.Builder
	w := &casework{app: &app{stderr: &stderr}, look: look{letters: render.BuiltIn()}}
	letters := []casefile.Letter{
		{Name: "00-a/b", Kind: casefile.LetterJANET},
		{Name: "01-sent", Kind: casefile.LetterJANET, Sent: "2026-01-02T03:04:05Z"},
		{Name: "02-forged-too", Kind: casefile.LetterForged, Domains: []string{"x.example"}},
	}
	c := &casefile.Case{Letters: letters}
	texts, err := w.draftLetters(c)
	if err != nil || len(texts) != 0 || !w.app.incomplete || len(c.Letters) != 1 || c.Letters[0].Name != "01-sent" || len(letters) != 3 || letters[0].Name != "00-a/b" {
		t.Errorf("%v %v, left: %+v", texts, err, c.Letters)
	}
	for _, want := range []string{"letter 00-a/b: the name is not that of a file; it is left out\n", "letter 02-forged-too: ", "hint: the case is whole but for this letter"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is not told in %q", want, stderr.String())
		}
	}
	if w.look.letters, err = render.ReadTemplates(fstest.MapFS{"staff.txt": {Data: []byte("Dear colleagues\n")}}, "own"); err != nil {
		t.Fatal(err)
	}
	if _, err = w.draftLetters(&casefile.Case{Letters: letters}); err == nil {
		t.Error("a letter of the user's own texts is left out")
	}
}

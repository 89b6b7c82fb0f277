package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"relaytrace/casefile"
	"relaytrace/casefile/casetest"
	"relaytrace/casefile/store"
)

// heldBy reads where each submission is held: by file:line, the folders of OUT whose store
// has it.
func heldBy(t *testing.T, out string) map[string][]string {
	t.Helper()
	stores, err := filepath.Glob(filepath.Join(out, "*", store.Name))
	if err != nil {
		t.Fatal(err)
	}
	held := map[string][]string{}
	for _, name := range stores {
		dir := filepath.Dir(name)
		st, err := store.OpenReadOnly(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		err = st.Submissions(t.Context(), func(x *casefile.Submission) error {
			where := fmt.Sprintf("%s:%d", x.File, x.Line)
			held[where] = append(held[where], filepath.Base(dir))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return held
}

// TestBatchResumedOverOther: a batch stops after its cases are made, the input changes, and
// the same command is given again: every input is in exactly one store, the one that its
// placement names, and what is told is what a batch tells that was never stopped.
func TestBatchResumedOverOther(t *testing.T) {
	const n = 120
	const complaint = "From x@y.example Fri Mar  7 18:00:00 2003\nFrom: x@y.example\nTo: abuse@college.example\nSubject: your spam\n" +
		"Message-ID: <1@y.example>\nDate: Fri, 7 Mar 2003 18:00:00 +0000\n\nStop sending me this, or I will sue you and come to your office.\n\n"
	m := casetest.New(casetest.Config{Seed: 11, Incidents: 2, Relays: 40})
	mail := func(from, to int) string {
		var b bytes.Buffer
		if err := m.WriteMbox(&b, from, to); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	// again is each bounce once more in other covers: the samples, and so the IDs of the
	// cases, stay as they are.
	again := func() string {
		var b strings.Builder
		for i := range n {
			if m.Message(i).Class == "bounce" {
				from, rest, _ := strings.Cut(mail(i, i+1), "\n")
				fmt.Fprintf(&b, "%s\nX-Again: %d\n%s", from, i, rest)
			}
		}
		return b.String()
	}
	for name, change := range map[string]struct {
		first, then map[string]string
		superseded  bool
	}{
		"complaint": {map[string]string{"a.mbox": mail(0, n)}, map[string]string{"b.mbox": complaint}, false},
		"bounces":   {map[string]string{"a.mbox": mail(0, n)}, map[string]string{"b.mbox": again()}, false},
		"more":      {map[string]string{"a.mbox": mail(0, 40)}, map[string]string{"b.mbox": mail(40, n) + complaint}, true},
		"less":      {map[string]string{"a.mbox": mail(0, 70), "b.mbox": mail(70, n)}, map[string]string{"b.mbox": ""}, true},
		"moved":     {map[string]string{"a.mbox": mail(0, n)}, map[string]string{"a.mbox": complaint + mail(0, n)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			in, dir := filepath.Join(t.TempDir(), "in"), t.TempDir()
			out, calm := filepath.Join(dir, "out"), filepath.Join(dir, "calm")
			write := func(files map[string]string) {
				t.Helper()
				for name, text := range files {
					name = filepath.Join(in, name)
					err := os.WriteFile(name, []byte(text), 0o600)
					if text == "" {
						err = os.Remove(name)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			blocked := filepath.Join(out, "placement.ndjson")
			if err := os.Mkdir(in, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{filepath.Join(out, ".work"), blocked} {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			write(change.first)
			if code, _, stderr := runBatch(t, t.Context(), out, in); code != exitFailed || !strings.Contains(stderr, "placement.ndjson") {
				t.Fatalf("stopped: exit %d: %s", code, stderr)
			}
			if err := os.Remove(blocked); err != nil {
				t.Fatal(err)
			}
			write(change.then)
			code, _, stderr := runBatch(t, t.Context(), out, in)
			if code != exitOK {
				t.Fatalf("gone on: exit %d: %s", code, stderr)
			}
			if code, _, stderr := runBatch(t, t.Context(), calm, in); code != exitOK {
				t.Fatalf("never stopped: exit %d: %s", code, stderr)
			}
			_, placed, got := overview(t, out)
			if _, _, want := overview(t, calm); !bytes.Equal(got, want) {
				t.Error("tells something else than a batch that was never stopped")
			}
			held := heldBy(t, out)
			for _, p := range placed {
				where := fmt.Sprintf("%s:%d", p.File, p.Line)
				if !slices.Equal(held[where], []string{p.Folder}) {
					t.Errorf("%s is placed in %s and held by %v", where, p.Folder, held[where])
				}
				delete(held, where)
			}
			for where, folders := range held {
				t.Errorf("%s is no input, and held by %v", where, folders)
			}
			_, err := os.Stat(filepath.Join(out, "superseded"))
			if got := err == nil; got != change.superseded || got != strings.Contains(stderr, "set aside as") {
				t.Errorf("superseded is there: %t, want %t; told: %s", got, change.superseded, stderr)
			}
		})
	}
}

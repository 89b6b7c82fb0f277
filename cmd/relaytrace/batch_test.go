package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"relaytrace/casefile"
	"relaytrace/casefile/casetest"
)

// mixedMailbox writes the first n messages of a mailbox of which the truth is known.
func mixedMailbox(t testing.TB, n int) (*casetest.Mailbox, string) {
	t.Helper()
	m := casetest.New(casetest.Config{Seed: 11, Incidents: 6, Relays: 60})
	name := filepath.Join(t.TempDir(), "in.mbox")
	var b bytes.Buffer
	if err := m.WriteMbox(&b, 0, n); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return m, name
}

// runBatch runs the command in this process.
func runBatch(t testing.TB, ctx context.Context, out string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var o, e bytes.Buffer
	env := func(name string) string {
		if name == "XDG_CONFIG_HOME" {
			return filepath.Join(out, "nothing")
		}
		return ""
	}
	args = append([]string{"batch", "--offline", "--now", "2026-06-30T12:00:00Z", "--who", "Robin Example", "-o", out}, args...)
	code = run(ctx, args, env, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// overview reads what a batch wrote about itself.
func overview(t testing.TB, out string) (casefile.Index, []casefile.Placement, []byte) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(out, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var x casefile.Index
	if err := json.Unmarshal(doc, &x); err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile(filepath.Join(out, "placement.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var all []casefile.Placement
	for line := range bytes.Lines(lines) {
		var p casefile.Placement
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return x, all, append(doc, lines...)
}

// TestBatch: every input is in one place, each incident has its case, the numbers are those
// of the truth, and the files of the cases are there.
func TestBatch(t *testing.T) {
	const n = 600
	m, mbox := mixedMailbox(t, n)
	out := filepath.Join(t.TempDir(), "out")
	code, stdout, stderr := runBatch(t, t.Context(), out, mbox)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	x, placed, _ := overview(t, out)
	if len(placed) != n || x.Inputs.Total != n {
		t.Fatalf("%d placed, %d counted, of %d", len(placed), x.Inputs.Total, n)
	}
	in := map[string]int{}
	owner := map[string]map[int]int{}
	bounces := map[string]int{}
	for i, p := range placed {
		truth := m.Message(i)
		in[p.Folder]++
		if owner[p.Folder] == nil {
			owner[p.Folder] = map[int]int{}
		}
		owner[p.Folder][truth.Incident]++
		if truth.Class == "bounce" {
			bounces[p.Folder]++
		}
		if p.Class != truth.Class {
			t.Errorf("input %d is %s, placed as %s", i, truth.Class, p.Class)
		}
	}
	sum := x.Remainder.Inputs.Total
	for _, c := range x.Cases {
		sum += c.Inputs.Total
		if c.Inputs.Total != in[c.Folder] || len(owner[c.Folder]) != 1 || c.Bounces != bounces[c.Folder] {
			t.Errorf("case %s: %d inputs of which %d are placed, %d bounces of %d, incidents %v", c.Case, c.Inputs.Total, in[c.Folder], c.Bounces, bounces[c.Folder], owner[c.Folder])
		}
		for _, name := range []string{"case.db", "case.json", "case.pdf"} {
			if info, err := os.Stat(filepath.Join(out, c.Folder, name)); err != nil || info.Size() == 0 {
				t.Errorf("case %s: %s: %v", c.Case, name, err)
			}
		}
		joined := 0
		for _, j := range c.Joined {
			joined += j.Count
		}
		if joined < c.Inputs.Total-1 {
			t.Errorf("case %s: %d of %d inputs have a reason", c.Case, joined, c.Inputs.Total-1)
		}
	}
	if sum != n || in["remainder"] != x.Remainder.Inputs.Total || len(x.Cases) != 6 {
		t.Errorf("%d cases and the remainder hold %d inputs of %d", len(x.Cases), sum, n)
	}
	if want := fmt.Sprintf("%d inputs: %d in 6 cases, %d in the remainder", n, x.InCases, n-x.InCases); !strings.Contains(stdout, want) {
		t.Errorf("%q is not in the answer:\n%s", want, stdout)
	}
	if _, err := os.Stat(filepath.Join(out, ".work")); err == nil {
		t.Error("the work folder is still there")
	}
	if code, _, stderr := runBatch(t, t.Context(), out, mbox); code != exitFailed || !strings.Contains(stderr, "holds a finished batch") {
		t.Errorf("a second batch into the same folder: exit %d, %s", code, stderr)
	}
}

// TestBatchSame: the number of processors changes nothing in what is said.
func TestBatchSame(t *testing.T) {
	_, mbox := mixedMailbox(t, 300)
	var want []byte
	for _, cores := range []int{1, 4} {
		before := runtime.GOMAXPROCS(cores)
		out := filepath.Join(t.TempDir(), "out")
		code, _, stderr := runBatch(t, t.Context(), out, mbox)
		runtime.GOMAXPROCS(before)
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		_, _, got := overview(t, out)
		if want != nil && !bytes.Equal(got, want) {
			t.Error("the number of processors changes the result")
		}
		want = got
	}
}

// TestBatchKilled: a batch that is killed at any moments ends as one that is not.
func TestBatchKilled(t *testing.T) {
	_, mbox := mixedMailbox(t, 300)
	calm := filepath.Join(t.TempDir(), "calm")
	if code, _, stderr := runBatch(t, t.Context(), calm, mbox); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	_, _, want := overview(t, calm)
	out := filepath.Join(t.TempDir(), "out")
	self, err := exec.LookPath("relaytrace") // the test binary, put there by testscript
	if err != nil {
		t.Fatal(err)
	}
	kills := 0
	for wait := 40 * time.Millisecond; ; wait += wait / 3 {
		cmd := exec.Command(self, "batch", "--offline", "--now", "2026-06-30T12:00:00Z", "--who", "Robin Example", "-o", out, mbox)
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(out, "nothing"))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(wait, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		if strings.Contains(stderr.String(), "holds a finished batch") { // the last kill came when all was done
			break
		}
		if cmd.ProcessState.Exited() {
			t.Fatalf("after %d kills: %v: %s", kills, err, &stderr)
		}
		kills++
	}
	if kills < 3 {
		t.Errorf("killed %d times only", kills)
	}
	_, _, got := overview(t, out)
	if !bytes.Equal(got, want) {
		t.Error("what was killed and gone on with ends in another result")
	}
	code, _, stderr := 0, "", ""
	x, _, _ := overview(t, out)
	for _, c := range x.Cases {
		var o, e bytes.Buffer
		if code = run(t.Context(), []string{"verify", filepath.Join(out, c.Folder)}, os.Getenv, strings.NewReader(""), &o, &e); code != exitOK {
			stderr = e.String()
			t.Errorf("verify %s: exit %d: %s%s", c.Folder, code, &o, stderr)
		}
	}
}

// TestBatchInterrupted: an interrupt keeps what was done; going on with a changed input takes
// the change in, and other settings are refused.
func TestBatchInterrupted(t *testing.T) {
	_, mbox := mixedMailbox(t, 200)
	out := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, stderr := runBatch(t, ctx, out, mbox)
	if code != exitFailed || !strings.Contains(stderr, "give the same command again") {
		t.Fatalf("interrupted: exit %d, %s", code, stderr)
	}
	if code, _, stderr := runBatch(t, t.Context(), out, "--min", "3", mbox); code != exitFailed || !strings.Contains(stderr, "other settings") {
		t.Errorf("other settings: exit %d, %s", code, stderr)
	}
	data, err := os.ReadFile(mbox)
	if err != nil {
		t.Fatal(err)
	}
	more := append(data, []byte("From a@b.example Fri Mar  7 18:00:00 2003\nFrom: a@b.example\nTo: postmaster@college.example\nSubject: the lamp in the hall\nReceived: from x by y.example; Fri, 7 Mar 2003 18:00:00 +0000\n\nIt is broken.\n")...)
	if err := os.WriteFile(mbox, more, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := runBatch(t, t.Context(), out, mbox); code != exitOK {
		t.Fatalf("gone on: exit %d, %s", code, stderr)
	}
	if x, _, _ := overview(t, out); x.Inputs.Total != 201 {
		t.Errorf("%d inputs of 201", x.Inputs.Total)
	}
}

// BenchmarkBatch makes the cases of a small mailbox; most of the time goes into what each
// case has once, its documents and letters. For a mailbox of 100,000:
//
//	go run ./casefile/casetest/generate -n 100000 big.mbox
//	time go run ./cmd/relaytrace batch --offline -o out big.mbox
func BenchmarkBatch(b *testing.B) {
	const n = 1000
	_, mbox := mixedMailbox(b, n)
	b.ReportAllocs()
	for b.Loop() {
		out := filepath.Join(b.TempDir(), "out")
		if code, _, stderr := runBatch(b, b.Context(), out, mbox); code != exitOK {
			b.Fatal(stderr)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "inputs/s")
}

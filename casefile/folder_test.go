package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folderCase makes a small case with the samples named by their text.
func folderCase(id string, samples ...string) (*Case, []NamedBytes) {
	c := &Case{Schema: Schema, ID: id}
	files := []NamedBytes{
		{Path: "case.pdf", Data: []byte("%PDF " + id)},
		{Path: "letters/one.txt", Data: []byte("Dear postmaster")},
	}
	for i, s := range samples {
		name := fmt.Sprintf("evidence/%03d.eml", i+1)
		c.Samples = append(c.Samples, Sample{Number: i + 1, SHA256: Digest([]byte(s)), Evidence: name})
		files = append(files, NamedBytes{Path: name, Data: []byte(s)})
	}
	return c, files
}

func write(t *testing.T, dir, id string, samples ...string) error {
	t.Helper()
	c, files := folderCase(id, samples...)
	return WriteFolder(context.Background(), dir, c, files)
}

// list names what lies below a folder, hidden files too.
func list(t *testing.T, dir string) []string {
	t.Helper()
	names := []string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() || err == nil && strings.HasPrefix(d.Name(), ".") {
			rel, _ := filepath.Rel(dir, p)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWriteFolder(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "demo")
	c, files := folderCase("RT-1", "a", "b")
	if err := WriteFolder(context.Background(), dir, c, files); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"demo/case.json", "demo/case.pdf", "demo/evidence/001.eml", "demo/evidence/002.eml",
		"demo/evidence/SHA256SUMS", "demo/letters/one.txt",
	}
	if diff := cmp.Diff(want, list(t, parent)); diff != "" {
		t.Error(diff)
	}
	data, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back Case
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Files, back.Files); diff != "" || len(back.Files) != 5 {
		t.Errorf("files of case.json: %s", diff)
	}
	for name, mode := range map[string]fs.FileMode{".": 0o700, "letters": 0o700, "case.json": 0o600, "evidence/001.eml": 0o400} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: mode %v, want %v (%v)", name, info.Mode().Perm(), mode, err)
		}
	}
}

func TestSHA256SUMS(t *testing.T) {
	sha256sum, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum here")
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := write(t, dir, "RT-1", "a", "b"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sha256sum, "--strict", "-c", "SHA256SUMS")
	cmd.Dir = filepath.Join(dir, "evidence")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "001.eml: OK\n002.eml: OK\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestReplace(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "demo")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, samples := range [][]string{{"a"}, {"b", "a"}, {"a", "b"}} {
		if err := write(t, dir, "RT-1", samples...); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "evidence/001.eml"))
		if err != nil || string(got) != samples[0] {
			t.Errorf("holds %q, want %q (%v)", got, samples[0], err)
		}
	}
	if left := list(t, parent); len(left) != 6 {
		t.Errorf("left behind: %v", left)
	}
}

// TestReplaceByNames does the same where the file system cannot exchange two names.
func TestReplaceByNames(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "demo")
	if err := write(t, dir, "RT-1", "a"); err != nil {
		t.Fatal(err)
	}
	tmp, err := newTemp(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := tmp.fill(context.Background(), []NamedBytes{{Path: "new", Data: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	back, err := tmp.swapByNames(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
	if err := back(); err != nil {
		t.Fatal(err)
	}
	tmp.remove()
	if c, err := readCase(filepath.Join(dir, caseFile)); err != nil || unchanged(dir, c) != nil {
		t.Error("the old case did not come back")
	}
	if left := list(t, parent); len(left) != 5 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRefused(t *testing.T) {
	lay := func(t *testing.T, dir, name, text string) {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.RemoveAll(p), os.WriteFile(p, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  string
	}{
		{"something else", func(t *testing.T, dir string) { lay(t, dir, "notes.txt", "x") }, "holds something else: no case.json in it"},
		{"hidden file", func(t *testing.T, dir string) { lay(t, dir, ".x", "x") }, "holds something else: no case.json in it"},
		{"another program's case.json", func(t *testing.T, dir string) { lay(t, dir, "case.json", `{"schema":"x/1"}`) }, "case.json is not one of relaytrace"},
		{"rubbish for case.json", func(t *testing.T, dir string) { lay(t, dir, "case.json", `{`) }, "case.json is not one of relaytrace"},
		{"a file", func(t *testing.T, dir string) { lay(t, filepath.Dir(dir), "demo", "x") }, "is a file, not a folder"},
		{"another case", func(t *testing.T, dir string) { must(t, write(t, dir, "RT-2", "a")) }, `holds case "RT-2", and this is "RT-1"`},
		{"more samples", func(t *testing.T, dir string) { must(t, write(t, dir, "RT-1", "a", "z")) }, "samples that the new case lacks: evidence/002.eml"},
		{"edited letter", func(t *testing.T, dir string) {
			must(t, write(t, dir, "RT-1", "a"))
			lay(t, dir, "letters/one.txt", "Dear Ann")
		}, "edited: letters/one.txt"},
		{"added and missing", func(t *testing.T, dir string) {
			must(t, write(t, dir, "RT-1", "a"))
			lay(t, dir, "letters/answer.eml", "x")
			must(t, os.Remove(filepath.Join(dir, "case.pdf")))
		}, "added: letters/answer.eml; missing: case.pdf"},
		{"link for a file", func(t *testing.T, dir string) {
			must(t, write(t, dir, "RT-1", "a"))
			must(t, os.Rename(filepath.Join(dir, "case.pdf"), filepath.Join(filepath.Dir(dir), "moved")))
			must(t, os.Symlink("../moved", filepath.Join(dir, "case.pdf")))
		}, "edited: case.pdf"},
		{"link that leads nowhere", func(t *testing.T, dir string) { must(t, os.Symlink("nowhere", dir)) }, "leads nowhere"},
		{"in use", func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir, 0o700))
			release, err := lockFolder(dir)
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			must(t, err)
			t.Cleanup(release)
		}, "another run is writing this case"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "demo")
			tt.spoil(t, dir)
			before := list(t, parent)
			err := write(t, dir, "RT-1", "a")
			var fe *FolderError
			if !errors.As(err, &fe) || fe.Hint() == "" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(before, list(t, parent)); diff != "" {
				t.Errorf("something was touched: %s", diff)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefusedPlaces(t *testing.T) {
	parent := t.TempDir()
	must(t, os.WriteFile(filepath.Join(parent, "file"), nil, 0o600))
	t.Chdir(parent)
	for dir, want := range map[string]string{
		"missing/demo":       "does not exist",
		"file/demo":          "is no folder",
		".":                  "runs inside this folder",
		filepath.Dir(parent): "runs inside this folder",
		"":                   "no name",
	} {
		err := write(t, dir, "RT-1", "a")
		var fe *FolderError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", dir, err, want)
		}
	}
}

func TestFileNames(t *testing.T) {
	for _, p := range []string{
		"../x", "/x", "a/../b", "case.json", "a//b", "", ".", ".hidden", "letters/.x", "-x", "a b", "a\nb", "a\\b", "evidence/SHA256SUMS",
	} {
		c, files := folderCase("RT-1", "a")
		dir := filepath.Join(t.TempDir(), "demo")
		if err := WriteFolder(context.Background(), dir, c, append(files, NamedBytes{Path: p})); err == nil {
			t.Errorf("%q was accepted", p)
		}
	}
}

// TestCancelled cancels before and during the writing: nothing may be left.
func TestCancelled(t *testing.T) {
	for calls := range 4 {
		parent := t.TempDir()
		c, files := folderCase("RT-1", "a", "b")
		err := WriteFolder(&countdown{Context: context.Background(), left: calls}, filepath.Join(parent, "demo"), c, files)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d files: %v", calls, err)
		}
		if left := list(t, parent); len(left) > 0 {
			t.Errorf("after %d files there is left %v", calls, left)
		}
	}
}

// countdown is a context that is cancelled after a number of looks at it.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestKilled kills a process that writes the case again and again at random moments. The
// folder must hold a whole case or be missing, and the next run must tidy up.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "demo")
	for range 20 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHelperWrite$")
		cmd.Env = append(os.Environ(), "RELAYTRACE_TEST_FOLDER="+dir)
		must(t, cmd.Start())
		time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		c, err := readCase(filepath.Join(dir, caseFile))
		must(t, err)
		must(t, unchanged(dir, c))
		if rand.IntN(3) == 0 {
			must(t, os.RemoveAll(dir))
		}
	}
	must(t, write(t, dir, "RT-1", manySamples...))
	entries, err := os.ReadDir(parent)
	must(t, err)
	for _, e := range entries {
		if e.Name() != "demo" {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

var manySamples = strings.Fields(strings.Repeat("abc defg hijkl ", 10))

// TestHelperWrite is the process that TestKilled kills.
func TestHelperWrite(t *testing.T) {
	dir := os.Getenv("RELAYTRACE_TEST_FOLDER")
	if dir == "" {
		t.Skip("only as a process of its own")
	}
	for {
		must(t, write(t, dir, "RT-1", manySamples...))
	}
}

// TestAsideComesBack holds that a run killed between two renames loses nothing.
func TestAsideComesBack(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "demo")
	must(t, write(t, dir, "RT-1", "a", "b"))
	must(t, os.Rename(dir, filepath.Join(parent, ".demo.relaytrace-old-1")))
	must(t, os.Mkdir(filepath.Join(parent, ".demo.relaytrace-new-2"), 0o700))
	if err := write(t, dir, "RT-1", "a"); err == nil || !strings.Contains(err.Error(), "samples that the new case lacks") {
		t.Errorf("the old case was forgotten: %v", err)
	}
	if got := list(t, parent); len(got) != 6 {
		t.Errorf("there is %v", got)
	}
}

func TestEncodeJSON(t *testing.T) {
	in := map[string]string{"k": "a<b>\u202e\u0085\x7f\u2028\U000e0041\u200bü中\x1b"}
	got, err := EncodeJSON(in, "")
	must(t, err)
	want := `{"k":"a<b>\u202e\u0085\u007f\u2028\udb40\udc41\u200bü中\u001b"}` + "\n"
	if string(got) != want {
		t.Errorf("got %s want %s", got, want)
	}
	var back map[string]string
	must(t, json.Unmarshal(got, &back))
	if diff := cmp.Diff(in, back); diff != "" {
		t.Error(diff)
	}
	if plain, err := EncodeJSON([]int{1}, "  "); err != nil || !bytes.Equal(plain, []byte("[\n  1\n]\n")) {
		t.Errorf("%q %v", plain, err)
	}
}

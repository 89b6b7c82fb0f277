package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
)

// under makes a store with one sample.
func under(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Create(context.Background(), dir)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	add(t, s, submission("a.eml", message(1)))
	must(t, s.Commit(context.Background()))
	return s
}

// texts reads all files below a folder, but the store.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), Name) {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		must(t, err)
		data, err := os.ReadFile(p)
		all[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return all
}

func export(t *testing.T, s *Store, pairs ...string) Exported {
	t.Helper()
	var files []File
	for i := 0; i < len(pairs); i += 2 {
		files = append(files, Bytes(pairs[i], []byte(pairs[i+1])))
	}
	x, err := s.Export(context.Background(), files, func(list []casefile.File) (File, error) {
		names := []string{}
		for _, f := range list {
			names = append(names, f.Path)
		}
		return Bytes("case.json", []byte(strings.Join(names, " "))), nil
	})
	must(t, err)
	return x
}

func TestExport(t *testing.T) {
	dir := t.TempDir()
	s := under(t, dir)
	x := export(t, s, "case.pdf", "one", "evidence/1.eml", "spam", "letters/a.txt", "dear a", "letters/b.txt", "dear b")
	if diff := cmp.Diff([]string{"case.pdf", "evidence/1.eml", "letters/a.txt", "letters/b.txt", "case.json"}, x.Written); diff != "" {
		t.Error(diff)
	}
	for name, mode := range map[string]fs.FileMode{"letters": 0o700, "case.json": 0o600, "evidence/1.eml": 0o400} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v (%v)", name, info.Mode().Perm(), err)
		}
	}
	// The same again writes nothing.
	if x := export(t, s, "case.pdf", "one", "evidence/1.eml", "spam", "letters/a.txt", "dear a", "letters/b.txt", "dear b"); x.Written != nil {
		t.Errorf("written again: %v", x.Written)
	}
	// A person edits, adds and removes.
	put := func(name, text string) {
		must(t, errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)))
	}
	put("case.pdf", "mine")
	put("letters/a.txt", "my dear a")
	put("letters/b.txt", "my dear b")
	put("letters/c.txt", "my dear c")
	put("notes", "mine")
	must(t, os.Remove(filepath.Join(dir, "case.json")))
	x = export(t, s, "case.pdf", "two", "evidence/1.eml", "spam", "letters/a.txt", "dear a", "letters/b.txt", "dear b, anew", "letters/c.txt", "dear c")
	if diff := cmp.Diff(Exported{
		Written:  []string{"case.pdf", "letters/b.txt", "letters/c.txt", "case.json"},
		SetAside: []string{"case.pdf to case.edited-1.pdf", "letters/b.txt to letters/b.edited-1.txt", "letters/c.txt to letters/c.edited-1.txt"},
		Left:     []string{"letters/a.txt"},
	}, x); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{
		"case.json": "case.pdf evidence/1.eml letters/a.txt letters/b.txt letters/c.txt", "case.pdf": "two", "case.edited-1.pdf": "mine", "evidence/1.eml": "spam",
		"letters/a.txt": "my dear a", "letters/b.txt": "dear b, anew", "letters/b.edited-1.txt": "my dear b",
		"letters/c.txt": "dear c", "letters/c.edited-1.txt": "my dear c", "notes": "mine",
	}
	if diff := cmp.Diff(want, texts(t, dir)); diff != "" {
		t.Error(diff)
	}
	v, err := s.Verify(context.Background())
	must(t, err)
	if diff := cmp.Diff([]string{"edited: letters/a.txt"}, v.Folder); diff != "" {
		t.Error(diff)
	}
	// What is no part of the case any more goes, unless it was edited.
	x = export(t, s, "case.pdf", "two")
	if diff := cmp.Diff(Exported{Written: []string{"case.json"}, Removed: []string{"evidence/1.eml", "letters/b.txt", "letters/c.txt"}, Left: []string{"letters/a.txt"}}, x); diff != "" {
		t.Error(diff)
	}
}

// TestExportFails: a file that cannot be made leaves all others as they were, and the next
// export goes through.
func TestExportFails(t *testing.T) {
	dir := t.TempDir()
	s := under(t, dir)
	export(t, s, "a", "one", "b", "one")
	before := texts(t, dir)
	full := errors.New("disk full")
	_, err := s.Export(context.Background(), []File{Bytes("a", []byte("two")), {Path: "b", Write: func(w io.Writer) error {
		_, err := w.Write([]byte("half"))
		return errors.Join(err, full)
	}}}, nil)
	if !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	after := texts(t, dir)
	for name := range after {
		if strings.HasPrefix(name, stageDir) {
			delete(after, name)
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
	export(t, s, "a", "two", "b", "two")
	if got := texts(t, dir); got["a"] != "two" || got["b"] != "two" || len(got) != 3 {
		t.Errorf("%v", got)
	}
}

// TestExportLinks: no link inside the folder is followed, and a folder in the place of a
// file is set aside.
func TestExportLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	s := under(t, dir)
	must(t, os.Symlink(filepath.Join(outside, "x"), filepath.Join(dir, "case.pdf")))
	must(t, os.Mkdir(filepath.Join(dir, "b"), 0o700))
	x := export(t, s, "case.pdf", "one", "b", "two")
	if diff := cmp.Diff([]string{"b to b.edited-1", "case.pdf to case.edited-1.pdf"}, x.SetAside); diff != "" {
		t.Error(diff)
	}
	must(t, os.Symlink(outside, filepath.Join(dir, "letters")))
	_, err := s.Export(context.Background(), []File{Bytes("letters/a", nil)}, nil)
	if err == nil || !strings.Contains(err.Error(), "letters is no folder") {
		t.Errorf("%v", err)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("written outside: %v %v", entries, err)
	}
}

func TestExportNames(t *testing.T) {
	s := under(t, t.TempDir())
	for _, p := range []string{"../x", "/x", "a/../b", "a//b", "", ".", ".hidden", "letters/.x", "-x", "a b", "a\nb", "a\\b"} {
		if _, err := s.Export(context.Background(), []File{Bytes(p, nil)}, nil); err == nil {
			t.Errorf("%q was accepted", p)
		}
	}
	if _, err := s.Export(context.Background(), []File{Bytes("a", nil), Bytes("a", nil)}, nil); err == nil {
		t.Error("a name was accepted twice")
	}
}

// TestExportDue: between a judgement and the export of its files, verify tells that they are
// not yet those of the judgement.
func TestExportDue(t *testing.T) {
	ctx := context.Background()
	s := under(t, t.TempDir())
	interrupted := func() bool {
		t.Helper()
		v, err := s.Verify(ctx)
		must(t, err)
		return slices.Contains(v.Notes, "an export was interrupted; relaytrace export finishes it")
	}
	export(t, s, "letters/a.txt", "to a relay")
	if interrupted() {
		t.Error("nothing was judged, and an export is told as interrupted")
	}
	_, err := s.SaveJudgement(ctx, &casefile.Case{})
	must(t, errors.Join(err, s.Commit(ctx)))
	if !interrupted() {
		t.Error("the case was judged anew, and its folder seems in order")
	}
	export(t, s, "letters/a.txt", "to an innocent")
	if interrupted() {
		t.Error("the export is done, and is told as interrupted")
	}
}

// TestVerifyNames holds that what differs is named.
func TestVerifyNames(t *testing.T) {
	ctx := context.Background()
	for what, spoil := range map[string]struct{ text, want string }{
		"bytes":      {"UPDATE samples SET data = (SELECT data FROM samples WHERE number = 2) WHERE number = 1", "sample 1 (sha256"},
		"digest":     {"UPDATE samples SET sha256 = replace(sha256, substr(sha256, 1, 2), 'zz') WHERE number = 2", "sample 2 (sha256 zz"},
		"taken out":  {"DELETE FROM samples WHERE number = 2", "the samples up to 2 are not those that event 1"},
		"complaint":  {"UPDATE submissions SET data = x'00' WHERE number = 3", "submission 3 (sha256"},
		"event":      {"UPDATE events SET actor = 'bob'", "custody log: event 1 was changed"},
		"cut to nil": {"UPDATE events SET hash = 'x'", "custody log: event 1 was changed"},
	} {
		dir := t.TempDir()
		s := under(t, dir)
		add(t, s, submission("b.eml", message(2)), complaint("c.eml", message(2)))
		must(t, errors.Join(s.LogAdded(ctx, testNow, "ann", "test", 0), s.Commit(ctx)))
		v, err := s.Verify(ctx)
		if err != nil || len(v.Evidence) > 0 || v.Samples != 2 || v.Submissions != 3 {
			t.Fatalf("before: %+v %v", v, err)
		}
		must(t, s.exec(ctx, spoil.text))
		v, err = s.Verify(ctx)
		must(t, err)
		if !slices.ContainsFunc(v.Evidence, func(l string) bool { return strings.HasPrefix(l, spoil.want) }) {
			t.Errorf("%s: %q", what, v.Evidence)
		}
	}
}

func TestErase(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := under(t, dir)
	only, shared := complaint("c.eml", message(2)), complaint("d.eml", message(1))
	add(t, s, only, shared, submission("e.eml", message(3)))
	must(t, errors.Join(s.LogAdded(ctx, testNow, "ann", "test", 0), s.Commit(ctx)))
	if _, err := s.Erase(ctx, "nobody@isp.example", testNow, "bob", "test"); err == nil || !strings.Contains(err.Error(), "nothing in the case is of nobody@isp.example") {
		t.Errorf("%v", err)
	}
	e, err := s.Erase(ctx, "Ann@isp.example", testNow, "bob", "test")
	must(t, err)
	if diff := cmp.Diff([]int{2, 3}, e.Submissions); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2}, e.Samples); diff != "" {
		t.Error(diff)
	}
	v, err := s.Verify(ctx)
	must(t, err)
	if len(v.Evidence) > 0 || v.Samples != 2 || v.Erased != 3 {
		t.Errorf("%+v", v)
	}
	log, err := s.Events(ctx)
	must(t, err)
	if e := log[len(log)-1]; e.Action != "erased" || !slices.Contains(e.Detail, "sha256="+casefile.Digest(only.Data)) {
		t.Errorf("%+v", e)
	}
	must(t, s.Close())
	data, err := os.ReadFile(filepath.Join(dir, Name))
	must(t, err)
	for _, secret := range []string{"ann@isp.example", "your spam", "number 2", "KAA00002"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the file still holds %q", secret)
		}
	}
	if !strings.Contains(string(data), "number 1") {
		t.Error("what another showed too is gone")
	}
}

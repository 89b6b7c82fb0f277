package store

import (
	"context"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDraft: a draft gets its place with the export that names it, one begun anew holds
// nothing of the one before, and of one that no export takes nothing is left.
func TestDraft(t *testing.T) {
	dir := t.TempDir()
	s := under(t, dir)
	begin := func(text string) *Draft {
		t.Helper()
		d, err := s.Begin()
		must(t, err)
		_, err = io.WriteString(d, text)
		must(t, err)
		return d
	}
	write := func(files ...File) {
		t.Helper()
		_, err := s.Export(context.Background(), files, nil)
		must(t, err)
	}
	begin("erased\n")
	write(begin("one\n").File("lines"), Bytes("a", []byte("a")))
	if diff := cmp.Diff(map[string]string{"a": "a", "lines": "one\n"}, texts(t, dir)); diff != "" {
		t.Error(diff)
	}
	write(begin("one\n").File("lines"))
	write(begin("two\n").File("lines"))
	if diff := cmp.Diff(map[string]string{"lines": "two\n"}, texts(t, dir)); diff != "" {
		t.Error(diff)
	}
	begin("given up\n")
	must(t, s.Close())
	if diff := cmp.Diff(map[string]string{"lines": "two\n"}, texts(t, dir)); diff != "" {
		t.Error(diff)
	}
}

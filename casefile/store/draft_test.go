package store

import (
	"context"
	"errors"
	"io"
	"strings"
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

// TestDraftAfterInterruption: that an export was interrupted is told until one has ended,
// whatever opens the case meanwhile: letters may lie in the folder that the case takes back.
func TestDraftAfterInterruption(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := under(t, dir)
	told := func() (notes int) {
		t.Helper()
		v, err := s.Verify(ctx)
		must(t, err)
		for _, n := range v.Notes {
			if strings.Contains(n, "an export was interrupted") {
				notes++
			}
		}
		return notes
	}
	reopen := func() {
		t.Helper()
		must(t, s.Close())
		var err error
		s, err = Open(ctx, dir)
		must(t, err)
	}
	d, err := s.Begin()
	must(t, err)
	full := errors.New("disk full")
	if _, err := s.Export(ctx, []File{{Path: "a", Write: func(io.Writer) error { return full }}, d.File("lines")}, nil); !errors.Is(err, full) {
		t.Fatal(err)
	}
	reopen()
	if told() != 1 {
		t.Error("closing the case hides that its export was interrupted")
	}
	_, err = s.Begin()
	must(t, err)
	reopen()
	if told() != 1 {
		t.Error("a draft that is given up hides that an export was interrupted")
	}
	d, err = s.Begin()
	must(t, err)
	_, err = s.Export(ctx, []File{d.File("lines")}, nil)
	must(t, err)
	if told() != 0 {
		t.Error("an export that ended is told as interrupted")
	}
	must(t, s.Close())
}

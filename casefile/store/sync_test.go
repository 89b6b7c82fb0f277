package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSyncs holds that many files are on the disk where the file system cannot be synced as
// a whole, and that an error of the disk is told.
func TestSyncs(t *testing.T) {
	if syncFileSystem == nil {
		t.Skip("each file is synced by itself")
	}
	whole := syncFileSystem
	t.Cleanup(func() { syncFileSystem = whole })
	dir := t.TempDir()
	run := 0
	files := func(s *syncs, lost bool) error {
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		run++
		for n := range manyFiles + 3 {
			name := fmt.Sprintf("%d-%d", run, n)
			f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
			if err != nil {
				t.Fatal(err)
			}
			s.add(f, "evidence/"+name)
			if lost && n == manyFiles+1 {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		return s.wait()
	}
	for _, tt := range []struct {
		err  error
		lost bool // a file is gone, so that its sync by itself fails
		told string
	}{
		{nil, false, ""}, {syscall.ENOSYS, false, ""}, {syscall.EPERM, false, ""}, {syscall.EOPNOTSUPP, false, ""},
		{syscall.ENOSYS, true, "evidence/"}, {syscall.EIO, false, "input/output"},
	} {
		syncFileSystem = func(string) error {
			if tt.err == nil {
				return nil
			}
			return os.NewSyscallError("syncfs", tt.err)
		}
		s := newSyncs(dir)
		err := files(s, tt.lost)
		if (err == nil) != (tt.told == "") || err != nil && !strings.Contains(err.Error(), tt.told) {
			t.Errorf("%v: %v", tt.err, err)
		}
		if err := s.wait(); err != nil {
			t.Errorf("%v: told twice: %v", tt.err, errors.Unwrap(err))
		}
	}
}

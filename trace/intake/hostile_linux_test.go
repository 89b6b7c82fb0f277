package intake

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHostileFolder holds that what may lie in a folder and is no mail is named, waits for
// nothing, and keeps nobody from reading the rest.
func TestHostileFolder(t *testing.T) {
	dir := lay(t, map[string]string{"a.eml": mail1, "z.eml": mail2, "empty.eml": "", "odd\n\x1b[31m\xff.eml": mail1, "sub/keep.eml": mail1})
	in := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Mkfifo(in("fifo.eml"), 0o600)) // nobody writes to it
	must(os.Symlink(dir, in("loop")))
	must(os.Symlink("nowhere", in("dangling.eml")))
	must(os.Symlink("/dev/zero", in("zero.eml")))
	socket, err := net.Listen("unix", in("socket.eml"))
	must(err)
	defer socket.Close()
	want := map[string]string{
		"a.eml": "sample", "z.eml": "partial-sample", "odd\n\x1b[31m\xff.eml": "sample", "sub/keep.eml": "sample",
		"empty.eml": "file is empty", "fifo.eml": "not a regular file", "socket.eml": "not a regular file",
		"loop": "symbolic link, not followed", "dangling.eml": "symbolic link, not followed", "zero.eml": "symbolic link, not followed",
		"sparse.eml": errTooLarge.Error(), "hole.mbox": errTooLarge.Error(),
	}
	if syscall.Mknod(in("device.eml"), syscall.S_IFCHR|0o600, 1<<8|5) == nil { // root only: as /dev/zero
		want["device.eml"] = "not a regular file"
	}
	for _, name := range []string{"sparse.eml", "hole.mbox"} { // a terabyte of zeros that takes no room
		f, err := os.Create(in(name))
		must(err)
		_, err = f.WriteString(mail1)
		must(err)
		must(f.Truncate(1 << 40))
		must(f.Close())
	}
	got := map[string]string{}
	err = Sorter{}.Walk(context.Background(), []string{dir}, nil, func(s *Submission) error {
		got[strings.TrimPrefix(s.File, dir+"/")] = string(s.Class)
		if s.Err != nil {
			got[strings.TrimPrefix(s.File, dir+"/")] = s.Err.Error()
		}
		return nil
	})
	must(err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadable holds that what one may not read is named. Root may read everything, so
// that this thread reads as nobody.
func TestUnreadable(t *testing.T) {
	dir := lay(t, map[string]string{"a": mail1, "b/c": mail1, "d": mail1})
	for _, name := range []string{"a", "b"} {
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{filepath.Dir(dir), dir, filepath.Join(dir, "d")} {
		if err := os.Chmod(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := []string{}
	w := &walker{ctx: context.Background(), put: func(j *job) error {
		got = append(got, fmt.Sprint(strings.TrimPrefix(j.sub.File, dir+"/"), " ", j.sub.Err))
		return nil
	}}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	me := os.Geteuid()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Fatal(err)
	}
	err := w.path(dir, nil)
	if e := syscall.Setfsuid(me); e != nil {
		t.Fatal(e)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a permission denied", "b permission denied", "d <nil>"}, got); diff != "" {
		t.Error(diff)
	}
}

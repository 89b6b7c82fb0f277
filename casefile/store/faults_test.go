package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relaytrace/casefile"
)

var testNow = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

const killedFolder = "RELAYTRACE_TEST_KILLED"

// TestMain runs the process that TestKilled kills, or the tests.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killedFolder); dir != "" {
		if err := work(dir, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work adds samples and writes files again and again, and tells of each sample that it is
// taken once it is.
func work(dir string, out io.Writer) error {
	ctx := context.Background()
	var s *Store
	var err error
	if s, err = Open(ctx, dir); err != nil && !Exists(dir) {
		s, err = Create(ctx, dir)
	}
	if err != nil {
		return err
	}
	if err := s.index(ctx); err != nil {
		return err
	}
	for n := s.next.sample; n < 100_000; n += 3 {
		for i := range 3 {
			sub := complaint("in.mbox", message(n+i))
			if _, err := s.Add(ctx, Pack(sub, paths(sub))); err != nil {
				return err
			}
		}
		if err := errors.Join(s.LogAdded(ctx, testNow, "ann", "test", 0), s.Commit(ctx)); err != nil {
			return err
		}
		fmt.Fprintln(out, n+2)
		if n%6 == 1 {
			if _, err := s.Export(ctx, someFiles(n), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// someFiles are some that change with n.
func someFiles(n int) []File {
	return []File{
		Bytes("case.pdf", []byte(strings.Repeat(fmt.Sprint(n), 20_000))), Bytes("letters/a.txt", []byte(fmt.Sprint("Dear ", n))),
		Bytes(fmt.Sprintf("letters/%d.txt", n), []byte("Dear")), Bytes("letters/same.txt", []byte("Dear")),
	}
}

// TestKilled kills a process at 200 random moments. No sample that was reported as taken
// may be missing, the file is sound, and nothing in it or in the folder differs from what
// was written.
func TestKilled(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	self, err := os.Executable()
	must(t, err)
	taken := 0
	for range 200 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), killedFolder+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		var errs strings.Builder
		cmd.Stderr = &errs
		must(t, cmd.Start())
		// From the first sign of life, so that a slow machine kills it at work too.
		lines := bufio.NewScanner(out)
		alive := rand.IntN(4) > 0 && lines.Scan()
		if alive {
			fmt.Sscan(lines.Text(), &taken)
		}
		time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, func() { cmd.Process.Kill() })
		for lines.Scan() {
			fmt.Sscan(lines.Text(), &taken)
		}
		if cmd.Wait(); errs.Len() > 0 {
			t.Fatalf("it failed by itself: %s", errs.String())
		}
		if !Exists(dir) {
			continue
		}
		s, err := Open(ctx, dir)
		must(t, err)
		v, err := s.Verify(ctx)
		must(t, err)
		if v.Samples < taken || len(v.Evidence)+len(v.Folder) > 0 {
			t.Fatalf("%d samples were taken; after the kill there is %+v", taken, v)
		}
		must(t, s.Close())
	}
	s, err := Open(ctx, dir)
	must(t, err)
	defer s.Close()
	if _, err := s.Export(ctx, someFiles(7), nil); err != nil {
		t.Fatal(err)
	}
	v, err := s.Verify(ctx)
	must(t, err)
	if taken == 0 || len(v.Notes) > 0 || v.Files != 4 {
		t.Errorf("in the end: %d taken, %+v", taken, v)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "letters"))
	must(t, err)
	if len(entries) != 3 {
		t.Errorf("files of killed exports are left: %v", entries)
	}
}

// TestFullDisk fills the disk under a store: what was committed stays, and once there is
// room again it goes on.
func TestFullDisk(t *testing.T) {
	ctx := context.Background()
	s, err := Create(ctx, t.TempDir())
	must(t, err)
	defer s.Close()
	add(t, s, submission("a.eml", message(1)))
	must(t, errors.Join(s.LogAdded(ctx, testNow, "ann", "test", 0), s.Commit(ctx)))
	var pages int
	must(t, s.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages))
	must(t, s.exec(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages+20)))
	n, taken := 2, 1
	for ; n < 5000 && err == nil; n++ {
		sub := submission("a.mbox", message(n))
		if _, err = s.Add(ctx, Pack(sub, paths(sub))); err == nil && n%10 == 0 {
			if err = s.Commit(ctx); err == nil {
				taken = n
			}
		}
	}
	var fe *casefile.FolderError
	if !errors.As(err, &fe) || !strings.Contains(err.Error(), "the disk is full") || fe.Hint() == "" {
		t.Fatalf("%v", err)
	}
	v, err := s.Verify(ctx)
	must(t, err)
	if v.Samples != taken || len(v.Evidence) > 0 {
		t.Errorf("%d were committed: %+v", taken, v)
	}
	must(t, s.exec(ctx, "PRAGMA max_page_count = 1073741823"))
	add(t, s, submission("b.eml", message(6000)))
	must(t, s.Commit(ctx))
}

// TestTwoProcesses: the second waits, and then says why it cannot go on.
func TestTwoProcesses(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	defer func(d time.Duration) { patience = d }(patience)
	patience = 50 * time.Millisecond
	s, err := Create(ctx, dir)
	must(t, err)
	for _, open := range []func(context.Context, string) (*Store, error){Open, OpenReadOnly} {
		if _, err := open(ctx, dir); err == nil || !strings.Contains(err.Error(), "another relaytrace has the case open") {
			t.Errorf("%v", err)
		}
	}
	patience = 10 * time.Second
	go func() {
		time.Sleep(100 * time.Millisecond)
		s.Close()
	}()
	second, err := Open(ctx, dir)
	must(t, err)
	must(t, second.Close())
}

// TestReadOnly opens a store where nothing can be written.
func TestReadOnly(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Create(ctx, dir)
	must(t, err)
	add(t, s, submission("a.eml", message(1)))
	must(t, errors.Join(s.LogAdded(ctx, testNow, "ann", "test", 0), s.Commit(ctx), s.Close()))
	must(t, os.Chmod(filepath.Join(dir, Name), 0o400))
	must(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	before := digestOf(t, dir)
	r, err := OpenReadOnly(ctx, dir)
	must(t, err)
	v, err := r.Verify(ctx)
	must(t, err)
	if v.Samples != 1 || len(v.Evidence)+len(v.Notes) > 0 {
		t.Errorf("%+v", v)
	}
	if err := r.Log(ctx, testNow, "ann", "test", "x"); err == nil || !strings.Contains(err.Error(), "cannot be written to") {
		t.Errorf("%v", err)
	}
	must(t, r.Close())
	if digestOf(t, dir) != before {
		t.Error("the file was changed")
	}
}

// TestDamaged spoils the file in many places: it is told, down to the sample, and what is
// sound is saved.
func TestDamaged(t *testing.T) {
	ctx, sound := context.Background(), t.TempDir()
	s, err := Create(ctx, sound)
	must(t, err)
	const all = 300
	for n := range all {
		add(t, s, submission("a.mbox", message(n)))
	}
	must(t, errors.Join(s.LogAdded(ctx, testNow, "ann", "test", 0), s.Commit(ctx), s.Close()))
	data, err := os.ReadFile(filepath.Join(sound, Name))
	must(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	told, saved := 0, 0
	for range 40 {
		dir := t.TempDir()
		bad := append([]byte{}, data...)
		at := 4096 + random.IntN(len(bad)-8192) // the first page is the directory
		for i := range 600 {
			bad[at+i] = byte(random.Uint32())
		}
		must(t, os.WriteFile(filepath.Join(dir, Name), bad, 0o600))
		if spoiled(t, dir) {
			told++
		}
		kept := map[string]bool{}
		got, err := Salvage(ctx, dir, func(f casefile.NamedBytes) error {
			if strings.HasPrefix(f.Path, "evidence/") && !strings.Contains(f.Path, casefile.Digest(f.Data)[:12]) {
				t.Errorf("%s is not what it says", f.Path)
			}
			kept[f.Path] = true
			return nil
		})
		if err != nil {
			continue
		}
		if got.Samples+len(got.Lost) < all/2 || got.Samples != len(kept) {
			t.Errorf("saved %d samples (%d files), lost %d", got.Samples, len(kept), len(got.Lost))
		}
		saved += got.Samples
		if digest := digestOf(t, dir); digest != casefile.Digest(bad) {
			t.Error("the damaged file was changed")
		}
	}
	if told < 30 || saved < 40*all*8/10 {
		t.Errorf("of 40 damaged files %d were told, and %d of %d samples saved", told, saved, 40*all)
	}
}

// spoiled reports whether a store tells that it is damaged.
func spoiled(t *testing.T, dir string) bool {
	s, err := OpenReadOnly(context.Background(), dir)
	if err != nil {
		return true
	}
	defer s.Close()
	v, err := s.Verify(context.Background())
	return err != nil || len(v.Evidence) > 0
}

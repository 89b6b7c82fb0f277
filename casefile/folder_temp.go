package casefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// errLocked says that another run holds a folder.
var errLocked = errors.New("another run is writing this case")

// temp is the hidden folder beside the target that a case is written to.
type temp struct {
	path    string
	release func() // gives up the lock that marks it as in use
}

// hidden gives the start of the names of what is written beside target.
func hidden(target string) string {
	return "." + filepath.Base(target) + ".relaytrace-"
}

// newTemp makes and locks a folder beside target.
func newTemp(target string) (*temp, error) {
	for range 10 {
		p, err := os.MkdirTemp(filepath.Dir(target), hidden(target)+"new-*")
		if err != nil {
			return nil, err
		}
		release, err := lockFolder(p)
		if err == nil || !errors.Is(err, errLocked) {
			if _, err := os.Lstat(p); err == nil {
				return &temp{path: p, release: release}, nil
			}
		}
		// Another run took it for an abandoned one before it was locked.
		release()
	}
	return nil, errors.New("other runs are busy in the same place")
}

// remove takes away what the temporary name stands for: an unfinished case, the old
// folder after an exchange, or nothing.
func (t *temp) remove() {
	// What cannot be removed is removed by the next run.
	_ = os.RemoveAll(t.path)
	t.release()
}

// tidy removes what killed runs left beside target. What a run that is still alive
// writes is locked, and stays. Failures are left for the next run.
func tidy(target string) {
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), hidden(target))
		aside := strings.HasPrefix(rest, "old-")
		if !ours || !e.IsDir() || !aside && !strings.HasPrefix(rest, "new-") {
			continue
		}
		p := filepath.Join(filepath.Dir(target), e.Name())
		release, err := lockFolder(p)
		_, missing := os.Lstat(target)
		switch {
		case errors.Is(err, errLocked):
		case aside && errors.Is(missing, fs.ErrNotExist):
			// Killed between the two renames of swapByNames: the old case comes back.
			_ = os.Rename(p, target)
		case err == nil:
			_ = os.RemoveAll(p)
		}
		release()
	}
}

// fill writes and syncs the files and every folder above them.
func (t *temp) fill(ctx context.Context, files []NamedBytes) error {
	dirs := map[string]bool{}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		for d := path.Dir(f.Path); d != "." && !dirs[d]; d = path.Dir(d) {
			dirs[d] = true
		}
		name := filepath.Join(t.path, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		mode := fs.FileMode(0o600)
		if strings.HasPrefix(f.Path, evidenceDir) {
			mode = 0o400
		}
		if err := writeSynced(name, f.Data, mode); err != nil {
			return err
		}
	}
	below := make([]string, 0, len(dirs))
	for d := range dirs {
		below = append(below, d)
	}
	slices.Sort(below)
	for _, d := range slices.Backward(below) {
		if err := syncFolder(filepath.Join(t.path, filepath.FromSlash(d))); err != nil {
			return err
		}
	}
	if err := syncFolder(t.path); err != nil {
		return err
	}
	return ctx.Err()
}

// place puts the finished folder where target is.
func (t *temp) place(dir, target string, old existing) error {
	if !old.there {
		if err := os.Rename(t.path, target); err != nil {
			return folderError(dir, fmt.Errorf("cannot be put in place: %w", linkError(err)), "see whether another run wrote it meanwhile")
		}
		return synced(dir, target)
	}
	back, err := t.swap(target)
	if err != nil {
		return folderError(dir, fmt.Errorf("cannot be replaced: %w", linkError(err)), "name a new folder")
	}
	// Somebody may have written into the old folder since it was looked at.
	if err := old.same(t.path); err != nil {
		if e := back(); e != nil {
			kept := target + ".kept"
			if e := os.Rename(t.path, kept); e != nil {
				kept, t.path = t.path, ""
			}
			return folderError(dir, fmt.Errorf("%w; it was replaced, and what it held lies in %s", err, kept), "look through that folder")
		}
		return folderError(dir, err, "keep it, and name a new folder")
	}
	return synced(dir, target)
}

// same tells whether the folder that was moved to p still holds what inspect saw.
func (e existing) same(p string) error {
	if e.old != nil {
		return unchanged(p, e.old)
	}
	entries, err := os.ReadDir(p)
	if err == nil && len(entries) > 0 {
		err = errors.New("holds something that was put there meanwhile")
	}
	return err
}

// swap exchanges the finished folder with the one at target, in one step where the system
// can, and gives the function that undoes it.
func (t *temp) swap(target string) (back func() error, err error) {
	err = exchange(t.path, target)
	if errors.Is(err, errors.ErrUnsupported) {
		return t.swapByNames(target)
	}
	return func() error { return exchange(t.path, target) }, err
}

// swapByNames exchanges by way of a third name. One of the two folders is whole at any
// moment, and tidy brings the old one back when this is killed half-way.
func (t *temp) swapByNames(target string) (back func() error, err error) {
	aside := filepath.Join(filepath.Dir(target), strings.Replace(filepath.Base(t.path), "relaytrace-new-", "relaytrace-old-", 1))
	if err := os.Rename(target, aside); err != nil {
		return nil, err
	}
	if err := os.Rename(t.path, target); err != nil {
		return nil, errors.Join(err, os.Rename(aside, target))
	}
	fresh := t.path
	t.path = aside
	return func() error {
		if err := os.Rename(target, fresh); err != nil {
			return err
		}
		t.path = fresh
		return os.Rename(aside, target)
	}, nil
}

// synced makes a rename in the folder above target last.
func synced(dir, target string) error {
	if err := syncFolder(filepath.Dir(target)); err != nil {
		return folderError(dir, fmt.Errorf("written, but not safe from a power cut: %w", plainError(err)), "run the command again")
	}
	return nil
}

// writeSynced writes a new file and waits until it is on the disk.
func writeSynced(name string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// syncFolder waits until the names in a folder are on the disk.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// linkError takes the system's reason out of an error that repeats both names.
func linkError(err error) error {
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}

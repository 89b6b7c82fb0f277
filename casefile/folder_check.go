package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// resolve gives the absolute path of dir, behind a symbolic link if it is one, and checks
// the folder that dir lies in.
func resolve(dir string) (string, error) {
	if dir == "" {
		return "", folderError("output folder", errors.New("no name"), "name a folder")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", folderError(dir, err, "name the folder by its full path")
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", folderError(dir, errors.New("the folder that it would lie in does not exist"), "make that folder first")
	}
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		return "", folderError(dir, errors.New("what it would lie in is no folder"), "name another place")
	}
	abs = filepath.Join(parent, filepath.Base(abs))
	if info, err := os.Lstat(abs); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if abs, err = filepath.EvalSymlinks(abs); err != nil {
			return "", folderError(dir, errors.New("symbolic link that leads nowhere"), "remove it, or name another folder")
		}
	}
	if cwd, err := os.Getwd(); err == nil && inside(cwd, abs) {
		return "", folderError(dir, errors.New("the command runs inside this folder"), "name a new folder, or run the command elsewhere")
	}
	return abs, nil
}

// inside tells whether path is dir or lies below it.
func inside(path, dir string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// existing is what lies at the place of the case folder.
type existing struct {
	there bool  // a folder is there
	old   *Case // its case; nil when the folder is empty
}

// inspect looks at target and tells when it is no place for a case at all.
func inspect(dir, target string) (existing, error) {
	info, err := os.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return existing{}, nil
	case err != nil:
		return existing{}, folderError(dir, plainError(err), "name a folder in a place where you may write")
	case !info.IsDir():
		return existing{}, folderError(dir, errors.New("is a file, not a folder"), "name a new folder")
	}
	entries, err := os.ReadDir(target)
	if err != nil {
		return existing{}, folderError(dir, plainError(err), "name a folder that you may read")
	}
	if len(entries) == 0 {
		return existing{there: true}, nil
	}
	old, err := readCase(filepath.Join(target, caseFile))
	if err != nil {
		return existing{}, folderError(dir, fmt.Errorf("holds something else: %w", err), "name a new or empty folder")
	}
	if err := unchanged(target, old); err != nil {
		return existing{}, folderError(dir, err, "keep it, and name a new folder")
	}
	return existing{there: true, old: old}, nil
}

// replaceable tells why the new case may not take the place of the old one.
func (e existing) replaceable(dir string, c *Case) error {
	if e.old == nil {
		return nil
	}
	if e.old.ID != c.ID {
		return folderError(dir, fmt.Errorf("holds case %q, and this is %q", e.old.ID, c.ID), "name a new folder, or give --id")
	}
	now := map[string]bool{}
	for _, s := range c.Samples {
		now[s.SHA256] = true
	}
	var lost []string
	for _, s := range e.old.Samples {
		if !now[s.SHA256] {
			lost = append(lost, s.Evidence)
		}
	}
	if len(lost) > 0 {
		return folderError(dir, fmt.Errorf("holds samples that the new case lacks: %s", few(lost)),
			"add them to the command, or name a new folder")
	}
	return nil
}

// readCase reads a case.json.
func readCase(name string) (*Case, error) {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("no case.json in it")
	}
	if err != nil {
		return nil, plainError(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxCaseFile {
		return nil, errors.New("case.json is not one of relaytrace")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, plainError(err)
	}
	var c Case
	if err := json.Unmarshal(data, &c); err != nil || c.Schema != Schema {
		return nil, errors.New("case.json is not one of relaytrace")
	}
	return &c, nil
}

// unchanged tells which files of a case folder were edited, added or taken away.
func unchanged(target string, c *Case) error {
	left := map[string]string{caseFile: ""} // its own digest stands nowhere
	for _, f := range c.Files {
		left[f.Path] = f.SHA256
	}
	var edited, added, gone []string
	err := filepath.WalkDir(target, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(target, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		want, listed := left[rel]
		delete(left, rel)
		if !listed {
			added = append(added, rel)
			return nil
		}
		if rel == caseFile {
			return nil
		}
		same, err := hasDigest(name, d, want)
		if !same {
			edited = append(edited, rel)
		}
		return err
	})
	if err != nil {
		return plainError(err)
	}
	for p := range left {
		gone = append(gone, p)
	}
	slices.Sort(gone)
	var what []string
	for _, w := range []struct {
		how   string
		names []string
	}{{"edited", edited}, {"added", added}, {"missing", gone}} {
		if len(w.names) > 0 {
			what = append(what, w.how+": "+few(w.names))
		}
	}
	if len(what) > 0 {
		return fmt.Errorf("holds a case that was changed since it was written (%s)", strings.Join(what, "; "))
	}
	return nil
}

// hasDigest tells whether a regular file has this SHA-256.
func hasDigest(name string, d fs.DirEntry, want string) (bool, error) {
	if !d.Type().IsRegular() {
		return false, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false, err
	}
	return hex.EncodeToString(h.Sum(nil)) == want, nil
}

// few joins the first names of a list.
func few(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

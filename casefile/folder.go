package casefile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Names inside a case folder.
const (
	caseFile    = "case.json"
	evidenceDir = "evidence/"
	sumsFile    = evidenceDir + "SHA256SUMS"
)

// maxCaseFile bounds the case.json that is read back, in bytes.
const maxCaseFile = 1 << 30

// NamedBytes is one file of the case folder.
type NamedBytes struct {
	Path string // relative to the case folder, with slashes: letters, digits, "._-" only
	Data []byte
}

// FolderError says why a case folder was not written. Nothing was changed.
type FolderError struct {
	Dir  string
	Err  error
	What string // what to do
}

func (e *FolderError) Error() string { return fmt.Sprintf("%s: %v", e.Dir, e.Err) }

// Unwrap gives the reason without the folder's name.
func (e *FolderError) Unwrap() error { return e.Err }

// Hint says what the user can do.
func (e *FolderError) Hint() string { return e.What }

// WriteFolder writes the case folder dir as a whole or not at all: the files given, a
// SHA256SUMS of those below evidence/, and case.json, whose list of files it sets in c.
//
// All is written to a hidden folder beside dir and synced to the disk, then renamed into
// place, so that an interruption at any moment, of the command or of the machine, leaves
// the whole new case, the whole old one, or none. When ctx is cancelled before the rename,
// nothing is left. What a killed run left beside dir is removed by the next.
//
// An empty folder is used. A folder with the same case, in which every file is as it was
// written and every sample is among the new ones, is replaced, on Linux in one step.
// Anything else in dir is an error and stays untouched; files that were edited or added,
// and samples that the new case lacks, are named. Errors about dir are a [FolderError].
//
// The samples are personal mail: folders are made 0700 and files 0600, or 0400 below
// evidence/, for the user alone. Two runs on one dir at a time are safe; the later fails
// or replaces. No symbolic link inside dir is followed.
func WriteFolder(ctx context.Context, dir string, c *Case, files []NamedBytes) error {
	files, err := complete(c, files)
	if err != nil {
		return err
	}
	target, err := resolve(dir)
	if err != nil {
		return err
	}
	tidy(target)
	release, err := lockFolder(target)
	if errors.Is(err, errLocked) {
		return folderError(dir, err, "wait for the other run, or name another folder")
	}
	defer release()
	old, err := inspect(dir, target)
	if err != nil {
		return err
	}
	if err := old.replaceable(dir, c); err != nil {
		return err
	}
	tmp, err := newTemp(target)
	if err != nil {
		return folderError(dir, plainError(err), "name a folder in a place where you may write")
	}
	defer tmp.remove()
	if err := tmp.fill(ctx, files); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return folderError(dir, plainError(err), "free some space, or name a folder on another disk")
	}
	return tmp.place(dir, target, old)
}

// CheckFolder tells, before the long work, whether WriteFolder could write dir, as far as
// that can be seen without the case. It changes nothing.
func CheckFolder(dir string) error {
	target, err := resolve(dir)
	if err != nil {
		return err
	}
	_, err = inspect(dir, target)
	return err
}

// complete adds SHA256SUMS and case.json to the files and checks their names.
func complete(c *Case, files []NamedBytes) ([]NamedBytes, error) {
	files = slices.Clone(files)
	if sums := sha256Sums(files); len(sums) > 0 {
		files = append(files, NamedBytes{Path: sumsFile, Data: sums})
	}
	slices.SortFunc(files, func(a, b NamedBytes) int { return strings.Compare(a.Path, b.Path) })
	c.Files = make([]File, 0, len(files))
	for i, f := range files {
		if !safePath(f.Path) || f.Path == caseFile || i > 0 && files[i-1].Path == f.Path {
			return nil, fmt.Errorf("file name %q is not fit for a case folder", f.Path)
		}
		c.Files = append(c.Files, File{Path: f.Path, SHA256: Digest(f.Data), Size: int64(len(f.Data))})
	}
	doc, err := EncodeJSON(c, "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", caseFile, err)
	}
	return append(files, NamedBytes{Path: caseFile, Data: doc}), nil
}

// sha256Sums lists the files below evidence/ in the format of sha256sum, named as seen
// from there: a digest, two spaces, the name.
func sha256Sums(files []NamedBytes) []byte {
	var lines []string
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Path, evidenceDir); ok {
			lines = append(lines, Digest(f.Data)+"  "+name+"\n")
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	return []byte(strings.Join(lines, ""))
}

// Digest is the SHA-256 of some bytes in lower-case hexadecimal.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// safePath tells whether a path is relative, stays inside, has no hidden part and needs no
// escaping anywhere, in SHA256SUMS least of all.
func safePath(p string) bool {
	if path.Clean(p) != p || !filepath.IsLocal(filepath.FromSlash(p)) {
		return false
	}
	for _, part := range strings.Split(p, "/") {
		if part[0] == '.' || part[0] == '-' {
			return false
		}
		for _, c := range []byte(part) {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._-", c) >= 0) {
				return false
			}
		}
	}
	return true
}

// folderError says why dir was not written, and what to do.
func folderError(dir string, err error, hint string) error {
	return &FolderError{Dir: dir, Err: err, What: hint}
}

// plainError takes the system's reason out of an error that repeats the call and the path.
func plainError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

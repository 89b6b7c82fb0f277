package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Place is where a case is kept, or will be.
type Place struct {
	dir  string // behind a symbolic link, if it is one
	name string // as the user named it
	made bool   // the folder is made by Create
}

// FindPlace looks at the folder of a case before the long work. The case is there already,
// or the folder is empty, or missing; anything else is an error, and nothing is changed.
func FindPlace(dir string) (p Place, there bool, err error) {
	p.name = dir
	if p.dir, err = resolve(dir); err != nil {
		return p, false, err
	}
	info, err := os.Lstat(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p, false, nil
	case err != nil:
		return p, false, explain(dir, err)
	case !info.IsDir():
		return p, false, folderError(dir, errors.New("is a file, not a folder"), "name a new folder")
	}
	if Exists(p.dir) {
		return p, true, nil
	}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return p, false, explain(dir, err)
	}
	for _, e := range entries {
		if e.Name() == "case.json" {
			return p, false, folderError(dir, fmt.Errorf("holds a case without its %s: it was lost, or an earlier relaytrace made the case", Name),
				"make the case anew in another folder; its evidence folder holds the samples")
		}
		if !strings.HasPrefix(e.Name(), Name+"-") { // the journal of a run that was killed
			return p, false, folderError(dir, errors.New("holds something else: no "+Name+" in it"), "name a new or empty folder")
		}
	}
	return p, false, nil
}

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
	return abs, nil
}

// Create makes the folder, for the user alone, and an empty store in it. The samples are
// personal mail.
func (p *Place) Create(ctx context.Context) (*Store, error) {
	switch err := os.Mkdir(p.dir, 0o700); {
	case err == nil:
		p.made = true
	case errors.Is(err, fs.ErrExist):
	default:
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, folderError(p.name, err, "name a folder in a place where you may write")
	}
	return Create(ctx, p.name)
}

// Abandon removes a store that Create made and that took nothing, after it was closed.
func (p *Place) Abandon() error {
	err := os.Remove(filepath.Join(p.dir, Name))
	if p.made {
		err = errors.Join(err, os.Remove(p.dir))
	}
	return err
}

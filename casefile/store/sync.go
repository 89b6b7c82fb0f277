package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"
)

const (
	// maxSyncs is how many files wait for the disk at once. A file system that has several
	// to sync writes its journal once for them.
	maxSyncs = 16

	// manyFiles is from which number of files on the whole file system is synced once in
	// place of each file: a case with a thousand copies of evidence would wait for seconds.
	manyFiles = 64
)

// syncs are new files of one export that are to be on the disk before they get their names.
type syncs struct {
	dir   string // on their file system
	slots chan struct{}
	wg    sync.WaitGroup
	n     int        // files added
	rest  []restFile // those that wait for the file system as a whole

	mu  sync.Mutex
	err error
}

// restFile is a file that is closed and not yet on the disk: where it lies, and the name by
// which an error tells of it.
type restFile struct{ at, name string }

func newSyncs(dir string) *syncs {
	return &syncs{dir: dir, slots: make(chan struct{}, maxSyncs)}
}

// add closes a file that was written, and has it synced at the latest by wait; name is that
// by which an error tells of it.
func (s *syncs) add(f *os.File, name string) {
	if s.n++; s.n > manyFiles && syncFileSystem != nil {
		s.rest = append(s.rest, restFile{f.Name(), name})
		s.note(name, f.Close())
		return
	}
	s.slots <- struct{}{}
	s.wg.Go(func() {
		defer func() { <-s.slots }()
		s.note(name, errors.Join(f.Sync(), f.Close()))
	})
}

func (s *syncs) note(name string, err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = errors.Join(s.err, fmt.Errorf("%s: %w", name, err))
}

// wait returns when all files are on the disk, with the errors that were not yet told.
func (s *syncs) wait() error {
	s.wg.Wait()
	if len(s.rest) > 0 && s.err == nil {
		err := syncFileSystem(s.dir)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) { // in a sandbox, or on a file system that cannot
			err = nil
			for _, f := range s.rest {
				s.note(f.name, syncFile(f.at))
			}
		}
		s.note(s.dir, err)
	}
	err := s.err
	s.rest, s.err = nil, nil
	return err
}

// syncFolder waits until the names in a folder are on the disk.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	return syncFile(name)
}

// syncFile waits until a file, or the names in a folder, are on the disk.
func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

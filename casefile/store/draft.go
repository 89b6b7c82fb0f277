package store

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
)

// Draft is a file of the case folder that is written while the case is read and filled,
// because it tells of what passes by then: making it at the export would mean to read and
// trace every sample again. It is not safe for concurrent use.
type Draft struct {
	dir  string // the case folder, for errors
	f    *os.File
	buf  *bufio.Writer
	sum  hash.Hash
	size counter
}

// draftName is where the draft of a store lies until it is put in its place: beside stageDir
// and not in it, since that one tells, until an export ends, that the folder is behind the store.
const draftName = ".relaytrace-draft"

// newDraft makes a new file, which is hashed as it is written.
func newDraft(root *os.Root, name string, mode fs.FileMode, buf *bufio.Writer) (*Draft, error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	d := &Draft{f: f, buf: buf, sum: sha256.New()}
	d.buf.Reset(io.MultiWriter(d.f, d.sum, &d.size))
	return d, nil
}

// end gives the digest and the size of what was written, unless that failed with err, and
// leaves the file open; it is not on the disk yet. After an error it is closed. d is nil
// when it could not be made.
func (d *Draft) end(err error) (sum string, size int64, _ error) {
	switch {
	case d == nil:
		return "", 0, err
	case err == nil:
		err = d.buf.Flush()
	}
	if err != nil {
		return "", 0, errors.Join(err, d.f.Close())
	}
	return hex.EncodeToString(d.sum.Sum(nil)), d.size.bytes, nil
}

// Begin begins a draft for the next [Store.Export], and gives up one that was begun before.
func (s *Store) Begin() (*Draft, error) {
	s.giveUpDraft()
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer root.Close()
	if err = root.RemoveAll(draftName); err == nil {
		s.draft, err = newDraft(root, draftName, 0o600, bufio.NewWriterSize(nil, 64<<10))
	}
	if err != nil {
		return nil, explain(s.dir, err)
	}
	s.draft.dir = s.dir
	return s.draft, nil
}

// Write adds to the draft.
func (d *Draft) Write(p []byte) (int, error) {
	n, err := d.buf.Write(p)
	return n, explain(d.dir, err)
}

// File is what the draft becomes at that path.
func (d *Draft) File(path string) File { return File{Path: path, draft: d} }

// giveUpDraft removes a draft that no export has put in its place. What cannot be removed is
// told by Verify, and goes with the next one.
func (s *Store) giveUpDraft() {
	if s.draft == nil {
		return
	}
	_ = s.draft.f.Close()
	s.draft = nil
	if root, err := os.OpenRoot(s.dir); err == nil {
		_ = root.RemoveAll(draftName)
		_ = root.Close()
	}
}

type counter struct{ bytes int64 }

func (c *counter) Write(p []byte) (int, error) { c.bytes += int64(len(p)); return len(p), nil }

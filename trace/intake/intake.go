// Package intake turns what a user names on the command line into samples: single
// messages, mboxes, folders of either, and standard input.
//
// It hands out the bytes of every message as they lie in the file and changes none. What
// it cannot read it tells as a [Problem] that names the file and says what to do; the
// rest goes on. Files are opened for reading only, and nothing here uses the network.
package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MaxMessage is the size in bytes of the largest message that is read. A larger one is
// told as a problem and never cut: a part of a message is no evidence of the whole.
const MaxMessage = 64 << 20

// Stdin is the name that stands for standard input, among the paths and in Sample.File.
const Stdin = "-"

// Sample is one message as evidence.
type Sample struct {
	File   string   // as the user named it, or as found below a folder that he named
	Line   int      // line of the first byte of Data in File, from 1
	Part   string   // MIME part path when the sample was inside a message; empty here
	SHA256 [32]byte // over Data
	Data   []byte   // the message as it lies in the file; the receiver's to keep
}

// Problem is an input, or a part of one, that gave no sample.
type Problem struct {
	File string
	Line int   // from 1; 0 when it is about the file as a whole
	Err  error // what is wrong
	Hint string
}

// Error gives "file:line: what is wrong", the line only where there is one.
func (p Problem) Error() string { return fmt.Sprintf("%s: %v", p.Place(), p.Err) }

// Place gives "file:line", or the file alone.
func (p Problem) Place() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return p.File
}

// Unwrap gives what is wrong without the place.
func (p Problem) Unwrap() error { return p.Err }

// Walk reads every message of the named paths and hands it to take, in the order of the
// paths and, below a folder, of the names. "-" is stdin. Both functions are called one
// at a time from the goroutine that called Walk.
//
// A file that begins with an mbox "From " line and holds a second one is an mbox: see
// [MaxMessage] for its bound, which is for each message; the file may be of any size. The
// bytes of a sample from an mbox are those between its From_ line and the blank line that
// separates it from the next; ">From " inside stays as it is. A file with one message is a
// sample as a whole, byte for byte, its From_ line too if it has one; a file named *.eml
// always is, whatever lines its body holds.
//
// Below a folder, hidden files and hidden folders are left out; symbolic links and what
// is no regular file are not followed and told as problems. What the user names himself
// is read even when it is hidden, a link or a pipe.
//
// Walk returns the error of take, or that of ctx when it is cancelled, at once; nil
// otherwise, however many problems there were.
func Walk(ctx context.Context, paths []string, stdin io.Reader, take func(Sample) error, problem func(Problem)) error {
	w := walker{ctx: ctx, take: take, problem: problem}
	for _, path := range paths {
		if err := w.path(path, stdin); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// walker carries the caller's functions down the tree.
type walker struct {
	ctx     context.Context
	take    func(Sample) error
	problem func(Problem)
	found   int // samples taken and problems told, to see whether a folder held anything
	stdin   bool
}

// path reads one path that the user named.
func (w *walker) path(path string, stdin io.Reader) error {
	if path == Stdin {
		if w.stdin {
			w.tell(path, 0, errors.New("standard input is named twice"), "name - once")
			return nil
		}
		w.stdin = true
		return w.read(path, &ctxReader{ctx: w.ctx, r: stdin})
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		w.tell(path, 0, plain(err), hintFor(err))
		return nil
	case info.IsDir():
		return w.folder(path)
	case info.Mode().IsRegular():
		return w.file(path)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return w.pipe(path)
	}
	w.tell(path, 0, errors.New("not a file, folder or pipe"), "name a saved message, an mbox or a folder of them")
	return nil
}

// folder reads what lies below a folder, in the order of the names.
func (w *walker) folder(root string) error {
	before := w.found
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if e := w.ctx.Err(); e != nil {
			return e
		}
		switch {
		case err != nil:
			w.tell(path, 0, plain(err), hintFor(err))
			return nil
		case path != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			w.tell(path, 0, errors.New("symbolic link, not followed"), "name what it points to, if that is a sample")
			return nil
		case !d.Type().IsRegular():
			w.tell(path, 0, errors.New("not a regular file"), "move it out of the folder")
			return nil
		}
		return w.file(path)
	})
	if err == nil && w.found == before {
		w.tell(root, 0, errors.New("no sample in this folder"), "save each spam with its full header as a file, or name an mbox")
	}
	return err
}

// file reads a regular file.
func (w *walker) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		w.tell(path, 0, plain(err), hintFor(err))
		return nil
	}
	defer f.Close()
	return w.read(path, f)
}

// pipe reads a named pipe. Opening one waits for its writer, so it is done aside; a
// cancelled wait leaves that goroutine to the end of the command.
func (w *walker) pipe(path string) error {
	type opened struct {
		f   *os.File
		err error
	}
	c := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		c <- opened{f, err}
	}()
	select {
	case <-w.ctx.Done():
		return w.ctx.Err()
	case o := <-c:
		if o.err != nil {
			w.tell(path, 0, plain(o.err), hintFor(o.err))
			return nil
		}
		defer o.f.Close()
		return w.read(path, &ctxReader{ctx: w.ctx, r: o.f})
	}
}

// read splits one stream into samples.
func (w *walker) read(name string, r io.Reader) error {
	return w.split(name, newMboxReader(r, MaxMessage, strings.EqualFold(filepath.Ext(name), ".eml")))
}

// split hands out the messages of one stream.
func (w *walker) split(name string, m *mboxReader) error {
	for {
		c, err := m.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			if e := w.ctx.Err(); e != nil {
				return e
			}
			w.tell(name, 0, plain(err), hintFor(err))
			return nil
		case c.over:
			line := c.line
			if c.lone {
				line = 0
			}
			w.tell(name, line, errTooLarge, "save the message without its attachments; the header is what counts")
		case len(c.data) == 0 && c.lone:
			w.tell(name, 0, errors.New("file is empty"), "save the message again, with its full header")
		default:
			if err := w.sample(name, c.line, bytes.Clone(c.data)); err != nil {
				return err
			}
		}
	}
}

// sample hands out a message, or tells why it is none.
func (w *walker) sample(file string, line int, data []byte) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if hint, err := unfit(data); err != nil {
		w.tell(file, line, err, hint)
		return nil
	}
	w.found++
	return w.take(Sample{File: file, Line: line, SHA256: sha256.Sum256(data), Data: data})
}

func (w *walker) tell(file string, line int, err error, hint string) {
	w.found++
	w.problem(Problem{File: file, Line: line, Err: err, Hint: hint})
}

// plain takes the system's reason out of an error that repeats the call and the path.
func plain(err error) error {
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file or folder")
	case errors.As(err, &pe):
		return pe.Err
	}
	return err
}

// hintFor says what to do about an error of the file system.
func hintFor(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "check the name and the folder that the command runs in"
	case errors.Is(err, fs.ErrPermission):
		return "ask the owner to let you read it, or copy it to a place of your own"
	}
	return "copy it from its source again"
}

package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// walker reads files and puts what it finds in line.
type walker struct {
	ctx   context.Context
	put   func(*job) error
	found int // submissions, to see whether a folder held anything
	skip  int // of them are handed out unread
	stdin bool
}

// source is one stream, and how it was come by.
type source struct {
	name   string
	steps  []string // decompression, for Sample.Decoded
	level  int      // archives around it
	budget *budget
}

// path reads one path that the user named.
func (w *walker) path(path string, stdin io.Reader) error {
	if path == Stdin {
		if w.stdin {
			return w.tell(path, errors.New("standard input is named twice"), "name - once")
		}
		w.stdin = true
		return w.stream(path, &ctxReader{ctx: w.ctx, r: stdin})
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return w.tell(path, plain(err), hintFor(err))
	case info.IsDir():
		return w.folder(path)
	case info.Mode().IsRegular():
		return w.file(path)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return w.pipe(path)
	}
	return w.tell(path, errors.New("not a file, folder or pipe"), "name a saved message, an mbox or a folder of them")
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
			return w.tell(path, plain(err), hintFor(err))
		case path != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() && !isMaildir(path) {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			return w.tell(path, errors.New("symbolic link, not followed"), "name what it points to, if that is a sample")
		case !d.Type().IsRegular():
			return w.tell(path, errors.New("not a regular file"), "move it out of the folder")
		case isBookkeeping(d.Name()):
			return w.bookkeeping(path)
		}
		return w.file(path)
	})
	if err == nil && w.found == before {
		return w.tell(root, errors.New("no sample in this folder"), "save each spam with its full header as a file, or name an mbox")
	}
	return err
}

// isMaildir tells whether a hidden folder is a folder of a Maildir.
func isMaildir(path string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(path, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// bookkeeping hands out a file that a mail store keeps beside the mail.
func (w *walker) bookkeeping(path string) error {
	return w.give(&Submission{
		File: path, Class: ClassUnknown, Grade: GradeUnusable, Priority: PriorityCounted,
		Reasons: []string{"bookkeeping file of a mail store"}, Samples: []Sample{}, Forged: []string{}, Recipients: []string{},
	})
}

// isBookkeeping knows the files that mail stores keep beside the mail.
func isBookkeeping(name string) bool {
	for _, prefix := range []string{"dovecot", "courierimap", "courierpop3", "cyrus."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "maildirfolder", "maildirsize", "subscriptions":
		return true
	}
	return strings.HasSuffix(name, ".msf")
}

// maxSlurp is the size in bytes up to which a file is read at once.
const maxSlurp = 1 << 20

// file reads a regular file.
func (w *walker) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return w.tell(path, plain(err), hintFor(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return w.tell(path, plain(err), hintFor(err))
	}
	size := info.Size()
	src := source{name: path, budget: &budget{free: freeUnpack, size: size}}
	if size <= maxSlurp {
		data := make([]byte, size+1) // one more shows whether the file has grown
		n, err := io.ReadFull(f, data)
		switch {
		case err == nil:
			return w.open(src, io.MultiReader(bytes.NewReader(data), f), nil, 0)
		case err != io.EOF && err != io.ErrUnexpectedEOF:
			return w.tell(path, plain(err), hintFor(err))
		case int64(n) < size:
			return w.tell(path, errShrank, "copy it to a place where nobody writes and try again")
		}
		return w.slurped(src, data[:n:n])
	}
	counted := &countingReader{r: f}
	src.budget.read = func() int64 { return counted.n }
	if err := w.open(src, counted, f, size); err != nil {
		return err
	}
	if end, err := f.Stat(); err == nil && end.Size() < size && counted.n < size {
		return w.tell(path, errShrank, "copy it to a place where nobody writes and try again")
	}
	return nil
}

var errShrank = errors.New("the file got shorter while it was read; what was there is used")

// slurped reads a small file that lies in memory.
func (w *walker) slurped(src source, data []byte) error {
	if len(data) == 0 {
		return w.tell(src.name, errors.New("file is empty"), "save the message again, with its full header")
	}
	mbox := bytes.HasPrefix(bytes.TrimLeft(data[:min(len(data), 64)], "\r\n"), []byte("From ")) && !isEML(src.name)
	if kindOf(data) != plainFile || mbox {
		return w.open(src, bytes.NewReader(data), bytes.NewReader(data), int64(len(data)))
	}
	return w.message(src, chunk{data: data, line: 1, lone: true})
}

// isEML tells names of files that are one message, whatever lines they hold.
func isEML(name string) bool { return strings.EqualFold(filepath.Ext(name), ".eml") }

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
			return w.tell(path, plain(o.err), hintFor(o.err))
		}
		defer o.f.Close()
		return w.stream(path, &ctxReader{ctx: w.ctx, r: o.f})
	}
}

// stream reads what has no size: standard input or a pipe.
func (w *walker) stream(name string, r io.Reader) error {
	counted := &countingReader{r: r}
	return w.open(source{name: name, budget: &budget{free: freeUnpack, read: func() int64 { return counted.n }}}, counted, nil, 0)
}

// split hands out the messages of one stream.
func (w *walker) split(src source, m *mboxReader) error {
	for {
		c, err := m.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			if e := w.ctx.Err(); e != nil {
				return e
			}
			return w.tell(src.name, plain(err), hintFor(err))
		case c.over:
			if c.lone {
				c.line = 0
			}
			s := unreadable(src.name, errTooLarge, "save the message without its attachments; the header is what counts")
			s.Line = c.line
			if err := w.give(s); err != nil {
				return err
			}
		case len(c.data) == 0 && c.lone:
			return w.tell(src.name, errors.New("file is empty"), "save the message again, with its full header")
		default:
			if err := w.message(src, c); err != nil {
				return err
			}
		}
	}
}

// message hands out one message.
func (w *walker) message(src source, c chunk) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	w.found++
	j := jobs.Get().(*job)
	s := j.sub
	s.File, s.Line, s.Offset, s.Size, s.Data = src.name, c.line, c.offset, len(c.data), c.data
	j.lone, j.steps, j.raw, j.slab = c.lone, src.steps, w.found > w.skip, c.slab
	return w.put(j)
}

// give hands out a submission about which all is known.
func (w *walker) give(s *Submission) error {
	w.found++
	return w.put(&job{sub: s})
}

// tell hands out what cannot be read.
func (w *walker) tell(file string, err error, hint string) error {
	return w.give(unreadable(file, err, hint))
}

func unreadable(file string, err error, hint string) *Submission {
	return &Submission{
		File: file, Class: ClassUnreadable, Grade: GradeUnusable, Priority: PriorityRest,
		Reasons: []string{err.Error()}, Samples: []Sample{}, Forged: []string{}, Recipients: []string{}, Err: err, Hint: hint,
	}
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
	case errors.Is(err, errBomb):
		return "unpack it by hand, where there is room, and look what it is"
	}
	return "copy it from its source again"
}

package intake

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The bounds of archives.
const (
	maxLevel   = 5         // of archives inside one another
	freeUnpack = 256 << 20 // bytes that any file may unpack to
	maxRatio   = 250       // beyond them, bytes unpacked for each byte read
	maxInside  = 256 << 20 // bytes of a zip that lies inside another archive or comes by a pipe
	zstdWindow = 64 << 20  // bytes of memory for one decoder
)

var errBomb = errors.New("unpacks to more than its size can honestly hold; stopped")

// fileKind is what the first bytes of a file say that it is.
type fileKind int

const (
	plainFile fileKind = iota
	zipFile
	gzipFile
	zstdFile
	bzip2File
	tarFile
	outlookFile
)

// kindOf looks at the first bytes.
func kindOf(head []byte) fileKind {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return zipFile
	case bytes.HasPrefix(head, []byte("\x1F\x8B\x08")):
		return gzipFile
	case bytes.HasPrefix(head, []byte("\x28\xB5\x2F\xFD")):
		return zstdFile
	case bytes.HasPrefix(head, []byte("BZh")) && len(head) > 10 && string(head[4:10]) == "1AY&SY":
		return bzip2File
	case isOutlook(head):
		return outlookFile
	case len(head) >= 263 && string(head[257:262]) == "ustar":
		return tarFile
	}
	return plainFile
}

// budget bounds what one file that the user named may unpack to, all levels together.
type budget struct {
	free int64        // that it may unpack to in any case; freeUnpack, less in tests
	size int64        // of the file; 0 when it is not known
	read func() int64 // bytes read of it so far, where its size is not known
	used int64        // bytes unpacked

	files int // taken out of archives that are attached
}

func (b *budget) spend(n int) error {
	b.used += int64(n)
	if b.used <= b.free {
		return nil
	}
	size := b.size
	if size == 0 && b.read != nil {
		size = b.read()
	}
	if b.used > size*maxRatio {
		return errBomb
	}
	return nil
}

// unpacker counts what comes out of a decoder against the budget.
type unpacker struct {
	r io.Reader
	b *budget
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if e := u.b.spend(n); e != nil {
		return 0, e
	}
	return n, err
}

// countingReader counts what was read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// open reads a stream as what its first bytes say. at and size are the same bytes for
// reading at any place, where that is possible.
func (w *walker) open(src source, r io.Reader, at io.ReaderAt, size int64) error {
	if src.level > maxLevel {
		return w.tell(src.name, errors.New("archives nested too deep"), "unpack it by hand and name what is inside")
	}
	br := bufio.NewReaderSize(r, 4<<10)
	head, _ := br.Peek(512) // its error comes again with the first read
	kind := kindOf(head)
	switch kind {
	case zipFile:
		return w.zip(src, br, at, size)
	case gzipFile:
		z, err := gzip.NewReader(br)
		if err != nil {
			return w.tell(src.name, errors.New("damaged gzip file"), hintFor(nil))
		}
		return w.inner(src, "gzip decompressed", z)
	case zstdFile:
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return w.tell(src.name, errors.New("damaged zstandard file"), hintFor(nil))
		}
		defer z.Close()
		return w.inner(src, "zstandard decompressed", z)
	case bzip2File:
		return w.inner(src, "bzip2 decompressed", bzip2.NewReader(br))
	case tarFile:
		return w.tar(src, br)
	}
	m := newMboxReader(br, MaxMessage, kind == outlookFile || isEML(src.name))
	if at != nil && size < firstBuffer {
		m.step = int(size) + 1
	}
	return w.split(src, m)
}

// inner reads what a compressed file holds: a message, an mbox, or an archive again.
func (w *walker) inner(src source, step string, r io.Reader) error {
	src.steps = with(src.steps, step)
	src.level++
	return w.open(src, &unpacker{r: r, b: src.budget}, nil, 0)
}

// member is the source of a member of an archive. The name is a label only: nothing is
// ever written under it.
func (src source) member(name string) source {
	src.name += "!" + name
	src.level++
	return src
}

// hiddenMember tells names that other systems put into archives beside the files.
func hiddenMember(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "__MACOSX" || strings.HasPrefix(part, ".") && part != "." && part != ".." && !strings.HasPrefix(part, "./") {
			return true
		}
	}
	return false
}

// tar reads the members of a tar in their order.
func (w *walker) tar(src source, r io.Reader) error {
	t := tar.NewReader(&unpacker{r: r, b: src.budget})
	for n := 0; ; n++ {
		h, err := t.Next()
		switch {
		case err == io.EOF:
			if n == 0 {
				return w.tell(src.name, errors.New("archive is empty"), hintFor(nil))
			}
			return nil
		case w.ctx.Err() != nil:
			return w.ctx.Err()
		case errors.Is(err, errBomb):
			return w.tell(src.name, errBomb, hintFor(errBomb))
		case err != nil:
			return w.tell(src.name, errors.New("damaged tar file; what was read before is used"), hintFor(nil))
		}
		m := src.member(h.Name)
		switch {
		case h.Typeflag == tar.TypeDir, h.Typeflag == tar.TypeXGlobalHeader, hiddenMember(h.Name):
			continue
		case h.Typeflag != tar.TypeReg && h.Typeflag != '\x00':
			err = w.tell(m.name, errors.New("link or device in an archive, not followed"), "name what it points to, if that is a sample")
		case isBookkeeping(path.Base(h.Name)):
			err = w.bookkeeping(m.name)
		default:
			err = w.open(m, t, nil, 0)
		}
		if err != nil {
			return err
		}
	}
}

// zip reads the members of a zip in the order of its directory.
func (w *walker) zip(src source, r io.Reader, at io.ReaderAt, size int64) error {
	if at == nil {
		data, err := io.ReadAll(io.LimitReader(r, maxInside+1))
		switch {
		case w.ctx.Err() != nil:
			return w.ctx.Err()
		case err != nil:
			return w.tell(src.name, plain(err), hintFor(err))
		case len(data) > maxInside:
			return w.tell(src.name, fmt.Errorf("zip inside another archive, or piped, is larger than %d MiB", maxInside>>20), "save it as a file of its own")
		}
		at, size = bytes.NewReader(data), int64(len(data))
	}
	z, err := zip.NewReader(at, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return w.tell(src.name, errors.New("damaged zip file"), hintFor(nil))
	}
	z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderConcurrency(1)))
	n := 0
	for _, f := range z.File {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if strings.HasSuffix(f.Name, "/") || hiddenMember(f.Name) {
			continue
		}
		n++
		if isBookkeeping(path.Base(f.Name)) {
			if err := w.bookkeeping(src.name + "!" + f.Name); err != nil {
				return err
			}
			continue
		}
		if err := w.zipMember(src.member(f.Name), f); err != nil {
			return err
		}
	}
	if n == 0 {
		return w.tell(src.name, errors.New("archive is empty"), hintFor(nil))
	}
	return nil
}

// zipMember reads one member of a zip.
func (w *walker) zipMember(m source, f *zip.File) error {
	switch {
	case f.Flags&1 != 0:
		return w.tell(m.name, errors.New("encrypted with a password"), "unpack it by hand, or ask the sender to send it plain")
	case f.Mode()&fs.ModeSymlink != 0 || f.Mode()&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0:
		return w.tell(m.name, errors.New("link or device in an archive, not followed"), "name what it points to, if that is a sample")
	}
	r, err := f.Open()
	if err != nil {
		return w.tell(m.name, errors.New("packed in a way that is not known, or damaged"), "unpack it by hand")
	}
	defer r.Close()
	return w.open(m, &unpacker{r: r, b: m.budget}, nil, 0)
}

// The bounds of the archives that are attached to a message, and to messages in it.
const (
	maxAttachedFiles = 200
	maxAttachedZip   = 32 << 20 // bytes unpacked, all files together
)

// unpack takes the messages out of an archive or an mbox that is attached to a message: people
// pack spam so that no filter takes it away.
func (in *inspector) unpack(body []byte, path string, steps []string, depth int, c *cargo) {
	how := stepUnpacked
	if kindOf(body) == plainFile {
		how = stepMbox
	}
	w := &walker{ctx: context.Background(), put: func(j *job) error {
		if c.budget.files++; c.budget.files > maxAttachedFiles {
			return errBomb
		}
		if j.raw && in.looksLikeMessage(j.sub.Data) {
			in.takeAttached(in.reparse(j.sub.Data, path, with(steps, append([]string{how}, j.steps...)...)), depth, c)
		}
		return nil
	}}
	at := bytes.NewReader(body)
	// What goes wrong is put like the rest, and no evidence.
	_ = w.open(source{budget: c.budget, level: maxLevel - 2}, bytes.NewReader(body), at, at.Size())
}

package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// output gives the bytes of a document that is finished.
//
// The backend would compress each page by a compressor of its own, whose tables are larger
// than the page by far: in a document of hundreds of pages, most of the time goes there. So
// it writes them plain, and they are compressed here by one.
func (d *doc) output() ([]byte, error) {
	d.pdf.SetCompression(false)
	var out packed
	if err := d.pdf.Output(&out); err != nil {
		return nil, err
	}
	return out, nil
}

// packed is a document whose streams are compressed as it is written. The backend writes it
// in one piece, so that no room is needed for it as it was.
type packed []byte

func (p *packed) Write(plain []byte) (n int, err error) {
	if *p != nil {
		return 0, errPDF
	}
	*p, err = packStreams(plain)
	return len(plain), err
}

// packer compresses one stream after the other.
type packer struct {
	stream bytes.Buffer // as it is compressed
	zlib   *zlib.Writer
}

var packers = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, zlib.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &packer{zlib: w}
}}

// errPDF says that the backend wrote something else than packStreams knows.
var errPDF = errors.New("the backend wrote a document of another form")

// packStreams compresses the streams of a document that have no filter. It takes documents
// as the backend writes them: one cross-reference table of one section, all objects in use
// (ISO 32000-1, 7.5.4).
func packStreams(plain []byte) ([]byte, error) {
	table, offsets, trailer, err := readXref(plain)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(offsets))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(offsets[a], offsets[b]) })

	var out bytes.Buffer
	out.Grow(len(plain)/3 + 1<<10)
	p := packers.Get().(*packer)
	defer packers.Put(p)
	moved := make([]int, len(offsets))
	at := 0 // all before it is written
	for k, n := range order {
		end := table
		if k+1 < len(order) {
			end = offsets[order[k+1]]
		}
		if offsets[n] < at || end > len(plain) || offsets[n] > end {
			return nil, errPDF
		}
		out.Write(plain[at:offsets[n]])
		moved[n], at = out.Len(), end
		if err := p.object(&out, plain[offsets[n]:end]); err != nil {
			return nil, err
		}
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(moved)+1)
	for _, off := range moved {
		fmt.Fprintf(&out, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&out, "%sstartxref\n%d\n%%%%EOF\n", trailer, start)
	return out.Bytes(), nil
}

// readXref gives the place of the cross-reference table, the places of the objects from
// number 1 on, and the trailer dictionary with its keyword.
func readXref(plain []byte) (table int, offsets []int, trailer []byte, err error) {
	i := bytes.LastIndex(plain, []byte("\nstartxref\n"))
	if i < 0 {
		return 0, nil, nil, errPDF
	}
	number, _, _ := bytes.Cut(plain[i+len("\nstartxref\n"):], []byte("\n"))
	if table, err = strconv.Atoi(string(number)); err != nil || table < 0 || table > i {
		return 0, nil, nil, errPDF
	}
	body, ok := bytes.CutPrefix(plain[table:i+1], []byte("xref\n0 "))
	size, body, _ := bytes.Cut(body, []byte("\n"))
	n, err := strconv.Atoi(string(size))
	const entry = len("0000000000 00000 n \n")
	if !ok || err != nil || n < 1 || n > len(body)/entry {
		return 0, nil, nil, errPDF
	}
	for k := 1; k < n; k++ {
		off, err := strconv.Atoi(string(body[k*entry : k*entry+10]))
		if err != nil {
			return 0, nil, nil, errPDF
		}
		offsets = append(offsets, off)
	}
	return table, offsets, body[n*entry:], nil
}

// object writes an object, its stream compressed when it has one without a filter.
func (p *packer) object(out *bytes.Buffer, object []byte) error {
	head, rest, ok := bytes.Cut(object, []byte("<</Length "))
	length, data, stream := bytes.Cut(rest, []byte(">>\nstream\n"))
	n, err := strconv.Atoi(string(length))
	if !ok || !stream || err != nil || !bytes.HasSuffix(head, []byte(" obj\n")) || bytes.Count(head, []byte("\n")) != 1 {
		out.Write(object)
		return nil
	}
	if n < 0 || n > len(data) {
		return errPDF
	}
	p.stream.Reset()
	p.zlib.Reset(&p.stream)
	if _, err := p.zlib.Write(data[:n]); err != nil {
		return err
	}
	if err := p.zlib.Close(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s<</Filter /FlateDecode /Length %d>>\nstream\n", head, p.stream.Len())
	out.Write(p.stream.Bytes())
	out.Write(data[n:])
	return nil
}

// Package spool keeps submissions on the disk between the two passes of a batch: the first
// sorts and compares them, the second makes cases. It is work, not evidence: it lies beside
// the cases until they are finished, and lets an interrupted batch go on where it stopped.
//
// A spool is one file of records, each with its length and checksum. What a killed process
// left half written at its end is cut off when it is opened again.
package spool

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"

	"github.com/fxamacker/cbor/v2"

	"relaytrace/trace/intake"
)

// magic begins the file; the number is that of the form of the records.
const magic = "relaytrace spool 3\n"

// headLen is the length of what stands before each record: its length and its checksum.
const headLen = 8

// maxRecord bounds a record, in bytes; a longer one is damage.
const maxRecord = 8 * intake.MaxMessage

// Spool is a spool that is open. Append and Cut are for one goroutine; Read is safe for
// concurrent use with itself and with Append.
type Spool struct {
	f    *os.File
	out  *bufio.Writer
	ends []int64 // of the records, ascending; the first record begins behind the magic
	head [headLen]byte
}

// ErrBusy says that another process has the spool open.
var ErrBusy = errors.New("another relaytrace works on it")

// Open opens the spool of that name or makes it.
func Open(name string) (*Spool, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &Spool{f: f}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := s.scan(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// scan finds the whole records and cuts off the rest.
func (s *Spool) scan() error {
	in := bufio.NewReaderSize(s.f, 1<<20)
	got := make([]byte, len(magic))
	if _, err := io.ReadFull(in, got); err != nil || string(got) != magic {
		if err == nil || errors.Is(err, io.ErrUnexpectedEOF) && string(got[:1]) != magic[:1] {
			return errors.New("is no spool of this relaytrace")
		}
		if err := s.f.Truncate(0); err != nil {
			return err
		}
		_, err := s.f.WriteAt([]byte(magic), 0)
		return errors.Join(err, s.rewind(int64(len(magic))))
	}
	at := int64(len(magic))
	sum := crc32.New(crcTable)
	for {
		if _, err := io.ReadFull(in, s.head[:]); err != nil {
			break
		}
		n := int64(binary.LittleEndian.Uint32(s.head[:]))
		sum.Reset()
		if got, err := io.CopyN(sum, in, min(n, maxRecord)); err != nil || got != n || sum.Sum32() != binary.LittleEndian.Uint32(s.head[4:]) {
			break
		}
		at += headLen + n
		s.ends = append(s.ends, at)
	}
	return s.rewind(at)
}

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// rewind cuts the file off at that offset and goes on writing there.
func (s *Spool) rewind(at int64) error {
	if err := s.f.Truncate(at); err != nil {
		return err
	}
	if _, err := s.f.Seek(at, io.SeekStart); err != nil {
		return err
	}
	s.out = bufio.NewWriterSize(s.f, 1<<18)
	return nil
}

// Len is the number of records.
func (s *Spool) Len() int { return len(s.ends) }

// Cut takes away all records but the first n.
func (s *Spool) Cut(n int) error {
	if err := s.Flush(); err != nil || n >= len(s.ends) {
		return err
	}
	s.ends = s.ends[:n]
	return s.rewind(s.begin(n))
}

func (s *Spool) begin(i int) int64 {
	if i == 0 {
		return int64(len(magic))
	}
	return s.ends[i-1]
}

// Record is a submission made ready for the spool.
type Record struct{ data []byte }

// meta is what stands in a record before the bytes of the submission, in CBOR (RFC 8949),
// which keeps texts that are not UTF-8 as they are: a file may have any name.
type meta struct {
	Sub     intake.Submission // without its bytes and its samples
	Err     string            `cbor:",omitempty"`
	Bytes   bool              // it has bytes
	Samples []sampleMeta
}

// sampleMeta is a sample without its bytes, which stand at At behind the meta.
type sampleMeta struct {
	File    string
	Line    int
	Part    string `cbor:",omitempty"`
	SHA256  [sha256.Size]byte
	At      [2]int       // begin and end
	Decoded []string     `cbor:",omitempty"`
	Via     intake.Class `cbor:",omitempty"`
	By      string       `cbor:",omitempty"`
	Grade   intake.Grade
	Missing []string `cbor:",omitempty"`
}

var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	enc, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		panic(err) // the options are ours
	}
	// The length of a record bounds its lists.
	dec, err := cbor.DecOptions{UTF8: cbor.UTF8DecodeInvalid, MaxArrayElements: math.MaxInt32}.DecMode()
	if err != nil {
		panic(err)
	}
	return enc, dec
}

// Encode makes a record. It is safe for concurrent use.
func Encode(sub *intake.Submission) (Record, error) {
	m := meta{Sub: *sub, Bytes: sub.Data != nil}
	m.Sub.Data, m.Sub.Err, m.Sub.Samples = nil, nil, nil
	if sub.Err != nil {
		m.Err = sub.Err.Error()
	}
	behind, own := len(sub.Data), 0
	for i := range sub.Samples {
		one := &sub.Samples[i]
		x := sampleMeta{
			File: one.File, Line: one.Line, Part: one.Part, SHA256: one.SHA256, Decoded: one.Decoded, Via: one.Via, By: one.By,
			Grade: one.Grade, Missing: one.Missing,
		}
		if off, ok := within(sub.Data, one.Data); ok {
			x.At = [2]int{off, off + len(one.Data)}
		} else {
			x.At = [2]int{behind, behind + len(one.Data)}
			behind += len(one.Data)
			own += len(one.Data)
		}
		m.Samples = append(m.Samples, x)
	}
	text, err := encoding.Marshal(&m)
	if err != nil {
		return Record{}, err
	}
	data := make([]byte, 0, headLen+4+len(text)+len(sub.Data)+own)
	data = append(data, make([]byte, headLen)...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(text)))
	data = append(append(data, text...), sub.Data...)
	for i := range sub.Samples {
		if m.Samples[i].At[0] >= len(sub.Data) {
			data = append(data, sub.Samples[i].Data...)
		}
	}
	if len(data) > maxRecord {
		return Record{}, fmt.Errorf("%s:%d: too large to be kept", sub.File, sub.Line)
	}
	binary.LittleEndian.PutUint32(data, uint32(len(data)-headLen))
	binary.LittleEndian.PutUint32(data[4:], crc32.Checksum(data[headLen:], crcTable))
	return Record{data}, nil
}

// within gives the offset of a slice in the array that it was cut from.
func within(data, piece []byte) (int, bool) {
	off := cap(data) - cap(piece)
	if len(piece) == 0 || off < 0 || off+len(piece) > len(data) || &data[off] != &piece[0] {
		return 0, false
	}
	return off, true
}

// Append writes a record behind the others. It may lie in memory until Flush.
func (s *Spool) Append(r Record) error {
	if _, err := s.out.Write(r.data); err != nil {
		return err
	}
	s.ends = append(s.ends, s.begin(len(s.ends))+int64(len(r.data)))
	return nil
}

// Flush hands everything to the system: it then survives the end of the process.
func (s *Spool) Flush() error { return s.out.Flush() }

// Read reads record i, from 0; it must have been flushed. The samples share the memory of
// the submission's bytes where they stand in them.
func (s *Spool) Read(i int) (*intake.Submission, error) {
	begin := s.begin(i)
	raw := make([]byte, s.ends[i]-begin)
	if _, err := s.f.ReadAt(raw, begin); err != nil {
		return nil, err
	}
	if crc32.Checksum(raw[headLen:], crcTable) != binary.LittleEndian.Uint32(raw[4:]) {
		return nil, fmt.Errorf("record %d was changed since it was written", i+1)
	}
	raw = raw[headLen:]
	if len(raw) < 4 || uint64(binary.LittleEndian.Uint32(raw)) > uint64(len(raw)-4) {
		return nil, fmt.Errorf("record %d is too short", i+1)
	}
	n := int(binary.LittleEndian.Uint32(raw))
	var m meta
	if err := decoding.Unmarshal(raw[4:4+n], &m); err != nil {
		return nil, fmt.Errorf("record %d: %w", i+1, err)
	}
	return m.submission(raw[4+n:], i)
}

// submission puts the bytes back.
func (m *meta) submission(data []byte, i int) (*intake.Submission, error) {
	sub := &m.Sub
	sub.Samples = make([]intake.Sample, len(m.Samples))
	for k := range m.Samples {
		x := &m.Samples[k]
		if x.At[0] < 0 || x.At[0] > x.At[1] || x.At[1] > len(data) {
			return nil, fmt.Errorf("record %d: sample %d lies outside of it", i+1, k+1)
		}
		one := intake.Sample{
			File: x.File, Line: x.Line, Part: x.Part, Data: data[x.At[0]:x.At[1]:x.At[1]], Decoded: x.Decoded, Via: x.Via, By: x.By,
			Grade: x.Grade, Missing: x.Missing,
		}
		if one.SHA256 = sha256.Sum256(one.Data); one.SHA256 != x.SHA256 {
			return nil, fmt.Errorf("record %d: sample %d is not as it was received", i+1, k+1)
		}
		sub.Samples[k] = one
	}
	if m.Bytes {
		if sub.Size < 0 || sub.Size > len(data) {
			return nil, fmt.Errorf("record %d is shorter than the submission in it", i+1)
		}
		sub.Data = data[:sub.Size:sub.Size]
	}
	if m.Err != "" {
		sub.Err = errors.New(m.Err)
	}
	return sub, nil
}

// Close closes the file. What was not flushed is lost.
func (s *Spool) Close() error { return s.f.Close() }

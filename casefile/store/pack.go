package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

type digest = [sha256.Size]byte

// codec compresses and decompresses the bytes of evidence. It is safe for concurrent use.
var codec = newCodec()

type coder struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newCodec() coder {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(4),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic(err) // the options are ours
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(4), zstd.WithDecoderMaxMemory(2*intake.MaxMessage), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err)
	}
	return coder{enc, dec}
}

// scratch are buffers that pack compresses into, *[]byte.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// pack compresses. What it gives has the length that is needed, and was not grown to it.
func (c *coder) pack(data []byte) []byte {
	b := scratch.Get().(*[]byte)
	*b = c.enc.EncodeAll(data, (*b)[:0])
	out := bytes.Clone(*b)
	if cap(*b) <= 1<<20 {
		scratch.Put(b)
	}
	return out
}

// Packed is a submission made ready for a store: hashed and compressed, with what was
// traced in its samples.
type Packed struct {
	class, grade, file, reporter, replyTo, subject, date, utc, messageID, forged, recipients, reasons, ask, problem string

	sub                  *intake.Submission
	bounce, report       any // JSON, or nil
	line, size, priority int
	whole                bool // it has bytes
	sum                  digest
	data                 []byte // compressed; nil when a sample has the same bytes
	samples              []packedSample
}

// Submission gives what the store now holds of a submission that was packed and taken.
func (p *Packed) Submission(t Taken) *casefile.Submission {
	x := &casefile.Submission{
		Number: t.Submission, File: p.file, Line: p.line, Size: int64(p.size), Class: p.sub.Class, Grade: p.sub.Grade, Priority: p.priority,
		Reasons: p.sub.Reasons, Reporter: p.reporter, ReplyTo: p.replyTo, Subject: p.subject, Date: p.date, Time: p.sub.Time, MessageID: p.messageID,
		Forged: p.sub.Forged, Recipients: p.sub.Recipients, Ask: p.ask, Bounce: p.sub.Bounce, Report: p.sub.Report, Problem: p.problem,
		Samples: slices.Compact(slices.Sorted(slices.Values(t.Samples))),
	}
	if p.whole {
		x.SHA256 = hex.EncodeToString(p.sum[:])
	}
	return x
}

type packedSample struct {
	sum    digest
	hex    string
	size   int
	grade  string
	origin trace.Sample
	data   []byte // compressed
	path   *trace.Path
}

// Pack makes a submission ready for [Store.Add]; paths[i] is the path of sub.Samples[i],
// whose Sample says where it was found. It is safe for concurrent use, and is the costly
// part of adding.
func Pack(sub *intake.Submission, paths []trace.Path) *Packed {
	p := &Packed{
		sub: sub, class: string(sub.Class), grade: string(sub.Grade), file: valid(sub.File), line: sub.Line, size: sub.Size, priority: sub.Priority,
		reporter: valid(sub.Reporter), replyTo: valid(sub.ReplyTo), subject: valid(sub.Subject), date: valid(sub.Date), messageID: valid(sub.MessageID),
		forged: compact(sub.Forged), recipients: compact(sub.Recipients), reasons: compact(sub.Reasons), ask: valid(sub.Ask),
	}
	if !sub.Time.IsZero() {
		p.utc = sub.Time.UTC().Format(time.RFC3339)
	}
	if sub.Bounce != nil {
		p.bounce = compact(sub.Bounce)
	}
	if sub.Report != nil {
		p.report = compact(sub.Report)
	}
	if problem, bad := sub.Problem(); bad {
		p.problem = valid(problem.Err.Error())
	}
	for i := range sub.Samples {
		one := &sub.Samples[i]
		p.samples = append(p.samples, packedSample{
			sum: one.SHA256, hex: hex.EncodeToString(one.SHA256[:]), size: len(one.Data), grade: string(one.Grade),
			origin: paths[i].Sample, path: &paths[i], data: codec.pack(one.Data),
		})
	}
	if sub.Data == nil {
		return p
	}
	p.whole, p.sum = true, sub.Digest()
	for i := range p.samples {
		if p.samples[i].sum == p.sum {
			return p // the sample holds the bytes
		}
	}
	p.data = codec.pack(sub.Data)
	return p
}

// compact is JSON on one line. What is given to it can be encoded.
func compact(v any) string {
	if list, ok := v.([]string); ok && len(list) == 0 {
		return "[]"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// placeOf stands for the bytes of a submission that could not be read.
func placeOf(file string, line int) digest {
	return sha256.Sum256(fmt.Appendf(nil, "unreadable\n%d\n%s", line, file))
}

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"

	"relaytrace/trace"
	"relaytrace/trace/header"
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

// Packed is a submission made ready for a store: hashed and compressed, with what was
// traced in its samples. It holds nothing of the submission's bytes.
type Packed struct {
	file, class, grade, reporter, replyTo, subject, date, messageID string
	reasons, facts, problem                                         string
	line, size, priority                                            int
	whole                                                           bool // it has bytes
	sum                                                             digest
	data                                                            []byte // compressed; nil when a sample has the same bytes
	samples                                                         []packedSample
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

// facts are what a submission tells beside its samples.
type facts struct {
	Bounce *intake.Bounce `json:"bounce,omitempty"`
	Report *intake.Report `json:"report,omitempty"`
	Ask    string         `json:"ask,omitempty"`
}

// Pack makes a submission ready for [Store.Add]; paths[i] is the path of sub.Samples[i],
// whose Sample says where it was found. It is safe for concurrent use, and is the costly
// part of adding.
func Pack(sub *intake.Submission, paths []trace.Path) *Packed {
	p := &Packed{
		file: sub.File, class: string(sub.Class), grade: string(sub.Grade), line: sub.Line, size: sub.Size, priority: sub.Priority,
		reasons: compact(sub.Reasons), facts: "{}",
	}
	if sub.Bounce != nil || sub.Report != nil || sub.Ask != "" {
		p.facts = compact(facts{sub.Bounce, sub.Report, sub.Ask})
	}
	if sub.Err != nil {
		p.problem = sub.Err.Error()
	}
	for i := range sub.Samples {
		one := &sub.Samples[i]
		p.samples = append(p.samples, packedSample{
			sum: one.SHA256, hex: hex.EncodeToString(one.SHA256[:]), size: len(one.Data), grade: string(one.Grade),
			origin: paths[i].Sample, path: &paths[i], data: codec.enc.EncodeAll(one.Data, nil),
		})
	}
	if sub.Data == nil {
		return p
	}
	p.whole, p.sum = true, sha256.Sum256(sub.Data)
	for i := range p.samples {
		if p.samples[i].sum == p.sum {
			return p // the sample holds the bytes, and its fields tell who
		}
	}
	p.data = codec.enc.EncodeAll(sub.Data, nil)
	p.address(sub.Data)
	return p
}

// address reads who sent the submission, and what about.
func (p *Packed) address(data []byte) {
	for _, f := range header.Scan(data, nil).Fields {
		var to *string
		switch {
		case f.Is(data, "From"):
			to = &p.reporter
		case f.Is(data, "Reply-To"):
			to = &p.replyTo
		case f.Is(data, "Subject"):
			to = &p.subject
		case f.Is(data, "Date"):
			to = &p.date
		case f.Is(data, "Message-ID"):
			to = &p.messageID
		default:
			continue
		}
		if *to == "" {
			*to = oneLine(f.Body(data))
		}
	}
}

// oneLine unfolds a field's body. Bytes that are not UTF-8 become U+FFFD: the original
// is kept whole.
func oneLine(body []byte) string {
	return strings.ToValidUTF8(strings.Join(strings.Fields(string(body)), " "), "\ufffd")
}

// compact is JSON on one line. What is given to it can be encoded.
func compact(v any) string {
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

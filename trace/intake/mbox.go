package intake

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
)

const (
	maxFromLine = 1000      // bounds the From_ line: an address of RFC 5321 length and a date
	firstBuffer = 256 << 10 // what is read at a time while messages are small
)

// chunk is one message of a stream. Its data shares memory with those read at the same time.
type chunk struct {
	data   []byte
	line   int   // of the first byte of data, from 1
	offset int64 // of the first byte of data in the stream
	over   bool  // larger than the limit: data is empty
	lone   bool  // the stream is this one message, its From_ line too
	slab   *slab // that data lies in
}

// mboxReader cuts a stream into messages. It holds what was read at one time, in a buffer
// that grows with the largest message and never beyond twice the limit; how long the stream is
// makes no difference. Messages are cut out of the buffer, which is not written to again after
// that: they are the receiver's, as long as he does not keep few of many. It is not safe for
// concurrent use.
//
// The stream is an mbox when it begins with a From_ line, after blank lines perhaps, and
// holds a second one below a blank line. In mboxo, mboxrd and mboxcl a body line "From "
// is quoted; where it is not (mboxcl2, and programs that know no better) it must bear a
// date to be taken for a separator, and a Content-Length that ends exactly at a separator
// or at the end of the stream outweighs it. A Content-Length that ends anywhere else is
// ignored: mail programs change bodies and leave the field alone.
type mboxReader struct {
	r     io.Reader
	limit int  // of a message, in bytes
	whole bool // the stream is one message, whatever lines it holds
	step  int  // bytes of the first buffer

	buf    []byte // what is read: messages that were handed out, and what was not
	slab   *slab  // the memory of buf
	lent   bool   // messages in buf were handed out
	start  int    // of the message in buf; its From_ line is before it
	seek   int    // where the search for the next From_ line goes on
	eof    bool
	err    error // of the input; told after what was read
	eol    byte  // what ends a line: LF, or CR in files of old Macintoshes
	line   int   // of buf[start], from 1
	offset int64 // of buf[0] in the stream
	first  chunk // line and offset of the message's first byte, which buf may have let go

	begun  bool // the beginning was looked at
	mbox   bool // it begins with a From_ line
	count  int  // messages handed out
	over   bool // the message at start is larger than limit; its beginning is gone
	done   bool
	length int // the end of the message by Content-Length, an offset in buf; 0 unknown, -1 none
}

func newMboxReader(r io.Reader, limit int, whole bool) *mboxReader {
	return &mboxReader{r: r, limit: limit, whole: whole, step: firstBuffer, line: 1, eol: '\n'}
}

// next returns the next message, io.EOF after the last, or the error of the input.
func (m *mboxReader) next() (chunk, error) {
	if !m.begun {
		m.begin()
	}
	for !m.done {
		at, end, ok := m.separator()
		if ok {
			c := m.cut(at, end)
			return c, nil
		}
		if m.eof {
			m.done = true
			return m.last()
		}
		if !m.mbox && len(m.buf) > m.limit { // no message stands behind it
			m.done = true
			return chunk{line: 1, over: true, lone: true}, nil
		}
		m.fill()
	}
	if m.err != nil {
		return chunk{}, m.err
	}
	return chunk{}, io.EOF
}

// begin looks whether the stream begins as an mbox, and which line ends it has.
func (m *mboxReader) begin() {
	m.begun = true
	for !m.eof && len(m.buf) < 2*maxFromLine {
		m.fill()
	}
	head := m.buf[:min(len(m.buf), 64<<10)]
	if i := bytes.IndexAny(head, "\r\n"); i >= 0 && head[i] == '\r' && i+1 < len(head) && !bytes.ContainsRune(head[i+1:min(len(head), i+3)], '\n') {
		m.eol = '\r'
	}
	first := len(head) - len(bytes.TrimLeft(head, "\r\n"))
	end := m.lineEnd(first)
	if m.whole || end < 0 || !isFromLine(m.buf[first:end]) {
		return
	}
	m.mbox = true
	m.start, m.seek = end, end-1
	m.line += countLines(m.buf[:end], m.eol)
	m.first = chunk{line: m.line, offset: int64(end)}
}

// fill reads more; it makes room first, and lets a message go that is over the limit.
func (m *mboxReader) fill() {
	if len(m.buf)-m.start > m.limit+maxFromLine && len(m.buf)-m.start > 2*maxFromLine {
		m.forget()
	}
	if len(m.buf) == cap(m.buf) {
		if (m.count > 0 || m.over) && m.start > 1 {
			m.shift(m.start - 1) // the line end before it is part of what is searched for
		}
		if isFull(len(m.buf), cap(m.buf)) {
			m.move(m.buf)
		}
	}
	n, err := m.r.Read(m.buf[len(m.buf):cap(m.buf)])
	m.buf = m.buf[:len(m.buf)+n]
	if err != nil {
		m.eof = true
		if err != io.EOF {
			m.err = err
		}
	}
}

// shift drops n bytes from the front of the buffer.
func (m *mboxReader) shift(n int) {
	if m.lent {
		m.move(m.buf[n:])
	} else {
		m.buf = m.buf[:copy(m.buf, m.buf[n:])]
	}
	m.start -= n
	m.seek -= n
	if m.length > 0 {
		m.length -= n
	}
	m.offset += int64(n)
}

// isFull tells whether a buffer has too little room left to be read into.
func isFull(used, size int) bool { return 4*used >= 3*size }

// move puts what is left into another buffer: one of the usual size, which is used again, or
// where that would be full, one with room for as much again.
func (m *mboxReader) move(rest []byte) {
	room := m.step
	if isFull(len(rest), room) {
		room = min(2*len(rest), 2*max(m.limit, firstBuffer)+firstBuffer)
	}
	old := m.slab
	m.slab = newSlab(max(room, len(rest)+1))
	m.buf, m.lent = append(m.slab.room[:0], rest...), false
	old.release()
}

// forget drops the beginning of a message that is over the limit.
func (m *mboxReader) forget() {
	m.over = true
	n := len(m.buf) - maxFromLine
	m.line += countLines(m.buf[m.start:n], m.eol)
	m.start, m.seek = n, max(m.seek, n-1)
	m.length = -1
	m.shift(n - 1)
}

// separator looks for the next From_ line: at is its offset, end that of the line after.
func (m *mboxReader) separator() (at, end int, ok bool) {
	if !m.mbox {
		m.seek = len(m.buf)
		return 0, 0, false
	}
	mark := []byte("From ") // without the line end before it: of those there are many more than of its first letter
	for {
		i := bytes.Index(m.buf[m.seek:], mark)
		if i < 0 {
			m.seek = max(m.seek, len(m.buf)-len(mark))
			return 0, 0, false
		}
		at = m.seek + i
		if at == 0 || m.buf[at-1] != m.eol {
			m.seek = at + 1
			continue
		}
		end = m.lineEnd(at)
		if end < 0 { // the line goes on beyond what was read
			m.seek = at - 1
			return 0, 0, false
		}
		if m.blankAbove(at) && isFromLine(m.buf[at:end]) {
			switch m.inside(at) {
			case more:
				m.seek = at - 1
				return 0, 0, false
			case no:
				return at, end, true
			}
		}
		m.seek = at + 1
	}
}

// lineEnd returns where the line after the one at pos begins; -1 when that is not read yet.
func (m *mboxReader) lineEnd(pos int) int {
	if i := bytes.IndexByte(m.buf[pos:], m.eol); i >= 0 {
		return pos + i + 1
	}
	if m.eof || len(m.buf)-pos > maxFromLine {
		return len(m.buf)
	}
	return -1
}

// blankAbove tells whether the line above pos is blank.
func (m *mboxReader) blankAbove(pos int) bool {
	above := m.buf[:pos-1] // without the end of the line above
	if pos <= m.start {    // a second From_ line belongs to the message that was filed twice
		return false
	}
	if m.eol == '\n' {
		above = bytes.TrimSuffix(above, []byte("\r"))
	}
	return len(above) <= m.start || above[len(above)-1] == m.eol
}

type answer int

const (
	no answer = iota
	yes
	more // it cannot be told before more is read
)

// inside tells whether the From_ line at pos lies in the body as Content-Length bounds it.
func (m *mboxReader) inside(pos int) answer {
	if m.length == 0 {
		_, m.length = m.contentEnd(m.buf[m.start:pos])
	}
	switch {
	case m.length <= pos || m.length-m.start > m.limit:
		return no
	case m.length+maxFromLine > len(m.buf) && !m.eof:
		return more
	case m.length > len(m.buf):
		m.length = -1
		return no
	}
	rest := bytes.TrimLeft(m.buf[m.length:min(len(m.buf), m.length+maxFromLine)], "\r\n")
	if len(rest) == 0 {
		return yes
	}
	if i := bytes.IndexByte(rest, m.eol); i >= 0 {
		rest = rest[:i]
	}
	if isFromLine(rest) {
		return yes
	}
	m.length = -1
	return no
}

// passHeader goes on with the search behind the header of the message at start, where all of
// that was read: no blank line stands in it, and so no From_ line that ends the message.
func (m *mboxReader) passHeader() {
	if m.eol == '\n' && blankLine(m.buf[m.start:]) == 0 {
		if end, length := m.contentEnd(m.buf[m.start:]); end > 0 {
			m.seek, m.length = m.start+end, length
		}
	}
}

// contentEnd reads the Content-Length of the message at start, of which it is given the
// beginning, and gives where its header ends in that, 0 when it does not, and where its body
// ends in buf, -1 when that is not told.
func (m *mboxReader) contentEnd(text []byte) (header, body int) {
	length := -1
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return 0, -1
		}
		at += i + 1
		if at == len(text) || text[at] > '\r' && text[at] != 'C' {
			continue // as most lines
		}
		if n := blankLine(text[at:]); n > 0 {
			if length < 0 {
				return at + n, -1
			}
			return at + n, m.start + at + n + length
		}
		value, ok := bytes.CutPrefix(text[at:], []byte("Content-Length:"))
		if !ok || length >= 0 {
			continue
		}
		value, _, _ = bytes.Cut(value, []byte("\n"))
		n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
		if err != nil || n < 0 || n > m.limit {
			return 0, -1
		}
		length = n
	}
}

// cut hands out the message above the separator at the given place and begins the next.
func (m *mboxReader) cut(at, end int) chunk {
	c := m.first
	c.over = m.over || at-m.start > m.limit
	if !c.over {
		m.lend(&c, withoutSeparator(m.buf[m.start:at]), firstBuffer)
	}
	m.line += countLines(m.buf[m.start:end], m.eol)
	m.start, m.seek = end, end-1
	m.first = chunk{line: m.line, offset: m.offset + int64(end)}
	m.length, m.over = 0, false
	m.passHeader()
	m.count++
	return c
}

// lend gives a message its data. What is small beside a slab of more than usual bytes is
// copied: it alone would keep all of that in memory.
func (m *mboxReader) lend(c *chunk, data []byte, usual int) {
	if size := len(m.slab.room); size > usual && len(data) < size/4 {
		c.data = bytes.Clone(data)
		return
	}
	c.data, c.slab, m.lent = slices.Clip(data), m.slab.need(), true
}

// last hands out what stands below the last separator, or the whole stream.
func (m *mboxReader) last() (chunk, error) {
	if m.err != nil {
		return chunk{}, m.err
	}
	c := m.first
	c.over = m.over || len(m.buf)-m.start > m.limit
	switch {
	case m.count == 0: // one message: all of it is the evidence
		c.line, c.offset, c.lone = 1, 0, true
		if c.over = m.over || len(m.buf) > m.limit; !c.over {
			m.lend(&c, m.buf, 0) // no other message may share the slab
		}
	case !c.over:
		m.lend(&c, withoutSeparator(m.buf[m.start:]), 0)
	}
	m.slab.release()
	return c, nil
}

func countLines(data []byte, eol byte) int { return bytes.Count(data, []byte{eol}) }

// errTooLarge says that a message is over MaxMessage.
var errTooLarge = errors.New("message is larger than " + strconv.Itoa(MaxMessage>>20) + " MiB")

// withoutSeparator drops the blank line that an mbox puts after every message. It is
// dropped at the end of the file too, so that a message has one digest wherever it lies.
func withoutSeparator(message []byte) []byte {
	for _, blank := range []string{"\r\n", "\n", "\r"} {
		if rest, ok := bytes.CutSuffix(message, []byte(blank)); ok {
			if len(rest) == 0 || rest[len(rest)-1] == blank[len(blank)-1] {
				return rest
			}
			return message
		}
	}
	return message
}

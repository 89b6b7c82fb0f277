package intake

import (
	"bytes"
	"context"
	"errors"
	"io"

	"relaytrace/trace/header"
)

// nulWithin is how far into a message a NUL byte marks it as no text.
const nulWithin = 4 << 10

// mailFields are the fields of which a message has at least one. Other text may begin
// with a word and a colon too.
var mailFields = func() (is [header.Names]bool) {
	for _, name := range []string{
		"Received", "Return-Path", "Delivered-To", "X-Envelope-From", "X-Original-To", "Envelope-To",
		"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Apparently-To", "Subject",
		"Date", "Message-ID", "In-Reply-To", "Resent-From", "Resent-Date", "MIME-Version",
		"Content-Type", "Status", "X-Mailer",
	} {
		is[header.NameOf(name)] = true
	}
	return is
}()

// unfit tells why data is no message, and what to do about it; the error is nil when it is one.
func unfit(data []byte, h header.Header) (hint string, err error) {
	// Spam with a NUL in it exists: what begins with a field is a message all the same.
	if !beginsWithField(data, h) && bytes.IndexByte(data[:min(len(data), nulWithin)], 0) >= 0 {
		return "export the message as .eml or mbox", errors.New("binary file, not a message")
	}
	for _, f := range h.Fields {
		if mailFields[f.Which] {
			return "", nil
		}
	}
	return "save the message with its full header, as received", errors.New("no header field of a mail message")
}

// beginsWithField tells whether nothing but From_ lines stands before the first field.
func beginsWithField(data []byte, h header.Header) bool {
	if len(h.Fields) == 0 {
		return false
	}
	for _, f := range h.Faults {
		if f.Offset < h.Fields[0].Start {
			return false
		}
	}
	return true
}

// beginsOtherwise tells from the first bytes of a file that it begins with neither a field nor
// a From_ line: what stands there is no name, or a name without a colon or a blank behind it.
func beginsOtherwise(head []byte) bool {
	for i, c := range head {
		if c <= ' ' || c >= 0x7f || c == ':' {
			return i == 0 || c != ' ' && c != '\t' && c != ':'
		}
	}
	return false
}

// ctxReader ends a read that waits for input when ctx is cancelled. The read itself goes
// on in its goroutine, into a buffer of its own, until the command ends.
type ctxReader struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	left []byte // read and not yet handed out
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if len(c.left) > 0 {
		n := copy(p, c.left)
		c.left = c.left[n:]
		return n, nil
	}
	if c.buf == nil {
		c.buf = make([]byte, 64<<10)
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := c.r.Read(c.buf)
		done <- result{n, err}
	}()
	select {
	case <-c.ctx.Done():
		return 0, c.ctx.Err()
	case got := <-done:
		n := copy(p, c.buf[:got.n])
		c.left = c.buf[n:got.n]
		return n, got.err
	}
}

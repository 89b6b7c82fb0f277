package render

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"relaytrace/trace/lazy"
)

// attachment are the machine-readable parts of a letter. Many owners refuse attachments,
// so the text says all by itself.
type attachment struct {
	Feedback *feedback // with Headers[0] it makes the report of RFC 5965
	XARF     []byte    // JSON, where all that it must tell is known
	Headers  [][]byte  // header fields of a sample each, with CRLF
}

// feedback is what a feedback report tells of one transaction (RFC 5965 section 3).
type feedback struct {
	UserAgent string
	MailFrom  string // with angle brackets; empty when not known
	RcptTo    []string
	Arrival   time.Time // zero when not known
	Source    netip.Addr
	Port      int // 0 when not known
	Incidents int
}

// body writes the message/feedback-report part. The domain of the sender is not reported:
// it is the one that was forged.
func (f *feedback) body() []byte {
	var b bytes.Buffer
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	field("Feedback-Type", "abuse")
	field("User-Agent", f.UserAgent)
	field("Version", "1")
	field("Original-Mail-From", f.MailFrom)
	if !f.Arrival.IsZero() {
		field("Arrival-Date", f.Arrival.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	}
	field("Source-IP", f.Source.String())
	if f.Port > 0 {
		field("Source-Port", strconv.Itoa(f.Port))
	}
	if f.Incidents > 1 {
		field("Incidents", strconv.Itoa(f.Incidents))
	}
	for _, to := range f.RcptTo {
		field("Original-Rcpt-To", to)
	}
	return b.Bytes()
}

// userAgent names relaytrace as a product (RFC 5965 section 3.1).
func userAgent(version string) string {
	token := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '.' || r == '-' || r == '+' {
			return r
		}
		return -1
	}, atMost(version, 60))
	if token == "" {
		return "relaytrace"
	}
	return "relaytrace/" + token
}

// pathAddress is an envelope address that a feedback report can carry as it is.
var pathAddress = lazy.Regexp(`^<?([A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190})>?$`)

// pathOf gives an envelope address in angle brackets, or nothing when it has another form.
// The null sender is one.
func pathOf(s string) string {
	s = strings.TrimSpace(s)
	if s == "<>" {
		return s
	}
	if m := pathAddress().FindStringSubmatch(s); m != nil {
		return "<" + m[1] + ">"
	}
	return ""
}

// headerBlock makes header fields of lines that fieldLines has written: ASCII, with CRLF. A
// line that goes on from the one before begins with a space, whatever a sample held.
func headerBlock(fields ...[]string) []byte {
	var b bytes.Buffer
	for _, lines := range fields {
		for i, line := range lines {
			if i > 0 && !strings.HasPrefix(line, " ") {
				line = "    " + line
			}
			for _, r := range line {
				if r > '~' {
					b.WriteString(codePoint(r))
				} else {
					b.WriteRune(r)
				}
			}
			b.WriteString("\r\n")
		}
	}
	return b.Bytes()
}

// part is one part of a message, with its parts where it has any.
type part struct {
	header message.Header
	body   []byte
	parts  []part
}

func newPart(mediaType string, params map[string]string, encoding string, body []byte) part {
	var p part
	if encoding != "" {
		p.header.Set("Content-Transfer-Encoding", encoding)
	}
	p.header.SetContentType(mediaType, params)
	p.body = body
	return p
}

// tree arranges the parts of a message about the text. Without attachments it is the text
// alone.
func (a *attachment) tree(text part, boundary string) part {
	if a == nil || a.Feedback == nil && len(a.Headers) == 0 {
		return text
	}
	headers := make([]part, len(a.Headers))
	for i, h := range a.Headers {
		encoding := "7bit"
		if longLine(h) {
			encoding = "quoted-printable" // RFC 6522 section 4 allows it for headers that need it
		}
		headers[i] = newPart("text/rfc822-headers", nil, encoding, h)
	}
	if a.Feedback == nil {
		return multipart("mixed", nil, boundary, append([]part{text}, headers...)...)
	}
	report := multipart("report", map[string]string{"report-type": "feedback-report"}, boundary,
		text, newPart("message/feedback-report", nil, "7bit", a.Feedback.body()), headers[0])
	if a.XARF == nil {
		return report
	}
	xarf := newPart("application/json", map[string]string{"name": "xarf.json"}, "base64", a.XARF)
	xarf.header.SetContentDisposition("attachment", map[string]string{"filename": "xarf.json"})
	return multipart("mixed", nil, "x-"+boundary, report, xarf)
}

func multipart(kind string, params map[string]string, boundary string, parts ...part) part {
	with := map[string]string{"boundary": boundary}
	for k, v := range params {
		with[k] = v
	}
	p := newPart("multipart/"+kind, with, "", nil)
	p.parts = parts
	return p
}

// longLine reports whether a line is longer than RFC 5322 section 2.1.1 lets it be.
func longLine(b []byte) bool {
	for line := range bytes.Lines(b) {
		if len(line) > 900 {
			return true
		}
	}
	return false
}

// write writes the body of a part, and the parts in it with their headers.
func (p part) write(w *message.Writer) error {
	if len(p.parts) == 0 {
		if _, err := w.Write(p.body); err != nil {
			return err
		}
		return w.Close()
	}
	for _, q := range p.parts {
		inner, err := w.CreatePart(q.header)
		if err != nil {
			return err
		}
		if err := q.write(inner); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeMessage writes a message whose header has the fields of h and of the part.
func writeMessage(w io.Writer, h message.Header, p part) error {
	// Fields are written in the reverse of the order in which they are set: those of the part
	// go below the others.
	all := p.header.Copy()
	var own []struct{ key, value string }
	for f := h.Fields(); f.Next(); {
		own = append(own, struct{ key, value string }{f.Key(), f.Value()})
	}
	for _, f := range slices.Backward(own) {
		all.Add(f.key, f.value)
	}
	h = all
	m, err := message.CreateWriter(w, h)
	if err != nil {
		return err
	}
	return p.write(m)
}

package cluster

import (
	"bytes"

	"relaytrace/trace/header"
)

const (
	maxParts = 20
	maxDepth = 4
	maxText  = 64 << 10 // bytes of a text that are compared
)

// reader takes texts out of messages; its buffers are used again.
type reader struct {
	fields  []header.Field
	decoded []byte
	text    []byte // words in lower case, one space between
	words   []uint64
	links   []string
	drop    [][]byte // words of the recipient's address, left out
	parts   int
	html    bool // the text chosen so far is HTML
	chosen  []byte
}

// choose finds the text of a message that its reader would see: the HTML where there is
// some, else the plain text. data is a message or a part of one.
func (r *reader) choose(data []byte, depth int) {
	if r.parts++; r.parts > maxParts || depth > maxDepth {
		return
	}
	h := header.Scan(data, r.fields[:0])
	r.fields = h.Fields[:0]
	kind, encoding := field(data, h.Fields, "Content-Type"), field(data, h.Fields, "Content-Transfer-Encoding")
	body := data[h.End:]
	if depth > 0 && len(h.Fields) == 0 {
		return
	}
	switch {
	case hasPrefixFold(kind, "multipart/"):
		r.multipart(body, parameter(kind, "boundary"), depth)
	case len(kind) == 0 || hasPrefixFold(kind, "text/plain"):
		if len(r.chosen) == 0 {
			r.take(body, encoding, bytes.Contains(lowerHead(body), []byte("<html")))
		}
	case hasPrefixFold(kind, "text/html"):
		if !r.html {
			r.take(body, encoding, true)
		}
	}
}

func (r *reader) take(body, encoding []byte, html bool) {
	if len(body) > maxText*2 {
		body = body[:maxText*2]
	}
	r.decoded = decode(r.decoded[:0], body, encoding)
	if len(bytes.TrimSpace(r.decoded)) == 0 {
		return
	}
	r.chosen = append(r.chosen[:0], r.decoded[:min(len(r.decoded), maxText)]...)
	r.html = html
}

// multipart walks the parts between the boundaries.
func (r *reader) multipart(body, boundary []byte, depth int) {
	if len(boundary) == 0 || len(boundary) > 200 {
		return
	}
	mark := append([]byte("--"), boundary...)
	start := -1
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		if start >= 0 {
			r.choose(body[start:i], depth+1)
		}
		start = -1
		if bytes.HasPrefix(body[at:], []byte("--")) {
			return
		}
		if end := bytes.IndexByte(body[at:], '\n'); end >= 0 {
			start = at + end + 1
		}
	}
	if start >= 0 {
		r.choose(body[start:], depth+1)
	}
}

// field gives the body of the first field of that name, without white space around it.
func field(data []byte, fields []header.Field, name string) []byte {
	for _, f := range fields {
		if f.Is(data, name) {
			return bytes.TrimSpace(f.Body(data))
		}
	}
	return nil
}

// parameter gives the value of a parameter of a Content-Type field.
func parameter(value []byte, name string) []byte {
	for rest := value; ; {
		i := bytes.IndexByte(rest, ';')
		if i < 0 {
			return nil
		}
		rest = bytes.TrimSpace(rest[i+1:])
		if !hasPrefixFold(rest, name) {
			continue
		}
		v := bytes.TrimLeft(rest[len(name):], " \t\r\n")
		if len(v) == 0 || v[0] != '=' {
			continue
		}
		v = bytes.TrimLeft(v[1:], " \t\r\n")
		if len(v) > 0 && v[0] == '"' {
			v, _, _ = bytes.Cut(v[1:], []byte{'"'})
			return v
		}
		if i := bytes.IndexAny(v, "; \t\r\n"); i >= 0 {
			v = v[:i]
		}
		return v
	}
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

func lowerHead(b []byte) []byte { return bytes.ToLower(b[:min(len(b), 300)]) }

// decode undoes quoted-printable and base64. What is broken in them is passed over.
func decode(dst, src, encoding []byte) []byte {
	switch {
	case hasPrefixFold(encoding, "quoted-printable"):
		return decodeQuoted(dst, src)
	case hasPrefixFold(encoding, "base64"):
		return decode64(dst, src)
	}
	return append(dst, src...)
}

func decodeQuoted(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c != '=' {
			dst = append(dst, c)
			continue
		}
		rest := src[i+1:]
		switch {
		case len(rest) >= 2 && hexValue[rest[0]] >= 0 && hexValue[rest[1]] >= 0:
			dst = append(dst, byte(hexValue[rest[0]]<<4|hexValue[rest[1]]))
			i += 2
		case len(rest) >= 1 && rest[0] == '\n':
			i++
		case len(rest) >= 2 && rest[0] == '\r' && rest[1] == '\n':
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func decode64(dst, src []byte) []byte {
	var bits uint32
	n := 0
	for _, c := range src {
		v := base64Value[c]
		if v < 0 {
			if c == '=' {
				break
			}
			continue
		}
		bits = bits<<6 | uint32(v)
		if n++; n == 4 {
			dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, n = 0, 0
		}
	}
	switch n {
	case 2:
		dst = append(dst, byte(bits>>4))
	case 3:
		dst = append(dst, byte(bits>>10), byte(bits>>2))
	}
	return dst
}

var hexValue, base64Value = tables()

func tables() (hex, b64 [256]int8) {
	for i := range 256 {
		hex[i], b64[i] = -1, -1
	}
	for i, c := range []byte("0123456789abcdef") {
		hex[c] = int8(i)
		if c >= 'a' {
			hex[c-'a'+'A'] = int8(i)
		}
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		b64[c] = int8(i)
	}
	return hex, b64
}

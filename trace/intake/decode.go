package intake

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/transform"

	"relaytrace/trace/header"
)

// The steps that stand in Sample.Decoded.
const (
	stepBase64   = "base64 decoded"
	stepQP       = "quoted-printable decoded"
	stepUTF16    = "UTF-16 converted to UTF-8"
	stepHTML     = "text taken out of HTML"
	stepQuotes   = "quote marks taken off"
	stepFolding  = "folding restored"
	stepOutlook  = "header taken out of an Outlook item"
	stepAttached = "file taken out of an Outlook item"
	stepUnpacked = "unpacked from an archive"
	stepMbox     = "taken out of an mbox"
	stepEvidence = "evidence taken out of a report"
	stepSpacing  = "blank lines between fields taken out"
)

// content gives the body with its transfer encoding undone (RFC 2045 section 6), and the
// name of that step; the body itself when there is nothing to undo.
func (p *part) content() (data []byte, step string) {
	how := bytes.TrimLeft(p.value(header.ContentTransferEncoding), ` "`)
	if i := bytes.IndexAny(how, ` "(;`); i >= 0 { // a comment, or what does not belong there
		how = how[:i]
	}
	switch lowerName(how) {
	case "base64":
		return decodeBase64(p.room, p.body), stepBase64
	case "quoted-printable":
		return decodeQP(p.room, p.body), stepQP
	}
	return p.body, ""
}

// head gives the beginning of the content: n bytes at least, where it is as long.
func (p *part) head(n int) []byte {
	if len(p.body) > 2*n { // base64 is longer by half
		begin := *p
		begin.body = p.body[:2*n]
		if data, _ := begin.content(); len(data) >= n {
			return data
		}
	}
	data, _ := p.content()
	return data
}

// decodeBase64 reads base64 and passes over all that does not belong in it; it ends where
// padding says so, and starts again behind it, as some programs encode in pieces.
func decodeBase64(r *room, in []byte) []byte {
	out := r.take(base64.StdEncoding.DecodedLen(len(in)) + 3)
	whole := bytes.LastIndexByte(in, '\n') + 1 // the last line may be cut off
	if n, err := base64.StdEncoding.Decode(out[:cap(out)], in[:whole]); err == nil {
		out, in = out[:n], in[whole:]
	}
	if n, err := base64.StdEncoding.Decode(out[len(out):cap(out)], in); err == nil {
		return out[:len(out)+n] // nothing had to be passed over
	}
	var acc uint32
	n := 0
	flush := func() {
		switch n {
		case 2:
			out = append(out, byte(acc>>4))
		case 3:
			out = append(out, byte(acc>>10), byte(acc>>2))
		}
		acc, n = 0, 0
	}
	for _, c := range in {
		v := sextets[c]
		if v < 0 {
			if c == '=' {
				flush()
			}
			continue
		}
		acc = acc<<6 | uint32(v)
		if n++; n == 4 {
			out = append(out, byte(acc>>16), byte(acc>>8), byte(acc))
			acc, n = 0, 0
		}
	}
	flush()
	return out
}

// sextets are the values of the characters of base64 (RFC 4648 section 4); -1 for others.
var sextets = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
	}
	for v, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = int8(v)
	}
	return t
}()

// fewQP is how many bytes that stand together are copied one by one before the next escape is
// searched for: a search takes as long as some of them.
const fewQP = 6

// decodeQP reads quoted-printable; what is no valid escape stays as it is.
func decodeQP(r *room, in []byte) []byte {
	out := r.take(len(in))[:len(in)]
	n, few := 0, 0 // what there is of out, and the bytes copied since an escape
	for i := 0; i < len(in); {
		if c := in[i]; c != '=' {
			out[n] = c
			i, n, few = i+1, n+1, few+1
			if few == fewQP {
				plain := bytes.IndexByte(in[i:], '=')
				if plain < 0 {
					plain = len(in) - i
				}
				copy(out[n:], in[i:i+plain])
				i, n = i+plain, n+plain
			}
			continue
		}
		few = 0
		if i+2 < len(in) {
			if hi, lo := nibbles[in[i+1]], nibbles[in[i+2]]; hi|lo >= 0 {
				out[n] = byte(hi<<4 | lo)
				i, n = i+3, n+1
				continue
			}
		}
		j := i + 1 // a soft line break, with white space that was added on the way
		for j < len(in) && (in[j] == ' ' || in[j] == '\t' || in[j] == '\r') {
			j++
		}
		if j < len(in) && in[j] == '\n' {
			i = j + 1
			continue
		}
		out[n] = '='
		i, n = i+1, n+1
	}
	return out[:n]
}

// nibbles are the values of the hexadecimal digits; -1 for others.
var nibbles = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
	}
	for v, c := range []byte("0123456789ABCDEF") {
		t[c], t[c|0x20] = int8(v), int8(v)
	}
	return t
}()

// toUTF8 converts text for reading. A charset that is unknown, or not kept to, is taken
// for Latin-1: every byte has a letter there, and the phrases looked for are near enough.
func toUTF8(r *room, data []byte, name string) []byte {
	name = strings.ToLower(name)
	if utf8.Valid(data) && name != "utf-16" && !strings.HasPrefix(name, "iso-2022") && name != "utf-7" && name != "hz-gb-2312" {
		return data
	}
	if name == "iso-8859-1" {
		return fromLatin1(r, data)
	}
	if name != "" && name != "utf-8" && name != "us-ascii" {
		if text, err := fromCharset(r, data, name); err == nil && utf8.Valid(text) {
			return text
		}
	}
	out := r.take(len(data) + len(data)/8)
	for {
		plain := asciiLength(data)
		if out, data = append(out, data[:plain]...), data[plain:]; len(data) == 0 {
			return out
		}
		c, n := utf8.DecodeRune(data)
		if c == utf8.RuneError && n == 1 {
			c = rune(data[0])
		}
		out = utf8.AppendRune(out, c)
		data = data[n:]
	}
}

// fromCharset converts a text in a charset whose name one of the registries knows: that of IANA,
// in which some mail programs leave out the "cs" of an alias, or that of the web.
func fromCharset(r *room, data []byte, name string) ([]byte, error) {
	switch name = strings.ToLower(name); name {
	case "ansi_x3.110-1983": // which is near enough
		name = "iso-8859-1"
	case "x-utf_8j":
		name = "utf-8"
	}
	known, _ := ianaindex.MIME.Encoding(name)
	if known == nil {
		known, _ = ianaindex.MIME.Encoding("cs" + name)
	}
	if known == nil {
		var err error
		if known, err = htmlindex.Get(name); err != nil {
			return nil, err
		}
	}
	text, _, err := transform.Append(known.NewDecoder(), r.take(len(data)+len(data)/2+utf8.UTFMax), data)
	return text, err
}

// asciiLength gives the length of the beginning of a text that is plain ASCII.
func asciiLength(text []byte) int {
	n := 0
	for n+8 <= len(text) && binary.LittleEndian.Uint64(text[n:])&tops == 0 {
		n += 8
	}
	for n < len(text) && text[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// fromLatin1 converts a text in ISO 8859-1, in which every byte is a character of its own.
func fromLatin1(r *room, data []byte) []byte {
	out := r.take(len(data) + len(data)/8)
	for {
		plain := asciiLength(data)
		out, data = append(out, data[:plain]...), data[plain:]
		for ; len(data) > 0 && data[0] >= utf8.RuneSelf; data = data[1:] {
			out = append(out, 0xC0|data[0]>>6, 0x80|data[0]&0x3F)
		}
		if len(data) == 0 {
			return out
		}
	}
}

// fromUTF16 converts a text in UTF-16 with a byte order mark, or with every second byte of
// its beginning zero.
func fromUTF16(data []byte) ([]byte, bool) {
	little, ok := utf16Order(data)
	if !ok {
		return nil, false
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		if little {
			units = append(units, uint16(data[i])|uint16(data[i+1])<<8)
		} else {
			units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
		}
	}
	if len(units) > 0 && units[0] == 0xFEFF {
		units = units[1:]
	}
	out := make([]byte, 0, len(units)+len(units)/8)
	for _, r := range utf16.Decode(units) {
		out = utf8.AppendRune(out, r)
	}
	return out, true
}

func utf16Order(data []byte) (little, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return true, true
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return false, true
	case len(data) < 16:
		return false, false
	}
	even, odd := 0, 0
	for i := 0; i < 16; i += 2 {
		if data[i] == 0 {
			even++
		}
		if data[i+1] == 0 {
			odd++
		}
	}
	return odd == 8 && even == 0, (odd == 8) != (even == 8) && min(odd, even) == 0
}

package intake

import (
	"bytes"
	"html"
	"slices"
	"unicode/utf8"
)

// maxHTML bounds what is read of an HTML text, in bytes.
const maxHTML = 1 << 20

// htmlText takes the text out of HTML, a line for every <br>, <p>, <div>, <tr> and heading.
// What stands in angle brackets and is no tag, such as <joe@example.org>, is kept: pasted
// headers often stand in HTML unescaped.
func htmlText(r *room, in []byte) []byte {
	in = in[:min(len(in), maxHTML)]
	out := r.take(len(in))
	skip := noTag // the element whose content is no text
	pre := 0
	for len(in) > 0 {
		if in[0] != '<' {
			n := bytes.IndexByte(in, '<')
			if n < 0 {
				n = len(in)
			}
			if skip == noTag {
				out = appendText(out, in[:n], pre > 0)
			}
			in = in[n:]
			continue
		}
		if bytes.HasPrefix(in, []byte("<!--")) {
			n := bytes.Index(in, []byte("-->"))
			if n < 0 {
				break
			}
			in = in[n+3:]
			continue
		}
		tag, end, n := tagOf(in)
		if n == 0 {
			if skip == noTag {
				out = append(out, '<')
			}
			in = in[1:]
			continue
		}
		in = in[n:]
		switch {
		case skip != noTag:
			if end && tag == skip {
				skip = noTag
			}
			continue
		case (tag == tagStyle || tag == tagScript) && !end:
			skip = tag
		case (tag == tagPre || tag == tagXMP) && !end:
			pre++
		case (tag == tagPre || tag == tagXMP) && pre > 0:
			pre--
		}
		if tag.breaksLine() && (len(out) > 0 && out[len(out)-1] != '\n' || tag == tagBr && !end) {
			out = append(trimBlanks(out), '\n')
		}
	}
	return out
}

// trimBlanks takes the blanks off the end of a text.
func trimBlanks(text []byte) []byte {
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// appendText adds character data; outside of <pre> white space is one blank.
func appendText(out, text []byte, pre bool) []byte {
	i := bytes.IndexByte(text, '&')
	for ; i >= 0 && !pre && bytes.HasPrefix(text[i:], []byte("&nbsp;")); i = bytes.IndexByte(text, '&') { // of what is escaped, most is this
		out, text = append(appendSpaced(out, text[:i]), ' '), text[i+len("&nbsp;"):]
	}
	if i >= 0 {
		text = []byte(html.UnescapeString(string(text)))
	}
	if pre {
		return append(out, bytes.ReplaceAll(text, []byte("\u00a0"), []byte(" "))...)
	}
	return appendSpaced(out, text)
}

// appendSpaced adds text with one blank for each piece of white space, and none where one
// stands already.
func appendSpaced(out, text []byte) []byte {
	gap := 1 // white space here would be too much
	if len(out) > 0 && out[len(out)-1] != ' ' && out[len(out)-1] != '\n' {
		gap = 0
	}
	for len(text) > 0 {
		n := len(out)
		out = slices.Grow(out, len(text)+utf8.UTFMax)
		taken, made := oneBlank(out[n:n+len(text)], text, gap)
		if out, text = out[:n+made], text[taken:]; len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		gap, text = 0, text[size:]
		if r == '\u00a0' { // a space that stays, as at the beginning of a folded line
			r, gap = ' ', 1
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// oneBlank copies the beginning of a text that is plain ASCII to dst, which is as long, with
// one blank for each piece of white space, and none where gap is 1. It returns how much it
// took and made. It has no branch that depends on where words end: they would be guessed wrong.
func oneBlank(dst, text []byte, gap int) (taken, made int) {
	n := 0
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return i, n
		}
		space := htmlSpace[c]
		dst[n] = c&^-space | space<<5 // ' ' for any
		n += 1 - int(space)&gap
		gap = int(space)
	}
	return len(text), n
}

// htmlSpace has 1 for what is white space in HTML.
var htmlSpace = [256]byte{' ': 1, '\n': 1, '\r': 1, '\t': 1}

// tag is an element of HTML, as far as it makes a difference to the text.
type tag int

const (
	noTag tag = iota
	tagBlock
	tagBr
	tagPre
	tagXMP
	tagStyle
	tagScript
	tagOther
)

func (t tag) breaksLine() bool { return t == tagBlock || t == tagBr || t == tagPre }

// tagOf reads the tag at the start of in: its element, whether it is an end tag, and its
// length; 0 when it is no tag.
func tagOf(in []byte) (t tag, end bool, n int) {
	in = in[:min(len(in), maxTag)]
	i := 1
	if i < len(in) && (in[i] == '/' || in[i] == '!' || in[i] == '?') {
		i++
	}
	t, n = element(in[i:])
	if i += n; n == 0 || i == len(in) {
		return noTag, false, 0
	}
	close := 0
	switch in[i] {
	case '>':
	case ' ', '/', '\n', '\r', '\t':
		if close = bytes.IndexByte(in[i:], '>'); close < 0 {
			return noTag, false, 0
		}
	default:
		return noTag, false, 0
	}
	return t, in[1] == '/', i + close + 1
}

// maxTag bounds the length of a tag, in bytes.
const maxTag = 4 << 10

// element reads the name at the start of in, and tells whether it is that of an element that
// makes a difference, and its length; 0 when it is no name.
func element(in []byte) (t tag, n int) {
	var low [10]byte // the longest of them
	for ; n < len(in); n++ {
		c := asciiFold[in[n]]
		if c == 0 && in[n] == ':' {
			c = ':'
		}
		if c == 0 || c == noASCII || n == 0 && c <= '9' {
			break
		}
		if n < len(low) {
			low[n] = c
		}
	}
	if n > len(low) {
		return tagOther, n
	}
	switch string(low[:n]) {
	case "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "hr", "title", "body", "dt", "dd":
		return tagBlock, n
	case "br":
		return tagBr, n
	case "pre":
		return tagPre, n
	case "xmp":
		return tagXMP, n
	case "style":
		return tagStyle, n
	case "script":
		return tagScript, n
	}
	return tagOther, n
}

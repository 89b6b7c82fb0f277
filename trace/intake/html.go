package intake

import (
	"bytes"
	"html"
	"unicode/utf8"

	"relaytrace/trace/header"
)

// maxHTML bounds what is read of an HTML text, in bytes.
const maxHTML = 1 << 20

// htmlText takes the text out of HTML, a line for every <br>, <p>, <div>, <tr> and heading.
// What stands in angle brackets and is no tag, such as <joe@example.org>, is kept: pasted
// headers often stand in HTML unescaped.
func htmlText(in []byte) []byte {
	in = in[:min(len(in), maxHTML)]
	out := make([]byte, 0, len(in))
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
	if bytes.IndexByte(text, '&') >= 0 {
		text = []byte(html.UnescapeString(string(text)))
	}
	if pre {
		return append(out, bytes.ReplaceAll(text, []byte("\u00a0"), []byte(" "))...)
	}
	last := byte('\n')
	if len(out) > 0 {
		last = out[len(out)-1]
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(text[i:])
			if i += n - 1; r == '\u00a0' { // a space that stays, as at the beginning of a folded line
				r = ' '
			}
			out = utf8.AppendRune(out, r)
			last = out[len(out)-1]
			continue
		case c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			if c = ' '; last == ' ' || last == '\n' {
				continue
			}
		}
		out, last = append(out, c), c
	}
	return out
}

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
	close := bytes.IndexByte(in[:min(len(in), 4<<10)], '>')
	if close < 0 {
		return noTag, false, 0
	}
	i := 1
	if i < close && (in[i] == '/' || in[i] == '!' || in[i] == '?') {
		i++
	}
	start := i
	for i < close && (in[i]|0x20 >= 'a' && in[i]|0x20 <= 'z' || i > start && in[i] >= '0' && in[i] <= '9' || in[i] == ':') {
		i++
	}
	if i == start || i < close && in[i] != ' ' && in[i] != '/' && in[i] != '\n' && in[i] != '\r' && in[i] != '\t' {
		return noTag, false, 0
	}
	if i == close && bytes.IndexByte(in[1:close], '@') > 0 {
		return noTag, false, 0
	}
	return element(in[start:i]), in[1] == '/', close + 1
}

// element knows the elements that make a difference.
func element(name []byte) tag {
	var room [10]byte // the longest of them
	if len(name) > len(room) {
		return tagOther
	}
	switch string(header.AppendLower(room[:0], name)) {
	case "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "hr", "title", "body", "dt", "dd":
		return tagBlock
	case "br":
		return tagBr
	case "pre":
		return tagPre
	case "xmp":
		return tagXMP
	case "style":
		return tagStyle
	case "script":
		return tagScript
	}
	return tagOther
}

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
	out := r.take(len(in) + utf8.UTFMax)
	skip := noTag // the element whose content is no text
	pre := 0
	for len(in) > 0 {
		if in[0] != '<' {
			switch {
			case skip != noTag:
				in = in[upToTag(in):]
			case pre > 0:
				n := upToTag(in)
				out, in = appendVerbatim(out, in[:n]), in[n:]
			default:
				out, in = appendText(out, in)
			}
			continue
		}
		if len(in) >= 4 && string(in[:4]) == "<!--" {
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

// upToTag gives the length of what stands in front of what may be a tag.
func upToTag(in []byte) int {
	if n := bytes.IndexByte(in, '<'); n >= 0 {
		return n
	}
	return len(in)
}

// trimBlanks takes the blanks off the end of a text.
func trimBlanks(text []byte) []byte {
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// appendVerbatim adds character data that stands in <pre>.
func appendVerbatim(out, text []byte) []byte {
	if bytes.IndexByte(text, '&') >= 0 {
		text = []byte(html.UnescapeString(string(text)))
	}
	return append(out, bytes.ReplaceAll(text, []byte("\u00a0"), []byte(" "))...)
}

// appendText adds the character data in front of what may be a tag, and returns what is left.
func appendText(out, in []byte) (_, rest []byte) {
	for {
		out, in = appendSpaced(out, in, &inMarkup)
		switch {
		case len(in) == 0 || in[0] == '<':
			return out, in
		case bytes.HasPrefix(in, []byte("&nbsp;")): // of what is escaped, most is this
			out, in = append(out, ' '), in[len("&nbsp;"):]
		default:
			n := upToTag(in)
			out, _ = appendSpaced(out, []byte(html.UnescapeString(string(in[:n]))), &inText)
			return out, in[n:]
		}
	}
}

// appendSpaced adds text with one blank for each piece of white space, and none where one
// stands already, until an ASCII character that ends it. It returns what is left.
func appendSpaced(out, text []byte, as *[256]uint32) (_, rest []byte) {
	last := uint32(' ') // white space here would be too much
	if len(out) > 0 && out[len(out)-1] != ' ' && out[len(out)-1] != '\n' {
		last = noBlank
	}
	for len(text) > 0 {
		n := len(out)
		out = slices.Grow(out, len(text)+utf8.UTFMax)
		taken, made := oneBlank(out[n:n+len(text)], text, last, as)
		out, text = out[:n+made], text[taken:]
		if len(text) == 0 || text[0] < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRune(text)
		last, text = noBlank, text[size:]
		if r == '\u00a0' { // a space that stays, as at the beginning of a folded line
			r, last = ' ', ' '
		}
		out = utf8.AppendRune(out, r)
	}
	return out, text
}

// oneBlank copies the beginning of a text to dst, which is as long, up to what ends it, with
// one blank for each piece of white space, and none where last is a blank. It returns how much it
// took and made. It has no branch that depends on where words end: they would be guessed wrong.
func oneBlank(dst, text []byte, last uint32, made *[256]uint32) (taken, n int) {
	for i, c := range text {
		as := made[c]
		if as == ends {
			return i, n
		}
		dst[n] = byte(as)
		n += int((as | last) / noBlank)
		last = as
	}
	return len(text), n
}

// What a byte becomes in text and in markup: a blank, or itself with a bit that says that it is
// none, or it ends what is copied.
var inText, inMarkup = func() (text, markup [256]uint32) {
	for c := range uint32(256) {
		switch text[c] = c | noBlank; {
		case c == ' ', c == '\n', c == '\r', c == '\t':
			text[c] = ' '
		case c >= utf8.RuneSelf:
			text[c] = ends
		}
	}
	markup = text
	markup['<'], markup['&'] = ends, ends
	return text, markup
}()

const (
	ends    = 0
	noBlank = 1 << 31
)

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
	if len(in) == 0 || in[0] >= '0' && in[0] <= '9' {
		return noTag, 0
	}
	for n < len(in) && inName[in[n]] {
		n++
	}
	var low [10]byte // the longest of them
	if n > len(low) {
		return tagOther, n
	}
	for i, c := range in[:n] {
		low[i] = c | 0x20
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

// inName tells what may stand in the name of an element.
var inName = func() (in [256]bool) {
	for c := range in {
		in[c] = isLetterOrDigit(byte(c)) || c == ':'
	}
	return in
}()

package intake

import (
	"bytes"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"relaytrace/trace/header"
)

// The bounds of what is looked at inside one message. A message beyond them is still
// read; what lies deeper is left alone and the reason is told.
const (
	maxDepth = 20   // of messages and multiparts inside one another
	maxParts = 1000 // of one message, all levels together
)

// part is a message, or a part of one, with the bytes as they lie in what holds it.
type part struct {
	path    string   // MIME part path, "2.1"; empty for the message itself
	decoded []string // what was done to get at data, from the outside in
	data    []byte   // header and body
	fields  []header.Field
	index   nameIndex // of fields, once it is asked for
	body    []byte
	media   string // lower case, "text/plain" when none is given
	params  params
	kids    []*part // of a multipart or message/rfc822
	texts   *texts  // what Outlook keeps beside the header, in place of body
	room    *room   // for what is decoded
	tooDeep bool    // something lies deeper than maxDepth, or there are more than maxParts
}

// texts is the readable content of an Outlook item.
type texts struct{ plain, html []byte }

// parseMessage reads the structure of a message (RFC 2045, RFC 2046) below its header,
// which is scanned already, into p, which is empty but for its room. It never fails: what is
// broken is text. The parts share memory with data except where they were encoded.
func parseMessage(p *part, data []byte, h header.Header) *part {
	b := builder{room: p.room}
	p.data, p.media, p.fields, p.body = data, "text/plain", h.Fields, data[h.End:]
	b.content(p, 0)
	p.tooDeep = b.tooDeep
	return p
}

// builder counts what parseMessage has made.
type builder struct {
	room    *room
	parts   int
	guessed int64 // bytes walked over for lines that were tried as a boundary in vain
	tooDeep bool
}

// entity reads the header of a message and what it says of the body.
func (b *builder) entity(data []byte, path string, decoded []string, depth int) *part {
	p := &part{path: path, decoded: decoded, data: data, media: "text/plain", room: b.room}
	p.readHeader()
	b.content(p, depth)
	return p
}

// piece reads a part of a multipart. One that begins with a blank line has no header.
func (b *builder) piece(data []byte, path string, decoded []string, media string, depth int) *part {
	p := &part{path: path, decoded: decoded, data: data, media: media, room: b.room}
	if n := blankLine(data); n > 0 {
		p.body = data[n:]
	} else {
		p.readHeader()
	}
	b.content(p, depth)
	return p
}

// blankLine gives the length of the blank line that data begins with.
func blankLine(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("\n")):
		return 1
	case bytes.HasPrefix(data, []byte("\r\n")):
		return 2
	}
	return 0
}

// typicalFields is for how many fields there is room before more is asked for.
const typicalFields = 24

// readHeader scans the header and divides it from the body.
func (p *part) readHeader() {
	h := header.Scan(p.data, make([]header.Field, 0, 4)) // a part of a multipart has two or three
	p.fields, p.body = h.Fields, p.data[h.End:]
}

// content reads the type of a part and goes on to the parts below it.
func (b *builder) content(p *part, depth int) {
	b.parts++
	if v := p.value(header.ContentType); len(v) > 0 {
		p.media, p.params = contentType(v)
	}
	if depth >= maxDepth {
		if strings.HasPrefix(p.media, "multipart/") || p.media == "message/rfc822" {
			b.tooDeep = true
		}
		return
	}
	switch {
	case strings.HasPrefix(p.media, "multipart/"):
		b.multipart(p, depth)
	case p.media == "message/rfc822" || p.media == "message/news" || p.media == "message/global":
		body, how := p.content()
		p.kids = []*part{b.entity(trimLeadingBlank(body), p.path, with(p.decoded, how), depth+1)}
	}
}

// multipart cuts the body at its boundary (RFC 2046 section 5.1.1). A boundary that is not
// given is guessed from the first line that looks like one; without any the body is text.
func (b *builder) multipart(p *part, depth int) {
	boundary := p.params.boundary
	if boundary == "" {
		if boundary = b.guessBoundary(p.body); boundary == "" {
			return
		}
	}
	media := "text/plain"
	if p.media == "multipart/digest" {
		media = "message/rfc822"
	}
	for i, piece := range pieces(p.body, boundary, maxParts) {
		if b.parts >= maxParts {
			b.tooDeep = true
			return
		}
		path := strconv.Itoa(i + 1)
		if p.path != "" {
			path = p.path + "." + path
		}
		p.kids = append(p.kids, b.piece(piece, path, p.decoded, media, depth+1))
	}
}

// pieces cuts body at the lines "--boundary"; the line end before such a line belongs to
// it. What stands before the first and after the closing line is left out. A missing
// closing line ends the last piece at the end of the body.
func pieces(body []byte, boundary string, most int) [][]byte {
	var out [][]byte
	mark := []byte("--" + boundary)
	begin := -1
	padded := 0 // where the padding behind the last boundary ends: each byte is looked at once
	for pos := 0; pos < len(body) && len(out) < most; {
		i := bytes.Index(body[pos:], mark)
		if i < 0 {
			break
		}
		at := pos + i
		end := at + len(mark)
		for padded = max(padded, end); padded < len(body) && isPadding(body[padded]); padded++ {
		}
		if padded < len(body) && body[padded] != '\n' || at > 0 && body[at-1] != '\n' && body[at-1] != '\r' {
			pos = end
			continue
		}
		padding := body[end:min(padded+1, len(body))]
		if begin >= 0 {
			out = append(out, trimOneLineEnd(body[begin:max(begin, at)]))
		}
		begin = end + len(padding)
		pos = begin
		if bytes.HasPrefix(padding, []byte("--")) {
			return out
		}
	}
	if begin >= 0 && begin < len(body) {
		out = append(out, body[begin:])
	}
	return out
}

// isPadding tells what may stand behind a boundary on its line: white space that mail systems
// add (RFC 2046 section 5.1.1), and hyphens.
func isPadding(c byte) bool { return c == '-' || c == ' ' || c == '\t' || c == '\r' }

// maxGuesses bounds the lines of one part that are tried as a boundary in vain, and maxGuessed
// the bytes that are walked over for that in all parts and all messages that lie in them.
const (
	maxGuesses = 50
	maxGuessed = 2 << 30
)

// guessBoundary finds the boundary of a multipart whose header does not give one: the
// first line that begins with "--" and has no space in it, when it stands there twice.
func (b *builder) guessBoundary(body []byte) string {
	head := body[:min(len(body), 64<<10)]
	tried := 0
	for line := range bytes.Lines(head) {
		mark := bytes.TrimRight(line, " \t\r\n")
		if len(mark) < 6 || len(mark) > 100 || !bytes.HasPrefix(mark, []byte("--")) || bytes.ContainsAny(mark, " \t") {
			continue
		}
		if bytes.Count(body, append([]byte("\n"), mark...)) > 1 {
			return string(mark[2:])
		}
		b.guessed += int64(len(body))
		if tried++; tried == maxGuesses || b.guessed > maxGuessed {
			break
		}
	}
	return ""
}

func trimOneLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

func trimLeadingBlank(b []byte) []byte { return bytes.TrimLeft(b, "\r\n") }

// with returns list with one more step; none for an empty one.
func with(list []string, step ...string) []string {
	out := append([]string(nil), list...)
	for _, s := range step {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// nameIndex tells where the first field of each name stands, among those that a byte can
// number. A message is asked for dozens of names, and most are not there.
type nameIndex struct {
	made  bool
	first [header.Names]uint8 // from 1; 0 where there is none
}

const indexed = 255

func (p *part) makeIndex() {
	p.index.made = true
	for i := min(len(p.fields), indexed) - 1; i >= 0; i-- {
		p.index.first[p.fields[i].Which] = uint8(i + 1)
	}
}

// first returns the index of the first field of a known name, or -1.
func (p *part) first(name header.Name) int {
	if !p.index.made {
		p.makeIndex()
	}
	if k := p.index.first[name]; k > 0 {
		return int(k) - 1
	}
	return p.next(name, indexed)
}

// next returns the index of the first field of a known name from the index i on, or -1.
func (p *part) next(name header.Name, i int) int {
	for ; i < len(p.fields); i++ {
		if p.fields[i].Which == name {
			return i
		}
	}
	return -1
}

// find returns the body of the first field of this name, as it stands.
func (p *part) find(name header.Name) (body []byte, ok bool) {
	if i := p.first(name); i >= 0 {
		return p.fields[i].Body(p.data), true
	}
	return nil, false
}

// value returns the body of the first field of this name on one line, trimmed. It may share
// memory with the message.
func (p *part) value(name header.Name) []byte {
	body, _ := p.find(name)
	return unfold(p.room, body)
}

// get returns what value does, as a string.
func (p *part) get(name header.Name) string { return string(p.value(name)) }

// line returns what get does for each name, in one line.
func (p *part) line(names ...header.Name) []byte {
	line := make([]byte, 0, 120)
	for i, name := range names {
		if i > 0 {
			line = append(line, ' ')
		}
		line = append(line, p.value(name)...)
	}
	return line
}

// all returns the bodies of all fields of this name.
func (p *part) all(name header.Name) []string {
	var out []string
	for i := p.first(name); i >= 0; i = p.next(name, i+1) {
		out = append(out, oneLine(p.fields[i].Body(p.data)))
	}
	return out
}

// has tells whether a field of one of these names is there.
func (p *part) has(names ...header.Name) bool {
	return slices.ContainsFunc(names, func(name header.Name) bool { return p.first(name) >= 0 })
}

// lowerName gives the name of a field in lower case; a name that is too long for any that
// is known is empty.
func lowerName(name []byte) string {
	var low [40]byte
	if len(name) > len(low) {
		return ""
	}
	return string(header.AppendLower(low[:0], name))
}

// maxValue bounds what is read of one field for telling classes apart.
const maxValue = 4 << 10

// oneLine unfolds the body of a field.
func oneLine(body []byte) string { return string(unfold(nil, body)) }

// unfold puts the body of a field on one line, trimmed, with one blank between words. It
// shares memory with a body that is so already.
func unfold(r *room, body []byte) []byte {
	body = bytes.TrimSpace(body[:min(len(body), maxValue)])
	for i, c := range body {
		if (c <= ' ' || c >= utf8.RuneSelf) && (c != ' ' || body[i-1] == ' ') {
			return joinWords(r.take(len(body)), body)
		}
	}
	return body
}

// joinWords appends the words of a text to dst with one blank between them.
func joinWords(dst, text []byte) []byte {
	for word := range bytes.FieldsSeq(text) {
		if len(dst) > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, word...)
	}
	return dst
}

// params are the parameters of a Content-Type that make a difference.
type params struct{ boundary, charset, name string }

// contentType reads a Content-Type. Parameters that mime cannot read are looked for one by
// one, since real mail programs forget quotes and semicolons.
func contentType(v []byte) (string, params) {
	if media, p, ok := plainType(v); ok {
		return media, p
	}
	text := string(v)
	media, all, err := mime.ParseMediaType(text)
	if err == nil {
		return media, params{all["boundary"], all["charset"], all["name"]}
	}
	first, rest, _ := strings.Cut(text, ";")
	media = strings.ToLower(strings.TrimSpace(first))
	if i := strings.IndexAny(media, " \t"); i >= 0 {
		media = media[:i]
	}
	if !strings.Contains(media, "/") {
		media = "text/plain"
	}
	return media, params{sought(rest, "boundary="), sought(rest, "charset="), sought(rest, "name=")}
}

// sought finds the value behind the name of a parameter.
func sought(text, name string) string {
	i := indexFold(text, name)
	if i < 0 {
		return ""
	}
	value := text[i+len(name):]
	if strings.HasPrefix(value, `"`) {
		value, _, _ = strings.Cut(value[1:], `"`)
	} else if j := strings.IndexAny(value, "; \t"); j >= 0 {
		value = value[:j]
	}
	return value
}

// plainType reads a Content-Type as most are written, which mime reads too, but takes its
// time: a type, and up to three parameters of different names whose values need no decoding.
func plainType(v []byte) (media string, p params, ok bool) {
	n := bytes.IndexByte(v, ';')
	if n < 0 {
		n = len(v)
	}
	if media = plainMedia(v[:n]); media == "" {
		return "", params{}, false
	}
	var names [3][]byte
	for rest, i := v[n:], 0; len(rest) > 0; i++ {
		name, value, end := plainParam(bytes.TrimLeft(rest[1:], " "))
		given := func(other []byte) bool { return bytes.EqualFold(other, name) }
		if len(name) == 0 || i == len(names) || slices.ContainsFunc(names[:i], given) || len(end) > 0 && end[0] != ';' {
			return "", params{}, false
		}
		names[i], rest = name, end
		var low [len("boundary")]byte
		if len(name) > len(low) {
			continue
		}
		switch string(header.AppendLower(low[:0], name)) {
		case "boundary":
			p.boundary = string(value)
		case "charset":
			p.charset = string(value)
		case "name":
			p.name = string(value)
		}
	}
	return media, p, true
}

// plainMedia reads a type in lower case; it gives nothing where it is not written as most are,
// or longer than any that is known.
func plainMedia(v []byte) string {
	switch string(v) { // nearly all are one of these
	case "text/plain":
		return "text/plain"
	case "text/html":
		return "text/html"
	}
	slash := 0
	for i, c := range v {
		switch {
		case c == '/' && slash == 0 && i > 0:
			slash = i
		case isLetterOrDigit(c) || c == '-' || c == '.' || c == '+':
		default:
			return ""
		}
	}
	if slash == 0 || slash == len(v)-1 {
		return ""
	}
	return lowerName(v)
}

// plainParam reads a parameter at the beginning of a text, and gives its name and what is
// behind it; no name when it is not written as most are.
func plainParam(text []byte) (name, value, rest []byte) {
	n := 0
	for n < len(text) && (isLetterOrDigit(text[n]) || text[n] == '-') {
		n++
	}
	if n == 0 || n+1 >= len(text) || text[n] != '=' {
		return nil, nil, nil
	}
	name, text = text[:n], text[n+1:]
	if text[0] == '"' {
		n = bytes.IndexByte(text[1:], '"') + 1
		if n == 0 {
			return nil, nil, nil
		}
		value, rest = text[1:n], text[n+1:]
	} else {
		for n = 0; n < len(text) && text[n] != ';'; n++ {
		}
		value, rest = text[:n], text[n:]
	}
	for _, c := range value {
		if !isLetterOrDigit(c) && c != '-' && c != '_' && c != '.' && !(text[0] == '"' && (c == '=' || c == '/' || c == ':' || c == '+')) {
			return nil, nil, nil
		}
	}
	if len(value) == 0 && text[0] != '"' {
		return nil, nil, nil
	}
	return name, value, rest
}

// indexFold finds sub, which is in lower case, without regard to the case of ASCII letters.
// The offset is one of s: strings.ToLower changes the length of text that is no UTF-8.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// fileName gives the name under which a part is attached, in lower case.
func (p *part) fileName() string {
	if v := p.get(header.ContentDisposition); v != "" {
		if _, params, err := mime.ParseMediaType(v); err == nil && params["filename"] != "" {
			return strings.ToLower(params["filename"])
		}
	}
	return strings.ToLower(p.params.name)
}

// isMessage tells whether p holds a message (message/rfc822 and its like).
func (p *part) isMessage() bool { return strings.HasPrefix(p.media, "message/") && len(p.kids) == 1 }

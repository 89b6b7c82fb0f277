package intake

import (
	"bytes"
	"io"
	"math"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ownWords gives what the writer of a text says himself: without quoted lines, and only
// above the header of what he forwards, the line that a mail program puts there, or "-- ".
func ownWords(r *room, text []byte, blocks []block) []byte {
	end := len(text)
	if len(blocks) > 0 {
		end = blocks[0].start
		// A writer may stand below what he pasted.
		if tail := text[blocks[len(blocks)-1].end:]; len(tail) > 0 {
			return append(ownLines(r, text[:end]), ownLines(r, tail)...)
		}
	}
	return ownLines(r, text[:end])
}

// ownLines drops quoted lines and all below a mark of forwarding, and ends each line in LF.
// It shares memory with a text of which only the end is dropped, as of most.
func ownLines(r *room, text []byte) []byte { return ownLinesUntil(r, text, math.MaxInt) }

// ownLinesUntil does so with the beginning of a text, until there are more bytes than enough.
func ownLinesUntil(r *room, text []byte, enough int) []byte {
	var out []byte
	kept := 0 // bytes from the start of text, as long as nothing else is kept
	for pos := 0; pos < len(text) && max(kept, len(out)) <= enough; {
		begin, end, next := ownRun(text, pos)
		if begin == len(text) {
			break
		}
		pos = next
		lines := text[begin:end]
		asIs := lines[len(lines)-1] == '\n' && bytes.IndexByte(lines, '\r') < 0
		if out == nil && kept == begin && asIs {
			kept = end
			continue
		}
		if out == nil {
			out = append(r.take(len(text)+1), text[:kept]...)
		}
		if asIs {
			out = append(out, lines...)
		} else {
			out = appendLines(out, lines)
		}
	}
	if out == nil {
		return text[:kept:kept]
	}
	return out
}

// appendLines adds lines to out, and ends each in LF.
func appendLines(out, lines []byte) []byte {
	for len(lines) > 0 {
		n := bytes.IndexByte(lines, '\n') + 1
		if n == 0 {
			n = len(lines)
		}
		out = append(append(out, withoutEnd(lines[:n])...), '\n')
		lines = lines[n:]
	}
	return out
}

// ownRun tells where the next of the writer's own lines from pos on begin and end, up to a run
// of them, and where to go on: all at the end of the text where none is left.
func ownRun(text []byte, pos int) (begin, end, next int) {
	begin = pos
	for pos < len(text) && pos-begin < run {
		if text[pos] == '\n' {
			pos++
			continue
		}
		end := len(text)
		if n := bytes.IndexByte(text[pos:], '\n'); n >= 0 {
			end = pos + n + 1
		}
		line := withoutEnd(text[pos:end])
		switch {
		case len(line) == 0 || isOrdinary(line):
		case quoteLength(line) > 0:
			if begin < pos {
				return begin, pos, end
			}
			begin = end
		case isForwardMark(line) || isSignatureMark(line):
			if begin < pos {
				return begin, pos, len(text)
			}
			return len(text), len(text), len(text)
		}
		pos = end
	}
	return begin, pos, pos
}

// run is the length in bytes at which a run of lines ends.
const run = 512

// ordinary passes over the lines from pos on that are plainly the writer's own, as most are,
// and returns the offset of the first that may be anything else: that may be quoted, or be a
// mark, or stand above a quotation; or one behind a run of them.
func ordinary(text []byte, pos int) int {
	for begin := pos; pos < len(text) && pos-begin < run; {
		if text[pos] == '\n' {
			pos++
			continue
		}
		n := bytes.IndexByte(text[pos:], '\n')
		if n < 0 {
			break
		}
		if line := withoutEnd(text[pos : pos+n]); len(line) > 0 && !isOrdinary(line) {
			break
		}
		pos += n + 1
	}
	return pos
}

// isOrdinary tells that of a line that is not empty by its ends. Initials and blanks may stand
// before the mark of a quotation.
func isOrdinary(line []byte) bool {
	n := len(line)
	if line[n-1] == ' ' {
		if n = len(bytes.TrimRight(line, " ")); n == 0 {
			return true
		}
	}
	i := 0
	for line[i] == ' ' {
		i++
	}
	if first := oddBegin[line[i]]; first == odd || first == oddTwice && i+1 < n && line[i+1] == line[i] {
		return false
	}
	if last := line[n-1]; last >= utf8.RuneSelf {
		if c, _ := utf8.DecodeLastRune(line[:n]); unicode.IsSpace(c) {
			return false
		}
	} else if last <= ' ' || last == ':' || last == '>' {
		return false
	}
	begin := line[:min(n, 5)]
	return bytes.IndexByte(begin, '>') < 0 && bytes.IndexByte(begin, '|') < 0
}

// A line that begins with some bytes needs a closer look.
const (
	odd      = 1 + iota // it may be quoted, or begin with a blank
	oddTwice            // a mark may, where the byte stands there twice
)

// oddBegin tells which bytes those are. Beyond ASCII they are those that blanks begin with.
var oddBegin = func() (begin [256]byte) {
	for c := range ' ' + 1 {
		begin[c] = odd
	}
	for _, c := range []byte(">|\xC2\xE1\xE2\xE3") {
		begin[c] = odd
	}
	for _, c := range []byte("-_=") {
		begin[c] = oddTwice
	}
	return begin
}()

// isSignatureMark tells the line above a signature: "-- ".
func isSignatureMark(line []byte) bool {
	return bytes.HasPrefix(line, []byte("--")) && len(bytes.TrimRight(line[2:], " ")) == 0
}

// forwardMarks stand in the line above a forwarded message, in lower case.
var forwardMarks = []string{
	"original message", "forwarded message", "begin forwarded", "forwarded by", "start of forwarded", "ursprüngliche nachricht", "original-nachricht",
	"weitergeleitete nachricht", "anfang der weitergeleiteten", "message d'origine", "message transféré", "message original", "début du message",
	"mensaje original", "mensaje reenviado", "inicio del mensaje", "messaggio originale", "messaggio inoltrato", "inizio messaggio",
	"oorspronkelijk bericht", "origineel bericht", "doorgestuurd bericht", "begin doorgestuurd", "mensagem original", "mensagem encaminhada",
	"ursprungligt meddelande", "vidarebefordrat", "oprindelig meddelelse", "videresendt", "opprinnelig melding", "wiadomość oryginalna",
	"wiadomość przekazana", "alkuperäinen viesti", "původní zpráva", "eredeti üzenet", "исходное сообщение", "пересылаемое сообщение",
}

// marksBy are the forward marks by their first byte.
var marksBy = func() (by [256][]string) {
	for _, mark := range forwardMarks {
		by[mark[0]] = append(by[mark[0]], mark)
	}
	return by
}()

// isForwardMark tells whether a line says that what follows is somebody else's: a mark
// between dashes and the like, or one that begins a line which ends in a colon.
func isForwardMark(line []byte) bool {
	t := bytes.TrimSpace(line)
	if len(t) < 10 || len(t) > 120 {
		return false
	}
	ruled := t[0] == t[1] && (t[0] == '-' || t[0] == '_' || t[0] == '=')
	opens := t[len(t)-1] == ':'
	if !ruled && !opens {
		return false
	}
	var room [120]byte
	low := lower(room[:0], t)
	for i := range low {
		for _, mark := range marksBy[low[i]] {
			if bytes.HasPrefix(low[i:], []byte(mark)) && (ruled || i == 0) {
				return true
			}
		}
		if !ruled {
			return false
		}
	}
	return false
}

// hasQuoted tells whether a text quotes another in the way of an answer.
func hasQuoted(text []byte) bool {
	for pos := ordinary(text, 0); pos < len(text); {
		l := lineAt(text, pos)
		if l.prefix > 0 || isForwardMark(l.text) || isAttribution(l.text) {
			return true
		}
		pos = ordinary(text, l.end)
	}
	return false
}

// quotesWhole tells whether a text holds the line that a mail program puts above the whole
// message that is answered.
func quotesWhole(text []byte) bool {
	for pos := ordinary(text, 0); pos < len(text); {
		l := lineAt(text, pos)
		if isForwardMark(l.text) || isAttribution(l.text) {
			return true
		}
		pos = ordinary(text, l.end)
	}
	return false
}

// isAttribution tells a line such as "On Monday, Joe wrote:".
func isAttribution(line []byte) bool {
	t := bytes.TrimSpace(line)
	if len(t) < 8 || len(t) > 200 {
		return false
	}
	if bytes.HasSuffix(t, []byte(">>>")) && bytes.IndexByte(t, '@') > 0 {
		return true // GroupWise
	}
	if t[len(t)-1] != ':' {
		return false
	}
	low := strings.ToLower(string(t))
	for _, verb := range []string{" wrote:", " writes:", " schrieb:", " a écrit:", " a écrit :", " escribió:", " ha scritto:", " schreef:", " escreveu:", " napisał:", " skrev:", " napsal:"} {
		if strings.HasSuffix(low, verb) {
			return true
		}
	}
	return false
}

// wordDecoder reads encoded words (RFC 2047) of every charset that is known.
var wordDecoder = mime.WordDecoder{CharsetReader: func(name string, in io.Reader) (io.Reader, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	text, err := fromCharset(nil, data, name)
	return bytes.NewReader(text), err // the decoder would ask for 32 KiB to copy a few words
}}

// readable decodes the encoded words of a field; raw 8-bit text is made UTF-8.
func readable(value []byte) []byte {
	if bytes.Contains(value, []byte("=?")) {
		if s, err := wordDecoder.DecodeHeader(string(value)); err == nil {
			value = []byte(s)
		}
	}
	return toUTF8(nil, value, "")
}

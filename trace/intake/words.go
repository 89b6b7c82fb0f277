package intake

import (
	"bytes"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
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
func ownLines(r *room, text []byte) []byte {
	var out []byte
	kept := 0 // bytes from the start of text, as long as nothing else is kept
	for pos := 0; pos < len(text); {
		if end := pos + 1 + bytes.IndexByte(text[pos:], '\n'); out == nil && kept == pos && isOrdinary(text[pos:end]) {
			kept, pos = end, end
			continue
		}
		l := lineAt(text, pos)
		pos = l.end
		if l.prefix > 0 {
			continue
		}
		if isForwardMark(l.text) || isSignatureMark(l.text) {
			break
		}
		if out == nil && kept == l.start && l.end == l.start+len(l.text)+1 && text[l.end-1] == '\n' {
			kept = l.end
			continue
		}
		if out == nil {
			out = append(r.take(len(text)+1), text[:kept]...)
		}
		out = append(out, l.text...)
		out = append(out, '\n')
	}
	if out == nil {
		return text[:kept:kept]
	}
	return out
}

// isOrdinary tells from the ends of a line that it is the writer's own, as most are: it is
// neither quoted nor a mark.
func isOrdinary(line []byte) bool {
	n := len(line)
	if n < 3 || line[n-1] != '\n' {
		return false
	}
	if last := line[n-2]; last <= ' ' || last == ':' || last >= utf8.RuneSelf {
		return false
	}
	first, second := line[0], line[1]
	return first >= 'a' && first <= 'z' || first >= '0' && first <= '9' || first >= 'A' && first <= 'Z' && second >= 'a' && second <= 'z'
}

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
	for pos := 0; pos < len(text); {
		l := lineAt(text, pos)
		if l.prefix > 0 || isForwardMark(l.text) || isAttribution(l.text) {
			return true
		}
		pos = l.end
	}
	return false
}

// quotesWhole tells whether a text holds the line that a mail program puts above the whole
// message that is answered.
func quotesWhole(text []byte) bool {
	for pos := 0; pos < len(text); {
		l := lineAt(text, pos)
		if isForwardMark(l.text) || isAttribution(l.text) {
			return true
		}
		pos = l.end
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
	r, err := charset.Reader(name, in)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r) // the decoder would ask for 32 KiB to copy a few words
	return bytes.NewReader(text), err
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

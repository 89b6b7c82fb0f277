package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// EncodeJSON writes v as one JSON document and a line end; indent is empty for one line.
// What a reader could miss or be misled by (control, bidi, format and zero-width
// characters) is written as \uXXXX, so that the document can be shown on a terminal and
// still holds every character.
func EncodeJSON(v any, indent string) ([]byte, error) {
	w := jsonWriters.Get().(*jsonWriter)
	defer w.release()
	w.indent = indent
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.Clone(w.out), nil
}

// jsonWriter makes of a compact document the one that is to be read. The encoder's own
// indentation reads every byte as if it had not written it itself, and takes three times as
// long as the encoding.
type jsonWriter struct {
	indent string
	out    []byte
}

var jsonWriters = sync.Pool{New: func() any { return new(jsonWriter) }}

// keptJSON is the largest document, in bytes, whose room is used again.
const keptJSON = 8 << 20

func (w *jsonWriter) release() {
	if cap(w.out) <= keptJSON {
		w.out = w.out[:0]
		jsonWriters.Put(w)
	}
}

// Write takes a document with its line end. The encoder gives it in one piece, so that no
// other room is needed for it.
func (w *jsonWriter) Write(doc []byte) (int, error) {
	if len(w.out) > 0 || !bytes.HasSuffix(doc, []byte("\n")) {
		return 0, errors.New("the encoder gives a document in pieces")
	}
	if w.indent == "" {
		w.escaped(doc)
	} else {
		w.laidOut(doc)
	}
	return len(doc), nil
}

// laidOut writes a compact document that is valid, each member and element on a line of
// its own.
func (w *jsonWriter) laidOut(doc []byte) {
	line := []byte("\n")
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; c {
		case '"':
			n := stringLen(doc[i:])
			w.escaped(doc[i : i+n])
			i += n - 1
		case '{', '[':
			w.out = append(w.out, c)
			if end := doc[i+1]; end == '}' || end == ']' {
				w.out = append(w.out, end)
				i++
				continue
			}
			line = append(line, w.indent...)
			w.out = append(w.out, line...)
		case ',':
			w.out = append(w.out, c)
			w.out = append(w.out, line...)
		case ':':
			w.out = append(w.out, ": "...)
		case '}', ']':
			line = line[:len(line)-len(w.indent)]
			w.out = append(w.out, line...)
			w.out = append(w.out, c)
		default:
			w.out = append(w.out, c)
		}
	}
}

// stringLen is the length of the JSON string that begins doc, with its quotes.
func stringLen(doc []byte) int {
	for i := 1; ; i++ {
		i += bytes.IndexByte(doc[i:], '"')
		n := i
		for doc[n-1] == '\\' {
			n--
		}
		if (i-n)%2 == 0 {
			return i + 1
		}
	}
}

// escaped writes hidden characters of a JSON document as escapes. Outside of strings a
// document holds ASCII only, and inside the encoder escapes what is below U+0020.
func (w *jsonWriter) escaped(doc []byte) {
	for len(doc) > 0 {
		n := 0
		for n < len(doc) && doc[n] < 0x7f {
			n++
		}
		w.out = append(w.out, doc[:n]...)
		if n == len(doc) {
			return
		}
		r, size := utf8.DecodeRune(doc[n:])
		switch hide := !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector); {
		case hide && r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			w.out = fmt.Appendf(w.out, `\u%04x\u%04x`, hi, lo)
		case hide:
			w.out = fmt.Appendf(w.out, `\u%04x`, r)
		default:
			w.out = append(w.out, doc[n:n+size]...)
		}
		doc = doc[n+size:]
	}
}

package casefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// EncodeJSON writes v as one JSON document and a line end; indent is empty for one line.
// What a reader could miss or be misled by (control, bidi, format and zero-width
// characters) is written as \uXXXX, so that the document can be shown on a terminal and
// still holds every character.
func EncodeJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escapeHidden(b.Bytes()), nil
}

// escapeHidden writes hidden characters of a JSON document as escapes. Outside of
// strings a document holds ASCII only, and inside the encoder escapes what is below U+0020.
func escapeHidden(doc []byte) []byte {
	var out []byte // nil while nothing had to be changed
	for i := 0; i < len(doc); {
		if c := doc[i]; c < 0x7f {
			if out != nil {
				out = append(out, c)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(doc[i:])
		hide := !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
		if hide && out == nil {
			out = append(make([]byte, 0, len(doc)+64), doc[:i]...)
		}
		switch {
		case hide && r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		case hide:
			out = fmt.Appendf(out, `\u%04x`, r)
		case out != nil:
			out = append(out, doc[i:i+n]...)
		}
		i += n
	}
	if out == nil {
		return doc
	}
	return out
}

package intake

import (
	"bytes"
	"strings"

	"relaytrace/trace/header"
)

// Text gives all that a person reads in a message: its text parts one after the other, in
// UTF-8, with their transfer encodings undone; HTML as text where there is no plain one; and
// attached texts and messages. What is no message is a text as a whole. It never fails: what
// is broken is text.
func Text(data []byte) string {
	h := header.Scan(data, nil)
	if !isMail(h.Fields, data) {
		if text, ok := fromUTF16(data); ok {
			data = text
		}
		return string(toUTF8(nil, data, ""))
	}
	var b strings.Builder
	appendTexts(&b, parseMessage(&part{}, data, h))
	return b.String()
}

// isMail reports whether a header is one of a message: pasted log lines have colons too.
func isMail(fields []header.Field, data []byte) bool {
	for _, f := range fields {
		for _, name := range []string{"From", "Date", "Subject", "Received", "MIME-Version", "Content-Type", "Message-ID"} {
			if f.Is(data, name) {
				return true
			}
		}
	}
	return false
}

func appendTexts(b *strings.Builder, p *part) {
	kids := p.kids
	if p.media == "multipart/alternative" {
		for _, k := range kids {
			if k.media == "text/plain" {
				kids = []*part{k}
				break
			}
		}
	}
	for _, k := range kids {
		appendTexts(b, k)
	}
	if len(p.kids) > 0 || !strings.HasPrefix(p.media, "text/") && !looksLikeText(p) {
		return
	}
	body, _ := p.content()
	body = toUTF8(nil, body, p.params.charset)
	if p.media == "text/html" {
		body = htmlText(nil, body)
	}
	b.Write(body)
	b.WriteByte('\n')
}

// looksLikeText reports whether an attachment of another kind holds text all the same: a
// log is often sent as application/octet-stream.
func looksLikeText(p *part) bool {
	if !strings.HasPrefix(p.media, "application/") {
		return false
	}
	body, _ := p.content()
	return len(body) > 0 && bytes.IndexByte(body[:min(len(body), 4096)], 0) < 0 && !bytes.HasPrefix(body, []byte("%PDF"))
}

package intake

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"

	"relaytrace/trace/header"
)

// cargo is what a message carries besides its writer's own words.
type cargo struct {
	samples  []Sample
	attached int  // messages attached, with or without trace fields
	traced   int  // headers with trace fields in texts
	blocks   int  // headers in texts, with or without trace fields
	forwards int  // From, To and Subject of a forward in texts
	brings   bool // a file that is neither text nor message is attached, as worms do
	dsn      *part
	mdn      *part
	arf      *part
	xarf     *Report
	inner    []string // classes of forwarded wrappers, as reasons
	bounce   *Bounce  // of a bounce that was forwarded whole
	prose    []byte   // first readable text, as it stands
	charset  string   // of prose
	page     []byte   // the HTML that prose was taken out of
	headed   bool     // prose has headers of messages in it
	found    []block  // those
	asFound  bool     // prose is all that they were found in
	cut      bool     // a text is longer than what is searched of it

	room      *room   // for what is made of texts
	filesOnly bool    // texts are left alone
	budget    *budget // of the archives in the message, however deep
	whole     budget  // it, in the cargo of the message itself

	utf8, said []byte // what text and words have made of prose
}

// carrySamples looks for messages and headers of messages in p: attached, as text/rfc822-headers,
// pasted into a text, or as evidence of a report. One that only wraps others is gone through.
func (in *inspector) carrySamples(p *part, c *cargo) *cargo {
	c.room = p.room
	c.whole = budget{free: maxAttachedZip}
	c.budget = &c.whole
	in.gather(p, p, 0, c)
	return c
}

// gather walks over the parts of root that are no messages of their own.
func (in *inspector) gather(root, p *part, depth int, c *cargo) {
	switch {
	case p.isMessage():
		in.takeAttached(p.kids[0], depth, c)
	case p.media == "message/delivery-status" || p.media == "message/global-delivery-status":
		c.dsn = p
	case p.media == "message/disposition-notification":
		c.mdn = p
	case p.media == "message/feedback-report":
		c.arf = p
	case p.media == "text/rfc822-headers" || p.media == "message/rfc822-headers" || p.media == "text/rfc822-header":
		body, step := p.content()
		in.takeAttached(&part{path: p.path, decoded: with(p.decoded, step), data: trimLeadingBlank(body), fields: scanFields(trimLeadingBlank(body)), media: "text/plain"}, depth, c)
	case p.media == "multipart/alternative" && len(p.kids) > 0:
		in.alternative(root, p, depth, c)
	case len(p.kids) > 0:
		for _, k := range p.kids {
			in.gather(root, k, depth, c)
		}
	case p.texts != nil:
		in.outlookTexts(p, c)
	case strings.HasPrefix(p.media, "multipart/") || strings.HasPrefix(p.media, "text/"):
		in.leafText(root, p, depth, c)
	default:
		c.brings = c.brings || strings.HasPrefix(p.media, "application/")
		in.leafFile(p, depth, c)
	}
}

// alternative reads the plain text of an alternative, and its HTML only where the plain
// text shows no header.
func (in *inspector) alternative(root, p *part, depth int, c *cargo) {
	before := len(c.samples) + c.forwards
	for _, k := range p.kids {
		if k.media == "text/html" && (len(c.samples)+c.forwards > before || c.prose != nil && !mentionsTrace(k)) {
			continue
		}
		in.gather(root, k, depth, c)
	}
}

// mentionsTrace tells whether a text may hold a trace field, as encoded as it stands.
func mentionsTrace(p *part) bool {
	if strings.EqualFold(p.get(header.ContentTransferEncoding), "base64") {
		return true
	}
	return holds(p.body, "eceived") || holds(p.body, "ECEIVED")
}

// holds tells whether a text holds one of the two words. It looks for their fifth letter,
// which is the rarest of them.
func holds(text []byte, received string) bool {
	for pos := 4; pos < len(text); pos++ {
		i := bytes.IndexByte(text[pos:], received[4])
		if i < 0 {
			break
		}
		if pos += i; bytes.HasPrefix(text[pos-4:], []byte(received)) {
			return true
		}
	}
	return false
}

// leafText reads a part that is text.
func (in *inspector) leafText(root, p *part, depth int, c *cargo) {
	if c.filesOnly {
		return
	}
	body, steps, charset := p.readable()
	if p != root && (strings.HasSuffix(p.fileName(), ".eml") || p.get(header.ContentDisposition) != "") && in.looksLikeMessage(body) {
		in.takeAttached(in.reparse(body, p.path, steps), depth, c)
		return
	}
	body = c.searched(body)
	if p.media == "text/html" {
		steps = with(steps, stepHTML)
		c.page = nil
		if c.prose == nil {
			c.page = body
		}
		body, charset = htmlText(c.room, toUTF8(c.room, body, charset)), ""
	}
	in.readText(body, charset, p.path, steps, c)
}

// readable gives the content of a part with its transfer encoding undone, and as UTF-8 where
// it is UTF-16, as some editors save text; with all that was done, and its charset.
func (p *part) readable() (body []byte, steps []string, charset string) {
	body, step := p.content()
	if text, ok := fromUTF16(body); ok {
		return text, with(p.decoded, step, stepUTF16), ""
	}
	return body, with(p.decoded, step), p.params.charset
}

// searched gives as much of a text as is searched for headers.
func (c *cargo) searched(text []byte) []byte {
	c.cut = c.cut || len(text) > maxPasted
	return text[:min(len(text), maxPasted)]
}

// outlookTexts reads the texts of an Outlook item.
func (in *inspector) outlookTexts(p *part, c *cargo) {
	if len(p.texts.plain) > 0 {
		in.readText(p.texts.plain, "", p.path, with(p.decoded), c)
		return
	}
	in.readText(htmlText(c.room, p.texts.html), "", p.path, with(p.decoded, stepHTML), c)
}

// readText looks for headers in a text and keeps the first text for reading.
func (in *inspector) readText(body []byte, charset, path string, steps []string, c *cargo) {
	blocks := findBlocks(body)
	c.blocks += len(blocks)
	for i := range blocks {
		b := &blocks[i]
		if b.traces == 0 {
			c.forwards++
			continue
		}
		c.traced++
		data, mended := b.mend(c.room, body)
		c.samples = append(c.samples, newSample(data, path, with(steps, mended...)))
	}
	if c.prose == nil && len(bytes.TrimSpace(body)) > 0 {
		c.prose, c.charset, c.headed = body[:min(len(body), maxText)], charset, len(blocks) > 0
		c.asFound, c.found = len(body) <= maxText, blocks
	}
}

// text gives the first readable text in UTF-8.
func (c *cargo) text() []byte {
	if c.utf8 == nil && c.prose != nil {
		c.utf8 = toUTF8(c.room, c.prose, c.charset)
	}
	return c.utf8
}

// headers gives the headers of messages in text.
func (c *cargo) headers() []block {
	text := c.text()
	if c.asFound && len(text) == len(c.prose) && &text[0] == &c.prose[0] { // it was UTF-8 already
		return c.found
	}
	return findBlocks(text)
}

// words gives what the writer of the text says himself.
func (c *cargo) words() []byte {
	if c.said == nil && c.prose != nil {
		if c.headed {
			c.said = ownWords(c.room, c.text(), c.headers())
		} else {
			c.said = ownLines(c.room, c.text())
		}
	}
	return c.said
}

// isLong tells whether the words of a text without headers in it are longer than longWords.
// Most long texts tell that by their beginning; those of a short one are not longer but for a
// line end.
func (c *cargo) isLong() bool {
	text := c.text()
	if len(text) < longWords {
		return false
	}
	said := ownLinesUntil(c.room, text, longWords)
	if len(said) > longWords {
		return true
	}
	c.said = said // they are all of them
	return false
}

// maxText bounds what is read of a text to tell what it is, in bytes.
const maxText = 32 << 10

// packed are the types under which messages are attached as files.
var packed = map[string]bool{
	"application/octet-stream": true, "application/json": true, "application/vnd.ms-outlook": true, "application/mbox": true,
	"application/zip": true, "application/x-zip-compressed": true, "application/x-zip": true, "application/gzip": true, "application/x-gzip": true,
	"application/x-tar": true, "application/x-gtar": true, "application/x-compressed": true, "application/x-compressed-tar": true,
	"application/x-bzip2": true, "application/x-bzip": true, "application/zstd": true, "application/x-zstd": true,
}

// packedNames are the ends of their names.
var packedNames = []string{".eml", ".txt", ".msg", ".mbox", ".mbx", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".zst"}

// isPacked tells whether messages are attached in files of this type or name.
func (p *part) isPacked() bool {
	name := p.fileName()
	return packed[p.media] || slices.ContainsFunc(packedNames, func(end string) bool { return strings.HasSuffix(name, end) })
}

// leafFile reads an attached file: a message saved under another type, an Outlook item, an
// archive or an mbox of them, a report in JSON, or a text. What is of another type and name
// is read only where it is a message: who attaches one does not choose the type.
func (in *inspector) leafFile(p *part, depth int, c *cargo) {
	isPacked := p.isPacked()
	if !in.mayCarry(p, isPacked) {
		return // a picture or a document, of which no more is decoded
	}
	body, steps, charset := p.readable()
	switch kind := kindOf(body); {
	case !isPacked:
		if kind == plainFile && in.looksLikeMessage(body) {
			in.takeAttached(in.reparse(body, p.path, steps), depth, c)
		}
	case kind == outlookFile:
		if item, err := readOutlook(body, p.path, steps); err == nil {
			in.takeAttached(item, depth, c)
		}
	case kind != plainFile || isMbox(body):
		in.unpack(body, p.path, steps, depth, c)
	case in.looksLikeMessage(body):
		in.takeAttached(in.reparse(body, p.path, steps), depth, c)
	case isJSON(body):
		in.readXARF(body, p.path, steps, c)
	default:
		in.readText(c.searched(body), charset, p.path, steps, c)
	}
}

// mayCarry tells from the beginning of a file whether it is of a kind that leafFile reads. Of
// the types and names that nobody packs messages in, only what begins as one is.
func (in *inspector) mayCarry(p *part, isPacked bool) bool {
	head := p.head(firstBytes)
	_, wide := utf16Order(head)
	if !isPacked && !wide && beginsOtherwise(head) {
		return false // as most: no more of a picture is decoded
	}
	head = p.head(firstLook)
	switch {
	case wide, isPacked && (kindOf(head) != plainFile || bytes.HasPrefix(head, []byte("From ")) || isJSON(head)):
		return true
	case (!isPacked || isBinary(head)) && !beginsWithField(head, header.Scan(head, nil)):
		return false
	}
	return strings.HasSuffix(p.fileName(), ".txt") || in.looksLikeMessage(p.head(maxHeader))
}

// firstLook is how much of a file tells most pictures and documents from text, and firstBytes
// how much tells many that they begin with no field, in bytes.
const (
	firstLook  = 2 << 10
	firstBytes = 64
)

// isBinary tells whether a tenth and more of data is control characters, as of data that is
// compressed. A header is not told by that: a spammer may put as many into it as he likes.
func isBinary(data []byte) bool {
	n := 0
	for _, c := range data {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			n++
		}
	}
	return n > 32 && n > len(data)/10
}

// isMbox tells whether data begins with the envelope line of an mbox and holds a second one.
func isMbox(data []byte) bool {
	if !bytes.HasPrefix(data, []byte("From ")) {
		return false
	}
	m := newMboxReader(bytes.NewReader(data), MaxMessage, false)
	c, err := m.next()
	return err == nil && !c.lone
}

// maxHeader is how much of a file is looked at for the header of a message, in bytes.
const maxHeader = 64 << 10

// looksLikeMessage tells whether data begins with the header of a message that travelled.
func (in *inspector) looksLikeMessage(data []byte) bool {
	h := header.Scan(data[:min(len(data), maxHeader)], nil)
	p := &part{data: data, fields: h.Fields}
	return p.has(header.Received) && (p.has(header.From) || p.has(header.Date) || p.has(header.MessageID) || h.End >= maxHeader) // they may stand below
}

// reparse reads the structure of a message that was found in a part.
func (in *inspector) reparse(data []byte, path string, steps []string) *part {
	b := builder{guessed: in.space.guessed}
	p := b.entity(trimLeadingBlank(data), path, steps, 1)
	in.space.guessed = b.guessed
	return p
}

// takeAttached takes a message that was attached: itself when it is the spam, what it carries
// when it only wraps that: a bounce, a report, or a complaint that somebody passed on.
func (in *inspector) takeAttached(p *part, depth int, c *cargo) {
	c.attached++
	if len(p.fields) == 0 {
		return
	}
	if depth < maxDepth {
		sub := &cargo{budget: c.budget, room: c.room}
		in.gather(p, p, depth+1, sub)
		if why, ok := in.wraps(p, sub); ok {
			c.inner = append(c.inner, why)
			via, by := ClassComplaint, domainOf(bareAddress(p.get(header.From)))
			switch {
			case sub.dsn != nil:
				b := readDSN(p, sub.dsn, sub.samples)
				via, by = ClassBounce, b.Reporter
				if c.bounce == nil {
					c.bounce = b
				}
			case sub.arf != nil || sub.xarf != nil:
				via = ClassProviderReport
			}
			for i := range sub.samples {
				if one := &sub.samples[i]; one.Via == "" {
					one.Via, one.By = via, by
				}
			}
			c.samples = append(c.samples, sub.samples...)
			return
		}
	}
	s := p.sample()
	if s.Grade != GradeUnusable || p.has(header.From) && len(p.fields) > 1 {
		c.samples = append(c.samples, s)
	}
}

// wraps tells whether an attached message is there for what it carries.
func (in *inspector) wraps(p *part, sub *cargo) (why string, ok bool) {
	switch {
	case sub.dsn != nil:
		return "a bounce is attached", true
	case sub.arf != nil || sub.xarf != nil:
		return "a report is attached", true
	case len(sub.samples) == 0:
		return "", false
	}
	var h hits
	in.lookHeader(&h, p, p.value(header.Subject))
	in.rules.look(&h, placeText, sub.words())
	if len(h[kindForward])+len(h[kindDesk])+len(h[kindComplaint])+len(h[kindProvider]) > 0 && len(h[kindList]) == 0 {
		return "a complaint is attached", true
	}
	return "", false
}

// sample makes a sample of a message.
func (p *part) sample() Sample {
	s := Sample{Part: p.path, Decoded: p.decoded, SHA256: sha256.Sum256(p.data), Data: p.data, fields: p.fields}
	s.Grade, s.Missing = p.grade()
	return s
}

// newSample makes a sample of a message's bytes.
func newSample(data []byte, path string, decoded []string) Sample {
	p := part{path: path, decoded: decoded, data: data, fields: scanFields(data)}
	return p.sample()
}

func scanFields(data []byte) []header.Field {
	return header.Scan(data, make([]header.Field, 0, typicalFields)).Fields
}

// grade tells of what use the header of p is.
func (p *part) grade() (Grade, []string) {
	received, whole := false, false
	for i := p.first(header.Received); i >= 0 && !whole; i = p.next(header.Received, i+1) {
		received, whole = true, isWhole(p.fields[i].Body(p.data)) // one is enough
	}
	var missing []string
	switch {
	case !received:
		missing = append(missing, "Received")
	case !whole:
		missing = append(missing, "whole Received fields")
	}
	for _, name := range [...]header.Name{header.From, header.Subject, header.Date, header.MessageID} {
		if !p.has(name) {
			missing = append(missing, name.String())
		}
	}
	switch {
	case whole:
		return GradeUsable, missing
	case received || p.has(header.MessageID, header.ReturnPath, header.XOriginatingIP, header.AuthenticationResults, header.XSenderIP, header.NNTPPostingHost, header.ReceivedSPF):
		return GradeWeak, missing
	}
	return GradeUnusable, missing
}

// isWhole tells whether a trace field has its main parts: who wrote it, or that qmail did,
// and from whom or when. What a mail program cut off has not.
func isWhole(body []byte) bool {
	body = body[:min(len(body), 2<<10)]
	if hasParts(body) { // as it stands, as most are written
		return true
	}
	var room [1 + 2<<10]byte
	return hasParts(lower(append(room[:0], ' '), body))
}

// hasParts looks for the main parts in lower case.
func hasParts(body []byte) bool {
	has := func(words string) bool { return bytes.Contains(body, []byte(words)) }
	return (bytes.IndexByte(body, ';') >= 0 || has("from ") || has(" id ")) && (saysBy(body) || has("(qmail ") || has("(from "))
}

// saysBy looks for the word "by" where it begins a clause.
func saysBy(body []byte) bool {
	for at := 1; at < len(body); at++ {
		i := bytes.Index(body[at:], []byte("by "))
		if i < 0 {
			return false
		}
		if at += i; strings.IndexByte(" \t\n)", body[at-1]) >= 0 {
			return true
		}
	}
	return false
}

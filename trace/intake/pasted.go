package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"relaytrace/trace/header"
)

// The bounds of what is looked for in one text.
const (
	maxPasted = 4 << 20 // bytes of text that are searched for headers
	maxBlocks = 200     // headers taken out of one text
	maxPrefix = 40      // bytes of quote marks before a line
)

// block is a mail header that stands in a text: pasted, forwarded inline or returned in a
// bounce, and what follows it.
type block struct {
	start   int  // offset of its first line in the text
	end     int  // offset where it and its body end
	traces  int  // Received: fields
	fields  int  // known fields
	quoted  bool // its first line bears quote marks
	forward bool // From, To, Subject or Date as a mail program writes them above a forward
}

// textLine is one line of a text without its quote marks and line end.
type textLine struct {
	start, end int    // of the whole line, its end included
	prefix     int    // length of the quote marks
	text       []byte // the rest
}

// findBlocks finds the mail headers in a text: blocks of lines that begin with a known
// field name. A block counts when it has a Received: field and one more known field or
// two Received: fields, or the From with Subject, Date or To of a forward. Lines that a
// mail program broke, or whose leading white space was lost, are joined again.
func findBlocks(text []byte) []block {
	text = text[:min(len(text), maxPasted)]
	var out []block
	for pos := 0; pos < len(text) && len(out) < maxBlocks; {
		colon := bytes.IndexByte(text[pos:], ':') // no line without one begins a field
		if colon < 0 {
			break
		}
		l := lineAt(text, pos+bytes.LastIndexByte(text[pos:pos+colon], '\n')+1)
		if knownField(l.text) == unknownField {
			pos = l.end
			continue
		}
		b, next := readBlock(text, l)
		if b.counts() {
			out = append(out, b)
		}
		pos = max(next, l.end)
	}
	for i := range out { // the body of a block ends where the next header begins, or above
		limit := len(text)
		if i+1 < len(out) {
			limit = out[i+1].start
		}
		out[i].end = bodyEnd(text[:limit], out[i].end, out[i].quoted)
	}
	return out
}

func (b *block) counts() bool {
	return b.traces >= 2 || b.traces == 1 && b.fields >= 2 || b.forward
}

// lineAt cuts the line at pos.
func lineAt(text []byte, pos int) textLine {
	end := len(text)
	if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
		end = pos + i + 1
	}
	body := withoutEnd(text[pos:end])
	n := quoteLength(body)
	return textLine{start: pos, end: end, prefix: n, text: body[n:]}
}

// withoutEnd takes the end off a line, as often as a program has added one to it.
func withoutEnd(line []byte) []byte {
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r') {
		n--
	}
	return line[:n]
}

// quoteLength gives the length of the marks that mail programs put before quoted lines:
// ">", "|", "initials>", with blanks between and one behind.
func quoteLength(line []byte) int {
	n := 0
	for i := 0; i < len(line) && i < maxPrefix; i++ {
		switch c := line[i]; {
		case c == '>' || c == '|':
			n = i + 1
			if n < len(line) && line[n] == ' ' {
				n++
			}
		case c == ' ' || c == '\t':
			if n == 0 && i >= 4 {
				return 0
			}
		case i < 4 && n == 0 && (c >= 'A' && c <= 'Z'):
		default:
			return n
		}
	}
	return n
}

type fieldKind int

const (
	unknownField fieldKind = iota
	traceField             // Received
	otherField             // a field that mail systems write
	fromField              // of a forward, in any language
	subjectField
	dateField
	toField
)

// knownField tells which field a line begins. Names in other languages are those that mail
// programs write above forwards.
func knownField(text []byte) fieldKind {
	i := bytes.IndexByte(text[:min(len(text), 60)], ':')
	if i < 1 {
		return unknownField
	}
	t := text
	if !isLetterOrDigit(t[0]) {
		t = bytes.TrimLeft(text, " \t*_")
		if i -= len(text) - len(t); len(text)-len(t) > 3 || i < 1 {
			return unknownField
		}
	}
	t = t[:i]
	if !isLetterOrDigit(t[i-1]) {
		t = bytes.TrimRight(t, " *_\u00a0")
	}
	var room [60]byte
	name := lower(room[:0], t)
	if len(name) > 0 && fieldLengths[name[0]]>>len(name)&1 != 0 {
		if k, ok := fieldNames[string(name)]; ok {
			return k
		}
	}
	if bytes.HasPrefix(name, []byte("x-")) && !bytes.ContainsAny(name, " \t") {
		return otherField
	}
	return unknownField
}

// lower appends text to dst in lower case. It asks for no memory where dst has room and
// text is ASCII: every line of every body comes through here.
func lower(dst, text []byte) []byte {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return append(dst, bytes.ToLower(text)...)
		}
	}
	return header.AppendLower(dst, text)
}

// fieldNames are the names that begin or continue a pasted header.
var fieldNames = map[string]fieldKind{}

// fieldLengths are the lengths of those with the same first byte: a bit for each.
var fieldLengths [256]uint64

func init() {
	for kind, names := range map[fieldKind]string{
		traceField: "received",
		otherField: "return-path|delivered-to|envelope-to|x-envelope-from|message-id|mime-version|content-type|content-transfer-encoding|" +
			"reply-to|in-reply-to|references|sender|errors-to|precedence|list-id|list-unsubscribe|status|importance|priority|" +
			"content-disposition|content-length|content-class|thread-index|thread-topic|authentication-results|dkim-signature|received-spf|arc-seal|" +
			"apparently-to|resent-from|resent-date|resent-to|organization|user-agent|lines|nntp-posting-host|path|newsgroups|delivery-date|cc|bcc",
		fromField:    "from|von|de|da|van|från|fra|od|lähettäjä|от|feladó|expéditeur|remitente|mittente|afzender",
		subjectField: "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|temat|aihe|тема|předmět|tárgy|konu",
		dateField: "date|sent|datum|gesendet|envoyé|enviado|fecha|data|inviato|verzonden|skickat|sendt|dato|wysłano|odesláno|" +
			"lähetetty|отправлено|дата|enviado el|envoyé le|elküldve",
		toField: "to|an|à|a|para|aan|till|til|do|komu|vastaanottaja|кому|címzett|destinatario|destinataire|pour",
	} {
		for name := range strings.SplitSeq(names, "|") {
			fieldNames[name] = kind
			fieldLengths[name[0]] |= 1 << len(name)
		}
	}
}

// readBlock reads the header that begins at l and returns it with the offset of the line
// below it. Its body is not looked at.
func readBlock(text []byte, l textLine) (b block, next int) {
	b.start = l.start
	prefix := l.prefix
	var seen [toField + 1]bool
	double := doubleSpaced(text, l)
	pos := l.start
	for pos < len(text) {
		l := lineAt(text, pos)
		if len(bytes.TrimSpace(l.text)) == 0 {
			if !double || !goesOn(text, l.end) {
				break
			}
			pos = l.end
			continue
		}
		if prefix == 0 && l.prefix > 0 && pos > b.start {
			break // the quoted text below a header that is not quoted
		}
		if k := knownField(l.text); k != unknownField {
			b.fields++
			seen[k] = true
			if k == traceField && looksLikeTrace(text, l) {
				b.traces++
			}
		} else if !plausible(l.text) {
			break
		}
		pos = l.end
	}
	b.forward = seen[fromField] && (seen[subjectField] && (seen[dateField] || seen[toField]) || seen[dateField] && seen[toField])
	b.end, b.quoted = pos, prefix > 0
	return b, pos
}

// looksLikeTrace tells a trace field from a sentence that begins with "Received:".
func looksLikeTrace(text []byte, l textLine) bool {
	var room [400]byte
	rest := lower(room[:0], text[l.start:min(len(text), l.start+400)])
	return bytes.Contains(rest, []byte("from ")) || bytes.Contains(rest, []byte("by ")) || bytes.Contains(rest, []byte("(qmail "))
}

// plausible tells whether a line that begins no known field may stand in a header: any
// other field, or a piece of a broken one.
func plausible(text []byte) bool { return len(text) <= 2000 && !bytes.HasPrefix(text, []byte("--")) }

// doubleSpaced tells whether a blank line stands below every line, as some web pages and
// mail programs paste.
func doubleSpaced(text []byte, l textLine) bool {
	for range 2 {
		blank := lineAt(text, l.end)
		if l.end >= len(text) || len(bytes.TrimSpace(blank.text)) > 0 || blank.end >= len(text) {
			return false
		}
		if l = lineAt(text, blank.end); !continues(l.text) {
			return false
		}
	}
	return true
}

// goesOn tells whether a header that is spaced out goes on at pos.
func goesOn(text []byte, pos int) bool {
	return pos < len(text) && continues(lineAt(text, pos).text)
}

func continues(text []byte) bool {
	return knownField(text) != unknownField || len(text) > 0 && (text[0] == ' ' || text[0] == '\t') && len(bytes.TrimSpace(text)) > 0
}

// endMarks begin the line that mail programs write below what they forward or return.
var endMarks = []string{"--- end of", "-----end of", "----- end", "---end of", "------- end of", "--- fin du", "--- ende der"}

// bodyEnd gives the offset where what was forwarded ends: with the quote marks, at a line
// that says so, or with the text.
func bodyEnd(text []byte, pos int, quoted bool) int {
	for pos < len(text) {
		l := lineAt(text, pos)
		if quoted && l.prefix == 0 && len(l.text) > 0 {
			return pos
		}
		if bytes.HasPrefix(l.text, []byte("--")) {
			low := strings.ToLower(string(l.text[:min(len(l.text), 40)]))
			for _, mark := range endMarks {
				if strings.HasPrefix(low, mark) {
					return pos
				}
			}
		}
		pos = l.end
	}
	return len(text)
}

// mend gives header and body of the block, and what was mended: a slice of the text where
// nothing was broken, else its lines without quote marks, folded lines with a tab where their
// white space was lost.
func (b *block) mend(r *room, text []byte) (data []byte, steps []string) {
	raw := text[b.start:b.end]
	quoted, lost, spaced := b.faults(raw)
	if !quoted && !lost && !spaced {
		return raw, nil
	}
	out := r.take(len(raw) + 64)
	inHeader := true
	for pos := 0; pos < len(raw); {
		l := lineAt(raw, pos)
		pos = l.end
		line := l.text
		if !quoted {
			line = withoutEnd(raw[l.start:l.end])
		}
		blank := len(bytes.TrimSpace(line)) == 0
		switch {
		case blank && inHeader && spaced && goesOn(raw, l.end):
			continue
		case blank:
			inHeader = false
		case inHeader && lost:
			line = mendLine(line, len(out) == 0)
		}
		out = append(out, line...)
		whole := raw[l.start:l.end]
		out = append(out, whole[len(withoutEnd(whole)):]...)
	}
	if quoted {
		steps = append(steps, stepQuotes)
	}
	if spaced {
		steps = append(steps, stepSpacing)
	}
	if lost {
		steps = append(steps, stepFolding)
	}
	return out, steps
}

// mendLine takes emphasis and indentation off a line that begins a field, and gives one
// that continues a field its white space back.
func mendLine(line []byte, first bool) []byte {
	begins := knownField(line) != unknownField || isFieldLine(line)
	switch {
	case begins:
		t := bytes.TrimLeft(line, " \t*_")
		if i := bytes.IndexByte(t, ':'); i > 0 && len(t) < len(line) && line[len(line)-len(t)-1] == '*' {
			name, rest := bytes.TrimRight(t[:i], "* "), bytes.TrimPrefix(t[i+1:], []byte("*"))
			t = append(append(append([]byte(nil), name...), ':'), rest...)
		}
		return t
	case !first && line[0] != ' ' && line[0] != '\t':
		return append([]byte{'\t'}, line...)
	}
	return line
}

// isFieldLine tells whether a line begins a field of any name. Names of one letter, and
// those that are a time ("13:17") or a URL, are pieces of a broken line.
func isFieldLine(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	if i < 2 || i > 60 || !(line[0] >= 'A' && line[0] <= 'Z') {
		return false
	}
	for _, c := range line[:i] {
		if c <= ' ' || c >= 0x7f || c == '.' || c == '@' || c == '(' || c == '<' || c == '[' || c == ';' {
			return false
		}
	}
	return i+1 < len(line) && line[i+1] != '/'
}

// faults tells what is to be mended: quote marks, lost folding, lines spaced out.
func (b *block) faults(raw []byte) (quoted, lost, spaced bool) {
	first := true
	for pos := 0; pos < len(raw); {
		l := lineAt(raw, pos)
		quoted = quoted || first && l.prefix > 0
		text := l.text
		if !quoted {
			text = withoutEnd(raw[l.start:l.end])
		}
		pos = l.end
		if len(bytes.TrimSpace(text)) == 0 {
			if first || !doubleSpacedFrom(raw) || !goesOn(raw, l.end) {
				return quoted, lost, spaced
			}
			spaced = true
			continue
		}
		begins := knownField(text) != unknownField || isFieldLine(text)
		indented := text[0] == ' ' || text[0] == '\t' || text[0] == '*' || text[0] == '_'
		lost = lost || begins && indented && (first || knownField(text) != unknownField) || !begins && !indented
		first = false
	}
	return quoted, lost, spaced
}

func doubleSpacedFrom(raw []byte) bool { return doubleSpaced(raw, lineAt(raw, 0)) }

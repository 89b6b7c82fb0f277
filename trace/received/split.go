package received

import "bytes"

// clause is a part of a trace field that a word announces (RFC 5321 section 4.4).
type clause uint8

const (
	noClause clause = iota
	fromClause
	byClause
	viaClause
	withClause
	idClause
	forClause
	clauses
)

// parser holds what one call of Parse needs; it lives on the stack.
type parser struct {
	b         []byte
	f         Field
	r         [clauses]Span // what stands in each clause, comments included
	lead      Span          // what stands before the first clause
	seen      [clauses]bool
	lastClose int  // offset of the last ')'
	flat      bool // an unclosed comment was met: from there on comments do not nest
	twoBy     int  // offset of a second by clause
	shape     shape
}

// split finds the clauses and the date. A client chooses its HELO name, so that
// "HELO a (b [192.0.2.1]) by c" can imitate half a field. What the server itself writes
// comes behind it: before the first by only by ends the from clause, and the last by counts.
func (p *parser) split() {
	if !p.scan(true) && p.seen[fromClause] {
		date := p.f.Time.Stamp
		p.r, p.seen, p.flat = [clauses]Span{}, [clauses]bool{}, false
		p.f.Time.Stamp = date
		p.scan(false)
	}
	if p.f.Time.Stamp.Empty() {
		p.looseDate()
	}
}

// scan walks the field once. In strict form nothing but by ends a from clause.
// It reports whether a by clause was found.
func (p *parser) scan(strict bool) bool {
	b, cur, start := p.b, noClause, 0
	value, lastSemi := false, -1
	i := 0
	for i < len(b) {
		c := b[i]
		switch {
		case isSpace(c):
			i++
		case c == '(':
			i = p.skipComment(i)
		case c == '"':
			i = p.skipQuoted(i)
			value = true
		case c == ';':
			if startsDate(b[i+1:]) {
				p.close(cur, start, i)
				p.f.Time.Stamp = p.trim(Span{i + 1, len(b)})
				return p.seen[byClause]
			}
			p.close(cur, start, i)
			cur, start, value, lastSemi = noClause, i+1, false, i
			i++
		default:
			w := i
			i = p.skipWord(i)
			kw := keyword(b[w:i])
			switch {
			case kw == noClause || kw == cur && !value:
				value = true
			case kw == fromClause && cur == fromClause: // Smail: "from helo from [address] by"
			case strict && cur == fromClause && kw != byClause:
				value = true
			case kw == byClause && p.seen[fromClause] && (p.seen[byClause] || cur == byClause):
				p.twoBy = w
				p.r[fromClause].End = w
				for k := byClause; k < clauses; k++ {
					p.r[k], p.seen[k] = Span{}, false
				}
				cur, start, value = kw, i, false
			default:
				p.close(cur, start, w)
				cur, start, value = kw, i, false
			}
		}
	}
	p.close(cur, start, len(b))
	if lastSemi >= 0 && cur == noClause {
		p.f.Time.Stamp = p.trim(Span{lastSemi + 1, len(b)})
	}
	return p.seen[byClause]
}

// close ends the current clause. A clause that comes twice keeps its first text.
func (p *parser) close(cur clause, start, end int) {
	s := p.trim(Span{start, end})
	if cur == noClause {
		if p.lead.Empty() && !p.seen[fromClause] && !p.seen[byClause] {
			p.lead = s
		}
		return
	}
	if !p.seen[cur] {
		p.r[cur], p.seen[cur] = s, true
	}
}

// looseDate looks for a date that follows no semicolon: at a weekday with a comma, or
// at a day and a month, outside comments.
func (p *parser) looseDate() {
	for i := 0; i < len(p.b); {
		switch c := p.b[i]; {
		case isSpace(c) || c == ';':
			i++
		case c == '(':
			i = p.skipComment(i)
		default:
			w := i
			i = p.skipWord(i)
			if i-w <= 4 && w > 0 && startsDate(p.b[w:]) && hasTime(p.b[w:]) {
				p.f.Time.Stamp = p.trim(Span{w, len(p.b)})
				p.f.Time.Faults |= NoSemicolon
				for k := range p.r { // the clause it stood in ends before it
					if p.r[k].End > w {
						p.r[k] = p.trim(Span{p.r[k].Start, max(p.r[k].Start, w)})
					}
				}
				return
			}
			if i == w {
				i++
			}
		}
	}
}

// hasTime reports whether a clock time stands in the first bytes of a would-be date.
func hasTime(b []byte) bool {
	return bytes.IndexByte(b[:min(len(b), 40)], ':') > 0
}

// skipComment returns the offset behind the comment that opens at i (RFC 5322 section
// 3.2.2). A parenthesis that never closes is an ordinary byte. Each byte is looked at a
// bounded number of times, however deep the nesting.
func (p *parser) skipComment(i int) int {
	if i > p.lastClose {
		return i + 1
	}
	if !p.flat {
		depth := 0
		for j := i; j < len(p.b); j++ {
			switch p.b[j] {
			case '\\':
				j++
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return j + 1
				}
			}
		}
		p.flat = true
		p.unread("a comment is not closed", i)
	}
	return i + 1 + bytes.IndexByte(p.b[i+1:], ')') + 1
}

func (p *parser) skipQuoted(i int) int {
	if n := bytes.IndexByte(p.b[i+1:], '"'); n >= 0 {
		return i + n + 2
	}
	return i + 1
}

// skipWord returns the offset behind the word at i: up to white space, a comment or a
// semicolon. What stands in angle brackets is one word.
func (p *parser) skipWord(i int) int {
	b := p.b
	if b[i] == '<' {
		for j := i + 1; j < len(b) && j < i+maxAngle && b[j] != '<'; j++ {
			if b[j] == '>' {
				return j + 1
			}
		}
	}
	for j := i; j < len(b); j++ {
		switch b[j] {
		case ' ', '\t', '\r', '\n', '(', ';':
			if j == i {
				return j + 1
			}
			return j
		}
	}
	return len(b)
}

// maxAngle bounds how far a '>' is looked for: the longest path that RFC 5321 section
// 4.5.3.1.3 allows, and some more for message identifiers that serve as queue IDs.
const maxAngle = 512

func keyword(w []byte) clause {
	if len(w) < 2 || len(w) > 4 {
		return noClause
	}
	switch w[0] | 0x20 {
	case 'f':
		if equalFold(w, "from") {
			return fromClause
		}
		if equalFold(w, "for") {
			return forClause
		}
	case 'b':
		if equalFold(w, "by") {
			return byClause
		}
	case 'w':
		if equalFold(w, "with") {
			return withClause
		}
	case 'v':
		if equalFold(w, "via") {
			return viaClause
		}
	case 'i':
		if equalFold(w, "id") {
			return idClause
		}
	}
	return noClause
}

// trim takes white space off both ends of a span.
func (p *parser) trim(s Span) Span {
	for s.Start < s.End && isSpace(p.b[s.Start]) {
		s.Start++
	}
	for s.End > s.Start && isSpace(p.b[s.End-1]) {
		s.End--
	}
	if s.Empty() {
		return Span{}
	}
	return s
}

// unread keeps the first thing that could not be read.
func (p *parser) unread(reason string, at int) {
	if p.f.Unread.Reason == "" {
		p.f.Unread = Unread{reason, at}
	}
}

// item is a word of a clause, or a comment without its parentheses.
type item struct {
	Span
	comment bool
}

// next returns the first item of s and what follows it.
func (p *parser) next(s Span) (it item, rest Span, ok bool) {
	for s.Start < s.End && isSpace(p.b[s.Start]) {
		s.Start++
	}
	if s.Empty() {
		return item{}, Span{}, false
	}
	if p.b[s.Start] == '(' {
		end := min(p.skipComment(s.Start), s.End)
		in := Span{s.Start + 1, end}
		if end > s.Start+1 && p.b[end-1] == ')' {
			in.End--
		}
		return item{p.trim(in), true}, Span{end, s.End}, true
	}
	end := 0
	if p.b[s.Start] == '"' {
		end = min(p.skipQuoted(s.Start), s.End)
		if end < s.End && !isSpace(p.b[end]) && p.b[end] != '(' {
			end = min(p.skipWord(end), s.End)
		}
	} else {
		end = min(p.skipWord(s.Start), s.End)
	}
	return item{Span{s.Start, end}, false}, Span{end, s.End}, true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// equalFold compares ASCII without regard to case; lower must be in lower case.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && hasPrefixFold(b, lower)
}

// hasPrefixFold reports whether b begins with lower, in any case.
func hasPrefixFold(b []byte, lower string) bool {
	if len(b) < len(lower) {
		return false
	}
	for i := 0; i < len(lower); i++ {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// indexFold returns where lower stands in b, in any case, or -1.
func indexFold(b []byte, lower string) int {
	for i := 0; i+len(lower) <= len(b); i++ {
		if hasPrefixFold(b[i:], lower) {
			return i
		}
	}
	return -1
}

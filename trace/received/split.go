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
	f         *Field
	met       metItems      // what the walk met, so that the clauses are not searched again
	r         [clauses]Span // what stands in each clause, comments included
	lead      Span          // what stands before the first clause
	tail      Span          // what stands behind the date
	seen      [clauses]bool
	lastClose int  // offset of the last ')', once a comment did not close
	flatFrom  int  // offset of the first unclosed comment: from there on comments do not nest
	looseFrom int  // from here on no ')' stands before a keyword
	lastBy    int  // behind it no "by" begins
	wary      bool // no comment of the from clause swallows a by clause
	plain     bool // quotes and angle brackets mean nothing: the text may be a HELO
	claim     int  // the from clause up to here imitates a by clause
	date      stampReader
	twoBy     int // offset of the by clause that follows an imitated one
	said      *claims
	shape     *shape
}

// split finds the clauses and the date. A client chooses its HELO name, so that
// "HELO a (b [192.0.2.1]) by c" can imitate half a field. What the server itself writes
// comes behind it: before the first by only by ends the from clause, and the last by counts.
func (p *parser) split() {
	if !p.scan(true) && p.seen[fromClause] {
		p.wary = true
		if p.again(); !p.scan(true) {
			p.again()
			p.scan(false)
		}
	}
	if p.f.Time.Stamp.Empty() {
		p.looseDate()
	}
}

// again forgets what a walk found.
func (p *parser) again() {
	p.r, p.seen = [clauses]Span{}, [clauses]bool{}
	p.f.Time.Stamp = Span{}
	p.met.n = 0
}

// scanner is the state of one walk over the field.
type scanner struct {
	cur    clause
	start  int  // where the text of cur begins
	dated  bool // a date follows a semicolon
	semi   int  // offset of the last semicolon, or -1
	byEnd  int  // offset behind the last "by"
	strict bool // nothing but by ends a from clause
}

// scan walks the field once. In strict form nothing but by ends a from clause.
// It reports whether a by clause was found.
func (p *parser) scan(strict bool) bool {
	b := p.b
	s := scanner{semi: -1, strict: strict}
	i := p.opening()
	gap := i // where the item before ends
	for i < len(b) {
		switch c := b[i]; {
		case isSpace(c):
			i++
			continue
		case c == '(':
			w := i
			i = p.skipComment(i)
			p.met.add(gap, w, i, p.plain)
		case c == ';':
			p.semicolon(&s, gap, i)
			if i++; s.dated && !p.byBehind(max(i, p.date.i)) {
				i = len(b) // a date follows, and no clause behind it
			}
		case c == '"' && !p.plain:
			i = p.skipQuoted(i)
		case c == '<':
			w := i
			i = p.skipWord(i)
			p.met.add(gap, w, i, p.plain)
		default:
			w := i
			for i++; i < len(b) && classOf[b[i]]&wordEnd == 0; i++ {
			}
			if i-w <= len("from") {
				if kw := keyword(b[w:i]); kw != noClause && p.keyword(&s, kw, gap, w, i) {
					p.plain = s.strict && s.cur == fromClause
					break
				}
			}
			p.met.add(gap, w, i, p.plain)
		}
		gap = i
	}
	p.plain = false
	if !s.dated {
		p.close(s.cur, s.start, gap)
		if s.semi >= 0 && s.cur == noClause {
			p.f.Time.Stamp = p.trim(Span{s.semi + 1, len(b)})
		}
	}
	return p.seen[byClause]
}

// byBehind reports whether a "by" may stand at i or behind it. It goes on where the call
// before it ended, since a field may hold any number of semicolons.
func (p *parser) byBehind(i int) bool {
	for p.lastBy >= i && (p.b[p.lastBy]|0x20 != 'b' || p.b[p.lastBy+1]|0x20 != 'y') {
		p.lastBy--
	}
	return p.lastBy >= i
}

// opening returns where the walk begins: behind the bracket of a field that stands in
// brackets as a whole.
func (p *parser) opening() int {
	i := 0
	for i < len(p.b) && isSpace(p.b[i]) {
		i++
	}
	if i < len(p.b) && p.b[i] == '[' && hasPrefixFold(p.b[i+1:], "from ") {
		return i + 1
	}
	return i
}

// semicolon ends a clause, whose last item ends at gap; a date may follow. In a from clause it
// can only be the client's.
func (p *parser) semicolon(s *scanner, gap, i int) {
	if s.dated {
		return
	}
	if s.strict && s.cur == fromClause {
		return
	}
	p.close(s.cur, s.start, gap)
	s.cur, s.start, s.semi = noClause, i+1, i
	if p.readDate(behindBlank(p.b, i+1)) || startsDate(p.b[i+1:]) {
		p.f.Time.Stamp = p.trim(Span{p.date.start, len(p.date.b)})
		s.dated = true
	}
}

// keyword takes the keyword from w to end, and reports whether it begins a clause: else it
// is text of one. The item before it ends at gap.
func (p *parser) keyword(s *scanner, kw clause, gap, w, end int) bool {
	if kw == byClause && p.seen[fromClause] && (p.seen[byClause] || s.cur == byClause) && !p.byUser(end) {
		p.imitation(s, w, end)
		return true
	}
	switch {
	case s.dated:
	case kw == s.cur || p.seen[kw], // Smail: "from helo from [address] by"
		s.strict && s.cur == fromClause && kw != byClause:
	default:
		p.close(s.cur, s.start, gap)
		s.cur, s.start = kw, end
		if kw == byClause {
			s.byEnd = end
		}
		return true
	}
	return false
}

// imitation takes a further by as the real one: all that stands before it is what the
// client said of itself.
func (p *parser) imitation(s *scanner, w, end int) {
	p.claim, p.twoBy = s.byEnd, w
	p.r[fromClause].End = w
	for k := byClause; k < clauses; k++ {
		p.r[k], p.seen[k] = Span{}, false
	}
	p.f.Time.Stamp = Span{}
	s.cur, s.start, s.dated, s.byEnd, s.semi = byClause, end, false, end, -1
}

// byUser tells "by uid 500" behind a host's name: a user of that host, not a second host.
func (p *parser) byUser(i int) bool {
	for i < len(p.b) && isSpace(p.b[i]) {
		i++
	}
	return hasPrefixFold(p.b[i:], "uid ")
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
			if (i-w <= 4 || i-w == len("2006-01-02") && isDigit(c)) && w > 0 && startsDate(p.b[w:]) && hasTime(p.b[w:]) {
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
	for i, seen := 0, 0; i < len(b) && seen < 32; i++ {
		if b[i] == ':' {
			return i > 0
		}
		if !isSpace(b[i]) {
			seen++
		}
	}
	return false
}

// skipComment returns the offset behind the comment that opens at i (RFC 5322 section
// 3.2.2). A parenthesis that never closes is an ordinary byte. Each byte is looked at a
// bounded number of times, however deep the nesting.
func (p *parser) skipComment(i int) int {
	if i > p.lastClose {
		return i + 1
	}
	if i < p.flatFrom {
		if n := bytes.IndexByte(p.b[i+1:], ')'); n >= 0 && !p.wary { // most hold no other
			if in := p.b[i+1 : i+1+n]; bytes.IndexByte(in, '(') < 0 && bytes.IndexByte(in, '\\') < 0 {
				return i + n + 2
			}
		}
		depth := 0
		for j := i; j < len(p.b); j++ {
			if classOf[p.b[j]]&nesting == 0 {
				continue
			}
			switch p.b[j] {
			case '\\':
				j++
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return j + 1
				}
				if p.wary && p.plain && p.byAt(j+1) {
					return p.brokenBy(i)
				}
			case ']':
				if p.wary && p.plain && p.byAt(j+1) {
					return p.brokenBy(i)
				}
			}
		}
		if p.lastClose == len(p.b) {
			p.lastClose = bytes.LastIndexByte(p.b, ')')
		}
		if i > p.lastClose {
			return i + 1
		}
		p.flatFrom = i
		p.unread("a comment is not closed", i)
	}
	return p.skipFlat(i)
}

// byAt reports whether a by clause begins at i.
func (p *parser) byAt(i int) bool {
	for i < len(p.b) && isSpace(p.b[i]) {
		i++
	}
	return i+2 < len(p.b) && p.b[i]|0x20 == 'b' && p.b[i+1]|0x20 == 'y' && isSpace(p.b[i+2])
}

// brokenBy goes on behind a '(' in a from clause that swallows the only by clause: behind
// the address that a server records, by is never part of a comment. The '(' is of the HELO,
// and what closes it somewhere behind, a recipient's ')' perhaps, has nothing to do with it.
func (p *parser) brokenBy(i int) int {
	p.flatFrom = i
	p.unread("a comment in the from clause swallows the by clause", i)
	return p.skipFlat(i)
}

// skipFlat returns the offset behind a comment where parentheses do not match: behind the
// next ')' that a keyword or another clause's end follows, or else behind the next ')'.
// In a from clause it is the HELO that breaks them: there only a comment without another
// in it is one, so that nothing which the server wrote is swallowed.
func (p *parser) skipFlat(i int) int {
	if p.plain {
		if n := bytes.IndexAny(p.b[i+1:], "()"); n >= 0 && p.b[i+1+n] == ')' {
			return i + n + 2
		}
		return i + 1
	}
	first := i + 1 + bytes.IndexByte(p.b[i+1:], ')') + 1
	for j := first; j < p.looseFrom; {
		if p.clauseAt(j) {
			return j
		}
		n := bytes.IndexByte(p.b[j:], ')')
		if n < 0 {
			break
		}
		j += n + 1
	}
	p.looseFrom = min(p.looseFrom, first)
	return first
}

// clauseAt reports whether a keyword, a semicolon or the end stands at i.
func (p *parser) clauseAt(i int) bool {
	for i < len(p.b) && isSpace(p.b[i]) {
		i++
	}
	if i == len(p.b) || p.b[i] == ';' {
		return true
	}
	end := i
	for end < len(p.b) && end < i+5 && isAlpha(p.b[end]) {
		end++
	}
	return end < len(p.b) && isSpace(p.b[end]) && keyword(p.b[i:end]) != noClause
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
	if b[i] == '<' && !p.plain {
		within := b[i+1 : min(len(b), i+maxAngle)]
		if n := bytes.IndexByte(within, '>'); n >= 0 && bytes.IndexByte(within[:n], '<') < 0 {
			return i + n + 2
		}
	}
	j := i + 1
	for j < len(b) && classOf[b[j]]&wordEnd == 0 {
		j++
	}
	if classOf[b[i]]&wordEnd != 0 {
		return i + 1
	}
	return j
}

// maxAngle bounds how far a '>' is looked for: the longest path that RFC 5321 section
// 4.5.3.1.3 allows, and some more for message identifiers that serve as queue IDs.
const maxAngle = 512

// keyword tells the words that begin a clause. It compares whole words at once, since
// every word of a field is asked.
func keyword(w []byte) clause {
	switch len(w) {
	case 2:
		switch uint32(w[0]|0x20)<<8 | uint32(w[1]|0x20) {
		case 'b'<<8 | 'y':
			return byClause
		case 'i'<<8 | 'd':
			return idClause
		}
	case 3:
		switch letters3(w) {
		case 'v'<<16 | 'i'<<8 | 'a':
			return viaClause
		case 'f'<<16 | 'o'<<8 | 'r':
			return forClause
		}
	case 4:
		switch letters3(w)<<8 | uint32(w[3]|0x20) {
		case 'f'<<24 | 'r'<<16 | 'o'<<8 | 'm':
			return fromClause
		case 'w'<<24 | 'i'<<16 | 't'<<8 | 'h':
			return withClause
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

package received

import "math"

// item is a word of a clause, or a comment without its parentheses.
type item struct {
	Span
	comment bool
}

// metItems are the words and comments that the walk over the field met first, in order.
// They are remembered only: what is not among them is searched for.
type metItems struct {
	list [40]struct {
		start, end uint16
		plain      bool // as in parser
	}
	n    int
	at   int // where to look next
	last int // offset that was looked for last
}

// add remembers an item.
func (m *metItems) add(start, end int, plain bool) {
	if m.n < len(m.list) && end <= math.MaxUint16 {
		e := &m.list[m.n]
		e.start, e.end, e.plain = uint16(start), uint16(end), plain
		m.n++
	}
}

// end returns where the item at i ends, or 0 when it is not remembered.
func (m *metItems) end(i int, plain bool) int {
	if i < m.last {
		m.at = 0
	}
	m.last = i
	for m.at < m.n {
		e := &m.list[m.at]
		switch {
		case int(e.start) < i:
			m.at++
			continue
		case int(e.start) == i && e.plain == plain:
			return int(e.end)
		}
		break
	}
	return 0
}

// next returns the first item of s and what follows it.
func (p *parser) next(s Span) (it item, rest Span, ok bool) {
	b, i := p.b[:s.End], s.Start
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i >= len(b) {
		return item{}, Span{}, false
	}
	if end := p.met.end(i, p.plain); end > 0 && end <= s.End {
		if b[i] == '(' {
			return p.commentItem(i, end), Span{end, s.End}, true
		}
		return item{Span{i, end}, false}, Span{end, s.End}, true
	}
	if c := b[i]; classOf[c]&wordEnd != 0 || c == '<' || c == '"' {
		return p.nextOdd(Span{i, s.End})
	}
	end := i + 1
	for end < len(b) && classOf[b[end]]&wordEnd == 0 {
		end++
	}
	return item{Span{i, end}, false}, Span{end, s.End}, true
}

// nextOdd is next for a comment, what stands in quotes or angle brackets, and a semicolon.
func (p *parser) nextOdd(s Span) (it item, rest Span, ok bool) {
	if p.b[s.Start] == '(' {
		end := min(p.skipComment(s.Start), s.End)
		return p.commentItem(s.Start, end), Span{end, s.End}, true
	}
	end := 0
	if p.b[s.Start] == '"' && !p.plain {
		end = min(p.skipQuoted(s.Start), s.End)
		if end < s.End && !isSpace(p.b[end]) && p.b[end] != '(' {
			end = min(p.skipWord(end), s.End)
		}
	} else {
		end = min(p.skipWord(s.Start), s.End)
	}
	return item{Span{s.Start, end}, false}, Span{end, s.End}, true
}

// commentItem is the comment from start to end, without its parentheses.
func (p *parser) commentItem(start, end int) item {
	in := Span{start + 1, end}
	if end > start+1 && p.b[end-1] == ')' {
		in.End--
	}
	return item{p.trim(in), true}
}

package received

import "math"

// item is a word of a clause, or a comment without its parentheses.
type item struct {
	Span
	comment bool
}

// metItems are the words and comments that the walk over the field met first, in order,
// without the keywords that begin a clause. They are remembered only: what is not among
// them is searched for.
type metItems struct {
	list [24]metItem
	n    int
	at   int // where to look next
}

type metItem struct {
	gap        uint16 // where the white space in front of it begins
	start, end uint16
	plain      bool // as in parser
}

// add remembers an item; gap is where the one before it ends.
func (m *metItems) add(gap, start, end int, plain bool) {
	if m.n < len(m.list) && end <= math.MaxUint16 {
		m.list[m.n] = metItem{uint16(gap), uint16(start), uint16(end), plain}
		m.n++
	}
}

// behind reports whether e is the first item at i or behind white space there.
func (e *metItem) behind(i int, plain bool) bool {
	return (int(e.start) == i || int(e.gap) == i) && e.plain == plain
}

// seek goes to the first item that stands at i or behind it.
func (m *metItems) seek(i int) {
	if m.at > 0 && int(m.list[m.at-1].start) >= i {
		m.at = 0
	}
	for m.at < m.n && int(m.list[m.at].start) < i {
		m.at++
	}
}

// next returns the first item of s and what follows it.
func (p *parser) next(s Span) (it item, rest Span, ok bool) {
	if s.Empty() {
		return item{}, Span{}, false
	}
	m := &p.met
	if m.at >= m.n || !m.list[m.at].behind(s.Start, p.plain) { // mostly it is the one behind the last
		m.seek(s.Start)
	}
	if m.at < m.n && m.list[m.at].behind(s.Start, p.plain) && int(m.list[m.at].end) <= s.End {
		start, end := int(m.list[m.at].start), int(m.list[m.at].end)
		m.at++
		if p.b[start] == '(' {
			return p.commentItem(start, end), Span{end, s.End}, true
		}
		return item{Span{start, end}, false}, Span{end, s.End}, true
	}
	return p.search(s)
}

// search is next for what the walk did not meet.
func (p *parser) search(s Span) (it item, rest Span, ok bool) {
	b, i := p.b[:s.End], s.Start
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i >= len(b) {
		return item{}, Span{}, false
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

package received

import (
	"bytes"
	"net/netip"
)

// shape is how the from clause is built. Servers are told apart by it, and the names in
// it are given their roles only when the whole clause and the software are known.
type shape struct {
	word     Span // the first word, or the first words when HELO holds blanks
	bracket  Span // an address in square brackets that stands as a word of its own
	bracketA netip.Addr
	second   Span // the name in the comment behind the first word
	helo     Span // what follows "HELO", "EHLO" or "helo="
	ip       Span // the address inside a comment
	addr     netip.Addr
	keys     bool // Exim's "helo=", "port=", "ident="
	qmail    bool // "(HELO x)" stands in a comment of its own
	bare     bool // the address in the comment has no brackets
	dash     bool // "HELO - 192.0.2.1"
	pickup   bool // "mail pickup service"
	comments int
}

// gatherFrom goes through the words and comments of the from clause.
func (p *parser) gatherFrom() {
	sh, rest := &p.shape, p.r[fromClause]
	for {
		it, more, ok := p.next(rest)
		if !ok {
			break
		}
		rest = more
		w := it.Of(p.b)
		switch {
		case it.comment:
			sh.comments++
			p.fromComment(it.Span)
		case sh.word.Empty():
			p.firstWord(it.Span)
		case len(w) == 1 && w[0] == '-':
			sh.dash = true
		case sh.dash:
			if a, ok := parseAddr(w); ok {
				sh.ip, sh.addr = it.Span, a
			}
		case w[0] == '[':
			if lit, a, _, ok := p.literal(it.Span); ok {
				sh.bracket, sh.bracketA = lit, a
			}
		case equalFold(w, "from"):
		case sh.comments == 0 && sh.bracket.Empty():
			sh.word.End = it.End
		}
	}
	sh.pickup = equalFold(sh.word.Of(p.b), "mail pickup service")
}

// firstWord takes the first word, which may hold an address too: "host[192.0.2.1]".
func (p *parser) firstWord(s Span) {
	w := s.Of(p.b)
	if i := bytes.IndexByte(w, '['); i > 0 {
		if lit, a, _, ok := p.literal(Span{s.Start + i, s.End}); ok {
			p.shape.bracket, p.shape.bracketA = lit, a
			s.End = s.Start + i
		}
	}
	p.shape.word = s
}

// fromComment reads one comment of the from clause.
func (p *parser) fromComment(s Span) {
	sh, w := &p.shape, s.Of(p.b)
	switch {
	case len(w) == 0:
	case hasPrefixFold(w, "helo ") || hasPrefixFold(w, "ehlo "):
		sh.qmail = true
		sh.helo = p.trim(Span{s.Start + 5, s.End})
		if lit, a, _, ok := p.literal(sh.helo); ok && bytes.IndexByte(sh.helo.Of(p.b), ' ') > 0 { // "(HELO x [192.0.2.1])"
			sh.ip, sh.addr = lit, a
			sh.helo.End = sh.helo.Start + bytes.IndexByte(sh.helo.Of(p.b), ' ')
		}
	case p.remark(s):
	case indexFold(w, "helo=") >= 0 || indexFold(w, "port=") == 0 || indexFold(w, "ident=") >= 0:
		p.eximComment(s)
	default:
		p.tcpInfo(s)
	}
}

// eximComment reads "[ip]:port helo=x ident=y". A client chooses HELO and ident, so that
// only an address in front of them counts.
func (p *parser) eximComment(s Span) {
	sh := &p.shape
	sh.keys = true
	for rest := s; ; {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		w := it.Of(p.b)
		switch {
		case hasPrefixFold(w, "helo="):
			sh.helo = Span{it.Start + 5, it.End}
		case hasPrefixFold(w, "port="):
			p.f.From.Port = Span{it.Start + 5, it.End}
		case hasPrefixFold(w, "ident="):
			p.f.From.Ident = Span{it.Start + 6, it.End}
		case w[0] == '[' && sh.ip.Empty() && sh.helo.Empty() && p.f.From.Ident.Empty():
			if lit, a, after, ok := p.literal(it.Span); ok {
				sh.ip, sh.addr = lit, a
				p.port(Span{after, it.End})
			}
		}
	}
}

// port reads ":25" behind an address.
func (p *parser) port(s Span) {
	if s.End-s.Start < 2 || s.End-s.Start > 6 || p.b[s.Start] != ':' {
		return
	}
	for _, c := range p.b[s.Start+1 : s.End] {
		if !isDigit(c) {
			return
		}
	}
	p.f.From.Port = Span{s.Start + 1, s.End}
}

// tcpInfo reads what RFC 5321 calls TCP-info, in the forms that servers give it:
// "name [ip]", "ident@name [ip] (may be forged)", "ip", "ident@ip", "name", "unverified".
func (p *parser) tcpInfo(s Span) {
	sh := &p.shape
	if lit, a, after, ok := p.literal(s); ok {
		sh.ip, sh.addr, sh.bare = lit, a, false
		before := p.trim(Span{s.Start, lit.Start})
		for before.End > before.Start && (p.b[before.End-1] == '[' || p.b[before.End-1] == ':' && lit.Start-before.Start > 5) {
			before.End--
			if hasPrefixFold(p.b[max(before.End-5, before.Start):before.End], "[ipv6") {
				before.End -= 5
			}
		}
		p.nameBefore(p.trim(before))
		if after < s.End && p.b[after] == ':' {
			end := after + 1
			for end < s.End && isDigit(p.b[end]) {
				end++
			}
			p.port(Span{after, end})
			after = end
		}
		p.afterAddr(Span{after, s.End})
		return
	}
	p.bareInfo(s)
}

// nameBefore reads "ident@name" in front of an address.
func (p *parser) nameBefore(s Span) {
	w := s.Of(p.b)
	if i := bytes.LastIndexByte(w, '@'); i >= 0 {
		id := Span{s.Start, s.Start + i}
		if hasPrefixFold(w, "ident:") {
			id.Start += 6
		}
		if !id.Empty() {
			p.f.From.Ident = id
		}
		s.Start += i + 1
		w = s.Of(p.b)
	}
	if i := bytes.LastIndexByte(w, ' '); i >= 0 { // "unverified [ip]", "account x [ip]"
		s.Start += i + 1
		w = s.Of(p.b)
	}
	switch {
	case len(w) == 0:
	case equalFold(w, "unverified"):
		p.f.From.Remark = s
	default:
		p.shape.second = s
	}
}

// afterAddr reads what stands behind the address: a nested comment or bare words.
func (p *parser) afterAddr(s Span) {
	if it, _, ok := p.next(s); ok {
		t := p.trim(s)
		if it.comment {
			t = it.Span
		}
		if !t.Empty() && p.b[t.Start] != ';' && p.b[t.Start] != ',' && p.f.From.Remark.Empty() {
			p.f.From.Remark = t
		}
	}
}

// bareInfo reads a comment without brackets.
func (p *parser) bareInfo(s Span) {
	sh, w := &p.shape, s.Of(p.b)
	first := w
	if i := bytes.IndexByte(w, ' '); i > 0 {
		first = w[:i]
	}
	span := Span{s.Start, s.Start + len(first)}
	at := bytes.LastIndexByte(first, '@')
	if a, ok := parseAddr(first[at+1:]); ok && sh.bracket.Empty() {
		sh.ip, sh.addr, sh.bare = Span{span.Start + at + 1, span.End}, a, true
		if at > 0 {
			p.f.From.Ident = Span{span.Start, span.Start + at}
		}
		return
	}
	if i := bytes.IndexByte(first, ':'); i > 0 { // "192.0.2.1:1234", SLMail's "192.0.2.1::mail daemon"
		if a, ok := parseAddr(first[:i]); ok && a.Is4() {
			sh.ip, sh.addr, sh.bare = Span{span.Start, span.Start + i}, a, true
			p.port(Span{span.Start + i, span.End})
			return
		}
	}
	switch {
	case equalFold(w, "unverified"), hasPrefixFold(w, "may be forged"), hasPrefixFold(w, "misconfigured"):
		p.f.From.Remark = s
	case p.banner(s):
	case len(first) == len(w) && sh.second.Empty():
		if at > 0 {
			p.f.From.Ident = Span{s.Start, s.Start + at}
			span.Start += at + 1
		}
		sh.second = span
	case p.f.From.Remark.Empty():
		p.f.From.Remark = s
	}
}

// unknownName reports whether a looked-up name says that there is none.
func unknownName(w []byte) bool {
	switch {
	case len(w) == 0, equalFold(w, "unknown"), equalFold(w, "unverified"), equalFold(w, "noname"),
		equalFold(w, "no-reverse-dns"), equalFold(w, "unavailable"):
		return true
	}
	if w[0] == '[' {
		w = bytes.TrimSuffix(w[1:], []byte("]"))
	}
	_, isAddr := parseAddr(w)
	return isAddr
}

// setIP takes an address as recorded from the connection.
func (p *parser) setIP(s Span, a netip.Addr) {
	if a.IsValid() {
		p.f.From.IP, p.f.From.Addr = s, a
	}
}

func (p *parser) setRDNS(s Span) {
	if !unknownName(s.Of(p.b)) {
		p.f.From.RDNS = s
	}
}

// assignFrom gives each name its role. Where the server does not say which of the two
// a lone name is, it stays Name.
func (p *parser) assignFrom() {
	sh, f, word := &p.shape, &p.f.From, p.shape.word
	fam := p.f.Family
	lit, litA, _, isLit := p.literal(word)
	isLit = isLit && p.b[word.Start] == '['
	switch {
	case sh.pickup:
	case fam == "exim" || sh.keys:
		f.HELO = sh.helo
		switch {
		case isLit:
			p.setIP(lit, litA)
			if word.End > lit.End+1 {
				p.port(Span{lit.End + 1, word.End})
			}
		case sh.addr.IsValid():
			p.setRDNS(word)
			if f.HELO.Empty() {
				f.HELO = word
			}
		default:
			f.HELO = word
		}
		p.setIP(sh.ip, sh.addr)
	case sh.qmail && !sh.bracketA.IsValid() && !isLit:
		f.HELO = sh.helo
		p.setRDNS(word)
		p.setIP(sh.ip, sh.addr)
	case sh.qmail: // "[ip] (HELO x)", "name [ip] (HELO x)"
		f.HELO = sh.helo
		if isLit {
			p.setIP(lit, litA)
		} else {
			p.setRDNS(word)
		}
		p.setIP(sh.ip, sh.addr)
		p.setIP(sh.bracket, sh.bracketA)
	case fam.namesClientByLookup(): // qmail without "(HELO x)": the two were equal
		if !unknownName(word.Of(p.b)) {
			f.HELO, f.RDNS = word, word
		}
		p.setIP(sh.ip, sh.addr)
	case sh.bracketA.IsValid():
		p.setIP(sh.bracket, sh.bracketA)
		p.assignBracketed(word)
	case isLit && !sh.addr.IsValid() && fam.writesLiteral(p):
		p.setIP(lit, litA)
	case sh.addr.IsValid() || !sh.second.Empty() || !f.Remark.Empty():
		f.HELO = word
		p.setRDNS(sh.second)
		p.setIP(sh.ip, sh.addr)
		if sh.bare && unknownName(word.Of(p.b)) && !isLit && !addrLike(word.Of(p.b)) {
			f.HELO = Span{}
		}
	case fam.writesHELO():
		f.HELO = word
	case !unknownName(word.Of(p.b)) || isLit:
		f.Name = word
	case addrLike(word.Of(p.b)):
		f.HELO = word
	}
}

func addrLike(w []byte) bool {
	_, ok := parseAddr(w)
	return ok
}

// assignBracketed gives the name in front of a lone "[ip]" its role.
func (p *parser) assignBracketed(word Span) {
	f := &p.f.From
	switch {
	case unknownName(word.Of(p.b)) && !addrLike(word.Of(p.b)):
	case p.f.Family == "imail" || p.f.Family == "smail" || p.f.Family == "altavista":
		f.HELO = word
	default:
		f.Name = word
	}
}

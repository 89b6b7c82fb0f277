package received

import (
	"bytes"
	"net/netip"
)

// unknownName reports whether a looked-up name says that there is none.
func unknownName(w []byte) bool {
	if len(w) == 0 {
		return true
	}
	if w[0] == '<' && w[len(w)-1] == '>' { // OpenSMTPD: "<unknown>"
		if w = w[1 : len(w)-1]; isWord(w, "unknown.domain") {
			return true
		}
	}
	if len(w) == 0 {
		return true
	}
	switch w[0] | 0x20 {
	case 'u':
		if isWord(w, "unknown") || isWord(w, "unverified") || isWord(w, "unavailable") {
			return true
		}
	case 'n':
		if isWord(w, "noname") || isWord(w, "no-reverse-dns") {
			return true
		}
	case 's':
		if isWord(w, "softdnserr") {
			return true
		}
	}
	return w[0] == '[' || addrLike(w)
}

func addrLike(w []byte) bool {
	_, ok := parseAddr(w)
	return ok
}

// setIP takes an address as recorded from the connection, unless the software is known to
// record none: then it can only stand in the HELO.
func (p *parser) setIP(s Span, a netip.Addr) {
	if a.IsValid() && !p.withholds() {
		p.f.From.IP, p.f.From.Addr = s, a
	}
}

func (p *parser) setRDNS(s Span) {
	if !unknownName(s.Of(p.b)) {
		p.f.From.RDNS = s
	}
}

// withholds reports whether this software, in this version, never records the address.
func (p *parser) withholds() bool {
	switch p.f.Family {
	case "mailsweeper":
		return true
	case "exchange-ims":
		v := p.f.Version.Of(p.b)
		return hasPrefixFold(v, "5.0") || hasPrefixFold(v, "4.")
	}
	return false
}

// assignFrom gives each name its role. Where the server does not say which of the two
// a lone name is, it stays Name.
func (p *parser) assignFrom() {
	sh, f, word := p.shape, &p.f.From, p.shape.word
	w := word.Of(p.b)
	fam := p.f.Family
	lit, a, isLit := p.firstLiteral(word)
	switch {
	case sh.pickup || len(w) == 0 && sh.comments == 0 && !sh.bracketA.IsValid():
	case fam == "exim" || sh.keys:
		p.assignExim(lit, a)
	case fam == "chasquid" && isLit && sh.comments > 0: // "[ip] (helo)"; of an authenticated client the HELO alone
		p.setIP(lit.Span, a)
		f.HELO = sh.second
	case fam == "communigate" && isLit && p.flatFrom < p.r[fromClause].End:
		p.unread("a broken comment: it is not clear which address is the client's word", word.Start)
	case sh.heloWord && isLit && fam != "qmail" && fam != "james" && fam != "yahoo": // CommuniGate: "[ip] (HELO x)"
		f.HELO = sh.helo
		if sh.addr.IsValid() && sh.addr != a { // one of the two is part of a HELO
			p.unread("two addresses, of which one is the client's", sh.ip.Start)
		} else {
			p.setIP(lit.Span, a)
			p.port(Span{lit.after, word.End})
		}
	case sh.heloWord: // "name (HELO x) (ip)", "name [ip] (HELO x)"
		f.HELO = sh.helo
		p.setRDNS(word)
		p.setIP(sh.ip, sh.addr)
		p.setIP(sh.bracket, sh.bracketA)
		p.addressBeforeHELO(word)
	case fam.namesClientByLookup() && (sh.addr.IsValid() || fam == "qmail"):
		p.setRDNS(word)
		if fam == "qmail" || fam == "qpsmtpd" || fam == "ironport" { // without "(HELO x)": the two were equal
			f.HELO = f.RDNS
		}
		p.setIP(sh.ip, sh.addr)
	case fam == "netmail" && sh.bracketA.IsValid(): // "helo user@host [ip]"
		f.HELO = word
		if i := indexSpace(w); i > 0 {
			f.HELO.End = word.Start + i
			f.Auth, p.f.WithAuth = p.trim(Span{f.HELO.End, word.End}), true
		}
		p.setIP(sh.bracket, sh.bracketA)
	case sh.bracketA.IsValid():
		p.setIP(sh.bracket, sh.bracketA)
		p.assignLone(word, fam.writesHELO())
	case isLit && !sh.addr.IsValid() && fam.writesLiteral(p):
		p.setIP(lit.Span, a)
	case !sh.addr.IsValid() && addrLike(w) && p.overHTTP():
		a, _ := parseAddr(w)
		p.setIP(word, a)
	case sh.addr.IsValid() || !sh.second.Empty() || !f.Remark.Empty() || sh.local || sh.comments > 0:
		p.assignTCPInfo(isLit)
	default:
		p.assignLone(word, fam.writesHELO())
	}
}

// addressBeforeHELO reads AltaVista's "192.0.2.1 (HELO x)". Of qmail and its kin, an address
// in the place of the looked-up name is what the client's name server said.
func (p *parser) addressBeforeHELO(word Span) {
	f := &p.f.From
	fam := p.f.Family
	switch a, ok := parseAddr(word.Of(p.b)); {
	case !ok || fam == "qmail" || fam == "qpsmtpd" || fam == "james" || fam == "yahoo" || f.Addr == a:
	case !f.Addr.IsValid():
		p.setIP(word, a)
	default:
		p.unread("two addresses, of which one is the client's", word.Start)
		f.IP, f.Addr, f.Port = Span{}, netip.Addr{}, Span{}
	}
}

// firstLiteral reads an address literal that is the whole word, or stands at its front with
// a port behind it.
func (p *parser) firstLiteral(s Span) (literal, netip.Addr, bool) {
	if s.Empty() || p.b[s.Start] != '[' {
		return literal{}, netip.Addr{}, false
	}
	shut := bytes.IndexByte(s.Of(p.b), ']')
	if shut < 0 || indexSpace(s.Of(p.b)) >= 0 {
		return literal{}, netip.Addr{}, false
	}
	return p.literal(Span{s.Start, s.Start + shut + 1})
}

// assignExim reads "[ip] (helo=x)", "name ([ip] helo=x)" and "name".
func (p *parser) assignExim(lit literal, a netip.Addr) {
	sh, f, word := p.shape, &p.f.From, p.shape.word
	f.HELO = sh.helo
	switch {
	case a.IsValid():
		p.setIP(lit.Span, a)
		p.port(Span{lit.after, word.End})
	case sh.addr.IsValid():
		p.setIP(sh.ip, sh.addr)
		p.setRDNS(word)
		if f.HELO.Empty() {
			f.HELO = word
		}
	case sh.bracketA.IsValid() && !sh.keys: // "name (helo) [ip]", "name [ip]"
		p.setIP(sh.bracket, sh.bracketA)
		if f.HELO = sh.second; f.HELO.Empty() {
			p.assignLone(word, false)
		} else {
			p.setRDNS(word)
		}
	case f.HELO.Empty():
		p.assignLone(word, false)
	case hasPrefixFold(p.f.With.Of(p.b), "local-"): // "from USER (helo=x) by"
		f.Ident = word
	default:
		p.setRDNS(word)
	}
}

// assignTCPInfo reads "helo (name [ip])" and its kin: sendmail, Postfix and most others.
func (p *parser) assignTCPInfo(isLit bool) {
	sh, f, word := p.shape, &p.f.From, p.shape.word
	f.HELO = word
	p.setRDNS(sh.second)
	p.setIP(sh.ip, sh.addr)
	w := word.Of(p.b)
	switch {
	case p.f.Family == "postfix" && isWord(p.f.With.Of(p.b), "qmqp"): // QMQP has no HELO: the name is the client's
		f.HELO = Span{}
	case isWord(p.f.With.Of(p.b), "mapi"), p.f.Family == "raptor", p.f.Family == "getmail",
		p.overHTTP() && !f.Addr.IsValid():
		f.HELO, f.Name = Span{}, word
	case sh.bare && unknownName(w) && !isLit && !addrLike(w):
		f.HELO = Span{}
	}
}

// assignLone gives a name its role that stands without another.
func (p *parser) assignLone(word Span, helo bool) {
	f, w := &p.f.From, word.Of(p.b)
	switch {
	case len(w) == 0:
	case w[0] == '<' && w[len(w)-1] == '>' && bytes.IndexByte(w, '@') > 0: // no host, but a sender
		p.f.Envelope = p.unangle(word)
	case helo:
		f.HELO = word
	case p.shape.bracketA.IsValid():
		if !unknownName(w) || addrLike(w) {
			f.Name = word
		}
	case !unknownName(w) || w[0] == '[' || addrLike(w):
		f.Name = word
	}
}

// overHTTP reports whether the field says that the mail came over the web.
func (p *parser) overHTTP() bool {
	return hasPrefixFold(p.f.With.Of(p.b), "http") || hasPrefixFold(p.f.Via.Of(p.b), "http")
}

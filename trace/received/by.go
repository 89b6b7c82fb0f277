package received

import (
	"bytes"
	"net/netip"
)

// readBy reads who wrote the field: host, address, and the banner of its software.
func (p *parser) readBy() {
	rest, first := p.r[byClause], true
	if w := rest.Of(p.b); hasPrefixFold(w, "mailenable") { // "by MailEnable Inbound Mail Agent"
		fam, n := familyOf(w)
		p.setFamily(fam, Span{})
		rest.Start += n
	}
	for !rest.Empty() {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		switch {
		case it.comment:
			p.byComment(it.Span)
		case first:
			p.byHost(it.Span)
			first = false
		case p.b[it.Start] == '[':
			p.byAddr(it.Span)
		case isWord(it.Of(p.b), "over") && hasPrefixFold(p.trim(rest).Of(p.b), "tls "): // "over TLS secured channel"
			p.f.WithTLS = true
		}
	}
}

// byHost reads a host name, an address literal, or both run together: "host[192.0.2.1]".
// The host is what stands there, an address too.
func (p *parser) byHost(s Span) {
	w := s.Of(p.b)
	for len(w) > 0 && w[len(w)-1] == ',' {
		w, s.End = w[:len(w)-1], s.End-1
	}
	if i := bytes.IndexByte(w, '['); i >= 0 {
		if p.byAddr(Span{s.Start + i, s.End}) && i > 0 {
			s.End = s.Start + i
		}
	} else if a, ok := parseAddr(w); ok {
		p.f.By.IP, p.f.By.Addr = s, a
	}
	if !s.Empty() {
		p.f.By.Host = s
	}
}

// byAddr reads "[192.0.2.1]".
func (p *parser) byAddr(s Span) bool {
	lit, a, ok := p.literal(s)
	if ok && p.f.By.IP.Empty() {
		p.f.By.IP, p.f.By.Addr = lit.Span, a
	}
	return ok
}

func (p *parser) byComment(s Span) {
	w := s.Of(p.b)
	switch {
	case p.banner(s):
		if p.f.Family == "kumomta" {
			if a, ok := parseAddr(p.f.Version.Of(p.b)); ok {
				p.f.By.IP, p.f.By.Addr, p.f.Version = p.f.Version, a, Span{}
			}
		}
		if hasPrefixFold(w, "postfix, from ") {
			p.f.Kind = Local
			if i, end := indexFold(w, "userid "); i >= 0 {
				p.f.From.Ident = p.trim(Span{s.Start + end, s.End})
			}
		}
		return
	case hasPrefixFold(w, "envelope-sender "):
		p.shape.bySender = true
	case len(w) > 3 && hasPrefixFold(w, "qp ") && isDigit(w[len(w)-1]): // qmail with the ID of its queue
		p.setFamily("qmail", Span{})
		p.f.ID = p.trim(Span{s.Start + 3, s.End})
		return
	}
	if p.remark(s) {
		return
	}
	if lit, a, ok := p.literal(s); ok {
		if p.f.By.IP.Empty() {
			p.f.By.IP, p.f.By.Addr = lit.Span, a
		}
		p.bannerWithin(Span{lit.after, s.End})
		return
	}
	if a, ok := parseAddr(w); ok {
		if p.f.By.IP.Empty() {
			p.f.By.IP, p.f.By.Addr = s, a
		}
		return
	}
	if p.bannerWithin(s); p.f.Family == "" && p.shape.banner.Empty() {
		p.shape.banner = s
	}
}

// literal is an address in square brackets.
type literal struct {
	Span      // of the address
	open  int // offset of the '['
	after int // offset behind the ']'
}

// literal finds the last address in square brackets within s. The last, because what
// stands before it may be chosen by the client.
func (p *parser) literal(s Span) (lit literal, a netip.Addr, ok bool) {
	shut := s.End
	for range maxTries {
		for shut--; shut >= s.Start && p.b[shut] != ']'; shut-- {
		}
		if shut < s.Start {
			break
		}
		open := p.opens(s.Start, shut)
		if open < 0 {
			continue
		}
		in := p.trim(Span{open + 1, shut})
		if a, ok = parseAddr(in.Of(p.b)); !ok {
			in = p.portOff(in)
			a, ok = parseAddr(in.Of(p.b))
		}
		if ok {
			if hasPrefixFold(in.Of(p.b), "ipv6:") {
				in.Start += 5
			}
			return literal{in, open, shut + 1}, a, true
		}
	}
	return literal{}, netip.Addr{}, false
}

// portOff takes the port off Momentum's "192.0.2.1:25" and old Exim's "192.0.2.1.25".
func (p *parser) portOff(s Span) Span {
	w := s.Of(p.b)
	if i := bytes.LastIndexByte(w, '.'); bytes.Count(w, []byte{'.'}) == 4 && isDigit(w[0]) {
		s.End = s.Start + i
		return s
	}
	if i := bytes.IndexByte(w, ':'); i > 6 && i == bytes.LastIndexByte(w, ':') && bytes.IndexByte(w, '.') > 0 {
		s.End = s.Start + i
	}
	return s
}

// maxTries bounds how many brackets are tried: a server writes few.
const maxTries = 16

// maxLiteral bounds an address literal: the longest IPv6 form with its tag, and a port.
const maxLiteral = 64

// opens returns where the '[' stands that the ']' at shut closes, with one word between
// them at most, or -1.
func (p *parser) opens(start, shut int) int {
	j := shut - 1
	for j >= start && isSpace(p.b[j]) {
		j--
	}
	for end := j; j >= start && j > end-maxLiteral && p.b[j] != '[' && !isSpace(p.b[j]); {
		j--
	}
	for j >= start && isSpace(p.b[j]) {
		j--
	}
	if j < start || p.b[j] != '[' {
		return -1
	}
	return j
}

// readVia reads the first words of the via clause, without comment.
func (p *parser) readVia() {
	for rest := p.r[viaClause]; !rest.Empty(); {
		it, more, ok := p.next(rest)
		if !ok {
			break
		}
		if it.comment {
			if fam, _ := familyOf(p.f.Via.Of(p.b)); fam == "dmail" && it.Start == p.f.Via.End+1 {
				p.f.Via.End = it.End + 1 // "dmail-2002(12)"
				break
			}
			if p.remark(it.Span) {
				rest = more
				continue
			}
			break
		}
		if p.f.Via.Empty() {
			p.f.Via = it.Span
		}
		p.f.Via.End, rest = it.End, more
	}
	if v := p.f.Via; !v.Empty() {
		p.banner(v)
		p.f.WithAuth = p.f.WithAuth || hasPrefixFold(v.Of(p.b), "http")
		p.f.WithTLS = p.f.WithTLS || containsFold(v.Of(p.b), "encrypted")
	}
}

// readWith reads the protocol, or the product that stands in its place, and the remarks
// behind it.
func (p *parser) readWith() {
	rest := p.bracketed(p.r[withClause])
	first, more, _ := p.next(rest)
	smtp := isSMTP(first.Of(p.b))
	if smtp {
		p.f.With, rest = first.Span, more // the usual case
	} else {
		rest.Start = p.withProduct(rest)
	}
	for !rest.Empty() {
		it, more, ok := p.next(rest)
		if !ok {
			break
		}
		rest = more
		switch w := it.Of(p.b); {
		case it.comment:
			p.comment(it.Span)
		case p.f.With.Empty() && isWord(w, "encrypted"):
		case p.f.With.Empty():
			p.f.With = p.slashed(it.Span)
		case isWord(w, "encrypted"): // qmail: "AES256-SHA encrypted SMTP"
			p.f.TLSCipher, p.f.With, p.f.WithTLS = p.f.With, Span{}, true
		default:
			rest = p.loose(it.Span, rest)
		}
	}
	w := p.f.With.Of(p.b)
	if smtp && p.f.With == first.Span || isSMTP(w) {
		return
	}
	http := hasPrefixFold(w, "http")
	auth, tls := protocol(w)
	p.f.WithAuth = p.f.WithAuth || http || auth
	p.f.WithTLS = p.f.WithTLS || tls || http && len(w) == 5 || hasSuffixFold(w, "-ssl")
}

// bracketed reads XMail's "[XMail 1.20 ESMTP Server]" in the place of a protocol, and returns
// what follows it.
func (p *parser) bracketed(s Span) Span {
	if s.Empty() || p.b[s.Start] != '[' {
		return s
	}
	shut := bytes.IndexByte(s.Of(p.b), ']')
	if in := (Span{s.Start + 1, s.Start + shut}); shut > 0 && p.banner(in) {
		p.f.With, s.Start = in, in.End+1
	}
	return s
}

// withProduct reads a product in the place of the protocol, "Microsoft SMTPSVC(5.0)" or
// "MailEnable ESMTPA", and returns the offset behind it.
func (p *parser) withProduct(s Span) int {
	fam, n := familyOf(s.Of(p.b))
	end := s.Start + n
	if fam == "" || end < s.End && isAlpha(p.b[end]) {
		return s.Start
	}
	p.f.With = Span{s.Start, end}
	p.setFamily(fam, p.productVersion(Span{end, s.End}))
	for {
		it, _, ok := p.next(Span{end, s.End})
		if !ok || it.comment || !isAlpha(p.b[it.Start]) || hasDigit(it.Of(p.b)) || isWord(it.Of(p.b), "on") {
			return end
		}
		end, p.f.With.End = it.End, it.End
	}
}

// slashed reads IronPort's "ESMTP/TLS/ECDHE-RSA-AES128-SHA".
func (p *parser) slashed(s Span) Span {
	if i, end := indexFold(s.Of(p.b), "/tls"); i > 0 {
		p.f.WithTLS = true
		if p.setFamily("ironport", Span{}); s.Start+end+1 < s.End {
			p.f.TLSCipher = Span{s.Start + end + 1, s.End}
		}
		s.End = s.Start + i
	}
	return s
}

// comment reads a comment behind with, id and for.
func (p *parser) comment(s Span) {
	if hasPrefixFold(s.Of(p.b), "http/1") {
		p.shape.webPost = true
		return
	}
	if !p.remark(s) && !p.banner(s) {
		p.bannerWithin(s)
	}
}

// loose reads a word that announces a value of its own behind with, id and for, and
// returns what follows.
func (p *parser) loose(word, rest Span) Span {
	w := word.Of(p.b)
	switch {
	case isWord(w, "tls"): // Exim, Haraka: "tls TLS_AES_256_GCM_SHA384"
		if it, after, ok := p.next(rest); ok && !it.comment {
			p.f.TLSCipher, p.f.WithTLS = it.Span, true
			return after
		}
	case isWord(w, "starttls"):
		p.f.WithTLS = true
	case hasPrefixFold(w, "getmail"):
		p.setFamily("getmail", Span{})
	case hasPrefixFold(w, "msgid:"):
		p.f.ID = Span{word.Start + len("msgid:"), word.End}
	case isWord(w, "envelope-from"), isWord(w, "sender:"), isWord(w, "from"): // Haraka; Smail; XMail
		if it, after, ok := p.next(rest); ok && !it.comment {
			p.f.Envelope = p.unangle(it.Span)
			return after
		}
	}
	return rest
}

// isSMTP reports whether a word is SMTP or ESMTP, the usual case.
func isSMTP(w []byte) bool { return isWord(w, "esmtp") || isWord(w, "smtp") }

// protocol reports whether a protocol keyword says authenticated or TLS: ESMTPSA and its
// kin (RFC 3848, RFC 6531), letters behind the last P of SMTP or LMTP.
func protocol(w []byte) (auth, tls bool) {
	if i := lastSpace(w); i >= 0 { // "MailEnable ESMTPA"
		w = w[i+1:]
	}
	end := len(w)
	for ; end > 3 && w[end-1]|0x20 != 'p' || end > 3 && w[end-2]|0x20 == 'p'; end-- { // ESMTPPA: "proxy authenticated"
		switch w[end-1] | 0x20 {
		case 'a':
			auth = true
		case 's':
			tls = true
		case 'p':
		default:
			return false, false
		}
	}
	if end < 4 || w[end-2]|0x20 != 't' || w[end-3]|0x20 != 'm' {
		return false, false
	}
	return auth || isWord(w, "asmtp"), tls
}

func (p *parser) readID() {
	rest, first := p.r[idClause], true
	for !rest.Empty() {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		switch {
		case it.comment:
			p.comment(it.Span)
		case first:
			p.f.ID, first = p.unangle(it.Span), false
		default:
			rest = p.loose(it.Span, rest)
		}
	}
}

func (p *parser) readFor() {
	rest := p.r[forClause]
	for !rest.Empty() {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		w := it.Of(p.b)
		switch {
		case it.comment:
			p.comment(it.Span)
		case isWord(w, "multiple") || isWord(w, "recipients"):
		case p.f.forN == 0 || bytes.IndexByte(w, '@') >= 0:
			p.addFor(it.Span)
		default:
			rest = p.loose(it.Span, rest)
		}
	}
}

// readTail reads what stands behind the date: FreeBSD's envelope sender, Courier's ID.
func (p *parser) readTail() {
	rest := p.tail
	for !rest.Empty() {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		switch {
		case it.comment:
			p.remark(it.Span)
		case keyword(it.Of(p.b)) == idClause && p.f.ID.Empty():
			if id, after, ok := p.next(rest); ok && !id.comment {
				p.f.ID, rest = p.unangle(id.Span), after
			}
		default:
			return
		}
	}
}

// addFor adds the recipients that one word names: "<a@x>", "a@x,", "<a@x>,<b@x>".
func (p *parser) addFor(s Span) {
	for !s.Empty() {
		one := s
		if w := s.Of(p.b); bytes.IndexByte(w, ',') > 0 { // else it is one
			if i := bytes.Index(w, []byte(">,")); i >= 0 {
				one.End = s.Start + i + 1
			}
		}
		s.Start = one.End + 1
		if one = p.unangle(one); one.Empty() {
			continue
		}
		if p.f.forN == MaxFor {
			p.unread("more recipients than are kept", one.Start)
			return
		}
		p.f.forAddr[p.f.forN] = one
		p.f.forN++
	}
}

// unangle takes angle brackets and a trailing comma off a word.
func (p *parser) unangle(s Span) Span {
	for !s.Empty() && p.b[s.End-1] == ',' {
		s.End--
	}
	if s.End-s.Start >= 2 && p.b[s.Start] == '<' && p.b[s.End-1] == '>' {
		s.Start, s.End = s.Start+1, s.End-1
	}
	if s.Empty() {
		return Span{}
	}
	return s
}

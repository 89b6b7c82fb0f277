package received

import (
	"bytes"
	"net/netip"
)

// readBy reads who wrote the field: host, address, and the banner of its software.
func (p *parser) readBy() {
	rest, first := p.r[byClause], true
	for {
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
		}
	}
}

// byHost reads a host name, an address literal, or both run together: "host[192.0.2.1]".
func (p *parser) byHost(s Span) {
	w := s.Of(p.b)
	for len(w) > 0 && w[len(w)-1] == ',' {
		w, s.End = w[:len(w)-1], s.End-1
	}
	if i := bytes.IndexByte(w, '['); i >= 0 && p.byAddr(Span{s.Start + i, s.End}) {
		s.End = s.Start + i
	} else if a, ok := parseAddr(w); ok {
		p.f.By.IP, p.f.By.Addr = s, a
		return
	}
	if !s.Empty() {
		p.f.By.Host = s
	}
}

// byAddr reads "[192.0.2.1]".
func (p *parser) byAddr(s Span) bool {
	lit, a, _, ok := p.literal(s)
	if ok && p.f.By.IP.Empty() {
		p.f.By.IP, p.f.By.Addr = lit, a
	}
	return ok
}

func (p *parser) byComment(s Span) {
	w := s.Of(p.b)
	if p.banner(s) {
		if hasPrefixFold(w, "postfix, from ") {
			p.f.Kind = Local
			if i := indexFold(w, "userid "); i >= 0 {
				p.f.From.Ident = p.trim(Span{s.Start + i + 7, s.End})
			}
		}
		return
	}
	if p.remark(s) {
		return
	}
	if lit, a, after, ok := p.literal(s); ok {
		if p.f.By.IP.Empty() {
			p.f.By.IP, p.f.By.Addr = lit, a
		}
		p.bannerWithin(Span{after, s.End})
		return
	}
	if a, ok := parseAddr(w); ok && p.f.By.IP.Empty() {
		p.f.By.IP, p.f.By.Addr = s, a
		return
	}
	p.bannerWithin(s)
}

// literal finds the last address in square brackets within s, and the offset behind its
// bracket. The last, because what stands before it may be chosen by the client.
func (p *parser) literal(s Span) (lit Span, a netip.Addr, after int, ok bool) {
	for end := s.End; end > s.Start; {
		i := bytes.LastIndexByte(p.b[s.Start:end], ']')
		if i < 0 {
			return Span{}, netip.Addr{}, 0, false
		}
		shut := s.Start + i
		open := bytes.LastIndexByte(p.b[max(s.Start, shut-48):shut], '[')
		if open >= 0 {
			lit = p.trim(Span{max(s.Start, shut-48) + open + 1, shut})
			if a, ok = parseAddr(lit.Of(p.b)); ok {
				if hasPrefixFold(lit.Of(p.b), "ipv6:") {
					lit.Start += 5
				}
				return lit, a, shut + 1, true
			}
		}
		end = shut
	}
	return Span{}, netip.Addr{}, 0, false
}

// readWith reads the protocol and the remarks that stand behind it.
func (p *parser) readWith() {
	rest, first := p.r[withClause], true
	for {
		it, more, ok := p.next(rest)
		if !ok {
			break
		}
		rest = more
		switch {
		case it.comment:
			if !p.remark(it.Span) && !p.banner(it.Span) {
				p.bannerWithin(it.Span)
			}
			first = first && p.f.With.Empty()
		case first && p.f.With.Empty():
			p.f.With = it.Span
		case first:
			p.f.With.End = it.End
		case equalFold(it.Of(p.b), "tls"): // Exim: "tls TLS_AES_256_GCM_SHA384"
			if cipher, after, ok := p.next(rest); ok && !cipher.comment {
				p.f.TLSCipher, rest = cipher.Span, after
				p.f.WithTLS = true
			}
		}
		if it.comment && !p.f.With.Empty() {
			first = false
		}
	}
	w := p.f.With.Of(p.b)
	p.f.WithAuth = p.f.WithAuth || protocolSays(w, 'a')
	p.f.WithTLS = p.f.WithTLS || protocolSays(w, 's')
}

// protocolSays reports whether a protocol keyword carries the letter that means
// authenticated (a) or TLS (s): ESMTPSA and its kin (RFC 3848, RFC 6531).
func protocolSays(w []byte, letter byte) bool {
	if equalFold(w, "asmtp") {
		return letter == 'a'
	}
	i := indexFold(w, "mtp")
	if i < 0 || i > 5 {
		return false
	}
	for _, c := range w[i+3:] {
		if c|0x20 != 'a' && c|0x20 != 's' {
			return false
		}
	}
	for _, c := range w[i+3:] {
		if c|0x20 == letter {
			return true
		}
	}
	return false
}

func (p *parser) readID() {
	rest, first := p.r[idClause], true
	for {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		switch {
		case it.comment:
			if !p.remark(it.Span) && !p.banner(it.Span) {
				p.bannerWithin(it.Span)
			}
		case first:
			p.f.ID, first = p.unangle(it.Span), false
		}
	}
}

func (p *parser) readFor() {
	rest := p.r[forClause]
	for {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		rest = more
		w := it.Of(p.b)
		switch {
		case it.comment:
			if !p.remark(it.Span) && !p.banner(it.Span) {
				p.bannerWithin(it.Span)
			}
		case equalFold(w, "sender:"): // Smail
			if from, after, ok := p.next(rest); ok && !from.comment {
				p.f.Envelope, rest = p.unangle(from.Span), after
			}
		case p.f.forN > 0 && bytes.IndexByte(w, '@') < 0:
		case equalFold(w, "multiple") || equalFold(w, "recipients"):
		default:
			p.addFor(it.Span)
		}
	}
}

// addFor adds the recipients that one word names: "<a@x>", "a@x,", "<a@x>,<b@x>".
func (p *parser) addFor(s Span) {
	for !s.Empty() {
		one := s
		if i := bytes.Index(s.Of(p.b), []byte(">,")); i >= 0 {
			one.End = s.Start + i + 1
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

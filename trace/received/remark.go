package received

import "bytes"

// remark reads the comments that servers add about a connection: encryption,
// authentication, the envelope sender. It reports whether s is such a comment.
func (p *parser) remark(s Span) bool {
	w := s.Of(p.b)
	if len(w) < 3 {
		return false
	}
	if hasSuffixFold(w, "encrypted") { // qmail: "(AES256-SHA encrypted)"
		i := indexSpace(w)
		if rest := p.trim(Span{s.Start + i, s.End}); i > 0 && isWord(rest.Of(p.b), "encrypted") {
			p.f.TLSCipher, p.f.WithTLS = Span{s.Start, s.Start + i}, true
			return true
		}
	}
	switch w[0] | 0x20 {
	case 'e':
		return p.envelope(s)
	case 'o':
		return p.overRemark(s)
	case 'u', 's':
		return p.tlsRemark(s) || p.authRemark(s)
	case 'v', 't', 'c', 'n', 'g', 'p':
		return p.tlsRemark(s)
	case 'a':
		return p.authRemark(s)
	}
	return false
}

// envelope reads "envelope-from <a@b>" and "envelope-sender <a@b>".
func (p *parser) envelope(s Span) bool {
	w := s.Of(p.b)
	n := max(foldPrefix(w, "envelope-from"), foldPrefix(w, "envelope-sender"))
	if n == 0 {
		return false
	}
	it, _, ok := p.next(Span{s.Start + n, s.End})
	if ok && !it.comment && p.f.Envelope.Empty() {
		p.f.Envelope = p.unangle(it.Span)
	}
	return true
}

// overRemark reads chasquid's "over submission, TLS-1.3, envelope from "a@b"".
func (p *parser) overRemark(s Span) bool {
	w := s.Of(p.b)
	if !hasPrefixFold(w, "over ") {
		return false
	}
	if i, end := indexFold(w, " tls-"); i > 0 {
		p.f.TLSVersion, p.f.WithTLS = p.wordAt(s.Start+end-len("tls-"), s.End), true
	}
	if i, end := indexFold(w, "envelope from \""); i > 0 {
		from := Span{s.Start + end, s.Start + end}
		for from.End < s.End && p.b[from.End] != '"' {
			from.End++
		}
		p.f.Envelope = from
	}
	return true
}

// tlsRemark reads the many ways to say that a connection was encrypted.
func (p *parser) tlsRemark(s Span) bool {
	w := s.Of(p.b)
	switch {
	case isWord(w, "ssl"), isPhrase(w, "using tls"):
	case hasPrefixFold(w, "using "):
		version := p.wordAt(s.Start+foldPrefix(w, "using "), s.End)
		if !tlsName(version.Of(p.b)) {
			return false
		}
		p.f.TLSVersion = version
		if i, end := indexFold(w, " cipher "); i > 0 {
			p.f.TLSCipher = p.wordAt(s.Start+end, s.End)
		}
	case hasPrefixFold(w, "version="):
		p.f.TLSVersion = p.wordAt(s.Start+8, s.End)
		if i, end := indexFold(w, "cipher="); i > 0 {
			p.f.TLSCipher = p.wordAt(s.Start+end, s.End)
		}
	case hasPrefixFold(w, "tls: "), hasPrefixFold(w, "cipher "), hasPrefixFold(w, "tls_cipher "):
		p.colonTLS(p.trim(Span{s.Start + indexSpace(w), s.End}))
	case tlsName(w) || isWord(w, "tls"):
		p.colonTLS(s)
	case hasPrefixFold(w, "no client certificate"), hasPrefixFold(w, "client cn "), hasPrefixFold(w, "client did not present"),
		hasPrefixFold(w, "google transport security"), hasPrefixFold(w, "verified ok"), hasPrefixFold(w, "peer cn "):
	default:
		return false
	}
	p.f.WithTLS = true
	return true
}

// tlsName reports whether a word begins like the name of a version of TLS.
func tlsName(w []byte) bool {
	if !hasPrefixFold(w, "tls") && !hasPrefixFold(w, "ssl") {
		return false
	}
	i := 3
	if i < len(w) && (w[i]|0x20 == 'v' || w[i] == '-') {
		i++
	}
	digits := i
	for i < len(w) && (isDigit(w[i]) || w[i] == '.') {
		i++
	}
	switch { // a host may be called tls1.example
	case i == len(w):
		return i > digits
	case w[i] == '_':
		return true
	}
	return i > digits && (w[i] == ':' || w[i] == ',' || w[i] == '/' || isSpace(w[i]))
}

// colonTLS reads "TLS1.3:CIPHER:256" and "TLSv1.2,256bits,CIPHER".
func (p *parser) colonTLS(s Span) {
	for n := 0; !s.Empty(); n++ {
		part := s
		if i := bytes.IndexAny(s.Of(p.b), ":,"); i >= 0 {
			part.End = s.Start + i
		}
		next := part.End + 1
		part = p.trim(part)
		part = p.wordAt(part.Start, part.End)
		w := part.Of(p.b)
		switch {
		case n == 0 && len(w) > 3:
			p.f.TLSVersion = part
		case n > 0 && p.f.TLSCipher.Empty() && len(w) > 4 && !isDigit(w[0]):
			p.f.TLSCipher = part
		}
		s.Start = next
	}
}

// wordAt returns the word that begins at start, without a comma behind it.
func (p *parser) wordAt(start, end int) Span {
	s := Span{start, start}
	for s.End < end && !isSpace(p.b[s.End]) && p.b[s.End] != ',' && p.b[s.End] != ')' && p.b[s.End] != ';' {
		s.End++
	}
	return s
}

// authRemark reads what says that the client authenticated itself. A later remark is
// the more exact one where two stand.
func (p *parser) authRemark(s Span) bool {
	w := s.Of(p.b)
	switch {
	case hasPrefixFold(w, "auth: "), hasPrefixFold(w, "auth="), isWord(w, "auth"), hasPrefixFold(w, "authenticated "),
		hasPrefixFold(w, "authenticated: "), isWord(w, "authenticated"), hasPrefixFold(w, "smtp-auth"), hasPrefixFold(w, "smtp auth"),
		hasPrefixFold(w, "user authenticated"), hasPrefixFold(w, "account "):
	default:
		return false
	}
	if containsFold(w, "not authenticated") || hasPrefixFold(w, "auth: none") {
		return true
	}
	if i, end := indexFold(w, ", tls: "); i > 0 { // Courier
		p.colonTLS(Span{s.Start + end, s.End})
		p.f.WithTLS, s.End = true, s.Start+i
	}
	p.f.From.Auth, p.f.WithAuth = s, true
	return true
}

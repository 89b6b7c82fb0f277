package received

import (
	"bytes"
	"net/netip"
)

// claims are what the clauses behind the from clause say; remarks of the from clause may
// come to be added, and dropped again.
type claims struct {
	from            From
	envelope        Span
	version, cipher Span
	auth, tls       bool
	family          Family
	softVersion     Span
}

// shape is how the field is built. Servers are told apart by it, and the names in the
// from clause are given their roles only when the whole clause and the software are known.
type shape struct {
	word     Span // the first word, or the first words when HELO holds blanks
	bracket  Span // an address in square brackets that stands as a word of its own
	bracketA netip.Addr
	second   Span // the name in the comment behind the first word
	helo     Span // what follows "HELO", "EHLO" or "helo="
	ip       Span // the address inside a comment
	addr     netip.Addr
	banner   Span // a comment of the by clause that names no known software
	keys     bool // Exim's "helo=", "port=", "ident="
	heloWord bool // "(HELO x)" stands in a comment of its own
	bare     bool // the address in the comment has no brackets
	mapped   bool // an IPv4 address written as IPv6: "::ffff:192.0.2.1"
	dash     bool // "HELO - 192.0.2.1"
	webPost  bool // "with HTTP (HTTP/1.1 POST)"
	proxied  bool // what follows is a via clause
	pickup   bool // "mail pickup service"
	quoted   bool // ZMailer's "HELO x" in quotes behind the address
	lhlo     bool // "(LHLO x)"
	socket   bool // "[unix socket]"
	local    bool // "[local]" or "(uid 0)" in the place of an address
	bySender bool // "(envelope-sender <x>)" in the by clause
	spoken   bool // a comment was read
	login    bool // "with login" behind the address
	comments int
}

// gatherFrom goes through the words and comments of the from clause. Where the client
// imitated a by clause, all up to it is HELO.
func (p *parser) gatherFrom() {
	sh, rest := p.shape, p.r[fromClause]
	first := p.addressFirst()
	if p.claim > rest.Start && !first {
		sh.word = p.trim(Span{rest.Start, p.claim})
		rest.Start = p.claim
	}
	p.plain = true
	for !rest.Empty() {
		it, more, ok := p.next(rest)
		if !ok || first && sh.comments > 0 && (sh.addr.IsValid() || p.b[sh.word.Start] == '[') {
			break
		}
		if first && it.comment && it.Empty() && more.Start > p.flatFrom { // the HELO in it breaks the comment
			it.Span = p.trim(more)
		}
		rest = more
		if it.comment {
			if sh.comments++; sh.comments == 1 && !more.Empty() {
				*p.said = p.claimed()
			}
			p.fromComment(it.Span)
			sh.spoken = true
		} else {
			p.fromWord(it.Span)
		}
	}
	p.plain = false
	// A client can say these words in HELO; the pick-up itself records nobody.
	sh.pickup = sh.comments == 0 && !sh.bracketA.IsValid() && isPhrase(sh.word.Of(p.b), "mail pickup service")
}

// claimed is what has been read up to now.
func (p *parser) claimed() claims {
	f := p.f
	return claims{f.From, f.Envelope, f.TLSVersion, f.TLSCipher, f.WithAuth, f.WithTLS, f.Family, f.Version}
}

// addressFirst reports whether the software, by its banner or its ID, is one that writes
// the client's words behind the address. Of all others the last address is the recorded one.
func (p *parser) addressFirst() bool {
	id := p.f.ID.Of(p.b)
	return p.f.Family == "exim" || p.f.Family == "smap" || p.f.Family == "momentum" || p.f.Family == "chasquid" || eximID(id) || zmailerID(id)
}

func (p *parser) fromWord(s Span) {
	sh, w := p.shape, s.Of(p.b)
	switch {
	case sh.word.Empty():
		p.firstWord(s)
	case len(w) == 1 && w[0] == '-' && p.f.Family == "smtpsvc":
		sh.dash = true
	case sh.dash && addrLike(w):
		a, _ := parseAddr(w)
		sh.ip, sh.addr = s, a
	case w[0] == '[' && !sh.proxied && !isWord(w, "[local]"):
		if lit, a, ok := p.literal(s); ok {
			word := sh.word
			p.forgetClaims() // what stands before the address is the client's
			sh.word, sh.bracket, sh.bracketA = word, lit.Span, a
		}
	case isWord(w, "via") && sh.webPost: // Roundcube: "via [ip]", a web proxy
		sh.proxied = true
	case sh.proxied:
		if p.f.Via.Empty() {
			p.f.Via = s
		}
	case isWord(w, "from"):
	case sh.comments == 0 && sh.bracket.Empty() && sh.ip.Empty():
		sh.word.End = s.End
	}
}

// firstWord takes the first word, which may hold an address too: "host[192.0.2.1]".
func (p *parser) firstWord(s Span) {
	w := s.Of(p.b)
	if i := bytes.IndexByte(w, '['); i > 0 {
		if lit, a, ok := p.literal(Span{s.Start + i, s.End}); ok {
			p.shape.bracket, p.shape.bracketA = lit.Span, a
			p.port(Span{lit.after, s.End})
			s.End = s.Start + i
		}
	}
	p.shape.word = s
}

// fromComment reads one comment of the from clause.
func (p *parser) fromComment(s Span) {
	sh, w := p.shape, s.Of(p.b)
	switch {
	case len(w) == 0: // an empty HELO
	case p.usualTCPInfo(s):
	case isWord(w, "helo") || isWord(w, "ehlo"):
		sh.heloWord = true
	case hasPrefixFold(w, "helo ") || hasPrefixFold(w, "ehlo ") || hasPrefixFold(w, "lhlo "):
		sh.lhlo = w[0]|0x20 == 'l'
		p.heloComment(p.trim(Span{s.Start + 5, s.End}))
	case p.tcpInfo(s, true): // before the remarks: a looked-up name or an ident may look like any of them
	case hasPrefixFold(w, "account "):
		p.account(s)
	case p.remark(s):
	case hasPrefixFold(w, "ident: "): // Courier
		p.f.From.Ident = p.trim(Span{s.Start + 6, s.End})
	case hasPrefixFold(w, "uid "):
		p.f.From.Ident, sh.local = p.trim(Span{s.Start + 4, s.End}), true
	case hasPrefixFold(w, "proxying for "): // what a web proxy claims
	case eximKeys(w):
		p.eximComment(s)
	case p.f.Family == "smap" && p.smapComment(s):
	case p.tcpInfo(s, false):
	default:
		p.bareInfo(s)
	}
}

// smapComment reads "192.0.2.1, HELO x".
func (p *parser) smapComment(s Span) bool {
	sh, w := p.shape, s.Of(p.b)
	i := bytes.IndexByte(w, ',')
	if i < 0 {
		return false
	}
	a, ok := parseAddr(w[:i])
	helo := p.trim(Span{s.Start + i + 1, s.End})
	if h := helo.Of(p.b); !ok || !hasPrefixFold(h, "helo ") && !hasPrefixFold(h, "ehlo ") {
		return false
	}
	sh.ip, sh.addr, sh.bare = Span{s.Start, s.Start + i}, a, true
	sh.heloWord, sh.helo = true, p.trim(Span{helo.Start + len("helo "), helo.End})
	return true
}

// plainTCPInfo reports whether a comment with an address is "name [192.0.2.1]" or
// "[192.0.2.1]", with nothing more behind it than a port, a nested comment or a known remark.
func (p *parser) plainTCPInfo(s Span, lit literal) bool {
	equals, at := -1, -1
	for i, c := range p.trim(Span{s.Start, lit.open}).Of(p.b) {
		switch {
		case classOf[c]&nameMark == 0:
		case c == '=' && equals < 0:
			equals = i
		case c == '@':
			at = i
		case c != '=':
			return false // white space
		}
	}
	if equals > at { // "[192.0.2.1]helo=[198.51.100.1]"
		return false
	}
	after := lit.after
	for after < s.End && (p.b[after] == ':' || isDigit(p.b[after])) {
		after++
	}
	rest := p.trim(Span{after, s.End}).Of(p.b)
	return len(rest) == 0 || rest[0] == '(' || isKnown(rest)
}

// eximKeys tells Exim's comments: "[ip]:port helo=x ident=y", "helo=x", "port=25 helo=x".
func eximKeys(w []byte) bool {
	return hasPrefixFold(w, "helo=") || hasPrefixFold(w, "port=") || hasPrefixFold(w, "ident=") ||
		w[0] == '[' && (containsFold(w, " helo=") || containsFold(w, " ident="))
}

// heloComment reads "(HELO x)" and "(HELO x [192.0.2.1])".
func (p *parser) heloComment(s Span) {
	sh := p.shape
	sh.heloWord, sh.helo = true, s
	if i := indexSpace(s.Of(p.b)); i > 0 {
		if lit, a, ok := p.literal(s); ok && lit.End+1 == s.End {
			sh.ip, sh.addr = lit.Span, a
			sh.helo.End = s.Start + i
		}
	}
}

// account reads CommuniGate's "account u@x [192.0.2.1] verified" and "account u HELO x".
func (p *parser) account(s Span) {
	auth := s
	if i, end := indexFold(s.Of(p.b), " helo "); i > 0 {
		auth.End = s.Start + i
		p.heloComment(p.trim(Span{s.Start + end, s.End}))
	} else if lit, _, ok := p.literal(s); ok {
		auth.End = lit.Start - 1
		p.tcpInfo(Span{auth.End, s.End}, false)
	}
	p.f.From.Auth, p.f.WithAuth = p.trim(auth), true
}

// eximComment reads "[ip]:port helo=x ident=y". A client chooses HELO and ident, so that
// only an address in front of them counts.
func (p *parser) eximComment(s Span) {
	sh := p.shape
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
		case !it.comment && w[0] == '[' && sh.ip.Empty() && sh.helo.Empty() && p.f.From.Ident.Empty():
			if lit, a, ok := p.literal(it.Span); ok {
				sh.ip, sh.addr = lit.Span, a
				p.port(Span{lit.after, it.End})
				p.port(Span{lit.End, lit.after - 1})
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
// A server writes it behind the HELO: what stood before may be the client's invention.
// It reports whether the comment holds an address in brackets, and nothing strange if plain.
func (p *parser) tcpInfo(s Span, plain bool) bool {
	sh := p.shape
	lit, a, ok := p.literal(s)
	if !ok || plain && !p.plainTCPInfo(s, lit) {
		return false
	}
	if p.b[s.Start] == '[' && zmailerID(p.f.ID.Of(p.b)) { // ZMailer writes HELO and ident behind the address
		shut := bytes.IndexByte(s.Of(p.b), ']')
		if first, b, ok := p.literal(Span{s.Start, s.Start + shut + 1}); ok && p.quotedBehind(first.after) {
			lit, a = first, b
		}
	}
	p.forgetClaims()
	sh.ip, sh.addr, sh.bare = lit.Span, a, false
	sh.mapped = a.Is4() && bytes.IndexByte(lit.Of(p.b), ':') >= 0
	p.nameBefore(p.trim(Span{s.Start, lit.open}), plain)
	after := lit.after
	if after < s.End && p.b[after] == ':' {
		end := after + 1
		for end < s.End && isDigit(p.b[end]) {
			end++
		}
		p.port(Span{after, end})
		after = end
	}
	p.afterAddr(Span{after, s.End})
	return true
}

// usualTCPInfo reads "name [192.0.2.1]" and "[192.0.2.1]", which most comments are, straight
// through. It reports whether that stands there: all else is left to tcpInfo.
func (p *parser) usualTCPInfo(s Span) bool {
	w := s.Of(p.b)
	n := 0
	for n < len(w) && classOf[w[n]]&hostName != 0 {
		n++
	}
	open := behindBlank(w, n)
	if len(w)-open < len("[1.2.3.4]") || w[open] != '[' || w[len(w)-1] != ']' || oddName(w[:n]) {
		return false
	}
	ip, ok := parseIPv4(w[open+1 : len(w)-1])
	if !ok {
		return false
	}
	p.forgetClaims()
	sh := p.shape
	sh.ip, sh.addr = Span{s.Start + open + 1, s.End - 1}, netip.AddrFrom4(ip)
	sh.bare, sh.mapped = false, false
	if n > 0 {
		sh.second = Span{s.Start, s.Start + n}
	}
	return true
}

// oddName tells the words that stand in the place of a name and are none.
func oddName(w []byte) bool {
	switch len(w) {
	case len("helo"):
		return isWord(w, "helo") || isWord(w, "ehlo") || isWord(w, "lhlo")
	case len("really"):
		return isWord(w, "really")
	case len("unverified"):
		return isWord(w, "unverified")
	}
	return false
}

// forgetClaims drops what earlier comments of the from clause said: a server writes its
// remarks behind the address that it recorded.
func (p *parser) forgetClaims() {
	sh := p.shape
	if sh.spoken {
		f := p.f
		f.From, f.Envelope = p.said.from, p.said.envelope
		f.TLSVersion, f.TLSCipher = p.said.version, p.said.cipher
		f.WithAuth, f.WithTLS = p.said.auth, p.said.tls
		f.Family, f.Version = p.said.family, p.said.softVersion
		sh.second, sh.local = Span{}, false
	}
	if sh.bracketA.IsValid() { // "a [192.0.2.1]" was all HELO
		sh.word.End = sh.bracket.End + 1
		sh.bracket, sh.bracketA = Span{}, netip.Addr{}
	}
}

// quotedBehind reports whether a quoted string follows, behind a port at most.
func (p *parser) quotedBehind(i int) bool {
	for i < len(p.b) && (p.b[i] == ':' || isDigit(p.b[i])) {
		i++
	}
	for i < len(p.b) && isSpace(p.b[i]) {
		i++
	}
	return i < len(p.b) && p.b[i] == '"'
}

// nameBefore reads "ident@name" in front of an address; plain says that no word stands before it.
func (p *parser) nameBefore(s Span, plain bool) {
	s = p.identBefore(s)
	if isPhrase(s.Of(p.b), "not verified") || isWord(s.Of(p.b), "really") { // MailMarshal, InterMail: there is no looked-up name
		p.f.From.Remark = s
		return
	}
	if !plain {
		s.Start += lastSpace(s.Of(p.b)) + 1 // "unverified [ip]", "account x [ip]"
	}
	w := s.Of(p.b)
	switch {
	case len(w) == 0:
	case isWord(w, "unverified"):
		p.f.From.Remark = s
	default:
		p.shape.second = s
	}
}

// identBefore takes "ident@" off the front of a name or an address.
func (p *parser) identBefore(s Span) Span {
	w := s.Of(p.b)
	if bytes.IndexByte(w, '@') < 0 { // it is quicker than from behind
		return s
	}
	i := bytes.LastIndexByte(w, '@')
	id := Span{s.Start, s.Start + i}
	if hasPrefixFold(w, "ident:") {
		id.Start += 6
	}
	if !id.Empty() {
		p.f.From.Ident = id
	}
	return Span{s.Start + i + 1, s.End}
}

// afterAddr reads what stands behind the address: a nested comment or bare words.
func (p *parser) afterAddr(s Span) {
	s = p.trim(s)
	w := s.Of(p.b)
	switch {
	case len(w) == 0:
	case w[0] == '<' && w[len(w)-1] == '>': // AppleShare: "[ip] <name>"
		p.shape.second = p.unangle(s)
	case hasPrefixFold(w, "\"helo ") || hasPrefixFold(w, "\"ehlo "): // ZMailer
		if end := bytes.IndexByte(w[1:], '"'); end > 0 {
			p.shape.quoted = true
			p.shape.heloWord, p.shape.helo = true, p.trim(Span{s.Start + 6, s.Start + 1 + end})
		}
	case w[0] == '(':
		if it, _, ok := p.next(s); ok {
			p.known(it.Span)
		}
	default:
		p.known(s)
	}
}

// known takes a remark that servers are known to make about the name or the address.
func (p *parser) known(s Span) bool {
	if !isKnown(s.Of(p.b)) {
		return false
	}
	if p.f.From.Remark.Empty() {
		p.f.From.Remark = s
	}
	return true
}

func isKnown(w []byte) bool {
	if len(w) == 0 {
		return false
	}
	switch w[0] | 0x20 {
	case 'm':
		return hasPrefixFold(w, "may be forged") || hasPrefixFold(w, "misconfigured")
	case 'u':
		return isWord(w, "unverified") || hasPrefixFold(w, "unverified ")
	case 'v':
		return isWord(w, "verified")
	case 'r':
		return isPhrase(w, "rdns failed")
	}
	return false
}

// bareInfo reads a comment without an address in brackets.
func (p *parser) bareInfo(s Span) {
	sh, w := p.shape, s.Of(p.b)
	span := s
	if i := indexSpace(w); i > 0 {
		span.End = s.Start + i
	}
	if p.bareAddr(span) {
		if rest := p.trim(Span{span.End, s.End}).Of(p.b); hasPrefixFold(rest, "with login") || hasPrefixFold(rest, "with plain") {
			p.f.From.Auth, p.f.From.Ident = p.f.From.Ident, Span{} // Yahoo: "user@192.0.2.1 with login"
			p.f.WithAuth, sh.login = true, true
		}
		return
	}
	switch {
	case p.known(s):
	case !p.seen[byClause] && hasPrefixFold(w, "avg smtp "): // a virus scanner on the client's own machine names no host
		p.setFamily("avg", p.productVersion(Span{s.Start + len("avg smtp "), s.End}))
	case p.banner(s):
		if containsFold(w, "authenticated user ") { // SquirrelMail
			p.f.From.Auth, p.f.WithAuth = s, true
		}
	case hasSuffixFold(w, "[local]"):
		sh.local = true
		p.nameBefore(p.trim(Span{s.Start, s.End - len("[local]")}), false)
	case isPhrase(w, "[unix socket]"):
		sh.socket = true
	case hasSuffixFold(w, "[]"): // the address is missing
		p.nameBefore(p.trim(Span{s.Start, s.End - len("[]")}), false)
	case span == s && sh.second.Empty():
		sh.second = p.identBefore(s)
	default:
		p.unread("a comment of the from clause is not known", s.Start)
	}
}

// bareAddr reads "192.0.2.1", "ident@192.0.2.1", "192.0.2.1:25" and SLMail's
// "192.0.2.1::mail daemon".
func (p *parser) bareAddr(s Span) bool {
	if !s.Empty() && p.b[s.Start] == '/' { // Beehive
		s.Start++
	}
	sh, w := p.shape, s.Of(p.b)
	at := bytes.LastIndexByte(w, '@')
	if a, ok := parseAddr(w[at+1:]); ok {
		p.forgetClaims()
		sh.ip, sh.addr, sh.bare = p.identBefore(s), a, true
		return true
	}
	i := bytes.IndexByte(w, ':')
	if i <= 0 {
		return false
	}
	a, ok := parseAddr(w[:i])
	if ok && a.Is4() {
		p.forgetClaims()
		sh.ip, sh.addr, sh.bare = Span{s.Start, s.Start + i}, a, true
		p.port(Span{s.Start + i, s.End})
	}
	return ok && a.Is4()
}

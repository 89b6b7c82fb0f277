package received

import "bytes"

// Parse reads the body of one trace field: what stands behind "Received:", folded or
// not, with any bytes in it. It never fails and never allocates; what cannot be read is
// left empty, and the first such place is in Unread. It takes time linear in the
// length of body, keeps no reference to it, and is safe to call concurrently.
func Parse(body []byte) Field {
	var f Field
	f.Parse(body)
	return f
}

// Parse is Parse in place, into an empty Field: it is large, and that of a header with many
// need not be copied.
func (f *Field) Parse(body []byte) {
	var sh shape
	var said claims
	var p parser // filled in place: it is too large to be copied
	p.b, p.f, p.shape, p.said = body, f, &sh, &said
	p.date.b = body[:p.trim(Span{0, len(body)}).End]
	p.lastClose, p.flatFrom, p.looseFrom, p.lastBy = len(body), len(body), len(body), len(body)-2
	p.parse()
}

func (p *parser) parse() {
	p.split()
	p.parseTime()
	p.readBy()
	p.readVia()
	p.readWith()
	p.readID()
	p.readFor()
	p.readTail()
	p.readLead()
	p.gatherFrom()
	p.finishFamily()
	p.assignFrom()
	p.judgeKind()
	p.findDecoy()
	p.f.Discloses = p.disclosure()
	p.readQueueTime()
	if p.twoBy > 0 {
		p.unread("more than one by clause: a name that imitates a field", p.twoBy)
	}
}

// readLead reads a field that begins with a comment: the notes of qmail, sendmail and filters.
func (p *parser) readLead() {
	it, _, ok := p.next(p.lead)
	if !ok || !it.comment {
		return
	}
	w := it.Of(p.b)
	f := p.f
	switch fam, n := familyOf(w); {
	case hasPrefixFold(w, "from ") && f.From.Ident.Empty():
		user := p.trim(Span{it.Start + 5, it.End})
		if lit, a, ok := p.literal(user); ok && lit.after == user.End { // Symantec's scanner: "(from HELO [192.0.2.1])"
			f.Kind, f.From.HELO = Transfer, p.trim(Span{user.Start, lit.open})
			p.setIP(lit.Span, a)
			return
		}
		f.Kind = Local
		if i := bytes.IndexByte(user.Of(p.b), '@'); i >= 0 {
			user.End = user.Start + i
		}
		f.From.Ident = user
	case p.seen[byClause] && !p.seen[fromClause] && bytes.IndexByte(w, '@') > 0 && indexSpace(w) < 0: // ZMailer: "(list@host) by"
		f.Kind, f.From.Ident = Local, it.Span
	case p.seen[fromClause] || p.seen[byClause]:
	case fam == "ofmipd": // "(ofmipd 192.0.2.1)"
		f.Family, f.Kind = fam, Transfer
		ip := p.trim(Span{it.Start + n, it.End})
		if a, ok := parseAddr(ip.Of(p.b)); ok {
			p.setIP(ip, a)
		}
	case fam == "qmail" && hasPrefixFold(w, "qmail "):
		f.Family, f.Kind = fam, Note
		p.qmailNote(it.Span)
	default:
		f.Family, f.Kind = fam, Note
	}
}

// qmailNote reads "qmail 123 invoked by uid 500" and "qmail 123 invoked from network".
func (p *parser) qmailNote(s Span) {
	id := p.trim(Span{s.Start + len("qmail"), s.End})
	for n := id.Start; ; n++ {
		if n == s.End || !isDigit(p.b[n]) {
			id.End = n
			break
		}
	}
	if !id.Empty() {
		p.f.ID = id
	}
	if i, end := indexFold(s.Of(p.b), "invoked by uid "); i >= 0 {
		p.f.Kind = Local
		p.f.From.Ident = p.trim(Span{s.Start + end, s.End})
	}
}

// judgeKind tells the kind of step from the protocol, the software and the peer.
func (p *parser) judgeKind() {
	f := p.f
	with := f.With.Of(p.b)
	noFrom := p.r[fromClause].Empty()
	switch {
	case f.Kind != "":
	case !p.seen[byClause] && f.From.HELO.Empty() && f.From.Name.Empty() && !f.From.Addr.IsValid():
		f.Kind = Unparsed
		if p.seen[viaClause] {
			f.Kind = Note
		} else {
			p.unread("neither from nor by", 0)
		}
	case f.Family.fetches() || hasPrefixFold(with, "pop") || hasPrefixFold(with, "imap"):
		f.Kind = Fetch
	case p.isLocal(with, noFrom):
		f.Kind = Local
	case hasPrefixFold(with, "lmtp") || hasPrefixFold(with, "utf8lmtp") || f.Family.internal(),
		isWord(with, "mapi"),
		f.From.Addr.IsLoopback(),
		isWord(p.shape.banner.Of(p.b), "lmtp"),
		noFrom && hasPrefixFold(with, "internet mail service"),
		(f.Family == "pmdf" || f.Family == "iplanet") && !f.From.Addr.IsValid() && hasPrefixFold(p.shape.word.Of(p.b), "conversion-daemon."),
		f.Family == "mailenable" && hasSuffixFold(with, "filter"):
		f.Kind = Internal
	default:
		f.Kind = Transfer
	}
	p.renameSender()
}

// isLocal tells submission and pick-up on the machine itself.
func (p *parser) isLocal(with []byte, noFrom bool) bool {
	f, sh := p.f, p.shape
	switch {
	case sh.pickup || sh.local:
		return true
	case f.From.Addr.IsValid():
		return false
	case isWord(with, "local"): // bulk mailers claim it too, without software or ID
		return f.Family != "" || !f.ID.Empty() || noFrom
	case f.Family == "exim" && hasPrefixFold(with, "local-"): // SMTP spoken by a program on the host, in a batch or not
		return true
	case f.Family == "sendmail" && isWord(sh.second.Of(p.b), "localhost"):
		return true
	case f.Family == "mercury":
		w := sh.word.Of(p.b)
		return isWord(w, "spooler") || isWord(w, "spooldir") || hasSuffixFold(w, "/spooldir")
	case f.Family == "aol":
		return bytes.IndexByte(sh.word.Of(p.b), '@') > 0
	}
	// Postfix names no protocol where it made the message itself: a bounce, a forwarding.
	return noFrom && (f.Family == "bulkmailer" || f.Family == "powermta" || f.Family == "postfix" && len(with) == 0)
}

// renameSender corrects what stands behind from where it names no host: the user of a
// pick-up, the spool, the envelope sender of a filter.
func (p *parser) renameSender() {
	f, sh := p.f, p.shape
	switch {
	case f.Kind == Internal && isPhrase(sh.word.Of(p.b), "[unix socket]"):
		f.From = From{}
	case f.Kind == Internal && f.Family == "qmail-scanner":
		f.Envelope, f.From = sh.word, From{}
	case f.Kind != Local || sh.pickup || sh.local || sh.comments > 0 || f.From.Addr.IsValid():
	case f.Family == "mercury":
		f.From = From{}
	case f.From.Ident.Empty():
		f.From = From{Ident: sh.word}
	}
}

// disclosure tells what the field says of the previous hop.
func (p *parser) disclosure() Disclosure {
	f := p.f
	switch {
	case f.Kind == Local || f.Kind == Note || f.Kind == Unparsed:
		return NotAsked
	case f.From.Addr.IsValid():
		return Address
	case !f.From.RDNS.Empty() || !f.From.Name.Empty():
		return NameOnly
	case !f.From.HELO.Empty():
		return HELOOnly
	case f.Kind == Internal:
		return NotAsked
	}
	return None
}

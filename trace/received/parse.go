package received

import "bytes"

// Parse reads the body of one trace field: what stands behind "Received:", folded or
// not, with any bytes in it. It never fails and never allocates; what cannot be read is
// left empty, and the first such place is in Unread. It takes time linear in the
// length of body, keeps no reference to it, and is safe to call concurrently.
func Parse(body []byte) Field {
	p := parser{b: body, lastClose: bytes.LastIndexByte(body, ')')}
	p.split()
	p.parseTime()
	p.readBy()
	p.readWith()
	p.readID()
	p.readFor()
	p.gatherFrom()
	p.readLead()
	p.finishFamily()
	p.assignFrom()
	p.judgeKind()
	p.findDecoy()
	p.f.Discloses = p.disclosure()
	p.readQueueTime()
	if p.twoBy > 0 {
		p.unread("more than one by clause: a name that imitates a field", p.twoBy)
	}
	return p.f
}

// readLead reads a field that begins with a comment: the notes of qmail and sendmail.
func (p *parser) readLead() {
	it, _, ok := p.next(p.lead)
	if !ok || !it.comment {
		return
	}
	w := it.Of(p.b)
	switch {
	case hasPrefixFold(w, "qmail "):
		p.f.Family = "qmail"
		id := Span{it.Start + 6, it.Start + 6}
		for id.End < it.End && isDigit(p.b[id.End]) {
			id.End++
		}
		if p.f.ID.Empty() && !id.Empty() {
			p.f.ID = id
		}
		p.f.Kind = Note
		if i := indexFold(w, "invoked by uid "); i >= 0 {
			p.f.Kind = Local
			p.f.From.Ident = p.trim(Span{it.Start + i + len("invoked by uid "), it.End})
		}
	case hasPrefixFold(w, "from ") && p.f.From.Ident.Empty():
		p.f.Kind = Local
		user := p.trim(Span{it.Start + 5, it.End})
		if i := bytes.IndexByte(user.Of(p.b), '@'); i >= 0 {
			user.End = user.Start + i
		}
		p.f.From.Ident = user
	}
}

// judgeKind tells the kind of step from the protocol, the software and the peer.
func (p *parser) judgeKind() {
	f := &p.f
	with := f.With.Of(p.b)
	switch {
	case f.Kind != "":
	case p.r[fromClause].Empty() && !p.seen[byClause]:
		f.Kind = Unparsed
		if p.seen[viaClause] {
			f.Kind = Note
		} else {
			p.unread("neither from nor by", 0)
		}
	case f.Family.fetches() || hasPrefixFold(with, "pop") || hasPrefixFold(with, "imap"):
		f.Kind = Fetch
	case equalFold(with, "local") && f.From.IP.Empty() && f.From.Name.Empty():
		f.Kind = Local
		if f.From.Ident.Empty() {
			f.From.Ident, f.From.HELO, f.From.RDNS = f.From.HELO, Span{}, Span{}
		}
	case p.shape.pickup:
		f.Kind = Local
	case hasPrefixFold(with, "lmtp") || hasPrefixFold(with, "utf8lmtp") || f.Family.internal(),
		hasPrefixFold(with, "mapi"),
		f.From.Addr.IsLoopback(),
		p.r[fromClause].Empty() && hasPrefixFold(with, "internet mail service"):
		f.Kind = Internal
	default:
		f.Kind = Transfer
	}
}

// disclosure tells what the field says of the previous hop.
func (p *parser) disclosure() Disclosure {
	f := &p.f
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

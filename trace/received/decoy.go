package received

import "bytes"

// findDecoy tells the signatures of bulk mailers that invent trace fields. Each rests on
// something that no mail server is known to write, so that a genuine field is not hit.
func (p *parser) findDecoy() {
	f := p.f
	if f.Kind != Transfer {
		return
	}
	by := f.By.Host.Of(p.b)
	switch {
	case f.Time.Faults.Has(MonthComma):
		f.Decoy = DecoyMonthComma
	case f.Time.Faults.Has(BadYear) && p.date.year >= 100 && p.date.year < 200: // 2002 is 102 from 1900
		f.Decoy = DecoyYear0102
	case f.Family == "" && hasSuffixFold(by, ".net.tw") && oneLabel(f.From.Name.Of(p.b)) && longID(f.ID.Of(p.b)):
		f.Decoy = DecoySeedNet
	case p.randomD():
		f.Decoy = DecoyRandomD
	case p.ownName():
		f.Decoy = DecoyOwnName
	case p.famousBy():
		f.Decoy = DecoyFamousBy
	}
}

// oneLabel reports whether a name is one word without a dot.
func oneLabel(name []byte) bool { return len(name) > 0 && bytes.IndexByte(name, '.') < 0 }

// longID tells the random identifier of letters in both cases and digits, 12 to 32 of
// them, that one mailer invents: the Linux kernel's queue IDs, say, are never so long.
func longID(id []byte) bool {
	if len(id) < 12 || len(id) > 32 {
		return false
	}
	upper, lower := false, false
	for _, c := range id {
		switch {
		case c >= 'A' && c <= 'Z':
			upper = true
		case c >= 'a' && c <= 'z':
			lower = true
		case !isDigit(c):
			return false
		}
	}
	return upper && lower
}

// randomD tells "from D by RANDOM.D with SMTP for": the by-host is the from-host with a
// random label of capitals and digits in front.
func (p *parser) randomD() bool {
	by, name := p.f.By.Host.Of(p.b), p.f.From.Name.Of(p.b)
	n := len(by) - len(name) - 1
	if p.f.Family != "" || n < 4 || len(name) < 4 || by[n] != '.' || !bytes.EqualFold(by[n+1:], name) {
		return false
	}
	for _, c := range by[:n] {
		if !isDigit(c) && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return p.f.ID.Empty() && p.f.ForLen() > 0
}

// ownName tells "from by <own dial-up name> with ESMTP": nobody is named behind from.
func (p *parser) ownName() bool {
	return p.seen[fromClause] && p.r[fromClause].Empty() && p.f.Family == "" && p.f.ID.Empty()
}

// famousBy tells fields of no known software that claim protocols which hardly anything
// speaks (NNFMP, QMQP) or that make no sense across a network (local, asmtp), without an
// identifier. Yahoo's groups did write NNFMP and QMQP, in qmail's shape: day first, -0000.
func (p *parser) famousBy() bool {
	f := p.f
	if f.Family != "" || !f.ID.Empty() || f.ForLen() > 0 {
		return false
	}
	with := f.With.Of(p.b)
	named := !f.From.HELO.Empty() || !f.From.Name.Empty() || !f.From.IP.Empty()
	if !named {
		return false
	}
	if isWord(with, "local") || isWord(with, "asmtp") {
		return true
	}
	if isWord(with, "nnfmp") || isWord(with, "qmqp") {
		return !p.groupsShape()
	}
	return p.aolWithoutBanner()
}

// aolWithoutBanner tells the names of AOL's relays over a field that AOL never wrote:
// its servers give their version, "(v88.20)", and an identifier.
func (p *parser) aolWithoutBanner() bool {
	by := p.f.By.Host.Of(p.b)
	return hasPrefixFold(by, "rly-") && hasSuffixFold(by, ".mx.aol.com")
}

func hasSuffixFold(b []byte, lower string) bool {
	n := len(b) - len(lower)
	return n >= 0 && b[len(b)-1]|0x20 == lower[len(lower)-1]|0x20 && foldPrefix(b[n:], lower) > 0
}

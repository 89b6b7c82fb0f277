package received

import "bytes"

// Family names the software that wrote a field, in lower case: "sendmail", "postfix".
type Family string

// banners tells software by how the text that names it begins, in lower case. They are
// searched by their first letter, in this order; the longer of two that begin alike stands first.
var banners = [...]struct {
	prefix string
	family Family
}{
	{"/\\##/\\ smail", "smail"},
	{"aftermail", "aftermail"},
	{"aix", "sendmail"},
	{"aimc", "aimc"},
	{"altavista mail", "altavista"},
	{"amavis", "amavis"},
	{"aerofox", "aerofox"},
	{"apache james", "james"},
	{"axigen", "axigen"},
	{"barracuda", "barracuda"},
	{"chasquid", "chasquid"},
	{"communigate", "communigate"},
	{"content technologies", "mailsweeper"},
	{"clearswift", "mailsweeper"},
	{"courier", "courier"},
	{"cppmta", "criticalpath"},
	{"cyrus", "cyrus"},
	{"dovecot", "dovecot"},
	{"deepsix", "deepsix"},
	{"ecelerity", "momentum"},
	{"emwac smtprs", "emwac"},
	{"exim", "exim"},
	{"fetchmail", "fetchmail"},
	{"fdnmail", "fdnmail"},
	{"fortimail", "fortimail"},
	{"getmail", "getmail"},
	{"groupwise", "groupwise"},
	{"gnu mailutils", "mailutils"},
	{"haraka", "haraka"},
	{"hmailserver", "hmailserver"},
	{"horde", "horde"},
	{"ibm domino", "domino"},
	{"ibm os/400", "as400"},
	{"icewarp", "merak"},
	{"imail", "imail"},
	{"internet mail service", "exchange-ims"},
	{"intermail", "intermail"},
	{"iplanet", "iplanet"},
	{"ironport", "ironport"},
	{"james smtp", "james"},
	{"jamailserver", "jamail"},
	{"kerio", "kerio"},
	{"kumomta", "kumomta"},
	{"lotus domino", "domino"},
	{"lotus smtp", "domino"},
	{"lsmtp", "lsmtp"},
	{"maddy", "maddy"},
	{"mail-gear", "mailgear"},
	{"mailenable", "mailenable"},
	{"mailscanner", "mailscanner"},
	{"mail_out_v", "aol"},
	{"mdaemon", "mdaemon"},
	{"merak", "merak"},
	{"mercury", "mercury"},
	{"microsoft exchange internet mail", "exchange-ims"},
	{"microsoft exchange server", "exchange"},
	{"microsoft smtp server", "exchange"},
	{"microsoft smtpsvc", "smtpsvc"},
	{"mimecast", "mimecast"},
	{"momentum", "momentum"},
	{"mpop", "mpop"},
	{"msys", "momentum"},
	{"netscape messaging", "iplanet"},
	{"nplex", "criticalpath"},
	{"novell groupwise", "groupwise"},
	{"ntmail", "ntmail"},
	{"nemesis", "nemesis"},
	{"opensmtpd", "opensmtpd"},
	{"oracle communications", "iplanet"},
	{"pmdf", "pmdf"},
	{"post.office", "post-office"},
	{"postfix", "postfix"},
	{"postmaster", "postmaster"},
	{"powermta", "powermta"},
	{"proofpoint", "proofpoint"},
	{"qmail-ldap", "qmail"},
	{"qmail", "qmail"},
	{"qpsmtpd", "qpsmtpd"},
	{"quickmail pro", "quickmail"},
	{"rockliffe", "rockliffe"},
	{"roundcube", "roundcube"},
	{"rspamd", "rspamd"},
	{"sendmail", "sendmail"},
	{"slmail", "slmail"},
	{"slmailpro", "slmail"},
	{"smail", "smail"},
	{"smi-", "sendmail"},
	{"smtpd32", "imail"},
	{"smtpxd", "smtpxd"},
	{"sophos", "sophos"},
	{"squirrelmail", "squirrelmail"},
	{"stalwart", "stalwart"},
	{"sun internet mail", "iplanet"},
	{"sun java", "iplanet"},
	{"sun one", "iplanet"},
	{"surgemail", "surgemail"},
	{"switch-", "sendmail"},
	{"trend micro", "trendmicro"},
	{"v3smtp", "sendmail"},
	{"vircom smtprs", "vircom"},
	{"vpop3", "vpop3"},
	{"wingate", "wingate"},
	{"winroute", "winroute"},
	{"xmail", "xmail"},
	{"zimbra", "zimbra"},
}

// bannerAt is where the banners that begin with a byte stand: first index and one past
// the last. It is filled once and read only.
var bannerAt = func() (at [256][2]int) {
	for i := range banners {
		c := banners[i].prefix[0]
		if at[c][1] == 0 {
			at[c][0] = i
		}
		at[c][1] = i + 1
	}
	return at
}()

// banner takes a comment as the banner of the software that wrote the field, and reads
// its version. It reports whether it is one.
func (p *parser) banner(s Span) bool {
	w := s.Of(p.b)
	if len(w) == 0 {
		return false
	}
	if isDigit(w[0]) {
		if !sendmailVersion(w) {
			return false
		}
		p.setFamily("sendmail", s)
		return true
	}
	fam, n := familyOf(w)
	if fam == "" {
		return false
	}
	rest := Span{s.Start + n, s.End}
	if fam == "sendmail" && !hasPrefixFold(w, "sendmail") && !hasPrefixFold(w, "v3smtp") {
		rest.Start = s.Start
		p.setFamily(fam, rest)
		return true
	}
	p.setFamily(fam, p.version(rest))
	return true
}

func familyOf(w []byte) (Family, int) {
	c := w[0]
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	for _, e := range banners[bannerAt[c][0]:bannerAt[c][1]] {
		if hasPrefixFold(w, e.prefix) {
			return e.family, len(e.prefix)
		}
	}
	return "", 0
}

func (p *parser) setFamily(fam Family, version Span) {
	if p.f.Family == "" {
		p.f.Family = fam
		if p.f.Version.Empty() {
			p.f.Version = version
		}
	}
}

// bannerWithin looks for a banner behind other words in a comment: "running VPOP3".
func (p *parser) bannerWithin(s Span) {
	for rest := s; p.f.Family == ""; {
		it, more, ok := p.next(rest)
		if !ok {
			return
		}
		if !it.comment && p.banner(Span{it.Start, s.End}) {
			return
		}
		rest = more
	}
}

// version finds the first word with a digit behind a product's name.
func (p *parser) version(s Span) Span {
	i := s.Start
	for i < s.End && !isDigit(p.b[i]) {
		if p.b[i] == '#' || p.b[i] == ';' || p.b[i] == ',' {
			return Span{}
		}
		i++
	}
	v := Span{i, i}
	for v.Start > s.Start && isVersionByte(p.b[v.Start-1]) {
		v.Start--
	}
	for v.End < s.End && !isSpace(p.b[v.End]) && bytes.IndexByte([]byte("(),;"), p.b[v.End]) < 0 {
		v.End++
	}
	for v.Start < v.End && (p.b[v.Start] == '/' || p.b[v.Start] == '-' || p.b[v.Start] == '.') {
		v.Start++
	}
	if v.Empty() {
		return Span{}
	}
	return v
}

func isVersionByte(c byte) bool { return isAlpha(c) || c == '.' || c == '-' }

// sendmailVersion tells sendmail's "(8.11.6/8.11.6)", "(3.7W-...)" and "(1.39.111.2/16.2)":
// digits, a dot and more, with the version of the configuration behind a slash, or one of
// the releases that had none.
func sendmailVersion(w []byte) bool {
	dot := bytes.IndexByte(w, '.')
	if dot < 1 || dot > 2 || len(w) < 3 || !isDigit(w[dot+1]) {
		return false
	}
	if bytes.IndexByte(w, '/') > 0 {
		return true
	}
	switch w[0] {
	case '8', '5':
		return dot == 1
	case '3':
		return bytes.IndexByte(w, 'W') > 0
	}
	return false
}

// fetches reports whether the software collects mail by POP or IMAP.
func (f Family) fetches() bool { return f == "fetchmail" || f == "getmail" || f == "mpop" }

// internal reports whether the software only ever takes mail from its own system.
func (f Family) internal() bool {
	return f == "amavis" || f == "cyrus" || f == "dovecot" || f == "mailscanner"
}

// namesClientByLookup reports whether the first word is the looked-up name.
func (f Family) namesClientByLookup() bool { return f == "qmail" || f == "qpsmtpd" }

// writesLiteral reports whether a lone "[ip]" behind from is the peer's address: RFC 5321
// makes it the client's own claim, some servers write what they recorded.
func (f Family) writesLiteral(p *parser) bool {
	switch f {
	case "raptor", "outblaze", "communigate", "exim", "squirrelmail", "horde":
		return true
	}
	return hasPrefixFold(p.f.With.Of(p.b), "http")
}

// writesHELO reports whether a lone word behind from is known to be the client's HELO.
func (f Family) writesHELO() bool {
	switch f {
	case "sendmail", "exchange-ims", "smtpsvc", "postfix", "imail", "mdaemon", "mailsweeper", "domino", "quickmail":
		return true
	}
	return false
}

// finishFamily tells the software by the shape of the field where no banner does.
func (p *parser) finishFamily() {
	f := &p.f
	with := f.With.Of(p.b)
	switch {
	case f.Family != "":
	case hasPrefixFold(with, "microsoft smtpsvc"):
		f.Family = "smtpsvc"
	case hasPrefixFold(with, "microsoft smtp server"), hasPrefixFold(with, "mapi"):
		f.Family = "exchange"
	case hasPrefixFold(with, "internet mail service"):
		f.Family = "exchange-ims"
	case equalFold(p.r[viaClause].Of(p.b), "smtpd"), hasPrefixFold(p.r[viaClause].Of(p.b), "smtpd ("):
		f.Family = "raptor"
	case p.qmailShaped():
		f.Family = "qmail"
	default:
		if _, ok := eximTime(f.ID.Of(p.b)); ok {
			f.Family = "exim"
		}
	}
}

// qmailShaped tells qmail-smtpd, which writes no banner: the address in parentheses
// without brackets, no ID, and the day first with the zone -0000 (UTC).
func (p *parser) qmailShaped() bool {
	t := &p.f.Time
	return p.shape.bare && p.f.ID.Empty() && !t.Stamp.Empty() && isDigit(p.b[t.Stamp.Start]) &&
		bytes.Equal(t.Zone.Of(p.b), []byte("-0000")) && t.Known && !t.Faults.Has(MonthComma)
}

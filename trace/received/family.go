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
	{"aerofox", "aerofox"},
	{"aftermail", "aftermail"},
	{"aimc", "aimc"},
	{"aix", "sendmail"},
	{"altavista mail", "altavista"},
	{"amavis", "amavis"},
	{"apache james", "james"},
	{"appleshare ip mail server", "appleshare"},
	{"avmailgate", "avmailgate"},
	{"argosoft mail server", "argosoft"},
	{"axigen", "axigen"},
	{"azoogle", "azoogle"},
	{"barracuda", "barracuda"},
	{"bulk_mailer", "bulkmailer"},
	{"chasquid", "chasquid"},
	{"clearswift", "mailsweeper"},
	{"communigate", "communigate"},
	{"content technologies", "mailsweeper"},
	{"coremail", "netease"},
	{"courier", "courier"},
	{"cppmta", "criticalpath"},
	{"cyrus", "cyrus"},
	{"deepsix", "deepsix"},
	{"dmail", "dmail"},
	{"dovecot", "dovecot"},
	{"ecelerity", "momentum"},
	{"egp: mail", "yahoo"},
	{"emwac smtprs", "emwac"},
	{"eudora internet mail server", "eims"},
	{"exim", "exim"},
	{"f-secure anti-virus", "fsecure"},
	{"fdnmail", "fdnmail"},
	{"fetchmail", "fetchmail"},
	{"fortimail", "fortimail"},
	{"getmail", "getmail"},
	{"gnu mailutils", "mailutils"},
	{"groupwise", "groupwise"},
	{"halon", "halon"},
	{"haraka", "haraka"},
	{"hmailserver", "hmailserver"},
	{"horde", "horde"},
	{"ibm domino", "domino"},
	{"ibm os/400", "as400"},
	{"icewarp", "merak"},
	{"ideasmtpserver", "ideasmtpserver"},
	{"imail", "imail"},
	{"intermail", "intermail"},
	{"internet mail service", "exchange-ims"},
	{"interscan e-mail viruswall", "trendmicro"},
	{"interscan", "trendmicro"},
	{"iplanet", "iplanet"},
	{"ironport", "ironport"},
	{"jamailserver", "jamail"},
	{"james smtp server", "james"},
	{"jetmail", "jetmail"},
	{"kerio", "kerio"},
	{"kumomta", "kumomta"},
	{"listserv-tcp/ip release", "listserv"},
	{"litemail", "litemail"},
	{"lotus domino", "domino"},
	{"lotus smtp", "domino"},
	{"lsmtp", "lsmtp"},
	{"maddy", "maddy"},
	{"mail-gear", "mailgear"},
	{"mail_out_", "aol"},
	{"mailenable inbound mail agent", "mailenable"},
	{"mailenable", "mailenable"},
	{"mailgate ", "mailgate"},
	{"mailmarshal", "mailmarshal"},
	{"mailrouter", "mailrouter"},
	{"mailscanner", "mailscanner"},
	{"mailshield", "mailshield"},
	{"mailtraq", "mailtraq"},
	{"mdaemon.pro", "mdaemon"},
	{"mdaemon", "mdaemon"},
	{"meproxy", "fastmail"},
	{"merak", "merak"},
	{"mercury/32", "mercury"},
	{"mercury", "mercury"},
	{"messagewall", "messagewall"},
	{"microsoft exchange internet mail", "exchange-ims"},
	{"microsoft exchange server", "exchange"},
	{"microsoft smtp server", "exchange"},
	{"microsoft smtpsvc", "smtpsvc"},
	{"mimecast", "mimecast"},
	{"momentum", "momentum"},
	{"mos ", "mirapoint"},
	{"mpop", "mpop"},
	{"msys", "momentum"},
	{"mxback/yandex", "yandex"},
	{"navgw", "navgw"},
	{"nemesis", "nemesis"},
	{"netmail smtp agent", "netmail"},
	{"netscape messaging", "iplanet"},
	{"newesmtp", "qq"},
	{"novell groupwise", "groupwise"},
	{"novell_groupwise", "groupwise"},
	{"nplex", "criticalpath"},
	{"ntmail", "ntmail"},
	{"nwsmtp/yandex", "yandex"},
	{"oath hermes", "yahoo"},
	{"ofmipd", "ofmipd"},
	{"opensmtpd", "opensmtpd"},
	{"oracle beehive gateway", "beehive"},
	{"oracle communications", "iplanet"},
	{"pmdf", "pmdf"},
	{"post.office", "post-office"},
	{"postfix", "postfix"},
	{"postmaster", "postmaster"},
	{"powermta(tm)", "powermta"},
	{"powermta", "powermta"},
	{"proofpoint", "proofpoint"},
	{"qmail-ldap", "qmail"},
	{"qmail-scanner", "qmail-scanner"},
	{"qmail", "qmail"},
	{"qpsmtpd", "qpsmtpd"},
	{"quickmail pro", "quickmail"},
	{"rockliffe", "rockliffe"},
	{"roundcube", "roundcube"},
	{"rspamd", "rspamd"},
	{"savsmtp", "savsmtp"},
	{"scalix smtp relay", "scalix"},
	{"scanned by protecmail", "protecmail"},
	{"sendmail", "sendmail"},
	{"simpleemailservice", "ses"},
	{"slmailpro", "slmail"},
	{"slmail", "slmail"},
	{"smail", "smail"},
	{"smap", "smap"},
	{"smi-", "sendmail"},
	{"smtp/yandex", "yandex"},
	{"smtpbeamer", "smtpbeamer"},
	{"smtpcorp/yandex", "yandex"},
	{"smtpd32", "imail"},
	{"smtpl release", "smtpl"},
	{"smtpxd", "smtpxd"},
	{"sophos", "sophos"},
	{"spam firewall", "barracuda"},
	{"spamassassin", "spamassassin"},
	{"squirrelmail", "squirrelmail"},
	{"stalwart smtp", "stalwart"},
	{"stalwart", "stalwart"},
	{"sun internet mail", "iplanet"},
	{"sun java", "iplanet"},
	{"sun one", "iplanet"},
	{"surgemail", "surgemail"},
	{"switch-", "sendmail"},
	{"symantec messaging gateway", "symantec"},
	{"trend micro", "trendmicro"},
	{"trendmicro hosted", "trendmicro"},
	{"tumbleweed", "tumbleweed"},
	{"v3smtp", "sendmail"},
	{"vircom smtprs", "vircom"},
	{"visnetic.mailserver", "merak"},
	{"vpop3", "vpop3"},
	{"vzm hermes", "yahoo"},
	{"wingate", "wingate"},
	{"winroute", "winroute"},
	{"xmail", "xmail"},
	{"yahoo inc. hermes", "yahoo"},
	{"yandex", "yandex"},
	{"zimbra", "zimbra"},
	{"zmailer", "zmailer"},
}

// wholeBanners are comments too short to be told by how they begin.
var wholeBanners = [...]struct {
	text   string
	family Family
}{{"imp", "horde"}, {"pps", "proofpoint"}, {"sg", "sendgrid"}}

// bannerAt is where the banners stand that begin with two bytes: first index and one past
// the last. It is filled once and read only.
var bannerAt = func() (at [1 << 10][2]uint8) {
	for i := range banners {
		k := twoLetters(banners[i].prefix[0], banners[i].prefix[1])
		if at[k][1] == 0 {
			at[k][0] = uint8(i)
		}
		at[k][1] = uint8(i + 1)
	}
	return at
}()

// twoLetters makes one number of two letters, the same for both cases. Other bytes may
// share it with letters.
func twoLetters(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// banner takes a comment as the banner of the software that wrote the field, and reads
// its version. It reports whether it is one.
func (p *parser) banner(s Span) bool {
	w := s.Of(p.b)
	if len(w) == 0 {
		return false
	}
	if len(w) <= len("pps") {
		for i := range wholeBanners {
			if isWord(w, wholeBanners[i].text) {
				p.setFamily(wholeBanners[i].family, Span{})
				return true
			}
		}
	}
	if isDigit(w[0]) {
		fam := versionAlone(w)
		if fam != "" {
			p.setFamily(fam, s)
		}
		return fam != ""
	}
	fam, n := familyOf(w)
	switch {
	case fam == "":
		return false
	case fam == "sendmail" && !hasPrefixFold(w, "sendmail"): // the version of a maker's own sendmail
		if i, _ := indexFold(w, " copyright "); i > 0 {
			s.End = s.Start + i
		}
		p.setFamily(fam, s)
	case fam == "argosoft": // "Pro for WinNT/2000/XP, Version 1.8 (1.8.6.7)"
		_, at := indexFold(w, "version ")
		p.setFamily(fam, p.versionWord(Span{s.Start + max(at, n), s.End}))
	default:
		p.setFamily(fam, p.productVersion(Span{s.Start + n, s.End}))
	}
	return true
}

func familyOf(w []byte) (Family, int) {
	if len(w) < 2 {
		return "", 0
	}
	at := bannerAt[twoLetters(w[0], w[1])]
	for i := at[0]; i < at[1]; i++ {
		if n := foldPrefix(w, banners[i].prefix); n > 0 {
			return banners[i].family, n
		}
	}
	return "", 0
}

func (p *parser) setFamily(fam Family, version Span) {
	if p.f.Family == "" {
		p.f.Family = fam
		if p.f.Version.Empty() && fam != "ses" { // its comment tells the host, not the version
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
		if fam, n := familyOf(p.b[it.Start:s.End]); fam != "" && !it.comment {
			p.setFamily(fam, p.productVersion(Span{it.Start + n, s.End}))
			return
		}
		rest = more
	}
}

// productVersion finds the first word with a digit behind a product's name. What stands
// behind a word such as "on" or "authenticated" is something else's.
func (p *parser) productVersion(s Span) Span {
	for i := s.Start; i < s.End; {
		c := p.b[i]
		switch {
		case c == ';' || c == ',' || c == '#':
			return Span{}
		case isSpace(c) || c == '(' || c == ')' || c == '-' || c == '/' || c == '.':
			i++
		default:
			v := p.versionWord(Span{i, s.End})
			if hasDigit(v.Of(p.b)) {
				return v
			}
			if w := v.Of(p.b); len(w) == 0 || isWord(w, "on") || isWord(w, "authenticated") {
				return Span{}
			}
			i = v.End
		}
	}
	return Span{}
}

// versionWord takes a word up to a blank or punctuation; "2002(12)" is one.
func (p *parser) versionWord(s Span) Span {
	v := Span{s.Start, s.Start}
	for v.End < s.End && p.b[v.End] != ')' && p.b[v.End] != ',' && classOf[p.b[v.End]]&wordEnd == 0 {
		v.End++
	}
	if v.End+1 < s.End && p.b[v.End] == '(' && isDigit(p.b[v.End+1]) {
		n := v.End
		for n < min(s.End, v.End+24) && p.b[n] != ')' && !isSpace(p.b[n]) {
			n++
		}
		if n < s.End && p.b[n] == ')' {
			v.End = n + 1
		}
	}
	return v
}

func hasDigit(w []byte) bool {
	for _, c := range w {
		if isDigit(c) {
			return true
		}
	}
	return false
}

// versionAlone tells software by a comment that is nothing but a version. Sendmail:
// "(8.11.6/8.11.6)", "(3.7W-...)", "(1.39.111.2/16.2)": digits, a dot and more, with the
// version of the configuration behind a slash, or one of the releases that had none.
// CriticalPath: "(6.5.007)", the last part three digits.
func versionAlone(w []byte) Family {
	dot := bytes.IndexByte(w, '.')
	if dot < 1 || dot > 2 || !isDigit(w[dot-1]) || dot+1 == len(w) || !isDigit(w[dot+1]) {
		return ""
	}
	switch {
	case bytes.IndexByte(w, '/') > 0,
		dot == 1 && (w[0] == '8' || w[0] == '5'),
		w[0] == '3' && bytes.IndexByte(w, 'W') > 0:
		return "sendmail"
	case len(w) == 7 && dot == 1 && w[3] == '.' && isDigit(w[4]) && isDigit(w[5]) && isDigit(w[6]):
		return "criticalpath"
	}
	return ""
}

// fetches reports whether the software collects mail by POP or IMAP.
func (f Family) fetches() bool { return f == "fetchmail" || f == "getmail" || f == "mpop" }

// internal reports whether the software only ever takes mail from its own system.
func (f Family) internal() bool {
	return f == "amavis" || f == "cyrus" || f == "dovecot" || f == "mailscanner" || f == "qmail-scanner" ||
		f == "groupwise" || f == "listserv" || f == "spamassassin" || f == "avg"
}

// namesClientByLookup reports whether the first word is the looked-up name.
func (f Family) namesClientByLookup() bool {
	return f == "qmail" || f == "qpsmtpd" || f == "smap" || f == "james" || f == "horde" || f == "roundcube" || f == "ironport" || f == "zimbra"
}

// writesLiteral reports whether a lone "[ip]" behind from is the peer's address: RFC 5321
// makes it the client's own claim, some servers write what they recorded.
func (f Family) writesLiteral(p *parser) bool {
	switch f {
	case "argosoft", "mailgate", "messagewall", "raptor", "outblaze", "communigate", "ntmail", "squirrelmail", "horde", "yahoo":
		return true
	}
	return p.overHTTP()
}

// writesHELO reports whether a lone word behind from is known to be the client's HELO.
func (f Family) writesHELO() bool {
	switch f {
	case "altavista", "chasquid", "cyrus", "domino", "dovecot", "exchange-ims", "imail", "mailsweeper", "mdaemon", "postfix", "sendmail", "smail", "smtpsvc", "vpop3":
		return true
	}
	return false
}

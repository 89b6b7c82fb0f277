package received

import "bytes"

// finishFamily tells the software by the shape of the field where no banner does.
func (p *parser) finishFamily() {
	f := p.f
	if f.Family == "" {
		f.Family = p.familyByService()
	}
	if f.Family == "" {
		f.Family = p.familyByShape()
	}
	if f.Family == "" && p.sendmailID() {
		f.Family = "sendmail"
		if hasDigit(p.shape.banner.Of(p.b)) {
			f.Version = p.shape.banner
		}
	}
	if f.Family == "sendmail" && f.From.Addr.BitLen() == 0 && p.shape.addr.IsLoopback() && isWord(p.shape.word.Of(p.b), "pps.filterd") {
		f.Family = "proofpoint" // Proofpoint's filter hands back to its own sendmail
	}
	if f.Family == "exchange" && dotted(f.ID.Of(p.b)) { // Exchange puts its version there
		f.Version, f.ID = f.ID, Span{}
	}
}

func (p *parser) familyByShape() Family {
	f, sh := p.f, p.shape
	id := f.ID.Of(p.b)
	switch {
	case isWord(f.With.Of(p.b), "mapi"):
		return "exchange"
	case isWord(f.Via.Of(p.b), "smtpd"):
		return "raptor"
	case p.aolShaped():
		f.Version = sh.banner
		return "aol"
	case isWord(f.Via.Of(p.b), "tcp") && f.By.Addr.IsValid() && id == nil && p.qmailDate():
		return "mailfront"
	case (hasPrefixFold(f.With.Of(p.b), "pop3") || hasPrefixFold(f.With.Of(p.b), "imap4")) && p.qmailDate():
		return "getmail"
	case sh.lhlo:
		return "zimbra"
	case sh.webPost:
		return "roundcube"
	case sh.quoted, zmailerID(id):
		return "zmailer"
	case p.qmailShaped():
		return "qmail"
	case sh.heloWord && sh.addr.IsValid() && !sh.bare && id == nil && p.dayFirst() && !p.qmailDate():
		return "ironport"
	case p.sendGridShaped():
		return "sendgrid"
	case simtaID(id):
		return "simta"
	case fortiMailID(id):
		return "fortimail"
	case proofpointID(id):
		return "proofpoint"
	case gmailShaped(f, id):
		return "gmail"
	case eximID(id):
		return "exim"
	case courierID(id), sh.mapped && id == nil:
		return "courier"
	case interMailID(id):
		return "intermail"
	case sh.bySender && p.r[fromClause].Empty() && len(id) == 8:
		return "maddy"
	}
	return ""
}

// services are mail systems of one operator, which write no banner: told by the domain of
// the by-host together with the protocol, "" for any. Bulk mailers name the same hosts over
// protocols that those never wrote.
var services = [...]struct {
	domain, with string
	family       Family
}{
	{".mail.ru", "", "mailru"},
	{".hotmail.com", "http", "hotmail"},
	{".hotmail.msn.com", "http", "hotmail"},
	{".outblaze.com", "http", "outblaze"},
	{".yahoo.com", "http", "yahoo"},
	{".google.com", "", "gmail"},
	{".cudaops.com", "", "barracuda"},
	{".mailgun.org", "", "mailgun"},
	{".mailgun.net", "", "mailgun"},
	{".mimecast.com", "", "mimecast"},
	{".amazonaws.com", "", "ses"},
	{".yandex.net", "", "yandex"},
	{".zohomail.com", "", "zoho"},
	{".protonmail.ch", "", "proton"},
}

func (p *parser) familyByService() Family {
	f := p.f
	if f.Time.Faults&(MonthComma|BadYear) != 0 {
		return ""
	}
	by := f.By.Host.Of(p.b)
	for i := range services {
		s := &services[i]
		if hasSuffixFold(by, s.domain) && (s.with == "" || isWord(f.With.Of(p.b), s.with) || isWord(f.Via.Of(p.b), s.with)) {
			return s.family
		}
	}
	if hasSuffixFold(by, ".yahoo.com") && (isWord(f.With.Of(p.b), "nnfmp") && p.groupsShape() || p.shape.heloWord && !p.dayFirst() || p.shape.login) {
		return "yahoo"
	}
	return ""
}

// qmailShaped tells qmail-smtpd, which writes no banner: the address in parentheses
// without brackets, no ID, and the day first with the zone -0000 (UTC).
func (p *parser) qmailShaped() bool {
	return p.shape.bare && p.f.ID.Empty() && p.qmailDate()
}

// dayFirst reports whether the date begins with the day, not the weekday.
func (p *parser) dayFirst() bool {
	return !p.f.Time.Stamp.Empty() && isDigit(p.b[p.f.Time.Stamp.Start])
}

// qmailDate tells qmail's dates: the day first, the zone -0000.
func (p *parser) qmailDate() bool {
	t := &p.f.Time
	return p.dayFirst() && bytes.Equal(t.Zone.Of(p.b), []byte("-0000")) && t.Known && !t.Faults.Has(MonthComma)
}

// groupsShape tells the fields of Yahoo's groups: "from [ip] by" with NNFMP, "from
// unknown (ip) by" with QMQP, "22 Aug 2002 13:38:25 -0000".
func (p *parser) groupsShape() bool {
	with := p.f.With.Of(p.b)
	return (isWord(with, "nnfmp") && p.shape.comments == 0 || isWord(with, "qmqp") && p.shape.bare) && p.qmailDate()
}

// aolShaped tells AOL's inbound relays: "(v88.20)" and "id MAILIN...".
func (p *parser) aolShaped() bool {
	v := p.shape.banner.Of(p.b)
	return len(v) > 3 && v[0] == 'v' && isDigit(v[1]) && hasPrefixFold(p.f.ID.Of(p.b), "mailin")
}

// gmailShaped tells Gmail: an address of 10.0.0.0/8 written as 6to4, which is nobody's, or
// an ID that ends in a date or in milliseconds.
func gmailShaped(f *Field, id []byte) bool {
	if f.By.Addr.Is6() {
		a := f.By.Addr.As16()
		return a[0] == 0x20 && a[1] == 2 && a[2] == 10
	}
	_, ok := gmailTime(id)
	return ok
}

func eximID(id []byte) bool {
	_, ok := eximTime(id)
	return ok
}

// courierID tells Courier's IDs: three groups of 8 or 16 hexadecimal digits.
func courierID(id []byte) bool {
	groups, n := 1, 0
	for _, c := range id {
		switch {
		case c == '.' && (n == 8 || n == 16):
			groups, n = groups+1, 0
		case isDigit(c) || c >= 'A' && c <= 'F':
			n++
		default:
			return false
		}
	}
	return groups == 3 && (n == 8 || n == 16)
}

// simtaID tells simta's IDs: "434B508E.174A6.13932".
func simtaID(id []byte) bool {
	if len(id) < 13 || id[8] != '.' {
		return false
	}
	dots := 0
	for i, c := range id {
		if c == '.' {
			dots++
		} else if !isDigit(c) && (dots > 1 || c < 'A' || c > 'F') || i < 8 && c == '.' {
			return false
		}
	}
	return dots == 2 && !courierID(id)
}

// fortiMailID tells two of sendmail's IDs with a hyphen between them.
func fortiMailID(id []byte) bool {
	i := bytes.IndexByte(id, '-')
	if i < 0 {
		return false
	}
	_, one := sendmailTime(id[:i], 2010)
	_, two := sendmailTime(id[i+1:], 2010)
	return one && two
}

// proofpointID tells Proofpoint's IDs: ten small letters and digits, and a number: "34cx6xw32a-1".
func proofpointID(id []byte) bool {
	if len(id) < 12 || len(id) > 13 || id[10] != '-' {
		return false
	}
	for i, c := range id {
		if i != 10 && !isDigit(c) && (i > 10 || c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// zmailerID tells ZMailer's IDs: "S266141AbTGIVFx".
func zmailerID(id []byte) bool {
	if len(id) < 12 || id[0] != 'S' {
		return false
	}
	i := 1
	for i < len(id) && isDigit(id[i]) {
		i++
	}
	if i < 6 || len(id)-i != 8 || id[i] != 'A' || id[i+1] != 'b' {
		return false
	}
	for _, c := range id[i:] {
		if !isAlpha(c) {
			return false
		}
	}
	return true
}

// sendGridShaped tells SendGrid's inner hosts: an ID that begins with the host's name, and
// a date as Go prints it.
func (p *parser) sendGridShaped() bool {
	f := p.f
	host, id := f.By.Host.Of(p.b), f.ID.Of(p.b)
	if i := bytes.IndexByte(host, '.'); i > 0 {
		host = host[:i]
	}
	return len(host) > 4 && len(id) > len(host) && bytes.HasPrefix(id, host) && id[len(host)] == '-' &&
		f.Time.Faults.Has(NoSemicolon) && p.r[fromClause].Empty()
}

// interMailID tells InterMail's IDs: "20020923073338.MLTG14491.host@name".
func interMailID(id []byte) bool {
	if len(id) < 24 || id[14] != '.' {
		return false
	}
	for i, c := range id[:22] {
		if i < 14 && !isDigit(c) || i > 14 && i < 19 && (c < 'A' || c > 'Z') || i >= 19 && !isDigit(c) && c != '.' {
			return false
		}
	}
	return bytes.IndexByte(id, '@') > 0
}

// dotted reports whether w is a version: numbers with dots between them.
func dotted(w []byte) bool {
	dots := 0
	for _, c := range w {
		switch {
		case c == '.':
			dots++
		case !isDigit(c):
			return false
		}
	}
	return dots > 1
}

// sendmailID tells sendmail whose banner was changed or taken out, by a queue ID that
// agrees with the stamp: to a day in the newer form, to an hour in the older.
func (p *parser) sendmailID() bool {
	t, id := &p.f.Time, p.f.ID.Of(p.b)
	if !t.Known {
		return false
	}
	if unix, ok := sendmailTime(id, t.year()); ok {
		return unix-t.Unix < 86400 && t.Unix-unix < 86400
	}
	hour, ok := sendmailHour(id)
	stamped := int((t.Unix+int64(t.offset))/3600%24+24) % 24
	return ok && (hour == stamped || (hour+1)%24 == stamped)
}

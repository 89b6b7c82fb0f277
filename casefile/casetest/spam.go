package casetest

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// spam makes spam n as its recipient has it. Fields about a wrapper are left empty.
func (m *Mailbox) spam(n int) Message {
	r := m.random(n, streamSpam)
	in := m.incidentOf(r)
	msg := Message{
		Incident: in.Number, Spam: n, Relay: pick(r, in.Relays), Source: pick(r, in.Sources),
		Forged:    in.forged(r) + "@" + pick(r, in.Domains),
		Recipient: pick(r, firstNames) + "." + pick(r, lastNames) + "@" + recipientDomain(r),
		Subject:   pick(r, in.Subjects),
	}
	msg.Relayed = in.at(r)
	x := &m.Relays[msg.Relay]
	helo := pick(r, []string{"pc" + token(r, 4, hexDigits), "mail.post.example", "yahoo.com", "aol.com", "hotmail.com", "smtp.bank.example", domainOf(msg.Forged)})
	own, id := x.field(r, msg.Source, helo, msg.Recipient, msg.Relayed)
	msg.QueueID = id
	wait := time.Duration(r.ExpFloat64()*40) * time.Second
	msg.Arrived = msg.Relayed.Add(wait).In(zoneOf(msg.Recipient))

	var b strings.Builder
	fmt.Fprintf(&b, "Return-Path: <%s>\n", msg.Forged)
	fmt.Fprintf(&b, "Received: %s\n", delivered(r, x, "mx."+domainOf(msg.Recipient), msg.Recipient, msg.Arrived))
	if own != "" {
		fmt.Fprintf(&b, "Received: %s\n", own)
	}
	if r.IntN(12) == 0 { // invented by the program
		fmt.Fprintf(&b, "Received: from %s by %s.example with SMTP; %s\n", pick(r, companies)+".example", token(r, 7, lowers), msg.Relayed.Add(-time.Hour).UTC().Format(dateNumeric))
	}
	l := letter{Rand: r, msg: &msg, in: in, to: msg.Recipient, from: msg.Forged, date: msg.Relayed.Add(-time.Duration(r.IntN(90)) * time.Second)}
	l.subject = msg.Subject
	switch r.IntN(3) {
	case 0:
		l.subject += strings.Repeat(" ", 8+r.IntN(30)) + token(r, 5+r.IntN(6), lowers)
	case 1:
		l.subject = localOf(msg.Recipient) + ", " + strings.ToLower(l.subject[:1]) + l.subject[1:]
	}
	mailerOf(in.Mailer).write(&l, &b)
	msg.Data = []byte(b.String())
	return msg
}

// at chooses when a spam is sent: many at the beginning, fewer at night.
func (in *Incident) at(r *rand.Rand) time.Time {
	length := in.End.Sub(in.Start)
	for {
		t := in.Start.Add(time.Duration(float64(length) * r.Float64() * r.Float64()))
		if h := t.Hour(); h >= 7 || r.IntN(4) == 0 {
			return t.Truncate(time.Second)
		}
	}
}

func (in *Incident) forged(r *rand.Rand) string {
	switch in.Local {
	case "letters":
		return token(r, 6+in.Number%4, lowers)
	case "name":
		return pick(r, firstNames) + "." + pick(r, lastNames)
	}
	return pick(r, nouns) + fmt.Sprintf("%03d", r.IntN(1000))
}

func recipientDomain(r *rand.Rand) string {
	return fmt.Sprintf("%s%d.example.%s", pick(r, companies), r.IntN(12), pick(r, countries))
}

func zoneOf(address string) *time.Location {
	h := len(address)%4 - 1
	return time.FixedZone("", h*3600)
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
func localOf(address string) string  { return address[:strings.LastIndexByte(address, '@')] }

var firstNames = strings.Fields(`pat jo kim sam alex robin chris marion dana lee max toni andrea jean carol ivo nils olga petra remi`)
var lastNames = strings.Fields(`moss park hale field stone rivers woods lake hill brook marsh dale ford glen heath wells barnes cole frost gray`)

// letter is what a mailer makes a message of.
type letter struct {
	*rand.Rand
	msg      *Message
	in       *Incident
	from, to string
	subject  string
	date     time.Time
}

// mailer is a program that sends spam. Several runs use the same one.
type mailer struct {
	name  string
	write func(*letter, *strings.Builder)
}

var mailers = []mailer{
	{"outlook", outlook}, {"bat", bat}, {"bare", bare}, {"stealth", stealth}, {"eudora", eudora}, {"script", script},
}

func mailerOf(name string) *mailer {
	for i := range mailers {
		if mailers[i].name == name {
			return &mailers[i]
		}
	}
	panic("casetest: no mailer " + name)
}

func (l *letter) id(format string, args ...any) string {
	l.msg.MessageID = "<" + fmt.Sprintf(format, args...) + ">"
	return l.msg.MessageID
}

func outlook(l *letter, b *strings.Builder) {
	boundary := fmt.Sprintf("----=_NextPart_000_%04X_01C2E%s.%s", l.IntN(1<<16), strings.ToUpper(token(l.Rand, 3, hexDigits)), strings.ToUpper(token(l.Rand, 8, hexDigits)))
	fmt.Fprintf(b, "Message-ID: %s\nFrom: \"%s\" <%s>\nTo: <%s>\nSubject: %s\nDate: %s\nMIME-Version: 1.0\nContent-Type: multipart/alternative;\n\tboundary=\"%s\"\n"+
		"X-Priority: 3\nX-MSMail-Priority: Normal\nX-Mailer: Microsoft Outlook Express 6.00.2800.1106\nX-MimeOLE: Produced By Microsoft MimeOLE V6.00.2800.1106\n\n",
		l.id("%s$%s$%s@%s", token(l.Rand, 12, hexDigits), token(l.Rand, 8, hexDigits), token(l.Rand, 8, hexDigits), token(l.Rand, 6, lowers)),
		l.name(), l.from, l.to, l.subject, l.date.Format(dateNumeric), boundary)
	fmt.Fprintf(b, "This is a multi-part message in MIME format.\n\n--%s\nContent-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n%s\n", boundary, quoted(l.plain()))
	fmt.Fprintf(b, "--%s\nContent-Type: text/html; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n%s\n--%s--\n", boundary, quoted(l.page()), boundary)
}

func bat(l *letter, b *strings.Builder) {
	boundary := "----------" + strings.ToUpper(token(l.Rand, 14, hexDigits))
	fmt.Fprintf(b, "Date: %s\nFrom: %s <%s>\nX-Mailer: The Bat! (v1.62q) Personal\nReply-To: %s <%s>\nX-Priority: 3 (Normal)\nMessage-ID: %s\nTo: %s\nSubject: %s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"%s\"\n\n",
		l.date.Format(dateNumeric), l.name(), l.from, l.name(), l.from, l.id("%d.%s@%s", 100000000+l.IntN(800000000), l.date.Format("20060102150405"), domainOf(l.from)), l.to, l.subject, boundary)
	kind, text := "text/plain", l.plain()
	if l.in.html {
		kind, text = "text/html", l.page()
	}
	fmt.Fprintf(b, "--%s\nContent-Type: %s; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n%s\n--%s--\n", boundary, kind, text, boundary)
}

func bare(l *letter, b *strings.Builder) {
	fmt.Fprintf(b, "From: <%s>\nSubject: %s\nTo: %s\nDate: %s\nMessage-Id: %s\n", l.from, l.subject, l.to, l.date.Format(dateNumeric), l.id("%s@%s", token(l.Rand, 16, base62), domainOf(l.from)))
	if l.in.html {
		fmt.Fprintf(b, "MIME-Version: 1.0\nContent-Type: text/html\n\n%s\n", l.page())
		return
	}
	fmt.Fprintf(b, "\n%s\n", l.plain())
}

func stealth(l *letter, b *strings.Builder) {
	fmt.Fprintf(b, "Reply-To: <%s>\nMessage-ID: %s\nFrom: <%s>\nTo: <%s>\nSubject: %s\nDate: %s\nMiME-Version: 1.0\nContent-Type: text/html;\n\tcharset=\"iso-8859-1\"\nContent-Transfer-Encoding: base64\nX-Mailer: QUALCOMM Windows Eudora Version 5.1\nImportance: Normal\n\n",
		l.from, l.id("%03dd%02dc%02da%02d$%s$%s@%s", l.IntN(100), l.IntN(100), l.IntN(100), l.IntN(100), token(l.Rand, 8, "0123456789"), token(l.Rand, 8, hexDigits), token(l.Rand, 6, lowers)), l.from, l.to, l.subject, l.date.Format(dateNumeric))
	text := base64.StdEncoding.EncodeToString([]byte(l.page()))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\n")
		text = text[76:]
	}
	b.WriteString(text + "\n")
}

func eudora(l *letter, b *strings.Builder) {
	fmt.Fprintf(b, "X-Mailer: Internet Mail Service (5.5.2650.21)\nX-Priority: 1\nDate: %s\nTo: %s\nFrom: \"%s\" <%s>\nSubject: %s\nMessage-Id: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\"us-ascii\"\n\n%s\n",
		l.date.Format(dateNumeric), l.to, l.name(), l.from, l.subject, l.id("%s.%s@%s", token(l.Rand, 10, "0123456789"), token(l.Rand, 5, base62), domainOf(l.from)), l.plain())
}

func script(l *letter, b *strings.Builder) {
	fmt.Fprintf(b, "To: %s\nSubject: %s\nFrom: %s <%s>\nX-Mailer: PHP/4.1.2\nDate: %s\nMessage-ID: %s\nContent-type: text/html\n\n%s\n",
		l.to, l.subject, l.name(), l.from, l.date.Format(dateNumeric), l.id("%s.%s@%s", token(l.Rand, 13, hexDigits), l.date.Format("20060102"), domainOf(l.from)), l.page())
}

func (l *letter) name() string {
	n, f := pick(l.Rand, firstNames), pick(l.Rand, lastNames)
	return strings.ToUpper(n[:1]) + n[1:] + " " + strings.ToUpper(f[:1]) + f[1:]
}

// sentences chooses a version of the text and leaves a few sentences out.
func (l *letter) sentences() []string {
	text := pick(l.Rand, l.in.texts)
	out := make([]string, 0, len(text)+2)
	for _, s := range text {
		if len(text) < 8 || l.IntN(12) > 0 {
			out = append(out, s)
		}
	}
	return append(out, pick(l.Rand, boilerplate))
}

func (l *letter) link() string {
	host := pick(l.Rand, l.in.Links)
	switch l.IntN(3) {
	case 0:
		host = token(l.Rand, 5, lowers) + "." + host
	case 1:
		host = "www." + host
	}
	return fmt.Sprintf("http://%s/%s?%s", host, token(l.Rand, 4, lowers), token(l.Rand, 8, hexDigits))
}

// buster gives random words that no two messages share.
func (l *letter) buster() string {
	words := make([]string, 0, l.in.busy)
	for range l.IntN(l.in.busy + 1) {
		if l.IntN(2) == 0 {
			words = append(words, pick(l.Rand, nouns))
		} else {
			words = append(words, token(l.Rand, 3+l.IntN(9), lowers))
		}
	}
	return strings.Join(words, " ")
}

func (l *letter) plain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Dear %s,\n\n", localOf(l.to))
	for i, s := range l.sentences() {
		b.WriteString(s + "\n")
		if i%4 == 3 {
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n%s\n", l.link(), wrap(l.buster()), token(l.Rand, 12, upperDigits))
	return b.String()
}

func (l *letter) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.0 Transitional//EN\" \"http://www.w3.org/TR/REC-html40/loose.dtd\">\n<html><head><title>%s</title></head>\n<body bgcolor=#ffffff><p>Hello %s</p>\n", token(l.Rand, 8, lowers), localOf(l.to))
	for _, s := range l.sentences() {
		if cut := l.IntN(len(s)); l.IntN(3) == 0 {
			s = s[:cut] + "<!--" + token(l.Rand, 6+l.IntN(10), lowers) + "-->" + s[cut:]
		}
		fmt.Fprintf(&b, "<p><font size=2>%s</font></p>\n", s)
	}
	if l.in.common != "" && l.IntN(3) > 0 {
		fmt.Fprintf(&b, "<img src=\"http://%s/%s.gif\">\n", l.in.common, token(l.Rand, 6, lowers))
	}
	fmt.Fprintf(&b, "<a href=\"%s\">click here</a>\n<p><font color=#fffffe>%s</font></p>\n<!-- %s -->\n</body></html>", l.link(), wrap(l.buster()), token(l.Rand, 20, base62))
	return b.String()
}

// wrap breaks a line of words.
func wrap(s string) string {
	var b strings.Builder
	n := 0
	for w := range strings.FieldsSeq(s) {
		if n > 60 {
			b.WriteByte('\n')
			n = 0
		}
		b.WriteString(w + " ")
		n += len(w) + 1
	}
	return b.String()
}

// quoted encodes quoted-printable: soft line breaks, and the equals sign.
func quoted(s string) string {
	var b strings.Builder
	n := 0
	for _, c := range []byte(s) {
		switch {
		case c == '\n':
			n = -1
		case n >= 72:
			b.WriteString("=\n")
			n = 0
		}
		if c == '=' {
			b.WriteString("=3D")
			n += 3
			continue
		}
		b.WriteByte(c)
		n++
	}
	return b.String()
}

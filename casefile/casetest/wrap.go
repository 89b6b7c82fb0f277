package casetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// wrapper makes of a spam what somebody wrote because of it.
type wrapper struct {
	m   *Mailbox
	r   *rand.Rand
	msg *Message
	b   strings.Builder
}

// open writes the header of a message to somebody at the forged organisation.
func (w *wrapper) open(path, from, to, subject string, fields ...string) {
	msg := w.msg
	msg.Reporter = from
	if i := strings.IndexByte(from, '<'); i >= 0 {
		msg.Reporter = strings.Trim(from[i:], "<>")
	}
	msg.Arrived = msg.Arrived.Add(time.Duration(w.r.ExpFloat64()*3000) * time.Second)
	host := domainOf(msg.Reporter)
	fmt.Fprintf(&w.b, "Return-Path: <%s>\nReceived: from %s (%s [192.0.2.%d])\n\tby mx.%s (Postfix) with ESMTP id %s\n\tfor <%s>; %s\nFrom: %s\nTo: %s\nSubject: %s\nDate: %s\nMessage-ID: <%s@%s>\n",
		path, host, host, 1+len(host)*7%250, domainOf(to), hexID(w.r, 9), to, msg.Arrived.Format(dateNumeric), from, to, subject, msg.Arrived.Format(dateNumeric), token(w.r, 14, hexDigits), host)
	for _, f := range fields {
		w.b.WriteString(f + "\n")
	}
}

// end sets what was written as the message.
func (w *wrapper) end(class string, sample bool) {
	w.msg.Class, w.msg.Sample, w.msg.Data = class, sample, []byte(w.b.String())
}

// header gives the spam's header without the blank line.
func (w *wrapper) header() string {
	h, _, _ := bytes.Cut(w.msg.Data, []byte("\n\n"))
	return string(h) + "\n"
}

func (w *wrapper) reason() string {
	return pick(w.r, []string{"550 5.1.1 User unknown", "554 5.7.1 Message rejected as spam", "552 5.2.2 Mailbox full", "550 5.7.1 Access denied"})
}

// report writes a delivery status notification (RFC 3464) with one more part.
func (w *wrapper) report(part string) {
	msg := w.msg
	host, boundary, why := "mx."+domainOf(msg.Recipient), "=_"+token(w.r, 16, base62), w.reason()
	arrival := msg.Arrived
	w.open("", "Mail Delivery System <MAILER-DAEMON@"+host+">", msg.Forged, "Undelivered Mail Returned to Sender",
		"MIME-Version: 1.0", "Auto-Submitted: auto-replied", "Content-Type: multipart/report; report-type=delivery-status; boundary=\""+boundary+"\"")
	fmt.Fprintf(&w.b, "\n--%[1]s\nContent-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host %[2]s.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<%[3]s>: %[4]s\n\n"+
		"--%[1]s\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; %[2]s\nReceived-From-MTA: dns; %[5]s\nArrival-Date: %[6]s\n\nFinal-Recipient: rfc822; %[3]s\nAction: failed\nStatus: %[7]s\nDiagnostic-Code: smtp; %[4]s\n\n",
		boundary, host, msg.Recipient, why, w.m.Relays[msg.Relay].Name, arrival.Format(dateNumeric), strings.Fields(why)[1])
	if part != "" {
		fmt.Fprintf(&w.b, "--%s\n%s\n", boundary, part)
	}
	fmt.Fprintf(&w.b, "--%s--\n", boundary)
	w.end("bounce", part != "")
}

func (w *wrapper) dsn()        { w.report("Content-Type: message/rfc822\n\n" + string(w.msg.Data)) }
func (w *wrapper) dsnHeaders() { w.report("Content-Type: text/rfc822-headers\n\n" + w.header()) }
func (w *wrapper) dsnBare()    { w.report("") }

func (w *wrapper) qmailBounce() {
	host := "mx." + domainOf(w.msg.Recipient)
	w.open("", "MAILER-DAEMON@"+host, w.msg.Forged, "failure notice")
	fmt.Fprintf(&w.b, "\nHi. This is the qmail-send program at %s.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<%s>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n%s", host, w.msg.Recipient, w.msg.Data)
	w.end("bounce", true)
}

func (w *wrapper) eximBounce() {
	host := "mx." + domainOf(w.msg.Recipient)
	w.open("", "Mail Delivery System <Mailer-Daemon@"+host+">", w.msg.Forged, "Mail delivery failed: returning message to sender", "X-Failed-Recipients: "+w.msg.Recipient)
	fmt.Fprintf(&w.b, "\nThis message was created automatically by mail delivery software (Exim).\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  %s\n    %s\n\n------ This is a copy of the message, including all the headers. ------\n\n%s", w.msg.Recipient, w.reason(), w.msg.Data)
	w.end("bounce", true)
}

func (w *wrapper) sendmailBounce() {
	host := "mx." + domainOf(w.msg.Recipient)
	arrived, data := w.msg.Arrived, w.msg.Data
	x := &w.m.Relays[w.msg.Relay]
	w.open("", "Mail Delivery Subsystem <MAILER-DAEMON@"+host+">", w.msg.Forged, "Returned mail: User unknown")
	fmt.Fprintf(&w.b, "\nThe original message was received at %s\nfrom %s [%s]\n\n   ----- The following addresses had permanent fatal errors -----\n<%s>\n\n   ----- Transcript of session follows -----\n550 <%s>... User unknown\n\n   ----- Original message follows -----\n\n%s",
		arrived.Format(dateNumeric), x.Name, x.Addr, w.msg.Recipient, w.msg.Recipient, data)
	w.end("bounce", true)
}

// complaints are what people write.
var complaints = []string{
	"Please stop sending me this spam. I never asked for it and I want it to end.",
	"This is the third unsolicited mail from your domain this week. Take me off your list at once.",
	"Your user is spamming us. Please close the account.",
	"Why do you send me this junk? I will complain to your provider.",
}

func (w *wrapper) abuse() string { return "abuse@" + domainOf(w.msg.Forged) }

func (w *wrapper) attachedComplaint() {
	data, boundary := w.msg.Data, "=_"+token(w.r, 14, base62)
	w.open(w.msg.Recipient, w.msg.Recipient, w.abuse(), "Spam from your domain", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=\""+boundary+"\"")
	fmt.Fprintf(&w.b, "\n--%[1]s\nContent-Type: text/plain; charset=us-ascii\n\n%[2]s\n\n--%[1]s\nContent-Type: message/rfc822\n\n%[3]s\n--%[1]s--\n", boundary, pick(w.r, complaints), data)
	w.end("complaint", true)
}

func (w *wrapper) quotedComplaint() {
	header := w.header()
	w.open(w.msg.Recipient, w.msg.Recipient, w.abuse(), "Complaint about spam", "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii")
	fmt.Fprintf(&w.b, "\n%s\n\nHere is the full header:\n\n%s\n", pick(w.r, complaints), header)
	w.end("complaint", true)
}

func (w *wrapper) bareComplaint() {
	w.open(w.msg.Recipient, w.msg.Recipient, w.msg.Forged, "stop it", "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii")
	fmt.Fprintf(&w.b, "\n%s\n\n> From: %s\n> To: %s\n> Subject: %s\n", pick(w.r, complaints), w.msg.Forged, w.msg.Recipient, w.msg.Subject)
	w.end("complaint", false)
}

// feedback writes an abuse report (RFC 5965).
func (w *wrapper) feedback(part string) {
	boundary, x := "=_"+token(w.r, 14, base62), &w.m.Relays[w.msg.Relay]
	arrived := w.msg.Arrived
	host := domainOf(w.msg.Recipient)
	w.open("fbl@"+host, "feedback@"+host, w.abuse(), "Abuse report", "MIME-Version: 1.0", "Content-Type: multipart/report; report-type=feedback-report; boundary=\""+boundary+"\"")
	fmt.Fprintf(&w.b, "\n--%[1]s\nContent-Type: text/plain; charset=us-ascii\n\nThis is an email abuse report for a message received from %[2]s on %[3]s.\n\n--%[1]s\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Feedback/1.0\nVersion: 1\nOriginal-Mail-From: <%[4]s>\nArrival-Date: %[3]s\nSource-IP: %[2]s\n\n--%[1]s\n%[5]s\n--%[1]s--\n",
		boundary, x.Addr, arrived.Format(dateNumeric), w.msg.Forged, part)
	w.end("provider-report", true)
}

func (w *wrapper) arf()        { w.feedback("Content-Type: message/rfc822\n\n" + string(w.msg.Data)) }
func (w *wrapper) arfHeaders() { w.feedback("Content-Type: text/rfc822-headers\n\n" + w.header()) }

func (w *wrapper) vacation() {
	w.open("", w.msg.Recipient, w.msg.Forged, "Out of Office: "+w.msg.Subject, "Auto-Submitted: auto-replied", "In-Reply-To: "+w.msg.MessageID, "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii")
	w.b.WriteString("\nI am out of the office until Monday. I will return on 19 March and read your message then.\n")
	w.end("auto-reply", false)
}

func (w *wrapper) reply() {
	w.open(w.msg.Recipient, w.msg.Recipient, w.msg.Forged, "Re: "+w.msg.Subject, "In-Reply-To: "+w.msg.MessageID, "References: "+w.msg.MessageID, "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii")
	fmt.Fprintf(&w.b, "\nDo you ship to Norway? What does it cost?\n\nOn Friday, %s wrote:\n> Dear customer\n", localOf(w.msg.Forged))
	w.end("reply", false)
}

// noise makes mail that belongs to no run.
func (m *Mailbox) noise(n int) Message {
	r := m.random(n, streamWrap)
	from := pick(r, firstNames) + "." + pick(r, lastNames) + "@" + recipientDomain(r)
	msg := Message{Number: n, Incident: -1, Spam: -1, Relay: -1, Recipient: from, Forged: "postmaster@" + pick(r, forgedDomains)}
	msg.Arrived = m.Config.Start.Add(time.Duration(r.IntN(m.Config.Days*24*60)) * time.Minute)
	w := &wrapper{m: m, r: r, msg: &msg}
	text := wrap(strings.Join(pitch(r, pick(r, nouns), 3+r.IntN(9)), " "))
	switch r.IntN(4) {
	case 0:
		w.open("owner-"+pick(r, nouns)+"@lists.example", from, pick(r, nouns)+"@lists.example", "["+pick(r, nouns)+"] "+pick(r, adjectives)+" "+pick(r, nouns), "List-Id: <"+pick(r, nouns)+".lists.example>", "Precedence: list")
		w.b.WriteString("\n" + text + "\n")
		w.end("list", true)
	default:
		w.open(from, from, msg.Forged, pick(r, adjectives)+" "+pick(r, nouns)+" for the "+pick(r, nouns), "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii")
		w.b.WriteString("\nDear postmaster,\n\n" + text + "\n")
		w.end("sample", true)
	}
	return msg
}

package casetest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// The forms of dates in trace fields.
const (
	dateNumeric = "Mon, 2 Jan 2006 15:04:05 -0700"
	dateUTC     = "2 Jan 2006 15:04:05 -0000"
)

// field gives the trace field that the relay writes, and the ID under which it has the
// message; both empty for one that writes none.
func (x *Relay) field(r *rand.Rand, client netip.Addr, helo, to string, at time.Time) (field, id string) {
	from, line := client.String(), lineName(client)
	at = at.Add(x.ClockOff).In(time.FixedZone("", x.Zone*3600))
	date := at.Format(dateNumeric)
	switch x.Software {
	case "sendmail":
		id = sendmailID(r, at)
		return fmt.Sprintf("from %s (%s [%s])\n\tby %s (8.11.6/8.11.6) with SMTP id %s\n\tfor <%s>; %s", helo, line, from, x.Name, id, to, date), id
	case "postfix":
		id = hexID(r, 10)
		return fmt.Sprintf("from %s (%s [%s])\n\tby %s (Postfix) with SMTP id %s\n\tfor <%s>; %s", helo, line, from, x.Name, id, to, date), id
	case "exim":
		id = eximID(r, at)
		return fmt.Sprintf("from %s ([%s] helo=%s)\n\tby %s with smtp (Exim 3.36 #1)\n\tid %s\n\tfor %s; %s", line, from, helo, x.Name, id, to, date), id
	case "qmail":
		return fmt.Sprintf("from %s (HELO %s) (%s)\n  by %s with SMTP; %s", line, helo, from, x.Name, at.UTC().Format(dateUTC)), ""
	case "exchange55":
		id = token(r, 8, upperDigits)
		return fmt.Sprintf("from %s (%s [%s]) by %s with SMTP (Microsoft Exchange Internet Mail Service Version 5.5.2653.13)\n\tid %s; %s", helo, from, from, x.Name, id, date), id
	case "exchange50":
		id = token(r, 8, upperDigits)
		return fmt.Sprintf("from %s by %s with SMTP (Microsoft Exchange Internet Mail Service Version 5.0.1458.49)\n\tid %s; %s", helo, x.Name, id, date), id
	case "byonly":
		id = oldSendmailID(r, at)
		return fmt.Sprintf("by %s id %s; %s", x.Name, id, date), id
	}
	return "", ""
}

// delivered gives the trace field that the recipient's server writes.
func delivered(r *rand.Rand, x *Relay, host, to string, at time.Time) string {
	date := at.Format(dateNumeric)
	switch len(host) % 4 { // a host runs the same software whenever it is met
	case 0:
		return fmt.Sprintf("from %s (%s [%s])\n\tby %s (Postfix) with ESMTP id %s\n\tfor <%s>; %s", x.Name, x.Name, x.Addr, host, hexID(r, 9), to, date)
	case 1:
		return fmt.Sprintf("from %s (%s [%s])\n\tby %s (8.12.9/8.12.9) with ESMTP id %s\n\tfor <%s>; %s", x.Name, x.Name, x.Addr, host, sendmail12ID(r, at), to, date)
	case 2:
		return fmt.Sprintf("from %s ([%s])\n\tby %s with esmtp (Exim 4.14)\n\tid %s\n\tfor %s; %s", x.Name, x.Addr, host, eximID(r, at), to, date)
	}
	return fmt.Sprintf("from %s (%s)\n  by %s with SMTP; %s", x.Name, x.Addr, host, at.UTC().Format(dateUTC))
}

// lineName is the name that the address of a source leads to: that of a provider's line.
func lineName(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("dsl-%d-%d.access%d.example.de", b[2], b[3], b[2]%7)
}

const (
	upperDigits = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
	lowers      = "abcdefghijklmnopqrstuvwxyz"
	hexDigits   = "0123456789abcdef"
	base60      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func token(r *rand.Rand, n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

func hexID(r *rand.Rand, n int) string { return strings.ToUpper(token(r, n, hexDigits)) }

func stampID(at time.Time) string {
	at = at.UTC()
	return string([]byte{
		base60[(at.Year()-1900)%60], base60[int(at.Month())-1], base60[at.Day()],
		base60[at.Hour()], base60[at.Minute()], base60[at.Second()],
	})
}

func sendmailID(r *rand.Rand, at time.Time) string {
	return stampID(at) + token(r, 1, base60[10:]) + fmt.Sprintf("%05d", r.IntN(32000))
}

func sendmail12ID(r *rand.Rand, at time.Time) string {
	return stampID(at) + token(r, 2, lowers) + fmt.Sprintf("%06d", r.IntN(32000))
}

func oldSendmailID(r *rand.Rand, at time.Time) string {
	return string(rune('A'+at.Hour())) + "AA" + fmt.Sprintf("%05d", 100+r.IntN(30000))
}

func eximID(r *rand.Rand, at time.Time) string {
	b := make([]byte, 6)
	for i, n := 5, at.Unix(); i >= 0; i, n = i-1, n/62 {
		b[i] = base62[n%62]
	}
	return string(b) + "-" + token(r, 6, base62) + "-00"
}

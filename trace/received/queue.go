package received

import "bytes"

// readQueueTime reads the instant that the queue ID holds.
func (p *parser) readQueueTime() {
	id := p.f.ID.Of(p.b)
	q := &p.f.Queue
	switch p.f.Family {
	case "sendmail", "proofpoint", "fortimail":
		if i := bytes.IndexByte(id, '-'); i > 0 { // FortiMail writes two IDs
			id = id[:i]
		}
		if unix, ok := sendmailTime(id, p.f.Time.year()); ok {
			*q = QueueTime{Precision: Second, Unix: unix}
		} else if hour, ok := sendmailHour(id); ok {
			*q = QueueTime{Precision: HourOfDay, Hour: hour}
		}
	case "exim", "mailru":
		if unix, ok := eximTime(id); ok {
			*q = QueueTime{Precision: Second, Unix: unix}
		}
	case "postfix":
		if unix, ok := postfixTime(id); ok {
			*q = QueueTime{Precision: Second, Unix: unix}
		}
	case "gmail":
		if unix, ok := gmailTime(id); ok {
			*q = QueueTime{Precision: Second, Unix: unix}
		}
	}
}

// year returns the year of the stamp, give or take a day, or 2010 when it has none:
// sendmail counts years modulo 60, so that any year of the right cycle does.
func (t *Time) year() int {
	if t.Known {
		return 1970 + int(t.Unix/31556952) // the mean year of the Gregorian calendar, in seconds
	}
	return 2010
}

// sendmailTime reads the queue IDs of sendmail 8.10 and later: year since 1900 modulo 60,
// month from 0, day, hour, minute and second, a digit of base 60 each, in UTC; two digits
// of a sequence; then the process number.
func sendmailTime(id []byte, near int) (int64, bool) {
	if len(id) < 12 || len(id) > 16 {
		return 0, false
	}
	var d [8]int
	for i := range d {
		if d[i] = base60(id[i]); d[i] < 0 {
			return 0, false
		}
	}
	for _, c := range id[8:] {
		if !isDigit(c) {
			return 0, false
		}
	}
	year := 1900 + d[0]
	for year+30 < near {
		year += 60
	}
	if d[1] > 11 || d[2] < 1 || d[2] > daysIn(year, d[1]+1) || d[3] > 23 {
		return 0, false
	}
	return daysFromCivil(year, d[1]+1, d[2])*86400 + int64(d[3]*3600+d[4]*60+d[5]), true
}

// base60 reads a digit of sendmail's: 0-9, A-Z, a-x.
func base60(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'x':
		return int(c-'a') + 36
	}
	return -1
}

// sendmailHour reads the older IDs: a letter for the local hour, two letters A to Z that
// make the name unique, and the process number.
func sendmailHour(id []byte) (int, bool) {
	if len(id) < 5 || len(id) > 11 || id[0] < 'A' || id[0] > 'X' {
		return 0, false
	}
	for i, c := range id[1:] {
		if i < 2 && (c < 'A' || c > 'Z') || i >= 2 && !isDigit(c) {
			return 0, false
		}
	}
	return int(id[0] - 'A'), true
}

// eximTime reads the first six digits of an Exim message ID, base 62 seconds since 1970.
// IDs are 6-6-2 digits, 6-11-4 from 4.97 on.
func eximTime(id []byte) (int64, bool) {
	long := len(id) == 23 && id[6] == '-' && id[18] == '-'
	if !long && !(len(id) == 16 && id[6] == '-' && id[13] == '-') {
		return 0, false
	}
	var unix int64
	for _, c := range id[:6] {
		d := base62(c)
		if d < 0 {
			return 0, false
		}
		unix = unix*62 + int64(d)
	}
	return unix, plausible(unix)
}

func base62(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 36
	}
	return -1
}

// postfixDigits are those of long queue IDs: digits and consonants, 52 of them.
const postfixDigits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"

// postfixTime reads a long Postfix queue ID: six or more digits of seconds since 1970,
// four of microseconds, 'z', and the inode in base 51. Short IDs hold no date.
func postfixTime(id []byte) (int64, bool) {
	if len(id) < 12 || len(id) > 20 {
		return 0, false
	}
	z := -1
	for i, c := range id {
		if base52(c) < 0 {
			return 0, false
		}
		if c == 'z' {
			z = i
		}
	}
	if z < 10 || z == len(id)-1 {
		return 0, false
	}
	var unix int64
	for _, c := range id[:z-4] {
		unix = unix*52 + int64(base52(c))
	}
	return unix, plausible(unix)
}

func base52(c byte) int {
	return int(base52Of[c]) - 1
}

// base52Of gives each digit its value and one more.
var base52Of = func() (t [256]uint8) {
	for i := range len(postfixDigits) {
		t[postfixDigits[i]] = uint8(i + 1)
	}
	return t
}()

// gmailTime reads "mr14si123456abc.42.2016.04.10.13.13.49": date and clock of the US
// Pacific coast, whose summer time makes the instant uncertain by an hour. The zone is
// taken from the rule in force: second Sunday of March to first Sunday of November since
// 2007, first Sunday of April to last Sunday of October before.
//
// Between its own servers the ID ends in ".158.1256718301690": milliseconds since 1970.
func gmailTime(id []byte) (int64, bool) {
	if n := len(id); n > 20 && id[n-14] == '.' && bytes.IndexByte(id, '.') < n-14 {
		var ms int64
		for _, c := range id[n-13:] {
			if !isDigit(c) {
				return 0, false
			}
			ms = ms*10 + int64(c-'0')
		}
		return ms / 1000, plausible(ms / 1000)
	}
	var v [6]int
	end := len(id)
	for i := 5; i >= 0; i-- {
		n, mul, digits := 0, 1, 0
		for end > 0 && isDigit(id[end-1]) && digits < 5 {
			n += int(id[end-1]-'0') * mul
			mul *= 10
			digits++
			end--
		}
		if digits == 0 || end == 0 || id[end-1] != '.' {
			return 0, false
		}
		v[i] = n
		end--
	}
	y, mo, d := v[0], v[1], v[2]
	if y < 2004 || y > 2200 || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || v[3] > 23 || v[4] > 59 || v[5] > 60 {
		return 0, false
	}
	local := daysFromCivil(y, mo, d)*86400 + int64(v[3]*3600+v[4]*60+v[5])
	offset := int64(8 * 3600)
	if pacificSummer(y, local) {
		offset = 7 * 3600
	}
	return local + offset, true
}

func pacificSummer(y int, local int64) bool {
	begin, end := sunday(y, 3, 8), sunday(y, 11, 1)
	if y < 2007 {
		begin, end = sunday(y, 4, 1), sunday(y, 10, 25)
	}
	return local >= begin*86400+2*3600 && local < end*86400+2*3600
}

// sunday returns the first Sunday on or after a date, in days since 1970.
func sunday(y, m, d int) int64 {
	day := daysFromCivil(y, m, d)
	return day + (3-day%7+7)%7 // 1970-01-04 was a Sunday
}

// plausible bounds the instants that an ID may hold: 1995 to 2100. Other bytes of the
// same shape are no time.
func plausible(unix int64) bool { return unix > 788918400 && unix < 4102444800 }

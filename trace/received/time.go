package received

// stampReader reads a date: RFC 5322 section 3.3 with its obsolete forms, asctime,
// ISO 8601, and what servers and bulk mailers have made of them.
type stampReader struct {
	b []byte // the field, without the white space at its end
	stamp
}

// stamp is what has been read of a date, by offsets into the field.
type stamp struct {
	start, i, end  int // where it begins; read up to here; end of the last part that belongs to the date
	faults         TimeFault
	day, month     int
	year, yearLen  int
	hour, min, sec int
	weekday        int // 1 Monday to 7 Sunday, 0 when none is named
	pm             int // 1 AM, 2 PM
	clock, iso     bool
	zone           Span
	offset         int // seconds east of Greenwich
	zoneOK         bool
}

// readDate begins to read what may be a date, and reports whether it has the common form.
func (p *parser) readDate(start int) bool {
	p.date.stamp = stamp{start: start, i: start}
	return p.date.common()
}

// parseTime reads the stamp that split found and shortens it to what belongs to the date.
func (p *parser) parseTime() {
	t, s := &p.f.Time, &p.date
	if t.Stamp.Empty() {
		t.Faults |= NoDate
		return
	}
	if s.start != t.Stamp.Start { // it follows no semicolon
		p.readDate(t.Stamp.Start)
	}
	s.read()
	t.Faults |= s.faults
	if s.end > 0 {
		t.Stamp, p.tail = p.trim(Span{t.Stamp.Start, s.end}), p.trim(Span{s.end, t.Stamp.End})
	}
	if t.offset = s.offset; !s.zone.Empty() {
		t.Zone = s.zone
	}
	t.Unix, t.Known = s.instant(&t.Faults)
	if t.Faults.Has(Unreadable) {
		p.unread("the date cannot be read", t.Stamp.Start)
	}
}

// read goes on to the end of the date.
func (s *stampReader) read() {
	for s.i < len(s.b) {
		c := s.b[s.i]
		switch {
		case isSpace(c) || c == ',' || c == '.':
			s.i++
		case c == '(':
			if !s.clock || !s.comment() {
				return
			}
		case isDigit(c):
			if !s.number() {
				return
			}
		case c == '+' || c == '-':
			if !s.clock || !s.zone.Empty() {
				s.i++ // the hyphens of 21-Sep-2002
				continue
			}
			s.numericZone()
		case isAlpha(c) || c >= 0x80:
			if !s.word() {
				return
			}
		default:
			return
		}
	}
}

// common reads the form that nearly all servers write, "Thu, 22 Aug 2002 08:17:21 -0400"
// with or without the weekday, straight through. What follows it, or is any other form, is
// for the loop in read: then nothing is read here, and false returned.
func (s *stampReader) common() bool {
	b, i, weekday := s.b, s.start, 0
	if len(b)-i >= len("Thu,") && !isDigit(b[i]) {
		if weekday = weekdayOf(b[i : i+3]); weekday == 0 || b[i+3] != ',' {
			return false
		}
		i = behindBlank(b, i+4)
	}
	if len(b)-i < len("2 Aug 2002 08:17:21 -0400") || !isDigit(b[i]) {
		return false
	}
	day := int(b[i] - '0')
	if i++; isDigit(b[i]) {
		day = number2(b[i-1], b[i])
		i++
	}
	if i = behindBlank(b, i); day == 0 || !isSpace(b[i-1]) || len(b)-i < len("Aug 2002 08:17:21 -0400") {
		return false
	}
	month := monthOf(b[i : i+3])
	if i = behindBlank(b, i+3); month == 0 || !isSpace(b[i-1]) || len(b)-i < len("2002 08:17:21 -0400") {
		return false
	}
	if !twoDigits(b[i], b[i+1]) || !twoDigits(b[i+2], b[i+3]) || !isSpace(b[i+4]) {
		return false
	}
	year := number2(b[i], b[i+1])*100 + number2(b[i+2], b[i+3])
	if !s.commonClock(behindBlank(b, i+4)) {
		return false
	}
	s.weekday, s.day, s.month, s.year, s.yearLen = weekday, day, month, year, 4
	return true
}

// commonClock reads "08:17:21 -0400" at i and reports whether that stands there.
func (s *stampReader) commonClock(i int) bool {
	b := s.b
	if len(b)-i < len("08:17:21 -0400") {
		return false
	}
	c := b[i : i+9]
	if !twoDigits(c[0], c[1]) || c[2] != ':' || !twoDigits(c[3], c[4]) || c[5] != ':' || !twoDigits(c[6], c[7]) || !isSpace(c[8]) {
		return false
	}
	hour, minute, sec := number2(c[0], c[1]), number2(c[3], c[4]), number2(c[6], c[7])
	if i = behindBlank(b, i+8); hour > 23 || minute > 59 || sec > 60 || len(b)-i < len("-0400") {
		return false
	}
	z := b[i : i+5]
	if z[0] != '-' && z[0] != '+' || !twoDigits(z[1], z[2]) || !twoDigits(z[3], z[4]) || i+5 < len(b) && isDigit(b[i+5]) {
		return false
	}
	offset, ok := zoneOffset(z[0] == '-', number2(z[1], z[2])*100+number2(z[3], z[4]))
	if ok {
		s.clock, s.hour, s.min, s.sec = true, hour, minute, sec
		s.zone, s.offset, s.zoneOK = Span{i, i + 5}, offset, true
		s.i, s.end = i+5, i+5
	}
	return ok
}

// behindBlank returns where the white space ends that may stand at i.
func behindBlank(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// zoneOffset returns how many seconds +hhmm, or -hhmm, lies east of Greenwich; false for
// what is beyond the zones in use.
func zoneOffset(west bool, hhmm int) (int, bool) {
	seconds := hhmm/100*3600 + hhmm%100*60
	if west {
		return -seconds, hhmm%100 <= 59 && hhmm <= 1200
	}
	return seconds, hhmm%100 <= 59 && hhmm <= 1400
}

func twoDigits(a, b byte) bool { return isDigit(a) && isDigit(b) }

func number2(a, b byte) int { return int(a-'0')*10 + int(b-'0') }

// comment takes a short comment behind the clock time, such as (EDT), into the stamp.
func (s *stampReader) comment() bool {
	for j, seen := s.i+1, 0; j < len(s.b) && seen < 40; j++ {
		if !isSpace(s.b[j]) {
			seen++
		}
		switch s.b[j] {
		case ')':
			if isEnvelope(s.b[s.i+1 : j]) {
				return false
			}
			s.i = j + 1
			s.end = s.i
			return false // nothing behind the zone's comment is part of the date
		case '<', ';', '=':
			return false
		}
	}
	return false
}

func isEnvelope(b []byte) bool { return hasPrefixFold(b, "envelope") || hasPrefixFold(b, "from") }

// number reads a clock time, a day, a year or an ISO date. It reports whether the
// number belongs to the date.
func (s *stampReader) number() bool {
	start := s.i
	n, digits := s.digits()
	next := byte(0)
	if s.i < len(s.b) {
		next = s.b[s.i]
	}
	switch {
	case next == ':' && !s.clock && digits <= 2:
		s.readClock(n)
	case next == '-' && digits == 4 && s.year == 0 && s.i+1 < len(s.b) && isDigit(s.b[s.i+1]):
		s.isoDate(n)
	case next == '/': // 26/08/2002 and 08/26/2002 cannot be told apart
		s.slashes()
	case s.day == 0 && digits <= 2:
		s.day = n
		if n == 0 {
			s.faults |= OutOfRange
		}
	case s.yearLen == 0 && digits <= 4:
		s.year, s.yearLen = n, digits
	case s.clock && s.zone.Empty(): // AOL: "14:51:02 2000"
		s.zone, s.faults = Span{start, s.i}, s.faults|BadZone
	default:
		return false
	}
	s.end = s.i
	return true
}

// digits reads a run of digits; values beyond six digits are cut.
func (s *stampReader) digits() (n, count int) {
	for s.i < len(s.b) && isDigit(s.b[s.i]) {
		if count < 6 {
			n = n*10 + int(s.b[s.i]-'0')
		}
		count++
		s.i++
	}
	return n, count
}

func (s *stampReader) readClock(hour int) {
	s.clock, s.hour = true, hour
	s.i++ // the colon
	s.min, _ = s.digits()
	if s.i < len(s.b) && s.b[s.i] == ':' {
		s.i++
		s.sec, _ = s.digits()
		if s.i+1 < len(s.b) && (s.b[s.i] == '.' || s.b[s.i] == ',') && isDigit(s.b[s.i+1]) {
			s.i++
			s.digits()
		}
	}
	if s.hour > 23 || s.min > 59 || s.sec > 60 {
		s.faults |= OutOfRange
	}
}

// slashes skips a date of which nobody can say where the month stands.
func (s *stampReader) slashes() {
	for s.i < len(s.b) && (s.b[s.i] == '/' || isDigit(s.b[s.i])) {
		s.i++
	}
	s.faults |= Unreadable
}

func (s *stampReader) isoDate(year int) {
	s.year, s.yearLen, s.iso = year, 4, true
	s.i++
	s.month, _ = s.digits()
	if s.i < len(s.b) && s.b[s.i] == '-' {
		s.i++
		s.day, _ = s.digits()
	}
	if s.i+1 < len(s.b) && s.b[s.i] == 'T' && isDigit(s.b[s.i+1]) {
		s.i++
	}
}

// numericZone reads +hhmm. Zones beyond those in use are faults: the instant is then unknown.
func (s *stampReader) numericZone() {
	start, west := s.i, s.b[s.i] == '-'
	s.i++
	n, digits := s.digits()
	if digits == 2 && s.i+2 < len(s.b) && s.b[s.i] == ':' && isDigit(s.b[s.i+1]) { // ISO 8601
		s.i++
		m, d := s.digits()
		n, digits = n*100+m, digits+d
		if !s.iso {
			s.faults |= BadZone
		}
	}
	if digits == 0 {
		return
	}
	s.zone, s.end = Span{start, s.i}, s.i
	offset, ok := zoneOffset(west, n)
	if s.faults.Has(BadZone) || digits != 4 || !ok {
		s.faults |= BadZone
		return
	}
	s.offset, s.zoneOK = offset, true
}

// word reads a weekday, a month, AM or PM, or a zone's name. It reports whether the
// word belongs to the date.
func (s *stampReader) word() bool {
	start := s.i
	for s.i < len(s.b) && (isAlpha(s.b[s.i]) || s.b[s.i] >= 0x80) {
		if s.b[s.i] >= 0x80 && s.i+1 < len(s.b) && !isSpace(s.b[s.i+1]) {
			s.i++ // the second byte of a two-byte character may be any
		}
		s.i++
	}
	w := s.b[start:s.i]
	if s.weekday == 0 && !s.clock && s.day == 0 && s.month == 0 {
		if s.weekday = weekdayOf(w); s.weekday > 0 {
			s.end = s.i
			return true
		}
	}
	if s.month == 0 {
		if s.month = monthOf(w); s.month > 0 {
			if s.i < len(s.b) && s.b[s.i] == ',' && s.day == 0 {
				s.faults |= MonthComma
			}
			s.end = s.i
			return true
		}
	}
	switch {
	case s.month == 0 && localMonth(w) > 0:
		s.month, s.faults = localMonth(w), s.faults|Localised
	case s.clock && s.pm == 0 && isWord(w, "am"):
		s.pm, s.faults = 1, s.faults|TwelveHour
	case s.clock && s.pm == 0 && isWord(w, "pm"):
		s.pm, s.faults = 2, s.faults|TwelveHour
	case s.clock && s.zone.Empty() && len(w) <= 5 && keyword(w) == noClause:
		s.namedZone(start, w)
	case !s.clock && w[0] >= 0x80: // a weekday in another language
		s.faults |= Localised
	case s.clock && s.zoneOK && len(w) <= 5 && keyword(w) == noClause && isUpper(w): // "-0500 CDT"
	default:
		s.i = start
		return false
	}
	s.end = s.i
	return true
}

func isUpper(w []byte) bool {
	for _, c := range w {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// namedZone reads a zone's name. RFC 5322 section 4.3 gives the North American names a
// meaning; others name different zones to different people, and the instant is unknown.
func (s *stampReader) namedZone(start int, w []byte) {
	s.zone = Span{start, s.i}
	hours, ok := 0, false
	switch {
	case isWord(w, "gmt"), isWord(w, "ut"), isWord(w, "utc"), isWord(w, "z"):
		s.zoneOK = true
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') { // GMT+0200
			s.zone, s.zoneOK = Span{}, false
			s.numericZone()
			s.zone.Start = start
		}
		return
	case len(w) == 3 && (w[2]|0x20) == 't' && (w[1]|0x20 == 's' || w[1]|0x20 == 'd'):
		switch w[0] | 0x20 {
		case 'e':
			hours, ok = -5, true
		case 'c':
			hours, ok = -6, true
		case 'm':
			hours, ok = -7, true
		case 'p':
			hours, ok = -8, true
		}
		if w[1]|0x20 == 'd' {
			hours++
		}
	}
	s.faults |= AlphabeticZone
	s.offset, s.zoneOK = hours*3600, ok
}

// instant works out the Unix time, in seconds, and adds the faults that show only then.
func (s *stampReader) instant(faults *TimeFault) (int64, bool) {
	switch {
	case s.yearLen == 2:
		*faults |= TwoDigitYear
		if s.year += 1900; s.year < 1950 {
			s.year += 100
		}
	case s.yearLen != 0 && (s.yearLen != 4 || s.year < 1970 || s.year > 2200):
		*faults |= BadYear
	}
	if s.pm != 0 {
		if s.hour < 1 || s.hour > 12 {
			*faults |= OutOfRange
		}
		s.hour = s.hour%12 + 12*(s.pm-1)
	}
	if s.clock && s.zone.Empty() {
		*faults |= NoZone
	}
	if s.day == 0 || s.month == 0 || s.yearLen == 0 || !s.clock {
		*faults |= Unreadable
		return 0, false
	}
	if s.month > 12 || s.day > daysIn(s.year, s.month) {
		*faults |= OutOfRange
	}
	if *faults&(BadYear|OutOfRange) != 0 {
		return 0, false
	}
	days := daysFromCivil(s.year, s.month, s.day)
	if s.weekday != 0 && int(((days+3)%7+7)%7)+1 != s.weekday {
		*faults |= BadWeekday
	}
	unix := days*86400 + int64(s.hour*3600+s.min*60+s.sec-s.offset)
	return unix, s.zoneOK
}

// startsDate reports whether what follows a semicolon begins like a date.
func startsDate(b []byte) bool {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	n := 0
	for n < len(b) && isDigit(b[n]) && n < 5 {
		n++
	}
	switch {
	case len(b) < 3:
		return false
	case n == 1 || n == 2:
		j := n
		for j < len(b) && (isSpace(b[j]) || b[j] == '-' || b[j] == '/') {
			j++
		}
		return j > n && j+3 <= len(b) && (monthOf(b[j:j+3]) > 0 || b[j] >= 0x80)
	case n == 4:
		return len(b) > 5 && b[4] == '-' && isDigit(b[5])
	case n > 0:
		return false
	case b[0] >= 0x80:
		return hasTime(b)
	}
	if weekdayOf(b[:3]) > 0 || monthOf(b[:3]) > 0 {
		return len(b) == 3 || !isAlpha(b[3]) || weekdayOf(alphaRun(b)) > 0 || monthOf(alphaRun(b)) > 0
	}
	return false
}

func alphaRun(b []byte) []byte {
	n := 0
	for n < len(b) && n < 12 && isAlpha(b[n]) {
		n++
	}
	return b[:n]
}

// daysFromCivil counts the days from 1970-01-01 in the Gregorian calendar.
func daysFromCivil(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	return int64(365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468)
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

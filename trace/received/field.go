package received

import (
	"net/netip"
	"time"
)

// Span is a half-open range of byte offsets into the body that Parse was given.
// The zero Span is empty and means: not there.
type Span struct{ Start, End int }

// Empty reports whether the span holds no byte.
func (s Span) Empty() bool { return s.End <= s.Start }

// Of returns the bytes of body that the span covers. It shares memory with body.
func (s Span) Of(body []byte) []byte {
	if s.Empty() {
		return nil
	}
	return body[s.Start:s.End]
}

// Text returns the bytes of body that the span covers as a string. It allocates.
func (s Span) Text(body []byte) string { return string(s.Of(body)) }

// Kind tells what sort of step a trace field records.
type Kind string

// The kinds of trace fields.
const (
	Transfer Kind = "transfer" // a hand-over from another host over the network
	Local    Kind = "local"    // submission or pick-up on the machine itself
	Internal Kind = "internal" // a step inside one system: LMTP, content filter, message store, loopback
	Fetch    Kind = "fetch"    // collected by POP or IMAP
	Note     Kind = "note"     // a delivery note that is no hop
	Unparsed Kind = "unparsed" // neither from nor by could be read
)

// Disclosure tells what a trace field says of the previous hop.
type Disclosure string

// The disclosures, from the fullest to nothing.
const (
	Address  Disclosure = "address"   // an address recorded from the connection
	NameOnly Disclosure = "name-only" // a name that may have been looked up, no address
	HELOOnly Disclosure = "helo-only" // only what the client said of itself
	None     Disclosure = "none"
	NotAsked Disclosure = "n/a" // a step with no previous hop on the network
)

// Field is what one trace field says. Every Span points into the body that was parsed,
// so that each value can be shown where it stands. Nothing in it shares memory with the body.
type Field struct {
	Kind      Kind
	Discloses Disclosure
	Family    Family // the software that wrote the field; empty when the field does not tell
	Version   Span

	From From
	By   By

	With     Span // the protocol, without comment and version
	WithAuth bool // the protocol or a remark says that the client authenticated itself (RFC 3848)
	WithTLS  bool // the protocol or a remark says that the connection was encrypted
	Via      Span
	ID       Span // queue or transaction identifier, without angle brackets
	Envelope Span // envelope sender, without angle brackets

	TLSVersion Span
	TLSCipher  Span

	Time  Time
	Queue QueueTime
	Decoy Decoy // signature of a bulk mailer's invented field; empty for none

	Unread Unread // the first part that could not be read

	forAddr [MaxFor]Span
	forN    int
}

// MaxFor is how many recipients of a for clause are kept. Servers write one; a field
// that names more than this many says so in Unread.
const MaxFor = 8

// ForLen returns the number of recipients that the for clause names, at most MaxFor.
func (f *Field) ForLen() int { return f.forN }

// For returns recipient i, from 0, without angle brackets.
func (f *Field) For(i int) Span { return f.forAddr[i] }

// From is what the field says of the host that connected.
type From struct {
	HELO   Span       // what the client said of itself; an address in it is a claim
	RDNS   Span       // the name that the server looked up for the client's address
	Name   Span       // a name of which the server does not say which of the two it is
	IP     Span       // the address that the server recorded from the connection
	Addr   netip.Addr // IP read; the zero Addr when IP is empty
	Port   Span
	Ident  Span // RFC 1413 user, or the local user of a pick-up
	Auth   Span // the authenticated identity, or the remark that says so
	Remark Span // such as "may be forged" or "unverified"
}

// By is what the field says of the host that wrote it.
type By struct {
	Host Span
	IP   Span
	Addr netip.Addr // IP read; the zero Addr when IP is empty
}

// Unread names a part that could not be read.
type Unread struct {
	Reason string // empty when everything was read
	Offset int    // into the body
}

// Time is the stamp of a trace field (RFC 5322 section 3.3, and its abuses).
type Time struct {
	Stamp  Span // the date as written, with the zone's comment
	Zone   Span // the zone as written
	Unix   int64
	Known  bool // Unix is an instant; false when there is no zone or no date
	Faults TimeFault

	offset int // the zone's, seconds east of Greenwich
}

// UTC returns the instant in UTC, or the zero Time when it is not known.
func (t *Time) UTC() time.Time {
	if !t.Known {
		return time.Time{}
	}
	return time.Unix(t.Unix, 0).UTC()
}

// TimeFault is a set of things that are wrong with a stamp.
type TimeFault uint16

// What can be wrong with a stamp. None of it alone is a sign of forgery but MonthComma
// and BadYear, which only bulk mailers are known to write.
const (
	NoDate         TimeFault = 1 << iota
	NoSemicolon              // the date does not follow a semicolon
	NoZone                   // no zone: the instant is not known
	AlphabeticZone           // a zone name other than GMT, UT, UTC and Z
	BadZone                  // not four digits, or impossible
	MonthComma               // "Aug, 26 2002"
	TwelveHour               // AM or PM
	TwoDigitYear
	BadYear // such as 0102
	Localised
	BadWeekday // the day named is not that date's
	OutOfRange // hour 25
	Unreadable
)

var faultNames = [...]string{
	"no-date", "no-semicolon", "no-zone", "alphabetic-zone", "bad-zone", "month-comma",
	"twelve-hour", "two-digit-year", "bad-year", "localised", "bad-weekday", "out-of-range", "unreadable",
}

// Has reports whether all faults of x are in the set.
func (t TimeFault) Has(x TimeFault) bool { return t&x == x }

// Names returns the codes of the faults in the set, in a fixed order. It allocates.
func (t TimeFault) Names() []string {
	var names []string
	for i, n := range faultNames {
		if t&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// QueueTime is the instant that the queue ID holds, for servers whose IDs hold one.
type QueueTime struct {
	Precision Precision
	Unix      int64 // valid when Precision is Second
	Hour      int   // local hour 0 to 23; valid when Precision is HourOfDay
}

// UTC returns the instant in UTC, or the zero Time when the ID holds none.
func (q *QueueTime) UTC() time.Time {
	if q.Precision != Second {
		return time.Time{}
	}
	return time.Unix(q.Unix, 0).UTC()
}

// Precision tells how exact a QueueTime is.
type Precision string

// The precisions.
const (
	NoQueueTime Precision = ""
	Second      Precision = "second"
	HourOfDay   Precision = "hour-of-day" // sendmail before 8.10: the local hour alone
)

// Decoy names the signature of a bulk mailer that invents trace fields.
type Decoy string

// The signatures.
const (
	DecoyMonthComma Decoy = "month-comma" // "; Aug, 26 2002 1:35:40 PM -0000"
	DecoyYear0102   Decoy = "year-0102"   // a year counted from 1900 and printed behind "0"
	DecoyFamousBy   Decoy = "famous-by"   // rotating famous by-hosts with protocols they do not speak
	DecoySeedNet    Decoy = "seed-net-tw" // "from mail by tcts.seed.net.tw with SMTP id <random>"
	DecoyRandomD    Decoy = "random-d"    // "from D by RANDOM.D with SMTP for"
	DecoyOwnName    Decoy = "own-name-by" // "from by <own dial-up name> with ESMTP"
)

package render

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
)

const (
	maxDetailed  = 10               // transactions told in full; the rest stand in a table
	maxTabled    = 200              // rows of that table
	windowMargin = 15 * time.Minute // on either side of a window
	oldLogs      = 90               // days after which logs are told to be gone perhaps
)

// logRequestData is what the template of a log request reads.
type logRequestData struct {
	*frame
	Servers  []string // addresses asked about, with names, at most a handful
	Relays   []*asked
	Samples  int // distinct
	Total    int // transactions
	Detailed []*transaction
	Rest     []string // lines of the table
	Untold   int      // transactions beyond the table
	NoOwn    int      // transactions without a believed field of the relay
	Withheld int
	Clients  int  // addresses that the relays themselves recorded
	Old      bool // the oldest is over 90 days old
	AllOld   bool // so is the youngest
	Age      string
	Searches []logSearch
	Proven   int  // transactions in which a believed field of the relay tells of a host that connected
	Hinted   int  // transactions in which only an unverified field could be the relay's
	Own      bool // some transaction has a believed field of the relay
	Many     bool // more than one address

	Addresses string // some of them, for the subject
	Withholds bool   // Withheld, of any
	Certain   bool   // every address was recorded by the recipient's side
	Doubt     bool   // some verdict is provisional
	Direct    bool   // notice: some host handed the mail over itself, and no field tells from where it had it
	Told      bool   // notice: of some host another, or its own field, tells more
	Begun     bool   // notice: on some host the mail began, by its own field
	Beyond    int    // samples of the case beyond those shown
}

// logWindow is the span of time that a relay's owner is asked to keep logs of.
type logWindow struct {
	First, Last stamp
	From, To    string // UTC
}

// logRequest writes the letter that asks the holder of relays for their logs.
func (f *frame) logRequest(c *casefile.Case, l casefile.Letter) (*written, error) {
	if len(l.Relays) == 0 {
		return nil, errors.New("it asks about no address")
	}
	q := &logRequestData{frame: f}
	for _, ip := range l.Relays {
		relay, err := relayAt(c, ip)
		if err != nil {
			return nil, err
		}
		a, err := newAsked(c, relay, f.hide)
		if err != nil {
			return nil, err
		}
		if err := q.addHost(a); err != nil {
			return nil, err
		}
	}
	q.sum()
	return q.written(c, "log-request")
}

// notice writes the letter that tells the network of sources of them.
func (f *frame) notice(c *casefile.Case, l casefile.Letter) (*written, error) {
	if len(l.Relays) == 0 {
		return nil, errors.New("it tells of no address")
	}
	q := &logRequestData{frame: f}
	for _, ip := range l.Relays {
		source, err := sourceAt(c, ip)
		if err != nil {
			return nil, err
		}
		a, err := newSource(c, source, f.hide)
		if err != nil {
			return nil, err
		}
		if err := q.addHost(a); err != nil {
			return nil, err
		}
	}
	q.sum()
	return q.written(c, "notice")
}

func (q *logRequestData) addHost(a *asked) error {
	if slices.ContainsFunc(q.Relays, func(b *asked) bool { return b.addr == a.addr }) {
		return fmt.Errorf("%s stands twice in it", a.IP)
	}
	q.Relays = append(q.Relays, a)
	return nil
}

func (q *logRequestData) written(c *casefile.Case, kind string) (*written, error) {
	addresses := make([]string, len(q.Relays))
	for i, a := range q.Relays {
		addresses[i] = a.IP
	}
	q.Addresses = listed(addresses, 3)
	w := &written{addresses: q.mayName()}
	for _, a := range q.Relays {
		w.names = append(w.names, append(slices.Clone(a.Recorders), a.According...)...)
	}
	w.names = append(w.names, q.settingNames()...)
	if c.Settings.Attach {
		if err := q.attach(c); err != nil {
			return nil, err
		}
	}
	var err error
	w.subject, w.text, err = q.compose(kind, q)
	return w, err
}

// attach makes the machine-readable parts of the youngest transaction that is told in full.
func (q *logRequestData) attach(c *casefile.Case) error {
	t := slices.MaxFunc(q.Detailed, func(s, t *transaction) int { return s.when.Compare(t.when) })
	naming := t.Naming.hop
	fb := &feedback{
		UserAgent: userAgent(c.Version), MailFrom: pathOf(q.hide.text(firstOf(naming.Envelope, t.message.ReturnPath))),
		Source: t.Relay.addr, Incidents: len(t.Relay.Transactions),
	}
	if port := naming.From.Port; port > 0 && port < 1<<16 {
		fb.Port = port
	}
	if when, err := time.Parse(time.RFC3339, naming.Time.UTC); err == nil {
		fb.Arrival = when
	}
	for _, to := range naming.For[:min(len(naming.For), 5)] {
		if p := pathOf(q.hide.text(to)); p != "" {
			fb.RcptTo = append(fb.RcptTo, p)
		}
	}
	headers := t.headerFields()
	subject, id := oneLine(q.hide.text(t.message.Subject), 200), oneLine(t.message.MessageID, 150)
	xarf, err := q.xarf(fb, subject, id, headers, t.Own != nil)
	q.mail.Attached = &attachment{Feedback: fb, Headers: [][]byte{headers}, XARF: xarf}
	q.Attached, q.XARF = true, xarf != nil
	return err
}

// headerFields are the fields of a sample that a letter to the owner of a host may rest on:
// those that are believed, and what a log can be searched by. The others may name innocents.
func (t *transaction) headerFields() []byte {
	fields := [][]string{t.Naming.Lines()}
	if t.Own != nil {
		fields = append(fields, t.Own.Lines())
	}
	for _, f := range []struct{ name, body string }{
		{"Message-ID", t.message.MessageID}, {"Date", t.message.Date}, {"From", t.message.From}, {"Subject", t.message.Subject},
	} {
		if f.body != "" {
			fields = append(fields, fieldLines(f.name, " "+t.Relay.hide.text(strings.TrimLeft(f.body, " \t"))))
		}
	}
	return headerBlock(fields...)
}

// mayName lists the addresses that the prose may name: the hosts asked about, the
// clients that their own fields record, and hosts that go by an address and wrote a
// believed field about one.
func (q *logRequestData) mayName() map[netip.Addr]bool {
	allowed := q.frame.mayName()
	for _, a := range q.Relays {
		allowed[a.addr] = true
		allowAddresses(allowed, append(slices.Clone(a.Recorders), a.According...)...)
		allowAddresses(allowed, a.Clock)
		for client := range a.clients {
			allowed[client] = true
		}
	}
	return allowed
}

// sum draws together what holds for all relays of the letter.
func (q *logRequestData) sum() {
	samples := make(map[int]bool)
	q.Certain = true
	var all []*transaction
	for _, a := range q.Relays {
		server := a.IP
		if len(a.Names) > 0 {
			server += " (" + strings.Join(a.Names, ", ") + ")"
		}
		q.Servers = append(q.Servers, server)
		q.Withheld += a.Withheld
		q.Proven += a.Proven
		q.Hinted += a.Hinted
		q.Clients += a.Clients()
		q.Certain = q.Certain && a.Recorded()
		q.Doubt = q.Doubt || a.Provisional
		q.Direct = q.Direct || a.Direct && !a.Local
		q.Told = q.Told || !a.Direct || a.Local
		q.Begun = q.Begun || a.Local
		q.Beyond += a.Beyond
		for _, t := range a.Transactions {
			samples[t.Sample] = true
			all = append(all, t)
			if t.Own == nil {
				q.NoOwn++
			}
		}
	}
	q.Samples, q.Total = len(samples), len(all)
	q.Own = q.NoOwn < q.Total
	q.Detailed = detailed(q.Relays, maxDetailed)
	q.table(all)
	q.age(all)
	q.Searches = searches(all)
	q.Many = len(q.Relays) > 1
	q.Withholds = q.Withheld > 0
}

// detailed picks the transactions to tell in full: the youngest of every relay in
// turn, since their logs are the likeliest to be there. They come by sample number.
func detailed(relays []*asked, n int) []*transaction {
	var picked []*transaction
	young := make([][]*transaction, len(relays))
	for i, a := range relays {
		young[i] = slices.Clone(a.Transactions)
		slices.SortStableFunc(young[i], func(s, t *transaction) int { return t.when.Compare(s.when) })
	}
	for rank := 0; len(picked) < n; rank++ {
		before := len(picked)
		for _, list := range young {
			if rank < len(list) && len(picked) < n {
				picked = append(picked, list[rank])
			}
		}
		if len(picked) == before {
			break
		}
	}
	slices.SortStableFunc(picked, func(s, t *transaction) int { return cmp.Compare(s.Sample, t.Sample) })
	return picked
}

// table writes the transactions that are not told in full, one a line.
func (q *logRequestData) table(all []*transaction) {
	for _, t := range all {
		if slices.Contains(q.Detailed, t) {
			continue
		}
		if len(q.Rest) == maxTabled {
			q.Untold++
			continue
		}
		cells := []string{fmt.Sprintf("%d", t.Sample)}
		if len(q.Relays) > 1 {
			cells = append(cells, t.Relay.IP)
		}
		id := t.Naming.ID
		if t.Own != nil {
			id = t.Own.ID
		}
		cells = append(cells, orDash(t.stamp.Verbatim), orDash(t.stamp.UTC), orDash(id), orDash(t.msgID()))
		q.Rest = append(q.Rest, strings.Join(cells, " | "))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// age tells how many days have passed since the transactions.
func (q *logRequestData) age(all []*transaction) {
	youngest, oldest, known := 0, 0, false
	for _, t := range all {
		if t.when.IsZero() {
			continue
		}
		days := int(q.drafted.Sub(t.when) / (24 * time.Hour))
		if !known {
			youngest, oldest, known = days, days, true
		}
		youngest, oldest = min(youngest, days), max(oldest, days)
	}
	q.Old, q.AllOld = oldest > oldLogs, youngest > oldLogs
	switch {
	case !known:
	case q.drafted.Before(latest(all)):
		q.Age = "Some stamps lie later than the date of this letter, so a clock on the way was wrong."
	case oldest == 0:
		q.Age = "Less than a day has passed since."
	case youngest == oldest:
		q.Age = count(oldest, "day has", "days have") + " passed since."
	default:
		q.Age = fmt.Sprintf("%s passed since the oldest of these transactions, %d since the youngest.",
			count(oldest, "day has", "days have"), youngest)
	}
}

func latest(all []*transaction) time.Time {
	return slices.MaxFunc(all, func(s, t *transaction) int { return s.when.Compare(t.when) }).when
}

// newWindow spans the transactions of one relay, or is nil when none has a time.
func newWindow(all []*transaction) *logWindow {
	timed := slices.DeleteFunc(slices.Clone(all), func(t *transaction) bool { return t.when.IsZero() })
	if len(timed) == 0 {
		return nil
	}
	byTime := func(s, t *transaction) int { return s.when.Compare(t.when) }
	first, last := slices.MinFunc(timed, byTime), slices.MaxFunc(timed, byTime)
	return &logWindow{
		First: first.stamp, Last: last.stamp,
		From: Stamp(first.when.Add(-windowMargin).Format(time.RFC3339)),
		To:   Stamp(last.when.Add(windowMargin).Format(time.RFC3339)),
	}
}

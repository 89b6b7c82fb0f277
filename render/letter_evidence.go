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
	"relaytrace/trace"
)

// asked is one relay that a letter speaks of, with the transactions that bear it out.
type asked struct {
	IP           string
	Names        []string       // by which believed fields recorded it; none that a bystander bears
	Recorders    []string       // hosts of the recipients' side that recorded its address
	According    []string       // hosts outside whose corroborated fields name it
	Provisional  bool           // holders and networks are not known
	Withheld     int            // transactions in which its own field names no client address
	Clients      []string       // addresses that its own fields name, without doubles
	Transactions []*transaction // by sample number
	Window       *logWindow     // nil when no field gives a time
	Stamped      bool           // some stamp of the window is by its own clock
	Clock        string         // the tightest bound on its clock's error, in words

	addr    netip.Addr
	clients map[netip.Addr]bool
}

// transaction is one passage of one sample through one relay.
type transaction struct {
	Relay    *asked
	Sample   int
	Naming   quotedField  // names the relay's address as its peer
	Own      *quotedField // written by the relay, believed; nil when there is none
	Unproven *unproven    // a field that may be the relay's, told without naming anybody; else nil
	Client   string       // address that the relay recorded, empty when it did not
	Private  bool         // Client is of a private network: only the relay's owner can look behind it
	Withheld bool         // the relay's field should name a client and names no address
	Keys     []searchKey  // what a log can be searched for

	when  time.Time // by the relay's clock where it has stamped; zero when unknown
	stamp stamp
	msgID string
	qp    string // number that qmail's own log calls qp
}

// quotedField is a trace field that may be quoted.
type quotedField struct {
	Writer  string // the host that wrote it, as it names itself
	Trusted bool   // of the recipient's side
	Lines   []string
	MTA     string
	ID      string

	hop *trace.Hop
}

// unproven is what is told of a field that could not be tied to the relay.
type unproven struct{ ID, Stamp string }

// searchKey is one thing to search a log for.
type searchKey struct{ Label, Value string }

// stamp is a time as written and in UTC.
type stamp struct {
	Verbatim, UTC string
	Own           bool // by the relay's clock
}

// Line is the stamp on one line, with the clock that it is by.
func (s stamp) Line() string {
	whose := "by the clock of the host that took it from you"
	if s.Own {
		whose = "by your clock"
	}
	return s.Verbatim + " (" + s.UTC + "), " + whose
}

// Recorded reports whether a host of the recipients' side recorded the address.
func (a *asked) Recorded() bool { return len(a.Recorders) > 0 }

// RecordedBy names those hosts at the beginning of a sentence.
func (a *asked) RecordedBy() string {
	names := namedOnly(a.Recorders)
	if len(names) == 0 {
		return "A mail server on the recipient's side"
	}
	return "On the recipient's side, " + few(names, 3)
}

// AccordingTo names the hosts outside whose fields name the address.
func (a *asked) AccordingTo() string {
	names := namedOnly(a.According)
	if len(names) == 0 && len(a.According) > 0 {
		return "the host that wrote it"
	}
	return few(names, 3)
}

// namedOnly leaves out writers that do not name themselves.
func namedOnly(hosts []string) []string {
	return slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return h == "" })
}

// KeyLines lays out the keys as verbatim lines, the values one below the other.
func (t *transaction) KeyLines() string {
	lines := make([]string, len(t.Keys))
	for i, k := range t.Keys {
		lines[i] = fmt.Sprintf("%-19s%s", k.Label, k.Value)
	}
	return verbatimLines(lines)
}

// believed reports whether a field may speak against anyone.
func believed(h *trace.Hop) bool {
	return h.Standing == trace.Trusted || h.Standing == trace.Corroborated
}

// mayBeAsked returns the relay of the case at ip if a letter may speak of it.
func mayBeAsked(c *casefile.Case, ip netip.Addr) (*casefile.Relay, error) {
	i := slices.IndexFunc(c.Relays, func(r casefile.Relay) bool { return r.IP.Unmap() == ip.Unmap() })
	if i < 0 || !ip.IsValid() {
		return nil, fmt.Errorf("%s is no relay of the case", ip)
	}
	r := &c.Relays[i]
	switch {
	case r.Certainty != trace.Recorded && r.Certainty != trace.CertaintyCorroborated:
		return nil, fmt.Errorf("%s is only claimed: nobody is written to on that ground", ip)
	case r.Verdict != casefile.VerdictSuspected && r.Verdict != casefile.VerdictProvisional:
		return nil, fmt.Errorf("%s is not suspected: its verdict is %q", ip, r.Verdict)
	case isBystander(c, ip):
		return nil, fmt.Errorf("%s is also a bystander of the case: the case contradicts itself", ip)
	}
	return r, nil
}

func isBystander(c *casefile.Case, ip netip.Addr) bool {
	return slices.ContainsFunc(c.Bystanders, func(b casefile.Bystander) bool {
		return b.IP.IsValid() && b.IP.Unmap() == ip.Unmap()
	})
}

// newAsked gathers what the believed fields of the case say of a relay. Transactions
// that only an unverified field names are left out: they are no ground to ask on.
func newAsked(c *casefile.Case, ip netip.Addr) (*asked, error) {
	r, err := mayBeAsked(c, ip)
	if err != nil {
		return nil, err
	}
	a := &asked{
		IP: r.IP.Unmap().String(), addr: r.IP.Unmap(), clients: make(map[netip.Addr]bool),
		Names: ownNames(c, r), Provisional: r.Verdict == casefile.VerdictProvisional,
	}
	for _, seen := range r.Seen {
		t, err := newTransaction(c, a, seen)
		if err != nil {
			return nil, fmt.Errorf("%s in sample %d: %w", a.IP, seen.Sample, err)
		}
		if t != nil {
			a.Transactions = append(a.Transactions, t)
		}
	}
	if len(a.Transactions) == 0 {
		return nil, fmt.Errorf("%s: no believed field of a sample names this address", a.IP)
	}
	slices.SortStableFunc(a.Transactions, func(s, t *transaction) int { return cmp.Compare(s.Sample, t.Sample) })
	if r.Certainty == trace.Recorded && len(a.Recorders) == 0 {
		return nil, fmt.Errorf("%s is said to be recorded, but no trusted field names it", a.IP)
	}
	a.Window = newWindow(a.Transactions)
	a.Stamped = a.Window != nil && (a.Window.First.Own || a.Window.Last.Own)
	a.Clock = clockBound(r.Seen)
	return a, nil
}

// ownNames lists the recorded names of a relay, without any that a bystander bears: a
// spammer may have used the name of an innocent.
func ownNames(c *casefile.Case, r *casefile.Relay) []string {
	var names []string
	for _, n := range r.Names {
		taken := slices.ContainsFunc(c.Bystanders, func(b casefile.Bystander) bool {
			return strings.EqualFold(strings.TrimSuffix(b.Name, "."), strings.TrimSuffix(n, "."))
		})
		if n != "" && !taken && len(names) < 3 {
			names = append(names, oneLine(n, 255))
		}
	}
	return names
}

// newTransaction checks one passage against the trace fields and returns nil when the
// field that names the relay is not believed.
func newTransaction(c *casefile.Case, a *asked, seen casefile.Seen) (*transaction, error) {
	i := slices.IndexFunc(c.Samples, func(s casefile.Sample) bool { return s.Number == seen.Sample })
	if i < 0 {
		return nil, errors.New("the case has no such sample")
	}
	sample := &c.Samples[i]
	hops := sample.Path.Hops
	if seen.Hop < 0 || seen.Hop >= len(hops) || seen.Own >= len(hops) || seen.Own >= 0 && seen.Own <= seen.Hop {
		return nil, errors.New("the trace fields are not numbered as they stand")
	}
	naming := &hops[seen.Hop]
	if naming.From.IP.Unmap() != a.addr {
		return nil, fmt.Errorf("trace field %d names another address", seen.Hop)
	}
	if !believed(naming) {
		return nil, nil
	}
	t := &transaction{Relay: a, Sample: sample.Number, Naming: newField(naming)}
	a.addWriter(t.Naming)
	if seen.Own >= 0 {
		if err := t.addOwn(&hops[seen.Own], seen.Client); err != nil {
			return nil, err
		}
	}
	t.qp = queueProcess(hops, seen)
	t.addTime(naming)
	t.addKeys(naming, sample.Path.Message)
	return t, nil
}

func (a *asked) addWriter(f quotedField) {
	to := &a.According
	if f.Trusted {
		to = &a.Recorders
	}
	if !slices.Contains(*to, f.Writer) {
		*to = append(*to, f.Writer)
	}
}

// addOwn takes up the field that the relay wrote. An unverified one is neither quoted
// nor held against the relay: anybody can write a field in an innocent's name.
func (t *transaction) addOwn(own *trace.Hop, client netip.Addr) error {
	if !believed(own) {
		if own.Standing == trace.Unverified {
			t.Unproven = &unproven{ID: plainID(own.ID), Stamp: oneLine(own.Time.Stamp, 80)}
		}
		return nil
	}
	ip := own.From.IP
	if client.IsValid() && client.Unmap() != ip.Unmap() {
		return fmt.Errorf("the client %s is not the one that trace field %d names", client, own.Index)
	}
	f := newField(own)
	t.Own = &f
	switch {
	case ip.IsValid():
		ip = ip.Unmap()
		t.Client = ip.String()
		t.Private = !ip.IsGlobalUnicast() || ip.IsPrivate()
		if !t.Relay.clients[ip] {
			t.Relay.clients[ip] = true
			t.Relay.Clients = append(t.Relay.Clients, t.Client)
		}
	case own.Discloses == trace.DisclosesName || own.Discloses == trace.DisclosesHELO || own.Discloses == trace.DisclosesNothing:
		t.Withheld = true
		t.Relay.Withheld++
	}
	return nil
}

func newField(h *trace.Hop) quotedField {
	return quotedField{
		Writer: oneLine(h.By.Host, 255), Trusted: h.Standing == trace.Trusted,
		Lines: fieldLines("Received", h.Raw), MTA: h.By.MTA, ID: oneLine(h.ID, 100), hop: h,
	}
}

// addTime prefers the relay's own stamp: its logs are by the same clock.
func (t *transaction) addTime(naming *trace.Hop) {
	hops := []*trace.Hop{naming}
	if t.Own != nil {
		hops = []*trace.Hop{t.Own.hop, naming}
	}
	for _, h := range hops {
		when, err := time.Parse(time.RFC3339, h.Time.UTC)
		if err == nil {
			t.when = when.UTC()
			t.stamp = stamp{Verbatim: oneLine(h.Time.Stamp, 80), UTC: Stamp(h.Time.UTC), Own: h != naming}
			return
		}
	}
}

// addKeys lists what a log may hold, as the fields have it.
func (t *transaction) addKeys(naming *trace.Hop, m trace.Message) {
	own := &trace.Hop{}
	if t.Own != nil {
		own = t.Own.hop
		t.add("Your queue ID", own.ID)
		t.add("Your qp number", t.qp)
		t.add("Your stamp", own.Time.Stamp)
		t.add("  in UTC", utc(own))
		t.add("HELO given to you", own.From.HELO)
	}
	t.add("HELO you gave", naming.From.HELO)
	t.add("Taken over by", naming.By.Host)
	t.add("  at", naming.Time.Stamp)
	t.add("  in UTC", utc(naming))
	t.add("  as queue ID", naming.ID)
	t.add("Envelope from", firstOf(own.Envelope, naming.Envelope, m.ReturnPath))
	recipients := own.For
	if len(recipients) == 0 {
		recipients = naming.For
	}
	t.add("Recipient (for)", strings.Join(recipients[:min(len(recipients), 5)], ", "))
	t.add("Message-ID", m.MessageID)
	t.add("Subject", m.Subject)
	t.msgID = oneLine(m.MessageID, 200)
}

func utc(h *trace.Hop) string {
	if h.Time.UTC == "" {
		return ""
	}
	return Stamp(h.Time.UTC)
}

func (t *transaction) add(label, value string) {
	if value = oneLine(value, 300); value != "" {
		t.Keys = append(t.Keys, searchKey{Label: label, Value: value})
	}
}

// clockBound returns the tightest bound on a relay's clock: that of the smallest gap,
// since what the gap holds beyond the clock's error is time in the queue.
func clockBound(seen []casefile.Seen) string {
	var best *casefile.ClockBounds
	for _, s := range seen {
		if s.Clock != nil && (best == nil || s.Clock.GapSeconds < best.GapSeconds) {
			best = s.Clock
		}
	}
	if best == nil || strings.TrimSpace(best.Text) == "" {
		return ""
	}
	return strings.TrimRight(oneLine(best.Text, 300), ". ") + "."
}

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
	Suspected    bool           // it took mail from a network that has no tie to its own
	Proven       int            // transactions in which its own believed field tells of a host that connected
	Hinted       int            // transactions in which only an unverified field could be its own
	Withheld     int            // of Proven: its own field names no client address
	Transactions []*transaction // by sample number
	Window       *logWindow     // nil when no field gives a time
	Stamped      bool           // some stamp of the window is by its own clock
	Clock        string         // the tightest bound on its clock's error, in words

	Direct bool // a source that handed the mail over itself
	Local  bool // a source on which, by its own field, the mail began
	Beyond int  // samples of the case that it stands in and that are not shown

	addr    netip.Addr
	source  bool // not told as a relay
	clients map[netip.Addr]bool
	hide    *redactor
}

// transaction is one passage of one sample through one relay.
type transaction struct {
	Relay    *asked
	Sample   int
	Naming   quotedField  // names the relay's address as its peer
	Own      *quotedField // written by the relay, believed; nil when there is none
	Unproven *trace.Hop   // may be the relay's own field; not quoted, only its ID and time are told
	Client   string       // address that the relay recorded, empty when it did not
	Private  bool         // Client is of a private network: only the relay's owner can look behind it
	Withheld bool         // the relay's field should name a client and names no address

	when    time.Time // by the relay's clock where it has stamped; zero when unknown
	stamp   stamp
	message *trace.Message
	clock   *casefile.ClockBounds // by the relay's own believed stamp; may be nil
	qp      string                // number that qmail's own log calls qp
}

// quotedField is a trace field that may be quoted.
type quotedField struct {
	Writer  string // the host that wrote it, as it names itself
	Trusted bool   // of the recipient's side
	MTA     string
	ID      string

	hop  *trace.Hop
	hide *redactor // nil where the field is shown to its own writer
}

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

// Clients counts the different addresses that its own fields name.
func (a *asked) Clients() int { return len(a.clients) }

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
	keys := t.keys()
	lines := make([]string, len(keys))
	for i, k := range keys {
		lines[i] = fmt.Sprintf("%-19s%s", k.Label, k.Value)
	}
	return verbatimLines(lines)
}

// believed reports whether a field may speak against anyone.
func believed(h *trace.Hop) bool {
	return h != nil && (h.Standing == trace.Trusted || h.Standing == trace.Corroborated)
}

// mayBeAsked says why a letter may not speak of a relay, or returns nil.
func mayBeAsked(c *casefile.Case, r *casefile.Relay) error {
	switch {
	case !r.IP.IsValid():
		return errors.New("a relay without an address")
	case r.Certainty != trace.Recorded && r.Certainty != trace.CertaintyCorroborated:
		return fmt.Errorf("%s is only claimed: nobody is written to on that ground", r.IP)
	case r.Verdict != casefile.VerdictSuspected && r.Verdict != casefile.VerdictUndisclosed &&
		r.Verdict != casefile.VerdictSourceOrRelay && r.Verdict != casefile.VerdictRelayOrProvider && r.Verdict != casefile.VerdictProvisional:
		return fmt.Errorf("%s is not to be asked: its verdict is %q", r.IP, r.Verdict)
	case isBystander(c, r.IP):
		return fmt.Errorf("%s is also a bystander of the case: the case contradicts itself", r.IP)
	}
	return nil
}

// relayAt finds the relay of the case at ip.
func relayAt(c *casefile.Case, ip netip.Addr) (*casefile.Relay, error) {
	for i := range c.Relays {
		if ip.IsValid() && c.Relays[i].IP.Unmap() == ip.Unmap() {
			return &c.Relays[i], nil
		}
	}
	return nil, fmt.Errorf("%s is no relay of the case", ip)
}

func isBystander(c *casefile.Case, ip netip.Addr) bool {
	return slices.ContainsFunc(c.Bystanders, func(b casefile.Bystander) bool {
		return b.IP.IsValid() && b.IP.Unmap() == ip.Unmap()
	})
}

// newAsked gathers what the believed fields of the case say of a relay. Transactions
// that only an unverified field names are left out: they are no ground to ask on.
func newAsked(c *casefile.Case, r *casefile.Relay, hide *redactor) (*asked, error) {
	if err := mayBeAsked(c, r); err != nil {
		return nil, err
	}
	a := &asked{
		IP: r.IP.Unmap().String(), addr: r.IP.Unmap(), clients: make(map[netip.Addr]bool),
		Names: ownNames(c, r.Names), Provisional: r.Verdict == casefile.VerdictProvisional,
		Suspected: r.Verdict == casefile.VerdictSuspected, hide: hide,
	}
	return a, a.gather(c, r.Seen, r.Certainty, r.Samples)
}

// mayBeNoticed says why a letter may not speak of a source, or returns nil.
func mayBeNoticed(c *casefile.Case, s *casefile.Source) error {
	switch {
	case !s.NoticeWorthy():
		return fmt.Errorf("%s is no source that is known well enough to be written about", s.IP)
	case isBystander(c, s.IP):
		return fmt.Errorf("%s is also a bystander of the case: the case contradicts itself", s.IP)
	}
	return nil
}

// sourceAt finds the source of the case at ip.
func sourceAt(c *casefile.Case, ip netip.Addr) (*casefile.Source, error) {
	for i := range c.Sources {
		if ip.IsValid() && c.Sources[i].IP.Unmap() == ip.Unmap() {
			return &c.Sources[i], nil
		}
	}
	return nil, fmt.Errorf("%s is no source of the case", ip)
}

// newSource gathers what the believed fields of the case say of a source that its
// network is told of.
func newSource(c *casefile.Case, s *casefile.Source, hide *redactor) (*asked, error) {
	if err := mayBeNoticed(c, s); err != nil {
		return nil, err
	}
	return sourceEvidence(c, s, hide)
}

// sourceEvidence is newSource for any source, to be told to nobody but a CSIRT.
func sourceEvidence(c *casefile.Case, s *casefile.Source, hide *redactor) (*asked, error) {
	a := &asked{
		IP: s.IP.Unmap().String(), addr: s.IP.Unmap(), clients: make(map[netip.Addr]bool), Names: ownNames(c, s.Names),
		Direct: s.Certainty == trace.Recorded, Local: s.Ends == trace.EndLocal, source: true, hide: hide,
	}
	var seen []casefile.Seen
	for _, n := range s.Samples {
		sample := c.Sample(n)
		if sample == nil {
			continue // not among those that the case shows
		}
		for i := range sample.Path.Hops {
			if h := &sample.Path.Hops[i]; believed(h) && h.From.IP.Unmap() == a.addr {
				seen = append(seen, casefile.Seen{Sample: n, Hop: i, Own: -1})
				break
			}
		}
	}
	return a, a.gather(c, seen, s.Certainty, s.Count)
}

// gather checks the transactions of a host against the trace fields. all is the number of
// samples of the whole case that it stands in.
func (a *asked) gather(c *casefile.Case, all []casefile.Seen, certainty trace.Certainty, samples int) error {
	for _, seen := range all {
		t, err := newTransaction(c, a, seen)
		if err != nil {
			return fmt.Errorf("%s in sample %d: %w", a.IP, seen.Sample, err)
		}
		if t != nil {
			a.add(t)
		}
	}
	if len(a.Transactions) == 0 {
		return fmt.Errorf("%s: no believed field of a sample names this address", a.IP)
	}
	slices.SortStableFunc(a.Transactions, func(s, t *transaction) int { return cmp.Compare(s.Sample, t.Sample) })
	if certainty == trace.Recorded && len(a.Recorders) == 0 {
		return fmt.Errorf("%s is said to be recorded, but no trusted field names it", a.IP)
	}
	a.Window = newWindow(a.Transactions)
	a.Stamped = a.Window != nil && (a.Window.First.Own || a.Window.Last.Own)
	a.Clock = clockBound(a.Transactions)
	shown := make(map[int]bool)
	for _, seen := range all {
		shown[seen.Sample] = true
	}
	a.Beyond = max(0, samples-len(shown))
	return nil
}

func (a *asked) add(t *transaction) {
	a.Transactions = append(a.Transactions, t)
	switch {
	case t.Client != "" || t.Withheld:
		a.Proven++
	case t.Unproven != nil:
		a.Hinted++
	}
}

// ownNames lists the recorded names of a host, without any that a bystander bears: a
// spammer may have used the name of an innocent.
func ownNames(c *casefile.Case, recorded []string) []string {
	var names []string
	for _, n := range recorded {
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
	sample := c.Sample(seen.Sample)
	if sample == nil {
		return nil, errors.New("the case has no such sample")
	}
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
	t := &transaction{Relay: a, Sample: sample.Number, Naming: newField(naming, a.hide), message: &sample.Path.Message}
	a.addWriter(t.Naming)
	if seen.Own >= 0 {
		if err := t.addOwn(&hops[seen.Own], seen); err != nil {
			return nil, err
		}
	}
	t.qp = queueProcess(hops, seen)
	t.addTime(naming)
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
func (t *transaction) addOwn(own *trace.Hop, seen casefile.Seen) error {
	if !believed(own) {
		if own.Standing == trace.Unverified {
			t.Unproven = own
		}
		return nil
	}
	ip := own.From.IP
	if client := seen.Client; client.IsValid() && client.Unmap() != ip.Unmap() {
		return fmt.Errorf("the client %s is not the one that trace field %d names", seen.Client, own.Index)
	}
	f := newField(own, nil) // a log is searched by what its own server wrote
	t.Own, t.clock = &f, seen.Clock
	switch {
	case ip.IsValid():
		ip = ip.Unmap()
		t.Client = ip.String()
		t.Private = !ip.IsGlobalUnicast() || ip.IsPrivate()
		t.Relay.clients[ip] = true
	case own.Discloses == trace.DisclosesName || own.Discloses == trace.DisclosesHELO || own.Discloses == trace.DisclosesNothing:
		t.Withheld = true
		t.Relay.Withheld++
	}
	return nil
}

func newField(h *trace.Hop, hide *redactor) quotedField {
	return quotedField{
		Writer: oneLine(h.By.Host, 255), Trusted: h.Standing == trace.Trusted,
		MTA: h.By.MTA, ID: oneLine(h.ID, 100), hop: h, hide: hide,
	}
}

// Lines is the field as found.
func (f quotedField) Lines() []string { return fieldLines("Received", f.hide.text(f.hop.Raw)) }

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

// keys lists what a log may hold, as the fields have it.
func (t *transaction) keys() []searchKey {
	var keys []searchKey
	add := func(label, value string) {
		if value = oneLine(value, 300); value != "" {
			keys = append(keys, searchKey{Label: label, Value: value})
		}
	}
	own, naming := &trace.Hop{}, t.Naming.hop
	if t.Own != nil {
		own = t.Own.hop
		add("Your queue ID", own.ID)
		add("Your qp number", t.qp)
		add("Your stamp", own.Time.Stamp)
		add("  in UTC", utc(own))
		add("HELO given to you", own.From.HELO)
	}
	if t.Unproven != nil {
		add("Perhaps your ID", plainID(t.Unproven.ID))
		add("Perhaps your time", utc(t.Unproven))
	}
	if t.Relay.source {
		add("HELO given", naming.From.HELO)
	} else {
		add("HELO you gave", naming.From.HELO)
	}
	add("Taken over by", naming.By.Host)
	add("  at", naming.Time.Stamp)
	add("  in UTC", utc(naming))
	add("  as queue ID", naming.ID)
	hide := t.Relay.hide
	add("Envelope from", firstOf(own.Envelope, hide.text(firstOf(naming.Envelope, t.message.ReturnPath))))
	if len(own.For) > 0 {
		add("Recipient (for)", strings.Join(own.For[:min(len(own.For), 5)], ", "))
	} else {
		add("Recipient (for)", hide.text(strings.Join(naming.For[:min(len(naming.For), 5)], ", ")))
	}
	add("Message-ID", t.message.MessageID)
	add("Subject", hide.text(t.message.Subject))
	return keys
}

// msgID is the Message-ID, ready to be shown.
func (t *transaction) msgID() string { return oneLine(t.message.MessageID, 200) }

func utc(h *trace.Hop) string {
	if h.Time.UTC == "" {
		return ""
	}
	return Stamp(h.Time.UTC)
}

// clockBound returns the tightest bound on a relay's clock: that of the smallest gap,
// since what the gap holds beyond the clock's error is time in the queue.
func clockBound(all []*transaction) string {
	var best *casefile.ClockBounds
	for _, t := range all {
		if t.clock != nil && (best == nil || t.clock.GapSeconds < best.GapSeconds) {
			best = t.clock
		}
	}
	if best == nil || strings.TrimSpace(best.Text) == "" {
		return ""
	}
	return strings.TrimRight(oneLine(best.Text, 300), ". ") + "."
}

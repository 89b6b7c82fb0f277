package trace

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"

	"relaytrace/trace/header"
	"relaytrace/trace/received"
)

// hop is a trace field while it is worked on.
type hop struct {
	*Hop
	f      received.Field
	body   []byte
	at     instant // of the stamp
	queued instant // in the queue ID
	scope  scope   // of the peer's address
	rdns   string  // the looked-up name, where the software confirms that it leads back to the address
}

// analysis is the state of one call of Analyze.
type analysis struct {
	set   *Settings
	path  Path
	trace []header.Field // the Received: fields
	hops  []hop
	own   []string // names of hosts that wrote trusted fields
	// what the header says of recipients and lists, in lower case
	recipients []string // domains to which the mail was delivered, as the recipient's side wrote
	delivered  []delivery
	known      []string // the recipients that a rule goes by, while it does
	hints      []hint
	findings   []finding   // for the path, as they were found
	order      []uint64    // of the findings, while they are sorted
	bystanders []Bystander // for the path
	edge       int         // the hop that holds the boundary, -1 without one
	peers      []int       // for each hop, the hop whose peer wrote it; -1 when unknown
	writer     writer
	names      []string // room for those of the writers
	broken     int      // the first hop below the boundary that nothing links, or -1
	deepest    int      // the deepest hop that is linked, or -1
	ratware    bool     // the mail bears the mark of a bulk mailing program
	shaky      int      // the first hop that is trusted behind a public address which nobody declared, or -1
	kept       keep
	lists      *lists // what the path points at
}

// scratch keeps the work space of earlier calls: hops are large, and most messages have few.
var scratch = sync.Pool{New: func() any { return new(analysis) }}

// Analyze reads the relay path out of the header of one sample. data is the sample as
// received and fields are those that header.Scan found in it. The Path shares no memory
// with data. Analyze never fails: what cannot be known is told as such. It is safe to
// call concurrently.
func Analyze(data []byte, fields []header.Field, set *Settings) Path {
	return analyzeIn(new(lists), data, fields, set)
}

// analyzeIn makes a path whose lists stand in those given.
func analyzeIn(in *lists, data []byte, fields []header.Field, set *Settings) Path {
	a := scratch.Get().(*analysis) // after a panic it is not given back: it would hold texts of this message for the next
	a.read(data, fields, set, in)
	done := a.path
	a.empty()
	scratch.Put(a)
	return done
}

// read makes the path, of which the lists come to stand in those given.
func (a *analysis) read(data []byte, fields []header.Field, set *Settings, in *lists) {
	p := &a.path
	p.Schema, p.Relays = PathSchema, sized(&in.relays, 0)
	a.set, a.lists = set, in
	a.edge, a.broken, a.deepest, a.shaky = -1, -1, -1, -1
	a.readHeader(data, fields)
	a.readHops(data)
	p.Message.readMessage()
	if len(a.hops) == 0 {
		p.Ends = EndNoTrace
		a.settleHints()
		a.find("no-trace", -1, Notice, "", "The sample has no Received: field, so nothing says where it went.")
	} else {
		a.analyze()
	}
	in.relays = p.Relays
	p.Bystanders = sized(&in.bystanders, len(a.bystanders))
	copy(p.Bystanders, a.bystanders)
	a.sortFindings()
}

// analyze goes through the fields from the top.
func (a *analysis) analyze() {
	a.walkTrusted()
	a.settleRecipients()
	a.walkChain()
	a.conclude()
	a.settleHints()
	a.setClocks()
	a.findRatware()
	a.findRelays()
	a.findBystanders()
	a.findFacts()
}

// maxHops bounds the fields that are judged: RFC 5321 section 6.3 lets servers take 100
// for a loop, so that what stands deeper is the sender's. All are listed.
const maxHops = 200

// readHops parses every Received: field.
func (a *analysis) readHops(data []byte) {
	n := len(a.trace)
	a.path.Hops = sized(&a.lists.hops, n)
	a.hops = slices.Grow(a.hops, n)[:n]
	a.peers = slices.Grow(a.peers, n)[:n]
	recipients := 0
	for i, f := range a.trace {
		a.peers[i] = -1
		h := &a.hops[i] // all zero, as an emptied list is
		h.Hop, h.body = &a.path.Hops[i], f.Body(data)
		h.f.Parse(h.body)
		h.at = instantOf(h.f.Time.Unix, h.f.Time.Known)
		h.queued = instantOf(h.f.Queue.Unix, h.f.Queue.Precision == received.Second)
		h.Index, h.Line, h.Findings = i, f.Line, []string{}
		a.kept.verbatim(&h.Raw, h.body)
		a.kept.instant(&h.Time.UTC, h.at)
		a.kept.instant(&h.Time.QueueIDUTC, h.queued)
		recipients += h.f.ForLen()
	}
	a.kept.settle()
	all := sized(&a.lists.recipients, recipients)[:0]
	for i := range a.hops {
		all = a.hops[i].read(all, a.set)
	}
}

// read fills a hop from its field. The field's recipients are added to all.
func (h *hop) read(all []string, known *Settings) []string {
	f := &h.f
	whole := len(h.Raw) == len(h.body) // nothing was rewritten: values may share its memory
	folds, returns := strings.IndexByte(h.Raw, '\n'), strings.IndexByte(h.Raw, '\r') >= 0
	if folds < 0 {
		folds = len(h.Raw)
	}
	set := func(to *string, s received.Span) {
		if s.Empty() {
			return
		}
		if whole {
			v := h.Raw[s.Start:s.End]
			if (s.End <= folds || strings.IndexByte(v, '\n') < 0) && (!returns || strings.IndexByte(v, '\r') < 0) {
				*to = v
				return
			}
		}
		*to = text(s.Of(h.body))
	}
	set(&h.From.HELO, f.From.HELO)
	set(&h.From.RDNS, f.From.RDNS)
	set(&h.From.Name, f.From.Name)
	set(&h.From.Ident, f.From.Ident)
	set(&h.From.Auth, f.From.Auth)
	set(&h.By.Host, f.By.Host)
	set(&h.By.Version, f.Version)
	set(&h.With, f.With)
	set(&h.ID, f.ID)
	set(&h.Envelope, f.Envelope)
	set(&h.Time.Stamp, f.Time.Stamp)
	if h.From.RDNS != "" {
		h.From.RDNS = strings.TrimSuffix(h.From.RDNS, ".")
	}
	h.From.IP, h.From.Port = f.From.Addr, port(f.From.Port.Of(h.body))
	if h.By.IP, h.By.MTA = f.By.Addr, string(f.Family); addressText(h.By.Host) {
		h.By.Host = ""
	}
	set(&h.TLS, f.TLSVersion)
	if !f.TLSCipher.Empty() {
		cipher := ""
		set(&cipher, f.TLSCipher)
		h.TLS = strings.TrimSpace(h.TLS + " " + cipher)
	}
	begin := len(all)
	for i := range f.ForLen() {
		all = append(all, "")
		set(&all[len(all)-1], f.For(i))
	}
	h.For = all[begin:len(all):len(all)]
	h.Kind, h.Discloses, h.Standing = f.Kind, f.Discloses, Unverified
	h.scope = known.scopeOf(h.From.IP)
	if confirmsNames(h.By.MTA) && !bytes.Contains(f.From.Remark.Of(h.body), []byte("forged")) {
		h.rdns = h.From.RDNS
	}
	return all
}

func port(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 65535 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	if n > 65535 {
		return 0
	}
	return n
}

// name returns the name under which a peer was recorded, the looked-up one first.
func (h *hop) name() string { return cmp.Or(h.From.RDNS, h.From.HELO, h.From.Name) }

// peerAddr is the peer's address as a text, "invalid IP" without one: the field's own
// words where it wrote the address as everybody does.
func (h *hop) peerAddr() string {
	var room [48]byte // takes any address but one with a long zone
	usual := h.From.IP.AppendTo(room[:0])
	if s := h.f.From.IP; len(h.Raw) == len(h.body) && string(usual) == h.Raw[s.Start:s.End] && len(usual) > 0 {
		return h.Raw[s.Start:s.End]
	}
	return h.From.IP.String()
}

// peerText names a hop's peer for people.
func (h *hop) peerText() string {
	switch {
	case h.From.IP.IsValid() && h.From.RDNS != "":
		return h.From.RDNS + " [" + h.peerAddr() + "]"
	case h.From.IP.IsValid():
		return "[" + h.peerAddr() + "]"
	case h.From.RDNS != "":
		return h.From.RDNS
	case h.From.HELO != "":
		return "a host that called itself " + quote(h.From.HELO)
	case h.From.Name != "":
		return "a host named " + quote(h.From.Name)
	}
	return "a host that the field does not name"
}

func quote(s string) string { return "\u201c" + s + "\u201d" }

// byText names the host that wrote a field.
func (h *hop) byText() string {
	switch {
	case h.By.Host != "":
		return h.By.Host
	case h.By.IP.IsValid():
		return h.By.IP.String()
	}
	return "a host that does not name itself"
}

// unnamed reports whether a field does not say which host wrote it.
func (h *hop) unnamed() bool { return h.By.Host == "" && !h.By.IP.IsValid() }

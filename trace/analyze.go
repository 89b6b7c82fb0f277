package trace

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"relaytrace/trace/header"
	"relaytrace/trace/received"
)

// hop is a trace field while it is worked on.
type hop struct {
	*Hop
	f     received.Field
	body  []byte
	at    time.Time // the stamp's instant; zero when it is not known
	scope scope     // of the peer's address
	rdns  string    // the looked-up name, where the software confirms that it leads back to the address
}

// analysis is the state of one call of Analyze.
type analysis struct {
	set   *Settings
	path  *Path
	trace []header.Field // the Received: fields
	hops  []hop
	own   []string // names of hosts that wrote trusted fields
	// what the header says of recipients and lists, in lower case
	recipients []string // registrable domains to which the mail was delivered, as the recipient's side wrote
	delivered  []delivery
	hints      []hint
	edge       int   // the hop that holds the boundary, -1 without one
	peers      []int // for each hop, the hop whose peer wrote it; -1 when unknown
	writer     writer
	broken     int  // the first hop below the boundary that nothing links, or -1
	deepest    int  // the deepest hop that is linked, or -1
	ratware    bool // the mail bears the mark of a bulk mailing program
	shaky      int  // the first hop that is trusted behind a public address which nobody declared, or -1
	kept       keep
}

// keep gathers the texts that a Path takes out of a header, so that one string holds them
// all: most messages have more than a dozen.
type keep struct {
	b    []byte
	refs []keptText
}

// keptText is a place that is given its text once all are gathered.
type keptText struct {
	to         *string
	start, end int
}

// unfolded keeps a field's body as text does.
func (k *keep) unfolded(to *string, body []byte) {
	start := len(k.b)
	k.b = appendText(k.b, body)
	k.refs = append(k.refs, keptText{to, start, len(k.b)})
}

// verbatim keeps a field's body as found, folding too; bytes that are not UTF-8 are written \xNN.
func (k *keep) verbatim(to *string, body []byte) {
	start := len(k.b)
	k.b = appendVerbatim(k.b, body)
	k.refs = append(k.refs, keptText{to, start, len(k.b)})
}

// settle makes the string and hands its parts out.
func (k *keep) settle() {
	all := string(k.b)
	for _, r := range k.refs {
		*r.to = all[r.start:r.end]
	}
	clear(k.refs)
	if cap(k.b) > 1<<20 {
		k.b = nil
	}
	k.b, k.refs = k.b[:0], k.refs[:0]
}

// scratch keeps the work space of earlier calls: hops are large, and most messages have few.
var scratch = sync.Pool{New: func() any { return new(analysis) }}

// release gives the work space back without what it points at.
func (a *analysis) release() {
	clear(a.hops)
	if cap(a.hops) > 64 { // a hostile header must not be paid for ever after
		a.hops = nil
	}
	clear(a.own)
	*a = analysis{hops: a.hops, peers: a.peers, trace: a.trace, hints: a.hints, own: a.own[:0], kept: a.kept}
	scratch.Put(a)
}

// Analyze reads the relay path out of the header of one sample. data is the sample as
// received and fields are those that header.Scan found in it. The Path shares no memory
// with data. Analyze never fails: what cannot be known is told as such. It is safe to
// call concurrently.
func Analyze(data []byte, fields []header.Field, set *Settings) Path {
	p := Path{
		Schema: PathSchema,
		Hops:   []Hop{}, Relays: []Relay{}, Bystanders: []Bystander{}, Hints: []Hint{}, Findings: make([]Finding, 0, 8),
	}
	a := scratch.Get().(*analysis)
	defer a.release()
	*a = analysis{set: set, path: &p, edge: -1, broken: -1, deepest: -1, shaky: -1, hops: a.hops[:0], peers: a.peers[:0], trace: a.trace[:0], hints: a.hints[:0], own: a.own, kept: a.kept}
	a.readHeader(data, fields)
	a.readHops(data)
	p.Message.readMessage()
	if len(a.hops) == 0 {
		p.Ends = EndNoTrace
		a.settleHints(data)
		a.find("no-trace", -1, Notice, "", "The sample has no Received: field, so nothing says where it went.")
		return p
	}
	a.walkTrusted()
	a.settleRecipients()
	a.walkChain()
	a.conclude()
	a.settleHints(data)
	a.setClocks()
	a.findRatware()
	a.findRelays()
	a.findBystanders()
	a.findFacts()
	a.sortFindings()
	return p
}

// text unfolds a field's body; bytes that are not UTF-8 are written \xNN.
func text(b []byte) string {
	b = bytes.TrimSpace(b)
	if isOneLine(b) && utf8.Valid(b) {
		return string(b)
	}
	return string(appendText(nil, b))
}

func isOneLine(b []byte) bool { return bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 }

// appendText appends a field's body as text has it.
func appendText(s, b []byte) []byte {
	b = bytes.TrimSpace(b)
	if isOneLine(b) && utf8.Valid(b) {
		return append(s, b...)
	}
	fold := false
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '\r' || r == '\n':
			fold = true
		case fold && (r == ' ' || r == '\t'):
		case r == utf8.RuneError && n == 1:
			s = appendHex(s, b[0])
			fold = false
		default:
			if fold {
				s = append(s, ' ')
			}
			fold = false
			s = append(s, b[:n]...)
		}
		b = b[n:]
	}
	return s
}

func appendVerbatim(s, b []byte) []byte {
	if utf8.Valid(b) {
		return append(s, b...)
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			s = appendHex(s, b[0])
		} else {
			s = append(s, b[:n]...)
		}
		b = b[n:]
	}
	return s
}

func appendHex(s []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	return append(s, '\\', 'x', hex[c>>4], hex[c&15])
}

// maxHops bounds the fields that are judged: RFC 5321 section 6.3 lets servers take 100
// for a loop, so that what stands deeper is the sender's. All are listed.
const maxHops = 200

// readHops parses every Received: field.
func (a *analysis) readHops(data []byte) {
	n := len(a.trace)
	a.path.Hops = make([]Hop, n)
	a.hops = slices.Grow(a.hops, n)[:n]
	a.peers = slices.Grow(a.peers, n)[:n]
	for i, f := range a.trace {
		a.peers[i] = -1
		h := &a.path.Hops[i]
		h.Index, h.Line, h.Findings = i, f.Line, []string{}
		a.hops[i] = hop{Hop: h, body: f.Body(data)}
		a.kept.verbatim(&h.Raw, a.hops[i].body)
	}
	a.kept.settle()
	for i := range a.hops {
		a.hops[i].read(a.set)
	}
}

// read fills a hop from its field.
func (h *hop) read(set *Settings) {
	h.f = received.Parse(h.body)
	f := &h.f
	whole := len(h.Raw) == len(h.body) // nothing was rewritten: values may share its memory
	at := func(s received.Span) string {
		if s.Empty() {
			return ""
		}
		if whole && isOneLine(s.Of(h.body)) {
			return h.Raw[s.Start:s.End]
		}
		return text(s.Of(h.body))
	}
	h.From = From{
		HELO: at(f.From.HELO), RDNS: strings.TrimSuffix(at(f.From.RDNS), "."), Name: at(f.From.Name), IP: f.From.Addr,
		Port: port(f.From.Port.Of(h.body)), Ident: at(f.From.Ident), Auth: at(f.From.Auth),
	}
	h.By = By{Host: at(f.By.Host), IP: f.By.Addr, MTA: string(f.Family), Version: at(f.Version)}
	if addressText(h.By.Host) {
		h.By.Host = ""
	}
	h.With, h.ID, h.Envelope = at(f.With), at(f.ID), at(f.Envelope)
	if h.TLS = at(f.TLSVersion); !f.TLSCipher.Empty() {
		h.TLS = strings.TrimSpace(h.TLS + " " + at(f.TLSCipher))
	}
	h.For = make([]string, 0, f.ForLen())
	for i := range f.ForLen() {
		h.For = append(h.For, at(f.For(i)))
	}
	h.at = f.Time.UTC()
	h.Time = Time{Stamp: at(f.Time.Stamp), UTC: stamp(h.at), QueueIDUTC: stamp(f.Queue.UTC())}
	h.Kind, h.Discloses, h.Standing = f.Kind, f.Discloses, Unverified
	h.scope = set.scopeOf(h.From.IP)
	if confirmsNames(h.By.MTA) && !bytes.Contains(f.From.Remark.Of(h.body), []byte("forged")) {
		h.rdns = h.From.RDNS
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	var b [len(time.RFC3339)]byte
	return string(t.AppendFormat(b[:0], time.RFC3339))
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

// names returns the names under which a peer was recorded, the looked-up one first.
func (h *hop) names() []string {
	var n []string
	for _, s := range [...]string{h.From.RDNS, h.From.HELO, h.From.Name} {
		if s != "" {
			n = append(n, s)
		}
	}
	return n
}

// name returns the first of names, or nothing.
func (h *hop) name() string { return cmp.Or(h.From.RDNS, h.From.HELO, h.From.Name) }

// peerText names a hop's peer for people.
func (h *hop) peerText() string {
	switch {
	case h.From.IP.IsValid() && h.From.RDNS != "":
		return h.From.RDNS + " [" + h.From.IP.String() + "]"
	case h.From.IP.IsValid():
		return "[" + h.From.IP.String() + "]"
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

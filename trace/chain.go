package trace

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"relaytrace/trace/received"
)

// link is how a field is tied to the host that the field above recorded. The higher the stronger.
type link int

const (
	linkNone    link = iota
	linkHELO         // by a name that the host gave itself: anybody can
	linkDomain       // by the registrable domain of the looked-up name
	linkName         // by the looked-up name
	linkSelf         // a further step on the same host
	linkAddress      // by address
)

func (l link) String() string {
	return [...]string{"none", "helo", "domain", "name", "by-self", "address"}[l]
}

// strong reports whether a link can carry belief.
func (l link) strong() bool { return l > linkHELO }

// writer is the host that should have written the next field down.
type writer struct {
	addr netip.Addr
	rdns string    // looked-up name
	helo [3]string // HELO, a name of which it is not known what it is, and a looked-up one that is not confirmed
	weak []string  // names that the host took mail from itself under
	self []string  // names that the host itself wrote behind by
	near string    // the server that recorded it, in whose domain a bare looked-up name is meant
	// inside are names of the organisation behind whose gateway the host stands, when its
	// address is private.
	inside []string
}

// writerOf says who should have written the field below h: its peer.
func writerOf(h *hop) writer {
	w := writer{addr: h.From.IP, rdns: h.rdns, near: h.By.Host, helo: [3]string{h.From.HELO, h.From.Name}}
	if h.rdns == "" {
		w.helo[2] = h.From.RDNS // marked "may be forged"
	}
	return w
}

// byUser reports whether a user's mail program put the mail in on an Exchange server. What
// he hands over there may hold fields of his own making in the server's name.
func (h *hop) byUser() bool { return h.By.MTA == "exchange" && strings.EqualFold(h.With, "mapi") }

// link tells how the field h is tied to the writer, and by which words.
func (w *writer) link(h *hop) (link, string) {
	by := h.byText()
	if w.addr.IsValid() && h.By.IP == w.addr {
		return linkAddress, by
	}
	by = h.By.Host
	for _, s := range w.self {
		if sameHost(s, by) && (!lengthens(s, by) || sameDomain(w.rdns, by)) {
			return linkSelf, by
		}
	}
	switch {
	case lengthens(w.rdns, by) && !sameDomain(w.near, by): // "mail" was looked up, mail.victim.example is said
	case sameHost(w.rdns, by):
		return linkName, by
	case sameDomain(w.rdns, by) && !customerName(w.rdns, w.addr):
		return linkDomain, by
	}
	if sameHost(w.helo[0], by) && sameDomain(w.helo[0], w.rdns) && !customerName(w.rdns, w.addr) {
		return linkDomain, by // a short name, of a HELO in the looked-up domain
	}
	for _, n := range w.inside {
		if sameDomain(n, by) {
			return linkHELO, by
		}
	}
	for _, n := range w.helo {
		if k := w.linkByClaim(h, n); k != linkNone {
			return k, by
		}
	}
	for _, n := range w.weak {
		if k := w.linkByClaim(h, n); k != linkNone {
			return k, by
		}
	}
	if sameDomain(w.rdns, by) {
		return linkHELO, by
	}
	return linkNone, by
}

// lengthens reports whether a host that is known by a bare word writes a full name: anybody
// can, and a bare word says nothing of the domain.
func lengthens(known, by string) bool {
	return known != "" && strings.IndexByte(known, '.') < 0 && strings.IndexByte(by, '.') >= 0
}

// linkByClaim tells how the field h is tied by a name n that its writer gave itself.
func (w *writer) linkByClaim(h *hop, n string) link {
	switch {
	case n == "":
	case sameHost(n, h.By.Host):
		if w.addr.IsValid() && idAddress(h) == w.addr {
			return linkDomain // the name is a claim, the ID bears it out
		}
		return linkHELO
	case sameDomain(n, h.By.Host),
		n[0] == '[' && h.By.IP.IsValid() && n == "["+h.By.IP.String()+"]":
		return linkHELO
	}
	return linkNone
}

// idAddress reads the writer's own address out of the queue ID of MIMEsweeper's SMTPRS 4:
// "T", ten hex digits, and eight that are the address. The zero Addr when there is none.
func idAddress(h *hop) netip.Addr {
	if h.By.MTA != "mailsweeper" || len(h.ID) < 19 || h.ID[0] != 'T' {
		return netip.Addr{}
	}
	var a [4]byte
	if n, err := hex.Decode(a[:], []byte(h.ID[11:19])); n != 4 || err != nil {
		return netip.Addr{}
	}
	return netip.AddrFrom4(a)
}

// walkChain goes down from the boundary and gives each field its standing.
func (a *analysis) walkChain() {
	if a.edge < 0 {
		a.leaveRest(a.deepest + 1)
		return
	}
	a.writer = writerOf(&a.hops[a.edge])
	source, believed := a.edge, true
	for j := a.edge + 1; j < len(a.hops); j++ {
		h := &a.hops[j]
		if j >= maxHops {
			a.leaveRest(j)
			break
		}
		tie, by := a.writer.link(h)
		k := tie
		onSame := h.Kind != Transfer && h.Kind != Fetch && h.unnamed()
		if onSame && a.broken < 0 {
			k = linkSelf
		}
		if up := &a.hops[j-1]; !k.strong() && up.Standing == Corroborated && withinOperator(up, h) != nil {
			k = linkDomain // no peer, or one that only its provider can name
		}
		if k == linkNone && a.underNote(j) {
			k, by = linkHELO, "qmail's note"
		}
		if a.broken >= 0 && k != linkNone { // a link to what is itself not linked carries nothing
			k = linkNone
		}
		h.Link = k.String()
		against := a.against(j, tie)
		switch {
		case against != "":
			h.Standing, h.Why = Contradicted, against
			believed = false
			if a.broken < 0 {
				a.broken = j
			}
			continue
		case a.broken >= 0:
			h.Why = "a field above it is not tied to the path"
			continue
		case k == linkNone:
			a.kept.join(&h.Why, "nothing ties ", h.byText(), " to ", a.hops[source].peerText())
			a.broken = j
			continue
		}
		a.deepest, a.peers[j] = j, source
		if h.Kind == Transfer && h.From.IP.IsValid() && h.From.IP == a.writer.addr {
			h.Kind = Internal // the host took it from itself under its own address
		}
		sign, software := a.sign(j)
		switch {
		case onSame:
			h.Why = "a note of the host above it"
		case !k.strong() && a.underNote(j):
			h.Why = "only its place under a note of qmail's ties it to the host above"
		case !k.strong():
			a.kept.join(&h.Why, cmp.Or(by, h.byText()), " is tied to the host above only by a name that the latter gave itself")
		case !believed:
			h.Why = "a field above it is not verified"
		case customerName(a.writer.rdns, a.writer.addr):
			h.Why = "it was written on a customer's line, where anything can be written"
		case sign == "":
			h.Why = "the link is good, but nothing shows that a genuine server wrote it"
		default:
			h.Standing = Corroborated
			a.kept.join(&h.Why, "linked by ", k.String(), "; ", sign, software)
		}
		believed = believed && (h.Standing == Corroborated || onSame)
		source = a.descend(j, source)
	}
	a.settleNotes()
}

// underNote reports whether field j is qmail-smtpd's and stands under the note that qmail
// makes when it takes mail from the network, without a name of its host, as when it knows
// none ("by 0"): one host wrote both. A sender can write both too, as he can say HELO.
func (a *analysis) underNote(j int) bool {
	h, n := &a.hops[j], &a.hops[j-1]
	return h.By.MTA == "qmail" && h.Kind == Transfer && strings.Trim(h.By.Host, "0123456789") == "" && n.Kind == Note && n.By.MTA == "qmail" &&
		n.Link == linkSelf.String() && strings.Contains(n.Raw, "from network")
}

// descend says who should have written the field below hop j: its peer, or the same host
// again where j is no hand-over.
func (a *analysis) descend(j, source int) int {
	h := &a.hops[j]
	if h.byUser() {
		a.writer = writer{} // below stands what he wrote
		return j
	}
	if h.Kind == Transfer || h.Kind == Fetch {
		outside := a.writer
		a.writer = writerOf(h)
		if h.scope == privateAddr {
			a.writer.inside = a.addName(a.addName(outside.inside, h.By.Host), outside.rdns)
		}
		return j
	}
	if h.Kind == Internal && a.strangeInside(j) {
		a.writer = writer{helo: [3]string{h.From.HELO}} // it may stand behind a proxy of the host's
		return j
	}
	a.writer.self = a.addName(a.writer.self, h.By.Host)
	if h.Kind == Internal || h.Kind == Transfer {
		for _, n := range [...]string{h.From.RDNS, h.From.HELO, h.From.Name} {
			a.writer.weak = a.addName(a.writer.weak, n)
		}
	}
	return source
}

// maxNames bounds the names of one host that are kept: a header may hold thousands.
const maxNames = 8

func (a *analysis) addName(list []string, name string) []string {
	if name == "" || len(list) == maxNames || slices.Contains(list, name) {
		return list
	}
	if list == nil { // a field gives up to three
		n := len(a.names)
		a.names = slices.Grow(a.names, 4)[:n+4]
		list = a.names[n : n : n+4]
	}
	return append(list, name)
}

// settleNotes believes a note that names no host where it stands between believed fields.
func (a *analysis) settleNotes() {
	for j := a.edge + 1; j < len(a.hops); j++ {
		h := &a.hops[j]
		if !h.unnamed() || h.Link != linkSelf.String() || a.hops[j-1].Standing != Corroborated && j-1 != a.edge {
			continue
		}
		if j+1 < len(a.hops) && a.hops[j+1].Standing == Corroborated || j+1 == len(a.hops) && j-1 != a.edge {
			h.Standing = Corroborated
		}
	}
}

// leaveRest marks what stands below a trusted part without a boundary.
func (a *analysis) leaveRest(from int) {
	for j := from; j < len(a.hops); j++ {
		h := &a.hops[j]
		if h.Standing == Trusted {
			continue
		}
		if a.broken < 0 {
			a.broken = j
		}
		h.Link = linkNone.String()
		h.Why = "nobody knows who handed the mail to the recipient's side"
		if j >= maxHops {
			h.Why = fmt.Sprintf("only the first %d fields are judged; no path has so many hops", maxHops)
			continue
		}
		if s := a.against(j, linkNone); s != "" {
			h.Standing, h.Why = Contradicted, s
		}
	}
}

// sign names an independent sign that a genuine server wrote field j, or nothing. Where
// that is the form of its software, the software stands behind.
func (a *analysis) sign(j int) (sign, software string) {
	h := &a.hops[j]
	if h.f.Unread.Reason != "" {
		return "", ""
	}
	switch d, ok := h.queueGap(); {
	case ok && d.Abs() <= queueTolerance:
		return "the time in its queue ID agrees with its stamp", ""
	case h.By.MTA == "postfix" && !strings.Contains(h.Time.Stamp, "("):
		return "", "" // Postfix always adds the zone's name
	case h.By.MTA != "":
		return "its form is exactly that of ", h.By.MTA
	case h.ID != "" && len(h.ID) >= 6 && contains(a.path.Message.MessageID, h.ID):
		return "the Message-ID was made from its queue ID", ""
	}
	return "", ""
}

// signed reports whether there is an independent sign that a genuine server wrote field j.
func (a *analysis) signed(j int) bool {
	sign, _ := a.sign(j)
	return sign != ""
}

// How far the time in a queue ID may lie from the stamp: agreement, and what wrong zones
// and long sessions cannot explain. Honest zones are at most 26 hours apart, and
// sendmail makes its ID when the session begins.
const (
	queueTolerance = 10 * time.Minute
	queueLimit     = 36 * time.Hour
)

// queueGap is the stamp minus the instant in the queue ID.
func (h *hop) queueGap() (time.Duration, bool) {
	if h.queued == unknown || h.at == unknown {
		return 0, false
	}
	return h.at.sub(h.queued), true
}

// against names the positive evidence against field j, or nothing. tie is how the field is
// tied to the writer.
func (a *analysis) against(j int, tie link) string {
	h := &a.hops[j]
	if h.f.Decoy != "" && !a.oddButTied(h, tie) {
		a.find("decoy-signature", j, Warning, h.Time.Stamp, decoyText[h.f.Decoy])
		return "it bears the signature of a bulk mailer that invents fields"
	}
	if bad := impossibleLiteral(h); bad != "" {
		a.find("impossible-address", j, Warning, bad, "The address in brackets is none: no server that recorded a connection can have written it.")
		return "it names an address that cannot be"
	}
	if h.scope == impossible {
		a.find("impossible-address", j, Warning, h.peerAddr(), "No host on the Internet can connect from this address.")
		return "it names an address from which no host can connect"
	}
	if d, ok := h.queueGap(); ok && d.Abs() > queueLimit {
		a.find("queue-id-contradicts-stamp", j, Warning, h.ID,
			fmt.Sprintf("The queue ID was made at %s, %s away from the stamp; zones and queueing explain less.", h.Time.QueueIDUTC, days(d)))
		return "the time in its queue ID is days away from its stamp"
	}
	if a.broken >= 0 && a.hops[a.broken].Standing == Contradicted && h.By.MTA == "" && h.ID == "" && h.Kind == Transfer {
		a.find("below-invented-field", j, Warning, h.byText(),
			"It stands below an invented field and bears no mark of any mail server: whoever invented that one wrote this too.")
		return "it stands below an invented field and bears no mark of a mail server"
	}
	if d := a.inStep(j, tie); d != 0 {
		a.find("stamps-in-step", j, Warning, h.Time.Stamp,
			"The stamps of three fields in a row, of no known software and without an ID, lie exactly ", gap(d), " apart in minute and second, whatever their hours: one program invented them together.")
		return "its stamp keeps step with those beside it, as one program invents them"
	}
	if s := a.ownNameMisused(j, tie); s != "" {
		a.find("own-name-misused", j, Warning, h.By.Host, s)
		return "it claims to be written by the recipient's own host, which writes otherwise"
	}
	return ""
}

// impossibleLiteral finds what stands for the peer's address in brackets, in front of by,
// and has four numbers of which one is too large; empty when there is none. A HELO in
// brackets is the client's and proves nothing.
func impossibleLiteral(h *hop) string {
	if h.From.IP.IsValid() || h.Kind != Transfer {
		return ""
	}
	s := h.Raw
	if i := strings.Index(s, " by "); i > 0 {
		s = s[:i]
	}
	shut := strings.LastIndexByte(s, ']')
	open := strings.LastIndexByte(s[:max(shut, 0)], '[')
	if open < 1 || s[open-1] != '(' && !strings.Contains(s[:open], "(") {
		return ""
	}
	parts := strings.Split(s[open+1:shut], ".")
	if len(parts) != 4 {
		return ""
	}
	large := false
	for _, x := range parts {
		n, err := strconv.Atoi(x)
		if err != nil || n < 0 || len(x) > 4 {
			return ""
		}
		large = large || n > 255
	}
	if !large {
		return ""
	}
	return s[open+1 : shut]
}

// oddButTied reports whether a field with the shape of a decoy is tied to the path by
// the verified name of a server, so that it may be an odd but honest one.
func (a *analysis) oddButTied(h *hop, tie link) bool {
	return tie.strong() && a.broken < 0 && shapeOnly(h.f.Decoy) && !customerName(a.writer.rdns, a.writer.addr)
}

// shapeOnly reports whether a signature rests on names and protocols alone, which an odd
// but honest server can share when it is tied to the path by its verified name.
func shapeOnly(d received.Decoy) bool {
	return d == received.DecoyRandomD || d == received.DecoyFamousBy || d == received.DecoyOwnName
}

// ownNameMisused tells a field that claims the name of a host whose own fields, at the
// top, are of another software. Mail that left and came back by a list is no such case:
// its field is of the same software.
func (a *analysis) ownNameMisused(j int, tie link) string {
	h := &a.hops[j]
	if tie.strong() { // it is the name of the host that handed the mail in
		return ""
	}
	if h.By.Host == "" || h.Kind != Transfer || sameHost(h.By.Host, "localhost") {
		return ""
	}
	for i := range a.hops[:a.edge+1] {
		o := &a.hops[i]
		if o.By.MTA == "" || !strings.EqualFold(o.By.Host, h.By.Host) {
			continue
		}
		if o.By.MTA == h.By.MTA {
			return ""
		}
		return fmt.Sprintf("%s wrote field %d as %s; this field is of another form.", o.By.Host, i, o.By.MTA)
	}
	if tie != linkNone || h.By.MTA != "" || h.ID != "" {
		return ""
	}
	for _, o := range a.own {
		if sameDomain(o, h.By.Host) {
			return fmt.Sprintf("%s is in the domain of %s, which takes the mail further up; no mail server wrote a field of this form there.", h.By.Host, o)
		}
	}
	return ""
}

func days(d time.Duration) string {
	d = d.Abs()
	if h := int(d.Hours()); h < 72 {
		return fmt.Sprintf("%d hours", h)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

package trace

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// findRelays names the hosts that took the mail from one organisation and passed it to
// another, as far as this sample alone suggests it. The verdict is the case's.
func (a *analysis) findRelays() {
	if a.edge < 0 {
		return
	}
	for j := a.edge + 1; j <= a.deepest; j++ {
		h := &a.hops[j]
		p := a.peers[j]
		if p < 0 || h.Standing == Contradicted || h.Kind != Transfer && h.Kind != Unparsed {
			continue
		}
		if p > a.edge && a.strangeInside(p) {
			continue // it was written by whoever is hidden there, not behind the host's own gateway
		}
		p = a.gateway(p)
		if p < 0 || a.relayKnown(a.hops[p].From.IP) {
			continue
		}
		peer := &a.hops[p]
		if code, why := a.excused(peer, h); code != "" {
			if code != "relay-or-provider" || !a.relayKnown(peer.From.IP) {
				y := a.bystander(peer.From.RDNS, peer.From.IP, p, code)
				if y != nil && code == "relay-or-provider" && h.Standing == Corroborated && h.scope == publicAddr {
					y.Own = j // other samples may tell which
				}
			}
			a.find(code, p, Info, peer.peerAddr(), why)
			continue
		}
		if h.scope == privateAddr || h.scope == loopbackAddr || h.From.IP == peer.From.IP {
			continue // the mail came from behind it: its own system, as far as the field tells
		}
		if h.scope == noAddr && hasPrefixFold(h.By.Host, "localhost") {
			continue // a name that every machine has ties a field without a client to nobody
		}
		r := Relay{
			IP: peer.From.IP, Name: peer.From.RDNS, Hop: p, Own: j,
			Withholds: h.scope == noAddr, Certainty: a.certainty(p),
		}
		a.path.Relays = append(a.path.Relays, r)
		a.unexcuse(r.IP)
		if r.Withholds {
			a.findWithheld(j, peer)
		} else {
			a.find("relay-suspected", p, Notice, peer.peerAddr(),
				peer.peerText(), " passed on mail that ", fieldOf(h), " says was taken from ", h.peerText(), ", which has no visible tie to it.")
		}
	}
}

// unexcuse takes back what an upper step of a relay's own said in its favour: a host is told
// as one thing.
func (a *analysis) unexcuse(ip netip.Addr) {
	a.bystanders = slices.DeleteFunc(a.bystanders, func(b Bystander) bool { return b.IP == ip })
	quote := ip.String()
	a.findings = slices.DeleteFunc(a.findings, func(f finding) bool {
		return f.Hop >= 0 && f.Quote == quote && excuses[f.Code]
	})
}

// excuses are the codes that say why a host is no relay, or need not be one.
var excuses = map[string]bool{
	"relay-or-provider": true, "own-provider": true, "senders-domain": true, "relay-or-backup-mx": true, "forwarder": true,
	"mailing-list": true, "recipients-mail-exchanger": true, "webmail-submission": true, "authenticated-submission": true, "resent-locally": true,
}

// gateway returns the hop whose peer is the public host that a field stands behind: hop p
// itself, or the next above it where inside machines handed the mail on. -1 when none.
func (a *analysis) gateway(p int) int {
	for p >= 0 && a.hops[p].scope != publicAddr {
		p = a.peers[p]
	}
	if p < a.edge {
		return -1
	}
	return p
}

func (a *analysis) relayKnown(ip netip.Addr) bool {
	for _, r := range a.path.Relays {
		if r.IP == ip {
			return true
		}
	}
	return false
}

// fieldOf names a relay's own field. One that is not verified bears its name and may be
// anybody's.
func fieldOf(own *hop) string {
	if own.Standing == Corroborated {
		return "its own field"
	}
	return "a field in its name, which is not verified,"
}

// findWithheld states what a relay's own field leaves out (RFC 2505 section 2.2.1 asks
// that a Received: line name the address of the previous hop).
func (a *analysis) findWithheld(j int, peer *hop) {
	h := &a.hops[j]
	field := "The field written by " + peer.peerText()
	if h.Standing != Corroborated {
		field = "The field in the name of " + peer.peerText() + ", which is not verified,"
	}
	switch h.Discloses {
	case DisclosesHELO:
		a.find("previous-hop-helo-only", j, Warning, h.From.HELO,
			field, " repeats only what the previous hop called itself and leaves out its address.", ableTo(h))
	case DisclosesName:
		a.find("previous-hop-name-only", j, Warning, h.name(),
			field, " gives a name for the previous hop and leaves out its address.", ableTo(h))
	default:
		a.find("previous-hop-withheld", j, Warning, h.byText(),
			field, " says nothing of the host from which the mail was taken.", ableTo(h))
	}
}

// ableTo adds that the software writes the address unless it is told otherwise.
func ableTo(h *hop) string {
	switch h.By.MTA {
	case "sendmail", "postfix", "exim", "qmail", "courier", "opensmtpd", "exchange", "smtpsvc", "imail":
		return " This software (" + h.By.MTA + ") writes the address unless it is told not to, or the mail was put in on the host itself."
	}
	return ""
}

// excused says why the host that recorded own's client is no relay for strangers, as a
// finding code and a sentence.
func (a *analysis) excused(peer, own *hop) (code, why string) {
	name := peer.rdns
	if name == "" {
		name = own.By.Host
	}
	if code, why := a.submitted(own); code != "" && own.Standing == Corroborated {
		return code, why
	} else if code != "" { // the field may be the sender's own excuse
		return "relay-or-provider", "A field in its name, which is not verified, says that a user of its own put the mail in. Nothing shows that the client was a stranger."
	}
	if op := operatorOf(own); op != nil && own.Standing == Corroborated {
		return "own-provider", "It is a machine of " + op.name + ", which takes mail for its users or from them alone."
	}
	switch {
	case sameNetwork(peer.From.IP, own.From.IP):
		return "own-provider", "Its client has an address close to its own: a provider or an organisation with its own mail."
	case a.sameOwnerAsClient(name, peer, own):
		return "own-provider", "Its client has a name in its own domain: a provider or an organisation with its own mail."
	case own.scope == noAddr && insideClient(own):
		return "own-provider", "It names its client without an address, by the bare name or private address of a machine inside: an organisation's own mail."
	case own.scope == noAddr && own.Discloses == DisclosesName && a.sendersName(own.From.Name) && !PublicProvider(a.path.Message.Organisation):
		return "own-provider", "It names its client without an address, by a name in the sender's domain: an organisation's own mail."
	case a.sendersDomain(peer, own):
		return "senders-domain", "It bears the domain of the sender's address: the sender's own provider, unless the address is forged."
	}
	if code, why := a.servesRecipient(peer, own, name); code != "" {
		return code, why
	}
	if peer.rdns != "" && own.Link != linkHELO.String() {
		const undeclared = ", and nobody declared which hosts forward mail to the recipient's side: it may be a backup mail exchanger."
		switch {
		case a.forTheRecipient(own):
			return "relay-or-backup-mx", "It passed on mail for the very recipient" + undeclared
		case a.keptTogether(peer, own):
			return "relay-or-backup-mx", "It handed on for several recipients together what it had taken for several" + undeclared
		}
	}
	if own.scope == publicAddr && !a.strangeClient(peer, own) {
		return "relay-or-provider", "It passed on mail from a client with no visible tie to it. Nothing shows that the client was a stranger: it may be the sender's own provider."
	}
	return "", ""
}

// submitted says how a user of the server itself put the mail in, as a finding code and a sentence.
func (a *analysis) submitted(own *hop) (code, why string) {
	switch {
	case hasPrefixFold(own.With, "http"):
		return "webmail-submission", "It took the mail from a browser: a webmail provider."
	case own.f.WithAuth:
		return "authenticated-submission", "It took the mail from a client that authenticated itself: the sender's own provider."
	case a.resentLocally(own):
		return "resent-locally", "A program on the same host sent the mail on after it had arrived: a mailing list or a forwarding."
	}
	return "", ""
}

// resentLocally reports whether a user's program on the host that wrote own put the mail
// in again before it left. Open relays pass mail on; they do not submit it anew.
func (a *analysis) resentLocally(own *hop) bool {
	for j := own.Index - 1; j > a.edge; j-- {
		h := &a.hops[j]
		if h.Kind == Transfer || h.Kind == Fetch {
			return false
		}
		if h.Kind == Local && h.From.Ident != "" && (h.unnamed() || sameHost(h.By.Host, own.By.Host)) {
			return true
		}
	}
	return false
}

// sameOwnerAsClient reports whether the client's looked-up name, or the name it gave
// itself, is in a domain of the server's owner.
func (a *analysis) sameOwnerAsClient(server string, peer, own *hop) bool {
	if c := own.From.RDNS; c != "" { // then what the client called itself excuses nobody
		if customerName(peer.rdns, peer.From.IP) && customerName(c, own.From.IP) {
			return sameOwner(own.By.Host, c) && !customerName(own.By.Host, peer.From.IP) // else two lines of one provider, who sells them to strangers
		}
		d := registrable(c)
		return d != "" && (oneOwner(registrable(server), d) || oneOwner(registrable(own.By.Host), d))
	}
	for _, c := range [...]string{own.From.HELO, own.From.Name} {
		if d := registrable(c); d != "" && (oneOwner(registrable(server), d) || oneOwner(registrable(own.By.Host), d)) {
			return true
		}
	}
	return false
}

// servesRecipient tells servers that handled the mail for its recipient: forwarders,
// mailing lists, mail exchangers.
func (a *analysis) servesRecipient(peer, own *hop, name string) (code, why string) {
	bounce := a.organisation(a.path.Message.ReturnPath)
	for _, r := range own.For {
		d := domainOf(r)
		switch local, _, _ := strings.Cut(r, "@"); {
		case d == "" || strings.ContainsAny(local, "%!"): // a route through this host, as relays are asked for
		case isIn(d, name) || isIn(d, own.By.Host):
			return "forwarder", "Its own field is for a recipient in its own domain: it forwarded that recipient's mail."
		case d == bounce && !a.finalRecipient(d):
			return "mailing-list", "Its own field is for an address in the domain to which bounces go: a mailing list sent the mail on."
		}
	}
	if own.Standing == Corroborated && rewrote(own, peer) {
		return "forwarder", "It took the mail for " + own.For[0] + " and handed it on for " + peer.For[0] + ": it forwarded that recipient's mail."
	}
	if d := registrable(peer.rdns); d != "" && a.deliveredIn(d) {
		return "recipients-mail-exchanger", "It bears the domain to which the mail was delivered."
	}
	return "", ""
}

// rewrote reports whether a server handed the mail on for another recipient than it had
// taken it for. Forwarders do; an open relay passes on what it was told, but for the way
// through itself that its client may have written.
func rewrote(own, peer *hop) bool {
	if len(own.For) != 1 || len(peer.For) != 1 {
		return false
	}
	from, to := strings.Trim(own.For[0], "<>"), strings.Trim(peer.For[0], "<>")
	return strings.IndexByte(from, '@') > 0 && strings.IndexByte(to, '@') > 0 && !strings.ContainsAny(from, "%!:") && !strings.EqualFold(from, to)
}

// deliveredIn reports whether the mail was delivered in a registrable domain, as the
// recipient's side wrote.
func (a *analysis) deliveredIn(d string) bool {
	return slices.ContainsFunc(a.recipients, func(to string) bool { return isIn(d, to) })
}

// finalRecipient reports whether mail for a domain is delivered where the sample was
// found: bounces to one's own domain are forged, not a list's.
func (a *analysis) finalRecipient(d string) bool {
	if a.deliveredIn(d) {
		return true
	}
	for i := range a.hops[:a.edge+1] {
		if i > 0 && a.declared(&a.set.Forwarder, &a.hops[i-1]) {
			return false // below stands what the list wrote
		}
		for _, r := range a.hops[i].For {
			if isIn(d, mailDomain(r)) {
				return true
			}
		}
	}
	return false
}

// forTheRecipient reports whether a field below the boundary is for the recipient whom
// the believed fields above it name, where no forwarder was declared. Backup mail exchangers look
// like open relays: both pass on mail of strangers.
func (a *analysis) forTheRecipient(own *hop) bool {
	if !a.set.Forwarder.empty() {
		return false
	}
	known := append(a.known[:0], a.path.Message.DeliveredTo...)
	for i := range a.hops[:own.Index] { // above a forwarder stands another name than below
		if s := a.hops[i].Standing; s == Trusted || s == Corroborated {
			known = append(known, a.hops[i].For...)
		}
	}
	a.known = known
	for _, r := range own.For {
		local, _, _ := strings.Cut(r, "@")
		for _, k := range known {
			if l, _, _ := strings.Cut(k, "@"); strings.EqualFold(l, local) {
				return true
			}
		}
	}
	return false
}

// keptTogether reports whether, where no forwarder was declared, a server took the mail for
// several recipients and handed it on for several: neither field names one, and both servers
// write the name of a single one. A backup mail exchanger hands on all that it took; of what
// an open relay took for the whole world, one recipient is mostly left for each server.
func (a *analysis) keptTogether(peer, own *hop) bool {
	return a.set.Forwarder.empty() && own.scope == publicAddr && own.Standing == Corroborated &&
		len(own.For) == 0 && len(peer.For) == 0 && namesSingle(own.By.MTA) && namesSingle(peer.By.MTA)
}

// namesSingle reports whether a family of software names the recipient when there is but one.
func namesSingle(mta string) bool { return mta == "sendmail" || mta == "postfix" }

// insideClient reports whether a client that is named without an address is a machine
// inside: a bare word, a private address, or an address literal of which the server does
// not say that it recorded it.
func insideClient(own *hop) bool {
	n := cmp.Or(own.From.HELO, own.From.Name)
	if n == "" || own.Discloses == DisclosesHELO && !privateLiteral(n) {
		return false // anybody can say a bare word
	}
	if ip, err := netip.ParseAddr(strings.Trim(n, "[]")); err == nil {
		return n[0] == '[' || ip.IsPrivate() || ip.IsLoopback()
	}
	if r := own.From.RDNS; r != "" && !sameHost(n, r) && !sameOwner(r, own.By.Host) {
		return false // the server knows its client under a name elsewhere
	}
	return strings.IndexByte(n, '.') < 0
}

// privateLiteral reports whether a client called itself by a private address, which is of
// no use to a stranger.
func privateLiteral(n string) bool {
	ip, err := netip.ParseAddr(strings.Trim(n, "[]"))
	return err == nil && ip.IsPrivate()
}

// sendersName reports whether a name is in the domain of the sender's address.
func (a *analysis) sendersName(n string) bool { return isIn(a.path.Message.Organisation, n) }

// sendersDomain reports whether a server bears the domain of the sender's address.
func (a *analysis) sendersDomain(peer, own *hop) bool {
	if !a.sendersName(peer.From.RDNS) && !a.sendersName(peer.From.HELO) && !a.sendersName(own.By.Host) {
		return false
	}
	c := a.clientOf(own)
	return !c.lie || !c.plain
}

// domainOf returns the registrable domain of a mail address, or of the last address in a field.
func domainOf(address string) string { return registrable(mailDomain(address)) }

// organisation is domainOf of an address that is often the sender's own.
func (a *analysis) organisation(address string) string {
	d := mailDomain(address)
	if d == a.path.Message.Domain {
		return a.path.Message.Organisation
	}
	return registrable(d)
}

// bystander names a host that must not be accused.
func (a *analysis) bystander(name string, ip netip.Addr, hop int, why string) *Bystander {
	if name == "" && !ip.IsValid() {
		return nil
	}
	if ip.IsValid() && (a.relayKnown(ip) || a.path.Boundary != nil && ip == a.path.Boundary.IP && claimOnly(why)) {
		return nil // it is told as what it is; a forged field may name it too
	}
	list := a.bystanders
	for i := len(list) - 1; i >= 0 && i >= len(list)-8; i-- { // those of this hop were added last
		if b := &list[i]; b.Hop == hop && strings.EqualFold(b.Name, name) && b.IP == ip {
			return nil
		}
	}
	a.bystanders = append(a.bystanders, Bystander{Name: name, IP: ip, Hop: hop, Why: why})
	return &a.bystanders[len(a.bystanders)-1]
}

// claimOnly reports whether a code says only that a header names the host.
func claimOnly(why string) bool {
	return why == "forged-field" || why == "unverified-claim" || why == "helo-claim"
}

// findBystanders collects the names and addresses that a header gives and that nothing
// makes answerable: claims, invented fields, fields that are not tied to the path.
func (a *analysis) findBystanders() {
	for i := range a.hops {
		h := &a.hops[i]
		why := ""
		switch {
		case h.Standing == Contradicted:
			why = "forged-field"
		case h.Standing == Unverified && (a.broken >= 0 && i >= a.broken || a.edge < 0):
			why = "unverified-claim"
		}
		if why != "" {
			a.bystander(h.By.Host, h.By.IP, i, why)
			a.bystander(h.name(), h.From.IP, i, why)
		}
		if h.Standing != Trusted || i == a.edge {
			a.heloClaim(i)
		}
	}
}

// heloClaim names the owner of a host name that a client merely said.
func (a *analysis) heloClaim(i int) {
	h := &a.hops[i]
	helo := h.From.HELO
	if helo == "" || helo == h.From.RDNS && !addressText(helo) {
		return
	}
	if sameDomain(helo, h.From.RDNS) || registrable(helo) == "" && (!addressText(helo) || digits(helo) == 0) {
		return
	}
	var b [48]byte // takes any address
	if h.From.IP.IsValid() && strings.Contains(helo, string(h.From.IP.AppendTo(b[:0]))) {
		return
	}
	if i+1 < len(a.hops) && a.hops[i+1].Link == linkHELO.String() && (sameHost(helo, a.hops[i+1].By.Host) || sameDomain(helo, a.hops[i+1].By.Host)) {
		return // the field below bears the name too: it is told there
	}
	a.bystander(helo, netip.Addr{}, i, "helo-claim")
}

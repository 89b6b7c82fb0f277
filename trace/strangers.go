package trace

// A server that passed mail on may be an open relay or its sender's own provider; one
// header seldom tells. The rules here ask for a sign that the client was a stranger. They
// were found by reading 1,000 real messages: providers' customers call their machines by
// bare words or by their own firm's name, while bulk mailers of the time said the names
// of famous providers, somebody else's name, or an address.

// client is what a relay's own field says of the host from which it took the mail.
type client struct {
	helo   string
	bare   bool // HELO is a word without dots
	lie    bool // HELO is a name or address that the looked-up name does not bear out
	plain  bool // the lie cannot be a firm's own name: an address, a public provider, or refuted by the looked-up name
	famous bool // HELO is an address or a public provider's
	own    bool // HELO is in the domain of the sender's address, which is no public provider's
}

func (a *analysis) clientOf(own *hop) client {
	h, d := own.From.HELO, registrable(own.From.HELO)
	address, public := addressText(h), PublicProvider(d)
	return client{
		helo:   h,
		bare:   h != "" && d == "" && !address,
		lie:    address && h[0] != '[' && !privateLiteral(h) || d != "" && !sameOwner(h, own.From.RDNS),
		famous: address || public,
		plain:  address || public || own.From.RDNS != "",
		own:    d != "" && d == a.path.Message.Organisation && !public,
	}
}

// strangeClient reports whether something shows that a server's client was a stranger.
func (a *analysis) strangeClient(peer, own *hop) bool {
	c := a.clientOf(own)
	// A host without a looked-up name of its own is hardly a provider's server.
	provider := peer.rdns != "" && !customerName(peer.rdns, peer.From.IP)
	switch {
	case a.relayDeeper(own) && !(c.lie && c.plain && (c.famous || !a.set.Forwarder.empty())):
		return false // what stands below took the mail from strangers; this one may be its smarthost, or forward to the recipient
	case c.own && customerName(own.From.RDNS, own.From.IP):
		return false // a small office that sends its own domain's mail from its line
	case peer.Standing != Trusted && peer.Standing != Corroborated:
		return c.lie && own.From.RDNS != ""
	case !provider && peer.rdns != "" && own.Link == linkHELO.String() && (own.By.MTA == "qmail" || own.By.MTA == ""):
		return false // on a customer's line, a field without a banner: the sender's own as likely as a server's
	case outgoingName(peer.rdns), provider && outgoingName(peer.From.HELO):
		return false
	case provider && PublicProvider(registrable(peer.rdns)) && !c.famous:
		return false // a mail provider to anybody: its customers come over other firms' lines and say their own firm's name
	case c.bare, c.helo == "":
		return !provider && (a.publicSender() || a.ratware)
	case c.own && !a.ratware:
		return false // an organisation's server that sends its own mail, under another name than was looked up
	case provider && !c.plain && (peer.Standing != Trusted || numbered(peer.rdns) || numbered(peer.From.HELO)):
		return c.lie && (a.publicSender() || a.ratware)
	}
	return c.lie
}

// publicSender reports whether the sender claims an address of a public provider, whose
// customers have no business with a small server elsewhere.
func (a *analysis) publicSender() bool {
	m := &a.path.Message
	return PublicProvider(m.Organisation) || PublicProvider(a.organisation(m.ReturnPath))
}

// relayDeeper reports whether the client of a hop wrote a field itself that names a
// public client in its turn, or none. An unverified field may be the sender's, who would
// hide the relay by it; it counts only while no forwarder of the recipient is declared.
func (a *analysis) relayDeeper(own *hop) bool {
	for j := own.Index + 1; j <= a.deepest; j++ {
		h := &a.hops[j]
		if a.peers[j] != own.Index || h.Kind != Transfer || h.scope == privateAddr || h.scope == loopbackAddr {
			continue
		}
		if h.Standing == Corroborated || h.Standing == Unverified && a.set.Forwarder.empty() {
			return true
		}
	}
	return false
}

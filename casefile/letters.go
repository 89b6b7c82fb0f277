package casefile

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"relaytrace/enrich"
	"relaytrace/trace"
)

// maxUnaddressed bounds the notices that are drafted although nobody is known to send
// them to: a run can come from thousands of machines. The report lists the others.
const maxUnaddressed = 20

// maxForgedToo bounds the organisations that are told that they were forged too.
const maxForgedToo = 10

// letters decides who is written to, once for each recipient and not for each address: a
// log request for each holder of relays, a notice for each holder of sources, a report
// for each CSIRT, a notice for each other organisation that was forged. Nobody is written
// to about an address that only an unverified field names, nor about a relay whose
// verdict is withdrawn. A relay with a provisional verdict, or that may be a provider, has
// a letter of its own, so that it holds back no other. Letters that were sent and the desk's own drafts stay; what
// was asked in one that was sent is not asked again.
func (b *builder) letters(kept []Letter) {
	b.c.Letters, b.kept = append(b.c.Letters, kept...), len(kept)
	for _, l := range kept {
		b.named = append(b.named, l.Name)
	}
	asked := b.askedAbout(kept)
	var relays, sources, stated []host
	for i := range b.c.Relays {
		r := &b.c.Relays[i]
		if r.Letter = asked[r.IP]; r.Found() && r.Letter == "" {
			h := b.newHost(r.IP, &r.Record, r.Verdict == VerdictProvisional)
			h.open = r.Verdict == VerdictRelayOrProvider
			relays = append(relays, h)
		}
	}
	own := b.declaredHosts()
	for i := range b.c.Sources {
		if s := &b.c.Sources[i]; s.NoticeWorthy() && b.shows(s) && !b.ownHost(own, s) && asked[s.IP] == "" {
			sources = append(sources, b.newHost(s.IP, &s.Record, false))
		}
	}
	for _, g := range groupHosts(relays) {
		l := b.logRequest(g)
		for _, h := range g {
			b.relay(h.ip).Letter = l.Name
		}
		b.add(l)
	}
	unaddressed := 0
	for _, g := range groupHosts(sources) {
		l := b.notice(g)
		if len(l.To) == 0 {
			if unaddressed++; unaddressed > maxUnaddressed {
				continue
			}
		}
		b.add(l)
	}
	for i := range b.c.Stated {
		s := &b.c.Stated[i]
		if s.Letter = asked[s.IP]; s.Letter == "" && s.Public() && !b.ownStated(own, s) && !b.noticed(s.IP) {
			stated = append(stated, b.newHost(s.IP, &s.Record, false))
		}
	}
	for _, g := range groupHosts(stated) {
		l := newLetter(LetterStated, b.numbered(LetterStated, fileLabel(g[0].ip)), b.c.Created)
		b.address(&l, g)
		for _, h := range g {
			b.c.StatedHost(h.ip).Letter = l.Name
		}
		b.add(l)
	}
	b.forgedToo()
	if len(b.c.Samples) > 0 {
		b.reports()
	}
}

// askedAbout tells in which letter that was sent an address was asked about. What was
// retracted afterwards is as if it had not been asked, and so is what came back from all
// its recipients: the next contact is tried.
func (b *builder) askedAbout(kept []Letter) map[netip.Addr]string {
	asked := map[netip.Addr]string{}
	for _, l := range slices.SortedStableFunc(slices.Values(kept), func(a, b Letter) int { return cmp.Compare(a.Sent, b.Sent) }) {
		// Where the case knows of no recipient, the analyst found one.
		if l.Sent == "" || len(l.To) > 0 && !slices.ContainsFunc(l.To, func(to string) bool { return !b.bounced[strings.ToLower(to)] }) {
			continue
		}
		for _, ip := range l.Relays {
			switch l.Kind {
			case LetterLogRequest, LetterNotice, LetterStated:
				asked[ip] = l.Name
			case LetterRetraction:
				delete(asked, ip)
			}
		}
	}
	return asked
}

func (b *builder) add(l Letter) {
	for name, n := l.Name, 2; b.c.Letter(l.Name) != nil; n++ {
		l.Name = fmt.Sprintf("%s-%d", name, n)
	}
	l.holdUnlessSigned(b.c.Settings)
	b.c.Letters = append(b.c.Letters, l)
}

// newLetter is a letter with nothing in it but what all have.
func newLetter(kind, name, date string) Letter {
	return Letter{
		Name: name, Kind: kind, Date: date, To: []string{}, Contacts: []string{},
		Relays: []netip.Addr{}, Domains: []string{},
	}
}

// host is an address that somebody is to be written to about.
type host struct {
	ip          netip.Addr
	record      *enrich.Record
	holder      string
	provisional bool
	open        bool             // it may be the provider of those who used it
	contacts    []enrich.Contact // the best that may be written to
	unfit       string           // why others may not, in words
}

func (b *builder) newHost(ip netip.Addr, r *enrich.Record, provisional bool) host {
	h := host{ip: ip, record: r, provisional: provisional}
	h.holder, _ = r.Holder()
	h.contacts, h.unfit = b.bestContacts(r)
	return h
}

// groupHosts puts together what goes to one recipient: the hosts of one holder, and those
// for which the same mailbox answers. The order is that of the first host of each.
func groupHosts(hosts []host) [][]host {
	var groups [][]host
	for _, h := range hosts {
		n := slices.IndexFunc(groups, func(g []host) bool { return slices.ContainsFunc(g, h.sameRecipient) })
		if n < 0 {
			groups, n = append(groups, nil), len(groups)
		}
		groups[n] = append(groups[n], h)
	}
	return groups
}

func (h host) sameRecipient(o host) bool {
	if h.provisional || o.provisional || h.open || o.open {
		return false
	}
	if h.holder != "" && h.holder == o.holder {
		return true
	}
	// A CERT that stands in for many is asked about each holder by itself.
	return len(h.contacts) > 0 && len(o.contacts) > 0 && !h.passOn() && strings.EqualFold(h.contacts[0].Email, o.contacts[0].Email)
}

// passOn reports whether its contact does not run it.
func (h host) passOn() bool { return len(h.contacts) > 0 && h.contacts[0].Role == "national-cert" }

// logRequest plans the letter about relays of one recipient.
func (b *builder) logRequest(g []host) Letter {
	l := newLetter(LetterLogRequest, b.numbered(LetterLogRequest, fileLabel(g[0].ip)), b.c.Created)
	b.address(&l, g)
	if g[0].provisional && len(l.To) > 0 {
		l.hold("the verdict is provisional: who holds the networks of the relay and of its client is not known")
		l.To, l.Contacts = []string{}, []string{}
	}
	if g[0].open {
		l.hold("it may be the provider of those who used it: look whether it is one before you ask")
	}
	return l
}

// notice plans the letter about sources of one recipient.
func (b *builder) notice(g []host) Letter {
	l := newLetter(LetterNotice, b.numbered(LetterNotice, fileLabel(g[0].ip)), b.c.Created)
	b.address(&l, g)
	return l
}

// NoticeWorthy reports whether the network of a source is told of it: it certainly
// connected to the recipients' side, or a corroborated field names it as the origin. A
// host that is only claimed, or below which an honest chain may go on unexplained, is not.
func (s *Source) NoticeWorthy() bool {
	if !s.IP.IsGlobalUnicast() || s.IP.IsPrivate() {
		return false // of a network inside, which its own people know best
	}
	switch s.Certainty {
	case trace.Recorded:
		return s.Ends == trace.EndNoField || s.Ends == trace.EndOrigin || s.Ends == trace.EndLocal
	case trace.CertaintyCorroborated:
		return s.Ends == trace.EndOrigin || s.Ends == trace.EndLocal
	}
	return false
}

// shows reports whether a sample that names a source is among those that the case shows,
// so that a letter can quote it.
func (b *builder) shows(s *Source) bool {
	return slices.ContainsFunc(s.Samples, func(n int) bool { return b.c.Sample(n) != nil })
}

// declaredHosts are the user's own side and the forwarders that it declared.
func (b *builder) declaredHosts() *trace.Hosts {
	own, err := trace.ParseHosts(append(slices.Clone(b.c.Settings.Trust), b.c.Settings.Forwarder...))
	if err != nil {
		return &trace.Hosts{} // the command refuses such settings
	}
	return &own
}

// ownHost reports whether a source is a declared host: what is to be said there is said in
// the report.
func (b *builder) ownHost(own *trace.Hosts, s *Source) bool {
	return own.HasAddr(s.IP) || slices.ContainsFunc(s.Names, func(n string) bool {
		return own.HasName(n) || inDomain(n, b.c.Settings.Domain)
	})
}

// forgedToo plans a letter to each other organisation whose domains stood in the sender's
// place of the same run, twice or more often. None goes to a provider of addresses for
// anybody, whose name stands in all spam, nor to an organisation through whose hosts the
// mail may have come: there the sender may be genuine.
func (b *builder) forgedToo() {
	var orgs []string // as mail is addressed to them
	domains := map[string][]string{}
	for _, d := range b.c.Incident.Domains {
		org := mailHost(d.Organisation)
		inLetters, _ := mailNames.ToUnicode(org)
		if d.Ours || org == "" || b.toldForged(org) || d.Samples+d.Bounces < 2 || trace.PublicProvider(org) || b.passesOrganisation(org, inLetters, d.Organisation) {
			continue
		}
		if domains[org] == nil {
			orgs = append(orgs, org)
		}
		domains[org] = append(domains[org], d.Domain)
	}
	for _, org := range orgs[:min(len(orgs), maxForgedToo)] {
		l := newLetter(LetterForged, b.numbered(LetterForged, org), b.c.Created)
		l.Domains, l.Holder = domains[org], org
		for _, local := range []string{"abuse", "postmaster"} {
			to := local + "@" + org
			if why := b.c.Settings.NotWrittenTo(to); why != "" {
				l.hold(why)
				continue
			}
			l.To = append(l.To, to)
			l.Contacts = append(l.Contacts, "RFC 2142 reserves it; nobody has confirmed that it is read")
		}
		l.hold("its addresses are the customary ones and were not looked up: check them with relaytrace lookup " + org)
		b.add(l)
	}
}

// toldForged reports whether a letter to a forged organisation was sent.
func (b *builder) toldForged(org string) bool {
	return slices.ContainsFunc(b.c.Letters, func(l Letter) bool { return l.Sent != "" && l.Kind == LetterForged && l.Holder == org })
}

// passesOrganisation reports whether a believed field names a host of an organisation, which
// may be written in several ways.
func (b *builder) passesOrganisation(org ...string) bool {
	ofIt := func(host string) bool {
		return slices.ContainsFunc(org, func(o string) bool { return inDomain(host, o) })
	}
	for i := range b.c.Samples {
		for _, h := range b.c.Samples[i].Path.Hops {
			if believed(h.Standing) && (ofIt(h.From.RDNS) || ofIt(h.By.Host)) {
				return true
			}
		}
	}
	return false
}

// reports plans the report to each network CSIRT. After one was sent, the next tells what
// is new since; none is planned while nothing is.
func (b *builder) reports() {
	b.report("00-janet-report", b.c.Settings.JANET, "janet")
	for i, to := range b.c.Settings.CSIRT {
		b.report(fmt.Sprintf("00-csirt-report-%d", i+1), []string{to}, "csirt")
	}
}

func (b *builder) report(name string, to []string, setting string) {
	l := newLetter(LetterJANET, name, b.c.Created)
	l.Covers = b.c.SampleCount
	var before *Letter
	for n := 2; b.c.Letter(l.Name) != nil; n++ {
		before = b.c.Letter(l.Name)
		l.Name, l.Refers = fmt.Sprintf("%s-%d", name, n), before.Name
	}
	for _, a := range to {
		if why := b.c.Settings.NotWrittenTo(a); why != "" {
			l.hold(why)
			continue
		}
		l.To = append(l.To, a)
		l.Contacts = append(l.Contacts, "settings: "+setting)
	}
	for i := range b.c.Relays {
		if r := &b.c.Relays[i]; r.Found() {
			l.Relays = append(l.Relays, r.IP)
		}
	}
	if len(l.To) == 0 {
		l.hold("no recipient is set: put the addresses of your network's CSIRT under janet in the settings")
	}
	if before != nil && before.Covers == l.Covers && !slices.ContainsFunc(l.Relays, func(ip netip.Addr) bool { return !slices.Contains(before.Relays, ip) }) {
		return // nothing is new
	}
	b.add(l)
}

// numbered names a letter after all those planned before it. One that was drafted or sent
// keeps its number, whatever comes and goes beside it: the draft may have been opened, edited
// or sent already, and its Message-ID is made of its name.
func (b *builder) numbered(kind, label string) string {
	last := 0
	for _, name := range b.named {
		number, rest, _ := strings.Cut(name, "-")
		n, err := strconv.Atoi(number)
		switch {
		case err != nil:
		case rest == kind+"-"+label:
			return name
		default:
			last = max(last, n)
		}
	}
	name := fmt.Sprintf("%02d-%s-%s", max(last, len(b.c.Letters)-b.kept)+1, kind, label)
	b.named = append(b.named, name)
	return name
}

func (l *Letter) hold(why string) {
	l.Hold = true
	if l.Reason != "" {
		l.Reason += "; "
	}
	l.Reason += why
}

// holdUnlessSigned holds a letter that would leave without a name or an address to answer to.
func (l *Letter) holdUnlessSigned(s Settings) {
	if s.ReplyTo == "" {
		l.hold("no reply address is set (reply_to)")
	}
	if s.Organisation == "" && s.Reporter == "" {
		l.hold("nobody is named who writes (organisation, reporter)")
	}
}

// fileLabel makes an address fit for a file name on any system.
func fileLabel(a netip.Addr) string { return strings.ReplaceAll(a.String(), ":", "-") }

// Letter returns the letter of that name, or nil.
func (c *Case) Letter(name string) *Letter {
	i := slices.IndexFunc(c.Letters, func(l Letter) bool { return l.Name == cmp.Or(name, "?") })
	if i < 0 {
		return nil
	}
	return &c.Letters[i]
}

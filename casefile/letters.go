package casefile

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"relaytrace/enrich"
)

// letters decides who is written to: one log request for each holder of relays, and one
// report to the network's CSIRT. Nobody is written to about an address that only an
// unverified field names, nor about a relay whose verdict is withdrawn. A relay with a
// provisional verdict has a letter of its own, so that it holds back no other.
func (b *builder) letters() {
	type group struct {
		holder string // empty: of this relay alone
		relays []netip.Addr
	}
	var groups []group
	for i := range b.c.Relays {
		r := &b.c.Relays[i]
		if !r.Found() {
			continue
		}
		holder := ""
		if r.Verdict != VerdictProvisional {
			holder, _ = r.Record.Holder()
		}
		n := slices.IndexFunc(groups, func(g group) bool { return holder != "" && g.holder == holder })
		if n < 0 {
			groups = append(groups, group{holder: holder})
			n = len(groups) - 1
		}
		groups[n].relays = append(groups[n].relays, r.IP)
	}
	for i, g := range groups {
		l := b.logRequest(i+1, g.relays)
		for _, ip := range g.relays {
			b.relay(ip).Letter = l.Name
		}
		b.c.Letters = append(b.c.Letters, l)
	}
	if len(b.c.Samples) > 0 {
		b.c.Letters = append(b.c.Letters, b.janetReport())
	}
}

// logRequest plans the letter about relays of one holder.
func (b *builder) logRequest(n int, relays []netip.Addr) Letter {
	l := Letter{
		Name: fmt.Sprintf("%02d-log-request-%s", n, fileLabel(relays[0])), Kind: LetterLogRequest,
		To: []string{}, Contacts: []string{}, Relays: relays,
	}
	l.Holder, _ = b.relay(relays[0]).Record.Holder()
	provisional, failed := false, false
	for _, ip := range relays {
		r := b.relay(ip)
		provisional = provisional || r.Verdict == VerdictProvisional
		failed = failed || r.Record.Failed()
		for _, k := range abuseContacts(&r.Record) {
			if !slices.ContainsFunc(l.To, func(to string) bool { return strings.EqualFold(to, k.Email) }) {
				l.To = append(l.To, k.Email)
				l.Contacts = append(l.Contacts, contactText(k))
			}
		}
	}
	switch {
	case len(l.To) == 0 && b.c.Settings.Offline:
		l.hold("nobody is known yet who answers for this address: look it up with network access")
	case len(l.To) == 0 && failed:
		l.hold("nobody is known who answers for this address, and a look-up failed: make the case again later")
	case len(l.To) == 0:
		l.hold("its registry names nobody to write to: find the address of those who run it by other ways, such as the CSIRT of their network")
	case provisional:
		l.hold("the verdict is provisional: who holds the networks of the relay and of its client is not known")
		l.To, l.Contacts = []string{}, []string{}
	}
	l.holdUnlessSigned(b.c.Settings)
	return l
}

// abuseContacts returns the best contacts: all of the first role that has any.
func abuseContacts(r *enrich.Record) []enrich.Contact {
	var out []enrich.Contact
	for _, k := range r.Contacts {
		if len(out) > 0 && (k.Role != out[0].Role || k.Scope != out[0].Scope) {
			break
		}
		out = append(out, k)
	}
	return out
}

func contactText(k enrich.Contact) string {
	role := k.Role
	if role == "" {
		role = "unspecified"
	}
	return fmt.Sprintf("%s contact of network %s, %s, asked %s", role, k.Scope, k.Source, k.Asked)
}

func (b *builder) janetReport() Letter {
	l := Letter{
		Name: "00-janet-report", Kind: LetterJANET, To: slices.Clone(b.c.Settings.JANET),
		Contacts: []string{}, Relays: []netip.Addr{},
	}
	for range l.To {
		l.Contacts = append(l.Contacts, "settings: janet")
	}
	for i := range b.c.Relays {
		if r := &b.c.Relays[i]; r.Found() {
			l.Relays = append(l.Relays, r.IP)
		}
	}
	if len(l.To) == 0 {
		l.hold("no recipient is set: put the addresses of your network's CSIRT under janet in the settings")
	}
	l.holdUnlessSigned(b.c.Settings)
	return l
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

package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// serveDNS answers for every name of the laboratory and for its addresses; all else does
// not exist. Each message has a recipient domain of its own, whose mail exchanger is the
// first host of its Via list; the hosts of the list are sent on to the next one, so that
// any relay can be made to use any other.
func (l *lab) serveDNS(messages []message) {
	c, err := net.ListenPacket("udp4", nameServer+":53")
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab: dns:", err)
		return
	}
	via := map[string][]string{}
	for i := range messages {
		via[messages[i].domain()] = messages[i].Via
	}
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		asker := from.(*net.UDPAddr).AddrPort().Addr().Unmap()
		if b := l.answer(buf[:n], asker, via); b != nil {
			c.WriteTo(b, from)
		}
	}
}

func (l *lab) answer(query []byte, asker netip.Addr, via map[string][]string) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: head.ID, Response: true, Authoritative: true, RecursionDesired: head.RecursionDesired, RecursionAvailable: true,
		RCode: map[bool]dnsmessage.RCode{true: dnsmessage.RCodeSuccess, false: dnsmessage.RCodeNameError}[l.exists(name, via)]})
	b.EnableCompression()
	b.StartQuestions()
	b.Question(q)
	b.StartAnswers()
	h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 0}
	switch q.Type {
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		for _, a := range l.addresses(name) {
			ip := netip.MustParseAddr(a)
			if ip.Is4() && q.Type == dnsmessage.TypeA {
				b.AResource(h, dnsmessage.AResource{A: ip.As4()})
			} else if ip.Is6() && q.Type == dnsmessage.TypeAAAA {
				b.AAAAResource(h, dnsmessage.AAAAResource{AAAA: ip.As16()})
			}
		}
	case dnsmessage.TypePTR:
		if n := l.pointer(name); n != "" {
			b.PTRResource(h, dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(n + ".")})
		}
	case dnsmessage.TypeMX:
		if mx := l.exchanger(name, asker, via); mx != "" {
			b.MXResource(h, dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(mx + ".")})
		}
	}
	out, err := b.Finish()
	if err != nil {
		return nil
	}
	return out
}

func (l *lab) exists(name string, via map[string][]string) bool {
	return len(l.addresses(name)) > 0 || l.pointer(name) != "" || l.exchanger(name, netip.Addr{}, via) != ""
}

// addresses are those of a host or of a client with that name.
func (l *lab) addresses(name string) []string {
	if h := l.byName[name]; h != nil {
		if h.Addr6 != "" {
			return []string{h.Addr, h.Addr6}
		}
		return []string{h.Addr}
	}
	var all []string
	for _, c := range clients {
		if c.RDNS == name {
			all = append(all, c.Addr)
		}
	}
	return all
}

// pointer is the looked-up name of an address, given as a name below in-addr.arpa or ip6.arpa.
func (l *lab) pointer(name string) string {
	for i := range cast {
		h := &cast[i]
		if !h.NoRDNS && (reverse(h.Addr) == name || h.Addr6 != "" && reverse(h.Addr6) == name) {
			return h.Name
		}
	}
	for _, c := range clients {
		if reverse(c.Addr) == name {
			return c.RDNS
		}
	}
	return ""
}

func reverse(addr string) string {
	a := netip.MustParseAddr(addr)
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
	}
	var s strings.Builder
	b := a.As16()
	for i := 15; i >= 0; i-- {
		fmt.Fprintf(&s, "%x.%x.", b[i]&15, b[i]>>4)
	}
	return s.String() + "ip6.arpa"
}

// exchanger is the mail exchanger of a recipient's domain, as told to the asker.
func (l *lab) exchanger(name string, asker netip.Addr, via map[string][]string) string {
	for i := range cast {
		if cast[i].Domain == name {
			return cast[i].Name
		}
	}
	if name != "college.example" && !strings.HasSuffix(name, ".d.college.example") {
		return ""
	}
	chain := append(append([]string{}, via[name]...), store)
	for i := len(chain) - 2; i >= 0; i-- {
		if h := l.byName[chain[i]]; h.Addr == asker.String() {
			return chain[i+1]
		}
	}
	return chain[0]
}

package trace

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// registrable returns the domain that somebody registered, of which name is a part, in
// lower case; empty for a name without dots, an address or a public suffix.
func registrable(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if strings.IndexByte(name, '.') < 0 || addressText(name) {
		return ""
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return ""
	}
	return d
}

// sameDomain reports whether two names belong to one registrable domain.
func sameDomain(a, b string) bool {
	d := registrable(a)
	return d != "" && d == registrable(b)
}

// sameOwner reports whether two names look as if they had one owner: one registrable
// domain, or domains that differ in their public suffix alone (mindspring.com and
// mindspring.net). The second is a hint of innocence, never a link.
func sameOwner(a, b string) bool {
	x, y := registrable(a), registrable(b)
	if x == "" || y == "" {
		return false
	}
	i, j := strings.IndexByte(x, '.'), strings.IndexByte(y, '.')
	return x == y || i >= 4 && x[:i] == y[:j]
}

// outgoingName reports whether a host bears a name that providers give to the servers
// through which their customers' mail leaves: "smtp1", "mta03-svc", "mailout11", "relais".
func outgoingName(name string) bool {
	d := registrable(name)
	label := strings.ToLower(strings.TrimSuffix(name, "."))
	if d == "" || customerName(name, netip.Addr{}) {
		return false
	}
	label = strings.TrimSuffix(label, d)
	for _, w := range []string{"out", "relay", "relais", "smarthost"} {
		if strings.Contains(label, w) {
			return true
		}
	}
	return digits(label) > 0 && (strings.Contains(label, "smtp") || strings.Contains(label, "mta"))
}

// publicProviders are providers of mail addresses to anybody, by the label in front of
// their public suffixes. Spammers forge addresses there; their true customers send through them.
var publicProviders = map[string]bool{
	"altavista": true, "aol": true, "att": true, "bigfoot": true, "btinternet": true, "caramail": true,
	"compuserve": true, "earthlink": true, "email": true, "eudoramail": true, "excite": true, "flashmail": true,
	"freemail": true, "geocities": true, "gmail": true, "gmx": true, "googlemail": true, "hotmail": true,
	"icloud": true, "iname": true, "juno": true, "keromail": true, "libero": true, "live": true, "lycos": true,
	"mail": true, "mailcity": true, "mindspring": true, "msn": true, "netscape": true, "netzero": true,
	"outlook": true, "proton": true, "protonmail": true, "prodigy": true, "qq": true, "rediffmail": true,
	"rocketmail": true, "seznam": true, "terra": true, "tin": true, "tiscali": true, "usa": true, "virgilio": true, "wanadoo": true,
	"web": true, "yahoo": true, "yandex": true, "ymail": true, "zzn": true,
}

// publicProvider reports whether a registrable domain is that of a public mail provider.
func publicProvider(domain string) bool {
	label, _, _ := strings.Cut(domain, ".")
	return publicProviders[label]
}

// addressText reports whether a name is an address in disguise: digits and dots, or a literal.
func addressText(name string) bool {
	return name != "" && (name[0] == '[' || strings.IndexByte(name, ':') >= 0 || strings.Trim(name, "0123456789.") == "")
}

// sameHost compares two host names; a name without dots is the same host as a full name
// whose first label it is, as hosts name themselves either way.
func sameHost(a, b string) bool {
	a, b = strings.TrimSuffix(a, "."), strings.TrimSuffix(b, ".")
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	short, long := a, b
	if strings.IndexByte(short, '.') >= 0 {
		short, long = b, a
	}
	i := strings.IndexByte(long, '.')
	return i > 0 && strings.IndexByte(short, '.') < 0 && strings.EqualFold(long[:i], short) && !strings.EqualFold(short, "localhost")
}

// dynamicWords mark looked-up names that a provider gives to its customers' lines.
var dynamicWords = []string{
	"dsl", "dial", "ppp", "pool", "dhcp", "dyn", "cable", "client", "customer", "cust", "user", "host",
	"modem", "broadband", "cpe", "catv", "hsd", "reverse", "rev.", "ip-", "-ip", "pc-", "node", "hinet-ip",
	"in-addr", "static", "wireless", "res.", "home", "unassigned",
}

// customerName reports whether a looked-up name is one that a provider gives to a
// customer's line: it holds the address, or words such as dsl. Of such a name only the
// whole ties a field to the host; its domain is the provider's.
func customerName(name string, a netip.Addr) bool {
	name = strings.ToLower(name)
	label := name
	if d := registrable(name); d != "" {
		label = strings.TrimSuffix(name, d)
	}
	if a.Is4() {
		b := a.As4()
		hits := 0
		for _, o := range b {
			if strings.Contains(label, strconv.Itoa(int(o))) {
				hits++
			}
		}
		if hits >= 3 && digits(label) >= 6 {
			return true
		}
	}
	for _, w := range dynamicWords {
		if strings.Contains(label, w) && digits(label) >= 2 {
			return true
		}
	}
	return digits(label) >= 6
}

func digits(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// sameNetwork reports whether two addresses lie so close together that one holder is
// likely: the same /16 of IPv4 or /32 of IPv6. It is a hint of innocence only.
func sameNetwork(a, b netip.Addr) bool {
	if !a.IsValid() || !b.IsValid() || a.BitLen() != b.BitLen() {
		return false
	}
	bits := 16
	if a.Is6() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	return err == nil && p.Contains(b)
}

// scope sorts addresses by who can have them.
type scope int

const (
	noAddr scope = iota
	publicAddr
	privateAddr  // RFC 1918, RFC 6598, RFC 4193, link-local
	loopbackAddr // 127/8, ::1
	impossible   // 0/8, 240/4, multicast: no host connects from there
)

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

func (s *Settings) scopeOf(a netip.Addr) scope {
	if !a.IsValid() {
		return noAddr
	}
	for _, p := range s.Public {
		if p.Contains(a) {
			return publicAddr
		}
	}
	switch {
	case a.IsLoopback():
		return loopbackAddr
	case a.IsPrivate() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a):
		return privateAddr
	case a.IsUnspecified() || a.IsMulticast(), a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240):
		return impossible
	}
	return publicAddr
}

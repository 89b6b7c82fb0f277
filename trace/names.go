package trace

import (
	"hash/maphash"
	"net/netip"
	"strings"
	"sync/atomic"

	"golang.org/x/net/publicsuffix"
)

// Organisation returns the registrable domain of a host name, in lower case: the part that
// somebody registered; empty for a name without dots, an address or a public suffix.
func Organisation(host string) string { return registrable(host) }

// registrable returns the domain that somebody registered, of which name is a part, in
// lower case; empty for a name without dots, an address or a public suffix.
func registrable(name string) string {
	if len(name) > 255 || strings.IndexByte(name, '.') < 0 {
		return ""
	}
	slot := &domains[maphash.String(domainSeed, name)%uint64(len(domains))]
	if d := slot.Load(); d != nil && d.name == name {
		return d.registrable
	}
	d := &domainOfName{name: strings.Clone(name)}
	if lower := lowerName(d.name); !addressText(lower) {
		if r, err := publicsuffix.EffectiveTLDPlusOne(lower); err == nil {
			d.registrable = r
		}
	}
	slot.Store(d)
	return d.registrable
}

// domains remembers what names were asked about last: the same few hosts write most
// fields of a batch. Its size is fixed, and any slot may be overwritten at any time.
var (
	domains    [1 << 14]atomic.Pointer[domainOfName]
	domainSeed = maphash.MakeSeed()
)

type domainOfName struct{ name, registrable string }

// sameDomain reports whether two names belong to one registrable domain.
func sameDomain(a, b string) bool {
	if !sameTail(a, b) {
		return false
	}
	d := registrable(a)
	return d != "" && (a == b || d == registrable(b))
}

// isIn reports whether a name is in a registrable domain. Most names are seen not to be by
// their last letters.
func isIn(domain, name string) bool {
	if domain == "" {
		return false
	}
	n := strings.TrimSuffix(name, ".")
	for i := 1; i <= len(domain) && i <= len(n) && n[len(n)-i] < 0x80; i++ {
		if lower(n[len(n)-i]) != domain[len(domain)-i] {
			return false
		}
	}
	return registrable(name) == domain
}

// sameTail reports whether two names end in the same two labels, without which they have
// no registrable domain in common.
func sameTail(a, b string) bool {
	a, b = strings.TrimSuffix(a, "."), strings.TrimSuffix(b, ".")
	dots := 0
	for i := 1; ; i++ {
		switch {
		case i > len(a) || i > len(b):
			return dots >= 1 && (i > len(a) || a[len(a)-i] == '.') && (i > len(b) || b[len(b)-i] == '.')
		case lower(a[len(a)-i]) != lower(b[len(b)-i]):
			return false
		case a[len(a)-i] == '.':
			if dots++; dots == 2 {
				return true
			}
		}
	}
}

// lastLabels returns the last two labels of a name, with which its registrable domain ends
// if it has one.
func lastLabels(name string) string {
	name = strings.TrimSuffix(name, ".")
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[strings.LastIndexByte(name[:i], '.')+1:]
	}
	return name
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// hasPrefixFold reports whether a text begins with a word, in any case.
func hasPrefixFold(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}

// sameOwner reports whether two names look as if they had one owner: one registrable
// domain, or domains that differ in their public suffix alone (mindspring.com and
// mindspring.net). The second is a hint of innocence, never a link.
func sameOwner(a, b string) bool {
	return a != "" && b != "" && oneOwner(registrable(a), registrable(b))
}

// oneOwner is sameOwner of two registrable domains.
func oneOwner(x, y string) bool {
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
	n := digits(label)
	return n > 0 && (strings.Contains(label, "smtp") || strings.Contains(label, "mta")) || n > 1 && strings.Contains(label, "mail")
}

// numbered reports whether a host bears the name of one of several mail servers, as
// providers have: "mail1", "mx02".
func numbered(name string) bool {
	label, _, _ := strings.Cut(strings.ToLower(name), ".")
	return digits(label) > 0 && (strings.Contains(label, "mail") || strings.HasPrefix(label, "mx"))
}

// publicProviders are providers of mail addresses to anybody, by the label in front of
// their public suffixes. Spammers forge addresses there; their true customers send through them.
var publicProviders = map[string]bool{
	"altavista": true, "aol": true, "att": true, "bigfoot": true, "bol": true, "btinternet": true, "caramail": true,
	"compuserve": true, "earthlink": true, "email": true, "eudoramail": true, "excite": true, "flashmail": true,
	"freemail": true, "geocities": true, "gmail": true, "gmx": true, "googlemail": true, "hotmail": true,
	"icloud": true, "iname": true, "juno": true, "keromail": true, "libero": true, "live": true, "lycos": true,
	"mail": true, "mailcity": true, "mindspring": true, "msn": true, "netscape": true, "netzero": true,
	"outlook": true, "proton": true, "protonmail": true, "prodigy": true, "qq": true, "rediffmail": true,
	"rocketmail": true, "seznam": true, "terra": true, "tin": true, "tiscali": true, "uol": true, "usa": true, "virgilio": true, "wanadoo": true,
	"web": true, "yahoo": true, "yandex": true, "ymail": true, "zzn": true,
}

// PublicProvider reports whether a registrable domain is that of a public mail provider.
func PublicProvider(domain string) bool {
	label, _, _ := strings.Cut(domain, ".")
	return publicProviders[label]
}

// addressText reports whether a name is an address in disguise: digits and dots, or a literal.
func addressText(name string) bool {
	if name == "" || name[0] == '[' {
		return name != ""
	}
	return strings.IndexByte(name, ':') >= 0 || isNumeric(name)
}

// isNumeric reports whether a text is digits and dots alone.
func isNumeric(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' {
			return false
		}
	}
	return true
}

// sameHost compares two host names; a name without dots is the same host as a full name
// whose first label it is, as hosts name themselves either way.
func sameHost(a, b string) bool {
	a, b = strings.TrimSuffix(a, "."), strings.TrimSuffix(b, ".")
	if a == "" || b == "" || a[0]|b[0] < 0x80 && lower(a[0]) != lower(b[0]) {
		return false // as most are
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

// confirmsNames reports whether a family of software writes a looked-up name only when it
// leads back to the address, or says so when it does not. With all others anybody can
// have his address point to an innocent's name, and the name ties as little as a HELO.
func confirmsNames(mta string) bool {
	switch mta {
	case "sendmail", "postfix", "exim", "courier", "gmail", "proofpoint", "ironport", "zmailer", "smail", "litemail", "intermail", "iplanet", "lsmtp", "appleshare", "outblaze":
		return true
	}
	return false
}

// customerName reports whether a looked-up name is one that a provider gives to a
// customer's line: it holds the address, or words such as dsl. Of such a name only the
// whole ties a field to the host; its domain is the provider's.
func customerName(name string, a netip.Addr) bool {
	if digits(name) < 2 {
		return false
	}
	label := name
	if d := registrable(name); d != "" {
		label = name[:max(0, len(strings.TrimSuffix(name, "."))-len(d))]
	}
	n := digits(label)
	if n < 2 || operatorHost(name) {
		return false
	}
	if n >= 6 {
		return true
	}
	label = strings.ToLower(label)
	for _, w := range dynamicWords {
		if strings.Contains(label, w) {
			return true
		}
	}
	return false
}

func digits(s string) (n int) {
	for i := range len(s) {
		if s[i]-'0' <= 9 { // no branch: it would be guessed wrongly
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
	privateAddr  // RFC 1918, RFC 6598, RFC 4193, link-local; also as 6to4 (RFC 3056 section 2 wants a global one)
	loopbackAddr // 127/8, ::1
	impossible   // 0/8, 240/4, multicast: no host connects from there
)

var sixToFour = netip.MustParsePrefix("2002::/16")

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
	if a.Is6() && sixToFour.Contains(a) {
		b := a.As16()
		if v4 := netip.AddrFrom4([4]byte(b[2:6])); s.scopeOf(v4) != publicAddr {
			return privateAddr
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

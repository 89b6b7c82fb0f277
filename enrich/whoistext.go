package enrich

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Bounds on what is read of one text.
const (
	maxWHOISLines    = 5000
	maxWHOISLine     = 2000 // bytes
	maxWHOISNetworks = 50
	maxWHOISValues   = 10 // of one attribute of one object, and addresses in one value
)

// whoisAnswer is what one text says: the networks around the address, narrowest first.
type whoisAnswer struct {
	networks []*netAnswer
	referral string
}

func (a *whoisAnswer) country() string {
	for _, n := range a.networks {
		if n.network.Country != "" {
			return n.network.Country
		}
	}
	return ""
}

// errNotFound says that the server knows nothing of what it was asked about.
var errNotFound = errors.New("the server knows nothing of it")

// readWHOIS reads the text of any registry. What shape it has is told by the text, not
// by the server: APNIC and LACNIC hand on the texts of national registries. It returns
// an error unless the text describes a network that holds addr.
func readWHOIS(text string, addr netip.Addr) (*whoisAnswer, error) {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	lines = lines[:min(len(lines), maxWHOISLines)]
	for i, line := range lines {
		lines[i] = line[:min(len(line), maxWHOISLine)]
	}
	a := &whoisAnswer{}
	for _, read := range []func([]string, *whoisAnswer){readRPSL, readARIN, readJPNIC, readKRNIC, readTWNIC} {
		read(lines, a)
	}
	found := len(a.networks) > 0
	a.networks = slices.DeleteFunc(a.networks, func(n *netAnswer) bool { return !n.network.holds(addr) })
	if len(a.networks) == 0 {
		lower := strings.ToLower(text)
		switch {
		case found:
			return nil, errors.New("the answer describes other networks only")
		case strings.TrimSpace(text) == "":
			return nil, errors.New("the answer is empty")
		case containsAny(lower, "no entries found", "error:101", "no match", "not found", "no found", "no data found", "does not exist", "unallocated"):
			return nil, errNotFound
		}
		return nil, errors.New("the answer describes no network")
	}
	slices.SortStableFunc(a.networks, func(x, y *netAnswer) int { return cmp.Compare(x.network.width(), y.network.width()) })
	a.networks = slices.CompactFunc(a.networks, func(x, y *netAnswer) bool { return x.network.Scope() == y.network.Scope() && x.merge(y) })
	for _, n := range a.networks {
		n.finish()
	}
	return a, nil
}

// refusal recognises a server that will not answer, or not now.
func refusal(text string) (Outcome, string) {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "inetnum:") || strings.Contains(lower, "netrange:") {
		return "", ""
	}
	switch {
	case containsAny(lower, "rate limit", "limit exceeded", "quota exceeded", "too many", "exceeded the maximum", "error:306", "error:305", "try again later"):
		return OutcomeRateLimited, "the server limits the rate of questions"
	case containsAny(lower, "access denied", "error:201", "permission denied", "access control", "blacklisted"):
		return OutcomeRefused, "the server declined the question"
	}
	return "", ""
}

// isReduced recognises an answer that describes the network and, since too much was asked,
// not its contacts: LACNIC and NIC.br say so in a comment.
func isReduced(text string) bool {
	return strings.Contains(strings.ToLower(text), "reduced information")
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// holds reports whether the network holds addr.
func (n *Network) holds(addr netip.Addr) bool {
	return n.First.BitLen() == addr.BitLen() && !addr.Less(n.First) && !n.Last.Less(addr)
}

// width orders networks around one address by size: the number of bits in which the ends
// differ, finer where that is the same.
func (n *Network) width() int {
	a, b := n.First.As16(), n.Last.As16()
	for i := range a {
		if x := a[i] ^ b[i]; x != 0 {
			return (16-i)*256 + int(x)
		}
	}
	return 0
}

// setRange sets the range of a network; false if s is none.
func (a *netAnswer) setRange(s string) bool {
	first, last, ok := parseRange(s)
	if ok {
		a.network.First, a.network.Last = first, last
		a.network.Prefixes = prefixesOf(first, last)
	}
	return ok
}

// parseRange reads "first - last", a prefix, or a prefix whose zero octets were left out.
func parseRange(s string) (first, last netip.Addr, ok bool) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " (") // KRNIC adds the prefix length
	if from, to, cut := strings.Cut(s, "-"); cut {
		first, err1 := netip.ParseAddr(strings.TrimSpace(from))
		last, err2 := netip.ParseAddr(strings.TrimSpace(to))
		first, last = first.Unmap(), last.Unmap()
		ok := err1 == nil && err2 == nil && first.BitLen() == last.BitLen() && !last.Less(first) && first.Zone()+last.Zone() == ""
		return first, last, ok
	}
	ip, bits, cut := strings.Cut(s, "/")
	if !cut {
		return first, last, false
	}
	if !strings.Contains(ip, ":") {
		ip += strings.Repeat(".0", max(0, 3-strings.Count(ip, ".")))
	}
	p, err := netip.ParsePrefix(ip + "/" + strings.TrimSpace(bits))
	if err != nil || p.Addr().Is4In6() {
		return first, last, false
	}
	return p.Masked().Addr(), lastOf(p), true
}

// addContact adds an address to the network, if it is one that may be written to.
func (a *netAnswer) addContact(email, role, name, handle string) {
	parts := strings.FieldsFunc(email, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	for _, part := range parts[:min(len(parts), maxWHOISValues)] {
		email, ok := cleanEmail(part)
		if !ok {
			if isRedacted(part) || strings.Contains(part, "***") {
				a.withhold("the address of a contact (" + firstOf(role, "no role stated") + ")")
			}
			continue
		}
		if a.leaveOutRegistry(email) || len(a.contacts) >= maxContacts {
			continue
		}
		a.contacts = append(a.contacts, Contact{Email: email, Role: role, Name: public(oneLine(name)), Handle: oneLine(handle)})
	}
}

// leaveOutRegistry reports whether an address is a registry's own, and notes it.
func (a *netAnswer) leaveOutRegistry(email string) bool {
	domain, ok := registryDomain(email)
	if ok {
		a.note("registry-contact-left-out", "The answer gives an address in "+domain+
			" as contact. It is a registry's own, which does not run the network, and was left out.")
	}
	return ok
}

// setHolder sets the holder unless a better word for it stands already.
func (a *netAnswer) setHolder(name, from string) {
	name = public(oneLine(name))
	switch {
	case name == "" || a.network.Holder != "" || strings.HasPrefix(strings.ToLower(name), "allocated to "):
	case isRegistryName(name):
		a.note("registry-not-holder", "The answer names "+name+" as holder. It is a registry, which does not run the network, and was left out.")
	default:
		a.network.Holder, a.network.HolderFrom = name, from
	}
}

// merge takes over what y says of the same network, and is always true.
func (a *netAnswer) merge(y *netAnswer) bool {
	a.contacts = append(a.contacts, y.contacts...)
	a.notes = append(a.notes, y.notes...)
	if a.network.Holder == "" {
		a.network.Holder, a.network.HolderFrom = y.network.Holder, y.network.HolderFrom
	}
	return true
}

// finish puts the contacts in order, each address once, and drops all of a placeholder.
func (a *netAnswer) finish() {
	if a.placeholder = isPlaceholder(&a.network); a.placeholder {
		a.contacts, a.notes = nil, nil
		return
	}
	slices.SortStableFunc(a.contacts, func(x, y Contact) int { return cmp.Compare(roleRank(x.Role), roleRank(y.Role)) })
	var once []Contact
	for _, c := range a.contacts {
		if !hasContact(once, c.Email) {
			once = append(once, c)
		}
	}
	a.contacts = once
}

// japan is the zone in which JPNIC stamps times, and says so.
var japan = time.FixedZone("JST", 9*60*60)

// whoisDate reads the dates of the registries; empty if s is none.
func whoisDate(s string) string {
	zone := time.UTC
	s, in, _ := strings.Cut(strings.TrimSpace(s), "(")
	if in == "JST)" {
		zone = japan
	}
	s, _, _ = strings.Cut(s, " #")
	for _, layout := range []string{time.RFC3339, "20060102", "2006-01-02", "2006/01/02", "2006/01/02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), zone); err == nil && t.Year() >= 1980 && t.Year() <= 9999 {
			return stamp(t)
		}
	}
	return ""
}

// readARIN reads NetRange records. Each record runs to the next one; the contacts of the
// resource itself (RAbuse) come before those of its organisation (OrgAbuse).
func readARIN(lines []string, out *whoisAnswer) {
	var a *netAnswer
	names := make(map[string]string)
	inNet := false // the object that begins with NetRange, whose dates are the network's
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			inNet = false
			continue
		}
		key, value, ok := attribute(line)
		if !ok {
			continue
		}
		if key == "netrange" {
			a, inNet = &netAnswer{}, true
			if !a.setRange(value) || len(out.networks) >= maxWHOISNetworks {
				a = nil
				continue
			}
			clear(names)
			out.networks = append(out.networks, a)
		}
		if a != nil {
			a.readARINLine(key, value, inNet, names, out)
		}
	}
}

func (a *netAnswer) readARINLine(key, value string, inNet bool, names map[string]string, out *whoisAnswer) {
	n := &a.network
	switch key {
	case "netname":
		n.Name = oneLine(value)
	case "nethandle":
		n.Handle = oneLine(value)
	case "parent":
		if _, in, ok := strings.Cut(value, "("); ok {
			n.ParentHandle = oneLine(strings.TrimSuffix(in, ")"))
		}
	case "nettype":
		n.Type = oneLine(value)
	case "orgname", "custname":
		a.setHolder(value, "registrant")
	case "country":
		if isCountryCode(value) && n.Country == "" {
			n.Country = value
		}
	case "regdate":
		if inNet {
			n.Registered = whoisDate(value)
		}
	case "updated":
		if inNet {
			n.LastChanged = whoisDate(value)
		}
	case "referralserver":
		out.referral = value
	}
	for prefix, role := range map[string]string{"abuse": "abuse", "tech": "technical", "noc": "noc"} {
		for _, owner := range []string{"r", "org"} {
			switch key {
			case owner + prefix + "handle", owner + prefix + "name":
				names[key] = value
			case owner + prefix + "email":
				a.addContact(value, role, names[owner+prefix+"name"], names[owner+prefix+"handle"])
			}
		}
	}
}

// attribute splits "Key: value". The key comes in small letters, its outer spaces gone.
func attribute(line string) (key, value string, ok bool) {
	if line == "" || line[0] == '%' || line[0] == '#' {
		return "", "", false
	}
	key, value, ok = strings.Cut(line, ":")
	return strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value), ok
}

// readKRNIC reads the English half of KRNIC's text, with its sections in brackets.
func readKRNIC(lines []string, out *whoisAnswer) {
	if i := slices.IndexFunc(lines, func(s string) bool { return strings.TrimSpace(s) == "# ENGLISH" }); i >= 0 {
		lines = lines[i:]
	}
	var a *netAnswer
	role, name := "technical", ""
	for _, line := range lines {
		if title := strings.TrimSpace(line); strings.HasPrefix(title, "[ ") && strings.HasSuffix(title, "]") {
			role, name = krnicRole(title), ""
			continue
		}
		key, value, ok := attribute(line)
		if !ok {
			continue
		}
		switch key {
		case "ipv4 address", "ipv6 address":
			a = &netAnswer{network: Network{Country: "KR"}}
			if !a.setRange(value) || len(out.networks) >= maxWHOISNetworks {
				a = nil
				continue
			}
			out.networks = append(out.networks, a)
			continue
		}
		if a == nil {
			continue
		}
		switch key {
		case "organization name", "org name":
			a.setHolder(value, "registrant")
		case "network name", "service name":
			a.network.Name = firstOf(a.network.Name, oneLine(value))
		case "network type":
			a.network.Type = oneLine(value)
		case "registration date":
			a.network.Registered = whoisDate(value)
		case "name":
			name = value
		case "e-mail":
			a.addContact(value, role, name, "")
		}
	}
}

func krnicRole(title string) string {
	switch lower := strings.ToLower(title); {
	case strings.Contains(lower, "abuse"):
		return "abuse"
	case strings.Contains(lower, "admin"):
		return "administrative"
	}
	return "technical"
}

// readTWNIC reads the indented text of TWNIC, where addresses stand below their title.
func readTWNIC(lines []string, out *whoisAnswer) {
	var a *netAnswer
	name, role := "", ""
	for _, line := range lines {
		key, value, ok := attribute(strings.TrimSpace(line))
		switch {
		case ok && key == "netname":
			name = value
		case ok && key == "netblock":
			a, role = &netAnswer{network: Network{Country: "TW", Name: oneLine(name)}}, ""
			if !a.setRange(value) || len(out.networks) >= maxWHOISNetworks {
				a = nil
				continue
			}
			out.networks = append(out.networks, a)
		case a == nil:
		case ok && (key == "organization name" || key == "english name"):
			a.setHolder(value, "registrant")
		case ok && key == "registered date":
			a.network.Registered = whoisDate(value)
		case ok && strings.HasSuffix(key, "contact"):
			role = twnicRole(key)
		case ok && key == "spam" || ok && key == "abuse":
			a.addContact(value, "abuse", "", "")
		case !ok && role != "" && strings.Contains(line, "@"):
			a.addContact(strings.TrimSpace(line), role, "", "")
		}
	}
}

func twnicRole(key string) string {
	switch {
	case strings.Contains(key, "abuse"), strings.Contains(key, "spam"):
		return "abuse"
	case strings.Contains(key, "technical"):
		return "technical"
	}
	return "administrative"
}

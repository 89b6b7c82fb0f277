package enrich

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/openrdap/rdap"
)

// Bounds on what is taken from one answer.
const (
	maxEntities = 200
	maxDepth    = 6 // of entities inside entities
	maxContacts = 50
	maxRemarks  = 20
)

// netAnswer is what one answer says of a network, over RDAP or WHOIS. Source and time
// are still missing.
type netAnswer struct {
	network  Network
	contacts []Contact
	notes    []Note
	up       *url.URL // RDAP: describes the network above; nil if the answer gives no link
	handles  []handle // WHOIS of JPNIC: contacts that a further question would describe

	placeholder bool // the network is no holder's, see isPlaceholder
}

// statusError is an error that the body states while the HTTP status says 200.
type statusError struct {
	outcome Outcome
	text    string
}

func (e *statusError) Error() string { return e.text }

// readAnswer reads an object that openrdap decoded. It returns an error unless the
// object is a network that holds addr: any other would speak of somebody else.
//
// The members are read from the decoded JSON and not from openrdap's fields, which are
// empty wherever a registry departs from the letter of RFC 9083.
func readAnswer(object any, addr netip.Addr) (*netAnswer, error) {
	var n *rdap.IPNetwork
	switch o := object.(type) {
	case *rdap.IPNetwork:
		n = o
	case *rdap.Error:
		return nil, readError(o)
	case *rdap.Help: // "null", and any JSON without objectClassName
		return nil, errors.New("the answer is JSON but describes no network")
	default:
		return nil, fmt.Errorf("the answer describes no network but %T", object)
	}
	if n.DecodeData == nil {
		return nil, errors.New("the answer describes no network")
	}
	a := &netAnswer{}
	members := n.DecodeData.Value
	if err := a.readRange(members, addr); err != nil {
		return nil, err
	}
	a.network.Handle, a.network.Name = text(members("handle")), text(members("name"))
	a.network.Type, a.network.ParentHandle = text(members("type")), text(members("parentHandle"))
	if code := strings.ToUpper(text(members("country"))); isCountryCode(code) {
		a.network.Country = code
	}
	a.network.Status = texts(members("status"))
	a.readEvents(members("events"))
	a.readRedacted(members("redacted"))
	description := a.readRemarks(members("remarks"))
	if a.placeholder = isPlaceholder(&a.network); a.placeholder {
		a.note("registry-placeholder", "The registry describes only a wide block of its own or of others, and no network in it; "+
			"no holder and no contact were taken from the answer.")
		return a, nil
	}
	w := entityWalk{answer: a}
	w.walk(members("entities"), 0)
	a.contacts = w.sorted()
	a.chooseHolder(w.holders, description)
	a.up = upLink(members("links"))
	return a, nil
}

func readError(o *rdap.Error) error {
	e := &statusError{outcome: OutcomeFailed}
	if o.ErrorCode != nil {
		switch *o.ErrorCode {
		case 404:
			e.outcome = OutcomeNotFound
		case 429:
			e.outcome = OutcomeRateLimited
		}
		e.text = fmt.Sprintf("the server answers with error %d: %s", *o.ErrorCode, oneLine(o.Title))
	} else {
		e.text = "the server answers with an error: " + oneLine(o.Title)
	}
	return e
}

func (a *netAnswer) note(code, text string) { a.notes = append(a.notes, Note{code, text}) }

// readRange sets the range, from startAddress and endAddress or else from the prefix
// around addr in cidr0_cidrs.
func (a *netAnswer) readRange(members func(string) any, addr netip.Addr) error {
	first, err1 := parseBound(members("startAddress"))
	last, err2 := parseBound(members("endAddress"))
	if err1 != nil || err2 != nil {
		p, ok := cidrAround(members("cidr0_cidrs"), addr)
		if !ok {
			return errors.New("the answer names no usable range of addresses")
		}
		first, last = p.Addr(), lastOf(p)
	}
	if first.BitLen() != addr.BitLen() || last.BitLen() != addr.BitLen() || addr.Less(first) || last.Less(addr) {
		return fmt.Errorf("the answer describes another network, %s - %s", first, last)
	}
	a.network.First, a.network.Last = first, last
	a.network.Prefixes = prefixesOf(first, last)
	return nil
}

// parseBound reads an end of a range. Some servers write a prefix length after it.
func parseBound(v any) (netip.Addr, error) {
	s, _, _ := strings.Cut(text(v), "/")
	addr, err := netip.ParseAddr(s)
	return addr.Unmap().WithZone(""), err
}

func cidrAround(v any, addr netip.Addr) (netip.Prefix, bool) {
	for _, m := range objects(v) {
		start, err := netip.ParseAddr(firstOf(text(m["v4prefix"]), text(m["v6prefix"])))
		length, ok := m["length"].(float64)
		if err != nil || !ok || length < 0 || length > 128 {
			continue
		}
		p, err := start.Prefix(int(length))
		if err == nil && p.Contains(addr) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// lastOf is the highest address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As16()
	offset := 128 - p.Addr().BitLen() // where an IPv4 address stands in 16 bytes
	for bit := offset + p.Bits(); bit < 128; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	if p.Addr().Is4() {
		return netip.AddrFrom16(b).Unmap() // As16 has mapped it
	}
	return netip.AddrFrom16(b)
}

// prefixesOf covers first to last with the fewest prefixes; at most twice the number of
// bits less two.
func prefixesOf(first, last netip.Addr) []netip.Prefix {
	var list []netip.Prefix
	for {
		best := netip.PrefixFrom(first, first.BitLen())
		for bits := first.BitLen() - 1; bits >= 0; bits-- {
			p := netip.PrefixFrom(first, bits)
			if p.Masked().Addr() != first || last.Less(lastOf(p)) {
				break
			}
			best = p
		}
		list = append(list, best)
		end := lastOf(best)
		if end == last {
			return list
		}
		first = end.Next()
	}
}

func (a *netAnswer) readEvents(v any) {
	for _, m := range objects(v) {
		t, err := time.Parse(time.RFC3339, text(m["eventDate"]))
		if err != nil || t.Year() < 1980 || t.Year() > 9999 {
			continue
		}
		switch strings.ToLower(text(m["eventAction"])) {
		case "registration":
			a.network.Registered = stamp(t)
		case "last changed":
			a.network.LastChanged = stamp(t)
		}
	}
}

// readRedacted lists what the registry says that it left out (RFC 9537 section 4.2).
func (a *netAnswer) readRedacted(v any) {
	for _, m := range objects(v) {
		name, _ := m["name"].(map[string]any)
		a.withhold(firstOf(text(name["description"]), text(name["type"])))
	}
}

func (a *netAnswer) withhold(what string) { a.network.withhold(what) }

func (n *Network) withhold(what string) {
	if what != "" && len(n.Withheld) < maxRemarks && !slices.Contains(n.Withheld, what) {
		n.Withheld = append(n.Withheld, what)
	}
}

// readRemarks keeps the remarks and returns the first line of the one that APNIC and
// others title "description": it names the holder. Addresses in remarks are not taken
// for contacts: the text around them says what they are for, and only a person reads it.
func (a *netAnswer) readRemarks(v any) (description string) {
	for _, item := range list(v) {
		var title string
		lines := texts(item)
		if m, ok := item.(map[string]any); ok {
			title, lines = text(m["title"]), texts(m["description"])
		}
		lines = slices.DeleteFunc(lines, func(s string) bool { return strings.Trim(s, " *-=#_.") == "" })
		whole := strings.Join(lines, " / ")
		switch {
		case isRedacted(title) || isRedacted(whole):
			a.withhold(firstOf(title, "a remark"))
			continue
		case whole == "" || len(a.network.Remarks) == maxRemarks:
			continue
		}
		if strings.EqualFold(title, "description") && description == "" {
			description = lines[0]
		}
		if title != "" {
			whole = title + ": " + whole
		}
		a.network.Remarks = append(a.network.Remarks, clip(whole))
	}
	return description
}

// chooseHolder picks the holder: an organisation before a person, a stated role before
// none, an entity before the description.
func (a *netAnswer) chooseHolder(found []holder, description string) {
	slices.SortStableFunc(found, func(x, y holder) int { return cmp.Compare(x.rank(), y.rank()) })
	nameless := 0
	for _, h := range found {
		if !h.registrant {
			nameless++
		}
	}
	for _, h := range found {
		switch {
		case h.registrant:
			a.network.HolderFrom = "registrant"
		case nameless == 1:
			a.network.HolderFrom = "organisation"
		default:
			continue // several organisations and no word which of them holds the network
		}
		a.network.Holder, a.network.HolderAddress = h.name, h.address
		return
	}
	lower := strings.ToLower(description)
	if description != "" && !isRegistryName(description) && !strings.HasPrefix(lower, "allocated to ") {
		a.network.Holder, a.network.HolderFrom = description, "description"
	}
}

// upLink finds the link to the network above (rel "up" of RFC 8288, "rdap-up" of the
// RIR search extension). Where it leads is checked when it is followed.
func upLink(v any) *url.URL {
	for _, m := range objects(v) {
		rels := strings.Fields(strings.ToLower(text(m["rel"])))
		if !slices.Contains(rels, "up") && !slices.Contains(rels, "rdap-up") {
			continue
		}
		if href, ok := m["href"].(string); ok && len(href) < 2000 {
			if u, err := url.Parse(href); err == nil && u.IsAbs() && u.Host != "" {
				return u
			}
		}
	}
	return nil
}

// isPlaceholder recognises the records that registries keep for the space around their
// members' networks. Whole /8s have holders; nothing wider has.
func isPlaceholder(n *Network) bool {
	for _, s := range []string{n.Name, n.Handle} {
		s = strings.ToUpper(s)
		if strings.HasPrefix(s, "IANA-") || strings.HasPrefix(s, "NON-RIPE-NCC-MANAGED") || strings.HasPrefix(s, "EU-ZZ-") {
			return true
		}
	}
	widest := 8
	if n.First.Is6() {
		widest = 13 // a registry's own IPv6 blocks are /12
	}
	return slices.ContainsFunc(n.Prefixes, func(p netip.Prefix) bool { return p.Bits() < widest })
}

// The helpers below take decoded JSON as it comes and never fail.

// text is a string member on one line; anything else is empty.
func text(v any) string {
	s, _ := v.(string)
	return oneLine(s)
}

// oneLine joins the lines of s, drops what surrounds them, and bounds the length. What
// cannot be seen, such as control and bidi characters, becomes U+FFFD: the raw answer
// still has it.
func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	return clip(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, strings.Join(lines, ", ")))
}

// list is an array, or one value in an array, since servers leave the brackets out.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v[:min(len(v), maxEntities)]
	}
	return []any{v}
}

func texts(v any) []string {
	var out []string
	for _, item := range list(v) {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func objects(v any) []map[string]any {
	var out []map[string]any
	for _, item := range list(v) {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

package enrich

import (
	"slices"
	"strings"
)

// rpslObject is one object of a registry's text: attributes in order, keys in small
// letters.
type rpslObject []rpslAttribute

type rpslAttribute struct{ key, value string }

// all gives the first values of an attribute, lists at their commas.
func (o rpslObject) all(key string) []string {
	var out []string
	for _, a := range o {
		if a.key != key {
			continue
		}
		for v := range strings.SplitSeq(a.value, ",") {
			if v = strings.TrimSpace(v); v != "" && len(out) < maxWHOISValues {
				out = append(out, v)
			}
		}
	}
	return out
}

// first gives the first value of an attribute, whole.
func (o rpslObject) first(key string) string {
	for _, a := range o {
		if a.key == key {
			return a.value
		}
	}
	return ""
}

// rpslText is a text in objects, as the software of RIPE, APNIC, AFRINIC, IDNIC, LACNIC
// and NIC.br writes it (RFC 2622 section 2, and its cousins).
type rpslText struct {
	networks []rpslObject
	byHandle map[string]rpslObject // contacts, organisations and IRTs, keys in capitals
	abuse    map[string]string     // range -> address, from the comment above the object
	filtered bool                  // the server left addresses out
}

func parseRPSL(lines []string) *rpslText {
	t := &rpslText{byHandle: make(map[string]rpslObject), abuse: make(map[string]string)}
	var o rpslObject
	for _, line := range append(slices.Clip(lines), "") {
		switch {
		case strings.TrimSpace(line) == "":
			t.take(o)
			o = nil
		case line[0] == '%' || line[0] == '#':
			t.readComment(line)
		case (line[0] == ' ' || line[0] == '\t' || line[0] == '+') && len(o) > 0:
			last := &o[len(o)-1]
			last.value = strings.TrimSpace(last.value + " " + strings.TrimSpace(strings.TrimPrefix(line, "+")))
		default:
			if key, value, ok := attribute(line); ok {
				if strings.Contains(value, "# Filtered") {
					t.filtered = t.filtered || key == "source"
				}
				o = append(o, rpslAttribute{key, value})
			}
		}
	}
	return t
}

// readComment reads "% Abuse contact for 'range' is 'address'".
func (t *rpslText) readComment(line string) {
	_, rest, ok := strings.Cut(line, "Abuse contact for '")
	if !ok {
		return
	}
	scope, rest, ok := strings.Cut(rest, "' is '")
	if email, _, closed := strings.Cut(rest, "'"); ok && closed {
		t.abuse[scope] = email
	}
}

// take sorts an object that is complete.
func (t *rpslText) take(o rpslObject) {
	if len(o) == 0 {
		return
	}
	switch o[0].key {
	case "inetnum", "inet6num":
		if len(t.networks) < maxWHOISNetworks {
			t.networks = append(t.networks, o)
		}
		return
	}
	for _, key := range []string{"nic-hdl", "nic-hdl-br", "organisation", "irt"} {
		if handle := strings.ToUpper(o.first(key)); handle != "" {
			if _, known := t.byHandle[handle]; !known {
				t.byHandle[handle] = o
			}
		}
	}
}

// refs gives the objects to which an attribute of o refers.
func (t *rpslText) refs(o rpslObject, key string) []rpslObject {
	var out []rpslObject
	for _, handle := range o.all(key) {
		if ref, ok := t.byHandle[strings.ToUpper(handle)]; ok {
			out = append(out, ref)
		}
	}
	return out
}

// readRPSL reads inetnum and inet6num objects and what they refer to. Addresses in
// changed:, notify: and upd-to: are those of who keeps the database record, and are never
// taken; remarks neither, but for the one that APNIC writes itself for JPNIC's networks.
func readRPSL(lines []string, out *whoisAnswer) {
	t := parseRPSL(lines)
	for _, o := range t.networks {
		a := &netAnswer{}
		scope := o[0].value
		if !a.setRange(scope) {
			continue
		}
		t.describe(a, o)
		if email := t.abuse[scope]; email != "" {
			a.addContact(email, "abuse", "", "")
		}
		t.addAbuse(a, o)
		t.addRole(a, o, "tech-c", "technical")
		t.addRole(a, o, "admin-c", "administrative")
		t.addRole(a, o, "owner-c", "registrant")
		for _, org := range t.refs(o, "org") {
			a.addContact(org.first("e-mail"), "registrant", org.first("org-name"), org.first("organisation"))
		}
		if t.filtered {
			a.withhold("addresses of contacts, which the server filters")
		}
		out.networks = append(out.networks, a)
		out.referral = firstOf(out.referral, o.first("referralserver"))
	}
}

// describe sets what an object says of the network itself.
func (t *rpslText) describe(a *netAnswer, o rpslObject) {
	n := &a.network
	n.Name, n.Type = oneLine(o.first("netname")), oneLine(o.first("status"))
	n.Handle = oneLine(o[0].value)
	n.ParentHandle = oneLine(o.first("parent"))
	if code := strings.ToUpper(o.first("country")); isCountryCode(code) {
		n.Country = code
	}
	n.Registered = whoisDate(o.first("created"))
	n.LastChanged = firstOf(whoisDate(o.first("last-modified")), whoisDate(o.first("changed")))
	for _, org := range t.refs(o, "org") {
		a.setHolder(org.first("org-name"), "registrant")
		n.HolderAddress = firstOf(n.HolderAddress, public(oneLine(strings.Join(org.values("address"), "\n"))))
	}
	a.setHolder(o.first("owner"), "registrant")
	a.setHolder(o.first("descr"), "description")
}

// values gives the first values of an attribute, whole.
func (o rpslObject) values(key string) []string {
	var out []string
	for _, a := range o {
		if a.key == key && len(out) < maxWHOISValues {
			out = append(out, a.value)
		}
	}
	return out
}

// addAbuse adds the abuse desk: abuse-c of the network or of its organisation, its IRT,
// and abuse-mailbox wherever a contact of the network has one.
func (t *rpslText) addAbuse(a *netAnswer, o rpslObject) {
	orgs := t.refs(o, "org")
	var keys []string // of desks that are named and shown without an address
	desks := t.refs(o, "mnt-irt")
	for _, from := range append([]rpslObject{o}, orgs...) {
		for _, key := range from.all("abuse-c") {
			desk := t.byHandle[strings.ToUpper(key)]
			if desks = append(desks, desk); desk.deskEmail() == "" {
				keys = append(keys, key)
			}
		}
	}
	for _, desk := range desks {
		a.addContact(desk.deskEmail(), "abuse", desk.name(), desk.handle())
	}
	others := append(slices.Clip(orgs), o)
	for _, key := range []string{"tech-c", "admin-c"} {
		others = append(others, t.refs(o, key)...)
	}
	for _, other := range others {
		if email := other.first("abuse-mailbox"); email != "" {
			a.addContact(email, "abuse", other.name(), other.handle())
		}
	}
	for _, remark := range o.values("remarks") {
		if _, email, ok := strings.Cut(remark, "Email address for spam or abuse complaints"); ok {
			a.addContact(strings.TrimLeft(email, " :"), "abuse", "", "")
		}
	}
	// NIC.br has such desks; RIPE's stand in the comment above. Withheld is not none.
	for _, key := range keys {
		if !slices.ContainsFunc(a.contacts, func(c Contact) bool { return c.Role == "abuse" }) {
			a.withhold("the address of the abuse contact " + oneLine(key))
		}
	}
}

// deskEmail is the address of an abuse desk.
func (o rpslObject) deskEmail() string { return firstOf(o.first("abuse-mailbox"), o.first("e-mail")) }

func (t *rpslText) addRole(a *netAnswer, o rpslObject, key, role string) {
	for _, ref := range t.refs(o, key) {
		for _, email := range ref.values("e-mail") {
			a.addContact(email, role, ref.name(), ref.handle())
		}
	}
}

// name is how a contact calls itself.
func (o rpslObject) name() string {
	return firstOf(o.first("role"), o.first("person"), o.first("org-name"), o.first("irt"))
}

func (o rpslObject) handle() string {
	return firstOf(o.first("nic-hdl"), o.first("nic-hdl-br"), o.first("irt"), o.first("organisation"))
}

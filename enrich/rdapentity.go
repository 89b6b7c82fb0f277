package enrich

import (
	"cmp"
	"encoding/json"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/openrdap/rdap"
)

// contactRoles are the roles (RFC 9083 section 10.2.4) that may be written to, the best
// first. The others are no part of running the network.
var contactRoles = []string{"abuse", "technical", "noc", "administrative", "registrant"}

func roleRank(role string) int {
	if i := slices.Index(contactRoles, role); i >= 0 {
		return i
	}
	return len(contactRoles)
}

// holder is an entity that may be the holder of the network.
type holder struct {
	name, address string
	registrant    bool // false: the registry gave no role
	organisation  bool
}

func (h holder) rank() int {
	rank := 0
	if !h.registrant {
		rank += 2
	}
	if !h.organisation {
		rank++
	}
	return rank
}

// entityWalk gathers contacts and holders from the entities of an answer, at any depth:
// ARIN puts the abuse desk inside the registrant.
type entityWalk struct {
	answer   *netAnswer
	seen     int
	contacts []Contact
	holders  []holder
}

func (w *entityWalk) walk(v any, depth int) {
	for _, e := range objects(v) {
		if w.seen++; w.seen > maxEntities {
			return
		}
		roles := rolesOf(e["roles"])
		role, ok := bestRole(roles)
		if !ok {
			continue // a registrar or the like; what stands inside is theirs too
		}
		card := readCard(e["vcardArray"])
		handle := text(e["handle"])
		w.addContacts(card, handle, role)
		if depth == 0 {
			w.addHolder(card, handle, roles)
		}
		if depth < maxDepth {
			w.walk(e["entities"], depth+1)
		}
	}
}

// rolesOf reads roles given as an array or as one string.
func rolesOf(v any) []string {
	roles := texts(v)
	for i := range roles {
		roles[i] = strings.ToLower(strings.TrimSpace(roles[i]))
	}
	return roles
}

// bestRole picks the role that ranks first. It is empty, and ok, if none is stated; not
// ok if all that are stated are of no use.
func bestRole(roles []string) (role string, ok bool) {
	if len(roles) == 0 {
		return "", true
	}
	for _, role := range contactRoles {
		if slices.Contains(roles, role) {
			return role, true
		}
	}
	return "", false
}

func (w *entityWalk) addContacts(card card, handle, role string) {
	for _, email := range card.emails {
		if w.answer.leaveOutRegistry(email) {
			continue
		}
		if len(w.contacts) < maxContacts {
			w.contacts = append(w.contacts, Contact{Email: email, Role: role, Name: card.name(), Handle: handle})
		}
	}
}

// sorted gives the contacts by role, each address once.
func (w *entityWalk) sorted() []Contact {
	slices.SortStableFunc(w.contacts, func(x, y Contact) int { return cmp.Compare(roleRank(x.Role), roleRank(y.Role)) })
	var out []Contact
	for _, c := range w.contacts {
		if !hasContact(out, c.Email) {
			out = append(out, c)
		}
	}
	return out
}

// addHolder keeps the entity if it may be the holder. RIPE and others list the keepers
// of the database record as registrants too; those have a handle for a name.
func (w *entityWalk) addHolder(card card, handle string, roles []string) {
	h := holder{
		name: firstOf(card.org, card.fn), address: card.address,
		registrant: slices.Contains(roles, "registrant"), organisation: card.kind == "org",
	}
	if h.organisation {
		h.name = firstOf(card.fn, card.org)
	}
	switch {
	case h.name == "", strings.EqualFold(h.name, handle), strings.EqualFold(card.fn, handle), isMaintainer(handle):
	case isRegistryName(h.name):
		w.answer.note("registry-not-holder", "The answer names "+h.name+" as holder. It is a registry, which does not run the network, and was left out.")
	case h.registrant, h.organisation && len(roles) == 0:
		w.holders = append(w.holders, h)
	}
}

func isMaintainer(handle string) bool {
	h := strings.ToUpper(handle)
	return strings.HasSuffix(h, "-MNT") || strings.HasPrefix(h, "MNT-") || strings.HasPrefix(h, "MAINT-")
}

// card is what is used of a jCard (RFC 7095). Redacted texts are empty in it.
type card struct {
	fn, org, kind, address string
	emails                 []string // checked, in the order of the card
}

func (c card) name() string { return firstOf(c.fn, c.org) }

// readCard reads vcardArray. openrdap drops a whole card for one bad property, so the
// card is mended first and read again with bad properties left out.
func readCard(v any) card {
	var c card
	for _, p := range properties(v) {
		value := oneLine(strings.Join(slices.DeleteFunc(p.Values(), isBlank), " "))
		switch p.Name {
		case "email":
			for _, v := range p.Values() {
				c.addEmails(v)
			}
		case "fn":
			c.fn = firstOf(c.fn, public(value))
		case "org":
			c.org = firstOf(c.org, public(value))
		case "kind":
			c.kind = strings.ToLower(value)
		case "adr":
			c.address = firstOf(c.address, public(addressOf(p)))
		}
	}
	return c
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// properties mends a jCard and decodes it: names in small letters, an array in place of
// the parameters (some servers write [] for {}), a missing type, members after the
// second.
func properties(v any) []*rdap.VCardProperty {
	top, ok := v.([]any)
	if !ok || len(top) < 2 {
		return nil
	}
	var mended []any
	for _, item := range list(top[1]) {
		p, ok := item.([]any)
		if !ok || len(p) < 4 {
			continue
		}
		p = slices.Clone(p)
		if name, ok := p[0].(string); ok {
			p[0] = strings.ToLower(name)
		}
		if _, ok := p[1].(map[string]any); !ok {
			p[1] = map[string]any{}
		}
		if _, ok := p[2].(string); !ok {
			p[2] = "text"
		}
		mended = append(mended, p)
	}
	raw, err := json.Marshal([]any{"vcard", mended})
	if err != nil {
		return nil
	}
	vcard, err := rdap.NewVCardWithOptions(raw, rdap.VCardOptions{IgnoreInvalidProperties: true})
	if err != nil {
		return nil
	}
	return vcard.Properties
}

// addressOf puts a postal address on one line. ARIN and RIPE leave the parts empty and
// write it all into the label.
func addressOf(p *rdap.VCardProperty) string {
	if label := p.Parameters["label"]; len(label) > 0 && !isBlank(label[0]) {
		return oneLine(label[0])
	}
	return oneLine(strings.Join(slices.DeleteFunc(p.Values(), isBlank), "\n"))
}

// addEmails adds the addresses of one value: a plain one, a mailto: URI, or several
// with commas between.
func (c *card) addEmails(value string) {
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ';' }) {
		if email, ok := cleanEmail(part); ok {
			c.emails = append(c.emails, email)
		}
	}
}

// cleanEmail returns the bare address, if s is one that may be written to: addr-spec
// syntax, printable ASCII, a domain with a dot, no redaction. Non-ASCII addresses are
// refused, since one could look like another's.
func cleanEmail(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) > len("mailto:") && strings.EqualFold(s[:len("mailto:")], "mailto:") {
		s, _, _ = strings.Cut(s[len("mailto:"):], "?")
		plain, err := url.PathUnescape(s)
		if err != nil {
			return "", false
		}
		s = plain
	}
	if len(s) > 254 || isRedacted(s) {
		return "", false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return "", false
		}
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s {
		return "", false
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	return s, isDomain(domain)
}

// isDomain accepts host names (RFC 1123 section 2.1) of two labels or more.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return len(labels) >= 2
}

// isRedacted recognises the texts that servers put in the place of personal data.
func isRedacted(s string) bool {
	s = strings.ToLower(s)
	for _, mark := range []string{"redacted", "not disclosed", "non-disclosed", "withheld for privacy", "data protected", "masked for privacy"} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// public empties a redacted text.
func public(s string) string {
	if isRedacted(s) {
		return ""
	}
	return s
}

// registryDomains are the mail domains of the regional and national registries. They
// stand in answers as a last resort, above all in APNIC's for the space of KRNIC and
// JPNIC, and would make a letter go to one who can do nothing.
var registryDomains = []string{
	"afrinic.net", "apnic.net", "arin.net", "lacnic.net", "ripe.net", "iana.org", "icann.org",
	"nic.br", "registro.br", "cert.br", "nic.mx",
	"nic.or.kr", "krnic.or.kr", "krnic.net", "kisa.or.kr", "nida.or.kr",
	"nic.ad.jp", "cnnic.cn", "cnnic.net.cn", "twnic.tw", "twnic.net", "twnic.net.tw",
	"idnic.net", "idnic.id", "apjii.or.id", "vnnic.vn", "vnnic.net.vn", "irinn.in", "nixi.in",
}

// registryDomain tells the registry's domain in which an address lies.
func registryDomain(email string) (string, bool) {
	domain := strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
	for _, d := range registryDomains {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return d, true
		}
	}
	return "", false
}

// registryNames are names, or beginnings of names, by which registries call themselves.
var registryNames = []string{
	"african network information cent", "afrinic ltd", "asia pacific network information cent",
	"american registry for internet numbers", "internet assigned numbers authority",
	"latin american and caribbean ip address", "ripe network coordination centre", "reseaux ip europeens",
	"réseaux ip européens", "korea network information cent", "japan network information cent",
	"china internet network information cent", "taiwan network information cent",
	"vietnam internet network information cent", "indonesia network information cent",
}

// isRegistryName recognises a registry that stands where the holder should.
func isRegistryName(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	switch s {
	case "afrinic", "apnic", "arin", "lacnic", "ripe", "ripe ncc", "iana", "krnic", "jpnic", "cnnic", "twnic", "vnnic", "idnic", "irinn", "nic.br":
		return true
	}
	for _, name := range registryNames {
		if strings.HasPrefix(s, name) {
			return true
		}
	}
	return false
}

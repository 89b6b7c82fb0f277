package received

import (
	"bytes"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reference is a plain reader of the grammar of RFC 5321 section 4.4, in the form that
// fields of today have, with the comments of RFC 5322 section 3.2.2. It is slow, knows no
// server and accepts only what the grammar does. It shares no code with Parse.
type reference struct {
	from, fromInfo string // what follows FROM, and the TCP-info in parentheses
	by, byInfo     string
	via, with, id  string
	forPath        string
	stamp          string
}

var (
	refDomain  = `(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)`
	refLiteral = `(?:\[[0-9]{1,3}(?:\.[0-9]{1,3}){3}\]|\[IPv6:[0-9A-Fa-f:.]+\])`
	refAtom    = "(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)"
	refLocal   = refAtom + `(?:\.` + refAtom + `)*`
	refTCPInfo = `\(((?:` + refDomain + ` )?` + refLiteral + `)\)`
	refDate    = `(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?[0-9]{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}`
	refField   = regexp.MustCompile(`^FROM (` + refDomain + `|` + refLiteral + `)(?: ` + refTCPInfo + `)?` +
		` BY (` + refDomain + `)(?: ` + refTCPInfo + `)?` +
		`(?: VIA (` + refAtom + `))?(?: WITH (` + refAtom + `))?(?: ID (` + refAtom + `|<` + refLocal + `@` + refDomain + `>))?` +
		`(?: FOR <(` + refLocal + `@` + refDomain + `)>)?` + `; (` + refDate + `)$`)
)

// readReference returns what the grammar says of a field; false when the grammar does not
// accept it. Comments must have been taken off, and keywords be in capitals.
func readReference(field string) (reference, bool) {
	m := refField.FindStringSubmatch(field)
	if m == nil {
		return reference{}, false
	}
	return reference{m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9]}, true
}

// FuzzReference builds a field of the grammar from parts, folds it and puts a comment into
// it where the grammar allows one, and holds Parse against the reference.
func FuzzReference(f *testing.F) {
	f.Add("mail.example", "rdns.example [192.0.2.1]", "mx.example", "", "TCP", "ESMTP", "A1", "u@b.example", "Thu, 22 Aug 2002 08:17:21 -0400", "a comment", uint8(0))
	f.Add("[192.0.2.7]", "[IPv6:2001:db8::1]", "mx.example", "[192.0.2.9]", "", "SMTP", "<1@b.example>", "", "1 Jan 2026 00:00:00 +0000", "", uint8(3))
	f.Add("a", "", "b", "", "", "", "", "", "Sat, 31 Dec 1999 23:59:59 +1400", "x (y) z", uint8(7))
	f.Fuzz(func(t *testing.T, from, info, by, byInfo, via, with, id, path, date, note string, fold uint8) {
		var s strings.Builder
		part := func(key, open, text, shut string) {
			if text != "" {
				s.WriteString(key + open + text + shut)
			}
		}
		part("FROM ", "", from, "")
		part(" ", "(", info, ")")
		part(" BY ", "", by, "")
		part(" ", "(", byInfo, ")")
		part(" VIA ", "", via, "")
		part(" WITH ", "", with, "")
		part(" ID ", "", id, "")
		part(" FOR ", "<", path, ">")
		part("; ", "", date, "")
		want, ok := readReference(s.String())
		if !ok {
			return
		}
		body := []byte(s.String())
		if plainComment.MatchString(note) && !bytes.Contains(body, []byte(" ID ")) && want.with != "" {
			body = bytes.Replace(body, []byte("; "), []byte(" ("+note+"); "), 1)
		}
		body = bytes.ReplaceAll(body, []byte(" "), []byte([]string{" ", "\r\n ", "\n\t", "\t"}[fold%4]))
		got := Parse(body)
		compare(t, body, &got, want)
	})
}

// plainComment is a comment that says nothing which any server is known to say.
var plainComment = regexp.MustCompile(`^xx[a-z]{1,9}( \(xx[a-z]{1,9}\))? xx[a-z]{1,9}$`)

func compare(t *testing.T, body []byte, got *Field, want reference) {
	t.Helper()
	is := func(what string, s Span, text string) {
		if g := s.Text(body); strings.Join(strings.Fields(g), " ") != text {
			t.Errorf("%s: %q, want %q: %q", what, g, text, body)
		}
	}
	is("by", got.By.Host, want.by)
	is("stamp", got.Time.Stamp, want.stamp)
	if got.Family == "exchange" || got.Family == "qmail" { // they give ID and HELO other meanings
		return
	}
	is("id", got.ID, strings.Trim(want.id, "<>"))
	if _, n := familyOf([]byte(want.with)); n == 0 && !strings.Contains(strings.ToLower(want.with), "/tls") {
		is("with", got.With, want.with)
	}
	if got.ForLen() > 0 || want.forPath != "" {
		is("for", got.For(0), want.forPath)
	}
	recorded := want.fromInfo[strings.LastIndexByte(want.fromInfo, ' ')+1:]
	recorded = strings.TrimPrefix(strings.Trim(recorded, "[]"), "IPv6:")
	addr, err := netip.ParseAddr(recorded)
	switch {
	case recorded == "":
		if got.From.IP.Empty() != !got.From.Addr.IsValid() {
			t.Errorf("address without bytes: %q", body)
		}
	case err == nil && !got.Family.internal() && got.Kind != Local:
		is("address", got.From.IP, recorded)
		if got.From.Addr != addr.Unmap() {
			t.Errorf("address %s, want %s: %q", got.From.Addr, addr, body)
		}
	case err != nil && !got.From.IP.Empty():
		t.Errorf("address %s out of %q: %q", got.From.Addr, recorded, body)
	}
}

// FuzzParse holds Parse against what must be true of any input.
func FuzzParse(f *testing.F) {
	for _, e := range loadTable(f) {
		f.Add(e.body)
	}
	for _, sh := range shapes {
		for _, helo := range imitations {
			f.Add([]byte(strings.Replace(sh.field, "%s", helo, 1)))
		}
	}
	for _, found := range []string{ // what this target found
		"by a (12.)", "from a ([192.0.2.1] ()) by b", " Thu :", "< \xef :", "id (TLS0, 000)", "with (TLS0, A 0)",
		"via dmail0(000000 0000)", "by (0 .0/)", "from 0 - 192.0.2.1 0 with Microsoft SMTPSVC", "from ([                1::])",
	} {
		f.Add([]byte(found))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := Parse(body)
		checkSpans(t, body, &got)
		checkOverlap(t, body, &got)
		checkDisclosure(t, body, &got)
		want := describe(&got, body)
		for _, fold := range []string{" ", "\r\n ", "\n\t", "\t"} {
			folded := []byte(folding.ReplaceAllString(string(body), fold))
			again := Parse(folded)
			if d := cmp.Diff(want, describe(&again, folded)); d != "" {
				t.Errorf("folded with %q (-before +after):\n%s\n%q", fold, d, body)
			}
		}
	})
}

func allSpans(f *Field) map[string]Span {
	all := map[string]Span{
		"version": f.Version, "helo": f.From.HELO, "rdns": f.From.RDNS, "name": f.From.Name, "ip": f.From.IP, "port": f.From.Port,
		"ident": f.From.Ident, "auth": f.From.Auth, "remark": f.From.Remark, "by": f.By.Host, "by ip": f.By.IP, "with": f.With,
		"via": f.Via, "id": f.ID, "envelope": f.Envelope, "tls": f.TLSVersion, "cipher": f.TLSCipher, "stamp": f.Time.Stamp, "zone": f.Time.Zone,
	}
	for i := range f.ForLen() {
		all["for"+string(rune('0'+i))] = f.For(i)
	}
	return all
}

func checkSpans(t *testing.T, body []byte, f *Field) {
	for name, s := range allSpans(f) {
		if s.Start < 0 || s.End < s.Start || s.End > len(body) {
			t.Fatalf("%s: %v outside %q", name, s, body)
		}
	}
	if u := f.Unread; u.Offset < 0 || u.Offset > len(body) {
		t.Errorf("unread at %d: %q", u.Offset, body)
	}
	if f.ForLen() > MaxFor {
		t.Errorf("%d recipients: %q", f.ForLen(), body)
	}
}

// checkOverlap holds that the address is nobody's claim: no part of what the client said,
// of the writer's own name, of the identifier or of the date.
func checkOverlap(t *testing.T, body []byte, f *Field) {
	ip := f.From.IP
	if ip.Empty() {
		return
	}
	for name, s := range map[string]Span{
		"helo": f.From.HELO, "name": f.From.Name, "ident": f.From.Ident, "by": f.By.Host, "by ip": f.By.IP,
		"id": f.ID, "stamp": f.Time.Stamp, "with": f.With, "version": f.Version, "envelope": f.Envelope, "for": f.For(0),
	} {
		if !s.Empty() && s.Start < ip.End && ip.Start < s.End {
			t.Errorf("address %q within %s %q: %q", ip.Of(body), name, s.Of(body), body)
		}
	}
}

// checkDisclosure holds that addresses are what their bytes say and that Discloses agrees.
func checkDisclosure(t *testing.T, body []byte, f *Field) {
	for _, a := range []struct {
		s Span
		a netip.Addr
	}{{f.From.IP, f.From.Addr}, {f.By.IP, f.By.Addr}} {
		want, err := netip.ParseAddr(a.s.Text(body))
		if a.s.Empty() == a.a.IsValid() || !a.s.Empty() && (err != nil || want.Unmap() != a.a || a.a.Zone() != "") {
			t.Errorf("address %v of %q: %q", a.a, a.s.Of(body), body)
		}
	}
	name := !f.From.RDNS.Empty() || !f.From.Name.Empty()
	want := map[Disclosure]bool{
		Address:  f.From.Addr.IsValid(),
		NameOnly: !f.From.Addr.IsValid() && name,
		HELOOnly: !f.From.Addr.IsValid() && !name && !f.From.HELO.Empty(),
		None:     !f.From.Addr.IsValid() && !name && f.From.HELO.Empty(),
		NotAsked: f.Kind != Transfer && f.Kind != Fetch,
	}
	if !want[f.Discloses] {
		t.Errorf("%s discloses %s: %q", f.Kind, f.Discloses, body)
	}
}

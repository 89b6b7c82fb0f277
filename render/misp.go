package render

import (
	"encoding/base64"
	"fmt"
	"net/mail"
	"path"
	"strconv"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// The documents of MISP's core format, as far as a case needs them.
type (
	mispDocument struct {
		Event mispEvent `json:"Event"`
	}
	mispEvent struct {
		UUID         string          `json:"uuid"`
		Date         string          `json:"date"`
		Info         string          `json:"info"`
		ThreatLevel  string          `json:"threat_level_id"`
		Analysis     string          `json:"analysis"`
		Distribution string          `json:"distribution"`
		Published    bool            `json:"published"`
		Timestamp    string          `json:"timestamp"`
		Tag          []mispTag       `json:"Tag"`
		Attribute    []mispAttribute `json:"Attribute"`
		Object       []mispObject    `json:"Object"`
	}
	mispTag struct {
		Name string `json:"name"`
	}
	mispObject struct {
		UUID            string          `json:"uuid"`
		Name            string          `json:"name"`
		MetaCategory    string          `json:"meta-category"`
		TemplateUUID    string          `json:"template_uuid"`
		TemplateVersion string          `json:"template_version"`
		Distribution    string          `json:"distribution"`
		Timestamp       string          `json:"timestamp"`
		Comment         string          `json:"comment"`
		FirstSeen       string          `json:"first_seen,omitempty"`
		Attribute       []mispAttribute `json:"Attribute"`
	}
	mispAttribute struct {
		UUID               string `json:"uuid"`
		ObjectRelation     string `json:"object_relation,omitempty"`
		Type               string `json:"type"`
		Category           string `json:"category"`
		Value              string `json:"value"`
		Data               string `json:"data,omitempty"` // of an attachment, base64
		Comment            string `json:"comment"`
		ToIDs              bool   `json:"to_ids"`
		DisableCorrelation bool   `json:"disable_correlation"`
		Distribution       string `json:"distribution"`
		Timestamp          string `json:"timestamp"`
	}
)

// MISP returns the case as a MISP event: an object email for each sample shown. No
// attribute has to_ids set: nothing in it is meant for a blocklist, since senders are
// forged and relays are misused.
//
// ip-src is only the address that a trusted field recorded at the boundary;
// received-header-ip and received-header-hostname are only what the field at the boundary
// and corroborated ones below it recorded. Addresses of recipients and complainants are
// hashed as in letters to third parties. The event is unpublished, for the organisation
// alone, and carries the case's TLP label. The same case gives the same bytes, UUIDs among
// them.
//
// With bytesOf, which may be nil, an exemplar is attached as eml, byte for byte: of the
// first 20 paths, while each is at most 256 KiB and all together are at most 2 MiB. The
// others are named by their SHA-256, as all are. What is attached is not redacted, so those
// attributes stay with the organisation whatever distribution the event is given later; an
// event for handing on is made without bytesOf.
func MISP(c *casefile.Case, bytesOf Bytes) ([]byte, error) {
	created, err := time.Parse(time.RFC3339, c.Created)
	if err != nil {
		return nil, fmt.Errorf("MISP event: creation time %q is not RFC 3339", c.Created)
	}
	m := mispWriter{c: c, private: newRedactor(c), stamp: strconv.FormatInt(created.Unix(), 10)}
	info := "Spam with forged senders, case " + c.ID
	if domain := c.Misused(); domain != "" {
		info += ", in the name of " + domain
	}
	e := mispEvent{
		UUID: ourUUID(c.ID, "misp", "event"), Date: created.UTC().Format(time.DateOnly), Info: info,
		ThreatLevel: "4", Analysis: "1", Distribution: "0", Timestamp: m.stamp,
		Tag: []mispTag{{strings.ToLower(tlpOf(c).Name)}}, Attribute: []mispAttribute{}, Object: []mispObject{},
	}
	whole := wholeExemplars(c, bytesOf)
	for i := range c.Samples {
		s := &c.Samples[i]
		o := m.email(s)
		if data := whole[s.Number]; data != nil {
			o.Attribute = append(o.Attribute, m.eml(s, strconv.Itoa(len(o.Attribute)), data))
		}
		e.Object = append(e.Object, o)
	}
	for _, d := range c.Incident.Domains {
		e.Attribute = append(e.Attribute, m.attribute("forged", strconv.Itoa(len(e.Attribute)), "", "domain", "Payload delivery", d.Domain,
			"forged as the sender: a victim, not an origin"))
	}
	return casefile.EncodeJSON(mispDocument{e}, "  ")
}

type mispWriter struct {
	c       *casefile.Case
	private *redactor
	stamp   string
}

// attribute makes one attribute; where and n tell it apart from all others of the event.
func (m *mispWriter) attribute(where, n, relation, kind, category, value, comment string) mispAttribute {
	return mispAttribute{
		UUID: ourUUID(m.c.ID, "misp", where, n), ObjectRelation: relation, Type: kind, Category: category,
		Value: value, Comment: comment, DisableCorrelation: uncorrelated[relation], Distribution: "5", Timestamp: m.stamp,
	}
}

// uncorrelated are the relations of an object email that its template takes out of
// correlation: they are as good as unique, or too long.
var uncorrelated = map[string]bool{"eml": true, "header": true, "message-id": true}

// The bounds on the messages that an event carries whole.
const (
	maxWhole      = 20
	maxWholeBytes = 256 << 10
	maxAllWhole   = 2 << 20
)

// wholeExemplars gives the bytes of the exemplars that an event carries whole, by the
// number of the sample. Bytes that are not those of the sample, because they were erased or
// damaged, are left out.
func wholeExemplars(c *casefile.Case, bytesOf Bytes) map[int][]byte {
	whole := map[int][]byte{}
	if bytesOf == nil {
		return whole
	}
	groups, all := exemplars(c), int64(0)
	for _, g := range groups[:min(len(groups), maxWhole)] {
		s := c.Sample(g.Exemplar)
		if s == nil || whole[s.Number] != nil || s.Size > maxWholeBytes || all+s.Size > maxAllWhole {
			continue
		}
		if data := bytesOf(s.Number); len(data) > 0 && int64(len(data)) == s.Size && casefile.Digest(data) == s.SHA256 {
			whole[s.Number] = data
			all += s.Size
		}
	}
	return whole
}

// eml attaches a message as it was received, for the organisation alone.
func (m *mispWriter) eml(s *casefile.Sample, n string, data []byte) mispAttribute {
	a := m.attribute("email/"+s.SHA256, n, "eml", "attachment", "Payload delivery", path.Base(casefile.Evidence(s.Number, s.SHA256)),
		"the message as received, SHA-256 "+s.SHA256+"; it names its recipients: for your organisation alone")
	a.Data, a.Distribution = base64.StdEncoding.EncodeToString(data), "0"
	return a
}

// email makes the object of one sample.
func (m *mispWriter) email(s *casefile.Sample) mispObject {
	o := mispObject{
		UUID: ourUUID(m.c.ID, "misp", "email", s.SHA256), Name: "email", MetaCategory: "network",
		TemplateUUID: "a0c666e0-fc65-4be8-b48f-3423d788b552", TemplateVersion: "18", Distribution: "5", Timestamp: m.stamp,
		Comment:   fmt.Sprintf("sample %d, SHA-256 %s; the trail ends %s", s.Number, s.SHA256, trailWords(&s.Path)),
		FirstSeen: receivedAt(&s.Path), Attribute: []mispAttribute{},
	}
	add := func(relation, kind, category, value, comment string) {
		if strings.TrimSpace(value) != "" {
			o.Attribute = append(o.Attribute, m.attribute("email/"+s.SHA256, strconv.Itoa(len(o.Attribute)), relation, kind, category, m.private.text(value), comment))
		}
	}
	msg := &s.Path.Message
	const claim = "as the sender wrote it; proves nothing"
	from, name := mailbox(msg.From)
	add("from", "email-src", "Payload delivery", from, "forged, or at least "+claim)
	add("from-display-name", "email-src-display-name", "Payload delivery", name, claim)
	add("subject", "email-subject", "Payload delivery", decoded(msg.Subject), claim)
	add("message-id", "email-message-id", "Payload delivery", strings.TrimSpace(msg.MessageID), claim)
	add("return-path", "email-src", "Payload delivery", strings.Trim(strings.TrimSpace(msg.ReturnPath), "<>"), "envelope sender: forged, or at least "+claim)
	m.hosts(&s.Path, add)
	return o
}

// hosts adds the addresses that may be believed and the trace fields themselves.
func (m *mispWriter) hosts(p *trace.Path, add func(relation, kind, category, value, comment string)) {
	if b := p.Boundary; b != nil && b.IP.IsValid() {
		add("ip-src", "ip-src", "Network activity", b.IP.String(), "handed the mail over, as "+Visible(b.By)+" recorded: the source or a relay, perhaps misused")
	}
	for _, h := range outside(p) {
		comment := fmt.Sprintf("field %d, %s", h.Index, h.Standing)
		if h.Standing == trace.Corroborated {
			comment += ": according to " + Visible(writerName(h))
		}
		add("received-header-ip", "ip-src", "Network activity", addrText(h.From.IP), comment)
		add("received-header-hostname", "hostname", "Network activity", h.From.RDNS, comment)
	}
	var fields []string
	for i := range p.Hops {
		fields = append(fields, "Received:"+headerBody(p.Hops[i].Raw))
	}
	add("header", "email-header", "Payload delivery", strings.Join(fields, "\n"), "the Received: fields as found; those below the boundary are the word of others")
}

// outside are the fields, from the boundary down, that recorded a public address of a host
// outside and may be believed. What the recipient's own machines are is nobody's business.
func outside(p *trace.Path) []*trace.Hop {
	var hops []*trace.Hop
	for i := range p.Hops {
		h := &p.Hops[i]
		if p.Boundary != nil && i >= p.Boundary.Hop && believed(h) && h.From.IP.IsGlobalUnicast() && !h.From.IP.IsPrivate() {
			hops = append(hops, h)
		}
	}
	return hops
}

// headerBody is a field's body with one space before it and LF line ends.
func headerBody(raw string) string {
	raw = strings.TrimRight(strings.ReplaceAll(raw, "\r\n", "\n"), "\r\n")
	if !strings.HasPrefix(raw, " ") && !strings.HasPrefix(raw, "\t") {
		raw = " " + raw
	}
	return raw
}

// mailbox splits a From: field into its first address and the name before it; what is no
// such field is given as the address, as it is.
func mailbox(field string) (address, name string) {
	list, err := mail.ParseAddressList(field)
	if err != nil || len(list) == 0 {
		return decoded(field), ""
	}
	return list[0].Address, list[0].Name
}

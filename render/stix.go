package render

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-message/charset"

	"relaytrace/casefile"
)

// stixSpace is the name space in which STIX 2.1 section 2.9 has the IDs of observables made.
var stixSpace = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// stixObject is any object of a bundle. Maps are written with their keys sorted.
type stixObject map[string]any

// STIX returns the case as a bundle of STIX 2.1: for each sample shown an email-message
// with its trace fields, the file that it is, and the addresses that the field at the
// boundary and corroborated ones below it recorded, tied together by observed-data; for
// each relay found a note with its verdict; and a report over all. Addresses that only
// unverified fields name are in the trace fields and nowhere else. Addresses of recipients
// and complainants are hashed as in letters to third parties. There is no indicator:
// nothing here is meant for a blocklist. Every object carries the case's TLP label, and the
// same case gives the same bytes, IDs among them.
func STIX(c *casefile.Case) ([]byte, error) {
	created, err := time.Parse(time.RFC3339, c.Created)
	if err != nil {
		return nil, fmt.Errorf("STIX bundle: creation time %q is not RFC 3339", c.Created)
	}
	s := &stixWriter{c: c, private: newRedactor(c), stamp: created.UTC().Format("2006-01-02T15:04:05.000Z"), known: map[string]bool{}}
	s.marking()
	s.identity()
	for i := range c.Samples {
		s.sample(&c.Samples[i])
	}
	for i := range c.Relays {
		if c.Relays[i].Found() {
			s.relay(&c.Relays[i])
		}
	}
	s.report()
	return casefile.EncodeJSON(stixObject{
		"type": "bundle", "id": "bundle--" + ourUUID(c.ID, "stix", "bundle"), "objects": s.objects,
	}, "")
}

type stixWriter struct {
	c       *casefile.Case
	private *redactor
	stamp   string
	author  string
	label   string
	objects []stixObject
	known   map[string]bool // IDs of the objects so far
	refs    []string        // what the report is about
}

// add adds an object once and returns its ID.
func (s *stixWriter) add(o stixObject) string {
	id := o["id"].(string)
	if !s.known[id] {
		s.known[id] = true
		s.objects = append(s.objects, o)
		if s.label != "" && id != s.label {
			s.refs = append(s.refs, id)
		}
	}
	return id
}

// domain is an object of the domain of STIX, which has an author and times.
func (s *stixWriter) domain(kind, name string, o stixObject) stixObject {
	o["type"], o["spec_version"], o["id"] = kind, "2.1", kind+"--"+ourUUID(s.c.ID, "stix", kind, name)
	o["created"], o["modified"] = s.stamp, s.stamp
	o["object_marking_refs"] = []string{s.label}
	if s.author != "" {
		o["created_by_ref"] = s.author
	}
	return o
}

// observable is an observable whose ID follows from one property, as STIX has it.
func (s *stixWriter) observable(kind, property, value string) string {
	name, err := json.Marshal(map[string]string{property: value})
	if err != nil {
		return ""
	}
	return s.add(stixObject{
		"type": kind, "spec_version": "2.1", "id": kind + "--" + uuid5(stixSpace, string(name)),
		property: value, "object_marking_refs": []string{s.label},
	})
}

// marking adds the TLP 2.0 label as OASIS publishes it.
func (s *stixWriter) marking() {
	label := tlpOf(s.c)
	s.label = "marking-definition--" + label.stix
	s.add(stixObject{
		"type": "marking-definition", "spec_version": "2.1", "id": s.label, "created": "2022-10-01T00:00:00.000Z", "name": label.Name,
		"extensions": map[string]any{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": map[string]string{
			"extension_type": "property-extension", "tlp_2_0": strings.ToLower(strings.TrimPrefix(label.Name, "TLP:")),
		}},
	})
}

func (s *stixWriter) identity() {
	name := orNone(s.c.Settings.Organisation, orNone(s.c.Settings.Reporter, "the reporter of case "+s.c.ID))
	s.author = s.add(s.domain("identity", "author", stixObject{"name": name, "identity_class": "organization"}))
}

// address adds an address and returns its ID.
func (s *stixWriter) address(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	return s.observable(oneOf(ip.Is4(), "ipv4-addr", "ipv6-addr"), "value", ip.String())
}

func (s *stixWriter) sample(x *casefile.Sample) {
	p := &x.Path
	refs := []string{s.message(x), s.file(x)}
	taken := map[string]bool{}
	for _, h := range outside(p) {
		if id := s.address(h.From.IP); !taken[id] {
			taken[id] = true
			refs = append(refs, id)
		}
	}
	at := s.stamp
	if t, err := time.Parse(time.RFC3339, receivedAt(p)); err == nil {
		at = t.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	s.add(s.domain("observed-data", x.SHA256, stixObject{
		"first_observed": at, "last_observed": at, "number_observed": 1, "object_refs": refs,
	}))
}

// message adds the message. Its ID does not follow from sender and subject, as STIX
// suggests: many samples of one run have both in common.
func (s *stixWriter) message(x *casefile.Sample) string {
	m := &x.Path.Message
	o := stixObject{
		"type": "email-message", "spec_version": "2.1", "id": "email-message--" + ourUUID(s.c.ID, "stix", "email-message", x.SHA256),
		"is_multipart": false, "object_marking_refs": []string{s.label},
	}
	for key, value := range map[string]string{"subject": decoded(m.Subject), "message_id": strings.TrimSpace(m.MessageID)} {
		if value != "" {
			o[key] = s.private.text(value)
		}
	}
	if from, _ := mailbox(m.From); strings.Contains(from, "@") {
		o["from_ref"] = s.observable("email-addr", "value", from)
	}
	var lines []string
	for i := range x.Path.Hops {
		lines = append(lines, s.private.text(unfolded(x.Path.Hops[i].Raw)))
	}
	if len(lines) > 0 {
		o["received_lines"] = lines
	}
	if m.ReturnPath != "" {
		o["additional_header_fields"] = map[string][]string{"Return-Path": {s.private.text(m.ReturnPath)}}
	}
	return s.add(o)
}

func (s *stixWriter) file(x *casefile.Sample) string {
	return s.add(stixObject{
		"type": "file", "spec_version": "2.1", "id": "file--" + ourUUID(s.c.ID, "stix", "file", x.SHA256), "size": x.Size,
		"name": orNone(x.Evidence[strings.LastIndexByte(x.Evidence, '/')+1:], "sample"), "hashes": map[string]string{"SHA-256": x.SHA256},
		"object_marking_refs": []string{s.label},
	})
}

// relay adds a note on a relay: what it is said to have done, and how sure that is.
func (s *stixWriter) relay(r *casefile.Relay) {
	text := "Verdict: " + verdictWords(r.Verdict) + ". Address " + certaintyAlone(r.Certainty) + ". Previous hop: " + withholdsAlone(r) +
		". A relay is not the origin of the mail; it is often misused without its owner's knowledge."
	for _, x := range r.Reasons {
		text += " " + oneOf(x.For, "For: ", "Against: ") + x.Text
	}
	s.add(s.domain("note", r.IP.String(), stixObject{
		"abstract": "Relay " + r.IP.String() + " in case " + s.c.ID, "content": text, "object_refs": []string{s.address(r.IP)},
	}))
}

func (s *stixWriter) report() {
	refs := s.refs
	if len(refs) == 0 {
		return
	}
	s.add(s.domain("report", "case", stixObject{
		"name": "Case " + s.c.ID, "published": s.stamp, "report_types": []string{"observed-data"}, "object_refs": refs,
		"description": "Relay paths of spam with forged senders. Senders are forged and relays are misused: nothing here is meant for a blocklist.",
	}))
}

// decoded decodes the encoded words of a header field (RFC 2047); what cannot be decoded
// stays as it is.
func decoded(s string) string {
	d := mime.WordDecoder{CharsetReader: charset.Reader}
	if out, err := d.DecodeHeader(s); err == nil {
		return out
	}
	return s
}

// unfolded is a field's body on one line (RFC 5322 section 2.2.3).
func unfolded(raw string) string { return strings.TrimSpace(noLineEnds.Replace(raw)) }

var noLineEnds = strings.NewReplacer("\n", "", "\r", "")

// tlp is a label of the Traffic Light Protocol 2.0.
type tlp struct {
	Name    string
	stix    string // UUID of OASIS's marking
	r, g, b int    // the colour of its letters, on black, as FIRST gives it
	Means   string
}

var tlpLabels = []tlp{
	{"TLP:CLEAR", "94868c89-83c2-464b-929b-a1a8aa3c8487", 255, 255, 255, "may be told to anybody, without limit."},
	{"TLP:GREEN", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", 51, 255, 0, "may be told within your community, and not in public."},
	{"TLP:AMBER", "55d920b0-5e8b-4f79-9ee9-91f868d9b421", 255, 192, 0, "may be told within your organisation and to its clients, to those who need to know it."},
	{"TLP:AMBER+STRICT", "939a9414-2ddd-4d32-a0cd-375ea402b003", 255, 192, 0, "may be told within your organisation alone, to those who need to know it."},
	{"TLP:RED", "e828b379-4e03-4974-9ac4-e53a884c97c1", 255, 43, 43, "is for the eyes and ears of its recipients alone."},
}

// tlpOf is the label of a case: TLP:AMBER where none is set, and TLP:RED where what is set
// is no label, since a slip must not widen the circle.
func tlpOf(c *casefile.Case) tlp {
	set := strings.ToUpper(strings.TrimSpace(c.Settings.TLP))
	if set == "" {
		set = "AMBER"
	}
	set = "TLP:" + strings.TrimPrefix(set, "TLP:")
	for _, l := range tlpLabels {
		if l.Name == set {
			return l
		}
	}
	return tlpLabels[len(tlpLabels)-1]
}

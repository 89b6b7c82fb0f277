package trace

import (
	"slices"
	"testing"

	"relaytrace/trace/header"
)

// TestEnvelopeAgainstHeader: what the envelope and the header say is kept apart, and where
// they differ that is stated.
func TestEnvelopeAgainstHeader(t *testing.T) {
	const hop = "from x ([" + attacker + "]) by mx.target.org (Postfix) with SMTP id ABCDEF0000 for <y@target.org>" + date
	for _, c := range []struct {
		name   string
		want   []string
		fields []string
	}{
		{"all agree", nil, []string{"+Return-Path: <a@firm.com>", hop, "+From: a@firm.com", "+To: y@target.org"}},
		{"bounces go elsewhere", []string{"envelope-sender-differs"}, []string{"+Return-Path: <a@other.com>", hop, "+From: a@firm.com", "+To: y@target.org"}},
		{"a trusted field tells the envelope", []string{"envelope-sender-differs"}, []string{
			"from x ([" + attacker + "]) by mx.target.org with esmtp (Exim 4.96) (envelope-from <a@other.com>) id 17nndG-0005Q3-00 for y@target.org" + date, "+From: a@firm.com", "+To: y@target.org"}},
		{"another sends for the author", []string{"sender-differs"}, []string{hop, "+From: a@firm.com", "+Sender: list@lists.org", "+To: y@target.org"}},
		{"answers elsewhere", []string{"reply-to-elsewhere"}, []string{hop, "+From: a@firm.com", "+Reply-To: b@other.com", "+To: y@target.org"}},
		{"others of the recipient's domain", []string{"recipients-domain-named"}, []string{hop, "+From: a@firm.com", "+To: info@target.org, sales@target.org"}},
		{"nobody of it", []string{"recipient-not-named"}, []string{hop, "+From: a@firm.com", "+To: z@elsewhere.net"}},
	} {
		p := traced(&Settings{}, c.fields...)
		var got []string
		for _, f := range p.Findings {
			switch f.Code {
			case "envelope-sender-differs", "sender-differs", "reply-to-elsewhere", "recipients-domain-named", "recipient-not-named":
				got = append(got, f.Code)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestHintNames holds that each name of a hint has a number of its own.
func TestHintNames(t *testing.T) {
	want := len(originFields) + len(judgedFields) + len(programFields)
	for n, kind := range hintKinds {
		if kind == noHint {
			continue
		}
		want--
		if header.Name(n) == header.Other {
			t.Error("package header does not know the name of a hint")
		}
	}
	if want != 0 {
		t.Errorf("%d names of hints have the number of another", want)
	}
}

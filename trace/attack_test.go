package trace

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"relaytrace/trace/header"
)

// The attacks below try to have an innocent, V, named with more than a claim, or to hide
// the host that really connected. The recipient is mx.target.org, the attacker A.
const (
	innocent = "141.5.5.5"
	attacker = "66.10.20.30"
	relayed  = "80.80.80.80"
)

// forgedBy is a good-looking field in which host says that it took the mail from V.
func forgedBy(host string) string {
	return "from mail.victim.ac.uk (mail.victim.ac.uk [" + innocent + "]) by " + host + " (Postfix) with ESMTP id ABCDEF1234; Thu, 22 Aug 2002 13:19:40 +0100 (BST)"
}

const date = "; Thu, 22 Aug 2002 13:19:44 +0100 (BST)"

func traced(set *Settings, fields ...string) Path {
	var b strings.Builder
	for _, f := range fields {
		if strings.HasPrefix(f, "+") { // any other header field
			b.WriteString(f[1:] + "\n")
			continue
		}
		b.WriteString("Received: " + f + "\n")
	}
	return analyzeBytes([]byte(b.String()+"\n"), set)
}

// TestNobodyFramed: V is never boundary, relay or origin with more than a claim.
func TestNobodyFramed(t *testing.T) {
	trust := func(hosts ...string) *Settings {
		h, err := ParseHosts(hosts)
		if err != nil {
			t.Fatal(err)
		}
		return &Settings{Trust: h}
	}
	forwarder := func(hosts ...string) *Settings { return &Settings{Forwarder: trust(hosts...).Trust} }
	for _, c := range []struct {
		name   string
		set    *Settings
		fields []string
	}{
		{"a reverse name that nobody confirmed", &Settings{}, []string{
			"from x (mx2.target.org [" + attacker + "]) by mx.target.org (Haraka/2.8) with ESMTP id 1" + date, forgedBy("mx2.target.org")}},
		{"a reverse name that is localhost", trust("localhost", "mx.target.org"), []string{
			"from x (localhost [" + attacker + "]) by mx.target.org (OpenSMTPD) with ESMTP id 1" + date, forgedBy("localhost")}},
		{"HELO mail pickup service", &Settings{}, []string{
			"from mail pickup service ([" + attacker + "]) by mx.target.org with Microsoft SMTPSVC(5.0.2195.2966)" + date, forgedBy("mx.target.org")}},
		{"HELO with a banner", &Settings{}, []string{
			"from x (fetchmail-5.9) ([" + attacker + "]) by mx.target.org with ESMTP id abc" + date, forgedBy("mx.target.org")}},
		{"private peer by HELO", &Settings{}, []string{
			"from mail.innocent.com (unknown [10.0.0.1]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date, forgedBy("mail.innocent.com")}},
		{"private peer, HELO declared", trust("mail.own.example.com"), []string{
			"from mail.own.example.com (unknown [10.0.0.1]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date, forgedBy("mail.own.example.com")}},
		{"private peer, own name below", &Settings{}, []string{
			"from x (unknown [10.0.0.1]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date, forgedBy("mx.target.org")}},
		{"silent forwarder, own name below", forwarder("81.1.1.1"), []string{
			"from fwd.alumni.example.edu (fwd.alumni.example.edu [81.1.1.1]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date, forgedBy("mx.target.org")}},
		{"silent forwarder, a note below", forwarder("81.1.1.1"), []string{
			"from fwd.alumni.example.edu (fwd.alumni.example.edu [81.1.1.1]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"(qmail 1 invoked from network); 22 Aug 2002 12:19:44 -0000", forgedBy("whatever.example.com")}},
		{"a step to itself out of HELO", &Settings{}, []string{
			"from mail.innocent.com (unknown [" + attacker + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"from localhost (foo [" + attacker + "]) by mail.innocent.com (8.11.6/8.11.6) with ESMTP id g7MCJiZ06043" + date, forgedBy("mail.innocent.com")}},
		{"an address in an ID", &Settings{}, []string{
			"from x (unknown [" + attacker + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"from mail.victim.ac.uk (unverified) by mail.innocent.com (Content Technologies SMTPRS 4.2.5) with ESMTP id <T5b1a2b3c4d420a141e3c4@x>" + date, forgedBy("mail.innocent.com")}},
		{"behind the relay's gateway", &Settings{}, []string{
			"from mail.relayco.com (mail.relayco.com [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"from pc (unknown [10.0.0.1]) by mail.relayco.com (Postfix) with ESMTP id ABCDEF0001" + date, forgedBy("inner.relayco.com")}},
		{"an inside machine looked up as a bare word", &Settings{}, []string{
			"from mail.relayco.com (mail.relayco.com [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"from x (mail [10.0.0.1]) by mail.relayco.com (Postfix) with ESMTP id ABCDEF0001" + date, forgedBy("mail.innocent.com")}},
		{"a bare word that the host writes of itself", &Settings{}, []string{
			"from mail.relayco.com (mail.relayco.com [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"by mail (Postfix, from userid 500) id ABCDEF0001" + date, forgedBy("mail.innocent.com")}},
		{"a customer's line certifies itself", &Settings{}, []string{
			"from x (dsl-66-10-20-30.isp.net [" + attacker + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"from mail.victim.ac.uk (mail.victim.ac.uk [" + innocent + "]) by dsl-66-10-20-30.isp.net (8.11.6/8.11.6) with ESMTP id g7MCJiZ06043" + date,
			"from hotmail.com by mail.victim.ac.uk with SMTP (Microsoft Exchange Internet Mail Service Version 5.5.2653.13) id S46KLV34" + date}},
		{"webmail of the sender's own making", &Settings{}, []string{
			"from x (dsl-66-10-20-30.isp.net [" + attacker + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date,
			"from [" + innocent + "] by dsl-66-10-20-30.isp.net (8.11.6/8.11.6) with HTTP" + date}},
	} {
		v := netip.MustParseAddr(innocent)
		p := traced(c.set, c.fields...)
		if b := p.Boundary; b != nil && b.IP == v {
			t.Errorf("%s: V is the boundary", c.name)
		}
		if o := p.Origin; o != nil && o.IP == v && o.Certainty != Claimed {
			t.Errorf("%s: V is the origin, %s", c.name, o.Certainty)
		}
		for _, r := range p.Relays {
			if r.IP == v && r.Certainty != Claimed {
				t.Errorf("%s: V is a relay, %s", c.name, r.Certainty)
			}
		}
	}
}

// TestSharedProvider: behind a host of one's own domain that nobody declared, what is
// told is told as according to that host.
func TestSharedProvider(t *testing.T) {
	p := traced(&Settings{},
		"from x (vps.bigisp.net ["+attacker+"]) by mx.bigisp.net (Postfix) with ESMTP id ABCDEF0000"+date, forgedBy("vps.bigisp.net"))
	if p.Origin != nil && p.Origin.IP == netip.MustParseAddr(innocent) && p.Origin.Certainty == Recorded {
		t.Error("V is told as recorded by the recipient's side")
	}
}

// TestRelayNotHidden: a sender cannot take the true relay out of the path.
func TestRelayNotHidden(t *testing.T) {
	edge := "from mail.relayco.com (mail.relayco.com [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date
	own := func(helo, rest string) string {
		return "from " + helo + " (dsl-66-10-20-30.isp.net [" + attacker + "]) by mail.relayco.com (8.11.6/8.11.6) with SMTP id g7MCJiZ06043" + rest + date
	}
	for _, c := range []struct {
		name   string
		fields []string
	}{
		{"no trick", []string{edge, own("hotmail.com", "")}},
		{"HELO of the relay's own name", []string{edge, own("relayco.com", "")}},
		{"a route through the relay", []string{edge, own("hotmail.com", " for <y%target.org@relayco.com>")}},
		{"From: in the relay's domain", []string{edge, own("hotmail.com", ""), "+From: ceo@relayco.com"}},
		{"a list's field of the relay's domain", []string{edge, own("hotmail.com", ""), "+List-Id: <x.relayco.com>"}},
		{"bounces to the recipient", []string{"+Delivered-To: y@target.org", "+Return-Path: <y@target.org>", edge, own("hotmail.com", " for <y@target.org>")}},
		{"a decoy that names the relay", []string{edge, own("hotmail.com", ""), "from mail.relayco.com ([" + relayed + "]) by rly-xl04.mx.aol.com with local; Aug, 22 2002 8:02:13 AM +0400"}},
		{"a withholding relay that repeats a bare word", []string{edge, "from pc by mail.relayco.com with SMTP (Microsoft Exchange Internet Mail Service Version 5.0.1457.7) id S46KLV34" + date}},
	} {
		p := traced(&Settings{Forwarder: mustHosts(t, "unused.example.org")}, c.fields...)
		if len(p.Relays) != 1 || p.Relays[0].IP != netip.MustParseAddr(relayed) {
			t.Errorf("%s: relays %+v, bystanders %+v", c.name, p.Relays, p.Bystanders)
		}
		for _, y := range p.Bystanders {
			if y.IP == netip.MustParseAddr(relayed) {
				t.Errorf("%s: the relay is told as a bystander too (%s)", c.name, y.Why)
			}
		}
	}
}

func mustHosts(t *testing.T, hosts ...string) Hosts {
	t.Helper()
	h, err := ParseHosts(hosts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHonestShortName: a relay that writes a short name is not taken for the recipient's own host.
func TestHonestShortName(t *testing.T) {
	p := traced(&Settings{},
		"from mx.relayco.com (mx.relayco.com ["+relayed+"]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000"+date,
		"from hotmail.com (dsl-66-10-20-30.isp.net ["+attacker+"]) by mx (8.11.6/8.11.6) with SMTP id g7MCJiZ06043"+date)
	if s := p.Hops[1].Standing; s != Corroborated {
		t.Errorf("the relay's honest field is %s: %s", s, p.Hops[1].Why)
	}
}

// TestManyFields: all are listed, the first two hundred are judged, and it is quick.
func TestManyFields(t *testing.T) {
	for name, field := range map[string]string{
		"private peers": "from h%d.example.org (h%d.example.org [10.0.0.1]) by g%d.example.org (Postfix) with ESMTP id A%d" + date,
		"loopback":      "from h%d (localhost [127.0.0.1]) by g%d%d (Postfix) with ESMTP id A%d" + date,
		"unlinked":      "from h%d.a%d.example (x [203.0.113.9]) by g%d.b%d.example (Postfix)" + date,
	} {
		var fields []string
		for i := range 20_000 {
			fields = append(fields, fmt.Sprintf(field, i, i, i, i))
		}
		begun := time.Now()
		p := traced(&Settings{}, fields...)
		if len(p.Hops) != len(fields) {
			t.Errorf("%s: %d of %d fields listed", name, len(p.Hops), len(fields))
		}
		if d := time.Since(begun); d > 30*time.Second { // a hang, not a speed
			t.Errorf("%s: %v", name, d)
		}
		for i := maxHops; i < len(p.Hops); i++ {
			if s := p.Hops[i].Standing; s == Trusted || s == Corroborated {
				t.Fatalf("%s: field %d is %s", name, i, s)
			}
		}
	}
}

// TestManyRecipients: recipients without end are bounded; the first ones, which the last
// system wrote, are kept.
func TestManyRecipients(t *testing.T) {
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, "Delivered-To: u%d@h%d.example\n", i, i)
	}
	b.WriteString("Received: from a.example (a.example [192.0.2.1]) by b.example; Fri, 7 Mar 2003 18:00:00 +0000\n\n")
	data := []byte(b.String())
	p := Analyze(data, header.Scan(data, nil).Fields, &Settings{})
	if got := p.Message.DeliveredTo; len(got) != maxDelivered || got[0] != "u0@h0.example" {
		t.Errorf("%d recipients", len(got))
	}
}

// TestAfterMistake: when a mistake of ours ends an analysis, which costs that message and not
// the rest, nothing of it comes into what is told of the next.
func TestAfterMistake(t *testing.T) {
	good := []byte("Received: from a.example ([192.0.2.1]) by mx.b.example; Fri, 7 Mar 2003 18:00:00 +0000\nDelivered-To: joe@b.example\nSubject: x\n\n")
	bad := []byte("From: someone@else.example\nX-Originating-IP: [198.51.100.1]\nReceived: from c.example ([198.51.100.1]) by mx.d.example\nSubject: y\n\n")
	analyze := func(data []byte) Path { return Analyze(data, header.Scan(data, nil).Fields, &Settings{}) }
	want := analyze(good)
	for range 20 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("fields beyond the data are no mistake")
				}
			}()
			fields := header.Scan(bad, nil).Fields
			Analyze(bad[:fields[3].Start:fields[3].Start], fields, &Settings{})
		}()
		if got := analyze(good); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, want %+v", got, want)
		}
	}
}

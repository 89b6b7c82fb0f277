package trace

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// The forms are those of Google and Microsoft as they were in 2026; names, addresses and
// IDs are invented.
const (
	googleTop  = "by 2002:a05:7022:a0d:b0:6f:1f2c:8d3a with SMTP id 13csp1047231dla;\n        Tue, 3 Nov 2026 01:20:11 -0800 (PST)"
	googleOld  = "by 10.200.36.142 with SMTP id f14csp1047231nxg;\n        Tue, 3 Nov 2026 01:20:11 -0800 (PST)"
	googleMX   = "from smtp.shop.example (smtp.shop.example. [80.80.80.80])\n        by mx.google.com with ESMTPS id ffacd0b85a97d-42b3ef0a1b2si1234567f8f.401.2026.11.03.01.20.10\n        for <bob@gmail.com>\n        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\n        Tue, 03 Nov 2026 01:20:11 -0800 (PST)"
	googleMXOf = "from mail.victim.ac.uk (mail.victim.ac.uk. [" + innocent + "])\n        by mx.google.com with ESMTPS id ffacd0b85a97d-42b3ef0a1b2si1234567f8f.401.2026.11.03.01.20.08\n        for <bob@gmail.com>;\n        Tue, 03 Nov 2026 01:20:09 -0800 (PST)"
	googleOut  = "by mail-wr1-f54.google.com with SMTP id ffacd0b85a97d-42b3c5defb2so2731f8f.0\n        for <ann@target.org>; Tue, 03 Nov 2026 01:14:16 -0800 (PST)"
	googleUser = "from [192.168.1.20] (host-66-10-20-30.isp.example. [" + attacker + "])\n        by smtp.gmail.com with ESMTPSA id ffacd0b85a97d-42b3ef0a1b2sm29834756f8f.12.2026.11.03.01.14.15\n        for <ann@target.org>\n        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\n        Tue, 03 Nov 2026 01:14:15 -0800 (PST)"
	toTarget   = "from mail-wr1-f54.google.com (mail-wr1-f54.google.com [209.85.221.54])\n\tby mx.target.org (Postfix) with ESMTPS id 4XyzAB1cDz9rw\n\tfor <ann@target.org>; Tue,  3 Nov 2026 10:14:17 +0100 (CET)"

	exchangeTop   = "from AM9PR04MB8907.eurprd04.prod.outlook.com (2603:10a6:20b:40a::6)\n by DB9PR04MB9284.eurprd04.prod.outlook.com with HTTPS; Tue, 3 Nov 2026 09:14:22\n +0000"
	exchangeHub   = "from DU2PR04CA0119.eurprd04.prod.outlook.com (2603:10a6:10:231::34)\n by AM9PR04MB8907.eurprd04.prod.outlook.com (2603:10a6:20b:40a::6) with\n Microsoft SMTP Server (version=TLS1_2,\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9298.10; Tue, 3 Nov\n 2026 09:14:20 +0000"
	exchangeFront = "from DB1PEPF000509E4.eurprd03.prod.outlook.com\n (2603:10a6:10:231:cafe::a5) by DU2PR04CA0119.outlook.office365.com\n (2603:10a6:10:231::34) with Microsoft SMTP Server (version=TLS1_3,\n cipher=TLS_AES_256_GCM_SHA384) id 15.20.9298.10 via Frontend Transport; Tue,\n 3 Nov 2026 09:14:20 +0000"
	exchangeMX    = "from mail.relay.example (80.80.80.80) by\n DB1PEPF000509E4.mail.protection.outlook.com (10.167.242.54) with Microsoft\n SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9298.10\n via Frontend Transport; Tue, 3 Nov 2026 09:14:19 +0000"
	exchangeMXOf  = "from mail.victim.ac.uk (" + innocent + ") by\n DB1PEPF000509E4.mail.protection.outlook.com (10.167.242.54) with Microsoft\n SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.9298.10\n via Frontend Transport; Tue, 3 Nov 2026 09:14:18 +0000"
	exchangeOut   = "from EUR05-DB8-obe.outbound.protection.outlook.com (mail-db8eur05on2088.outbound.protection.outlook.com [40.107.20.88])\n\tby mx.target.org (Postfix) with ESMTPS id 4XyzAB1cDz9rw\n\tfor <ann@target.org>; Tue,  3 Nov 2026 10:14:17 +0100 (CET)"
	exchangeUser  = "from PA4PR04MB8013.eurprd04.prod.outlook.com (2603:10a6:102:cb::5)\n by AS8PR04MB8199.eurprd04.prod.outlook.com (2603:10a6:20b:3f1::8) with\n Microsoft SMTP Server (version=TLS1_2,\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.9298.10; Tue, 3 Nov\n 2026 09:14:15 +0000"
	exchangeMAPI  = "from PA4PR04MB8013.eurprd04.prod.outlook.com\n ([fe80::8b2a:11d2:5f39:7a41]) by PA4PR04MB8013.eurprd04.prod.outlook.com\n ([fe80::8b2a:11d2:5f39:7a41%6]) with mapi id 15.20.9298.010; Tue, 3 Nov 2026\n 09:14:15 +0000"
)

func TestOperators(t *testing.T) {
	for _, c := range []struct {
		name      string
		fields    []string
		boundary  string // address
		hop       int
		ends      End
		standings []Standing
	}{
		{"delivered by Google", []string{googleTop, googleMX}, relayed, 1, EndNoField, []Standing{Trusted, Trusted}},
		{"delivered by Google, as it named itself before", []string{googleOld, googleTop, googleMX}, relayed, 2, EndNoField, []Standing{Trusted, Trusted, Trusted}},
		{"sent by a user of Google", []string{toTarget, googleOut, googleUser}, "209.85.221.54", 0, EndOrigin, []Standing{Trusted, Corroborated, Corroborated}},
		{"from one user of Google to another", []string{googleTop, googleTop}, "", 0, EndLocal, []Standing{Trusted, Trusted}},
		{"delivered by Microsoft", []string{exchangeTop, exchangeHub, exchangeFront, exchangeMX}, relayed, 3, EndNoField, []Standing{Trusted, Trusted, Trusted, Trusted}},
		{"sent by a user of Microsoft", []string{exchangeOut, exchangeUser, exchangeMAPI}, "40.107.20.88", 0, EndLocal, []Standing{Trusted, Corroborated, Corroborated}},
	} {
		p := traced(&Settings{}, c.fields...)
		var got []Standing
		for i := range p.Hops {
			got = append(got, p.Hops[i].Standing)
		}
		if !slices.Equal(got, c.standings) || p.Ends != c.ends {
			t.Errorf("%s: %v, the trail ends %s; not %v, %s", c.name, got, p.Ends, c.standings, c.ends)
		}
		if b := p.Boundary; c.boundary == "" != (b == nil) || b != nil && (b.IP.String() != c.boundary || b.Hop != c.hop) {
			t.Errorf("%s: the boundary is %+v, not %s", c.name, b, c.boundary)
		}
		if len(p.Relays) > 0 {
			t.Errorf("%s: told as relays: %+v", c.name, p.Relays)
		}
	}
}

// TestOperatorsForged: what is known of the large providers lets nobody borrow their name.
func TestOperatorsForged(t *testing.T) {
	v := netip.MustParseAddr(innocent)
	for _, c := range []struct {
		name   string
		fields []string
	}{
		{"under Google's own field", []string{googleTop, googleMX, googleTop, googleMXOf}},
		{"under Google's own field, in its outgoing name", []string{googleTop, googleMX, googleOut, googleMXOf}},
		{"HELO is Google's", []string{"from mail-wr1-f54.google.com (unknown [" + attacker + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF1234" + date, googleOut, googleMXOf}},
		{"an address of 10/8 that is not Google's", []string{"by 10.1.2.3 with SMTP id abc123" + date, googleMXOf}},
		{"a user of Google", []string{toTarget, googleOut, googleUser, googleOut, googleMXOf}},
		{"under Microsoft's own field", []string{exchangeTop, exchangeHub, exchangeFront, exchangeMX, exchangeFront, exchangeMXOf}},
		{"a user of Microsoft", []string{exchangeOut, exchangeUser, exchangeMAPI, exchangeMXOf}},
		{"a user of Microsoft, one's own", []string{exchangeTop, strings.ReplaceAll(exchangeMAPI, "PA4PR04MB8013", "AM9PR04MB8907"), exchangeMXOf}},
		{"a user of Microsoft, under the very host", []string{exchangeOut, exchangeUser, exchangeMAPI, strings.ReplaceAll(exchangeMXOf, "DB1PEPF000509E4.mail.protection.outlook.com", "PA4PR04MB8013.eurprd04.prod.outlook.com")}},
		{"LMTP from another private host", []string{"from a.internal (a.internal [10.2.2.45]) by b.internal (Cyrus 3.13) with LMTPA" + date, "from mail.victim.ac.uk (mail.victim.ac.uk [" + innocent + "]) by c.internal (Postfix) with ESMTP id ABCDEF1234; Thu, 22 Aug 2002 13:19:40 +0100 (BST)"}},
		{"HELO is Microsoft's", []string{exchangeTop, "from DU2PR04CA0119.eurprd04.prod.outlook.com (" + attacker + ") by AM9PR04MB8907.eurprd04.prod.outlook.com (2603:10a6:20b:40a::6) with Microsoft SMTP Server id 15.20.9298.10; Tue, 3 Nov 2026 09:14:20 +0000", exchangeMXOf}},
		{"a machine in Microsoft's cloud", []string{exchangeTop, "from DU2PR04CA0119.eurprd04.prod.outlook.com (2603:1020:5::7) by AM9PR04MB8907.eurprd04.prod.outlook.com (2603:10a6:20b:40a::6) with Microsoft SMTP Server id 15.20.9298.10; Tue, 3 Nov 2026 09:14:20 +0000", exchangeMXOf}},
	} {
		p := traced(&Settings{}, c.fields...)
		if b := p.Boundary; b != nil && b.IP == v {
			t.Errorf("%s: the innocent is the boundary", c.name)
		}
		if o := p.Origin; o != nil && o.IP == v && o.Certainty != Claimed {
			t.Errorf("%s: the innocent is the origin, %s", c.name, o.Certainty)
		}
		for _, r := range p.Relays {
			if r.IP == v {
				t.Errorf("%s: the innocent is told as a relay", c.name)
			}
		}
		if last := &p.Hops[len(p.Hops)-1]; last.Standing == Trusted || last.Standing == Corroborated {
			t.Errorf("%s: the forged field is %s: %s", c.name, last.Standing, last.Why)
		}
	}
}

// TestForwardedByGoogle: who forwards a user's mail is no open relay, and the trail goes on.
func TestForwardedByGoogle(t *testing.T) {
	p := traced(&Settings{}, toTarget, googleOut, googleTop, googleMX)
	if len(p.Relays) > 0 || p.Origin == nil || p.Origin.IP.String() != relayed || p.Origin.Certainty != CertaintyCorroborated {
		t.Errorf("relays %+v, origin %+v", p.Relays, p.Origin)
	}
	if name := p.Hops[3].From.RDNS; name != "smtp.shop.example" {
		t.Errorf("the looked-up name is %q", name)
	}
}

func TestSixToFour(t *testing.T) {
	for a, want := range map[string]scope{
		"2002:a05:6000::1": privateAddr, "2002:7f00:1::1": privateAddr, "2002:c0a8:101::1": privateAddr, "2002:5050:5050::1": publicAddr,
		"2001:db8::1": publicAddr, "10.5.0.1": privateAddr,
	} {
		if got := (&Settings{}).scopeOf(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: scope %d, not %d", a, got, want)
		}
	}
}

package received

import (
	"bytes"
	"strings"
	"testing"
)

// imitations are what a client may say as HELO to be taken for half a trace field.
var imitations = []string{
	"a (b [192.0.2.1])",
	"a (b [192.0.2.1]) by c",
	"a (b [192.0.2.1]) by c (Postfix) with ESMTP id 123ABC",
	"a (b [192.0.2.1]) by c (8.11.6/8.11.6) with ESMTP id g99GvDm25433 for <x@y>",
	"a (b [192.0.2.1]) by c with SMTP; 22 Aug 2002 08:28:38 -0000",
	"a ([192.0.2.1] helo=b) by c with esmtp (Exim 4.94) id 17z2ST-0003jb-03; Wed, 09 Oct 2002 00:04:05 +0200",
	"[192.0.2.1]",
	"192.0.2.1",
	"a[192.0.2.1]",
	"a ([192.0.2.1]",
	"a (192.0.2.1)",
	"a) (b [192.0.2.1]) (c",
	"a (HELO b) (192.0.2.1) by c",
	"a (authenticated sender: boss) (b [192.0.2.1])",
	"a by b by c [192.0.2.1]",
	"a; Thu, 22 Aug 2002 08:17:21 -0400",
	"\"a (b [192.0.2.1])",
	"<a (b [192.0.2.1]) by c",
	"a via smtpd (for b [192.0.2.1]) with SMTP",
	"a for <x@y> id 192.0.2.1",
	"from a (b [192.0.2.1]) by c",
	"a ([192.0.2.1]:1 \"HELO x",
	"a ([192.0.2.1]:1 \"HELO x\")",
	"a [192.0.2.1] (HELO x)",
	"a) ([192.0.2.1]",
	"a (b@192.0.2.1) by c",
	"a - 192.0.2.1",
	"a ([192.0.2.1] ())",
}

// shapes are trace fields with the client's HELO at %s and the peer's address 198.51.100.9.
var shapes = []struct{ name, field string }{
	{"postfix", "from %s (real.example [198.51.100.9]) by mx.example (Postfix) with ESMTP id 136B943C32 for <u@mx.example>; Thu, 22 Aug 2002 08:17:21 -0400 (EDT)"},
	{"postfix without name", "from %s (unknown [198.51.100.9]) by mx.example (Postfix) with SMTP id 136B943C32; Thu, 22 Aug 2002 08:17:21 -0400 (EDT)"},
	{"sendmail", "from %s (real.example [198.51.100.9] (may be forged)) by mx.example (8.11.6/8.11.6) with SMTP id g7MCHLo01744 for <u@mx.example>; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"sendmail with ident", "from %s (IDENT:user@real.example [198.51.100.9]) by mx.example (8.9.3/8.9.3) with SMTP id IAA01744; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"exchange 5.5", "from %s ([198.51.100.9]) by mx.example with SMTP (Microsoft Exchange Internet Mail Service Version 5.5.2653.13) id QYY194NS; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"exchange", "from %s (198.51.100.9) by mx.example (203.0.113.7) with Microsoft SMTP Server (TLS) id 15.0.1473.3; Fri, 25 Oct 2019 04:59:54 -0700"},
	{"smtpsvc", "from %s ([198.51.100.9]) by mx.example with Microsoft SMTPSVC(5.0.2195.2966); Thu, 22 Aug 2002 08:17:21 -0400"},
	{"qmail", "from unknown (HELO %s) (198.51.100.9) by mx.example with SMTP; 22 Aug 2002 08:28:38 -0000"},
	{"qmail with ident", "from real.example (HELO %s) (user@198.51.100.9) by mx.example with SMTP; 22 Aug 2002 08:28:38 -0000"},
	{"mailfront", "from %s (real.example [198.51.100.9])\n  by mx.example ([203.0.113.7])\n  with ESMTP via TCP; 22 Aug 2002 08:28:38 -0000"},
	{"exim", "from [198.51.100.9] (helo=%s) by mx.example with esmtp (Exim 4.94) id 17z2ST-0003jb-03; Wed, 09 Oct 2002 00:04:05 +0200"},
	{"exim with name", "from real.example ([198.51.100.9] helo=%s) by mx.example with esmtp (Exim 4.94) id 17z2ST-0003jb-03; Wed, 09 Oct 2002 00:04:05 +0200"},
	{"communigate", "from [198.51.100.9] (HELO %s) by mx.example (CommuniGate Pro SMTP 3.4.3) with ESMTP id 2075992; Wed, 28 Aug 2002 10:24:55 -0400"},
	{"zmailer", "from real.example ([198.51.100.9]:3332 \"HELO %s\") by mx.example with SMTP id <S5253312AbSIFGCT>; Fri, 6 Sep 2002 10:02:19 +0400"},
	{"momentum", "from [198.51.100.9] ([198.51.100.9:6387] helo=%s) by mx.example (ecelerity 2.2.2.32 r(25176)) with ESMTP id 3B/2A-11150-39866B84; Thu, 28 Aug 2008 08:57:56 +0000"},
	{"imail", "from %s [198.51.100.9] by mx.example (SMTPD32-7.11) id A6E2D3F0102; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"gmail", "from %s (real.example. [198.51.100.9]) by mx.google.com with ESMTPS id n9si146219pll.307.2017.09.27.16.56.22 for <u@mx.example> (version=TLS1_2 cipher=AES128 bits=128/128); Wed, 27 Sep 2017 16:56:23 -0700 (PDT)"},
	{"smap", "from real.example(198.51.100.9, HELO %s) by mx.example via smap (V1.3)\n id xma002908; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"xmail", "from %s (198.51.100.9:23198) by mx.example (203.0.113.7:25) with [XMail 1.20 ESMTP Server] id <S72E> for <u@mx.example> from <a@b.example>; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"mailmarshal", "from %s (Not Verified[198.51.100.9]) by mx.example with MailMarshal (v6,7,2,8378)\n id <B4d653d270000>; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"f-secure", "from %s (real.example [198.51.100.9])\n by mx.example ([203.0.113.7]:25) (F-Secure Anti-Virus for Internet Mail 6.50.60 Release)\n with SMTP; Thu, 22 Aug 2002 08:17:21 -0400"},
	{"no banner", "from %s (real.example [198.51.100.9]) by mx.example with SMTP; Thu, 22 Aug 2002 08:17:21 -0400"},
}

// TestImitation puts every imitation into every shape. The address must be the recorded
// one. It may stay unread for CommuniGate alone, which writes "[address] (HELO x)" and
// "x ([address])": a HELO of one form can make the other of it.
func TestImitation(t *testing.T) {
	lost := 0
	for _, sh := range shapes {
		for _, helo := range imitations {
			body := []byte(strings.Replace(sh.field, "%s", helo, 1))
			f := Parse(body)
			ip := f.From.IP.Text(body)
			switch {
			case ip == "" && sh.name == "communigate":
				lost++
				t.Logf("%s: address not read: %s", sh.name, body)
			case ip != "198.51.100.9":
				t.Errorf("%s: address %s: %s", sh.name, ip, body)
			}
			if host := f.By.Host.Text(body); !strings.HasPrefix(host, "mx.") {
				t.Errorf("%s: by %q: %s", sh.name, host, body)
			}
		}
	}
	if limit := 6; lost > limit {
		t.Errorf("%d addresses were not read, want at most %d", lost, limit)
	}
}

// TestAddressBeforeHELO: where a server writes the address in front of the HELO and no banner
// says so, a HELO that holds another leaves it open which is which. That is said, then.
func TestAddressBeforeHELO(t *testing.T) {
	for _, helo := range append([]string{"daisy"}, imitations...) {
		body := []byte("from 198.51.100.9 (HELO " + helo + ") by mx.example (203.0.113.7) with SMTP; 19 Sep 2002 17:03:17 +0000")
		f := Parse(body)
		if ip := f.From.IP.Text(body); ip != "198.51.100.9" && f.Unread.Reason == "" {
			t.Errorf("address %q, unread %q: %s", ip, f.Unread.Reason, body)
		}
	}
}

// TestSwallowedBy: a '(' in the HELO and a ')' in a recipient that the server accepted make
// a comment of all between them, the by clause too.
func TestSwallowedBy(t *testing.T) {
	for _, sh := range shapes {
		if strings.Contains(sh.field, "(HELO") || strings.Contains(sh.field, "helo=") || strings.Contains(sh.field, "\"HELO") {
			continue // the client's words stand behind the address
		}
		for _, helo := range []string{"a (", "a (b", "a (b [192.0.2.1] (", "a ((", "a (b) ("} {
			field := strings.Replace(sh.field, "for <u@mx.example>", "", 1)
			field = strings.Replace(field, ";", " for <u)@mx.example>;", 1)
			body := []byte(strings.Replace(field, "%s", helo, 1))
			f := Parse(body)
			if ip := f.From.IP.Text(body); ip != "198.51.100.9" {
				t.Errorf("%s: address %q: %s", sh.name, ip, body)
			}
			if host := f.By.Host.Text(body); !strings.HasPrefix(host, "mx.") {
				t.Errorf("%s: by %q: %s", sh.name, host, body)
			}
			if f.Unread.Reason == "" {
				t.Errorf("%s: read as if nothing were wrong: %s", sh.name, body)
			}
		}
	}
}

// TestNoAddress holds that an address elsewhere than where a server writes the peer's is
// never the peer's.
func TestNoAddress(t *testing.T) {
	for _, body := range []string{
		"from 192.0.2.1 by mx.example with SMTP id 15.1.225.42; Thu, 22 Aug 2002 08:17:21 -0400",
		"from [192.0.2.1] by mx.example with SMTP id A1; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a by mx.example (Foo 192.0.2.1) with SMTP id A1; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a by mx.example with SMTP id 192.0.2.1; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a by mx.example with SMTP id <1@[192.0.2.1]>; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a by mx.example with SMTP for <u@[192.0.2.1]>; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a by mx.example [192.0.2.1] with SMTP; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a by mx.example ([192.0.2.1]) with SMTP; Thu, 22 Aug 2002 08:17:21 -0400 (b [192.0.2.1])",
		"from a (b [192.0.2.1]) by mx.example with SMTP (Microsoft Exchange Internet Mail Service Version 5.0.1457.7) id QY; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a (b [192.0.2.1]) by mx.example (Content Technologies SMTPRS 4.2.1) with ESMTP id <T5@mx.example>; Fri, 27 Sep 2002 12:18:22 -0700",
		"from a ([192.0.2.01]) by mx.example with SMTP; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a ([fe80::1%eth0]) by mx.example with SMTP; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a ([192.0.2]) by mx.example with SMTP; Thu, 22 Aug 2002 08:17:21 -0400",
		"from a (b [192.0.2.1]) by c by mx.example with SMTP; Thu, 22 Aug 2002 08:17:21 -0400",
	} {
		f := Parse([]byte(body))
		if !f.From.IP.Empty() {
			t.Errorf("address %s: %s", f.From.IP.Text([]byte(body)), body)
		}
		if host := f.By.Host.Text([]byte(body)); host != "mx.example" {
			t.Errorf("by %q: %s", host, body)
		}
	}
}

// TestRemarkLikeNames holds that a name or an ident which looks like a remark costs no address.
func TestRemarkLikeNames(t *testing.T) {
	for _, name := range []string{
		"auth.example", "authenticated.example", "tls1.example", "tlsv1.example", "account.example",
		"envelope-from.example", "helo=x@b.example", "IDENT:helo=x@b.example", "using", "over", "verified.example", "by", "id",
	} {
		body := []byte("from a (" + name + " [198.51.100.9]) by mx.example (8.11.6/8.11.6) with SMTP id A1; Thu, 22 Aug 2002 08:17:21 -0400")
		f := Parse(body)
		if ip := f.From.IP.Text(body); ip != "198.51.100.9" || f.WithAuth || f.WithTLS || !f.Envelope.Empty() {
			t.Errorf("%s: address %q, auth %t, tls %t", body, ip, f.WithAuth, f.WithTLS)
		}
	}
}

// hostile returns inputs of about n bytes that make a careless parser slow.
func hostile(n int) map[string][]byte {
	all := map[string][]byte{}
	for _, unit := range []string{
		"(", ")", "()", "<", ">", "[", "]", "[]", "\"", "\\", ";", " ", ",", "by ", "from ", "(a", "(a) ", "<a ", "[a ", "\"a ", "; 1 Jan 2001",
		"by (", "id <", "for <a@b>,", "with ", "Mon, 1 Jan 2002 ", "a ", "1 ", "1:2 ", ") by", "(a [1] ", "helo=", "=", "@",
		"from a by b ", "(a)by ", ")\r\n", "[1.1.1.1] ", "([1.1.1.1]:1 \"", "-", "/", "\xa4", "tls ", " encrypted", "x(",
		"] by ", "(a [1] by ", "((a) by ", "(\\",
	} {
		all[unit] = bytes.Repeat([]byte(unit), n/len(unit))
		all["from a "+unit] = append([]byte("from a "), bytes.Repeat([]byte(unit), n/len(unit))...)
		all["by a "+unit] = append([]byte("by a "), bytes.Repeat([]byte(unit), n/len(unit))...)
		all["in ()"+unit] = append(append([]byte("from a ("), bytes.Repeat([]byte(unit), n/len(unit))...), ") by b; Thu, 22 Aug 2002 08:17:21 -0400"...)
		all["by ()"+unit] = append(append([]byte("from a by b ("), bytes.Repeat([]byte(unit), n/len(unit))...), ") with SMTP; Thu, 22 Aug 2002 08:17:21 -0400"...)
		all["date"+unit] = append([]byte("from a by b; Thu, 22 Aug 2002 08:17:21 -0400"), bytes.Repeat([]byte(unit), n/len(unit))...)
	}
	return all
}

// TestNoAllocation holds that no input makes Parse allocate.
func TestNoAllocation(t *testing.T) {
	check := func(name string, body []byte) {
		if n := testing.AllocsPerRun(1, func() { Parse(body) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for _, e := range loadTable(t) {
		check(e.source, e.body)
	}
	for name, body := range hostile(1 << 12) {
		check(name, body)
	}
}

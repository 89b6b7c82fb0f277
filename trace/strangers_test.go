package trace

import (
	"slices"
	"strings"
	"testing"
)

// TestStrangers asks for each hand-over whether one header shows that a stranger used the
// server, and if not, how the server is told. The relay is mail.relayco.com or, where it
// matters, another name; forwarders are declared, as an analyst would.
func TestStrangers(t *testing.T) {
	const (
		edge    = "from mail.relayco.com (mail.relayco.com [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date
		one     = "from mail1.isp.net (m30.isp.net [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date
		line    = "from srv.firm.com (80-80-80-80.lines.isp.net [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date
		open    = "from olinda.uol.com.br (olinda.uol.com.br [" + relayed + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000" + date
		bare    = "from srv.firm.com ([" + relayed + "]) by mx.target.org (8.11.6/8.11.6) with ESMTP id g7MCJiZ06043" + date
		ratware = "+Message-ID: <0000351602c7$00001b86$00005727@x.example.org>"
		genuine = "+Message-ID: <001001c249e6$863c4e00$13cca341@networksonline.com>"
	)
	sendmail := func(client, by string) string {
		return "from " + client + " by " + by + " (8.11.6/8.11.6) with SMTP id g7MCJiZ06043" + date
	}
	nameless := sendmail("mail.other.com (["+attacker+"])", "mail.relayco.com")
	for _, c := range []struct {
		name   string
		want   string // "relay", or the code of the bystander
		fields []string
	}{
		{"a foreign name, no looked-up one", "relay", []string{edge, nameless, "+From: a@third.org"}},
		{"the same by the sender's own domain", "relay-or-provider", []string{edge, nameless, "+From: a@other.com"}},
		{"the same by a bulk mailing program", "relay", []string{edge, nameless, "+From: a@other.com", ratware}},
		{"one of a provider's servers", "relay-or-provider", []string{one, sendmail("mail.other.com (["+attacker+"])", "mail1.isp.net"), "+From: a@third.org"}},
		{"one of a provider's servers, a bulk mailing program", "relay", []string{one, sendmail("mail.other.com (["+attacker+"])", "m30.isp.net"), "+From: a@third.org", ratware}},
		{"one of a provider's servers, genuine Outlook", "relay-or-provider", []string{one, sendmail("mail.other.com (["+attacker+"])", "m30.isp.net"), "+From: a@third.org", genuine}},
		{"a mail provider to anybody", "relay-or-provider", []string{open, sendmail("mail.other.com (["+attacker+"])", "olinda.uol.com.br"), "+From: a@third.org", ratware}},
		{"a mail provider to anybody, the client says another's name", "relay", []string{open, sendmail("hotmail.com (["+attacker+"])", "olinda.uol.com.br"), "+From: a@third.org", ratware}},
		{"a bare word to a nameless server", "relay-or-provider", []string{bare, sendmail("html (ppp12.rasnet.net ["+attacker+"])", "srv.firm.com"), "+From: a@third.org"}},
		{"a bare word by a bulk mailing program", "relay", []string{bare, sendmail("html (ppp12.rasnet.net ["+attacker+"])", "srv.firm.com"), "+From: a@third.org", ratware}},
		{"two lines of one provider, the client lies", "relay", []string{line, sendmail("mx1.mail.yahoo.com (66-10-20-30.lines.isp.net ["+attacker+"])", "srv.firm.com"), "+From: a@yahoo.com"}},
		{"two lines of one provider, the client does not", "relay-or-provider", []string{line, sendmail("66-10-20-30.lines.isp.net (66-10-20-30.lines.isp.net ["+attacker+"])", "srv.firm.com"), "+From: a@third.org"}},
		{"a private address said to a nameless server", "relay-or-provider", []string{bare, sendmail("192.168.1.2 (smtp.school.edu ["+attacker+"])", "srv.firm.com"), "+From: a@third.org"}},
		{"a public provider's name without an address", "relay", []string{edge, "from hotmail.com by mail.relayco.com (NTMail 4.30.0012)" + date, "+From: a@hotmail.com"}},
		{"the sender's name without an address", "own-provider", []string{edge, "from third.org by mail.relayco.com (NTMail 4.30.0012)" + date, "+From: a@third.org"}},
		{"a bare word that the server knows as a dial-up's", "relay", []string{edge, "from default (dialup1.elsewhere.net) by mail.relayco.com (SMI-8.6/SMI-SVR4) id QAA01234" + date, "+From: a@third.org"}},
		{"handed on for the same recipient", "relay", []string{strings.Replace(edge, date, " for <y@target.org>"+date, 1), strings.Replace(nameless, date, " for <y@target.org>"+date, 1), "+From: a@third.org"}},
		{"handed on for another recipient", "forwarder", []string{strings.Replace(edge, date, " for <y@target.org>"+date, 1), strings.Replace(nameless, date, " for <y@alumni.org>"+date, 1), "+From: a@third.org"}},
		{"a route through the server", "relay", []string{strings.Replace(edge, date, " for <y@target.org>"+date, 1), strings.Replace(nameless, date, " for <y%target.org@relayco.net>"+date, 1), "+From: a@third.org"}},
		{"its own step above the stranger's", "relay", []string{edge, sendmail("inner.relayco.com ([10.0.0.1])", "mail.relayco.com"), "from hotmail.com by inner.relayco.com (InterScan E-Mail VirusWall NT)" + date, "+From: a@hotmail.com"}},
		{"qmail that does not know its own name", "relay", []string{bare, "(qmail 1 invoked from network); 22 Aug 2002 12:19:44 -0000",
			"from ppp12.rasnet.net (HELO mx1.hotmail.com) (" + attacker + ") by 0 with SMTP; 22 Aug 2002 12:19:44 -0000", "+From: a@hotmail.com"}},
	} {
		p := traced(&Settings{Forwarder: mustHosts(t, "unused.example.org")}, c.fields...)
		got := ""
		for _, r := range p.Relays {
			if r.IP.String() == relayed {
				got += "relay"
			}
		}
		for _, y := range p.Bystanders {
			if y.IP.String() == relayed {
				got += y.Why
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q (field 1 %s: %s)", c.name, got, c.want, p.Hops[1].Standing, p.Hops[1].Why)
		}
	}
}

// TestKeptTogether asks what a server is while nobody has declared a forwarder, by whether
// its field and the one above name a recipient.
func TestKeptTogether(t *testing.T) {
	const (
		upper = "from mail.relayco.com (mail.relayco.com [" + relayed + "]) by mx.target.org (8.11.6/8.11.6) with ESMTP id g7MCJiZ06044"
		lower = "from bluemail.example (gw.school.edu [" + attacker + "]) by mail.relayco.com (Postfix) with SMTP id 4B6B52E859"
	)
	whole := strings.Replace(lower, "from bluemail.example (gw.school.edu ["+attacker+"])", "from bluemail.example", 1)
	for _, c := range []struct{ name, upper, lower, want string }{
		{"several in, several out", upper, lower, "relay-or-backup-mx"},
		{"several in, one out", upper + " for <x@target.org>", lower, "relay"},
		{"one in, its own", upper, lower + " for <y@elsewhere.org>", "relay"},
		{"a server that names nobody ever", upper, strings.Replace(lower, "(Postfix)", "(Microsoft Exchange Internet Mail Service Version 5.5.2653.13)", 1), "relay"},
		{"a field that leaves out the client", upper, whole, "relay"},
	} {
		p := traced(&Settings{}, c.upper+date, c.lower+date, "+From: a@bluemail.example", "+Message-ID: <0000351602c7$00001b86$00005727@x.example.org>")
		got := strings.Repeat("relay", len(p.Relays))
		for _, y := range p.Bystanders {
			if y.IP.String() == relayed {
				got += y.Why
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q (field 1 %s: %s)", c.name, got, c.want, p.Hops[1].Standing, p.Hops[1].Why)
		}
	}
}

func TestOutlookTime(t *testing.T) {
	for id, want := range map[string]string{
		"<001001c249e6$863c4e00$13cca341@networksonline.com>": "2002-08-22T14:16:36Z",
		"<9a63c01c249e0$e5a9d610$1106fea9@freeyankeedom.com>": "2002-08-22T13:36:19Z", // a counter of five digits; the next stamp is a second later
		"<0000351602c7$00001b86$00005727@x>":                  "13722-",
		"<200208231922.UAA12066@webnote.net>":                 "",
		"<0000351602c7$00001b86@x>":                           "",
		"<zz10351602c7$00001b86$zz005727>":                    "",
		"":                                                    "",
	} {
		got, ok := outlookTime(id)
		if s := got.Format("2006-01-02T15:04:05Z"); ok != (want != "") || ok && !strings.HasPrefix(s, want) {
			t.Errorf("%s: %s %v, want %s", id, s, ok, want)
		}
	}
}

func TestRatware(t *testing.T) {
	const hop = "from x ([" + attacker + "]) by mx.target.org (8.11.6/8.11.6) with SMTP id g7MCJiZ06043" + date
	for _, c := range []struct {
		name   string
		want   bool
		fields []string
	}{
		{"genuine Outlook", false, []string{hop, "+Message-ID: <001001c249e6$863c4e00$13cca341@a.example>", "+X-Mailer: Microsoft Outlook Express 5.00"}},
		{"a time that cannot be", true, []string{hop, "+Message-ID: <0000351602c7$00001b86$00005727@a.example>"}},
		{"Outlook Express without a Message-ID", true, []string{hop, "+X-Mailer: Microsoft Outlook Express 5.00"}},
		{"the recipient's side added it", true, []string{hop, "+Message-ID: <200208221219.g7MCJiZ06043@mx.target.org>", "+X-Mailer: Microsoft Outlook Express 5.00"}},
		{"the server that took it first added it", false, []string{hop, "+Message-ID: <200208221219.g7MCJiZ06043@mail.isp.example>", "+X-Mailer: Microsoft Outlook Express 5.00"}},
		{"no Message-ID, no program", false, []string{hop}},
		{"a word that gives it away", true, []string{strings.Replace(hop, "from x", "from QRJATYDI", 1)}},
	} {
		p := traced(&Settings{}, c.fields...)
		if got := slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Code == "ratware-mark" }); got != c.want {
			t.Errorf("%s: marked %v, want %v", c.name, got, c.want)
		}
	}
}

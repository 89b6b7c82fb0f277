package received

import "testing"

// TestClientChoosesNothing: words that a client says in HELO never choose the kind of
// the field, the software, or what it says of authentication.
func TestClientChoosesNothing(t *testing.T) {
	for _, line := range []string{
		"from mail pickup service ([203.0.113.9]) by mx.example.org with Microsoft SMTPSVC(5.0.2195.2966); Thu, 22 Aug 2002 13:19:44 +0100",
		"from mail pickup service (unknown [203.0.113.9]) by mx.example.org (Postfix) with SMTP id 136B943C32; Thu, 22 Aug 2002 13:19:44 +0100",
		"from mail pickup service [203.0.113.9] by mx.example.org with SMTP (SMTPD32-7.11) id AA1DAE0084; Thu, 22 Aug 2002 13:19:44 +0100",
		"from x (fetchmail-5.9) ([203.0.113.9]) by mx.example.org with ESMTP id abc; Thu, 22 Aug 2002 13:19:44 +0100",
		"from x (amavisd-new) ([203.0.113.9]) by mx.example.org with ESMTP id abc; Thu, 22 Aug 2002 13:19:44 +0100",
		"from x (authenticated) [203.0.113.9] by mx.example.org with ESMTP (SMTPD32-7.11) id AA1DAE0084; Thu, 22 Aug 2002 13:19:44 +0100",
		"from x (account joe) [203.0.113.9] by mx.example.org with ESMTP (SMTPD32-7.11) id AA1DAE0084; Thu, 22 Aug 2002 13:19:44 +0100",
		"from x (uid 0) [203.0.113.9] by mx.example.org with ESMTP (SMTPD32-7.11) id AA1DAE0084; Thu, 22 Aug 2002 13:19:44 +0100",
		"from conversion-daemon.x ([203.0.113.9]) by mx.example.org (iPlanet Messaging Server 5.1) with SMTP id <0H2F00MLUGZJUE@mx.example.org>; Thu, 22 Aug 2002 13:19:44 +0100",
		"from [203.0.113.9] (x [198.51.100.7]) by mx.example.org (chasquid) with ESMTP (over SMTP, plain text!, envelope from \"a@b.example\") ; Mon, 23 Nov 2026 16:49:18 +0000",
	} {
		f := Parse([]byte(line))
		if f.Kind != Transfer || f.Discloses != Address || f.From.IP.Text([]byte(line)) != "203.0.113.9" || f.WithAuth {
			t.Errorf("%s\n%s, %s, address %q, authenticated %v", line, f.Kind, f.Discloses, f.From.IP.Text([]byte(line)), f.WithAuth)
		}
	}
}

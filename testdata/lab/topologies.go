package main

import "strings"

// Addresses of the machines that send.
const (
	dsl      = "198.51.100.66"
	nameless = "198.51.100.77"
	hosted   = "198.51.100.88"
	office   = "198.51.100.130"
	dsl6     = "3fff:66::66"
	firm     = "mail.firm.example"
)

// lie is what most of the spammers here call themselves: an innocent's name.
const lie = "mx3.innocent.example"

// allMessages are the messages of the laboratory, in the order of sending.
func allMessages() []message {
	var all []message
	for _, part := range [][]message{direct(), open(), hiding(), qmailLike(), walled(), two(), forgeries(), honest(), recipientSide(), clocks(), six(), bounces(), local()} {
		all = append(all, part...)
	}
	for i := range all {
		m := &all[i]
		if m.Client == "" {
			m.Client = dsl
		}
		if m.HELO == "" {
			m.HELO = lie
		}
		if m.HELO == lie {
			m.Tags = append(m.Tags, lie)
		}
	}
	return all
}

func direct() []message {
	all := []message{
		{Name: "direct-store", What: "a spammer's line sends straight to the recipient's mail exchanger"},
		{Name: "direct-store-nameless", Client: nameless, What: "the same from an address without a name"},
		{Name: "direct-store-literal", HELO: "[192.0.2.10]", Client: nameless, What: "the client says the recipient's own address"},
	}
	for _, r := range []string{"", openRelay["exim"], "mail.november.example"} {
		m := message{Name: "direct-chasquid", Via: []string{"mx-chasquid.college.example"}, Rcpt: "robin@chasquid.college.example", What: "a spammer's line sends to a recipient's mail exchanger of another make"}
		if r != "" {
			m.Via = append([]string{r}, m.Via...)
			m.Name, m.What = map[string]string{"host.bravo.example": "open-exim-chasquid", "mail.november.example": "hide-sendmail-byonly-chasquid"}[r], "a relay sends to a recipient's mail exchanger of another make"
		}
		all = append(all, m)
	}
	for _, f := range families {
		gw := "gw-" + f + ".college.example"
		all = append(all,
			message{Name: "direct-" + f, Via: []string{gw}, What: "a spammer's line sends to the recipient's gateway, which hands on inside"},
			message{Name: "direct-" + f + "-nameless", Via: []string{gw}, Client: nameless, Plain: true, HELO: "friend", What: "the same, with HELO, a bare word and no looked-up name"})
	}
	return all
}

func open() []message {
	var all []message
	// What the stranger says of itself changes what the relay writes; each of these is tried with two servers.
	said := []message{
		{Name: "honest", Client: hosted, HELO: "server88.hosting.example", Unclear: true, What: "the stranger says its own name"},
		{Name: "own", What: "the stranger says the relay's own name"},
		{Name: "address", HELO: "203.0.113.250", Tags: []string{"203.0.113.250"}, What: "the stranger says an innocent's bare address"},
		{Name: "literal", Client: nameless, HELO: "[203.0.113.250]", Tags: []string{"203.0.113.250"}, Unclear: true, What: "the stranger says an innocent's address in brackets"},
	}
	for i, f := range families {
		r := []string{openRelay[f]}
		all = append(all,
			message{Name: "open-" + f, Via: r, What: "an open relay passes on what a stranger's line sends"},
			message{Name: "open-" + f + "-nameless", Via: r, Client: nameless, What: "the stranger's address has no name"},
			message{Name: "open-" + f + "-bare", Via: r, Plain: true, HELO: "friend", Unclear: true, What: "the stranger says HELO and a bare word"},
			message{Name: "open-" + f + "-gateway", Via: append(r[:1:1], "gw-"+f+".college.example"), What: "the recipient's gateway runs the same server as the relay"})
		for _, m := range []message{said[i%4], said[(i+1)%4]} {
			m.Name, m.Via = "open-"+f+"-"+m.Name, r
			if m.HELO == "" {
				m.HELO = r[0]
			}
			all = append(all, m)
		}
	}
	return append(all,
		message{Name: "open-exim-nolookup", Via: []string{"mail.mike.example"}, What: "an open relay that looks no names up"},
		message{Name: "open-postfix-norelayname", Via: []string{"mail.nameless.example"}, What: "an open relay whose own address has no name"})
}

// hiders are the hosts that hide the previous hop, by a short name of the way they do it.
var hiders = [][2]string{
	{"postfix-strip", "mail.golf.example"}, {"postfix-rewrite", "mail.hotel.example"}, {"postfix-proxied", "mail.india.example"},
	{"exim-byonly", "mail.juliett.example"}, {"exim-helo", "mail.kilo.example"}, {"exim-silent", "mail.lima.example"},
	{"sendmail-byonly", "mail.november.example"}, {"sendmail-helo", "mail.oscar.example"}, {"sendmail-silent", "mail.papa.example"},
	{"opensmtpd-masked", "mail.quebec.example"},
	{"haraka-strip", "mail.romeo.example"}, {"haraka-byonly", "mail.sierra.example"},
}

func hiding() []message {
	var all []message
	for i, h := range hiders {
		all = append(all, message{Name: "hide-" + h[0], Via: []string{h[1]}, What: "an open relay that was told to hide the previous hop"})
		if i%3 != 1 {
			all = append(all, message{Name: "hide-" + h[0] + "-bare", Via: []string{h[1]}, HELO: "friend", Plain: true, Unclear: true, What: "the same; the stranger says a bare word"})
			continue
		}
		all = append(all, message{Name: "hide-" + h[0] + "-gateway", Via: []string{h[1], "gw-" + families[i/3+1] + ".college.example"}, What: "the same, taken in by a gateway"})
	}
	return append(all,
		message{Name: "hide-proxy", First: "gate.tango.example", What: "a TCP proxy stands between the stranger and the recipient's mail exchanger"},
		message{Name: "hide-proxy-relay", First: "box.tango-two.example", Via: []string{openRelay["postfix"]}, What: "a TCP proxy stands before an open relay"})
}

// qmailLike are servers in the manner of qmail's, which Debian lacks. They hand all that
// they take to the recipient's mail exchanger.
func qmailLike() []message {
	var all []message
	for _, s := range [][3]string{{"qpsmtpd", "mx.golf-two.example", "mx.hotel-two.example"}, {"mailfront", "mx.india-two.example", "mx.juliett-two.example"}} {
		f, r, hides, gw := s[0], []string{s[1]}, []string{s[2]}, []string{"gw-" + s[0] + ".college.example"}
		all = append(all,
			message{Name: "direct-" + f, Via: gw, What: "a spammer's line sends to the recipient's gateway, which hands on inside"},
			message{Name: "direct-" + f + "-nameless", Via: gw, Client: nameless, Plain: true, HELO: "friend", What: "the same, with HELO, a bare word and no looked-up name"},
			message{Name: "open-" + f, Via: r, What: "an open relay passes on what a stranger's line sends"},
			message{Name: "open-" + f + "-nameless", Via: r, Client: nameless, What: "the stranger's address has no name"},
			message{Name: "open-" + f + "-bare", Via: r, Plain: true, HELO: "friend", Unclear: true, What: "the stranger says HELO and a bare word"},
			message{Name: "open-" + f + "-address", Via: r, HELO: "203.0.113.250", Tags: []string{"203.0.113.250"}, What: "the stranger says an innocent's bare address"},
			message{Name: "hide-" + f + "-silent", Via: hides, What: "an open relay that was told to hide the previous hop"},
			message{Name: "two-exim-then-" + f, Via: append([]string{openRelay["exim"]}, r...), What: "two open relays in a row"},
			message{Name: "two-postfix-then-" + f + "-silent", Via: append([]string{openRelay["postfix"]}, hides...), What: "an open relay sends through one that hides"})
	}
	return all
}

// walled is a relay behind a wall that hands connections on from an address inside, as
// address translation does.
func walled() []message {
	r := []string{"mail.kilo-two.example"}
	return []message{
		{Name: "hide-postfix-walled", Via: r, What: "an open relay behind a wall, which it sees as its client"},
		{Name: "hide-postfix-walled-bare", Via: r, HELO: "friend", Plain: true, Unclear: true, What: "the same; the stranger says a bare word"},
		{Name: "two-haraka-then-postfix-walled", Via: []string{openRelay["haraka"], r[0]}, What: "an open relay sends through one behind a wall"},
		{Name: "two-postfix-walled-then-exim", Via: []string{r[0], openRelay["exim"]}, What: "a relay behind a wall sends through an open one"},
	}
}

func two() []message {
	var all []message
	for i, f := range families {
		next := families[(i+1)%len(families)]
		all = append(all, message{Name: "two-" + f + "-" + next, Via: []string{openRelay[f], openRelay[next]}, What: "two open relays in a row"})
	}
	for i, h := range hiders {
		f := families[i%len(families)]
		all = append(all, message{Name: "two-" + f + "-then-" + h[0], Via: []string{openRelay[f], h[1]}, What: "an open relay sends through one that hides"})
		f = families[(i+2)%len(families)]
		all = append(all, message{Name: "two-" + h[0] + "-then-" + f, Via: []string{h[1], openRelay[f]}, What: "a relay that hides sends through an open one"})
	}
	return all
}

// honest are topologies in which nobody relays for strangers.
func honest() []message {
	var all []message
	home := message{Client: office, HELO: "pc1.firm.example", From: "clerk@firm.example"}
	for _, p := range []string{"postfix", "postfix-id", "exim", "sendmail", "haraka"} {
		m := home
		m.Name, m.Auth, m.Via = "auth-"+p, true, []string{"smtp.isp-" + p + ".example"}
		m.What = "a customer hands mail to the provider with a password"
		all = append(all, m)
		m.Name, m.Client, m.HELO, m.From = m.Name+"-abroad", nameless, "[10.1.2.3]", "clerk@elsewhere.example"
		m.What = "the same from a strange line and for another domain"
		all = append(all, m)
	}
	for i, f := range families {
		m := home
		m.Name, m.Via = "smarthost-"+f, []string{firm, "out.net-" + f + ".example"}
		m.What = "a firm sends through the smarthost of its network, which knows it by address"
		all = append(all, m)
		if i%2 == 0 {
			m.Name, m.From = m.Name+"-domain", "clerk@brand.example"
			m.What = "the same for a domain that is not the firm's"
			all = append(all, m)
		}
	}
	m := home
	m.Name, m.Via, m.What = "firm-direct", []string{firm}, "a firm's own server sends its own mail"
	return append(all, m)
}

func recipientSide() []message {
	var all []message
	home := message{Client: office, HELO: "pc1.firm.example", From: "clerk@firm.example"}
	for _, f := range []string{"postfix", "exim", "sendmail", "opensmtpd"} {
		d := "alumni-" + f + ".example"
		fwd := message{Name: "forward-" + f, Via: []string{"mail." + d}, Rcpt: "robin@" + d, What: "an alias of the recipient's forwards what a spammer's line sends"}
		all = append(all, fwd)
		fwd.Name, fwd.Via, fwd.What = fwd.Name+"-relay", []string{openRelay[f], "mail." + d}, "an open relay sends to an alias that forwards"
		all = append(all, fwd)
		ham := home
		ham.Name, ham.Via, ham.Rcpt, ham.What = "forward-"+f+"-wanted", []string{firm, "mail." + d}, "robin@"+d, "wanted mail to an alias that forwards"
		all = append(all, ham)
	}
	for _, b := range []string{"exim", "sendmail", "postfix"} {
		mx2 := "mx2.backup-" + b + ".example"
		all = append(all,
			message{Name: "backup-" + b, Via: []string{mx2}, What: "a spammer's line sends to the backup mail exchanger"},
			message{Name: "backup-" + b + "-relay", Via: []string{openRelay[b], mx2}, What: "an open relay sends to the backup mail exchanger"})
	}
	list := message{Name: "list", Via: []string{"lists.zulu.example"}, Rcpt: "friends@lists.zulu.example", What: "a spammer's line posts to a mailing list"}
	all = append(all, list)
	list.Name, list.Via, list.What = "list-relay", []string{openRelay["exim"], "lists.zulu.example"}, "an open relay sends to a mailing list"
	all = append(all, list)
	for _, s := range [][2]string{{"filter", "mx-filter.college.example"}, {"lmtp", "mx-lmtp.college.example"}} {
		all = append(all,
			message{Name: s[0], Via: []string{s[1]}, What: "a spammer's line sends to a store with " + s[0]},
			message{Name: s[0] + "-relay", Via: []string{openRelay["sendmail"], s[1]}, What: "an open relay sends to a store with " + s[0]},
			message{Name: s[0] + "-hide", Via: []string{"mail.juliett.example", s[1]}, What: "a relay that hides sends to a store with " + s[0]})
	}
	for _, p := range [][2]string{{"pop-relay", openRelay["postfix"]}, {"pop-hide", "mail.november.example"}} {
		all = append(all, message{Name: p[0], Via: []string{p[1], "pop.college.example"}, At: "desk.college.example", What: "the recipient fetches by POP3 what a relay sent"})
	}
	all = append(all, message{Name: "pop-getmail-relay", Via: []string{openRelay["sendmail"], "pop2.college.example"}, At: "desk2.college.example", What: "the recipient fetches with getmail what a relay sent"})
	return append(all, message{Name: "pop", Via: []string{"pop.college.example"}, At: "desk.college.example", What: "the recipient fetches by POP3 what a spammer's line sent"})
}

func clocks() []message {
	var all []message
	for _, c := range [][3]string{
		{"fast", "mail.uniform.example", "three hours fast"}, {"slow", "mail.victor.example", "two days slow"},
		{"minutes", "mail.whiskey.example", "23 minutes fast"}, {"hides", "mail.xray.example", "an hour slow, and hides"},
		{"zone", "mail.wrongzone.example", "set to local time under the wrong zone"}, {"late", "mail.lateclock.example", "14 minutes fast"},
	} {
		all = append(all, message{Name: "clock-" + c[0], Via: []string{c[1]}, What: "an open relay whose clock is " + c[2]})
		all = append(all, message{Name: "clock-" + c[0] + "-second", Via: []string{openRelay["exim"], c[1]}, What: "the upper of two relays has a clock " + c[2]})
	}
	return all
}

func six() []message {
	all := []message{
		{Name: "six-direct-postfix", First: store, Client: dsl6, What: "IPv6 straight to the mail exchanger"},
		{Name: "six-direct-nameless", First: store, Client: "3fff:66::77", What: "the same without a looked-up name"},
	}
	for _, f := range []string{"postfix", "exim", "opensmtpd", "haraka"} {
		all = append(all, message{Name: "six-gw-" + f, Client: dsl6, Via: []string{"gw-" + f + ".college.example"}, What: "IPv6 to the recipient's gateway"})
	}
	for _, r := range [][2]string{{"postfix", "six.alpha-v6.example"}, {"exim", "six.bravo-v6.example"}, {"opensmtpd", "six.delta-v6.example"},
		{"haraka", "six.foxtrot-v6.example"}, {"exim-byonly", "six.juliett-v6.example"}} {
		h := r[1]
		all = append(all, message{Name: "six-open-" + r[0], Client: dsl6, Via: []string{h}, What: "IPv6 through a relay"},
			message{Name: "six-literal-" + r[0], Client: dsl6, HELO: "[IPv6:3fff:dead::1]", Unclear: true, Via: []string{h}, What: "IPv6 through a relay; the client says a strange address"})
	}
	return all
}

func bounces() []message {
	var all []message
	for _, f := range families {
		all = append(all, message{Name: "bounce-" + f, Bounce: true, Via: []string{openRelay[f]}, What: "spam in robin's name through an open relay to an unknown recipient: the relay sends the bounce to robin"})
	}
	for _, h := range []string{"exim-byonly", "sendmail-silent", "opensmtpd-masked"} {
		for _, x := range hiders {
			if x[0] == h {
				all = append(all, message{Name: "bounce-" + h, Bounce: true, Via: []string{x[1]}, What: "the same through a relay that hides"})
			}
		}
	}
	return all
}

func local() []message {
	var all []message
	for _, c := range [][2]string{{"postfix", "sendmail -i -f web@mail.alpha.example"}, {"exim", "exim4 -i -f web@host.bravo.example"}, {"sendmail", "/usr/libexec/sendmail/sendmail -i -f web@mail.charlie.example"}} {
		f, cmd := c[0], c[1]
		all = append(all, message{Name: "local-" + f, Via: []string{openRelay[f]}, From: "web@" + openRelay[f], Local: strings.Fields(cmd), What: "a program on the server itself puts the mail in"})
	}
	all = append(all, message{Name: "local-nullmailer", Via: []string{"shop.yankee-two.example"}, From: "web@shop.yankee-two.example", Local: []string{"nullmailer-inject", "-f", "web@shop.yankee-two.example"}, What: "a host without a mail server hands its programs' mail to nullmailer"})
	return append(all, message{Name: "local-dma", Via: []string{"web.yankee.example"}, From: "web@web.yankee.example", Local: []string{"dma", "-f", "web@web.yankee.example"}, What: "a host without a mail server hands its programs' mail to dma"})
}

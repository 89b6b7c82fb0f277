package main

import "strings"

// A style is a way in which spammers write trace fields of their own. DATE stands for a
// date in the right form.
type style struct {
	name   string
	helo   string // what the client says, when the style needs it
	client string
	fields []string
	tags   []string // innocents that the fields name
	own    bool     // the forger's own machine is named as the writer: no reader can tell
}

var styles = []style{
	{name: "month-comma", fields: []string{
		"from unknown (HELO mail.innocent.example) (203.0.113.200) by rly-xr02.bystander.example with QMQP; Nov, 23 2026 1:35:40 PM -0000",
		"from [203.0.113.201] by smtp4.bystander.example with asmtp; Nov, 23 2026 1:31:12 PM +0700"},
		tags: []string{"203.0.113.200", "203.0.113.201", "rly-xr02.bystander.example", "smtp4.bystander.example", "mail.innocent.example"}},
	{name: "year", fields: []string{"from mail.innocent.example (unknown [203.0.113.200]) by mx.bystander.example with SMTP id 4D8A1; Mon, 23 Nov 0126 15:00:12 +0000"},
		tags: []string{"203.0.113.200", "mail.innocent.example", "mx.bystander.example"}},
	{name: "random-id", fields: []string{"from mail by tcts.seed.net.tw with SMTP id jhWlqKy2cE6mPBT8; DATE"}, tags: []string{"tcts.seed.net.tw"}},
	{name: "random-label", fields: []string{"from innocent.example by 7QK2XA.innocent.example with SMTP for <robin@college.example>; DATE"}, tags: []string{"innocent.example"}},
	{name: "own-line", fields: []string{"from by dsl-66-100-51-198.isp-hollow.example with ESMTP; DATE"}},
	{name: "famous", fields: []string{"from 203.0.113.202 (203.0.113.202) by rly-xl05.mx.aol.com with NNFMP; DATE", "from smtp.bystander.example ([203.0.113.203]) by mail.innocent.example with local; DATE"},
		tags: []string{"203.0.113.202", "203.0.113.203", "rly-xl05.mx.aol.com", "mail.innocent.example"}},
	{name: "impossible", helo: "mx1.bystander.example", fields: []string{"from mail.innocent.example ([10.312.4.900]) by mx1.bystander.example (8.9.3/8.9.3) with SMTP id BAA12345; DATE"},
		tags: []string{"mail.innocent.example", "mx1.bystander.example"}},
	{name: "zero-net", helo: "mx1.bystander.example", fields: []string{"from mail.innocent.example (mail.innocent.example [0.12.44.9]) by mx1.bystander.example (Postfix) with ESMTP id 1C2D3E4F56; DATE"},
		tags: []string{"mail.innocent.example", "mx1.bystander.example"}},
	{name: "sendmail", helo: "mx1.bystander.example", fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by mx1.bystander.example (8.11.6/8.11.6) with ESMTP id fAN1aB012345 for <robin@college.example>; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example", "mx1.bystander.example"}},
	{name: "sendmail-unlinked", fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by mx1.bystander.example (8.9.3/8.9.3) with ESMTP id BAA01234; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example", "mx1.bystander.example"}},
	{name: "postfix", helo: "mx1.bystander.example", fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by mx1.bystander.example (Postfix) with ESMTP id 1C2D3E4F56 for <robin@college.example>; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example", "mx1.bystander.example"}},
	{name: "exim-old-id", helo: "mx1.bystander.example", fields: []string{"from mail.innocent.example ([203.0.113.200]) by mx1.bystander.example with esmtp (Exim 4.92) (envelope-from <a@innocent.example>) id 1ABCDE-000123-XX for robin@college.example; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example", "mx1.bystander.example"}},
	{name: "qmail", helo: "mx1.bystander.example", fields: []string{"(qmail 12345 invoked from network); 23 Nov 2026 14:00:00 -0000", "from unknown (HELO mail.innocent.example) (203.0.113.200) by mx1.bystander.example with SMTP; 23 Nov 2026 14:00:00 -0000"},
		tags: []string{"203.0.113.200", "mail.innocent.example", "mx1.bystander.example"}},
	{name: "by-only", helo: "mx1.bystander.example", fields: []string{"by mx1.bystander.example (8.11.6/8.11.6) id fAN1aB012345; DATE"}, tags: []string{"mx1.bystander.example"}},
	{name: "recipients-own", fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by mx.college.example (8.9.3/8.9.3) with SMTP id BAA01234; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example"}},
	{name: "recipients-postfix", fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by mx.college.example (Postfix) with ESMTP id 4hM9q60Z7Xz3kTV for <robin@college.example>; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example"}},
	{name: "recipients-inside", helo: "gw-exim.college.example", fields: []string{"from mail.innocent.example ([203.0.113.200]) by gw-exim.college.example with esmtp (Exim 4.96) (envelope-from <a@innocent.example>) id 1vN1Ab-000123-1C for robin@college.example; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example"}},
	{name: "loopback", helo: "localhost", fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by localhost (Postfix) with ESMTP id 1C2D3E4F56; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example"}},
	{name: "three", helo: "mx1.bystander.example", fields: []string{
		"from mx2.bystander.example (mx2.bystander.example [203.0.113.204]) by mx1.bystander.example (Postfix) with ESMTP id 1C2D3E4F56; DATE",
		"from smtp.innocent.example (smtp.innocent.example [203.0.113.200]) by mx2.bystander.example (Postfix) with ESMTP id 2C2D3E4F56; DATE",
		"from dialup9.innocent.example (dialup9.innocent.example [203.0.113.205]) by smtp.innocent.example (8.12.8/8.12.8) with SMTP id hANE0C12345678; DATE"},
		tags: []string{"203.0.113.200", "203.0.113.204", "203.0.113.205", "mx1.bystander.example", "mx2.bystander.example", "smtp.innocent.example"}},
	{name: "own-server", client: hosted, helo: "server88.hosting.example", own: true, fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by server88.hosting.example (Postfix) with ESMTP id 1C2D3E4F56 for <robin@college.example>; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example"}},
	{name: "own-dsl", helo: "dsl-66-100-51-198.isp-hollow.example", own: true, fields: []string{"from mail.innocent.example (mail.innocent.example [203.0.113.200]) by dsl-66-100-51-198.isp-hollow.example (Postfix) with ESMTP id 1C2D3E4F56 for <robin@college.example>; DATE"},
		tags: []string{"203.0.113.200", "mail.innocent.example"}},
}

// frames are messages whose sender tries to have an innocent server named as an open
// relay: a field in the name of the machine that really hands on, and below it one in the
// innocent's name with a stranger for its client.
func frames() []message {
	innocent := []string{
		"from mail.innocent.example (mail.innocent.example [192.0.2.200]) by WRITER (Postfix) with ESMTP id 1C2D3E4F56 for <robin@college.example>; DATE",
		"from friend.bystander.example (dialup7.victim.example [198.51.100.209]) by mail.innocent.example (Postfix) with ESMTP id 2C2D3E4F56 for <robin@college.example>; DATE",
	}
	var all []message
	for _, f := range []struct{ name, client, helo, writer, via string }{
		{"own-server", hosted, "server88.hosting.example", "server88.hosting.example", ""},
		{"own-dsl", dsl, "dsl-66-100-51-198.isp-hollow.example", "dsl-66-100-51-198.isp-hollow.example", ""},
		{"silent-relay", dsl, lie, "mail.lima.example", "mail.lima.example"},
		{"silent-sendmail", dsl, lie, "mail.papa.example", "mail.papa.example"},
		{"open-relay", dsl, "mail.innocent.example", "mail.alpha.example", "mail.alpha.example"},
		{"by-only", dsl, "mail.innocent.example", "mail.juliett.example", "mail.juliett.example"},
		{"proxy", dsl, "gate.tango.example", "gate.tango.example", "gate.tango.example"},
		{"gateway", hosted, "server88.hosting.example", "server88.hosting.example", "gw-opensmtpd.college.example"},
	} {
		m := message{Name: "frame-" + f.name, Client: f.client, HELO: f.helo, Unclear: f.name != "open-relay", Own: true,
			Tags: []string{"mail.innocent.example", "192.0.2.200", "dialup7.victim.example", "198.51.100.209"},
			What: "the client writes fields that make an innocent server an open relay"}
		for _, field := range innocent {
			m.Forged = append(m.Forged, strings.ReplaceAll(field, "WRITER", f.writer))
		}
		switch f.via {
		case "":
		case "gate.tango.example":
			m.First = f.via
		default:
			m.Via = []string{f.via}
		}
		all = append(all, m)
	}
	return all
}

// forgeries sends each style straight to the recipient, and through an open relay or one
// that hides, in turn.
func forgeries() []message {
	all := frames()
	for i, s := range styles {
		f := families[i%len(families)]
		h := hiders[i%len(hiders)]
		m := message{HELO: s.helo, Client: s.client, Forged: s.fields, Tags: s.tags, Own: s.own, Unclear: s.own || s.helo == "localhost",
			What: "the client writes trace fields of its own: " + strings.ReplaceAll(s.name, "-", " ")}
		m.Tags = s.tags[:len(s.tags):len(s.tags)]
		m.Name = "forged-" + s.name + "-direct"
		all = append(all, m)
		m.Name, m.Via = "forged-"+s.name+"-"+f, []string{openRelay[f]}
		if i%2 == 1 {
			m.Name, m.Via = "forged-"+s.name+"-"+h[0], []string{h[1]}
		}
		all = append(all, m)
	}
	return all
}

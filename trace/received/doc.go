// Package received reads trace fields: the Received: lines of a mail header, one at a
// time, as every mail server writes its own.
//
// # What a trace field is
//
// Each server that takes a message puts one line on top of its header before it does
// anything else (RFC 5321 section 4.4). Read from the top, the lines tell the message's
// way backwards:
//
//	Received: from mail.example.net (dsl-7.isp.example [192.0.2.7])
//		by mx.example.org (Postfix) with ESMTP id 136B943C32
//		for <u@example.org>; Thu, 22 Aug 2002 08:17:21 -0400 (EDT)
//
// Here mx.example.org says that a client connected from 192.0.2.7, that this address has
// the name dsl-7.isp.example, and that the client called itself mail.example.net. The
// grammar is loose and older than its standard, and each server has its own habits: the
// same words stand for different things, in another order, or are missing.
//
// # The clauses
//
// Words announce the parts; all but by and the date may be missing, and comments in
// parentheses, which may nest, stand anywhere between them:
//
//	from  who connected: the name it gave itself (HELO), and what the connection shows of it
//	by    who wrote the field; often with a comment that names its software
//	via   by what link, where that is not the Internet: UUCP, HTTP
//	with  by what protocol: SMTP, ESMTP; LMTP inside a system; ESMTPS where it was encrypted
//	      with TLS, ESMTPA where the client authenticated itself, ESMTPSA for both (RFC 3848)
//	id    under what name the message stands in the writer's log
//	for   for whom, where the message has one recipient
//	; ... when the message was taken, by the writer's clock and in its zone
//
// A field without from was mostly written where the message was made, or hides where it came
// from. A date that lies whole hours before that of the field below it is mostly a wrong zone.
//
// # Who writes which part
//
// The server writes the line, but not all of it is the server's knowledge:
//
//   - The address, and the name looked up for it, the server knows from the connection.
//     Only such an address becomes [From].IP.
//   - HELO, ident and envelope sender are what the client said. They may hold anything: a
//     false name, an address, even half a trace field. An address among them is never From.IP.
//   - by, id and the date are the server's own. The identifier finds the message in its log.
//   - The whole line may be invented, by a client that wrote it below its own. Nothing in one
//     field proves that it is genuine. That takes the field above it, which was written
//     later, by the host that received the message from here; package trace compares them.
//
// So a Field holds claims with the name of who makes them, and says which bytes it rests on:
// every value is a [Span] of the input.
//
// # What servers write
//
// The roles of the names change with the software, which [Field].Family names:
//
//	Postfix, sendmail      from HELO (RDNS [IP]) by ...
//	Exim                   from RDNS ([IP] helo=HELO) by ..., from [IP] (helo=HELO) by ...
//	qmail, qpsmtpd         from RDNS (HELO HELO) (IDENT@IP) by ..., no id, date in UTC
//	mailfront              from HELO (RDNS [IP]) by HOST ([IP]) with ... via TCP, no id, date in UTC
//	Exchange, SMTPSVC      from HELO ([IP]) by ..., from HELO (IP) by HOST (IP) ...
//	CommuniGate            from [IP] (HELO HELO) by ...
//	IMail, MDaemon         from HELO [IP] by ...
//	ZMailer                from RDNS ([IP]:PORT "HELO HELO") by ...
//	Courier                from HELO (RDNS [::ffff:IP]) by ...; DATE id ID
//	Exchange 5.0, MAILsweeper, Raptor    from HELO by ...: the address is withheld
//	Gmail, Yandex, maddy   by HOST with ... id ...: the client is not mentioned at all
//	sendmail, qmail        (from USER@localhost) by ..., (qmail N invoked by uid U): local
//
// A family is told by its banner, by the shape of the field, or by the form of its queue ID.
// Where none of these tells, Family is empty, and a lone name is [From].Name: it is not said
// whether it was looked up or claimed.
//
// # What may be believed
//
// [Field].Discloses says how much the writer tells of the client: an address, a name, what the
// client claimed, or nothing. A field that withholds the address is mostly innocent; it is also
// where a trail ends. The queue IDs of several servers hold the second in which they were
// made ([QueueTime]): a stamp that disagrees was not written by that server. Some bulk
// mailers betray the lines that they invent ([Decoy]). What is wrong with a date is
// kept ([TimeFault]); most faults are those of honest clocks and old software.
//
// # Hostile input
//
// A trace field comes from strangers. [Parse] takes any bytes, never fails or allocates, and
// takes time linear in the length of its input. What it could not read it leaves
// empty and names in [Field].Unread.
//
// Three rules keep a client's words apart from the server's. What a server writes of the
// connection stands behind the HELO, so that the last by counts, and the last address before
// it; only of servers known to write the HELO behind the address, the first. Where
// parentheses do not match, they are plain bytes. Where two readings are left, the
// address stays empty: a missing address costs a trail, a wrong one accuses an innocent.
package received

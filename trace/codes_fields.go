package trace

// fieldCodes are findings about the form, the time and the place of trace fields.
var fieldCodes = []Code{
	{
		"below-invented-field",
		"The field stands below an invented one and bears no mark of any mail server, so it is taken for invented too.",
		"Strong, not certain: it rests on the field above it being invented, and on the lack of software, queue ID and known form.",
		"It says nothing against the hosts that the field names. Whoever invented it chose their names.",
		"from unknown (204.80.109.18) by q4.quik.com with esmtp; Sat, 27 Jul 2002 08:07:31 -0700",
	},
	{
		"boundary-without-address",
		"The field at the edge of the recipient's side is believed, but it records no address of the host that handed the mail in.",
		"Sure: it is a fact about the text of the field.",
		"It does not mean that somebody hid an address. Some servers are set to record names only.",
		"from relay.example.net by mx.example.org with SMTP; Thu, 22 Aug 2002 13:09:41 +0100",
	},
	{
		"clock-inversion",
		"The stamp is later than that of the next hop, which took the mail after it. A clock or a zone is wrong.",
		"Sure that the two stamps disagree. Which of the clocks is wrong is not known; one wanted message in ten shows it.",
		"It is no sign of forgery, and it counts against no host.",
		"from GEOGRAPHY.NET by 192.168.1.20 with SMTP (QuickMail Pro Server for MacOS 1.1.2); 21-Sep-2002 12:25:55 -0400",
	},
	{
		"decoy-signature",
		"The field bears the signature of a bulk mailer that invents trace fields: a form that no mail server is known to write.",
		"Strong: it rests on a form that only the bulk mailer writes, and on the field's place below the boundary.",
		"It counts against nobody that the field names, and least of all against the host above it, which only passed the text on.",
		"from titan by ara.seed.net.tw with SMTP id Hj5t3pNT4kz68k; Sat, 07 Sep 2002 07:51:45 +0800",
	},
	{
		"field-not-fully-read",
		"A part of the field is in a form that relaytrace cannot read. What was read is used; the field is kept whole.",
		"Sure. It is a limit of the reader as much as a fault of the field.",
		"It does not mean that the field is forged. Look at its raw text.",
		"from <beautyinfufuxxxmeb13mxy@aol.com> with PostMaster 3.14.1 (M); Mon, 07 Oct 2002 15:10:41 +100",
	},
	{
		"impossible-address",
		"The field records an address from which no host on the Internet can connect, such as 0.0.0.0/8, 240.0.0.0/4 or multicast.",
		"Sure that nobody connected from it across the Internet. So the field is invented, or its server records wrongly.",
		"It says nothing of the host that the field names as its writer: the name is not proven to be its own.",
		"from mail.example.net ([250.1.2.3]) by mx.example.com with SMTP; Thu, 22 Aug 2002 13:09:41 +0100",
	},
	{
		"name-not-confirmed",
		"The name that the server looked up for the client does not lead back to the client's address. So the name is not relied upon.",
		"Sure: the server itself wrote so (\"may be forged\"). The address stands.",
		"It does not mean that the client lied. Many honest networks keep their DNS badly.",
		"from cpu59.osdn.com (slashdot.org [64.28.67.73] (may be forged)) by dogma.slashnull.org (8.11.6/8.11.6) with ESMTP id g7U20KZ08932",
	},
	{
		"own-name-misused",
		"The field claims to be written by a host of the recipient's own side, in a form in which that host does not write.",
		"Strong: the host's genuine fields stand at the top of the same header and differ. A second mail server on the same host would be an exception.",
		"It does not mean that the recipient's host is broken into, nor that the host above invented the field: it may only have passed it on.",
		"from pc.example.net (pc.example.net [198.51.100.9]) by mx.example.org (Postfix) with SMTP id 0881F16F6F; Thu, 22 Aug 2002 13:09:41 +0100",
	},
	{
		"proxy-ident",
		"The identification service of the connecting host named a web proxy (RFC 1413 user \"squid\"). The mail may have come through that proxy.",
		"The answer is recorded as the host gave it, and the host may say what it likes.",
		"It does not prove an open proxy, nor that the host's owner knows of the mail. The proxy's log may name the true client.",
		"from mixmail.com (IDENT:squid@[210.90.110.70]) by dogma.slashnull.org (8.11.6/8.11.6) with SMTP id g7S7BVZ14326",
	},
	{
		"queue-id-agrees",
		"The queue ID holds the time at which it was made, and that time agrees with the stamp. It is a sign that a genuine server wrote the field.",
		"Good: an inventor would have to know how the server makes its IDs. It is one sign among others, no proof alone.",
		"It does not mean that the host's clock is right: both times come from the same clock.",
		"from mail.qdrail.com ([61.179.116.173]) by dogma.slashnull.org (8.11.6/8.11.6) with ESMTP id g97LDdK17283",
	},
	{
		"queue-id-apart",
		"The time inside the queue ID lies further from the stamp than usual, yet no further than zones and queueing explain.",
		"Sure that the two differ. The reason is open: a wrong zone, a long session, mail that waited.",
		"It is no evidence against the field, nor against any host.",
		"from unspecified.host ([194.226.170.51]) by mail.kti.nsc.ru (8.12.5/8.12.5) with ESMTP id g8J2Utmi031901; Thu, 19 Sep 2002 11:23:52 +0700 (NOVST)",
	},
	{
		"queue-id-contradicts-stamp",
		"The time inside the queue ID is days away from the stamp, more than zones and queueing can explain. The ID was copied or invented.",
		"Strong, where the server makes such IDs. A server that imitates the form without a time in it would be an exception.",
		"It says nothing against the server whose name the field bears: anyone can copy a field out of other mail.",
		"from pc.example.net ([198.51.100.9]) by relay.example.com (8.11.6/8.11.6) with SMTP id g7MDwB903456; Mon, 16 Sep 2002 13:09:41 +0100",
	},
	{
		"stamp-irregular",
		"The date is not written as RFC 5322 section 3.3 has it, such as without a zone, with a zone's name, or with a year of two digits.",
		"Sure: it is a fact about the text.",
		"It is no sign of forgery. Many honest servers write such dates.",
		"from [159.134.146.155] by web12102.mail.yahoo.com via HTTP; Fri, 06 Sep 2002 11:24:17 BST",
	},
	{
		"trust-inferred",
		"Nobody declared the writer of the field as the recipient's own. It is believed because the trusted field above took the mail from it within the recipient's side.",
		"Good, but inferred. Declare the host with --trust or --forwarder to make it certain, or leave it and read the boundary with care.",
		"It does not mean that the host belongs to the recipient by any record that was asked.",
		"from mx1.FreeBSD.org (mx1.FreeBSD.org [216.136.204.125]) by hub.freebsd.org (Postfix) with ESMTP id 3FCB037B401",
	},
	{
		"zone-fault",
		"The stamp differs from the time inside the queue ID by whole hours with the minutes right: the zone of the host's clock is set wrongly.",
		"Strong. It tells how to read the host's times: add or take away the hours.",
		"It is no sign of forgery, and no fault in the sense of an accusation.",
		"from pc.example.net ([198.51.100.9]) by relay.example.com (8.11.6/8.11.6) with SMTP id g7MDwB903456; Thu, 22 Aug 2002 16:58:11 +0100",
	},
}

// messageCodes are findings about what the message says of itself. None proves anything alone.
var messageCodes = []Code{
	{
		"envelope-sender-differs",
		"Bounces go to another domain than the one in From:.",
		"Sure that the two differ. Return-Path: is the envelope's sender as the delivering system wrote it; both are the sender's choice.",
		"It is no sign of forgery. Mailing lists and mailing services send so every day.",
		"Return-Path: <KV4nWPbovS0LLVR@sky.seed.net.tw>",
	},
	{
		"many-recipients",
		"To: and Cc: together name more than ten addresses.",
		"Sure. The sender wrote them, and may have invented them.",
		"It does not mean that all of them got the mail, nor that they have to do with it.",
		"To: a@example.net, b@example.net, c@example.net, d@example.net, e@example.net, f@example.net, g@example.net, h@example.net, i@example.net, j@example.net, k@example.net",
	},
	{
		"message-id-maker",
		"The Message-ID bears the name, or the queue ID, of a host of the path. Servers add one to mail that comes without.",
		"Good where the queue ID is repeated; a hint where only the name agrees, as the sender can write any Message-ID.",
		"It does not mean that the mail began on that host.",
		"Message-Id: <200209172017.g8HKHhC25394@dogma.slashnull.org>",
	},
	{
		"recipient-not-named",
		"The address to which the mail was delivered is not among those in To: and Cc:.",
		"Sure, as far as the recipient's side wrote the address into the header.",
		"It is no sign of spam by itself. Blind copies, lists and forwarding look the same.",
		"for <webmaster@efi.ie>; Mon, 9 Sep 2002 10:10:41 +0100",
	},
	{
		"reply-to-elsewhere",
		"Answers are asked to another domain than the one in From:.",
		"Sure that the two differ. Both are the sender's words.",
		"It does not mean that the owner of either domain knows of the mail. Lists set Reply-To: too.",
		"Reply-To: stp_910_c@list.ru",
	},
}

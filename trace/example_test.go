package trace_test

import (
	"fmt"

	"relaytrace/trace"
	"relaytrace/trace/header"
)

const sample = `Received: from mail.factory.example.net (mail.factory.example.net [203.0.112.7])
	by mx.college.example.org (Postfix) with ESMTP id 4KB9j62qkZz4xLFC
	for <registrar@college.example.org>; Sun, 6 Mar 2022 05:52:26 +0000 (UTC)
Received: from smtp.yahoo.com ([198.51.1.9])
	by mail.factory.example.net (8.11.6/8.11.6) with SMTP id 2265qIk28390;
	Sun, 6 Mar 2022 06:52:18 +0100
Received: from mx4.mail.yahoo.com by QZ7KPX.mx4.mail.yahoo.com with SMTP
	for registrar@college.example.org; Sat, 5 Mar 2022 14:18:15 -0500
From: "Accounts" <accounts@dept.college.example.org>

`

// The common case: scan the header, analyze it, and read where the trail ends.
func Example() {
	data := []byte(sample)
	h := header.Scan(data, nil)
	p := trace.Analyze(data, h.Fields, &trace.Settings{})

	for _, hop := range p.Hops {
		fmt.Printf("%d %-12s by %s\n", hop.Index, hop.Standing, hop.By.Host)
	}
	fmt.Println("handed in by", p.Boundary.IP)
	for _, r := range p.Relays {
		fmt.Printf("relay %s, %s, withholds the previous hop: %v\n", r.IP, r.Certainty, r.Withholds)
	}
	fmt.Printf("from %s, %s (%s)\n", p.Origin.IP, p.Origin.Certainty, p.Ends)
	// Output:
	// 0 trusted      by mx.college.example.org
	// 1 corroborated by mail.factory.example.net
	// 2 contradicted by QZ7KPX.mx4.mail.yahoo.com
	// handed in by 203.0.112.7
	// relay 203.0.112.7, recorded, withholds the previous hop: false
	// from 198.51.1.9, corroborated (origin-recorded)
}

// Hosts of the recipient's side are declared, so that the boundary is found behind them.
func ExampleParseHosts() {
	own, err := trace.ParseHosts([]string{"mx.college.example.org", "*.mail.example.org", "192.0.2.0/24"})
	fmt.Println(own.HasName("MX.College.example.org"), own.HasName("a.mail.example.org"), err)
	_, err = trace.ParseHosts([]string{"not a host"})
	fmt.Println(err)
	// Output:
	// true true <nil>
	// "not a host" is neither a host name, *.domain, address nor network
}

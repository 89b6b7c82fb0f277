package received_test

import (
	"fmt"
	"time"

	"relaytrace/trace/received"
)

// The address and the looked-up name are what the server knows; HELO is what the client said.
func Example() {
	body := []byte("from mail.example.net (dsl-7.isp.example [192.0.2.7]) by mx.example.org (Postfix) " +
		"with ESMTP id 136B943C32 for <u@example.org>; Thu, 22 Aug 2002 08:17:21 -0400 (EDT)")
	f := received.Parse(body)
	fmt.Println("software", f.Family)
	fmt.Println("by      ", f.By.Host.Text(body))
	fmt.Println("address ", f.From.Addr)
	fmt.Println("name    ", f.From.RDNS.Text(body))
	fmt.Println("HELO    ", f.From.HELO.Text(body))
	fmt.Println("time    ", f.Time.UTC().Format(time.RFC3339))
	// Output:
	// software postfix
	// by       mx.example.org
	// address  192.0.2.7
	// name     dsl-7.isp.example
	// HELO     mail.example.net
	// time     2002-08-22T12:17:21Z
}

// A client may say half a trace field as its HELO. The recorded address is the last one.
func ExampleParse_imitation() {
	body := []byte("from a (b.example [192.0.2.1]) by c.example (real.example [198.51.100.9]) by mx.example " +
		"(8.11.6/8.11.6) with SMTP id g7MCHLo01744; Thu, 22 Aug 2002 08:17:21 -0400")
	f := received.Parse(body)
	fmt.Println(f.From.Addr)
	fmt.Println(f.By.Host.Text(body))
	fmt.Println(f.Unread.Reason)
	// Output:
	// 198.51.100.9
	// mx.example
	// more than one by clause: a name that imitates a field
}

// Some servers withhold the address of the host that they took the mail from.
func ExampleField_discloses() {
	for _, body := range []string{
		"from a.example ([192.0.2.7]) by b.example; Mon, 1 Jul 2002 10:00:00 +0000",
		"from a.example by b.example with SMTP (Microsoft Exchange Internet Mail Service Version 5.0.1457.7) id QY; Mon, 1 Jul 2002 10:00:00 +0000",
		"by b.example with SMTP id 7; Mon, 1 Jul 2002 10:00:00 +0000",
	} {
		f := received.Parse([]byte(body))
		fmt.Println(f.Discloses)
	}
	// Output:
	// address
	// helo-only
	// none
}

// The queue ID of a sendmail of version 8.10 or later holds the time it was made at.
func ExampleQueueTime() {
	body := []byte("from a.example (a.example [192.0.2.7]) by b.example (8.12.5/8.12.5) with ESMTP " +
		"id g6J7Renr016990; Fri, 19 Jul 2002 15:27:40 +0800 (CST)")
	f := received.Parse(body)
	fmt.Println(f.Time.UTC().Sub(f.Queue.UTC()))
	// Output: 0s
}

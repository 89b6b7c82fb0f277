// Relaytrace turns full-header spam samples into a case: the relay path of every sample,
// the relays that withheld the previous hop, who answers for each address, a case file and
// the letters that ask for logs. It sends nothing and contacts no relay.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

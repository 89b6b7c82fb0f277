// Generate writes an abuse mailbox of which the truth is known, to measure with:
//
//	go run ./casefile/casetest/generate -n 100000 mailbox.mbox
//
// It prints one line of JSON for each message with what is true of it when -truth names a
// file to put them in.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"relaytrace/casefile/casetest"
)

func main() {
	n := flag.Int("n", 100_000, "write `N` messages")
	seed := flag.Uint64("seed", 1, "begin from `SEED`")
	truth := flag.String("truth", "", "write what is true of each message to `FILE`")
	flag.Parse()
	if err := run(*n, *seed, flag.Arg(0), *truth); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(n int, seed uint64, mbox, truth string) error {
	if mbox == "" {
		return fmt.Errorf("no file named to write the mailbox to")
	}
	m := casetest.New(casetest.Config{Seed: seed})
	if err := write(mbox, func(w *bufio.Writer) error { return m.WriteMbox(w, 0, n) }); err != nil || truth == "" {
		return err
	}
	return write(truth, func(w *bufio.Writer) error {
		e := json.NewEncoder(w)
		for i := range n {
			msg := m.Message(i)
			msg.Data = nil
			if err := e.Encode(msg); err != nil {
				return err
			}
		}
		return nil
	})
}

// write makes a file and hands it to fill.
func write(name string, fill func(*bufio.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err := fill(w); err != nil {
		f.Close()
		return err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

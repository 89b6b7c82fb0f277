package casetest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// WriteMbox writes messages from to before to, in mboxrd format.
func (m *Mailbox) WriteMbox(w io.Writer, from, to int) error {
	b := bufio.NewWriterSize(w, 1<<20)
	for n := from; n < to; n++ {
		msg := m.Message(n)
		fmt.Fprintf(b, "From sender@example.org %s\n", msg.Arrived.UTC().Format("Mon Jan _2 15:04:05 2006"))
		for line := range bytes.Lines(msg.Data) {
			if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
				b.WriteByte('>')
			}
			b.Write(line)
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// WriteFolder writes messages from to before to as files below dir, a thousand to a
// folder, named so that their order is that of the numbers.
func (m *Mailbox) WriteFolder(dir string, from, to int) error {
	for n := from; n < to; n++ {
		name := filepath.Join(dir, fmt.Sprintf("%03d", n/1000), fmt.Sprintf("%06d.eml", n))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, m.Message(n).Data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Describe tells an incident in one line, for the messages of tests.
func (in *Incident) Describe() string {
	return fmt.Sprintf("incident %d: %s by %s, %s, forging %s, links %s", in.Number, in.Product, in.Mailer,
		in.Start.Format("2006-01-02 15:04"), strings.Join(in.Domains, " "), strings.Join(in.Links, " "))
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// message is one mail to be sent. Zero fields mean the plain case.
type message struct {
	Name    string
	What    string   // one plain sentence for the truth
	Client  string   // address it is sent from
	HELO    string   // what the client says
	Plain   bool     // HELO instead of EHLO
	Via     []string // servers in order; the store comes last unless one of them delivers
	First   string   // the server to connect to, when it is not Via[0]
	At      string   // the host that delivers, when it is not the last of Via or the store
	Rcpt    string   // default robin@DOMAIN
	From    string   // envelope sender and From:; default a stranger's
	Auth    bool
	Local   []string // command that puts the mail in on Via[0] itself instead of SMTP
	Forged  []string // Received: fields that the client writes itself, top first
	Tags    []string // innocents named: host names and addresses
	Own     bool     // the forged fields name as writer the machine that really hands on
	Bounce  bool     // not itself awaited: what comes back is
	Unclear bool     // the header cannot show that the first relay served a stranger

	sent time.Time
}

// domain is the recipient's domain of this message alone, by which the laboratory's DNS
// knows the way it is to go.
func (m *message) domain() string { return m.Name + ".d.college.example" }

// first is the server that the client connects to.
func (m *message) first() string {
	switch {
	case m.First != "":
		return m.First
	case len(m.Via) > 0:
		return m.Via[0]
	}
	return store
}

func (m *message) rcpt() string {
	if m.Rcpt != "" {
		return m.Rcpt
	}
	if m.Bounce {
		return "nobody@" + m.domain()
	}
	return "robin@" + m.domain()
}

func (m *message) from() string {
	if m.From != "" {
		return m.From
	}
	if m.Bounce {
		return "robin@college.example"
	}
	return "offers@bigmail.example"
}

func pick(all []message, names []string) []message {
	if len(names) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(m message) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(m.Name, n) })
	})
}

func needed(messages []message) map[string]bool {
	need := map[string]bool{store: true}
	for _, m := range messages {
		for _, h := range append(m.Via, m.First, m.At) {
			need[h] = true
			switch h {
			case "desk.college.example":
				need["pop.college.example"] = true
			case "desk2.college.example":
				need["pop2.college.example"] = true
			case "box.tango-two.example":
				need["mail.alpha.example"] = true
			}
		}
	}
	return need
}

// text is the message as the client sends it, with LF.
func (m *message) text(date string) string {
	var b strings.Builder
	for _, f := range m.Forged {
		fmt.Fprintf(&b, "Received: %s\n", strings.ReplaceAll(f, "DATE", date))
	}
	fmt.Fprintf(&b, "Message-ID: <%s>\n", m.messageID())
	fmt.Fprintf(&b, "Date: %s\nFrom: \"Special Offers\" <%s>\nTo: %s\nSubject: You have been selected\n", date, m.from(), m.rcpt())
	fmt.Fprintf(&b, "MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n")
	fmt.Fprintf(&b, "Dear friend,\n\nthis is a test of a laboratory: %s\n\nAnswer today.\n", m.What)
	return b.String()
}

func (m *message) messageID() string { return m.Name + ".20261123@bigmail.example" }

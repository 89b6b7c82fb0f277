package main

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"time"
)

// dateForm is the date of RFC 5322.
const dateForm = "Mon, 2 Jan 2006 15:04:05 -0700"

// sendAll sends the messages, to each server one after the other: some limit how many
// connections one address may have.
func (l *lab) sendAll(messages []message) {
	var wait sync.WaitGroup
	byFirst := map[string][]*message{}
	for i := range messages {
		m := &messages[i]
		byFirst[m.first()] = append(byFirst[m.first()], m)
	}
	for first, queue := range byFirst {
		wait.Go(func() {
			for _, m := range queue {
				err := l.send(m)
				for range 4 {
					if err == nil {
						break
					}
					time.Sleep(5 * time.Second) // the server may be starting again
					err = l.send(m)
				}
				if err != nil {
					fmt.Fprintf(os.Stderr, "lab: %s: not sent by %s: %v\n", m.Name, first, err)
				}
			}
		})
	}
	wait.Wait()
}

// send puts the message in at its first server.
func (l *lab) send(m *message) error {
	m.sent = time.Now().UTC().Truncate(time.Second)
	body := m.text(m.sent.Format(dateForm))
	first := l.byName[m.first()]
	if !first.answers {
		return fmt.Errorf("the server is not up")
	}
	if len(m.Local) > 0 {
		return first.inside(strings.NewReader(body), append(m.Local, m.rcpt())...)
	}
	to := first.Addr
	if strings.Contains(m.Client, ":") {
		to = first.Addr6
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(m.Client)}, Timeout: 10 * time.Second}
	c, err := d.Dial("tcp", net.JoinHostPort(to, "25"))
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(40 * time.Second))
	s := &session{Conn: textproto.NewConn(c)}
	s.step(220, "")
	hello := "EHLO " + m.HELO
	if m.Plain {
		hello = "HELO " + m.HELO
	}
	greeting := s.step(250, hello)
	if m.Auth {
		if strings.Contains(greeting, "STARTTLS") {
			s.step(220, "STARTTLS")
			s.Conn = textproto.NewConn(tls.Client(c, &tls.Config{InsecureSkipVerify: true}))
			s.step(250, hello)
		}
		user := "sender"
		if first.Server == "postfix" || first.Server == "sendmail" {
			user += "@" + first.Name
		}
		s.step(235, "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00secret")))
	}
	s.step(250, "MAIL FROM:<"+m.from()+">")
	s.step(250, "RCPT TO:<"+m.rcpt()+">")
	s.step(354, "DATA")
	if s.err == nil {
		w := s.DotWriter()
		fmt.Fprint(w, body)
		s.err = w.Close()
	}
	s.step(250, "")
	s.step(221, "QUIT")
	return s.err
}

// session speaks SMTP until something is refused.
type session struct {
	*textproto.Conn
	err error
}

// step says a line, none when it is empty, and takes the answer.
func (s *session) step(code int, line string) string {
	if s.err != nil {
		return ""
	}
	if line != "" {
		s.err = s.PrintfLine("%s", line)
	}
	if s.err != nil {
		return ""
	}
	_, answer, err := s.ReadResponse(code)
	if err != nil {
		s.err = fmt.Errorf("%q: %w", line, err)
	}
	return answer
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// truth is what is known of a captured message because it was made so. README.md
// documents the fields.
type truth struct {
	Message      string   `json:"message"`
	What         string   `json:"what"`
	Bounce       bool     `json:"bounce,omitempty"`
	Sent         string   `json:"sent"`
	Collected    string   `json:"collected"`
	EnvelopeFrom string   `json:"envelope_from"`
	EnvelopeTo   string   `json:"envelope_to"`
	Path         []stop   `json:"path"`
	Forged       []string `json:"forged,omitempty"`
	ForgedByOwn  bool     `json:"forged_in_own_name,omitempty"`
	Innocent     []string `json:"innocent,omitempty"`
	Unclear      bool     `json:"stranger_not_shown,omitempty"`
}

// stop is one machine that the message passed.
type stop struct {
	Host     string `json:"host,omitempty"`
	Address  string `json:"address"`
	Address6 string `json:"address6,omitempty"`
	RDNS     string `json:"rdns,omitempty"`
	HELO     string `json:"helo,omitempty"`
	Role     string `json:"role"`
	Software string `json:"software,omitempty"`
	Relays   bool   `json:"relays_for_strangers,omitempty"`
	Hides    string `json:"hides,omitempty"`
	Auth     bool   `json:"authenticated,omitempty"`
	Zone     string `json:"zone,omitempty"`
	ClockOff int    `json:"clock_off_seconds,omitempty"`
}

// path lists the machines in the order in which the message passed them.
func (l *lab) path(m *message) []stop {
	var names []string
	if m.First != "" && (len(m.Via) == 0 || m.Via[0] != m.First) && m.First != store {
		names = append(names, m.First)
	}
	names = append(names, m.Via...)
	if m.At != "" {
		names = append(names, m.At)
	} else if len(names) == 0 || l.byName[names[len(names)-1]].Role != "store" {
		names = append(names, store)
	}
	var path []stop
	if len(m.Local) == 0 {
		path = append(path, stop{Address: m.Client, RDNS: clientName(m.Client), HELO: m.HELO, Role: "source"})
	}
	for i, n := range names {
		h := l.byName[n]
		s := stop{Host: h.Name, Address: h.Addr, Address6: h.Addr6, RDNS: h.Name, HELO: h.Name, Role: h.Role, Software: h.Server,
			Hides: h.Hides, Relays: h.Role == "relay" || h.Role == "proxy", Zone: h.zone(), ClockOff: int(h.Off / time.Second)}
		if h.NoRDNS {
			s.RDNS = ""
		}
		if len(m.Local) > 0 && i == 0 {
			s.Relays, s.Role = false, "source"
		}
		if m.Auth && i == 0 {
			s.Auth = true
		}
		path = append(path, s)
	}
	return path
}

func clientName(addr string) string {
	for _, c := range clients {
		if c.Addr == addr {
			return c.RDNS
		}
	}
	return ""
}

// collect waits for the messages and writes each down with its truth. It returns how
// many did not come.
func (l *lab) collect(messages []message, dir string, wait time.Duration) int {
	got := map[string]bool{}
	for end := time.Now().Add(wait); time.Now().Before(end) && len(got) < len(messages); time.Sleep(time.Second) {
		l.readBoxes(messages, dir, got)
	}
	missing := 0
	for _, m := range messages {
		if !got[m.Name] {
			missing++
			fmt.Fprintf(os.Stderr, "lab: %s did not arrive\n", m.Name)
		}
	}
	return missing
}

func (l *lab) readBoxes(messages []message, dir string, got map[string]bool) {
	for i := range cast {
		h := &cast[i]
		if h.Role != "store" && h.Role != "desk" || strings.HasPrefix(h.Name, "pop") {
			continue
		}
		files, _ := filepath.Glob(h.up("home/robin/Maildir/new/*"))
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				continue
			}
			for j := range messages {
				if m := &messages[j]; !got[m.Name] && bytes.Contains(data, []byte("<"+m.messageID())) {
					got[m.Name] = true
					if err := l.write(m, dir, data); err != nil {
						fmt.Fprintln(os.Stderr, "lab:", err)
					}
				}
			}
		}
	}
}

func (l *lab) write(m *message, dir string, data []byte) error {
	t := truth{
		Message: m.Name, What: m.What, Bounce: m.Bounce, EnvelopeFrom: m.from(), EnvelopeTo: m.rcpt(),
		Sent: m.sent.Format(time.RFC3339), Collected: time.Now().UTC().Format(time.RFC3339),
		Path: l.path(m), ForgedByOwn: m.Own, Innocent: m.Tags, Unclear: m.Unclear,
	}
	for _, f := range m.Forged {
		t.Forged = append(t.Forged, strings.ReplaceAll(f, "DATE", m.sent.Format(dateForm)))
	}
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, m.Name+".eml"), data, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, m.Name+".truth"), append(b, '\n'), 0o644)
}

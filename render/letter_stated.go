package render

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"relaytrace/casefile"
)

// maxStatedLines bounds the log lines that are quoted of one host.
const maxStatedLines = 20

// statedData is what the template of the letter about hosts that owners named reads.
type statedData struct {
	*frame
	Hosts     []statedHost
	Servers   []string // their addresses
	Addresses string   // some of them, for the subject
	Samples   int      // distinct
	Many      bool
	Old       bool // the oldest sample is over 90 days old
	Weak      bool // some line was tied to its sample by less than the relay's own queue ID
	Auth      bool // by some log a client had authenticated
}

// statedHost is one host with what was stated of it.
type statedHost struct {
	IP       string
	Owners   []string // the relays whose owners named it
	Lines    []string // the log lines as their owners sent them
	Unquoted int      // lines that are left out
	First    string   // when the samples were taken in, by the recipients' side; empty when not known
	Last     string
	Subjects []string // of the samples, for the search
	Sure     bool     // every line was tied to its sample by the relay's own queue ID
	Auth     bool     // a log says that the client had authenticated
}

// stated writes the letter to the network of hosts that only owners' answers name. Each
// must rest on an answer to a letter of the case, confirmed by the analyst.
func (f *frame) stated(c *casefile.Case, l casefile.Letter) (*written, error) {
	if len(l.Relays) == 0 {
		return nil, errors.New("it asks about no address")
	}
	d := &statedData{frame: f, Many: len(l.Relays) > 1}
	w := &written{addresses: f.mayName()}
	samples := map[int]bool{}
	for _, ip := range l.Relays {
		s := c.StatedHost(ip)
		if s == nil {
			return nil, fmt.Errorf("no owner's statement names %s", ip)
		}
		h, err := d.host(c, s, w, samples)
		if err != nil {
			return nil, err
		}
		d.Hosts, d.Servers = append(d.Hosts, h), append(d.Servers, h.IP)
		d.Weak, d.Auth = d.Weak || !h.Sure, d.Auth || h.Auth
	}
	d.Addresses, d.Samples = listed(d.Servers, 3), len(samples)
	w.names = f.settingNames()
	var err error
	w.subject, w.text, err = f.compose("stated", d)
	return w, err
}

func (d *statedData) host(c *casefile.Case, s *casefile.Stated, w *written, samples map[int]bool) (statedHost, error) {
	h := statedHost{IP: s.IP.Unmap().String(), Sure: true}
	if isBystander(c, s.IP) {
		w.names = append(w.names, h.IP) // a spammer wrote it into a header too; the owner's log names it for another reason
	}
	w.addresses[s.IP.Unmap()] = true
	var first, last time.Time
	for _, x := range s.Statements {
		if err := mayBeStated(c, &x); err != nil {
			return h, err
		}
		w.addresses[x.Relay.Unmap()] = true
		if owner := x.Relay.Unmap().String(); !slices.Contains(h.Owners, owner) {
			h.Owners = append(h.Owners, owner)
		}
		h.Sure, h.Auth = h.Sure && x.Match == "queue-id", h.Auth || x.Auth != ""
		if len(h.Lines) < maxStatedLines {
			h.Lines = append(h.Lines, wrapVerbatim(d.hide.text(oneLine(x.Line, 2000)))...)
		} else {
			h.Unquoted++
		}
		for _, n := range x.Samples {
			samples[n] = true
			sample := c.Sample(n)
			if sample == nil {
				continue
			}
			if subject := oneLine(sample.Path.Message.Subject, 100); subject != "" && len(h.Subjects) < 3 && !slices.Contains(h.Subjects, subject) {
				h.Subjects = append(h.Subjects, subject)
			}
			if when := takenAt(sample); !when.IsZero() {
				if first.IsZero() || when.Before(first) {
					first = when
				}
				if when.After(last) {
					last = when
				}
			}
		}
	}
	if !first.IsZero() {
		h.First, h.Last = Stamp(first.Format(time.RFC3339)), Stamp(last.Format(time.RFC3339))
		d.Old = d.Old || d.drafted.Sub(first) > oldLogs*24*time.Hour
	}
	return h, nil
}

// mayBeStated checks again that a statement was asked for and confirmed.
func mayBeStated(c *casefile.Case, x *casefile.Statement) error {
	was := c.Letter(x.Letter)
	switch {
	case was == nil || was.Sent == "" || !was.Asks():
		return fmt.Errorf("the statement about %s answers no letter that was sent", x.Client)
	case !slices.Contains(was.Relays, x.Relay):
		return fmt.Errorf("letter %s did not ask about %s", was.Name, x.Relay)
	case cmp.Or(x.Confirmed, x.Who) == "" || x.Confirmed == "":
		return fmt.Errorf("nobody has confirmed the statement about %s", x.Client)
	case len(x.Samples) == 0:
		return fmt.Errorf("the statement about %s is tied to no sample", x.Client)
	}
	return nil
}

// takenAt is when the recipient's side took the sample in, by a trusted stamp.
func takenAt(s *casefile.Sample) time.Time {
	p := &s.Path
	if p.Boundary == nil || p.Boundary.Hop < 0 || p.Boundary.Hop >= len(p.Hops) {
		return time.Time{}
	}
	when, err := time.Parse(time.RFC3339, p.Hops[p.Boundary.Hop].Time.UTC)
	if err != nil {
		return time.Time{}
	}
	return when
}

// wrapVerbatim cuts a log line into lines that a letter can hold; each goes on with two
// spaces more.
func wrapVerbatim(s string) []string {
	const width = 68
	var out []string
	for r := []rune(s); len(r) > 0; {
		n := min(len(r), width)
		lead := ""
		if len(out) > 0 {
			lead = "  "
		}
		out = append(out, lead+string(r[:n]))
		r = r[n:]
	}
	return out
}

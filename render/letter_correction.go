package render

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// corrected is what the template of a correction reads beside what all that follow a
// letter do.
type corrected struct {
	Changes   []change
	Corrected string // date of the correction before; empty of the first
	Samples   int    // distinct, on which what is known now rests
	Logs      bool   // some host is told as a server now, whose logs can tell more
	ToSource  bool   // some host was told as a server, and mail came from it by what is known now
	Eased     bool   // what is known now speaks for some host

	samples map[int]bool
	named   []string // hosts that the text names
}

// change is what was said of one address, and what is known now.
type change struct {
	IP          string
	Then, Now   statement
	Told        bool   // no server of the recipients' side has recorded it
	AccordingTo string // those whose fields then name it
}

// statement is what is said of a host: its deed, and whether its own field withholds
// who connected.
type statement struct {
	Is        deed
	Withholds bool
}

// deed is what a host did, as letters say it.
type deed string

// Those of servers stand first, from what is the least to what is the most; those of
// sources follow.
const (
	deedUnripe deed = "unripe" // seems to have passed mail on
	deedEither deed = "either" // handed mail over: as a relay, or as its source
	deedServes deed = "serves" // passed mail on from several networks: for strangers, or as their provider
	deedHidden deed = "hidden" // passed mail on and does not tell from whom
	deedOpen   deed = "open"   // passed mail on from a network without ties to its own
	deedDirect deed = "direct" // the source, or a relay that hides all
	deedTold   deed = "told"   // the source, according to the server that took the mail
)

var deeds = []deed{deedUnripe, deedEither, deedServes, deedHidden, deedOpen, deedDirect, deedTold}

// server reports whether it is that of a mail server that others used.
func (r deed) server() bool { return r != deedDirect && r != deedTold }

// statementOf tells what a case says that a host did.
func statementOf(s casefile.Said) (statement, error) {
	out := statement{Withholds: s.Withholds}
	switch s.Verdict {
	case casefile.VerdictSuspected:
		out.Is = deedOpen
	case casefile.VerdictUndisclosed:
		out.Is = deedHidden
	case casefile.VerdictSourceOrRelay:
		out.Is = deedEither
	case casefile.VerdictRelayOrProvider:
		out.Is = deedServes
	case casefile.VerdictProvisional:
		out.Is = deedUnripe
	case "":
		switch s.Certainty {
		case trace.Recorded:
			out.Is = deedDirect
		case trace.CertaintyCorroborated:
			out.Is = deedTold
		}
	}
	if out.Is == "" {
		return out, fmt.Errorf("nobody is written to about %s on the ground of %q, %q", s.IP, s.Verdict, s.Certainty)
	}
	return out, nil
}

func newCorrected(c *casefile.Case, l *casefile.Letter) *corrected {
	x := &corrected{samples: map[int]bool{}}
	last := ""
	for _, before := range c.Letters {
		if before.Kind == casefile.LetterCorrection && before.Refers == l.Refers && before.Name != l.Name {
			last = max(last, before.Sent)
		}
	}
	if sent, err := time.Parse(time.RFC3339, last); err == nil {
		x.Corrected = sent.UTC().Format(time.DateOnly)
	}
	return x
}

// correct takes up one address of a correction, and gives the evidence that the case has
// of it now.
func (d *followData) correct(c *casefile.Case, l *casefile.Letter, ip netip.Addr) (*asked, error) {
	i := slices.IndexFunc(l.Corrects, func(s casefile.Said) bool { return s.IP == ip })
	if i < 0 {
		return nil, fmt.Errorf("what was said of %s is not known", ip)
	}
	then, err := statementOf(l.Corrects[i])
	if err != nil {
		return nil, err
	}
	a, said, err := saidNow(c, ip, d.hide)
	if err != nil {
		return nil, err
	}
	now, err := statementOf(said)
	if err != nil {
		return nil, err
	}
	if now == then {
		return nil, fmt.Errorf("the case says of %s what was said before", ip)
	}
	d.Changes = append(d.Changes, change{IP: a.IP, Then: then, Now: now, Told: !a.Recorded(), AccordingTo: a.AccordingTo()})
	d.named = append(append(d.named, a.According...), a.Recorders...)
	d.Logs = d.Logs || now.Is.server()
	d.ToSource = d.ToSource || then.Is.server() && !now.Is.server()
	d.Eased = d.Eased || now.less(then)
	for _, t := range a.Transactions {
		d.samples[t.Sample] = true
	}
	d.Samples = len(d.samples)
	return a, nil
}

// less reports whether a host is charged with less than before. A source that turns out to
// be a server which others used is.
func (s statement) less(than statement) bool {
	if !than.Is.server() {
		return s.Is.server()
	}
	return s.Is.server() && (slices.Index(deeds, s.Is) < slices.Index(deeds, than.Is) || than.Withholds && !s.Withholds)
}

// saidNow is what the case says of an address now, as a relay or else as a source, with
// the evidence for it.
func saidNow(c *casefile.Case, ip netip.Addr, hide *redactor) (*asked, casefile.Said, error) {
	if r, err := relayAt(c, ip); err == nil {
		a, err := newAsked(c, r, hide)
		return a, casefile.Said{IP: ip, Verdict: r.Verdict, Withholds: r.Withholds, Certainty: r.Certainty}, err
	}
	s, err := sourceAt(c, ip)
	if err != nil {
		return nil, casefile.Said{}, err
	}
	a, err := newSource(c, s, hide)
	return a, casefile.Said{IP: ip, Certainty: s.Certainty}, err
}

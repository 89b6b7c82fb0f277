package render

import (
	"errors"
	"slices"

	"relaytrace/casefile"
)

// forgedData is what the template of the notice to another forged organisation reads.
type forgedData struct {
	*frame
	Lines       []string // its domains, each with what was seen
	Domains     string   // in words, for the subject
	First, Last string   // of the run, UTC; empty when not known
	Events      int      // samples of the case
	Relays      int      // that believed fields name
}

// forgedToo writes the notice to another organisation whose domains stood in the sender's
// place of the same run. It names no host.
func (f *frame) forgedToo(c *casefile.Case, l casefile.Letter) (*written, error) {
	d := &forgedData{frame: f, Events: max(c.SampleCount, len(c.Samples)), Relays: c.Tally().Found}
	var names []string
	for _, x := range c.Incident.Domains {
		if !slices.Contains(l.Domains, x.Domain) {
			continue
		}
		if x.Ours {
			return nil, errors.New("it would tell the organisation of its own domain")
		}
		line := oneLine(x.Domain, 200) + ": " + count(x.Samples, "sample", "samples")
		if x.Bounces > 0 {
			line += ", " + count(x.Bounces, "bounce", "bounces")
		}
		d.Lines = append(d.Lines, line)
		names = append(names, oneLine(x.Domain, 200))
	}
	if len(names) != len(l.Domains) || len(names) == 0 {
		return nil, errors.New("the case does not say that these domains were forged")
	}
	if c.Incident.First != "" {
		d.First, d.Last = Stamp(c.Incident.First), Stamp(c.Incident.Last)
	}
	d.Domains = listed(names, 3)
	w := &written{addresses: f.mayName(), names: append(f.settingNames(), names...)}
	allowAddresses(w.addresses, names...)
	var err error
	w.subject, w.text, err = f.compose("forged-too", d)
	return w, err
}

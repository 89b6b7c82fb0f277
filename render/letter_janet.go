package render

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/trace"
)

const (
	maxSpecimens = 3   // samples whose trace fields are quoted whole
	maxListed    = 200 // lines of any list of addresses
	maxFields    = 60  // trace fields quoted of one sample
)

// janetData is what the template of the report to JANET reads.
type janetData struct {
	*frame
	Events       int // samples
	First, Last  *stamp
	Relays       []*asked
	RelayLines   []string
	Sources      []string
	Claimed      int // sources that are only claimed, and so not listed
	Unshown      int // sources that stand only in samples that the case does not show
	Tally        casefile.Tally
	OwnHosts     string   // samples in whose path a host of the user's own side hands the mail on
	Destinations []string // hosts and addresses that took the mail from outside
	Clocks       []string
	Provisional  bool
	Specimens    []specimen
	Before       string   // date of the report before; empty for the first
	NewSamples   int      // since then
	NewRelays    []string // addresses that it did not name
	Gone         []string // addresses that it named and that are no relays any more
	Stated       []string // what owners of relays have answered since
}

// specimen is one sample whose header is quoted.
type specimen struct {
	Sample   int
	Why      string // why this one was chosen
	SHA256   string
	Standing []string // of its trace fields, in words
	Lines    []string
	fields   [][]string // the same, by field
}

// janetReport writes the report to the network's CSIRT: what it needs to act on, in
// plain text, without WHOIS or traceroute of addresses that it knows better itself.
func (f *frame) janetReport(c *casefile.Case, l casefile.Letter) (*written, error) {
	r := &janetData{frame: f, Events: max(c.SampleCount, len(c.Samples)), Tally: c.Tally()}
	if len(c.OwnHosts) > 0 {
		r.OwnHosts = sampleList(c.OwnHosts)
	}
	allowed := f.mayName()
	for i := range c.Relays {
		relay := &c.Relays[i]
		if !relay.Found() {
			continue // an innocent, or nobody's word for it
		}
		a, err := newAsked(c, relay, f.hide)
		if err != nil {
			return nil, err
		}
		r.addRelay(a)
		allowed[a.addr] = true
		allowAddresses(allowed, a.According...)
	}
	if err := r.addSources(c, allowed); err != nil {
		return nil, err
	}
	r.addBoundaries(c, allowed)
	since := r.since(c, &l, allowed)
	r.addStated(c, allowed)
	r.Specimens = f.specimens(c, since)
	if c.Settings.Attach && len(r.Specimens) > 0 {
		f.mail.Attached, f.Attached = &attachment{}, true
		for _, s := range r.Specimens {
			f.mail.Attached.Headers = append(f.mail.Attached.Headers, headerBlock(s.fields...))
		}
	}
	w := &written{addresses: allowed, names: f.settingNames()}
	var err error
	w.subject, w.text, err = f.compose("janet-report", r)
	return w, err
}

func (r *janetData) addRelay(a *asked) {
	r.Relays = append(r.Relays, a)
	line := a.IP
	if len(a.Names) > 0 {
		line += " (" + strings.Join(a.Names, ", ") + ")"
	}
	line += oneOf(a.Proven > 0, ": relayed in ", ": handed the mail over in ") + count(len(a.Transactions), "transaction", "transactions")
	if a.Recorded() {
		line += "; recorded by the recipient's side"
	} else {
		line += "; according to " + a.AccordingTo()
	}
	switch {
	case a.Withheld > 0:
		line += fmt.Sprintf("; withheld the previous hop in %d", a.Withheld)
	case a.Clients() > 0:
		line += "; recorded the previous hop"
	case a.Hinted > 0:
		line += "; no field of its own could be verified"
	default:
		line += "; no field of its own is known"
	}
	if a.Provisional {
		r.Provisional = true
		line += "; provisional"
	}
	if len(r.RelayLines) < maxListed {
		r.RelayLines = append(r.RelayLines, line)
	}
	if a.Clock != "" && len(r.Clocks) < maxListed {
		r.Clocks = append(r.Clocks, a.IP+": "+a.Clock)
	}
}

// addSources lists the other hosts where trails end, with what is known of each.
func (r *janetData) addSources(c *casefile.Case, allowed map[netip.Addr]bool) error {
	for _, s := range c.Sources {
		if s.Certainty != trace.Recorded && s.Certainty != trace.CertaintyCorroborated {
			r.Claimed++
			continue
		}
		if !s.IP.IsValid() {
			continue
		}
		if isBystander(c, s.IP) {
			return fmt.Errorf("%s is also a bystander of the case: the case contradicts itself", s.IP)
		}
		if !slices.ContainsFunc(s.Samples, func(n int) bool { return c.Sample(n) != nil }) {
			r.Unshown++
			continue
		}
		if _, err := sourceEvidence(c, &s, nil); err != nil {
			return err
		}
		allowed[s.IP.Unmap()] = true
		if len(r.Sources) == maxListed {
			continue
		}
		line := s.IP.Unmap().String() + ": "
		switch s.Ends {
		case trace.EndNoField:
			line += "handed the mail over and added no trace field: the source itself, or a relay that hides all"
		case trace.EndLocal:
			line += "the mail began on this host or behind it, by its own field"
		default:
			line += "the trail ends here"
		}
		if s.Certainty == trace.Recorded {
			line += "; recorded by the recipient's side"
		} else {
			line += "; according to the host that took the mail from it"
		}
		r.Sources = append(r.Sources, line+"; "+count(len(s.Samples), "sample", "samples"))
	}
	return nil
}

// addBoundaries reads, from each sample, when and by whom its mail was taken from
// outside.
func (r *janetData) addBoundaries(c *casefile.Case, allowed map[netip.Addr]bool) {
	var first, last time.Time
	for i := range c.Samples {
		p := &c.Samples[i].Path
		if p.Boundary == nil || p.Boundary.Hop < 0 || p.Boundary.Hop >= len(p.Hops) {
			continue
		}
		h := &p.Hops[p.Boundary.Hop]
		if h.Standing != trace.Trusted {
			continue
		}
		where := oneLine(h.By.Host, 255)
		if h.By.IP.IsValid() {
			allowed[h.By.IP.Unmap()] = true
			where = strings.TrimSpace(where + " " + h.By.IP.Unmap().String())
		}
		if where != "" && len(r.Destinations) < maxListed && !slices.Contains(r.Destinations, where) {
			r.Destinations = append(r.Destinations, where)
		}
		when, err := time.Parse(time.RFC3339, h.Time.UTC)
		if err != nil {
			continue
		}
		s := &stamp{Verbatim: oneLine(h.Time.Stamp, 80), UTC: Stamp(h.Time.UTC)}
		if r.First == nil || when.Before(first) {
			r.First, first = s, when
		}
		if r.Last == nil || when.After(last) {
			r.Last, last = s, when
		}
	}
	slices.Sort(r.Destinations)
}

// since tells what is new since the report before, and how many samples that one covered.
func (r *janetData) since(c *casefile.Case, l *casefile.Letter, allowed map[netip.Addr]bool) int {
	before := c.Letter(l.Refers)
	if before == nil || before.Kind != casefile.LetterJANET || before.Sent == "" {
		return 0
	}
	r.Before = Stamp(before.Sent)
	r.NewSamples = max(r.Events-before.Covers, 0)
	for _, ip := range l.Relays {
		if !slices.Contains(before.Relays, ip) && len(r.NewRelays) < maxListed {
			r.NewRelays = append(r.NewRelays, ip.Unmap().String())
		}
	}
	for _, ip := range before.Relays {
		if !slices.Contains(l.Relays, ip) && len(r.Gone) < maxListed {
			allowed[ip.Unmap()] = true
			r.Gone = append(r.Gone, ip.Unmap().String())
		}
	}
	return before.Covers
}

// addStated tells what owners answered.
func (r *janetData) addStated(c *casefile.Case, allowed map[netip.Addr]bool) {
	for i := range c.Stated {
		s := &c.Stated[i]
		var owners []string
		for _, x := range s.Statements {
			if mayBeStated(c, &x) != nil {
				continue // not confirmed, or an answer to nothing
			}
			allowed[x.Relay.Unmap()] = true
			if o := x.Relay.Unmap().String(); !slices.Contains(owners, o) {
				owners = append(owners, o)
			}
		}
		if len(owners) == 0 {
			continue
		}
		allowed[s.IP.Unmap()] = true
		if len(r.Stated) < maxListed {
			r.Stated = append(r.Stated, s.IP.Unmap().String()+": according to the owner of "+strings.Join(owners, ", "))
		}
	}
}

// specimens picks the few best samples: those whose trail leads furthest down through
// believed fields, with nothing against them and a relay that no other specimen shows.
// Samples that an earlier report covered come last.
func (f *frame) specimens(c *casefile.Case, since int) []specimen {
	best := make([]*casefile.Sample, 0, len(c.Samples))
	for i := range c.Samples {
		if len(c.Samples[i].Path.Hops) > 0 {
			best = append(best, &c.Samples[i])
		}
	}
	slices.SortStableFunc(best, func(a, b *casefile.Sample) int {
		return cmp.Or(compareBool(a.Number <= since, b.Number <= since), -cmp.Compare(worth(a), worth(b)), cmp.Compare(a.Number, b.Number))
	})
	shown := map[netip.Addr]bool{}
	var chosen []*casefile.Sample
	for _, fresh := range []bool{true, false} { // first those that show a relay of their own
		for _, s := range best {
			if len(chosen) < maxSpecimens && !slices.Contains(chosen, s) && showsMore(s, shown) == fresh {
				chosen = append(chosen, s)
				for _, r := range s.Path.Relays {
					shown[r.IP] = true
				}
			}
		}
	}
	var told []specimen
	for _, s := range chosen {
		t := newSpecimen(s, f.hide)
		t.Why = whyChosen(s)
		told = append(told, t)
	}
	return told
}

// showsMore reports whether a sample shows a relay that is not shown yet.
func showsMore(s *casefile.Sample, shown map[netip.Addr]bool) bool {
	return slices.ContainsFunc(s.Path.Relays, func(r trace.Relay) bool { return r.Certainty != trace.Claimed && !shown[r.IP] })
}

// whyChosen says why a sample is quoted. It names no host.
func whyChosen(s *casefile.Sample) string {
	believed, relays := 0, 0
	for i := range s.Path.Hops {
		if st := s.Path.Hops[i].Standing; st == trace.Trusted || st == trace.Corroborated {
			believed++
		}
	}
	for _, r := range s.Path.Relays {
		if r.Certainty != trace.Claimed {
			relays++
		}
	}
	why := fmt.Sprintf("%d of its %s can be believed", believed, count(len(s.Path.Hops), "trace field", "trace fields"))
	if relays > 0 {
		why += ", and it shows " + count(relays, "relay", "relays")
	}
	return why
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func worth(s *casefile.Sample) int {
	points := 0
	if s.Path.Boundary != nil {
		points += 100
	}
	for i := range s.Path.Hops {
		switch s.Path.Hops[i].Standing {
		case trace.Corroborated:
			points += 10
		case trace.Contradicted:
			points--
		}
	}
	return points
}

// newSpecimen quotes the trace header of a sample. The standing of each field stands
// beside it, lest a forged one be read as true.
func newSpecimen(s *casefile.Sample, hide *redactor) specimen {
	t := specimen{Sample: s.Number, SHA256: oneLine(s.SHA256, 64)}
	p := &s.Path
	add := func(name, body string) {
		lines := fieldLines(name, hide.text(body))
		t.fields, t.Lines = append(t.fields, lines), append(t.Lines, lines...)
	}
	if p.Message.ReturnPath != "" {
		add("Return-Path", " "+p.Message.ReturnPath)
	}
	for i := range p.Hops {
		if i == maxFields {
			t.Lines = append(t.Lines, fmt.Sprintf("[%d more in the evidence]", len(p.Hops)-i))
			break
		}
		t.Standing = append(t.Standing, fmt.Sprintf("%d %s", i+1, oneLine(string(p.Hops[i].Standing), 20)))
		add("Received", p.Hops[i].Raw)
	}
	for _, f := range []struct{ name, body string }{
		{"Message-ID", p.Message.MessageID}, {"Date", p.Message.Date},
		{"From", p.Message.From}, {"Subject", p.Message.Subject},
	} {
		if f.body != "" {
			add(f.name, " "+strings.TrimLeft(f.body, " \t"))
		}
	}
	return t
}

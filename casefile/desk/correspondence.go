package desk

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
)

// Days after which something is due. FIELD.md counts on logs being kept 60 days, so a
// reminder that helps must come well before.
const (
	ReminderAfter = 14 // days after a letter was sent or last reminded of
	GiveUpAfter   = 2  // reminders, after which a letter counts as not answered
)

// Correspondence is one letter that was sent, and what came of it.
type Correspondence struct {
	Letter    string       `json:"letter"` // its name
	Kind      string       `json:"kind"`
	To        []string     `json:"to"` // the addresses written to, in order
	Holder    string       `json:"holder"`
	Relays    []netip.Addr `json:"relays"`
	Registry  string       `json:"registry"` // of the first relay
	Country   string       `json:"country"`  // ISO 3166-1 alpha-2; empty when not known
	Sent      time.Time    `json:"sent"`
	Reminders []time.Time  `json:"reminders"`
	Answers   []time.Time  `json:"answers"`   // of the recipient, not of a machine
	Bounced   []string     `json:"bounced"`   // the addresses at which it did not arrive
	Retracted bool         `json:"retracted"` // all that it said of hosts is taken back, by a letter that was drafted or sent
}

// The states of a letter that was sent.
const (
	StateWaiting  = "waiting"
	StateAnswered = "answered"
	StateRemind   = "reminder-due"
	StateBounced  = "bounced"    // it arrived at nobody: the next contact is to be tried
	StateSilent   = "unanswered" // reminded of as often as is polite
	StateNoAnswer = "none-asked" // a report or reply: nobody was asked to answer
	StateTaken    = "retracted"  // nobody is reminded of what is taken back
)

// State tells how a letter stands at the time now, and when the next thing is due; the
// zero Time when nothing is.
func (c *Correspondence) State(now time.Time) (state string, due time.Time) {
	switch {
	case len(c.Answers) > 0:
		return StateAnswered, time.Time{}
	case len(c.To) > 0 && c.undelivered():
		return StateBounced, time.Time{}
	case !asksForAnswer(c.Kind):
		return StateNoAnswer, time.Time{}
	case c.Retracted:
		return StateTaken, time.Time{}
	}
	last := c.Sent
	for _, t := range c.Reminders {
		if t.After(last) {
			last = t
		}
	}
	due = last.AddDate(0, 0, ReminderAfter)
	switch {
	case now.Before(due):
		return StateWaiting, due
	case len(c.Reminders) >= GiveUpAfter:
		return StateSilent, time.Time{}
	}
	return StateRemind, due
}

func (c *Correspondence) undelivered() bool {
	for _, to := range c.To {
		if !containsFold(c.Bounced, to) {
			return false
		}
	}
	return true
}

// asksForAnswer reports whether letters of a kind do; see [casefile.Letter.Asks].
func asksForAnswer(kind string) bool {
	l := casefile.Letter{Kind: kind}
	return l.Asks()
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
}

// Rate is how often letters of one registry, country or holder were answered.
type Rate struct {
	Name     string  `json:"name"` // of the registry, country or holder; "not known" when it is not
	Sent     int     `json:"sent"` // letters that ask for an answer and arrived, or may have
	Answered int     `json:"answered"`
	Bounced  int     `json:"bounced"`     // letters that arrived at nobody; not among Sent
	Days     float64 `json:"median_days"` // from sending to the first answer; 0 when there is none
}

// Rates counts letters that ask for an answer, by what by names them; the most written to
// come first.
func Rates(all []Correspondence, by func(*Correspondence) string) []Rate {
	at := map[string]*Rate{}
	days := map[string][]float64{}
	for i := range all {
		c := &all[i]
		if !asksForAnswer(c.Kind) {
			continue
		}
		name := cmp.Or(by(c), "not known")
		r := at[name]
		if r == nil {
			r = &Rate{Name: name}
			at[name] = r
		}
		switch {
		case len(c.Answers) > 0:
			r.Sent++
			r.Answered++
			days[name] = append(days[name], slices.MinFunc(c.Answers, time.Time.Compare).Sub(c.Sent).Hours()/24)
		case c.undelivered() && len(c.To) > 0:
			r.Bounced++
		default:
			r.Sent++
		}
	}
	out := []Rate{}
	for name, r := range at {
		r.Days = median(days[name])
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Rate) int { return cmp.Or(b.Sent-a.Sent, cmp.Compare(a.Name, b.Name)) })
	return out
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

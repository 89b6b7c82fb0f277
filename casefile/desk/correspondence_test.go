package desk

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func day(n int) time.Time { return time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

func TestCorrespondenceState(t *testing.T) {
	base := Correspondence{Kind: "log-request", To: []string{"abuse@a.example", "noc@a.example"}, Sent: day(0)}
	for _, c := range []struct {
		name   string
		change func(*Correspondence)
		now    time.Time
		state  string
		due    time.Time
	}{
		{"fresh", func(*Correspondence) {}, day(1), StateWaiting, day(14)},
		{"on the day", func(*Correspondence) {}, day(14), StateRemind, day(14)},
		{"reminded", func(c *Correspondence) { c.Reminders = []time.Time{day(15)} }, day(20), StateWaiting, day(29)},
		{"reminded twice", func(c *Correspondence) { c.Reminders = []time.Time{day(15), day(29)} }, day(60), StateSilent, time.Time{}},
		{"answered late", func(c *Correspondence) { c.Reminders = []time.Time{day(15)}; c.Answers = []time.Time{day(70)} }, day(80), StateAnswered, time.Time{}},
		{"one contact bounced", func(c *Correspondence) { c.Bounced = []string{"NOC@a.example"} }, day(1), StateWaiting, day(14)},
		{"all bounced", func(c *Correspondence) { c.Bounced = []string{"NOC@a.example", "abuse@a.example"} }, day(1), StateBounced, time.Time{}},
		{"a reply", func(c *Correspondence) { c.Kind = "reply" }, day(99), StateNoAnswer, time.Time{}},
	} {
		x := base
		c.change(&x)
		if state, due := x.State(c.now); state != c.state || !due.Equal(c.due) {
			t.Errorf("%s: %s due %s, want %s due %s", c.name, state, due, c.state, c.due)
		}
	}
}

func TestRates(t *testing.T) {
	all := []Correspondence{
		{Kind: "log-request", Registry: "RIPE NCC", To: []string{"a@a.example"}, Sent: day(0), Answers: []time.Time{day(9), day(2)}},
		{Kind: "notice", Registry: "RIPE NCC", To: []string{"a@a.example"}, Sent: day(0), Answers: []time.Time{day(4)}},
		{Kind: "log-request", Registry: "RIPE NCC", To: []string{"b@b.example"}, Sent: day(0)},
		{Kind: "log-request", Registry: "APNIC", To: []string{"c@c.example"}, Sent: day(0), Bounced: []string{"c@c.example"}},
		{Kind: "log-request", To: []string{"d@d.example"}, Sent: day(0)},
		{Kind: "reply", Registry: "RIPE NCC", To: []string{"e@e.example"}, Sent: day(0)},
	}
	want := []Rate{{"RIPE NCC", 3, 2, 0, 3}, {"not known", 1, 0, 0, 0}, {"APNIC", 0, 0, 1, 0}}
	if d := cmp.Diff(want, Rates(all, func(c *Correspondence) string { return c.Registry })); d != "" {
		t.Error(d)
	}
}

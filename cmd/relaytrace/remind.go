package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/desk"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// letterState is one letter that was sent: the document relaytrace.correspondence/1.
type letterState struct {
	Schema string `json:"schema"`
	Case   string `json:"case"`
	desk.Correspondence
	State string `json:"state"` // waiting, answered, reminder-due, bounced, unanswered, none-asked, retracted
	Due   string `json:"due"`   // RFC 3339, UTC: when the next thing is due; empty when nothing is
}

func (a *app) remindVerb() *cobra.Command {
	var f onCase
	c := &cobra.Command{
		Use:   "remind [flags] DIR",
		Short: "Tell how the letters of a case stand, and draft the reminders that are due",
		Long: `remind lists the letters of a case that were sent: when, whether an answer came, what is due
and when, and how often owners answer, by registry and country. For letters that nobody has
answered 14 days after they were sent or last reminded of, it drafts a reminder; after two
reminders none follows.`,
		Example: `  relaytrace remind RT-2026-01
  relaytrace remind --json RT-2026-01 | jq -r 'select(.state == "reminder-due") | .letter'`,
		Args: oneCase,
		RunE: func(c *cobra.Command, args []string) error { return a.remind(c.Context(), f, args[0]) },
	}
	f.add(c)
	return c
}

func (a *app) remind(ctx context.Context, f onCase, dir string) error {
	var states []letterState
	o, err := a.change(ctx, f, dir, func(w *casework) error {
		w.remindDue = true
		return nil
	})
	if err != nil {
		return err
	}
	now, err := clock(f.now)
	if err != nil {
		return err
	}
	for _, x := range o.letters {
		state, due := x.State(now())
		s := letterState{Schema: "relaytrace.correspondence/1", Case: o.c.ID, Correspondence: x, State: state}
		if !due.IsZero() {
			s.Due = due.UTC().Format(time.RFC3339)
		}
		states = append(states, s)
	}
	if f.asJSON {
		for _, s := range states {
			if err := a.writeJSON(s); err != nil {
				return err
			}
		}
		return nil
	}
	a.writeStates(states, o.letters)
	var drafts []string
	for _, l := range o.c.Letters {
		if l.Kind == casefile.LetterReminder && l.Sent == "" {
			drafts = append(drafts, l.Name)
		}
	}
	if len(drafts) > 0 {
		fmt.Fprintf(a.stdout, "\nReminders drafted in %s/letters: %s\n", render.Visible(dir), strings.Join(drafts, ", "))
	}
	return nil
}

// writeStates tells people how the letters stand.
func (a *app) writeStates(states []letterState, letters []desk.Correspondence) {
	if len(states) == 0 {
		a.stdout.WriteString("No letter is noted as sent; relaytrace sent notes it.\n")
		return
	}
	rows := [][]string{{"letter", "sent", "state", "due", "to"}}
	for _, s := range states {
		due, _, _ := strings.Cut(s.Due, "T")
		rows = append(rows, []string{render.Visible(s.Letter), s.Sent.UTC().Format(time.DateOnly), s.State, cmp.Or(due, "-"), render.Visible(render.Middle(strings.Join(s.To, ", "), 50))})
	}
	writeTable(a.stdout, rows, unmarked)
	a.writeRates("registry", desk.Rates(letters, func(c *desk.Correspondence) string { return c.Registry }))
	a.writeRates("country", desk.Rates(letters, func(c *desk.Correspondence) string { return c.Country }))
}

// writeRates writes how often owners answer.
func (a *app) writeRates(by string, rates []desk.Rate) {
	if len(rates) == 0 {
		return
	}
	rows := [][]string{rateHead(by)}
	for i := range rates {
		row := rateRow(&rates[i])
		row[0] = render.Visible(row[0])
		rows = append(rows, row)
	}
	a.stdout.WriteString("\n")
	writeTable(a.stdout, rows, unmarked)
}

func rateHead(by string) []string {
	return []string{by, "sent", "answered", "came back", "median days"}
}

func rateRow(r *desk.Rate) []string {
	days := "-"
	if r.Answered > 0 {
		days = fmt.Sprintf("%.1f", r.Days)
	}
	return []string{r.Name, fmt.Sprint(r.Sent), fmt.Sprint(r.Answered), fmt.Sprint(r.Bounced), days}
}

// correspondence gathers what came of the letters of a case that were sent, in the order of
// sending.
func correspondence(ctx context.Context, st *store.Store) ([]desk.Correspondence, error) {
	events, err := st.Exchanges(ctx)
	if err != nil {
		return nil, err
	}
	records, err := st.Records(ctx)
	if err != nil {
		return nil, err
	}
	letters, err := st.Kept(ctx)
	if err != nil {
		return nil, err
	}
	out := []desk.Correspondence{}
	for _, l := range letters {
		sent, err := time.Parse(time.RFC3339, l.Sent)
		if err != nil || l.Kind == casefile.LetterReminder {
			continue
		}
		x := desk.Correspondence{
			Letter: l.Name, Kind: l.Kind, To: l.To, Holder: l.Holder, Relays: l.Relays, Sent: sent,
			Reminders: []time.Time{}, Answers: []time.Time{}, Bounced: []string{},
		}
		if len(l.Relays) > 0 {
			r := records[l.Relays[0]]
			x.Registry = string(r.Registry)
			if r.Network != nil {
				x.Country = r.Network.Country
			}
		}
		for _, e := range events {
			if e.Letter != l.Name {
				continue
			}
			switch e.What {
			case store.WasReminded:
				x.Reminders = append(x.Reminders, e.Time)
			case store.WasAnswered:
				x.Answers = append(x.Answers, e.Time)
			case store.WasBounced:
				x.Bounced = append(x.Bounced, e.Address)
			}
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b desk.Correspondence) int { return a.Sent.Compare(b.Sent) })
	return out, nil
}

package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
)

// takeBack drafts what letters that were sent make necessary when the case says something
// else now: a retraction for those whom it does not accuse any more, a correction for those
// of whom it says something else. Each is drafted once, and the draft goes when the case
// says again what was sent.
func (w *casework) takeBack(ctx context.Context, o *outcome) error {
	var err error
	if o.lost, err = w.st.Lost(ctx, o.c); err != nil {
		return err
	}
	before, err := w.st.Letters(ctx, false)
	if err != nil {
		return err
	}
	if err := w.leaveReturned(ctx, o, before); err != nil {
		return err
	}
	for i := range o.lost {
		x := &o.lost[i]
		x.Gone = slices.DeleteFunc(x.Gone, func(ip netip.Addr) bool { return retracted(before, x.Letter, ip) })
		x.Changed = slices.DeleteFunc(x.Changed, func(s casefile.Said) bool { return retracted(before, x.Letter, s.IP) })
	}
	o.lost = slices.DeleteFunc(o.lost, func(x store.Lost) bool { return len(x.Gone)+len(x.Changed) == 0 })
	o.c.Letters = slices.DeleteFunc(o.c.Letters, func(l casefile.Letter) bool {
		return l.Sent == "" && (l.Kind == casefile.LetterRetraction || l.Kind == casefile.LetterCorrection) // planned anew
	})
	for _, x := range o.lost {
		if len(x.Gone) > 0 {
			l, err := o.c.PlanRetraction(x.Letter, x.Gone, w.now())
			w.addFollowing(o.c, before, l, "retraction of letter "+x.Letter, err)
		}
		if len(x.Changed) > 0 {
			l, err := o.c.PlanCorrection(x.Letter, x.Changed, w.now())
			w.addFollowing(o.c, before, l, "correction of letter "+x.Letter, err)
		}
	}
	return nil
}

// leaveReturned leaves out the letters that came back from all to whom they went: nobody was
// told anything.
func (w *casework) leaveReturned(ctx context.Context, o *outcome, letters []store.Letter) error {
	events, err := w.st.Exchanges(ctx)
	if err != nil {
		return err
	}
	o.lost = slices.DeleteFunc(o.lost, func(x store.Lost) bool {
		i := slices.IndexFunc(letters, func(l store.Letter) bool { return l.Name == x.Letter })
		return i >= 0 && len(letters[i].To) > 0 && !slices.ContainsFunc(letters[i].To, func(to string) bool {
			return !slices.ContainsFunc(events, func(e store.Exchange) bool {
				return e.Letter == x.Letter && e.What == store.WasBounced && e.Address == to
			})
		})
	})
	return nil
}

// addFollowing adds a draft, or tells why there is none. One that was drafted before bears
// the date that it had, so that it does not change by itself.
func (w *casework) addFollowing(c *casefile.Case, before []store.Letter, l casefile.Letter, what string, err error) {
	if err != nil {
		w.app.tell(fmt.Sprintf("%s: no %s is drafted: %v", w.st.Dir(), what, err), "write it yourself")
		return
	}
	for _, d := range before {
		if d.Name == l.Name && slices.Equal(d.Relays, l.Relays) && slices.Equal(d.Corrects, l.Corrects) {
			l.Date = d.Date
		}
	}
	c.Letters = append(c.Letters, l)
}

// retracted reports whether what a letter said of an address was taken back by one that was
// sent.
func retracted(letters []store.Letter, name string, ip netip.Addr) bool {
	return slices.ContainsFunc(letters, func(l store.Letter) bool {
		return l.Sent != "" && l.Kind == casefile.LetterRetraction && l.Refers == name && slices.Contains(l.Relays, ip)
	})
}

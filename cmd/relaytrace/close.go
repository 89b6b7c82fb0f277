package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile/desk"
	"relaytrace/render"
)

func (a *app) closeVerb() *cobra.Command {
	var f onCase
	var reopen bool
	c := &cobra.Command{
		Use:   "close [flags] DIR",
		Short: "Close a case, or open it again",
		Long: `close notes in a case and its custody log that it is closed, and tells what is still open: letters
that wait for an answer, and drafts that were never sent. Nothing is lost, and samples and
answers that come late can still be added. --reopen opens it again.`,
		Example: `  relaytrace close RT-2026-01
  relaytrace close --reopen RT-2026-01`,
		Args: oneCase,
		RunE: func(c *cobra.Command, args []string) error {
			status := "closed"
			if reopen {
				status = "open"
			}
			o, err := a.change(c.Context(), f, args[0], func(w *casework) error {
				about, err := w.st.Case(c.Context())
				if err != nil || about.Status == status {
					return err
				}
				about.Status = status
				return errors.Join(w.st.SetCase(c.Context(), about), w.st.Log(c.Context(), w.now(), w.who, versionOf(), map[bool]string{false: "closed", true: "reopened"}[reopen]))
			})
			if err != nil {
				return err
			}
			if f.asJSON {
				_, err = a.stdout.Write(o.doc)
				return err
			}
			fmt.Fprintf(a.stdout, "Case %s is %s.\n", render.Visible(o.c.ID), status)
			if !reopen {
				a.writeOpen(&o)
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().BoolVar(&reopen, "reopen", false, "open the case again")
	return c
}

// writeOpen tells what a case that is closed leaves undone.
func (a *app) writeOpen(o *outcome) {
	waiting := 0
	for i := range o.letters {
		switch state, _ := o.letters[i].State(time.Time{}); state {
		case desk.StateAnswered, desk.StateBounced, desk.StateNoAnswer, desk.StateTaken:
		default:
			waiting++
		}
	}
	fmt.Fprintf(a.stdout, "  letters that nobody answered: %d\n  drafts that were not sent: %d\n", waiting, drafts(o.c))
}

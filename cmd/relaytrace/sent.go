package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

func (a *app) sentVerb() *cobra.Command {
	var f onCase
	var on string
	c := &cobra.Command{
		Use:   "sent [flags] DIR LETTER...",
		Short: "Note that letters of a case were sent",
		Long: `sent notes that you have sent letters of a case, by their names as they stand in the folder
letters, without .eml or .txt. From then on the letter and the judgement that it rests on
are kept as they are; what it asked is not asked again, a reminder falls due after 14 days,
and when its ground goes a retraction is proposed, when it changes a correction.

A letter on HOLD must not be sent as it stands. If you have mended and sent one all the
same, say so with --held.`,
		Example: `  relaytrace sent RT-2026-01 01-log-request-192.0.2.25
  relaytrace sent --on 2026-11-24 --who "Robin Example" RT-2026-01 00-janet-report`,
		Args: caseAndLetters,
	}
	var held bool
	c.RunE = func(c *cobra.Command, args []string) error {
		o, err := a.change(c.Context(), f, args[0], func(w *casework) error {
			at, err := w.when(on)
			if err != nil {
				return err
			}
			return w.markSent(c, args[1:], at, held)
		})
		if err != nil {
			return err
		}
		if f.asJSON {
			_, err = a.stdout.Write(o.doc)
			return err
		}
		for _, name := range args[1:] {
			fmt.Fprintf(a.stdout, "%s: noted as sent\n", render.Visible(name))
		}
		writeChanges(a.stdout, &o)
		return nil
	}
	f.add(c)
	c.Flags().StringVar(&on, "on", "", "it was sent on `DATE` or at that time, in place of now")
	c.Flags().BoolVar(&held, "held", false, "letters on HOLD too: they were mended before they were sent")
	return c
}

// caseAndLetters asks for the folder of a case and at least one letter.
func caseAndLetters(c *cobra.Command, args []string) error {
	if len(args) < 2 {
		return usage("a case and a letter are needed", c.CommandPath()+" --help")
	}
	return nil
}

// markSent notes letters as sent.
func (w *casework) markSent(c *cobra.Command, names []string, at time.Time, held bool) error {
	ctx := c.Context()
	all, err := w.st.Letters(ctx, false)
	if err != nil {
		return err
	}
	for _, name := range names {
		for i := range all {
			if l := &all[i]; l.Name == name && l.Hold && !held {
				return hinted(fmt.Errorf("letter %s is on HOLD: %s", name, l.Reason), "settle that first; --held if you mended it before you sent it")
			}
		}
		stamp := at.UTC().Format(time.RFC3339)
		if err := w.st.MarkSent(ctx, name, stamp, w.who); err != nil {
			return err
		}
		what := store.WasSent
		letter := name
		for i := range all {
			if l := &all[i]; l.Name == name && l.Kind == casefile.LetterReminder {
				what, letter = store.WasReminded, l.Refers
			}
		}
		if err := w.st.AddExchange(ctx, &store.Exchange{Letter: letter, What: what, Time: at, Who: w.who}); err != nil {
			return err
		}
		if err := w.st.Log(ctx, w.now(), w.who, versionOf(), "letter-sent", "letter="+name, "sent="+stamp); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"relaytrace/casefile/store"
)

func (a *app) eraseVerb() *cobra.Command {
	var f onCase
	c := &cobra.Command{
		Use:   "erase [flags] DIR REPORTER",
		Short: "Erase the personal data of a reporter from a case",
		Long: `erase takes the personal data of a reporter, named by the mail address, out of a case for good:
what he sent in, who he is, the samples that nobody else sent in, and the replies to him, at
any address that he gave, with what came back on them. What is left are digests, and a note in the custody log that says what was erased and
not whose it was. The case is judged anew by what is left.

Copies elsewhere are not touched: backups, a folder of --redact, mail that you sent.`,
		Example: `  relaytrace erase RT-2026-01 ann@isp.example`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("a case and a reporter are needed", "see "+c.CommandPath()+" --help")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.erase(c, f, args[0], args[1]) },
	}
	f.add(c)
	return c
}

func (a *app) erase(c *cobra.Command, f onCase, dir, reporter string) error {
	var who address
	if err := who.UnmarshalText([]byte(reporter)); err != nil || who.text == "" {
		return usage(fmt.Sprintf("%q is not a mail address", reporter), "name the reporter by the mail address that relaytrace sort shows")
	}
	w, err := a.reopen(c.Context(), dir, f)
	if err != nil {
		return err
	}
	gone, o, err := w.erase(c.Context(), who.text, f.who)
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	if f.asJSON {
		_, err = a.stdout.Write(o.doc)
		return err
	}
	fmt.Fprintf(a.stdout, "Erased: %s, %s, %s\n", count(len(gone.Submissions), "submission", "submissions"),
		count(len(gone.Samples), "sample", "samples"), count(len(gone.Letters), "letter", "letters"))
	writeChanges(a.stdout, &o)
	return nil
}

// erase takes a reporter out of the store and finishes the case with what is left.
func (w *casework) erase(ctx context.Context, reporter, who string) (store.Erased, outcome, error) {
	gone, err := w.st.Erase(ctx, reporter, w.now(), w.who, versionOf())
	if err != nil {
		return gone, outcome{}, err
	}
	if err := w.resume(ctx, who); err != nil {
		return gone, outcome{}, err
	}
	o, err := w.finish(ctx, "")
	return gone, o, err
}

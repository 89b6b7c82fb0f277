package main

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// verifyDoc is the document relaytrace.verify/1.
type verifyDoc struct {
	Schema      string   `json:"schema"`
	Case        string   `json:"case"`
	OK          bool     `json:"ok"` // nothing differs
	Samples     int      `json:"samples"`
	Submissions int      `json:"submissions"`
	Answers     int      `json:"answers"`
	Events      int      `json:"events"`
	Head        string   `json:"head"` // hash of the last event
	Files       int      `json:"files"`
	Erased      int      `json:"erased"`   // of which only the digest is left
	Evidence    []string `json:"evidence"` // what differs in the store
	Folder      []string `json:"folder"`   // what differs of the files written from it
	Notes       []string `json:"notes"`
}

func (a *app) verifyVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [flags] DIR",
		Short: "Hash a case again and name what differs",
		Long: `verify hashes everything in a case again: every sample, submission and answer of case.db, the
custody log, in which each event is chained to the one before, and the files that were
written from it. It names what differs, down to the sample, and changes nothing.

The head of the custody log stands in the PDF: compare it with the one printed here.

The exit code is 0 when nothing differs, 1 when evidence or the custody log does, and 3
when only files written from the case were edited or are missing; relaytrace export writes
those again.`,
		Example: `  relaytrace verify RT-2026-01
  relaytrace verify --json RT-2026-01 | jq '.evidence[]'`,
		Args: oneCase,
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c, args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the document relaytrace.verify/1")
	return c
}

// oneCase asks for the folder of one case.
func oneCase(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usage("no case named", "name the folder of a case; see "+c.CommandPath()+" --help")
	case len(args) > 1:
		return usage(fmt.Sprintf("unexpected argument %q", args[1]), c.CommandPath()+" --help")
	}
	return nil
}

func (a *app) verify(c *cobra.Command, dir string, asJSON bool) error {
	st, err := store.OpenReadOnly(c.Context(), dir)
	if err != nil {
		return err
	}
	defer st.Close()
	about, err := st.Case(c.Context())
	if err != nil {
		return err
	}
	v, err := st.Verify(c.Context())
	if err != nil {
		return err
	}
	if asJSON {
		doc, err := casefile.EncodeJSON(verifyDoc{
			"relaytrace.verify/1", about.ID, len(v.Evidence)+len(v.Folder) == 0, v.Samples, v.Submissions, v.Answers, v.Events, v.Head, v.Files, v.Erased,
			append([]string{}, v.Evidence...), append([]string{}, v.Folder...), append([]string{}, v.Notes...),
		}, " ")
		if err != nil {
			return err
		}
		if _, err := a.stdout.Write(doc); err != nil {
			return err
		}
	} else {
		writeVerified(a.stdout, about.ID, &v)
	}
	switch {
	case len(v.Evidence) > 0:
		return hinted(fmt.Errorf("%s: the evidence or the custody log is not as it was written", dir),
			"keep the folder as it is, and compare it with a copy; relaytrace export --salvage writes what can still be read")
	case len(v.Folder) > 0:
		a.incomplete = true
	}
	return nil
}

// writeVerified tells people what was hashed and what differs.
func writeVerified(w *bufio.Writer, id string, v *store.Verified) {
	fmt.Fprintf(w, "Case %s\n\n", render.Visible(id))
	fmt.Fprintf(w, "Hashed again: %s, %s, %s, %s, %s\n", count(v.Samples, "sample", "samples"), count(v.Submissions, "submission", "submissions"),
		count(v.Answers, "answer", "answers"), count(v.Events, "event", "events"), count(v.Files, "file", "files"))
	if v.Erased > 0 {
		fmt.Fprintf(w, "Erased: of %d only the digest is left\n", v.Erased)
	}
	fmt.Fprintf(w, "Head of the custody log: %s\n", v.Head)
	for _, part := range []struct {
		title string
		lines []string
	}{{"Differs, in the evidence or the custody log", v.Evidence}, {"Differs, in the files written from the case", v.Folder}, {"To be known", v.Notes}} {
		if len(part.lines) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s:\n", part.title)
		for _, line := range part.lines {
			fmt.Fprintf(w, "  %s\n", render.Visible(line))
		}
	}
	if len(v.Evidence)+len(v.Folder) == 0 {
		fmt.Fprint(w, "\nAll is as it was written.\n")
	}
}

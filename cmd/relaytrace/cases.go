package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// casesDoc is the document relaytrace.cases/1.
type casesDoc struct {
	Schema string         `json:"schema"`
	Cases  []caseDoc      `json:"cases"`
	Shared []store.Shared `json:"shared"` // what was seen in more than one of them
}

// caseDoc tells of one case of a folder.
type caseDoc struct {
	Dir string `json:"dir"` // name of its folder
	store.Overview
}

func (a *app) casesVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "cases [flags] FOLDER",
		Short: "List the cases of a folder, and what they have in common",
		Long: `cases lists the cases that lie in a folder, and tells which relay, network, cluster or reporter
was seen in more than one of them. Reporters are told by hashes. Nothing is changed.`,
		Example: `  relaytrace cases incidents/
  relaytrace cases --json incidents/ | jq '.shared[]'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("one folder is needed", "name the folder in which the cases lie; see "+c.CommandPath()+" --help")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.cases(c, args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the document relaytrace.cases/1")
	return c
}

func (a *app) cases(c *cobra.Command, folder string, asJSON bool) error {
	doc, err := a.overview(c.Context(), folder, "")
	if err != nil {
		return err
	}
	if !asJSON {
		writeCases(a.stdout, doc)
		return nil
	}
	text, err := casefile.EncodeJSON(doc, " ")
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(text)
	return err
}

// overview reads the cases that lie in a folder, by name, but for the one of the folder but.
// One that cannot be read is told, and the others go on.
func (a *app) overview(ctx context.Context, folder, but string) (casesDoc, error) {
	doc := casesDoc{Schema: "relaytrace.cases/1", Cases: []caseDoc{}, Shared: []store.Shared{}}
	entries, err := os.ReadDir(folder)
	if err != nil {
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return doc, hinted(fmt.Errorf("%s: %w", folder, err), "name the folder in which the cases lie")
	}
	var all []store.Overview
	for _, e := range entries {
		dir := filepath.Join(folder, e.Name())
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || !store.Exists(dir) || sameFolder(dir, but) {
			continue
		}
		o, err := overviewOf(ctx, dir)
		if ctx.Err() != nil {
			return doc, ctx.Err()
		}
		if err != nil {
			a.incomplete = true
			a.tell(err.Error(), "")
			continue
		}
		all = append(all, o)
		doc.Cases = append(doc.Cases, caseDoc{e.Name(), o})
	}
	doc.Shared = store.Compare(all)
	return doc, nil
}

func sameFolder(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// elsewhere tells what of the case was seen in the other cases of a folder.
func (w *casework) elsewhere(ctx context.Context, folder string) ([]casefile.Elsewhere, error) {
	out := []casefile.Elsewhere{}
	if folder == "" {
		return out, nil
	}
	doc, err := w.app.overview(ctx, folder, w.st.Dir())
	if err != nil {
		return out, err
	}
	mine, err := w.st.Overview(ctx)
	if err != nil {
		return out, err
	}
	for _, other := range doc.Cases {
		for _, s := range store.Compare([]store.Overview{mine, other.Overview}) {
			out = append(out, casefile.Elsewhere{Case: other.ID, What: s.What, Name: s.Name})
		}
	}
	return out, nil
}

func overviewOf(ctx context.Context, dir string) (store.Overview, error) {
	st, err := store.OpenReadOnly(ctx, dir)
	if err != nil {
		return store.Overview{}, err
	}
	defer st.Close()
	return st.Overview(ctx)
}

func writeCases(w *bufio.Writer, doc casesDoc) {
	rows := [][]string{{"folder", "case", "state", "created", "submissions", "samples", "relays", "letters sent"}}
	for _, c := range doc.Cases {
		rows = append(rows, []string{
			render.Visible(c.Dir), render.Visible(c.ID), c.Status, c.Created, fmt.Sprint(c.Submissions), fmt.Sprint(c.Samples), fmt.Sprint(c.Relays), fmt.Sprint(c.Sent),
		})
	}
	fmt.Fprintf(w, "%s\n", count(len(doc.Cases), "case", "cases"))
	if len(doc.Cases) > 0 {
		fmt.Fprintln(w)
		writeTable(w, rows, unmarked)
	}
	if len(doc.Shared) == 0 {
		return
	}
	fmt.Fprint(w, "\nSeen in more than one case:\n")
	for _, s := range doc.Shared {
		fmt.Fprintf(w, "  %s %s: %s\n", s.What, render.Visible(s.Name), render.Visible(strings.Join(s.Cases, ", ")))
	}
}

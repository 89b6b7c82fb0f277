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
	"relaytrace/casefile/desk"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// casesDoc is the document relaytrace.cases/1.
type casesDoc struct {
	Schema string         `json:"schema"`
	Cases  []caseDoc      `json:"cases"`
	Shared []store.Shared `json:"shared"` // what was seen in more than one of them
	// How often owners answered letters that asked for it, and how fast, over all cases.
	Registries []desk.Rate `json:"registries"`
	Countries  []desk.Rate `json:"countries"`
	Holders    []desk.Rate `json:"holders"`
}

// caseDoc tells of one case of a folder.
type caseDoc struct {
	Dir string `json:"dir"` // name of its folder
	store.Overview
}

func (a *app) casesVerb() *cobra.Command {
	var asJSON bool
	var page string
	c := &cobra.Command{
		Use:   "cases [flags] FOLDER",
		Short: "List the cases of a folder, and what they have in common",
		Long: `cases lists the cases that lie in a folder, and tells which relay, network, cluster or reporter
was seen in more than one of them, and how often and how fast owners answer, by registry,
country and holder. Reporters are told by hashes. Nothing is changed.`,
		Example: `  relaytrace cases incidents/
  relaytrace cases --html overview.html incidents/
  relaytrace cases --json incidents/ | jq '.shared[]'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("one folder is needed", "name the folder in which the cases lie; see "+c.CommandPath()+" --help")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.cases(c, args[0], asJSON, page) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the document relaytrace.cases/1")
	c.Flags().StringVar(&page, "html", "", "write the same as a page to `FILE`, which must not exist")
	return c
}

func (a *app) cases(c *cobra.Command, folder string, asJSON bool, page string) error {
	doc, err := a.overview(c.Context(), folder, "")
	if err != nil {
		return err
	}
	if page != "" {
		if err := writePage(page, folder, &doc); err != nil {
			return err
		}
	}
	if !asJSON {
		writeCases(a.stdout, doc)
		a.writeRates("registry", doc.Registries)
		a.writeRates("country", doc.Countries)
		a.writeRates("holder", doc.Holders)
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
	var letters []desk.Correspondence
	for _, e := range entries {
		dir := filepath.Join(folder, e.Name())
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || !store.Exists(dir) || sameFolder(dir, but) {
			continue
		}
		o, sent, err := overviewOf(ctx, dir)
		if ctx.Err() != nil {
			return doc, ctx.Err()
		}
		if err != nil {
			a.incomplete = true
			a.tell(err.Error(), "")
			continue
		}
		all, letters = append(all, o), append(letters, sent...)
		doc.Cases = append(doc.Cases, caseDoc{e.Name(), o})
	}
	doc.Shared = store.Compare(all)
	doc.Registries = desk.Rates(letters, func(c *desk.Correspondence) string { return c.Registry })
	doc.Countries = desk.Rates(letters, func(c *desk.Correspondence) string { return c.Country })
	doc.Holders = desk.Rates(letters, func(c *desk.Correspondence) string { return c.Holder })
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

func overviewOf(ctx context.Context, dir string) (store.Overview, []desk.Correspondence, error) {
	st, err := store.OpenReadOnly(ctx, dir)
	if err != nil {
		return store.Overview{}, nil, err
	}
	defer st.Close()
	o, err := st.Overview(ctx)
	if err != nil {
		return o, nil, err
	}
	sent, err := correspondence(ctx, st)
	return o, sent, err
}

// writePage writes the overview as a page. A file that is there stays.
func writePage(name, folder string, doc *casesDoc) error {
	v := render.WideView{Title: "Cases of " + folder}
	cases := render.WideTable{Title: "Cases", Head: []string{"Folder", "Case", "State", "Created", "Submissions", "Samples", "Relays", "Letters sent"}}
	for _, c := range doc.Cases {
		cases.Rows = append(cases.Rows, caseRow(&c))
	}
	shared := render.WideTable{Title: "Seen in more than one case", Head: []string{"Name", "What", "Cases"}}
	for _, s := range doc.Shared {
		shared.Rows = append(shared.Rows, []string{s.Name, s.What, strings.Join(s.Cases, ", ")})
	}
	v.Tables = append(v.Tables, cases, shared)
	for _, x := range []struct {
		by    string
		rates []desk.Rate
	}{{"registry", doc.Registries}, {"country", doc.Countries}, {"holder", doc.Holders}} {
		t := render.WideTable{Title: "Who answers, by " + x.by, Head: rateHead(x.by)}
		for _, r := range x.rates {
			t.Rows = append(t.Rows, rateRow(&r))
		}
		v.Tables = append(v.Tables, t)
	}
	data, err := render.WideHTML(&v)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return hinted(fmt.Errorf("%s: %w", name, pathCause(err)), "name a new file")
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func caseRow(c *caseDoc) []string {
	return []string{c.Dir, c.ID, c.Status, c.Created, fmt.Sprint(c.Submissions), fmt.Sprint(c.Samples), fmt.Sprint(c.Relays), fmt.Sprint(c.Sent)}
}

func writeCases(w *bufio.Writer, doc casesDoc) {
	rows := [][]string{{"folder", "case", "state", "created", "submissions", "samples", "relays", "letters sent"}}
	for _, c := range doc.Cases {
		row := caseRow(&c)
		for i := range row {
			row[i] = render.Visible(row[i])
		}
		rows = append(rows, row)
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

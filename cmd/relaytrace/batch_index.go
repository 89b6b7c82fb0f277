package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/render"
)

// outError tells that something below OUT cannot be read or written.
func outError(out string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = fmt.Errorf("%s: %w", filepath.Base(pe.Path), pe.Err)
	}
	return hinted(fmt.Errorf("%s: %w", out, err), "see that there is room and that you may write there; the same command then goes on")
}

// index makes the overview. The last of made is the remainder.
func (b *batch) index(made []casefile.IndexCase) *casefile.Index {
	x := &casefile.Index{
		Schema: casefile.IndexSchema, Created: b.now().UTC().Format(time.RFC3339), Version: versionOf(),
		Organisation: b.set.Organisation, Domain: b.set.Domain, Least: b.least, Samples: b.counts.Distinct,
		Cases: made[:len(made)-1], Remainder: made[len(made)-1],
	}
	all := make([]int, len(b.inputs))
	for i := range b.inputs {
		all[i] = i
		if b.inputs[i].place >= 0 {
			x.InCases++
		}
	}
	x.Inputs = b.account(all)
	return x
}

// writeIndexFiles writes indexName and index.html, each whole or not at all.
func (b *batch) writeIndexFiles(x *casefile.Index) error {
	doc, err := casefile.EncodeJSON(x, " ")
	if err != nil {
		return err
	}
	page, err := render.IndexHTML(x)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{indexName: doc, "index.html": page} {
		part := filepath.Join(b.workDir(), name)
		if err := os.WriteFile(part, data, 0o600); err != nil {
			return outError(b.out, err)
		}
		if err := os.Rename(part, filepath.Join(b.out, name)); err != nil {
			return outError(b.out, err)
		}
	}
	return nil
}

// writeIndex prints the overview for people.
func writeIndex(w *bufio.Writer, x *casefile.Index, out string) {
	fmt.Fprintf(w, "%s; %s\n\n", count(x.Inputs.Total, "input", "inputs"), count(x.Samples, "different sample", "different samples"))
	rows := [][]string{{"case", "inputs", "samples", "bounces", "complaints", "relays", "first (UTC)", "last", "state"}}
	for i := range x.Cases {
		c := &x.Cases[i]
		rows = append(rows, []string{
			c.Case, fmt.Sprint(c.Inputs.Total), fmt.Sprint(c.Samples), fmt.Sprint(c.Bounces), fmt.Sprint(c.Complaints),
			fmt.Sprintf("%d, %d withheld", c.Relays, c.Withheld), minute(c.First), minute(c.Last), c.State,
		})
	}
	if len(x.Cases) > 0 {
		writeTable(w, rows, unmarked)
		w.WriteString("\n")
	}
	for i := range x.Cases {
		writeIndexCase(w, &x.Cases[i])
	}
	r := &x.Remainder
	fmt.Fprintf(w, "%d inputs: %d in %s, %d in the remainder\n", x.Inputs.Total, x.InCases, count(len(x.Cases), "case", "cases"), r.Inputs.Total)
	if r.Inputs.Total > 0 {
		fmt.Fprintf(w, "remainder: %s; none of its runs has %d inputs, or it belongs to none. Nobody is written to about it.\n", classesText(&r.Inputs), x.Least)
	}
	fmt.Fprintf(w, "\nWritten to %s: a folder for each case, index.html, index.json, placement.ndjson\n", render.Visible(out))
	fmt.Fprint(w, "Nothing was sent. Read each letter before you send it.\n")
}

// writeIndexCase prints what tells one incident from the others.
func writeIndexCase(w *bufio.Writer, c *casefile.IndexCase) {
	fmt.Fprintf(w, "%s\n", c.Case)
	list := func(name string, items []string, more int) {
		if len(items) == 0 {
			return
		}
		text := strings.Join(items, ", ")
		if more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		writeWrapped(w, "  "+name, strings.Repeat(" ", len(name)+2), render.Visible(text), plainWidth)
	}
	texts := func(all []casefile.TextCount) []string {
		var out []string
		for _, t := range all {
			out = append(out, fmt.Sprintf("%s (%d)", t.Text, t.Count))
		}
		return out
	}
	list("subjects        ", texts(c.Subjects), 0)
	list("links to        ", texts(c.Links), 0)
	var domains []string
	for _, d := range c.Domains[:min(6, len(c.Domains))] {
		domains = append(domains, fmt.Sprintf("%s (%d)", d.Domain, d.Samples+d.Bounces))
	}
	list("forged          ", domains, c.DomainCount-len(domains))
	list("relays in       ", countriesText(c.Countries), max(0, len(c.Countries)-shownCountries))
	list("recipients in   ", countriesText(c.Recipients), max(0, len(c.Recipients)-shownCountries))
	list("joined by       ", texts(c.Joined[:min(4, len(c.Joined))]), max(0, len(c.Joined)-4))
	w.WriteString("\n")
}

// shownCountries is how many countries a line names.
const shownCountries = 8

func countriesText(all []casefile.CountryCount) []string {
	var out []string
	for _, c := range all[:min(shownCountries, len(all))] {
		name := c.Country
		if name == "" {
			name = "not known"
		}
		out = append(out, fmt.Sprintf("%s %d", name, c.Count))
	}
	return out
}

// classesText lists what arrived.
func classesText(s *casefile.Submissions) string {
	var out []string
	for _, c := range s.Classes {
		out = append(out, fmt.Sprintf("%s %d", strings.ReplaceAll(c.Class, "-", " "), c.Count))
	}
	return strings.Join(out, ", ")
}

// minute shortens a time to the minute.
func minute(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return "no time"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

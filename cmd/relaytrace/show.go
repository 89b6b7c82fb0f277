package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/render"
	"relaytrace/trace"
)

func (a *app) showVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show [flags] DIR [relay ADDRESS | sample N | letters]",
		Short: "Show a case, or one relay, sample or all letters of it",
		Long: `show prints what a case holds, in the words of its case file: the summary and the relays;
one relay with its reasons, contacts and transactions; one sample with the way that it took,
whether the case file shows it or not; or the letters. It changes nothing.`,
		Example: `  relaytrace show RT-2026-01
  relaytrace show RT-2026-01 relay 192.0.2.25
  relaytrace show RT-2026-01 sample 17
  relaytrace show --json RT-2026-01 letters | jq '.[] | select(.hold)'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("no case named", "name the folder of a case; see relaytrace show --help")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.show(c, args[0], args[1:], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print what is asked for as it stands in case.json")
	return c
}

// show prints a case, or the part of it that is asked for.
func (a *app) show(c *cobra.Command, dir string, part []string, asJSON bool) error {
	made, err := readCase(dir)
	if err != nil {
		return err
	}
	switch {
	case len(part) == 0:
		return a.showCase(made, asJSON)
	case part[0] == "letters" && len(part) == 1:
		if asJSON {
			return a.showJSON(made.Letters)
		}
		return a.showPart(made, "letters")
	case part[0] == "relay" && len(part) == 2:
		return a.showRelay(made, part[1], asJSON)
	case part[0] == "sample" && len(part) == 2:
		return a.showSample(c, dir, made, part[1], asJSON)
	}
	return usage(fmt.Sprintf("%q is no part of a case", part[0]), "relay ADDRESS, sample N or letters; see relaytrace show --help")
}

// readCase reads the case.json of a folder.
func readCase(dir string) (*casefile.Case, error) {
	name := filepath.Join(dir, "case.json")
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hinted(fmt.Errorf("%s: no case is here: it has no case.json", dir), "name the folder that relaytrace case wrote")
	}
	if err != nil {
		return nil, err
	}
	var made casefile.Case
	if err := json.Unmarshal(data, &made); err != nil || made.Schema != casefile.Schema {
		return nil, hinted(fmt.Errorf("%s: not a case of this version of relaytrace", name), "relaytrace verify tells whether it was edited")
	}
	return &made, nil
}

func (a *app) showCase(made *casefile.Case, asJSON bool) error {
	if asJSON {
		return a.showJSON(made)
	}
	fmt.Fprintf(a.stdout, "Case %s, %s, of %s\n\n", render.Visible(made.ID), render.Visible(made.Status), render.Stamp(made.Created))
	if err := a.showPart(made, "summary"); err != nil {
		return err
	}
	a.stdout.WriteString("\n")
	writeRelays(a.stdout, made)
	return nil
}

// showPart prints a part of the case file.
func (a *app) showPart(made *casefile.Case, part string) error {
	text, _ := render.Plain(made, part, columns())
	_, err := a.stdout.WriteString(text)
	return err
}

func (a *app) showRelay(made *casefile.Case, address string, asJSON bool) error {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return usage(fmt.Sprintf("%q is not an address", address), "relaytrace show DIR lists the relays")
	}
	for i := range made.Relays {
		if made.Relays[i].IP != ip.Unmap() {
			continue
		}
		if asJSON {
			return a.showJSON(&made.Relays[i])
		}
		return a.showPart(made, ip.Unmap().String())
	}
	return hinted(fmt.Errorf("%s is no relay of the case", ip), "relaytrace show DIR lists the relays")
}

// showSample prints the path of a sample: from the case where it shows it, else from the
// sample itself, traced as the case was.
func (a *app) showSample(c *cobra.Command, dir string, made *casefile.Case, number string, asJSON bool) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > max(made.SampleCount, len(made.Samples)) {
		return usage(fmt.Sprintf("%q is no number of a sample", number), fmt.Sprintf("the case holds samples 1 to %d", max(made.SampleCount, len(made.Samples))))
	}
	var path *trace.Path
	if s := made.Sample(n); s != nil {
		path = &s.Path
	} else if path, err = storedPath(c, dir, made, n); err != nil {
		return err
	}
	if asJSON {
		_, err := a.stdout.Write(append(path.AppendJSON(nil), '\n'))
		return err
	}
	fmt.Fprintf(a.stdout, "Sample %d of case %s\n", n, render.Visible(made.ID))
	d := picture{w: a.stdout, p: path, width: columns()}
	d.write()
	return nil
}

// storedPath traces a sample of the store.
func storedPath(c *cobra.Command, dir string, made *casefile.Case, n int) (*trace.Path, error) {
	st, err := store.OpenReadOnly(c.Context(), dir)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	one, err := st.Sample(c.Context(), n)
	if err != nil {
		return nil, err
	}
	w := casework{set: settings{Settings: made.Settings}}
	if w.believe, err = w.set.believe(); err != nil {
		return nil, err
	}
	s := w.sampleOf(one)
	return &s.Path, nil
}

func (a *app) showJSON(v any) error {
	doc, err := casefile.EncodeJSON(v, "  ")
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(doc)
	return err
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
)

// explanation says what a code means to somebody who must act on it.
type explanation struct {
	Code  string `json:"code"`
	Means string `json:"means"`
	Sure  string `json:"sure"` // how sure it is
	Not   string `json:"not"`  // what it does not mean
}

func (a *app) explainVerb() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "explain [CODE...]",
		Short: "Say what a finding means, how sure it is, and what it does not mean",
		Long: `explain says what the code of a finding, or of the end of a trail, means, how sure it is,
and what it does not mean. Without a code it lists them all.`,
		Example:           "  relaytrace explain\n  relaytrace explain previous-hop-withheld",
		ValidArgsFunction: completeCodes,
		RunE: func(_ *cobra.Command, args []string) error {
			found, err := explain(args)
			if err != nil {
				return err
			}
			if asJSON {
				return a.explainJSON(found)
			}
			for i, e := range found {
				switch {
				case len(args) == 0:
					fmt.Fprintf(a.stdout, "%-28s %s\n", e.Code, e.Means)
					continue
				case i > 0:
					fmt.Fprintln(a.stdout)
				}
				fmt.Fprintf(a.stdout, "%s\n", e.Code)
				fmt.Fprintf(a.stdout, "  What it means: %s\n", e.Means)
				fmt.Fprintf(a.stdout, "  How sure it is: %s\n", e.Sure)
				fmt.Fprintf(a.stdout, "  What it does not mean: %s\n", e.Not)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document a line")
	return c
}

// explain looks codes up; no code means all, by name.
func explain(codes []string) ([]explanation, error) {
	all := slices.SortedFunc(slices.Values(explanations), func(a, b explanation) int { return strings.Compare(a.Code, b.Code) })
	if len(codes) == 0 {
		return all, nil
	}
	var found []explanation
	for _, code := range codes {
		i := slices.IndexFunc(all, func(e explanation) bool { return e.Code == code })
		if i < 0 {
			return nil, hinted(fmt.Errorf("unknown code %q", code), "relaytrace explain lists them all")
		}
		found = append(found, all[i])
	}
	return found, nil
}

func (a *app) explainJSON(found []explanation) error {
	for _, e := range found {
		doc, err := casefile.EncodeJSON(struct {
			Schema string `json:"schema"`
			explanation
		}{"relaytrace.explanation/1", e}, "")
		if err != nil {
			return err
		}
		if _, err := a.stdout.Write(doc); err != nil {
			return err
		}
	}
	return nil
}

// completeCodes offers the codes to the shell.
func completeCodes(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var codes []string
	for _, e := range explanations {
		if strings.HasPrefix(e.Code, begun) {
			codes = append(codes, e.Code)
		}
	}
	return codes, cobra.ShellCompDirectiveNoFileComp
}

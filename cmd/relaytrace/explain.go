package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/trace"
)

func (a *app) explainVerb() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "explain [CODE...]",
		Short: "Say what a code means, how sure it is, and what it does not mean",
		Long: `explain says of each code and word that relaytrace writes (findings, ends of trails,
standings, links, verdicts, notes of look-ups) what it means, how sure it is, what it
does not mean, and shows a line on which it rests. Without a code it lists them all.`,
		Example:           "  relaytrace explain\n  relaytrace explain previous-hop-withheld unverified",
		ValidArgsFunction: completeCodes,
		RunE: func(_ *cobra.Command, args []string) error {
			found, err := explain(args)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return a.explainJSON(found)
			case len(args) == 0:
				writeCodes(a.stdout, found)
			default:
				writePages(a.stdout, found)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document a line")
	return c
}

// explain looks codes up; no code means all, by name.
func explain(codes []string) ([]trace.Code, error) {
	if len(codes) == 0 {
		return allCodes(), nil
	}
	var found []trace.Code
	for _, code := range codes {
		c, ok := explanation(code)
		if !ok {
			return nil, hinted(fmt.Errorf("unknown code %q", code), "relaytrace explain lists them all")
		}
		found = append(found, c)
	}
	return found, nil
}

// writeCodes lists codes with what they mean.
func writeCodes(w *bufio.Writer, list []trace.Code) {
	width := 0
	for _, c := range list {
		width = max(width, len(c.Code))
	}
	indent := strings.Repeat(" ", width+2)
	for _, c := range list {
		writeWrapped(w, fmt.Sprintf("%-*s", width+2, c.Code), indent, c.Means, plainWidth)
	}
}

// writePages writes the pages of codes.
func writePages(w *bufio.Writer, list []trace.Code) {
	for i, c := range list {
		if i > 0 {
			w.WriteString("\n")
		}
		w.WriteString(c.Code + "\n")
		for _, part := range []struct{ title, text string }{
			{"What it means", c.Means}, {"How sure it is", c.Sure}, {"What it does not mean", c.Not}, {"Example", c.Example},
		} {
			writeWrapped(w, "  "+part.title+": ", "    ", part.text, plainWidth)
		}
	}
}

func (a *app) explainJSON(found []trace.Code) error {
	for _, e := range found {
		doc, err := casefile.EncodeJSON(struct {
			Schema string `json:"schema"`
			trace.Code
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

// completeCodes offers the codes to the shell, each with what it means.
func completeCodes(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var codes []string
	for _, e := range allCodes() {
		if strings.HasPrefix(e.Code, begun) {
			first, _, _ := strings.Cut(e.Means, ". ")
			codes = append(codes, e.Code+"\t"+strings.TrimSuffix(first, "."))
		}
	}
	return codes, cobra.ShellCompDirectiveNoFileComp
}

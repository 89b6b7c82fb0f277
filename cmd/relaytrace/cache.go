package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/render"
)

func (a *app) cacheVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "Tell of the look-ups that were kept, or delete them",
		Long: `Answers of registries and of your resolver are kept from one run to the next, so that nobody
is asked twice: a record for a week, a failure for ten minutes. cache tells what is kept
and deletes it.`,
		Example: "  relaytrace cache show\n  relaytrace cache clear",
		Args:    noVerb,
		RunE:    func(c *cobra.Command, args []string) error { return noVerb(c, args) },
	}
	c.AddCommand(a.cacheShowVerb(), a.cacheClearVerb())
	return c
}

// cacheDoc is the document of cache show --json.
type cacheDoc struct {
	Schema string `json:"schema"` // relaytrace.cache/1
	Path   string `json:"path"`   // of the file
	// Entries that still count, those of them that keep a failure, and those out of date.
	Entries  int `json:"entries"`
	Failures int `json:"failures"`
	Expired  int `json:"expired"`
	// Answers kept as evidence, and their size in bytes.
	Answers     int64 `json:"answers"`
	AnswerBytes int64 `json:"answer_bytes"`
	// Oldest and Newest time at which an entry was stored, RFC 3339; empty without one.
	Oldest string `json:"oldest"`
	Newest string `json:"newest"`
}

func (a *app) cacheShowVerb() *cobra.Command {
	var f flags
	asJSON := false
	c := &cobra.Command{
		Use:     "show",
		Short:   "Tell what is kept",
		Example: "  relaytrace cache show\n  relaytrace cache show --json | jq .entries",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withCache(c, f, func(kept *enrich.Cache) error {
				s, err := kept.Stats(time.Now())
				if err != nil {
					return err
				}
				doc := cacheDoc{
					Schema: "relaytrace.cache/1", Path: kept.Path, Entries: s.Entries, Failures: s.Failures, Expired: s.Expired,
					Answers: s.Answers, AnswerBytes: s.AnswerBytes, Oldest: stampOf(s.Oldest), Newest: stampOf(s.Newest),
				}
				if asJSON {
					return a.writeJSON(doc)
				}
				a.writeCache(&doc)
				return nil
			})
		},
	}
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print a relaytrace.cache/1 document")
	return c
}

func (a *app) cacheClearVerb() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:     "clear",
		Short:   "Delete all that is kept",
		Long:    "clear deletes all look-ups that were kept. Cases keep their own copy of the answers on which they rest.",
		Example: "  relaytrace cache clear",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withCache(c, f, func(kept *enrich.Cache) error {
				n, err := kept.Clear()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.stdout, "deleted %s from %s\n", count(int(n), "entry", "entries"), render.Visible(kept.Path))
				return err
			})
		},
	}
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	return c
}

// withCache opens the cache for one task.
func (a *app) withCache(c *cobra.Command, f flags, task func(*enrich.Cache) error) error {
	s, err := a.settings(c, f, nil)
	if err != nil {
		return err
	}
	dir, ok := a.cacheFolder(s)
	if !ok {
		return hinted(fmt.Errorf("there is no cache"), "set cache to a folder in the settings")
	}
	kept, err := enrich.OpenCache(dir)
	if err != nil {
		return err
	}
	if kept.SetAside != "" {
		a.tell(kept.Path+": was damaged, and is begun anew", "the damaged file is kept as "+kept.SetAside)
	}
	err = task(kept)
	if e := kept.Close(); err == nil {
		err = e
	}
	return err
}

func (a *app) writeCache(d *cacheDoc) {
	rows := [][]string{
		{"file", render.Visible(d.Path)},
		{"entries", fmt.Sprintf("%d that count, %d of them failures; %d out of date", d.Entries, d.Failures, d.Expired)},
		{"answers", fmt.Sprintf("%d, %d bytes", d.Answers, d.AnswerBytes)},
	}
	if d.Oldest != "" {
		rows = append(rows, []string{"stored", d.Oldest + " to " + d.Newest})
	}
	writeTable(a.stdout, rows, unmarked)
}

func (a *app) writeJSON(doc any) error {
	text, err := casefile.EncodeJSON(doc, "")
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(text)
	return err
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile/desk"
	"relaytrace/casefile/store"
	"relaytrace/enrich"
	"relaytrace/render"
)

// blocklistFlags are the flags of the verb blocklists.
type blocklistFlags struct {
	flags
	dir    string // of a case
	who    string
	asJSON bool
}

func (a *app) blocklistsVerb() *cobra.Command {
	var f blocklistFlags
	c := &cobra.Command{
		Use:   "blocklists [flags] DOMAIN|ADDRESS...",
		Short: "Say whether domains and addresses of yours stand on blocklists",
		Long: `blocklists asks public blocklists whether they list domains and addresses of yours: those of
the settings, or else a table of well-known ones. Each list must first answer its own test
entries (RFC 5782) as it should; a refusal or a limit is told apart from a listing. For each
listing it names the operator, what the list means, and the page at which it is removed.

With --case the answers are kept in a case, and what has changed since the last time is told.

That somebody else's address is listed proves nothing about him. The exit code is 3 when
some lists gave no answer.`,
		Example: `  relaytrace blocklists college.ac.uk 192.0.2.25
  relaytrace blocklists --case RT-2026-01 college.ac.uk
  relaytrace blocklists --json 192.0.2.25 | jq -r 'select(.result == "listed") | .delisting'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("no domain and no address named", c.CommandPath()+" --help")
			}
			return subjects(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error { return a.blocklists(c, f, args) },
	}
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	c.Flags().StringVar(&f.dir, "case", "", "keep the answers in the case `DIR`, and compare them with the last ones")
	addWho(c, &f.who)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print one "+desk.BlocklistSchema+" document a line")
	return c
}

// subjects refuses what is neither an address nor a domain.
func subjects(c *cobra.Command, args []string) error {
	for _, arg := range args {
		if _, err := netip.ParseAddr(arg); err != nil && !enrich.IsDomain(arg) {
			return usage(fmt.Sprintf("%q is neither an address nor a domain", arg), c.CommandPath()+" --help")
		}
	}
	return nil
}

func (a *app) blocklists(c *cobra.Command, f blocklistFlags, args []string) (err error) {
	var st *store.Store
	if f.dir != "" {
		if st, err = store.Open(c.Context(), f.dir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
	}
	s, err := a.settings(c, f.flags, nil)
	if err != nil {
		return err
	}
	if len(s.lookups.addresses)+len(s.lookups.domains) == 0 {
		return hinted(errors.New("no blocklist is set"), "name some under blocklists in the settings")
	}
	e, done, err := a.enricher(s, time.Now, true)
	if err != nil {
		return err
	}
	defer done()
	bar := a.newProgress("asking blocklists", len(args))
	defer bar.end()
	asked := 0
	for i, arg := range args {
		states := askLists(c.Context(), e, arg)
		if err := c.Context().Err(); err != nil {
			return err
		}
		bar.step()
		bar.end()
		asked += len(states)
		if len(states) == 0 {
			a.incomplete = true
			a.tell(arg+": no list was asked", "lists of addresses take public addresses, lists of domains take domains")
		}
		for _, st := range states {
			a.incomplete = a.incomplete || !st.Answer() && st.Result != enrich.ListIPv4Only
		}
		if st != nil {
			if err := keepLists(c.Context(), st, arg, states); err != nil {
				return err
			}
		}
		if err := a.writeLists(arg, states, f.asJSON, i > 0); err != nil {
			return err
		}
	}
	if st == nil {
		return nil
	}
	about, err := st.Case(c.Context())
	if err != nil {
		return err
	}
	return errors.Join(st.Log(c.Context(), time.Now(), a.actor(f.who, about.Settings), versionOf(), "blocklists-asked", fmt.Sprintf("subjects=%d", len(args)), fmt.Sprintf("answers=%d", asked)),
		st.Commit(c.Context()))
}

// keepLists holds the answers against the last ones of the case, and keeps them.
func keepLists(ctx context.Context, st *store.Store, subject string, states []desk.ListState) error {
	for i := range states {
		s := &states[i]
		before, asked, err := st.LastListing(ctx, subject, s.List)
		if err != nil {
			return err
		}
		if before != "" {
			s.Compare(before, asked)
		}
		if err := st.AddListing(ctx, subject, &s.Listing); err != nil {
			return err
		}
	}
	return nil
}

func askLists(ctx context.Context, e *enrich.Enricher, subject string) []desk.ListState {
	r := enrich.Record{Domain: strings.ToLower(strings.TrimSuffix(subject, "."))}
	if addr, err := netip.ParseAddr(subject); err == nil {
		r = enrich.Record{Address: addr.Unmap().WithZone("")}
		if special, ok := enrich.SpecialOf(r.Address); ok {
			r.Special = &special
		}
	}
	e.Blocklists(ctx, &r)
	return desk.ListStates(subject, r.Listings)
}

// writeLists writes what the lists say of one subject.
func (a *app) writeLists(subject string, states []desk.ListState, asJSON, more bool) error {
	if asJSON {
		for _, s := range states {
			if err := a.writeJSON(s); err != nil {
				return err
			}
		}
		return a.stdout.Flush()
	}
	if more {
		a.stdout.WriteString("\n")
	}
	a.stdout.WriteString(render.Visible(subject) + "\n")
	var rows [][]string
	for _, s := range states {
		rows = append(rows, []string{render.Visible(string(s.Result)), render.Visible(s.List), render.Visible(s.Operator), render.Visible(strings.Join(s.Codes, " "))})
	}
	if len(rows) > 0 {
		writeTable(a.stdout, rows, unmarked)
	}
	for _, s := range states {
		if s.Change != "" {
			writeWrapped(a.stdout, "  "+render.Visible(s.List)+": ", "    ", render.Visible(s.Change), plainWidth)
		}
		if s.Result != enrich.ListListed {
			continue
		}
		for _, text := range nonEmpty(s.Meaning, s.Text, prefixed("lists ", s.Lists), prefixed("to be looked up and removed at ", s.Delisting)) {
			writeWrapped(a.stdout, "  "+render.Visible(s.List)+": ", "    ", render.Visible(text), plainWidth)
		}
	}
	return a.stdout.Flush()
}

// prefixed puts words before a text that there may be none of.
func prefixed(words, text string) string {
	if text == "" {
		return ""
	}
	return words + text
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/desk"
	"relaytrace/enrich"
	"relaytrace/render"
)

// maxExchangers bounds how many addresses of mail exchangers prepare asks registries about.
const maxExchangers = 8

// prepareFlags are the flags of the verb prepare.
type prepareFlags struct {
	flags
	out    string
	now    string
	asJSON bool
}

func (a *app) prepareVerb() *cobra.Command {
	var f prepareFlags
	c := &cobra.Command{
		Use:   "prepare [flags] DOMAIN",
		Short: "Say whether a domain of yours is ready for its name to be forged",
		Long: `prepare asks name servers, registries and the domain's own web server where complaints about
a domain land, and what stands against mail forged in its name: for the domain and every
name above it up to the one that is registered. It prints a checklist: what is missing, what
was not answered, what only a person can see, and what is good.

With -o it writes a folder: the checklist as checklist.pdf, checklist.json and checklist.txt,
staff.txt, a sheet for those who read the mailboxes, and apology.txt, the answer to a first
complaint, filled in for your organisation.

It is meant for your own domains. The exit code is 3 when some questions were not answered.`,
		Example: `  relaytrace prepare dept.college.ac.uk
  relaytrace prepare -o ready dept.college.ac.uk
  relaytrace prepare --json dept.college.ac.uk | jq -r '.checks[] | select(.state == "gap") | .do'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("prepare takes one domain", c.CommandPath()+" --help")
			}
			if len(enrich.Levels(args[0])) == 0 {
				return usage(fmt.Sprintf("%q is no domain that anybody can register", args[0]), "name one of yours, such as dept.college.ac.uk")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.prepare(c, f, args[0]) },
	}
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	c.Flags().StringVarP(&f.out, "output", "o", "", "write the checklist and the texts to the folder `DIR`, which must be new or empty")
	c.Flags().StringVar(&f.now, "now", "", "take `TIME` (RFC 3339) for the present")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print the "+desk.PrepareSchema+" document")
	return c
}

func (a *app) prepare(c *cobra.Command, f prepareFlags, domain string) error {
	now, err := clock(f.now)
	if err != nil {
		return err
	}
	s, err := a.settings(c, f.flags, nil)
	if err != nil {
		return err
	}
	e, done, err := a.enricher(s, now, true)
	if err != nil {
		return err
	}
	defer done()
	facts, err := a.askDomain(c.Context(), e, domain)
	if err != nil {
		return err
	}
	r := desk.Prepare(facts, now().UTC().Format(time.RFC3339))
	if r.Count(desk.Open) > 0 {
		a.incomplete = true
	}
	if f.out != "" {
		s.Domain = facts.Domain
		l, err := s.look()
		if err != nil {
			return err
		}
		files, err := render.ReadinessFiles(&r, s.Settings, l.letters, l.fonts)
		if err != nil {
			return err
		}
		if err := writeFolder(f.out, files); err != nil {
			return err
		}
	}
	if f.asJSON {
		return a.writeJSON(r)
	}
	a.stdout.WriteString(render.ReadinessText(&r))
	if f.out != "" {
		fmt.Fprintf(a.stdout, "\nWritten to %s: checklist.pdf, checklist.json, checklist.txt, staff.txt, apology.txt\n", render.Visible(f.out))
	}
	return nil
}

// askDomain gathers the facts about a domain.
func (a *app) askDomain(ctx context.Context, e *enrich.Enricher, domain string) (desk.Facts, error) {
	levels := enrich.Levels(domain)
	f := desk.Facts{Domain: levels[0], Levels: []enrich.DomainCheck{}, Addresses: []enrich.Record{}}
	bar := a.newProgress("asking about "+f.Domain, len(levels)+3)
	defer bar.end()
	var hosts []string
	for _, name := range levels {
		check := e.CheckDomain(ctx, name)
		f.Levels = append(f.Levels, check)
		for _, x := range check.Exchangers {
			hosts = append(hosts, x.Name)
		}
		bar.step()
	}
	f.Registration = e.Registration(ctx, domain)
	bar.step()
	f.Security = e.SecurityTxt(ctx, f.Domain)
	bar.step()
	seen := map[netip.Addr]bool{}
	for _, host := range hosts {
		addrs, asked := e.Addresses(ctx, host)
		f.NotAnswered += desk.Unanswered(asked)
		for _, addr := range addrs {
			if !seen[addr] && len(f.Addresses) < maxExchangers {
				seen[addr] = true
				f.Addresses = append(f.Addresses, e.Lookup(ctx, addr))
			}
		}
	}
	bar.step()
	return f, ctx.Err()
}

// writeFolder writes files into a new or empty folder. Nothing that lies there is changed.
func writeFolder(dir string, files []casefile.NamedBytes) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return hinted(fmt.Errorf("%s: is not empty", dir), "name a new folder")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", dir, pathCause(err))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%s: %w", dir, pathCause(err))
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			return fmt.Errorf("%s: %w", name, pathCause(err))
		}
	}
	return nil
}

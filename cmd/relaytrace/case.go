package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"relaytrace/render"
	"relaytrace/trace/lazy"
)

// caseID is what --id may be: it stands in file names, subjects and Message-IDs.
var caseID = lazy.Regexp(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?$`)

// caseFlags are the flags of the verb case.
type caseFlags struct {
	flags
	letterFlags
	out    string
	now    string
	id     string
	who    string
	cases  string
	asJSON bool
	paper  string
	fonts  []string
}

func (a *app) caseVerb() *cobra.Command {
	var f caseFlags
	c := &cobra.Command{
		Use:   "case [flags] -o DIR SAMPLE...",
		Short: "Make a case of samples, or add to one: findings, evidence, PDF and draft letters",
		Long: `case makes a case of the samples, or adds them to the case that the folder holds. The case
is kept in case.db, one SQLite file; case.json, case.pdf, case.html, draft letters, exports for
other programs, and the samples byte for byte with their SHA-256 are written from it. The same sample again is one
more place where it was found. All is judged anew each time, and what changed is told.

Whatever happens to the command or the machine, nothing that was taken is lost: the same
command goes on where it stopped. A file that you edited is never overwritten.

A SAMPLE is a message with its full header, an mbox, a folder of them, or - for standard
input. Registries are asked who answers for the address of each relay, unless --offline
is given; letters then have no recipient and are marked HOLD. Nothing is ever sent.

The exit code is 0 when all went well, 1 when the command failed, 2 for wrong usage, and 3 when the case was written but some inputs could not be used or
some look-ups failed.`,
		Example: `  relaytrace case -o RT-2026-01 samples/
  relaytrace case --offline --trust mx.college.example -o demo spam.eml in.mbox
  relaytrace case -o RT-2026-01 later/
  relaytrace case --config incident.toml --id COLLEGE-7 -o college-7 samples/
  relaytrace case --json -o demo samples/ | jq '.relays[].ip'`,
		Args: someSamples,
		RunE: func(c *cobra.Command, args []string) error { return a.makeCase(c, f, args) },
	}
	f.addTrust(c)
	f.addLetters(c)
	c.Flags().StringVarP(&f.out, "output", "o", "", "write the case to the folder `DIR`")
	c.Flags().StringArrayVar(&f.geoip, "geoip", nil, "read a GeoIP database of MaxMind or DB-IP from `FILE` (repeat for more)")
	c.Flags().BoolVar(&f.offline, "offline", false, "ask no registry")
	c.Flags().StringVar(&f.now, "now", "", "take `TIME` (RFC 3339) for the present; the same input then gives the same bytes")
	c.Flags().StringVar(&f.id, "id", "", "call the case `ID` in place of one made from the samples")
	c.Flags().StringVar(&f.paper, "paper", "", "set case.pdf on `SIZE` a4 or letter")
	c.Flags().StringArrayVar(&f.fonts, "font", nil, "take Chinese, Japanese, Korean and other letters from the TrueType font `FILE` (repeat for more)")
	c.Flags().StringVar(&f.cases, "cases", "", "tell what was seen in other cases of `FOLDER` too")
	addWho(c, &f.who)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print the case document in place of the summary")
	return c
}

// look is what the documents of a case are made with, beside the case.
type look struct {
	letters *render.Templates
	fonts   []*render.Font // for letters that the built-in faces lack
	paper   bool           // each letter as a PDF too
}

// caseSettings reads the settings for a case, with its own flags, and what its documents
// are made with.
func (a *app) caseSettings(c *cobra.Command, f caseFlags, paths []string) (s settings, l look, err error) {
	if s, err = a.settings(c, f.flags, paths); err != nil {
		return s, l, err
	}
	if err = f.letterFlags.override(c, &s); err != nil {
		return s, l, err
	}
	var p paper
	if err := p.UnmarshalText([]byte(f.paper)); err != nil {
		return s, l, usage("--paper: "+err.Error(), "relaytrace case --help")
	}
	if f.paper != "" {
		s.Paper = p.text
	}
	if len(f.fonts) > 0 {
		s.fonts = f.fonts
	}
	l, err = s.look()
	return s, l, err
}

// look reads the texts and the font that the settings name.
func (s *settings) look() (l look, err error) {
	l.paper = s.letterPDF
	if l.letters, err = s.letterTemplates(); err == nil {
		l.fonts, err = fonts(s.fonts)
	}
	return l, err
}

// makeCase reads the samples, asks about the relays, and writes the case.
func (a *app) makeCase(c *cobra.Command, f caseFlags, paths []string) error {
	switch {
	case f.out == "":
		return usage("no output folder", "name one with -o DIR")
	case f.id != "" && !caseID().MatchString(f.id):
		return usage(fmt.Sprintf("--id: %q is not fit for a case", f.id), "use up to 40 letters, digits and hyphens")
	}
	now, err := clock(f.now)
	if err != nil {
		return err
	}
	s, look, err := a.caseSettings(c, f, paths)
	if err != nil {
		return err
	}
	w, err := a.openCase(c.Context(), f.out, s, look, now, f.who)
	if err != nil {
		return err
	}
	w.cases = f.cases
	var o outcome
	if err = w.withLookups(); err == nil {
		o, err = w.run(c.Context(), f.id, paths)
	}
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	if len(o.c.Problems) > 0 {
		a.incomplete = true
	}
	if !f.asJSON {
		writeSummary(a.stdout, o.c, f.out)
		writeChanges(a.stdout, &o)
		return nil
	}
	_, err = a.stdout.Write(o.doc)
	return err
}

// run reads the samples, judges the case anew, and writes its files.
func (w *casework) run(ctx context.Context, id string, paths []string) (outcome, error) {
	if err := w.read(ctx, paths); err != nil {
		return outcome{}, err
	}
	if w.g.Samples() == 0 {
		return outcome{}, errors.Join(errNoSample, w.abandon())
	}
	o, err := w.finish(ctx, id)
	if err != nil && w.fresh && ctx.Err() == nil {
		w.app.tell(fmt.Sprintf("%s: what was read is kept", w.st.Dir()), "mend what is told below, and run the same command again")
	}
	return o, err
}

// addWho adds the flag of everything that writes to the custody log.
func addWho(c *cobra.Command, who *string) {
	c.Flags().StringVar(who, "who", "", "write `NAME` into the custody log as the one who does this (else the reporter of the settings, else the user)")
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// onCase are the flags of every verb that works on a case that is there.
type onCase struct {
	now    string
	who    string
	asJSON bool
}

func (f *onCase) add(c *cobra.Command) {
	c.Flags().StringVar(&f.now, "now", "", "take `TIME` (RFC 3339) for the present")
	addWho(c, &f.who)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print a document in place of words")
}

// reopen opens a case that is there, with the settings that it was judged with. Nobody is
// asked about addresses: what the case knows is all.
func (a *app) reopen(ctx context.Context, dir string, f onCase) (*casework, error) {
	now, err := clock(f.now)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	w := &casework{app: a, st: st, now: now}
	if err := w.resume(ctx, f.who); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return w, nil
}

// resume takes the settings from the store and gathers what the case holds.
func (w *casework) resume(ctx context.Context, who string) error {
	about, err := w.st.Case(ctx)
	if err != nil {
		return err
	}
	if about.ID == "" {
		return &casefile.FolderError{Dir: w.st.Dir(), Err: errors.New("the case was never finished: the run that began it was interrupted"), What: "run relaytrace case on it again"}
	}
	w.set = settings{Settings: about.Settings, templates: about.Templates, fonts: strings.FieldsFunc(about.Fonts, func(r rune) bool { return r == '\n' })}
	w.who = w.app.actor(who, about.Settings)
	w.g = casefile.NewGatherer(about.Settings)
	if w.believe, err = w.set.believe(); err != nil {
		return err
	}
	if w.look, err = w.set.look(); err != nil {
		return err
	}
	return w.load(ctx)
}

// judgeFlags are those of the verb judge.
type judgeFlags struct {
	onCase
	innocent, relay, clear string
}

func (a *app) judgeVerb() *cobra.Command {
	var f judgeFlags
	c := &cobra.Command{
		Use:   "judge [flags] DIR ADDRESS",
		Short: "Record your own verdict on a relay of a case",
		Long: `judge records your own verdict on a relay, or on a host of which the case leaves open whether
it is one, with the reason, in the case and in its custody log. A host that an owner named in
an answer can be judged innocent. Your verdict stands over that of the tool, which is kept
beside it, whatever samples come in later, until you take it back with --clear. The letters
are planned anew; of a letter that was sent and whose ground has gone, a retraction is
drafted; of one that says something else than the case says now, a correction. A retraction
quotes your reason word for word: write it so that its owner may read it.`,
		Example: `  relaytrace judge RT-2026-01 198.51.100.7 --innocent "their postmaster showed us the contract"
  relaytrace judge RT-2026-01 198.51.100.7 --relay "we were shown its log"
  relaytrace judge RT-2026-01 198.51.100.7 --clear "the contract was another host's"`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("a case and an address are needed", "see "+c.CommandPath()+" --help")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.judge(c, f, args[0], args[1]) },
	}
	c.Flags().StringVar(&f.innocent, "innocent", "", "it is innocent, for the reason `WHY`")
	c.Flags().StringVar(&f.relay, "relay", "", "it is an open relay, for the reason `WHY`")
	c.Flags().StringVar(&f.clear, "clear", "", "take your verdict back, for the reason `WHY`")
	f.add(c)
	return c
}

// ruling reads the verdict of the flags.
func (f *judgeFlags) ruling(c *cobra.Command) (casefile.Ruling, error) {
	var r casefile.Ruling
	given := 0
	for _, x := range []struct {
		flag, why string
		verdict   casefile.Verdict
	}{{"innocent", f.innocent, casefile.VerdictWithdrawn}, {"relay", f.relay, casefile.VerdictSuspected}, {"clear", f.clear, ""}} {
		if !c.Flags().Changed(x.flag) {
			continue
		}
		given++
		r.Verdict, r.Why = x.verdict, x.why
	}
	var why line
	switch {
	case given != 1:
		return r, usage("one verdict is needed", "give --innocent, --relay or --clear, with the reason")
	case r.Why == "":
		return r, usage("no reason is given", "a verdict that nobody can follow is worth nothing: say why")
	}
	if err := why.UnmarshalText([]byte(r.Why)); err != nil {
		return r, usage("the reason: "+err.Error(), "write it on one line")
	}
	return r, nil
}

// judge records the analyst's verdict and judges the case anew.
func (a *app) judge(c *cobra.Command, f judgeFlags, dir, address string) error {
	ruling, err := f.ruling(c)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return usage(fmt.Sprintf("%q is not an address", address), "name a relay by its IP address")
	}
	w, err := a.reopen(c.Context(), dir, f.onCase)
	if err != nil {
		return err
	}
	o, err := w.rule(c.Context(), ip, ruling)
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	if f.asJSON {
		_, err = a.stdout.Write(o.doc)
		return err
	}
	if ruling.Verdict != "" && !slices.ContainsFunc(o.c.Relays, func(r casefile.Relay) bool { return r.IP == ip }) {
		fmt.Fprintf(a.stdout, "%s: innocent, whatever owners of relays say of it\n", ip)
	}
	for i := range o.c.Relays {
		if r := &o.c.Relays[i]; r.IP == ip {
			fmt.Fprintf(a.stdout, "%s: %s\n%s\n", ip, r.Verdict, render.Visible(r.Sureness))
			for _, x := range r.Reasons {
				mark := "-"
				if x.For {
					mark = "+"
				}
				fmt.Fprintf(a.stdout, "  %s %s\n", mark, render.Visible(x.Text))
			}
		}
	}
	writeChanges(a.stdout, &o)
	return nil
}

// rule keeps a ruling and finishes the case with it.
func (w *casework) rule(ctx context.Context, ip netip.Addr, r casefile.Ruling) (outcome, error) {
	stated, err := w.st.Statements(ctx)
	if err != nil {
		return outcome{}, err
	}
	named := slices.ContainsFunc(stated, func(s casefile.Statement) bool { return s.Client == ip })
	if !w.g.IsRelay(ip) && !(named && r.Verdict != casefile.VerdictSuspected) { // what an owner names is no relay by that
		return outcome{}, &casefile.FolderError{Dir: w.st.Dir(), Err: fmt.Errorf("%s is no relay of the case", ip), What: "the relays stand in exports/relays.csv; a host of your own side or a list is declared in the settings, with trust or forwarder"}
	}
	r.Who, r.Time = w.who, w.now().UTC().Format(time.RFC3339)
	if err := w.st.SetRuling(ctx, ip, r); err != nil {
		return outcome{}, err
	}
	action := "verdict-set"
	if r.Verdict == "" {
		action = "verdict-cleared"
	}
	if err := w.st.Log(ctx, w.now(), w.who, versionOf(), action, "relay="+ip.String(), "verdict="+string(r.Verdict), "why="+r.Why); err != nil {
		return outcome{}, err
	}
	if err := w.st.Commit(ctx); err != nil {
		return outcome{}, err
	}
	return w.finish(ctx, "")
}

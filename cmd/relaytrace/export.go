package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/store"
	"relaytrace/render"
)

// exportFlags are those of the verb export.
type exportFlags struct {
	onCase
	evidence, redact, salvage bool
	out                       string
}

func (a *app) exportVerb() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export [flags] DIR",
		Short: "Write the files of a case again from its store",
		Long: `export writes the files of a case again from case.db: those that are missing, and those that an
interrupted run did not finish. What you edited is never overwritten.

With --evidence the copies of all samples are written even where there are more than 1,000.
With --redact the case is written to a new folder for handing on: the addresses of those who
had the spam or wrote about it are replaced by hashes, and the evidence, the letters, the
submissions, owners' log lines and what could name a person in the custody log are left
out. With --salvage what can still be read of a damaged case.db is
written to a new folder; the damaged one is not changed.`,
		Example: `  relaytrace export RT-2026-01
  relaytrace export --evidence RT-2026-01
  relaytrace export --redact -o for-the-csirt RT-2026-01
  relaytrace export --salvage -o saved RT-2026-01`,
		Args: oneCase,
		RunE: func(c *cobra.Command, args []string) error { return a.exportCase(c, f, args[0]) },
	}
	c.Flags().BoolVar(&f.evidence, "evidence", false, "copy all samples, however many there are")
	c.Flags().BoolVar(&f.redact, "redact", false, "write a copy for handing on to the new folder of -o")
	c.Flags().BoolVar(&f.salvage, "salvage", false, "write what can be read of a damaged case to the new folder of -o")
	c.Flags().StringVarP(&f.out, "output", "o", "", "the new folder `OUT` of --redact and --salvage")
	f.add(c)
	return c
}

func (a *app) exportCase(c *cobra.Command, f exportFlags, dir string) error {
	switch apart := f.redact || f.salvage; {
	case f.redact && f.salvage, f.evidence && apart:
		return usage("--evidence, --redact and --salvage do not go together", c.CommandPath()+" --help")
	case apart && f.out == "":
		return usage("no output folder", "name a new one with -o OUT")
	case !apart && f.out != "":
		return usage("-o goes with --redact or --salvage; without them the files of the case itself are written", c.CommandPath()+" --help")
	}
	if f.salvage {
		return a.salvage(c.Context(), dir, f.out)
	}
	w, err := a.reopen(c.Context(), dir, f.onCase)
	if err != nil {
		return err
	}
	o, err := w.exportAs(c.Context(), f)
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	if f.asJSON {
		_, err = a.stdout.Write(o.doc)
		return err
	}
	if !f.redact {
		fmt.Fprintf(a.stdout, "%s written, %s removed\n", count(len(o.exported.Written), "file", "files"), count(len(o.exported.Removed), "file", "files"))
	}
	return nil
}

// exportAs finishes the case, with a note in the custody log of what was asked for.
func (w *casework) exportAs(ctx context.Context, f exportFlags) (outcome, error) {
	switch {
	case f.redact:
		if err := w.st.Log(ctx, w.now(), w.who, versionOf(), "exported", "redacted=yes"); err != nil {
			return outcome{}, err
		}
	case f.evidence:
		about, err := w.st.Case(ctx)
		if err != nil {
			return outcome{}, err
		}
		about.Evidence = true
		if err := errors.Join(w.st.SetCase(ctx, about), w.st.Log(ctx, w.now(), w.who, versionOf(), "exported", "evidence=all")); err != nil {
			return outcome{}, err
		}
	}
	o, err := w.finish(ctx, "")
	if err != nil || !f.redact {
		return o, err
	}
	c, err := render.Redacted(o.c)
	if err != nil {
		return o, err
	}
	files, err := documentFiles(c, nil, w.look.fonts)
	if err != nil {
		return o, err
	}
	if o.doc, err = casefile.EncodeJSON(c, " "); err != nil {
		return o, err
	}
	return o, writeApart(f.out, append(files, casefile.NamedBytes{Path: "case.json", Data: o.doc}))
}

// salvage writes what can be read of a damaged case.
func (a *app) salvage(ctx context.Context, dir, out string) error {
	w, err := newApart(out)
	if err != nil {
		return err
	}
	var sums strings.Builder
	got, err := store.Salvage(ctx, dir, func(f casefile.NamedBytes) error {
		if name, ok := strings.CutPrefix(f.Path, "evidence/"); ok {
			fmt.Fprintf(&sums, "%s  %s\n", casefile.Digest(f.Data), name)
		}
		return w.write(f)
	})
	if err != nil {
		return err
	}
	log, err := casefile.EncodeJSON(got.Events, " ")
	if err != nil {
		return err
	}
	lost := strings.Join(append(got.Lost, ""), "\n")
	for _, f := range []casefile.NamedBytes{
		{Path: "evidence/SHA256SUMS", Data: []byte(sums.String())}, {Path: "custody.json", Data: log}, {Path: "lost.txt", Data: []byte(render.VisibleLines(lost))},
	} {
		if err := w.write(f); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "Saved to %s: %s, %s, %s, %s of the custody log\n", out, count(got.Samples, "sample", "samples"),
		count(got.Submissions, "submission", "submissions"), count(got.Answers, "answer", "answers"), count(len(got.Events), "event", "events"))
	fmt.Fprintf(a.stdout, "Lost: %d, each named in lost.txt; relaytrace case -o NEW %s/evidence makes a case of what is left\n", len(got.Lost), out)
	if len(got.Lost) > 0 {
		a.incomplete = true
	}
	return nil
}

// apart is a new folder beside a case.
type apart struct{ dir string }

// newApart makes a folder, which must not be there yet or be empty.
func newApart(dir string) (apart, error) {
	fail := func(err error) error {
		return hinted(fmt.Errorf("%s: %w", dir, pathCause(err)), "name a new folder with -o, in a place where you may write")
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return apart{}, fail(err)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = errors.New("is not empty, and is left as it is")
	}
	if err != nil {
		return apart{}, fail(err)
	}
	return apart{dir}, nil
}

// write writes one file that is not there yet.
func (a apart) write(f casefile.NamedBytes) error {
	name := filepath.Join(a.dir, filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return writeCopy(name, f.Data)
}

// writeApart writes files to a new folder.
func writeApart(dir string, files []casefile.NamedBytes) error {
	w, err := newApart(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := w.write(f); err != nil {
			return err
		}
	}
	return nil
}

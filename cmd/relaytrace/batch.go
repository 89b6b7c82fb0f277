package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/casefile/cluster"
	"relaytrace/casefile/spool"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// leastIncident is the number of inputs from which an incident becomes a case of its own.
const leastIncident = 10

// batchFlags are the flags of the verb batch.
type batchFlags struct {
	flags
	out    string
	now    string
	who    string
	least  int
	asJSON bool
}

func (a *app) batchVerb() *cobra.Command {
	f := batchFlags{least: leastIncident}
	c := &cobra.Command{
		Use:   "batch [flags] -o OUT FOLDER...",
		Short: "Sort a mixed mailbox into incidents, and make one case for each",
		Long: `batch reads everything below the folders, tells bounces, complaints, reports and samples
apart, finds what belongs to the same run of spam, and makes one case for each run below
OUT, as relaytrace case does. What belongs to no run of the size --min goes to
OUT/remainder, unjudged. Every input ends in exactly one place; placement.ndjson tells for
each which, and why. index.html, index.json and the answer on stdout give the overview.

Two inputs are joined by what they say and how they were made: texts that are the same or
nearly, link domains, subjects, the handwriting of the program that made the header,
Message-IDs and forged addresses. Sharing a relay, a forged domain or a day joins nothing.

An interrupted batch goes on where it stopped when the same command is given again. Where
the input has changed since, what was made and is overtaken goes to OUT/superseded.
Registries are asked who answers for the addresses, unless --offline is given. Nothing is
ever sent.

The exit code is 0 when all went well, 1 when the command failed, 2 for wrong usage, and 3
when the cases were made but some inputs could not be read or some look-ups failed.`,
		Example: `  relaytrace batch --offline -o incidents mailbox/
  relaytrace batch --config incident.toml -o march bounces.mbox complaints.mbox
  relaytrace batch --min 50 --json -o march mailbox/ | jq '.cases[] | [.case, .samples]'`,
		Args: someSamples,
		RunE: func(c *cobra.Command, args []string) error { return a.batch(c, f, args) },
	}
	f.addTrust(c)
	c.Flags().StringVarP(&f.out, "output", "o", "", "write the cases to folders below the folder `OUT`")
	c.Flags().StringArrayVar(&f.geoip, "geoip", nil, "read a GeoIP database of MaxMind or DB-IP from `FILE` (repeat for more)")
	c.Flags().BoolVar(&f.offline, "offline", false, "ask no registry")
	c.Flags().StringVar(&f.now, "now", "", "take `TIME` (RFC 3339) for the present")
	c.Flags().IntVar(&f.least, "min", f.least, "make a case of an incident from `N` inputs on")
	addWho(c, &f.who)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print the index document in place of the table")
	return c
}

// batch is a batch under work.
type batch struct {
	app     *app
	set     settings
	look    look
	believe trace.Settings
	now     func() time.Time
	who     string
	out     string
	least   int

	spool  *spool.Spool
	inputs []batchInput
	nodes  []*cluster.Features // until the cases are made
	texts  map[string]string   // one string for all features that have the same
	sums   [][32]byte          // of the samples, in the order of the inputs
	counts intake.Counts
	cases  []batchCase
}

// batchInput is what is kept of one input between the passes.
type batchInput struct {
	file        string
	line        int32
	class       intake.Class
	node, nodes int32             // its features
	sum, sums   int32             // digests of its samples
	place       int32             // its case; -1 for the remainder
	digest      [sha256.Size]byte // of its bytes; zero when it has none
}

// batch reads, compares, and makes the cases.
func (a *app) batch(c *cobra.Command, f batchFlags, paths []string) error {
	switch {
	case f.out == "":
		return usage("no output folder", "name one with -o OUT")
	case f.least < 1:
		return usage(fmt.Sprintf("--min: %d is no number of inputs", f.least), "use 1 or more")
	}
	now, err := clock(f.now)
	if err != nil {
		return err
	}
	s, err := a.settings(c, f.flags, paths)
	if err != nil {
		return err
	}
	look, err := s.look()
	if err != nil {
		return err
	}
	if err := outsideOf(f.out, paths); err != nil {
		return err
	}
	b := &batch{app: a, set: s, look: look, now: now, who: f.who, out: f.out, least: f.least}
	if b.believe, err = s.believe(); err != nil {
		return err
	}
	if err := b.open(); err != nil {
		return err
	}
	defer b.boundMemory()()
	index, err := b.run(c.Context(), paths)
	if err = errors.Join(err, b.spool.Close()); err != nil {
		if errors.Is(err, context.Canceled) {
			a.tell(f.out+": what was done so far is kept", "give the same command again to go on")
		}
		return err
	}
	if err := os.RemoveAll(b.workDir()); err != nil {
		return folderError(f.out, err)
	}
	if f.asJSON {
		doc, err := casefile.EncodeJSON(index, " ")
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(doc)
		return err
	}
	writeIndex(a.stdout, index, f.out)
	return nil
}

// outsideOf refuses an OUT inside of what is read: the cases would be read as well.
func outsideOf(out string, paths []string) error {
	to, err := filepath.Abs(out)
	if err != nil {
		return outError(out, err)
	}
	for _, p := range paths {
		from, err := filepath.Abs(p)
		if err != nil || p == intake.Stdin {
			continue
		}
		if rel, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(rel) {
			return usage(fmt.Sprintf("%s lies inside of %s, which is read", out, p), "name a folder elsewhere with -o")
		}
	}
	return nil
}

func (b *batch) run(ctx context.Context, paths []string) (*casefile.Index, error) {
	if err := b.read(ctx, paths); err != nil {
		return nil, err
	}
	if b.counts.Inputs == 0 {
		return nil, errNoSample
	}
	joined := cluster.Group(b.nodes)
	b.place(joined)
	for n := range b.cases {
		b.cases[n].told = b.tell(b.cases[n].inputs, joined)
	}
	b.nodes, b.texts = nil, nil
	made, err := b.makeCases(ctx, joined)
	if err != nil {
		return nil, err
	}
	if err := b.writePlacements(joined); err != nil {
		return nil, err
	}
	index := b.index(made)
	return index, b.writeIndexFiles(index)
}

// indexName is the overview of a finished batch.
const indexName = "index.json"

// workName is the folder below OUT that an unfinished batch works in.
const workName = ".work"

func (b *batch) workDir() string { return filepath.Join(b.out, workName) }

// open makes OUT or looks at what an interrupted batch left in it.
func (b *batch) open() error {
	entries, err := os.ReadDir(b.out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return outError(b.out, err)
	}
	unfinished := false
	for _, e := range entries {
		unfinished = unfinished || e.Name() == workName
	}
	switch {
	case unfinished || len(entries) == 0:
	case b.finishedBefore(): // it may have been killed in the moment before it would have said so
		return hinted(fmt.Errorf("%s: holds a finished batch, and is left as it is", b.out),
			"see "+filepath.Join(b.out, indexName)+", or name a new folder with -o")
	default:
		return hinted(fmt.Errorf("%s: is not empty, and is left as it is", b.out), "name a new folder with -o")
	}
	for _, dir := range []string{b.out, b.workDir()} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return outError(b.out, err)
		}
	}
	if err := b.sameSettings(); err != nil {
		return err
	}
	b.spool, err = spool.Open(filepath.Join(b.workDir(), "spool"))
	if errors.Is(err, spool.ErrBusy) {
		return hinted(fmt.Errorf("%s: %w", b.out, err), "wait for the other run, or name another folder")
	}
	if err != nil {
		return outError(b.out, err)
	}
	return nil
}

// finishedBefore tells whether OUT holds the overview of a batch.
func (b *batch) finishedBefore() bool {
	f, err := os.Open(filepath.Join(b.out, indexName))
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 200)) // it may be anybody's file, of any size
	return err == nil && bytes.Contains(head, []byte(casefile.IndexSchema))
}

// sameSettings keeps an interrupted batch from going on with others than it began with.
func (b *batch) sameSettings() error {
	doc, err := casefile.EncodeJSON([]any{versionOf(), b.set.Settings, b.least}, "")
	if err != nil {
		return err
	}
	name := filepath.Join(b.workDir(), "settings.json")
	old, err := os.ReadFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.WriteFile(name, doc, 0o600); err != nil {
			return outError(b.out, err)
		}
		return nil
	case err != nil:
		return outError(b.out, err)
	case len(old) > 0 && string(old) != string(doc):
		return hinted(fmt.Errorf("%s: holds an unfinished batch that was begun with other settings or another relaytrace", b.out),
			"go on with those, or name a new folder with -o")
	}
	return os.WriteFile(name, doc, 0o600)
}

const (
	memoryBase     = 300 << 20 // bytes that the collector keeps the heap within, as far as it can
	memoryInputs   = 100_000   // inputs for which that is enough
	memoryPerInput = 2 << 10   // bytes for each one more
)

// boundMemory lets the collector wait longer while the heap is small, and work harder when
// it grows; the function that it gives ends that. An environment that says how to collect
// is obeyed.
func (b *batch) boundMemory() func() {
	if b.app.env("GOMEMLIMIT") != "" || b.app.env("GOGC") != "" {
		return func() {}
	}
	limit, percent := debug.SetMemoryLimit(memoryBase), debug.SetGCPercent(300)
	return func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) }
}

// room lets the heap of a very large batch grow with the number of its inputs.
func (b *batch) room() {
	if n := len(b.inputs); n > memoryInputs && n%10_000 == 0 && debug.SetMemoryLimit(-1) < 1<<40 {
		debug.SetMemoryLimit(memoryBase + int64(n-memoryInputs)*memoryPerInput)
	}
}

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// errNoSample ends a command that found nothing to work on.
var errNoSample = hinted(errors.New("no sample could be read"),
	"save spam with its full header as .eml or mbox, and name the files or their folder")

func (a *app) traceVerb() *cobra.Command {
	var f flags
	asJSON, reasons, colour := false, false, "auto"
	c := &cobra.Command{
		Use:   "trace [flags] SAMPLE...",
		Short: "Print the relay path of each sample",
		Long: `trace draws the way of each sample: from the first host that a field tells of, on top,
down to the recipient. Each Received: field is a line with its number in the header,
where 0 is the topmost; between them stand the hosts that handed the mail over. A SAMPLE
is a message with its full header, an mbox, a folder of them, or - for standard input.

Standing says how far a field may be believed: trusted, corroborated, unverified (which
is unexplained, not forged) or contradicted. The gutter is solid where the field is
believed. What stands over the boundary is the word of others; what stands under it was
recorded by the recipient's own side. All rests on the sample as it was reported.
"after" is the time since the next older field that is not contradicted; a clock that is
wrong can make it negative.`,
		Example: `  relaytrace trace spam.eml
  relaytrace trace --explain spam.eml
  relaytrace trace --trust mx.college.example --trust 192.0.2.0/24 in.mbox
  relaytrace trace --json samples/ > paths.ndjson
  xclip -o | relaytrace trace -`,
		Args: someSamples,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.settings(c, f, args)
			if err != nil {
				return err
			}
			d := picture{width: columns(), explain: reasons}
			if d.colour, err = a.wantsColour(colour); err != nil {
				return err
			}
			return a.trace(c, s, args, asJSON, d)
		},
	}
	f.addTrust(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print one relaytrace.path/1 document a line")
	c.Flags().BoolVar(&reasons, "explain", false, "tell the reasons, and what each code means")
	c.Flags().StringVar(&colour, "color", colour, "`WHEN` to use colours: auto, always or never")
	// A completion that cannot be registered is no reason to stop.
	_ = c.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// wantsColour reads the --color flag. By itself, colour is for a terminal that wants it.
func (a *app) wantsColour(when string) (bool, error) {
	switch when {
	case "auto":
		return a.colour, nil
	case "always", "never":
		return when == "always", nil
	}
	return false, usage(fmt.Sprintf("--color: %q is not auto, always or never", when), "relaytrace trace --help")
}

// columns is how many characters a line of the answer has.
func columns() int {
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		return max(width, leastWidth)
	}
	return plainWidth
}

// trace prints the path of every sample as soon as it is known, drawn as d says.
func (a *app) trace(c *cobra.Command, s settings, paths []string, asJSON bool, d picture) error {
	believe, err := s.believe()
	if err != nil {
		return err
	}
	if a.env("GOGC") == "" {
		// All that a sample needs is garbage once its answer is written: with little alive,
		// the collector would run a thousand times over a large mbox.
		defer debug.SetGCPercent(debug.SetGCPercent(400))
	}
	found := 0
	work := func(sample *intake.Sample) *traced {
		t := traces.Get().(*traced)
		if !asJSON {
			t.path = analyze(sample, &believe)
			return t
		}
		z := analyzers.Get().(*trace.Analyzer)
		path := z.Analyze(sample.Data, sample.Fields(), &believe)
		path.Sample = placeOf(sample)
		t.doc = appendLine(t.doc[:0], path)
		analyzers.Put(z)
		return t
	}
	use := func(t *traced) error {
		defer traces.Put(t)
		found++
		if asJSON {
			_, err := a.stdout.Write(t.doc)
			return err
		}
		if found > 1 {
			a.stdout.WriteString("\n")
		}
		d.w, d.p = a.stdout, &t.path
		d.write()
		return nil
	}
	if err := eachSample(c.Context(), a, s, paths, work, use); err != nil {
		return err
	}
	if found == 0 {
		return errNoSample
	}
	return nil
}

// traced is a sample's path, or its document where that is asked for.
type traced struct {
	path trace.Path
	doc  []byte
}

// traces are some, *traced, to be used again, with room for a document of usual length.
var traces = sync.Pool{New: func() any { return &traced{doc: make([]byte, 0, 8<<10)} }}

// analyzers are some, *trace.Analyzer, to be used again: a few, while many documents wait.
var analyzers = sync.Pool{New: func() any { return new(trace.Analyzer) }}

// documents are the buffers, *[]byte, that paths are written into, to be used again.
var documents = sync.Pool{New: func() any { return new([]byte) }}

// believe gives the tracer's part of the settings.
func (s settings) believe() (trace.Settings, error) {
	own, err := trace.ParseHosts(s.Trust)
	if err != nil {
		return trace.Settings{}, err
	}
	forwarders, err := trace.ParseHosts(s.Forwarder)
	if err != nil {
		return trace.Settings{}, err
	}
	return trace.Settings{Trust: own, Forwarder: forwarders}, nil
}

package main

import (
	"errors"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// errNoSample ends a command that found nothing to work on.
var errNoSample = hinted(errors.New("no sample could be read"),
	"save spam with its full header as .eml or mbox, and name the files or their folder")

func (a *app) traceVerb() *cobra.Command {
	var f flags
	asJSON := false
	c := &cobra.Command{
		Use:   "trace [flags] SAMPLE...",
		Short: "Print the relay path of each sample",
		Long: `trace prints the relay path of each sample: its Received: fields from the last written
down to the first, how far each may be believed, and where the trail ends. A SAMPLE is a
message with its full header, an mbox, a folder of them, or - for standard input.

Standing says how far a field may be believed: trusted, corroborated, unverified (which
is unexplained, not forged) or contradicted. "after" is the time since the field below.`,
		Example: `  relaytrace trace spam.eml
  relaytrace trace --trust mx.college.example --trust 192.0.2.0/24 in.mbox
  relaytrace trace --json samples/ > paths.ndjson
  xclip -o | relaytrace trace -`,
		Args: someSamples,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.settings(c, f, args)
			if err != nil {
				return err
			}
			return a.trace(c, s, args, asJSON)
		},
	}
	f.addTrust(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print one relaytrace.path/1 document a line")
	return c
}

// trace prints the path of every sample as soon as it is known.
func (a *app) trace(c *cobra.Command, s settings, paths []string, asJSON bool) error {
	believe, err := s.believe()
	if err != nil {
		return err
	}
	first, found := true, 0
	take := func(sample intake.Sample) error {
		found++
		p := analyze(sample, believe)
		if asJSON {
			doc, err := casefile.EncodeJSON(p, "")
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(doc)
			return err
		}
		if !first {
			a.stdout.WriteString("\n")
		}
		first = false
		writePath(a.stdout, &p, a.colour)
		return nil
	}
	if err := intake.Walk(c.Context(), paths, a.stdin, take, a.problem); err != nil {
		return err
	}
	if found == 0 {
		return errNoSample
	}
	return nil
}

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

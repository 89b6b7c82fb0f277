package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes; they are part of the contract with scripts.
const (
	exitOK         = 0
	exitFailed     = 1 // the command failed
	exitUsage      = 2 // the command line is wrong
	exitIncomplete = 3 // finished, but some inputs were unusable or some look-ups failed
)

// app is what every verb needs of the world outside.
type app struct {
	env    func(string) string // looks up an environment variable
	stdin  io.Reader
	stdout *bufio.Writer // the answer
	stderr io.Writer     // progress and problems

	terminal   bool // stdout is a person's
	colour     bool // stdout is a terminal that wants colours
	progress   bool // stderr is a terminal
	incomplete bool // a problem was told: the exit code is 3
}

// run carries out a command line without the program's name and returns the exit code. An
// interrupt cancels what it does; a second one ends the program at once.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{
		env: env, stdin: stdin, stdout: bufio.NewWriterSize(stdout, 64<<10), stderr: stderr,
		terminal: isTerminal(stdout),
		colour:   isTerminal(stdout) && env("NO_COLOR") == "" && env("TERM") != "dumb",
		progress: isTerminal(stderr),
	}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if e := a.stdout.Flush(); err == nil && e != nil {
		err = fmt.Errorf("standard output: %w", e)
	}
	switch {
	case err != nil:
		return a.fail(err)
	case a.incomplete:
		return exitIncomplete
	}
	return exitOK
}

// root is the command without a verb.
func (a *app) root() *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "relaytrace",
		Short: "Trace spam samples through their relays and write the case",
		Long: `relaytrace reads full-header spam samples and says for each where the mail went, how far
its header may be believed, and where the trail ends. From many samples it makes a case:
a folder with the findings, the evidence, a PDF and draft letters that ask the owners of
relays for their logs. It sends nothing, and contacts no relay.`,
		Example: `  relaytrace trace spam.eml
  relaytrace case -o RT-2026-01 samples/
  relaytrace explain previous-hop-withheld
  relaytrace config init`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if version && len(args) == 0 {
				return a.printVersion()
			}
			return noVerb(c, args)
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Flags().BoolVar(&version, "version", false, "print the version of relaytrace and of Go")
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(err.Error(), c.CommandPath()+" --help")
	})
	root.AddCommand(
		a.caseVerb(), a.showVerb(), a.batchVerb(), a.judgeVerb(), a.exportVerb(), a.verifyVerb(), a.eraseVerb(), a.casesVerb(),
		a.deskVerb(), a.sentVerb(), a.answeredVerb(), a.remindVerb(), a.closeVerb(),
		a.traceVerb(), a.sortVerb(), a.lookupVerb(), a.prepareVerb(), a.blocklistsVerb(),
		a.cacheVerb(), a.explainVerb(), a.configVerb(), a.versionVerb(),
	)
	root.SetHelpCommand(a.helpVerb())
	root.InitDefaultCompletionCmd()
	addCompletionExamples(root)
	return root
}

// noVerb is the answer to a command line that names no verb, or one that does not exist.
func noVerb(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Sprintf("unknown verb %q", args[0]), c.CommandPath()+" --help")
	}
	return usage("no verb", c.CommandPath()+" --help")
}

// helpVerb is cobra's own, but for an unknown verb, which is wrong usage.
func (a *app) helpVerb() *cobra.Command {
	return &cobra.Command{
		Use:     "help [VERB]",
		Short:   "Print the help of a verb",
		Example: "  relaytrace help case",
		RunE: func(c *cobra.Command, args []string) error {
			verb, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noVerb(c.Root(), args)
			}
			verb.InitDefaultHelpFlag()
			return verb.Help()
		},
	}
}

// addCompletionExamples gives cobra's completion verbs what every verb here has.
func addCompletionExamples(root *cobra.Command) {
	examples := map[string]string{
		"completion": "  relaytrace completion bash > ~/.local/share/bash-completion/completions/relaytrace",
		"bash":       "  relaytrace completion bash > ~/.local/share/bash-completion/completions/relaytrace",
		"zsh":        `  relaytrace completion zsh > "${fpath[1]}/_relaytrace"`,
		"fish":       "  relaytrace completion fish > ~/.config/fish/completions/relaytrace.fish",
		"powershell": "  relaytrace completion powershell | Out-String | Invoke-Expression",
	}
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Example = examples["completion"]
		c.Args = noVerb
		c.RunE = func(c *cobra.Command, args []string) error { return noVerb(c, args) }
		for _, shell := range c.Commands() {
			shell.Example = examples[shell.Name()]
			shell.Args = noArguments
		}
	}
}

// noArguments is cobra.NoArgs with our exit code.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Sprintf("unexpected argument %q", args[0]), c.CommandPath()+" --help")
	}
	return nil
}

// someSamples asks for at least one sample.
func someSamples(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("no sample named", "name files or folders, or - for standard input; see "+c.CommandPath()+" --help")
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/mattn/go-isatty"

	"relaytrace/render"
	"relaytrace/trace/intake"
)

// usageError is a command line that is wrong.
type usageError struct{ what, hint string }

func (e *usageError) Error() string { return e.what }
func (e *usageError) Hint() string  { return e.hint }

func usage(what, hint string) error { return &usageError{what, hint} }

// hintedError is any other error with something to do about it.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }
func (e *hintedError) Hint() string  { return e.hint }

func hinted(err error, hint string) error { return &hintedError{err, hint} }

// fail prints the error that ended the command and returns the exit code.
func (a *app) fail(err error) int {
	if errors.Is(err, context.Canceled) {
		a.tell("interrupted", "")
		return exitFailed
	}
	var hint interface{ Hint() string }
	var usage *usageError
	what := ""
	if errors.As(err, &hint) {
		what = hint.Hint()
	}
	a.tell(err.Error(), what)
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// problem prints what kept an input from being used. The command goes on.
func (a *app) problem(p intake.Problem) {
	a.incomplete = true
	a.tell(p.Error(), p.Hint)
}

// tell prints a line for people, and what to do where there is something. Names of files
// and bytes of samples come in here: nothing hidden in them reaches the terminal.
func (a *app) tell(what, hint string) {
	fmt.Fprintf(a.stderr, "relaytrace: %s\n", render.Visible(what))
	if hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", render.Visible(hint))
	}
}

// isTerminal tells whether what is written or read here is a person's terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// pathCause takes the name of the file off an error, where the caller names it himself.
func pathCause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// fileError tells of a file that the user named and that cannot be read.
func fileError(name string, err error) error {
	hint := "copy it from its source again"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = "check the name, and the folder that the command runs in"
	case errors.Is(err, fs.ErrPermission):
		hint = "ask the owner to let you read it, or copy it to a place of your own"
	case errors.Is(err, syscall.EISDIR):
		hint = "name a file in it"
	}
	return hinted(fmt.Errorf("%s: %w", name, pathCause(err)), hint)
}

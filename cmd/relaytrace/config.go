package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"relaytrace/render"
)

// template is the settings file that config init writes.
//
//go:embed template.toml
var template []byte

func (a *app) configVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "config",
		Short:   "Work with the settings file",
		Example: "  relaytrace config init",
		Args:    noVerb,
		RunE:    func(c *cobra.Command, args []string) error { return noVerb(c, args) },
	}
	c.AddCommand(a.configInitVerb())
	return c
}

func (a *app) configInitVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a settings file with a comment for every key",
		Long: `init writes a settings file with a comment for every key, by default relaytrace.toml in
the working directory. It never overwrites a file.

Settings are read from the file that --config names; else from relaytrace.toml in the
working directory; else from relaytrace/relaytrace.toml in your configuration folder.
They are never looked for beside the samples.`,
		Example: "  relaytrace config init\n  relaytrace config init ~/.config/relaytrace/relaytrace.toml",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return noArguments(c, args[1:])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			name := settingsName
			if len(args) == 1 {
				name = args[0]
			}
			if err := writeNew(name, template); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.stdout, "wrote %s\n", render.Visible(name))
			return err
		},
	}
}

// writeNew writes a file that does not exist yet, whole or not at all.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return hinted(fmt.Errorf("%s: exists, and is left as it is", name), "name another file, or edit that one")
	case errors.Is(err, fs.ErrNotExist):
		return hinted(fmt.Errorf("%s: the folder does not exist", name), "make the folder first")
	case errors.As(err, &pe):
		return hinted(fmt.Errorf("%s: %w", name, pe.Err), "name a file in a folder where you may write")
	case err != nil:
		return err
	}
	_, err = f.Write(data)
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

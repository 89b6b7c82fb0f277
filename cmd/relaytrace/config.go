package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

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
		Example: "  relaytrace config init\n  relaytrace config templates letters",
		Args:    noVerb,
		RunE:    func(c *cobra.Command, args []string) error { return noVerb(c, args) },
	}
	c.AddCommand(a.configInitVerb(), a.configTemplatesVerb())
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

func (a *app) configTemplatesVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "templates DIR",
		Short: "Write the built-in texts of letters to a folder, to be changed",
		Long: `templates writes the texts of letters that relaytrace brings, which are text/template files,
to a folder; it makes the folder where there is none, and never overwrites a file. Change
what you like, delete the files that you leave as they are, and name the folder under
templates in the settings.

What a letter says is looked at whatever text it was written from: one that names a
host which the case gives no ground to name is refused.`,
		Example: "  relaytrace config templates letters",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one folder", "relaytrace config templates --help")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.Mkdir(args[0], 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				return hinted(fmt.Errorf("%s: the folder cannot be made", args[0]), "name a folder in one where you may write")
			}
			files := render.TemplateFiles()
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if err := writeNew(filepath.Join(args[0], name), files[name]); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintf(a.stdout, "wrote %d files to %s\n", len(files), render.Visible(args[0]))
			return err
		},
	}
}

// writeNew writes a file that does not exist yet, whole or not at all.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return hinted(fmt.Errorf("%s: exists, and is left as it is", name), "name another file, or edit that one")
	case errors.Is(err, fs.ErrNotExist):
		return hinted(fmt.Errorf("%s: the folder does not exist", name), "make the folder first")
	case err != nil:
		return hinted(fmt.Errorf("%s: %w", name, pathCause(err)), "name a file in a folder where you may write")
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

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version string

// versionOf gives the version of this build: that of the release, that of the module,
// or the commit.
func versionOf() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	commit, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changed"
		}
	}
	if commit == "" {
		return "devel"
	}
	return "devel-" + commit + changed
}

func (a *app) printVersion() error {
	_, err := fmt.Fprintf(a.stdout, "relaytrace %s\n%s %s/%s\n", versionOf(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func (a *app) versionVerb() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of relaytrace and of Go",
		Example: "  relaytrace version\n  relaytrace version --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			if !asJSON {
				return a.printVersion()
			}
			doc, err := casefile.EncodeJSON(struct {
				Schema  string `json:"schema"`
				Version string `json:"version"`
				Go      string `json:"go"`
				OS      string `json:"os"`
				Arch    string `json:"arch"`
			}{"relaytrace.version/1", versionOf(), runtime.Version(), runtime.GOOS, runtime.GOARCH}, "")
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(doc)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON document")
	return c
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/render"
)

// label is one of the Traffic Light Protocol 2.0.
type label struct{ text string }

// UnmarshalText takes a label with or without "TLP:", or nothing.
func (l *label) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimPrefix(strings.ToUpper(string(text)), "TLP:"))
	if s == "" {
		return nil
	}
	if l.text = "TLP:" + s; !slices.Contains(render.Labels(), l.text) {
		return fmt.Errorf("%q is no label of TLP 2.0: %s", text, strings.Join(render.Labels(), ", "))
	}
	return nil
}

// language is one in which letters can be written.
type language struct{ text string }

// UnmarshalText takes a BCP 47 tag of the list, or nothing.
func (l *language) UnmarshalText(text []byte) error {
	for _, tag := range append([]string{casefile.English}, casefile.Languages...) {
		if strings.EqualFold(tag, string(text)) {
			l.text = tag
			return nil
		}
	}
	if len(text) > 0 {
		return fmt.Errorf("%q is no language of letters: en, %s", text, strings.Join(casefile.Languages, ", "))
	}
	return nil
}

// letterKeys are the settings of letters.
type letterKeys struct {
	Member      bool      `toml:"janet_member"`
	CareContact line      `toml:"care_contact"`
	TLP         label     `toml:"tlp"`
	Lang        language  `toml:"lang"`
	CSIRT       []address `toml:"csirt"`
	NoRedact    bool      `toml:"no_redact"`
	Attach      bool      `toml:"attach"`
	Templates   line      `toml:"templates"`
	LetterPDF   bool      `toml:"letter_pdf"`
}

// into puts the keys into the settings of a case. A folder is seen from dir.
func (k *letterKeys) into(s *settings, dir string) {
	s.Member, s.CareContact, s.TLP, s.Lang = k.Member, k.CareContact.text, k.TLP.text, k.Lang.text
	s.CSIRT, s.NoRedact, s.Attach = texts(k.CSIRT), k.NoRedact, k.Attach
	s.letterPDF = k.LetterPDF
	if s.templates = k.Templates.text; s.templates != "" && !filepath.IsAbs(s.templates) {
		s.templates = filepath.Join(dir, s.templates)
	}
}

// letterFlags are the settings of letters on a command line.
type letterFlags struct {
	lang             string
	attach, noRedact bool
	pdf              bool
}

// addLetters adds the flags of everything that writes letters.
func (f *letterFlags) addLetters(c *cobra.Command) {
	c.Flags().StringVar(&f.lang, "lang", "", "write letters to owners in `LANG` above the English text, en for English alone (default: that of the country which the registry states)")
	c.Flags().BoolVar(&f.attach, "attach", false, "add machine-readable parts to letters: ARF, XARF where all is known, headers")
	c.Flags().BoolVar(&f.pdf, "letter-pdf", false, "write each letter as a PDF too")
	c.Flags().BoolVar(&f.noRedact, "no-redact", false, "show complainants' addresses in letters to third parties")
}

// override puts the flags that were given in the place of the file's settings.
func (f *letterFlags) override(c *cobra.Command, s *settings) error {
	var l language
	if err := l.UnmarshalText([]byte(f.lang)); err != nil {
		return usage("--lang: "+err.Error(), c.CommandPath()+" --help")
	}
	if c.Flags().Changed("lang") {
		s.Lang = l.text
	}
	if c.Flags().Changed("attach") {
		s.Attach = f.attach
	}
	if c.Flags().Changed("letter-pdf") {
		s.letterPDF = f.pdf
	}
	if c.Flags().Changed("no-redact") {
		s.NoRedact = f.noRedact
	}
	return nil
}

// letterTemplates gives the texts of letters: the user's own over those that relaytrace brings.
func (s *settings) letterTemplates() (*render.Templates, error) {
	if s.templates == "" {
		return render.BuiltIn(), nil
	}
	t, err := render.ReadTemplates(os.DirFS(s.templates), s.templates)
	if err != nil {
		return nil, hinted(err, "mend the template, or take the key templates out of the settings")
	}
	return t, nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"relaytrace/render"
)

// usualFont is where Debian's package fonts-droid-fallback puts its font, which has the
// Chinese, Japanese and Korean letters that the built-in faces lack.
const usualFont = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"

// paper is the size of the paper of a PDF.
type paper struct{ text string }

// UnmarshalText takes a4 or letter.
func (p *paper) UnmarshalText(text []byte) error {
	switch s := string(text); s {
	case "", "a4", render.PaperLetter:
		p.text = s
		return nil
	}
	return fmt.Errorf("%q is not a paper: a4 or letter", text)
}

// font reads the font for what the built-in faces lack: the file named, or the usual one
// where there is one, or none.
func font(name string) (*render.Font, error) {
	named := name != ""
	if !named {
		name = usualFont
	}
	data, err := os.ReadFile(name)
	if !named && err != nil {
		return nil, nil // without it such letters are shown as code points
	}
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("font %s: %w", name, err)
	}
	f, err := render.NewFont(data)
	if err != nil && named {
		return nil, hinted(fmt.Errorf("font %s: %w", name, err), "Debian's package fonts-droid-fallback has one that serves")
	}
	return f, nil
}

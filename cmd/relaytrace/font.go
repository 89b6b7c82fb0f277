package main

import (
	"fmt"
	"os"

	"relaytrace/render"
)

// usualFonts are where Debian puts fonts with letters that the built-in faces lack: Chinese
// and Japanese in its package fonts-droid-fallback, Korean in fonts-nanum.
var usualFonts = []string{
	"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
	"/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
}

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

// fonts reads the fonts for what the built-in faces lack: the files named, or else the
// usual ones that there are.
func fonts(names []string) (list []*render.Font, err error) {
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fileError("font "+name, err)
		}
		f, err := render.NewFont(data)
		if err != nil {
			return nil, hinted(fmt.Errorf("font %s: %w", name, err), "Debian's packages fonts-droid-fallback and fonts-nanum have some that serve")
		}
		list = append(list, f)
	}
	if len(names) > 0 {
		return list, nil
	}
	for _, name := range usualFonts { // without them such letters are shown as code points
		if data, err := os.ReadFile(name); err == nil {
			if f, err := render.NewFont(data); err == nil {
				list = append(list, f)
			}
		}
	}
	return list, nil
}

package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/trace"
)

var update = flag.Bool("update", false, "write the goldens of letters anew")

func TestLetterGoldens(t *testing.T) {
	silent := letterCase()
	silent.Relays[0].Seen[1].Own = -1
	silent.Relays[0].Seen[1].Clock = nil
	silent.Samples[0].Path.Hops[1].Standing = trace.Unverified
	for _, tt := range []struct {
		name   string
		c      *casefile.Case
		letter casefile.Letter
	}{
		{"withheld-hold", letterCase(), holdLetter("192.0.2.25")},
		{"recorded", letterCase(), sentLetter("198.51.100.7")},
		{"according-to", letterCase(), sentLetter("203.0.113.99")},
		{"two-relays", letterCase(), sentLetter("192.0.2.25", "198.51.100.7")},
		{"no-own-field", silent, sentLetter("192.0.2.25")},
		{"many", manyCase(24), sentLetter("192.0.2.80")},
		{"janet", letterCase(), janetLetter()},
		{"janet-nothing-known", &casefile.Case{ID: "RT-NOTHING1", Created: letterDay}, casefile.Letter{Name: "janet", Kind: casefile.LetterJANET, Hold: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Letter(tt.c, tt.letter)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name+".eml", d.EML)
			golden(t, tt.name+".txt", d.TXT)
			again, err := Letter(tt.c, tt.letter)
			if err != nil || !bytes.Equal(again.EML, d.EML) || !bytes.Equal(again.TXT, d.TXT) {
				t.Error("the same letter written twice differs")
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "letters", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func textOf(t *testing.T, c *casefile.Case, l casefile.Letter) string {
	t.Helper()
	d, err := Letter(c, l)
	if err != nil {
		t.Fatal(err)
	}
	return string(d.TXT)
}

var _ = strings.Contains

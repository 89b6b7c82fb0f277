package render

import (
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// translated are letters of every kind that is written in several languages, with what
// changes their words.
func translated() map[string]func() (*casefile.Case, casefile.Letter) {
	plain := func(l casefile.Letter) func() (*casefile.Case, casefile.Letter) {
		return func() (*casefile.Case, casefile.Letter) { return letterCase(), l }
	}
	follow := func(kind string, was casefile.Letter) func() (*casefile.Case, casefile.Letter) {
		return func() (*casefile.Case, casefile.Letter) {
			c := letterCase()
			return c, followLetter(c, kind, was)
		}
	}
	named := func(change func(*casefile.Case, *casefile.Letter)) func() (*casefile.Case, casefile.Letter) {
		return func() (*casefile.Case, casefile.Letter) {
			c := letterCase()
			l := statedLetter(c, statedLine)
			change(c, &l)
			return c, l
		}
	}
	afterNamed := func(kind string) func() (*casefile.Case, casefile.Letter) {
		return named(func(c *casefile.Case, l *casefile.Letter) {
			*l = followLetter(c, kind, *l)
			if kind == casefile.LetterRetraction {
				c.Stated = nil
			}
		})
	}
	passOn := sentLetter("192.0.2.25", "198.51.100.7")
	passOn.PassOn = true
	return map[string]func() (*casefile.Case, casefile.Letter){
		"2 log request, one relay of which another tells": plain(sentLetter("203.0.113.99")),
		"1 log request, two relays, passed on by a CSIRT, old": func() (*casefile.Case, casefile.Letter) {
			c := letterCase()
			c.Created = "2026-07-01T09:30:00Z"
			return c, passOn
		},
		"3 log request, in part unproven": func() (*casefile.Case, casefile.Letter) {
			c := letterCase()
			c.Samples[1].Path.Hops[1].Standing = trace.Unverified
			return c, sentLetter("192.0.2.25")
		},
		"4 log request, unproven": func() (*casefile.Case, casefile.Letter) {
			c := letterCase()
			c.Samples[2].Path.Hops[1].Standing = trace.Unverified
			return c, sentLetter("198.51.100.7")
		},
		"5 notice, two hosts":          plain(noticeLetter("2001:db8::66", "203.0.113.200")),
		"6 notice, one host, direct":   plain(noticeLetter("2001:db8::66")),
		"7 notice, one host, told":     plain(noticeLetter("203.0.113.200")),
		"8 reminder of a log request":  follow(casefile.LetterReminder, sentLetter("192.0.2.25", "198.51.100.7")),
		"9 reminder of a notice":       follow(casefile.LetterReminder, noticeLetter("2001:db8::66")),
		"A thanks":                     follow(casefile.LetterThanks, sentLetter("198.51.100.7")),
		"B retraction of a request":    withdrawnCase,
		"C retraction, no name, a day": func() (*casefile.Case, casefile.Letter) { c, l := withdrawnCase(); c.Letters[0].Sent = ""; return c, l },
		"D host named by an owner":     named(func(*casefile.Case, *casefile.Letter) {}),
		"E two of them, one line found by less, by a login, old, passed on": named(func(c *casefile.Case, l *casefile.Letter) {
			more := c.Stated[0]
			more.IP = netip.MustParseAddr("203.0.113.78")
			more.Statements = slices.Clone(more.Statements)
			more.Statements[0].Client, more.Statements[0].Match, more.Statements[0].Auth = more.IP, "message-id", "someone"
			c.Stated = append(c.Stated, more)
			l.Relays, l.Date, l.PassOn = append(l.Relays, more.IP), "2026-07-01T09:30:00Z", true
		}),
		"F reminder about one that was named":   afterNamed(casefile.LetterReminder),
		"G thanks about one that was named":     afterNamed(casefile.LetterThanks),
		"H retraction about one that was named": afterNamed(casefile.LetterRetraction),
		"I correction of a request":             correctedCase,
		"J correction of a notice, the second":  correctedSource,
		"K correction, no relay but a source":   correctedRelay,
		"L correction to one of two views": func() (*casefile.Case, casefile.Letter) {
			c, l := correctedCase()
			c.Relays[0].Verdict, c.Relays[1].Verdict = casefile.VerdictUndisclosed, casefile.VerdictSourceOrRelay
			return c, l
		},
		"M correction, a relay or a provider": func() (*casefile.Case, casefile.Letter) {
			c, l := correctedCase()
			c.Relays[0].Verdict, l.Corrects[1] = casefile.VerdictRelayOrProvider, casefile.Said{IP: l.Relays[1], Verdict: casefile.VerdictRelayOrProvider, Certainty: trace.Recorded}
			return c, l
		},
	}
}

// inGolden are those whose words in each language are kept: the others differ in little.
var inGolden = []string{"1", "5", "8", "A", "B", "D", "E", "F", "H", "I", "J", "K", "L", "M"}

// TestTranslations writes every translated letter in every language.
func TestTranslations(t *testing.T) {
	for _, lang := range casefile.Languages {
		t.Run(lang, func(t *testing.T) {
			var all strings.Builder
			letters := translated()
			for _, name := range slices.Sorted(mapKeys(letters)) {
				c, l := letters[name]()
				l.Lang = lang
				d, err := BuiltIn().Drafter(c).Letter(l)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				local := checkTranslation(t, name, lang, c, l, d)
				if slices.Contains(inGolden, name[:1]) {
					fmt.Fprintf(&all, "######## %s\n%s\n", name, local)
				}
			}
			golden(t, "lang-"+lang+".txt", []byte(all.String()))
		})
	}
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// checkTranslation holds what must stand in a translated letter, and returns the part that
// is not English.
func checkTranslation(t *testing.T, name, lang string, c *casefile.Case, l casefile.Letter, d Draft) string {
	t.Helper()
	local, english, ok := strings.Cut(string(d.TXT), "\n    "+strings.Repeat("=", 60)+"\n")
	if !ok {
		t.Fatalf("%s: no English text below", name)
	}
	if want := textOf(t, c, inEnglish(l)); paragraphs(want[strings.Index(want, "TLP:"):]) == "" || !strings.HasSuffix(paragraphs(want), paragraphs(english)) {
		t.Errorf("%s: the English text is not that of the letter in English alone", name)
	}
	wants := []string{c.Settings.Organisation, c.Settings.ReplyTo, "Case " + c.ID, "TLP:AMBER"}
	if l.Asks() {
		wants = append(wants, c.Settings.Domain, "HELO", "GDPR", "49", "CSIRT", "Received")
	}
	for _, ip := range l.Relays {
		wants = append(wants, ip.String())
	}
	for _, want := range wants {
		if want == "GDPR" && strings.ContainsAny(lang, "defrsp") {
			continue // it has a name of its own there
		}
		if !strings.Contains(local, want) {
			t.Errorf("%s: %q does not stand in it", name, want)
		}
	}
	for _, fact := range []string{"61RB0Cq20133", "DQ4N3ZKB", "    Received:", "g1LMFAb01234"} {
		if strings.Contains(local, fact) {
			t.Errorf("%s: the fact %q stands twice", name, fact)
		}
	}
	got := readBack(t, d.EML)
	if _, text, _ := strings.Cut(string(d.TXT), "\n\n"); strings.Join(strings.Fields(text), "") != strings.Join(strings.Fields(got.text), "") {
		t.Errorf("%s: the texts of .eml and .txt differ", name)
	}
	if unspacedLanguage := lang == "ja" || strings.HasPrefix(lang, "zh"); unspacedLanguage != (got.params["delsp"] == "yes") {
		t.Errorf("%s: delsp=%q", name, got.params["delsp"])
	}
	for line := range strings.Lines(local) {
		width := 0
		for _, r := range strings.TrimSpace(line) {
			width += columns(r)
		}
		if width > letterColumns+2 && !strings.HasPrefix(line, verbatim) && !strings.HasPrefix(line, "Subject:") {
			t.Errorf("%s: a line of %d columns: %s", name, width, line)
		}
	}
	checkShown(t, string(d.TXT))
	return local
}

func inEnglish(l casefile.Letter) casefile.Letter {
	l.Lang = ""
	return l
}

// action finds what a template does; the words between are the translator's.
var action = regexp.MustCompile(`\{\{.*?\}\}`)

// TestTranslationsSayTheSame holds that each language makes the same distinctions: a
// translation that forgot a condition would say of some what is true of others alone.
// Where the grammar of a language asks for more forms, it may choose more often.
func TestTranslationsSayTheSame(t *testing.T) {
	conditions := func(lang string) map[string][]string {
		data, err := fs.ReadFile(letterFiles, "templates/letters."+lang+".txt")
		if err != nil {
			t.Fatal(err)
		}
		defines := map[string][]string{}
		name := ""
		for _, a := range action.FindAllString(string(data), -1) {
			a = strings.ReplaceAll(a, "."+lang, "")
			if strings.HasPrefix(a, "{{define ") {
				name = a
				defines[name] = []string{}
				continue
			}
			// By number and by name grammars differ; end and else go with the others.
			if slices.Contains([]string{"{{end}}", "{{else}}", "{{.}}", "{{if .Many}}"}, a) {
				continue
			}
			defines[name] = append(defines[name], a)
		}
		for _, list := range defines {
			slices.Sort(list)
		}
		return defines
	}
	want := conditions("de")
	for _, lang := range casefile.Languages {
		if diff := cmp.Diff(want, conditions(lang)); diff != "" {
			t.Errorf("%s differs from de (-de +%s):\n%s", lang, lang, diff)
		}
	}
}

// TestOwnersAreWrittenToInTheirLanguage holds that no kind of letter is without its
// translations but those to people who read English anyway or wrote first, and that the
// tests above write each of the others.
func TestOwnersAreWrittenToInTheirLanguage(t *testing.T) {
	written := map[string]bool{}
	for _, letter := range translated() {
		_, l := letter()
		written[l.Kind] = true
	}
	for _, template := range BuiltIn().set.Templates() {
		kind, ok := strings.CutPrefix(template.Name(), "subject:")
		if !ok || strings.Contains(kind, ".") || strings.HasPrefix(kind, casefile.LetterReply) {
			continue
		}
		if english := kind == casefile.LetterJANET || kind == casefile.LetterForged; english == written[kind] {
			t.Errorf("%s: translated %t", kind, written[kind])
		}
		for _, lang := range casefile.Languages {
			if written[kind] != (BuiltIn().has(kind+"."+lang) && BuiltIn().has("subject:"+kind+"."+lang)) {
				t.Errorf("%s: its text in %s, which every language must have or none", kind, lang)
			}
		}
	}
	if len(written) < 7 {
		t.Errorf("only %d kinds are translated", len(written))
	}
}

// TestLabels writes every label in every language: no two may be explained alike.
func TestLabels(t *testing.T) {
	for _, lang := range append([]string{""}, casefile.Languages...) {
		said := map[string]string{}
		for _, label := range Labels() {
			c, l := letterCase(), sentLetter("198.51.100.7")
			c.Settings.TLP, l.Lang = label, lang
			text := textOf(t, c, l)
			_, text, _ = strings.Cut(text, "\n\n")
			first, _, _ := strings.Cut(text, "\n\n")
			how, ok := strings.CutPrefix(first, label)
			if !ok {
				t.Errorf("%q: does not begin with %s: %s", lang, label, first)
			}
			if other := said[how]; other != "" {
				t.Errorf("%q: %s and %s are explained alike", lang, label, other)
			}
			said[how] = label
		}
	}
}

// TestSparseTranslations writes letters of a case whose settings say little, which every
// language must take.
func TestSparseTranslations(t *testing.T) {
	for _, lang := range casefile.Languages {
		for name, letter := range translated() {
			c, l := letter()
			c.Settings = casefile.Settings{}
			l.Lang, l.Holder = lang, ""
			d, err := BuiltIn().Drafter(c).Letter(l)
			if err != nil {
				t.Errorf("%s, %s: %v", lang, name, err)
			}
			for _, bad := range []string{"  ,", " .\n", "()", "（）", "<no value>", " :\n\n\n"} {
				if strings.Contains(string(d.TXT), bad) {
					t.Errorf("%s, %s: %q stands in it", lang, name, bad)
				}
			}
		}
	}
}

package intake

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"relaytrace/trace/header"
)

func TestFoldWords(t *testing.T) {
	tests := map[string]string{
		"Stop SENDING me this!":        "stop sending me this",
		"I wasn't able":                "i wasn t able",
		"Hören Sie auf, Straße":        "horen sie auf strasse",
		"N'a pas pu être délivré":      "n a pas pu etre delivre",
		"Proszę łaskawie, żółć":        "prosze laskawie zolc",
		"e-mail/E-Mail":                "e mail e mail",
		"a\u0301 combined":             "a combined",
		"soft\u00adhyphen":             "softhyphen",
		"Прекратите":                   "прекратите",
		"#5.1.1":                       "5 1 1",
		"one * two":                    "one * two",
		"":                             "",
		strings.Repeat("a ", maxWords): strings.TrimSpace(strings.Repeat("a ", maxWords)),
	}
	for text, want := range tests {
		if got := strings.Join(foldWords(text), " "); got != want {
			t.Errorf("%.40q: %.80q, want %.80q", text, got, want)
		}
	}
}

// TestFoldWordsOneByOne holds that words found eight bytes at a time are those found letter
// by letter.
func TestFoldWordsOneByOne(t *testing.T) {
	slow := func(text string) []string {
		var words []string
		var word []byte
		end := func() {
			if len(word) > 0 {
				words, word = append(words, string(word)), nil
			}
		}
		for _, c := range text {
			switch letter := appendLetter(nil, c); {
			case c == '*':
				end()
				words = append(words, "*")
			case c < utf8.RuneSelf && isLetterOrDigit(byte(c)):
				word = append(word, strings.ToLower(string(c))...)
			case slices.Contains(letter, 0):
				end()
			default:
				word = append(word, letter...)
			}
		}
		end()
		return words
	}
	pieces := []string{"a", "Z", "7", "seven77", "eightxxx", "ninexxxxx", "seventeenletters1", " ", ", ", "\n\n", "*", "\x00", "\x01", "ü", "ß", "Æ", "\u00ad", "\u0301", "\u00a0", "я", "Ⱥ", "中", "\xff", "€"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var text strings.Builder
		for range r.IntN(12) {
			text.WriteString(pieces[r.IntN(len(pieces))])
		}
		got, want := strings.Join(foldWords(text.String()), " "), strings.Join(slow(text.String()), " ")
		if got != want {
			t.Fatalf("%q: %q, want %q", text.String(), got, want)
		}
	}
}

// TestPhrasesOneByOne holds that the phrases found by the heads of their words are those
// found by comparing each with each word of the text.
func TestPhrasesOneByOne(t *testing.T) {
	long := strings.Repeat("long", 40)
	phrases := []string{"a", "a b", "a * c", "a b c", "a b * a", "eightxxx ninexxxxx", "eightxxx ninexxxxy b", "ninexxxxx", "a b c a", "c " + long, "c c " + long + "x"}
	rules, err := ParseRules("[grumble to]\n- en: " + strings.Join(phrases, "\n- en: ") + "\n")
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"A", "b", "C", "eightxxx", "NineXXXXX", "ninexxxxy", long, " ", " ", ", ", "*", "ü", "\u00ad"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var text strings.Builder
		for range r.IntN(30) {
			text.WriteString(pieces[r.IntN(len(pieces))])
		}
		h, words := hits{}, foldWords(text.String())
		rules.look(&h, placeTo, []byte(text.String()))
		for _, phrase := range phrases {
			want, of := false, strings.Fields(phrase)
			for i := range len(words) - len(of) + 1 {
				want = want || slices.EqualFunc(of, words[i:i+len(of)], func(a, b string) bool { return a == b || a == "*" })
			}
			if got := slices.ContainsFunc(h[kindGrumble], func(one hit) bool { return one.text == phrase }); got != want {
				t.Fatalf("%q in %q: %v, want %v", phrase, text.String(), got, want)
			}
		}
	}
}

// TestBuiltInRules holds that the rules are read, that every kind and every main language
// is there, and that no phrase stands twice in a section.
func TestBuiltInRules(t *testing.T) {
	kinds, langs, seen := map[string]int{}, map[string]int{}, map[string]bool{}
	section := ""
	for line := range strings.Lines(builtIn) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = line
			kinds[strings.Fields(strings.Trim(line, "[]"))[0]]++
		default:
			head, phrase, _ := strings.Cut(line, ": ")
			langs[strings.Fields(head)[1]]++
			if key := section + phrase; seen[key] {
				t.Errorf("%s: %q stands twice", section, phrase)
			} else {
				seen[key] = true
			}
		}
	}
	for _, kind := range ruleKinds {
		if kinds[kind] == 0 && !strings.HasPrefix(kind, "priority-") {
			t.Errorf("no rule of kind %s", kind)
		}
	}
	for _, lang := range []string{"en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv"} {
		if langs[lang] < 10 {
			t.Errorf("%d rules in %s", langs[lang], lang)
		}
	}
	for name := range DefaultRules().others {
		t.Errorf("package header does not know the name %s: every field of another name pays for its rules", name)
	}
}

// TestEveryPhrase holds that every phrase of the rules is found in a text that holds it.
func TestEveryPhrase(t *testing.T) {
	rules := DefaultRules()
	for at := range rules.places {
		for _, of := range rules.places[at].by {
			for _, r := range of {
				h := hits{}
				rules.look(&h, place(at), []byte("xyz "+strings.ReplaceAll(strings.ToUpper(r.text), "*", "FOO")+"! xyz"))
				found := false
				for _, one := range h[r.kind] {
					found = found || one.text == r.text
				}
				if !found {
					t.Errorf("%s %s: %q is not found", r.kind, place(at), r.text)
				}
			}
		}
	}
}

func TestOwnRules(t *testing.T) {
	rules, err := ParseRules("# mine\n[complaint text]\nhouse en: mind your * manners\n- en: not stop this\n[list field]\n- -: X-House\n")
	if err != nil {
		t.Fatal(err)
	}
	got := func(text string) []string {
		h := hits{}
		rules.look(&h, placeText, []byte(text))
		out := []string{}
		for _, one := range h[kindComplaint] {
			out = append(out, one.String())
		}
		return out
	}
	if diff := cmp.Diff([]string{"text: mind your * manners (house)"}, got("Mind your bad manners.")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{}, got("stop this")); diff != "" {
		t.Errorf("a rule that was taken away is there:\n%s", diff)
	}
	mixed, err := ParseRules("[grumble text]\n- en: fooled againandagain\n- en: fooled\n- en: fooled * twice\n- en: fooled againandmore\n- en: fooled againandagain twice\n")
	if err != nil {
		t.Fatal(err)
	}
	h := hits{}
	mixed.look(&h, placeText, []byte("Fooled againandagain, twice"))
	order := []string{}
	for _, one := range h[kindGrumble] {
		order = append(order, one.text)
	}
	if diff := cmp.Diff([]string{"fooled againandagain", "fooled", "fooled * twice", "fooled againandagain twice"}, order); diff != "" {
		t.Errorf("not in the order of the rules:\n%s", diff)
	}
	h = hits{}
	text := []byte("x-house: 1\n\n")
	rules.lookFields(&h, &part{data: text, fields: scanFields(text)})
	if len(h[kindList]) != 1 {
		t.Errorf("own field: %v", h)
	}
	h = hits{}
	DefaultRules().look(&h, placeText, []byte("stop this"))
	if len(h[kindComplaint]) != 1 {
		t.Error("own rules changed those that come with relaytrace")
	}
}

// TestFieldRuleBeyondASCII holds that a field meets a rule whose first word has an accent, in
// the rule or in the field.
func TestFieldRuleBeyondASCII(t *testing.T) {
	rules, err := ParseRules("[auto field]\nhouse de: X-Art: Übersicht\nhouse de: X-Zweck: Uberblick\n")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"X-Art: Übersicht der Woche\n\n": 1, "X-Art: ÜBERSICHT\n\n": 1, "X-Art: ubersicht\n\n": 1, "X-Zweck: kurzer Überblick\n\n": 1,
		"X-Art: Über\n\n": 0, "X-Art: keine\n\n": 0,
	} {
		h := hits{}
		rules.lookFields(&h, &part{data: []byte(text), fields: scanFields([]byte(text))})
		if len(h[kindAuto]) != want {
			t.Errorf("%q: %v, want %d", text, h[kindAuto], want)
		}
	}
}

// TestPriorityRules holds that rules of one's own say what comes first, whatever it is.
func TestPriorityRules(t *testing.T) {
	rules, err := ParseRules("[priority-3 text]\nhouse en: meds\n[priority-2 from]\nhouse -: jo@sender.example\n[priority-1 text]\nhouse en: weekly digest\n[threat subject]\nhouse en: zap\n")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"Received: from a by b\nFrom: x@y.example\nSubject: z\n\nbuy meds\n":                                3,
		"Received: from a by b\nFrom: jo@sender.example\nSubject: z\n\nbuy meds\n":                          2,
		"Received: from a by b\nList-Id: <a.example>\nFrom: x@y.example\nSubject: z\n\nthe Weekly Digest\n": 1,
		"Received: from a by b\nFrom: x@y.example\nSubject: z\n\nhello\n":                                   PriorityRest,
		"Received: from a by b\nFrom: x@y.example\nTo: abuse@y.example\nSubject: zap\n\nstop this spam\n":   1,
	} {
		s := &Submission{File: "f.eml", Line: 1, Size: len(text), Data: []byte(text)}
		newInspector(Sorter{Rules: rules}).inspect(s, true, nil)
		if s.Priority != want {
			t.Errorf("%q: priority %d, want %d; %v", text, s.Priority, want, s.Reasons)
		}
	}
}

// TestLongUnmarked holds that it makes no difference that the words of a long text, and those
// below a phrase of advertising, are not looked at where the header bears no mark: below the
// header of each case, with the phrases of one section after the other.
func TestLongUnmarked(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(casesDir, "cases", "*.eml"))
	if err != nil || len(names) == 0 {
		t.Fatal(err, len(names))
	}
	var texts []string
	for section := range strings.SplitSeq(builtIn, "\n[") {
		if head, rules, _ := strings.Cut(section, "\n"); strings.HasSuffix(head, " text]") {
			text := ""
			for rule := range strings.Lines(rules) {
				_, phrase, _ := strings.Cut(rule, ": ")
				text += phrase
			}
			texts = append(texts, text)
		}
	}
	for i, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head := strings.ReplaceAll(string(data[:header.Scan(data, nil).End]), "multipart/", "text/")
		phrases := texts[i%len(texts)]
		sameWhenRead(t, name, []byte(head+"\n"+phrases+strings.Repeat("I read this. ", longWords/13+1)))
		sold := "to be removed\n" + strings.Repeat("\n", run) + phrases
		sameWhenRead(t, name, []byte(head+"\n"+sold[:min(len(sold), longWords)]))
		sameWhenRead(t, name, []byte(head+"\n"+strings.Repeat("> quoted\n", longWords/9+1)+phrases[:min(len(phrases), longWords)]))
	}
}

// TestRulesBelowAdvertising holds that a rule of one's own counts in a text that advertises
// above its phrase, where those that come with relaytrace have no such rules for texts.
func TestRulesBelowAdvertising(t *testing.T) {
	const header = "From: joe@sender.example\nTo: pat@victim.example\nSubject: hello\nMessage-ID: <1@sender.example>\n"
	for _, tt := range []struct {
		section, phrase, header, text string
		want                          Class
	}{
		{"daemon", "this is the post room", "Received: from a.example by b.example; Mon, 12 Mar 2007 10:00:00 +0100\n", "This is the post room. Failed recipients: jo", ClassBounce},
		{"desk", "dear abuse team", "Received: from a.example by b.example; Mon, 12 Mar 2007 10:00:00 +0100\n", "Dear abuse team, stop this spam and stop sending me mail", ClassComplaint},
		{"sighting", "seen in the news", "", "Seen in the news, for your files", ClassComplaint},
	} {
		rules, err := ParseRules("[" + tt.section + " text]\nhouse en: " + tt.phrase + "\n")
		if err != nil {
			t.Fatal(err)
		}
		text := tt.header + header + "\nClick here to order\n" + strings.Repeat("\n", 2*run) + tt.text + "\n"
		for want, rules := range map[Class]*Rules{tt.want: rules, "": DefaultRules()} {
			s := &Submission{File: "f.eml", Line: 1, Size: len(text), Data: []byte(text)}
			newInspector(Sorter{Rules: rules}).inspect(s, true, nil)
			if s.Class != want && (want != "" || s.Class == tt.want) {
				t.Errorf("%s: %s, want %s; %v", tt.section, s.Class, tt.want, s.Reasons)
			}
		}
	}
}

// TestListsUnread holds the same for what the texts of lists hold: each case, as if it had
// come by a list.
func TestListsUnread(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(casesDir, "cases", "*.eml"))
	if err != nil || len(names) == 0 {
		t.Fatal(err, len(names))
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sameWhenRead(t, name, append([]byte("List-Id: <rowing.club.example>\nMailing-List: x\n"), data...))
	}
}

// sameWhenRead holds that a message is the same when all its texts are looked at: so they
// are when a rule may give a priority by them.
func sameWhenRead(t *testing.T, name string, data []byte) {
	t.Helper()
	whole := *DefaultRules()
	whole.ranksText, whole.tellsMore = true, true
	for _, own := range [][]string{nil, {"dept.college.example"}} {
		var got [2]string
		for i, rules := range []*Rules{DefaultRules(), &whole} {
			s := &Submission{File: "f.eml", Line: 1, Size: len(data), Data: data}
			newInspector(Sorter{Rules: rules, Domains: own}).inspect(s, true, nil)
			got[i] = fmt.Sprint(s.Class, s.Grade, s.Priority, len(s.Samples), s.Reasons, s.Forged, s.Recipients)
		}
		if got[0] != got[1] {
			t.Errorf("%s, forged %v: %s, and when all is read %s", name, own, got[0], got[1])
		}
	}
}

func TestBadRules(t *testing.T) {
	for text, want := range map[string]string{
		"[nothing text]\n":             "line 1: no such section: [nothing text]",
		"[bounce nowhere]\n":           "line 1: no such section: [bounce nowhere]",
		"en: no section\n":             "line 1: a rule is \"family language: phrase\" below a section",
		"[bounce text]\nno colon\n":    "line 2: a rule is \"family language: phrase\" below a section",
		"[bounce text]\n\n- en: * x\n": "line 3: a phrase begins with a word",
		"[bounce text]\n- en: !!!\n":   "line 2: a phrase begins with a word",
	} {
		if _, err := ParseRules(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add("[bounce text]\n- en: a b\n")
	f.Add("[list field]\n- -: : x\n- -: not A\n[bulk text]\nx de: ü *\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseRules(text)
		if err != nil {
			return
		}
		h := hits{}
		rules.look(&h, placeText, []byte(text))
		data := []byte(text)
		rules.lookFields(&h, &part{data: data, fields: scanFields(data)})
	})
}

// TestLookFor holds that a phrase is found wherever a text is cut into pieces.
func TestLookFor(t *testing.T) {
	r := DefaultRules()
	for n := range 2 * run {
		text := strings.Repeat("x\n", n/2) + strings.Repeat("y", n%2) + "\nif\nyou\nwish\nto\nbe\nremoved\nfrom\nthis\nlist\n" + strings.Repeat("x\n", run)
		var want, got, none hits
		r.look(&want, placeText, []byte(text))
		r.lookFor(&got, kindPriority, placeText, []byte(text))
		r.lookFor(&none, kindBulk, placeText, []byte(text+text))
		if fmt.Sprint(got) != fmt.Sprint(want) || len(want[kindBulk]) == 0 || len(none[kindBulk]) == 0 {
			t.Fatalf("%d: %v, want %v", n, got, want)
		}
	}
	for n, want := range map[int]bool{maxWords - 3: true, maxWords - 2: false} { // words in front
		if got := r.lookFor(&hits{}, kindBulk, placeText, []byte(strings.Repeat("x\n", n)+"to be removed\n")); got != want {
			t.Errorf("behind %d words: %v, want %v", n, got, want)
		}
	}
}

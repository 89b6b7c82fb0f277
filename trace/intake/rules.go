package intake

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"relaytrace/trace/header"
)

//go:embed rules.txt
var builtIn string

// Rules are the phrases and fields that tell the kinds of mail apart, as data. They are
// safe for concurrent use once made.
type Rules struct {
	places [places]phrases      // what is looked for there
	fields [header.Names][]rule // by the number of a field's name
	others map[string][]rule    // by the name in lower case, for those without a number

	ranksText bool // a priority rests on the text
	tellsMore bool // phrases in a text may tell more than those that come with relaytrace
}

// rule is one line of the rules.
type rule struct {
	kind   kind
	family string   // what is named in the reason
	words  []string // folded; nil for a field that only needs to be there
	text   string   // as written
	third  uint64   // the head of the third word; 0 where any may stand, or none
	order  int      // among the rules of its place
}

// kind is what a rule speaks for.
type kind int

const (
	kindDaemon kind = iota
	kindBounce
	kindDelay
	kindSuccess
	kindAuto
	kindList
	kindDesk
	kindProvider
	kindSighting
	kindComplaint
	kindGrumble
	kindTechnical
	kindThreat
	kindLegal
	kindDistress
	kindReply
	kindForward
	kindBulk
	kindPriority // the first of five
	kinds        = kindPriority + PriorityCounted
)

// the kinds and places that a section may name.
var (
	ruleKinds = [kinds]string{
		"daemon", "bounce", "delay", "success", "auto", "list", "desk", "provider", "sighting", "complaint", "grumble",
		"technical", "threat", "legal", "distress", "reply", "forward", "bulk",
		"priority-1", "priority-2", "priority-3", "priority-4", "priority-5",
	}
	rulePlaces = [places]string{"subject", "from", "to", "text", "field"}
)

func (k kind) String() string { return ruleKinds[k] }

// place is where in a message a rule is met.
type place int

const (
	placeSubject place = iota
	placeFrom
	placeTo
	placeText
	placeField
	places
)

func (p place) String() string { return rulePlaces[p] }

// DefaultRules returns the rules that come with relaytrace.
func DefaultRules() *Rules { return defaultRules() }

var defaultRules = sync.OnceValue(func() *Rules {
	r, err := parseRules(builtIn)
	if err != nil {
		panic("intake: " + err.Error()) // a test reads the built-in rules
	}
	return r
})

// ParseRules reads rules of the user's own, in the form of rules.txt, on top of those that
// come with relaytrace. An error names the line.
func ParseRules(text string) (*Rules, error) { return parseRules(builtIn, text) }

func parseRules(texts ...string) (*Rules, error) {
	r := &Rules{others: map[string][]rule{}}
	for _, text := range texts {
		if err := r.read(text); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// read adds the rules of one text.
func (r *Rules) read(text string) error {
	of, at := kind(-1), place(-1)
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if section, ok := strings.CutPrefix(line, "["); ok {
			name, where, _ := strings.Cut(strings.TrimSuffix(section, "]"), " ")
			of, at = kind(slices.Index(ruleKinds[:], name)), place(slices.Index(rulePlaces[:], where))
			if of < 0 || at < 0 {
				return fmt.Errorf("line %d: no such section: %s", n, line)
			}
			continue
		}
		head, phrase, ok := strings.Cut(line, ": ")
		family, lang, _ := strings.Cut(head, " ")
		if !ok || lang == "" || of < 0 {
			return fmt.Errorf("line %d: a rule is \"family language: phrase\" below a section", n)
		}
		if err := r.add(at, rule{kind: of, family: family, text: phrase}, lang); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

// asUmlauts are the two letters that stand for one in German, and that letter without its dots.
var asUmlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// add adds one rule, or takes one away.
func (r *Rules) add(at place, got rule, lang string) error {
	remove := false
	if rest, ok := strings.CutPrefix(got.text, "not "); ok {
		remove, got.text = true, rest
	}
	if at == placeField {
		name, phrase, _ := strings.Cut(got.text, ": ")
		got.words = foldWords(phrase)
		key := strings.ToLower(name)
		if key == "" || strings.ContainsAny(key, " \t:") {
			return fmt.Errorf("a field rule is a name, or \"Name: phrase\"")
		}
		if n := header.NameOf(key); n != header.Other {
			r.fields[n] = addRule(r.fields[n], got, remove)
		} else {
			r.others[key] = addRule(r.others[key], got, remove)
		}
		return nil
	}
	r.tellsMore = r.tellsMore || at == placeText && (got.kind >= kindPriority || got.kind == kindDaemon || got.kind == kindDesk || got.kind == kindSighting)
	r.ranksText = r.ranksText || at == placeText && got.kind >= kindPriority
	got.words = foldWords(got.text)
	if len(got.words) == 0 || got.words[0] == "*" {
		return fmt.Errorf("a phrase begins with a word")
	}
	r.places[at].add(got, remove)
	if lang != "de" {
		return nil
	}
	// Umlauts may be written as two letters, in the rule and in the mail.
	if words := foldWords(asUmlauts.Replace(got.text)); !slices.Equal(words, got.words) {
		got.words = words
		r.places[at].add(got, remove)
	}
	return nil
}

func addRule(list []rule, got rule, remove bool) []rule {
	same := func(o rule) bool { return o.kind == got.kind && slices.Equal(o.words, got.words) }
	if remove {
		return slices.DeleteFunc(list, same)
	}
	if slices.ContainsFunc(list, same) {
		return list
	}
	return append(list, got)
}

// hit is a rule that was met.
type hit struct {
	*rule
	place place
}

// String gives the reason in words.
func (h hit) String() string {
	s := h.place.String() + ": " + h.text
	if h.family != "-" {
		s += " (" + h.family + ")"
	}
	return s
}

// hits are the rules that a message met, by kind.
type hits [kinds][]hit

// empty takes the hits out, and leaves their places.
func (h *hits) empty() {
	for k, list := range h {
		if len(list) > 0 {
			clear(list)
			h[k] = list[:0]
		}
	}
}

// none tells whether no rule was met.
func (h *hits) none() bool {
	return !slices.ContainsFunc(h[:], func(list []hit) bool { return len(list) > 0 })
}

// in counts the hits of a kind at a place, each phrase once.
func (h *hits) in(k kind, at place) int {
	n := 0
	for _, one := range h[k] {
		if one.place == at {
			n++
		}
	}
	return n
}

// find gives the first hit of a kind at one of the places.
func (h *hits) find(k kind, at ...place) (hit, bool) {
	for _, one := range h[k] {
		if len(at) == 0 || slices.Contains(at, one.place) {
			return one, true
		}
	}
	return hit{}, false
}

// add adds a rule that was met at a place, once.
func (h *hits) add(one *rule, at place) {
	same := func(o hit) bool { return o.place == at && o.text == one.text && o.family == one.family }
	if h[one.kind] == nil {
		h[one.kind] = make([]hit, 0, 4) // few are the only one
	}
	if !slices.ContainsFunc(h[one.kind], same) {
		h[one.kind] = append(h[one.kind], hit{one, at})
	}
}

// lookIn compares the first fields of these names with the phrases of a place.
func (r *Rules) lookIn(h *hits, at place, p *part, names ...header.Name) {
	var room [2][]byte
	bodies := room[:0]
	for _, name := range names {
		body, ok := p.find(name)
		if !ok {
			continue
		}
		body = body[:min(len(body), maxValue)]
		if bytes.Contains(body, []byte("=?")) || !utf8.Valid(body) {
			r.look(h, at, readable(p.line(names...)))
			return
		}
		bodies = append(bodies, body)
	}
	r.look(h, at, bodies...)
}

// look compares the words of texts, one behind the other, with the phrases of a place.
func (r *Rules) look(h *hits, at place, texts ...[]byte) {
	f := foldedPool.Get().(*folded)
	defer foldedPool.Put(f)
	f.fold(texts...)
	r.lookAt(h, at, f, 0, len(f.starts))
}

// piece is the length in bytes at which runs of lines that lookFor has put together are looked at.
const piece = 256

// lookFor does so with the writer's own words in a text, piece by piece, until a phrase of a
// kind is met, and tells whether it was. Where every line is a run of its own, as those that
// end in CR LF are, many make a piece.
func (r *Rules) lookFor(h *hits, k kind, at place, text []byte) bool {
	f := foldedPool.Get().(*folded)
	defer foldedPool.Put(f)
	f.fold()
	looked := 0
	for pos := 0; pos < len(text) && len(h[k]) == 0; {
		begin, end, next := ownRun(text, pos)
		f.add(text[begin:end])
		if pos = next; pos < len(text) && len(f.buf)-f.cut < piece {
			continue
		}
		f.split()
		known := len(f.starts)
		if pos < len(text) { // a phrase may go on in the next piece
			known = max(known-r.places[at].longest, looked)
		}
		r.lookAt(h, at, f, looked, known)
		looked = known
	}
	return len(h[k]) > 0
}

// lookAt compares the phrases of a place with the words from one index to another.
func (r *Rules) lookAt(h *hits, at place, f *folded, from, to int) {
	p := &r.places[at]
	head, next := f.head(from), f.head(from+1)
	for i := from; i < to; i++ {
		alone := aloneKey(head)
		pair := pairKey(alone, next)
		head, next = next, f.head(i+2)
		if p.mayHave(alone) || p.mayHave(pair) { // as few
			h.addAt(f, i, next, p.of(alone), p.of(pair), at)
		}
	}
}

// addAt adds those of the rules, in their order, whose phrases stand at the word with index
// i; third is the head of the second word behind that.
func (h *hits) addAt(f *folded, i int, third uint64, alone, paired []rule, at place) {
	for len(alone)+len(paired) > 0 {
		var one *rule
		if len(paired) == 0 || len(alone) > 0 && alone[0].order < paired[0].order {
			one, alone = &alone[0], alone[1:]
		} else {
			one, paired = &paired[0], paired[1:]
		}
		if (one.third == 0 || one.third == third) && f.matches(one.words, i) {
			h.add(one, at)
		}
	}
}

// lookMark tells whether a text is the mark of an answer or a forward, as a phrase of one word.
func (r *Rules) lookMark(h *hits, text []byte) bool {
	f := foldedPool.Get().(*folded)
	defer foldedPool.Put(f)
	f.fold(text)
	if len(f.starts) != 1 {
		return false
	}
	found := false
	rules := r.places[placeSubject].of(aloneKey(f.head(0)))
	for i := range rules {
		if one := &rules[i]; (one.kind == kindReply || one.kind == kindForward) && len(one.words) == 1 && f.matches(one.words, 0) {
			found = true
			h.add(one, placeSubject)
		}
	}
	return found
}

// lookFields compares the fields of a header.
func (r *Rules) lookFields(h *hits, p *part) {
	for i := range p.fields {
		f := &p.fields[i]
		rules := r.fields[f.Which]
		if f.Which == header.Other && len(r.others) > 0 { // rules of the user's own
			rules = r.others[lowerName(f.Name(p.data))]
		}
		if len(rules) > 0 {
			r.lookField(h, rules, f.Body(p.data))
		}
	}
}

// lookField compares one field with the rules for its name: most only need to be there.
func (r *Rules) lookField(h *hits, rules []rule, body []byte) {
	body = body[:min(len(body), maxValue)]
	var f *folded // once a rule may be met by its words
	for i := range rules {
		one := &rules[i]
		if len(one.words) > 0 {
			if !mayHold(body, one.words[0]) {
				continue
			}
			if f == nil {
				f = foldedPool.Get().(*folded)
				f.fold(body)
			}
			if !f.contains(one.words) {
				continue
			}
		}
		h.add(one, placeField)
	}
	if f != nil {
		foldedPool.Put(f)
	}
}

// mayHold tells whether a word may stand in a text, once both are folded: it looks for its
// first two letters, where all is plain ASCII.
func mayHold(text []byte, word string) bool {
	if word[0] == '*' {
		return true
	}
	for i, c := range text {
		if c >= utf8.RuneSelf || c|0x20 == word[0] && (len(word) == 1 || i+1 < len(text) && text[i+1]|0x20 == word[1]) {
			return true
		}
	}
	return false
}

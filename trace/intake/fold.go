package intake

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxWords bounds the words of one text that are compared.
const maxWords = 4000

// folded is a text cut into words without case, accents and punctuation. All words lie in
// one buffer: a text has hundreds, and most are passed over by their checksums.
type folded struct {
	buf  []byte
	ends []int32  // of each word in buf
	sums []uint32 // of each word
}

var foldedPool = sync.Pool{New: func() any { return new(folded) }}

// asciiFold gives the letter or digit that a byte is compared as; 0 for what parts words.
var asciiFold [utf8.RuneSelf]byte

func init() {
	for c := range byte(utf8.RuneSelf) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			asciiFold[c] = c
		case c >= 'A' && c <= 'Z':
			asciiFold[c] = c | 0x20
		}
	}
}

// The checksum is FNV-1a.
const (
	sumStart = 2166136261
	sumPrime = 16777619
)

// fold takes a text; what it held before is gone. "*" is a word of its own, for phrases.
func (f *folded) fold(text []byte) {
	f.buf, f.ends, f.sums = f.buf[:0], f.ends[:0], f.sums[:0]
	begin, sum := 0, uint32(sumStart)
	for i := 0; i < len(text) && len(f.ends) < maxWords; {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if l := asciiFold[c]; l != 0 {
				f.buf = append(f.buf, l)
				sum = (sum ^ uint32(l)) * sumPrime
				continue
			}
			if len(f.buf) > begin {
				begin, sum = f.end(sum), sumStart
			}
			if c == '*' {
				f.buf = append(f.buf, '*')
				begin = f.end(wordSum("*"))
			}
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if before := len(f.buf); f.letter(r) {
			for _, l := range f.buf[before:] {
				sum = (sum ^ uint32(l)) * sumPrime
			}
		} else if len(f.buf) > begin {
			begin, sum = f.end(sum), sumStart
		}
	}
	if len(f.buf) > begin && len(f.ends) < maxWords {
		f.end(sum)
	}
}

// end ends a word and returns where the next begins.
func (f *folded) end(sum uint32) int {
	f.ends, f.sums = append(f.ends, int32(len(f.buf))), append(f.sums, sum)
	return len(f.buf)
}

// letter adds a character beyond ASCII; false when it parts words.
func (f *folded) letter(c rune) bool {
	switch {
	case c == '\u00ad' || c == '\u200b': // soft hyphens and such are no letters
	case unicode.IsLetter(c):
		c = unicode.ToLower(c)
		if plain, ok := plainLetters[c]; ok {
			f.buf = append(f.buf, plain...)
		} else {
			f.buf = utf8.AppendRune(f.buf, c)
		}
	case unicode.Is(unicode.Mn, c): // an accent that stands for itself
	default:
		return false
	}
	return true
}

// word gives the word with index i.
func (f *folded) word(i int) []byte {
	begin := int32(0)
	if i > 0 {
		begin = f.ends[i-1]
	}
	return f.buf[begin:f.ends[i]]
}

// matches tells whether a phrase stands at the word with index i.
func (f *folded) matches(phrase []string, i int) bool {
	if len(phrase) > len(f.ends)-i {
		return false
	}
	for j, w := range phrase {
		if w != "*" && w != string(f.word(i+j)) {
			return false
		}
	}
	return true
}

// contains tells whether a phrase stands anywhere.
func (f *folded) contains(phrase []string) bool {
	for i := range f.ends {
		if f.matches(phrase, i) {
			return true
		}
	}
	return false
}

// foldWords cuts a phrase into its words.
func foldWords(text string) []string {
	var f folded
	f.fold([]byte(text))
	words := make([]string, len(f.ends))
	for i := range words {
		words[i] = string(f.word(i))
	}
	return words
}

// plainLetters are the letters of Latin alphabets without their accents.
var plainLetters = map[rune]string{}

func init() {
	for plain, accented := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćčĉ", "d": "ďđð", "e": "èéêëēėęě", "g": "ğģ", "i": "ìíîïīįı", "k": "ķ", "l": "łľļĺ",
		"n": "ñńňņ", "o": "òóôõöøōő", "r": "řŕ", "s": "śšşș", "t": "ťţț", "u": "ùúûüūůűų", "y": "ýÿ", "z": "źżž",
		"ae": "æ", "oe": "œ", "ss": "ß", "th": "þ", "σ": "ς",
	} {
		for _, c := range accented {
			plainLetters[c] = plain
		}
	}
}

// phrases finds rules by their first word.
type phrases struct {
	by map[string][]rule
	// Most words of a text begin no phrase: they are passed over by a bit for the checksum
	// of a word that is a phrase alone, or has "*" behind it, and of each first pair.
	alone, pair [1 << 11]uint32
}

func newPhrases() *phrases { return &phrases{by: map[string][]rule{}} }

// add adds a rule, or takes it away.
func (p *phrases) add(one rule, remove bool) {
	p.by[one.words[0]] = addRule(p.by[one.words[0]], one, remove)
	bits, sum := &p.alone, wordSum(one.words[0])
	if len(one.words) > 1 && one.words[1] != "*" {
		bits, sum = &p.pair, pairSum(sum, wordSum(one.words[1]))
	}
	bits[sum>>5&(1<<11-1)] |= 1 << (sum & 31)
}

func wordSum(word string) uint32 {
	sum := uint32(sumStart)
	for i := range len(word) {
		sum = (sum ^ uint32(word[i])) * sumPrime
	}
	return sum
}

func pairSum(first, second uint32) uint32 { return (first ^ second>>7) * sumPrime }

func hasBit(bits *[1 << 11]uint32, sum uint32) bool {
	return bits[sum>>5&(1<<11-1)]>>(sum&31)&1 != 0
}

// at gives the rules that may stand at the word with index i.
func (p *phrases) at(f *folded, i int) []rule {
	sum := f.sums[i]
	if !hasBit(&p.alone, sum) && (i+1 >= len(f.sums) || !hasBit(&p.pair, pairSum(sum, f.sums[i+1]))) {
		return nil
	}
	return p.by[string(f.word(i))]
}

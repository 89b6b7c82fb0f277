package intake

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxWords bounds the words of one text that are compared.
const maxWords = 4000

// folded is a text cut into words without case, accents and punctuation. All words lie in
// one buffer: a text has hundreds, and most are passed over by their heads.
type folded struct {
	buf    []byte  // letters and digits, and zeros for what parts words and at the end
	starts []int32 // where words begin in buf
	cut    int     // how much of buf is cut into words
}

var foldedPool = sync.Pool{New: func() any { return new(folded) }}

// asciiFold gives the letter or digit that a byte is compared as; 0 for what parts words,
// and noASCII for what needs a closer look.
var asciiFold [256]byte

const noASCII = 0xFF

func init() {
	for i := range asciiFold {
		switch c := byte(i); {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			asciiFold[i] = c
		case c >= 'A' && c <= 'Z':
			asciiFold[i] = c | 0x20
		case c >= utf8.RuneSelf || c == '*':
			asciiFold[i] = noASCII
		}
	}
}

// fold takes texts, one behind the other; what it held before is gone.
func (f *folded) fold(texts ...[]byte) {
	f.buf, f.starts, f.cut = f.buf[:0], f.starts[:0], 0
	for _, text := range texts {
		f.add(text)
	}
	f.split()
}

// add takes one more text; its words are found by split, since short texts are better cut
// together. "*" is a word of its own, for phrases.
func (f *folded) add(text []byte) {
	f.buf = append(appendFolded(f.buf, text), 0)
}

// appendFolded adds a text to buf.
func appendFolded(buf, text []byte) []byte {
	for len(text) > 0 {
		n := len(buf)
		buf = slices.Grow(buf, len(text)+padding)
		run := foldRun(buf[n:n+len(text)], text)
		if buf, text = buf[:n+run], text[run:]; len(text) == 0 {
			break
		}
		size := 1
		if text[0] == '*' {
			buf = append(buf, 0, '*', 0)
		} else {
			var r rune
			r, size = utf8.DecodeRune(text)
			buf = appendLetter(buf, r)
		}
		text = text[size:]
	}
	return buf
}

// foldRun folds the beginning of a text that is plain ASCII into dst, which is as long, and
// returns its length.
func foldRun(dst, text []byte) int {
	n := 0
	for ; n+4 <= len(text); n += 4 {
		from, to := text[n:n+4], dst[n:n+4]
		a, b, c, d := asciiFold[from[0]], asciiFold[from[1]], asciiFold[from[2]], asciiFold[from[3]]
		to[0], to[1], to[2], to[3] = a, b, c, d
		if a|b|c|d == noASCII {
			break
		}
	}
	for ; n < len(text); n++ {
		l := asciiFold[text[n]]
		if l == noASCII {
			break
		}
		dst[n] = l
	}
	return n
}

// Eight bytes that are all the same.
const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
)

// appendLetter adds a character beyond ASCII, or what parts words.
func appendLetter(buf []byte, c rune) []byte {
	switch {
	case c == '\u00ad' || c == '\u200b': // soft hyphens and such are no letters
	case unicode.IsLetter(c):
		c = unicode.ToLower(c)
		if int(c) < len(plainLetters) && plainLetters[c] != "" {
			return append(buf, plainLetters[c]...)
		}
		return utf8.AppendRune(buf, c)
	case unicode.Is(unicode.Mn, c): // an accent that stands for itself
	default:
		return append(buf, 0)
	}
	return buf
}

const (
	wordHead = 8  // the length of the head of a word
	stretch  = 64 // the bytes that words are looked for in at a time: a bit for each in a register
	padding  = stretch + wordHead
)

// split finds the words, between zeros, of the texts that were added since it was last called.
// It leaves zeros behind the end of buf: there are eight bytes from the beginning of each word.
func (f *folded) split() {
	at, size := f.cut, len(f.buf)
	buf := slices.Grow(f.buf, padding)[:size+padding]
	clear(buf[size:])
	starts, inside := slices.Grow(f.starts, min(size-at, maxWords)+stretch), uint64(0)
	for ; at < size && len(starts) < maxWords; at += stretch {
		letters := letterBits((*[stretch]byte)(buf[at:]))
		begins := letters &^ (letters<<1 | inside)
		inside = letters >> (stretch - 1)
		n := len(starts)
		starts = starts[:n+bits.OnesCount64(begins)]
		for i := range starts[n:] {
			starts[n+i] = int32(at + bits.TrailingZeros64(begins))
			begins &= begins - 1
		}
	}
	f.buf, f.starts, f.cut = buf[:size], starts[:min(len(starts), maxWords)], size
}

// letterBits gives a bit for each byte of a stretch: 1 for what is part of a word.
func letterBits(s *[stretch]byte) (all uint64) {
	for i := 0; i < len(s); i += 8 {
		x := binary.LittleEndian.Uint64(s[i:])
		x = (x>>5 | x>>7) & ones // letters and digits have the one bit, what is beyond ASCII the other
		all = all>>8 | x*0x0102040810204080&(0xFF<<56)
	}
	return all
}

// headOf gives the head of a word.
func headOf(word string) uint64 {
	var head [wordHead]byte
	copy(head[:], word)
	return binary.LittleEndian.Uint64(head[:])
}

// head gives the first eight bytes of the word with index i, with zeros for what is behind a
// shorter one; 0 where there is no such word.
func (f *folded) head(i int) uint64 {
	if i >= len(f.starts) {
		return 0
	}
	at := int(f.starts[i])
	x := binary.LittleEndian.Uint64(f.buf[at : at+wordHead])
	ends := (x - ones) &^ x & tops // the first of them is the first zero
	return x & (ends&-ends>>7 - 1) // what is below it
}

// matches tells whether a phrase stands at the word with index i.
func (f *folded) matches(phrase []string, i int) bool {
	if len(phrase) > len(f.starts)-i {
		return false
	}
	for j, w := range phrase {
		begins := f.buf[f.starts[i+j]:]
		if w != "*" && (len(begins) <= len(w) || begins[len(w)] != 0 || string(begins[:len(w)]) != w) {
			return false
		}
	}
	return true
}

// contains tells whether a phrase stands anywhere.
func (f *folded) contains(phrase []string) bool {
	for i := range f.starts {
		if f.matches(phrase, i) {
			return true
		}
	}
	return false
}

// foldWords cuts a phrase into its words. They share one string: there are thousands of
// phrases, and the rules are read at every start.
func foldWords(text string) []string {
	f := foldedPool.Get().(*folded)
	defer foldedPool.Put(f)
	f.fold([]byte(text))
	all := string(f.buf)
	words := make([]string, len(f.starts))
	for i, at := range f.starts {
		words[i] = all[at : int(at)+strings.IndexByte(all[at:], 0)]
	}
	return words
}

// plainLetters are the letters of Latin alphabets without their accents, by those with them.
var plainLetters ['ς' + 1]string

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

// phrases finds rules by their first two words, or by the first where it stands alone or
// has "*" behind it.
type phrases struct {
	by      [1 << 11][]rule // by the upper bits of the key, in their order
	bits    [1 << 11]uint64 // a bit for each key: most words of a text begin no phrase, and are passed over by it
	count   int
	longest int // in words
}

// add adds a rule, or takes it away.
func (p *phrases) add(one rule, remove bool) {
	heads := [3]uint64{}
	for i, word := range one.words[:min(len(one.words), len(heads))] {
		if word != "*" {
			heads[i] = headOf(word)
		}
	}
	p.count++
	p.longest = max(p.longest, len(one.words))
	one.order, one.third = p.count, heads[2]
	key := aloneKey(heads[0])
	if heads[1] != 0 {
		key = pairKey(key, heads[1])
	}
	p.by[key>>53] = addRule(p.by[key>>53], one, remove)
	p.bits[key>>53] |= 1 << (key >> 47 & 63)
}

const spread = 0x9E3779B97F4A7C15 // an odd number that spreads over the upper bits

// aloneKey makes the key of a phrase that is found by its first word alone.
func aloneKey(first uint64) uint64 { return first * spread }

// pairKey makes the key of one that is found by two, of the first one's key and the head of
// the second.
func pairKey(alone, second uint64) uint64 { return (alone ^ second) * spread }

// mayHave tells whether there may be rules of a key.
func (p *phrases) mayHave(key uint64) bool { return p.bits[key>>53]>>(key>>47&63)&1 != 0 }

// of gives the rules of a key, and few others.
func (p *phrases) of(key uint64) []rule {
	if !p.mayHave(key) {
		return nil
	}
	return p.by[key>>53]
}

package casefile

import (
	"fmt"
	"strings"
)

const (
	patternLeast = 5   // addresses below which no pattern is told
	patternShare = 0.8 // part of the addresses that must have it
)

// addressPattern says in words how the local parts of forged addresses are made; empty when
// most are not made in one way.
func addressPattern(addresses map[string]int) string {
	counts := map[string]*localForm{}
	for a := range addresses {
		local := a[:strings.LastIndexByte(a, '@')]
		form := formOf(local)
		x := counts[form]
		if x == nil {
			x = &localForm{least: len(local)}
			counts[form] = x
		}
		x.add(local)
	}
	if len(addresses) < patternLeast {
		return ""
	}
	for form, x := range counts {
		if float64(x.count) >= patternShare*float64(len(addresses)) {
			return x.words(form)
		}
	}
	return ""
}

// localForm is what local parts of one form have in common.
type localForm struct {
	count, random int
	least, most   int
	digits        [2]int // fewest and most behind each other
}

func (x *localForm) add(local string) {
	x.count++
	if unspoken(local) {
		x.random++
	}
	x.least, x.most = min(x.least, len(local)), max(x.most, len(local))
	n := 0
	for _, c := range []byte(local) {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	if x.count == 1 {
		x.digits[0] = n
	}
	x.digits[0], x.digits[1] = min(x.digits[0], n), max(x.digits[1], n)
}

// words describes the form.
func (x *localForm) words(form string) string {
	random := float64(x.random) > 0.3*float64(x.count)
	switch {
	case form == "a" && random:
		return between(x.least, x.most) + " random letters"
	case form == "a":
		return "a word or name of " + between(x.least, x.most) + " letters"
	case form == "a.a" || form == "a_a" || form == "a-a":
		return fmt.Sprintf("two words or names with %q between", form[1:2])
	case form == "a9" && random:
		return "random letters and " + between(x.digits[0], x.digits[1]) + " digits"
	case form == "a9":
		return "a word or name and " + between(x.digits[0], x.digits[1]) + " digits"
	case form == "9":
		return between(x.least, x.most) + " digits"
	case strings.Trim(form, "a9") == "":
		return between(x.least, x.most) + " letters and digits, mixed"
	}
	return ""
}

func between(a, b int) string {
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%d to %d", a, b)
}

// formOf writes a local part with a for its runs of letters and 9 for those of digits.
func formOf(local string) string {
	var b strings.Builder
	var last byte
	for _, c := range []byte(local) {
		switch {
		case c >= '0' && c <= '9':
			c = '9'
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
			c = 'a'
		}
		if c != last {
			b.WriteByte(c)
		}
		last = c
	}
	return b.String()
}

// unspoken tells letters that hardly any name or word has in a row: no vowel in five, or
// four consonants behind each other.
func unspoken(local string) bool {
	run, vowels := 0, 0
	for _, c := range []byte(strings.ToLower(local)) {
		switch {
		case strings.IndexByte("aeiouy", c) >= 0:
			vowels++
			run = 0
		case c >= 'a' && c <= 'z':
			if run++; run >= 4 {
				return true
			}
		default:
			run = 0
		}
	}
	return vowels == 0 && len(local) >= 5
}

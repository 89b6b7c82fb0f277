package render

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"relaytrace/casefile"
)

// check looks at what a template made of the case, whoever wrote the template: a letter
// that names a bystander, or a host that it has no ground to name, is a bug, and so is
// one with anything hidden in it.
func (w *written) check(c *casefile.Case) error {
	if strings.TrimSpace(w.text) == "" || strings.TrimSpace(w.subject) == "" {
		return errors.New("its template leaves the text or the subject empty")
	}
	for _, s := range []string{w.text, w.subject} {
		if !utf8.ValidString(s) || s != VisibleLines(s) {
			return errors.New("its template puts hidden characters into it")
		}
		if named := strangers(s, w.addresses); len(named) > 0 {
			return fmt.Errorf("its text names %s, which it has no ground to name", few(named, 5))
		}
		if named := w.bystanders(c, s); len(named) > 0 {
			return fmt.Errorf("its text names the bystander %s", few(named, 5))
		}
	}
	return nil
}

// bystanders returns the names of bystanders that the prose holds, but those that the
// letter has a ground to name: a spammer may give himself the name of anybody.
func (w *written) bystanders(c *casefile.Case, text string) []string {
	names := map[string]bool{}
	for _, b := range c.Bystanders {
		if n := bareName(b.Name); strings.Contains(n, ".") {
			names[n] = true
		}
	}
	for _, n := range w.names {
		for _, word := range proseWords(n) {
			delete(names, bareName(word))
		}
	}
	if len(names) == 0 {
		return nil
	}
	var found []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, verbatim) {
			continue
		}
		for _, word := range proseWords(line) {
			if n := bareName(word); names[n] && !slices.Contains(found, n) {
				found = append(found, n)
			}
		}
	}
	return found
}

// bareName is a host name in small letters, without the punctuation about it.
func bareName(word string) string {
	return strings.ToLower(strings.Trim(word, ".:-_"))
}

// strangers returns the addresses that the prose of a letter names and may not: all
// but those allowed. Verbatim lines are evidence and not looked at.
func strangers(text string, allowed map[netip.Addr]bool) []string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, verbatim) {
			continue
		}
		for _, word := range proseWords(line) {
			if a, ok := wordAddress(word); ok && !allowed[a] {
				found = append(found, word)
			}
		}
	}
	return found
}

// allowAddresses adds every address that stands in texts.
func allowAddresses(allowed map[netip.Addr]bool, texts ...string) {
	for _, text := range texts {
		for _, word := range proseWords(text) {
			if a, ok := wordAddress(word); ok {
				allowed[a] = true
			}
		}
	}
}

// proseWords splits a line where an address or a host name may begin or end: at anything
// that stands in neither. Scripts without spaces run on into them.
func proseWords(line string) []string {
	return strings.FieldsFunc(line, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune(".:-_", r))
	})
}

// wordAddress reads a word of prose as an address, whatever stops are about it.
func wordAddress(word string) (netip.Addr, bool) {
	if !strings.ContainsAny(word, ".:") || !strings.ContainsAny(word, "0123456789:") {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.Trim(word, ".:-_"))
	if err != nil {
		a, err = netip.ParseAddr(strings.Trim(word, ".-_")) // 2001:db8::
	}
	if err != nil {
		a, err = netip.ParseAddr(strings.TrimSuffix(strings.Trim(word, ".-_"), ":")) // 2001:db8:::
	}
	return a.Unmap(), err == nil && !a.IsUnspecified() // "::" is punctuation, and no host
}

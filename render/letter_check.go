package render

import (
	"errors"
	"fmt"
	"iter"
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
		n := bareName(b.Name)
		if _, isAddress := wordAddress(n); strings.Contains(n, ".") && !isAddress { // what addresses may be named is told apart from names
			names[n] = true
		}
	}
	for _, n := range w.names {
		for word := range hostWords(n) {
			delete(names, bareName(word))
		}
	}
	if len(names) == 0 {
		return nil
	}
	var found []string
	for word := range prose(text) {
		if n := bareName(word); names[n] && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

// bareName is a host name in small letters, without the punctuation about it.
func bareName(word string) string {
	return strings.ToLower(strings.Trim(word, ".:-_"))
}

// strangers returns the addresses that the prose of a letter names and may not: all
// but those allowed.
func strangers(text string, allowed map[netip.Addr]bool) []string {
	var found []string
	for word := range prose(text) {
		if a, ok := wordAddress(word); ok && !allowed[a] {
			found = append(found, word)
		}
	}
	return found
}

// allowAddresses adds every address that stands in texts.
func allowAddresses(allowed map[netip.Addr]bool, texts ...string) {
	for _, text := range texts {
		for word := range hostWords(text) {
			if a, ok := wordAddress(word); ok {
				allowed[a] = true
			}
		}
	}
}

// prose gives the words of a letter that may be addresses or host names. Verbatim lines are
// evidence and not looked at.
func prose(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, verbatim) {
				continue
			}
			for word := range hostWords(line) {
				if !yield(word) {
					return
				}
			}
		}
	}
}

// hostWords splits a text where an address or a host name may begin or end: at anything
// that stands in neither. Scripts without spaces run on into them. Words without a stop or a
// colon are neither and are left out.
func hostWords(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		begin, stops := 0, false
		for i := range len(text) + 1 {
			if i < len(text) && (isHostByte(text[i]) || text[i] == ':' || text[i] == '_') {
				stops = stops || text[i] == '.' || text[i] == ':'
				continue
			}
			if stops && !yield(text[begin:i]) {
				return
			}
			begin, stops = i+1, false
		}
	}
}

// wordAddress reads a word of prose as an address, whatever stops are about it.
func wordAddress(word string) (netip.Addr, bool) {
	if !strings.ContainsAny(word, "0123456789:") {
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

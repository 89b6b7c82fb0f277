package received

// class tells what a byte is; a look-up is faster than comparisons for the many bytes.
type class uint8

const (
	wordEnd   class = 1 << iota // ends a word: white space, an opening parenthesis, a semicolon
	nesting                     // means something within a comment
	addrBegin                   // may begin an address: a hexadecimal digit, a colon, the tag "IPv6:"
	addrEnd                     // may end one
	nameMark                    // is not part of a plain name: white space, '=', '@'
	hostName                    // part of the name of a host
)

var classOf = func() (t [256]class) {
	for c := range t {
		switch {
		case c == ';':
			t[c] = wordEnd
		case isSpace(byte(c)):
			t[c] = wordEnd | nameMark
		case c == '=' || c == '@':
			t[c] = nameMark
		case c == '(':
			t[c] = wordEnd | nesting
		case c == ')' || c == '\\' || c == ']':
			t[c] = nesting
		case c == ':' || isHex(byte(c)):
			t[c] = addrBegin | addrEnd
		case c == 'i' || c == 'I':
			t[c] = addrBegin
		}
		if isAlpha(byte(c)) || isDigit(byte(c)) || c == '.' || c == '-' || c == '_' {
			t[c] |= hostName
		}
	}
	return t
}()

func isSpace(c byte) bool {
	return c <= ' ' && uint64(1)<<c&(1<<' '|1<<'\t'|1<<'\r'|1<<'\n') != 0
}

// lastSpace returns where the last white space stands, or -1.
func lastSpace(w []byte) int {
	i := len(w) - 1
	for i >= 0 && !isSpace(w[i]) {
		i--
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isAlpha(c byte) bool { return (c|0x20)-'a' <= 'z'-'a' }

// isWord reports whether b is one word, in any case; lower must be in lower case, without
// a blank. It is small enough to be compiled in place: most words have another length.
func isWord(b []byte, lower string) bool {
	return len(b) == len(lower) && folds(b, lower)
}

// folds reports whether b is lower in any case; both are of one length.
func folds(b []byte, lower string) bool {
	for i, c := range b {
		if c != lower[i] && (c < 'A' || c > 'Z' || c|0x20 != lower[i]) {
			return false
		}
	}
	return true
}

// isPhrase reports whether b is some words, in any case, with any white space between them.
func isPhrase(b []byte, lower string) bool {
	return len(b) >= len(lower) && foldPrefix(b, lower) == len(b)
}

// foldPrefix returns how many bytes of b match lower, in any case and with any white
// space for a blank, or 0. A value may be folded wherever it holds a blank.
func foldPrefix(b []byte, lower string) int {
	n := 0
	for i := 0; i < len(lower); i++ {
		if n == len(b) {
			return 0
		}
		switch c, want := b[n], lower[i]; {
		case want == ' ' && isSpace(c):
			for n < len(b) && isSpace(b[n]) {
				n++
			}
		case c == want, c >= 'A' && c <= 'Z' && c|0x20 == want:
			n++
		default:
			return 0
		}
	}
	return n
}

// hasPrefixFold reports whether b begins with lower, in any case. lower must begin with a
// small letter, a digit or a mark between them. One byte is compared before anything is
// called: most differ there.
func hasPrefixFold(b []byte, lower string) bool {
	return len(b) > 0 && b[0]|0x20 == lower[0] && foldPrefix(b, lower) > 0
}

// indexFold returns where lower stands in b, in any case, and where it ends; -1 when it
// does not.
func indexFold(b []byte, lower string) (start, end int) {
	first := lower[0]
	for i := range b {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != first && (first != ' ' || !isSpace(c)) {
			continue
		}
		if n := foldPrefix(b[i:], lower); n > 0 {
			return i, i + n
		}
	}
	return -1, -1
}

// containsFold reports whether lower stands in b, in any case.
func containsFold(b []byte, lower string) bool {
	i, _ := indexFold(b, lower)
	return i >= 0
}

// indexSpace returns where the first white space stands in b, or -1.
func indexSpace(b []byte) int {
	for i := range b {
		if isSpace(b[i]) {
			return i
		}
	}
	return -1
}

package cluster

import (
	"bytes"
	"mime"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// maxWord is the length in bytes of the longest word that is compared.
const maxWord = 18

// normalise puts the words of the chosen text into r.text and their hashes into r.words:
// in lower case, without tags, comments, addresses, links, numbers, what stands in the
// recipient's address, and what looks random. The links' domains go to r.links.
func (r *reader) normalise() {
	r.words, r.links = r.words[:0], r.links[:0]
	src, text := r.chosen, r.text[:0]
	begin := 0     // of the word so far, in text
	other := false // it is no word: it is too long, holds a digit, or stands in an address
	end := func() {
		w := text[begin:]
		if len(w) > 1 && !other && !looksRandom(w) && !r.dropped(w) {
			r.words = append(r.words, hashBytes(w))
			text = append(text, ' ')
			begin = len(text)
		}
		text, other = text[:begin], false
	}
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case c == '<' && r.html:
			tag, next := tagAt(src, i)
			if i = next - 1; breaksWord(tag) {
				end()
			}
			r.findLinks(tag)
		case c == '&' && r.html:
			if j := bytes.IndexByte(src[i:min(len(src), i+10)], ';'); j > 0 {
				i += j
			}
			end()
		case c == ':' && bytes.HasPrefix(src[i:], []byte("://")):
			text, other = text[:begin], false // the scheme
			i += 3
			i += r.link(src[i:]) - 1
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
			fallthrough
		case c >= 'a' && c <= 'z' || c >= 0x80:
			if len(text)-begin == maxWord {
				other = true
				continue
			}
			text = append(text, c)
		case c >= '0' && c <= '9' || c == '@' || c == '_' || c == '$':
			other = true
		case c == '.' && i+1 < len(src) && isWordByte(src[i+1]) && len(text) > begin:
			if string(text[begin:]) == "www" {
				text = text[:begin]
				i++
				i += r.link(src[i:]) - 1
				continue
			}
			other = true // a host, an address, or a slip; none is a word
		case c == '\'' || c == '-' || c == '*':
			// v-i-a-g-r-a
		default:
			end()
		}
	}
	end()
	r.text = text[:max(begin-1, 0)]
	slices.Sort(r.links)
	r.links = slices.Compact(r.links)
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (r *reader) dropped(word []byte) bool {
	for _, d := range r.drop {
		if bytes.Equal(d, word) {
			return true
		}
	}
	return false
}

// looksRandom tells words that no language has. What it misses costs little: a few random
// words leave most of the text's sequences as they are.
func looksRandom(w []byte) bool {
	var vowels, run, most int
	var high byte
	for _, c := range w {
		vowel := int(isVowel[c])
		vowels += vowel
		run = (run + 1) * (1 - vowel) // without a branch, which would be mispredicted every other letter
		most = max(most, run)
		high |= c
	}
	if high >= 0x80 {
		return false
	}
	return len(w) >= 4 && vowels == 0 || most >= 5 || len(w) >= 7 && vowels*5 < len(w)
}

// isVowel is 1 for each vowel.
var isVowel = [256]uint8{'a': 1, 'e': 1, 'i': 1, 'o': 1, 'u': 1, 'y': 1}

// tagAt gives the tag, comment or contents of style and script that begin at i, and the
// offset after them.
func tagAt(src []byte, i int) (tag []byte, next int) {
	if bytes.HasPrefix(src[i:], []byte("<!--")) {
		if j := bytes.Index(src[i+4:], []byte("-->")); j >= 0 {
			return nil, i + 4 + j + 3
		}
		return nil, min(len(src), i+4)
	}
	j := bytes.IndexByte(src[i:], '>')
	if j < 0 || j > 2000 {
		return nil, i + 1
	}
	tag, next = src[i+1:i+j], i+j+1
	for _, whole := range []string{"style", "script"} {
		if hasPrefixFold(tag, whole) {
			if k := indexFold(src[next:], "</"+whole); k >= 0 {
				next += k
			}
		}
	}
	return tag, next
}

func indexFold(b []byte, lower string) int {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], lower[0])
		if i < 0 || at+i+len(lower) > len(b) {
			return -1
		}
		if at += i; bytes.EqualFold(b[at:at+len(lower)], []byte(lower)) {
			return at
		}
		at++
	}
}

// breaksWord tells tags that stand between words; others are put inside of them to hide.
func breaksWord(tag []byte) bool {
	tag = bytes.TrimPrefix(tag, []byte("/"))
	end := 0
	for end < len(tag) && isWordByte(tag[end]) {
		end++
	}
	switch strings.ToLower(string(tag[:min(end, 10)])) {
	case "p", "br", "div", "td", "th", "tr", "table", "li", "ul", "ol", "hr", "h1", "h2", "h3", "h4", "center", "title", "option",
		"body", "head", "html", "a", "img", "blockquote", "pre", "dt", "dd", "form", "input", "select":
		return true
	}
	return false
}

// findLinks takes the links out of a tag.
func (r *reader) findLinks(tag []byte) {
	if len(tag) < 8 || tag[0] == '!' {
		return
	}
	for at := 0; ; {
		i := bytes.Index(tag[at:], []byte("//"))
		if i < 0 {
			return
		}
		at += i + 2
		at += r.link(tag[at:])
	}
}

// link reads the host of a link, behind its two slashes, and gives the length of the link.
func (r *reader) link(b []byte) int {
	n := 0
	for n < len(b) && n < 500 && b[n] > ' ' && strings.IndexByte("<>\"')", b[n]) < 0 {
		n++
	}
	host := b[:n]
	if i := bytes.IndexAny(host, "/?#\\"); i >= 0 {
		host = host[:i]
	}
	if i := bytes.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if d := linkDomain(host); d != "" && len(r.links) < 40 {
		r.links = append(r.links, d)
	}
	return max(n, 1)
}

// linkDomain gives the registrable domain of a host, or its address; empty for what is
// neither, and for what everybody links to.
func linkDomain(host []byte) string {
	h := strings.ToLower(strings.Trim(string(host), ". "))
	if len(h) < 4 || len(h) > 250 || strings.IndexByte(h, '.') < 0 {
		return ""
	}
	for _, c := range []byte(h) {
		if !isWordByte(c) && c != '.' && c != '-' && c != '_' {
			return ""
		}
	}
	d := organisation(h)
	if everybodys[d] {
		return ""
	}
	return d
}

// organisation gives the registrable domain of a name; the name itself when it has none.
func organisation(name string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return d
	}
	return name
}

// everybodys are domains that the mail of all sorts of people leads to: makers of programs
// and standards, mail providers that add a line of their own, places where anybody has a page.
var everybodys = set(`w3.org microsoft.com msn.com hotmail.com yahoo.com yahoogroups.com aol.com netscape.com google.com gmail.com
	geocities.com tripod.com angelfire.com lycos.com excite.com juno.com netzero.net earthlink.net mail.com mail.ru yandex.ru
	rediffmail.com topica.com sourceforge.net mcafee.com symantec.com norton.com adobe.com macromedia.com apple.com
	paypal.com ebay.com amazon.com spamcop.net ja.net ftc.gov house.gov senate.gov avast.com facebook.com twitter.com
	blogspot.com wordpress.com bit.ly tinyurl.com outlook.com office.com live.com schemas.microsoft.com`)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// Subjects say too little to compare below these.
const (
	minSubjectLetters = 10
	minSubjectWords   = 2
)

// subjectOf gives a subject without the marks of answers, the recipient's name, numbers and
// random parts.
func (r *reader) subjectOf(raw []byte) string {
	s := string(raw)
	if strings.Contains(s, "=?") {
		var d mime.WordDecoder
		if t, err := d.DecodeHeader(s); err == nil {
			s = t
		}
	}
	if i := strings.Index(s, "      "); i >= minSubjectLetters { // what stands far to the right is random
		s = s[:i]
	}
	s = strings.ToLower(s)
	for range 3 {
		s = strings.TrimSpace(s)
		for _, mark := range subjectMarks {
			s = strings.TrimPrefix(s, mark)
		}
	}
	var out []byte
	letters, words := 0, 0
	for w := range strings.FieldsFuncSeq(s, func(c rune) bool { return c < 0x80 && !isWordByte(byte(c)) && c != '\'' && c != '-' }) {
		w = strings.Trim(w, "'-")
		if w == "" || strings.ContainsAny(w, "0123456789") || len(w) > maxWord || looksRandom([]byte(w)) || r.dropped([]byte(w)) {
			continue
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, w...)
		letters += len(w)
		words++
	}
	if letters < minSubjectLetters || words < minSubjectWords {
		return ""
	}
	return string(out)
}

// subjectMarks are put before a subject by those who answer.
var subjectMarks = []string{
	"re:", "fwd:", "fw:", "aw:", "wg:", "sv:", "vs:", "out of office:", "out of office autoreply:", "automatic reply:", "auto:", "autoreply:",
	"automatische antwort:", "abwesenheitsnotiz:", "undeliverable:", "undelivered:", "unzustellbar:", "returned mail:", "[spam]", "***spam***", "{spam?}",
}

// recipientWords are the parts of the addresses in To that a spammer may put into a text.
func (r *reader) recipientWords(to []byte) {
	r.drop = r.drop[:0]
	i := bytes.IndexByte(to, '@')
	if i < 0 {
		return
	}
	j := i
	for j > 0 && to[j-1] > ' ' && strings.IndexByte("<\"',:;(", to[j-1]) < 0 {
		j--
	}
	for _, w := range bytes.FieldsFunc(bytes.ToLower(to[j:i]), func(c rune) bool { return c < 'a' || c > 'z' }) {
		if len(w) > 1 && len(r.drop) < 4 {
			r.drop = append(r.drop, w)
		}
	}
}

// hashBytes is FNV-1a with its bits mixed: the same on every machine and in every run.
func hashBytes(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

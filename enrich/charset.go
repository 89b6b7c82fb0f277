package enrich

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// charset is one in which a server may answer, by the name that IANA has for it.
type charset struct {
	name     string
	encoding encoding.Encoding
}

var (
	iso2022JP = charset{"ISO-2022-JP", japanese.ISO2022JP}
	latin1    = charset{"ISO-8859-1", charmap.ISO8859_1}
)

// countryCharsets are the charsets of the countries whose registries wrote, or whose
// holders still write, in another than UTF-8, by ISO 3166-1 code.
var countryCharsets = map[string]charset{
	"CN": {"GB18030", simplifiedchinese.GB18030}, // GBK is part of it
	"JP": {"EUC-JP", japanese.EUCJP},
	"KR": {"EUC-KR", korean.EUCKR},
	"TW": {"Big5", traditionalchinese.Big5},
}

// readable reads an answer that says nothing of its charset, as none of WHOIS does, and
// names the charset; empty for UTF-8. JPNIC writes ISO-2022-JP, which shows by its escape
// sequences. What is not UTF-8 is read in the charset of the country, if it fits: that of
// the national registry asked, or that which the answer states. Everything else is ISO
// 8859-1, which NIC.br and RIPE still send.
func readable(raw, server string) (text, name string) {
	if strings.Contains(raw, "\x1b$") {
		if text, ok := iso2022JP.decode(raw); ok {
			return text, iso2022JP.name
		}
	}
	if utf8.ValidString(raw) {
		return raw, ""
	}
	if c, ok := countryCharsets[countryOfAnswer(raw, server)]; ok {
		if text, ok := c.decode(raw); ok {
			return text, c.name
		}
	}
	text, _ = latin1.decode(raw)
	return text, latin1.name
}

// decode is not ok if some of raw is nothing in the charset.
func (c charset) decode(raw string) (string, bool) {
	text, err := c.encoding.NewDecoder().String(raw)
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError)
}

// countryOfAnswer is the country of the national registry that was asked, or the first
// that the answer states.
func countryOfAnswer(raw, server string) string {
	for _, n := range nationals {
		if n.whois != "" && n.whois == server {
			return n.Country
		}
	}
	for line := range strings.Lines(raw) {
		if value, ok := strings.CutPrefix(line, "country:"); ok {
			return strings.ToUpper(strings.TrimSpace(value))
		}
	}
	return ""
}

package enrich

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestReadable(t *testing.T) {
	for _, test := range []struct {
		server, text string
		in           encoding.Encoding
		charset      string
	}{
		{"whois.nic.ad.jp", "f. [組織名]  社団法人 日本ネットワーク\n", japanese.ISO2022JP, "ISO-2022-JP"},
		{"whois.nic.ad.jp", "f. [組織名]  社団法人 日本ネットワーク\n", japanese.EUCJP, "EUC-JP"},
		{"whois.nic.ad.jp", "f. [組織名]  社団法人\n", encoding.Nop, ""},
		{"whois.apnic.net", "inetnum: 1.2.3.0 - 1.2.3.255\ncountry:        JP\ndescr: 日本\n", japanese.ISO2022JP, "ISO-2022-JP"},
		{"whois.kisa.or.kr", "기관명 : 한국인터넷진흥원\n", korean.EUCKR, "EUC-KR"},
		{"whois.kisa.or.kr", "기관명 : 한국인터넷진흥원\n", encoding.Nop, ""},
		{"whois.twnic.tw", "Organization Name: 中華電信\n", traditionalchinese.Big5, "Big5"},
		{"whois.apnic.net", "country:        CN\ndescr:          中国电信\n", simplifiedchinese.GBK, "GB18030"},
		{"whois.apnic.net", "country:        KR\ndescr:          한국통신\n", korean.EUCKR, "EUC-KR"},
		{"whois.registro.br", "responsible: João Paulo\n", charmap.ISO8859_1, "ISO-8859-1"},
		{"whois.ripe.net", "country:        FR\naddress: Orléans\n", charmap.ISO8859_1, "ISO-8859-1"},
		{"whois.ripe.net", "address: Orléans\n", encoding.Nop, ""},
	} {
		raw, err := test.in.NewEncoder().String(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if got, name := readable(raw, test.server); got != test.text || name != test.charset {
			t.Errorf("%s in %q: %q read as %q", test.server, test.charset, got, name)
		}
	}
	// What fits no charset of the country is still read, byte by byte.
	if got, name := readable("descr: \xff\xfe\x80", "whois.kisa.or.kr"); name != "ISO-8859-1" || len(got) == 0 {
		t.Errorf("%q read as %q", got, name)
	}
	// An escape sequence that is none of ISO-2022-JP changes nothing.
	if got, name := readable("\x1b$?", "whois.ripe.net"); name != "" || got != "\x1b$?" {
		t.Errorf("%q read as %q", got, name)
	}
}

package intake

import (
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	base64 := map[string]string{
		"SGVsbG8=": "Hello", "SGVs\r\nbG8=\n": "Hello", "SGVsbG8": "Hello", "SGVs!!bG8=": "Hello",
		"SGVsbG8=SGVsbG8=": "HelloHello", "": "", "=": "", "S": "",
	}
	for in, want := range base64 {
		if got := string(decodeBase64([]byte(in))); got != want {
			t.Errorf("base64 %q: %q, want %q", in, got, want)
		}
	}
	qp := map[string]string{
		"a=3Db": "a=b", "soft=\r\nbreak": "softbreak", "soft= \t\nbreak": "softbreak", "=zz": "=zz", "=": "=", "=4": "=4", "=e4": "\xe4",
	}
	for in, want := range qp {
		if got := string(decodeQP([]byte(in))); got != want {
			t.Errorf("quoted-printable %q: %q, want %q", in, got, want)
		}
	}
}

func TestHTMLText(t *testing.T) {
	tests := map[string]string{
		"<p>one<br>two</p>":         "one\ntwo\n",
		"<pre>a\n\tb</pre>":         "a\n\tb\n",
		"a  \n b":                   "a b",
		"for &lt;joe@a.example&gt;": "for <joe@a.example>",
		"for <joe@a.example>; now":  "for <joe@a.example>; now",
		"1 < 2":                     "1 < 2",
		"<style>p{}</style>x<script>if(a<b)</script>y": "xy",
		"<!-- no -->x":          "x",
		"x<!-- no end":          "x",
		"x<br>&nbsp;&nbsp;by y": "x\n  by y",
	}
	for in, want := range tests {
		if got := string(htmlText([]byte(in))); strings.TrimSpace(got) != strings.TrimSpace(want) || strings.HasPrefix(want, "x\n  ") && got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestToUTF8(t *testing.T) {
	tests := []struct{ in, charset, want string }{
		{"caf\xe9", "iso-8859-1", "café"},
		{"caf\xe9", "", "café"},
		{"caf\xe9", "x-none", "café"},
		{"café", "iso-8859-1", "café"},
		{"\xd0\xd2", "koi8-r", "пр"},
		{"\x80", "windows-1252", "€"},
		{"\x1b$B4A;z\x1b(B", "iso-2022-jp", "漢字"},
	}
	for _, tt := range tests {
		if got := string(toUTF8([]byte(tt.in), tt.charset)); got != tt.want {
			t.Errorf("%q in %s: %q, want %q", tt.in, tt.charset, got, tt.want)
		}
	}
}

// TestPieces holds how a multipart is cut.
func TestPieces(t *testing.T) {
	tests := map[string]string{
		"--b\none\n--b\ntwo\n--b--\n":     "one|two",
		"pre\n--b\none\n--b--\npost\n":    "one",
		"--b\r\none\r\n--b--\r\n":         "one",
		"--b \t\none\n--b--":              "one",
		"--b\none\n":                      "one\n",
		"--bb\none\n--b\ntwo\n--b--\n":    "two",
		"x--b\none\n":                     "",
		"--b\n--b\nx\n--b--\n":            "|x",
		"--b\none\n--b--\n--b\nlate\n":    "one",
		"no boundary at all":              "",
		"--b\none\n--b-- and more\ntwo\n": "one\n--b-- and more\ntwo\n",
	}
	for in, want := range tests {
		var got []string
		for _, p := range pieces([]byte(in), "b", maxParts) {
			got = append(got, string(p))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", in, strings.Join(got, "|"), want)
		}
	}
}

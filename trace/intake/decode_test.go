package intake

import (
	"bytes"
	"io"
	"math/rand/v2"
	"mime"
	"strings"
	"testing"

	"github.com/emersion/go-message/charset"
)

func TestDecode(t *testing.T) {
	base64 := map[string]string{
		"SGVsbG8=": "Hello", "SGVs\r\nbG8=\n": "Hello", "SGVsbG8": "Hello", "SGVs!!bG8=": "Hello",
		"SGVsbG8=SGVsbG8=": "HelloHello", "": "", "=": "", "S": "",
	}
	for in, want := range base64 {
		if got := string(decodeBase64(nil, []byte(in))); got != want {
			t.Errorf("base64 %q: %q, want %q", in, got, want)
		}
	}
	qp := map[string]string{
		"a=3Db": "a=b", "soft=\r\nbreak": "softbreak", "soft= \t\nbreak": "softbreak", "=zz": "=zz", "=": "=", "=4": "=4", "=e4": "\xe4",
	}
	for in, want := range qp {
		if got := string(decodeQP(nil, []byte(in))); got != want {
			t.Errorf("quoted-printable %q: %q, want %q", in, got, want)
		}
	}
}

// TestQPOneByOne holds that quoted-printable is read as byte by byte, however close together
// its escapes stand.
func TestQPOneByOne(t *testing.T) {
	slow := func(in string) (out []byte) {
		for i := 0; i < len(in); i++ {
			if in[i] == '=' {
				if digits := in[i+1 : min(i+3, len(in))]; len(digits) == 2 && nibbles[digits[0]] >= 0 && nibbles[digits[1]] >= 0 {
					out = append(out, byte(nibbles[digits[0]]<<4|nibbles[digits[1]]))
					i += 2
					continue
				}
				if rest := strings.TrimLeft(in[i+1:], " \t\r"); strings.HasPrefix(rest, "\n") {
					i = len(in) - len(rest)
					continue
				}
			}
			out = append(out, in[i])
		}
		return out
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		in := make([]byte, r.IntN(40))
		for i := range in {
			in[i] = "== \r\n4eEgxx"[r.IntN(11)]
		}
		in = append(in, strings.Repeat("x", r.IntN(2*fewQP))+[]string{"", "=41"}[r.IntN(2)]...)
		if got, want := decodeQP(nil, in), slow(string(in)); !bytes.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", in, got, want)
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
		if got := string(htmlText(nil, []byte(in))); strings.TrimSpace(got) != strings.TrimSpace(want) || strings.HasPrefix(want, "x\n  ") && got != want {
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
		if got := string(toUTF8(nil, []byte(tt.in), tt.charset)); got != tt.want {
			t.Errorf("%q in %s: %q, want %q", tt.in, tt.charset, got, tt.want)
		}
	}
}

// TestLatin1 holds the short way of reading ISO 8859-1 to the general one.
func TestLatin1(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	r, err := charset.Reader("iso-8859-1", bytes.NewReader(all))
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := fromLatin1(nil, all); !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for n := range 20 { // what is plain is copied eight bytes at a time
		plain := strings.Repeat("a", n)
		if got, want := string(fromLatin1(nil, []byte(plain+"\xe9\x80"+plain))), plain+"é\u0080"+plain; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got, want := string(toUTF8(nil, []byte(plain+"\xe9é"+plain), "")), plain+"éé"+plain; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestFromCharset holds which charsets are known, and what is made of them, to the library that
// mail is written with.
func TestFromCharset(t *testing.T) {
	text := []byte(strings.Repeat("a\xb0\xa1\xe9\x80 \x1b$B4A;z\x1b(B\xff", 500))
	for _, name := range []string{"koi8-r", "KOI8-R", "ISO-8859-2", "windows-1252", "gb2312", "big5", "euc-kr", "ks_c_5601-1987", "iso-2022-jp", "shift_jis", "isolatin1",
		"ansi_x3.110-1983", "x-utf_8j", "utf-16", "utf-16be", "x-cp1251", "latin1", "iso-ir-100", "utf-7", "default_charset", "iso-2022-kr", ""} {
		var want []byte
		r, err := charset.Reader(name, bytes.NewReader(text))
		if err == nil {
			want, err = io.ReadAll(r)
		}
		got, err2 := fromCharset(nil, text, name)
		if (err == nil) != (err2 == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q, %v", name, got, err2, want, err)
		}
	}
}

// TestPlainType holds the short way of reading a Content-Type to the general one.
func TestPlainType(t *testing.T) {
	for _, v := range []string{
		"text/plain", "text/html;charset=US-ASCII", `text/plain; charset="iso-8859-1"`, `multipart/mixed; boundary="----=_Next/Part:0+1"`,
		"TEXT/Plain; CHARSET=US-ASCII; format=flowed; delsp=yes", `text/plain; encoding=utf-8; name="a-b.txt"`,
		`text/plain; charset=""`, "multipart/digest; boundary=a.b-c_d", "application/vnd.ms-outlook",
	} {
		media, p, ok := plainType([]byte(v))
		want, all, err := mime.ParseMediaType(v)
		if err != nil || !ok || media != want || p != (params{all["boundary"], all["charset"], all["name"]}) {
			t.Errorf("%s: %q %+v %v, want %q %v %v", v, media, p, ok, want, all, err)
		}
	}
	for _, v := range []string{
		"", "text", "/plain", "text/", "text/plain;", "text/plain; charset=a; charset=b", "text/plain; charset=a; Charset=b", "text/plain; charset=a ; x=y", "text/plain; charset*=us-ascii'en'a", "text/plain; charset", "text/plain; charset=", `text/plain; charset="`,
		"text/plain; charset=a b", "a/b; c=d; e=f; g=h; i=j", `text/plain; charset="a\"b"`, "text/plain; charset=a/b", "a/b/c",
	} {
		if media, p, ok := plainType([]byte(v)); ok {
			t.Errorf("%s: %q %+v, which is for the general reader", v, media, p)
		}
	}
}

// TestPieces holds how a multipart is cut.
func TestPieces(t *testing.T) {
	tests := map[string]string{
		"--b\none\n--b\ntwo\n--b--\n":                        "one|two",
		"pre\n--b\none\n--b--\npost\n":                       "one",
		"--b\r\none\r\n--b--\r\n":                            "one",
		"--b \t\none\n--b--":                                 "one",
		"--b\none\n":                                         "one\n",
		"--bb\none\n--b\ntwo\n--b--\n":                       "two",
		"x--b\none\n":                                        "",
		"--b\n--b\nx\n--b--\n":                               "|x",
		"--b\none\n--b--\n--b\nlate\n":                       "one",
		"no boundary at all":                                 "",
		"--b\none\n--b-- and more\ntwo\n":                    "one\n--b-- and more\ntwo\n",
		"--b" + strings.Repeat(" ", 1000) + "\none\n--b--\n": "one",
		"--b\r--b- x\n--b \none\n--b-":                       "one",
		"--b\none\n--b-":                                     "one",
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

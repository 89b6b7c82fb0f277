package received

import (
	"strings"
	"testing"
)

// TestUsualTCPInfo holds that the short way reads nothing otherwise than the long one: every
// comment of a few parts is read on both.
func TestUsualTCPInfo(t *testing.T) {
	parts := []string{
		"", " ", "\n\t", "a.example", "helo", "EHLO", "lhlo", "unverified", "Really", "not", "a_b-c", "x@", "=", "[", "]", "[]", "[ 192.0.2.1 ]",
		"[192.0.2.1]", "[255.255.255.255]", "[256.0.0.1]", "[192.0.2.01]", "[0.0.0.0]", "[1.2.3]", "[1.2.3.4.5]", "[1.2.3.4]:25", "[::1]", "(may be forged)", ":", "\x80",
	}
	short := 0
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				for _, d := range parts {
					in := strings.TrimSpace(a + b + c + d)
					if in == "" || a == "" && b != "" || b == "" && c != "" || c == "" && d != "" {
						continue
					}
					if compareTCPInfo(t, in) {
						short++
					}
				}
			}
		}
	}
	if short < 500 {
		t.Errorf("only %d comments were read the short way", short)
	}
}

// compareTCPInfo reports whether the short way reads a comment; then the long one must do
// the same.
func compareTCPInfo(t *testing.T, in string) bool {
	t.Helper()
	body := []byte("(" + in + ")")
	s := Span{1, len(body) - 1}
	newParser := func() *parser {
		sh := &shape{spoken: true, second: Span{0, 1}, bare: true, mapped: true, local: true} // what an earlier comment may have left
		return &parser{b: body, f: new(Field), shape: sh, said: new(claims), lastClose: len(body), flatFrom: len(body), looseFrom: len(body), plain: true}
	}
	usual := newParser()
	if !usual.usualTCPInfo(s) {
		return false
	}
	long := newParser()
	w := []byte(in)
	if hasPrefixFold(w, "helo ") || hasPrefixFold(w, "ehlo ") || hasPrefixFold(w, "lhlo ") || !long.tcpInfo(s, true) {
		t.Fatalf("%q is for the long way", in)
	}
	if *usual.f != *long.f || *usual.shape != *long.shape {
		t.Fatalf("%q\n got %+v %+v\nwant %+v %+v", in, *usual.f, *usual.shape, *long.f, *long.shape)
	}
	return true
}

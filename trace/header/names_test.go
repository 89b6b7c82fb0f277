package header

import (
	"fmt"
	"strings"
	"testing"
)

// plainName reads a field's name byte by byte, and compares it with each that is known.
func plainName(text string) (length int, n Name) {
	for length < len(text) && text[length] > ' ' && text[length] < 0x7f && text[length] != ':' {
		length++
	}
	for n := Received; int(n) < Names; n++ {
		if len(n.String()) == length && strings.EqualFold(n.String(), text[:length]) {
			return length, n
		}
	}
	return length, Other
}

func checkName(t *testing.T, text string) {
	t.Helper()
	length, n := readName([]byte(text))
	if wantLength, want := plainName(text); length != wantLength || n != want {
		t.Fatalf("%q: %d bytes, %q; want %d, %q", text, length, n, wantLength, want)
	}
}

// TestNames reads each known name as it is, cut short, and with every byte at every place.
func TestNames(t *testing.T) {
	for n := Other; int(n) < Names; n++ {
		name := n.String()
		if strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(name) > len(lowered{})*8 {
			t.Errorf("%q cannot be told by its bits", name)
		}
		for _, s := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if got := NameOf(s); got != n {
				t.Errorf("%q is %d, want %d", s, got, n)
			}
			checkName(t, s)
			checkName(t, s+": a value that is longer than any name can be")
			checkName(t, s+"-")
		}
		if n != Other && (NameOf(name+":") != Other || NameOf(name+" ") != Other || NameOf(" "+name) != Other) {
			t.Errorf("%q is found where more stands beside it", name)
		}
		for at := range len(name) {
			checkName(t, name[:at])
			for c := range 256 {
				changed := name[:at] + string([]byte{byte(c)}) + name[at+1:]
				checkName(t, changed)
				checkName(t, changed+": x")
			}
		}
	}
}

// TestLongNames reads names of any length: what is longer than any known one is another.
func TestLongNames(t *testing.T) {
	for n := range 100 {
		for _, behind := range []string{"", ":", ": x", " : and more than eight bytes", "\x00", "\x80:"} {
			checkName(t, strings.Repeat("x", n)+behind)
			checkName(t, "Received"+strings.Repeat("x", n)+behind)
		}
	}
}

func TestWhich(t *testing.T) {
	data := []byte("RECEIVED: a\nmessage-id : b\nX-Known-To-Nobody: c\nReceived-By: d\n\n")
	got := ""
	for _, f := range Scan(data, nil).Fields {
		got += fmt.Sprintf("%s=%s;", f.Name(data), f.Which)
	}
	if want := "RECEIVED=Received;message-id=Message-ID;X-Known-To-Nobody=;Received-By=;"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

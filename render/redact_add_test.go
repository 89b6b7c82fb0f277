package render

import (
	"regexp"
	"slices"
	"testing"
)

// address is an addr-spec as it stands in header fields and envelopes.
var address = regexp.MustCompile("[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")

// FuzzAddressesIn: the addresses are those that the expression finds.
func FuzzAddressesIn(f *testing.F) {
	for _, s := range []string{
		"pat@home.example", "Pat <pat@home.example>, kim@post.example.", "a@b@c", "@x", "x@", "a@@b.example", "", "owner-list=pat@x.example@lists.example",
		"\"odd name\"@host.example", "ä@ö.example", "a@b.example\x00c@d.example", "a!b%c@d-e.example>...f@g",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := address.FindAllString(s, -1)
		var got []string
		for a := range addressesIn(s) {
			got = append(got, s[a.From:a.To])
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %q, the expression finds %q", s, got, want)
		}
	})
}

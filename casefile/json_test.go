package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeJSON(t *testing.T) {
	in := map[string]string{"k": "a<b>\u202e\u0085\x7f\u2028\U000e0041\u200bü中\x1b"}
	got, err := EncodeJSON(in, "")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"k":"a<b>\u202e\u0085\u007f\u2028\udb40\udc41\u200bü中\u001b"}` + "\n"
	if string(got) != want {
		t.Errorf("got %s want %s", got, want)
	}
	var back map[string]string
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, back); diff != "" {
		t.Error(diff)
	}
}

// TestEncodeJSONIndents compares the layout with that of encoding/json.
func TestEncodeJSONIndents(t *testing.T) {
	for _, v := range []any{
		[]int{1}, nil, true, -1.5e300, "", `"`, `\`, `\"\\`, "[{,:}]", []any{}, map[string]any{}, []any{[]any{}, map[string]any{}},
		map[string]any{`a"b\`: []any{`\\`, `{"x": [1, 2]}`, nil, "ü"}, "": map[string]any{"[": []any{[]int{1, 2}}, "]": "a,b:c"}},
	} {
		for _, indent := range []string{"", " ", "\t\t"} {
			got, err := EncodeJSON(v, indent)
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", indent)
			if err := enc.Encode(v); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), string(got)); diff != "" {
				t.Errorf("%v, %q: %s", v, indent, diff)
			}
		}
	}
	if _, err := EncodeJSON(func() {}, " "); err == nil {
		t.Error("what is no JSON is taken")
	}
	if got, err := EncodeJSON("after an error", ""); err != nil || string(got) != "\"after an error\"\n" {
		t.Errorf("%q %v", got, err)
	}
}

// FuzzEncodeJSON: whatever a text holds, the layout is that of encoding/json, nothing is lost
// and nothing hides.
func FuzzEncodeJSON(f *testing.F) {
	for _, s := range []string{"", `a"b\\`, "[{,:}]", "\u202e\U000e0041\x7f\x00\r\n\xff", "ü中"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := map[string]any{s: []any{s, map[string]any{}, []any{}, map[string]any{s + s: s}}}
		got, err := EncodeJSON(in, " ")
		if err != nil {
			t.Fatal(err)
		}
		var compact, again bytes.Buffer
		if err := errors.Join(json.Compact(&compact, got), json.Indent(&again, compact.Bytes(), "", " ")); err != nil {
			t.Fatal(err)
		}
		if again.WriteByte('\n'); !bytes.Equal(again.Bytes(), got) {
			t.Errorf("got %q, encoding/json has %q", got, again.Bytes())
		}
		var back map[string]any
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatal(err)
		}
		for i, r := range string(got) {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%U is left at %d", r, i)
			}
		}
		plain, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, back); diff != "" {
			t.Error(diff)
		}
	})
}

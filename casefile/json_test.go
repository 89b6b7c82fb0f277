package casefile

import (
	"bytes"
	"encoding/json"
	"testing"

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
	if plain, err := EncodeJSON([]int{1}, "  "); err != nil || !bytes.Equal(plain, []byte("[\n  1\n]\n")) {
		t.Errorf("%q %v", plain, err)
	}
}

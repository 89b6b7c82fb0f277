package render

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"relaytrace/casefile"
)

// mispTemplate is what the template of the object email (a0c666e0-fc65-4be8-b48f-3423d788b552,
// version 15) says of the relations that an event uses: the type, and whether they are out
// of correlation.
var mispTemplate = map[string]struct {
	kind         string
	uncorrelated bool
	once         bool
}{
	"eml": {"attachment", true, true}, "from": {"email-src", false, false}, "from-display-name": {"email-src-display-name", false, false},
	"header": {"email-header", true, false}, "ip-src": {"ip-src", false, false}, "message-id": {"email-message-id", true, true},
	"received-header-hostname": {"hostname", false, false}, "received-header-ip": {"ip-src", false, false},
	"return-path": {"email-src", false, true}, "subject": {"email-subject", false, false},
}

// mispOf makes an event and reads it back.
func mispOf(t *testing.T, c *casefile.Case, bytesOf Bytes) mispEvent {
	t.Helper()
	data, err := MISP(c, bytesOf)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := MISP(c, bytesOf); !bytes.Equal(data, again) {
		t.Error("the event differs from run to run")
	}
	var doc mispDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for _, o := range doc.Event.Object {
		met := map[string]bool{}
		for _, a := range o.Attribute {
			want, known := mispTemplate[a.ObjectRelation]
			if !known || a.Type != want.kind || a.DisableCorrelation != want.uncorrelated || want.once && met[a.ObjectRelation] {
				t.Errorf("not as the template has it: %s, %s, disable_correlation %t", a.ObjectRelation, a.Type, a.DisableCorrelation)
			}
			if (a.Data != "") != (a.ObjectRelation == "eml") {
				t.Errorf("%s: data of %d bytes", a.ObjectRelation, len(a.Data))
			}
			met[a.ObjectRelation] = true
		}
	}
	return doc.Event
}

// wholeCase is a case of as many paths as there are sizes, of one sample each, and the
// samples' bytes.
func wholeCase(sizes ...int) (*casefile.Case, map[int][]byte) {
	c := emptyCase()
	c.Created, c.Samples, c.Paths = letterDay, nil, nil
	data := map[int][]byte{}
	for i, size := range sizes {
		s := sampleOf(i+1, trusted(hopOf("relay.foundry.example", "198.51.100.7", "mx2.college.example", "2026-02-27T11:00:30Z")))
		data[s.Number] = bytes.Repeat([]byte(fmt.Sprintf("%08d\xff\x00\r\n....", i)), size/16)
		s.SHA256, s.Size = casefile.Digest(data[s.Number]), int64(len(data[s.Number]))
		c.Samples = append(c.Samples, s)
		c.Paths = append(c.Paths, casefile.PathGroup{Exemplar: s.Number, Samples: 1})
	}
	return c, data
}

// TestMISPCarriesExemplars holds which messages an event carries, and that they are those
// that were received.
func TestMISPCarriesExemplars(t *testing.T) {
	many := make([]int, maxWhole+2)
	for i := range many {
		many[i] = 160
	}
	large := []int{}
	for range maxAllWhole/maxWholeBytes + 1 {
		large = append(large, maxWholeBytes)
	}
	for _, tt := range []struct {
		name  string
		sizes []int
		spoil func(c *casefile.Case, data map[int][]byte)
		want  []int
	}{
		{"two", []int{160, 1600}, nil, []int{1, 2}},
		{"the largest", []int{maxWholeBytes, maxWholeBytes + 16, 160}, nil, []int{1, 3}},
		{"too many", many, nil, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}},
		{"too much together", append(large, 160), nil, []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{"no exemplar", []int{160, 160}, func(c *casefile.Case, _ map[int][]byte) { c.Paths = c.Paths[1:] }, []int{2}},
		{"one of two paths", []int{160, 160}, func(c *casefile.Case, _ map[int][]byte) { c.Paths[1].Exemplar = 1 }, []int{1}},
		{"erased", []int{160, 160}, func(_ *casefile.Case, data map[int][]byte) { delete(data, 1) }, []int{2}},
		{"damaged", []int{160, 160}, func(_ *casefile.Case, data map[int][]byte) { data[2][5] ^= 1 }, []int{1}},
		{"cut short", []int{160, 160}, func(_ *casefile.Case, data map[int][]byte) { data[2] = data[2][:100] }, []int{1}},
		{"none shown", []int{160}, func(c *casefile.Case, _ map[int][]byte) { c.Samples = nil }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, data := wholeCase(tt.sizes...)
			if tt.spoil != nil {
				tt.spoil(c, data)
			}
			var got []int
			for i, o := range mispOf(t, c, func(n int) []byte { return data[n] }).Object {
				s := &c.Samples[i]
				if !strings.Contains(o.Comment, s.SHA256) {
					t.Errorf("sample %d is not named by its digest", s.Number)
				}
				for _, a := range o.Attribute {
					if a.ObjectRelation != "eml" {
						continue
					}
					got = append(got, s.Number)
					carried, err := base64.StdEncoding.DecodeString(a.Data)
					if err != nil || !bytes.Equal(carried, data[s.Number]) {
						t.Errorf("sample %d is not as it was received: %v", s.Number, err)
					}
					if want := fmt.Sprintf("%04d-%s.eml", s.Number, s.SHA256[:12]); a.Value != want || a.Distribution != "0" || a.ToIDs {
						t.Errorf("%q, distribution %s, to_ids %t", a.Value, a.Distribution, a.ToIDs)
					}
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("carries %v, want %v", got, tt.want)
			}
			for _, o := range mispOf(t, c, nil).Object {
				if slices.ContainsFunc(o.Attribute, func(a mispAttribute) bool { return a.ObjectRelation == "eml" }) {
					t.Error("a message is carried that was not to be")
				}
			}
		})
	}
}

package trace_test

import (
	"os"
	"path/filepath"
	"testing"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/header"
)

// paths traces every message of the truth set; the last is made of hostile text.
func paths(tb testing.TB) []trace.Path {
	tb.Helper()
	files, err := filepath.Glob("testdata/truth/*.eml")
	if err != nil || len(files) == 0 {
		tb.Fatal("no messages", err)
	}
	var all []trace.Path
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		p := trace.Analyze(data, header.Scan(data, nil).Fields, &trace.Settings{})
		p.Sample = trace.Sample{File: f, Line: 1, SHA256: "00"}
		all = append(all, p)
	}
	odd := all[len(all)-1]
	odd.Sample = trace.Sample{File: "a\"\\\x01\x7f\b\f\n\r\t\u2028\u202e\u200b\ufeff\U000e0041\U0001f600<&>\xff\xc3", Part: "1.2", Via: "bounce", By: "mx\x1b.example"}
	odd.Message.Subject = "\u00e9\u4e2d\u0645\ufe0f"
	return append(all, odd)
}

// TestAppendJSON holds the fast writer to the bytes of the general one, so that there is
// one document and not two.
func TestAppendJSON(t *testing.T) {
	for _, p := range paths(t) {
		want, err := casefile.EncodeJSON(p, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.AppendJSON(nil)) + "\n"; got != string(want) {
			t.Errorf("%s\n got %s\nwant %s", p.Sample.File, got, want)
		}
	}
}

// TestAppendJSONBytes puts every byte at every place of a text that is looked through in
// steps, alone and in front of another such.
func TestAppendJSONBytes(t *testing.T) {
	const text = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
	for c := range 256 {
		for at := range 42 {
			for _, s := range []string{text[:at] + string([]byte{byte(c)}) + text[at:at+at%9], text[:at] + string([]byte{byte(c)}) + text[at:50], text[:at] + string([]byte{byte(c)}), text[:at] + string([]byte{byte(c), 0x9f, byte(c)}) + text[at:]} {
				p := trace.Analyze(nil, nil, &trace.Settings{})
				p.Message.Subject = s
				want, err := casefile.EncodeJSON(p, "")
				if err != nil {
					t.Fatal(err)
				}
				if got := string(p.AppendJSON(nil)) + "\n"; got != string(want) {
					t.Fatalf("%q\n got %s\nwant %s", s, got, want)
				}
			}
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	all := paths(b)
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		for i := range all {
			buf = all[i].AppendJSON(buf[:0])
		}
	}
}

// TestFindingsOf: each finding is given for the field that it rests on, and none twice.
func TestFindingsOf(t *testing.T) {
	for _, p := range paths(t) {
		given := 0
		for hop := -1; hop <= len(p.Hops); hop++ {
			for _, f := range p.FindingsOf(hop) {
				if f.Hop != hop {
					t.Errorf("%s: %s of hop %d is given for %d", p.Sample.File, f.Code, f.Hop, hop)
				}
				given++
			}
		}
		if given != len(p.Findings) {
			t.Errorf("%s: %d of %d findings given", p.Sample.File, given, len(p.Findings))
		}
	}
}

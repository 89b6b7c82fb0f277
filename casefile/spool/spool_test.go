package spool

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"relaytrace/casefile/casetest"
	"relaytrace/trace/intake"
)

// some gives submissions of all kinds: with and without samples, with samples that lie in
// them and samples that were decoded, and one that is unreadable.
func some(t testing.TB) []*intake.Submission {
	t.Helper()
	name := filepath.Join(t.TempDir(), "in.mbox")
	var b bytes.Buffer
	if err := casetest.New(casetest.Config{Seed: 9, Incidents: 3}).WriteMbox(&b, 0, 60); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var out []*intake.Submission
	take := func(s *intake.Submission) error { out = append(out, s); return nil }
	if err := (intake.Sorter{}).Walk(t.Context(), []string{name, filepath.Join(filepath.Dir(name), "missing")}, nil, take); err != nil {
		t.Fatal(err)
	}
	decoded := []byte("Received: from a by b; Fri, 7 Mar 2003 18:00:00 +0000\nSubject: decoded\n\nx\n")
	whole := []byte("the same in another form")
	return append(out, &intake.Submission{
		File: "caf\xe9/x.eml", Line: 1, Size: len(whole), Class: intake.ClassComplaint, Reasons: []string{}, Data: whole,
		Samples: []intake.Sample{{File: "x.eml", Line: 1, SHA256: sha256.Sum256(decoded), Data: decoded, Decoded: []string{"base64"}}},
	})
}

func fill(t testing.TB, name string, all []*intake.Submission) {
	t.Helper()
	s, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range all {
		r, err := Encode(sub)
		if err == nil {
			err = s.Append(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// same holds what the spool gives against what it was given.
func same(t *testing.T, s *Spool, all []*intake.Submission) {
	t.Helper()
	if s.Len() != len(all) {
		t.Fatalf("%d records, want %d", s.Len(), len(all))
	}
	for i, want := range all {
		got, err := s.Read(i)
		if err != nil {
			t.Fatal(err)
		}
		errors := cmp.Comparer(func(a, b error) bool { return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error()) })
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(intake.Sample{}), errors); diff != "" {
			t.Errorf("record %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestRoundTrip: what goes in comes out, in this process and in the next.
func TestRoundTrip(t *testing.T) {
	all, name := some(t), filepath.Join(t.TempDir(), "spool")
	fill(t, name, all)
	s, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	same(t, s, all)
	if err := s.Cut(10); err != nil {
		t.Fatal(err)
	}
	same(t, s, all[:10])
	r, err := Encode(all[20])
	if err := errors.Join(err, s.Append(r), s.Flush()); err != nil {
		t.Fatal(err)
	}
	same(t, s, append(all[:10:10], all[20]))
}

// TestTorn: at whatever byte a file ends, the whole records before it are there, and what is
// added goes behind them.
func TestTorn(t *testing.T) {
	all := some(t)[:5]
	name := filepath.Join(t.TempDir(), "spool")
	fill(t, name, all)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before := 0
	for end := 0; end < len(data); end += 1499 {
		if err := os.WriteFile(name, data[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(name)
		if err != nil {
			t.Fatalf("cut at %d: %v", end, err)
		}
		if s.Len() < before || s.Len() > len(all) {
			t.Fatalf("cut at %d: %d records", end, s.Len())
		}
		before = s.Len()
		r, err := Encode(all[0])
		if err := errors.Join(err, s.Append(r), s.Flush()); err != nil {
			t.Fatal(err)
		}
		same(t, s, append(all[:before:before], all[0]))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRefused: a damaged record ends the spool, a foreign file is left alone, and two
// processes do not write one.
func TestRefused(t *testing.T) {
	all, name := some(t), filepath.Join(t.TempDir(), "spool")
	fill(t, name, all)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(name)
	if err != nil || s.Len() >= len(all) || s.Len() == 0 {
		t.Fatalf("damaged in the middle: %v, %d records", err, s.Len())
	}
	if _, err := Open(name); !errors.Is(err, ErrBusy) {
		t.Errorf("opened twice: %v", err)
	}
	s.Close()
	other := filepath.Join(t.TempDir(), "mail")
	if err := os.WriteFile(other, []byte("From: someone who keeps his mail here\n\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(other); err == nil {
		t.Error("a file of something else was taken for a spool")
	}
	if left, _ := os.ReadFile(other); !bytes.HasPrefix(left, []byte("From: someone")) {
		t.Error("a file of something else was written to")
	}
}

// FuzzOpen: whatever a file holds, opening it gives whole records or an error.
func FuzzOpen(f *testing.F) {
	name := filepath.Join(f.TempDir(), "spool")
	fill(f, name, some(f)[:3])
	data, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-3])
	f.Add([]byte(magic + "\x04\x00\x00\x00\x00\x00\x00\x00abcd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(name)
		if err != nil {
			return
		}
		defer s.Close()
		for i := range s.Len() {
			sub, err := s.Read(i)
			if err != nil {
				continue
			}
			for _, one := range sub.Samples {
				if sha256.Sum256(one.Data) != one.SHA256 {
					t.Fatalf("record %d gives a sample that is not as it was received", i)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	all := some(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := Encode(all[n%len(all)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkRead(b *testing.B) {
	all, name := some(b), filepath.Join(b.TempDir(), "spool")
	fill(b, name, all)
	s, err := Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := s.Read(n % len(all)); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

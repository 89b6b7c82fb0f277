package store

import (
	"testing"

	"relaytrace/trace/intake"
)

// seedOf makes a case of submissions and gives its seed.
func seedOf(t *testing.T, subs ...*intake.Submission) string {
	t.Helper()
	s, err := Create(t.Context(), t.TempDir())
	must(t, err)
	defer s.Close()
	add(t, s, subs...)
	must(t, s.Commit(t.Context()))
	seed, err := s.NewSeed(t.Context())
	must(t, err)
	return seed
}

func TestNewSeed(t *testing.T) {
	var subs, turned []*intake.Submission
	for n := range 3 * seedParts {
		one := submission("a.eml", message(n))
		if n%2 == 1 {
			one = complaint("b.eml", message(n))
		}
		subs, turned = append(subs, one), append([]*intake.Submission{one}, turned...)
	}
	seed := seedOf(t, subs...)
	if len(seed) != 64 {
		t.Errorf("the seed is %q", seed)
	}
	if other := seedOf(t, turned...); other != seed {
		t.Errorf("the same evidence in another order has the seed %s, not %s", other, seed)
	}

	// A letter's reader knows the digest and the header of the only sample, not its body.
	one := seedOf(t, submission("a.eml", message(1)))
	if other := seedOf(t, submission("a.eml", message(1)+"\nAnd a line more.\n")); other == one {
		t.Error("the body has no part in the seed")
	}
	if other := seedOf(t, complaint("a.eml", message(1))); other == one {
		t.Error("what the complainant wrote has no part in the seed")
	}
}

package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// seedParts is of how many samples, and of how many submissions, the seed is made. A few
// are enough for a secret, and a case of many is not read again for it.
const seedParts = 8

// NewSeed makes the secret of a case out of the bytes that it holds: of the samples and
// the submissions with the lowest digests, so that the same evidence gives the same seed
// in whatever order it came. The digests themselves would be no secret: letters show them,
// and whoever guesses an address could then confirm it by its keyed hash (RFC 6590 section 3).
// What letters do not show are the bodies, and what the complainants wrote.
func (s *Store) NewSeed(ctx context.Context) (string, error) {
	h := sha256.New()
	io.WriteString(h, "relaytrace seed\n")
	for _, from := range []struct {
		query string
		read  func(context.Context, int) ([]byte, error)
	}{
		{"SELECT number FROM samples WHERE data IS NOT NULL ORDER BY sha256 LIMIT ?", s.sampleData},
		{"SELECT number FROM submissions WHERE sha256 <> '' ORDER BY sha256, number LIMIT ?", s.SubmissionData},
	} {
		numbers, err := column[int](ctx, s, from.query, seedParts)
		if err != nil {
			return "", err
		}
		for _, n := range numbers {
			data, err := from.read(ctx, n)
			if err != nil {
				return "", err
			}
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data))))
			h.Write(data)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *Store) sampleData(ctx context.Context, number int) ([]byte, error) {
	one, err := s.Sample(ctx, number)
	if err != nil {
		return nil, err
	}
	return one.Data, nil
}

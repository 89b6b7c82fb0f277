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
	add := func(data []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data))))
		h.Write(data)
	}
	samples, err := s.lowest(ctx, "SELECT number FROM samples WHERE data IS NOT NULL ORDER BY sha256 LIMIT ?")
	if err != nil {
		return "", err
	}
	for _, n := range samples {
		one, err := s.Sample(ctx, n)
		if err != nil {
			return "", err
		}
		add(one.Data)
	}
	submissions, err := s.lowest(ctx, "SELECT number FROM submissions WHERE sha256 <> '' ORDER BY sha256, number LIMIT ?")
	if err != nil {
		return "", err
	}
	for _, n := range submissions {
		data, err := s.SubmissionData(ctx, n)
		if err != nil {
			return "", err
		}
		add(data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// lowest runs a query for the numbers of seedParts rows.
func (s *Store) lowest(ctx context.Context, query string) ([]int, error) {
	rows, err := s.conn.QueryContext(ctx, query, seedParts)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	var all []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, explain(s.dir, err)
		}
		all = append(all, n)
	}
	return all, explain(s.dir, rows.Err())
}

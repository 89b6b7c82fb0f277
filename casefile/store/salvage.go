package store

import (
	"context"
	"database/sql"
	"fmt"

	"relaytrace/casefile"
)

// Salvaged tells what could be read of a damaged store.
type Salvaged struct {
	Samples, Submissions, Answers int
	Events                        []casefile.Event
	Lost                          []string // what could not be read, or is not as it was written
}

// Salvage reads what can be read of a damaged store and hands each thing to keep: samples
// as evidence/, submissions without samples of the same bytes as submissions/, answers as
// answers/. Only what has its digest is handed on. The file is opened for reading and is
// not changed. The error says that nothing can be read, or is that of keep.
func Salvage(ctx context.Context, dir string, keep func(casefile.NamedBytes) error) (Salvaged, error) {
	var out Salvaged
	s, err := open(ctx, dir, true)
	if err != nil {
		return out, err
	}
	defer s.Close()
	for _, t := range []struct {
		query, last, what string
		n                 *int
		name              func(number int, sum, kind string) string
	}{
		{"SELECT sha256, size, data, '' FROM samples WHERE number = ?", "samples", "sample", &out.Samples,
			func(n int, sum, _ string) string { return casefile.Evidence(n, sum) }},
		{"SELECT sha256, size, data, '' FROM submissions WHERE number = ?", "submissions", "submission", &out.Submissions,
			func(n int, sum, _ string) string { return fmt.Sprintf("submissions/%06d-%s.eml", n, sum[:12]) }},
		{"SELECT sha256, size, data, kind FROM answers WHERE rowid = ?", "answers", "answer", &out.Answers,
			func(_ int, sum, kind string) string { return "answers/" + sum + "." + kind }},
	} {
		last := s.lastRow(ctx, t.last)
		for number := 1; number <= last; number++ {
			var sum, kind string
			var size int64
			var data []byte
			err := s.conn.QueryRowContext(ctx, t.query, number).Scan(&sum, &size, &data, &kind)
			if err == sql.ErrNoRows && t.last == "answers" || err == nil && data == nil {
				continue
			}
			var plain []byte
			if err == nil {
				plain, err = unpack(data, size, sum)
			}
			if err != nil {
				if ctx.Err() != nil {
					return out, ctx.Err()
				}
				out.Lost = append(out.Lost, fmt.Sprintf("%s %d: %v", t.what, number, err))
				continue
			}
			name := t.name(number, sum, kind)
			if !safePath(name) {
				name = fmt.Sprintf("%ss/%06d", t.what, number)
			}
			if err := keep(casefile.NamedBytes{Path: name, Data: plain}); err != nil {
				return out, err
			}
			*t.n++
		}
	}
	if out.Events, err = s.Events(ctx); err != nil {
		out.Lost = append(out.Lost, fmt.Sprintf("custody log: %v", err))
	}
	return out, nil
}

// lastRow finds the number of the last row of a table. Where the way to the end is
// damaged, numbers are tried upwards until many in a row are missing.
func (s *Store) lastRow(ctx context.Context, table string) int {
	column := "number"
	if table == "answers" {
		column = "rowid"
	}
	var n sql.NullInt64
	if err := s.conn.QueryRowContext(ctx, "SELECT max("+column+") FROM "+table).Scan(&n); err == nil {
		return int(n.Int64)
	}
	last := 0
	for number, missed := 1, 0; missed < 10_000; number++ {
		var there int
		if err := s.conn.QueryRowContext(ctx, "SELECT 1 FROM "+table+" WHERE "+column+" = ?", number).Scan(&there); err != nil {
			missed++
			continue
		}
		last, missed = number, 0
	}
	return last
}

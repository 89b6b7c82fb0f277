package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// Sample is a sample as the store holds it.
type Sample struct {
	Number  int
	SHA256  string // in hexadecimal, of the original
	Size    int64
	Grade   intake.Grade
	Data    []byte         // the bytes as received; nil when they were erased
	Origins []trace.Sample // where it was found, in the order read
	From    []int          // numbers of the submissions in which it was found, as Origins
}

// Samples hands every sample from the given number on to take, by number. One whose
// bytes cannot be read or do not have their digest ends it with a [Damage].
func (s *Store) Samples(ctx context.Context, from int, take func(*Sample) error) error {
	origins, err := s.conn.QueryContext(ctx, originColumns+" WHERE sample >= ? ORDER BY sample, number", from)
	if err != nil {
		return explain(s.dir, err)
	}
	defer origins.Close()
	rows, err := s.conn.QueryContext(ctx, "SELECT number, sha256, size, grade, data FROM samples WHERE number >= ? ORDER BY number", from)
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	var ahead origin // the next one that was read
	for rows.Next() {
		one, err := scanSample(rows)
		for err == nil && ahead.sample <= one.Number {
			if ahead.sample == one.Number {
				one.add(&ahead)
			}
			if !origins.Next() {
				ahead.sample, err = math.MaxInt, origins.Err()
				break
			}
			ahead, err = scanOrigin(origins)
		}
		if err != nil {
			return explain(s.dir, err)
		}
		if err := take(one); err != nil {
			return err
		}
	}
	return explain(s.dir, rows.Err())
}

// Sample reads one sample by its number.
func (s *Store) Sample(ctx context.Context, number int) (*Sample, error) {
	st, err := s.ready(ctx, "SELECT number, sha256, size, grade, data FROM samples WHERE number = ?")
	if err != nil {
		return nil, explain(s.dir, err)
	}
	one, err := scanSample(st.QueryRowContext(ctx, number))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, folderError(s.dir, fmt.Errorf("holds no sample %d", number), "")
	}
	if err == nil {
		err = s.origins(ctx, one)
	}
	return one, explain(s.dir, err)
}

const originColumns = "SELECT sample, submission, file, line, part, via, shown_by FROM origins"

// origin is one place where a sample was found.
type origin struct {
	sample, submission int
	trace.Sample
}

func scanOrigin(rows *sql.Rows) (o origin, err error) {
	err = rows.Scan(&o.sample, &o.submission, &o.File, &o.Line, &o.Part, &o.Via, &o.By)
	return o, err
}

func (one *Sample) add(o *origin) {
	o.SHA256 = one.SHA256
	one.Origins, one.From = append(one.Origins, o.Sample), append(one.From, o.submission)
}

// origins reads where a sample was found.
func (s *Store) origins(ctx context.Context, one *Sample) error {
	st, err := s.ready(ctx, originColumns+" WHERE sample = ? ORDER BY number")
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, one.Number)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		o, err := scanOrigin(rows)
		if err != nil {
			return err
		}
		one.add(&o)
	}
	return rows.Err()
}

func scanSample(row interface{ Scan(...any) error }) (*Sample, error) {
	var one Sample
	var packed sql.RawBytes
	var err error
	if r, ok := row.(*sql.Rows); ok {
		err = r.Scan(&one.Number, &one.SHA256, &one.Size, &one.Grade, &packed)
	} else {
		var b []byte
		err = row.Scan(&one.Number, &one.SHA256, &one.Size, &one.Grade, &b)
		packed = b
	}
	if err != nil || packed == nil {
		return &one, err
	}
	one.Data, err = unpack(packed, one.Size, one.SHA256)
	if err != nil {
		err = &Damage{What: fmt.Sprintf("sample %d: %v", one.Number, err)}
	}
	return &one, err
}

// unpack decompresses evidence and holds it against its size and digest.
func unpack(packed []byte, size int64, sum string) ([]byte, error) {
	if size < 0 || size > 2*intake.MaxMessage {
		return nil, errors.New("its size cannot be")
	}
	data, err := codec.dec.DecodeAll(packed, make([]byte, 0, size))
	switch {
	case err != nil:
		return nil, err
	case casefile.Digest(data) != sum:
		return nil, errors.New("its bytes are not those that were received")
	}
	return data, nil
}

// Submissions hands every submission to take, by number.
func (s *Store) Submissions(ctx context.Context, take func(*casefile.Submission) error) error {
	carried, err := s.carried(ctx)
	if err != nil {
		return explain(s.dir, err)
	}
	rows, err := s.conn.QueryContext(ctx, `SELECT number, sha256, file, line, size, class, grade, priority, reporter, reply_to, subject, date,
		utc, message_id, forged, recipients, reasons, ask, bounce, report, problem FROM submissions ORDER BY number`)
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	for rows.Next() {
		x, err := scanSubmission(rows)
		if err != nil {
			return explain(s.dir, err)
		}
		x.Samples = append([]int{}, carried[x.Number]...)
		if err := take(x); err != nil {
			return err
		}
	}
	return explain(s.dir, rows.Err())
}

func scanSubmission(rows *sql.Rows) (*casefile.Submission, error) {
	x := &casefile.Submission{}
	var utc, forged, recipients, reasons string
	var bounce, report sql.NullString
	if err := rows.Scan(&x.Number, &x.SHA256, &x.File, &x.Line, &x.Size, &x.Class, &x.Grade, &x.Priority, &x.Reporter, &x.ReplyTo,
		&x.Subject, &x.Date, &utc, &x.MessageID, &forged, &recipients, &reasons, &x.Ask, &bounce, &report, &x.Problem); err != nil {
		return nil, err
	}
	var err error
	// A year before 0 or after 9999 is none: earlier versions took it from a Date with a zone that leads there.
	if len(utc) == len("2006-01-02T15:04:05Z") {
		x.Time, err = time.Parse(time.RFC3339, utc)
	}
	for _, part := range []struct {
		text string
		to   any
	}{{forged, &x.Forged}, {recipients, &x.Recipients}, {reasons, &x.Reasons}, {bounce.String, &x.Bounce}, {report.String, &x.Report}} {
		if part.text != "" {
			err = errors.Join(err, json.Unmarshal([]byte(part.text), part.to))
		}
	}
	if err != nil {
		return nil, &Damage{What: fmt.Sprintf("submission %d: %v", x.Number, err)}
	}
	return x, nil
}

// carried tells which samples each submission carried.
func (s *Store) carried(ctx context.Context) (map[int][]int, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT DISTINCT submission, sample FROM origins ORDER BY sample")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int][]int{}
	for rows.Next() {
		var submission, sample int
		if err := rows.Scan(&submission, &sample); err != nil {
			return nil, err
		}
		all[submission] = append(all[submission], sample)
	}
	return all, rows.Err()
}

// SubmissionData reads the bytes of a submission as they were received; nil when it could
// not be read, or was erased.
func (s *Store) SubmissionData(ctx context.Context, number int) ([]byte, error) {
	var packed []byte
	var sum string
	var size int64
	err := s.conn.QueryRowContext(ctx, `SELECT submissions.sha256, submissions.size, coalesce(submissions.data, samples.data)
		FROM submissions LEFT JOIN samples ON samples.sha256 = submissions.sha256 WHERE submissions.number = ?`, number).Scan(&sum, &size, &packed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, folderError(s.dir, fmt.Errorf("holds no submission %d", number), "")
	case err != nil || packed == nil:
		return nil, explain(s.dir, err)
	}
	data, err := unpack(packed, size, sum)
	if err != nil {
		err = explain(s.dir, &Damage{What: fmt.Sprintf("submission %d: %v", number, err)})
	}
	return data, err
}

// Digests hands the number and the digest of every sample whose bytes the store holds to
// take, by number.
func (s *Store) Digests(ctx context.Context, take func(number int, sum string) error) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, sha256 FROM samples WHERE data IS NOT NULL ORDER BY number")
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	for rows.Next() {
		var number int
		var sum string
		if err := rows.Scan(&number, &sum); err != nil {
			return explain(s.dir, err)
		}
		if err := take(number, sum); err != nil {
			return err
		}
	}
	return explain(s.dir, rows.Err())
}

// column reads the first column of what a query gives.
func column[T any](ctx context.Context, s *Store, query string, args ...any) ([]T, error) {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var x T
		if err := rows.Scan(&x); err != nil {
			return nil, explain(s.dir, err)
		}
		all = append(all, x)
	}
	return all, explain(s.dir, rows.Err())
}

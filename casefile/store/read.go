package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

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
	Data    []byte // the bytes as received; nil when they were erased
	Origins []Origin
}

// Origin is where a sample was found, and in which submission.
type Origin struct {
	trace.Sample
	Submission int
	Class      intake.Class
	Reporter   string // the From field of the submission, as written; empty for bare samples
}

// Submission is one thing that arrived, as the store holds it.
type Submission struct {
	Number    int
	SHA256    string // in hexadecimal; empty when it could not be read
	File      string
	Line      int
	Size      int64
	Class     intake.Class
	Grade     intake.Grade
	Priority  int
	Reporter  string // the From field as written; empty for bare samples
	ReplyTo   string
	Subject   string
	Date      string
	MessageID string
	Reasons   []string
	Bounce    *intake.Bounce
	Report    *intake.Report
	Ask       string
	Problem   string
	Samples   []int // numbers of the samples that it carried, ascending
}

// Samples hands every sample from the given number on to take, by number. One whose
// bytes cannot be read or do not have their digest ends it with a [Damage].
func (s *Store) Samples(ctx context.Context, from int, take func(*Sample) error) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, sha256, size, grade, data FROM samples WHERE number >= ? ORDER BY number", from)
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	for rows.Next() {
		one, err := scanSample(rows)
		if err == nil {
			err = s.origins(ctx, one)
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
	one, err := scanSample(s.conn.QueryRowContext(ctx, "SELECT number, sha256, size, grade, data FROM samples WHERE number = ?", number))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, folderError(s.dir, fmt.Errorf("holds no sample %d", number), "")
	}
	if err == nil {
		err = s.origins(ctx, one)
	}
	return one, explain(s.dir, err)
}

// origins reads where a sample was found.
func (s *Store) origins(ctx context.Context, one *Sample) error {
	rows, err := s.conn.QueryContext(ctx, `SELECT submission, origins.file, origins.line, part, class, reporter FROM origins
		LEFT JOIN submissions ON submissions.number = submission WHERE sample = ? ORDER BY origins.number`, one.Number)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		o := Origin{Sample: trace.Sample{SHA256: one.SHA256}}
		var class, reporter sql.NullString
		if err := rows.Scan(&o.Submission, &o.File, &o.Line, &o.Part, &class, &reporter); err != nil {
			return err
		}
		o.Class, o.Reporter = intake.Class(class.String), reporter.String
		one.Origins = append(one.Origins, o)
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
	if size < 0 || size > 1<<32 {
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
func (s *Store) Submissions(ctx context.Context, take func(*Submission) error) error {
	carried, err := s.carried(ctx)
	if err != nil {
		return explain(s.dir, err)
	}
	rows, err := s.conn.QueryContext(ctx, `SELECT number, sha256, file, line, size, class, grade, priority, reporter, reply_to, subject, date,
		message_id, reasons, facts, problem FROM submissions ORDER BY number`)
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	for rows.Next() {
		var x Submission
		var reasons, told string
		if err := rows.Scan(&x.Number, &x.SHA256, &x.File, &x.Line, &x.Size, &x.Class, &x.Grade, &x.Priority, &x.Reporter, &x.ReplyTo,
			&x.Subject, &x.Date, &x.MessageID, &reasons, &told, &x.Problem); err != nil {
			return explain(s.dir, err)
		}
		var f facts
		if err := errors.Join(json.Unmarshal([]byte(reasons), &x.Reasons), json.Unmarshal([]byte(told), &f)); err != nil {
			return explain(s.dir, &Damage{What: fmt.Sprintf("submission %d: %v", x.Number, err)})
		}
		x.Bounce, x.Report, x.Ask, x.Samples = f.Bounce, f.Report, f.Ask, carried[x.Number]
		if err := take(&x); err != nil {
			return err
		}
	}
	return explain(s.dir, rows.Err())
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

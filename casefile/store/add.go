package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"relaytrace/trace"
)

// commitEvery is after how many submissions and samples Add commits by itself: often
// enough that an interruption costs little, seldom enough that the disk is not waited for.
const commitEvery = 2000

// statements are the prepared ones of adding.
type statements struct {
	submission, sample, origin, fields, hop, transaction *sql.Stmt
}

func (st *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for _, x := range []struct {
		stmt  **sql.Stmt
		table string
		n     int
	}{
		{&st.submission, "submissions", 22},
		{&st.sample, "samples", 5},
		{&st.origin, "origins", 8},
		{&st.fields, "fields", 14},
		{&st.hop, "hops", 14},
		{&st.transaction, "transactions", 7},
	} {
		var err error
		*x.stmt, err = conn.PrepareContext(ctx, "INSERT INTO "+x.table+" VALUES (?"+strings.Repeat(", ?", x.n-1)+")")
		if err != nil {
			return err
		}
	}
	return nil
}

func (st *statements) close() {
	for _, x := range []*sql.Stmt{st.submission, st.sample, st.origin, st.fields, st.hop, st.transaction} {
		if x != nil {
			x.Close()
		}
	}
}

// Taken tells what became of a submission that was handed to [Store.Add].
type Taken struct {
	Submission int    // its number in the case, from 1
	Known      bool   // the case held it already
	Samples    []int  // numbers in the case, in the order of the submission
	New        []bool // the case did not hold that sample
	Found      []bool // the case held it, but not from this place
}

// Add takes a submission into the case. One with the same bytes is held once; a sample
// with the same digest is one sample with one more origin, and found twice in one place
// it is the same origin. Add commits from time to time; what was added last is safe once
// [Store.Commit] has returned.
func (s *Store) Add(ctx context.Context, p *Packed) (Taken, error) {
	if err := s.index(ctx); err != nil {
		return Taken{}, err
	}
	if err := s.begin(ctx); err != nil {
		return Taken{}, err
	}
	t, err := s.add(ctx, p)
	if err != nil {
		return Taken{}, errors.Join(explain(s.dir, err), s.Rollback())
	}
	if s.kept += 1 + len(p.samples); s.kept >= commitEvery {
		err = s.Commit(ctx)
	}
	return t, err
}

// index learns what the case holds.
func (s *Store) index(ctx context.Context) error {
	if s.submissions != nil {
		return nil
	}
	s.next.submission, s.next.sample = 1, 1
	var err error
	if s.submissions, err = s.digests(ctx, "submissions", &s.next.submission); err == nil {
		s.samples, err = s.digests(ctx, "samples", &s.next.sample)
	}
	return explain(s.dir, err)
}

func (s *Store) digests(ctx context.Context, table string, next *int) (map[digest]int, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, sha256, "+map[string]string{"submissions": "file, line", "samples": "'', 0"}[table]+" FROM "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[digest]int{}
	for rows.Next() {
		var number, line int
		var sum, file string
		if err := rows.Scan(&number, &sum, &file, &line); err != nil {
			return nil, err
		}
		var d digest
		if sum == "" {
			d = placeOf(file, line)
		} else if n, err := hex.Decode(d[:], []byte(sum)); err != nil || n != len(d) {
			return nil, &Damage{What: fmt.Sprintf("%s %d has no digest", table, number)}
		}
		all[d] = number
		*next = max(*next, number+1)
	}
	return all, rows.Err()
}

func (s *Store) add(ctx context.Context, p *Packed) (Taken, error) {
	key, sum := p.sum, ""
	if p.whole {
		sum = hex.EncodeToString(p.sum[:])
	} else {
		key = placeOf(p.file, p.line)
	}
	t := Taken{Samples: make([]int, len(p.samples)), New: make([]bool, len(p.samples)), Found: make([]bool, len(p.samples))}
	t.Submission, t.Known = s.submissions[key]
	if !t.Known {
		t.Submission = s.next.submission
		var data any // NULL and not an empty BLOB
		if p.data != nil {
			data = p.data
		}
		if err := run(ctx, s.st.submission, t.Submission, sum, p.file, p.line, p.size, p.class, p.grade, p.priority, p.reporter,
			p.replyTo, p.subject, p.date, p.utc, p.messageID, p.forged, p.recipients, p.reasons, p.ask, p.bounce, p.report, p.problem, data); err != nil {
			return t, err
		}
		s.next.submission++
		s.submissions[key] = t.Submission
	}
	for i := range p.samples {
		if err := s.addSample(ctx, &p.samples[i], i, &t); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (s *Store) addSample(ctx context.Context, one *packedSample, i int, t *Taken) error {
	n, known := s.samples[one.sum]
	if !known {
		n = s.next.sample
		if err := run(ctx, s.st.sample, n, one.hex, one.size, one.grade, one.data); err != nil {
			return err
		}
		s.next.sample++
		s.samples[one.sum] = n
		if err := s.addPath(ctx, n, one.path); err != nil {
			return err
		}
	}
	t.Samples[i], t.New[i] = n, !known
	o := one.origin
	number := 1
	if known {
		var there int
		st, err := s.ready(ctx, `SELECT count(*) + 1, count(*) FILTER (WHERE submission = ? AND file = ? AND line = ? AND part = ?)
			FROM origins WHERE sample = ?`)
		if err == nil {
			err = st.QueryRowContext(ctx, t.Submission, valid(o.File), o.Line, valid(o.Part), n).Scan(&number, &there)
		}
		if err != nil || there > 0 {
			return err
		}
		t.Found[i] = true
	}
	return run(ctx, s.st.origin, n, number, t.Submission, valid(o.File), o.Line, valid(o.Part), o.Via, valid(o.By))
}

// addPath writes what was found in a sample.
func (s *Store) addPath(ctx context.Context, n int, p *trace.Path) error {
	m := &p.Message
	var boundary, origin, certainty string
	if p.Boundary != nil {
		boundary = ip(p.Boundary.IP)
	}
	if p.Origin != nil {
		origin, certainty = ip(p.Origin.IP), string(p.Origin.Certainty)
	}
	if err := run(ctx, s.st.fields, n, m.MessageID, m.Subject, m.From, m.ReplyTo, m.To, m.Date, m.Domain, m.ReturnPath,
		strings.Join(m.DeliveredTo, ", "), string(p.Ends), boundary, origin, certainty); err != nil {
		return err
	}
	for i := range p.Hops {
		h := &p.Hops[i]
		if err := run(ctx, s.st.hop, n, i, h.Line, string(h.Kind), string(h.Standing), h.Link, string(h.Discloses),
			ip(h.From.IP), h.From.RDNS, h.From.HELO, h.By.Host, h.ID, h.Time.UTC, h.Raw); err != nil {
			return err
		}
	}
	for _, r := range p.Relays {
		client := ""
		if r.Own >= 0 {
			client = ip(p.Hops[r.Own].From.IP)
		}
		if err := run(ctx, s.st.transaction, n, r.Hop, ip(r.IP), r.Own, client, string(r.Certainty), r.Withholds); err != nil {
			return err
		}
	}
	return nil
}

// ip is an address as text; empty when there is none.
func ip(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// valid makes a text fit for the database: file names may hold any bytes.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// SetPath writes anew what was found in a sample. It lasts with the next [Store.Commit].
func (s *Store) SetPath(ctx context.Context, number int, p *trace.Path) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := errors.Join(
		s.exec(ctx, "DELETE FROM fields WHERE sample = ?", number),
		s.exec(ctx, "DELETE FROM hops WHERE sample = ?", number),
		s.exec(ctx, "DELETE FROM transactions WHERE sample = ?", number))
	if err == nil {
		err = s.addPath(ctx, number, p)
	}
	return explain(s.dir, err)
}

// TracedOtherwise tells whether the paths in the store were made with other settings, or
// by another version, than those named.
func (s *Store) TracedOtherwise(ctx context.Context, with string) (bool, error) {
	had, err := s.Meta(ctx, metaTraced)
	return had != with, err
}

// SetTraced notes what the paths in the store were made with. It lasts with the next
// [Store.Commit].
func (s *Store) SetTraced(ctx context.Context, with string) error {
	return s.SetMeta(ctx, metaTraced, with)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
)

// Erased tells what was erased: of each the digest is left.
type Erased struct {
	Submissions []int
	Samples     []int // those that nobody else had sent in
	Letters     []string
	digests     []string
}

// Erase takes the personal data of a reporter, named by the mail address, out of the store
// for good: the bytes of what he sent in, with who and what about, the samples that nobody
// else sent in with all that was found in them, and the text of replies to him, at any address
// that he gave, with what came back on them. Digests, classes and dates stay, and an event
// of the custody log says what was erased, and not whose it was. It is committed when Erase
// returns, and the file holds the bytes no more.
func (s *Store) Erase(ctx context.Context, address string, now time.Time, who, version string) (Erased, error) {
	e := Erased{}
	if err := s.exec(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return e, explain(s.dir, err)
	}
	if err := s.begin(ctx); err != nil {
		return e, err
	}
	if err := s.erase(ctx, strings.ToLower(address), &e); err != nil {
		return e, errors.Join(explain(s.dir, err), s.Rollback())
	}
	if len(e.Submissions)+len(e.Letters) == 0 {
		return e, errors.Join(folderError(s.dir, fmt.Errorf("nothing in the case is of %s", address),
			"name the reporter by the mail address that relaytrace sort shows"), s.Rollback())
	}
	detail := []string{fmt.Sprintf("submissions=%d", len(e.Submissions)), fmt.Sprintf("samples=%d", len(e.Samples)), fmt.Sprintf("letters=%d", len(e.Letters))}
	for _, d := range e.digests {
		detail = append(detail, "sha256="+d)
	}
	if err := s.Log(ctx, now, who, version, "erased", slices.Compact(slices.Sorted(slices.Values(detail)))...); err != nil {
		return e, err
	}
	if err := s.Commit(ctx); err != nil {
		return e, err
	}
	s.submissions, s.samples = nil, nil
	return e, explain(s.dir, s.exec(ctx, "VACUUM"))
}

func (s *Store) erase(ctx context.Context, address string, e *Erased) error {
	his, err := s.eraseSubmissions(ctx, address, e)
	if err != nil {
		return err
	}
	letters, err := s.Letters(ctx, false)
	if err != nil {
		return err
	}
	for _, l := range letters {
		// A network that complained is asked for its logs too: that is no reply, and is evidence.
		if l.Kind != casefile.LetterReply || !slices.ContainsFunc(l.To, func(to string) bool { return his[strings.ToLower(to)] }) {
			continue
		}
		e.Letters = append(e.Letters, l.Name)
		plan := l.Letter
		plan.To, plan.Contacts, plan.Answers = []string{}, []string{}, nil
		if err := errors.Join(
			s.exec(ctx, "UPDATE letters SET recipients = '[]', plan = ?, eml = NULL, txt = NULL WHERE name = ?", compact(plan), l.Name),
			s.exec(ctx, "UPDATE correspondence SET address = '', data = NULL WHERE letter = ?", l.Name),
		); err != nil {
			return err
		}
	}
	return nil
}

// eraseSubmissions erases what a reporter sent in. The addresses, in small letters, are all
// under which he wrote it or wants the answer.
func (s *Store) eraseSubmissions(ctx context.Context, address string, e *Erased) (his map[string]bool, err error) {
	his = map[string]bool{address: true}
	if err := s.Submissions(ctx, func(x *casefile.Submission) error {
		reporter, replyTo := strings.ToLower(x.Reporter), strings.ToLower(x.ReplyTo)
		if reporter != address && replyTo != address {
			return nil
		}
		his[reporter], his[replyTo] = true, true
		e.Submissions = append(e.Submissions, x.Number)
		if x.SHA256 != "" {
			e.digests = append(e.digests, x.SHA256)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	delete(his, "") // no Reply-To
	for _, n := range e.Submissions {
		if err := s.exec(ctx, `UPDATE submissions SET data = NULL, file = '', reporter = '', reply_to = '', subject = '', message_id = '',
			recipients = '[]', forged = '[]', reasons = '[]', ask = '', bounce = NULL, report = NULL, problem = '' WHERE number = ?`, n); err != nil {
			return nil, err
		}
		if err := s.eraseSamples(ctx, n, e); err != nil {
			return nil, err
		}
	}
	return his, nil
}

// eraseSamples erases the samples of an erased submission that no other one carried.
func (s *Store) eraseSamples(ctx context.Context, submission int, e *Erased) error {
	rows, err := s.conn.QueryContext(ctx, `SELECT number, sha256 FROM samples WHERE number IN (SELECT sample FROM origins WHERE submission = ?)
		AND NOT EXISTS (SELECT 1 FROM origins JOIN submissions ON submissions.number = origins.submission
			WHERE origins.sample = samples.number AND origins.submission <> ? AND submissions.reporter || submissions.reply_to || submissions.file <> '')`,
		submission, submission)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		var sum string
		if err := rows.Scan(&n, &sum); err != nil {
			return err
		}
		if !slices.Contains(e.Samples, n) {
			e.Samples = append(e.Samples, n)
			e.digests = append(e.digests, sum)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	err = s.exec(ctx, "UPDATE origins SET file = '', part = '', shown_by = '' WHERE submission = ?", submission)
	for _, n := range e.Samples {
		for _, text := range []string{
			"UPDATE samples SET data = NULL WHERE number = ?", "DELETE FROM fields WHERE sample = ?",
			"DELETE FROM hops WHERE sample = ?", "DELETE FROM transactions WHERE sample = ?",
		} {
			err = errors.Join(err, s.exec(ctx, text, n))
		}
	}
	return err
}

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"relaytrace/casefile"
)

// actionAdded is the event that seals what came into the case.
const actionAdded = "samples-added"

// detail gives a value of an event; empty when it has none.
func detail(e *casefile.Event, name string) string {
	for _, d := range e.Detail {
		if v, ok := strings.CutPrefix(d, name+"="); ok {
			return v
		}
	}
	return ""
}

// unlogged is what the store holds, and how much of it the custody log tells of.
type unlogged struct{ submissions, samples, loggedSubmissions, loggedSamples int }

// unlogged tells what came in since the last seal: of the run that is under way, or of one
// that was interrupted. It is zero when all is sealed.
func (s *Store) unlogged(ctx context.Context, log []casefile.Event) (unlogged, error) {
	var u unlogged
	for i := range log {
		if log[i].Action == actionAdded {
			// What is no number is told by Verify.
			u.loggedSubmissions, _ = strconv.Atoi(detail(&log[i], "total_submissions"))
			u.loggedSamples, _ = strconv.Atoi(detail(&log[i], "total_samples"))
		}
	}
	err := s.conn.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM submissions), (SELECT count(*) FROM samples)").Scan(&u.submissions, &u.samples)
	if err != nil || u.submissions == u.loggedSubmissions && u.samples == u.loggedSamples {
		return unlogged{}, explain(s.dir, err)
	}
	return u, nil
}

// LogAdded notes in the custody log what came in since it was noted last, also by a run
// that was interrupted, and seals it: the event bears the SHA-256 over the digests of all
// samples, and of all submissions, in the order of their numbers, each in hexadecimal and
// a line end. again is the number of new places of known samples. Without anything new
// nothing is noted. It lasts with the next [Store.Commit].
func (s *Store) LogAdded(ctx context.Context, now time.Time, actor, version string, again int) error {
	log, err := s.Events(ctx)
	if err != nil {
		return err
	}
	u, err := s.unlogged(ctx, log)
	if err != nil || u == (unlogged{}) && again == 0 {
		return err
	}
	if u == (unlogged{}) {
		return s.Log(ctx, now, actor, version, "origins-added", fmt.Sprintf("again=%d", again))
	}
	samples, err := s.seal(ctx, "samples", u.samples)
	if err != nil {
		return err
	}
	submissions, err := s.seal(ctx, "submissions", u.submissions)
	if err != nil {
		return err
	}
	return s.Log(ctx, now, actor, version, actionAdded,
		fmt.Sprintf("submissions=%d", u.submissions-u.loggedSubmissions), fmt.Sprintf("samples=%d", u.samples-u.loggedSamples), fmt.Sprintf("again=%d", again),
		fmt.Sprintf("total_submissions=%d", u.submissions), fmt.Sprintf("total_samples=%d", u.samples),
		"all_samples="+samples, "all_submissions="+submissions)
}

// seal hashes the digests of the first rows of a table.
func (s *Store) seal(ctx context.Context, table string, most int) (string, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT sha256 FROM "+table+" ORDER BY number LIMIT ?", most)
	if err != nil {
		return "", explain(s.dir, err)
	}
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		var sum string
		if err := rows.Scan(&sum); err != nil {
			return "", explain(s.dir, err)
		}
		fmt.Fprintln(h, sum)
	}
	return hex.EncodeToString(h.Sum(nil)), explain(s.dir, rows.Err())
}

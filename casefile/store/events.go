package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"relaytrace/casefile"
)

// Log adds an event to the custody log, in the transaction that is open or a new one: it
// lasts with the next [Store.Commit]. Number, Prev and Hash are given by the store; the
// order of events is that of their numbers, whatever the clock does.
func (s *Store) Log(ctx context.Context, now time.Time, actor, version, action string, detail ...string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	e := casefile.Event{
		Number: 1, Time: now.UTC().Format(time.RFC3339), Actor: valid(actor), Action: action, Version: version, Prev: casefile.NoEvent,
		Detail: slices.Sorted(slices.Values(detail)),
	}
	if e.Detail == nil {
		e.Detail = []string{}
	}
	for i := range e.Detail {
		e.Detail[i] = valid(e.Detail[i])
	}
	var last int
	err := s.conn.QueryRowContext(ctx, "SELECT number, hash FROM events ORDER BY number DESC LIMIT 1").Scan(&last, &e.Prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return explain(s.dir, err)
	}
	e.Number = last + 1
	e.Hash = e.Sum()
	return explain(s.dir, s.exec(ctx, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		e.Number, e.Time, e.Actor, e.Action, compact(e.Detail), e.Version, e.Prev, e.Hash))
}

// Events reads the custody log, in order.
func (s *Store) Events(ctx context.Context) ([]casefile.Event, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, time, actor, action, detail, version, prev, hash FROM events ORDER BY number")
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	log := []casefile.Event{}
	for rows.Next() {
		var e casefile.Event
		var detail string
		if err := rows.Scan(&e.Number, &e.Time, &e.Actor, &e.Action, &detail, &e.Version, &e.Prev, &e.Hash); err != nil {
			return nil, explain(s.dir, err)
		}
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("event %d: %v", e.Number, err)})
		}
		log = append(log, e)
	}
	return log, explain(s.dir, rows.Err())
}

// Meta reads a value of the table meta; empty when there is none.
func (s *Store) Meta(ctx context.Context, name string) (string, error) {
	var v string
	err := s.conn.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, explain(s.dir, err)
}

// SetMeta sets a value of the table meta; it lasts with the next [Store.Commit].
func (s *Store) SetMeta(ctx context.Context, name, value string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	return explain(s.dir, s.exec(ctx, "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value))
}

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Overview is what is told of a case in a list of cases.
type Overview struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	Created     string `json:"created"` // RFC 3339, UTC
	Submissions int    `json:"submissions"`
	Samples     int    `json:"samples"`
	Relays      int    `json:"relays"` // not withdrawn, and named by a believed field
	Sent        int    `json:"sent"`   // letters
	Head        string `json:"head"`   // of the custody log

	marks map[mark]bool // what may be seen in other cases too
}

type mark struct{ what, name string }

// Shared is something that was seen in more than one case.
type Shared struct {
	What  string   `json:"what"`  // relay, network, cluster, reporter
	Name  string   `json:"name"`  // the address, the holder, the cluster's name, a hash of the reporter's address
	Cases []string `json:"cases"` // IDs, sorted
}

// Overview reads what is told of the case in a list of cases.
func (s *Store) Overview(ctx context.Context) (Overview, error) {
	about, err := s.Case(ctx)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{ID: about.ID, Status: about.Status, marks: map[mark]bool{}}
	if !about.Created.IsZero() {
		o.Created = about.Created.UTC().Format(time.RFC3339)
	}
	err = s.conn.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM submissions), (SELECT count(*) FROM samples WHERE data IS NOT NULL),
		(SELECT count(*) FROM relays WHERE verdict <> 'withdrawn' AND certainty <> 'claimed'),
		(SELECT count(*) FROM letters WHERE state = 'sent'), coalesce((SELECT hash FROM events ORDER BY number DESC LIMIT 1), '')`).
		Scan(&o.Submissions, &o.Samples, &o.Relays, &o.Sent, &o.Head)
	if err != nil {
		return o, explain(s.dir, err)
	}
	for what, query := range map[string]string{
		"relay":    "SELECT ip FROM relays WHERE verdict <> 'withdrawn' AND certainty <> 'claimed'",
		"network":  "SELECT DISTINCT holder FROM relays WHERE verdict <> 'withdrawn' AND certainty <> 'claimed' AND holder <> ''",
		"cluster":  "SELECT name FROM clusters WHERE name <> ''",
		"reporter": "SELECT DISTINCT lower(reporter) FROM submissions WHERE class IN ('complaint', 'provider-report', 'reply') AND reporter <> ''",
	} {
		if err := s.mark(ctx, &o, what, query); err != nil {
			return o, explain(s.dir, err)
		}
	}
	return o, nil
}

func (s *Store) mark(ctx context.Context, o *Overview, what, query string) error {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if what == "reporter" {
			name = reporterMark(name)
		}
		o.marks[mark{what, name}] = true
	}
	return rows.Err()
}

// reporterMark stands for a reporter where cases are compared: the domain says as much as
// a reader needs, and the rest tells the same person again.
func reporterMark(address string) string {
	sum := sha256.Sum256([]byte("relaytrace reporter\n" + address))
	domain := address[strings.LastIndexByte(address, '@')+1:]
	return hex.EncodeToString(sum[:5]) + "@" + domain
}

// Compare tells what was seen in more than one of some cases: relays first, then networks,
// clusters and reporters; by name.
func Compare(all []Overview) []Shared {
	at := map[mark][]string{}
	for _, o := range all {
		for m := range o.marks {
			at[m] = append(at[m], o.ID)
		}
	}
	out := []Shared{}
	for m, ids := range at {
		if slices.Sort(ids); len(slices.Compact(slices.Clone(ids))) > 1 {
			out = append(out, Shared{m.what, m.name, slices.Compact(ids)})
		}
	}
	order := []string{"relay", "network", "cluster", "reporter"}
	slices.SortFunc(out, func(a, b Shared) int {
		if a.What != b.What {
			return slices.Index(order, a.What) - slices.Index(order, b.What)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

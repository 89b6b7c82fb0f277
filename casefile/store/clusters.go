package store

import (
	"context"
	"errors"
)

// Cluster is a run of spam as the comparison of a batch found it: which submissions of the
// case belong to it, and why.
type Cluster struct {
	Name    string // what its samples have in common, in words
	Samples int
	Bounces int
	Why     string // how often which reason joined two, in words
	Members []Member
}

// Member is a submission of a cluster.
type Member struct {
	Submission int    // its number
	Nearest    int    // number of the one that it was joined to; 0 for the first
	Why        string // what ties the two
}

// SaveClusters keeps the clusters of the case in the place of those that it had. It lasts
// with the next [Store.Commit].
func (s *Store) SaveClusters(ctx context.Context, all []Cluster) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := errors.Join(s.exec(ctx, "DELETE FROM members"), s.exec(ctx, "DELETE FROM clusters"))
	for i, c := range all {
		if err != nil {
			break
		}
		err = s.exec(ctx, "INSERT INTO clusters VALUES (?, ?, ?, ?, ?)", i+1, valid(c.Name), c.Samples, c.Bounces, valid(c.Why))
		for _, m := range c.Members {
			if err == nil {
				err = s.exec(ctx, "INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?)", i+1, m.Submission, m.Nearest, valid(m.Why))
			}
		}
	}
	return explain(s.dir, err)
}

// Clusters reads the clusters of the case with their members, by number.
func (s *Store) Clusters(ctx context.Context) ([]Cluster, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT name, samples, bounces, why FROM clusters ORDER BY number")
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	var all []Cluster
	for rows.Next() {
		var c Cluster
		if err := rows.Scan(&c.Name, &c.Samples, &c.Bounces, &c.Why); err != nil {
			return nil, explain(s.dir, err)
		}
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return nil, explain(s.dir, err)
	}
	for i := range all {
		if all[i].Members, err = s.members(ctx, i+1); err != nil {
			return nil, explain(s.dir, err)
		}
	}
	return all, nil
}

func (s *Store) members(ctx context.Context, cluster int) ([]Member, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT submission, nearest, why FROM members WHERE cluster = ? ORDER BY submission", cluster)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Member
	for rows.Next() {
		var m Member
		if err := rows.Scan(&m.Submission, &m.Nearest, &m.Why); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"relaytrace/casefile"
)

// Verified tells how a case compares with what was written when it was made.
type Verified struct {
	Samples     int // whose bytes were hashed
	Submissions int
	Answers     int
	Events      int
	Files       int
	Head        string   // of the custody log
	Erased      int      // samples and submissions of which only the digest is left
	Evidence    []string // what is wrong with the store: evidence, answers, custody log
	Folder      []string // files written from the store that were edited or are missing
	Notes       []string // what is no fault: files of others, work that was interrupted
}

// Verify hashes everything again: the samples, submissions and answers of the store, the
// custody log and its seals, and the files of the folder; and names what differs, down to
// the sample. It changes nothing. The error is one that kept it from looking.
func (s *Store) Verify(ctx context.Context) (Verified, error) {
	v := Verified{}
	for _, step := range []func(context.Context, *Verified) error{
		s.verifyFile, s.verifySamples, s.verifySubmissions, s.verifyAnswers, s.verifyExchanges, s.verifyLog, s.verifyFolder,
	} {
		if err := step(ctx, &v); err != nil {
			var broken *Damage
			if err = explain(s.dir, err); !errors.As(err, &broken) {
				return v, err
			}
			v.Evidence = append(v.Evidence, broken.What)
		}
	}
	return v, nil
}

func (v *Verified) wrong(format string, args ...any) {
	v.Evidence = append(v.Evidence, fmt.Sprintf(format, args...))
}

// verifyFile has SQLite look at its own file.
func (s *Store) verifyFile(ctx context.Context, v *Verified) error {
	rows, err := s.conn.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			v.wrong("%s: %s", Name, line)
		}
	}
	return rows.Err()
}

// verifyRows hashes what a table holds.
func (s *Store) verifyRows(ctx context.Context, v *Verified, query, what string, hashed *int) error {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, sum string
		var size int64
		var data []byte
		if err := rows.Scan(&name, &sum, &size, &data); err != nil {
			return err
		}
		if data == nil {
			v.Erased++
			continue
		}
		*hashed++
		if _, err := unpack(data, size, sum); err != nil {
			v.wrong("%s %s (sha256 %s): %v", what, name, sum, err)
		}
	}
	return rows.Err()
}

func (s *Store) verifySamples(ctx context.Context, v *Verified) error {
	return s.verifyRows(ctx, v, "SELECT number, sha256, size, data FROM samples ORDER BY number", "sample", &v.Samples)
}

func (s *Store) verifySubmissions(ctx context.Context, v *Verified) error {
	var bare int
	err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM submissions JOIN samples ON samples.sha256 = submissions.sha256
		WHERE submissions.data IS NULL AND samples.data IS NOT NULL`).Scan(&bare)
	if err != nil {
		return err
	}
	v.Submissions = bare // hashed with the samples that they are
	return s.verifyRows(ctx, v, `SELECT number, sha256, size, data FROM submissions
		WHERE sha256 <> '' AND sha256 NOT IN (SELECT sha256 FROM samples) ORDER BY number`, "submission", &v.Submissions)
}

func (s *Store) verifyAnswers(ctx context.Context, v *Verified) error {
	return s.verifyRows(ctx, v, "SELECT sha256, sha256, size, data FROM answers ORDER BY sha256", "answer", &v.Answers)
}

// verifyLog holds the custody log against its hashes and the evidence against its seals.
func (s *Store) verifyLog(ctx context.Context, v *Verified) error {
	log, err := s.Events(ctx)
	if err != nil {
		return err
	}
	v.Events, v.Head = len(log), casefile.Head(log)
	for _, what := range casefile.CheckChain(log) {
		v.wrong("custody log: %s", what)
	}
	for i := range log {
		if log[i].Action != actionAdded {
			continue
		}
		for _, table := range []string{"samples", "submissions"} {
			n, err := strconv.Atoi(detail(&log[i], "total_"+table))
			if err != nil {
				v.wrong("custody log: event %d does not say how many %s there were", log[i].Number, table)
				continue
			}
			sum, err := s.seal(ctx, table, n)
			if err != nil {
				return err
			}
			if sum != detail(&log[i], "all_"+table) {
				v.wrong("the %s up to %d are not those that event %d of the custody log sealed: some were changed, put in or taken out", table, n, log[i].Number)
			}
		}
	}
	left, err := s.unlogged(ctx, log)
	if err == nil && left != (unlogged{}) {
		v.Notes = append(v.Notes, fmt.Sprintf("%d submissions with %d samples were taken by a run that was interrupted; the next run of relaytrace case notes them in the custody log",
			left.submissions-left.loggedSubmissions, left.samples-left.loggedSamples))
	}
	return err
}

// verifyFolder holds the files of the folder against the list of the last export.
func (s *Store) verifyFolder(ctx context.Context, v *Verified) error {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	x := &exporter{s: s, root: root, ours: map[string]map[string]bool{}, placed: map[string]string{}, through: map[string]bool{}}
	if err := x.known(ctx); err != nil {
		return err
	}
	var pending int
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM files WHERE placed = 0").Scan(&pending); err != nil {
		return err
	}
	names := make([]string, 0, len(x.ours))
	for name := range x.ours {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		have, _, err := x.present(name)
		var fe *casefile.FolderError
		switch {
		case errors.As(err, &fe):
			v.Folder = append(v.Folder, fe.Err.Error())
		case err != nil:
			return err
		case x.ours[name][have]:
			v.Files++
		case have == "" && pending > 0: // not there yet, or removed already
		case have == "":
			v.Folder = append(v.Folder, "missing: "+name)
		default:
			v.Folder = append(v.Folder, "edited: "+name)
		}
	}
	due, err := s.Meta(ctx, metaExport)
	if err != nil {
		return err
	}
	if _, err := root.Lstat(stageDir); err == nil || pending > 0 || due == "due" {
		v.Notes = append(v.Notes, "an export was interrupted; relaytrace export finishes it")
	}
	if _, err := root.Lstat(draftName); err == nil {
		v.Notes = append(v.Notes, "a run was interrupted, and left "+draftName+"; the next one takes it away")
	}
	return s.others(v, x.ours)
}

// others names what lies in the folder and is not of the case.
func (s *Store) others(v *Verified, ours map[string]map[string]bool) error {
	return filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.dir, name)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case rel == stageDir:
			return fs.SkipDir
		case d.IsDir(), rel == Name, rel == draftName, strings.HasPrefix(rel, Name+"-"), ours[rel] != nil:
		default:
			v.Notes = append(v.Notes, "not of the case: "+rel)
		}
		return nil
	})
}

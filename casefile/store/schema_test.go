package store

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relaytrace/casefile"
)

// TestDictionary holds SCHEMA.md against the tables.
func TestDictionary(t *testing.T) {
	ctx := context.Background()
	s, err := Create(ctx, t.TempDir())
	must(t, err)
	defer s.Close()
	real := map[string][]string{}
	rows, err := s.conn.QueryContext(ctx, "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c WHERE m.type IN ('table', 'view')")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var table, column string
		must(t, rows.Scan(&table, &column))
		real[table] = append(real[table], column)
	}
	must(t, rows.Err())
	text, err := os.ReadFile("SCHEMA.md")
	must(t, err)
	told := map[string][]string{}
	name := regexp.MustCompile("`([a-z0-9_]+)`")
	table := ""
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			table = strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutPrefix(line, "- "); ok {
			head, _, _ := strings.Cut(rest, ":")
			for _, m := range name.FindAllStringSubmatch(head, -1) {
				told[table] = append(told[table], m[1])
			}
		}
	}
	for _, m := range []map[string][]string{real, told} {
		for _, columns := range m {
			slices.Sort(columns)
		}
	}
	if diff := cmp.Diff(real, told); diff != "" {
		t.Errorf("SCHEMA.md does not tell of the tables (-tables +page):\n%s", diff)
	}
}

// TestMigration opens a store that version 1 wrote.
func TestMigration(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	old, err := os.ReadFile(filepath.Join("testdata", "v1.db"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, Name), old, 0o600))
	if _, err := OpenReadOnly(ctx, dir); err == nil || !strings.Contains(err.Error(), "earlier relaytrace") {
		t.Errorf("for reading only: %v", err)
	}
	s, err := Open(ctx, dir)
	must(t, err)
	_, version, err := s.identity(ctx)
	if err != nil || version != Version() {
		t.Errorf("version %d (%v), want %d", version, err, Version())
	}
	add(t, s, submission("new.eml", message(9)))
	must(t, s.LogAdded(ctx, testNow, "ann", "test", 0))
	must(t, s.Commit(ctx))
	v, err := s.Verify(ctx)
	must(t, err)
	if v.Samples != 3 || len(v.Evidence) > 0 || v.Events != 2 {
		t.Errorf("after the migration: %+v", v)
	}
	must(t, s.Close())
}

// TestNewer holds that a store of a later version is refused and not touched.
func TestNewer(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Create(ctx, dir)
	must(t, err)
	must(t, s.exec(ctx, "PRAGMA user_version = 99"))
	must(t, s.Close())
	before := digestOf(t, dir)
	for _, open := range []func(context.Context, string) (*Store, error){Open, OpenReadOnly} {
		_, err := open(ctx, dir)
		if err == nil || !strings.Contains(err.Error(), "written by a newer relaytrace (version 99") {
			t.Errorf("%v", err)
		}
	}
	if digestOf(t, dir) != before {
		t.Error("the file was changed")
	}
}

// TestNotOurs holds that a database of another program is refused and not touched.
func TestNotOurs(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Create(ctx, dir)
	must(t, err)
	must(t, s.exec(ctx, "PRAGMA application_id = 7"))
	must(t, s.Close())
	if _, err := Open(ctx, dir); err == nil || !strings.Contains(err.Error(), "is not one of relaytrace") {
		t.Errorf("%v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, Name), []byte(strings.Repeat("not a database ", 100)), 0o600))
	if _, err := Open(ctx, dir); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("%v", err)
	}
}

func digestOf(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, Name))
	must(t, err)
	return casefile.Digest(data)
}

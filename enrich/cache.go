package enrich

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// cacheFile is the name of the cache in its folder.
const cacheFile = "lookups.db"

// cacheVersion is the version of the tables; a cache of another is emptied.
const cacheVersion = 1

// forget is how long after its time an entry is deleted.
const forget = 30 * 24 * time.Hour

const cacheTables = `
CREATE TABLE IF NOT EXISTS entry(
	id INTEGER PRIMARY KEY,
	stored INTEGER NOT NULL,   -- seconds since 1970
	expires INTEGER NOT NULL,
	failed INTEGER NOT NULL,   -- 1 if a server did not answer
	body TEXT NOT NULL         -- a record, in JSON
);
CREATE TABLE IF NOT EXISTS answer(
	entry INTEGER NOT NULL REFERENCES entry(id) ON DELETE CASCADE,
	n INTEGER NOT NULL,        -- index among the look-ups of the record
	raw BLOB NOT NULL,         -- as the server sent it
	PRIMARY KEY(entry, n)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS prefix(
	via TEXT NOT NULL,         -- the servers asked
	key TEXT NOT NULL,         -- the prefix
	bits INTEGER NOT NULL,
	entry INTEGER NOT NULL REFERENCES entry(id) ON DELETE CASCADE,
	PRIMARY KEY(via, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document(
	name TEXT PRIMARY KEY,
	stored INTEGER NOT NULL,
	body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rest(
	server TEXT PRIMARY KEY,
	until INTEGER NOT NULL     -- milliseconds since 1970: it asked for no question before
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS prefix_entry ON prefix(entry);
`

// Cache keeps the answers of servers on disk, by network, with the answers as they were
// received. Many processes may have one open at a time, and one that is killed leaves
// neither damage nor half an entry. It is safe for concurrent use.
type Cache struct {
	// Path of the file.
	Path string
	// SetAside is where a damaged cache was put when this one was opened; empty if none
	// was found.
	SetAside string

	db *sql.DB

	mu  sync.Mutex
	err error // the first failure since it was opened
}

// OpenCache opens the cache in a folder and makes both if need be. A cache that is damaged
// is set aside under another name, SetAside tells it, and an empty one takes its place.
// The error says why there can be no cache at all.
func OpenCache(dir string) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cache folder %s: %w", dir, plainPathError(err))
	}
	c := &Cache{Path: filepath.Join(dir, cacheFile)}
	err := c.locked(func() error {
		err := c.open()
		if isDamage(err) {
			if err = c.setAside(); err == nil {
				err = c.open()
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", c.Path, err)
	}
	return c, nil
}

// The result codes of SQLite that are told apart; the lowest eight bits are the kind.
const (
	codeCorrupt   = 11
	codeNotADB    = 26
	codeShortRead = 522
)

// locked lets one process at a time do something: another must not open the file while it
// is set aside. The lock is that of SQLite on an empty file beside the cache.
func (c *Cache) locked(do func() error) error {
	u := fileURL(c.Path + "-lock")
	u.RawQuery = "_pragma=busy_timeout(30000)&_txlock=exclusive"
	lock, err := sql.Open("sqlite", u.String())
	if err != nil {
		return err
	}
	defer lock.Close()
	tx, err := lock.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return do()
}

func plainPathError(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// dsn is how a database file is opened here: with a write-ahead log, so that readers and
// a writer do not wait for each other, and with patience towards other processes.
func dsn(path string) string {
	u := fileURL(path)
	u.RawQuery = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)&_txlock=immediate"
	return u.String()
}

func fileURL(path string) *url.URL {
	u := &url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if !strings.HasPrefix(u.Path, "/") {
		u.Opaque, u.Path = u.EscapedPath(), ""
	}
	return u
}

func (c *Cache) open() error {
	db, err := sql.Open("sqlite", dsn(c.Path))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(4)
	if err := prepareCache(db); err != nil {
		return errors.Join(err, db.Close())
	}
	if err := os.Chmod(c.Path, 0o600); err != nil {
		return errors.Join(plainPathError(err), db.Close())
	}
	c.db = db
	return nil
}

// prepareCache checks the file, makes the tables and deletes what is long out of date.
func prepareCache(db *sql.DB) error {
	var found string
	if err := db.QueryRow("PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return &damageError{found}
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version != 0 && version != cacheVersion {
		if _, err := tx.Exec("DROP TABLE IF EXISTS prefix; DROP TABLE IF EXISTS answer; DROP TABLE IF EXISTS entry"); err != nil {
			return err
		}
	}
	old := time.Now().Add(-forget).Unix()
	if _, err := tx.Exec(cacheTables + fmt.Sprintf("PRAGMA user_version=%d; DELETE FROM entry WHERE expires < %d; "+
		"DELETE FROM entry WHERE id NOT IN (SELECT entry FROM prefix); DELETE FROM rest WHERE until < %d", cacheVersion, old, time.Now().UnixMilli())); err != nil {
		return err
	}
	return tx.Commit()
}

// damageError is what the check of the file found.
type damageError struct{ found string }

func (e *damageError) Error() string { return "the file is damaged: " + e.found }

func isDamage(err error) bool {
	if _, ok := errors.AsType[*damageError](err); ok {
		return true
	}
	se, ok := errors.AsType[*sqlite.Error](err)
	return ok && (se.Code()&0xff == codeCorrupt || se.Code()&0xff == codeNotADB || se.Code() == codeShortRead)
}

// setAside gives the damaged file another name, with the log that belongs to it.
func (c *Cache) setAside() error {
	aside := c.Path + ".damaged-" + time.Now().UTC().Format("20060102T150405.000000")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := os.Rename(c.Path+suffix, aside+suffix)
		if err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return plainPathError(err)
		}
	}
	c.SetAside = aside
	return nil
}

// Close closes the file. It returns the first failure to read or write since it was
// opened: look-ups go on without the cache, and the user should know.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.err, c.db.Close())
}

func (c *Cache) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("cache %s: %w", c.Path, err)
	}
}

// get finds the entry of the narrowest prefix around addr that still counts.
func (c *Cache) get(via string, addr netip.Addr, now time.Time) (r Record, p netip.Prefix, expires time.Time, ok bool) {
	args := []any{via, now.Unix()}
	for bits := addr.BitLen(); bits >= 8; bits-- {
		p, _ := addr.Prefix(bits)
		args = append(args, p.String())
	}
	var id, until int64
	var key, body string
	query := "SELECT p.key, e.id, e.expires, e.body FROM prefix p JOIN entry e ON e.id = p.entry WHERE p.via = ? AND e.expires > ? AND p.key IN (?" +
		strings.Repeat(",?", len(args)-3) + ") ORDER BY p.bits DESC LIMIT 1"
	err := c.db.QueryRow(query, args...).Scan(&key, &id, &until, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return r, p, expires, false
	}
	if err == nil {
		p, err = netip.ParsePrefix(key)
	}
	if err == nil {
		r, err = c.read(id, body)
	}
	if err != nil {
		c.failed(err)
		return Record{}, p, expires, false
	}
	return r, p, time.Unix(until, 0), true
}

// read puts an entry together and checks that the answers are those of its digests.
func (c *Cache) read(id int64, body string) (Record, error) {
	var r Record
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return r, &damageError{"an entry cannot be read"}
	}
	rows, err := c.db.Query("SELECT n, raw FROM answer WHERE entry = ?", id)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		var raw []byte
		if err := rows.Scan(&n, &raw); err != nil {
			return r, err
		}
		if n >= 0 && n < len(r.Lookups) {
			r.Lookups[n].Raw = raw
		}
	}
	for i := range r.Lookups {
		l := &r.Lookups[i]
		if sum := sha256.Sum256(l.Raw); l.RawSHA256 != "" && l.RawSHA256 != hex.EncodeToString(sum[:]) {
			return r, &damageError{"an answer is not the one that was kept"}
		}
	}
	return r, rows.Err()
}

// put keeps a record under prefixes, whole or not at all.
func (c *Cache) put(via string, prefixes []netip.Prefix, r *Record, now, expires time.Time) {
	c.failed(c.write(via, prefixes, r, now, expires))
}

func (c *Cache) write(via string, prefixes []netip.Prefix, r *Record, now, expires time.Time) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	tx, err := c.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	failed := 0
	if r.Failed() {
		failed = 1
	}
	result, err := tx.Exec("INSERT INTO entry(stored, expires, failed, body) VALUES(?, ?, ?, ?)", now.Unix(), expires.Unix(), failed, string(body))
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	for n, l := range r.Lookups {
		if len(l.Raw) == 0 {
			continue
		}
		if _, err := tx.Exec("INSERT INTO answer(entry, n, raw) VALUES(?, ?, ?)", id, n, l.Raw); err != nil {
			return err
		}
	}
	for _, p := range prefixes {
		if _, err := tx.Exec("INSERT OR REPLACE INTO prefix(via, key, bits, entry) VALUES(?, ?, ?, ?)", via, p.Masked().String(), p.Bits(), id); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// document gives a file that was kept, and when; nil if it was not.
func (c *Cache) document(name string) (body []byte, stored time.Time) {
	var at int64
	err := c.db.QueryRow("SELECT body, stored FROM document WHERE name = ?", name).Scan(&body, &at)
	if err != nil {
		if !errors.Is(err, sql.ErrNoRows) {
			c.failed(err)
		}
		return nil, time.Time{}
	}
	return body, time.Unix(at, 0)
}

func (c *Cache) keepDocument(name string, body []byte, now time.Time) {
	_, err := c.db.Exec("INSERT OR REPLACE INTO document(name, stored, body) VALUES(?, ?, ?)", name, now.Unix(), body)
	c.failed(err)
}

// rest tells until when a server asked for no question; zero if it did not.
func (c *Cache) rest(server string) time.Time {
	var until int64
	err := c.db.QueryRow("SELECT until FROM rest WHERE server = ?", server).Scan(&until)
	if err != nil {
		if !errors.Is(err, sql.ErrNoRows) {
			c.failed(err)
		}
		return time.Time{}
	}
	return time.UnixMilli(until)
}

func (c *Cache) keepRest(server string, until time.Time) {
	_, err := c.db.Exec("INSERT OR REPLACE INTO rest(server, until) VALUES(?, ?)", server, until.UnixMilli())
	c.failed(err)
}

// CacheStats describes what a cache holds.
type CacheStats struct {
	// Entries that still count, those of them that keep a failure, and those out of date.
	Entries, Failures, Expired int
	// Answers kept as evidence, and their size in bytes.
	Answers, AnswerBytes int64
	// Oldest and Newest time at which an entry was stored; zero if there is none.
	Oldest, Newest time.Time
}

// Stats counts what the cache holds at the time now.
func (c *Cache) Stats(now time.Time) (CacheStats, error) {
	var s CacheStats
	var oldest, newest sql.NullInt64
	err := c.db.QueryRow("SELECT count(*) FILTER (WHERE expires > ?1), count(*) FILTER (WHERE expires > ?1 AND failed), "+
		"count(*) FILTER (WHERE expires <= ?1), min(stored), max(stored) FROM entry", now.Unix()).
		Scan(&s.Entries, &s.Failures, &s.Expired, &oldest, &newest)
	if err != nil {
		return s, fmt.Errorf("cache %s: %w", c.Path, err)
	}
	if oldest.Valid {
		s.Oldest, s.Newest = time.Unix(oldest.Int64, 0).UTC(), time.Unix(newest.Int64, 0).UTC()
	}
	if err := c.db.QueryRow("SELECT count(*), coalesce(sum(length(raw)), 0) FROM answer").Scan(&s.Answers, &s.AnswerBytes); err != nil {
		return s, fmt.Errorf("cache %s: %w", c.Path, err)
	}
	return s, nil
}

// Clear deletes all entries and returns how many there were. That a server asked for rest
// is still kept: deleting answers is no reason to ask it earlier.
func (c *Cache) Clear() (int64, error) {
	result, err := c.db.Exec("DELETE FROM entry")
	if err == nil {
		_, err = c.db.Exec("DELETE FROM document")
	}
	if err == nil {
		_, err = c.db.Exec("VACUUM")
	}
	if err != nil {
		return 0, fmt.Errorf("cache %s: %w", c.Path, err)
	}
	return result.RowsAffected()
}

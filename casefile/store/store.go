// Package store keeps a case in one SQLite file, case.db in the case folder: what arrived
// and its samples byte for byte, what was found in them, the relays and how they were
// judged, who answers for them, the letters, and the custody log. It is the truth of the
// case; all other files of the folder are written from it. SCHEMA.md tells every table and
// column, for an analyst with any SQLite tool.
//
// Start with [Create] or [Open], hand submissions made ready by [Pack] to [Store.Add], and
// call [Store.Commit]: what it has returned from is on the disk, whatever happens next.
// A store has one user at a time: it is not safe for concurrent use, and no other process
// can open the file meanwhile; Pack is safe for concurrent use.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"

	"relaytrace/casefile"
)

// Name is the name of the file in the case folder.
const Name = "case.db"

// applicationID marks the file as one of relaytrace in its SQLite header: "RLTC".
const applicationID = 0x524c5443

// Patience is how long another process is waited for that has the case open.
const Patience = 10 * time.Second

// patience is Patience, but for tests.
var patience = Patience

// The result codes of SQLite that are told apart; the lowest eight bits are the kind.
const (
	codeBusy     = 5
	codeReadOnly = 8
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26

	codeReadOnlyRecovery = 264
	codeReadOnlyRollback = 776
)

//go:embed schema/*.sql
var schemas embed.FS

// Store is the case store of one case folder.
type Store struct {
	dir  string
	db   *sql.DB
	conn *sql.Conn
	ro   bool
	open bool // a transaction is open

	st          statements
	readied     map[string]*sql.Stmt
	submissions map[digest]int // by SHA-256 of their bytes, those of the open transaction too
	samples     map[digest]int
	next        struct{ submission, sample int }
	kept        int    // submissions and samples since the last commit
	draft       *Draft // begun, and not yet exported
}

// Exists reports whether a folder holds a case store.
func Exists(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, Name))
	return err == nil
}

// Create makes an empty store in the folder dir, which must be there and hold none.
func Create(ctx context.Context, dir string) (*Store, error) {
	name := filepath.Join(dir, Name)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, explain(dir, err)
	}
	if err := f.Close(); err != nil {
		return nil, explain(dir, err)
	}
	// Cancelled half way, it would leave a file that is no store.
	return open(context.WithoutCancel(ctx), dir, false)
}

// Open opens the store in the folder dir for reading and writing. A store of an earlier
// version is brought up to this one first; the error tells of one of a later version, or
// that another process has it open and did not end within [Patience].
func Open(ctx context.Context, dir string) (*Store, error) {
	return open(ctx, dir, false)
}

// OpenReadOnly opens the store for reading, as from a disk that cannot be written to. A
// store of an earlier version is refused. After a run that was killed, SQLite has to undo
// first what that left half done, and must be able to write for it.
func OpenReadOnly(ctx context.Context, dir string) (*Store, error) {
	s, err := open(ctx, dir, true)
	if !errors.Is(err, errHotJournal) {
		return s, err
	}
	w, err := open(ctx, dir, false)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	return open(ctx, dir, true)
}

// errHotJournal says that what a killed run left half done is to be undone first.
var errHotJournal = errors.New("a run that was killed left work half done, and the folder cannot be written to")

func open(ctx context.Context, dir string, ro bool) (*Store, error) {
	name := filepath.Join(dir, Name)
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, folderError(dir, errors.New("holds no case: there is no "+Name+" in it"), "name the folder of a case")
	case err != nil:
		return nil, explain(dir, err)
	case !info.Mode().IsRegular():
		return nil, folderError(dir, errors.New(Name+" is not a plain file"), "name the folder of a case")
	}
	s := &Store{dir: dir, ro: ro}
	if s.db, err = sql.Open("sqlite", source(name, ro)); err != nil {
		return nil, explain(dir, err)
	}
	s.db.SetMaxOpenConns(1)
	if err := s.prepare(ctx); err != nil {
		err = explain(dir, err)
		if s.conn != nil {
			err = errors.Join(err, s.conn.Close())
		}
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// source is how the file is opened. The journal is deleted at the end, so that the case is
// one file that can be read from any medium; every commit is synced to the disk.
func source(name string, ro bool) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	u := &url.URL{Scheme: "file", Path: filepath.ToSlash(name)}
	if !strings.HasPrefix(u.Path, "/") {
		u.Path = "/" + u.Path // a drive letter
	}
	q := url.Values{}
	q.Add("_pragma", "busy_timeout("+strconv.FormatInt(patience.Milliseconds(), 10)+")")
	q.Add("_pragma", "trusted_schema(0)")
	q.Add("_pragma", "cell_size_check(1)")
	q.Add("_pragma", "cache_size(-8000)")
	q.Add("_pragma", "temp_store(2)")
	if ro {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Set("mode", "rw")
		q.Add("_pragma", "locking_mode(EXCLUSIVE)")
		q.Add("_pragma", "synchronous(EXTRA)")
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// prepare takes the file for this process and brings it to the present version.
func (s *Store) prepare(ctx context.Context) error {
	var err error
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if s.ro {
		return s.checkVersion(ctx)
	}
	// In the exclusive locking mode the lock that this takes is kept until the end.
	if err := s.exec(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return errors.Join(err, s.exec(ctx, "ROLLBACK"))
	}
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	return s.st.prepare(ctx, s.conn)
}

// Version is the version of the tables that this program writes.
func Version() int {
	list, err := schemas.ReadDir("schema")
	if err != nil {
		panic(err) // it is part of the program
	}
	return len(list)
}

// identity reads the marks in the file's header.
func (s *Store) identity(ctx context.Context) (id, version int, err error) {
	if err = s.conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err == nil {
		err = s.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	}
	return id, version, err
}

func (s *Store) checkVersion(ctx context.Context) error {
	id, version, err := s.identity(ctx)
	var tables int
	if err == nil {
		err = s.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables)
	}
	switch {
	case err != nil:
		return err
	case id == 0 && tables == 0:
		return folderError(s.dir, errors.New("holds nothing yet: the run that began the case was killed"), "run relaytrace case on it again")
	case id != applicationID:
		return folderError(s.dir, errors.New(Name+" is not one of relaytrace"), "name the folder of a case")
	case version > Version():
		return newer(s.dir, version)
	case version < Version():
		return folderError(s.dir, fmt.Errorf("is a case of an earlier relaytrace (version %d of the store, this one is %d)", version, Version()),
			"copy the folder to where you may write, and run relaytrace case on the copy")
	}
	return nil
}

func newer(dir string, version int) error {
	return folderError(dir, fmt.Errorf("was written by a newer relaytrace (version %d of the store, this one knows %d)", version, Version()),
		"use that relaytrace, or a newer one; nothing was changed")
}

// migrate makes the tables, or brings those of an earlier version up to this one, inside
// the transaction that is open.
func (s *Store) migrate(ctx context.Context) error {
	id, version, err := s.identity(ctx)
	if err != nil {
		return err
	}
	var tables int
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case id != applicationID && tables > 0:
		return folderError(s.dir, errors.New(Name+" is not one of relaytrace"), "name the folder of a case")
	case version > Version():
		return newer(s.dir, version)
	}
	for v := version + 1; v <= Version(); v++ {
		text, err := schemas.ReadFile(fmt.Sprintf("schema/%03d.sql", v))
		if err != nil {
			return err
		}
		if err := s.exec(ctx, string(text)); err != nil {
			return fmt.Errorf("version %d of the store: %w", v, err)
		}
	}
	if version == Version() {
		return nil
	}
	return s.exec(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, Version()))
}

func (s *Store) exec(ctx context.Context, text string, args ...any) error {
	if len(args) == 0 {
		_, err := s.conn.ExecContext(ctx, text)
		return err
	}
	st, err := s.ready(ctx, text)
	if err == nil {
		err = run(ctx, st, args...)
	}
	return err
}

// run runs a statement that is done in no time unless ctx is cancelled: the driver starts a
// goroutine for each that could be cancelled while it runs.
func run(ctx context.Context, st *sql.Stmt, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := st.ExecContext(context.WithoutCancel(ctx), args...)
	return err
}

// ready gives a statement that was made ready before, or makes it so: making one ready costs
// more than most take to run. The texts are those of this package, a few dozen.
func (s *Store) ready(ctx context.Context, text string) (*sql.Stmt, error) {
	if st := s.readied[text]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if s.readied == nil {
		s.readied = map[string]*sql.Stmt{}
	}
	s.readied[text] = st
	return st, nil
}

// begin opens a transaction unless one is open. What was added and not committed is lost
// when the process ends.
func (s *Store) begin(ctx context.Context) error {
	if s.open {
		return nil
	}
	if err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return explain(s.dir, err)
	}
	s.open = true
	return nil
}

// Commit makes all that was done since the last one last. When it fails, nothing of that
// was done.
func (s *Store) Commit(ctx context.Context) error {
	if !s.open {
		return nil
	}
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return errors.Join(explain(s.dir, err), s.Rollback())
	}
	s.open, s.kept = false, 0
	return nil
}

// Rollback gives up all that was done since the last commit.
func (s *Store) Rollback() error {
	if !s.open {
		return nil
	}
	s.open, s.kept = false, 0
	s.submissions, s.samples = nil, nil
	// After a full disk SQLite has rolled back by itself.
	if err := s.exec(context.Background(), "ROLLBACK"); err != nil && !strings.Contains(err.Error(), "no transaction is active") {
		return explain(s.dir, err)
	}
	return nil
}

// Close gives up what was not committed and closes the file.
func (s *Store) Close() error {
	s.giveUpDraft()
	err := s.Rollback()
	s.st.close()
	for _, st := range s.readied {
		st.Close()
	}
	return errors.Join(err, s.conn.Close(), s.db.Close())
}

// Dir is the folder that the store lies in, as it was named.
func (s *Store) Dir() string { return s.dir }

// explain turns an error of SQLite or of the system into one that names the folder and
// says what to do.
func explain(dir string, err error) error {
	var known *casefile.FolderError
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return folderError(dir, fmt.Errorf("%s: %w", filepath.Base(pe.Path), pe.Err), "name a folder in a place where you may write")
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return folderError(dir, err, "")
	}
	switch se.Code() & 0xff {
	case codeBusy:
		return folderError(dir, fmt.Errorf("another relaytrace has the case open (waited %v)", patience), "wait for the other run, and try again")
	case codeReadOnly:
		if se.Code() == codeReadOnlyRollback || se.Code() == codeReadOnlyRecovery {
			return folderError(dir, errHotJournal, "copy the folder to where you may write")
		}
		return folderError(dir, errors.New(Name+" cannot be written to"), "copy the folder to where you may write; nothing was changed")
	case codeFull:
		return folderError(dir, errors.New("the disk is full"), "free some space, and run the command again; what it had reported as taken is safe")
	case codeIO:
		return folderError(dir, fmt.Errorf("%s: the disk fails: %w", Name, err), "copy the folder to a sound disk, and try again")
	case codeCorrupt, codeNotADB:
		return folderError(dir, &Damage{What: se.Error()}, "relaytrace export --salvage DIR writes what can still be read to a new folder; work on a copy")
	case codeCantOpen:
		return folderError(dir, errors.New(Name+" cannot be opened"), "check that you may read and write the folder")
	}
	return folderError(dir, err, "")
}

// Damage says that the file of a store is damaged.
type Damage struct{ What string }

func (d *Damage) Error() string { return Name + " is damaged: " + d.What }

func folderError(dir string, err error, hint string) error {
	return &casefile.FolderError{Dir: dir, Err: err, What: hint}
}

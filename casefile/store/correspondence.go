package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/enrich"
)

// What happened to a letter.
const (
	WasSent     = "sent"
	WasReminded = "reminded"
	WasAnswered = "answered"
	WasBounced  = "bounced"
)

// Exchange is one thing that happened to a letter of the case.
type Exchange struct {
	Number  int // from 1, in the order noted
	Letter  string
	What    string    // one of the Was constants
	Time    time.Time // of the event, UTC
	Who     string    // noted it
	Address string    // bounced: at which recipient
	SHA256  string    // of the answer, lower-case hex; empty without one
	Data    []byte    // the answer as it came; nil without one. Not read by [Store.Exchanges]
}

// AddExchange notes what happened to a letter. The bytes of an answer are evidence and kept
// as they came; its digest is set here. It lasts with the next [Store.Commit].
func (s *Store) AddExchange(ctx context.Context, x *Exchange) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	var data any // NULL and not an empty BLOB
	if x.Data != nil {
		x.SHA256 = casefile.Digest(x.Data)
		data = codec.pack(x.Data)
	}
	return explain(s.dir, s.exec(ctx, "INSERT INTO correspondence (letter, what, time, who, address, sha256, size, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		x.Letter, x.What, x.Time.UTC().Format(time.RFC3339), valid(x.Who), valid(x.Address), x.SHA256, len(x.Data), data))
}

// Exchanges reads what happened to the letters, in the order noted.
func (s *Store) Exchanges(ctx context.Context) ([]Exchange, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, letter, what, time, who, address, sha256 FROM correspondence ORDER BY number")
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	all := []Exchange{}
	for rows.Next() {
		var x Exchange
		var at string
		if err := rows.Scan(&x.Number, &x.Letter, &x.What, &at, &x.Who, &x.Address, &x.SHA256); err != nil {
			return nil, explain(s.dir, err)
		}
		if x.Time, err = time.Parse(time.RFC3339, at); err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("correspondence %d: %v", x.Number, err)})
		}
		all = append(all, x)
	}
	return all, explain(s.dir, rows.Err())
}

// Bounced are the addresses from which letters of the case came back.
func (s *Store) Bounced(ctx context.Context) ([]string, error) {
	return column[string](ctx, s, "SELECT address FROM correspondence WHERE what = ? ORDER BY number", WasBounced)
}

// ExchangeData hands every answer to letters to take, in the order noted.
func (s *Store) ExchangeData(ctx context.Context, take func(number int, letter string, data []byte) error) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, letter, sha256, size, data FROM correspondence WHERE data IS NOT NULL ORDER BY number")
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	for rows.Next() {
		var number int
		var letter, sum string
		var size int64
		var packed []byte
		if err := rows.Scan(&number, &letter, &sum, &size, &packed); err != nil {
			return explain(s.dir, err)
		}
		data, err := unpack(packed, size, sum)
		if err != nil {
			return explain(s.dir, &Damage{What: fmt.Sprintf("answer to letter %s, correspondence %d: %v", letter, number, err)})
		}
		if err := take(number, letter, data); err != nil {
			return err
		}
	}
	return explain(s.dir, rows.Err())
}

func (s *Store) verifyExchanges(ctx context.Context, v *Verified) error {
	return s.verifyRows(ctx, v, "SELECT number, sha256, size, data FROM correspondence WHERE sha256 <> '' ORDER BY number", "answer to a letter, correspondence", &v.Answers)
}

// AddStatement keeps an owner's statement that the analyst confirmed. The same line is kept
// once; again reports whether it was there. It lasts with the next [Store.Commit].
func (s *Store) AddStatement(ctx context.Context, x *casefile.Statement) (again bool, err error) {
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	r, err := s.conn.ExecContext(ctx, `INSERT OR IGNORE INTO statements (letter, relay, client, name, helo, auth, queue_id, match, line, samples, answer, confirmed, who)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, x.Letter, ip(x.Relay), ip(x.Client), valid(x.Name), valid(x.HELO), valid(x.Auth), valid(x.QueueID),
		x.Match, valid(x.Line), compact(x.Samples), x.Answer, x.Confirmed, valid(x.Who))
	if err != nil {
		return false, explain(s.dir, err)
	}
	n, err := r.RowsAffected()
	return n == 0, explain(s.dir, err)
}

// Statements reads the owners' statements, in the order confirmed.
func (s *Store) Statements(ctx context.Context) ([]casefile.Statement, error) {
	rows, err := s.conn.QueryContext(ctx, `SELECT number, letter, relay, client, name, helo, auth, queue_id, match, line, samples, answer, confirmed, who
		FROM statements ORDER BY number`)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	all := []casefile.Statement{}
	for rows.Next() {
		var x casefile.Statement
		var number int
		var relay, client, samples string
		if err := rows.Scan(&number, &x.Letter, &relay, &client, &x.Name, &x.HELO, &x.Auth, &x.QueueID, &x.Match, &x.Line, &samples, &x.Answer, &x.Confirmed, &x.Who); err != nil {
			return nil, explain(s.dir, err)
		}
		var errR, errC error
		x.Relay, errR = netip.ParseAddr(relay)
		x.Client, errC = netip.ParseAddr(client)
		if err := errors.Join(errR, errC, json.Unmarshal([]byte(samples), &x.Samples)); err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("statement %d: %v", number, err)})
		}
		all = append(all, x)
	}
	return all, explain(s.dir, rows.Err())
}

// AddListing keeps what a blocklist said of a subject. It lasts with the next [Store.Commit].
func (s *Store) AddListing(ctx context.Context, subject string, l *enrich.Listing) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	return explain(s.dir, s.exec(ctx, "INSERT INTO listings (subject, list, result, codes, text, asked) VALUES (?, ?, ?, ?, ?, ?)",
		valid(subject), l.List, string(l.Result), strings.Join(l.Codes, " "), valid(l.Text), l.Asked))
}

// LastListing reads the last answer that a blocklist gave of a subject; refusals and
// failures are no answers. The result is empty when there is none.
func (s *Store) LastListing(ctx context.Context, subject, list string) (result enrich.ListResult, asked string, err error) {
	err = s.conn.QueryRowContext(ctx, "SELECT result, asked FROM listings WHERE subject = ? AND list = ? AND result IN (?, ?) ORDER BY number DESC LIMIT 1",
		valid(subject), list, string(enrich.ListListed), string(enrich.ListNotListed)).Scan(&result, &asked)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return result, asked, explain(s.dir, err)
}

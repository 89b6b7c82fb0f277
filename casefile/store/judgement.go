package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/enrich"
)

// SaveRecords keeps what is known of addresses, with the answers as servers sent them. It
// lasts with the next [Store.Commit]. What an earlier record of an address rests on stays.
func (s *Store) SaveRecords(ctx context.Context, records map[netip.Addr]enrich.Record) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for addr, r := range records {
		if err := s.saveRecord(ctx, addr.String(), &r); err != nil {
			return explain(s.dir, err)
		}
	}
	return nil
}

func (s *Store) saveRecord(ctx context.Context, address string, r *enrich.Record) error {
	n := enrich.Network{}
	first, last := "", ""
	if r.Network != nil {
		n, first, last = *r.Network, ip(r.Network.First), ip(r.Network.Last)
	}
	holder, _ := r.Holder()
	err := errors.Join(
		s.exec(ctx, "DELETE FROM contacts WHERE address = ?", address),
		s.exec(ctx, "INSERT OR REPLACE INTO networks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			address, valid(n.Handle), valid(n.Name), valid(holder), valid(n.Country), first, last, valid(n.Source), n.Asked, compact(r)))
	for i, c := range r.Contacts {
		err = errors.Join(err, s.exec(ctx, "INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			address, i+1, valid(c.Email), valid(c.Role), valid(c.Name), valid(c.Scope), valid(c.Source), c.Asked))
	}
	for _, l := range r.Lookups {
		if len(l.Raw) == 0 || err != nil {
			continue
		}
		err = s.exec(ctx, "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
			l.RawSHA256, l.Kind, valid(l.Server), l.Asked, len(l.Raw), codec.pack(l.Raw))
	}
	return err
}

// Records reads what is known of addresses. The answers come with [Store.Answers] alone.
func (s *Store) Records(ctx context.Context) (map[netip.Addr]enrich.Record, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT address, record FROM networks")
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	all := map[netip.Addr]enrich.Record{}
	for rows.Next() {
		var address, text string
		if err := rows.Scan(&address, &text); err != nil {
			return nil, explain(s.dir, err)
		}
		var r enrich.Record
		a, err := netip.ParseAddr(address)
		if err = errors.Join(err, json.Unmarshal([]byte(text), &r)); err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("the record of %s: %v", address, err)})
		}
		all[a] = r
	}
	return all, explain(s.dir, rows.Err())
}

// Answer is what a server sent, byte for byte.
type Answer struct {
	SHA256 string
	Kind   string // rdap, whois, dns
	Data   []byte
}

// Answers hands every answer to take, by digest.
func (s *Store) Answers(ctx context.Context, take func(Answer) error) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT sha256, kind, size, data FROM answers ORDER BY sha256")
	if err != nil {
		return explain(s.dir, err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Answer
		var size int64
		var packed []byte
		if err := rows.Scan(&a.SHA256, &a.Kind, &size, &packed); err != nil {
			return explain(s.dir, err)
		}
		if a.Data, err = unpack(packed, size, a.SHA256); err != nil {
			return explain(s.dir, &Damage{What: fmt.Sprintf("answer %s: %v", a.SHA256, err)})
		}
		if err := take(a); err != nil {
			return err
		}
	}
	return explain(s.dir, rows.Err())
}

// Change tells how the judgement of a relay differs from the last one.
type Change struct {
	Relay  netip.Addr       `json:"relay"`
	Before casefile.Verdict `json:"before"` // empty: it was none
	After  casefile.Verdict `json:"after"`  // empty: it is none any more
	Text   string           `json:"text"`   // in words
}

// SaveJudgement keeps the relays of a case with their verdicts and reasons, and tells what
// is another than at the last time; nothing at the first. It lasts with the next
// [Store.Commit].
func (s *Store) SaveJudgement(ctx context.Context, c *casefile.Case) ([]Change, error) {
	// A run that is killed before its export must not leave a folder that seems in order.
	if err := s.SetMeta(ctx, metaExport, "due"); err != nil {
		return nil, err
	}
	changes, err := s.changes(ctx, c)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	if err := errors.Join(s.exec(ctx, "DELETE FROM reasons"), s.exec(ctx, "DELETE FROM relays")); err != nil {
		return nil, explain(s.dir, err)
	}
	for i := range c.Relays {
		r := &c.Relays[i]
		holder, _ := r.Record.Holder()
		err := s.exec(ctx, "INSERT INTO relays VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ip(r.IP), string(r.Verdict), r.Samples, r.Reporters,
			r.Withholds, string(r.OwnField), string(r.Certainty), valid(strings.Join(r.Names, " ")), valid(strings.Join(r.HELOs, " ")), valid(holder), r.Letter)
		for n, x := range r.Reasons {
			err = errors.Join(err, s.exec(ctx, "INSERT INTO reasons VALUES (?, ?, ?, ?, ?)", ip(r.IP), n+1, x.Code, x.For, valid(x.Text)))
		}
		if err != nil {
			return nil, explain(s.dir, err)
		}
	}
	return changes, nil
}

// changes holds the relays of a case against those that the store has.
func (s *Store) changes(ctx context.Context, c *casefile.Case) ([]Change, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT ip, verdict, withholds FROM relays")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type old struct {
		verdict   casefile.Verdict
		withholds bool
	}
	before := map[netip.Addr]old{}
	for rows.Next() {
		var address string
		var o old
		if err := rows.Scan(&address, &o.verdict, &o.withholds); err != nil {
			return nil, err
		}
		a, err := netip.ParseAddr(address)
		if err != nil {
			return nil, &Damage{What: fmt.Sprintf("relay %q is no address", address)}
		}
		before[a] = o
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var out []Change
	judged, err := s.Meta(ctx, metaJudged)
	if err != nil || judged == "" {
		return out, err
	}
	for i := range c.Relays {
		r := &c.Relays[i]
		o, known := before[r.IP]
		delete(before, r.IP)
		switch {
		case !known:
			out = append(out, Change{Relay: r.IP, After: r.Verdict, Text: fmt.Sprintf("%s: new, %s", r.IP, r.Verdict)})
		case o.verdict != r.Verdict:
			out = append(out, Change{r.IP, o.verdict, r.Verdict, fmt.Sprintf("%s: was %s, is now %s", r.IP, o.verdict, r.Verdict)})
		case o.withholds != r.Withholds:
			out = append(out, Change{r.IP, o.verdict, r.Verdict, fmt.Sprintf("%s: the previous hop is now %s", r.IP, r.PreviousHop())})
		}
	}
	for a, o := range before {
		out = append(out, Change{Relay: a, Before: o.verdict, Text: fmt.Sprintf("%s: was %s, and is no relay any more", a, o.verdict)})
	}
	slices.SortStableFunc(out, func(a, b Change) int { return a.Relay.Compare(b.Relay) })
	return out, nil
}

// SetRuling keeps an analyst's own verdict on an address, which stands over the tool's; an
// empty one takes an earlier back. All stay in the store. It lasts with the next
// [Store.Commit].
func (s *Store) SetRuling(ctx context.Context, a netip.Addr, r casefile.Ruling) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	return explain(s.dir, s.exec(ctx, "INSERT INTO verdicts (relay, verdict, why, who, time) VALUES (?, ?, ?, ?, ?)",
		ip(a), string(r.Verdict), valid(r.Why), valid(r.Who), r.Time))
}

// Rulings reads the analyst's verdicts that stand.
func (s *Store) Rulings(ctx context.Context) (map[netip.Addr]casefile.Ruling, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT relay, verdict, why, who, time FROM verdicts ORDER BY number")
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	all := map[netip.Addr]casefile.Ruling{}
	for rows.Next() {
		var address string
		var r casefile.Ruling
		if err := rows.Scan(&address, &r.Verdict, &r.Why, &r.Who, &r.Time); err != nil {
			return nil, explain(s.dir, err)
		}
		a, err := netip.ParseAddr(address)
		if err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("verdict on %q, which is no address", address)})
		}
		if all[a] = r; r.Verdict == "" {
			delete(all, a)
		}
	}
	return all, explain(s.dir, rows.Err())
}

// Names of the table meta.
const (
	metaID        = "id"        // of the case
	metaCreated   = "created"   // RFC 3339, UTC
	metaSeed      = "seed"      // secret from which boundaries and Message-IDs of letters are made
	metaTemplates = "templates" // folder of the user's own texts of letters
	metaFonts     = "fonts"     // files of fonts for what the built-in ones lack, one a line
	metaCases     = "cases"     // folder of other cases that this one is held against
	metaStatus    = "status"    // open or closed
	metaSettings  = "settings"  // JSON, of the last judgement
	metaTraced    = "traced"    // what the tables of paths were made with
	metaJudged    = "judged"    // digest of the last judgement
	metaEvidence  = "evidence"  // yes: the copies of all samples are exported
	metaExport    = "export"    // due: the files of the folder are not yet those of the last judgement; else done
)

// Case is what the store knows of its case as a whole; all is empty in a new one.
type Case struct {
	ID        string
	Seed      string
	Templates string // folder of the user's own texts of letters; empty for none
	Fonts     string // files of fonts for what the built-in ones lack, one a line
	Cases     string // folder of other cases that this one is held against; empty for none
	Created   time.Time
	Status    string
	Settings  casefile.Settings
	Evidence  bool // copies of all samples are exported, however many there are
}

// Case reads what the store knows of its case.
func (s *Store) Case(ctx context.Context) (Case, error) {
	var c Case
	values := map[string]string{}
	for _, name := range []string{metaID, metaSeed, metaTemplates, metaFonts, metaCases, metaCreated, metaStatus, metaSettings, metaEvidence} {
		v, err := s.Meta(ctx, name)
		if err != nil {
			return c, err
		}
		values[name] = v
	}
	c.Seed, c.Templates, c.Fonts = values[metaSeed], values[metaTemplates], values[metaFonts]
	c.Cases = values[metaCases]
	c.ID, c.Status, c.Evidence = values[metaID], values[metaStatus], values[metaEvidence] == "yes"
	var err error
	if v := values[metaCreated]; v != "" {
		c.Created, err = time.Parse(time.RFC3339, v)
	}
	if v := values[metaSettings]; v != "" {
		err = errors.Join(err, json.Unmarshal([]byte(v), &c.Settings))
	}
	if err != nil {
		err = explain(s.dir, &Damage{What: fmt.Sprintf("the table meta: %v", err)})
	}
	return c, err
}

// SetCase keeps what is known of the case as a whole. It lasts with the next [Store.Commit].
func (s *Store) SetCase(ctx context.Context, c Case) error {
	evidence := ""
	if c.Evidence {
		evidence = "yes"
	}
	return errors.Join(
		s.SetMeta(ctx, metaID, c.ID), s.SetMeta(ctx, metaSeed, c.Seed), s.SetMeta(ctx, metaTemplates, c.Templates), s.SetMeta(ctx, metaFonts, c.Fonts),
		s.SetMeta(ctx, metaCases, c.Cases), s.SetMeta(ctx, metaCreated, c.Created.UTC().Format(time.RFC3339)), s.SetMeta(ctx, metaStatus, c.Status),
		s.SetMeta(ctx, metaSettings, compact(c.Settings)), s.SetMeta(ctx, metaEvidence, evidence))
}

// JudgedAs tells whether the last judgement had this digest, and notes it as the last. It
// lasts with the next [Store.Commit].
func (s *Store) JudgedAs(ctx context.Context, sum string) (bool, error) {
	had, err := s.Meta(ctx, metaJudged)
	if err != nil || had == sum {
		return had == sum, err
	}
	return false, s.SetMeta(ctx, metaJudged, sum)
}

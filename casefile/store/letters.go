package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// Letter is a letter of the case with its text and with what it rests on.
type Letter struct {
	casefile.Letter
	EML, TXT  []byte
	Judgement []Ground // what was said of each address when it was sent; of a draft, at the last judgement
}

// Ground is what a letter says of one address.
type Ground struct {
	IP        netip.Addr        `json:"ip"`
	Verdict   casefile.Verdict  `json:"verdict"`
	Withholds bool              `json:"withholds"`
	OwnField  string            `json:"own_field"`
	Certainty string            `json:"certainty"`
	Reasons   []casefile.Reason `json:"reasons"`
}

// grounds gives what a case says of addresses; one that it does not tell as a relay, or as
// a source whose network may be told, has no verdict and no certainty.
func grounds(c *casefile.Case, about []netip.Addr) []Ground {
	out := []Ground{}
	for _, a := range about {
		g := Ground{IP: a, Reasons: []casefile.Reason{}}
		for i := range c.Sources {
			if s := &c.Sources[i]; s.IP == a && s.NoticeWorthy() {
				g.Certainty = string(s.Certainty)
			}
		}
		for i := range c.Relays {
			if r := &c.Relays[i]; r.IP == a {
				g = Ground{a, r.Verdict, r.Withholds, string(r.OwnField), string(r.Certainty), r.Reasons}
			}
		}
		out = append(out, g)
	}
	return out
}

const (
	stateDraft = "draft" // planned by a judgement, which plans it anew
	stateDesk  = "desk"  // the desk's own draft: a reply, or what follows a letter that was sent
	stateSent  = "sent"
)

func stateOf(l *casefile.Letter) string {
	switch l.Kind {
	case casefile.LetterReply, casefile.LetterReminder, casefile.LetterThanks, casefile.LetterRetraction, casefile.LetterCorrection:
		return stateDesk
	}
	return stateDraft
}

// Kept reads the letters that a new judgement does not plan: those that were sent, in the
// order of sending, and the desk's own drafts.
func (s *Store) Kept(ctx context.Context) ([]casefile.Letter, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT name, plan FROM letters WHERE state <> ? ORDER BY sent = '', sent, name", stateDraft)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	kept := []casefile.Letter{}
	for rows.Next() {
		var l casefile.Letter
		var name, plan string
		if err := rows.Scan(&name, &plan); err != nil {
			return nil, explain(s.dir, err)
		}
		if err := json.Unmarshal([]byte(plan), &l); err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("letter %s: %v", name, err)})
		}
		kept = append(kept, l)
	}
	return kept, explain(s.dir, rows.Err())
}

// Drafted gives the names of the drafts that a new judgement plans anew.
func (s *Store) Drafted(ctx context.Context) ([]string, error) {
	return column[string](ctx, s, "SELECT name FROM letters WHERE state = ? ORDER BY name", stateDraft)
}

// SaveLetters keeps the drafts of a case with their texts, by name, in the place of all
// earlier drafts. Letters that were sent stay as they are. It lasts with the next
// [Store.Commit].
func (s *Store) SaveLetters(ctx context.Context, c *casefile.Case, texts []Letter) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := s.exec(ctx, "DELETE FROM letters WHERE state <> ?", stateSent)
	for _, l := range texts {
		if l.Sent != "" {
			continue
		}
		err = errors.Join(err, s.exec(ctx, "INSERT INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", l.Name, l.Kind, stateOf(&l.Letter),
			compact(l.To), compact(l.Relays), l.Hold, compact(l.Letter), compact(grounds(c, l.Relays)), "", "", l.EML, l.TXT))
	}
	return explain(s.dir, err)
}

// Letters reads the letters, by name; those sent only, or all.
func (s *Store) Letters(ctx context.Context, sentOnly bool) ([]Letter, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT name, plan, judgement, eml, txt FROM letters WHERE state = ? OR NOT ? ORDER BY name", stateSent, sentOnly)
	if err != nil {
		return nil, explain(s.dir, err)
	}
	defer rows.Close()
	var all []Letter
	for rows.Next() {
		var l Letter
		var name, plan, ground string
		if err := rows.Scan(&name, &plan, &ground, &l.EML, &l.TXT); err != nil {
			return nil, explain(s.dir, err)
		}
		if err := errors.Join(json.Unmarshal([]byte(plan), &l.Letter), json.Unmarshal([]byte(ground), &l.Judgement)); err != nil {
			return nil, explain(s.dir, &Damage{What: fmt.Sprintf("letter %s: %v", name, err)})
		}
		all = append(all, l)
	}
	return all, explain(s.dir, rows.Err())
}

// MarkSent keeps a letter as one that was sent: its text, as it lies in the case folder and
// may have been edited, and the judgement that it rests on, are never written anew. sent is
// RFC 3339, UTC. It lasts with the next [Store.Commit].
func (s *Store) MarkSent(ctx context.Context, name, sent, who string) error {
	all, err := s.Letters(ctx, false)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(l Letter) bool { return l.Name == name })
	switch {
	case i < 0:
		return folderError(s.dir, fmt.Errorf("the case has no letter %q", name), "the letters lie in its folder letters, and are named without .eml or .txt")
	case all[i].Sent != "":
		return folderError(s.dir, fmt.Errorf("letter %s is noted as sent on %s already", name, all[i].Sent), "")
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	l := all[i].Letter
	l.Sent = sent
	for ext, text := range map[string]*[]byte{".eml": &all[i].EML, ".txt": &all[i].TXT} {
		data, err := os.ReadFile(filepath.Join(s.dir, "letters", name+ext))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return explain(s.dir, err)
		}
		if err == nil {
			*text = data
		}
	}
	return explain(s.dir, s.exec(ctx, "UPDATE letters SET state = ?, sent = ?, who = ?, plan = ?, eml = ?, txt = ? WHERE name = ?",
		stateSent, sent, valid(who), compact(l), all[i].EML, all[i].TXT, name))
}

// Lost tells of a letter that was sent and whose ground has changed since.
type Lost struct {
	Letter  string          `json:"letter"`
	Gone    []netip.Addr    `json:"gone"`    // the case does not accuse these any more: to be retracted
	Changed []casefile.Said `json:"changed"` // what its recipient was told of those of which the case says something else now: to be corrected
}

// Lost holds the letters that were sent against what the case says now. Of an address that
// a letter was corrected about, the last correction that was sent is what counts.
func (s *Store) Lost(ctx context.Context, c *casefile.Case) ([]Lost, error) {
	sent, err := s.Letters(ctx, true)
	if err != nil {
		return nil, err
	}
	told := toldLast(sent)
	var out []Lost
	for _, l := range sent {
		x := Lost{Letter: l.Name}
		switch l.Kind {
		case casefile.LetterStated:
			x.Gone = innocent(c, l.Relays) // it told what others said of them
		case casefile.LetterLogRequest, casefile.LetterNotice:
			x.compare(grounds(c, l.Relays), told)
		default:
			continue // the others accuse nobody
		}
		if len(x.Gone)+len(x.Changed) > 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

// compare holds what a case says now against what the recipient of the letter was told.
func (x *Lost) compare(grounds []Ground, told map[toldAbout]Ground) {
	for _, now := range grounds {
		was, ok := told[toldAbout{x.Letter, now.IP}]
		switch {
		case !ok, now.accuses() == was.accuses() && now.Verdict == was.Verdict && now.Withholds == was.Withholds:
		case was.accuses() && !now.accuses():
			x.Gone = append(x.Gone, now.IP)
		case was.accuses():
			x.Changed = append(x.Changed, casefile.Said{IP: was.IP, Verdict: was.Verdict, Withholds: was.Withholds, Certainty: trace.Certainty(was.Certainty)})
		}
	}
}

// innocent are those of some hosts, of which owners told, that the case neither tells of on
// an owner's word any more nor has found to be relays itself.
func innocent(c *casefile.Case, about []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(about), func(ip netip.Addr) bool {
		return c.StatedHost(ip) != nil || slices.ContainsFunc(c.Relays, func(r casefile.Relay) bool { return r.IP == ip && r.Found() })
	})
}

// toldAbout is an address that a letter is about.
type toldAbout struct {
	letter string
	ip     netip.Addr
}

// toldLast gives what the recipient of each letter was told last of each of its addresses.
func toldLast(sent []Letter) map[toldAbout]Ground {
	told := map[toldAbout]Ground{}
	for _, l := range slices.SortedStableFunc(slices.Values(sent), func(a, b Letter) int { return cmp.Compare(a.Sent, b.Sent) }) {
		name := l.Name
		if l.Kind == casefile.LetterCorrection {
			name = l.Refers
		}
		for _, g := range l.Judgement {
			told[toldAbout{name, g.IP}] = g
		}
	}
	return told
}

// accuses reports whether a letter may be written on this ground.
func (g Ground) accuses() bool {
	return g.Certainty != "" && g.Certainty != "claimed" && g.Verdict != casefile.VerdictWithdrawn
}

package render

import (
	"encoding/json"
	"fmt"
	"slices"

	"relaytrace/casefile"
	"relaytrace/trace/lazy"
)

// Redacted returns a copy of a case for handing on: the local parts of the addresses of
// those who had the spam or wrote about it are replaced by keyed hashes (RFC 6590), and
// replies to them, the words of owners' logs, the details of the custody log that could name a
// person, the list of files and the secret of the case are left out.
func Redacted(c *casefile.Case) (*casefile.Case, error) {
	r := newRedactor(c)
	doc, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("redaction: %w", err)
	}
	var tree any
	if err := json.Unmarshal(doc, &tree); err != nil {
		return nil, fmt.Errorf("redaction: %w", err)
	}
	if doc, err = json.Marshal(r.tree(tree)); err != nil {
		return nil, fmt.Errorf("redaction: %w", err)
	}
	var out casefile.Case
	if err := json.Unmarshal(doc, &out); err != nil {
		return nil, fmt.Errorf("redaction: %w", err)
	}
	out.Seed, out.Files = "", []casefile.File{}
	out.Letters = slices.DeleteFunc(out.Letters, func(l casefile.Letter) bool { return l.Answers != nil })
	for i := range out.Stated {
		for j := range out.Stated[i].Statements {
			x := &out.Stated[i].Statements[j]
			x.Line, x.Auth, x.Name, x.HELO, x.Answer = "", "", "", "", ""
		}
	}
	for i := range out.Custody {
		cutDetail(&out.Custody[i])
	}
	return &out, nil
}

// tree redacts every text below a JSON value.
func (r *redactor) tree(v any) any {
	switch v := v.(type) {
	case string:
		return r.text(v)
	case []any:
		for i := range v {
			v[i] = r.tree(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = r.tree(v[k])
		}
	}
	return v
}

// impersonal is a detail of an event that can hold no address of a person, nor words: a
// number, digest, IP address, time, or name of a letter.
var impersonal = lazy.Regexp(`^[a-z0-9_-]+=[A-Za-z0-9.:_-]*$`)

// cutDetail takes out of an event the details that could name a person, and says so in the
// event, since its hash is over the whole of it.
func cutDetail(e *casefile.Event) {
	kept := slices.DeleteFunc(e.Detail, func(d string) bool { return !impersonal().MatchString(d) })
	if cut := len(e.Detail) - len(kept); cut > 0 {
		kept = append(kept, fmt.Sprintf("redacted=%d; the hash is over the whole", cut))
	}
	e.Detail = kept
}

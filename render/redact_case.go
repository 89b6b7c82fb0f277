package render

import (
	"encoding/json"
	"fmt"
	"slices"

	"relaytrace/casefile"
)

// Redacted returns a copy of a case for handing on: the local parts of the addresses of
// those who had the spam or wrote about it are replaced by keyed hashes (RFC 6590), and
// replies to them, the list of files and the secret of the case are left out.
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

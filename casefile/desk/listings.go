package desk

import (
	"cmp"
	"fmt"
	"slices"

	"relaytrace/enrich"
)

// BlocklistSchema names the document that a [ListState] is.
const BlocklistSchema = "relaytrace.blocklist/1"

// ListState is what one blocklist said of one subject at one time, with what it said when
// the case asked before: the document of `relaytrace blocklists --json`.
type ListState struct {
	Schema  string `json:"schema"`
	Subject string `json:"subject"` // domain or address
	enrich.Listing
	Operator  string `json:"operator"`  // these four from the table of lists; empty for one that it does not know
	Lists     string `json:"lists"`     // what the list lists
	Policy    string `json:"policy"`    // page of the operator
	Delisting string `json:"delisting"` // page at which a listing is looked up and removed
	Meaning   string `json:"meaning"`   // of the codes, by the table
	Before    string `json:"before"`    // result at the last time that the case asked; empty when it did not
	Since     string `json:"since"`     // when that was, RFC 3339 in UTC
	Change    string `json:"change"`    // in words; empty when nothing changed
}

// ListStates puts what lists say of a subject beside what the table knows of them, the
// listings first.
func ListStates(subject string, listings []enrich.Listing) []ListState {
	out := []ListState{}
	for _, l := range listings {
		s := ListState{Schema: BlocklistSchema, Subject: subject, Listing: l}
		if known, ok := enrich.ListOf(l.List); ok {
			s.Operator, s.Lists, s.Policy, s.Delisting = known.Operator, known.Lists, known.Policy, known.Delisting
			for _, code := range l.Codes {
				if m := known.Meaning(code); m != "" {
					s.Meaning = cmp.Or(s.Meaning, m)
				}
			}
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b ListState) int { return cmp.Compare(listRank(a), listRank(b)) })
	return out
}

func listRank(s ListState) int {
	switch s.Result {
	case enrich.ListListed:
		return 0
	case enrich.ListNotListed:
		return 1
	}
	return 2
}

// Answer reports whether the list answered: what is no answer changes nothing.
func (s *ListState) Answer() bool {
	return s.Result == enrich.ListListed || s.Result == enrich.ListNotListed
}

// Compare holds the state against the last answer that the case has, of which result and
// time are given.
func (s *ListState) Compare(result enrich.ListResult, asked string) {
	s.Before, s.Since = string(result), asked
	switch {
	case !s.Answer() || result == s.Result:
	case s.Result == enrich.ListListed:
		s.Change = fmt.Sprintf("newly listed: it was not on %s", asked)
	default:
		s.Change = fmt.Sprintf("no longer listed: it was on %s", asked)
	}
}

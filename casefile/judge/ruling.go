package judge

import (
	"fmt"
	"strings"
)

// Ruling is the verdict of an analyst on a relay.
type Ruling struct {
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why"`
	Who     string  `json:"who"`
	Time    string  `json:"time"` // RFC 3339, UTC
	Tool    Verdict `json:"tool"` // what the tool would say
}

// Ruled puts an analyst's verdict over a judgement, which is kept among the reasons.
func (j Judgement) Ruled(by Ruling) Judgement {
	text := by.Text()
	if j.Verdict != by.Verdict {
		text += fmt.Sprintf(" By the samples alone it would be %s.", words[j.Verdict])
	}
	first := Reason{"analyst", by.Verdict != Withdrawn, text}
	return Judgement{
		Verdict: by.Verdict, Raises: []string{}, Reasons: append([]Reason{first}, j.Reasons...),
		Sureness: "The verdict of the analyst, which stands over that of the tool.",
	}
}

// Text says in a sentence who judged what, when and why.
func (r Ruling) Text() string {
	return fmt.Sprintf("%s judged it %s on %s: %s.", r.Who, words[r.Verdict], r.Time[:min(10, len(r.Time))], strings.TrimRight(r.Why, ". "))
}

// words name the verdicts inside a sentence.
var words = map[Verdict]string{
	Suspected: "a suspected open relay", Undisclosed: "a relay that withholds the previous hop",
	SourceOrRelay: "the source or a relay", RelayOrProvider: "a relay or a provider", Provisional: "not ripe for a verdict", Withdrawn: "innocent",
}

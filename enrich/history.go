package enrich

import (
	"fmt"
	"time"
)

// HoldAgainst holds the dates of the network against the time at which a sample was
// seen, and notes where they disagree: today's holder may not have been the holder then.
// A zero time changes nothing.
func (r *Record) HoldAgainst(seen time.Time) {
	if r.Network == nil || seen.IsZero() {
		return
	}
	day := func(t time.Time) string { return t.UTC().Format("2006-01-02") }
	registered, err1 := time.Parse(time.RFC3339, r.Network.Registered)
	changed, err2 := time.Parse(time.RFC3339, r.Network.LastChanged)
	switch {
	case err1 == nil && registered.After(seen):
		r.note("registered-after-sample", fmt.Sprintf("The network was registered on %s, after the sample of %s. "+
			"Who held the address then is not known from the registry's record of today.", day(registered), day(seen)))
	case err2 == nil && changed.After(seen):
		r.note("changed-after-sample", fmt.Sprintf("The network's record was last changed on %s, after the sample of %s. "+
			"The holder may have been another then.", day(changed), day(seen)))
	}
}

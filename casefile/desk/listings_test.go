package desk

import (
	"testing"

	"relaytrace/enrich"
)

func TestListStates(t *testing.T) {
	got := ListStates("192.0.2.1", []enrich.Listing{
		{List: "own.example", Result: enrich.ListRefused},
		{List: "psbl.surriel.com", Result: enrich.ListNotListed},
		{List: "zen.spamhaus.org", Result: enrich.ListListed, Codes: []string{"127.0.0.4"}},
	})
	if got[0].List != "zen.spamhaus.org" || got[0].Meaning == "" || got[0].Delisting == "" || got[2].List != "own.example" || got[2].Operator != "" {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		before, now enrich.ListResult
		change      string
	}{
		{enrich.ListNotListed, enrich.ListListed, "newly listed: it was not on then"},
		{enrich.ListListed, enrich.ListNotListed, "no longer listed: it was on then"},
		{enrich.ListListed, enrich.ListListed, ""},
		{enrich.ListListed, enrich.ListRefused, ""}, // a refusal is no delisting
	} {
		s := ListState{Listing: enrich.Listing{Result: c.now}}
		if s.Compare(c.before, "then"); s.Change != c.change || s.Before != string(c.before) {
			t.Errorf("%s, then %s: %q", c.before, c.now, s.Change)
		}
	}
}

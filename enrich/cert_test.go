package enrich

import (
	"strings"
	"testing"
	"time"
)

func TestCERTTable(t *testing.T) {
	if _, err := time.Parse(time.DateOnly, CERTTableDate); err != nil {
		t.Error(err)
	}
	for country, team := range certs {
		if !isCountryCode(country) || team.name == "" || strings.TrimSpace(team.source) == "" {
			t.Errorf("%s: %+v lacks its ground", country, team)
		}
		if email, ok := cleanEmail(team.email); !ok || email != team.email {
			t.Errorf("%s: %q is no address", country, team.email)
		}
	}
}

package received

import (
	"strings"
	"testing"
)

// TestCommonDate holds that a date in the common form is read as the loop for all forms reads it.
func TestCommonDate(t *testing.T) {
	read := 0
	for _, weekday := range []string{"", "Thu,", "thu, ", "Thursday, ", "Xyz, ", "Thu ", "\n\tMon,\t"} {
		for _, day := range []string{"22 ", "2 ", "02\n ", "0 ", "222 ", "31 ", ""} {
			for _, month := range []string{"Aug ", "aug\t", "Xug ", "August ", "Feb "} {
				for _, year := range []string{"2002 ", "02 ", "0102 ", "20021 ", "2002  "} {
					for _, clock := range []string{"08:17:21 ", "8:17:21 ", "24:17:21 ", "08:17:60  ", "08:17 ", "08:60:21 ", "08:17:21"} {
						for _, zone := range []string{"-0400", "+1400", "+1500", "-0000 (EDT)", "-0400 (by b)", "-04000", "-04:00", "GMT", "GMT-", "+0060", ""} {
							if sameDate(t, weekday+day+month+year+clock+zone) {
								read++
							}
						}
					}
				}
			}
		}
	}
	if read < 500 {
		t.Errorf("only %d dates have the common form", read)
	}
}

// sameDate reports whether a date has the common form; then the loop must read the same.
func sameDate(t *testing.T, date string) bool {
	t.Helper()
	b := []byte("; " + date)
	start := behindBlank(b, 1)
	common, general := stampReader{b: b}, stampReader{b: b}
	common.stamp, general.stamp = stamp{start: start, i: start}, stamp{start: start, i: start}
	if !common.common() {
		if common.stamp != general.stamp {
			t.Fatalf("%q is not read, and leaves %+v", date, common.stamp)
		}
		return false
	}
	common.read()
	general.read()
	if common.stamp != general.stamp {
		t.Fatalf("%q\n got %+v\nwant %+v", date, common.stamp, general.stamp)
	}
	return true
}

// TestStamp reads fields with several dates, and with none that can be read.
func TestStamp(t *testing.T) {
	for _, c := range []struct{ body, stamp, zone, by, unread string }{
		{"from a by b; 2 Dec 2002 08:48:29 -0400 (EDT)", "2 Dec 2002 08:48:29 -0400 (EDT)", "-0400", "b", ""},
		{"from a by b; 2 Dec 2002 08:48:29 GMT-", "2 Dec 2002 08:48:29 GMT-", "", "b", ""},
		{"by a; 2 Dec 2002 08:48:29 -0400 (by b)", "2 Dec 2002 08:48:29 -0400 (by b)", "-0400", "a", ""},
		{"by a;\n x; 2 Dec 2002 08:48:29 -0400", "2 Dec 2002 08:48:29 -0400", "-0400", "a", ""},
		{"by a 2 Dec 2002 08:48:29 -0400", "2 Dec 2002 08:48:29 -0400", "-0400", "a", ""},
		{"x; 2 Dec 2002 08:48 -0400 by; (", "2 Dec 2002 08:48 -0400", "-0400", "", "neither from nor by"},
		{"from a by b; 2 Dec 2002 08:48:29 -0400 by c; 3 Dec 2002 08:48:29 -0500 \r\n", "3 Dec 2002 08:48:29 -0500", "-0500", "c", "more than one by clause: a name that imitates a field"},
	} {
		body := []byte(c.body)
		f := Parse(body)
		if f.Time.Stamp.Text(body) != c.stamp || f.Time.Zone.Text(body) != c.zone || f.By.Host.Text(body) != c.by || f.Unread.Reason != c.unread || f.Time.Zone.Empty() && f.Time.Zone != (Span{}) {
			t.Errorf("%q: stamp %q, zone %q %v, by %q, unread %q", c.body, f.Time.Stamp.Text(body), f.Time.Zone.Text(body), f.Time.Zone, f.By.Host.Text(body), f.Unread.Reason)
		}
	}
}

// TestManySemicolons takes an hour where each semicolon, or each date, costs a walk to the end.
func TestManySemicolons(t *testing.T) {
	const date, n = "; 2 Dec 2002 08:48:29 -0400", 1 << 20
	for _, body := range []string{
		"from a by b" + date + strings.Repeat(";", n) + " by c" + date,
		"from a by b" + strings.Repeat(date+" by c", n/32) + strings.Repeat(" ", n),
		"from a by b" + strings.Repeat(date+" by c", n/32) + strings.Repeat("x", n),
	} {
		if f := Parse([]byte(body)); f.Unread.Reason != "more than one by clause: a name that imitates a field" {
			t.Errorf("unread %q", f.Unread.Reason)
		}
	}
}

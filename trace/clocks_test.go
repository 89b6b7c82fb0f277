package trace

import (
	"testing"
	"time"
)

// TestStampsInStep: three fields in a row whose minutes and seconds keep step are one
// program's work; honest chains that look a little like it are not.
func TestStampsInStep(t *testing.T) {
	const top = "from x (unknown [" + attacker + "]) by mx.target.org (Postfix) with ESMTP id ABCDEF0000; Thu, 22 Aug 2002 13:19:44 +0100"
	for _, c := range []struct {
		name   string
		fields []string
		first  int // the topmost field that the step betrays; 0 for none
	}{
		{"minute and second in step, hours at random", []string{
			"from [8.1.2.3] by a.example.com with smtp; 22 Aug 2002 20:10:41 +0800",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp; 23 Aug 2002 07:07:01 -1000",
			"from unknown (8.1.2.5) by d.example.org with esmtp; 21 Aug 2002 16:03:21 -0700"}, 1},
		{"across the hour", []string{
			"from [8.1.2.3] by a.example.com with smtp; 22 Aug 2002 20:02:10 +0800",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp; 22 Aug 2002 07:57:07 -1000",
			"from unknown (8.1.2.5) by d.example.org with esmtp; 22 Aug 2002 16:52:04 -0700"}, 1},
		{"two only", []string{
			"from [8.1.2.3] by a.example.com with smtp; 22 Aug 2002 20:10:41 +0800",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp; 22 Aug 2002 07:07:01 -1000"}, 0},
		{"whole minutes", []string{
			"from [8.1.2.3] by a.example.com with smtp; 22 Aug 2002 20:10:00 +0800",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp; 22 Aug 2002 12:09:00 -0000",
			"from unknown (8.1.2.5) by d.example.org with esmtp; 22 Aug 2002 12:08:00 -0000"}, 0},
		{"a second each", []string{
			"from [8.1.2.3] by a.example.com with smtp; 22 Aug 2002 12:10:03 -0000",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp; 22 Aug 2002 12:10:02 -0000",
			"from unknown (8.1.2.5) by d.example.org with esmtp; 22 Aug 2002 12:10:01 -0000"}, 0},
		{"with the IDs of servers", []string{
			"from [8.1.2.3] by a.example.com with smtp id 17outV; 22 Aug 2002 20:10:41 +0800",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp id 17outU; 23 Aug 2002 07:07:01 -1000",
			"from unknown (8.1.2.5) by d.example.org with esmtp id 17outT; 21 Aug 2002 16:03:21 -0700"}, 0},
		{"the peer's own field, made to keep step by what was written below it", []string{
			"from [8.1.2.3] by x with smtp; 22 Aug 2002 20:10:41 +0800",
			"from b.example.com ([8.1.2.4]) by c.example.net with esmtp; 23 Aug 2002 07:07:01 -1000",
			"from unknown (8.1.2.5) by d.example.org with esmtp; 21 Aug 2002 16:03:21 -0700"}, 2},
	} {
		p := traced(&Settings{}, append([]string{top}, c.fields...)...)
		found := 0
		for _, f := range p.Findings {
			if f.Code == "stamps-in-step" && found == 0 {
				found = f.Hop
			}
		}
		if found != c.first {
			t.Errorf("%s: first at field %d, want %d", c.name, found, c.first)
		}
		for i := 1; i < len(p.Hops); i++ { // what stands below falls with it
			if got, want := p.Hops[i].Standing == Contradicted, c.first > 0 && i >= c.first; got != want {
				t.Errorf("%s: field %d is %s: %s", c.name, i, p.Hops[i].Standing, p.Hops[i].Why)
			}
		}
	}
}

// TestInstantSub holds the difference of instants to that of times: dates of any year meet.
func TestInstantSub(t *testing.T) {
	secs := []int64{0, 1, -1, 9223372036, 9223372037, -9223372036, -9223372037, 1030023506, -62135596801, -62135596799, 253402300799}
	for _, x := range secs {
		for _, y := range secs {
			at, up := time.Unix(x, 0).UTC(), time.Unix(y, 0).UTC()
			if got, want := instant(x).sub(instant(y)), at.Sub(up); got != want {
				t.Errorf("%s minus %s: %d, want %d", at, up, got, want)
			}
		}
	}
	if instantOf(0, false) != unknown {
		t.Error("what is not known is an instant")
	}
}

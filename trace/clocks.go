package trace

import (
	"fmt"
	"math"
	"time"
)

// instant is a time in seconds since 1970, or unknown.
type instant int64

const unknown instant = math.MinInt64

func instantOf(unix int64, known bool) instant {
	if !known {
		return unknown
	}
	return instant(unix)
}

// sub is the time from u to t, both known. Like that of a time.Time, it is at most what a
// Duration can hold.
func (t instant) sub(u instant) time.Duration {
	const most = math.MaxInt64 / instant(time.Second)
	switch d := t - u; {
	case d > most:
		return math.MaxInt64
	case d < -most:
		return math.MinInt64
	default:
		return time.Duration(d) * time.Second
	}
}

// clock is a Clock and what it points at.
type clock struct {
	Clock
	gap, queue int64
}

// setClocks holds each stamp against the next hop's and against its own queue ID.
func (a *analysis) setClocks() {
	next := -1
	clocks := sized(&a.lists.clocks, len(a.hops))
	for i := range a.hops {
		h := &a.hops[i]
		if h.at == unknown || h.Standing == Contradicted || h.Kind == Note {
			continue
		}
		c := &clocks[i]
		c.GapTo = -1
		if next >= 0 {
			c.Gap, c.GapTo = &c.gap, next
			*c.Gap = int64(a.hops[next].at.sub(h.at) / time.Second)
		}
		if d, ok := h.queueGap(); ok {
			c.Queue = &c.queue
			*c.Queue = int64(d / time.Second)
			if wholeHours(d) {
				c.ZoneOff, c.ZoneFrom = hours(d), "queue-id"
			}
		}
		// Only a clock that runs ahead can be told from a wait in the queue.
		if c.Gap != nil && c.ZoneFrom == "" && *c.Gap < 0 && wholeHours(time.Duration(*c.Gap)*time.Second) {
			c.ZoneOff, c.ZoneFrom = hours(-time.Duration(*c.Gap)*time.Second), "next-hop"
		}
		if c.Gap != nil || c.Queue != nil {
			h.Clock = &c.Clock
		}
		next = i
	}
}

func hours(d time.Duration) int { return int(math.Round(d.Hours())) }

// findClocks states what the stamps show. An inversion proves nothing by itself: one
// wanted message in ten has one.
func (a *analysis) findClocks() {
	for i := range a.hops {
		h := &a.hops[i]
		c := h.Clock
		if c == nil {
			continue
		}
		a.findQueueTime(i)
		if c.Gap == nil || *c.Gap >= -600 {
			continue
		}
		ahead := gap(-time.Duration(*c.Gap) * time.Second)
		if c.ZoneFrom == "next-hop" {
			a.find("clock-inversion", i, Notice, h.Time.Stamp,
				fmt.Sprintf("This stamp is %s later than that of the next hop (field %d), whole hours with the minutes right: a wrong zone, which is common and proves nothing.", ahead, c.GapTo))
			continue
		}
		a.find("clock-inversion", i, Notice, h.Time.Stamp,
			fmt.Sprintf("This stamp is %s later than that of the next hop (field %d): a wrong clock or zone, which is common and proves nothing.", ahead, c.GapTo))
	}
}

// findQueueTime states what the instant in the queue ID adds.
func (a *analysis) findQueueTime(i int) {
	h := &a.hops[i]
	if h.Clock.Queue == nil {
		return
	}
	d := time.Duration(*h.Clock.Queue) * time.Second
	switch {
	case d.Abs() <= queueTolerance:
		a.find("queue-id-agrees", i, Info, h.ID, "The queue ID was made at ", h.Time.QueueIDUTC, ", which agrees with the stamp.")
	case h.Clock.ZoneFrom == "queue-id":
		a.find("zone-fault", i, Info, h.Time.Stamp,
			fmt.Sprintf("The queue ID was made at %s. The stamp differs by whole hours (%s): the host's zone is set wrongly.", h.Time.QueueIDUTC, gap(d)))
	case d.Abs() <= queueLimit:
		a.find("queue-id-apart", i, Info, h.ID, fmt.Sprintf("The queue ID was made at %s; the stamp is %s away.", h.Time.QueueIDUTC, gap(d)))
	}
}

// inStep is the step in which the stamp of field j goes along with two beside it, or
// nothing. A bulk mailer that invents fields takes the same minutes and seconds off each
// and the hour at random; stamps of different servers do so once in thousands. Fields with
// an ID or of known software are no such case, nor is one that names the host that should
// have written it: an honest server's field must not fall by what a sender writes below it.
func (a *analysis) inStep(j int, tie link) time.Duration {
	if tie != linkNone {
		return 0
	}
	for top := max(j-2, a.edge+1); top <= j && top+2 < len(a.hops); top++ {
		first, ok1 := a.step(top)
		second, ok2 := a.step(top + 1)
		if ok1 && ok2 && first == second {
			return first
		}
	}
	return 0
}

// step is the stamp of field i minus that of the next, hours left out. False where it
// says nothing: fields with the mark of a server, stamps without a zone or within seconds,
// and whole minutes, which servers that write no seconds have too.
func (a *analysis) step(i int) (time.Duration, bool) {
	for j := i; j <= i+1; j++ {
		if h := &a.hops[j]; h.Kind != Transfer || h.By.MTA != "" || h.ID != "" || h.at == unknown {
			return 0, false
		}
	}
	d := a.hops[i].at.sub(a.hops[i+1].at) % time.Hour
	if d < 0 {
		d += time.Hour
	}
	const seconds = 10 * time.Second
	return d, d >= seconds && d <= time.Hour-seconds && d%time.Minute != 0
}

// wholeHours reports whether a difference is a whole number of hours, within the
// minutes that a transfer takes.
func wholeHours(d time.Duration) bool {
	d = d.Abs()
	return d >= 55*time.Minute && d <= 26*time.Hour && (d+2*time.Minute)%time.Hour <= 4*time.Minute
}

// gap writes a difference for people; its sign is kept, so that a second backwards is
// never a day less a second.
func gap(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "\u2212", -d
	}
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 72:
		return fmt.Sprintf("%s%d d %d h", sign, h/24, h%24)
	case h > 0:
		return fmt.Sprintf("%s%d h %d min", sign, h, m)
	case m > 0:
		return fmt.Sprintf("%s%d min %d s", sign, m, s)
	}
	return fmt.Sprintf("%s%d s", sign, s)
}

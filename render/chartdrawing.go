package render

import (
	"fmt"
	"math"
	"time"

	"relaytrace/casefile"
)

// volume is how many samples and bounces fell into the steps of a run.
type volume struct {
	first time.Time // beginning of the first step
	step  time.Duration
	bars  []bar
}

type bar struct{ samples, bounces int }

// maxBars is how many bars a chart can show and still be read.
const maxBars = 240

var steps = []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour}

// volumeOf gathers the hours of a run in the smallest step that gives no more than maxBars.
func volumeOf(hours []casefile.Hour) (v volume, ok bool) {
	var first, last time.Time
	for _, h := range hours {
		t, err := time.Parse(time.RFC3339, h.Start)
		if err != nil {
			continue
		}
		t = t.UTC()
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	if first.IsZero() {
		return v, false
	}
	for _, v.step = range steps {
		v.first = first.Truncate(v.step)
		if v.step >= 24*time.Hour {
			v.first = first.Truncate(24 * time.Hour)
		}
		if n := int(last.Sub(v.first)/v.step) + 1; n <= maxBars {
			v.bars = make([]bar, n)
			break
		}
	}
	for _, h := range hours {
		if t, err := time.Parse(time.RFC3339, h.Start); err == nil {
			if i := int(t.Sub(v.first) / v.step); i >= 0 && i < len(v.bars) {
				v.bars[i].samples += h.Samples
				v.bars[i].bounces += h.Bounces
			}
		}
	}
	return v, true
}

// stepWords names what one bar stands for.
func (v *volume) stepWords() string {
	switch hours := int(v.step / time.Hour); {
	case hours == 1:
		return "hour"
	case hours == 24:
		return "day"
	case hours < 24:
		return fmt.Sprintf("%d hours", hours)
	default:
		return fmt.Sprintf("%d days", hours/24)
	}
}

// peak is the highest bar, and when it begins.
func (v *volume) peak() (n int, at time.Time) {
	for i, b := range v.bars {
		if b.samples+b.bounces > n {
			n, at = b.samples+b.bounces, v.first.Add(time.Duration(i)*v.step)
		}
	}
	return n, at
}

const (
	chartHeight = 46.0
	axisWidth   = 11.0
)

// drawVolume draws the bars of a run, with the weekends shaded behind them where a bar is
// no longer than a day. Times are UTC.
func drawVolume(f *fonts, v volume, width float64) drawing {
	l := chartLayout{f: f, v: v, left: axisWidth, w: width - axisWidth - 1, top: 7}
	l.each = l.w / float64(len(v.bars))
	l.most, _ = v.peak()
	l.most = max(l.most, 1)
	if v.step <= 24*time.Hour {
		l.weekends()
	}
	l.axis()
	l.bars()
	l.days()
	l.legend()
	return drawing{w: width, h: l.top + chartHeight + 7, shapes: l.shapes}
}

type chartLayout struct {
	f                  *fonts
	v                  volume
	left, w, top, each float64
	most               int
	shapes             []shape
}

func (l *chartLayout) add(s ...shape) { l.shapes = append(l.shapes, s...) }

func (l *chartLayout) small(x, y float64, t tone, s string) {
	l.add(text{x: x, y: y, size: smallSize, face: l.f.sans, tone: t, s: s})
}

// weekends shades each run of Saturdays and Sundays once.
func (l *chartLayout) weekends() {
	start := -1
	for i := 0; i <= len(l.v.bars); i++ {
		at := l.v.first.Add(time.Duration(i) * l.v.step)
		weekend := i < len(l.v.bars) && (at.Weekday() == time.Saturday || at.Weekday() == time.Sunday)
		if weekend && start < 0 {
			start = i
		}
		if !weekend && start >= 0 {
			l.add(box{x: l.left + float64(start)*l.each, y: l.top, w: float64(i-start) * l.each, h: chartHeight, fill: shade, border: shade, stroke: none})
			start = -1
		}
	}
}

// axis draws lines at round numbers.
func (l *chartLayout) axis() {
	step := niceStep(l.most)
	for n := 0; n <= l.most; n += step {
		y := l.height(n)
		l.add(line{x1: l.left, y1: y, x2: l.left + l.w, y2: y, tone: oneOf(n == 0, ink, faint), stroke: oneOf(n == 0, solid, dotted)})
		s := fmt.Sprint(n)
		l.small(l.left-1.5-l.f.sans.width(s, smallSize), y+0.9, faint, s)
	}
}

// niceStep is a round distance that gives at most five lines up to most.
func niceStep(most int) int {
	for base := 1; ; base *= 10 {
		for _, m := range []int{1, 2, 5} {
			if most/(m*base) <= 5 {
				return m * base
			}
		}
		if base > math.MaxInt/100 {
			return most
		}
	}
}

func (l *chartLayout) height(n int) float64 {
	return l.top + chartHeight - float64(n)/float64(l.most)*(chartHeight-3)
}

func (l *chartLayout) bars() {
	gap := min(l.each*0.15, 0.5)
	for i, b := range l.v.bars {
		x, y0 := l.left+float64(i)*l.each+gap/2, l.height(0)
		y1 := l.height(b.samples)
		y2 := l.height(b.samples + b.bounces)
		w := min(l.each-gap, 12)
		if b.samples > 0 {
			l.add(box{x: x, y: y1, w: w, h: y0 - y1, fill: accent, border: accent, stroke: none})
		}
		if b.bounces > 0 {
			l.add(box{x: x, y: y2, w: w, h: y1 - y2, fill: soft, border: accent, stroke: oneOf(w > 1.5, solid, none)})
		}
	}
}

// days writes the dates, no closer than they can be read.
func (l *chartLayout) days() {
	const apart = 21.0
	last := -apart
	for i := range l.v.bars {
		at := l.v.first.Add(time.Duration(i) * l.v.step)
		if i > 0 && l.v.step < 24*time.Hour && at.Hour() != 0 {
			continue
		}
		x := l.left + float64(i)*l.each
		if x-last < apart || x+16 > l.left+l.w && i > 0 {
			continue
		}
		last = x
		y := l.top + chartHeight
		l.add(line{x1: x, y1: y, x2: x, y2: y + 1.4, tone: ink, stroke: solid})
		l.small(x, y+4.2, ink, at.Format("2006-01-02"))
	}
}

func (l *chartLayout) legend() {
	x := l.left
	for _, e := range []struct {
		fill   tone
		border tone
		s      string
		show   bool
	}{
		{accent, accent, "samples", true},
		{soft, accent, "bounces", true},
		{shade, faint, "Saturday and Sunday, UTC", l.v.step <= 24*time.Hour},
	} {
		if !e.show {
			continue
		}
		l.add(box{x: x, y: 0.8, w: 3.4, h: 2.6, fill: e.fill, border: e.border, stroke: solid})
		l.small(x+4.8, 3.1, ink, e.s)
		x += 9 + l.f.sans.width(e.s, smallSize)
	}
}

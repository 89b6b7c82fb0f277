package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long the command works before it shows that it does.
const patience = time.Second

// progress counts what is done on stderr: only for a person at a terminal, and only when
// it takes its time.
type progress struct {
	app   *app
	what  string
	begun time.Time
	bar   *progressbar.ProgressBar
	done  int
	total int // -1 when it is not known
}

func (a *app) newProgress(what string, total int) *progress {
	return &progress{app: a, what: what, begun: time.Now(), total: total}
}

// step tells that one more is done.
func (p *progress) step() {
	p.done++
	if !p.app.progress || time.Since(p.begun) < patience {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(p.total,
			progressbar.OptionSetWriter(p.app.stderr),
			progressbar.OptionSetDescription(p.what),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	// A progress bar that cannot be drawn is no reason to stop.
	_ = p.bar.Set(p.done)
}

// end clears the bar, so that what follows begins on a clean line.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
		p.bar = nil
	}
}

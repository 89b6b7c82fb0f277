package intake

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

const (
	inLine  = 8        // trays between reading and handing out, to have work for all cores while one is long
	inTray  = 8        // submissions of one tray, so that small ones are not waited for one by one
	fullAt  = 32 << 10 // bytes from which a tray is full: all in line, and what is made of it, is to stay in the processor's cache
	inBytes = 16 << 20 // bytes of all; a tray with a larger submission goes through alone, to bound memory
	swollen = 1 << 20  // bytes out of archives that a worker may have in line before it waits
)

// job is a submission on its way: read, then inspected and worked on, then handed out.
type job struct {
	sub   *Submission
	n     int // place in the order, from 0
	lone  bool
	steps []string
	raw   bool          // to be inspected
	made  any           // by work
	more  int           // bytes of the samples beyond its own
	slab  *slab         // that its bytes lie in
	done  atomic.Bool   // all was done on it
	gone  chan struct{} // of one that swells: closed when it was handed out
}

// jobs are some, *job, to be used again where nobody keeps what is found.
var jobs = sync.Pool{New: func() any { return &job{sub: new(Submission)} }}

// recycle makes a job ready for another submission. It keeps room for one sample, as most have.
func (j *job) recycle() {
	sub, room := j.sub, j.sub.Samples
	if cap(room) != 1 {
		room = nil
	}
	clear(room)
	*sub = Submission{Samples: room[:0]}
	*j = job{sub: sub}
	jobs.Put(j)
}

// worker makes of a submission what its receiver wants of it.
type worker func(n int, sub *Submission) any

// tray holds jobs that go down the line together, in their order. The workers take them one
// by one all the same, so that none has much done before the others have done what is handed
// out first.
type tray struct {
	jobs  []*job
	bytes int64
	begun atomic.Int32  // how many were taken, or more
	ended atomic.Int32  // on how many all was done
	news  chan struct{} // is sent to when all was done on the last, or a worker waits for one to be handed out
}

func newTray() *tray { return &tray{jobs: make([]*job, 0, inTray), news: make(chan struct{}, 1)} }

// next gives the next job to a worker; nil when there is none left.
func (t *tray) next() *job {
	if n := int(t.begun.Add(1)); n <= len(t.jobs) {
		return t.jobs[n-1]
	}
	return nil
}

// assembly line: one goroutine reads, several inspect and work, the caller's hands out in order.
type line struct {
	ctx     context.Context
	workers int
	order   chan *tray
	work    chan *tray          // each as often as workers find a job in it
	tray    *tray               // what is not on its way yet
	n       int                 // jobs put so far
	bytes   *semaphore.Weighted // of the trays that were not handed out yet
}

// runLine runs read, which puts jobs in line, has work done on each, and hands it to take in
// their order, with what work made of it. It returns the error of take, else that of read.
func runLine(ctx context.Context, in *inspector, read func(context.Context, *line) error, work worker, take func(*Submission, any) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	l := &line{
		ctx: ctx, workers: workers, order: make(chan *tray, inLine), work: make(chan *tray, inLine*workers),
		tray: newTray(), bytes: semaphore.NewWeighted(inBytes),
	}
	for range workers {
		go func() {
			in := in.worker()
			for t := range l.work {
				for j := t.next(); j != nil; j = t.next() {
					j.finish(in, work, t)
				}
				runtime.Gosched() // what is done is handed out, and its memory used again, while it is in the cache
			}
		}()
	}
	var readErr error
	go func() {
		defer close(l.order)
		defer close(l.work)
		if readErr = read(ctx, l); readErr == nil {
			readErr = l.send()
		}
	}()
	var err error
	for t := range l.order {
		for _, j := range t.jobs {
			for !j.done.Load() {
				<-t.news
			}
			if err == nil {
				err = ctx.Err() // what is in line is let go; the reader may have been done, and have no error
			}
			if err == nil {
				if err = take(j.sub, j.made); err != nil {
					cancel() // the reader stops
				}
			}
			if j.gone != nil {
				close(j.gone)
			}
			if in.reuse {
				j.recycle()
			}
		}
		l.bytes.Release(t.bytes)
	}
	if err != nil {
		return err
	}
	return readErr
}

// finish does all work on a job. Where more than some bytes came out of archives since the
// worker last waited, it waits until the job is handed out: a few kilobytes of mail may hold
// megabytes, and each worker keeps some in line. It comes: all before it were begun before,
// and none of them waits for this one.
func (j *job) finish(in *inspector, work worker, t *tray) {
	j.pass(in, work)
	if in.unpacked += max(j.more, 0); in.unpacked > swollen {
		in.unpacked = 0
		j.gone = make(chan struct{})
	}
	gone := j.gone
	j.done.Store(true) // from here on it is no longer ours
	if int(t.ended.Add(1)) == len(t.jobs) || gone != nil {
		select {
		case t.news <- struct{}{}:
		default: // there are some already
		}
	}
	if gone != nil {
		<-gone
	}
}

// pass inspects a submission and has work done on it. One that a mistake of ours is found by
// is unreadable, and its bytes are kept.
func (j *job) pass(in *inspector, work worker) {
	if j.raw {
		j.guard(func() { in.inspect(j.sub, j.lone, j.steps) })
	}
	if !j.guard(func() { j.made = work(j.n, j.sub) }) {
		j.made = work(j.n, j.sub)
	}
	j.more = j.sub.unpacked()
	for i := range j.sub.Samples {
		one := &j.sub.Samples[i]
		one.fields = nil // they are in the worker's space
		if in.reuse {
			one.Data = nil
		}
	}
	if in.reuse {
		j.sub.Data = nil
		j.slab.release()
	}
}

// unpacked tells by how many bytes the samples are more than what they came in.
func (s *Submission) unpacked() int {
	n := -len(s.Data)
	for i := range s.Samples {
		n += len(s.Samples[i].Data)
	}
	return n
}

// guard sees to it that a mistake of ours, which some hostile message finds, costs that
// message and not the rest; it reports whether there was none. The tests call inspect itself.
func (j *job) guard(step func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			j.sub.fail(fmt.Errorf("relaytrace failed on it: %v", r), "keep the file and report this as a fault of relaytrace")
		}
	}()
	step()
	return true
}

// put puts a job in line.
func (l *line) put(j *job) error {
	t := l.tray
	j.n = l.n
	l.n++
	t.jobs = append(t.jobs, j)
	if t.bytes += int64(len(j.sub.Data)); len(t.jobs) == inTray || t.bytes >= fullAt {
		return l.send()
	}
	return nil
}

// send sends the tray down the line.
func (l *line) send() error {
	t := l.tray
	if len(t.jobs) == 0 {
		return nil
	}
	t.bytes = min(t.bytes, inBytes)
	if err := l.bytes.Acquire(l.ctx, t.bytes); err != nil {
		return err
	}
	select {
	case l.order <- t:
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
	for range min(l.workers, len(t.jobs)) {
		l.work <- t // never full for long: the workers need nobody
	}
	l.tray = newTray()
	return nil
}

package intake

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

const (
	inLine     = 32      // submissions between reading and handing out
	bigMessage = 1 << 20 // bytes; one of this size goes through alone, to bound memory
)

// job is a submission on its way: read, then inspected, then handed out.
type job struct {
	sub   *Submission
	lone  bool
	steps []string
	raw   bool // to be inspected
	done  chan struct{}
}

// assembly line: one goroutine reads, several inspect, the caller's hands out in order.
type line struct {
	ctx     context.Context
	order   chan *job
	work    chan *job
	pending sync.WaitGroup // jobs that were not handed out yet
}

// runLine runs read, which puts jobs in line, and hands each to take in their order. It
// returns the error of take, else that of read.
func runLine(ctx context.Context, in *inspector, read func(context.Context, *line) error, take func(*Submission) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &line{ctx: ctx, order: make(chan *job, inLine), work: make(chan *job, inLine)}
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for j := range l.work {
				in.guarded(j)
				close(j.done)
			}
		}()
	}
	var readErr error
	go func() {
		defer close(l.order)
		defer close(l.work)
		readErr = read(ctx, l)
	}()
	var err error
	for j := range l.order {
		<-j.done
		if err == nil && ctx.Err() == nil {
			if err = take(j.sub); err != nil {
				cancel() // the reader stops; what is in line is let go
			}
		}
		l.pending.Done()
	}
	if err != nil {
		return err
	}
	return readErr
}

// guarded inspects a submission so that a mistake of ours, which some hostile message
// finds, costs that message and not the rest. The tests call inspect itself.
func (in *inspector) guarded(j *job) {
	defer func() {
		if r := recover(); r != nil {
			j.sub.fail(fmt.Errorf("relaytrace failed on it: %v", r), "keep the file and report this as a fault of relaytrace")
		}
	}()
	in.inspect(j.sub, j.lone, j.steps)
}

// put puts a job in line.
func (l *line) put(j *job) error {
	big := len(j.sub.Data) > bigMessage
	if big {
		l.pending.Wait()
	}
	j.done = make(chan struct{})
	if !j.raw {
		close(j.done)
	}
	l.pending.Add(1)
	select {
	case l.order <- j:
	case <-l.ctx.Done():
		l.pending.Done()
		return l.ctx.Err()
	}
	if j.raw {
		l.work <- j // never full for long: the workers need nobody
	}
	if big {
		l.pending.Wait()
	}
	return nil
}

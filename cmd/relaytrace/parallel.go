package main

import (
	"context"
	"runtime"

	"relaytrace/trace/intake"
)

// walk hands out items, samples or submissions, and problems until it is done or ctx is cancelled.
type walk[I any] func(ctx context.Context, take func(I) error, problem func(intake.Problem)) error

// inOrder walks, runs work on every item, on all cores at once, and hands the results
// to use in the order of the walk, one at a time. Problems keep their place among them.
// At most a few items for each core are held at a time. It returns the error of use or
// of the walk.
func inOrder[I, T any](ctx context.Context, through walk[I], work func(I) T, use func(T) error, problem func(intake.Problem)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		value   T
		problem *intake.Problem
	}
	type job struct {
		item I
		done chan result
	}
	cores := runtime.GOMAXPROCS(0)
	jobs := make(chan job, cores)
	order := make(chan chan result, 2*cores)
	for range cores {
		go func() {
			for j := range jobs {
				j.done <- result{value: work(j.item)}
			}
		}()
	}
	// queue takes a place in the order; it gives up when nobody reads any more.
	queue := func(done chan result) error {
		select {
		case order <- done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	walked := make(chan error, 1)
	go func() {
		defer close(order)
		defer close(jobs)
		walked <- through(ctx, func(item I) error {
			done := make(chan result, 1)
			if err := queue(done); err != nil {
				return err
			}
			jobs <- job{item, done}
			return nil
		}, func(p intake.Problem) {
			done := make(chan result, 1)
			done <- result{problem: &p}
			_ = queue(done) // after a cancel the walk ends by itself
		})
	}()
	for done := range order {
		r := <-done
		if r.problem != nil {
			problem(*r.problem)
			continue
		}
		if err := use(r.value); err != nil {
			return err
		}
	}
	return <-walked
}

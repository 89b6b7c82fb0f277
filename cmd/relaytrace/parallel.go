package main

import (
	"context"
	"runtime"
)

// inOrder runs work on every item, on all cores at once, and hands the results to use in the
// order of the items, one at a time. At most a few for each core are held at a time. It
// returns the error of use, else that of ctx when it is cancelled.
func inOrder[I, T any](ctx context.Context, items []I, work func(I) T, use func(T) error) error {
	type job struct {
		item I
		done chan T
	}
	cores := runtime.GOMAXPROCS(0)
	jobs := make(chan job, 2*cores)
	for range cores {
		go func() {
			for j := range jobs {
				j.done <- work(j.item)
			}
		}()
	}
	defer close(jobs)
	order := make([]chan T, 2*cores) // the results that are not used yet, in a ring
	for i := range items[:min(len(items), len(order))] {
		order[i] = make(chan T, 1)
		jobs <- job{items[i], order[i]}
	}
	for i := range items {
		done := order[i%len(order)]
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := use(<-done); err != nil {
			return err
		}
		if next := i + len(order); next < len(items) {
			jobs <- job{items[next], done}
		}
	}
	return nil
}

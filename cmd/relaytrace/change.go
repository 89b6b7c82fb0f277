package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// change reopens a case, does something to it, judges it anew and writes its files.
func (a *app) change(ctx context.Context, f onCase, dir string, do func(w *casework) error) (o outcome, err error) {
	w, err := a.reopen(ctx, dir, f)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := do(w); err != nil {
		return o, err
	}
	return w.finish(ctx, "")
}

// when reads the time of an event, which is the present where none is given.
func (w *casework) when(stamp string) (time.Time, error) {
	if stamp == "" {
		return w.now(), nil
	}
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, stamp); err != nil {
			return t, usage(fmt.Sprintf("%q is neither a date nor a time", stamp), "write 2026-11-25 or 2026-11-25T09:00:00Z")
		}
	}
	if t.After(w.now().Add(24 * time.Hour)) {
		return t, usage(fmt.Sprintf("%s lies in the future", stamp), "")
	}
	return t.UTC(), nil
}

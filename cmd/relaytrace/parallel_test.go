package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestInOrder: results come in the order of the items, whoever was faster.
func TestInOrder(t *testing.T) {
	for _, n := range []int{0, 1, 5, 200} {
		var got []int
		slow := func(i int) int {
			time.Sleep(time.Duration(i%7) * 10 * time.Microsecond)
			return i
		}
		err := inOrder(t.Context(), numbers(n), slow, func(i int) error { got = append(got, i); return nil })
		if err != nil || !slices.Equal(got, numbers(n)) {
			t.Fatalf("of %d: %v, %v", n, err, got)
		}
	}
}

// TestInOrderStops: an error of the user and a cancel both end it.
func TestInOrderStops(t *testing.T) {
	stop := errors.New("enough")
	n := 0
	same := func(i int) int { return i }
	err := inOrder(t.Context(), numbers(100), same, func(int) error {
		if n++; n == 5 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 5 {
		t.Fatalf("after %d: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err = inOrder(ctx, numbers(100), same, func(int) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

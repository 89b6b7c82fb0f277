package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"relaytrace/trace/intake"
)

func manyFiles(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		text := fmt.Sprintf("From: a@b.example\nSubject: %d\nReceived: from x by y; %d\n\n", i, i)
		if i%7 == 3 {
			text = "" // an empty file is a problem
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.eml", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func folder(dir string) walk[intake.Sample] {
	return func(ctx context.Context, take func(intake.Sample) error, problem func(intake.Problem)) error {
		return intake.Walk(ctx, []string{dir}, nil, take, problem)
	}
}

// TestInOrder: results and problems come in the order of the walk, whoever was faster.
func TestInOrder(t *testing.T) {
	dir := manyFiles(t, 200)
	var got []string
	err := inOrder(t.Context(), folder(dir),
		func(s intake.Sample) string { return filepath.Base(s.File) },
		func(name string) error { got = append(got, name); return nil },
		func(p intake.Problem) { got = append(got, filepath.Base(p.File)) })
	if err != nil || len(got) != 200 || !slices.IsSorted(got) {
		t.Fatalf("%d results, %v: %v", len(got), err, got)
	}
}

// TestInOrderStops: an error of the reader and a cancel both end the walk.
func TestInOrderStops(t *testing.T) {
	dir := manyFiles(t, 100)
	stop := errors.New("enough")
	n := 0
	err := inOrder(t.Context(), folder(dir),
		func(s intake.Sample) int { return len(s.Data) },
		func(int) error {
			if n++; n == 5 {
				return stop
			}
			return nil
		}, func(intake.Problem) {})
	if !errors.Is(err, stop) || n != 5 {
		t.Fatalf("after %d: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = inOrder(ctx, folder(dir),
		func(s intake.Sample) int { return len(s.Data) },
		func(int) error { cancel(); return nil }, func(intake.Problem) {})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

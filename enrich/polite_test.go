package enrich

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestGateLimits(t *testing.T) {
	k := newGatekeeper(Limits{PerSecond: 200, Connections: 3}.withDefaults(), time.Now)
	g := k.gate("server")
	if k.gate("server") != g || k.gate("other") == g {
		t.Fatal("gates are mixed up")
	}
	var under, most, count atomic.Int32
	begun := time.Now()
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			if err := g.enter(context.Background()); err != nil {
				t.Error(err)
				return
			}
			n := under.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			count.Add(1)
			time.Sleep(time.Millisecond)
			under.Add(-1)
			g.leave(true)
		})
	}
	wg.Wait()
	if most.Load() > 3 || count.Load() != 60 || time.Since(begun) < 59*5*time.Millisecond {
		t.Errorf("%d at once, %d in all, in %v", most.Load(), count.Load(), time.Since(begun))
	}
}

// TestGateEndsWithContext waits in every place in which a question can wait.
func TestGateEndsWithContext(t *testing.T) {
	clock := newClock()
	k := newGatekeeper(Limits{PerSecond: 0.001, Connections: 1}.withDefaults(), clock.now)
	for name, prepare := range map[string]func(*gate){
		"slot": func(g *gate) { g.slots <- struct{}{} },
		"rest": func(g *gate) { g.restUntil(clock.now().Add(time.Hour)) },
		"rate": func(g *gate) { g.rate.Allow() },
	} {
		g := k.gate(name)
		prepare(g)
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(20*time.Millisecond, cancel)
		begun := time.Now()
		if err := g.enter(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) > 500*time.Millisecond {
			t.Errorf("%s: %v after %v", name, err, time.Since(begun))
		}
	}
	// A deadline that is too near is told at once, not waited for.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	begun := time.Now()
	var wait *waitError
	if err := k.gate("rest").enter(ctx); !errors.As(err, &wait) {
		t.Errorf("rest: %v", err)
	}
	if err := k.gate("rate").enter(ctx); !errors.Is(err, errNoTurn) {
		t.Errorf("rate: %v", err)
	}
	if time.Since(begun) > time.Second {
		t.Errorf("took %v", time.Since(begun))
	}
}

func TestCircuit(t *testing.T) {
	clock := newClock()
	g := newGatekeeper(Limits{PerSecond: 1e6}.withDefaults(), clock.now).gate("server")
	ask := func(answered bool) error {
		err := g.enter(context.Background())
		if err == nil {
			g.leave(answered)
		}
		return err
	}
	var circuit *circuitError
	for range 3 {
		for range circuitFailures - 1 {
			if err := ask(false); err != nil {
				t.Fatal(err)
			}
		}
		if err := ask(true); err != nil { // one answer closes it
			t.Fatal(err)
		}
	}
	for range circuitFailures {
		if err := ask(false); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask(true); !errors.As(err, &circuit) {
		t.Fatalf("open circuit: %v", err)
	}
	clock.add(circuitRest)
	if err := ask(false); err != nil { // the trial
		t.Fatal(err)
	}
	if err := ask(true); !errors.As(err, &circuit) {
		t.Fatalf("after a failed trial: %v", err)
	}
	clock.add(circuitRest)
	for range 3 {
		if err := ask(true); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTries(t *testing.T) {
	k := newGatekeeper(Limits{Tries: 4, Pause: time.Millisecond}.withDefaults(), time.Now)
	n := 0
	if got := k.tries(context.Background(), func() bool { n++; return true }); got != 4 || n != 4 {
		t.Errorf("%d tries, %d told", n, got)
	}
	if got := k.tries(context.Background(), func() bool { return false }); got != 1 {
		t.Errorf("%d tries of what is answered", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := k.tries(ctx, func() bool { return true }); got != 1 {
		t.Errorf("%d tries after the end", got)
	}
}

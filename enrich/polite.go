package enrich

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits says how hard one server may be asked. The zero value of a field means the
// default that stands with it.
type Limits struct {
	// PerSecond is how many questions a second one server gets; 2.
	PerSecond float64
	// Connections is how many questions may be under way to one server; 2.
	Connections int
	// Tries is how often a question is put before it is given up: after lost
	// connections, errors of the server, and requests to wait; 4.
	Tries int
	// Pause is the wait before the second try. It doubles with each further one and is
	// varied at random by half; 500 ms.
	Pause time.Duration
	// Deadline is for all questions about one address or domain together, the waiting
	// for the servers included; 3 minutes.
	Deadline time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.PerSecond <= 0 {
		l.PerSecond = 2
	}
	if l.Connections <= 0 {
		l.Connections = 2
	}
	if l.Tries <= 0 {
		l.Tries = 4
	}
	if l.Pause <= 0 {
		l.Pause = 500 * time.Millisecond
	}
	if l.Deadline <= 0 {
		l.Deadline = 3 * time.Minute
	}
	return l
}

const (
	// A server that failed circuitFailures times running is left alone for circuitRest,
	// then tried again; one more failure shuts it out anew.
	circuitFailures = 5
	circuitRest     = time.Minute

	// defaultWait is kept after a request to wait that names no time, and maxWait is the
	// longest that is believed.
	defaultWait = time.Minute
	maxWait     = 24 * time.Hour
)

// waitError says that a question was not put because the server asked for rest.
type waitError struct {
	server string
	until  time.Time
}

func (e *waitError) Error() string {
	return fmt.Sprintf("not asked: %s wants no question before %s", e.server, stamp(e.until))
}

// circuitError says that a question was not put because the server kept failing.
type circuitError struct {
	server string
	until  time.Time
}

func (e *circuitError) Error() string {
	return fmt.Sprintf("not asked: %s failed %d times running and is left alone until %s", e.server, circuitFailures, stamp(e.until))
}

// errNoTurn says that the deadline would pass before the server may be asked.
var errNoTurn = fmt.Errorf("no turn to ask before the deadline: %w", context.DeadlineExceeded)

// gatekeeper keeps the gate of every server. It is safe for concurrent use.
type gatekeeper struct {
	limits Limits
	clock  func() time.Time // the time by which servers rest, never that of a case
	cache  *Cache           // keeps the rest of servers from one run to the next; may be nil

	mu    sync.Mutex
	gates map[string]*gate
}

func newGatekeeper(l Limits, clock func() time.Time) *gatekeeper {
	return &gatekeeper{limits: l, clock: clock, gates: make(map[string]*gate)}
}

// gate gives the gate of a server, which the name tells from all others.
func (k *gatekeeper) gate(server string) *gate {
	return k.gateWith(server, k.limits.PerSecond, k.limits.Connections)
}

// gateWith gives the gate of a server that has limits of its own.
func (k *gatekeeper) gateWith(server string, perSecond float64, connections int) *gate {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.gates[server]
	if g == nil {
		g = &gate{
			server: server, clock: k.clock,
			slots: make(chan struct{}, connections),
			rate:  rate.NewLimiter(rate.Limit(perSecond), 1),
			cache: k.cache,
		}
		if k.cache != nil {
			g.rest = k.cache.rest(server)
		}
		k.gates[server] = g
	}
	return g
}

// gate lets questions through to one server: so many at once, so many a second, none
// while it rests, none while its circuit is open.
type gate struct {
	server string
	clock  func() time.Time
	slots  chan struct{}
	rate   *rate.Limiter
	cache  *Cache // may be nil

	mu       sync.Mutex
	rest     time.Time // no question before this time: the server said so
	failures int       // running
	open     time.Time // no question before this time: the circuit is open
}

// enter waits for the turn to put one question. If it returns nil, leave must be called.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := g.wait(ctx); err != nil {
		<-g.slots
		return err
	}
	return nil
}

func (g *gate) wait(ctx context.Context) error {
	for {
		until, err := g.blocked()
		if err != nil {
			return err
		}
		if until.IsZero() {
			return g.pass(ctx)
		}
		pause := until.Sub(g.clock())
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
			return &waitError{g.server, until}
		}
		// Not all at the very moment at which the server may be asked again.
		if err := sleep(ctx, pause+rand.N(min(pause/10+1, time.Second))); err != nil {
			return err
		}
	}
}

// pass keeps the rate. While it waited the server may have asked for rest: then again.
func (g *gate) pass(ctx context.Context) error {
	if err := g.rate.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errNoTurn
	}
	if until, err := g.blocked(); err != nil || !until.IsZero() {
		return g.wait(ctx)
	}
	return nil
}

// blocked tells until when the server rests, zero if it does not, and an error if its
// circuit is open. After the circuit's rest questions go through again, on trial.
func (g *gate) blocked() (time.Time, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	if g.failures >= circuitFailures {
		if now.Before(g.open) {
			return time.Time{}, &circuitError{g.server, g.open}
		}
		g.open = now.Add(circuitRest)
		g.failures = circuitFailures - 1 // one more failure opens it again
	}
	if now.Before(g.rest) {
		return g.rest, nil
	}
	return time.Time{}, nil
}

// leave ends a question. Any answer, be it a refusal, shows that the server works.
func (g *gate) leave(answered bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	<-g.slots
	if answered {
		g.failures = 0
		return
	}
	if g.failures++; g.failures == circuitFailures {
		g.open = g.clock().Add(circuitRest)
	}
}

// abandon ends a question that the user's side broke off, which says nothing of the server.
func (g *gate) abandon() { <-g.slots }

// restUntil keeps questions back until t, at most a day.
func (g *gate) restUntil(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if latest := g.clock().Add(maxWait); t.After(latest) {
		t = latest
	}
	if !t.After(g.rest) {
		return
	}
	g.rest = t
	if g.cache != nil {
		g.cache.keepRest(g.server, t)
	}
}

// resting tells until when the server asked for rest, if it still does.
func (g *gate) resting() (time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rest, g.clock().Before(g.rest)
}

// tries puts a question until it is answered for good, as the limits allow. try returns
// whether one more try may help.
func (k *gatekeeper) tries(ctx context.Context, try func() (again bool)) (count int) {
	pause := k.limits.Pause
	for count = 1; ; count++ {
		if !try() || count >= k.limits.Tries {
			return count
		}
		if sleep(ctx, pause/2+rand.N(pause)) != nil {
			return count
		}
		pause *= 2
	}
}

// sleep waits, and ends at once with ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isGateError reports whether err kept a question from being put at all.
func isGateError(err error) bool {
	var wait *waitError
	var circuit *circuitError
	return errors.As(err, &wait) || errors.As(err, &circuit) || errors.Is(err, errNoTurn)
}

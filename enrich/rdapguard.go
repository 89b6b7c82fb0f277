package enrich

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxBody      = 1 << 20 // bytes of one answer, after decompression
	maxRedirects = 5
)

// guard is the transport of every RDAP request. It lets requests out only to the
// registries and to the servers that the settings name, lets each server be asked no
// harder than its gate allows, and bounds what is read.
type guard struct {
	base      http.RoundTripper
	named     map[Registry]*url.URL  // the base URLs that settings name
	bootstrap *url.URL               // that of IANA's files, nil if they are not asked for
	allowed   func(host string) bool // hosts beside the registries' own; nil for none
	keeper    *gatekeeper
}

// origin is the scheme, host and port of a URL: two that differ in any are two servers.
func origin(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// hostError says that a request was not sent because of where it would have gone.
type hostError struct{ to string }

func (e *hostError) Error() string {
	return fmt.Sprintf("not followed: %q is not https at a registry's host", e.to)
}

var (
	errTooLarge  = fmt.Errorf("the answer is larger than %d bytes", maxBody)
	errRedirects = errors.New("too many redirects")
)

// isGuardError reports whether err comes from the guard, and not from the server.
func isGuardError(err error) bool {
	var host *hostError
	return errors.As(err, &host) || isGateError(err) || errors.Is(err, errTooLarge) || errors.Is(err, errRedirects)
}

// check allows https to the registries' hosts at the usual port, and exactly those
// servers that the settings name. Nothing else: an answer may point anywhere, at the
// user's own network too.
func (g *guard) check(u *url.URL) error {
	if u.User == nil && (g.namedOf(u) != "" || g.bootstrap != nil && origin(g.bootstrap) == origin(u)) {
		return nil
	}
	port := u.Port()
	host := strings.ToLower(u.Hostname())
	if u.Scheme == "https" && (rdapHosts[host] != "" || g.allowed != nil && g.allowed(host)) && u.User == nil && (port == "" || port == "443") {
		return nil
	}
	return &hostError{to: clip(origin(u))}
}

func (g *guard) checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	return g.check(req.URL)
}

// nameOf names who runs the server of a URL.
func (g *guard) nameOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return firstOf(string(g.namedOf(u)), rdapHosts[strings.ToLower(u.Hostname())], u.Hostname())
}

// namedOf is the registry for which the settings name the server of u; empty if for none.
// One server may stand for several: the longest base URL that u begins with counts.
func (g *guard) namedOf(u *url.URL) Registry {
	var best Registry
	longest := -1
	for _, registry := range slices.Sorted(maps.Keys(g.named)) {
		base := g.named[registry]
		if origin(base) != origin(u) {
			continue
		}
		length := 0
		if strings.HasPrefix(u.Path, base.Path) {
			length = len(base.Path)
		}
		if length > longest {
			best, longest = registry, length
		}
	}
	return best
}

// RoundTrip implements http.RoundTripper. Each request waits for its turn at the gate of
// its server and has rdapTimeout from then on, its body included.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.check(req.URL); err != nil {
		return nil, err
	}
	gate := g.keeper.gate(origin(req.URL))
	if err := gate.enter(req.Context()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(req.Context(), rdapTimeout)
	end := func(answered bool) {
		cancel()
		if !answered && req.Context().Err() != nil {
			gate.abandon()
			return
		}
		gate.leave(answered)
	}
	returned := false
	defer func() {
		if !returned { // it panicked, which do makes an error: the gate must not stay taken
			end(false)
		}
	}()
	resp, err := g.base.RoundTrip(req.WithContext(ctx))
	returned = true
	if err != nil {
		end(false)
		return nil, err
	}
	noteWait(gate, resp)
	resp.Body = &cappedBody{body: resp.Body, left: maxBody, end: end, answered: resp.StatusCode < 500}
	return resp, nil
}

// waiting tells until when the server of a URL asked for rest, if it still does.
func (g *guard) waiting(rawURL string) (time.Time, bool) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return time.Time{}, false
	}
	return g.keeper.gate(origin(u)).resting()
}

// noteWait has the gate keep the rest that a server asks for: after a 429, and after a
// 503 that names a time.
func noteWait(gate *gate, resp *http.Response) {
	now := gate.clock()
	until, ok := retryAfter(resp.Header.Get("Retry-After"), now)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests && !ok:
		gate.restUntil(now.Add(defaultWait))
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable && ok:
		gate.restUntil(until)
	}
}

// retryAfter reads a Retry-After field (RFC 9110 section 10.2.3): seconds or a date.
func retryAfter(value string, now time.Time) (time.Time, bool) {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return now.Add(time.Duration(seconds) * time.Second), true
	}
	if t, err := http.ParseTime(value); err == nil {
		return t, true
	}
	return time.Time{}, false
}

// cappedBody ends with errTooLarge instead of the byte that is one too many. Closing it
// ends the question at the gate.
type cappedBody struct {
	body     io.ReadCloser
	left     int
	answered bool
	once     sync.Once
	end      func(answered bool)
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		// Only now is it known whether the body was just full or too large.
		var one [1]byte
		n, err := b.body.Read(one[:])
		if n > 0 {
			return 0, errTooLarge
		}
		return 0, b.failed(err)
	}
	if len(p) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= n
	return n, b.failed(err)
}

// failed notes an answer that broke off.
func (b *cappedBody) failed(err error) error {
	if err != nil && err != io.EOF {
		b.answered = false
	}
	return err
}

// Close implements io.Closer.
func (b *cappedBody) Close() error {
	err := b.body.Close()
	b.once.Do(func() { b.end(b.answered) })
	return err
}

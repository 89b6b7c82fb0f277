package enrich

import (
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
	// defaultWait is kept after a 429 that names no time, and maxWait is the longest
	// that is believed.
	defaultWait = time.Minute
	maxWait     = 24 * time.Hour
)

// guard is the transport of every RDAP request. It lets requests out only to the
// registries and to the servers that the settings name, keeps away from a server that
// asked for rest, and bounds what is read.
type guard struct {
	base  http.RoundTripper
	named map[Registry]*url.URL // the base URLs that settings name
	now   func() time.Time

	mu    sync.Mutex
	waits map[string]time.Time // origin -> when it may be asked again
}

// origin is the scheme, host and port of a URL: two that differ in any are two servers.
func origin(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// hostError says that a request was not sent because of where it would have gone.
type hostError struct{ to string }

func (e *hostError) Error() string {
	return fmt.Sprintf("not followed: %q is not https at a registry's host", e.to)
}

// waitError says that a request was not sent because the server asked for rest.
type waitError struct {
	host  string
	until time.Time
}

func (e *waitError) Error() string {
	return fmt.Sprintf("not asked: %s wants no question before %s", e.host, stamp(e.until))
}

var (
	errTooLarge  = fmt.Errorf("the answer is larger than %d bytes", maxBody)
	errRedirects = errors.New("too many redirects")
)

// isGuardError reports whether err comes from the guard, and not from the server.
func isGuardError(err error) bool {
	var host *hostError
	var wait *waitError
	return errors.As(err, &host) || errors.As(err, &wait) || errors.Is(err, errTooLarge) || errors.Is(err, errRedirects)
}

// check allows https to the registries' hosts at the usual port, and exactly those
// servers that the settings name. Nothing else: an answer may point anywhere, at the
// user's own network too.
func (g *guard) check(u *url.URL) error {
	if u.User == nil && g.namedOf(u) != "" {
		return nil
	}
	port := u.Port()
	if u.Scheme == "https" && rdapHosts[strings.ToLower(u.Hostname())] != "" && u.User == nil && (port == "" || port == "443") {
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

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.check(req.URL); err != nil {
		return nil, err
	}
	if until, ok := g.waiting(req.URL.String()); ok {
		return nil, &waitError{host: req.URL.Host, until: until}
	}
	resp, err := g.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	g.noteWait(req.URL, resp)
	resp.Body = &cappedBody{body: resp.Body, left: maxBody}
	return resp, nil
}

// waiting tells until when the server of a URL asked for rest, if it still does.
func (g *guard) waiting(rawURL string) (time.Time, bool) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return time.Time{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	until, ok := g.waits[origin(u)]
	return until, ok && g.now().Before(until)
}

// noteWait remembers the rest that a server asks for: after a 429, and after a 503 that
// names a time.
func (g *guard) noteWait(u *url.URL, resp *http.Response) {
	now := g.now()
	until, ok := retryAfter(resp.Header.Get("Retry-After"), now)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests && !ok:
		until = now.Add(defaultWait)
	case resp.StatusCode == http.StatusTooManyRequests:
	case resp.StatusCode == http.StatusServiceUnavailable && ok:
	default:
		return
	}
	if latest := now.Add(maxWait); until.After(latest) {
		until = latest
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waits[origin(u)] = until
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

// cappedBody ends with errTooLarge instead of the byte that is one too many.
type cappedBody struct {
	body io.ReadCloser
	left int
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		// Only now is it known whether the body was just full or too large.
		var one [1]byte
		n, err := b.body.Read(one[:])
		if n > 0 {
			return 0, errTooLarge
		}
		return 0, err
	}
	if len(p) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= n
	return n, err
}

func (b *cappedBody) Close() error { return b.body.Close() }

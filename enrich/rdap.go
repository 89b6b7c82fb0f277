package enrich

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/openrdap/rdap"
)

// rdapBases are the base URLs of the registries' RDAP services, for where IANA's bootstrap
// files (RFC 9224) are not asked for or not to be had.
var rdapBases = map[Registry]string{
	AFRINIC: "https://rdap.afrinic.net/rdap/",
	APNIC:   "https://rdap.apnic.net/",
	ARIN:    "https://rdap.arin.net/registry/",
	LACNIC:  "https://rdap.lacnic.net/rdap/",
	RIPENCC: "https://rdap.db.ripe.net/",
}

// rdapHosts are the hosts to which a registry may pass a question on, and the names of
// those who run them: each other, and the national registries below APNIC and LACNIC.
var rdapHosts = map[string]string{
	"data.iana.org":        "IANA",
	"rdap.afrinic.net":     string(AFRINIC),
	"rdap.apnic.net":       string(APNIC),
	"rdap.arin.net":        string(ARIN),
	"rdap.lacnic.net":      string(LACNIC),
	"rdap.db.ripe.net":     string(RIPENCC),
	"rdap.registro.br":     "NIC.br",
	"cnnic.rdap.apnic.net": "CNNIC",
	"idnic.rdap.apnic.net": "IDNIC",
	"jpnic.rdap.apnic.net": "JPNIC",
	"krnic.rdap.apnic.net": "KRNIC",
	"twnic.rdap.apnic.net": "TWNIC",
}

const (
	rdapTimeout   = 10 * time.Second // for one question, redirects and body included
	rdapUserAgent = "relaytrace"
)

// rdapClient asks the registries over RDAP (RFC 9082, RFC 9083).
type rdapClient struct {
	bases  map[Registry]*url.URL
	http   *http.Client
	guard  *guard
	boot   *bootstrap // nil: the table says whom to ask
	keeper *gatekeeper
	now    func() time.Time
}

func newRDAPClient(override map[string]string, client *http.Client, keeper *gatekeeper, now func() time.Time) (*rdapClient, error) {
	c := &rdapClient{bases: make(map[Registry]*url.URL), keeper: keeper, now: now}
	c.guard = &guard{base: http.DefaultTransport, named: make(map[Registry]*url.URL), keeper: keeper}
	for registry, base := range rdapBases {
		c.bases[registry], _ = url.Parse(base)
	}
	for name, base := range override {
		registry := Registry(name)
		if rdapBases[registry] == "" {
			return nil, fmt.Errorf("RDAP base URL for %q: no such registry (AFRINIC, APNIC, ARIN, LACNIC, RIPE NCC)", name)
		}
		u, err := parseBase(base)
		if err != nil {
			return nil, fmt.Errorf("RDAP base URL for %s: %w", name, err)
		}
		c.bases[registry] = u
		c.guard.named[registry] = u
	}
	c.http = &http.Client{Transport: c.guard, CheckRedirect: c.guard.checkRedirect}
	if client != nil {
		c.http.Timeout = client.Timeout
		if client.Transport != nil {
			c.guard.base = client.Transport
		}
	}
	return c, nil
}

// parseBase checks a base URL that the settings give.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, err
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q is not a plain URL of a server", base)
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u):
		return u, nil
	}
	return nil, fmt.Errorf("%q is not https (http is for loopback only)", base)
}

func isLoopback(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.Unmap().IsLoopback() || u.Hostname() == "localhost"
}

// maxAbove is how many networks above the first are asked about at most.
const maxAbove = 3

// fill asks about the network of r.Address, then about those above it while no holder or
// no abuse contact is known, and writes what was learnt into r. It returns the name of
// the registry that described the network; empty if none did.
func (c *rdapClient) fill(ctx context.Context, r *Record) (by string) {
	chosen := c.choose(ctx, r)
	first := func() *rdap.Request {
		base := chosen // openrdap changes the URL that it is given
		return rdap.NewRequest(rdap.IPRequest, r.Address.String()).WithServer(&base)
	}
	answer, lookup := c.askNetwork(ctx, first, r.Address)
	r.Lookups = append(r.Lookups, lookup)
	if answer == nil {
		return ""
	}
	by = c.guard.nameOf(firstOf(lookup.AnsweredBy, lookup.Server))
	if answer.placeholder {
		// Not even its handle goes into the record: two strangers would seem to share it.
		r.note(answer.notes[0].Code, answer.notes[0].Text)
		return by
	}
	r.Network = &answer.network
	c.addAnswer(r, answer, lookup, false)
	for range maxAbove {
		if answer.up == nil || hasAbuse(r.Contacts) && r.holderKnown() {
			return by
		}
		up := answer.up
		answer, lookup = c.askNetwork(ctx, func() *rdap.Request { return rdap.NewRawRequest(up) }, r.Address)
		r.Lookups = append(r.Lookups, lookup)
		if answer == nil || answer.placeholder || answer.network.width() <= r.Network.width() {
			return by
		}
		c.addAnswer(r, answer, lookup, true)
		if r.Parent == nil || !r.holderKnown() {
			r.Parent = &answer.network
		}
	}
	return by
}

// holderKnown reports whether the network or the one above names its holder.
func (r *Record) holderKnown() bool { name, _ := r.Holder(); return name != "" }

// addAnswer adds to r what an answer says, with its source.
func (c *rdapClient) addAnswer(r *Record, a *netAnswer, l Lookup, above bool) {
	by := firstOf(l.AnsweredBy, l.Server)
	name := c.guard.nameOf(by)
	source := "RDAP of " + name + ", " + by
	a.network.Source, a.network.Asked = source, l.Asked
	if l.AnsweredBy != "" && name != string(r.Registry) {
		r.note("passed-on", fmt.Sprintf("%s passed the question on to %s, which answered.", r.Registry, name))
	}
	if code := a.network.Country; code != "" && !above {
		r.Countries = append(r.Countries, Country{
			Code: code, Source: source, Date: l.Asked[:len("2006-01-02")], Note: regionNote(code, r.Registry),
		})
	}
	for _, n := range a.notes {
		r.note(n.Code, n.Text)
	}
	for _, contact := range a.contacts {
		contact.Scope, contact.Source, contact.Asked = a.network.Scope(), source, l.Asked
		contact.rule(viaRDAP, above)
		if !hasContact(r.Contacts, contact.Email) {
			r.Contacts = append(r.Contacts, contact)
		}
	}
}

func hasContact(list []Contact, email string) bool {
	for _, c := range list {
		if strings.EqualFold(c.Email, email) {
			return true
		}
	}
	return false
}

// askNetwork asks about a network. The answer is nil unless the outcome is ok; it then
// describes a network that holds addr.
func (c *rdapClient) askNetwork(ctx context.Context, req func() *rdap.Request, addr netip.Addr) (answer *netAnswer, l Lookup) {
	l = c.ask(ctx, req, func(object any) (err error) {
		answer, err = readAnswer(object, addr)
		return err
	})
	return answer, l
}

// ask puts a question until it is answered, as the limits allow, and says how it ended.
// read reads the object that openrdap decoded; the outcome is ok if it returns no error.
func (c *rdapClient) ask(ctx context.Context, req func() *rdap.Request, read func(object any) error) (l Lookup) {
	timeouts := 0
	n := c.keeper.tries(ctx, func() (again bool) {
		l, again = c.askOnce(ctx, req(), read)
		if l.Outcome == OutcomeTimeout {
			timeouts++
		}
		return again && timeouts < 2 && ctx.Err() == nil
	})
	l.attempts(n)
	return l
}

// askOnce puts a question once. again says whether it may be answered at another time.
func (c *rdapClient) askOnce(ctx context.Context, req *rdap.Request, read func(object any) error) (l Lookup, again bool) {
	l = Lookup{Kind: "rdap", Server: clip(req.URL().String()), Asked: stamp(c.now())}
	resp, err := c.do(req.WithContext(ctx))
	l.Asked = stamp(c.now())

	var got *rdap.HTTPResponse
	if resp != nil && len(resp.HTTP) > 0 {
		got = resp.HTTP[0]
		l.keep(got)
		if got.Error != nil {
			err = got.Error
		}
	}
	if until, ok := c.guard.waiting(firstOf(l.AnsweredBy, l.Server)); ok {
		l.RetryAfter = stamp(until)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		l.fail(ctx.Err())
		return l, false
	case got == nil || got.Response == nil || isGuardError(err):
		l.fail(firstError(err, errors.New("no answer")))
		return l, !isGuardError(err)
	case l.judgeStatus(got.Response):
		return l, l.Outcome == OutcomeRateLimited || got.Response.StatusCode >= 500
	case err != nil:
		l.fail(describeBody(got, err))
		// A body that broke off may come whole another time; a page for people stays one.
		return l, strings.Contains(got.Response.Header.Get("Content-Type"), "json")
	}
	if err = read(resp.Object); err != nil {
		l.fail(err)
		return l, false
	}
	l.Outcome = OutcomeOK
	return l, false
}

// do runs the request with a client of its own, since openrdap's clients are not safe
// to share. The answer is hostile: a panic inside the library becomes an error.
func (c *rdapClient) do(req *rdap.Request) (resp *rdap.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, fmt.Errorf("the answer could not be read: %v", p)
		}
	}()
	client := rdap.Client{HTTP: c.http, UserAgent: rdapUserAgent}
	return client.Do(req)
}

// keep puts the bytes of the answer into the look-up, and who gave them.
func (l *Lookup) keep(got *rdap.HTTPResponse) {
	if len(got.Body) > 0 {
		l.keepRaw(got.Body)
	}
	if got.Response == nil {
		return
	}
	l.Status = got.Response.StatusCode
	if req := got.Response.Request; req != nil && req.URL != nil {
		if by := clip(req.URL.String()); by != l.Server {
			l.AnsweredBy = by
		}
	}
}

// judgeStatus settles the outcome if the HTTP status does (RFC 7480 section 5), and
// reports whether it did.
func (l *Lookup) judgeStatus(resp *http.Response) bool {
	code := resp.StatusCode
	switch {
	case code == http.StatusNotFound:
		l.Outcome = OutcomeNotFound
	case code == http.StatusTooManyRequests:
		l.Outcome, l.Error = OutcomeRateLimited, "the server limits the rate of questions (HTTP 429)"
	case code >= 400 && code <= 499:
		l.Outcome, l.Error = OutcomeRefused, fmt.Sprintf("the server declined the question (HTTP %d)", code)
	case code < 200 || code > 299:
		l.Outcome, l.Error = OutcomeFailed, fmt.Sprintf("the server failed (HTTP %d)", code)
	case code == http.StatusNoContent:
		l.Outcome, l.Error = OutcomeFailed, "the answer is empty (HTTP 204)"
	default:
		return false
	}
	return true
}

// fail settles the outcome after an error.
func (l *Lookup) fail(err error) {
	var netErr net.Error
	var wait *waitError
	var circuit *circuitError
	var status *statusError
	var urlErr *url.Error
	switch {
	case errors.As(err, &wait):
		l.Outcome, l.RetryAfter, err = OutcomeRateLimited, stamp(wait.until), wait
	case errors.As(err, &circuit):
		l.Outcome, l.RetryAfter, err = OutcomeFailed, stamp(circuit.until), circuit
	case errors.Is(err, errNoTurn):
		l.Outcome, err = OutcomeTimeout, errors.New("not asked: no turn before the deadline")
	case errors.As(err, &status):
		l.Outcome = status.outcome
	case errors.Is(err, context.Canceled):
		l.Outcome, err = OutcomeFailed, errors.New("the look-up was cancelled")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		l.Outcome, err = OutcomeTimeout, errors.New("no full answer in time")
	default:
		l.Outcome = OutcomeFailed
	}
	if errors.As(err, &urlErr) { // the URL stands in the look-up already
		err = urlErr.Err
	}
	if l.Outcome != OutcomeNotFound {
		l.Error = clip(err.Error())
	}
}

// describeBody words what is wrong with a body that could not be read as RDAP.
func describeBody(got *rdap.HTTPResponse, err error) error {
	if len(got.Body) == 0 {
		return fmt.Errorf("the answer is empty (HTTP %d)", got.Response.StatusCode)
	}
	kind := got.Response.Header.Get("Content-Type")
	if kind != "" && !strings.Contains(kind, "json") && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the answer is not RDAP (content type %q)", clip(kind))
	}
	return fmt.Errorf("the answer cannot be read: %w", err)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

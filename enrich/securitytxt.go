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
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// maxSecurityTxt bounds the file; RFC 9116 section 5.5 lets readers stop at 32 KiB.
const maxSecurityTxt = 32 << 10

// SecurityTxt is the file in which an organisation says where to report security matters
// (RFC 9116). Lists are never null in JSON.
type SecurityTxt struct {
	// Domain that was asked about.
	Domain string `json:"domain"`
	// Outcome is ok if there is a file with a contact, and not found if there is none.
	Outcome Outcome `json:"outcome"`
	// URL that gave the file.
	URL string `json:"url,omitempty"`
	// Contacts as the file gives them, the preferred first: mailto:, tel: and https: URIs.
	Contacts []string `json:"contacts"`
	// Emails are the addresses of the mailto: contacts.
	Emails []string `json:"emails"`
	// Expires is when the file is no longer to be used, RFC 3339 in UTC; empty if it does
	// not say, which it must.
	Expires string `json:"expires,omitempty"`
	// Expired is true if it was no longer to be used when it was fetched.
	Expired bool `json:"expired"`
	// Lookups are the questions asked, in order, and how each ended.
	Lookups []Lookup `json:"lookups"`
}

// SecurityTxt fetches the security.txt of a domain over https: from /.well-known/, else from
// the top. It is meant for one's own domains: the web server of the domain is asked, and no
// other; redirects count only within the registrable domain. Nobody is asked offline, and
// the outcome is then empty.
func (e *Enricher) SecurityTxt(ctx context.Context, domain string) SecurityTxt {
	s := SecurityTxt{Domain: hostName(domain), Contacts: []string{}, Emails: []string{}, Lookups: []Lookup{}}
	if e.offline || e.web == nil || !IsDomain(domain) {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.Deadline)
	defer cancel()
	for _, u := range e.web.places(s.Domain) {
		text, l := e.web.get(ctx, s.Domain, u)
		if l.Outcome == OutcomeOK {
			s.URL = firstOf(l.AnsweredBy, l.Server)
			if err := s.read(text, e.now()); err != nil {
				l.fail(err)
			}
		}
		s.Lookups = append(s.Lookups, l)
		s.Outcome = l.Outcome
		if l.Outcome != OutcomeNotFound {
			break
		}
	}
	return s
}

// read reads the fields of the file, signed (RFC 9580 section 7) or not.
func (s *SecurityTxt) read(text string, now time.Time) error {
	signed := strings.HasPrefix(text, "-----BEGIN PGP SIGNED MESSAGE-----")
	if signed {
		_, text, _ = strings.Cut(strings.ReplaceAll(text, "\r", ""), "\n\n")
	}
	for line := range strings.Lines(text) {
		if signed && strings.HasPrefix(line, "-----BEGIN PGP SIGNATURE-----") {
			break
		}
		if signed {
			line = strings.TrimPrefix(line, "- ")
		}
		key, value, ok := attribute(strings.TrimSpace(line))
		value = oneLine(value)
		switch {
		case !ok || len(s.Contacts) == maxWHOISValues:
		case key == "contact" && value != "":
			s.Contacts = append(s.Contacts, value)
			if email, ok := cleanEmail(value); ok && !slices.Contains(s.Emails, email) {
				s.Emails = append(s.Emails, email)
			}
		case key == "expires" && s.Expires == "":
			if t, err := time.Parse(time.RFC3339, strings.ToUpper(value)); err == nil {
				s.Expires, s.Expired = stamp(t), !now.Before(t)
			}
		}
	}
	if len(s.Contacts) == 0 {
		return errors.New("the file names no contact")
	}
	return nil
}

// webClient fetches small files from web servers of one's own.
type webClient struct {
	transport http.RoundTripper
	instead   map[string]*url.URL // domain -> the URL of its file, from the settings
	keeper    *gatekeeper
	now       func() time.Time
}

// newWebClient uses the transport that is given, else one of its own that finds hosts by the
// resolver and connects to public addresses only. It is nil if there is neither.
func newWebClient(given *http.Client, instead map[string]string, r *resolver, keeper *gatekeeper, now func() time.Time) (*webClient, error) {
	c := &webClient{instead: make(map[string]*url.URL), keeper: keeper, now: now}
	for domain, to := range instead {
		u, err := parseBase(to)
		if err != nil || !IsDomain(domain) {
			return nil, fmt.Errorf("security.txt of %q: %q is not https (http is for loopback only), or that is no domain", domain, to)
		}
		c.instead[hostName(domain)] = u
	}
	switch {
	case given != nil && given.Transport != nil:
		c.transport = given.Transport
	case r != nil || len(instead) > 0:
		d := webDialer{resolver: r}
		c.transport = &http.Transport{DialContext: d.dial, DisableKeepAlives: true, TLSHandshakeTimeout: rdapTimeout}
	default:
		return nil, nil
	}
	return c, nil
}

// places are the URLs at which the file may stand (RFC 9116 section 3), or the one that the
// settings name.
func (c *webClient) places(domain string) []*url.URL {
	if u := c.instead[domain]; u != nil {
		return []*url.URL{u}
	}
	return []*url.URL{
		{Scheme: "https", Host: domain, Path: "/.well-known/security.txt"},
		{Scheme: "https", Host: domain, Path: "/security.txt"},
	}
}

// check allows https at the usual port to hosts of the same registrable domain, and the URL
// that the settings name.
func (c *webClient) check(domain string, u *url.URL) error {
	if named := c.instead[domain]; named != nil && origin(named) == origin(u) && u.User == nil {
		return nil
	}
	port := u.Port()
	own, err := publicsuffix.EffectiveTLDPlusOne(domain)
	host := hostName(u.Hostname())
	if err == nil && u.Scheme == "https" && u.User == nil && (port == "" || port == "443") && (host == own || strings.HasSuffix(host, "."+own)) {
		return nil
	}
	return &strangeHostError{clip(origin(u))}
}

// strangeHostError says that a redirect was not followed because of where it led.
type strangeHostError struct{ to string }

func (e *strangeHostError) Error() string {
	return fmt.Sprintf("not followed: %q is not https at a host of the domain", e.to)
}

// get fetches one file. The outcome is ok only for a text of a size that may be.
func (c *webClient) get(ctx context.Context, domain string, u *url.URL) (string, Lookup) {
	l := Lookup{Kind: "https", Server: clip(u.String()), Asked: stamp(c.now())}
	gate := c.keeper.gate(origin(u))
	if err := gate.enter(ctx); err != nil {
		l.fail(err)
		return "", l
	}
	one, cancel := context.WithTimeout(ctx, rdapTimeout)
	defer cancel()
	body, resp, err := c.fetch(one, domain, u)
	l.Asked = stamp(c.now())
	if ctx.Err() != nil {
		gate.abandon()
		l.fail(ctx.Err())
		return "", l
	}
	gate.leave(err == nil || resp != nil)
	if resp != nil {
		l.Status = resp.StatusCode
		if by := clip(resp.Request.URL.String()); by != l.Server {
			l.AnsweredBy = by
		}
		noteWait(gate, resp)
	}
	if len(body) > 0 {
		l.keepRaw(body)
	}
	switch {
	case err != nil:
		l.fail(err)
	case resp.StatusCode == http.StatusGone:
		l.Outcome = OutcomeNotFound
	case l.judgeStatus(resp):
	case !strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/plain"):
		// Many sites answer every path with a page of theirs.
		l.Outcome = OutcomeNotFound
	default:
		l.Outcome = OutcomeOK
	}
	return string(body), l
}

func (c *webClient) fetch(ctx context.Context, domain string, u *url.URL) ([]byte, *http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", rdapUserAgent)
	client := http.Client{Transport: c.transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		return c.check(domain, req.URL)
	}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSecurityTxt+1))
	if len(body) > maxSecurityTxt {
		return body[:maxSecurityTxt], resp, fmt.Errorf("the answer is larger than %d bytes", maxSecurityTxt)
	}
	return body, resp, err
}

// webDialer connects to what the resolver says a host is, if that is a public address: a
// name that leads inside must not have a machine there asked.
type webDialer struct{ resolver *resolver }

func (d webDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsLoopback() {
		var dialer net.Dialer // only the settings can name it, see check
		return dialer.DialContext(ctx, network, address)
	}
	if d.resolver == nil {
		return nil, &targetError{"no resolver is set that finds " + host}
	}
	errs := []error{&targetError{host + " leads to no public address"}}
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		msg, l := d.resolver.ask(ctx, host, kind)
		if l.Outcome != OutcomeOK {
			continue
		}
		for _, addr := range addressesOf(msg) {
			if _, special := SpecialOf(addr); special {
				continue
			}
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), port))
			if err == nil {
				return conn, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, errs[len(errs)-1]
}

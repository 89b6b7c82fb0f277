package enrich

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gaissmai/bart"
)

// BootstrapURL is where IANA publishes which registry has which block (RFC 9224).
const BootstrapURL = "https://data.iana.org/rdap/"

const (
	// IANA's files change a few times a year.
	ageBootstrap = 7 * 24 * time.Hour
	// A bootstrap that could not be had is not tried again for so long.
	restBootstrap = time.Hour
	// A file with fewer blocks is not IANA's, whatever it says.
	leastBlocks = 20
)

// bootstrap says by IANA's files which registry to ask first. Without them the table of
// [RegistryOf] does. It is safe for concurrent use.
type bootstrap struct {
	base   *url.URL
	client *rdapClient
	cache  *Cache // nil: kept in memory only
	clock  func() time.Time

	mu    sync.Mutex
	files map[string]*bootstrapFile // "ipv4.json", "ipv6.json" and "dns.json"
}

// domainFile is the one that says which registry has the domains below a name.
const domainFile = "dns.json"

type bootstrapFile struct {
	table   bart.Table[*url.URL]
	domains map[string]*url.URL // top-level and other domains below which are registered
	until   time.Time           // not asked for again before
	problem string              // why the file could not be had; table may be an older one
}

func newBootstrap(base string, client *rdapClient, cache *Cache, clock func() time.Time) (*bootstrap, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, fmt.Errorf("bootstrap URL: %w", err)
	}
	return &bootstrap{base: u, client: client, cache: cache, clock: clock, files: make(map[string]*bootstrapFile)}, nil
}

// serviceOf gives the base URL of the registry's service for addr by IANA's file, nil if the
// file is not to be had or does not know the address. problem says why it is not.
func (b *bootstrap) serviceOf(ctx context.Context, addr netip.Addr) (base *url.URL, problem string) {
	name := "ipv4.json"
	if addr.Is6() {
		name = "ipv6.json"
	}
	f := b.file(ctx, name)
	base, _ = f.table.Lookup(addr)
	return base, f.problem
}

// domainServiceOf gives the base URL of the registry's service for a domain, likewise: that
// of the longest part of the domain that the file has (RFC 9224 section 4).
func (b *bootstrap) domainServiceOf(ctx context.Context, domain string) (base *url.URL, problem string) {
	f := b.file(ctx, domainFile)
	for part := domain; part != "" && base == nil; _, part, _ = strings.Cut(part, ".") {
		base = f.domains[part]
	}
	return base, f.problem
}

// isDomainHost reports whether a host is one that IANA's file names for domains.
func (b *bootstrap) isDomainHost(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.files[domainFile]
	if f == nil {
		return false
	}
	for _, u := range f.domains {
		if strings.EqualFold(u.Hostname(), host) {
			return true
		}
	}
	return false
}

// file gives a file as it is had: fetched, kept, or empty.
func (b *bootstrap) file(ctx context.Context, name string) *bootstrapFile {
	b.mu.Lock() // also while the file is fetched: nobody can be asked before
	defer b.mu.Unlock()
	f := b.files[name]
	if f == nil || !b.clock().Before(f.until) {
		f = b.load(ctx, name, f)
		if ctx.Err() == nil {
			b.files[name] = f
		}
	}
	return f
}

// load takes the file from the cache if it is young, else from IANA, else from the cache
// whatever its age, else what was had before.
func (b *bootstrap) load(ctx context.Context, name string, before *bootstrapFile) *bootstrapFile {
	key := b.base.String() + " " + name
	var kept []byte
	var stored time.Time
	if b.cache != nil {
		kept, stored = b.cache.document(key)
	}
	if f, err := b.read(name, kept); err == nil && b.clock().Before(stored.Add(ageBootstrap)) {
		f.until = stored.Add(ageBootstrap)
		return f
	}
	body, err := b.fetch(ctx, name)
	if err == nil {
		var f *bootstrapFile
		if f, err = b.read(name, body); err == nil {
			f.until = b.clock().Add(ageBootstrap)
			if b.cache != nil {
				b.cache.keepDocument(key, body, b.clock())
			}
			return f
		}
	}
	f, readErr := b.read(name, kept)
	switch {
	case readErr == nil:
	case before != nil:
		f = before
	default:
		f = &bootstrapFile{}
	}
	f.problem, f.until = clip(err.Error()), b.clock().Add(restBootstrap)
	return f
}

// fetch gets a file, through the guard of all RDAP requests.
func (b *bootstrap) fetch(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*rdapTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base.JoinPath(name).String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", rdapUserAgent)
	resp, err := b.client.http.Do(req)
	if err != nil {
		var urlErr *url.Error
		if errors.As(err, &urlErr) {
			err = urlErr.Err
		}
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered with HTTP %d", resp.StatusCode)
	}
	return io.ReadAll(resp.Body) // the guard bounds it
}

// read reads a file (RFC 9224 section 5). Services of addresses at hosts that are no registry's
// are left out: whoever changes the file must not have a stranger asked. Domains have many
// registries, of which IANA's file is the only list.
func (b *bootstrap) read(name string, body []byte) (*bootstrapFile, error) {
	var doc struct {
		Services [][][]string `json:"services"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, errors.New("the file is no bootstrap file")
	}
	f := &bootstrapFile{domains: make(map[string]*url.URL)}
	n := 0
	for _, service := range doc.Services {
		if len(service) != 2 {
			continue
		}
		for _, key := range service[0] {
			if name == domainFile {
				n++
				if base := usableDomainService(service[1]); base != nil {
					f.domains[strings.ToLower(key)] = base
				}
				continue
			}
			p, err := netip.ParsePrefix(key)
			if err != nil {
				continue
			}
			n++
			if base := b.usable(service[1]); base != nil {
				f.table.Insert(p.Masked(), base)
			}
		}
	}
	if n < leastBlocks {
		return nil, fmt.Errorf("the file has %d blocks only", n)
	}
	return f, nil
}

// usableDomainService picks the first URL that is https at a named host and the usual port.
func usableDomainService(urls []string) *url.URL {
	for _, s := range urls {
		u, err := url.Parse(s)
		if err == nil && u.Scheme == "https" && u.Port() == "" && u.User == nil && u.RawQuery == "" &&
			IsDomain(u.Hostname()) && strings.HasSuffix(u.Path, "/") {
			return u
		}
	}
	return nil
}

func (b *bootstrap) usable(urls []string) *url.URL {
	for _, s := range urls {
		u, err := url.Parse(s)
		if err == nil && strings.HasSuffix(u.Path, "/") && b.client.guard.check(u) == nil {
			return u
		}
	}
	return nil
}

// choose settles which registry r.Address is asked about first, and its base URL: one that
// the settings name, or IANA's, or the table's.
func (c *rdapClient) choose(ctx context.Context, r *Record) url.URL {
	if c.boot == nil {
		return *c.bases[r.Registry]
	}
	base, problem := c.boot.serviceOf(ctx, r.Address)
	if problem != "" {
		r.note("bootstrap-not-had", "IANA's list of registries could not be had ("+problem+"); an older one, or the table of "+RegistryTableDate+", says whom to ask.")
	}
	if base == nil {
		return *c.bases[r.Registry]
	}
	registry := Registry(c.guard.nameOf(base.String()))
	if _, ok := c.bases[registry]; !ok {
		return *c.bases[r.Registry]
	}
	if registry != r.Registry {
		r.note("registry-by-bootstrap", fmt.Sprintf("By IANA's list of today %s has the block; the table of %s has %s.", registry, RegistryTableDate, r.Registry))
		r.Registry = registry
	}
	if c.guard.named[registry] != nil {
		return *c.bases[registry]
	}
	return *base
}

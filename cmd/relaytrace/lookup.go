package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relaytrace/enrich"
	"relaytrace/render"
)

// noneSet is the value of a key by which the user does without.
const noneSet = "none"

// usualPlaces stands in geoip for the files that are found where their makers put them.
const usualPlaces = "usual"

// lookups are the settings of look-ups that a case does not show.
type lookups struct {
	rdap, whois map[string]string // registry -> server
	rdapDomains map[string]string // top-level domain -> server
	securityTxt map[string]string // domain -> URL
	bootstrap   string
	resolver    string
	checkMail   bool
	cache       string // folder; empty for the user's own
	addresses   []string
	domains     []string
}

// lookupsOf takes them from a settings file in the folder dir.
func lookupsOf(f *file, dir string) lookups {
	l := lookups{
		rdap: plain(f.RDAP), whois: plain(f.WHOIS), rdapDomains: plain(f.RDAPDomains), securityTxt: plain(f.SecurityTxt), resolver: f.Resolver.text, checkMail: f.CheckMail,
		cache: f.Cache.text, addresses: texts(f.Blocklists.Addresses), domains: texts(f.Blocklists.Domains),
	}
	l.bootstrap = f.Bootstrap.text
	if len(l.rdap) == 0 { // who names other servers does not want these asked beside them
		l.resolver = cmp.Or(l.resolver, "system")
		l.bootstrap = cmp.Or(l.bootstrap, enrich.BootstrapURL)
		l.addKnownLists()
	}
	if l.bootstrap == noneSet {
		l.bootstrap = ""
	}
	if l.resolver == noneSet {
		l.resolver = ""
	}
	if l.cache != "" && l.cache != noneSet && !filepath.IsAbs(l.cache) {
		l.cache = filepath.Join(dir, l.cache) // as seen from the settings file
	}
	return l
}

// addKnownLists takes the public blocklists where the settings name none. They are asked only
// by those who say so.
func (l *lookups) addKnownLists() {
	if len(l.addresses)+len(l.domains) > 0 {
		return
	}
	for _, known := range enrich.KnownLists() {
		if known.Domains {
			l.domains = append(l.domains, known.Zone)
			continue
		}
		l.addresses = append(l.addresses, known.Zone)
	}
}

func plain(m map[string]line) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = v.text
	}
	return out
}

// enricher opens what look-ups need. done closes it. Without a cache look-ups only take
// longer: what is wrong with it is told and stops nothing.
func (a *app) enricher(s settings, now func() time.Time, keep bool) (e *enrich.Enricher, done func(), err error) {
	var cache *enrich.Cache
	if keep {
		cache = a.openCache(s)
	}
	closeCache := func() {
		if cache == nil {
			return
		}
		if err := cache.Close(); err != nil {
			a.tell(err.Error(), "look-ups went on without it; relaytrace cache clear empties it")
		}
	}
	l := s.lookups
	resolver := l.resolver
	if s.Offline && resolver == "system" {
		resolver = ""
	}
	var geoip []string
	for _, name := range s.GeoIP {
		if name == usualPlaces {
			geoip = append(geoip, enrich.UsualGeoIP()...)
			continue
		}
		geoip = append(geoip, name)
	}
	e, err = enrich.New(enrich.Settings{
		Offline: s.Offline, GeoIP: geoip, RDAPBase: l.rdap, WHOIS: l.whois, RDAPDomains: l.rdapDomains, SecurityTxt: l.securityTxt, Bootstrap: l.bootstrap, Resolver: resolver, CheckMail: l.checkMail,
		AddressLists: l.addresses, DomainLists: l.domains, Cache: cache, Now: now,
	})
	if err != nil {
		closeCache()
		return nil, nil, hinted(err, "check geoip, rdap, whois, rdap_domains, security_txt, bootstrap, resolver and blocklists in the settings, and --geoip")
	}
	return e, func() {
		if err := e.Close(); err != nil {
			a.tell(err.Error(), "")
		}
		closeCache()
	}, nil
}

// openCache opens the cache of look-ups, nil if there is none to be had.
func (a *app) openCache(s settings) *enrich.Cache {
	dir, ok := a.cacheFolder(s)
	if !ok {
		return nil
	}
	c, err := enrich.OpenCache(dir)
	if err != nil {
		a.tell(err.Error(), "look-ups go on without it; set cache to another folder, or to \"none\"")
		return nil
	}
	if c.SetAside != "" {
		a.tell(c.Path+": was damaged, and is begun anew", "the damaged file is kept as "+c.SetAside)
	}
	return c
}

// cacheFolder is the one of the settings, or else one of the user's.
func (a *app) cacheFolder(s settings) (string, bool) {
	switch dir := s.lookups.cache; dir {
	case "":
	case noneSet:
		return "", false
	default:
		return dir, true
	}
	base := a.env("XDG_CACHE_HOME")
	home := a.env("HOME")
	switch {
	case runtime.GOOS == "windows":
		base = a.env("LocalAppData")
	case filepath.IsAbs(base):
	case home == "":
		return "", false
	case runtime.GOOS == "darwin":
		base = filepath.Join(home, "Library", "Caches")
	default:
		base = filepath.Join(home, ".cache")
	}
	return filepath.Join(base, "relaytrace"), base != ""
}

// lookupFlags are the flags of the verb lookup.
type lookupFlags struct {
	flags
	asJSON bool
	raw    bool
}

func (a *app) lookupVerb() *cobra.Command {
	var f lookupFlags
	c := &cobra.Command{
		Use:   "lookup [flags] ADDRESS|DOMAIN...",
		Short: "Say who answers for an address or a domain",
		Long: `lookup says who answers for each address: the network around it, who holds it, and whom to
write to, best first. For a domain it gives the mail exchangers and the addresses at which
its owner can be reached by convention.

Registries and your resolver are asked; the address itself is never contacted. Answers are
kept and used again: relaytrace cache tells of them.

The exit code is 0 when all questions were answered, 2 for wrong usage, and 3 when some
were not.`,
		Example: `  relaytrace lookup 193.0.0.1
  relaytrace lookup --json 193.0.0.1 2001:67c:2e8::1 | jq '.contacts[0].email'
  relaytrace lookup --raw 193.0.0.1 > answers.txt`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("no address named", "name addresses or domains; see "+c.CommandPath()+" --help")
			}
			return subjects(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if f.asJSON && f.raw {
				return usage("--json and --raw together", "give one of them")
			}
			s, err := a.settings(c, f.flags, nil)
			if err != nil {
				return err
			}
			return a.lookup(c.Context(), s, f, args)
		},
	}
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	c.Flags().StringArrayVar(&f.geoip, "geoip", nil, "read a GeoIP database of MaxMind or DB-IP from `FILE`, or from the usual places (repeat for more)")
	c.Flags().BoolVar(&f.offline, "offline", false, "ask nobody; answer from tables, files and what was kept")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print one relaytrace.record/1 document a line")
	c.Flags().BoolVar(&f.raw, "raw", false, "print the answers of the servers as they were received")
	return c
}

// lookup looks each subject up and prints it.
func (a *app) lookup(ctx context.Context, s settings, f lookupFlags, args []string) error {
	e, done, err := a.enricher(s, time.Now, true)
	if err != nil {
		return err
	}
	defer done()
	bar := a.newProgress("asking registries", len(args))
	defer bar.end()
	for i, arg := range args {
		r := lookupOne(ctx, e, arg)
		if err := ctx.Err(); err != nil {
			return err
		}
		bar.step()
		bar.end()
		for _, p := range lookupProblems(&r) {
			a.incomplete = true
			a.tell(arg+": "+p, "")
		}
		switch {
		case f.asJSON:
			if err := a.writeJSON(r); err != nil {
				return err
			}
		case f.raw:
			a.writeRaw(&r)
		default:
			if i > 0 {
				a.stdout.WriteString("\n")
			}
			a.writeRecord(arg, &r)
		}
		if err := a.stdout.Flush(); err != nil {
			return fmt.Errorf("standard output: %w", err)
		}
	}
	return nil
}

func lookupOne(ctx context.Context, e *enrich.Enricher, arg string) enrich.Record {
	if addr, err := netip.ParseAddr(arg); err == nil {
		return e.Lookup(ctx, addr)
	}
	return e.LookupDomain(ctx, arg)
}

// lookupProblems words the look-ups that brought no answer.
func lookupProblems(r *enrich.Record) []string {
	var out []string
	for _, l := range r.Lookups {
		if l.Outcome == enrich.OutcomeOK || l.Outcome == enrich.OutcomeNotFound {
			continue
		}
		server := l.Server
		if l.Question != "" {
			server += ", " + l.Question
		}
		out = append(out, fmt.Sprintf("%s of %s: %s: %s", l.Kind, server, l.Outcome, l.Error))
	}
	return out
}

// writeRecord writes what is known of one address or domain for people.
func (a *app) writeRecord(subject string, r *enrich.Record) {
	a.stdout.WriteString(render.Visible(subject) + "\n")
	var facts [][]string
	fact := func(name string, value ...string) {
		for i, v := range value {
			if i > 0 {
				name = ""
			}
			if v != "" {
				facts = append(facts, []string{name, render.Middle(render.Visible(v), 150)})
			}
		}
	}
	if r.Special != nil {
		fact("special", r.Special.Name+", "+r.Special.RFC)
	}
	holder, scope := r.Holder()
	if r.Network != nil {
		fact("network", strings.TrimSpace(r.Network.Scope()+" "+r.Network.Name))
		fact("registered", strings.Join(nonEmpty(day(r.Network.Registered), changed(r.Network.LastChanged)), ", "))
	}
	if holder != "" {
		fact("holder", holder+" ("+scope+")")
	}
	fact("registry", string(r.Registry))
	for i, c := range r.Countries {
		fact([]string{"country", ""}[min(i, 1)], c.Code+approximate(c.Approximate)+", "+c.Source+", "+c.Date)
	}
	for i, as := range r.AS {
		fact([]string{"AS", ""}[min(i, 1)], strings.TrimSpace(fmt.Sprintf("%d %s", as.Number, as.Organisation))+", "+as.Source+", "+as.Date)
	}
	for i, n := range r.Names {
		fact([]string{"names", ""}[min(i, 1)], nameWords(n))
	}
	if len(facts) > 0 {
		writeTable(a.stdout, facts, unmarked)
	}
	a.writeContacts(r)
	for _, n := range r.Notes {
		writeWrapped(a.stdout, "  note: ", "    ", render.Visible(n.Text), plainWidth)
	}
}

// writeContacts writes the contacts in their order, with the reason for it.
func (a *app) writeContacts(r *enrich.Record) {
	if len(r.Contacts) == 0 {
		if r.Special == nil {
			a.stdout.WriteString("  no contact is known\n")
		}
		return
	}
	rows := [][]string{{"", "contact", "role", "answers for", "because"}}
	for i, c := range r.Contacts {
		why := c.Why
		if c.Mail != "" {
			why += "; takes mail: " + c.Mail
		}
		row := []string{fmt.Sprint(i + 1), c.Email, c.Role, c.Scope, why}
		for j := range row {
			row[j] = render.Visible(row[j])
		}
		rows = append(rows, row)
	}
	writeTable(a.stdout, rows, unmarked)
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func day(stamp string) string {
	date, _, _ := strings.Cut(stamp, "T")
	return date
}

func changed(stamp string) string {
	if stamp == "" {
		return ""
	}
	return "last changed " + day(stamp)
}

func approximate(is bool) string {
	if is {
		return " (approximate)"
	}
	return ""
}

func nameWords(n enrich.Name) string {
	switch {
	case n.Kind == "mx":
		return fmt.Sprintf("%s, mail exchanger %d", n.Name, n.Preference)
	case n.Confirmed:
		return n.Name + ", leads back to the address"
	}
	return n.Name + ", does not lead back to the address"
}

// writeRaw writes the answers of the servers. They are strangers' bytes: on a terminal
// nothing hidden in them gets through.
func (a *app) writeRaw(r *enrich.Record) {
	for _, l := range r.Lookups {
		fmt.Fprintf(a.stdout, "## %s\n", render.Visible(strings.Join(nonEmpty(l.Kind, l.Server, l.Question, "asked "+l.Asked, string(l.Outcome), "SHA-256 "+l.RawSHA256), ", ")))
		text := l.Text()
		if a.terminal {
			text = render.VisibleLines(text)
		}
		a.stdout.WriteString(strings.TrimRight(text, "\n") + "\n")
	}
}

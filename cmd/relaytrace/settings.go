package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"relaytrace/casefile"
	"relaytrace/trace"
	"relaytrace/trace/intake"
)

// settingsName is the settings file in the working directory and in the user's folder.
const settingsName = "relaytrace.toml"

// maxSettings bounds a settings file, in bytes.
const maxSettings = 1 << 20

// The kinds of values are structs, since the decoder asks no string for its UnmarshalText.

// line is a text of one line: it may become a header of a letter.
type line struct{ text string }

// UnmarshalText refuses control and other hidden characters.
func (l *line) UnmarshalText(text []byte) error {
	for _, r := range string(text) {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("character %U is not allowed here", r)
		}
	}
	l.text = string(text)
	return nil
}

// address is a mail address without a name.
type address struct{ text string }

// UnmarshalText takes local@domain, or nothing.
func (a *address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	got, err := mail.ParseAddress(string(text))
	if err != nil || got.Name != "" || got.Address != string(text) {
		return fmt.Errorf("%q is not a mail address such as abuse@college.example", text)
	}
	a.text = string(text)
	return nil
}

// host is a name, an address or a network.
type host struct{ text string }

// UnmarshalText takes what trace.ParseHosts does, but no address with a slip in it, which
// would be a host name that nobody has.
func (h *host) UnmarshalText(text []byte) error {
	s := string(text)
	_, err := trace.ParseHosts([]string{s})
	if _, bad := netip.ParseAddr(s); err == nil && bad != nil && strings.Trim(s, "0123456789.") == "" {
		err = fmt.Errorf("%q is not an address", s)
	}
	h.text = s
	return err
}

// rules are the analyst's own for telling kinds of mail apart.
type rules struct{ made *intake.Rules }

// UnmarshalText takes what intake.ParseRules does.
func (r *rules) UnmarshalText(text []byte) error {
	made, err := intake.ParseRules(string(text))
	if err != nil {
		return fmt.Errorf("rules, %w", err)
	}
	r.made = made
	return nil
}

// file is a settings file. `relaytrace config init` writes one that explains the keys.
type file struct {
	Organisation line      `toml:"organisation"`
	Domain       line      `toml:"domain"`
	Reporter     line      `toml:"reporter"`
	ReplyTo      address   `toml:"reply_to"`
	JANET        []address `toml:"janet"`
	Trust        []host    `toml:"trust"`
	Forwarder    []host    `toml:"forwarder"`
	GeoIP        []line    `toml:"geoip"`
	Offline      bool      `toml:"offline"`
	Rules        rules     `toml:"rules"`
	Paper        paper     `toml:"paper"`
	Fonts        []line    `toml:"fonts"`
	letterKeys
	RDAP        map[string]line `toml:"rdap"`
	WHOIS       map[string]line `toml:"whois"`
	RDAPDomains map[string]line `toml:"rdap_domains"`
	SecurityTxt map[string]line `toml:"security_txt"`
	Bootstrap   line            `toml:"bootstrap"`
	Resolver    line            `toml:"resolver"`
	CheckMail   bool            `toml:"check_mail"`
	Cache       line            `toml:"cache"`
	Blocklists  struct {
		Addresses []line `toml:"addresses"`
		Domains   []line `toml:"domains"`
	} `toml:"blocklists"`
}

// flags are the settings of a command line.
type flags struct {
	config    string
	trust     []string
	forwarder []string
	geoip     []string
	offline   bool
}

// addTrust adds the flags of everything that reads samples.
func (f *flags) addTrust(c *cobra.Command) {
	c.Flags().StringVar(&f.config, "config", "", "read the settings from `FILE`")
	c.Flags().StringArrayVar(&f.trust, "trust", nil, "believe what this `HOST`, address or network of the recipients' own side wrote (repeat for more)")
	c.Flags().StringArrayVar(&f.forwarder, "forwarder", nil, "this `HOST`, address or network is a forwarder or mailing list of the recipients (repeat for more)")
}

// settings are what a command works with: the file's, overridden by the flags.
type settings struct {
	casefile.Settings
	lookups lookups
	fonts   []string      // files with letters that the built-in faces lack; empty: the usual ones
	rules   *intake.Rules // nil for those that come with relaytrace
	// templates is the folder of the user's own texts of letters; empty for none.
	templates string
	letterPDF bool // each letter as a PDF too
}

// settings reads the settings for samples at these paths.
func (a *app) settings(c *cobra.Command, f flags, samples []string) (settings, error) {
	name, err := a.findSettings(f.config, samples)
	if err != nil {
		return settings{}, err
	}
	var got file
	if name != "" {
		if got, err = readSettings(name); err != nil {
			return settings{}, err
		}
	}
	s := settings{Settings: casefile.Settings{
		Organisation: got.Organisation.text, Domain: got.Domain.text, Reporter: got.Reporter.text,
		ReplyTo: got.ReplyTo.text, JANET: texts(got.JANET), Trust: texts(got.Trust),
		Forwarder: texts(got.Forwarder), GeoIP: []string{}, Offline: got.Offline,
	}}
	s.rules = got.Rules.made
	got.into(&s, filepath.Dir(name))
	if name != "" {
		s.ConfigFile = filepath.Base(name)
	}
	for _, g := range got.GeoIP {
		p := g.text
		if p != usualPlaces && !filepath.IsAbs(p) {
			p = filepath.Join(filepath.Dir(name), p) // as seen from the settings file
		}
		s.GeoIP = append(s.GeoIP, p)
	}
	s.lookups = lookupsOf(&got, filepath.Dir(name))
	s.Paper = got.Paper.text
	for _, f := range texts(got.Fonts) {
		if !filepath.IsAbs(f) {
			f = filepath.Join(filepath.Dir(name), f) // as seen from the settings file
		}
		s.fonts = append(s.fonts, f)
	}
	return s, f.override(c, &s)
}

// override puts the flags that were given in the place of the file's settings.
func (f flags) override(c *cobra.Command, s *settings) error {
	for _, given := range [...]struct {
		flag   string
		values []string
	}{{"trust", f.trust}, {"forwarder", f.forwarder}} {
		for _, v := range given.values {
			var h host
			if err := h.UnmarshalText([]byte(v)); err != nil {
				return usage(fmt.Sprintf("--%s: %v", given.flag, err), c.CommandPath()+" --help")
			}
		}
	}
	if c.Flags().Changed("trust") {
		s.Trust = f.trust
	}
	if c.Flags().Changed("forwarder") {
		s.Forwarder = f.forwarder
	}
	if c.Flags().Changed("geoip") {
		s.GeoIP = f.geoip
	}
	if c.Flags().Changed("offline") {
		s.Offline = f.offline
	}
	return nil
}

// findSettings gives the settings file to be used: the one named, or that of the working
// directory, or the user's. It never looks beside the samples, for a stranger's folder
// must not say whom to believe. When it found the file by itself, it says so.
func (a *app) findSettings(named string, samples []string) (string, error) {
	if named != "" {
		return named, nil
	}
	if exists(settingsName) {
		hint := ""
		if slices.ContainsFunc(samples, inWorkingDirectory) {
			hint = "samples lie beside it; make sure that it is your own, or give --config"
		}
		a.tell("settings from "+settingsName+" in the working directory", hint)
		return settingsName, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", nil // no home: no settings of the user
	}
	name := filepath.Join(dir, "relaytrace", settingsName)
	if !exists(name) {
		return "", nil
	}
	a.tell("settings from "+name, "")
	return name, nil
}

// exists tells whether something has this name; what cannot be read is told when it is read.
func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// inWorkingDirectory tells whether a sample lies where the command runs, or is that place.
func inWorkingDirectory(sample string) bool {
	if sample == intake.Stdin {
		return false
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return true
	}
	there, err := filepath.Abs(sample)
	return err != nil || there == here || filepath.Dir(there) == here
}

// readSettings reads a settings file. Errors name the file, the line and the column.
func readSettings(name string) (file, error) {
	f, err := os.Open(name)
	if err != nil {
		return file{}, settingsError(name, err)
	}
	defer f.Close()
	data := make([]byte, maxSettings+1)
	n := 0
	for n < len(data) && err == nil {
		var k int
		k, err = f.Read(data[n:])
		n += k
	}
	if n > maxSettings {
		return file{}, settingsError(name, errors.New("too large for a settings file"))
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return file{}, settingsError(name, err)
	}
	var got file
	err = toml.NewDecoder(bytes.NewReader(data[:n])).DisallowUnknownFields().Decode(&got)
	return got, decodeError(name, err)
}

// settingsError tells that a settings file cannot be read.
func settingsError(name string, err error) error {
	hint := "check --config; relaytrace config init writes a settings file to start from"
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("no such settings file")
	}
	return hinted(fmt.Errorf("%s: %w", name, pathCause(err)), hint)
}

// takes says what a key takes, for those who gave it something else.
var takes = map[string]string{
	"organisation": "a text in quotes", "domain": "a text in quotes", "reporter": "a text in quotes",
	"reply_to": "a mail address in quotes", "janet": "a list of mail addresses",
	"trust":        "a list of host names, addresses and networks",
	"forwarder":    "a list of host names, addresses and networks",
	"rules":        "a text of several lines, in three quotes",
	"janet_member": "true or false", "care_contact": "a text in quotes", "tlp": "a label such as TLP:AMBER",
	"lang": "a language in quotes, such as fr", "csirt": "a list of mail addresses", "no_redact": "true or false",
	"attach": "true or false", "letter_pdf": "true or false", "templates": "the name of a folder",
	"geoip": "a list of file names", "offline": "true or false", "rdap": "a table of registries and URLs",
	"whois": "a table of registries and host:port", "resolver": "an address, address:port, system or none",
	"paper": "a4 or letter in quotes", "fonts": "a list of file names",
	"check_mail": "true or false", "bootstrap": "a URL, or none", "cache": "a folder", "blocklists": "a table of the lists addresses and domains",
	"rdap_domains": "a table of top-level domains and URLs", "security_txt": "a table of domains and URLs",
}

// decodeError turns an error of the decoder into one that names the place.
func decodeError(name string, err error) error {
	var unknown *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown) && len(unknown.Errors) > 0:
		e := &unknown.Errors[0]
		row, column := e.Position()
		return hinted(fmt.Errorf("%s:%d:%d: unknown key %q", name, row, column, strings.Join(e.Key(), ".")),
			"the keys are organisation, domain, reporter, reply_to, janet, csirt, janet_member, care_contact, tlp, lang, attach, letter_pdf, no_redact, templates, trust, forwarder, geoip, offline, paper, fonts, rules, resolver, check_mail, cache, bootstrap and the tables rdap, whois, rdap_domains, security_txt and blocklists")
	case errors.As(err, &wrong):
		row, column := wrong.Position()
		what := strings.TrimPrefix(wrong.Error(), "toml: ")
		if key := wrong.Key(); len(key) > 0 && takes[key[0]] != "" && strings.HasPrefix(what, "cannot decode TOML") {
			what = fmt.Sprintf("%s takes %s", key[0], takes[key[0]])
		}
		return hinted(fmt.Errorf("%s:%d:%d: %s", name, row, column, what),
			"relaytrace config init writes a file that shows what each key takes")
	}
	return hinted(fmt.Errorf("%s: %w", name, err), "relaytrace config init writes a file that shows what each key takes")
}

// texts gives the strings of a list, never nil.
func texts[T ~struct{ text string }](list []T) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, struct{ text string }(v).text)
	}
	return out
}

// clock gives the clock of a command: one that stands still at --now, or the system's.
func clock(now string) (func() time.Time, error) {
	if now == "" {
		return time.Now, nil
	}
	t, err := time.Parse(time.RFC3339, now)
	if err != nil {
		return nil, usage(fmt.Sprintf("--now: %q is not a time such as 2026-06-30T12:00:00Z", now), "relaytrace case --help")
	}
	return t.UTC, nil
}

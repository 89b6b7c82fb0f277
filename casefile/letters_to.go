package casefile

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"relaytrace/enrich"
	"relaytrace/trace"
)

// address gives a letter its hosts, recipients, holders and language.
func (b *builder) address(l *Letter, g []host) {
	failed, unfit := false, ""
	for _, h := range g {
		l.Relays = append(l.Relays, h.ip)
		failed = failed || h.record.Failed()
		l.PassOn = l.PassOn || h.passOn()
		if h.holder != "" && !slices.Contains(strings.Split(l.Holder, "; "), h.holder) {
			if l.Holder != "" {
				l.Holder += "; "
			}
			l.Holder += h.holder
		}
		if unfit == "" {
			unfit = h.unfit
		}
		for _, k := range h.contacts {
			if !slices.ContainsFunc(l.To, func(to string) bool { return strings.EqualFold(to, k.Email) }) {
				l.To = append(l.To, k.Email)
				l.Contacts = append(l.Contacts, contactText(k))
			}
		}
	}
	l.Lang = languageOf(g, b.c.Settings.Lang)
	switch {
	case len(l.To) > 0:
	case unfit != "":
		l.hold(unfit)
	case b.c.Settings.Offline:
		l.hold("it is not known yet who answers for this address: look it up with network access")
	case failed:
		l.hold("it is not known who answers for this address, and a look-up failed: make the case again later")
	default:
		l.hold("its registry names nobody to write to: find the address of those who run it by other ways, such as the CSIRT of their network")
	}
}

// bestContacts returns all contacts of the first role and network that has any that may be
// written to. Where none may, unfit says why the first may not.
func (b *builder) bestContacts(r *enrich.Record) (best []enrich.Contact, unfit string) {
	for _, k := range r.Contacts {
		why := b.c.Settings.NotWrittenTo(k.Email)
		if why == "" && b.bounced[strings.ToLower(k.Email)] {
			why = "a letter to " + k.Email + " came back"
		}
		if why == "" && k.Mail == "no" {
			why = k.Email + " is in a domain that takes no mail"
		}
		if why != "" {
			if unfit == "" {
				unfit = why
			}
			continue
		}
		if len(best) > 0 && (k.Role != best[0].Role || k.Scope != best[0].Scope) {
			break
		}
		best = append(best, k)
	}
	return best, unfit
}

func contactText(k enrich.Contact) string {
	role := k.Role
	if role == "" {
		role = "unspecified"
	}
	return fmt.Sprintf("%s contact of network %s, %s, asked %s", role, k.Scope, k.Source, k.Asked)
}

// NotWrittenTo says why nobody writes to an address, or nothing when somebody may: it is
// the null sender, an automatic sender (RFC 3834 section 2), a mailing list, or of the
// forged organisation itself.
func (s *Settings) NotWrittenTo(email string) string {
	email = strings.Trim(strings.TrimSpace(email), "<>")
	at := strings.LastIndexByte(email, '@')
	if at <= 0 {
		if strings.EqualFold(email, "mailer-daemon") {
			return email + " is an automatic sender"
		}
		return "the null sender takes no mail"
	}
	local, domain := strings.ToLower(email[:at]), strings.ToLower(strings.TrimSuffix(email[at+1:], "."))
	switch {
	case automaticLocal(local):
		return email + " is an automatic sender"
	case listAddress(local, domain):
		return email + " is the address of a mailing list"
	case strings.EqualFold(email, s.ReplyTo) || s.Domain != "" && organisationOf(domain) == organisationOf(s.Domain):
		return email + " is of the forged organisation itself"
	}
	return ""
}

// organisationOf is the registrable domain, or the domain itself where it has none.
func organisationOf(domain string) string {
	domain = strings.ToLower(strings.Trim(domain, "."))
	if strings.HasPrefix(domain, "[") { // an address literal (RFC 5321 section 4.1.3)
		return domain
	}
	if d, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return d
	}
	return domain
}

// mailHost gives a registrable domain as it stands in an address that every server takes: in
// letters, digits and hyphens (RFC 5890 section 2.3.2.1). It is empty for what no mail can be
// addressed to: samples name senders at anything.
func mailHost(domain string) string {
	host, err := mailNames.ToASCII(domain)
	if err != nil || trace.Organisation(host) != host {
		return ""
	}
	return host
}

var mailNames = idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.BidiRule(), idna.CheckHyphens(false))

// automaticLocal reports whether a local part, in small letters, is one that programs
// write from and nobody reads.
func automaticLocal(local string) bool {
	bare := strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	for _, word := range []string{"noreply", "donotreply", "mailerdaemon", "autoreply", "autorespon", "autoanswer"} {
		if strings.Contains(bare, word) {
			return true
		}
	}
	for _, p := range []string{"bounce+", "bounce-", "bounces+", "bounces-", "bounce=", "prvs=", "btv1=", "srs0", "srs1", "msprvs1=", "owner-", "return-", "errors-"} {
		if strings.HasPrefix(local, p) {
			return true
		}
	}
	for _, p := range []string{"-request", "-owner", "-bounce", "-bounces", "-errors", "-return", "-confirm", "-subscribe", "-unsubscribe", "-admin-bounces"} {
		if strings.HasSuffix(local, p) || strings.Contains(local, p+"+") {
			return true
		}
	}
	return slices.Contains([]string{"bounce", "bounces", "daemon", "nobody", "null", "devnull", "majordomo", "listserv", "mailman", "listproc", "sympa", "ezmlm", "lyris"}, local)
}

// listAddress reports whether an address is that of a mailing list, by its form.
func listAddress(local, domain string) bool {
	first, _, _ := strings.Cut(domain, ".")
	return strings.HasSuffix(local, "-list") || len(local) > 4 && strings.HasSuffix(local, "-l") ||
		slices.Contains([]string{"lists", "list", "listserv", "listserver", "mailman", "groups"}, first) ||
		slices.Contains([]string{"googlegroups.com", "groups.io", "yahoogroups.com", "freelists.org"}, organisationOf(domain))
}

// Languages are those in which letters to the owners of hosts can be written above the
// English text, as BCP 47 tags.
var Languages = []string{"de", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh-Hans", "zh-Hant"}

// English, as the setting of a language, keeps letters in English alone.
const English = "en"

// languages are those of the countries where one language serves, by ISO 3166-1. A
// country of several languages has none: its people would rather read English than a
// neighbour's language.
var languages = func() map[string]string {
	by := map[string]string{}
	for lang, countries := range map[string]string{
		"de": "AT DE LI", "fr": "BF BJ CD CG CI FR GA GN MC ML MG NC NE PF RE SN TG GP MQ GF",
		"es":      "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PY SV UY VE",
		"pt":      "AO BR CV GW MZ PT ST",
		"it":      "IT SM VA",
		"pl":      "PL",
		"ru":      "BY KG KZ RU",
		"tr":      "TR",
		"zh-Hans": "CN", "zh-Hant": "HK MO TW", "ja": "JP", "ko": "KR",
	} {
		for _, c := range strings.Fields(countries) {
			by[c] = lang
		}
	}
	return by
}()

// languageOf gives the language of a letter about hosts: the one that the settings choose,
// else that of the country which the registry states, where all hosts have the same.
// Guesses from routing are no ground.
func languageOf(g []host, chosen string) string {
	switch {
	case chosen == English:
		return ""
	case chosen != "":
		return chosen
	}
	lang := ""
	for i, h := range g {
		country := ""
		for _, n := range []*enrich.Network{h.record.Network, h.record.Parent} {
			if n != nil && country == "" {
				country = n.Country
			}
		}
		if i > 0 && languages[country] != lang {
			return ""
		}
		lang = languages[country]
	}
	return lang
}

package enrich

import "slices"

// ListTableDate is the date, YYYY-MM-DD, on which the table of blocklists was last held
// against what the operators publish.
const ListTableDate = "2026-11-25"

// KnownList is a public blocklist that anybody may ask about his own names and addresses,
// within the operator's terms.
type KnownList struct {
	// Zone that is asked.
	Zone string `json:"zone"`
	// Operator who runs it.
	Operator string `json:"operator"`
	// Domains is true for a list of domains, false for one of addresses.
	Domains bool `json:"domains"`
	// Lists says what is listed, and what a listing means.
	Lists string `json:"lists"`
	// Terms says who may ask it, in short.
	Terms string `json:"terms"`
	// Policy is the page with the operator's rules, and Delisting the one at which a listing
	// can be looked up and its removal asked for.
	Policy    string `json:"policy"`
	Delisting string `json:"delisting"`

	// codes are what the addresses of an answer mean, where the operator gives them a meaning.
	codes map[string]string
	// ipv4Only lists have no IPv6 addresses, and no test entries for them.
	ipv4Only bool
	// testDomain is the entry by which a list of domains shows that it works, where that is
	// not "test" (RFC 5782 section 5).
	testDomain string
}

// pblWords is what many innocent addresses are listed for.
const pblWords = "PBL: by its provider's policy the address sends no mail directly; this is no report of abuse"

// knownLists have terms that their operators publish and that let a resolver of one's own ask
// a few questions free of charge. Lists that need a registration, that are closed (SORBS in
// 2024, NiX Spam in 2025), or that take money for a removal are left out.
var knownLists = []KnownList{
	{
		Zone: "zen.spamhaus.org", Operator: "The Spamhaus Project",
		Lists:     "senders of spam (SBL, CSS), hosts that were taken over (XBL), and addresses that their provider says send no mail (PBL)",
		Terms:     "free of charge for low-volume, non-commercial use; public resolvers are refused",
		Policy:    "https://www.spamhaus.org/faq/section/DNSBL%20Usage",
		Delisting: "https://check.spamhaus.org/",
		codes: map[string]string{
			"127.0.0.2": "SBL: spam is sent or supported from there", "127.0.0.3": "CSS: it sent low-reputation mail",
			"127.0.0.4": "XBL: the host was taken over", "127.0.0.9": "DROP: the network is in the hands of criminals",
			"127.0.0.10": pblWords, "127.0.0.11": pblWords,
		},
	},
	{
		Zone: "bl.spamcop.net", Operator: "SpamCop (Cisco)", ipv4Only: true,
		Lists:     "hosts that sent mail which SpamCop's users reported; a listing ends by itself when the reports stop",
		Terms:     "free of charge, as is",
		Policy:    "https://www.spamcop.net/bl.shtml",
		Delisting: "https://www.spamcop.net/bl.shtml",
	},
	{
		Zone: "psbl.surriel.com", Operator: "Passive Spam Block List", ipv4Only: true,
		Lists:     "hosts that sent mail to spam traps",
		Terms:     "anybody is free to use it",
		Policy:    "https://psbl.org/howto/",
		Delisting: "https://psbl.org/remove",
	},
	{
		Zone: "dnsbl.dronebl.org", Operator: "DroneBL",
		Lists:     "hosts that were taken over or can be abused, such as bots and open proxies; not senders of mail as such",
		Terms:     "free of charge, for commercial use too",
		Policy:    "https://dronebl.org/docs/howtouse",
		Delisting: "https://dronebl.org/lookup",
	},
	{
		Zone: "dbl.spamhaus.org", Operator: "The Spamhaus Project", Domains: true, testDomain: "dbltest.com",
		Lists:     "domains of poor reputation, found in the text or the sender of spam",
		Terms:     "free of charge for low-volume, non-commercial use; public resolvers are refused",
		Policy:    "https://www.spamhaus.org/faq/section/DNSBL%20Usage",
		Delisting: "https://check.spamhaus.org/",
	},
	{
		Zone: "multi.surbl.org", Operator: "SURBL", Domains: true, testDomain: "surbl-org-permanent-test-point.com",
		Lists:     "domains of web sites that unsolicited mail pointed to; not senders",
		Terms:     "small sites may ask by public DNS",
		Policy:    "https://surbl.org/usage-policy",
		Delisting: "https://surbl.org/surbl-analysis",
	},
	{
		Zone: "multi.uribl.com", Operator: "URIBL", Domains: true, testDomain: "test.uribl.com",
		Lists:     "domains that appear in spam; not where it was sent from",
		Terms:     "free of charge for low volume; public resolvers are refused",
		Policy:    "https://uribl.com/about.shtml",
		Delisting: "https://admin.uribl.com/",
		codes: map[string]string{
			"127.0.0.2": "black: the domain is used by spammers", "127.0.0.4": "grey: it appears in bulk mail", "127.0.0.8": "red: it is young and appears in mail",
		},
	},
}

// KnownLists gives the table of [ListTableDate]: first the lists of addresses, then those of
// domains. Their zones go into [Settings.AddressLists] and [Settings.DomainLists].
func KnownLists() []KnownList { return slices.Clone(knownLists) }

// Meaning says what an address of an answer stands for; empty if the operator's table has
// none.
func (l KnownList) Meaning(code string) string { return l.codes[code] }

// ListOf gives what the table knows of a zone.
func ListOf(zone string) (KnownList, bool) {
	zone = hostName(zone)
	for _, l := range knownLists {
		if l.Zone == zone {
			return l, true
		}
	}
	return KnownList{}, false
}

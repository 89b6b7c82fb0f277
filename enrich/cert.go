package enrich

// CERTTableDate is the date, YYYY-MM-DD, on which the table of national CERTs was last held
// against its sources.
const CERTTableDate = "2026-11-25"

// cert is a team that takes reports for a whole country.
type cert struct {
	email string
	name  string
	// source is where the team, or its government, publishes the address, and the date of
	// the publication as far as it states one.
	source string
}

// certs are national CERTs by country. Only those stand here whose address was found in what
// they publish themselves, or their government does; many others exist. None must be added
// from memory or from lists of lists: those still give teams that are no more.
var certs = map[string]cert{
	"AT": {"reports@cert.at", "CERT.at", "RFC 2350 description of CERT.at, 2024-06-06"},
	"BR": {"cert@cert.br", "CERT.br", "RFC 2350 description of CERT.br, 2025-01-09"},
	"CZ": {"abuse@csirt.cz", "CSIRT.CZ", "csirt.cz, page on reporting incidents"},
	"DE": {"certbund@bsi.bund.de", "CERT-Bund", "RFC 2350 description of CERT-Bund, 2023-08-14"},
	"EE": {"cert@cert.ee", "CERT-EE", "RFC 2350 description of CERT-EE, 2016-02-11"},
	"FI": {"cert@traficom.fi", "NCSC-FI", "traficom.fi, page on what to do about an incident"},
	"IN": {"incident@cert-in.org.in", "CERT-In", "vikaspedia.in of the Government of India, page on reporting to CERT-In"},
	"JP": {"info@jpcert.or.jp", "JPCERT/CC", "user ID of the OpenPGP key of JPCERT/CC"},
	"LU": {"info@circl.lu", "CIRCL", "RFC 2350 description of CIRCL, 2015-01-04"},
	"LV": {"cert@cert.lv", "CERT.LV", "notice in the detection tools of CERT.LV"},
	"PL": {"cert@cert.pl", "CERT Polska", "notice in the decryption tools of CERT Polska"},
	"SE": {"cert@cert.se", "CERT-SE", "notice in the published tools of CERT-SE"},
	"SI": {"cert@cert.si", "SI-CERT", "cert.si, page on reporting incidents"},
	"US": {"contact@cisa.dhs.gov", "CISA", "cisa.gov, notices that say whom to report incidents to"},
}

// addCERT adds the national CERT where nobody else is known who could be written to. The
// country is the one that the registry states: a guess is no ground for a letter.
func (r *Record) addCERT() {
	if len(r.Contacts) > 0 || r.Network == nil || r.Failed() {
		return
	}
	team, ok := certs[r.Network.Country]
	if !ok {
		return
	}
	c := Contact{
		Email: team.email, Role: roleCERT, Name: team.name + ", national CERT of " + r.Network.Country, Scope: r.Network.Scope(),
		Source: "table of national CERTs, " + CERTTableDate + ": " + team.source, Asked: r.Network.Asked,
	}
	c.setRule(ruleCERT)
	r.Contacts = append(r.Contacts, c)
	r.note("cert-as-last-resort", "Nobody is known who runs the network; the national CERT stands in as a last resort. Check its address before writing.")
}

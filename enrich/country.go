package enrich

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/oschwald/maxminddb-golang/v2"
)

// CountryTableDate is the date, YYYY-MM-DD, of the table inside the program that
// [CountryOf] reads.
const CountryTableDate = "2026-06-17"

// countryTableSource names the table in records. data/README.md says more.
const countryTableSource = "IPtoASN country table"

// countryTableSize is the size of the table in bytes and countryTableSHA256 its digest,
// both before compression.
const (
	countryTableSize   = 5187719
	countryTableSHA256 = "93cc3158038b5ddd3cef52652ba6d7a134ece0496117fae0a3ab6e7b5101815e"
)

//go:embed data/iptoasn-country.mmdb.zst
var countryTableZstd []byte

// countryTable opens the table at its first use. It is part of the program, so that an
// error here is a fault of the build; TestCountryTable would show it.
var countryTable = sync.OnceValues(func() (*maxminddb.Reader, error) {
	raw, err := unpackCountryTable()
	if err != nil {
		return nil, err
	}
	return maxminddb.OpenBytes(raw)
})

func unpackCountryTable() ([]byte, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(countryTableZstd, make([]byte, 0, countryTableSize))
	if err != nil {
		return nil, fmt.Errorf("country table inside the program: %w", err)
	}
	return raw, nil
}

// CountryOf says where the table inside the program places addr. The answer is
// approximate and decides nothing: the table is made from routing data, its date is
// [CountryTableDate], and its makers warn of faults. When the country lies outside the
// region of the registry that holds the block, Note says so.
//
// An IPv4-mapped address counts as its IPv4 address. The second result is false if the
// table does not know the address or the address is a special-purpose one.
//
// It is safe for concurrent use. The first call unpacks the table, 5 MB.
func CountryOf(addr netip.Addr) (Country, bool) {
	addr = addr.Unmap().WithZone("")
	if _, special := SpecialOf(addr); special || !addr.IsValid() {
		return Country{}, false
	}
	table, err := countryTable()
	if err != nil {
		return Country{}, false
	}
	var code string
	if err := table.Lookup(addr).DecodePath(&code, "country_code"); err != nil || !isCountryCode(code) {
		return Country{}, false
	}
	registry, _ := RegistryOf(addr)
	return Country{
		Code: code, Source: countryTableSource, Date: CountryTableDate, Approximate: true,
		Note: regionNote(code, registry),
	}, true
}

// isCountryCode accepts two capital letters. ZZ and XX stand for "unknown" in tables of
// this kind.
func isCountryCode(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z' && s != "ZZ" && s != "XX"
}

// regions lists the ISO 3166-1 codes of the countries that each registry serves.
var regions = map[Registry]string{
	AFRINIC: "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG " +
		"ML MR MU MW MZ NA NE NG RE RW SC SD SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
	APNIC: "AF AS AU BD BN BT CC CK CN CX FJ FM GU HK ID IN IO JP KH KI KP KR LA LK MH MM MN MO MP MV MY " +
		"NC NF NP NR NU NZ PF PG PH PK PN PW SB SG TF TH TK TL TO TV TW VN VU WF WS",
	ARIN: "AG AI AQ BB BL BM BS BV CA DM GD GP HM JM KN KY LC MF MQ MS PM PR SH TC UM US VC VG VI",
	LACNIC: "AR AW BO BQ BR BZ CL CO CR CU CW DO EC FK GF GS GT GY HN HT MX NI PA PE PY SR SV SX TT " +
		"UY VE",
	RIPENCC: "AD AE AL AM AT AX AZ BA BE BG BH BY CH CY CZ DE DK EE ES FI FO FR GB GE GG GI GL GR HR HU " +
		"IE IL IM IQ IR IS IT JE JO KG KW KZ LB LI LT LU LV MC MD ME MK MT NL NO OM PL PS PT QA RO RS RU " +
		"SA SE SI SJ SK SM SY TJ TM TR UA UZ VA XK YE",
}

// countryRegion turns regions round.
var countryRegion = sync.OnceValue(func() map[string]Registry {
	m := make(map[string]Registry)
	for registry, codes := range regions {
		for code := range strings.FieldsSeq(codes) {
			m[code] = registry
		}
	}
	return m
})

// regionNote says when a country lies outside the region of the registry. It happens
// without any fault: old blocks went all over the world, and blocks are sold abroad.
func regionNote(code string, holds Registry) string {
	if holds == "" || countryRegion()[code] == holds {
		return ""
	}
	serves, known := countryRegion()[code]
	if !known {
		return fmt.Sprintf("%s is no country of any registry's region; the block is %s's", code, holds)
	}
	return fmt.Sprintf("the block is %s's, but %s lies in the region of %s: the block may have been transferred, or the source may be wrong", holds, code, serves)
}

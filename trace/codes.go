package trace

import (
	"slices"
	"strings"
)

// Code is the page of a code or word of a Path: what it says to somebody who must act on
// it, and what must not be read into it.
type Code struct {
	Code    string `json:"code"`
	Means   string `json:"means"`   // what it states
	Sure    string `json:"sure"`    // how sure that is
	Not     string `json:"not"`     // what it does not mean
	Example string `json:"example"` // a line on which it rests, unfolded, from real mail where some is at hand
}

// codes are all pages, by code.
var codes = sortCodes(fieldCodes, messageCodes, hostCodes, endCodes, wordCodes)

func sortCodes(tables ...[]Code) []Code {
	all := slices.Concat(tables...)
	slices.SortFunc(all, func(x, y Code) int { return strings.Compare(x.Code, y.Code) })
	return all
}

// Codes returns the pages of all finding codes, reasons why a host is a bystander, ends,
// standings, certainties, links, kinds and disclosures, sorted by code. The caller may
// keep and change the slice.
func Codes() []Code { return slices.Clone(codes) }

// Explain returns the page of a code, and false when there is none. It is safe to call
// concurrently.
func Explain(code string) (Code, bool) {
	i, ok := slices.BinarySearchFunc(codes, code, func(c Code, code string) int { return strings.Compare(c.Code, code) })
	if !ok {
		return Code{}, false
	}
	return codes[i], true
}

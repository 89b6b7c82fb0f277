package render

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"relaytrace/casefile"
)

// sheet is one table of the exports.
type sheet struct {
	name string // without extension
	head []string
	rows [][]string
}

func (s *sheet) add(cells ...string) { s.rows = append(s.rows, cells) }

// CSV returns the case as tables for spreadsheets and programs, each a file of RFC 4180
// with CRLF line ends, in UTF-8, with its columns named in the first row. The paths are
// base names such as "relays.csv", in a fixed order; a table without rows has its head
// alone. Lists inside a cell are joined by " | ".
//
// What hides is shown as [Visible] does. A spreadsheet takes text that begins with = + - @
// for a formula, wherever it finds the beginning of a cell; such text has an apostrophe
// put before it. The exact bytes stand in case.json and in the evidence.
//
// samples.csv, hops.csv, findings.csv and transactions.csv tell of the samples shown in
// the case: all of them, or the exemplars of a large one.
func CSV(c *casefile.Case) ([]casefile.NamedBytes, error) {
	var files []casefile.NamedBytes
	for _, s := range sheets(c) {
		data, err := s.encode()
		if err != nil {
			return nil, fmt.Errorf("%s.csv: %w", s.name, err)
		}
		files = append(files, casefile.NamedBytes{Path: s.name + ".csv", Data: data})
	}
	return files, nil
}

func (s *sheet) encode() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(s.head); err != nil {
		return nil, err
	}
	var shown []string
	for _, row := range s.rows {
		shown = shown[:0]
		for _, cell := range row {
			shown = append(shown, csvCell(cell))
		}
		if err := w.Write(shown); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// formulaStarts are what makes a spreadsheet take a cell for a formula, in the narrow and
// the wide forms of the characters.
const formulaStarts = "=+-@＝＋－＠"

// csvCell shows a text so that no spreadsheet takes it, or a part of it after a character
// that some take for the end of a cell, for a formula. Numbers are left alone.
func csvCell(s string) string {
	s = Visible(s)
	if isNumber(s) {
		return s
	}
	var b strings.Builder
	done, start := 0, true // all before done is in b
	for i, r := range s {
		if start && strings.ContainsRune(formulaStarts, r) {
			b.WriteString(s[done:i])
			b.WriteByte('\'')
			done, start = i, false
			continue
		}
		switch r {
		case ',', ';', '|', '"', '\'':
			start = true
		case ' ':
		default:
			start = false
		}
	}
	if b.Len() == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// isNumber reports whether s is a whole number, with or without a minus sign.
func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// joined puts a list into one cell.
func joined(items []string) string { return strings.Join(items, " | ") }

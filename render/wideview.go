package render

import (
	"bytes"
	_ "embed"
	"fmt"
)

// WideView is what is told over all cases of a folder, as tables.
type WideView struct {
	Title  string
	Tables []WideTable
}

// WideTable is one table of a [WideView]. Rows are as long as Head; the first column names,
// the others are numbers or short words.
type WideTable struct {
	Title string
	Head  []string
	Rows  [][]string
}

//go:embed html/wide.html
var wideText string

var wideTemplate = newPage("wide.html", wideText, nil)

// WideHTML returns the view as one page without script that asks for nothing, which a
// Content-Security-Policy enforces. Hidden characters are shown as code points. The bytes
// depend on the view alone.
func WideHTML(v *WideView) ([]byte, error) {
	page := struct {
		Head   pageHead
		Tables []WideTable
	}{Head: newHead(Visible(v.Title), pageStyle, "")}
	for _, t := range v.Tables {
		x := WideTable{Title: Visible(t.Title), Head: t.Head}
		for _, row := range t.Rows {
			shown := make([]string, len(row))
			for i, cell := range row {
				shown[i] = Visible(bounded(cell))
			}
			x.Rows = append(x.Rows, shown)
		}
		page.Tables = append(page.Tables, x)
	}
	var out bytes.Buffer
	if err := wideTemplate().Execute(&out, page); err != nil {
		return nil, fmt.Errorf("page of the cases: %w", err)
	}
	return out.Bytes(), nil
}

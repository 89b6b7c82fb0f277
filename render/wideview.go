package render

import (
	"bytes"
	"fmt"
	"html/template"
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

var wideTemplate = template.Must(template.New("wide").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{.Policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{{.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<header><h1>{{.Title}}</h1></header>
<main>
{{range $i, $t := .Tables}}<section aria-labelledby="t{{$i}}">
<h2 id="t{{$i}}">{{$t.Title}}</h2>
{{if $t.Rows}}<div class="scroll" role="region" tabindex="0" aria-label="{{$t.Title}}">
<table><caption>{{$t.Title}}</caption>
<thead><tr>{{range $t.Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>{{range $t.Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody></table></div>
{{else}}<p>None.</p>
{{end}}</section>
{{end}}</main>
</body>
</html>
`))

// WideHTML returns the view as one page without script that asks for nothing, which a
// Content-Security-Policy enforces. Hidden characters are shown as code points. The bytes
// depend on the view alone.
func WideHTML(v *WideView) ([]byte, error) {
	page := struct {
		Title, Policy string
		Style         template.CSS
		Tables        []WideTable
	}{Title: Visible(v.Title), Style: template.CSS(pageStyle), Policy: "default-src 'none'; img-src data:; style-src " + hashSource(pageStyle) + "; base-uri 'none'; form-action 'none'"}
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
	if err := wideTemplate.Execute(&out, page); err != nil {
		return nil, fmt.Errorf("page of the cases: %w", err)
	}
	return out.Bytes(), nil
}

package render

import (
	_ "embed"
	"html/template"
	"sync"
)

//go:embed html/head.html
var headText string

// pageHead is what the head of every page says: html/head.html.
type pageHead struct {
	Title, Policy string
	Style         template.CSS
}

// newHead makes the head of a page with one style and at most one script, which a
// Content-Security-Policy allows by their digests and nothing else with them.
func newHead(title, style, script string) pageHead {
	policy := "default-src 'none'; img-src data:; style-src " + hashSource(style)
	if script != "" {
		policy += "; script-src " + hashSource(script)
	}
	return pageHead{Title: title, Policy: policy + "; base-uri 'none'; form-action 'none'", Style: template.CSS(style)}
}

// newPage gives the template of a page, which has the head that all have. It is parsed when a
// page is first made: most commands make none, and start sooner.
func newPage(name, text string, funcs template.FuncMap) func() *template.Template {
	return sync.OnceValue(func() *template.Template {
		page := template.Must(template.New(name).Funcs(funcs).Parse(headText))
		return template.Must(page.Parse(text))
	})
}

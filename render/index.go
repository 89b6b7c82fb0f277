package render

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"relaytrace/casefile"
)

//go:embed html/index.html
var indexText string

// indexStyle is what the index has beside the style of the case page: the wide table becomes
// a card for each case on a narrow screen.
const indexStyle = `
.sum { font-size: 1.05rem; }
.card { border-top: 1px solid var(--rule); padding: 0.9rem 0 0.3rem; }
.card h3 { margin-top: 0; }
.card p { margin-bottom: 0.35rem; }
@media (max-width: 44rem) {
  .cases table { min-width: 0; }
  .cases thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cases tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
  .cases td { display: grid; grid-template-columns: 9rem minmax(0, 1fr); text-align: left; border: 0; padding: 0.1rem 0; min-width: 0; }
  .cases td::before { content: attr(data-name); color: var(--faint); }
}
`

var indexTemplate = newPage("index.html", indexText, nil)

type indexPage struct {
	Head                            pageHead
	Created, Organisation           string
	Inputs, Cases, InCases, Samples int
	Classes                         []indexCount
	Rows                            []indexRow
	Remainder                       indexRow
	Least                           int
}

type indexCount struct {
	Name  string
	Count int
}

// indexRow is one case as the page shows it.
type indexRow struct {
	ID, Folder, State, First, Last                          string
	Inputs, Samples, Bounces, Complaints, Relays            int
	Withheld, Letters, Held, Addresses                      int
	Page                                                    bool // it has a page of its own to go to
	Subjects, Links, Domains, Countries, Recipients, Joined string
	Classes                                                 string
}

// IndexHTML returns the index of a batch as one page without script, which leads to the
// pages of the cases beside it and asks for nothing else; a Content-Security-Policy enforces
// that. It is read on a screen of any width, light or dark. The bytes depend on the index
// alone, which is only read. Hidden characters are shown as code points.
func IndexHTML(x *casefile.Index) ([]byte, error) {
	if x == nil {
		return nil, errors.New("index page: no index")
	}
	v := indexPage{
		Head: newHead("Incidents", pageStyle+indexStyle, ""), Created: Stamp(x.Created), Organisation: Visible(bounded(x.Organisation)),
		Inputs: x.Inputs.Total, Cases: len(x.Cases), InCases: x.InCases, Samples: x.Samples, Least: x.Least,
		Remainder: indexRowOf(&x.Remainder),
	}
	if x.Domain != "" {
		v.Head.Title += " of spam that forges " + Visible(bounded(x.Domain))
	}
	for _, c := range x.Inputs.Classes {
		v.Classes = append(v.Classes, indexCount{strings.ReplaceAll(c.Class, "-", " "), c.Count})
	}
	for i := range x.Cases {
		v.Rows = append(v.Rows, indexRowOf(&x.Cases[i]))
	}
	var out bytes.Buffer
	if err := indexTemplate.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("index page: %w", err)
	}
	return out.Bytes(), nil
}

func indexRowOf(c *casefile.IndexCase) indexRow {
	r := indexRow{
		ID: Visible(c.Case), Folder: c.Folder, State: Visible(c.State), First: indexTime(c.First), Last: indexTime(c.Last),
		Inputs: c.Inputs.Total, Samples: c.Samples, Bounces: c.Bounces, Complaints: c.Complaints, Relays: c.Relays, Withheld: c.Withheld,
		Letters: c.Letters, Held: c.Held, Addresses: c.Addresses, Page: c.Case != "" && c.Folder != "",
		Subjects: indexTexts(c.Subjects), Links: indexTexts(c.Links), Joined: indexTexts(c.Joined),
		Countries: indexCountries(c.Countries), Recipients: indexCountries(c.Recipients),
	}
	var domains []string
	for _, d := range c.Domains {
		domains = append(domains, fmt.Sprintf("%s (%d)", Visible(bounded(d.Domain)), d.Samples+d.Bounces))
	}
	if more := c.DomainCount - len(c.Domains); more > 0 {
		domains = append(domains, fmt.Sprintf("and %d more", more))
	}
	r.Domains = strings.Join(domains, ", ")
	var classes []string
	for _, k := range c.Inputs.Classes {
		classes = append(classes, fmt.Sprintf("%s %d", strings.ReplaceAll(k.Class, "-", " "), k.Count))
	}
	r.Classes = strings.Join(classes, ", ")
	return r
}

func indexTexts(all []casefile.TextCount) string {
	var out []string
	for _, t := range all {
		out = append(out, fmt.Sprintf("%s (%d)", Visible(bounded(t.Text)), t.Count))
	}
	return strings.Join(out, ", ")
}

func indexCountries(all []casefile.CountryCount) string {
	var out []string
	for _, c := range all {
		name := Visible(bounded(c.Country))
		if name == "" {
			name = "not known"
		}
		out = append(out, fmt.Sprintf("%s %d", name, c.Count))
	}
	return strings.Join(out, ", ")
}

// indexTime shortens a time to the minute.
func indexTime(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

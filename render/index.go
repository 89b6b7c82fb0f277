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
.cases table { table-layout: auto; min-width: 58rem; }
.cases th, .cases td { white-space: nowrap; overflow-wrap: normal; }
@media (max-width: 44rem) {
  .cases table { min-width: 0; }
  .cases thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cases tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
  .cases table, .cases tbody { display: block; }
  .cases td { display: grid; white-space: normal; grid-template-columns: 9rem minmax(0, 1fr); text-align: left; border: 0; padding: 0.1rem 0; min-width: 0; }
  .cases td::before { content: attr(data-name); color: var(--faint); }
}
`

var indexTemplate = newPage("index.html", indexText, nil)

type indexPage struct {
	Head                            pageHead
	Created, Organisation           string
	Inputs, Cases, InCases, Samples string
	Classes                         string
	Rows                            []indexRow
	Remainder                       indexRow
	Least                           int
}

// indexRow is one case as the page shows it.
type indexRow struct {
	ID, Folder, State, First, Last                          string
	Inputs, Samples, Bounces, Complaints, Relays            string
	Withheld, Letters, Addresses                            string
	Any                                                     bool // it has inputs
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
		Inputs: countOf(x.Inputs.Total, "input", "inputs"), Cases: countOf(len(x.Cases), "case", "cases"), InCases: thousands(x.InCases),
		Samples: countOf(x.Samples, "different sample", "different samples"), Least: x.Least,
		Classes: indexClasses(x.Inputs.Classes), Remainder: indexRowOf(&x.Remainder),
	}
	if x.Domain != "" {
		v.Head.Title += " of spam that forges " + Visible(bounded(x.Domain))
	}
	for i := range x.Cases {
		v.Rows = append(v.Rows, indexRowOf(&x.Cases[i]))
	}
	var out bytes.Buffer
	if err := indexTemplate().Execute(&out, v); err != nil {
		return nil, fmt.Errorf("index page: %w", err)
	}
	return out.Bytes(), nil
}

func indexRowOf(c *casefile.IndexCase) indexRow {
	r := indexRow{
		ID: Visible(c.Case), Folder: c.Folder, State: Visible(c.State), First: indexTime(c.First), Last: indexTime(c.Last),
		Inputs: thousands(c.Inputs.Total), Samples: thousands(c.Samples), Bounces: thousands(c.Bounces), Complaints: thousands(c.Complaints),
		Relays: thousands(c.Relays), Withheld: thousands(c.Withheld), Any: c.Inputs.Total > 0,
		Letters: "none", Page: c.Case != "" && c.Folder != "",
		Subjects: indexTexts(c.Subjects), Links: indexTexts(c.Links), Joined: indexTexts(c.Joined),
		Countries: indexCountries(c.Countries, "country not known"), Recipients: indexCountries(recipientCountries(c.Recipients), "names of no country"),
		Classes: indexClasses(c.Inputs.Classes),
	}
	if c.Addresses > 0 {
		r.Addresses = thousands(c.Addresses)
	}
	if c.Letters > 0 {
		r.Letters = thousands(c.Letters) + ", " + oneOf(c.Held == 0, "none", thousands(c.Held)) + " on HOLD"
	}
	var domains []string
	for _, d := range c.Domains {
		domains = append(domains, fmt.Sprintf("%s (%s)", Visible(bounded(d.Domain)), thousands(d.Samples+d.Bounces)))
	}
	if more := c.DomainCount - len(c.Domains); more > 0 {
		domains = append(domains, "and "+thousands(more)+" more")
	}
	r.Domains = strings.Join(domains, ", ")
	return r
}

// indexClasses tells the classes of inputs as the case file does.
func indexClasses(all []casefile.ClassCount) string {
	var told []string
	for _, k := range all {
		told = append(told, thousands(k.Count)+" "+Visible(bounded(className(k.Class, k.Count))))
	}
	return strings.Join(told, ", ")
}

func indexTexts(all []casefile.TextCount) string {
	var out []string
	for _, t := range all {
		out = append(out, fmt.Sprintf("%s (%s)", Visible(bounded(t.Text)), thousands(t.Count)))
	}
	return strings.Join(out, ", ")
}

// indexCountries names the countries of a count; none is what stands for the empty one.
func indexCountries(all []casefile.CountryCount, none string) string {
	var out []string
	for _, c := range all {
		out = append(out, fmt.Sprintf("%s (%s)", orNone(countryName(Visible(bounded(c.Country))), none), thousands(c.Count)))
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

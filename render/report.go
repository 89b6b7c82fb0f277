package render

import (
	"strings"

	"relaytrace/casefile"
)

// report is a case as a person reads it: chapters of blocks, in the order of the paper. It
// is made once and set by two backends, on paper (PDF) and on the screen (HTML).
//
// Every text in it has been through Visible, except what a raw field quotes, which the
// backends show.
type report struct {
	Case     *casefile.Case
	Title    string // of the document
	Head     string // at the head of each page
	Label    tlp
	Cover    []fact
	Chapters []*chapter
}

// chapter is a part of the document with an entry in the contents.
type chapter struct {
	ID, Title string
	Blocks    []block
}

// block is one of the types below. Kind names it for the template.
type block interface{ Kind() string }

type (
	// para is a paragraph.
	para struct{ Text string }
	// note is a paragraph in small type.
	note struct{ Text string }
	// heading begins a part of a chapter and can be linked to.
	heading struct{ ID, Title string }
	// label is a small heading, in no outline.
	label struct{ Text string }
	// item is a paragraph behind a mark.
	item struct{ Mark, Text string }
	// facts are labels, each with what it tells.
	facts struct{ List []fact }
	// table has a name for those who do not see it.
	table struct {
		Name    string
		Columns []column
		Rows    [][]cell
		Sort    bool // on a screen it can be sorted and filtered
	}
	// figure is a picture; Alt tells what it shows.
	figure struct {
		Title, Alt string
		draw       func(f *fonts, width float64) drawing
	}
	// rawField is a header field, line by line, with what tells something marked.
	rawField struct {
		Head, Why string
		Lines     []rawLine
		More      string // what was left out
	}
)

type fact struct {
	Label, Text string
	Mono        bool
	Link        string // ID inside the document
}

// column of a table; Width is a share of the whole.
type column struct {
	Title string
	Width float64
	Right bool // numbers, set to the right
}

// cell is what stands in one place of a table.
type cell struct {
	Text string
	Mono bool
	Link string // ID inside the document
}

// rawLine is a line of a field with its number in the sample.
type rawLine struct {
	Number int
	Text   string // as found, without its line end
	Marks  []span // ascending, apart
}

// span is a part of a text, in bytes.
type span struct{ From, To int }

func (para) Kind() string     { return "para" }
func (note) Kind() string     { return "note" }
func (heading) Kind() string  { return "heading" }
func (label) Kind() string    { return "label" }
func (item) Kind() string     { return "item" }
func (*facts) Kind() string   { return "facts" }
func (table) Kind() string    { return "table" }
func (figure) Kind() string   { return "figure" }
func (rawField) Kind() string { return "raw" }

// Bytes gives the bytes of a sample, as received, by its number; nil when they are not to
// hand.
type Bytes func(sample int) []byte

// newReport makes the report of a case. bytes may be nil: of each exemplar the trace fields
// alone are then quoted, which the case holds.
func newReport(c *casefile.Case, bytes Bytes) *report {
	if bytes == nil {
		bytes = func(int) []byte { return nil }
	}
	w := &writer{c: c, bytes: bytes, report: &report{Case: c, Label: tlpOf(c), Title: "Case file " + c.ID, Head: "Case " + c.ID}}
	w.cover()
	w.summary()
	w.relays()
	w.incident()
	w.paths()
	w.otherHosts()
	w.bystanders()
	w.letters()
	w.exemplars()
	w.method()
	w.custody()
	w.glossary()
	return w.report
}

// places are those in a report to which a link can lead.
type places map[string]bool

// known is a link that leads somewhere; another is empty.
func (p places) known(link string) string { return oneOf(p[link], link, "") }

func (r *report) ids() places {
	ids := make(places)
	for _, ch := range r.Chapters {
		ids[ch.ID] = true
		for _, b := range ch.Blocks {
			if h, ok := b.(heading); ok && h.ID != "" {
				ids[h.ID] = true
			}
		}
	}
	return ids
}

// writer makes a report. Its methods are the only way by which text gets into one, and
// they show what hides in it.
type writer struct {
	*report
	c      *casefile.Case
	bytes  Bytes
	ch     *chapter
	quoted map[int]bool // samples that are quoted in full
	common string       // the reason against a charge that every relay has
}

func (w *writer) chapter(id, title string) {
	w.ch = &chapter{ID: id, Title: title}
	w.Chapters = append(w.Chapters, w.ch)
}

func (w *writer) add(b block) { w.ch.Blocks = append(w.ch.Blocks, b) }

func (w *writer) heading(id, title string) { w.add(heading{id, shownText(title)}) }
func (w *writer) label(s string)           { w.add(label{shownText(s)}) }
func (w *writer) para(s string)            { w.add(para{shownText(s)}) }
func (w *writer) note(s string)            { w.add(note{shownText(s)}) }
func (w *writer) item(mark, s string)      { w.add(item{mark, shownText(s)}) }

// shownText is a text of any origin, at most as long as a paragraph can be.
func shownText(s string) string { return Middle(Visible(bounded(s)), 4*maxFact) }

// maxFact is how many characters of a fact are told: more than any that a person
// wrote. The whole stands in case.json.
const maxFact = 600

// fact tells one thing, unless there is nothing to tell.
func (w *writer) fact(label, text string) { w.factOf(fact{Label: label, Text: text}) }

func (w *writer) factOf(f fact) {
	if strings.TrimSpace(f.Text) == "" {
		return
	}
	f.Text = Middle(Visible(bounded(f.Text)), maxFact)
	if n := len(w.ch.Blocks); n > 0 {
		if last, ok := w.ch.Blocks[n-1].(*facts); ok {
			last.List = append(last.List, f)
			return
		}
	}
	w.add(&facts{List: []fact{f}})
}

// table adds a table; one without rows is left out.
func (w *writer) table(t table) {
	if len(t.Rows) == 0 {
		return
	}
	t.Name = shownText(t.Name)
	for _, row := range t.Rows {
		for i := range row {
			row[i].Text = Visible(bounded(row[i].Text))
		}
	}
	w.add(t)
}

// maxRows bounds a table that grows with the samples.
const maxRows = 60

// cutRows is the table with at most n rows; where is where the others stand.
func (w *writer) cutRows(t table, n int, where string) {
	more := len(t.Rows) - n
	if more > 0 {
		t.Rows = t.Rows[:n]
	}
	w.table(t)
	if more > 0 {
		w.note(count(more, "more row stands", "more rows stand") + " in " + where + ".")
	}
}

func (w *writer) figure(title, alt string, draw func(f *fonts, width float64) drawing) {
	w.add(figure{Title: shownText(title), Alt: shownText(alt), draw: draw})
}

package render

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jung-kurt/gofpdf"

	"relaytrace/casefile"
)

// PDF returns the case file as a PDF document, on the paper of the settings: A4, or Letter.
// The bytes depend on the case, the samples and the font alone: its creation time is the
// document's. The case is only read. With bytesOf, which may be nil, the exemplars are
// quoted with their whole headers, else with their trace fields.
//
// Every string of the case is shown with its hidden characters, and those that the
// faces lack, as code points; more are fonts for what the built-in ones lack, in the order
// in which they are asked. None is made a link to the outside. The error tells a case whose creation time
// cannot be read, or a fault while drawing; PDF does not panic. It is safe for concurrent
// use, as long as nobody changes the case meanwhile.
func PDF(c *casefile.Case, bytesOf Bytes, more []*Font) (pdf []byte, err error) {
	if c == nil {
		return nil, errors.New("case file: no case")
	}
	created, err := time.Parse(time.RFC3339, c.Created)
	if err != nil {
		return nil, fmt.Errorf("case file: creation time %q is not RFC 3339", c.Created)
	}
	defer func() {
		if r := recover(); r != nil {
			pdf, err = nil, fmt.Errorf("case file: %v", r)
		}
	}()
	d := newDoc(newReport(c, bytesOf), created.UTC(), more)
	d.cover()
	for _, ch := range d.report.Chapters {
		d.chapter(ch)
	}
	d.finish()
	if pdf, err = d.output(); err != nil {
		return nil, fmt.Errorf("case file: %w", err)
	}
	return pdf, nil
}

// Sizes of type in points, and the distances of lines and the edges of a page in millimetres.
const (
	edge    = 20.0 // white on the left and the right
	pageTop = 25.0

	bodySize = 9.2
	bodyLead = 4.5
	cellSize = 7.6
	cellLead = 3.6
	noteSize = 7.6
	noteLead = 3.7
	monoSize = 7.0
	monoLead = 3.3
)

// doc is a document being written, from its first page to its last.
type doc struct {
	*fonts
	pdf     *gofpdf.Fpdf
	report  *report
	w, h    float64 // of a page
	y       float64 // where the next thing goes, from the top of the page
	section string  // named at the head of each page

	used     map[*face]bool // faces that are embedded
	ids      places
	links    map[string]int
	pages    map[string]int // chapter -> page
	contents float64        // where the list of contents stands on page 1
}

func newDoc(r *report, created time.Time, more []*Font) *doc {
	d := &doc{fonts: paperFonts.with(more), report: r, ids: r.ids(), links: make(map[string]int), pages: make(map[string]int), used: make(map[*face]bool)}
	size := "A4"
	d.w, d.h = 210, 297
	if r.Case.Settings.Paper == PaperLetter {
		size, d.w, d.h = "Letter", 215.9, 279.4
	}
	d.pdf = gofpdf.New("P", "mm", size, "")
	d.pdf.SetCreationDate(created)
	d.pdf.SetModificationDate(created)
	d.pdf.SetCatalogSort(true) // else the order of maps would show in the bytes
	d.pdf.SetAutoPageBreak(false, 0)
	d.pdf.SetMargins(edge, pageTop, edge)
	for _, f := range d.faces() {
		d.embed(f)
	}
	// Titles are encoded by the current face.
	d.pdf.SetFont(d.sans.family, d.sans.style, bodySize)
	d.pdf.SetTitle(d.sans.show(r.Title), true)
	subject := r.Label.Name + ". Relay paths of spam"
	if domain := r.Case.Misused(); domain != "" {
		subject += " that forges " + domain
	}
	d.pdf.SetSubject(d.sans.show(subject), true)
	d.pdf.SetAuthor(d.sans.show(r.Case.Settings.Organisation), true)
	d.pdf.SetCreator(d.sans.show("relaytrace "+r.Case.Version), true)
	d.pdf.SetProducer("relaytrace, gofpdf", true)
	return d
}

// PaperLetter is the setting for paper of the size Letter; any other is A4.
const PaperLetter = "letter"

// embed makes a face known to the backend, which writes into the font it is given: each
// document gets its own copy.
func (d *doc) embed(f *face) {
	if !d.used[f] {
		d.used[f] = true
		d.pdf.AddUTF8FontFromBytes(f.family, f.style, bytes.Clone(f.ttf))
	}
}

func (d *doc) right() float64  { return d.w - edge }
func (d *doc) width() float64  { return d.w - 2*edge }
func (d *doc) bottom() float64 { return d.h - 22 }

// newPage begins a page with its running head.
func (d *doc) newPage() {
	d.pdf.AddPage()
	d.y = pageTop
	d.tlp(d.right(), 9, 12)
	if d.pdf.PageNo() == 1 {
		return // the cover has a head of its own
	}
	d.put(edge, 14, 7.5, d.sans, faint, fit(d.sans, 7.5, d.width()-60, d.report.Head+" · "+d.section))
	d.rule(edge, 17.5, d.right(), 17.5, accent, 0.2)
}

// tlp writes the label as TLP 2.0 has it, in its colour on black, at least 12 points high,
// to the right edge.
func (d *doc) tlp(right, y, size float64) {
	l := d.report.Label
	if l.Name == "" {
		return
	}
	w, h := d.bold.width(l.Name, size)+3, size*mmPerPoint*1.35
	d.pdf.SetFillColor(0, 0, 0)
	d.pdf.Rect(right-w, y, w, h, "F")
	d.pdf.SetFont(d.bold.family, d.bold.style, size)
	d.textColour(l.r, l.g, l.b)
	d.pdf.Text(right-w+1.5, y+h*0.76, l.Name)
}

// need begins a page unless h millimetres are left on this one.
func (d *doc) need(h float64) {
	if d.y+h > d.bottom() {
		d.newPage()
	}
}

// cover writes the first page: what the case is, and where in the document what stands.
func (d *doc) cover() {
	r := d.report
	d.newPage()
	d.rule(edge, 30, d.right(), 30, accent, 0.9)
	d.put(edge, 40, 11, d.sans, faint, "Case file · relay paths of unsolicited mail with forged senders")
	title := 26.0
	for title > 12 && d.bold.width(r.Case.ID, title) > d.width() {
		title--
	}
	d.put(edge, 53, title, d.bold, accent, fit(d.bold, title, d.width(), r.Case.ID))
	d.y = 64
	for _, f := range r.Cover {
		d.fact(f, 9.6, 5.2, 2)
	}
	d.y += 4
	d.block(0, noteSize, noteLead, d.sans, faint, r.Label.Name+": this document "+r.Label.Means+" TLP 2.0 is explained at first.org/tlp.", 4)
	d.y = min(d.y+14, d.bottom()-float64(len(r.Chapters))*5.4-10)
	d.put(edge, d.y+4, 11, d.bold, accent, "Contents")
	d.y += 6.5
	d.rule(edge, d.y, d.right(), d.y, accent, 0.3)
	d.contents = d.y + 1.5
}

// finish writes what can only be known at the end: the foot of every page, with their
// number, and the page numbers of the contents. The backend's own way, a placeholder
// replaced in every page, would also replace what a sample says.
func (d *doc) finish() {
	pages := d.pdf.PageCount()
	for n := 1; n <= pages; n++ { // the backend writes out the pages up to the current one: it ends on the last
		d.pdf.SetPage(n)
		y := d.h - 13
		d.rule(edge, y, d.right(), y, faint, 0.15)
		d.put(edge, y+4.8, 7.5, d.sans, faint, fit(d.sans, 7.5, 62, d.report.Case.Settings.Organisation))
		page := fmt.Sprintf("page %d of %d", n, pages)
		d.put((d.w-d.sans.width(page, 7.5))/2, y+4.8, 7.5, d.sans, faint, page)
		d.tlp(d.right(), y+1.2, 12)
		if n == 1 && d.contents > 0 {
			d.fillContents()
		}
	}
}

func (d *doc) fillContents() {
	y := d.contents
	for i, ch := range d.report.Chapters {
		d.put(edge, y+3.6, 9.2, d.sans, ink, strconv.Itoa(i+1))
		d.put(edge+8, y+3.6, 9.2, d.sans, ink, ch.Title)
		n := strconv.Itoa(d.pages[ch.ID])
		d.put(d.right()-d.sans.width(n, 9.2), y+3.6, 9.2, d.sans, ink, n)
		from, to := edge+10+d.sans.width(ch.Title, 9.2), d.right()-2-d.sans.width(n, 9.2)
		d.pen(faint, dotted)
		d.pdf.Line(from, y+3.5, to, y+3.5)
		d.pen(ink, solid)
		d.pdf.Link(edge, y, d.width(), 5, d.link(ch.ID))
		y += 5.4
	}
}

// link is the backend's number of a place, 0 when the report has no such place.
func (d *doc) link(id string) int {
	if id == "" || !d.ids[id] {
		return 0
	}
	if d.links[id] == 0 {
		d.links[id] = d.pdf.AddLink()
	}
	return d.links[id]
}

// target has links to a place lead here.
func (d *doc) target(id string) {
	if n := d.link(id); n != 0 {
		d.pdf.SetLink(n, d.y-2, d.pdf.PageNo())
	}
}

// put writes one line of text with its base line at y. It is the only way by which
// text of a case reaches a page, and lets nothing through that the faces cannot show.
func (d *doc) put(x, y, size float64, f *face, t tone, s string) {
	if s == "" {
		return
	}
	d.textColour(t.colour())
	for _, r := range f.runs(f.show(s)) {
		d.embed(r.face)
		d.pdf.SetFont(r.face.family, r.face.style, size)
		d.pdf.Text(x, y, r.s)
		x += r.face.width(r.s, size)
	}
}

// textColour sets the colour of the text to come. The backend formats it each time that it
// is told, and most of a page is of one colour.
func (d *doc) textColour(r, g, b int) {
	if r0, g0, b0 := d.pdf.GetTextColor(); r != r0 || g != g0 || b != b0 {
		d.pdf.SetTextColor(r, g, b)
	}
}

// rule draws a thin line.
func (d *doc) rule(x1, y1, x2, y2 float64, t tone, width float64) {
	d.pdf.SetDrawColor(t.colour())
	d.pdf.SetLineWidth(width)
	d.pdf.Line(x1, y1, x2, y2)
}

package render

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jung-kurt/gofpdf"

	"relaytrace/casefile"
)

// PDF returns the case file as a PDF document on A4 paper. The bytes depend on the
// case alone: its creation time is the document's. The case is only read.
//
// Every string of the case is shown with its hidden characters, and those that the
// faces lack, as code points; none is made a link to the outside. The error tells a
// case whose creation time cannot be read, or a fault while drawing; PDF does not panic.
// It is safe for concurrent use, as long as nobody changes the case meanwhile.
func PDF(c *casefile.Case) (pdf []byte, err error) {
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
	d := newDoc(c, created.UTC())
	d.cover()
	d.relays()
	d.otherHosts()
	d.samples()
	d.method()
	d.lists()
	d.finish()
	var out bytes.Buffer
	if err := d.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("case file: %w", err)
	}
	return out.Bytes(), nil
}

// Measures of a page in millimetres, and sizes of type in points.
const (
	pageWidth  = 210.0
	pageTop    = 24.0
	pageBottom = 277.0
	leftEdge   = 20.0
	rightEdge  = 190.0
	textWidth  = rightEdge - leftEdge

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
	pdf     *gofpdf.Fpdf
	c       *casefile.Case
	created time.Time
	y       float64 // where the next thing goes, from the top of the page
	section string  // named at the head of each page

	contents   []entry
	contentsAt float64            // where the list of contents stands on page 1
	relayLink  map[netip.Addr]int // targets inside the document
	sampleLink map[int]int
	bySample   map[int]*casefile.Sample
}

// entry is a line of the list of contents.
type entry struct {
	title      string
	page, link int
}

func newDoc(c *casefile.Case, created time.Time) *doc {
	d := &doc{
		c: c, created: created,
		relayLink:  make(map[netip.Addr]int),
		sampleLink: make(map[int]int),
		bySample:   make(map[int]*casefile.Sample),
	}
	d.pdf = gofpdf.New("P", "mm", "A4", "")
	d.pdf.SetCreationDate(created)
	d.pdf.SetModificationDate(created)
	d.pdf.SetCatalogSort(true) // else the order of maps would show in the bytes
	d.pdf.SetAutoPageBreak(false, 0)
	d.pdf.SetMargins(leftEdge, pageTop, pageWidth-rightEdge)
	for _, f := range faces {
		// The backend writes into the font it is given; each document gets its own copy.
		d.pdf.AddUTF8FontFromBytes(f.family, f.style, bytes.Clone(f.ttf))
	}
	// Titles are encoded by the current face.
	d.pdf.SetFont(sans.family, sans.style, bodySize)
	d.pdf.SetTitle(sans.show("Case file "+c.ID), true)
	d.pdf.SetSubject(sans.show("Relay paths of spam that forges "+c.Settings.Domain), true)
	d.pdf.SetAuthor(sans.show(c.Settings.Organisation), true)
	d.pdf.SetCreator(sans.show("relaytrace "+c.Version), true)
	d.pdf.SetProducer("relaytrace, gofpdf", true)
	for i := range c.Relays {
		d.relayLink[c.Relays[i].IP] = d.pdf.AddLink()
	}
	for i := range c.Samples {
		d.sampleLink[c.Samples[i].Number] = d.pdf.AddLink()
		d.bySample[c.Samples[i].Number] = &c.Samples[i]
	}
	return d
}

// newPage begins a page with its running head.
func (d *doc) newPage() {
	d.pdf.AddPage()
	d.y = pageTop
	if d.pdf.PageNo() == 1 {
		return // the cover has a head of its own
	}
	d.put(leftEdge, 14, 7.5, sans, faint, fit(sans, 7.5, 80, d.c.Settings.Organisation))
	section := fit(sans, 7.5, 80, d.section)
	d.put(rightEdge-sans.width(section, 7.5), 14, 7.5, sans, faint, section)
	d.rule(leftEdge, 16, rightEdge, 16, accent, 0.2)
}

// need begins a page unless h millimetres are left on this one.
func (d *doc) need(h float64) {
	if d.y+h > pageBottom {
		d.newPage()
	}
}

// finish writes what can only be known at the end: the foot of every page, with their
// number, and the page numbers of the contents. The backend's own way, a placeholder
// replaced in every page, would also replace what a sample says.
func (d *doc) finish() {
	pages := d.pdf.PageCount()
	for n := 1; n <= pages; n++ { // the backend writes out the pages up to the current one: it ends on the last
		d.pdf.SetPage(n)
		d.rule(leftEdge, 284, rightEdge, 284, faint, 0.15)
		d.put(leftEdge, 288.5, 7.5, sans, faint, fit(sans, 7.5, 110, "Case "+d.c.ID+" · draft; nothing has been sent"))
		page := fmt.Sprintf("page %d of %d", n, pages)
		d.put(rightEdge-sans.width(page, 7.5), 288.5, 7.5, sans, faint, page)
		if n == 1 {
			d.fillContents()
		}
	}
}

// put writes one line of text with its base line at y. It is the only way by which
// text reaches a page, and lets nothing through that the face cannot show.
func (d *doc) put(x, y, size float64, f *face, t tone, s string) {
	if s == "" {
		return
	}
	d.pdf.SetFont(f.family, f.style, size)
	d.pdf.SetTextColor(t.colour())
	d.pdf.Text(x, y, f.show(s))
}

// rule draws a thin line.
func (d *doc) rule(x1, y1, x2, y2 float64, t tone, width float64) {
	d.pdf.SetDrawColor(t.colour())
	d.pdf.SetLineWidth(width)
	d.pdf.Line(x1, y1, x2, y2)
}

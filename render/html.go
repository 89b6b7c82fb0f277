package render

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"relaytrace/casefile"
)

//go:embed html/case.html
var pageText string

//go:embed html/case.css
var pageStyle string

//go:embed html/case.js
var pageScript string

var pageTemplate = newPage("case.html", pageText, template.FuncMap{
	"number": func(i int) int { return i + 1 },
	"class":  func(l tlp) string { return strings.ToLower(strings.NewReplacer(":", "-", "+", "-").Replace(l.Name)) },
})

// HTML returns the case file as one page that needs nothing else: it has no link to the
// outside and asks for nothing, which a Content-Security-Policy enforces; its one script
// sorts and filters the relays, and all can be read without it. It tells what the PDF does,
// from the same report. The bytes depend on the case and the samples alone, which are only
// read; bytesOf is that of PDF.
//
// Hidden characters are shown as code points. Where a text stands in a sentence of ours or
// in a quoted field, right-to-left letters keep the order of the bytes.
func HTML(c *casefile.Case, bytesOf Bytes) (page []byte, err error) {
	if c == nil {
		return nil, errors.New("case page: no case")
	}
	defer func() {
		if r := recover(); r != nil {
			page, err = nil, fmt.Errorf("case page: %v", r)
		}
	}()
	r := newReport(c, bytesOf)
	v := htmlPage{
		Head:   newHead(r.Label.Name+" · Case file "+Visible(c.ID), pageStyle+printStyle(r.Label), pageScript),
		Report: r, Created: Stamp(c.Created), ID: Visible(c.ID), Organisation: Visible(bounded(c.Settings.Organisation)),
		Script: template.JS(pageScript),
	}
	ids := r.ids()
	for _, ch := range r.Chapters {
		v.Chapters = append(v.Chapters, htmlChapter{ch.ID, ch.Title, v.blocks(ch, ids)})
	}
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, v); err != nil {
		return nil, fmt.Errorf("case page: %w", err)
	}
	return out.Bytes(), nil
}

// hashSource is the source expression that allows an inline text (CSP level 3 section 2.3.1).
func hashSource(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// printStyle puts the label and the number of the page on each printed page.
func printStyle(l tlp) string {
	label := fmt.Sprintf(`content: "%s"; background: #000; color: rgb(%d, %d, %d); font: bold 12pt sans-serif; width: 48mm; height: 7mm; margin: auto 0 auto auto; text-align: center;`, l.Name, l.r, l.g, l.b)
	return "@page { margin: 20mm 15mm; @top-right { " + label + " } @bottom-right { " + label + " } @bottom-left { content: \"page \" counter(page) \" of \" counter(pages); font: 8pt sans-serif; } }\n"
}

type htmlPage struct {
	Report                    *report
	ID, Created, Organisation string
	Head                      pageHead
	Script                    template.JS
	Chapters                  []htmlChapter
	figures                   int
}

type htmlChapter struct {
	ID, Title string
	Blocks    []htmlBlock
}

// htmlBlock is a block as the template sets it.
type htmlBlock struct {
	Kind  string
	Block block
	Under bool          // label: it stands under a heading of the chapter
	Items []item        // items that stand together
	Mark  string        // of the items
	SVG   template.HTML // figure
	Cells [][]htmlCell  // table
	Share []int         // table: the widths of its columns in hundredths
	Facts []htmlFact    // facts
	Lines []htmlLine    // raw
}

// What stands in a block, as the template sets it. A link is empty when it leads nowhere. A
// page has hundreds of thousands of them, and a template finds a field of an embedded type
// much slower than one of the type itself.
type (
	htmlCell struct{ Text, Link, Class string }
	htmlFact struct {
		Label, Text, Link string
		Mono              bool
	}
	htmlLine struct {
		Number string
		Parts  []segment
	}
)

// whole is how long a text in fixed width may be and still never be broken: an address.
const whole = 40

func (c cell) class(right bool) string {
	switch {
	case right:
		return "right"
	case c.Mono && len(c.Text) < whole && !strings.Contains(c.Text, " "):
		return "mono whole"
	case c.Mono:
		return "mono"
	}
	return ""
}

// blocks makes of a chapter's blocks what the template sets: items that stand together
// become one list, and pictures are drawn.
func (v *htmlPage) blocks(ch *chapter, ids places) []htmlBlock {
	var out []htmlBlock
	under := false
	for _, b := range ch.Blocks {
		h := htmlBlock{Kind: b.Kind(), Block: b, Under: under}
		switch b := b.(type) {
		case heading:
			under = true
		case item:
			if n := len(out); n > 0 && out[n-1].Kind == "item" && out[n-1].Mark == b.Mark {
				out[n-1].Items = append(out[n-1].Items, b)
				continue
			}
			h.Items, h.Mark = []item{b}, b.Mark
		case figure:
			v.figures++
			// The drawing escapes all text that it is given.
			h.SVG = template.HTML(b.draw(screenFonts, 170).svg(fmt.Sprintf("figure-%d", v.figures), b.Title))
		case table:
			h.Cells, h.Share = htmlCells(b, ids), b.shares()
		case *facts:
			for _, f := range b.List {
				h.Facts = append(h.Facts, htmlFact{f.Label, f.Text, ids.known(f.Link), f.Mono})
			}
		case rawField:
			for _, l := range b.Lines {
				h.Lines = append(h.Lines, htmlLine{strconv.Itoa(l.Number), l.segments(Visible)})
			}
		}
		out = append(out, h)
	}
	return out
}

func htmlCells(t table, ids places) [][]htmlCell {
	rows := make([][]htmlCell, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make([]htmlCell, len(row))
		for k, c := range row {
			rows[i][k] = htmlCell{c.Text, ids.known(c.Link), c.class(t.Columns[k].Right)}
		}
	}
	return rows
}

// shares are the widths of a table's columns in hundredths of the whole.
func (t table) shares() []int {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Width
	}
	var out []int
	for _, c := range t.Columns {
		out = append(out, int(c.Width/sum*100+0.5))
	}
	return out
}

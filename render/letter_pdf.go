package render

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"relaytrace/casefile"
)

// LetterPDF returns a letter of c as a document to be printed or sent by post, on the paper
// of the settings. txt is the letter as Draft.TXT has it, or as somebody mended it. The
// bytes depend on the case, the letter, its text and the font alone; more, which may be
// nil, are fonts for what the built-in ones lack. It does not panic.
func LetterPDF(c *casefile.Case, l casefile.Letter, txt []byte, more []*Font) (pdf []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			pdf, err = nil, fmt.Errorf("letter %s: %v", Visible(l.Name), r)
		}
	}()
	drafted, err := time.Parse(time.RFC3339, cmp.Or(l.Date, c.Created))
	if err != nil {
		return nil, fmt.Errorf("letter %s: its time: %w", Visible(l.Name), err)
	}
	head, text, _ := strings.Cut(VisibleLines(string(txt)), "\n\n")
	subject := oneLine(c.ID, 60)
	if _, s, ok := strings.Cut(head, "\nSubject: "); ok {
		subject = s
	}
	r := &report{Case: c, Title: subject, Head: "Case " + oneLine(c.ID, 60), Label: tlpOf(c)}
	if l.Kind == casefile.LetterReply && l.Answers != nil && l.Answers.Variant != casefile.ReplyTechnical {
		r.Label = tlp{} // a label among professionals says nothing to a person who complains
	}
	d := newDoc(r, drafted.UTC(), more)
	d.section = subject
	d.pdf.SetSubject(d.sans.show(r.Head), true)
	d.newPage()
	d.letterHead(l, drafted.UTC(), subject)
	d.letterText(layOut(text))
	d.finish()
	if pdf, err = d.output(); err != nil {
		return nil, fmt.Errorf("letter %s: %w", Visible(l.Name), err)
	}
	return pdf, nil
}

// letterHead sets what the header of a message would say.
func (d *doc) letterHead(l casefile.Letter, drafted time.Time, subject string) {
	s := d.report.Case.Settings
	to := strings.Join(l.To, ", ")
	if to == "" {
		to = "(nobody yet)"
	}
	for _, f := range []fact{
		{Label: "From", Text: oneLine(strings.TrimSpace(firstOf(s.Reporter, s.Organisation)+"  "+s.ReplyTo), 200)}, {Label: "To", Text: oneLine(to, 400)},
		{Label: "Date", Text: drafted.Format(time.DateOnly)}, {Label: "Subject", Text: subject},
	} {
		if f.Text != "" {
			d.fact(f, 9, 4.6, maxFact)
		}
	}
	d.y += 1
	d.rule(edge, d.y, d.right(), d.y, accent, 0.3)
	d.y += 4
}

// letterText sets the text.
func (d *doc) letterText(lines []textLine) {
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		switch {
		case l.text == "":
			d.y += bodyLead * 0.55
		case strings.HasPrefix(l.text, verbatim):
			for _, line := range wrap(d.mono, monoSize, d.width(), l.text) {
				d.need(monoLead)
				d.put(edge, d.y+monoLead*0.76, monoSize, d.mono, ink, line)
				d.y += monoLead
			}
		default:
			text := l.text
			for ; lines[i].join != ends; i++ {
				if lines[i].join == atSpace {
					text += " "
				}
				text += lines[i+1].text
			}
			d.prose(text)
		}
	}
}

// prose sets one paragraph or item, wrapped as the language has it.
func (d *doc) prose(text string) {
	mark := itemMark(text)
	hang := 0.0
	if mark != "" {
		hang = d.sans.width(mark, bodySize)
	}
	face, space := d.sans, d.sans.width(" ", bodySize)
	line, used, begun := "", 0.0, false
	put := func() {
		d.need(bodyLead)
		x := edge
		if begun {
			x += hang
		}
		d.put(x, d.y+bodyLead*0.76, bodySize, face, ink, line)
		d.y += bodyLead
		line, used, begun = "", 0, true
	}
	for _, a := range atoms(face.show(text)) {
		for _, piece := range chop(face, bodySize, d.width()-hang, a.text, ".-@/") {
			w, gap := face.width(piece, bodySize), 0.0
			if a.space && line != "" {
				gap = space
			}
			if line != "" && used+gap+w > d.width()-hang {
				put()
				gap = 0
			}
			if gap > 0 {
				line += " "
			}
			line += piece
			used += gap + w
			a.space = false
		}
	}
	put()
}

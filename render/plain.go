package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"relaytrace/casefile"
)

// Plain returns a part of the case file as plain text, in lines of at most width
// characters: "summary", "letters", or the address of a relay. It tells what the PDF does,
// from the same report, and nothing hides in it. ok is false when the case file has no such
// part.
func Plain(c *casefile.Case, part string, width int) (text string, ok bool) {
	w := &writer{c: c, bytes: func(int) []byte { return nil }, report: &report{Case: c, Label: tlpOf(c)}}
	switch part {
	case "summary":
		w.summary()
	case "letters":
		w.letters()
	default:
		w.chapter("relay", "")
		for i := range c.Relays {
			if r := &c.Relays[i]; r.IP.String() == part {
				w.common = ""
				w.relay(r)
			}
		}
		if len(w.ch.Blocks) == 0 {
			return "", false
		}
	}
	p := plainWriter{width: max(width, 60)}
	p.label(w.ch.Title)
	for _, b := range w.ch.Blocks {
		p.block(b)
	}
	return p.b.String(), true
}

type plainWriter struct {
	b     strings.Builder
	width int
}

func (p *plainWriter) block(b block) {
	switch b := b.(type) {
	case para:
		p.wrapped("", "", b.Text)
	case note:
		p.wrapped("", "", b.Text)
	case heading:
		p.label(b.Title)
	case label:
		p.label(b.Text)
	case item:
		p.wrapped("  "+b.Mark+" ", "    ", b.Text)
	case *facts:
		for _, f := range b.List {
			p.wrapped(fmt.Sprintf("  %-18s ", f.Label), strings.Repeat(" ", 21), f.Text)
		}
	case table:
		p.table(b)
	case rawField:
		p.raw(b)
	}
}

// label writes a heading with a line of its own before it.
func (p *plainWriter) label(s string) {
	if s == "" {
		return
	}
	if p.b.Len() > 0 {
		p.b.WriteByte('\n')
	}
	p.wrapped("", "", s)
}

func (p *plainWriter) wrapped(first, rest, s string) {
	for i, l := range linesOf(s, p.width-utf8.RuneCountInString(first)) {
		p.b.WriteString(strings.TrimRight(oneOf(i == 0, first, rest)+l, " ") + "\n")
	}
}

// raw quotes a field; what tells something is marked below it.
func (p *plainWriter) raw(f rawField) {
	p.wrapped("  ", "  ", f.Head+": "+f.Why)
	for _, l := range f.Lines {
		var text, under strings.Builder
		for _, s := range l.segments(Visible) {
			text.WriteString(s.Text)
			under.WriteString(strings.Repeat(oneOf(s.Mark, "^", " "), utf8.RuneCountInString(s.Text)))
		}
		fmt.Fprintf(&p.b, "  %5d  %s\n", l.Number, text.String())
		if len(l.Marks) > 0 {
			fmt.Fprintf(&p.b, "         %s\n", strings.TrimRight(under.String(), " "))
		}
	}
}

// table sets columns as wide as what stands in them, the widest of them wrapped where all
// do not fit a line.
func (p *plainWriter) table(t table) {
	rows := [][]string{nil}
	for _, c := range t.Columns {
		rows[0] = append(rows[0], c.Title)
	}
	for _, r := range t.Rows {
		var row []string
		for _, c := range r {
			row = append(row, c.Text)
		}
		rows = append(rows, row)
	}
	widths := widthsOf(rows, p.width-2)
	for _, row := range rows {
		lines := make([][]string, len(row))
		height := 0
		for i, cell := range row {
			lines[i] = linesOf(cell, widths[i])
			height = max(height, len(lines[i]))
		}
		for k := range height {
			line := "  "
			for i := range row {
				part := ""
				if k < len(lines[i]) {
					part = lines[i][k]
				}
				pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(part)))
				line += oneOf(t.Columns[i].Right, pad+part, part+pad) + "  "
			}
			p.b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
}

// widthsOf are the widths of columns, two spaces apart, that fit room: the widest are
// made narrower first.
func widthsOf(rows [][]string, room int) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 1)
		}
	}
	for {
		sum, widest := -2, 0
		for i, w := range widths {
			sum += w + 2
			if w > widths[widest] {
				widest = i
			}
		}
		if sum <= room || widths[widest] <= 8 {
			return widths
		}
		widths[widest]--
	}
}

// linesOf wraps s into lines of at most width characters, between words where that can
// be. There is at least one.
func linesOf(s string, width int) []string {
	width = max(width, 8)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for {
			room := width - utf8.RuneCountInString(line)
			if line != "" {
				room--
			}
			if utf8.RuneCountInString(word) <= room {
				break
			}
			if line != "" {
				lines, line = append(lines, line), ""
				continue
			}
			u := units(word)
			n, used := 0, 0
			for n < len(u) && (n == 0 || used+utf8.RuneCountInString(u[n]) <= width) {
				used += utf8.RuneCountInString(u[n])
				n++
			}
			if n == len(u) {
				break
			}
			lines = append(lines, strings.Join(u[:n], ""))
			word = strings.Join(u[n:], "")
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"relaytrace/render"
	"relaytrace/trace"
)

// plainWidth is how many characters a line has where no terminal says how wide it is, and
// leastWidth how many are assumed of any terminal.
const (
	plainWidth = 100
	leastWidth = 80
)

// place names a sample and where it was found.
func place(s trace.Sample) string {
	name := render.Visible(s.File)
	if s.Line > 1 {
		name += fmt.Sprintf(":%d", s.Line)
	}
	if s.Part != "" {
		name += " part " + render.Visible(s.Part)
	}
	return name
}

// timeCell gives the instant in UTC, or the stamp in quotes where it names none.
func timeCell(t trace.Time) string {
	if at, err := time.Parse(time.RFC3339, t.UTC); err == nil {
		return at.UTC().Format("2006-01-02 15:04:05")
	}
	if t.Stamp == "" {
		return "no time"
	}
	return `"` + render.Middle(render.Visible(t.Stamp), 17) + `"`
}

// afterCell gives the time since the last older field that names an instant and is not
// contradicted: invented times measure nothing. A clock that is ahead makes it negative,
// and it is shown so.
func afterCell(p *trace.Path, i int) string {
	now, err := time.Parse(time.RFC3339, p.Hops[i].Time.UTC)
	if err != nil || p.Hops[i].Standing == trace.Contradicted {
		return ""
	}
	for j := i + 1; j < len(p.Hops); j++ {
		if p.Hops[j].Standing == trace.Contradicted {
			continue
		}
		if before, err := time.Parse(time.RFC3339, p.Hops[j].Time.UTC); err == nil {
			return span(now.Sub(before))
		}
	}
	return ""
}

// span writes a duration with its sign and its two largest units.
func span(d time.Duration) string {
	sign, s := "+", int64(d/time.Second)
	if s < 0 {
		sign, s = "-", -s
	}
	switch {
	case s < 60:
		return fmt.Sprintf("%s%ds", sign, s)
	case s < 3600:
		return fmt.Sprintf("%s%dm%02ds", sign, s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%s%dh%02dm", sign, s/3600, s%3600/60)
	}
	return fmt.Sprintf("%s%dd%02dh", sign, s/86400, s%86400/3600)
}

// writeTable writes rows with columns aligned, two spaces in. mark may put escapes round
// a padded cell.
func writeTable(w *bufio.Writer, rows [][]string, mark func(row, column int, cell string) string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for r, row := range rows {
		last := len(row) - 1
		for last > 0 && row[last] == "" {
			last--
		}
		for i, cell := range row[:last+1] {
			padding := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == last {
				padding = ""
			}
			w.WriteString("  " + mark(r, i, cell) + padding)
		}
		w.WriteString("\n")
	}
}

// unmarked leaves a cell of writeTable as it is.
func unmarked(_, _ int, cell string) string { return cell }

// writeWrapped writes a text in lines of at most width characters, the first behind
// first and the others behind rest, which may hold colours. A word that no line can hold
// is shortened in its middle. text must hold nothing hidden.
func writeWrapped(w *bufio.Writer, first, rest, text string, width int) {
	line, used, empty := first, shown(first), true
	for _, word := range strings.Fields(text) {
		room := max(width-shown(rest), 20)
		word = render.Middle(word, room)
		n := utf8.RuneCountInString(word)
		if !empty && used+1+n > width {
			w.WriteString(strings.TrimRight(line, " ") + "\n")
			line, used, empty = rest, shown(rest), true
		}
		if !empty {
			line += " "
			used++
		}
		line += word
		used += n
		empty = false
	}
	w.WriteString(strings.TrimRight(line, " ") + "\n")
}

// shown is how many characters of s a terminal shows: colours take no room.
func shown(s string) int {
	n := 0
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		n += utf8.RuneCountInString(before)
		if !found {
			return n
		}
		_, s, _ = strings.Cut(after, "m")
	}
}

// pad fills s up to n characters shown.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(n-shown(s), 0))
}

package render

import (
	"fmt"
	"strings"
	"time"

	"relaytrace/casefile"
	"relaytrace/casefile/desk"
)

// stateWords name the states of a checklist, in the order in which they are told.
var stateWords = []struct {
	state desk.State
	mark  string
	title string
}{
	{desk.Gap, "[ ]", "To be mended"},
	{desk.Open, "[?]", "Not answered"},
	{desk.Look, "[.]", "For a person to see"},
	{desk.Good, "[x]", "Good"},
}

// ReadinessText is the checklist of a domain for people, in lines of at most 98 characters.
// It reads r and changes nothing.
func ReadinessText(r *desk.Readiness) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n  %s.\n", Visible(r.Facts.Domain), readinessCount(r))
	for _, s := range stateWords {
		if r.Count(s.state) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", s.title)
		for _, c := range r.Checks {
			if c.State != s.state {
				continue
			}
			fill(&b, "  "+s.mark+" ", "      ", Visible(c.Name)+": "+Visible(c.Found)+" ("+c.Code+")")
			if c.Do != "" {
				fill(&b, "      -> ", "         ", Visible(c.Do))
			}
		}
	}
	return b.String()
}

func readinessCount(r *desk.Readiness) string {
	return fmt.Sprintf("%s to mend, %d not answered, %d for a person to see, %d good",
		count(r.Count(desk.Gap), "gap", "gaps"), r.Count(desk.Open), r.Count(desk.Look), r.Count(desk.Good))
}

// fill writes a paragraph in lines of at most 98 characters.
func fill(b *strings.Builder, first, rest, text string) {
	line := first
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case len([]rune(line))+1+len([]rune(word)) > 98:
			b.WriteString(line + "\n")
			line = rest + word
		default:
			line += " " + word
		}
	}
	b.WriteString(line + "\n")
}

// ReadinessFiles makes the files of a checklist: checklist.pdf, .json and .txt, staff.txt,
// the sheet for those who read the mailboxes, and apology.txt, the answer to a first
// complaint as the settings fill it in. The bytes depend on the arguments alone. more are
// those of [PDF].
func ReadinessFiles(r *desk.Readiness, s casefile.Settings, t *Templates, more []*Font) ([]casefile.NamedBytes, error) {
	doc, err := casefile.EncodeJSON(r, "  ")
	if err != nil {
		return nil, err
	}
	pdf, err := readinessPDF(r, s, more)
	if err != nil {
		return nil, err
	}
	c := &casefile.Case{ID: "(case number)", Created: r.Created, Settings: s}
	f, err := t.Drafter(c).newFrame(casefile.Letter{Name: "apology", Kind: casefile.LetterReply})
	if err != nil {
		return nil, err
	}
	f.Held = nil // it is a text to have ready, and no letter to anybody yet
	data := &replyData{frame: f, Variant: casefile.ReplyFirst, Spam: "(subject of the spam)", Member: s.Member, CareContact: oneLine(s.CareContact, 120), Shown: true}
	_, apology, err := f.compose("reply-"+casefile.ReplyFirst, data)
	if err != nil {
		return nil, err
	}
	staff, err := t.fill("staff", data)
	if err != nil {
		return nil, err
	}
	return []casefile.NamedBytes{
		{Path: "checklist.pdf", Data: pdf},
		{Path: "checklist.json", Data: doc},
		{Path: "checklist.txt", Data: []byte(ReadinessText(r))},
		{Path: "staff.txt", Data: []byte(plainText(layOut(staff)))},
		{Path: "apology.txt", Data: []byte(plainText(layOut(apology)))},
	}, nil
}

// readinessPDF sets the checklist on paper.
func readinessPDF(r *desk.Readiness, s casefile.Settings, more []*Font) (pdf []byte, err error) {
	created, err := time.Parse(time.RFC3339, r.Created)
	if err != nil {
		return nil, fmt.Errorf("checklist: time %q is not RFC 3339", r.Created)
	}
	defer func() {
		if x := recover(); x != nil {
			pdf, err = nil, fmt.Errorf("checklist: %v", x)
		}
	}()
	c := &casefile.Case{ID: r.Facts.Domain, Created: r.Created, Settings: s}
	w := &writer{c: c, report: &report{Case: c, Label: tlpOf(c), Title: "Readiness for forged mail: " + Visible(r.Facts.Domain), Head: "Checklist for " + Visible(r.Facts.Domain)}}
	w.chapter("checklist", w.Title)
	w.para("Asked " + Stamp(r.Created) + ". " + readinessCount(r) + ".")
	w.para("Spammers put other people's domains into the sender's place. Bounces, complaints and threats then go to the owner of the domain. This list says where they will land, and what stands in the way of such mail.")
	for _, st := range stateWords {
		if r.Count(st.state) == 0 {
			continue
		}
		w.heading("", st.title)
		t := table{Name: st.title, Columns: []column{{Title: "Name", Width: 34}, {Title: "What was found", Width: 72}, {Title: "What to do", Width: 64}}}
		for _, x := range r.Checks {
			if x.State == st.state {
				t.Rows = append(t.Rows, []cell{{Text: Visible(x.Name), Mono: true}, {Text: Visible(x.Found)}, {Text: orNone(Visible(x.Do), "nothing")}})
			}
		}
		w.add(t)
	}
	d := newDoc(w.report, created.UTC(), more)
	for _, ch := range w.Chapters {
		d.chapter(ch)
	}
	d.finish()
	if pdf, err = d.output(); err != nil {
		return nil, fmt.Errorf("checklist: %w", err)
	}
	return pdf, nil
}

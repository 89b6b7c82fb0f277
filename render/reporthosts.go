package render

import (
	"fmt"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// otherHosts writes the hosts that are no relays and where trails end.
func (w *writer) otherHosts() {
	w.chapter("ends", "Where trails end")
	if len(w.c.Sources) == 0 {
		w.para("No trail ends at a host that is not told as a relay above.")
		return
	}
	w.para("These addresses stand at the end of what can be believed. A host that added no field of its own is either " +
		"the source or a relay that hides all; the header cannot tell which, so both are said.")
	t := table{Name: "Where trails end", Columns: []column{
		{Title: "Address", Width: 28}, {Title: "Name recorded", Width: 39}, {Title: "Holder", Width: 30}, {Title: "Country", Width: 20}, {Title: "What it is", Width: 32}, {Title: "Seen in", Width: 20},
	}}
	for i := range w.c.Sources {
		s := &w.c.Sources[i]
		t.Rows = append(t.Rows, []cell{
			{Text: s.IP.String(), Mono: true},
			{Text: namesOf(s.Names, s.HELOs, 3)},
			{Text: holderCell(&s.Record)},
			{Text: countryCell(&s.Record)},
			{Text: sourceWords(s)},
			{Text: sampleListOf(s.Samples, s.Count), Link: w.firstSample(s.Samples)},
		})
	}
	w.cutRows(t, 500, "exports/sources.csv")
	if more := w.c.SourceCount - len(w.c.Sources); more > 0 {
		w.note(count(more, "more host, of fewer samples, stands", "more hosts, of fewer samples, stand") + " in samples.ndjson.")
	}
	w.tableKey()
}

// sourceWords tells in a table what a source is, and how well that is known.
func sourceWords(s *casefile.Source) string {
	what := "possible source"
	switch s.Ends {
	case trace.EndNoField:
		what = "source or silent relay"
	case trace.EndLocal:
		what = "submitted there"
	case trace.EndUnexplained:
		what = "source or relay"
	}
	switch s.Certainty {
	case trace.Recorded:
		return what + "; recorded"
	case trace.CertaintyCorroborated:
		return what + ", by the host above"
	}
	return what + ", by an unverified field alone"
}

// bystanders writes the hosts that must not be accused, under the reason why.
func (w *writer) bystanders() {
	w.chapter("not-accused", "Named, and not accused")
	if len(w.c.Bystanders) == 0 {
		w.para("No other host is named in a way that could be mistaken for a charge.")
		return
	}
	w.para("The headers name these hosts, and spammers put names there to lay a false trail. Nothing is held against them: " +
		"they were not shown to have touched the mail, or did so in the ordinary course.")
	var order []string
	rows := make(map[string][][]cell)
	for _, b := range w.c.Bystanders {
		ip := "none"
		if b.IP.IsValid() {
			ip = b.IP.String()
		}
		why := w.whyWords(b)
		if len(rows[why]) == 0 {
			order = append(order, why)
		}
		rows[why] = append(rows[why], []cell{
			{Text: orNone(Middle(Visible(b.Name), 100), "no name")}, {Text: ip, Mono: true},
			{Text: sampleListOf(b.Samples, b.Count), Link: w.firstSample(b.Samples)},
		})
	}
	if more := w.c.BystanderCount - len(w.c.Bystanders); more > 0 {
		w.note(count(more, "more host is named and not accused; it stands", "more hosts are named and not accused; they stand") + " in samples.ndjson.")
	}
	for i, why := range order {
		if i == maxRows {
			w.note(fmt.Sprintf("%d more reasons stand in exports/not-accused.csv.", len(order)-i))
			return
		}
		w.label(why)
		w.cutRows(table{Name: "Not accused: " + why, Columns: []column{{Title: "Name in the header", Width: 78}, {Title: "Address", Width: 46}, {Title: "Named in", Width: 46}}, Rows: rows[why]},
			maxRows, "exports/not-accused.csv")
	}
}

// whyWords tells a bystander's reason in words that fit every host excused by it.
func (w *writer) whyWords(b casefile.Bystander) string {
	if s := bystanderWords[b.Why]; s != "" {
		return s + " (" + b.Why + ")"
	}
	for _, n := range b.Samples {
		s := w.c.Sample(n)
		if s == nil {
			continue
		}
		for _, f := range s.Path.Findings {
			if f.Code == b.Why && f.Text != "" {
				return f.Text + " (" + b.Why + ")"
			}
		}
	}
	return b.Why
}

// bystanderWords tell the reasons that come without a finding of their own.
var bystanderWords = map[string]string{
	"helo-claim":       "A client gave this name of itself; anyone can say any name.",
	"forged-field":     "Only a field that is not believed names it.",
	"unverified-claim": "Only a field that nothing ties to what is believed names it.",
}

// sampleID is the place of a sample in the report.
func sampleID(n int) string { return fmt.Sprintf("sample-%d", n) }

// firstSample is the first of the samples that the report shows in full, as a link.
func (w *writer) firstSample(numbers []int) string {
	for _, n := range numbers {
		if w.exemplar(n) {
			return sampleID(n)
		}
	}
	return ""
}

package render

import (
	"strconv"

	"relaytrace/casefile"
	"relaytrace/trace"
)

// otherHosts writes the hosts that are no relays: where trails end, and bystanders.
func (d *doc) otherHosts() {
	d.chapter("Other hosts")
	d.heading("Where trails end", 20, 0)
	if len(d.c.Sources) == 0 {
		d.para("No trail ends at a host that is not told as a relay above.")
	} else {
		d.para("These addresses stand at the end of what can be believed. A host that added no field of its own is either " +
			"the source or a relay that hides all; the header cannot tell which, so both are said.")
		var rows [][]cell
		for i := range d.c.Sources {
			s := &d.c.Sources[i]
			rows = append(rows, []cell{
				{s: s.IP.String(), face: mono},
				{s: namesOf(s.Names, s.HELOs, 3)},
				{s: holderOf(&s.Record)},
				{s: sourceWords(s)},
				{s: sampleList(s.Samples), link: d.firstSample(s.Samples)},
			})
		}
		d.table([]column{{"Address", 28}, {"Name recorded", 44}, {"Who answers for it", 38}, {"What it is", 38}, {"Seen in", 22}}, rows)
		d.tableKey()
	}
	d.bystanders()
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
func (d *doc) bystanders() {
	d.heading("Named, and not accused", 20, 0)
	if len(d.c.Bystanders) == 0 {
		d.para("No other host is named in a way that could be mistaken for a charge.")
		return
	}
	d.para("The headers name these hosts, and spammers put names there to lay a false trail. Nothing is held against them: " +
		"they were not shown to have touched the mail, or did so in the ordinary course.")
	var order []string
	rows := make(map[string][][]cell)
	for _, b := range d.c.Bystanders {
		ip := "none"
		if b.IP.IsValid() {
			ip = b.IP.String()
		}
		why := d.whyWords(b)
		if len(rows[why]) == 0 {
			order = append(order, why)
		}
		rows[why] = append(rows[why], []cell{
			{s: orNone(Middle(Visible(b.Name), 100), "no name")}, {s: ip, face: mono},
			{s: sampleList(b.Samples), link: d.firstSample(b.Samples)},
		})
	}
	for _, why := range order {
		d.need(34)
		d.bullet("•", why)
		d.table([]column{{"Name in the header", 78}, {"Address", 46}, {"Named in", 46}}, rows[why])
	}
}

// whyWords tells a bystander's reason by the text of the finding, and by its code.
func (d *doc) whyWords(b casefile.Bystander) string {
	for _, n := range b.Samples {
		s := d.bySample[n]
		if s == nil {
			continue
		}
		for _, f := range s.Path.Findings {
			if f.Code == b.Why && f.Text != "" {
				return f.Text + " (" + b.Why + ")"
			}
		}
	}
	if w := bystanderWords[b.Why]; w != "" {
		return w + " (" + b.Why + ")"
	}
	return b.Why
}

// bystanderWords tell the reasons that come without a finding of their own.
var bystanderWords = map[string]string{
	"helo-claim":       "A client gave this name of itself; anyone can say any name.",
	"forged-field":     "Only a field that is not believed names it.",
	"unverified-claim": "Only a field that nothing ties to what is believed names it.",
}

// firstSample is the link to the first of the samples, 0 for none.
func (d *doc) firstSample(numbers []int) int {
	if len(numbers) == 0 {
		return 0
	}
	return d.sampleLink[numbers[0]]
}

// lists writes problems, digests of samples, and the files of the case folder.
func (d *doc) lists() {
	d.chapter("Problems, samples and files")
	d.heading("Problems met", 15, 0)
	if len(d.c.Problems) == 0 {
		d.para("None.")
	} else {
		var rows [][]cell
		for _, p := range d.c.Problems {
			rows = append(rows, []cell{{s: p.Where}, {s: p.What}})
		}
		d.table([]column{{"Where", 65}, {"What", 105}}, rows)
	}
	d.heading("Samples with their digests", 20, 0)
	d.note("SHA-256 over the bytes as received. The file SHA256SUMS in the folder evidence holds the same, for sha256sum -c.")
	var rows [][]cell
	for i := range d.c.Samples {
		s := &d.c.Samples[i]
		found := ""
		if len(s.Origins) > 0 {
			found = Middle(Visible(bounded(originWords(s.Origins[0]))), 28) // whole with the sample
		}
		if more := len(s.Origins) - 1; more > 0 {
			found += ", and " + count(more, "more place", "more places")
		}
		rows = append(rows, []cell{
			{s: strconv.Itoa(s.Number), link: d.sampleLink[s.Number]},
			{s: s.SHA256, face: mono}, {s: found},
		})
	}
	d.table([]column{{"Sample", 14}, {"SHA-256", 108}, {"Found in", 48}}, rows)
	d.files()
}

func (d *doc) files() {
	if len(d.c.Files) == 0 {
		return
	}
	d.heading("Files of the case folder", 20, 0)
	var rows [][]cell
	for _, f := range d.c.Files {
		rows = append(rows, []cell{
			{s: f.Path}, {s: strconv.FormatInt(f.Size, 10)}, {s: f.SHA256, face: mono},
		})
	}
	d.table([]column{{"File", 46}, {"Bytes", 16}, {"SHA-256", 108}}, rows)
}

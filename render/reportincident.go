package render

import (
	"fmt"
	"slices"
	"strconv"

	"relaytrace/casefile"
)

// incident tells of the run as a whole: where, when, in whose name, and what arrived.
func (w *writer) incident() {
	w.chapter("run", "The run as a whole")
	w.worldMap()
	w.volume()
	w.forged()
	w.submissions()
	w.recipients()
	w.estimates()
	w.elsewhere()
}

func (w *writer) worldMap() {
	marks, unknown := marksOf(w.c)
	w.heading("map", "Where the relays are")
	if len(marks) == 0 {
		w.para("The country of no relay is known.")
		return
	}
	alt := "Map of the world. "
	for i, m := range marks {
		if i == maxKey {
			alt += fmt.Sprintf("And %d more countries", len(marks)-i)
			break
		}
		alt += m.words() + ". "
	}
	w.figure("Relays, and hosts at which trails end, by country", alt, func(f *fonts, width float64) drawing { return drawMap(f, marks, width) })
	s := "Approximate, and by country only: a mark stands in the middle of the country's largest part, never where a host is. It says where a network is registered or measured, not who is to blame."
	if unknown > 0 {
		s += " " + count(unknown, "host lies", "hosts lie") + " in no country that is known."
	}
	w.note(s)
}

func (w *writer) volume() {
	w.heading("volume", "When the mail came")
	v, ok := volumeOf(w.c.Incident.Hours)
	if !ok {
		w.para("No time of receipt is known by which the volume could be drawn.")
		return
	}
	n, at := v.peak()
	if len(v.bars) == 1 {
		w.para("All of it, " + count(n, "message", "messages") + ", came within one " + v.stepWords() + ", from " + at.Format("2006-01-02 15:04 UTC") + ".")
		return
	}
	w.para("Each bar is " + barWords(v.stepWords()) + ", by the stamps of the recipients' own systems, in UTC. The highest holds " +
		thousands(n) + ", from " + at.Format("2006-01-02 15:04") + ".")
	samples, bounces := 0, 0
	for _, b := range v.bars {
		samples += b.samples
		bounces += b.bounces
	}
	alt := fmt.Sprintf("Bars of %d samples and %d bounces, each for %s, from %s. The highest holds %d, from %s.",
		samples, bounces, v.stepWords(), v.first.Format("2006-01-02 15:04 UTC"), n, at.Format("2006-01-02 15:04 UTC"))
	w.figure("Volume of the run", alt, func(f *fonts, width float64) drawing { return drawVolume(f, v, width) })
}

// barWords tells what one bar stands for: an hour, a day, or several of them.
func barWords(step string) string {
	switch step {
	case "hour":
		return "an hour"
	case "day":
		return "a day"
	}
	return "a span of " + step
}

func (w *writer) forged() {
	in := &w.c.Incident
	if len(in.Domains) == 0 && len(in.Addresses.Most) == 0 {
		return
	}
	w.heading("forged", "Forged domains and addresses")
	w.para("These stood in the sender's place, where anyone can write any name. Whoever holds one is taken for a victim of the forgery, not for a sender.")
	t := table{Name: "Forged domains", Columns: []column{
		{Title: "Domain", Width: 64}, {Title: "Organisation", Width: 56}, {Title: "Samples", Width: 20, Right: true}, {Title: "Bounces", Width: 20, Right: true}, {Title: "Ours", Width: 12},
	}}
	for _, d := range in.Domains {
		t.Rows = append(t.Rows, []cell{{Text: d.Domain}, {Text: d.Organisation}, {Text: strconv.Itoa(d.Samples)}, {Text: strconv.Itoa(d.Bounces)}, {Text: oneOf(d.Ours, "yes", "no")}})
	}
	w.cutRows(t, 40, "exports/forged.csv")
	w.fact("Addresses", oneOf(in.Addresses.Distinct > 0, countOf(in.Addresses.Distinct, "different forged address", "different forged addresses"), ""))
	w.fact("Their pattern", in.Addresses.Pattern)
	a := table{Name: "Most frequent forged addresses", Columns: []column{{Title: "Address", Width: 130}, {Title: "Samples and bounces", Width: 40, Right: true}}}
	for _, x := range in.Addresses.Most {
		a.Rows = append(a.Rows, []cell{{Text: x.Address, Mono: true}, {Text: strconv.Itoa(x.Count)}})
	}
	w.cutRows(a, 20, "exports/forged.csv")
}

func (w *writer) submissions() {
	s := w.c.Submissions
	if s.Total == 0 {
		return
	}
	w.heading("submissions", "What arrived")
	w.para(countOf(s.Total, "message was", "messages were") + " handed in. Every one is in exactly one class.")
	t := table{Name: "Submissions by class", Columns: []column{
		{Title: "Class", Width: 74}, {Title: "Messages", Width: 30, Right: true}, {Title: "With a sample", Width: 30, Right: true}, {Title: "Reporters known", Width: 36, Right: true},
	}}
	for _, x := range s.Classes {
		t.Rows = append(t.Rows, []cell{{Text: className(x.Class, x.Count)}, {Text: strconv.Itoa(x.Count)}, {Text: strconv.Itoa(x.Samples)}, {Text: oneOf(x.Reporters == 0, "none", strconv.Itoa(x.Reporters))}})
	}
	w.table(t)
}

func (w *writer) recipients() {
	countries := recipientCountries(w.c.Incident.Recipients)
	if len(countries) == 0 {
		return
	}
	w.heading("recipients", "Where it went")
	w.para("The countries of the domains written to, by the ending of their names.")
	t := table{Name: "Countries of the recipients' domains", Columns: []column{{Title: "Country", Width: 130}, {Title: "Addresses", Width: 40, Right: true}}}
	for _, x := range countries {
		t.Rows = append(t.Rows, []cell{{Text: oneOf(x.Country == "", "none: names such as .com and .org", countryName(x.Country))}, {Text: strconv.Itoa(x.Count)}})
	}
	w.cutRows(t, 20, "case.json")
}

// recipientCountries are the countries of recipients' domains; two letters that are no
// country's, as of a domain that was cut short, count as none.
func recipientCountries(all []casefile.CountryCount) []casefile.CountryCount {
	var out []casefile.CountryCount
	none := 0
	for _, x := range all {
		if _, known := world().countries[x.Country]; known {
			out = append(out, x)
		} else {
			none += x.Count
		}
	}
	if none > 0 {
		out = append(out, casefile.CountryCount{Count: none})
		slices.SortStableFunc(out, func(a, b casefile.CountryCount) int { return b.Count - a.Count })
	}
	return out
}

func (w *writer) estimates() {
	if len(w.c.Incident.Estimates) == 0 {
		return
	}
	w.heading("", "Estimates")
	for _, e := range w.c.Incident.Estimates {
		w.item("≈", estimateWords(e))
	}
}

func estimateWords(e casefile.Estimate) string {
	what := "The whole run"
	if e.IP.IsValid() {
		what = "Through relay " + e.IP.String()
	}
	return what + ": " + amount(e) + ". " + e.Method
}

func (w *writer) elsewhere() {
	if len(w.c.Elsewhere) == 0 {
		return
	}
	w.heading("elsewhere", "Seen in other cases")
	t := table{Name: "Seen in other cases", Columns: []column{{Title: "What", Width: 30}, {Title: "Name", Width: 90}, {Title: "Case", Width: 50}}}
	for _, e := range w.c.Elsewhere {
		t.Rows = append(t.Rows, []cell{{Text: e.What}, {Text: e.Name}, {Text: e.Case}})
	}
	w.cutRows(t, 40, "case.json")
}

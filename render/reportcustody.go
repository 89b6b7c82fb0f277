package render

import (
	"strconv"
	"strings"
)

// maxEvents is how many events of the custody log are printed, the latest; all are in
// exports/custody.csv.
const maxEvents = 120

// custody writes who did what and when, the digests of all samples shown and of the files
// of the case, and the problems met.
func (w *writer) custody() {
	w.chapter("custody", "Custody log and digests")
	w.log()
	w.heading("digests", "Samples with their digests")
	if copiedOut(w.c) {
		w.note("SHA-256 over the bytes as received. The file SHA256SUMS in the folder evidence holds the same for every sample, for sha256sum -c.")
	} else {
		w.note("SHA-256 over the bytes as received. All samples are kept in case.db, and “relaytrace export --evidence” copies them out with a file SHA256SUMS, for sha256sum -c.")
	}
	if more := total(w.c) - len(w.c.Samples); more > 0 {
		w.para("The exemplars are listed. The digests of the other " + thousands(more) + " samples stand in samples.ndjson.")
	}
	t := table{Name: "Digests of the samples", Columns: []column{{Title: "Sample", Width: 14}, {Title: "SHA-256", Width: 106}, {Title: "Found in", Width: 50}}}
	for i := range w.c.Samples {
		s := &w.c.Samples[i]
		found := ""
		if len(s.Origins) > 0 {
			found = ending(Visible(bounded(originWords(s.Origins[0]))), 30) // whole with the sample
		}
		if more := len(s.Origins) - 1; more > 0 {
			found += ", and " + count(more, "more place", "more places")
		}
		link := ""
		if w.exemplar(s.Number) {
			link = sampleID(s.Number)
		}
		t.Rows = append(t.Rows, []cell{{Text: strconv.Itoa(s.Number), Link: link}, {Text: s.SHA256, Mono: true}, {Text: found}})
	}
	w.table(t)
	w.files()
	w.problems()
}

func (w *writer) log() {
	w.heading("log", "Custody log")
	events := w.c.Custody
	if len(events) == 0 {
		w.para("No event is recorded.")
		return
	}
	w.para("Each event holds the SHA-256 of the one before, so that none can be changed, dropped or put in without changing all that follow.")
	head := events[len(events)-1]
	w.factOf(fact{Label: "Head of the chain", Text: head.Hash, Mono: true})
	w.fact("Event at the head", strconv.Itoa(head.Number)+", "+Stamp(head.Time))
	t := table{Name: "Custody log", Columns: []column{
		{Title: "Event", Width: 11}, {Title: "Time", Width: 24}, {Title: "Who", Width: 25}, {Title: "What", Width: 21}, {Title: "Detail", Width: 59}, {Title: "Its digest begins", Width: 30},
	}}
	if more := len(events) - maxEvents; more > 0 {
		w.note("The latest " + strconv.Itoa(maxEvents) + " events are printed; all stand in exports/custody.csv.")
		events = events[more:]
	}
	for _, e := range events {
		hash := e.Hash
		if len(hash) > 16 {
			hash = hash[:16]
		}
		t.Rows = append(t.Rows, []cell{
			{Text: strconv.Itoa(e.Number)}, {Text: Stamp(e.Time)}, {Text: e.Actor}, {Text: strings.ReplaceAll(e.Action, "-", " ")}, {Text: eventDetail(e.Detail)}, {Text: hash, Mono: true},
		})
	}
	w.table(t)
}

// eventDetail tells the details of an event, each by its beginning: whole they stand in
// exports/custody.csv.
func eventDetail(detail []string) string {
	var told []string
	for _, d := range detail[:min(len(detail), 12)] {
		if strings.HasPrefix(d, "settings={") {
			d = "settings (whole in custody.csv)" // their beginning would tell nothing
		}
		told = append(told, Middle(Visible(bounded(d)), 56))
	}
	if more := len(detail) - len(told); more > 0 {
		told = append(told, count(more, "more", "more"))
	}
	return strings.Join(told, ", ")
}

func (w *writer) files() {
	if len(w.c.Files) == 0 {
		return
	}
	w.heading("files", "Files of the case folder")
	t := table{Name: "Files of the case folder", Columns: []column{{Title: "File", Width: 48}, {Title: "Bytes", Width: 16, Right: true}, {Title: "SHA-256", Width: 106}}}
	for _, f := range w.c.Files {
		t.Rows = append(t.Rows, []cell{{Text: f.Path}, {Text: strconv.FormatInt(f.Size, 10)}, {Text: f.SHA256, Mono: true}})
	}
	w.cutRows(t, 400, "case.json")
}

func (w *writer) problems() {
	w.heading("problems", "Problems met")
	if len(w.c.Problems) == 0 {
		w.para("None.")
		return
	}
	t := table{Name: "Problems met", Columns: []column{{Title: "What", Width: 70}, {Title: "Times", Width: 14, Right: true}, {Title: "Where", Width: 86}}}
	var order []string
	where := make(map[string][]string)
	for _, p := range w.c.Problems {
		if len(where[p.What]) == 0 {
			order = append(order, p.What)
		}
		where[p.What] = append(where[p.What], p.Where)
	}
	cut := false
	for _, what := range order {
		t.Rows = append(t.Rows, []cell{{Text: what}, {Text: strconv.Itoa(len(where[what]))}, {Text: list(where[what], maxPlaces)}})
		cut = cut || len(where[what]) > maxPlaces
	}
	w.cutRows(t, 200, "case.json")
	if cut && len(order) <= 200 {
		w.note("case.json names every place.")
	}
}

// maxPlaces is how many places of a problem are named.
const maxPlaces = 12

// glossary explains the words of the case file.
func (w *writer) glossary() {
	w.chapter("glossary", "Glossary")
	for _, g := range glossaryText {
		w.fact(g[0], g[1])
	}
}

var glossaryText = [][2]string{
	{"AS", "Autonomous system: a network that tells the rest of the Internet which addresses it reaches."},
	{"Bounce", "A notice that a message could not be delivered. It goes to the sender's address, so to the victim of a forgery."},
	{"Boundary", "The hand-over from outside into the recipient's own systems: the last field that certainly tells the truth."},
	{"Bystander", "A host that a header names and that is not accused."},
	{"Certainty", "How well an address is known: recorded, corroborated, or only claimed."},
	{"Envelope sender", "The sender's address that mail systems use among themselves, and to which bounces go. It is as easily forged as From:."},
	{"Exemplar", "A sample that stands for all that took the same path."},
	{"Finding", "One stated fact, with a code, the field it rests on and the bytes it quotes. “relaytrace explain CODE” tells what it does not mean."},
	{"HELO", "The name that a host gives itself when it connects. Anyone can say any name."},
	{"HOLD", "Mark of a draft that must not be sent as it stands."},
	{"Holder", "Who answers for a network by the word of a registry. That is not who uses an address."},
	{"Log request", "A letter that asks a relay's owner to preserve the log and to tell which host connected."},
	{"Message-ID", "A name for one message, given by the sender's program or the first server. A sender can invent it."},
	{"Open relay", "A mail server that passes on mail from any stranger to any stranger, often without its owner's knowledge."},
	{"Path", "The hosts through which a sample went, in order, with the standing of each field."},
	{"Previous hop", "The host that connected to the one that wrote a field."},
	{"Queue ID", "The name under which a server kept a message while it held it. Its log is searched by it; with some software it contains the time."},
	{"Received: field", "What each mail system writes on top of a message that it takes in: from whom, by which host, when. Also called trace field."},
	{"Relay", "A host that took the mail from one organisation and passed it to another. It is not the origin."},
	{"Sample", "One spam message as evidence: the bytes as received and their SHA-256."},
	{"SHA-256", "A number made from bytes. A changed byte gives another number, so that two copies can be held against each other."},
	{"Silent host", "A host that handed mail over and added no field: the source itself, or a relay that hides all."},
	{"Standing", "How far a field may be believed: trusted, corroborated, unverified, contradicted."},
	{"Submission", "What arrived: a bounce, a complaint, a report or a bare message. It carries samples or none."},
	{"TLP", "Traffic Light Protocol 2.0 of FIRST: how far a document may be passed on."},
	{"Verdict", "What a case says of a relay, over all samples. Provisional: too little is known. Withdrawn: it was shown innocent."},
	{"Withheld", "The relay's own field names no address of the host that connected to it. Why is not known; RFC 2505 asks for it."},
}

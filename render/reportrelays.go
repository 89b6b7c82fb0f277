package render

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"relaytrace/casefile"
	"relaytrace/enrich"
	"relaytrace/trace"
)

// maxRelays is how many relays have a part of their own; the table names all.
const maxRelays = 150

func relayID(r *casefile.Relay) string { return "relay-" + r.IP.String() }

// relays writes the table of relays and a part for each.
func (w *writer) relays() {
	w.chapter("relays", "Relays")
	if len(w.c.Relays) == 0 {
		w.para("No host of this case is told as a relay.")
		return
	}
	w.para("A relay is a host that took the mail from one organisation and passed it to another, as far as is known with ties to neither. " +
		"Those that withheld the previous hop stand first. Unverified: the field may not be the relay's own, and the mail may have begun there.")
	w.common = commonReason(w.c)
	if w.common != "" {
		w.para("For every one of them this speaks against a charge: " + w.common)
	}
	t := table{Name: "Relays", Sort: true, Columns: []column{
		{Title: "Address", Width: 29}, {Title: "Name recorded", Width: 30}, {Title: "Holder", Width: 26}, {Title: "Country", Width: 20},
		{Title: "Verdict", Width: 23}, {Title: "Previous hop", Width: 18}, {Title: "Samples", Width: 16, Right: true}, {Title: "Letter", Width: 13},
	}}
	for i := range w.c.Relays {
		r := &w.c.Relays[i]
		link := ""
		if i < maxRelays {
			link = relayID(r)
		}
		t.Rows = append(t.Rows, []cell{
			{Text: r.IP.String(), Mono: true, Link: link},
			{Text: namesOf(r.Names, r.HELOs, 3)},
			{Text: holderCell(&r.Record)},
			{Text: countryCell(&r.Record)},
			{Text: verdictShort(r.Verdict) + oneOf(r.Certainty == trace.Recorded, "", "; address "+string(r.Certainty))},
			{Text: r.PreviousHop()},
			{Text: strconv.Itoa(samplesOf(r))},
			{Text: w.letterState(r)},
		})
	}
	w.table(t)
	w.tableKey()
	w.note("A clock that is called slow by at most some time may be right: the time that the mail waited is part of it.")
	for i := range w.c.Relays[:min(len(w.c.Relays), maxRelays)] {
		w.relay(&w.c.Relays[i])
	}
	if more := len(w.c.Relays) - maxRelays; more > 0 {
		w.note(count(more, "more relay stands", "more relays stand") + " in the table above, and with all that is known of them in exports/relays.csv.")
	}
}

// tableKey says once what every row of a table of hosts would repeat.
func (w *writer) tableKey() {
	s := "A country marked ≈ is approximate: measured routing, which can be wrong; it decided nothing."
	if w.c.Settings.Offline {
		s += " The case was made offline: no registry was asked who holds a network, so that only the registry of the block is known."
	}
	w.note(s)
}

func (w *writer) relay(r *casefile.Relay) {
	w.heading(relayID(r), "Relay "+r.IP.String())
	w.fact("Verdict", verdictWords(r.Verdict))
	w.fact("Address", certaintyAlone(r.Certainty))
	w.fact("Previous hop", withholdsAlone(r))
	w.fact("Seen in", seenIn(w.c, r))
	w.fact("Names looked up", list(r.Names, 12))
	w.fact("Calls itself", list(quotedAll(r.HELOs), 12))
	w.fact("As reported by", reportedBy(w.c, r))
	w.fact("Its clock", clockWords(w.c, r))
	for _, e := range w.c.Incident.Estimates {
		if e.IP == r.IP {
			w.fact("Passed on", amount(e)+". "+e.Method)
		}
	}
	w.factOf(fact{Label: "Letter", Text: w.letterWords(r), Link: oneOf(w.letterOf(r) != nil, "letters", "")})
	w.record(&r.Record)
	w.reasons(r)
	w.quotes(r)
	w.seen(r)
}

// seenIn tells how many samples went through a relay, from when to when.
func seenIn(c *casefile.Case, r *casefile.Relay) string {
	s := count(samplesOf(r), "sample", "samples")
	first, last := "", ""
	for _, x := range r.Seen {
		h := fieldOf(c, x.Sample, x.Hop)
		if h == nil || h.Time.UTC == "" || !believed(h) {
			continue
		}
		if first == "" || earlier(h.Time.UTC, first) {
			first = h.Time.UTC
		}
		if last == "" || earlier(last, h.Time.UTC) {
			last = h.Time.UTC
		}
	}
	switch {
	case first == "":
		return s
	case first == last:
		return s + ", at " + Stamp(first)
	}
	return s + ", between " + Stamp(first) + " and " + Stamp(last)
}

// clockWords bounds the error of a relay's clock over all its transactions whose stamps
// are believed.
func clockWords(c *casefile.Case, r *casefile.Relay) string {
	var best, fast *casefile.Seen
	for i := range r.Seen {
		x := &r.Seen[i]
		if own := fieldOf(c, x.Sample, x.Own); x.Clock == nil || own == nil || !believed(own) {
			continue
		}
		if x.Clock.GapSeconds >= 0 && (best == nil || x.Clock.GapSeconds < best.Clock.GapSeconds) {
			best = x
		}
		if x.Clock.GapSeconds < 0 && (fast == nil || x.Clock.GapSeconds < fast.Clock.GapSeconds) {
			fast = x
		}
	}
	switch {
	case fast != nil:
		return fast.Clock.Text + " (sample " + strconv.Itoa(fast.Sample) + ")"
	case best != nil:
		return best.Clock.Text + " (sample " + strconv.Itoa(best.Sample) + ", the smallest gap)"
	}
	return ""
}

func (w *writer) reasons(r *casefile.Relay) {
	told := slices.DeleteFunc(slices.Clone(r.Reasons), func(x casefile.Reason) bool {
		return x.Code == everywhere && !x.For && w.common != "" // told at the head of the chapter
	})
	if len(told) == 0 {
		return
	}
	w.label("Reasons for the verdict, and against it")
	for _, reason := range told {
		w.item(oneOf(reason.For, "+", "−"), reason.Text+" ("+oneOf(reason.For, "for", "against")+"; "+reason.Code+")")
	}
}

// quotes shows the relay's own field and the one that names it, of its most telling
// transaction, with the bytes on which its part rests.
func (w *writer) quotes(r *casefile.Relay) {
	x := telling(w.c, r)
	if x == nil {
		return
	}
	s := w.c.Sample(x.Sample)
	w.label("The fields that tell it, as found in sample " + strconv.Itoa(x.Sample))
	if h := fieldOf(w.c, x.Sample, x.Hop); h != nil {
		w.rawField(s, h, []string{h.From.IP.String(), h.From.RDNS}, "names the relay")
	}
	if h := fieldOf(w.c, x.Sample, x.Own); h != nil {
		var marks []string
		for _, f := range s.Path.FindingsOf(h.Index) {
			if f.Severity != trace.Info {
				marks = append(marks, f.Quote)
			}
		}
		w.rawField(s, h, append(marks, addrText(x.Client)), oneOf(believed(h), "written by the relay itself", "bears the relay's name, and could not be verified"))
	}
}

// telling is the transaction that shows most: with a believed field of the relay's own,
// without the previous hop where it withholds that, and the earliest of those.
func telling(c *casefile.Case, r *casefile.Relay) *casefile.Seen {
	var best *casefile.Seen
	rank := -1
	for i := range r.Seen {
		x := &r.Seen[i]
		named, own := fieldOf(c, x.Sample, x.Hop), fieldOf(c, x.Sample, x.Own)
		if named == nil {
			continue
		}
		n := 0
		if believed(named) {
			n += 4
		}
		if own != nil {
			n++
			if believed(own) {
				n += 2
			}
			if r.Withholds == !x.Client.IsValid() {
				n++
			}
		}
		if n > rank {
			best, rank = x, n
		}
	}
	return best
}

// seen writes the transactions of a relay.
func (w *writer) seen(r *casefile.Relay) {
	if len(r.Seen) == 0 {
		return
	}
	t := table{Name: "Transactions of relay " + r.IP.String(), Columns: []column{
		{Title: "Sample", Width: 14}, {Title: "Its stamp, verbatim", Width: 36}, {Title: "Its stamp, UTC", Width: 25},
		{Title: "Next host, UTC", Width: 26}, {Title: "Previous hop", Width: 31}, {Title: "Its clock", Width: 38},
	}}
	for _, s := range r.Seen {
		own, next := fieldOf(w.c, s.Sample, s.Own), fieldOf(w.c, s.Sample, s.Hop)
		row := []cell{{Text: strconv.Itoa(s.Sample), Link: w.firstSample([]int{s.Sample})}, {Text: "it wrote no field"}, {}, {}, {Text: "not known"}, {}}
		if own != nil {
			row[1] = cell{Text: orNone(own.Time.Stamp, "none"), Mono: true}
			row[2] = cell{Text: orNone(Stamp(own.Time.UTC), "no readable time")}
			row[4] = cell{Text: oneOf(believed(own), "withheld", "withheld, by an unverified field")}
		}
		if next != nil {
			row[3] = cell{Text: orNone(Stamp(next.Time.UTC), "no readable time")}
		}
		if s.Client.IsValid() {
			row[4] = cell{Text: s.Client.String() + ", according to " + oneOf(own != nil && believed(own), "its field", "an unverified field")}
		}
		if s.Clock != nil {
			said := strings.TrimSuffix(s.Clock.Text, casefile.ClockWaited) // told at the head of the chapter
			row[5] = cell{Text: said + oneOf(own != nil && !believed(own), "; by an unverified stamp", "")}
		}
		t.Rows = append(t.Rows, row)
	}
	w.label("Transactions seen")
	w.cutRows(t, maxRows, "exports/transactions.csv")
}

// record writes who answers for an address, with sources and dates.
func (w *writer) record(r *enrich.Record) {
	if r.Special != nil {
		w.fact("Special address", r.Special.Name+" ("+r.Special.RFC+"): nobody was asked about it")
	}
	w.fact("Registry", registryWords(r))
	for _, n := range []*enrich.Network{r.Network, r.Parent} {
		if n != nil {
			w.fact("Network", networkWords(n))
		}
	}
	for _, a := range r.AS {
		w.fact("AS", asWords(a))
	}
	if len(r.Countries) > 1 {
		for _, c := range r.Countries {
			w.fact("Country", countryWords(c))
		}
	}
	for _, n := range r.Notes {
		if n.Code != "offline" { // told at the head of the chapter
			w.fact("Note", n.Text)
		}
	}
	for _, l := range r.Lookups {
		w.fact("Asked", lookupWords(l))
	}
	w.contacts(r)
}

func (w *writer) contacts(r *enrich.Record) {
	if len(r.Contacts) == 0 {
		switch {
		case r.Failed():
			w.fact("Contacts", "not known: a question went unanswered. That says nothing of whether there is one")
		case len(r.Lookups) > 0:
			w.fact("Contacts", "the registry names none")
		case !w.c.Settings.Offline:
			w.fact("Contacts", "not known: no registry was asked")
		}
		return
	}
	w.label("Contacts, the best first")
	t := table{Name: "Contacts of " + addrText(r.Address), Columns: []column{
		{Title: "Address", Width: 46}, {Title: "Role and name", Width: 34}, {Title: "Answers for", Width: 34}, {Title: "Source, and why it stands here", Width: 56},
	}}
	for _, k := range r.Contacts {
		t.Rows = append(t.Rows, []cell{
			{Text: k.Email, Mono: true},
			{Text: strings.TrimSuffix(orNone(k.Role, "role not stated")+", "+k.Name, ", ")},
			{Text: k.Scope},
			{Text: strings.TrimSuffix(k.Source+", asked "+Stamp(k.Asked)+"; "+k.Why, "; ")},
		})
	}
	w.cutRows(t, 12, "exports/contacts.csv")
}

// letters writes the table of letters.
func (w *writer) letters() {
	w.chapter("letters", "Letters")
	if len(w.c.Letters) == 0 {
		w.para("No letter was drafted.")
		return
	}
	w.para("Drafts, one for each recipient, in the folder letters. relaytrace sends nothing: a person reads each, and sends it. HOLD marks one that must not leave as it stands, and says why.")
	t := table{Name: "Letters", Columns: []column{
		{Title: "Letter", Width: 50}, {Title: "Kind", Width: 25}, {Title: "To", Width: 28}, {Title: "About", Width: 27}, {Title: "State", Width: 40},
	}}
	shared := sharedReasons(w.c.Letters)
	if len(shared) > 0 {
		w.label("What all drafts on HOLD share")
		for _, s := range shared {
			w.item("•", s)
		}
	}
	frequent := frequentReasons(w.c.Letters, shared)
	if len(frequent) > 0 {
		w.label("What many drafts on HOLD share")
		for i, s := range frequent {
			w.item(reasonMark(i), s)
		}
	}
	rows := slices.Clone(w.c.Letters)
	slices.SortStableFunc(rows, func(a, b casefile.Letter) int { // replies, which can be many, stand last
		return cmp.Compare(len(oneOf(a.Kind == casefile.LetterReply, "x", "")), len(oneOf(b.Kind == casefile.LetterReply, "x", "")))
	})
	for i := range rows {
		l := &rows[i]
		var about []string
		for _, ip := range l.Relays {
			about = append(about, ip.String())
		}
		t.Rows = append(t.Rows, []cell{
			{Text: l.Name}, {Text: letterKind(l.Kind)}, {Text: orNone(list(l.To, 4), "nobody yet")}, {Text: list(about, 6), Mono: true},
			{Text: oneOf(l.Hold, "HOLD"+ownReasons(l, shared, frequent), "draft")},
		})
	}
	w.cutRows(t, 250, "exports/letters.csv")
}

// sharedReasons are the reasons that every letter on HOLD has, told once where there are
// several such letters.
func sharedReasons(letters []casefile.Letter) []string {
	var shared []string
	held := 0
	for i := range letters {
		if !letters[i].Hold {
			continue
		}
		reasons := strings.Split(letters[i].Reason, "; ")
		if held++; held == 1 {
			shared = reasons
		} else {
			shared = slices.DeleteFunc(slices.Clone(shared), func(s string) bool { return !slices.Contains(reasons, s) })
		}
	}
	if held < 3 {
		return nil
	}
	return slices.DeleteFunc(shared, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// manyLetters is how many drafts must share a reason for it to be told above the table.
const manyLetters = 10

// frequentReasons are the reasons of many letters on HOLD beyond those that all share.
func frequentReasons(letters []casefile.Letter, shared []string) []string {
	counts := map[string]int{}
	var frequent []string
	for i := range letters {
		if !letters[i].Hold {
			continue
		}
		for _, s := range strings.Split(letters[i].Reason, "; ") {
			if counts[s]++; counts[s] == manyLetters && strings.TrimSpace(s) != "" && !slices.Contains(shared, s) && len(frequent) < 26 {
				frequent = append(frequent, s)
			}
		}
	}
	return frequent
}

// reasonMark names the reason i of those that many letters share.
func reasonMark(i int) string { return string(rune('A' + i)) }

// ownReasons are the reasons of a letter on HOLD beyond those that all share; the frequent
// ones by their marks.
func ownReasons(l *casefile.Letter, shared, frequent []string) string {
	var marks, own []string
	for _, s := range strings.Split(l.Reason, "; ") {
		switch i := slices.Index(frequent, s); {
		case strings.TrimSpace(s) == "" || slices.Contains(shared, s):
		case i >= 0:
			marks = append(marks, reasonMark(i))
		default:
			own = append(own, s)
		}
	}
	text := ""
	if len(marks) > 0 {
		text = " (" + strings.Join(marks, ", ") + ")"
	}
	if len(own) > 0 {
		return text + ": " + strings.Join(own, "; ")
	}
	return text + oneOf(len(shared)+len(marks) > 0, "", ": no recipient")
}

func (w *writer) letterOf(r *casefile.Relay) *casefile.Letter {
	for i := range w.c.Letters {
		if r.Letter != "" && w.c.Letters[i].Name == r.Letter {
			return &w.c.Letters[i]
		}
	}
	return nil
}

func (w *writer) letterState(r *casefile.Relay) string {
	switch l := w.letterOf(r); {
	case l == nil:
		return "none"
	case l.Hold:
		return "HOLD"
	default:
		return "draft"
	}
}

func (w *writer) letterWords(r *casefile.Relay) string {
	l := w.letterOf(r)
	if l == nil {
		return "none is written"
	}
	s := "letters/" + l.Name + ".eml"
	if len(l.To) > 0 {
		s += " to " + list(l.To, 8)
	}
	if l.Hold {
		s += "; HOLD: " + orNone(l.Reason, "no recipient")
	}
	return s
}

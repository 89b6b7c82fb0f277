package render

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"relaytrace/trace"
)

// maxDrawn is how many trace fields a picture shows. Of a path with more, foldedTo are
// drawn, so that the picture with its gaps still fits a page, and the rest is counted.
const (
	maxDrawn = 12
	foldedTo = 10
)

// story is a relay path as it is drawn: hosts from the recipient down to where the
// trail ends, and what stands between each two of them. There is one leg fewer than
// there are stops.
type story struct {
	stops []stop
	legs  []leg
	notes []string // what the picture leaves out, below it
}

// stop is a host.
type stop struct {
	title   string
	lines   []string
	head    string   // what the host is, in capitals, beside its box; empty for most
	callout []string // more about it
	role    role
	names   []string // by which it is known so far
	doubted bool     // named by a field that is contradicted
	claimed bool     // named by an unverified field alone
}

// role is what a picture marks a host as.
type role int

const (
	roleHost     role = iota
	roleOurs          // of the recipient's side
	roleRelay         // a relay, or a host where a trail ends
	roleBlank         // a host that is not known
	roleWithheld      // the previous hop that a relay's own field leaves out
	roleClaim         // what roleRelay marks, by the word of an unverified field alone
)

// leg is what stands between a host and the one below it: the hand-over that a field
// tells, or a gap where nothing ties the two together.
type leg struct {
	gap      bool
	standing trace.Standing
	lines    []string
}

// storyOf tells a path.
func storyOf(p *trace.Path) story {
	var t storyteller
	t.path = p
	drawn := t.choose()
	for k, i := range drawn {
		h := &p.Hops[i]
		if k == 0 || i > drawn[k-1]+1 && t.foldedBefore(drawn[k-1], i) || !t.joined(h) {
			t.writer(h, k == 0, drawn, k)
		} else {
			t.alsoWrote(h)
		}
		t.hop(h)
	}
	if len(t.stops) == 0 {
		t.stops = append(t.stops, stop{title: "no hand-over to draw", role: roleBlank,
			lines: []string{"the sample has no Received: field that tells one"}})
	}
	return t.story
}

// words tell the story for those who do not see the picture, from the recipient down.
func (s story) words() string {
	var b strings.Builder
	for i, st := range s.stops {
		if i > 0 {
			b.WriteString(" Below it, " + strings.Join(s.legs[i-1].lines, ", ") + ": ")
		}
		told := append([]string{st.title}, st.lines...)
		if st.head != "" {
			told = append(told, st.head)
		}
		b.WriteString(strings.Join(append(told, st.callout...), "; ") + ".")
	}
	return strings.TrimSpace(b.String() + " " + strings.Join(s.notes, " "))
}

type storyteller struct {
	story
	path   *trace.Path
	inside string // what the first box says of the recipient's systems above it
}

func (t *storyteller) last() *stop { return &t.stops[len(t.stops)-1] }

// choose returns the positions of the fields that are drawn. Delivery notes are no
// hops, and the steps above the boundary are the recipient's own: one box stands for
// them. Of a path that is long below, the middle is left out.
func (t *storyteller) choose() []int {
	var all []int
	notes := 0
	for i := range t.path.Hops {
		if t.path.Hops[i].Kind == trace.Note {
			notes++
			continue
		}
		all = append(all, i)
	}
	if notes > 0 {
		t.notes = append(t.notes, count(notes, "delivery note is", "delivery notes are")+" no hop and not drawn; the raw fields show all.")
	}
	kept := all
	if edge := t.edge(all); edge > 0 {
		kept = all[edge:]
		t.inside = oneOf(edge == 1, fmt.Sprintf("field %d, above it, is a step", all[0]),
			fmt.Sprintf("fields %d to %d, above it, are steps", all[0], all[edge-1])) + " inside the same side"
	}
	if len(kept) <= maxDrawn {
		return kept
	}
	const tail = 3
	head := kept[:foldedTo-tail]
	kept = append(append([]int{}, head...), kept[len(kept)-tail:]...)
	t.notes = append(t.notes, fmt.Sprintf("%d of %d fields are drawn; the raw fields show all.", len(kept), len(all)))
	return kept
}

// edge is the place in all of the boundary's field, 0 when there is none.
func (t *storyteller) edge(all []int) int {
	if t.path.Boundary == nil {
		return 0
	}
	for k, i := range all {
		if i == t.path.Boundary.Hop {
			return k
		}
	}
	return 0
}

// foldedBefore reports whether a field between positions above and below is left out
// for want of room; delivery notes do not count.
func (t *storyteller) foldedBefore(above, below int) bool { return t.folded(above, below) > 0 }

func (t *storyteller) folded(above, below int) int {
	n := 0
	for _, h := range t.path.Hops[above+1 : below] {
		if h.Kind != trace.Note {
			n++
		}
	}
	return n
}

// joined reports whether the field's writer is tied to the peer of the field above.
func (t *storyteller) joined(h *trace.Hop) bool {
	return h.Standing != trace.Contradicted && h.Kind != trace.Unparsed && h.Link != "" && h.Link != "none" &&
		!t.last().doubted
}

// writer adds the host that says it wrote the field h, set apart from what is above.
func (t *storyteller) writer(h *trace.Hop, top bool, drawn []int, k int) {
	if !top {
		l := leg{gap: true, standing: h.Standing}
		switch n := t.folded(drawn[k-1], drawn[k]); {
		case n > 0:
			l.lines = []string{count(n, "field is", "fields are") + " not drawn here"}
		case h.Standing == trace.Contradicted:
			l.lines = []string{"NOT BELIEVED: field " + fmt.Sprint(h.Index) + " is contradicted", h.Why}
		case h.Standing == trace.Trusted:
			l.lines = []string{"the recipient's own side goes on below"}
		default:
			l.lines = []string{"no link: nothing ties field " + fmt.Sprint(h.Index) + " to the host above"}
		}
		t.legs = append(t.legs, l)
	}
	s := stop{title: writerName(h), doubted: h.Standing == trace.Contradicted, claimed: h.Standing == trace.Unverified}
	if s.title == "" {
		s.title = "a host that does not name itself"
	}
	s.lines = []string{fmt.Sprintf("says that it wrote field %d", h.Index)}
	if h.Standing == trace.Trusted || h.Standing == trace.Corroborated {
		s.lines = []string{fmt.Sprintf("wrote field %d", h.Index)}
	}
	if h.Standing == trace.Trusted {
		s.role = roleOurs
		if top {
			s.head = "RECIPIENT'S SIDE"
		}
	}
	if top && t.inside != "" {
		s.lines = append(s.lines, t.inside)
	}
	if s.head == "" {
		t.markBystander(&s, h, h.By.IP, h.By.Host)
	}
	t.stops = append(t.stops, s)
}

// alsoWrote says on the box above by what name its host wrote field h, when the box
// does not show that name already.
func (t *storyteller) alsoWrote(h *trace.Hop) {
	above := t.last()
	name := writerName(h)
	if name == "" {
		return
	}
	for _, known := range above.names {
		if strings.EqualFold(known, name) {
			return
		}
	}
	above.lines = append(above.lines, fmt.Sprintf("writes field %d as %s", h.Index, name))
}

// hop adds the hand-over that field h tells, and the host that it names as its peer.
func (t *storyteller) hop(h *trace.Hop) {
	l := leg{standing: h.Standing}
	first := fmt.Sprintf("field %d: %s", h.Index, standingWords(h.Standing))
	if b := t.path.Boundary; b != nil && b.Hop == h.Index {
		first += " · the boundary"
	}
	when := "no readable time"
	if h.Time.UTC != "" {
		when = Stamp(h.Time.UTC)
	} else if h.Time.Stamp != "" {
		when += ", stamp " + quoted(h.Time.Stamp)
	}
	if h.With != "" {
		when += " · with " + h.With
	}
	l.lines = []string{first, when}
	t.legs = append(t.legs, l)
	s := t.peer(h)
	t.mark(&s, h)
	t.stops = append(t.stops, s)
}

// peer is the previous hop as field h tells it.
func (t *storyteller) peer(h *trace.Hop) stop {
	s := stop{doubted: h.Standing == trace.Contradicted, claimed: h.Standing == trace.Unverified}
	internal := h.Kind != trace.Transfer
	switch {
	case h.From.IP.IsValid():
		s.title = h.From.IP.String()
	case h.Kind == trace.Local:
		s.title = "submitted on the host itself"
		return s
	case h.Kind == trace.Unparsed:
		s.title, s.role = "?", roleBlank
		s.lines = []string{"the field could not be read"}
		return s
	case internal && h.From == (trace.From{}):
		s.title = "a step inside the same systems"
	default:
		s.title, s.role = "?", roleBlank
		s.lines = []string{"no address: " + disclosureWords(h.Discloses)}
	}
	if h.Standing == trace.Trusted && s.role == roleHost && (internal || t.above(h)) {
		s.role = roleOurs
	}
	s.lines = append(s.lines, names(h.From)...)
	s.names = []string{s.title, h.From.RDNS, h.From.Name, h.From.HELO}
	if h.Standing == trace.Unverified && s.role != roleBlank {
		s.lines = append(s.lines, fmt.Sprintf("only claimed, by field %d", h.Index))
	}
	return s
}

// above reports whether h is a trusted field above the boundary, so that its peer is
// of the recipient's side too.
func (t *storyteller) above(h *trace.Hop) bool {
	return t.path.Boundary != nil && h.Index < t.path.Boundary.Hop
}

// names tells the names of a previous hop, each with what it is worth.
func names(f trace.From) []string {
	var lines []string
	if f.RDNS != "" {
		same := ""
		if strings.EqualFold(f.RDNS, f.HELO) {
			same, f.HELO = "; it calls itself so too", ""
		}
		lines = append(lines, "name looked up: "+f.RDNS+same)
	}
	if f.Name != "" && f.Name != f.RDNS {
		lines = append(lines, "name, not known if looked up: "+f.Name)
	}
	if f.HELO != "" {
		lines = append(lines, "calls itself "+quoted(f.HELO)+" (a claim)")
	}
	return lines
}

// mark says beside a host what the path makes of it.
func (t *storyteller) mark(s *stop, h *trace.Hop) {
	for _, r := range t.path.Relays {
		if r.Hop == h.Index {
			s.role, s.head = roleRelay, "RELAY"
			switch {
			case r.Certainty == trace.Claimed:
				s.role, s.head = roleClaim, "RELAY, BY A CLAIM"
			case !t.ownBelieved(r):
				s.head = "RELAY OR SOURCE"
			case t.mayBeProvider(r):
				s.head = "RELAY OR PROVIDER"
			}
			s.callout = append(s.callout, "address "+certaintyWords(r.Certainty), t.withholdsWords(r))
		}
		if r.Own == h.Index && r.Withholds {
			s.role, s.head = roleWithheld, "PREVIOUS HOP WITHHELD"
			if !t.ownBelieved(r) {
				s.role, s.head = roleBlank, s.head+", BY A CLAIM"
			}
			s.callout = append(s.callout, "only the relay's log can tell")
		}
	}
	if o := t.path.Origin; o != nil && o.Hop == h.Index && s.head == "" {
		t.markEnd(s, o)
	}
	if s.head == "" {
		t.markBystander(s, h, h.From.IP, h.From.RDNS, h.From.Name, h.From.HELO)
	}
}

// mayBeProvider reports whether the sample by itself leaves open that a relay is its
// client's provider.
func (t *storyteller) mayBeProvider(r trace.Relay) bool {
	return slices.ContainsFunc(t.path.Findings, func(f trace.Finding) bool { return f.Code == "relay-or-provider" && f.Hop == r.Hop })
}

// markBystander says beside a host that field h names it and that nobody accuses it.
func (t *storyteller) markBystander(s *stop, h *trace.Hop, ip netip.Addr, names ...string) {
	for _, b := range t.path.Bystanders {
		if b.Hop != h.Index || b.Why == "helo-claim" {
			continue // who is named by a claim is not the host that made it
		}
		hit := b.IP.IsValid() && b.IP == ip
		for _, n := range names {
			hit = hit || b.Name != "" && strings.EqualFold(b.Name, n)
		}
		if hit {
			head, why := bystanderWordsOf(b.Why)
			s.head, s.callout = head, append(s.callout, why)
			return
		}
	}
}

// bystanderWordsOf tells what a bystander's code makes of it: a name that somebody wrote,
// or a host that took part and is excused.
func bystanderWordsOf(code string) (head, why string) {
	switch code {
	case "own-provider", "webmail-submission", "authenticated-submission", "resent-locally", "mailing-list", "forwarder",
		"recipients-mail-exchanger", "senders-domain":
		return "NO RELAY", strings.ReplaceAll(code, "-", " ")
	case "relay-or-provider":
		return "NOT ACCUSED", "relay or provider"
	case "relay-or-backup-mx":
		return "NOT ACCUSED", "relay or backup mail exchanger"
	}
	return "BYSTANDER", "named here, not accused"
}

func (t *storyteller) markEnd(s *stop, o *trace.Origin) {
	switch t.path.Ends {
	case trace.EndNoField:
		s.role, s.head = roleRelay, "SOURCE OR SILENT RELAY"
		s.callout = append(s.callout, "address "+certaintyWords(o.Certainty), "it added no field of its own")
	case trace.EndOrigin:
		s.role, s.head = roleRelay, "THE TRAIL ENDS HERE"
		s.callout = append(s.callout, "address "+certaintyWords(o.Certainty))
	case trace.EndUnexplained:
		s.role, s.head = roleRelay, "SOURCE OR RELAY"
		s.callout = append(s.callout, "address "+certaintyWords(o.Certainty), "the fields below are not tied to it")
	default:
		s.callout = append(s.callout, "address "+certaintyWords(o.Certainty))
	}
	if s.role == roleRelay && o.Certainty == trace.Claimed {
		s.role, s.head = roleClaim, s.head+", BY A CLAIM"
	}
}

// ownBelieved reports whether the field that a relay itself wrote is believed.
func (t *storyteller) ownBelieved(r trace.Relay) bool {
	return r.Own >= 0 && r.Own < len(t.path.Hops) && believed(&t.path.Hops[r.Own])
}

func (t *storyteller) withholdsWords(r trace.Relay) string {
	does := oneOf(r.Withholds, "withholds", "records") + " the previous hop"
	switch {
	case r.Own < 0:
		return "it wrote no field of its own"
	case t.ownBelieved(r):
		return "its own field " + does
	}
	return "an unverified field " + does
}

// writerName is what the field calls its own host.
func writerName(h *trace.Hop) string {
	switch {
	case h.By.Host != "":
		return h.By.Host
	case h.By.IP.IsValid():
		return h.By.IP.String()
	default:
		return ""
	}
}

// quoted puts a claim in quotation marks.
func quoted(s string) string { return "“" + strings.TrimSpace(s) + "”" }

func standingWords(s trace.Standing) string {
	switch s {
	case trace.Contradicted:
		return "contradicted, not believed"
	case trace.Unverified:
		return "unverified, unexplained"
	default:
		return string(s)
	}
}

func certaintyWords(c trace.Certainty) string {
	switch c {
	case trace.Recorded:
		return "recorded by the recipient's side"
	case trace.CertaintyCorroborated:
		return "corroborated, according to the host above"
	case trace.Claimed:
		return "only claimed by an unverified field"
	default:
		return string(c)
	}
}

func disclosureWords(d trace.Disclosure) string {
	switch d {
	case trace.DisclosesName:
		return "the field gives a name alone"
	case trace.DisclosesHELO:
		return "the field gives only what the client said of itself"
	case trace.DisclosesNothing:
		return "the field says nothing of the previous hop"
	default:
		return "the field records none"
	}
}

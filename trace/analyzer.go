package trace

import "relaytrace/trace/header"

// Analyzer reads one sample after the other in memory that it keeps: for batches that keep
// nothing of a path but what they wrote. The zero Analyzer is ready for use, by one
// goroutine at a time.
type Analyzer struct {
	path  Path
	lists lists // what it points at
}

// Analyze is the function of that name. The path, and all that it points at, is used again
// by the next call; texts alone stay as they are.
func (z *Analyzer) Analyze(data []byte, fields []header.Field, set *Settings) *Path {
	z.lists.empty()
	z.path = analyzeIn(&z.lists, data, fields, set)
	return &z.path
}

// lists are what a Path points at, but for texts.
type lists struct {
	hops       []Hop
	recipients []string // of all hops, one after the other
	clocks     []clock
	codes      []string // of the findings of all hops
	delivered  []string
	boundary   Boundary
	origin     Origin
	relays     []Relay
	hints      []Hint
	bystanders []Bystander
	findings   []Finding
}

// empty makes room for the next path.
func (l *lists) empty() {
	l.hops, l.recipients, l.clocks, l.codes = emptied(l.hops), emptied(l.recipients), emptied(l.clocks), emptied(l.codes)
	l.delivered, l.relays, l.hints = emptied(l.delivered), emptied(l.relays), emptied(l.hints)
	l.bystanders, l.findings = emptied(l.bystanders), emptied(l.findings)
	l.boundary, l.origin = Boundary{}, Origin{}
}

// empty leaves of an analysis only room for the next one.
func (a *analysis) empty() {
	a.set, a.lists, a.path, a.writer, a.ratware = nil, nil, Path{}, writer{}, false
	a.trace, a.hops, a.peers, a.own = emptied(a.trace), emptied(a.hops), emptied(a.peers), emptied(a.own)
	a.recipients, a.delivered, a.known, a.names = emptied(a.recipients), emptied(a.delivered), emptied(a.known), emptied(a.names)
	a.hints, a.findings, a.order, a.bystanders = emptied(a.hints), emptied(a.findings), emptied(a.order), emptied(a.bystanders)
}

// emptied clears a list that is to be used again. One that a hostile header made long is
// dropped: it must not be paid for ever after.
func emptied[T any](list []T) []T {
	if cap(list) > 64 {
		return nil
	}
	clear(list)
	return list[:0]
}

// sized gives a list of n, all zero, in the room of an emptied one where that suffices. No
// list of a Path is nil.
func sized[T any](list *[]T, n int) []T {
	if *list == nil || cap(*list) < n {
		*list = make([]T, n)
	}
	*list = (*list)[:n]
	return *list
}

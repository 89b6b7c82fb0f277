package trace

// lists are what a Path points at, of no message: to be used again.
type lists struct {
	hops       []Hop
	delivered  []string
	boundary   *Boundary
	origin     *Origin
	hints      []Hint
	bystanders []Bystander
	findings   []Finding
}

// Recycle gives the memory of a path back to Analyze, for paths to come: for batches that
// keep nothing of a path but what they wrote. p is empty then. No copy of it may be used
// any more, nor anything that it pointed at, but for texts, which are not used again.
func (p *Path) Recycle() {
	a := scratch.Get().(*analysis)
	a.spare = lists{
		hops: emptied(p.Hops), delivered: emptied(p.Message.DeliveredTo), boundary: p.Boundary, origin: p.Origin,
		hints: emptied(p.Hints), bystanders: emptied(p.Bystanders), findings: emptied(p.Findings),
	}
	*p = Path{}
	scratch.Put(a)
}

// sized gives a list of n, all zero, in the room of an emptied one where that suffices. No
// list of a Path is nil.
func sized[T any](room []T, n int) []T {
	if room == nil || cap(room) < n {
		return make([]T, n)
	}
	return room[:n]
}

// stored puts a value into the place of a former one, or into new memory.
func stored[T any](room *T, v T) *T {
	if room == nil {
		room = new(T)
	}
	*room = v
	return room
}

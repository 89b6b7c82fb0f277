package intake

import (
	"sync"
	"sync/atomic"
)

// slab is memory that a stream is read into. It counts who needs it: the reader, and each
// message that was cut out of it. Where all say when they are done, it is used again; where
// one does not, as when messages are kept, it is left to the garbage collector.
type slab struct {
	room   []byte
	needed atomic.Int32
}

// slabs are those of the usual size, to be used again.
var slabs = sync.Pool{New: func() any { return &slab{room: make([]byte, firstBuffer)} }}

// newSlab gives a slab of size bytes, which its receiver needs. What it holds is left from
// before.
func newSlab(size int) *slab {
	var s *slab
	if size == firstBuffer {
		s = slabs.Get().(*slab)
	} else {
		s = &slab{room: make([]byte, size)}
	}
	return s.need()
}

// need tells that one more needs it.
func (s *slab) need() *slab {
	s.needed.Add(1)
	return s
}

// release tells that one needs it no more. None is released.
func (s *slab) release() {
	if s != nil && s.needed.Add(-1) == 0 && len(s.room) == firstBuffer {
		slabs.Put(s)
	}
}

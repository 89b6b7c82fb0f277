package intake

import "encoding/binary"

// digests is a set of SHA-256 digests that keeps their first eight bytes alone, so that the
// account of a large mailbox stays small: 11 to 22 bytes for each. Two samples that agree in
// these count as one.
type digests struct {
	slots []uint64 // open addressing; 0 is free
	n     int
	zero  bool // the digest that begins with eight zero bytes is in it
}

// add adds a digest.
func (d *digests) add(digest [32]byte) {
	key := binary.LittleEndian.Uint64(digest[:])
	if key == 0 {
		d.zero = true
		return
	}
	if 4*d.n >= 3*len(d.slots) {
		old := d.slots
		d.slots, d.n = make([]uint64, max(1024, 2*len(old))), 0
		for _, k := range old {
			if k != 0 {
				d.insert(k)
			}
		}
	}
	d.insert(key)
}

func (d *digests) insert(key uint64) {
	mask := uint64(len(d.slots) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		switch d.slots[i] {
		case key:
			return
		case 0:
			d.slots[i] = key
			d.n++
			return
		}
	}
}

// count gives the number of digests in the set.
func (d *digests) count() int {
	if d.zero {
		return d.n + 1
	}
	return d.n
}

package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
)

func TestDigests(t *testing.T) {
	var d digests
	for range 2 {
		d.add([32]byte{31: 1}) // begins with zeros
		for i := range 10_000 {
			d.add(sha256.Sum256(binary.LittleEndian.AppendUint32(nil, uint32(i))))
		}
		if d.count() != 10_001 {
			t.Fatal(d.count())
		}
	}
}

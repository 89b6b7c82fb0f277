package render

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// uuid5 is the UUID of version 5 of a name in a name space (RFC 9562 section 5.5): the same
// name gives the same UUID.
func uuid5(space [16]byte, name string) string {
	sum := sha1.Sum(append(space[:], name...))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ourSpace is the name space of what relaytrace names by itself: the UUID of version 5 of
// "relaytrace.example" in the name space of DNS names.
var ourSpace = [16]byte{0x25, 0x28, 0xdb, 0x33, 0x7f, 0x5a, 0x5a, 0x84, 0xad, 0x48, 0x99, 0x26, 0x19, 0xe4, 0xa2, 0xda}

// ourUUID names a thing of a case. The parts are told apart by a character that none holds.
func ourUUID(parts ...string) string {
	return uuid5(ourSpace, "relaytrace\x00"+strings.Join(parts, "\x00"))
}

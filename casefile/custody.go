package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// NoEvent is what stands in Prev of the first event: 64 zeros.
var NoEvent = strings.Repeat("0", 64)

// Sum is the hash of an event: SHA-256, in lower-case hex, over the JSON array [number,
// time, actor, action, [detail...], version, prev] without spaces, as encoding/json writes
// it without HTML escapes.
func (e *Event) Sum() string {
	detail := e.Detail
	if detail == nil {
		detail = []string{}
	}
	h := sha256.New()
	enc := json.NewEncoder(trimmed{h})
	enc.SetEscapeHTML(false)
	// Numbers and texts can be encoded, and a hash takes all that is written.
	_ = enc.Encode([]any{e.Number, e.Time, e.Actor, e.Action, detail, e.Version, e.Prev})
	return hex.EncodeToString(h.Sum(nil))
}

// trimmed passes a document on without its line end.
type trimmed struct {
	to interface{ Write([]byte) (int, error) }
}

func (t trimmed) Write(p []byte) (int, error) {
	if n := len(p); n > 0 && p[n-1] == '\n' {
		_, err := t.to.Write(p[:n-1])
		return n, err
	}
	return t.to.Write(p)
}

// CheckChain holds a custody log against its hashes and returns what is wrong with each
// event that was changed, put in, taken out or moved; nil when nothing is.
func CheckChain(log []Event) []string {
	var wrong []string
	prev := NoEvent
	for i := range log {
		e := &log[i]
		switch {
		case e.Number != i+1:
			wrong = append(wrong, fmt.Sprintf("event %d stands where event %d should: events are missing or were moved", e.Number, i+1))
		case e.Prev != prev:
			wrong = append(wrong, fmt.Sprintf("event %d does not follow from the one before it", e.Number))
		case e.Hash != e.Sum():
			wrong = append(wrong, fmt.Sprintf("event %d was changed since it was written", e.Number))
		}
		prev = e.Hash
	}
	return wrong
}

// Head is the hash of the last event of a custody log; 64 zeros when it is empty.
func Head(log []Event) string {
	if len(log) == 0 {
		return NoEvent
	}
	return log[len(log)-1].Hash
}

// Package lazy compiles regular expressions when they are first asked for: a command should not
// wait at its start for those of the others.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp gives an expression that is compiled at its first use. One that is faulty panics then,
// so each must be met by a test. It is safe for concurrent use.
func Regexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

//go:build !linux

package casefile

import (
	"errors"
	"fmt"
)

// exchange cannot be done in one step here.
func exchange(a, b string) error {
	return fmt.Errorf("exchange of names: %w", errors.ErrUnsupported)
}

// lockFolder cannot tell here whether a folder is in use; so nothing is taken for abandoned.
func lockFolder(name string) (release func(), err error) {
	return func() {}, fmt.Errorf("lock: %w", errors.ErrUnsupported)
}

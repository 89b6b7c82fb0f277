package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// FolderError says what is wrong with a case folder, or why it was not written.
type FolderError struct {
	Dir  string
	Err  error
	What string // what to do
}

func (e *FolderError) Error() string { return fmt.Sprintf("%s: %v", e.Dir, e.Err) }

// Unwrap gives the reason without the folder's name.
func (e *FolderError) Unwrap() error { return e.Err }

// Hint says what the user can do.
func (e *FolderError) Hint() string { return e.What }

// Digest is the SHA-256 of some bytes in lower-case hexadecimal.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// NamedBytes is one file for the case folder.
type NamedBytes struct {
	Path string // relative, with slashes
	Data []byte
}

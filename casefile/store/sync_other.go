//go:build !linux

package store

// syncFileSystem is missing: each file is synced by itself.
var syncFileSystem func(dir string) error

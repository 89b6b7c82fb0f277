package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncFileSystem waits until all that was written to the file system of a folder is on the
// disk: syncfs(2), which tells of failed writes from Linux 5.8 on.
var syncFileSystem = func(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd()))), f.Close())
}

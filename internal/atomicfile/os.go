package atomicfile

import (
	"errors"
	"os"
	"runtime"
)

// Disk is where checkpoints, logs and run directories are written. A test may put another FS in its place, which several
// packages then write to; nothing else does.
var Disk FS = OS{}

// OS is the file system of the operating system.
type OS struct{}

// CreateExclusive implements FS. The file gets the permissions that the user's umask leaves of 0666.
func (OS) CreateExclusive(name string) (File, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err // not file: a nil *os.File in a File would not equal nil
	}
	return file, nil
}

// Open implements FS, with the permissions of CreateExclusive.
func (OS) Open(name string, create bool) (File, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	file, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Mkdir implements FS. The directory gets the permissions that the user's umask leaves of 0777.
func (OS) Mkdir(name string) error { return os.Mkdir(name, 0o777) }

// Rename implements FS.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements FS.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir implements FS. Windows cannot sync a directory and journals renames itself, so there it does nothing.
func (OS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// ReadDir implements FS.
func (OS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

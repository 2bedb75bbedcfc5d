package atomicfile

import (
	"errors"
	"fmt"
	"path/filepath"
)

var errFault = errors.New("injected fault")

// A faultFS is a file system of the operating system that logs its operations and fails at chosen ones.
type faultFS struct {
	OS
	log    []string
	fail   map[int]bool // by index in log
	short  bool         // a write that fails has written half
	opened int
	closed int
}

// step logs an operation and fails it if it is one of those to fail.
func (f *faultFS) step(format string, args ...any) error {
	f.log = append(f.log, fmt.Sprintf(format, args...))
	if f.fail[len(f.log)-1] {
		return fmt.Errorf("%s: %w", f.log[len(f.log)-1], errFault)
	}
	return nil
}

func (f *faultFS) CreateExclusive(name string) (File, error) {
	if err := f.step("create"); err != nil {
		return nil, err
	}
	file, err := f.OS.CreateExclusive(name)
	if err != nil {
		return nil, err
	}
	f.opened++
	return &faultFile{File: file, fs: f}, nil
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.step("rename"); err != nil {
		return err
	}
	return f.OS.Rename(from, to)
}

func (f *faultFS) Remove(name string) error {
	if err := f.step("remove"); err != nil {
		return err
	}
	return f.OS.Remove(name)
}

func (f *faultFS) SyncDir(dir string) error {
	if err := f.step("sync dir %s", filepath.Base(dir)); err != nil {
		return err
	}
	return f.OS.SyncDir(dir)
}

func (f *faultFS) ReadDir(dir string) ([]string, error) {
	if err := f.step("read dir"); err != nil {
		return nil, err
	}
	return f.OS.ReadDir(dir)
}

type faultFile struct {
	File
	fs *faultFS
}

func (f *faultFile) Write(b []byte) (int, error) {
	if err := f.fs.step("write %d", len(b)); err != nil {
		n := 0
		if f.fs.short {
			n, _ = f.File.Write(b[:len(b)/2])
		}
		return n, err
	}
	return f.File.Write(b)
}

func (f *faultFile) Sync() error {
	if err := f.fs.step("sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

// Close closes the file even where it reports a fault, as the system does.
func (f *faultFile) Close() error {
	f.fs.closed++
	return errors.Join(f.fs.step("close"), f.File.Close())
}

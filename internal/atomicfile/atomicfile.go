// Package atomicfile replaces a file so that a crash, a power cut or an I/O error at any instant leaves either the old
// content or the whole new content under the name, and so that a Write that has returned nil is on the disk.
//
// The protocol, in order:
//
//	create a temporary file, exclusively, in the directory of the target
//	write through a buffer, flush
//	fsync the file     (else a power cut can keep the name and lose the bytes)
//	close, checked     (network file systems report write errors here)
//	rename to the target
//	fsync the directory (else a power cut can lose the rename, and with it an acknowledged file)
//
// After an error the file is never synced a second time: the kernel may already have dropped the dirty pages and would
// then report success for data that are gone. The temporary file is deleted instead, and the caller starts over.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
)

// An FS is the part of a file system that writes runs. OS is the real one; tests use others that fail, or record.
type FS interface {
	// CreateExclusive creates the named file for writing and fails with fs.ErrExist where the name is taken.
	CreateExclusive(name string) (File, error)
	// Open opens the named file for reading and writing. Where there is none it is made, if create says so.
	Open(name string, create bool) (File, error)
	// Mkdir makes a directory and fails with fs.ErrExist where the name is taken.
	Mkdir(name string) error
	// Rename moves a file to another name of the same directory, in one step, replacing what is there.
	Rename(from, to string) error
	// Remove deletes the named file.
	Remove(name string) error
	// SyncDir makes the entries of the directory durable: the creations, renames and removals so far.
	SyncDir(dir string) error
	// ReadDir returns the names in the directory.
	ReadDir(dir string) ([]string, error)
}

// A File is an open file of an FS.
type File interface {
	io.ReadWriter
	io.WriterAt
	// Truncate gives the file a length, in bytes.
	Truncate(size int64) error
	// Sync makes the bytes written so far durable.
	Sync() error
	Close() error
}

const (
	bufferSize = 256 << 10
	tempSuffix = ".tmp"
	randDigits = 16  // hexadecimal digits in the name of a temporary file
	attempts   = 100 // names tried before Write gives up
)

// Write replaces the file at path by what write writes, by the protocol of the package comment. A nil error means that
// the new content is durable.
//
// After an error the temporary file is gone (or the error says why not), and path holds its old content, untouched; only
// where the last step failed, the sync of the directory, does path hold the new content, whole but not known to be
// durable. The writer given to write is a *bufio.Writer, which passes large writes straight on.
func Write(fsys FS, path string, write func(io.Writer) error) error {
	temp, file, err := createTemp(fsys, path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = fill(fsys, temp, file, write)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := fsys.Rename(temp, path); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, fsys.Remove(temp)))
	}
	if err := fsys.SyncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// fill writes, syncs and closes the temporary file, and deletes it where any of that fails or write panics.
func fill(fsys FS, temp string, file File, write func(io.Writer) error) (err error) {
	closed, done := false, false
	defer func() {
		if done {
			return
		}
		if !closed {
			err = errors.Join(err, file.Close())
		}
		err = errors.Join(err, fsys.Remove(temp))
	}()
	w := bufio.NewWriterSize(file, bufferSize)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	closed = true // a close that fails must not be repeated: the descriptor may already belong to another file
	if err := file.Close(); err != nil {
		return err
	}
	done = true
	return nil
}

func createTemp(fsys FS, path string) (string, File, error) {
	dir, base := filepath.Split(path)
	var err error
	for range attempts {
		name := fmt.Sprintf("%s.%s.%0*x%s", dir, base, randDigits, rand.Uint64(), tempSuffix)
		var file File
		if file, err = fsys.CreateExclusive(name); err == nil {
			return name, file, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return "", nil, err
}

// RemoveTemps deletes the temporary files that writers left in dir when they were killed, and returns their names. The
// caller must know that no Write into dir is under way: a temporary file in use looks the same.
func RemoveTemps(fsys FS, dir string) ([]string, error) {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("remove temporary files: %w", err)
	}
	var removed []string
	var failed []error
	for _, name := range names {
		if !IsTemp(name) {
			continue
		}
		if err := fsys.Remove(filepath.Join(dir, name)); err != nil {
			failed = append(failed, err)
			continue
		}
		removed = append(removed, name)
	}
	if err := errors.Join(failed...); err != nil {
		return removed, fmt.Errorf("remove temporary files: %w", err)
	}
	return removed, nil
}

// IsTemp reports whether a file of that name is a temporary file of Write: a dot, a name, a dot, digits, the suffix.
func IsTemp(name string) bool {
	rest, ok := strings.CutSuffix(name, tempSuffix)
	if !ok || !strings.HasPrefix(rest, ".") {
		return false
	}
	dot := strings.LastIndexByte(rest, '.')
	digits := rest[dot+1:]
	return dot > 1 && len(digits) == randDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

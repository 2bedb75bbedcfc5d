//go:build unix

package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lockRun takes the lock of a run directory, so that no second process writes it. The kernel gives it back when the
// process ends, however it ends.
func lockRun(dir string) (unlock func() error, err error) {
	file, err := os.OpenFile(filepath.Join(dir, LockFile), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if err != syscall.EWOULDBLOCK {
			return nil, errors.Join(&os.PathError{Op: "lock", Path: file.Name(), Err: err}, file.Close())
		}
		err = fmt.Errorf("%s is being written by %s", dir, cmp.Or(holderOf(file), "another process"))
		return nil, errors.Join(err, file.Close())
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(file, holderFormat, os.Getpid(), hostName())
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}

// holderFormat is what the holder of a lock writes of itself.
const holderFormat = "process %d on %s\n"

func hostName() string {
	host, _ := os.Hostname()
	return cmp.Or(host, "localhost")
}

// holderOf returns what the holder of a lock has written of itself, "" where that cannot be known. One that has only just
// taken the lock may not have written yet, and an earlier one that was killed may have left its own line: so a process of
// this host that does not live is not believed, and the file is read again for a while.
func holderOf(file *os.File) string {
	for range 100 {
		var pid int
		var host string
		text, _ := io.ReadAll(io.NewSectionReader(file, 0, 200))
		if n, _ := fmt.Sscanf(string(text), holderFormat, &pid, &host); n == 2 && (host != hostName() || lives(pid)) {
			return strings.TrimSpace(string(text))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return ""
}

// lives reports whether there is a process with a number, be it of another user.
func lives(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}

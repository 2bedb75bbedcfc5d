//go:build unix

package experiment

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockRun takes the lock of a run directory, so that no second process writes it. The kernel gives it back when the
// process ends, however it ends.
func lockRun(dir string) (unlock func() error, err error) {
	file, err := os.OpenFile(filepath.Join(dir, LockFile), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 200))
		err = fmt.Errorf("%s is being written by %s", dir, orUnknown(strings.TrimSpace(string(holder))))
		return nil, errors.Join(err, file.Close())
	}
	host, _ := os.Hostname()
	err = file.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(file, "process %d on %s\n", os.Getpid(), orUnknown(host))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}

func orUnknown(s string) string {
	if s == "" {
		return "another process"
	}
	return s
}

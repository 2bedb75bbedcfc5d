//go:build unix

package cmd

import (
	"os"
	"os/signal"
	"syscall"
)

// saveSignals ask a run for a checkpoint.
var saveSignals = []os.Signal{syscall.SIGUSR1}

// endSignals lists the signals that end a run. A hangup is none where the process was told to ignore it, as nohup does.
func endSignals() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

func isHangup(s os.Signal) bool { return s == syscall.SIGHUP }

// forgetReaders keeps the process alive when it writes to a pipe whose reader has gone with the terminal.
func forgetReaders() { signal.Ignore(syscall.SIGPIPE) }

//go:build !unix

package cmd

import (
	"os"
	"syscall"
)

// saveSignals ask a run for a checkpoint.
var saveSignals []os.Signal

// endSignals lists the signals that end a run.
func endSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

func isHangup(os.Signal) bool { return false }

func forgetReaders() {}

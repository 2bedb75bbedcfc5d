//go:build unix

package cmd

import (
	"os"
	"syscall"
)

// saveSignals ask a run for a checkpoint.
var saveSignals = []os.Signal{syscall.SIGUSR1}

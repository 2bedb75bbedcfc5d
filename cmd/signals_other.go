//go:build !unix

package cmd

import "os"

// saveSignals ask a run for a checkpoint.
var saveSignals []os.Signal

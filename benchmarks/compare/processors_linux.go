package main

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// available are the processors that this process may use.
var available unix.CPUSet

func init() {
	// Children have the processors of the thread that starts them.
	runtime.LockOSThread()
	_ = unix.SchedGetaffinity(0, &available) // without an answer there is nothing to choose from
}

// keepTo keeps the processes that the main goroutine starts from now on to the first n of its processors: both sides to
// the same ones, since one may share its caches with a busier neighbour than another does.
func keepTo(n int) error {
	var set unix.CPUSet
	for cpu := 0; set.Count() < min(n, available.Count()); cpu++ {
		if available.IsSet(cpu) {
			set.Set(cpu)
		}
	}
	if set.Count() == 0 {
		return nil
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("keeping to %d processors: %w", n, err)
	}
	return nil
}

package cmd

import (
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// A signalWatch turns the signals of the process into what a run understands. The first of the endSignals ends the run
// after its step, a second one ends the process at once. Those of saveSignals save.
type signalWatch struct {
	c     chan os.Signal
	done  chan struct{}
	mu    sync.Mutex
	first os.Signal
}

func watchSignals(s screen, end, save func()) *signalWatch {
	w := &signalWatch{c: make(chan os.Signal, 4), done: make(chan struct{})}
	signal.Notify(w.c, slices.Concat(endSignals(), saveSignals)...)
	go func() {
		defer close(w.done)
		for sig := range w.c {
			switch {
			case slices.Contains(saveSignals, sig):
				s.info("saving after this step")
				save()
			case w.received() == nil:
				w.mu.Lock()
				w.first = sig
				w.mu.Unlock()
				if isHangup(sig) {
					forgetReaders()
				}
				s.info("finishing the step and saving; once more to end at once")
				end()
			case !isHangup(sig): // a terminal and its shell may both hang up
				s.close()
				os.Exit(exitSignal(sig))
			}
		}
	}()
	return w
}

// stop gives the signals back to the process.
func (w *signalWatch) stop() {
	signal.Stop(w.c)
	close(w.c)
	<-w.done
}

// received returns the signal that ended the run, nil without one.
func (w *signalWatch) received() os.Signal {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

// exitSignal returns the exit code for a signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM.
func exitSignal(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return exitFailed
}

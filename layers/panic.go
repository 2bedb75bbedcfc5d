package layers

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// A PanicError is a part that panicked under Guard.
type PanicError struct {
	Doing string // "Build"
	Place string // the line that panicked: "dense.go:12"
	Err   error
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s panicked at %s: %v", e.Doing, e.Place, e.Err)
}

func (e *PanicError) Unwrap() error { return e.Err }

// Guard calls f, the code of a part, and returns its error: a *PanicError where it panics. doing says what f does.
func Guard(doing string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			cause, ok := p.(error)
			if !ok {
				cause = fmt.Errorf("%v", p)
			}
			err = &PanicError{Doing: doing, Place: panicPlace(), Err: cause, Stack: debug.Stack()}
		}
	}()
	return f()
}

// panicPlace names the line that panicked: the first one below the runtime's own.
func panicPlace() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicking := false
	for {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if panicking && !inRuntime {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		panicking = panicking || inRuntime
		if !more {
			return "an unknown line"
		}
	}
}

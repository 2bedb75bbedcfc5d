package layers

import (
	"fmt"
	"runtime/debug"
)

// A PanicError is a part that panicked before anything ran: the Build of a layer, or an initializer.
type PanicError struct {
	Doing string // "Build"
	Err   error
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.Doing, e.Err) }

func (e *PanicError) Unwrap() error { return e.Err }

// Guard calls f, the code of a part, and returns its error: a *PanicError where it panics. doing says what f does.
func Guard(doing string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			cause, ok := p.(error)
			if !ok {
				cause = fmt.Errorf("%v", p)
			}
			err = &PanicError{Doing: doing, Err: cause, Stack: debug.Stack()}
		}
	}()
	return f()
}

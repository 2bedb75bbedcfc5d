package train

import (
	"fmt"
	"runtime/debug"
)

// A PartError is a part other than a layer that panicked: a loss, a regularizer, an optimizer, a metric, an observer.
type PartError struct {
	Part  string
	Step  int64 // steps finished
	Err   error
	Stack []byte
}

func (e *PartError) Error() string {
	return fmt.Sprintf("%s: after %d steps: %v", e.Part, e.Step, e.Err)
}

func (e *PartError) Unwrap() error { return e.Err }

// recoverPart turns the panic of a part into an error.
func (r *Run[T]) recoverPart(err *error) {
	p := recover()
	if p == nil {
		return
	}
	cause, ok := p.(error)
	if !ok {
		cause = fmt.Errorf("%v", p)
	}
	*err = &PartError{Part: r.part, Step: r.state.Step, Err: cause, Stack: debug.Stack()}
}

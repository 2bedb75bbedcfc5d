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
	*err = newPartError(r.part, r.state.Step, p)
}

// newPartError returns the error of a part that panicked with a value, where it is recovered.
func newPartError(part string, step int64, value any) *PartError {
	cause, ok := value.(error)
	if !ok {
		cause = fmt.Errorf("%v", value)
	}
	return &PartError{Part: part, Step: step, Err: cause, Stack: debug.Stack()}
}

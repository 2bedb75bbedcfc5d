package checkpoint

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotCheckpoint is the cause in the CorruptError of a file that does not begin like a checkpoint.
var ErrNotCheckpoint = errors.New("not a strata checkpoint")

// ErrVersion is wrapped by the error for an intact file that only a later version of Strata can read.
var ErrVersion = errors.New("needs a later version of strata")

// A CorruptError says that a file is damaged, cut short or not a checkpoint at all, and where.
type CorruptError struct {
	Path    string // empty where the checkpoint was not opened by path
	Section string // "magic", "head", "conf", "stat", "indx", "footer" or the name of an unknown section; else empty
	Tensor  string // name of the tensor; else empty
	Block   int    // index of the 1 MiB block in the tensor, or -1
	Offset  int64  // where in the file the damaged part begins
	Err     error
}

// Error names the file, the part and the cause.
func (e *CorruptError) Error() string {
	var b strings.Builder
	b.WriteString("checkpoint: ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	switch {
	case e.Tensor != "" && e.Block >= 0:
		fmt.Fprintf(&b, "tensor %q: block %d at byte %d: ", e.Tensor, e.Block, e.Offset)
	case e.Tensor != "":
		fmt.Fprintf(&b, "tensor %q: header at byte %d: ", e.Tensor, e.Offset)
	case e.Section != "magic":
		fmt.Fprintf(&b, "section %q at byte %d: ", e.Section, e.Offset)
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// sectionError returns a CorruptError about a section.
func sectionError(section string, offset int64, format string, args ...any) *CorruptError {
	return &CorruptError{Section: section, Block: -1, Offset: offset, Err: fmt.Errorf(format, args...)}
}

var errChecksum = errors.New("checksum does not match")

package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

const (
	maxNameLen = 256
	maxRank    = 8
)

// checkName checks the name of a tensor. The alphabet and the rules keep a name harmless where another tool uses it as
// the name of a file.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("tensor has no name")
	case len(name) > maxNameLen:
		return fmt.Errorf("tensor name has %d bytes, at most %d are allowed", len(name), maxNameLen)
	case strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) }):
		return fmt.Errorf("tensor name has a character outside A-Z a-z 0-9 _ . / -: %q", name)
	case strings.Contains(name, ".."), name[0] == '/':
		return fmt.Errorf("tensor name has \"..\" or begins with a slash: %q", name)
	}
	return nil
}

func nameRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return r == '_' || r == '.' || r == '/' || r == '-'
}

func checkRole(role string) error {
	switch role {
	case Param, Slot, Aux, Meter:
		return nil
	}
	return fmt.Errorf("unknown role %q", role)
}

// DataSize returns the bytes that the elements of a shape take, or an error where no tensor can be such: the type is
// unknown, a dimension is negative, there are more than 8, or the product does not fit in 63 bits.
func DataSize(d DType, shape []int) (int64, error) { return dataSize(d, int64s(shape)) }

// dataSize returns the bytes of a tensor, or an error where the type is unknown, a dimension is negative, there are too
// many of them, or the product does not fit.
func dataSize(d DType, shape []int64) (int64, error) {
	if d.Size() == 0 {
		return 0, fmt.Errorf("unknown element type %q", string(d))
	}
	if len(shape) > maxRank {
		return 0, fmt.Errorf("%d dimensions, at most %d are allowed", len(shape), maxRank)
	}
	size, bound := int64(d.Size()), int64(d.Size())
	for _, dim := range shape {
		// The bound counts a zero dimension as one, so that no reader's product overflows, in whichever order it multiplies.
		if dim < 0 || int64(int(dim)) != dim || max(dim, 1) > math.MaxInt64/bound {
			return 0, fmt.Errorf("impossible shape %v of %s", shape, d)
		}
		size *= dim
		bound *= max(dim, 1)
	}
	return size, nil
}

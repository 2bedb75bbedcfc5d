// Package tensor defines what flows between the parts of a model: element types, shapes and batches; and the numeric
// kernels that a layer author calls.
//
// A tensor in Strata is a flat slice in row-major order together with a shape that its owner knows. Shapes describe one
// example; the batch axis comes first and is called rows. A batch of 32 examples of shape [28 28] is a slice of
// 32·28·28 elements. Strata computes on the CPU, on ordinary Go slices, by decision: a layer can use any Go code.
//
// Kernels never allocate, propagate NaN and infinities, and give the same bits for the same shapes at any thread count.
// They are the set that layers of any module are written with, so some of them, such as Log, serve no built-in layer.
// A kernel called with slices that do not fit panics with a *ShapeError: that is a mistake in a layer, not in its input.
package tensor

import "github.com/strata-ml/strata/internal/kernel"

// KernelFamily returns the name of the arithmetic of the kernels of this build and machine. Results of one family are
// the same to the bit at any thread count; those of two families may differ.
func KernelFamily() string { return kernel.Family() }

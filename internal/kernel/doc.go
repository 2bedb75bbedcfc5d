// Package kernel holds the numeric loops of Strata.
//
// Contract of every kernel: it allocates nothing, reads and writes only inside the shapes it was given, propagates NaN
// (no shortcut on zero), and computes each result element with a chain of operations that depends on shapes only.
//
// Vector code of any width up to Lanes gives the same bits. Dot, Sum and SumSquares, which make one number of a slice,
// run in Lanes parallel chains that are joined in a fixed tree. The products and SumRows make many numbers at once, each
// by one chain, in the order of the inner axis or of the rows: lanes lie across the results.
//
// Products are rounded before they are added (an explicit conversion keeps the compiler from fusing them), so these
// loops give the same bits on every architecture. Exp, Log, Tanh, Sigmoid and Softmax go through package math, whose
// last bit depends on the processor. Family names this arithmetic; it is recorded in checkpoints, because bits may
// differ between families.
package kernel

// Family is the arithmetic that the kernels of this build use.
const Family = "generic"

// Lanes is the number of parallel chains of Dot, Sum and SumSquares.
const Lanes = 16

// Float is the element type of the kernels.
type Float interface{ float32 | float64 }

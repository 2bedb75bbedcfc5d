// Package kernel holds the numeric loops of Strata.
//
// Contract of every kernel: it allocates nothing, reads and writes only inside the shapes it was given, propagates NaN
// (no shortcut on zero), and computes each result element with a chain of operations that depends on shapes only.
//
// Vector code of any width up to Lanes gives the same bits. Dot, Sum, SumSquares and SumAbs, which make one number of a
// slice, run in Lanes parallel chains that are joined in a fixed tree; of a long slice, the sums of pieces of fixed length
// are added in order. The products and SumRows make many numbers at once, each
// by one chain, in the order of the inner axis or of the rows: lanes lie across the results.
//
// There are two families of this arithmetic. On amd64 with AVX2 or AVX-512 a product and the sum that it goes to are
// rounded once (fused), and exp, log, tanh, sigmoid and erf are our own: both instruction sets give the same bits. Elsewhere
// the loops in Go round a product before they add it (an explicit conversion keeps the compiler from fusing them), so
// that they give the same bits on every architecture, and go through package math, whose last bit depends on the
// processor. Family names the arithmetic; it is recorded in checkpoints, because bits differ between families.
//
// The assembly is written by the module in gen; each of its kernels stands beside its loop in Go, with the suffix Plain.
package kernel

// Lanes is the number of parallel chains of a sum.
const Lanes = 16

// Float is the element type of the kernels.
type Float interface{ float32 | float64 }

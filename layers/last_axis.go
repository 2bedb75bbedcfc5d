package layers

import "github.com/strata-ml/strata/tensor"

// leading returns the axes in front of the last one. A single number has none, like a vector: it is a vector of one.
func leading(s tensor.Shape) tensor.Shape { return s[:max(len(s)-1, 0)] }

// withLast returns the shape with n as the extent of its last axis.
func withLast(s tensor.Shape, n int) tensor.Shape {
	return append(append(tensor.Shape{}, leading(s)...), n)
}

// Package layers holds the contract of a layer, its registration, the initializers, and the built-in layers, one file
// each.
//
// Read layer.go first (what a layer is), then tanh.go (the smallest) and dense.go (one with parameters). A layer of
// your own lives in your own module, needs this package and tensor alone, and is checked by package layerstest.
//
// Letters: x is an input, y the output, w and b parameters; a leading d marks the gradient of the loss with respect to
// what follows, and has its shape (dy, dx, dw).
package layers

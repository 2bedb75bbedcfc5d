//go:build race

package checkpoint

// raceFactor is how much slower code may be with the race detector, while the tests of other packages run beside it.
const raceFactor = 20

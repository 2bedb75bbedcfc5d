//go:build !race

package checkpoint

// raceFactor is how much slower code may be without the race detector.
const raceFactor = 1

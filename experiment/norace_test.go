//go:build !race

package experiment_test

// raceFactor is how much slower code may be without the race detector.
const raceFactor = 1

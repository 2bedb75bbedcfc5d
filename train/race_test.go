//go:build race

package train_test

// underRace says that the race detector is at work, which keeps the compiler from growing slices in their place.
const underRace = true

//go:build race

package data_test

// underRace says that the race detector is at work, which keeps the compiler from leaving out some conversions: the word of
// each line is then allocated.
const underRace = true

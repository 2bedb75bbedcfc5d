//go:build race

package optimtest_test

const raceDetector = true

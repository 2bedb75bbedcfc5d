//go:build race

package losstest_test

const raceEnabled = true

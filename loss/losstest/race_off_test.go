//go:build !race

package losstest_test

const raceEnabled = false

//go:build !race

package optimtest

const raceEnabled = false

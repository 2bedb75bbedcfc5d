//go:build race

package optimtest

const raceEnabled = true

//go:build !race

package cmd

// underRace says that the race detector makes arithmetic twenty times slower.
const underRace = false

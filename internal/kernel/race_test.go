//go:build race

package kernel

import "testing"

// skipUnderRace skips a long comparison of numbers that needs no more than one goroutine: other tests share work among
// workers.
func skipUnderRace(t *testing.T) {
	t.Helper()
	t.Skip("compares numbers only, and the race detector makes that twenty times slower: run without -race")
}

package main

import "testing"

// TestOperations runs each once: one that allocates would time the allocator.
func TestOperations(t *testing.T) {
	for _, op := range operations() {
		if n := testing.AllocsPerRun(1, op.run); n != 0 {
			t.Errorf("%s allocates %v times", op.name, n)
		}
	}
}

package roof

import (
	"testing"
	"time"
)

func TestGFLOPS(t *testing.T) {
	if best() == nil {
		t.Skip("needs fused multiply-add: amd64 with AVX2 or AVX-512, and no GODEBUG that turns it off")
	}
	// A processor with FMA runs a few GHz and at least one unit of eight lanes; the bounds are wide of any machine.
	if rate := GFLOPS(1, 5*time.Millisecond); rate < 1 || rate > 2000 {
		t.Errorf("%v GFLOP/s", rate)
	}
}

package roof

import (
	"testing"
	"time"
)

func TestGFLOPS(t *testing.T) {
	if best() == nil {
		t.Skip("no fused multiply-add here")
	}
	// A processor with FMA runs a few GHz and at least one unit of eight lanes; the bounds are wide of any machine.
	if rate := GFLOPS(1, 5*time.Millisecond); rate < 1 || rate > 2000 {
		t.Errorf("%v GFLOP/s", rate)
	}
}

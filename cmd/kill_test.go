//go:build unix

package cmd

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestKill kills runs at random instants, from the start of the process on, looks at what they leave, and continues them:
// up to three times, so that processes are killed that continue a killed run.
func TestKill(t *testing.T) {
	f := newFaultRuns(t)
	f.run(t, 1, "plot", wholeRun, "--no-resume-marks")
	kills, curves := 30, 30
	if *long {
		kills, curves = 1000, 20
	}
	span := 200 * time.Millisecond // of the instants: about as long as a run takes
	for life, killed := 0, 0; killed < kills; life++ {
		dir := filepath.Join("killed", fmt.Sprint(life), "run")
		for range 3 {
			p := f.start(t, 1+rand.IntN(3), f.verb(dir)...)
			time.Sleep(rand.N(span))
			interrupt(t, p, syscall.SIGKILL)
			code := p.end(t)
			if code != -1 && code != exitDone {
				t.Fatalf("exit code %d\n%s", code, p.stderr.String())
			}
			wantIntact(t, dir)
			if code == exitDone {
				span = max(span-span/10, 20*time.Millisecond)
				break
			}
			span += span / 50
			killed++
		}
		f.finish(t, dir)
		if life%curves == 0 {
			wantSameRun(t, f.binary, dir, wholeRun)
		}
		if t.Failed() {
			t.Fatalf("after %d kills", killed)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills", kills)
}

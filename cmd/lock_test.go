//go:build unix

package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestLock lets processes race for the directory of a run. One gets it, and the others say which process that is, on which
// host. Then the winner is killed with SIGKILL, which frees the directory for the next race.
func TestLock(t *testing.T) {
	f := newFaultRuns(t)
	const racers = 8
	rounds := 8
	if *long {
		rounds = 1000
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		dir := filepath.Join("raced", "run")
		args := []string{"resume", dir, "--no-plots"}
		begins := round%10 == 0 // the race is for a directory that does not exist
		if begins {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			args = []string{"train", "points.yaml", "--run", dir, "--no-plots", "--set", "train.epochs=100000000"}
		}
		var all [racers]*process
		for i := range all {
			all[i] = f.start(t, 1, args...)
		}
		winner := f.race(t, all[:])
		for _, p := range all {
			if p == winner {
				continue
			}
			said := p.stderr.String()
			holder := fmt.Sprintf("%s is being written by process %d on %s", dir, winner.Process.Pid, host)
			if !strings.Contains(said, holder) && !(begins && strings.Contains(said, "is not empty")) {
				t.Errorf("round %d: a loser says\n%s\nwant %q", round, said, holder)
			}
		}
		interrupt(t, winner, syscall.SIGKILL)
		winner.end(t)
		wantIntact(t, dir)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d races of %d processes", rounds, racers)
}

// race returns the one process that trains, when the others have ended.
func (faultRuns) race(t *testing.T, all []*process) (winner *process) {
	t.Helper()
	trains := make(chan *process, len(all))
	for _, p := range all {
		go func() {
			for {
				line, err := p.lines.ReadString('\n')
				p.stderr.WriteString(line)
				if strings.HasPrefix(line, "training") || strings.HasPrefix(line, "resuming") {
					trains <- p
					return
				}
				if err != nil {
					trains <- nil
					return
				}
			}
		}()
	}
	for range all {
		p := <-trains
		if p == nil {
			continue
		}
		if winner != nil {
			t.Fatalf("processes %d and %d both train", winner.Process.Pid, p.Process.Pid)
		}
		winner = p
	}
	if winner == nil {
		t.Fatalf("nobody trains: the first says\n%s", all[0].stderr.String())
	}
	for _, p := range all {
		if p != winner && p.end(t) == exitDone {
			t.Error("a loser ends with exit code 0")
		}
	}
	return winner
}

//go:build unix

package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// wideExperiment has products, updates and activations that are large enough for several threads.
const wideExperiment = `
name: wide
data: digits
model:
  - {name: fc1, type: dense, units: 700}
  - tanh
  - {type: dropout, rate: 0.2}
  - {name: fc2, type: dense, units: 300}
  - sigmoid
  - {name: logits, type: dense, units: 10}
loss: softmax_cross_entropy
metrics: [accuracy]
optimizer: {type: adam, lr: 0.002}
regularizers: [l2, {type: l1, strength: 1.0e-6}]
clip: {norm: 1}
train: {epochs: 2, batch_size: 250, log_every: 1}
`

// TestSameBitsOnAnyThreadsAndInstructions trains on different numbers of threads, with and without AVX-512, and compares
// weights, slots, metrics and curves. Without AVX2 the kernels are of another family, and the bits are others: where
// GODEBUG chooses instructions for the test, it chooses them for every run.
func TestSameBitsOnAnyThreadsAndInstructions(t *testing.T) {
	b := buildBinary(t)
	t.Chdir(t.TempDir())
	writeFile(t, "wide.yaml", wideExperiment)
	whole := filepath.Join("whole", "run")
	b.run(t, 1, "train", "wide.yaml", "--run", whole)
	b.run(t, 1, "plot", whole, "--no-resume-marks")
	instructions := []string{"", "cpu.avx512f=off"}
	if chosen := os.Getenv("GODEBUG"); chosen != "" {
		instructions = []string{chosen}
	}
	for _, debug := range instructions {
		for _, threads := range []int{1, 2, 3, 8} {
			t.Run(fmt.Sprintf("GODEBUG=%s GOMAXPROCS=%d", debug, threads), func(t *testing.T) {
				t.Setenv("GODEBUG", debug)
				dir := filepath.Join(fmt.Sprintf("threads%d%s", threads, debug), "run")
				b.run(t, threads, "train", "wide.yaml", "--run", dir, "--no-plots")
				wantSameRun(t, b, dir, whole)
			})
		}
	}
}

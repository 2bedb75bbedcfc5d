package benchmarks

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/strata-ml/strata/tensor"
)

// TestTorch runs steps of each workload on its first two batches in turn, from the weights that torch_losses.py used,
// and compares the losses with PyTorch's; where a workload only predicts, the logits of its first batch.
func TestTorch(t *testing.T) {
	file, err := os.ReadFile("testdata/losses.json")
	if err != nil {
		t.Fatal(err)
	}
	var torch map[string][]float64
	if err := json.Unmarshal(file, &torch); err != nil {
		t.Fatal(err)
	}
	for _, w := range Workloads() {
		want, ok := torch[w.Name]
		if !ok {
			continue
		}
		t.Run(w.Name, func(t *testing.T) {
			if w.GFLOP > 10 && (testing.Short() || tensor.KernelFamily() == "generic") {
				t.Skip("needs vector kernels, without which it takes minutes: amd64 with AVX2, no GODEBUG that turns it off, and no -short")
			}
			got := firstSteps(t, w, len(want))
			if len(got) != len(want) {
				t.Fatalf("%d numbers, PyTorch has %d", len(got), len(want))
			}
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-4*math.Abs(want[i]) {
					t.Errorf("number %d: %.7f, PyTorch has %.7f", i, got[i], want[i])
				}
			}
		})
	}
}

// firstSteps returns the losses of the first n steps, or the predictions of the first one.
func firstSteps(t *testing.T, w Workload, n int) []float64 {
	t.Helper()
	s, err := NewStepper(w)
	if err != nil {
		t.Fatal(err)
	}
	if w.Loss == nil {
		n = 1
	}
	var losses []float64
	for i := range n {
		loss, err := s.StepOn(i % 2)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
	}
	if w.Loss != nil {
		return losses
	}
	losses = losses[:0]
	for _, p := range s.Predictions() {
		losses = append(losses, float64(p))
	}
	return losses
}

// TestRestart runs a workload twice; the second time must give the losses of the first to the bit.
func TestRestart(t *testing.T) {
	w, err := Find("W1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewStepper(w)
	if err != nil {
		t.Fatal(err)
	}
	var losses [2][]float64
	for i := range losses {
		s.Restart()
		for range 20 {
			loss, err := s.Step()
			if err != nil {
				t.Fatal(err)
			}
			losses[i] = append(losses[i], loss)
		}
	}
	if !slices.Equal(losses[0], losses[1]) {
		t.Errorf("after Restart the losses are %v, at first they were %v", losses[1], losses[0])
	}
	if losses[0][16] >= losses[0][0] { // the same batch
		t.Errorf("the loss went from %v to %v", losses[0][0], losses[0][16])
	}
}

func TestFindUnknown(t *testing.T) {
	if w, err := Find("W9"); err == nil {
		t.Errorf("Find found %v", w.Name)
	}
}

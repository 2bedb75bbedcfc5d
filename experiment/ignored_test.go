package experiment_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// TestIgnoredBatches trains on batches of one class, which for one of them does not count: those change nothing, and the
// run goes on, also where a batch is computed in portions.
func TestIgnoredBatches(t *testing.T) {
	t.Run("whole", func(t *testing.T) { testIgnoredBatches(t, "1.0,small\n1.5,unknown\n2.0,large\n", "batch_size: 1") })
	t.Run("portions", func(t *testing.T) {
		testIgnoredBatches(t, "1.0,small\n1.1,small\n1.5,unknown\n1.6,unknown\n2.0,large\n2.1,large\n", "batch_size: 2, accumulate: 2, shuffle: false")
	})
}

func testIgnoredBatches(t *testing.T, batches, settings string) {
	dir := t.TempDir()
	rows := "length,kind\n"
	for range 10 {
		rows += batches
	}
	if err := os.WriteFile(filepath.Join(dir, "flowers.csv"), []byte(rows), 0o666); err != nil {
		t.Fatal(err)
	}
	text := `
data: {type: csv, path: flowers.csv, target: kind}
model: [{name: out, type: dense, units: 3}]
loss: {type: softmax_cross_entropy, ignore_index: 2}
optimizer: {type: sgd, lr: 0.5}
train: {epochs: 20, log_every: 1, ` + settings + `}
`
	e, err := experiment.Parse("flowers.yaml", []byte(text), experiment.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	history, err := train.ReadHistory(finish(t, e))
	if err != nil {
		t.Fatal(err)
	}
	ignored, last := 0, 0.0
	for _, r := range history.Records {
		switch {
		case r.Kind == train.StepRecord && r.Loss == 0 && *r.GradNorm == 0:
			ignored++
		case r.Kind == train.EpochRecord:
			last = float64(r.Loss)
		}
	}
	if want := 20 * 10; ignored != want {
		t.Errorf("%d steps had no loss, want %d", ignored, want)
	}
	if !(last < 0.5) {
		t.Errorf("the loss of the last epoch is %v, that of the two classes that count, want less than 0.5", last)
	}
}

package experiment_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/train"
)

// TestWeightsOfRows fits a constant to numbers. The mean that it finds is that of the weights.
func TestWeightsOfRows(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte("x,y,count\n1,0.5,3\n1,2.5,1\n1,700,0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.csv")
	if err := os.WriteFile(other, []byte("x,y\n1,0\n1,2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	text := `
data: {type: csv, path: train.csv, target: y, weight: count, standardize: false}
model: [{name: out, type: dense, units: 1}]
loss: mse
optimizer: {type: sgd, lr: 0.2}
train: {epochs: 60, batch_size: 3}
`
	e, err := experiment.Parse("mean.yaml", []byte(text), experiment.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if report, err := e.CheckGradients(3, 10); err != nil || !report.OK() {
		t.Errorf("the gradients are wrong: %+v (%v)", report, err)
	}
	run := finish(t, e)
	history, err := train.ReadHistory(run)
	if err != nil {
		t.Fatal(err)
	}
	last := history.Records[len(history.Records)-1]
	if want := 0.75; last.Kind != train.EpochRecord || float64(last.Loss) < want-1e-3 || float64(last.Loss) > want+1e-3 {
		t.Errorf("the last record is %+v, want the weighted variance %v as its loss", last, want)
	}
	m, err := experiment.OpenTrained(run, experiment.TrainedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	err = m.Predict(other, func(_ int, p experiment.Prediction) error {
		if v := p.Values[0]; v < 0.999 || v > 1.001 {
			t.Errorf("predicted %v, want the weighted mean 1", v)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if rec, err := m.EvaluateFile(other); err != nil || float64(rec.Loss) < 0.99 || float64(rec.Loss) > 1.01 {
		t.Errorf("rows without weights score %+v (%v), want a loss of 1", rec, err)
	}
}

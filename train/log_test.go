package train_test

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// logging is a setup with bounded activations, and all that can be recorded.
func logging(t *testing.T, optimizer, dir string) train.Setup[float64] {
	t.Helper()
	s := setup[float64](t, optimizer, dir)
	m, err := model.NewSequential(
		tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[float64]{Name: "fc1", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 6, Bias: true})},
		model.Node[float64]{Name: "relu", Layer: layers.NewReLU[float64](layers.ReLUConfig{})},
		model.Node[float64]{Name: "fc2", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 5, Bias: true})},
		model.Node[float64]{Name: "tanh", Layer: layers.NewTanh[float64](layers.TanhConfig{})},
		model.Node[float64]{Name: "out", Layer: layers.NewDense[float64](layers.DenseConfig{Units: 2, Bias: true})},
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(4)
	s.Model = m
	s.Log = train.Log{Activations: true, Gradients: true, Weights: true}
	return s
}

func TestLog(t *testing.T) {
	for _, optimizer := range []string{"sgd", "adam"} {
		for _, elementwise := range []float64{0, 1e-3} { // with it, clipping cannot be left to the update
			dir := t.TempDir()
			s := logging(t, optimizer, dir)
			s.Clip.Value = elementwise
			trainAll(t, s, 0)
			h, err := train.ReadHistory(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, rec := range h.Records {
				switch rec.Kind {
				case train.StepRecord:
					checkStepLog(t, rec)
				case train.EpochRecord:
					if len(rec.Zeros) != 6 || len(rec.Histograms) != 6 {
						t.Errorf("zeros of %d parameters, histograms of %d", len(rec.Zeros), len(rec.Histograms))
					}
					n := int64(0)
					for _, c := range rec.Histograms["fc1/w"].Counts {
						n += c
					}
					if n != 24 {
						t.Errorf("a histogram of %d elements", n)
					}
				}
			}
		}
	}
}

func checkStepLog(t *testing.T, rec train.Record) {
	t.Helper()
	if len(rec.Saturation) != 1 || !(rec.Saturation["tanh"] >= 0 && rec.Saturation["tanh"] <= 1) {
		t.Errorf("saturation %v", rec.Saturation)
	}
	if len(rec.Dead) != 1 || !(rec.Dead["relu"] >= 0 && rec.Dead["relu"] <= 1) {
		t.Errorf("dead units %v", rec.Dead)
	}
	sum := 0.0
	for _, v := range rec.GradNorms {
		sum += float64(v * v)
	}
	if want := float64(*rec.GradNorm); len(rec.GradNorms) != 3 || math.Abs(math.Sqrt(sum)-want) > 1e-9*want {
		t.Errorf("gradient norms %v make %v, want %v", rec.GradNorms, math.Sqrt(sum), want)
	}
}

// TestLogOnlyLooks checks that what is recorded changes nothing that is trained, and that what is off is not recorded.
func TestLogOnlyLooks(t *testing.T) {
	last := func(on bool) []byte {
		dir := t.TempDir()
		s := logging(t, "sgd", dir)
		if !on {
			s.Log = train.Log{}
		}
		trainAll(t, s, 0)
		h, err := train.ReadHistory(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range h.Records {
			if any := rec.Saturation != nil || rec.Dead != nil || rec.GradNorms != nil || rec.Zeros != nil || rec.Histograms != nil; !on && any {
				t.Errorf("recorded although it is off: %+v", rec)
			}
		}
		path, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
		if err != nil {
			t.Fatal(err)
		}
		f, err := checkpoint.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var bytes []byte
		for _, info := range f.Tensors() {
			w := make([]float64, tensor.Shape(info.Shape).Size())
			if err := checkpoint.ReadInto(f, info.Name, w); err != nil {
				t.Fatal(err)
			}
			for _, v := range w {
				bytes = binary.LittleEndian.AppendUint64(bytes, math.Float64bits(v))
			}
		}
		return bytes
	}
	if string(last(true)) != string(last(false)) {
		t.Error("a run that records more trains something else")
	}
}

func TestResumeWithLog(t *testing.T) {
	whole := t.TempDir()
	trainAll(t, logging(t, "adam", whole), 0)
	want := digest(t, whole)
	for _, cut := range []int64{1, 4, 7} {
		dir := t.TempDir()
		trainAll(t, logging(t, "adam", dir), cut)
		trainAll(t, logging(t, "adam", dir), 0)
		if got := digest(t, dir); got != want {
			t.Errorf("cut at step %d: %s, want %s", cut, got, want)
		}
	}
}

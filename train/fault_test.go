package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// TestCulprit stops a run whose numbers are no longer finite, names the culprit, and leaves no checkpoint of it.
func TestCulprit(t *testing.T) {
	t.Run("data", func(t *testing.T) {
		s := setup[float64](t, "sgd", t.TempDir())
		s.Train = &data.Set{Inputs: []data.Column{&poisonedColumn{s.Train.Inputs[0], 3}}, Target: s.Train.Target}
		err := mustFail(t, s)
		var culprit *model.NonFiniteError
		if !errors.As(err, &culprit) || culprit.Tensor != "input x" || !math.IsNaN(culprit.Value) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("target", func(t *testing.T) {
		s := setup[float64](t, "sgd", t.TempDir())
		y := make([]float64, 2*s.Train.Len())
		target, err := data.NewNumbers("y", tensor.Shape{2}, y, 1)
		if err != nil {
			t.Fatal(err)
		}
		s.Loss, s.Metrics, s.Eval, s.EarlyStopping = loss.NewMSE[float64](loss.MSEConfig{}), nil, nil, nil
		s.Train = &data.Set{Inputs: s.Train.Inputs, Target: &poisonedColumn{target, 3}}
		var culprit *model.NonFiniteError
		if err := mustFail(t, s); !errors.As(err, &culprit) || culprit.Tensor != "target" || !math.IsNaN(culprit.Value) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("learning rate", func(t *testing.T) {
		s := setup[float32](t, "sgd", t.TempDir())
		s.Clip = optim.Clip{}
		s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(1e38)})
		err := mustFail(t, s)
		var culprit *model.NonFiniteError
		if !errors.As(err, &culprit) {
			t.Errorf("got %v", err)
		}
		paths, err := checkpoint.List(filepath.Join(s.Dir, train.CheckpointDir))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			f, err := checkpoint.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if report, err := f.Verify(); err != nil || len(report.NonFinite) > 0 {
				t.Errorf("%s holds %v (%v)", path, report.NonFinite, err)
			}
			f.Close()
		}
	})
	t.Run("last update", func(t *testing.T) {
		s := setup[float32](t, "sgd", t.TempDir())
		s.Config.Steps, s.Clip = 1, optim.Clip{}
		s.Optimizer = optim.NewSGD[float32](optim.SGDConfig{LR: registry.Const(math.MaxFloat64)})
		if err := mustFail(t, s); !strings.Contains(err.Error(), "step 1: the update made element") {
			t.Errorf("got %v", err)
		}
	})
}

// poisonedColumn has a NaN in one row.
type poisonedColumn struct {
	data.Column
	row int
}

func (c *poisonedColumn) Float64(dst []float64, rows []int) {
	c.Column.Float64(dst, rows)
	poisonRow(dst, rows, c.row)
}

func (c *poisonedColumn) Float32(dst []float32, rows []int) {
	c.Column.Float32(dst, rows)
	poisonRow(dst, rows, c.row)
}

func poisonRow[T tensor.Float](dst []T, rows []int, row int) {
	for i, r := range rows {
		if r == row {
			dst[i*len(dst)/len(rows)] = T(math.NaN())
		}
	}
}

func mustFail[T tensor.Float](t *testing.T, s train.Setup[T]) error {
	t.Helper()
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = run.Train(context.Background()); err == nil {
		t.Fatal("the run went on")
	}
	return err
}

// brokenLayer panics in the second batch.
type brokenLayer struct{ layers.Layer[float32] }

func (b *brokenLayer) Forward(f *layers.Frame[float32]) {
	if f.Train && f.Rows == 5 {
		panic("short batches are beyond me")
	}
	b.Layer.Forward(f)
}

// brokenLoss panics in its second batch.
type brokenLoss struct {
	loss.Loss[float32]
	calls int
}

func (b *brokenLoss) Eval(pred []float32, target tensor.Values[float32], rows int, dpred []float32) (sum, weight float64) {
	if b.calls++; b.calls == 2 {
		panic("cannot score this")
	}
	return b.Loss.Eval(pred, target, rows, dpred)
}

func TestPanickingLoss(t *testing.T) {
	s := setup[float32](t, "sgd", "")
	s.Loss = &brokenLoss{Loss: s.Loss}
	err := mustFail(t, s)
	var part *train.PartError
	if !errors.As(err, &part) || part.Part != "loss" || part.Step != 1 || len(part.Stack) == 0 {
		t.Errorf("got %#v", err)
	}
}

// TestPanickingLayer names the layer, and leaves the checkpoints of the steps before as they were.
func TestPanickingLayer(t *testing.T) {
	s := setup[float32](t, "sgd", t.TempDir())
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[float32]{Name: "fragile", Layer: &brokenLayer{layers.NewDense[float32](layers.DenseConfig{Units: 2, Bias: true})}})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	s.Model = m
	s.Checkpoints.EverySteps, s.Checkpoints.Keep = 1, 9
	err = mustFail(t, s)
	var layerErr *model.LayerError
	if !errors.As(err, &layerErr) || layerErr.Node != "fragile" || layerErr.Step != 3 {
		t.Fatalf("got %v", err)
	}
	latest, skipped, err := checkpoint.Latest(filepath.Join(s.Dir, train.CheckpointDir))
	if err != nil || len(skipped) > 0 || filepath.Base(latest) != checkpoint.StepFile(3) {
		t.Errorf("the newest checkpoint is %s (%v, %v), want that of step 3", latest, skipped, err)
	}
}

// TestPanickingObserver names the observer as the part at fault, whichever event it fails on.
func TestPanickingObserver(t *testing.T) {
	for name, fails := range map[string]func(train.Event) bool{
		"started": func(e train.Event) bool { _, ok := e.(*train.Started); return ok },
		"stepped": func(e train.Event) bool { _, ok := e.(*train.Stepped); return ok },
		"ended":   func(e train.Event) bool { _, ok := e.(*train.Ended); return ok },
	} {
		s := setup[float32](t, "sgd", "")
		s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
			if fails(e) {
				panic("blind")
			}
		})}
		var part *train.PartError
		if err := mustFail(t, s); !errors.As(err, &part) || part.Part != "observer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

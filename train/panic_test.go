package train_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// A mine goes off in one part of a run, after a number of steps.
type mine struct {
	part    string
	step    int64
	now     int64
	release chan struct{} // closed when it goes off
}

func (m *mine) tread(part string) {
	if m.part == part && m.now == m.step {
		close(m.release)
		panic("the mine of " + part + " went off")
	}
}

type minedLayer struct {
	layers.Layer[float32]
	name string
	m    *mine
}

func (l *minedLayer) Forward(f *layers.Frame[float32]) {
	l.m.tread(l.name + " forward")
	l.Layer.Forward(f)
}

func (l *minedLayer) Backward(f *layers.Frame[float32]) {
	l.m.tread(l.name + " backward")
	l.Layer.Backward(f)
}

type minedLoss struct {
	loss.Loss[float32]
	m *mine
}

func (l *minedLoss) Eval(pred []float32, target tensor.Values[float32], rows int, dpred []float32) (sum, weight float64) {
	l.m.tread("loss")
	return l.Loss.Eval(pred, target, rows, dpred)
}

type minedOptimizer struct {
	optim.Optimizer[float32]
	m *mine
}

func (o *minedOptimizer) Update(u *optim.Update[float32]) {
	o.m.tread("optimizer")
	o.Optimizer.Update(u)
}

type minedMetric struct {
	train.Metric[float32]
	m *mine
}

func (c *minedMetric) Add(sums []float64, pred []float32, target tensor.Values[float32], rows int) {
	c.m.tread("metric")
	c.Metric.Add(sums, pred, target, rows)
}

type minedRegularizer struct {
	optim.Regularizer[float32]
	m *mine
}

func (r *minedRegularizer) AddGradient(w, dw []float32, rates []float64) {
	r.m.tread("regularizer")
	r.Regularizer.AddGradient(w, dw, rates)
}

type minedColumn struct {
	data.Column
	row int
	m   *mine
}

func (c *minedColumn) Float32(dst []float32, rows []int) {
	for _, r := range rows {
		if r == c.row {
			close(c.m.release)
			panic("the mine of source went off")
		}
	}
	c.Column.Float32(dst, rows)
}

func mined(t *testing.T, dir string, m *mine) train.Setup[float32] {
	t.Helper()
	s := setup[float32](t, "adam", dir)
	dense := func(units int) layers.Layer[float32] {
		return layers.NewDense[float32](layers.DenseConfig{Units: units, Bias: true})
	}
	var nodes []model.Node[float32]
	for _, n := range []model.Node[float32]{{Name: "fc1", Layer: dense(6)}, {Name: "act", Layer: layers.NewReLU[float32](layers.ReLUConfig{})}, {Name: "out", Layer: dense(2)}} {
		nodes = append(nodes, model.Node[float32]{Name: n.Name, Layer: &minedLayer{n.Layer, n.Name, m}})
	}
	graph, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{4}}, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	graph.Init(1)
	s.Model, s.Loss, s.Optimizer = graph, &minedLoss{s.Loss, m}, &minedOptimizer{s.Optimizer, m}
	s.Metrics[0].Metric = &minedMetric{s.Metrics[0].Metric, m}
	s.Regularizers[0].Regularizer = &minedRegularizer{s.Regularizers[0].Regularizer, m}
	s.Checkpoints.EverySteps, s.Checkpoints.Keep, s.EarlyStopping = 1, 20, nil
	if m.part == "source" {
		row := data.Order(s.Seed, 0, s.Train.Len(), nil)[m.step*8]
		s.Train = &data.Set{Inputs: []data.Column{&minedColumn{Column: s.Train.Inputs[0], row: row, m: m}}, Target: s.Train.Target}
	}
	s.Observers = []train.Observer{train.ObserverFunc(func(e train.Event) {
		if e, ok := e.(*train.Stepped); ok {
			m.now = e.Step
			m.tread("observer")
		}
	})}
	return s
}

// TestPanics has each part of a run panic at a step, with the save of the step before held back until then: the error names
// the part, for a layer with its shapes, the checkpoints of all steps before are whole, and the run goes on from them
// when the defect is mended. No goroutine is left: TestMain looks.
func TestPanics(t *testing.T) {
	for part, want := range map[string]string{
		"fc1 forward":  `node "fc1": forward of step 3, 5 rows of [4] → [6]: `,
		"fc1 backward": `node "fc1": backward of step 3, 5 rows of [4] → [6]: `,
		"act forward":  `node "act": forward of step 3, 5 rows of [6] → [6]: `,
		"act backward": `node "act": backward of step 3, 5 rows of [6] → [6]: `,
		"out forward":  `node "out": forward of step 3, 5 rows of [6] → [2]: `,
		"out backward": `node "out": backward of step 3, 5 rows of [6] → [2]: `,
		"loss":         "loss: after 3 steps: ", "optimizer": "optimizer: after 3 steps: ", "metric": "metric: after 3 steps: ",
		"regularizer": "regularizer: after 3 steps: ", "observer": "observer: after 3 steps: ", "source": "position 24",
	} {
		t.Run(part, func(t *testing.T) {
			dir := t.TempDir()
			m := &mine{part: part, step: 3, release: make(chan struct{})}
			run := newRun(t, mined(t, dir, m), func(path string, snapshot *checkpoint.Snapshot) error {
				if snapshot.State.Step == 3 {
					<-m.release
				}
				return checkpoint.Save(path, snapshot)
			})
			_, err := run.Train(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "the mine of "+part+" went off") {
				t.Fatalf("got %v, want %q", err, want)
			}
			if layer, ok := errors.AsType[*model.LayerError](err); ok && len(layer.Stack) == 0 {
				t.Error("the error has no stack")
			}
			latest, skipped, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
			newest := checkpoint.StepFile(3)
			if part == "observer" { // it is told of a step before the checkpoint of it
				newest = checkpoint.StepFile(2)
			}
			if err != nil || len(skipped) > 0 || filepath.Base(latest) != newest {
				t.Fatalf("the newest checkpoint is %s (%v, %v)", latest, skipped, err)
			}
			if res := trainAll(t, mined(t, dir, &mine{}), 0); res.Step != 12 {
				t.Errorf("mended, the run ended at step %d", res.Step)
			}
		})
	}
}

package train_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// A poison is a number that is not finite, put into a run at a step, each time that the run comes there until it has gone
// back as often as heals says.
type poison struct {
	place string
	step  int64 // steps finished before
	heals int64 // rollbacks; 0 for never
	value float64

	now, rollbacks int64 // of the run
}

// places are where a poison can be put.
var places = []string{"input", "evaluation", "forward", "backward", "loss", "next state", "parameter", "slot", "average", "state"}

// acts reports whether the poison is to be put into a place now.
func (p *poison) acts(place string) bool {
	return p.place == place && p.now == p.step && (p.heals == 0 || p.rollbacks < p.heals)
}

// follow returns an observer that tells the poison where the run in a directory is.
func (p *poison) follow(dir string) train.Observer {
	return train.ObserverFunc(func(e train.Event) {
		switch e := e.(type) {
		case *train.Started:
			p.now, p.rollbacks = e.Step, 0
			if h, err := train.ReadHistory(dir); err == nil {
				for _, rec := range h.Records {
					if rec.Rollback != nil {
						p.rollbacks++
					}
				}
			}
		case *train.Stepped:
			p.now = e.Step
		case *train.RolledBack:
			p.now = e.Record.Step
			p.rollbacks++
		}
	})
}

// poisonedLayer passes its input on, counts batches, and takes a poison.
type poisonedLayer[T tensor.Float] struct {
	n layers.StateID
	p *poison
}

func (l *poisonedLayer[T]) Build(b *layers.Builder[T]) error {
	b.Out(b.In(0)...)
	l.n = b.State("batches", 0, 1)
	return nil
}

func (l *poisonedLayer[T]) Forward(f *layers.Frame[T]) {
	copy(f.Out(), f.In(0))
	f.NextState(l.n)[0] = f.State(l.n)[0] + 1
	if f.Train && l.p.acts("forward") {
		f.Out()[len(f.Out())-1] = T(l.p.value)
	}
	if f.Train && l.p.acts("next state") {
		f.NextState(l.n)[0] = T(l.p.value)
	}
}

func (l *poisonedLayer[T]) Backward(f *layers.Frame[T]) {
	copy(f.DIn(0), f.DOut())
	if l.p.acts("backward") {
		f.DIn(0)[0] = T(l.p.value)
	}
}

// poisonedLoss takes a poison into its value.
type poisonedLoss[T tensor.Float] struct {
	loss.Loss[T]
	p *poison
}

func (l *poisonedLoss[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	sum, weight = l.Loss.Eval(pred, target, rows, dpred)
	if dpred != nil && l.p.acts("loss") {
		sum = l.p.value
	}
	return sum, weight
}

// poisoned is a setup with each kind of tensor that a checkpoint has, which takes the poison.
func poisoned[T tensor.Float](t testing.TB, dir string, p *poison) train.Setup[T] {
	t.Helper()
	s := setup[T](t, "adam", dir)
	m, err := model.NewSequential(tensor.Spec{Name: "x", Shape: tensor.Shape{4}},
		model.Node[T]{Name: "fc1", Layer: layers.NewDense[T](layers.DenseConfig{Units: 5, Bias: true})},
		model.Node[T]{Name: "count", Layer: &poisonedLayer[T]{p: p}},
		model.Node[T]{Name: "out", Layer: layers.NewDense[T](layers.DenseConfig{Units: 2, Bias: true})})
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	s.Model, s.Loss = m, &poisonedLoss[T]{s.Loss, p}
	s.Averaging = &train.Averaging{Decay: 0.9}
	s.Config.Accumulate, s.Config.LogEvery = 2, 1
	s.Checkpoints.EverySteps, s.Checkpoints.Keep = 3, 2
	s.EarlyStopping = nil
	switch p.place {
	case "input":
		row := data.Order(s.Seed, 0, s.Train.Len(), nil)[p.step*8%29]
		s.Train = &data.Set{Inputs: []data.Column{&poisonedColumn{s.Train.Inputs[0], row}}, Target: s.Train.Target}
	case "evaluation":
		s.Eval = &data.Set{Inputs: []data.Column{&poisonedColumn{s.Eval.Inputs[0], 3}}, Target: s.Eval.Target}
	}
	return s
}

// runPoisoned trains a setup, from a checkpoint of its directory where there is one, and returns the error. The poison of a
// tensor is put in after a step and before anything is saved.
func runPoisoned[T tensor.Float](t testing.TB, s train.Setup[T], p *poison) (train.Result, error) {
	t.Helper()
	return cutPoisoned(t, s, p, -1)
}

// cutPoisoned does so up to the first time that the run has finished a step, and asks for a checkpoint of the step before.
func cutPoisoned[T tensor.Float](t testing.TB, s train.Setup[T], p *poison, cut int64) (train.Result, error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var run *train.Run[T]
	into := map[string]string{"parameter": "fc1/w", "slot": "out/w/v", "average": "fc1/b/average", "state": "count/batches"}[p.place]
	s.Observers = append([]train.Observer{
		train.ObserverFunc(func(e train.Event) {
			step, ok := e.(*train.Stepped)
			if !ok {
				return
			}
			if into != "" && p.acts(p.place) {
				run.Tensors()[into][0] = T(p.value)
			}
			if step.Step == cut-1 {
				run.Save()
			}
			if step.Step == cut {
				stop()
			}
		}), p.follow(s.Dir),
	}, s.Observers...)
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	if path, skipped, err := checkpoint.Latest(filepath.Join(s.Dir, train.CheckpointDir)); err == nil {
		f, err := checkpoint.Open(path)
		if err != nil || len(skipped) > 0 {
			t.Fatal(err, skipped)
		}
		defer f.Close()
		if err := run.Restore(f); err != nil {
			t.Fatal(err)
		}
	}
	return run.Train(ctx)
}

package experiment

import (
	"context"
	"fmt"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// A session is a run of either element type.
type session interface {
	Train(ctx context.Context) (train.Result, error)
	Restore(f *checkpoint.File, changes ...train.Change) error
	Save()
}

// newSession returns the run of an experiment, at its first step.
func newSession(e *Experiment, dir string, start *checkpoint.File, observers []train.Observer) (session, error) {
	if e.Config.DType == "float64" {
		return newTypedSession[float64](e, dir, start, observers)
	}
	return newTypedSession[float32](e, dir, start, observers)
}

func newTypedSession[T tensor.Float](e *Experiment, dir string, start *checkpoint.File, observers []train.Observer) (session, error) {
	s, err := startOf[T](e, start)
	if err != nil {
		return nil, err
	}
	s.Dir, s.Describe, s.Observers = dir, e.describe(), observers
	return train.New(s)
}

// startOf puts together a run, with the weights of its warm start; start is nil where a checkpoint of the run itself will
// set them.
func startOf[T tensor.Float](e *Experiment, start *checkpoint.File) (train.Setup[T], error) {
	s, err := setupOf[T](&e.Config, e.Splits, e.Vectors)
	if w := e.Config.WarmStart; err == nil && w != nil && start != nil {
		if err := warmStart(s.Model, start, w.Rename); err != nil {
			return s, fmt.Errorf("warm_start: %s: %w", start.Path(), err)
		}
	}
	if err == nil && s.Debug.GradientCheck != nil {
		s.Reference, err = referenceOf(e)
	}
	return s, err
}

// referenceOf returns the model and the loss in float64, with the parameters frozen that a run freezes.
func referenceOf(e *Experiment) (*train.Reference, error) {
	s, err := setupOf[float64](&e.Config, e.Splits, e.Vectors)
	if err != nil {
		return nil, err
	}
	return &train.Reference{Model: s.Model, Loss: s.Loss, Regularizers: s.Regularizers}, nil
}

// checkWeights returns an error unless a checkpoint has the parameters and states of an experiment's model, before anything
// takes memory for them.
func checkWeights(e *Experiment, f *checkpoint.File) error {
	if e.Config.DType == "float64" {
		return checkTypedWeights[float64](e, f)
	}
	return checkTypedWeights[float32](e, f)
}

func checkTypedWeights[T tensor.Float](e *Experiment, f *checkpoint.File) error {
	m, err := graphOf[T](&e.Config, inputSpecs(e.Splits.Train))
	if err != nil {
		return err
	}
	return train.CheckModel(m, f)
}

// A predictor is a trained model of either element type.
type predictor interface {
	evaluate(set *data.Set, batch int) (train.Record, error)
	tunes() bool                         // a metric has a setting that evaluation rows choose
	tune(set *data.Set, batch int) error // chooses it
	predict(set *data.Set, batch int, f func(row []float64, class int) error) error
}

type typedPredictor[T tensor.Float] struct {
	c       *Config
	model   *model.Model[T]
	metrics []train.NamedMetric[T]
}

// newPredictor returns the model of a checkpoint. It declares its graph from the inputs of a set.
func newPredictor(c *Config, inputs []tensor.Spec, f *checkpoint.File) (predictor, error) {
	if c.DType == "float64" {
		return newTypedPredictor[float64](c, inputs, f)
	}
	return newTypedPredictor[float32](c, inputs, f)
}

func newTypedPredictor[T tensor.Float](c *Config, inputs []tensor.Spec, f *checkpoint.File) (predictor, error) {
	m, err := graphOf[T](c, inputs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path(), err)
	}
	if err := train.CheckModel(m, f); err != nil {
		return nil, err
	}
	if err := m.Init(c.Seed); err != nil {
		return nil, err
	}
	return &typedPredictor[T]{c, m, metricsOf[T](c)}, train.LoadModel(m, f)
}

func (p *typedPredictor[T]) evaluate(set *data.Set, batch int) (train.Record, error) {
	return train.Evaluate(p.model, loss.Make[T](p.c.Loss.New()), p.metrics, set, batch)
}

func (p *typedPredictor[T]) tunes() bool { return train.Tunes(p.metrics) }

func (p *typedPredictor[T]) tune(set *data.Set, batch int) (err error) {
	p.metrics, err = train.Tune(p.model, loss.Make[T](p.c.Loss.New()), p.metrics, set, batch)
	return err
}

// predict calls f with each row's prediction: probabilities where the loss speaks of them, else what the model says;
// and the class of the highest score, as the metrics see it.
func (p *typedPredictor[T]) predict(set *data.Set, batch int, f func(row []float64, class int) error) error {
	size := p.model.Output().Size()
	row, classes := make([]float64, size), make([]int, 0, min(batch, set.Len()))
	probabilistic, _ := any(loss.Make[T](p.c.Loss.New())).(loss.Probabilistic[T])
	return train.Predict(p.model, set, batch, func(pred []T, rows int) error {
		classes = classes[:0]
		for i := range rows {
			classes = append(classes, train.PredictedClass(pred[i*size:(i+1)*size]))
		}
		if probabilistic != nil {
			probabilistic.Probabilities(pred, p.model.Output())
		}
		for i := range rows {
			for j := range row {
				row[j] = float64(pred[i*size+j])
			}
			if err := f(row, classes[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

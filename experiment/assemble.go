package experiment

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// graphOf returns the model of a configuration for element type T, declared and not allocated. The name input stands
// for the first input, whatever the data calls it.
func graphOf[T tensor.Float](c *Config, inputs []tensor.Spec) (*model.Model[T], error) {
	nodes := make([]model.Node[T], len(c.Model))
	for i, n := range c.Model {
		nodes[i] = model.Node[T]{Name: n.Name, Layer: layers.Make[T](n.Layer.New()), Share: n.Share}
		for _, from := range n.From {
			if from == "input" {
				from = inputs[0].Name
			}
			nodes[i].From = append(nodes[i].From, from)
		}
	}
	return model.NewGraph(inputs, nodes, c.Outputs...)
}

// frozen returns the patterns of the parameters that do not train.
func (c *Config) frozen() []string {
	patterns := slices.Clone(c.Freeze)
	if c.WarmStart != nil {
		patterns = append(patterns, c.WarmStart.Freeze...)
	}
	for _, n := range c.Model {
		if n.Frozen {
			patterns = append(patterns, n.Name+"/*")
		}
	}
	return patterns
}

// freeze freezes the parameters that match the patterns. A pattern that matches none is an error.
func freeze[T tensor.Float](m *model.Model[T], patterns []string) error {
	for _, pattern := range patterns {
		found := false
		for _, p := range m.Params() {
			ok, err := optim.Match([]string{pattern}, p.Path)
			if err != nil {
				return fmt.Errorf("freeze: pattern %q: %w", pattern, err)
			}
			if ok {
				found = true
				if err := m.Freeze(p.Path); err != nil {
					return err
				}
			}
		}
		if !found {
			return fmt.Errorf("freeze: pattern %q matches no parameter", pattern)
		}
	}
	return nil
}

// setupOf puts together a run of element type T: the model with its first parameters, and everything that trains it.
func setupOf[T tensor.Float](c *Config, splits *data.Splits, vectors []Pretrained) (train.Setup[T], error) {
	m, err := graphOf[T](c, inputSpecs(splits.Train))
	if err != nil {
		return train.Setup[T]{}, err
	}
	if err := m.Init(c.Seed); err != nil {
		return train.Setup[T]{}, err
	}
	fillVectors(m, vectors)
	if err := freeze(m, c.frozen()); err != nil {
		return train.Setup[T]{}, err
	}
	s := train.Setup[T]{
		Model: m, Loss: loss.Make[T](c.Loss.New()), Optimizer: optim.Make[T](c.Optimizer.New()), Clip: c.Clip,
		Groups: c.Groups, Averaging: c.Averaging,
		Metrics: metricsOf[T](c), Train: splits.Train, Eval: splits.Eval, Seed: c.Seed, Config: c.Train, Log: c.Log,
		EarlyStopping: c.EarlyStopping, Checkpoints: c.Checkpoint, NonFinite: c.NonFinite,
	}
	if c.Debug != nil {
		s.Debug = *c.Debug
	}
	s.Regularizers, _ = penaltiesOf[T](c)
	return s, nil
}

func metricsOf[T tensor.Float](c *Config) []train.NamedMetric[T] {
	var list []train.NamedMetric[T]
	for _, choice := range c.Metrics {
		part := choice.New()
		list = append(list, train.NamedMetric[T]{Name: part.Name, Metric: train.MakeMetric[T](part)})
	}
	return list
}

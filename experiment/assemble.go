package experiment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/strata-ml/strata/checkpoint"
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
	return model.NewGraph(inputs, nodes)
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
func setupOf[T tensor.Float](c *Config, splits *data.Splits) (train.Setup[T], error) {
	m, err := graphOf[T](c, inputSpecs(splits.Train))
	if err != nil {
		return train.Setup[T]{}, err
	}
	m.Init(c.Seed)
	if err := freeze(m, c.Freeze); err != nil {
		return train.Setup[T]{}, err
	}
	s := train.Setup[T]{
		Model: m, Loss: loss.Make[T](c.Loss.New()), Optimizer: optim.Make[T](c.Optimizer.New()), Clip: c.Clip,
		Metrics: metricsOf[T](c), Train: splits.Train, Eval: splits.Eval, Seed: c.Seed, Config: c.Train,
		EarlyStopping: c.EarlyStopping, Checkpoints: c.Checkpoint,
	}
	for _, r := range c.Regularizers {
		s.Regularizers = append(s.Regularizers, train.Penalty[T]{Regularizer: optim.MakeRegularizer[T](r.Part.New()), Params: r.Params})
	}
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

// warmStart sets the parameters of a model from a checkpoint, under the names that rename gives them. Every parameter
// must be in the file with its shape, and every parameter of the file must have a place. Names in rename are those of
// nodes or of parameters.
func warmStart[T tensor.Float](m *model.Model[T], f *checkpoint.File, rename map[string]string) error {
	var missing []string
	used := map[string]bool{}
	from := map[string]string{} // name here → name in the file
	for _, info := range f.Tensors() {
		if info.Role == checkpoint.Param || info.Role == checkpoint.Aux {
			from[renamed(info.Name, rename)] = info.Name
		}
	}
	load := func(path string, shape tensor.Shape, dst []T) error {
		name, ok := from[path]
		if !ok {
			missing = append(missing, path)
			return nil
		}
		used[name] = true
		info, _ := f.Info(name)
		if !slices.Equal(info.Shape, shape) {
			return fmt.Errorf("tensor %q has shape %v, and %s needs %v", name, tensor.Shape(info.Shape), path, shape)
		}
		return readAs(f, info, dst)
	}
	for _, p := range m.Params() {
		if err := load(p.Path, p.Shape, p.Data); err != nil {
			return err
		}
	}
	for _, s := range m.States() {
		if err := load(s.Path, s.Shape, s.Data); err != nil {
			return err
		}
	}
	var left []string
	for here, name := range from {
		if !used[name] {
			left = append(left, here)
		}
	}
	slices.Sort(left)
	switch {
	case len(missing) > 0:
		return fmt.Errorf("the checkpoint has no %s; it has %s, which rename can map", strings.Join(missing, ", "), joinOr(left, "nothing else"))
	case len(left) > 0:
		return fmt.Errorf("the checkpoint's %s has no place in this model", strings.Join(left, ", "))
	}
	return nil
}

func joinOr(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

// renamed returns what a parameter of a checkpoint is called in this model.
func renamed(path string, rename map[string]string) string {
	if to, ok := rename[path]; ok {
		return to
	}
	node, param, _ := strings.Cut(path, "/")
	if to, ok := rename[node]; ok {
		return to + "/" + param
	}
	return path
}

// readAs reads a tensor of either element type into dst.
func readAs[T tensor.Float](f *checkpoint.File, info checkpoint.TensorInfo, dst []T) error {
	switch info.DType {
	case checkpoint.DTypeOf[T]():
		return checkpoint.ReadInto(f, info.Name, dst)
	case checkpoint.Float32:
		return readConverted[float32](f, info.Name, dst)
	case checkpoint.Float64:
		return readConverted[float64](f, info.Name, dst)
	}
	return fmt.Errorf("tensor %q holds %s, which are no parameters", info.Name, info.DType)
}

func readConverted[S, T tensor.Float](f *checkpoint.File, name string, dst []T) error {
	src := make([]S, len(dst))
	if err := checkpoint.ReadInto(f, name, src); err != nil {
		return err
	}
	for i, v := range src {
		dst[i] = T(v)
	}
	return nil
}

package experiment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// An Explanation is the chain rule at work on one example of an experiment.
type Explanation struct {
	Name    string // of the experiment
	Example int    // the training row, counted from 0
	Trace   *model.Trace
	Types   []string // by value of the trace: the layer or the loss that computes it, "" for inputs and parameters
	Target  string   // what the example should give, in words; "" where the graph ends in the output itself
	Scores  []Score  // how the loss sees the output, for a loss that turns it into probabilities
}

// A Score is one number of the output of a model under a loss that speaks of probabilities.
type Score struct {
	Label       string
	Logit       float64
	Probability float64 // p
	Target      float64 // y, 0 or 1 for a class
	Gradient    float64 // of the loss with respect to the logit
}

// Explain runs one training row forward and backward in float64: with the weights that a run begins with, and as its first
// step would see the row by itself, dropout included. Penalties are left out. An experiment that was read with
// Options.Explain may lack a loss; then the graph ends in the sum of the output's numbers.
func (e *Experiment) Explain(example int) (*Explanation, error) {
	if e.Splits == nil {
		return nil, errors.New("experiment: it was read without its data")
	}
	set := e.Splits.Train
	if example < 0 || example >= set.Len() {
		return nil, &OptionError{fmt.Errorf("there is no example %d: the training rows are counted from 0 to %d", example, set.Len()-1)}
	}
	m, err := e.startingModel()
	if err != nil {
		return nil, err
	}
	b := data.NewBatch[float64](set, 1)
	data.Gather(set, []int{example}, b)
	var l loss.Loss[float64]
	if !e.Config.Loss.IsZero() {
		l = loss.Make[float64](e.Config.Loss.New())
		if err := l.Build(m.Output(), set.Target.Spec()); err != nil {
			return nil, fmt.Errorf("loss: %w", err)
		}
	}
	trace, err := model.NewTrace(m, l, b, model.Key{Seed: e.Config.Seed})
	if err != nil {
		return nil, err
	}
	x := &Explanation{Name: e.Config.Name, Example: example, Trace: trace}
	x.describe(&e.Config)
	if l != nil {
		x.score(m, l, set.Target.Spec(), b.Target)
	}
	return x, nil
}

// startingModel returns the model in float64 with the weights that a run begins with.
func (e *Experiment) startingModel() (*model.Model[float64], error) {
	m, err := graphOf[float64](&e.Config, inputSpecs(e.Splits.Train))
	if err != nil {
		return nil, err
	}
	if err := m.Init(e.Config.Seed); err != nil {
		return nil, err
	}
	w := e.Config.WarmStart
	if w == nil {
		return m, nil
	}
	start, _, err := openWarmStart(e.Dir, w)
	if err != nil {
		return nil, fmt.Errorf("warm_start: %w", err)
	}
	defer start.Close()
	if err := warmStart(m, start, w.Rename); err != nil {
		return nil, fmt.Errorf("warm_start: %s: %w", start.Path(), err)
	}
	return m, nil
}

// describe says what computes each value.
func (x *Explanation) describe(c *Config) {
	x.Types = make([]string, len(x.Trace.Values))
	for i, v := range x.Trace.Values {
		switch v.Kind {
		case model.LossValue:
			x.Types[i] = c.Loss.Name
		case model.NodeValue:
			k := slices.IndexFunc(c.Model, func(n Node) bool { return n.Name == v.Name })
			x.Types[i] = c.Model[k].Layer.Name
		}
	}
}

// score says what the example should have given, and what the loss makes of it.
func (x *Explanation) score(m *model.Model[float64], l loss.Loss[float64], spec tensor.Spec, target tensor.Values[float64]) {
	output := x.Trace.Values[x.Trace.Output]
	x.Target = describeTarget(spec, target)
	probabilistic, ok := any(l).(loss.Probabilistic[float64])
	if !ok {
		return
	}
	p := slices.Clone(output.Value)
	probabilistic.Probabilities(p, m.Output())
	y := make([]float64, len(p))
	switch {
	case !spec.IsIndex() && len(target.Floats) == len(p):
		copy(y, target.Floats)
	case spec.IsIndex() && len(target.Ints) == 1 && spec.Classes == len(p):
		y[target.Ints[0]] = 1
	case spec.IsIndex() && len(target.Ints) == 1 && len(p) == 1:
		y[0] = float64(target.Ints[0])
	default:
		return
	}
	for i := range p {
		x.Scores = append(x.Scores, Score{scoreLabel(spec, len(p), i), output.Value[i], p[i], y[i], output.Gradient[i]})
	}
}

// scoreLabel names number i of an output: by its class, of which one of two is what a single number stands for.
func scoreLabel(spec tensor.Spec, outputs, i int) string {
	if spec.IsIndex() && outputs == 1 {
		i = 1
	}
	if i < len(spec.Labels) {
		return spec.Labels[i]
	}
	return fmt.Sprint(i)
}

func describeTarget(spec tensor.Spec, target tensor.Values[float64]) string {
	switch {
	case spec.IsIndex() && len(target.Ints) == 1 && int(target.Ints[0]) < len(spec.Labels):
		return spec.Labels[target.Ints[0]]
	case spec.IsIndex() && len(target.Ints) == 1:
		return fmt.Sprint(target.Ints[0])
	case spec.IsIndex():
		return fmt.Sprintf("%d classes", len(target.Ints))
	case len(target.Floats) == 1:
		return fmt.Sprintf("%.4g", target.Floats[0])
	}
	return fmt.Sprintf("numbers of shape %v", spec.Shape)
}

// withoutTraining leaves out the problems that a file has only because it says nothing of training.
func withoutTraining(problems []registry.Problem, written func(key string) bool) []registry.Problem {
	return slices.DeleteFunc(problems, func(p registry.Problem) bool {
		return (p.Path == "loss" || p.Path == "optimizer") && !written(p.Path)
	})
}

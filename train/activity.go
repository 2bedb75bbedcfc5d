package train

import (
	"fmt"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
)

// A penalty Ω on the output y of a node is a mean over the rows of the batch, which all count alike: with R rows
//
//	Ω(y)/R, of gradient ∇Ω(y)/R
//
// It joins the gradient on its way back through the node. The gradient of the weights that results has to stay unscaled,
// while that of portions is scaled by what the rows of the whole batch weigh, so a batch with penalties has one portion.

// activityPenalties are the penalties on outputs of nodes, for an execution, and the rates that they depend on.
type activityPenalties[T tensor.Float] struct {
	rules []*runPenalty[T]
	list  []model.OutputPenalty[T]
}

// newActivityPenalties matches those of the penalties that act on outputs to the nodes of a model.
func newActivityPenalties[T tensor.Float](m *model.Model[T], penalties []Penalty[T]) (a activityPenalties[T], err error) {
	for _, p := range penalties {
		if len(p.Nodes) == 0 {
			continue
		}
		if err := p.checkNodes(); err != nil {
			return a, fmt.Errorf("regularizer: %w", err)
		}
		rule := newRunPenalty(p.Regularizer)
		a.rules = append(a.rules, rule)
		found := false
		for _, nd := range m.Nodes() {
			ok, err := optim.Match(p.Nodes, nd.Name)
			if err != nil {
				return a, fmt.Errorf("regularizer: %w", err)
			}
			if ok {
				found = true
				a.list = append(a.list, rule.onOutput(nd.Name))
			}
		}
		if !found {
			return a, fmt.Errorf("regularizer: the patterns %v match no node", p.Nodes)
		}
	}
	return a, nil
}

// checkNodes returns an error for a regularizer that does not act through the gradient, on outputs of nodes.
func (p *Penalty[T]) checkNodes() error {
	if _, ok := p.Regularizer.(optim.Projector[T]); ok {
		return fmt.Errorf("it changes parameters after an update, and does nothing to the outputs of nodes %v", p.Nodes)
	}
	return nil
}

// onOutput returns the penalty on the output of a node, with the rates that the rule has whenever it is asked.
func (p *runPenalty[T]) onOutput(node string) model.OutputPenalty[T] {
	var gradient []T // of Ω
	return model.OutputPenalty[T]{
		Node:  node,
		Value: func(out []T, rows int) float64 { return p.Penalty(out, p.values) / float64(rows) },
		AddGradient: func(out, dout []T, rows int) {
			if len(gradient) < len(out) {
				gradient = kernel.Make[T](len(out))
			}
			g := gradient[:len(out)]
			clear(g)
			p.AddGradient(out, g, p.values)
			tensor.Axpy(T(1/float64(rows)), g, dout)
		},
	}
}

// resolve sets the rates of all.
func (a *activityPenalties[T]) resolve(at schedule.Progress) error {
	for _, rule := range a.rules {
		if err := rule.resolve(at); err != nil {
			return err
		}
	}
	return nil
}

// prepareActivity matches the penalties on outputs, and gives them to the execution of the run.
func (r *Run[T]) prepareActivity() (err error) {
	if r.activity, err = newActivityPenalties(r.s.Model, r.s.Regularizers); err != nil || len(r.activity.list) == 0 {
		return err
	}
	if r.s.Config.Accumulate > 1 {
		return fmt.Errorf("regularizer: a penalty on outputs of nodes needs whole batches, and accumulate is %d", r.s.Config.Accumulate)
	}
	if err := r.exec.SetPenalties(r.activity.list); err != nil {
		return fmt.Errorf("regularizer: %w", err)
	}
	return nil
}

// OutputPenalties returns the penalties that act on outputs, with the rates that they have at the first step, for
// model.CheckGradients.
func (s *Setup[T]) OutputPenalties() ([]model.OutputPenalty[T], error) {
	a, err := newActivityPenalties(s.Model, s.Regularizers)
	if err != nil {
		return nil, err
	}
	perEpoch, steps := s.Config.StepCount(s.Train.Len())
	return a.list, a.resolve(schedule.Progress{StepsPerEpoch: perEpoch, Steps: steps})
}

package train

import (
	"errors"
	"fmt"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Setup is everything that a run consists of. Model must be initialized; Train, Loss and Optimizer are required, and
// a zero Config means DefaultConfig.
type Setup[T tensor.Float] struct {
	Model        *model.Model[T]
	Loss         loss.Loss[T]
	Optimizer    optim.Optimizer[T]
	Regularizers []Penalty[T]
	Clip         optim.Clip
	Groups       []Group
	Averaging    *Averaging // nil for none
	Metrics      []NamedMetric[T]

	Train *data.Set
	Eval  *data.Set // nil for none

	Seed          uint64
	Config        Config
	Log           Log
	EarlyStopping *EarlyStopping // nil for none
	NonFinite     NonFinite      // the zero value means DefaultNonFinite
	Debug         Debug
	Reference     *Reference // for Debug.GradientCheck, nil without one
	Checkpoints   CheckpointPolicy
	Dir           string            // run directory; "" keeps nothing on disk
	Describe      checkpoint.Config // what goes into each checkpoint besides the state
	Observers     []Observer
}

// A Penalty is a regularizer and what it applies to, as patterns for optim.Match: parameters, or outputs of nodes.
type Penalty[T tensor.Float] struct {
	Regularizer optim.Regularizer[T]
	Params      []string
	Nodes       []string
}

// A NamedMetric is a metric and the name that it is reported under.
type NamedMetric[T tensor.Float] struct {
	Name   string
	Metric Metric[T]
}

// New returns a run at its first step. Its errors are mistakes in the setup: a part that is missing, a number out of
// range, a loss or metric that does not fit the model's output and the data, a pattern that is malformed or matches
// nothing.
func New[T tensor.Float](s Setup[T]) (*Run[T], error) {
	if s.Config == (Config{}) {
		s.Config = DefaultConfig()
	}
	if s.Checkpoints == (CheckpointPolicy{}) {
		s.Checkpoints = DefaultCheckpointPolicy()
	}
	if s.NonFinite == (NonFinite{}) {
		s.NonFinite = DefaultNonFinite()
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	r := &Run[T]{s: s, saves: saves{newest: -1, write: checkpoint.Save}, state: checkpoint.State{Seed: s.Seed}, setbacks: setbacks{lrScale: 1}}
	target := s.Train.Target.Spec()
	if err := s.Loss.Build(s.Model.Output(), target); err != nil {
		return nil, fmt.Errorf("loss: %w", err)
	}
	var err error
	if r.score, err = newScores(s.Metrics, s.Loss, s.Model.Output(), target); err != nil {
		return nil, err
	}
	if err := r.checkWatched(); err != nil {
		return nil, err
	}
	if err := r.prepareUpdates(); err != nil {
		return nil, err
	}
	if err := r.watchEvaluations(); err != nil {
		return nil, err
	}
	if err := r.prepareCheck(); err != nil {
		return nil, err
	}
	if err := r.prepareAverage(); err != nil {
		return nil, err
	}
	r.exec = model.NewExec(s.Model, s.Config.PortionRows(min(s.Config.BatchSize, s.Train.Len())), true)
	r.preparePortions()
	r.prepareUndo()
	if err := r.prepareActivity(); err != nil {
		return nil, err
	}
	return r, r.prepareTables()
}

// check returns what is missing or out of range, before any part is asked.
func (s *Setup[T]) check() error {
	switch {
	case s.Model == nil || s.Loss == nil || s.Optimizer == nil:
		return errors.New("train: a run needs a model, a loss and an optimizer")
	case s.Model.Weights() == nil:
		return errors.New("train: the model has no parameters yet: call its Init")
	case len(s.Model.Untrained()) > 0:
		return fmt.Errorf("train: the output of the model does not depend on %s: freeze what cannot train", s.Model.Untrained()[0])
	case s.Train == nil || s.Train.Len() == 0:
		return errors.New("train: there are no training rows")
	case s.Train.Target == nil:
		return errors.New("train: the training rows have no target")
	case s.Config.DropLast && s.Train.Len() < s.Config.BatchSize:
		return fmt.Errorf("train: %d training rows make no whole batch of %d, and the last one is dropped", s.Train.Len(), s.Config.BatchSize)
	case s.NonFinite.Policy == RollbackNonFinite && s.Dir == "":
		return errors.New("non_finite: rollback needs a run directory, whose checkpoints it goes back to")
	}
	var groups []error
	for _, g := range s.Groups {
		groups = append(groups, within("groups", registry.Check(g)))
	}
	averaging := DefaultAveraging()
	if s.Averaging != nil {
		averaging = *s.Averaging
	}
	return errors.Join(
		errors.Join(groups...),
		within("averaging", registry.Check(averaging)),
		within("train", registry.Check(s.Config)),
		within("early_stopping", registry.Check(s.stopping())),
		within("checkpoint", registry.Check(s.Checkpoints)),
		within("non_finite", registry.Check(s.NonFinite)),
		within("clip", registry.Check(s.Clip)),
		within("debug", registry.Check(s.Debug)),
	)
}

// stopping returns the early stopping of a run, or the default where it has none.
func (s *Setup[T]) stopping() EarlyStopping {
	if s.EarlyStopping == nil {
		return DefaultEarlyStopping()
	}
	return *s.EarlyStopping
}

// within puts the name of a block in front of an error.
func within(block string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", block, err)
}

// checkWatched returns an error when early stopping or the best checkpoint watch something that is not reported.
func (r *Run[T]) checkWatched() error {
	if es := r.s.EarlyStopping; es != nil {
		if r.s.Eval == nil {
			return errors.New("early_stopping: there are no evaluation rows to watch")
		}
		if _, err := r.score.higherIsBetter(es.Metric); err != nil {
			return fmt.Errorf("early_stopping: %w", err)
		}
	}
	if _, err := r.score.higherIsBetter(r.s.Checkpoints.Best); err != nil {
		return fmt.Errorf("checkpoint: best: %w", err)
	}
	return nil
}

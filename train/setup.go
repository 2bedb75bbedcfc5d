package train

import (
	"errors"
	"fmt"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
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
	Metrics      []NamedMetric[T]

	Train *data.Set
	Eval  *data.Set // nil for none

	Seed          uint64
	Config        Config
	EarlyStopping *EarlyStopping // nil for none
	Checkpoints   CheckpointPolicy
	Dir           string            // run directory; "" keeps nothing on disk
	Describe      checkpoint.Config // what goes into each checkpoint besides the state
	Observers     []Observer
}

// A Penalty is a regularizer and the parameters that it applies to, as patterns for optim.Match.
type Penalty[T tensor.Float] struct {
	Regularizer optim.Regularizer[T]
	Params      []string
}

// A NamedMetric is a metric and the name that it is reported under.
type NamedMetric[T tensor.Float] struct {
	Name   string
	Metric Metric[T]
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

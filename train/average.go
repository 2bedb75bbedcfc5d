package train

import (
	"errors"
	"slices"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/tensor"
)

// Averaging keeps a running mean of the weights w, to evaluate and predict with, while training goes on with w:
//
//	a ← decay·a + (1−decay)·w        after each step; a = w up to and in the first one after Start
//
// Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992, with the weights of an exponential
// mean. Layer states, such as the running means of batch normalization, are not averaged.
type Averaging struct {
	Decay float64 `doc:"part of the average that a step keeps" is:">=0,<1" class:"override"`
	Start int64   `doc:"steps before the average begins; until then it is the weights" is:">=0" class:"override"`
}

// DefaultAveraging is the Averaging of a block that sets nothing.
func DefaultAveraging() Averaging { return Averaging{Decay: 0.999} }

// averageName is what an average is called in a checkpoint: parameter/average.
const averageName = "average"

// prepareAverage makes the average of a run that wants one, at first the weights.
func (r *Run[T]) prepareAverage() error {
	if r.s.Averaging == nil {
		return nil
	}
	if slices.Contains(r.s.Optimizer.Slots(), averageName) {
		return errors.New("averaging: the optimizer has a slot of that name: " + averageName)
	}
	weights := r.s.Model.Weights()
	r.average = kernel.Make[T](len(weights))
	tensor.Copy(r.average, weights)
	return nil
}

// averageOf returns the part of the average that belongs to a parameter.
func (r *Run[T]) averageOf(u *paramUpdate[T]) []T {
	end := u.param.Offset + len(u.param.Data)
	return r.average[u.param.Offset:end:end]
}

// updateAverage takes the weights of step number step, from 1, into the average: of a table whose rows are updated lazily,
// those that the step touched.
func (r *Run[T]) updateAverage(step int64) {
	if r.average == nil {
		return
	}
	keep := r.s.Averaging.Decay
	if step <= r.s.Averaging.Start+1 {
		keep = 0
	}
	for i := range r.updates {
		u := &r.updates[i]
		average := r.averageOf(u)
		switch {
		case u.param.Frozen:
		case u.table == nil || u.table.full != nil:
			intoAverage(average, u.param.Data, keep)
		default:
			n := u.table.update.Width
			for _, row := range u.table.update.Rows {
				at := int(row) * n
				intoAverage(average[at:at+n], u.param.Data[at:at+n], keep)
			}
		}
	}
}

// intoAverage computes a = keep·a + (1−keep)·w, and a = w where keep is 0.
func intoAverage[T tensor.Float](a, w []T, keep float64) {
	if keep == 0 {
		tensor.Copy(a, w)
		return
	}
	tensor.Scale(T(keep), a)
	tensor.Axpy(T(1-keep), w, a)
}

// swapAverage exchanges the weights and their average, where there is one.
func (r *Run[T]) swapAverage() {
	weights := r.s.Model.Weights()
	for i, a := range r.average {
		r.average[i], weights[i] = weights[i], a
	}
}

// AverageOf returns the tensor of a checkpoint that holds the average of a parameter, false where the run kept none.
func AverageOf(f *checkpoint.File, param string) (checkpoint.TensorInfo, bool) {
	return f.Info(param + "/" + averageName)
}

package train

import (
	"fmt"
	"slices"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
)

// scheduledRates are the rates of a part, the schedules that they follow, and their values in a step.
type scheduledRates struct {
	rates     []optim.Rate
	schedules []schedule.Schedule
	values    []float64
}

func scheduleRates(rates []optim.Rate) scheduledRates {
	s := scheduledRates{rates: rates, values: make([]float64, len(rates))}
	for _, rate := range rates {
		s.schedules = append(s.schedules, schedule.Of(rate.Value))
	}
	return s
}

// resolve sets the values that the rates have at a point of a run. It returns an error where one is out of its range.
func (s *scheduledRates) resolve(at schedule.Progress) (err error) {
	for i, rate := range s.rates {
		s.values[i] = s.schedules[i].At(at)
		if wrong := rate.Check(s.values[i]); wrong != nil && err == nil {
			err = wrong
		}
	}
	return err
}

// A runPenalty is a penalty of a run with the values of its rates.
type runPenalty[T tensor.Float] struct {
	optim.Regularizer[T]
	scheduledRates
	projector optim.Projector[T] // nil for one that acts on the gradient alone
}

// preparePenalties readies the penalties of the run.
func (r *Run[T]) preparePenalties() {
	for _, p := range r.s.Regularizers {
		r.penalties = append(r.penalties, newRunPenalty(p.Regularizer))
	}
}

func newRunPenalty[T tensor.Float](rule optim.Regularizer[T]) *runPenalty[T] {
	own := &runPenalty[T]{Regularizer: rule, scheduledRates: scheduleRates(rule.Rates())}
	own.projector, _ = rule.(optim.Projector[T])
	return own
}

// matchPenalties gives the update of a parameter that trains the penalties whose patterns match it.
func (r *Run[T]) matchPenalties(u *paramUpdate[T], used []bool) error {
	for i, own := range r.penalties {
		matches, err := optim.Match(r.s.Regularizers[i].Params, u.param.Path)
		if err != nil {
			return fmt.Errorf("regularizer: %w", err)
		}
		used[i] = used[i] || matches
		if !matches || u.param.Frozen {
			continue
		}
		u.penalties = append(u.penalties, own)
		if r.folds() && optim.AddPenalty(&optim.Fold{}, own.Regularizer, own.values) {
			u.folded = append(u.folded, own)
		} else {
			u.added = append(u.added, own)
		}
		if own.projector != nil {
			u.projected = append(u.projected, own)
		}
	}
	return nil
}

// foldPenalties sets what the updates fold in, and adds the gradients of the penalties that they do not.
func (r *Run[T]) foldPenalties(grads []T) {
	for i := range r.updates {
		u := &r.updates[i]
		u.update.Fold = optim.Fold{}
		for _, p := range u.folded {
			optim.AddPenalty(&u.update.Fold, p.Regularizer, p.values)
		}
		if u.table != nil {
			u.table.update.Fold = u.update.Fold
		}
		for _, p := range u.added {
			if u.table != nil {
				u.table.addPenalty(p)
			} else {
				p.AddGradient(u.param.Data, u.gradient(grads), p.values)
			}
		}
	}
}

// project lets the penalties that act on the parameter itself do so, after its update.
func (u *paramUpdate[T]) project() {
	for _, p := range u.projected {
		projection := optim.Projection{Shape: u.param.Shape, LR: u.update.Rates[0], Rates: p.values}
		switch {
		case u.table == nil || u.table.full != nil:
			p.projector.Project(u.param.Data, projection)
		default:
			projection.Shape = u.table.rowShape
			for i := range u.table.update.Rows {
				w, _ := u.table.row(i)
				p.projector.Project(w, projection)
			}
		}
	}
}

// penalizes reports whether there is a penalty on parameters. Those on outputs of nodes are a term of their own.
func (r *Run[T]) penalizes() bool {
	return slices.ContainsFunc(r.s.Regularizers, func(p Penalty[T]) bool { return len(p.Nodes) == 0 })
}

// penalty returns the regularization term of the whole model, with the strengths of the last step.
func (r *Run[T]) penalty() float64 {
	at := r.progress(max(r.state.Step-1, 0))
	for _, p := range r.penalties {
		_ = p.resolve(at) // the step checked them
	}
	total := 0.0
	for _, u := range r.updates {
		for _, p := range u.penalties {
			total += p.Penalty(u.param.Data, p.values)
		}
	}
	return total
}

// stepPenalty returns the regularization term of a step: that of the whole model, but of a table whose rows are updated
// lazily only that of the rows that the step touched.
func (r *Run[T]) stepPenalty() float64 {
	total := 0.0
	for _, u := range r.updates {
		for _, p := range u.penalties {
			if u.table == nil {
				total += p.Penalty(u.param.Data, p.values)
			} else {
				total += u.table.penalty(p)
			}
		}
	}
	return total
}

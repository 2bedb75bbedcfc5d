package train

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/internal/kernel"
	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/tensor"
)

// paramUpdate is what the update of one parameter needs, put together once.
type paramUpdate[T tensor.Float] struct {
	param     model.Param[T]
	update    optim.Update[T]
	penalties []*runPenalty[T]
	folded    []*runPenalty[T] // of them, those whose gradient the update folds in
	added     []*runPenalty[T] // the others of them
	projected []*runPenalty[T] // of them, those that act on the parameter itself
	lrScale   float64          // of the groups that it is in
	table     *tableUpdate[T]  // nil for a parameter with an ordinary gradient
}

// prepareUpdates allocates the optimizer's slots, and matches regularizers and decay to parameters.
func (r *Run[T]) prepareUpdates() error {
	weights := r.s.Model.Weights()
	for range r.s.Optimizer.Slots() {
		r.slots = append(r.slots, kernel.Make[T](len(weights)))
	}
	r.rates = scheduleRates(r.s.Optimizer.Rates())
	r.preparePenalties()
	var decay []string
	if d, ok := r.s.Optimizer.(optim.Decayer); ok {
		decay = d.DecayParams()
	}
	used := make([]bool, len(r.s.Regularizers))
	for _, p := range r.s.Model.Params() {
		u := paramUpdate[T]{param: p}
		u.update.Param, u.update.Rates = p.Data, r.rates.values
		for _, slot := range r.slots {
			end := p.Offset + len(p.Data)
			u.update.Slots = append(u.update.Slots, slot[p.Offset:end:end])
		}
		decays, err := optim.Match(decay, p.Path)
		if err != nil {
			return fmt.Errorf("optimizer: %w", err)
		}
		if decays {
			u.update.Decay = 1
		}
		if err := r.matchPenalties(&u, used); err != nil {
			return err
		}
		r.updates = append(r.updates, u)
	}
	for i, ok := range used {
		if !ok && len(r.s.Regularizers[i].Nodes) == 0 {
			return fmt.Errorf("regularizer: the patterns %v match no parameter", r.s.Regularizers[i].Params)
		}
	}
	return r.scaleByGroups()
}

// step runs one step on a batch: forward, loss, backward, penalties, clipping, update. It returns a record when the
// step is to be logged. A number that is not finite is traced to where it came from.
func (r *Run[T]) step(b *tensor.Batch[T]) (*Record, error) {
	key := model.Key{Seed: r.s.Seed, Step: r.state.Step}
	r.undo.keep()
	r.part = "schedule"
	if err := r.resolveRates(); err != nil {
		return nil, err
	}
	sum, weight, err := r.backpropagate(b, key)
	if err != nil {
		return nil, err
	}
	mean := meanLoss(sum, weight)
	r.part = "regularizer"
	grads := r.exec.Grads()
	r.gatherTables()
	r.foldPenalties(grads)
	logged := (r.state.Step+1)%r.s.Config.LogEvery == 0
	var norms map[string]Number
	if logged && r.s.Log.Gradients {
		norms = r.gradientNorms(grads)
	}
	norm := 0.0
	if logged || r.clips() {
		norm = r.clip(grads)
	}
	if !isFinite(mean) || !r.finite(grads, norm) {
		return nil, r.traceNonFinite(b, key, mean, norm)
	}
	if err := r.exec.NonFiniteState(); err != nil {
		return nil, &DivergedError{err}
	}
	var rec *Record
	if logged {
		r.keepWeights()
		rec = r.stepRecord(mean, norm)
		rec.GradNorms = norms
		if r.s.Log.Activations {
			r.diagnoseActivations(rec)
		}
	}
	r.part = "optimizer"
	for i := range r.updates {
		switch u := &r.updates[i]; {
		case u.param.Frozen:
		case u.table != nil:
			u.table.step(r.s.Optimizer, r.state.Step+1)
		default:
			u.update.Grad, u.update.Step = u.gradient(grads), r.state.Step+1
			r.s.Optimizer.Update(&u.update)
		}
		r.updates[i].project()
	}
	r.updateAverage(r.state.Step + 1)
	if logged {
		rec.UpdateRatio = r.updateRatios()
	}
	r.exec.CommitStates()
	r.stepped.Loss = mean
	return rec, nil
}

// folds reports whether penalties and the bound of the norm are left to the update, which then does them in its own
// pass. A bound of each element has to be kept in memory.
func (r *Run[T]) folds() bool { return optim.Folds(r.s.Optimizer) && r.s.Clip.Value == 0 }

// clip clips the gradient, or leaves it to the update, and returns the Euclidean norm that it has before.
func (r *Run[T]) clip(grads []T) (norm float64) {
	if !r.folds() {
		return optim.ClipGradient(r.s.Clip, r.parts...)
	}
	sum := 0.0
	for i := range r.updates {
		switch u := &r.updates[i]; {
		case u.param.Frozen:
		case u.table != nil:
			sum += u.table.sumSquares()
		default:
			sum += optim.FoldedSumSquares(u.gradient(grads), u.param.Data, u.update.Fold)
		}
	}
	norm = math.Sqrt(sum)
	factor := r.s.Clip.Factor(norm)
	if factor == 1 {
		factor = 0 // says the same, and that nothing is to be done
	}
	for i := range r.updates {
		u := &r.updates[i]
		u.update.Fold.Factor = factor
		if u.table != nil {
			u.table.update.Fold.Factor = factor
		}
	}
	return norm
}

// clips reports whether the update depends on the norm of the gradient.
func (r *Run[T]) clips() bool { return r.s.Clip.Norm != 0 || !r.folds() }

// finite reports whether every number of the gradient is: its norm tells, and where the update has no use for it, a pass
// over the gradient that takes half the time.
func (r *Run[T]) finite(grads []T, norm float64) bool {
	if r.clips() {
		return isFinite(norm)
	}
	for i := range r.updates {
		switch u := &r.updates[i]; {
		case u.param.Frozen:
		case u.table != nil:
			if !kernel.Finite(u.table.update.Grad) {
				return false
			}
		case !kernel.Finite(u.gradient(grads)):
			return false
		}
	}
	return true
}

// resolveRates sets the values that the rates of the optimizer and the penalties have for the step.
func (r *Run[T]) resolveRates() error {
	at := r.progress(r.state.Step)
	if err := r.rates.resolve(at); err != nil {
		return fmt.Errorf("step %d: the schedule of the optimizer's %w", r.state.Step, err)
	}
	r.rates.values[0] *= r.setbacks.lrScale
	r.scaleRates()
	for _, p := range r.penalties {
		if err := p.resolve(at); err != nil {
			return fmt.Errorf("step %d: the schedule of a regularizer's %w", r.state.Step, err)
		}
	}
	if err := r.activity.resolve(at); err != nil {
		return fmt.Errorf("step %d: the schedule of a regularizer's %w", r.state.Step, err)
	}
	return nil
}

// progress is the point of the run before a step, for schedules.
func (r *Run[T]) progress(step int64) schedule.Progress {
	return schedule.Progress{Step: step, StepsPerEpoch: r.stepsPerEpoch(), Steps: r.steps(), Evaluations: r.evaluations}
}

// gradient returns the part of a flat gradient that belongs to the parameter, which is no table.
func (u *paramUpdate[T]) gradient(grads []T) []T {
	return grads[u.param.Offset : u.param.Offset+len(u.param.Data)]
}

func (r *Run[T]) stepRecord(loss, norm float64) *Record {
	lr, gradNorm := Number(r.rates.values[0]), Number(norm)
	rec := &Record{Kind: StepRecord, Loss: Number(loss), LR: &lr, GradNorm: &gradNorm}
	if r.penalizes() {
		penalty := Number(r.stepPenalty())
		rec.Penalty = &penalty
	}
	if len(r.activity.list) > 0 {
		activity := Number(r.exec.Penalty())
		rec.Activity = &activity
	}
	return rec
}

// updateRatios returns ‖Δw‖/‖w‖ for each node that trains, from the weights before the update and those after: of a
// table whose rows are updated lazily, over the rows that the step touched.
func (r *Run[T]) updateRatios() map[string]Number {
	type norms struct{ change, weight float64 }
	byNode := map[string]norms{}
	for _, u := range r.updates {
		if u.param.Frozen {
			continue
		}
		change, weight := r.change(&u)
		n := byNode[u.param.Node]
		byNode[u.param.Node] = norms{n.change + change, n.weight + weight}
	}
	ratios := map[string]Number{}
	for node, n := range byNode {
		ratios[node] = 0
		if n.change > 0 {
			ratios[node] = Number(math.Sqrt(n.change) / math.Sqrt(n.weight))
		}
	}
	return ratios
}

// traceNonFinite repeats a step whose loss or gradient is not finite and names the first number at fault.
func (r *Run[T]) traceNonFinite(b *tensor.Batch[T], key model.Key, mean, norm float64) error {
	var err error
	for first := 0; first < b.Rows && err == nil; first += r.portions.rows {
		p := r.portion(b, first)
		err = r.exec.FindNonFinite(p, key, first, func(pred, dpred []T) {
			loss.Eval(r.s.Loss, pred, p, dpred)
		})
	}
	if err == nil {
		if !r.clips() {
			norm = r.clip(r.exec.Grads())
		}
		err = fmt.Errorf("step %d: the loss is %v and the gradient norm %v, although every number in the model is finite", key.Step, mean, norm)
	}
	return &DivergedError{err}
}

// meanLoss returns sum/weight, and 0 for a batch whose targets are all ignored: it asks nothing of the model.
func meanLoss(sum, weight float64) float64 {
	if weight == 0 && sum == 0 {
		return 0
	}
	return sum / weight
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

package train

import (
	"time"

	"github.com/strata-ml/strata/checkpoint"
)

// endEpoch writes the record of an epoch, evaluates where it is time to, and reports whether that was one of the best so
// far.
func (r *Run[T]) endEpoch() (best bool, err error) {
	rec := r.score.record(EpochRecord)
	rec.Step, rec.Epoch = r.state.Step, r.epoch()
	r.score.reset()
	if r.s.Log.Weights {
		r.diagnoseWeights(&rec)
	}
	r.log.write(rec)
	r.timing.mark(EpochMark, r.state.Step, r.epoch(), time.Since(r.began), "")
	r.notify(&EpochEnded{rec})
	if r.s.Eval == nil || r.state.Epoch%r.s.Config.EvalEvery != 0 {
		return false, nil
	}
	return r.evaluate()
}

// evaluate scores the eval set, and keeps count for early stopping and the best checkpoints. It reports whether this one
// is among those that are kept.
func (r *Run[T]) evaluate() (best bool, err error) {
	r.part = "evaluation"
	r.swapAverage()
	defer r.swapAverage()
	rec, err := evaluate(r.exec, r.s.Loss, r.s.Metrics, r.s.Eval, r.s.Config.BatchSize)
	if err != nil {
		return false, err
	}
	rec.Step, rec.Epoch = r.state.Step, r.epoch()
	if r.penalizes() {
		penalty := Number(r.penalty())
		rec.Penalty = &penalty
	}
	watched, value := r.s.Checkpoints.Best, rec.value(r.s.Checkpoints.Best)
	higher, _ := r.score.higherIsBetter(watched)
	if b := r.state.Best; isFinite(value) && (b == nil || improves(value, b.Value, higher, 0)) {
		r.state.Best = &checkpoint.BestState{Metric: watched, Value: value, Step: r.state.Step, Epoch: r.state.Epoch}
		rec.Best = true
	}
	r.countPatience(rec)
	r.recordEvaluation(&rec)
	best = r.noteScore(rec)
	r.last = &rec
	r.log.write(rec)
	r.notify(&Evaluated{rec})
	return best, nil
}

// noteScore remembers an evaluation for the retention of checkpoints, and reports whether it is among the best that are
// kept. One without a finite value is not.
func (r *Run[T]) noteScore(rec Record) (best bool) {
	value := rec.value(r.s.Checkpoints.Best)
	if !isFinite(value) {
		return false
	}
	r.saves.scores = append(r.saves.scores, score{rec.Step, value})
	policy := r.retention()
	return policy.ranks(score{rec.Step, value})
}

func (r *Run[T]) countPatience(rec Record) {
	es := r.s.EarlyStopping
	if es == nil {
		return
	}
	value := rec.value(es.Metric)
	higher, _ := r.score.higherIsBetter(es.Metric)
	s := r.state.EarlyStop
	switch {
	case isFinite(value) && (s == nil || !isFinite(s.Best) || improves(value, s.Best, higher, es.MinDelta)):
		r.state.EarlyStop = &checkpoint.EarlyStopState{Metric: es.Metric, Best: value}
	case s == nil:
		r.state.EarlyStop = &checkpoint.EarlyStopState{Metric: es.Metric, Best: value, Waited: 1}
	default:
		s.Waited++
	}
}

// improves reports whether a value is better than another by more than delta.
func improves(value, than float64, higher bool, delta float64) bool {
	if higher {
		return value > than+delta
	}
	return value < than-delta
}

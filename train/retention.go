package train

import (
	"math"
	"path/filepath"
	"slices"

	"github.com/strata-ml/strata/checkpoint"
)

// A score is an evaluation by the metric that the best checkpoints go by.
type score struct {
	step  int64
	value float64
}

// retention decides which checkpoints stay. It goes by the steps of those that are there, and so never by a clock or by
// what an earlier process remembered.
type retention struct {
	policy        CheckpointPolicy
	stepsPerEpoch int64
	higher        bool    // a higher score is better
	scores        []score // all that are finite, in the order of their steps
	doubtful      []int64 // steps whose checkpoint may be there and is not to be counted on
	declared      []int64 // steps whose checkpoint was written again, for a change or a rollback
	rollsBack     bool    // the run may go back to the newest that is planned
}

// better reports whether a score takes its place before another: ties go to the earlier.
func (r *retention) better(a, b score) bool {
	if a.value == b.value {
		return a.step < b.step
	}
	return improves(a.value, b.value, r.higher, 0)
}

// ranks reports whether a score was, when it was new, one of those whose checkpoints are kept.
func (r *retention) ranks(s score) bool {
	ahead := 0
	for _, other := range r.scores {
		if other.step <= s.step && r.better(other, s) {
			ahead++
		}
	}
	return ahead < r.policy.KeepBest
}

// planned reports whether the run has a checkpoint at a step wherever it is cut, and not only because a person asked for it.
func (r *retention) planned(step int64) bool {
	if step == 0 || slices.Contains(r.declared, step) || r.policy.due(step, r.stepsPerEpoch) {
		return true
	}
	return slices.ContainsFunc(r.scores, func(s score) bool { return s.step == step && r.ranks(s) })
}

// kept returns which of the steps, in ascending order, keep their checkpoint: the newest, the best, and the last of each
// stretch. A best one goes only when there are enough better ones.
func (r *retention) kept(steps []int64) map[int64]bool {
	keep := map[int64]bool{}
	for _, step := range steps[max(0, len(steps)-max(r.policy.Keep, checkpoint.MinKept)):] {
		keep[step] = true
	}
	var there []score
	for _, s := range r.scores {
		if _, ok := slices.BinarySearch(steps, s.step); ok {
			there = append(there, s)
		}
	}
	slices.SortFunc(there, func(a, b score) int {
		if r.better(a, b) {
			return -1
		}
		return 1
	})
	for _, s := range there[:min(len(there), r.policy.KeepBest)] {
		keep[s.step] = true
	}
	for _, stretch := range []int64{r.policy.KeepEverySteps, r.stretchOfEpochs()} {
		for i, step := range steps {
			// Stretch number k, from 1, ends with step k·stretch.
			if stretch > 0 && (i == len(steps)-1 || (step-1)/stretch != (steps[i+1]-1)/stretch) {
				keep[step] = true
			}
		}
	}
	for _, step := range slices.Backward(steps) {
		if r.rollsBack && r.planned(step) {
			keep[step] = true
			break
		}
	}
	return keep
}

// stretchOfEpochs returns the steps of the stretches that are given in epochs.
func (r *retention) stretchOfEpochs() int64 {
	if r.policy.KeepEvery > math.MaxInt64/r.stepsPerEpoch {
		return math.MaxInt64 // no run is longer
	}
	return r.policy.KeepEvery * r.stepsPerEpoch
}

// prune deletes the checkpoints in a directory that do not stay, after that of step newest has become durable.
func (r *retention) prune(dir string, newest int64) error {
	paths, err := checkpoint.List(dir)
	if err != nil {
		return err
	}
	var steps []int64
	for _, path := range slices.Backward(paths) {
		if step, _ := checkpoint.ParseStepFile(filepath.Base(path)); step <= newest && !slices.Contains(r.doubtful, step) {
			steps = append(steps, step)
		}
	}
	keep := r.kept(steps)
	_, err = checkpoint.Prune(dir, newest, func(_ int, step int64) bool {
		return keep[step] || slices.Contains(r.doubtful, step)
	})
	return err
}

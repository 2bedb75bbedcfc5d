package train

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestKept(t *testing.T) {
	scores := []score{{10, 0.5}, {20, 0.3}, {30, 0.3}, {40, 0.9}, {50, 0.4}}
	tests := map[string]struct {
		policy  CheckpointPolicy
		higher  bool
		perStep int64
		steps   []int64
		want    []int64
	}{
		"newest":                 {CheckpointPolicy{Keep: 2, KeepBest: 1}, false, 10, []int64{60, 70, 80}, []int64{70, 80}},
		"never fewer than two":   {CheckpointPolicy{Keep: 1, KeepBest: 1}, false, 10, []int64{60, 70, 80}, []int64{70, 80}},
		"fewer than wanted":      {CheckpointPolicy{Keep: 3, KeepBest: 2}, false, 10, []int64{80}, []int64{80}},
		"none":                   {CheckpointPolicy{Keep: 3, KeepBest: 2}, false, 10, nil, nil},
		"best, ties to earlier":  {CheckpointPolicy{Keep: 2, KeepBest: 1}, false, 10, []int64{10, 20, 30, 40, 50, 60, 70}, []int64{20, 60, 70}},
		"best two":               {CheckpointPolicy{Keep: 2, KeepBest: 2}, false, 10, []int64{10, 20, 30, 40, 50, 60, 70}, []int64{20, 30, 60, 70}},
		"best by a higher score": {CheckpointPolicy{Keep: 2, KeepBest: 2}, true, 10, []int64{10, 20, 30, 40, 50, 60, 70}, []int64{10, 40, 60, 70}},
		"best that is there":     {CheckpointPolicy{Keep: 2, KeepBest: 1}, false, 10, []int64{10, 40, 50, 60, 70}, []int64{50, 60, 70}},
		"ends of stretches":      {CheckpointPolicy{Keep: 2, KeepBest: 1, KeepEverySteps: 100}, false, 10, []int64{60, 100, 160, 190, 201, 300, 310, 320}, []int64{100, 190, 300, 310, 320}},
		"ends of epochs":         {CheckpointPolicy{Keep: 2, KeepBest: 1, KeepEvery: 3}, false, 10, []int64{60, 90, 100, 120, 130, 140}, []int64{60, 90, 120, 130, 140}},
		"both":                   {CheckpointPolicy{Keep: 2, KeepBest: 1, KeepEvery: 4, KeepEverySteps: 100}, false, 10, []int64{80, 90, 100, 120, 130, 140, 150}, []int64{80, 100, 120, 140, 150}},
		"stretch beyond any run": {CheckpointPolicy{Keep: 2, KeepBest: 1, KeepEvery: 1 << 62}, false, 10, []int64{80, 90, 100}, []int64{90, 100}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := retention{policy: tt.policy, stepsPerEpoch: tt.perStep, higher: tt.higher, scores: scores}
			if got := slices.Sorted(maps.Keys(r.kept(tt.steps))); !slices.Equal(got, tt.want) {
				t.Errorf("kept %v, want %v", got, tt.want)
			}
		})
	}
}

// TestKeptFromStepToStep prunes after each checkpoint of a run and wants what a look at all of them at its end would leave:
// nothing that ought to stay has gone before.
func TestKeptFromStepToStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := retention{
			policy: CheckpointPolicy{
				Keep: rapid.IntRange(2, 5).Draw(t, "keep"), KeepBest: rapid.IntRange(1, 4).Draw(t, "keep_best"),
				KeepEvery: rapid.Int64Range(0, 4).Draw(t, "keep_every"), KeepEverySteps: rapid.Int64Range(0, 9).Draw(t, "keep_every_steps"),
			},
			stepsPerEpoch: rapid.Int64Range(1, 5).Draw(t, "steps per epoch"), higher: rapid.Bool().Draw(t, "higher"),
		}
		var all, there []int64
		step := int64(0)
		for range rapid.IntRange(1, 30).Draw(t, "checkpoints") {
			step += rapid.Int64Range(1, 4).Draw(t, "steps")
			if rapid.Bool().Draw(t, "evaluated") {
				r.scores = append(r.scores, score{step, float64(rapid.IntRange(0, 5).Draw(t, "score"))})
			}
			all, there = append(all, step), append(there, step)
			keep := r.kept(there)
			there = slices.DeleteFunc(there, func(step int64) bool { return !keep[step] })
			if want := slices.Sorted(maps.Keys(r.kept(all))); !slices.Equal(there, want) {
				t.Fatalf("after step %d: %v are left, want %v", step, there, want)
			}
		}
	})
}

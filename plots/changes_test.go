package plots

import (
	"slices"
	"testing"

	"github.com/strata-ml/strata/train"
)

// changedRun is a run whose rate was changed by hand after each of the first steps, which come a tenth of an epoch apart.
func changedRun(changes ...[]train.Change) *train.History {
	h := losses("changed", repeated(30, func(i int) float64 { return 1 / float64(i+1) })...)
	for i := range h.Records {
		h.Records[i].LR = number(0.1)
		if i >= 12 {
			h.Records[i].LR = number(0.02)
		}
	}
	for i, list := range changes {
		for _, c := range list {
			h.Records = append(h.Records, train.Record{Kind: train.ChangeRecord, Step: int64(12 + i), Epoch: train.Number(12+i) / 10, Change: &c})
		}
	}
	return h
}

// TestChangesAreMarked wants a line with a label at each step that has changes, and no line for the jump of the rate that
// they explain.
func TestChangesAreMarked(t *testing.T) {
	v, err := newView(changedRun(
		[]train.Change{{Key: "optimizer.lr", From: "0.1", To: "0.02"}, {Key: "clip.norm", From: "0", To: "1"}},
		[]train.Change{{Key: "optimizer.lr", From: "0.02", To: "{type: cosine, start: 0.02}"}},
		[]train.Change{{Key: "regularizers.0.params", From: "[a]", To: "[b]"}},
		[]train.Change{{Key: "early_stopping", To: "{metric: loss, patience: 3}"}},
		[]train.Change{{Key: "data t.csv", From: "1 bytes", To: "2 bytes"}},
		[]train.Change{{Key: "freeze", From: "[a]", To: ""}},
		[]train.Change{{Key: "odd", To: "{type: "}},
	))
	if err != nil {
		t.Fatal(err)
	}
	e := v.changes()
	want := []string{"optimizer.lr = 0.02, clip.norm = 1", "optimizer.lr = cosine", "regularizers.0.params", "early_stopping", "data t.csv", "freeze", "odd"}
	if !slices.Equal(e.labels, want) || len(e.xs) != len(want) || e.xs[0] != 1.2 {
		t.Errorf("got %q at %v, want %q", e.labels, e.xs, want)
	}
	if jumps := v.rateJumps(); len(jumps.xs) > 0 {
		t.Errorf("the rate jumps at %v besides", jumps.xs)
	}
	labels := v.loss().layout().eventLabels()
	if len(labels) != len(want) || labels[0].label != want[0] {
		t.Errorf("the figure has the labels %+v", labels)
	}
}

// TestRollbacksAreMarked wants a line for each, and none for the rate that it scales.
func TestRollbacksAreMarked(t *testing.T) {
	h := changedRun()
	h.Records = append(h.Records, train.Record{Kind: train.RollbackRecord, Step: 12, Epoch: 1.2, Rollback: &train.Rollback{From: 17, LRScale: 0.2}})
	v, err := newView(h)
	if err != nil {
		t.Fatal(err)
	}
	if e := v.changes(); !slices.Equal(e.labels, []string{"rolled back from step 17, lr × 0.2"}) || !slices.Equal(e.xs, []float64{1.2}) {
		t.Errorf("got %q at %v", e.labels, e.xs)
	}
	if jumps := v.rateJumps(); len(jumps.xs) > 0 {
		t.Errorf("the rate jumps at %v besides", jumps.xs)
	}
}

// TestManyChangesAreTicks draws more changes than a figure bears lines.
func TestManyChangesAreTicks(t *testing.T) {
	changes := make([][]train.Change, maxEventLines+1)
	for i := range changes {
		changes[i] = []train.Change{{Key: "optimizer.lr", To: "1"}}
	}
	v, err := newView(changedRun(changes...))
	if err != nil {
		t.Fatal(err)
	}
	l := v.loss().layout()
	if labels := l.eventLabels(); len(labels) > 0 {
		t.Errorf("%d ticks have labels", len(labels))
	}
	if !slices.ContainsFunc(l.legend(), func(e legendEntry) bool { return e.label == "9 changes" }) {
		t.Error("the legend does not count them")
	}
}

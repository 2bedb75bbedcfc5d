package train_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/strata-ml/strata/checkpoint"
	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/train"
)

// restore returns the error of a run that goes on from the newest checkpoint in a directory as another setup has it.
func restore(t *testing.T, dir string, s train.Setup[float64], changes ...train.Change) error {
	t.Helper()
	path, _, err := checkpoint.Latest(filepath.Join(dir, train.CheckpointDir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	run, err := train.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return run.Restore(f, changes...)
}

// TestRestoreWantsTheSameRows restores a run on another number of rows, with which its epochs would end elsewhere.
func TestRestoreWantsTheSameRows(t *testing.T) {
	dir := t.TempDir()
	trainAll(t, setup[float64](t, "sgd", dir), 6)
	if err := restore(t, dir, setup[float64](t, "sgd", "")); err != nil {
		t.Fatal(err)
	}
	rows := make([]int, 17)
	s := setup[float64](t, "sgd", "")
	s.Train = data.Subset(s.Train, rows)
	if err := restore(t, dir, s); err == nil || !strings.Contains(err.Error(), "step 6 is not where a run on 17 training rows is after 1 epochs and 16 rows, in batches of 8") {
		t.Errorf("the error is %v", err)
	}
	s = setup[float64](t, "sgd", "")
	s.Config.BatchSize = 4
	if err := restore(t, dir, s); err == nil || !strings.Contains(err.Error(), "in batches of 4") {
		t.Errorf("the error is %v", err)
	}
}

// TestRestoreWantsWhatSchedulesWatch lets a run watch other scores only where a change is declared.
func TestRestoreWantsWhatSchedulesWatch(t *testing.T) {
	watching, blind := t.TempDir(), t.TempDir()
	without := func(dir string) train.Setup[float64] {
		s := onPlateau(t, "loss", dir)
		s.Optimizer = optim.NewSGD[float64](optim.SGDConfig{})
		return s
	}
	trainAll(t, onPlateau(t, "loss", watching), 6)
	trainAll(t, without(blind), 6)
	declared := train.Change{Key: "optimizer.lr"}
	for want, test := range map[string]struct {
		dir string
		s   train.Setup[float64]
	}{
		`tensor "evaluations.loss" has no place in this run`: {watching, without("")},
		`has no tensor "evaluations.loss"`:                   {blind, onPlateau(t, "loss", "")},
	} {
		if err := restore(t, test.dir, test.s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
		if err := restore(t, test.dir, test.s, declared); err != nil {
			t.Errorf("declared: %v", err)
		}
	}
}

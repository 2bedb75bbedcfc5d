package train_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/schedule"
	"github.com/strata-ml/strata/train"
)

// onPlateau is a setup whose learning rate halves after each evaluation that is not far better than the best one.
func onPlateau(t *testing.T, metric, dir string) train.Setup[float64] {
	t.Helper()
	s := setup[float64](t, "sgd", dir)
	s.EarlyStopping = nil
	s.Config.LogEvery = 1
	plateau := registry.Defaults[schedule.PlateauConfig]()
	plateau.Start, plateau.Factor, plateau.Metric, plateau.Patience, plateau.Threshold = 0.1, 0.5, metric, 0, 0.9
	config := registry.Defaults[optim.SGDConfig]()
	config.LR = schedule.Number(schedule.NewPlateau(plateau))
	s.Optimizer = optim.NewSGD[float64](config)
	return s
}

// TestPlateau checks that a schedule sees the evaluations of the run, those before a cut included.
func TestPlateau(t *testing.T) {
	for _, metric := range []string{"loss", "accuracy"} {
		for _, cut := range []int64{0, 4, 6, 8} {
			dir := t.TempDir()
			if cut > 0 {
				trainAll(t, onPlateau(t, metric, dir), cut)
			}
			trainAll(t, onPlateau(t, metric, dir), 0)
			h, err := train.ReadHistory(dir)
			if err != nil {
				t.Fatal(err)
			}
			var rates []float64
			for _, rec := range h.Records {
				if rec.Kind == train.StepRecord {
					rates = append(rates, float64(*rec.LR))
				}
			}
			// The first evaluation is the best one so far; the second is no better.
			if got, want := fmt.Sprint(rates), "[0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.05 0.05 0.05 0.05]"; got != want {
				t.Errorf("%s, cut at %d: rates %s, want %s", metric, cut, got, want)
			}
		}
	}
}

func TestPlateauNeedsItsMetric(t *testing.T) {
	unknown := onPlateau(t, "acuracy", "")
	blind := onPlateau(t, "loss", "")
	blind.Eval = nil
	for want, s := range map[string]train.Setup[float64]{
		`optimizer: lr: no metric "acuracy" is reported; did you mean "accuracy"?`: unknown,
		"optimizer: lr: there are no evaluation rows to watch":                     blind,
	} {
		if _, err := train.New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestRestoreIsStrictAboutWatched refuses a checkpoint of a run that watched another score.
func TestRestoreIsStrictAboutWatched(t *testing.T) {
	dir := t.TempDir()
	trainAll(t, onPlateau(t, "loss", dir), 6)
	if err := restoreAndTrain(t, onPlateau(t, "accuracy", dir)); err == nil || !strings.Contains(err.Error(), `no tensor "evaluations.accuracy"`) {
		t.Errorf("got %v", err)
	}
	if err := restoreAndTrain(t, setup[float64](t, "sgd", dir)); err == nil {
		t.Error("a run that watches nothing takes the evaluations")
	}
}

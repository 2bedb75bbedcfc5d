package train_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/strata-ml/strata/data"
	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
)

func onNodes(l2 float64, nodes ...string) []train.Penalty[float64] {
	return []train.Penalty[float64]{{Regularizer: optim.NewL2[float64](optim.L2Config{Strength: registry.Const(l2)}), Nodes: nodes}}
}

// TestActivityGradients checks the gradients of runs with penalties on outputs by differences of loss + penalty, and that
// the check would see a penalty of another strength.
func TestActivityGradients(t *testing.T) {
	s := checked[float64](t, t.TempDir())
	s.Regularizers = onNodes(0.3, "act", "fc1", "out")
	s.Reference.Regularizers = s.Regularizers
	trainAll(t, s, 0)

	list, err := s.OutputPenalties()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range list {
		value := p.AddGradient
		list[i].AddGradient = func(out, dout []float64, rows int) { value(out, dout, 2*rows) }
	}
	if err := s.Loss.Build(s.Model.Output(), s.Train.Target.Spec()); err != nil {
		t.Fatal(err)
	}
	b := data.NewBatch[float64](s.Train, 8)
	data.Gather(s.Train, []int{0, 1, 2, 3, 4, 5, 6, 7}, b)
	report, err := model.CheckGradients(s.Model, s.Loss, b, model.Key{Seed: 1}, 20, list...)
	if err != nil || report.OK() {
		t.Errorf("half of the gradient of the penalties passes the check (%v)", err)
	}
}

// TestActivityValue compares the logged term with the mean of squares of the predictions, and what it does to them.
func TestActivityValue(t *testing.T) {
	last := map[float64]float64{}
	for _, strength := range []float64{0.01, 1} {
		s := setup[float64](t, "sgd", t.TempDir())
		s.EarlyStopping, s.Config.LogEvery, s.Config.Epochs = nil, 1, 20
		s.Regularizers = onNodes(strength, "out")
		trainAll(t, s, 0)
		for line := range strings.Lines(readLog(t, s.Dir)) {
			var rec train.Record
			if err := json.Unmarshal([]byte(line), &rec); err != nil {
				t.Fatal(err)
			}
			if rec.Kind != train.StepRecord {
				continue
			}
			if rec.Activity == nil || !(*rec.Activity > 0) || rec.Penalty != nil {
				t.Fatalf("the record is %s", line)
			}
			last[strength] = float64(*rec.Activity) / strength
		}
	}
	if !(last[1] < last[0.01]/2) || math.IsNaN(last[1]) {
		t.Errorf("mean squares of the predictions end at %v, and at %v with a strong penalty", last[0.01], last[1])
	}
}

func TestActivityErrors(t *testing.T) {
	for want, edit := range map[string]func(s *train.Setup[float64]){
		"regularizer: the patterns [conv*] match no node": func(s *train.Setup[float64]) { s.Regularizers = onNodes(1, "conv*") },
		"needs whole batches, and accumulate is 2": func(s *train.Setup[float64]) {
			s.Regularizers, s.Config.Accumulate = onNodes(1, "act"), 2
		},
		"it changes parameters after an update": func(s *train.Setup[float64]) {
			s.Regularizers = onNodes(1, "act")
			s.Regularizers[0].Regularizer = optim.NewMaxNorm[float64](registry.Defaults[optim.MaxNormConfig]())
		},
		`"act", which does not lead from a parameter that trains`: func(s *train.Setup[float64]) {
			s.Regularizers = onNodes(1, "act")
			for _, p := range []string{"fc1/w", "fc1/b"} {
				if err := s.Model.Freeze(p); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		s := setup[float64](t, "sgd", "")
		edit(&s)
		if _, err := train.New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want %q", err, want)
		}
	}
}

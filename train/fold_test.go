package train_test

import (
	"math"
	"testing"

	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/train"
)

// unfolded has the rule of another optimizer and knows nothing of folds.
type unfolded[T float32 | float64] struct{ rule optim.Optimizer[T] }

func (o unfolded[T]) Slots() []string           { return o.rule.Slots() }
func (o unfolded[T]) Rates() []optim.Rate       { return o.rule.Rates() }
func (o unfolded[T]) MovesUntouched() bool      { return o.rule.(optim.RowUpdater).MovesUntouched() }
func (o unfolded[T]) Update(u *optim.Update[T]) { o.rule.Update(u) }

// TestFoldingChangesNothing trains with penalties and clipping folded into the update, and with both done in memory
// before it: rounding apart, the weights, the gradient norms in the log and the penalties are the same.
func TestFoldingChangesNothing(t *testing.T) {
	elastic := optim.NewElastic[float64](optim.ElasticConfig{L1: registry.Const(0.01), L2: registry.Const(0.02)})
	for name, build := range map[string]func(o optim.Optimizer[float64]) train.Setup[float64]{
		"dense": func(o optim.Optimizer[float64]) train.Setup[float64] {
			s := setup[float64](t, "adam", t.TempDir())
			s.Optimizer = o
			return s
		},
		"lazy rows": func(o optim.Optimizer[float64]) train.Setup[float64] {
			return wordSetup(t, o, train.LazyRows, t.TempDir(), true)
		},
		"dense rows": func(o optim.Optimizer[float64]) train.Setup[float64] {
			return wordSetup(t, o, train.DenseRows, t.TempDir(), true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var weights [2][]float64
			var logs [2][]train.Record
			for i, o := range []optim.Optimizer[float64]{adam[float64](), unfolded[float64]{adam[float64]()}} {
				s := build(o)
				s.Clip = optim.Clip{Norm: 0.2}
				s.Regularizers = []train.Penalty[float64]{{Regularizer: elastic, Params: []string{"*/w"}}, {Regularizer: elastic, Params: []string{"out/*"}}}
				s.Observers = append(s.Observers, train.ObserverFunc(func(e train.Event) {
					if step, ok := e.(*train.Stepped); ok && step.Record != nil {
						logs[i] = append(logs[i], *step.Record)
					}
				}))
				trainAll(t, s, 0)
				weights[i] = s.Model.Weights()
			}
			for i, w := range weights[1] {
				if math.Abs(weights[0][i]-w) > 1e-12 {
					t.Fatalf("weight %d is %v folded, %v otherwise", i, weights[0][i], w)
				}
			}
			clipped := false
			for i, r := range logs[1] {
				norm, folded := float64(*r.GradNorm), float64(*logs[0][i].GradNorm)
				clipped = clipped || norm > 0.2
				if math.Abs(norm-folded) > 1e-12*norm {
					t.Errorf("step %d: the norm is %v folded, %v otherwise", r.Step, folded, norm)
				}
			}
			if !clipped {
				t.Error("no gradient was long enough to be clipped")
			}
		})
	}
}

// TestValueClippingIsNotFolded: a bound of each element applies to the gradient with its penalties.
func TestValueClippingIsNotFolded(t *testing.T) {
	s := setup[float64](t, "sgd", t.TempDir())
	s.Optimizer = optim.NewSGD[float64](optim.SGDConfig{LR: registry.Const(1)})
	s.Clip = optim.Clip{Value: 1e-3}
	before := append([]float64(nil), s.Model.Weights()...)
	res := trainAll(t, s, 1)
	for i, w := range s.Model.Weights() {
		if d := math.Abs(w - before[i]); d > 1e-3*float64(res.Step)*(1+1e-9) {
			t.Errorf("weight %d moved by %v in %d steps", i, d, res.Step)
		}
	}
}

package losstest_test

import (
	"fmt"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/loss/losstest"
	"github.com/strata-ml/strata/tensor"
)

// quantileConfig configures quantile.
type quantileConfig struct {
	_   struct{} `doc:"pinball loss: the prediction that makes it small is the tau quantile of the targets"`
	Tau float64  `doc:"which quantile" is:">0,<1"`
}

// quantile is Σ max(τ·d, (τ−1)·d), d = target − prediction.
type quantile[T tensor.Float] struct {
	tau  T
	size int
}

func newQuantile[T tensor.Float](c quantileConfig) loss.Loss[T] {
	return &quantile[T]{tau: T(c.Tau)}
}

func (l *quantile[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	l.size = pred.Size()
	return loss.MatchNumbers(pred, target)
}

func (l *quantile[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	loss.CheckLen("quantile", "predictions", len(pred), rows*l.size)
	loss.CheckLen("quantile", "targets", len(target.Floats), rows*l.size)
	if dpred != nil {
		loss.CheckLen("quantile", "gradients", len(dpred), rows*l.size)
	}
	for i, x := range pred {
		d, slope := target.Floats[i]-x, l.tau
		if d < 0 {
			slope -= 1
		}
		sum += float64(slope * d)
		if dpred != nil {
			dpred[i] = -slope / T(rows)
		}
	}
	return sum, float64(rows)
}

// A loss of another module: it is registered once, works in every experiment file, and is checked in one call:
// Run in a test, or Check.
func Example() {
	loss.Register("quantile", quantileConfig{Tau: 0.5}, newQuantile[float32], newQuantile[float64])

	violations, err := losstest.Check("quantile", losstest.Case{
		Config: quantileConfig{Tau: 0.9},
		Pred:   tensor.Shape{2},
		Target: losstest.Numbers(2),
	})
	fmt.Println(len(violations), err)
	// Output: 0 <nil>
}

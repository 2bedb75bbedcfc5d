package loss

import (
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Huber loss of predictions x and targets t, with d_i = x_i − t_i and n numbers per row.
//
//	h(d) = d²/2 where |d| ≤ δ, else δ·(|d| − δ/2)
//	loss = Σ h(d_i) / n          of one row
//	dx_i = min(max(d_i, −δ), δ) / (n·rows)
//
// Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.
//
// Shapes: x, t, dx [rows …].

// HuberConfig configures huber.
type HuberConfig struct {
	_     struct{} `doc:"squared error near the target, absolute error beyond delta: smooth, and outliers pull no harder than delta"`
	Delta float64  `doc:"distance from the target at which the loss turns from squared to absolute" is:">0"`
}

// Huber is the Huber loss.
type Huber[T tensor.Float] struct {
	config HuberConfig
	size   int
}

// NewHuber returns the loss that c describes.
func NewHuber[T tensor.Float](c HuberConfig) Loss[T] { return &Huber[T]{config: c} }

func init() { Register("huber", HuberConfig{Delta: 1}, NewHuber[float32], NewHuber[float64]) }

// Build implements Loss.
func (l *Huber[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	if err := registry.Check(l.config); err != nil {
		return err
	}
	l.size = pred.Size()
	return MatchNumbers(pred, target)
}

// Eval implements Loss.
func (l *Huber[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	checkNumbers("huber", pred, target.Floats, dpred, rows*l.size)
	delta := l.config.Delta
	scale := T(1 / float64(len(pred)))
	for i, x := range pred {
		d := float64(x) - float64(target.Floats[i])
		if a := math.Abs(d); a > delta {
			sum += float64(delta * (a - delta/2))
		} else {
			sum += float64(d * d / 2)
		}
		if dpred != nil {
			dpred[i] = scale * T(min(max(d, -delta), delta))
		}
	}
	return sum / float64(l.size), float64(rows)
}

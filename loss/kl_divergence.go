package loss

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Kullback–Leibler divergence of the distributions whose logarithms are x from the targets t, over C classes.
//
//	loss = Σ t_c·(log t_c − x_c)          of one distribution; a class with t_c = 0 adds nothing
//	dx_c = −t_c / W
//
// W, the total weight, is the number of distributions. Shapes: x, t, dx [rows … C].
//
// Kullback and Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22, 1951.

// KLDivergenceConfig configures kl_divergence.
type KLDivergenceConfig struct {
	_         struct{} `doc:"divergence of predicted distributions from target ones; predictions are log-probabilities, as log_softmax gives them"`
	LogTarget bool     `doc:"whether the targets are log-probabilities too, and not probabilities"`
}

// KLDivergence is the Kullback–Leibler divergence KL(target ‖ prediction).
type KLDivergence[T tensor.Float] struct {
	log           bool
	distributions int // of one row
	size          int
}

// NewKLDivergence returns the loss that c describes.
func NewKLDivergence[T tensor.Float](c KLDivergenceConfig) Loss[T] {
	return &KLDivergence[T]{log: c.LogTarget}
}

func init() {
	Register("kl_divergence", KLDivergenceConfig{}, NewKLDivergence[float32], NewKLDivergence[float64])
}

// Build accepts distributions of the shape of the predictions.
func (l *KLDivergence[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	if target.IsIndex() {
		return fmt.Errorf("needs distributions as targets, has one of %d classes: use nll", target.Classes)
	}
	l.size = pred.Size()
	l.distributions = l.size / pred.Last()
	return MatchNumbers(pred, target)
}

// Eval implements Loss. A probability out of [0, 1] is a panic with a *TargetError.
func (l *KLDivergence[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	const op = "kl_divergence"
	checkNumbers(op, pred, target.Floats, dpred, rows*l.size)
	if !l.log {
		CheckProbabilities(op, target.Floats)
	}
	weight = float64(rows * l.distributions)
	for i, v := range target.Floats {
		p, log, x := float64(v), float64(v), float64(pred[i])
		if l.log {
			p = math.Exp(p)
		} else {
			log = math.Log(p)
		}
		if p != 0 || math.IsNaN(x) {
			sum += float64(p * (log - x))
		}
		if dpred != nil {
			dpred[i] = T(-p / weight)
		}
	}
	return sum, weight
}

// Probabilities turns log-probabilities into probabilities.
func (l *KLDivergence[T]) Probabilities(pred []T, _ tensor.Shape) { tensor.Exp(pred, pred) }

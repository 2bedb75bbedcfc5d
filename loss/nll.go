package loss

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Negative log-likelihood of log-probabilities x, with classes of weights w. Of a target of class k,
//
//	loss = −w_k·x_k
//	dx_k = −w_k/W, 0 for the other classes
//
// W, the total weight, is Σ w_k over the targets that count. Shapes: predictions [rows … C], classes [rows …].

// NLLConfig configures nll.
type NLLConfig struct {
	_            struct{}  `doc:"negative log-likelihood; predictions are log-probabilities, as log_softmax gives them, targets are classes"`
	ClassWeights []float64 `doc:"weight of each class in the loss and its mean; none weighs all classes alike" is:">0"`
	IgnoreIndex  *int      `doc:"target that counts neither in the loss nor in its mean nor in the metrics, such as a class for padding"`
}

// NLL is the negative log-likelihood of the targets. With log_softmax before it, it is softmax_cross_entropy.
type NLL[T tensor.Float] struct {
	config  NLLConfig
	classes classTargets
	targets int // of one row
}

// NewNLL returns the loss that c describes.
func NewNLL[T tensor.Float](c NLLConfig) Loss[T] { return &NLL[T]{config: c} }

func init() { Register("nll", NLLConfig{}, NewNLL[float32], NewNLL[float64]) }

// Build accepts classes, with one prediction for each.
func (l *NLL[T]) Build(pred tensor.Shape, target tensor.Spec) (err error) {
	if err := registry.Check(l.config); err != nil {
		return err
	}
	if err := MatchClasses(pred, target); err != nil {
		return err
	}
	l.targets = pred.Size() / pred.Last()
	l.classes, err = newClassTargets(l.config.ClassWeights, l.config.IgnoreIndex, pred.Last())
	return err
}

// Ignored implements Ignorer.
func (l *NLL[T]) Ignored() *int { return l.config.IgnoreIndex }

// Eval implements Loss. A target out of range is a panic with a *TargetError.
func (l *NLL[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	const op = "nll"
	n, width := rows*l.targets, len(l.classes.weights)
	checkLens(op, pred, dpred, n*width)
	CheckLen(op, "targets", len(target.Ints), n)
	weight = l.classes.total(op, target.Ints)
	clear(dpred)
	for i, k := range target.Ints {
		if l.classes.ignores(k) {
			continue
		}
		at, w := i*width+int(k), l.classes.weights[k]
		sum -= float64(w * float64(pred[at]))
		if dpred != nil {
			dpred[at] = T(-w / weight)
		}
	}
	return sum, weight
}

// Probabilities turns log-probabilities into probabilities.
func (l *NLL[T]) Probabilities(pred []T, _ tensor.Shape) { tensor.Exp(pred, pred) }

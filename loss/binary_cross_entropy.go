package loss

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Binary cross-entropy of logits x, with targets t from 0 to 1 and n of them per row.
//
//	loss = Σ (max(x_i, 0) − x_i·t_i + log(1 + e^−|x_i|)) / n          of one row
//	dx_i = (σ(x_i) − t_i) / (n·rows)
//
// This is −t·log σ(x) − (1−t)·log(1 − σ(x)), without its overflow. Shapes: x, dx [rows …]; t [rows …].

// BinaryCrossEntropyConfig configures binary_cross_entropy.
type BinaryCrossEntropyConfig struct {
	_ struct{} `doc:"logistic loss of logits; targets are numbers from 0 to 1 of their shape, or two classes for one output"`
}

// BinaryCrossEntropy is the cross-entropy between targets and the sigmoid of the predictions. Of two classes, the
// prediction is the logit of class 1.
type BinaryCrossEntropy[T tensor.Float] struct {
	size  int
	index bool
}

// NewBinaryCrossEntropy returns the loss.
func NewBinaryCrossEntropy[T tensor.Float](BinaryCrossEntropyConfig) Loss[T] {
	return &BinaryCrossEntropy[T]{}
}

func init() {
	Register("binary_cross_entropy", BinaryCrossEntropyConfig{}, NewBinaryCrossEntropy[float32], NewBinaryCrossEntropy[float64])
}

// Build accepts numbers of the shape of the predictions, and targets of two classes with one prediction each.
func (l *BinaryCrossEntropy[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	l.size, l.index = pred.Size(), target.IsIndex()
	switch {
	case !l.index:
		return MatchNumbers(pred, target)
	case target.Classes != 2:
		return fmt.Errorf("needs targets of 2 classes, has %d: use softmax_cross_entropy", target.Classes)
	case sameShape(pred, target.Shape):
		return nil
	case len(pred) == 1 && len(target.Shape) <= 1:
		return fmt.Errorf("needs one prediction for each target of shape %v, the last layer gives %v: set its units to %d",
			target.Shape, pred, target.Shape.Size())
	}
	return fmt.Errorf("needs one prediction for each target of shape %v, the last layer gives %v", target.Shape, pred)
}

// Eval implements Loss. A target out of range is a panic with a *TargetError.
func (l *BinaryCrossEntropy[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	const op = "binary_cross_entropy"
	n := rows * l.size
	checkLens(op, pred, dpred, n)
	if l.index {
		CheckLen(op, "targets", len(target.Ints), n)
		CheckClasses(op, target.Ints, tensor.Spec{Classes: 2})
	} else {
		CheckLen(op, "targets", len(target.Floats), n)
		CheckProbabilities(op, target.Floats)
	}
	for i, x := range pred {
		sum += logistic(float64(x), float64(l.target(target, i)))
	}
	if dpred != nil {
		tensor.Sigmoid(dpred, pred)
		scale := T(1 / float64(n))
		for i, p := range dpred {
			dpred[i] = scale * (p - l.target(target, i))
		}
	}
	return sum / float64(l.size), float64(rows)
}

func (l *BinaryCrossEntropy[T]) target(v tensor.Values[T], i int) T {
	if l.index {
		return T(v.Ints[i])
	}
	return v.Floats[i]
}

// logistic returns −t·log σ(x) − (1−t)·log(1 − σ(x)).
func logistic(x, t float64) float64 {
	return max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x)))
}

// Probabilities turns each logit into the probability of a 1.
func (l *BinaryCrossEntropy[T]) Probabilities(pred []T, _ tensor.Shape) { tensor.Sigmoid(pred, pred) }

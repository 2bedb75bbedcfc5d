package loss

import (
	"fmt"
	"math"
	"slices"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Binary cross-entropy of logits x, with targets t from 0 to 1 and n of them per row.
//
//	loss = Σ (max(x_i, 0) − x_i·t_i + log(1 + e^−|x_i|)) / n          of one row
//	dx_i = (σ(x_i) − t_i) / (n·rows)
//
// This is −t·log σ(x) − (1−t)·log(1 − σ(x)), without its overflow. With a weight p_i of positive targets, it is
// −p·t·log σ(x) − (1−t)·log(1 − σ(x)); the mean is that of all targets as before, as in PyTorch:
//
//	loss = Σ ((1 − t_i)·x_i + v_i·log(1 + e^−x_i)) / n, v_i = 1 + (p_i − 1)·t_i
//	dx_i = (v_i·σ(x_i) − p_i·t_i) / (n·rows)
//
// Shapes: x, dx [rows …]; t [rows …].

// BinaryCrossEntropyConfig configures binary_cross_entropy.
type BinaryCrossEntropyConfig struct {
	_         struct{}  `doc:"logistic loss of logits; targets are numbers from 0 to 1 of their shape, or two classes for one output"`
	PosWeight []float64 `doc:"weight of a target of 1 in the loss, against 1 for a target of 0: one for each output, or one for all; none weighs both alike" is:">0"`
}

// BinaryCrossEntropy is the cross-entropy between targets and the sigmoid of the predictions. Of two classes, the
// prediction is the logit of class 1.
type BinaryCrossEntropy[T tensor.Float] struct {
	config  BinaryCrossEntropyConfig
	size    int
	index   bool
	weights []float64 // [size], nil where positive targets weigh no more than others
}

// NewBinaryCrossEntropy returns the loss.
func NewBinaryCrossEntropy[T tensor.Float](c BinaryCrossEntropyConfig) Loss[T] {
	return &BinaryCrossEntropy[T]{config: c}
}

func init() {
	Register("binary_cross_entropy", BinaryCrossEntropyConfig{}, NewBinaryCrossEntropy[float32], NewBinaryCrossEntropy[float64])
}

// Build accepts numbers of the shape of the predictions, and targets of two classes with one prediction each.
func (l *BinaryCrossEntropy[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	if err := registry.Check(l.config); err != nil {
		return err
	}
	l.size, l.index = pred.Size(), target.IsIndex()
	switch l.weights = l.config.PosWeight; len(l.weights) {
	case 0, l.size:
	case 1:
		l.weights = slices.Repeat(l.weights, l.size)
	default:
		return &registry.FieldError{Key: "pos_weight", Err: fmt.Errorf("must hold one weight for each of %d outputs, or one for all, holds %d", l.size, len(l.weights))}
	}
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
	if l.weights != nil {
		return l.evalWeighted(pred, target, dpred) / float64(l.size), float64(rows)
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

// evalWeighted is Eval with weights of positive targets. The sum is that of all targets.
func (l *BinaryCrossEntropy[T]) evalWeighted(pred []T, target tensor.Values[T], dpred []T) (sum float64) {
	if dpred != nil {
		tensor.Sigmoid(dpred, pred)
	}
	for i, x := range pred {
		t, p := float64(l.target(target, i)), l.weights[i%l.size]
		v := 1 + float64((p-1)*t)
		sum += float64((1-t)*float64(x)) + float64(v*logistic(float64(x), 1))
		if dpred != nil {
			dpred[i] = T((float64(v*float64(dpred[i])) - float64(p*t)) / float64(len(pred)))
		}
	}
	return sum
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

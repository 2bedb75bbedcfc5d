package loss

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Softmax cross-entropy of the logits x of one prediction, with C classes of weights w and smoothing ε. The target is
// a distribution t over the classes; that of class k is t_c = [c = k].
//
//	q_c  = (1−ε)·t_c + ε/C
//	v_c  = w_c·q_c
//	lse  = m + log Σ e^(x_c − m), m = max x
//	loss = Σ v_c·(lse − x_c)
//	dx_c = (e^(x_c − lse)·Σ v − v_c) / W
//
// W, the total weight, is Σ w_k over the targets that count where they are classes, and their number where they are
// distributions, as in PyTorch. Smoothing: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception
// architecture for computer vision", CVPR 2016, section 7.
//
// Shapes: predictions [rows … C], classes [rows …], distributions [rows … C].

// SoftmaxCrossEntropyConfig configures softmax_cross_entropy.
type SoftmaxCrossEntropyConfig struct {
	_              struct{}  `doc:"softmax and cross-entropy in one; predictions are logits, targets are classes or probabilities"`
	ClassWeights   []float64 `doc:"weight of each class in the loss and its mean; none weighs all classes alike" is:">0"`
	LabelSmoothing float64   `doc:"part of each target that is spread evenly over all classes" is:">=0,<1"`
	IgnoreIndex    *int      `doc:"target that counts neither in the loss nor in its mean nor in the metrics, such as a class for padding"`
}

// SoftmaxCrossEntropy is the cross-entropy between targets and the softmax of the predictions, computed by
// log-sum-exp so that no logit overflows. Of one batch, Eval returns the sum over all targets.
type SoftmaxCrossEntropy[T tensor.Float] struct {
	config    SoftmaxCrossEntropyConfig
	classes   classTargets
	weightSum float64
	targets   int // of one row
	soft      bool
}

// NewSoftmaxCrossEntropy returns the loss that c describes.
func NewSoftmaxCrossEntropy[T tensor.Float](c SoftmaxCrossEntropyConfig) Loss[T] {
	return &SoftmaxCrossEntropy[T]{config: c}
}

func init() {
	Register("softmax_cross_entropy", SoftmaxCrossEntropyConfig{}, NewSoftmaxCrossEntropy[float32], NewSoftmaxCrossEntropy[float64])
}

// Build accepts classes, with one logit for each, and distributions of the shape of the predictions.
func (l *SoftmaxCrossEntropy[T]) Build(pred tensor.Shape, target tensor.Spec) (err error) {
	if err := registry.Check(l.config); err != nil {
		return err
	}
	l.soft = !target.IsIndex()
	if l.soft {
		if !pred.Equal(target.Shape) {
			return fmt.Errorf("needs classes as targets, or probabilities of the shape of the predictions %v, has numbers of shape %v",
				pred, target.Shape)
		}
		if err := refuseForNumbers(nil, l.config.IgnoreIndex); err != nil {
			return err
		}
	} else if err := MatchClasses(pred, target); err != nil {
		return err
	}
	l.targets = pred.Size() / pred.Last()
	if l.classes, err = newClassTargets(l.config.ClassWeights, l.config.IgnoreIndex, pred.Last()); err != nil {
		return err
	}
	l.weightSum = 0
	for _, w := range l.classes.weights {
		l.weightSum += w
	}
	return nil
}

// Ignored implements Ignorer.
func (l *SoftmaxCrossEntropy[T]) Ignored() *int { return l.config.IgnoreIndex }

// Eval implements Loss. A target out of range is a panic with a *TargetError.
func (l *SoftmaxCrossEntropy[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	const op = "softmax_cross_entropy"
	n, classes := rows*l.targets, len(l.classes.weights)
	checkLens(op, pred, dpred, n*classes)
	if l.soft {
		CheckLen(op, "targets", len(target.Floats), n*classes)
		CheckProbabilities(op, target.Floats)
		weight = float64(n)
	} else {
		CheckLen(op, "targets", len(target.Ints), n)
		weight = l.classes.total(op, target.Ints)
		if len(l.config.ClassWeights) == 0 && l.config.LabelSmoothing == 0 && l.config.IgnoreIndex == nil {
			return tensor.CrossEntropy(dpred, pred, target.Ints, classes, T(1/weight)), weight
		}
	}
	for i := range n {
		x := pred[i*classes:][:classes]
		var dx []T
		if dpred != nil {
			dx = dpred[i*classes:][:classes]
		}
		switch {
		case l.soft:
			sum += l.distribution(x, target.Floats[i*classes:][:classes], dx, weight)
		case l.classes.ignores(target.Ints[i]):
			clear(dx)
		default:
			sum += l.class(x, int(target.Ints[i]), dx, weight)
		}
	}
	return sum, weight
}

// class returns the loss of one prediction whose target is class k and sets dx where it is not nil.
//
// It keeps the target's term apart from the smoothing: 0·(lse − x_c) would be NaN for a class ruled out by a logit of −∞.
func (l *SoftmaxCrossEntropy[T]) class(x []T, k int, dx []T, total float64) float64 {
	lse := logSumExp(x)
	spread := l.config.LabelSmoothing / float64(len(x))
	own := (1 - l.config.LabelSmoothing) * l.classes.weights[k]
	loss := own * (lse - float64(x[k]))
	if spread > 0 {
		for c, w := range l.classes.weights {
			loss += spread * w * (lse - float64(x[c]))
		}
	}
	if dx != nil {
		softmax(dx, x, lse)
		mass := own + spread*l.weightSum
		for c, w := range l.classes.weights {
			dx[c] = T((float64(dx[c])*mass - spread*w) / total)
		}
		dx[k] -= T(own / total)
	}
	return loss
}

// distribution returns the loss of one prediction whose target is the distribution t and sets dx where it is not nil.
func (l *SoftmaxCrossEntropy[T]) distribution(x, t, dx []T, total float64) float64 {
	lse := logSumExp(x)
	spread := l.config.LabelSmoothing / float64(len(x))
	keep := 1 - l.config.LabelSmoothing
	var loss, mass float64
	for c, w := range l.classes.weights {
		v := w * (keep*float64(t[c]) + spread)
		loss += v * (lse - float64(x[c]))
		mass += v
	}
	if dx != nil {
		softmax(dx, x, lse)
		for c, w := range l.classes.weights {
			v := w * (keep*float64(t[c]) + spread)
			dx[c] = T((float64(dx[c])*mass - v) / total)
		}
	}
	return loss
}

// logSumExp returns log Σ e^x.
func logSumExp[T tensor.Float](x []T) float64 {
	m := float64(tensor.Max(x))
	var sum float64
	for _, v := range x {
		sum += math.Exp(float64(v) - m)
	}
	return m + math.Log(sum)
}

// softmax sets p = e^(x − lse).
func softmax[T tensor.Float](p, x []T, lse float64) {
	for c, v := range x {
		p[c] = T(float64(v) - lse)
	}
	tensor.Exp(p, p)
}

// Probabilities turns logits into softmax probabilities over the last axis.
func (l *SoftmaxCrossEntropy[T]) Probabilities(pred []T, shape tensor.Shape) {
	tensor.Softmax(pred, pred, shape.Last())
}

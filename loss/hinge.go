package loss

import (
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Hinge loss of scores x with the margin m. Of a target t that is −1 or 1, and n of them per row,
//
//	loss = Σ max(0, m − t_i·x_i) / n          of one row
//	dx_i = −t_i / (n·rows) where t_i·x_i < m, else 0
//
// Of a target of class k among C classes with a score each (Weston and Watkins),
//
//	loss = w_k · Σ_{c≠k} max(0, m − x_k + x_c) / C
//	dx_c = w_k / (C·W) where x_k < x_c + m, else 0; dx_k = −Σ_{c≠k} dx_c
//
// W, the total weight, is Σ w_k over the targets that count. At the kink the gradient is 0. Squared, every max is.
//
// Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995; Weston and Watkins, "Support vector machines
// for multi-class pattern recognition", ESANN 1999.
//
// Shapes: scores [rows …] for targets [rows …] of −1 and 1, or of two classes; scores [rows … C] for classes [rows …].

// HingeConfig configures hinge.
type HingeConfig struct {
	_ struct{} `doc:"maximum margin: scores are to be right by the margin; targets are -1 and 1, two classes for one score, or classes with a score each"`
	MarginConfig
}

// MarginConfig holds the settings of hinge and squared_hinge.
type MarginConfig struct {
	Margin       float64   `doc:"by how much a score is to be on the right side, or that of the target above the others" is:">0"`
	ClassWeights []float64 `doc:"weight of each class in the loss and its mean; none weighs all classes alike" is:">0"`
	IgnoreIndex  *int      `doc:"target that counts neither in the loss nor in its mean nor in the metrics, such as a class for padding"`
}

// Hinge is the hinge loss, or its square.
type Hinge[T tensor.Float] struct {
	op      string
	config  MarginConfig
	squared bool
	size    int // targets of one row
	width   int // scores of one target: 1, or one for each class
	index   bool
	classes classTargets
}

// NewHinge returns the loss that c describes.
func NewHinge[T tensor.Float](c HingeConfig) Loss[T] {
	return &Hinge[T]{op: "hinge", config: c.MarginConfig}
}

func init() {
	Register("hinge", HingeConfig{MarginConfig: MarginConfig{Margin: 1}}, NewHinge[float32], NewHinge[float64])
}

// Build accepts numbers of the shape of the scores; two classes of their shape; and classes with a score each.
func (l *Hinge[T]) Build(pred tensor.Shape, target tensor.Spec) (err error) {
	if err := registry.Check(l.config); err != nil {
		return err
	}
	l.index, l.width, l.size = target.IsIndex(), 1, pred.Size()
	if !l.index {
		if err := refuseForNumbers(l.config.ClassWeights, l.config.IgnoreIndex); err != nil {
			return err
		}
		return MatchNumbers(pred, target)
	}
	if target.Classes != 2 || !sameShape(pred, target.Shape) {
		if err := MatchClasses(pred, target); err != nil {
			return err
		}
		l.width = target.Classes
		l.size /= l.width
	}
	l.classes, err = newClassTargets(l.config.ClassWeights, l.config.IgnoreIndex, target.Classes)
	return err
}

// Ignored implements Ignorer.
func (l *Hinge[T]) Ignored() *int { return l.config.IgnoreIndex }

// Eval implements Loss. A target out of range is a panic with a *TargetError.
func (l *Hinge[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	n := rows * l.size
	checkLens(l.op, pred, dpred, n*l.width)
	if !l.index {
		CheckLen(l.op, "targets", len(target.Floats), n)
		checkSigns(l.op, target.Floats)
		for i, t := range target.Floats {
			sum += l.binary(pred, dpred, i, float64(t), 1/float64(n))
		}
		return sum / float64(l.size), float64(rows)
	}
	CheckLen(l.op, "targets", len(target.Ints), n)
	weight = l.classes.total(l.op, target.Ints)
	clear(dpred)
	for i, k := range target.Ints {
		if l.classes.ignores(k) {
			continue
		}
		w := l.classes.weights[k]
		if l.width == 1 {
			sum += float64(w * l.binary(pred, dpred, i, float64(2*k-1), w/weight))
		} else {
			sum += float64(w * l.class(pred, dpred, i, int(k), w/weight))
		}
	}
	return sum, weight
}

// binary returns the loss of score i with the target t, −1 or 1, and sets its gradient, times scale, where there is one.
func (l *Hinge[T]) binary(pred, dpred []T, i int, t, scale float64) float64 {
	loss, slope := l.hinge(l.config.Margin - float64(t*float64(pred[i])))
	if dpred != nil {
		dpred[i] = T(-t * slope * scale)
	}
	return loss
}

// class returns the loss of the scores of target i, which is class k, and sets their gradients, times scale, where there
// are any.
func (l *Hinge[T]) class(pred, dpred []T, i, k int, scale float64) (sum float64) {
	x := pred[i*l.width:][:l.width]
	scale /= float64(l.width)
	var slopes float64
	for c, v := range x {
		if c == k {
			continue
		}
		loss, slope := l.hinge(l.config.Margin - float64(x[k]) + float64(v))
		sum += loss
		slopes += slope
		if dpred != nil {
			dpred[i*l.width+c] = T(slope * scale)
		}
	}
	if dpred != nil {
		dpred[i*l.width+k] = T(-slopes * scale)
	}
	return sum / float64(l.width)
}

// hinge returns max(0, d) or its square, and the derivative.
func (l *Hinge[T]) hinge(d float64) (loss, slope float64) {
	loss = max(d, 0)
	if l.squared {
		return loss * loss, 2 * loss
	}
	return loss, sign(loss)
}

// checkSigns panics with a *TargetError unless every target is −1 or 1. It lets NaN pass, which the loss shows.
func checkSigns[T tensor.Float](op string, targets []T) {
	for i, t := range targets {
		if t == t && t != -1 && t != 1 {
			panic(&TargetError{Op: op, Index: i, Want: "-1 or 1", Target: float64(t)})
		}
	}
}

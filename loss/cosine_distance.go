package loss

import (
	"math"

	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// Cosine distance of the vectors x from the targets t along the last axis, with the norms ‖·‖ bounded from below by ε.
//
//	cos  = x·t / (‖x‖·‖t‖)
//	loss = 1 − cos          of one vector
//	dx   = (cos·x/‖x‖² − t/(‖x‖·‖t‖)) / W
//
// Where ‖x‖ is ε its own derivative is 0, and the first term of dx goes. W, the total weight, is the number of vectors.
// Shapes: x, t, dx [rows … n].

// CosineDistanceConfig configures cosine_distance.
type CosineDistanceConfig struct {
	_       struct{} `doc:"1 minus the cosine between predicted and target vectors on the last axis, whatever their lengths"`
	Epsilon float64  `doc:"least length that a vector is taken to have, so that one of zeros has a distance of 1" is:">0"`
}

// CosineDistance is one minus the cosine of the angle between predictions and targets.
type CosineDistance[T tensor.Float] struct {
	config  CosineDistanceConfig
	vectors int // of one row
	n       int
}

// NewCosineDistance returns the loss that c describes.
func NewCosineDistance[T tensor.Float](c CosineDistanceConfig) Loss[T] {
	return &CosineDistance[T]{config: c}
}

func init() {
	Register("cosine_distance", CosineDistanceConfig{Epsilon: 1e-8}, NewCosineDistance[float32], NewCosineDistance[float64])
}

// Build accepts vectors of the shape of the predictions.
func (l *CosineDistance[T]) Build(pred tensor.Shape, target tensor.Spec) error {
	if err := registry.Check(l.config); err != nil {
		return err
	}
	l.n = pred.Last()
	l.vectors = pred.Size() / l.n
	return MatchNumbers(pred, target)
}

// Eval implements Loss.
func (l *CosineDistance[T]) Eval(pred []T, target tensor.Values[T], rows int, dpred []T) (sum, weight float64) {
	n := rows * l.vectors
	checkNumbers("cosine_distance", pred, target.Floats, dpred, n*l.n)
	weight = float64(n)
	for i := range n {
		x, t := pred[i*l.n:][:l.n], target.Floats[i*l.n:][:l.n]
		var dx []T
		if dpred != nil {
			dx = dpred[i*l.n:][:l.n]
		}
		sum += l.vector(x, t, dx, weight)
	}
	return sum, weight
}

// vector returns the distance of one vector and sets dx where it is not nil.
func (l *CosineDistance[T]) vector(x, t, dx []T, total float64) float64 {
	var dot, xx, tt float64
	for j, v := range x {
		a, b := float64(v), float64(t[j])
		dot += float64(a * b)
		xx += float64(a * a)
		tt += float64(b * b)
	}
	length := math.Sqrt(xx)
	nx, nt := max(length, l.config.Epsilon), max(math.Sqrt(tt), l.config.Epsilon)
	cos := dot / nx / nt
	own := cos / nx / nx
	if length < l.config.Epsilon {
		own = 0
	}
	for j := range dx {
		dx[j] = T((float64(own*float64(x[j])) - float64(t[j])/nx/nt) / total)
	}
	return 1 - cos
}

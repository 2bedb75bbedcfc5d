package loss

import "github.com/strata-ml/strata/tensor"

// Eval evaluates a loss on the predictions for a batch, with the weights of its rows where it has some: sum, weight and
// gradient are those of the loss where row i counts v_i times.
//
//	sum = Σ v_i·sum_i, weight = Σ v_i·weight_i, dpred_i = v_i·weight_i/weight · dpred of row i alone
//
// Weighted rows are evaluated one by one, so that a loss need not know of weights. Shapes: as for Loss.
func Eval[T tensor.Float](l Loss[T], pred []T, b *tensor.Batch[T], dpred []T) (sum, weight float64) {
	if b.Weights == nil {
		return l.Eval(pred, b.Target, b.Rows, dpred)
	}
	CheckLen("loss", "weights", len(b.Weights), b.Rows)
	for i, v := range b.Weights {
		dx := rowOf(dpred, i, b.Rows)
		target := tensor.Values[T]{Floats: rowOf(b.Target.Floats, i, b.Rows), Ints: rowOf(b.Target.Ints, i, b.Rows)}
		s, w := l.Eval(rowOf(pred, i, b.Rows), target, 1, dx)
		sum += float64(float64(v) * s)
		weight += float64(float64(v) * w)
		tensor.Scale(T(float64(v)*w), dx)
	}
	if weight != 0 {
		tensor.Scale(T(1/weight), dpred)
	}
	return sum, weight
}

// rowOf returns row i of rows rows, nil of nil.
func rowOf[E any](x []E, i, rows int) []E {
	if x == nil {
		return nil
	}
	n := len(x) / rows
	return x[i*n : (i+1)*n : (i+1)*n]
}

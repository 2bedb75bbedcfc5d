package train

import (
	"math"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
)

// Log is what is recorded besides the loss, the rate, the norm of the gradient and the update ratios. What is off costs
// nothing.
type Log struct {
	Activations bool `doc:"with each step record, of each bounded activation: the share of saturated outputs (sigmoid, tanh and their kin), or of dead units, 0 in the whole batch (relu); activations without such bounds, as leaky_relu, prelu and elu, whose outputs do not stay at 0, have neither" class:"extend"`
	Gradients   bool `doc:"with each step record, the norm of the gradient of each node's parameters, before clipping" class:"extend"`
	Weights     bool `doc:"with each epoch record, of each parameter: the share of exact zeros and a histogram" class:"extend"`
}

// Of an activation with two bounds, an output is saturated when it is within saturatedWithin of the distance between
// them from either: there the derivative is close to 0, and little of the gradient gets through.
const saturatedWithin = 0.01

// maxHistogramBins is the largest number of bins of a histogram of weights. One of n elements has √n bins: with more than
// that a few elements look like a comb.
const maxHistogramBins = 32

// A Histogram counts the elements of an array in bins of equal width from Min to Max. Elements that are not finite are
// in none.
type Histogram struct {
	Min    Number  `json:"min"`
	Max    Number  `json:"max"`
	Counts []int64 `json:"counts"`
}

// diagnoseActivations sets the saturation and the dead units of the batch, of its last portion where it has several.
func (r *Run[T]) diagnoseActivations(rec *Record) {
	r.exec.Outputs(func(node string, l layers.Layer[T], out []T, rows int) {
		bounded, ok := l.(layers.Bounded)
		if !ok || rows == 0 || len(out) == 0 {
			return
		}
		switch lo, hi := bounded.Bounds(); {
		case !math.IsInf(lo, 0) && !math.IsInf(hi, 0):
			set(&rec.Saturation, node, saturation(out, lo, hi))
		case lo == 0:
			set(&rec.Dead, node, deadUnits(out, rows))
		}
	})
}

func set(m *map[string]Number, key string, v float64) {
	if *m == nil {
		*m = map[string]Number{}
	}
	(*m)[key] = Number(v)
}

// saturation returns the share of elements that are saturated between two bounds.
func saturation[T tensor.Float](y []T, lo, hi float64) float64 {
	margin := saturatedWithin * (hi - lo)
	n := 0
	for _, v := range y {
		if float64(v) <= lo+margin || float64(v) >= hi-margin {
			n++
		}
	}
	return float64(n) / float64(len(y))
}

// deadUnits returns the share of units that are 0 in every row. Shape of y: [rows, units].
func deadUnits[T tensor.Float](y []T, rows int) float64 {
	units := len(y) / rows
	dead := 0
	for u := range units {
		alive := false
		for i := u; i < len(y) && !alive; i += units {
			alive = y[i] != 0
		}
		if !alive {
			dead++
		}
	}
	return float64(dead) / float64(units)
}

// gradientNorms returns the norm of the gradient of each node that trains, with the penalties, before it is clipped.
func (r *Run[T]) gradientNorms(grads []T) map[string]Number {
	norms := map[string]Number{}
	for i := range r.updates {
		u := &r.updates[i]
		if u.param.Frozen {
			continue
		}
		sum := 0.0
		if u.table != nil {
			sum = u.table.sumSquares()
		} else {
			sum = optim.FoldedSumSquares(u.gradient(grads), u.param.Data, u.update.Fold)
		}
		norms[u.param.Node] += Number(sum)
	}
	for node, sum := range norms {
		norms[node] = Number(math.Sqrt(float64(sum)))
	}
	return norms
}

// diagnoseWeights sets the share of exact zeros and the histogram of each parameter.
func (r *Run[T]) diagnoseWeights(rec *Record) {
	rec.Histograms = map[string]Histogram{}
	for _, p := range r.s.Model.Params() {
		set(&rec.Zeros, p.Path, zeros(p.Data))
		rec.Histograms[p.Path] = histogramOf(p.Data)
	}
}

func zeros[T tensor.Float](w []T) float64 {
	n := 0
	for _, v := range w {
		if v == 0 {
			n++
		}
	}
	return float64(n) / float64(len(w))
}

func histogramOf[T tensor.Float](w []T) Histogram {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range w {
		if f := float64(v); isFinite(f) {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	bins := max(1, min(maxHistogramBins, int(math.Ceil(math.Sqrt(float64(len(w)))))))
	h := Histogram{Min: Number(lo), Max: Number(hi), Counts: make([]int64, bins)}
	for _, v := range w {
		if f := float64(v); isFinite(f) {
			at := 0
			if hi > lo {
				at = min(int((f-lo)/(hi-lo)*float64(bins)), bins-1)
			}
			h.Counts[at]++
		}
	}
	return h
}

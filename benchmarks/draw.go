package benchmarks

import (
	"math"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/tensor"
)

// The numbers that a workload starts with are pure functions of seed, array and element, which torch_losses.py draws
// alike. Array k holds the k-th parameter; the batches follow from firstBatch on, inputs and targets in turn.
const (
	seed       = 1
	firstBatch = 1000
)

func array(k int) tensor.Random { return tensor.NewRandom(seed).With(uint64(k)) }

// drawWeights gives the parameters of a model PyTorch's distributions: U(−1/√in, 1/√in) for the weights [in out] and
// the bias of a dense layer, and standard normal numbers for a table of vectors.
func drawWeights(m *model.Model[float32]) {
	in := 1
	for k, p := range m.Params() {
		if p.IsTable() {
			for i := range p.Data {
				p.Data[i] = float32(array(k).Normal(i))
			}
			continue
		}
		if len(p.Shape) == 2 {
			in = p.Shape[0]
		}
		bound, random := 1/math.Sqrt(float64(in)), array(k)
		for i := range p.Data {
			p.Data[i] = float32(bound * (2*random.Float64(i) - 1))
		}
	}
}

// drawBatches returns the batches of a workload.
func drawBatches(w Workload) []tensor.Batch[float32] {
	batches := make([]tensor.Batch[float32], w.Batches)
	for k := range batches {
		batches[k] = tensor.Batch[float32]{
			Rows:   w.Rows,
			Inputs: []tensor.Values[float32]{draw(w.Input, w.Rows, array(firstBatch+2*k))},
			Target: draw(w.Target, w.Rows, array(firstBatch+2*k+1)),
		}
	}
	return batches
}

// draw returns standard normal numbers, or classes that are all as likely.
func draw(s tensor.Spec, rows int, random tensor.Random) tensor.Values[float32] {
	n := rows * s.Shape.Size()
	if s.IsIndex() {
		ints := make([]int32, n)
		for i := range ints {
			ints[i] = int32(random.IntN(i, s.Classes))
		}
		return tensor.Values[float32]{Ints: ints}
	}
	floats := make([]float32, n)
	for i := range floats {
		floats[i] = float32(random.Normal(i))
	}
	return tensor.Values[float32]{Floats: floats}
}

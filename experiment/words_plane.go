package experiment

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// A Plane is where vectors lie in the plane that shows most of their variance.
type Plane struct {
	Before, After [][2]float64 // by word
	Share         [2]float64   // of the variance, along each axis
}

// Plane projects the vectors of words, before and after training together, onto their first two principal components
// (Pearson, "On lines and planes of closest fit to systems of points in space", 1901). Of the two directions of a
// component the one is taken in which the point farthest from the centre is positive.
func (t *WordTable) Plane(ids []int32) Plane {
	n := 2 * len(ids)
	x := make([]float64, 0, n*t.Dim) // [2·words Dim], centred
	for _, vectors := range [][]float64{t.Before, t.After} {
		for _, id := range ids {
			x = append(x, t.row(vectors, id)...)
		}
	}
	centre(x, t.Dim)
	gram, trace := make([]float64, n*n), 0.0 // X·Xᵀ, whose eigenvectors times the roots of their eigenvalues are the coordinates
	for i := range n {
		for j := range n {
			gram[i*n+j] = tensor.Dot(x[i*t.Dim:(i+1)*t.Dim], x[j*t.Dim:(j+1)*t.Dim])
		}
		trace += gram[i*n+i]
	}
	p := Plane{Before: make([][2]float64, len(ids)), After: make([][2]float64, len(ids))}
	values, vectors := topTwo(gram, n)
	for k := range 2 {
		if trace > 0 {
			p.Share[k] = values[k] / trace
		}
		for i, u := range vectors[k] {
			at := p.Before
			if i >= len(ids) {
				at, i = p.After, i-len(ids)
			}
			at[i][k] = u * math.Sqrt(max(values[k], 0))
		}
	}
	return p
}

// centre subtracts the mean of the rows from each. Shape: x [rows dim].
func centre(x []float64, dim int) {
	mean := make([]float64, dim)
	rows := len(x) / dim
	for i, v := range x {
		mean[i%dim] += v / float64(rows)
	}
	for i := range x {
		x[i] -= mean[i%dim]
	}
}

// topTwo returns the two largest eigenvalues of a symmetric matrix [n n] without negative ones, and their eigenvectors,
// by orthogonal iteration (Golub and Van Loan, "Matrix computations", section 8.2.4).
func topTwo(a []float64, n int) (values [2]float64, vectors [2][]float64) {
	const iterations = 1000
	for k := range vectors {
		vectors[k] = make([]float64, n)
		for i := range vectors[k] {
			vectors[k][i] = math.Sin(float64((k + 1) * (i + 1))) // any start will do that no eigenvector is orthogonal to
		}
	}
	next := make([]float64, n)
	for range iterations {
		for k := range vectors {
			for i := range next {
				next[i] = tensor.Dot(a[i*n:(i+1)*n], vectors[k])
			}
			if k == 1 {
				tensor.Axpy(-tensor.Dot(vectors[0], next), vectors[0], next)
			}
			values[k] = math.Sqrt(tensor.SumSquares(next))
			if values[k] <= 1e-12*values[0] {
				values[k] = 0
				clear(vectors[k])
				continue
			}
			tensor.ScaleTo(vectors[k], 1/values[k], next)
		}
	}
	for _, v := range vectors {
		farthest := 0.0
		for _, u := range v {
			if math.Abs(u) > math.Abs(farthest) {
				farthest = u
			}
		}
		if farthest < 0 {
			tensor.Scale(-1, v)
		}
	}
	return values, vectors
}

package layers

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// Orthogonal is the initializer orthogonal (Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of
// learning in deep linear neural networks", ICLR 2014). The parameter is seen as a matrix [rows cols] whose columns are
// the last axis and whose rows are all the others. Its columns are orthonormal up to Gain when there are no more of
// them than rows, its rows otherwise. The matrix is uniform among those.
type Orthogonal struct {
	_    struct{} `doc:"Saxe et al. 2014: a random matrix with orthonormal columns, or rows where those are fewer, times gain"`
	Gain float64  `doc:"length of each of those vectors" is:">0"`
}

// Fill implements Initializer.
func (c Orthogonal) Fill(w []float64, shape tensor.Shape, r tensor.Random) {
	cols := shape.Last()
	rows := len(w) / cols
	n, length := min(rows, cols), max(rows, cols)
	q := make([]float64, n*length) // the vectors that become orthonormal, one after the other
	fillNormal(q, 0, 1, r)
	orthonormalize(q, length)
	for i := range rows {
		for j := range cols {
			if cols <= rows {
				w[i*cols+j] = c.Gain * q[j*length+i]
			} else {
				w[i*cols+j] = c.Gain * q[i*length+j]
			}
		}
	}
}

func init() { RegisterInitializer("orthogonal", Orthogonal{Gain: 1}, itself[Orthogonal]) }

// orthonormalize replaces the vectors in q, each of length n, by the factor Q of their QR decomposition, by the
// modified Gram-Schmidt process. R then has a positive diagonal, which makes Q uniform when the vectors are normal
// (Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54, 2007). Each
// vector is projected twice, because one pass loses orthogonality as the vectors come close to dependent (Giraud,
// Langou and Rozložník, "The loss of orthogonality in the Gram-Schmidt orthogonalization process", 2005).
func orthonormalize(q []float64, n int) {
	for k := 0; k < len(q); k += n {
		v := q[k : k+n]
		for range 2 {
			for j := 0; j < k; j += n {
				u := q[j : j+n]
				tensor.Axpy(-tensor.Dot(u, v), u, v)
			}
		}
		tensor.Scale(1/math.Sqrt(tensor.SumSquares(v)), v)
	}
}

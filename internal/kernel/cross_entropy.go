package kernel

import "math"

// statRows is the number of rows whose losses one call of vector code prepares.
const statRows = 64

// CrossEntropy returns Σ_i −log p[i, class[i]] of the softmax p of each row of x, summed in float64 row after row, and sets
// dx = scale·(p − [j = class[i]]) where dx is not nil. Shapes: x, dx [rows n], class [rows] in [0, n). dx and x do not
// overlap.
//
//	−log p_k = (m − x_k) + log(r + e^(x_k−m)), r = Σ e^(x_j−m) over j ≠ k, m = max x
//	dx_k     = −scale·r/(r + e^(x_k−m))
//
// The term of k stays apart, so that neither the loss nor the gradient of a prediction that is nearly right is the
// difference of numbers near 1: log1p(r) keeps all digits of r.
func CrossEntropy[T Float](dx, x []T, class []int32, n int, scale T) float64 {
	x = x[:len(class)*n]
	if dx != nil {
		dx = dx[:len(x)]
	}
	var loss float64
	var stats [3 * statRows]T
	for step := min(statRows, max(1, piece/n)); len(class) > 0; {
		rows := min(step, len(class))
		part := rows * n
		switch {
		case level == plain || n > sumPiece:
			crossEntropyPlain(dx, x[:part], class[:rows], stats[:], n, scale)
		case dx == nil:
			crossEntropyLossVector(x[:part], class[:rows], stats[:], n)
		default:
			crossEntropyVector(dx[:part], x[:part], class[:rows], stats[:], n, scale)
		}
		for i, k := range class[:rows] {
			rest, own, m := float64(stats[3*i]), float64(stats[3*i+1]), float64(stats[3*i+2])
			loss += m - float64(x[i*n+int(k)]) + math.Log1p(rest+(own-1))
		}
		x, class = x[part:], class[rows:]
		if dx != nil {
			dx = dx[part:]
		}
	}
	return loss
}

// crossEntropyPlain sets r, e^(x_k−m) and m of each row in stats [rows 3].
func crossEntropyPlain[T Float](dx, x []T, class []int32, stats []T, n int, scale T) {
	for i, k := range class {
		row := x[i*n:][:n]
		m := Max(row)
		var lane [Lanes]T
		var own T
		for j, v := range row {
			e := T(exp(float64(v - m)))
			if j == int(k) {
				own = e
			} else {
				lane[j%Lanes] += e
			}
			if dx != nil {
				dx[i*n+j] = e
			}
		}
		rest := joinLanes(&lane)
		stats[3*i], stats[3*i+1], stats[3*i+2] = rest, own, m
		if dx != nil {
			factor := scale / (rest + own)
			Scale(factor, dx[i*n:][:n])
			dx[i*n+int(k)] = -(rest * factor)
		}
	}
}

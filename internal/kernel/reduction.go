package kernel

import "math"

// sumPiece is the number of elements that a sum runs over at once. The sums of the pieces are added in their order. It
// is part of the contract: another length gives other bits.
const sumPiece = 1 << 15

// Dot returns Σ x[i]·y[i], in Lanes chains for each piece.
func Dot[T Float](x, y []T) T {
	y = y[:len(x)]
	var sum T
	for ; len(x) > sumPiece; x, y = x[sumPiece:], y[sumPiece:] {
		sum += dot(x[:sumPiece], y)
	}
	return sum + dot(x, y)
}

func dot[T Float](x, y []T) T {
	if level == plain {
		return dotPlain(x, y)
	}
	return dotVector(x, y)
}

func dotPlain[T Float](x, y []T) T {
	var lane [Lanes]T
	for i, v := range x {
		lane[i%Lanes] += T(v * y[i])
	}
	return joinLanes(&lane)
}

// Sum returns Σ x[i], in Lanes chains for each piece.
func Sum[T Float](x []T) T {
	var total T
	for ; len(x) > sumPiece; x = x[sumPiece:] {
		total += sum(x[:sumPiece])
	}
	return total + sum(x)
}

func sum[T Float](x []T) T {
	if level == plain {
		return sumPlain(x)
	}
	return sumVector(x)
}

func sumPlain[T Float](x []T) T {
	var lane [Lanes]T
	for i, v := range x {
		lane[i%Lanes] += v
	}
	return joinLanes(&lane)
}

// SumSquares returns Σ x[i]², in Lanes chains of float64 for each half of a whole piece and for the last piece: the sum
// of float32 squares neither overflows nor drifts. It is finite only if every x[i] is.
func SumSquares[T Float](x []T) float64 { return sumPieces(pieceSum[T]{kind: squares, x: x}) }

func sumSquares[T Float](x []T) float64 {
	const half = sumPiece / 2
	switch whole := len(x) == sumPiece; {
	case level == plain && whole:
		return sumSquaresPlain(x[:half]) + sumSquaresPlain(x[half:])
	case level == plain:
		return sumSquaresPlain(x)
	case whole:
		return sumSquaresHalvesVector(x)
	}
	return sumSquaresVector(x)
}

func sumSquaresPlain[T Float](x []T) float64 {
	var lane [Lanes]float64
	for i, v := range x {
		w := float64(v)
		lane[i%Lanes] += float64(w * w)
	}
	return joinLanes(&lane)
}

// Finite reports whether no x[i] is NaN or infinite: whether Σ 0·x[i] is a number. It reads all of x.
func Finite[T Float](x []T) bool { return sumPieces(pieceSum[T]{kind: zeros, x: x}) == 0 }

func sumZeros[T Float](x []T) T {
	if level == plain {
		return sumZerosPlain(x)
	}
	return sumZerosVector(x)
}

func sumZerosPlain[T Float](x []T) T {
	var sum T
	for _, v := range x {
		sum += 0 * v
	}
	return sum
}

// SumAbs returns Σ |x[i]|, in Lanes chains of float64 for each piece.
func SumAbs[T Float](x []T) float64 {
	var sum float64
	for ; len(x) > sumPiece; x = x[sumPiece:] {
		sum += sumAbs(x[:sumPiece])
	}
	return sum + sumAbs(x)
}

func sumAbs[T Float](x []T) float64 {
	if level == plain {
		return sumAbsPlain(x)
	}
	return sumAbsVector(x)
}

func sumAbsPlain[T Float](x []T) float64 {
	var lane [Lanes]float64
	for i, v := range x {
		lane[i%Lanes] += math.Abs(float64(v))
	}
	return joinLanes(&lane)
}

// joinLanes adds the lanes in a binary tree: halves onto halves.
func joinLanes[T Float](lane *[Lanes]T) T {
	for half := Lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}

package kernel

import (
	"sync"
	"unsafe"
)

// A pieceSum is a sum over the pieces of x, often a gradient.
type pieceSum[T Float] struct {
	kind sumKind
	w, x []T
	fold Fold[T]
}

type sumKind int

const (
	squares          sumKind = iota
	penalizedSquares         // with the penalties of w, as fold has them
	zeros                    // of 0·x, which is NaN where an element is not finite
)

// piece returns the sum of piece i.
func (s *pieceSum[T]) piece(i int) float64 {
	from := i * sumPiece
	to := min(from+sumPiece, len(s.x))
	x := s.x[from:to]
	switch s.kind {
	case penalizedSquares:
		return penalizedSumSquares(s.w[from:to], x, &s.fold)
	case zeros:
		return float64(sumZeros(x))
	default:
		return sumSquares(x)
	}
}

// sumTask is a sum of which workers share the pieces from first on.
type sumTask[T Float] struct {
	pieceSum[T]
	first int
}

func (t *sumTask[T]) run(chunk int) { partialSums.of[chunk] = t.piece(t.first + chunk) }

func (t *sumTask[T]) forget() { *t = sumTask[T]{} }

var (
	sumTask32 sumTask[float32]
	sumTask64 sumTask[float64]
)

// partialSums are those of the pieces that workers share. They outlast the task, which another may take once it has run.
var partialSums struct {
	owner sync.Mutex
	of    [256]float64
}

func sharedSum[T Float]() *sumTask[T] {
	if is32[T]() {
		return (*sumTask[T])(unsafe.Pointer(&sumTask32))
	}
	return (*sumTask[T])(unsafe.Pointer(&sumTask64))
}

// sumPieces adds the sums of the pieces in their order, whoever computes them.
func sumPieces[T Float](s pieceSum[T]) float64 {
	pieces := max(1, (len(s.x)+sumPiece-1)/sumPiece)
	if pieces > 1 && partialSums.owner.TryLock() {
		defer partialSums.owner.Unlock()
		return sumShared(s, pieces)
	}
	var sum float64
	for i := range pieces {
		sum += s.piece(i)
	}
	return sum
}

// sumShared is sumPieces for the owner of partialSums.
func sumShared[T Float](s pieceSum[T], pieces int) float64 {
	var sum float64
	sums := partialSums.of[:]
	for first := 0; first < pieces; first += len(sums) {
		count := min(pieces-first, len(sums))
		if holdPool() {
			t := sharedSum[T]()
			t.pieceSum, t.first = s, first
			runTask(t, count)
		} else {
			for i := range count {
				sums[i] = s.piece(first + i)
			}
		}
		for _, v := range sums[:count] {
			sum += v
		}
	}
	return sum
}

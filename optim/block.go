package optim

import (
	"math"

	"github.com/strata-ml/strata/tensor"
)

// A block is where a rule that has no kernel of its own gets its gradient folded, a part at a time: small enough to stay in
// the nearest cache, so that an update is one pass over memory.
type block[T tensor.Float] [256]T

// block returns the elements from at on of the parameter, as many as a block has, and the gradient that the rule sees for
// them. b is the memory of the latter where there is something to fold.
func (u *Update[T]) block(at int, b *block[T]) (w, g []T) {
	end := min(at+len(b), len(u.Param))
	w, g = u.Param[at:end], u.Grad[at:end]
	if u.Fold == (Fold{}) {
		return w, g
	}
	folded := b[:copy(b[:], g)]
	FoldGradient(folded, w, u.Fold)
	return w, folded
}

// slot returns the elements from at on of slot i, n of them.
func (u *Update[T]) slot(i, at, n int) []T { return u.Slots[i][at : at+n] }

func sqrt[T tensor.Float](x T) T { return T(math.Sqrt(float64(x))) }

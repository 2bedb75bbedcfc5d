package layers

import "github.com/strata-ml/strata/tensor"

// y = max_i x_i, element by element        x_i, y [any shape], all equal
//
// dx_i = dy where x_i is the largest, else 0: the gate routes the gradient to the winner. Of equal inputs the first one
// wins. NaN wins over every number, the first NaN over the others.

// MaxConfig is the configuration of max.
type MaxConfig struct {
	_ struct{} `doc:"largest of two or more inputs of equal shape, element by element; the first of equal ones takes the gradient"`
}

// Max takes the largest of its inputs, element by element.
type Max[T tensor.Float] struct {
	inputs int
	winner ScratchIntID // the input that each element of y came from
}

// NewMax returns a max layer.
func NewMax[T tensor.Float](MaxConfig) Layer[T] { return &Max[T]{} }

func init() { Register("max", MaxConfig{}, NewMax[float32], NewMax[float64]) }

// Build implements Layer.
func (l *Max[T]) Build(b *Builder[T]) error {
	if err := buildElementwise(b); err != nil {
		return err
	}
	l.inputs = b.NumIn()
	l.winner = b.ScratchInt(b.In(0).Size())
	b.BackwardReads(false, false)
	return nil
}

// Forward implements Layer.
func (l *Max[T]) Forward(f *Frame[T]) {
	y, winner := f.Out(), f.ScratchInt(l.winner)
	tensor.Copy(y, f.In(0))
	clear(winner)
	for i := 1; i < l.inputs; i++ {
		for k, x := range f.In(i) {
			if x > y[k] || x != x && y[k] == y[k] {
				y[k], winner[k] = x, int32(i)
			}
		}
	}
}

// Backward implements Layer.
func (l *Max[T]) Backward(f *Frame[T]) {
	dy, winner := f.DOut(), f.ScratchInt(l.winner)
	for i := range l.inputs {
		dx := f.DIn(i)
		for k, w := range winner {
			if int(w) == i {
				dx[k] = dy[k]
			} else {
				dx[k] = 0
			}
		}
	}
}

package layerstest

import (
	"errors"
	"fmt"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// A harness is a layer that was built on the inputs of a subject.
type harness[T tensor.Float] struct {
	*subject
	layer layers.Layer[T]
	decl  *layers.Declaration
}

func newHarness[T tensor.Float](s *subject) (*harness[T], error) {
	h := &harness[T]{subject: s}
	err := catch(func() error {
		part, err := s.part()
		if err != nil {
			return err
		}
		h.layer = layers.Make[T](part)
		h.decl, err = layers.Declare(h.layer, s.in...)
		return err
	})
	return h, err
}

// inBoth makes a check of a subject from the same check in either element type.
func inBoth(f64 func(*harness[float64]) error, f32 func(*harness[float32]) error) func(*subject) error {
	return func(s *subject) error {
		if err := inType(s, f64); err != nil {
			return fmt.Errorf("float64: %w", err)
		}
		if err := inType(s, f32); err != nil {
			return fmt.Errorf("float32: %w", err)
		}
		return nil
	}
}

func inType[T tensor.Float](s *subject, check func(*harness[T]) error) error {
	h, err := newHarness[T](s)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return catch(func() error { return check(h) })
}

func isPanic(err error) bool {
	_, ok := errors.AsType[*layers.PanicError](err)
	return ok
}

// catch runs f and returns a panic in it as an error.
func catch(f func() error) error { return layers.Guard("it", f) }

// A sample is what a layer is run on. Every number is a float32, so that both element types see the same ones.
type sample[T tensor.Float] struct {
	rows         int
	in           [][]T     // nil where the input holds integers
	index        [][]int32 // nil where the input holds real numbers
	param, state [][]T
	dout         []T
}

// sample draws rows rows. Parameters and states are the same for every seed.
func (h *harness[T]) sample(rows int, seed uint64) *sample[T] {
	s := &sample[T]{rows: rows}
	r := tensor.NewRandom(seed)
	for i, spec := range h.decl.In {
		n, r := rows*spec.Shape.Size(), r.WithName("in").With(uint64(i))
		if spec.IsIndex() {
			index := make([]int32, n)
			for j := range index {
				index[j] = int32(r.IntN(j, spec.Classes))
			}
			s.in, s.index = append(s.in, nil), append(s.index, index)
			continue
		}
		x := make([]T, n)
		for j := range x {
			x[j] = T(float32(h.input(r, j)))
		}
		s.in, s.index = append(s.in, x), append(s.index, nil)
	}
	s.dout = make([]T, rows*h.decl.Out.Size())
	for j, r := 0, r.WithName("dout"); j < len(s.dout); j++ {
		s.dout[j] = T(float32(0.25 + r.Float64(2*j))) // no two alike and none zero: one swapped or lost shows
		if r.Uint64(2*j+1)&1 == 0 {
			s.dout[j] = -s.dout[j]
		}
	}
	h.drawTrained(s)
	return s
}

// drawTrained sets the parameters to what their initializers give and some noise, because zeros and ones would hide
// faults; and the states to what they start as and a little more, because a variance must stay positive.
func (h *harness[T]) drawTrained(s *sample[T]) {
	r := tensor.NewRandom(1).WithName("trained")
	for i, p := range h.decl.Params {
		w := make([]float64, p.Shape.Size())
		if !p.Init.IsZero() {
			p.Init.New().Fill(w, p.Shape, r.With(uint64(i)))
		}
		param, noise := make([]T, len(w)), r.WithName("noise").With(uint64(i))
		for j := range w {
			param[j] = T(float32(w[j] + 0.6*noise.Float64(j) - 0.3))
		}
		s.param = append(s.param, param)
	}
	for i, d := range h.decl.States {
		state, noise := make([]T, d.Shape.Size()), r.WithName("state").With(uint64(i))
		for j := range state {
			state[j] = T(float32(d.Fill + 0.3*noise.Float64(j)))
		}
		s.state = append(s.state, state)
	}
}

// input draws the element at counter j. One in four is a multiple of ¼, so that zeros, ones and ties occur, where
// activations have their kinks.
func (h *harness[T]) input(r tensor.Random, j int) float64 {
	const step = 0.25
	x := h.low + (h.high-h.low)*r.Float64(2*j)
	if r.Uint64(2*j+1)&3 != 0 {
		return x
	}
	if round := float64(int(x/step)) * step; round >= h.low && round <= h.high {
		return round
	}
	return x
}

// row returns one row of a sample.
func (s *sample[T]) row(i int) *sample[T] {
	one := &sample[T]{rows: 1, param: s.param, state: s.state, dout: rowOf(s.dout, i, s.rows)}
	for j := range s.in {
		one.in = append(one.in, rowOf(s.in[j], i, s.rows))
		one.index = append(one.index, rowOf(s.index[j], i, s.rows))
	}
	return one
}

func rowOf[E any](x []E, i, rows int) []E {
	n := len(x) / rows
	return x[i*n : (i+1)*n]
}

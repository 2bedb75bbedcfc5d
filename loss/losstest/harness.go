package losstest

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/tensor"
)

// A harness is a loss that was built on a subject.
type harness[T tensor.Float] struct {
	*subject
	loss loss.Loss[T]
}

func newHarness[T tensor.Float](s *subject) (*harness[T], error) {
	h := &harness[T]{subject: s}
	err := catch(func() error {
		part, err := s.part()
		if err != nil {
			return err
		}
		h.loss = loss.Make[T](part)
		return h.loss.Build(s.Pred, s.Target)
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

// catch runs f and returns a panic in it as an error.
func catch(f func() error) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("panic: %w", v)
		default:
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return f()
}

const (
	fence  = 8       // elements of canary on either side of a slice
	canary = -77.625 // in a fence; exact in float32
)

// A sample is a batch to score. Every number is a float32, so that both element types see the same ones. The slices lie
// between fences of which they have the capacity to reach the one behind.
type sample[T tensor.Float] struct {
	rows   int
	pred   []T
	target tensor.Values[T]
	dpred  []T // holds NaN
	fences [][]T
}

// sample draws rows rows.
func (h *harness[T]) sample(rows int, seed uint64) *sample[T] {
	s := &sample[T]{rows: rows}
	r := tensor.NewRandom(seed)
	s.pred = s.fenced(rows*h.Pred.Size(), func(i int) float64 { return h.prediction(r, i) })
	s.dpred = s.fenced(rows*h.Pred.Size(), func(int) float64 { return math.NaN() })
	n := rows * h.Target.Shape.Size()
	r = r.WithName("targets")
	if h.Target.IsIndex() {
		s.target.Ints = make([]int32, n)
		for i := range s.target.Ints {
			s.target.Ints[i] = int32(r.IntN(i, h.Target.Classes))
		}
		return s
	}
	s.target.Floats = s.fenced(n, func(i int) float64 {
		if len(h.Values) > 0 {
			return h.Values[r.IntN(i, len(h.Values))]
		}
		return r.Float64(i)
	})
	return s
}

// prediction draws element i. One in four is a multiple of ¼, so that ties with targets and margins occur, where losses
// have their kinks.
func (h *harness[T]) prediction(r tensor.Random, i int) float64 {
	x := h.Range[0] + (h.Range[1]-h.Range[0])*r.Float64(2*i)
	if r.Uint64(2*i+1)&3 == 0 {
		x = math.Max(math.Trunc(4*x)/4, h.Range[0])
	}
	return x
}

// fenced returns a slice of n elements between fences.
func (s *sample[T]) fenced(n int, value func(i int) float64) []T {
	all := make([]T, fence+n+fence)
	for i := range all {
		all[i] = canary
	}
	live := all[fence : fence+n]
	for i := range live {
		live[i] = T(float32(value(i)))
	}
	s.fences = append(s.fences, all[:fence], all[fence+n:])
	return live
}

// checkFences returns an error when an element beside a slice has changed.
func (s *sample[T]) checkFences() error {
	for i, f := range s.fences {
		for j, v := range f {
			if v != canary {
				name := []string{"pred", "dpred", "targets"}[i/2]
				side := []string{"before", "behind"}[i%2]
				return fmt.Errorf("an element %s %s was written: number %d of the fence became %v", side, name, j, v)
			}
		}
	}
	return nil
}

// row returns one row of a sample, with a gradient of its own.
func (s *sample[T]) row(i int) *sample[T] {
	one := &sample[T]{rows: 1, pred: rowOf(s.pred, i, s.rows)}
	one.dpred = make([]T, len(one.pred))
	one.target = tensor.Values[T]{Floats: rowOf(s.target.Floats, i, s.rows), Ints: rowOf(s.target.Ints, i, s.rows)}
	return one
}

func rowOf[E any](x []E, i, rows int) []E {
	n := len(x) / rows
	return x[i*n : (i+1)*n : (i+1)*n]
}

// eval scores a sample and sets its gradient.
func (h *harness[T]) eval(s *sample[T]) (sum, weight float64) {
	return h.loss.Eval(s.pred, s.target, s.rows, s.dpred)
}

// value scores a sample without a gradient.
func (h *harness[T]) value(s *sample[T]) (sum, weight float64) {
	return h.loss.Eval(s.pred, s.target, s.rows, nil)
}

func bits[T tensor.Float](v T) uint64 { return math.Float64bits(float64(v)) }

// differs returns an error that names the first element whose bits differ.
func differs[T tensor.Float](what string, got, want []T) error {
	for i, w := range want {
		if bits(got[i]) != bits(w) {
			return fmt.Errorf("%s[%d] is %v, was %v", what, i, got[i], w)
		}
	}
	return nil
}

// near reports whether two numbers differ by rounding alone: by tol of the larger, and of 1.
func near(a, b, tol float64) bool {
	return math.Abs(a-b) <= tol*max(1, math.Abs(a), math.Abs(b)) || a == b
}

// rounding is how far two orders of summation may lie apart.
func rounding[T tensor.Float]() float64 {
	if _, narrow := any(T(0)).(float32); narrow {
		return 1e-5
	}
	return 1e-12
}

package losstest

import (
	"fmt"
	"math"
	"reflect"
	"sync"
	"testing"

	"github.com/strata-ml/strata/loss"
	"github.com/strata-ml/strata/registry"
	"github.com/strata-ml/strata/tensor"
)

// A rule is one promise of the contract. Its check returns the first breach, nil when there is none.
type rule struct {
	name, why string
	check     func(s *subject) error
}

func (r rule) apply(s *subject) *Violation {
	err := catch(func() error { return r.check(s) })
	if err == nil {
		return nil
	}
	return &Violation{Rule: r.name, Loss: s.name, Case: s.String(), Detail: err.Error(), Why: r.why}
}

// rules lists every rule.
func rules() []rule {
	return []rule{
		{
			name:  "SetsAll",
			why:   "memory is reused without clearing: Eval must set every element of dpred, and the value must not depend on being asked for it",
			check: inBoth(setsAll[float64], setsAll[float32]),
		},
		{
			name:  "KeepsInputs",
			why:   "predictions and targets belong to others, metrics read them afterwards; and beside dpred lies other memory",
			check: inBoth(keepsInputs[float64], keepsInputs[float32]),
		},
		{
			name:  "SameTwice",
			why:   "a resumed run repeats a step to the bit: the loss is a function of its arguments alone",
			check: inBoth(sameTwice[float64], sameTwice[float32]),
		},
		{
			name:  "Gradient",
			why:   "training follows dpred: it must be the derivative of sum/weight",
			check: func(s *subject) error { return inType(s, gradient) },
		},
		{
			name:  "Float32",
			why:   "a model trains in float32 what was checked in float64: both must compute the same function",
			check: float32Agrees,
		},
		{
			name:  "RowsAddUp",
			why:   "the loss of an epoch is Σ sum / Σ weight over its batches: sum and weight must add up, and a row must not see the others",
			check: inBoth(rowsAddUp[float64], rowsAddUp[float32]),
		},
		{
			name:  "Empty",
			why:   "a batch may have no rows: it must add nothing to sum and weight",
			check: inBoth(empty[float64], empty[float32]),
		},
		{
			name:  "KeepsNaN",
			why:   "the run stops at a loss that is NaN; a NaN that the loss hides goes on into the weights",
			check: inBoth(keepsNaN[float64], keepsNaN[float32]),
		},
		{
			name:  "WrongLengths",
			why:   "slices that do not fit the rows are a mistake of the caller, who is told by a *tensor.ShapeError",
			check: inBoth(wrongLengths[float64], wrongLengths[float32]),
		},
		{
			name:  "NoAllocs",
			why:   "a step allocates nothing: make in Build what Eval needs",
			check: inBoth(noAllocs[float64], noAllocs[float32]),
		},
		{
			name:  "RoundTrip",
			why:   "a run goes on from the configuration in its checkpoint: a loss made from it must compute the same",
			check: inBoth(roundTrip[float64], roundTrip[float32]),
		},
		{
			name:  "Race",
			why:   "several goroutines score with one loss: after Build it is read-only",
			check: inBoth(race[float64], race[float32]),
		},
	}
}

func setsAll[T tensor.Float](h *harness[T]) error {
	s := h.sample(h.rows, 1)
	sum, weight := h.eval(s)
	for i, v := range s.dpred {
		if v != v {
			return fmt.Errorf("dpred[%d] is NaN: Eval did not set it, or added to what was there", i)
		}
	}
	plainSum, plainWeight := h.value(s)
	if bits(plainSum) != bits(sum) || bits(plainWeight) != bits(weight) {
		return fmt.Errorf("without dpred the sum is %v of weight %v, and with it %v of weight %v", plainSum, plainWeight, sum, weight)
	}
	return nil
}

func keepsInputs[T tensor.Float](h *harness[T]) error {
	s, want := h.sample(h.rows, 1), h.sample(h.rows, 1)
	h.eval(s)
	if err := differs("after Eval, pred", s.pred, want.pred); err != nil {
		return err
	}
	if err := differs("after Eval, target", s.target.Floats, want.target.Floats); err != nil {
		return err
	}
	for i, k := range want.target.Ints {
		if s.target.Ints[i] != k {
			return fmt.Errorf("after Eval, target[%d] is %d, was %d", i, s.target.Ints[i], k)
		}
	}
	return s.checkFences()
}

// sameTwice scores another batch in between, which a loss that remembers something would notice.
func sameTwice[T tensor.Float](h *harness[T]) error {
	first, second := h.sample(h.rows, 1), h.sample(h.rows, 1)
	sum, weight := h.eval(first)
	h.eval(h.sample(h.rows+1, 2))
	again, againWeight := h.eval(second)
	if bits(sum) != bits(again) || bits(weight) != bits(againWeight) {
		return fmt.Errorf("the second time the sum is %v of weight %v, was %v of weight %v", again, againWeight, sum, weight)
	}
	return differs("the second time, dpred", second.dpred, first.dpred)
}

func float32Agrees(s *subject) error {
	wide, err := newHarness[float64](s)
	if err != nil {
		return err
	}
	narrow, err := newHarness[float32](s)
	if err != nil {
		return err
	}
	a, b := wide.sample(s.rows, 1), narrow.sample(s.rows, 1)
	sum, weight := wide.eval(a)
	sum32, weight32 := narrow.eval(b)
	if !near(sum, sum32, rounding[float32]()) || !near(weight, weight32, rounding[float32]()) {
		return fmt.Errorf("in float32 the sum is %v of weight %v, and in float64 %v of weight %v", sum32, weight32, sum, weight)
	}
	for i, v := range a.dpred {
		if !near(v, float64(b.dpred[i]), rounding[float32]()) {
			return fmt.Errorf("in float32 dpred[%d] is %v, and in float64 %v", i, b.dpred[i], v)
		}
	}
	return nil
}

// rowsAddUp scores each row alone. Its gradient in the batch is smaller by its share of the weight.
func rowsAddUp[T tensor.Float](h *harness[T]) error {
	s := h.sample(h.rows, 1)
	sum, weight := h.eval(s)
	var sums, weights float64
	for i := range s.rows {
		one := s.row(i)
		a, w := h.eval(one)
		sums, weights = sums+a, weights+w
		for j, v := range rowOf(s.dpred, i, s.rows) {
			if want := float64(one.dpred[j]) * w / weight; !near(float64(v), want, rounding[T]()) {
				return fmt.Errorf("row %d of %d, dpred[%d] is %v; alone it is %v of weight %v, which is %v here", i, s.rows, j, v, one.dpred[j], w, want)
			}
		}
	}
	if !near(sum, sums, rounding[T]()) || !near(weight, weights, rounding[T]()) {
		return fmt.Errorf("the sum is %v of weight %v, and row by row %v of weight %v", sum, weight, sums, weights)
	}
	return nil
}

func empty[T tensor.Float](h *harness[T]) error {
	s := h.sample(0, 1)
	if sum, weight := h.eval(s); sum != 0 || weight != 0 {
		return fmt.Errorf("of no rows the sum is %v and the weight %v", sum, weight)
	}
	return s.checkFences()
}

// keepsNaN makes one element NaN at a time. Where the loss has a slope in a prediction, its sum must become NaN; and so
// it must for a target.
func keepsNaN[T tensor.Float](h *harness[T]) error {
	s := h.sample(h.rows, 1)
	h.eval(s)
	slopes := append([]T(nil), s.dpred...)
	for i, x := range s.pred {
		s.pred[i] = T(math.NaN())
		if sum, _ := h.eval(s); slopes[i] != 0 && !math.IsNaN(sum) {
			return fmt.Errorf("pred[%d] is NaN and has an influence (its gradient was %v), and the sum is %v", i, slopes[i], sum)
		}
		s.pred[i] = x
	}
	for i, v := range s.target.Floats {
		s.target.Floats[i] = T(math.NaN())
		if sum, _ := h.eval(s); !math.IsNaN(sum) {
			return fmt.Errorf("target[%d] is NaN, and the sum is %v", i, sum)
		}
		s.target.Floats[i] = v
	}
	return nil
}

func wrongLengths[T tensor.Float](h *harness[T]) error {
	s := h.sample(h.rows, 1)
	for _, c := range []struct {
		what string
		eval func()
	}{
		{"predictions", func() { h.loss.Eval(s.pred[1:], s.target, s.rows, nil) }},
		{"targets", func() { h.loss.Eval(s.pred, tensor.Values[T]{}, s.rows, nil) }},
		{"gradients", func() { h.loss.Eval(s.pred, s.target, s.rows, s.dpred[1:]) }},
	} {
		err := shapeError(c.eval)
		if err == nil {
			return fmt.Errorf("one of the %s is missing, and Eval does not panic with a *tensor.ShapeError", c.what)
		}
	}
	return nil
}

// shapeError returns the *tensor.ShapeError that a call panics with, nil for another panic or none.
func shapeError(call func()) (err *tensor.ShapeError) {
	defer func() { err, _ = recover().(*tensor.ShapeError) }()
	call()
	return nil
}

func noAllocs[T tensor.Float](h *harness[T]) error {
	if raceEnabled {
		return nil // the race detector allocates by itself
	}
	s := h.sample(h.rows, 1)
	if n := testing.AllocsPerRun(10, func() { h.eval(s) }); n > 0 {
		return fmt.Errorf("a call of Eval allocates %v times", n)
	}
	return nil
}

// roundTrip writes the configuration as a file would hold it, and scores with a loss made from what is read again.
func roundTrip[T tensor.Float](h *harness[T]) error {
	written := registry.EncodeChoice(loss.Registry, h.name, h.Config)
	_, config, problems := registry.DecodeChoice(loss.Registry, registry.Place{}, written)
	if len(problems) > 0 {
		return fmt.Errorf("the configuration %+v cannot be read back: %s", h.Config, problems[0].Message)
	}
	if again := registry.EncodeChoice(loss.Registry, h.name, config); !reflect.DeepEqual(written, again) {
		return fmt.Errorf("the configuration %+v comes back as %+v", h.Config, config)
	}
	restored := *h.subject
	restored.Config = config
	other, err := newHarness[T](&restored)
	if err != nil {
		return fmt.Errorf("build from the configuration that was read: %w", err)
	}
	a, b := h.sample(h.rows, 1), h.sample(h.rows, 1)
	sum, _ := h.eval(a)
	if again, _ := other.eval(b); bits(sum) != bits(again) {
		return fmt.Errorf("made from the configuration that was read, the loss is %v, was %v", again, sum)
	}
	return differs("made from the configuration that was read, dpred", b.dpred, a.dpred)
}

// race scores different batches at once. The race detector sees what the bits do not.
func race[T tensor.Float](h *harness[T]) error {
	const workers = 4
	var group sync.WaitGroup
	errs := make([]error, workers)
	for k := range workers {
		group.Go(func() {
			errs[k] = catch(func() error {
				want := h.sample(h.rows+k, uint64(k))
				sum, _ := h.eval(want)
				for range 20 {
					s := h.sample(h.rows+k, uint64(k))
					if again, _ := h.eval(s); bits(again) != bits(sum) {
						return fmt.Errorf("beside others, the sum is %v, was %v", again, sum)
					}
					if err := differs("beside others, dpred", s.dpred, want.dpred); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

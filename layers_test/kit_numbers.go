package layerstest

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/tensor"
)

func float32Agrees(s *subject) error {
	wide, err := newHarness[float64](s)
	if err != nil {
		return err
	}
	narrow, err := newHarness[float32](s)
	if err != nil {
		return err
	}
	for _, mode := range modes {
		want := wide.step(wide.sample(s.rows, 1), mode.train).results()
		got := narrow.step(narrow.sample(s.rows, 1), mode.train).results()
		if err := near("float32 against float64, "+mode.name, got, want, rounding[float32]()); err != nil {
			return err
		}
	}
	return nil
}

// keepsNaN makes one element NaN at a time. Where the output has a slope in that element, it must become NaN
// somewhere; and where DOut is NaN, so must every gradient be that was not zero. Where there is no slope (the negative
// side of a rectifier, an element that dropout left out) a layer may do as it likes.
func keepsNaN[T tensor.Float](h *harness[T]) error {
	b := h.step(h.sample(h.rows, 1), false)
	for i, spec := range h.decl.In {
		if spec.IsIndex() {
			continue
		}
		dx := named[T]{fmt.Sprintf("In(%d)", i), spec.Shape.Size(), append([]T(nil), b.frame.DIn(i)...)}
		if err := nanShows(b, dx, b.frame.In(i)); err != nil {
			return err
		}
	}
	for i, dw := range copies(b.paramGradients()) {
		dw.name = "Param " + h.decl.Params[i].Name
		if err := nanShows(b, dw, b.buf.Param[i]); err != nil {
			return err
		}
	}
	b = h.step(h.sample(h.rows, 1), true)
	want := copies(append(b.inputGradients(), b.paramGradients()...))
	fill(b.frame.DOut(), T(math.NaN()))
	b.forward().backward()
	for k, g := range append(b.inputGradients(), b.paramGradients()...) {
		for i, v := range g.values {
			if want[k].values[i] != 0 && v == v {
				return fmt.Errorf("all of DOut is NaN, and %s is %v", g.at(i), v)
			}
		}
	}
	return nil
}

func nanShows[T tensor.Float](b *bench[T], dx named[T], x []T) error {
	for _, i := range probes(len(x), b.h.probes) {
		if dx.values[i] == 0 {
			continue
		}
		was := x[i]
		x[i] = T(math.NaN())
		hidden := noNaN("", []named[T]{{"Out", 0, b.forward().frame.Out()}}) == nil
		x[i] = was
		if hidden {
			return fmt.Errorf("%s is NaN and has an influence (its gradient was %v), and Out holds no NaN", dx.at(i), dx.values[i])
		}
	}
	return nil
}

func batchOfOne[T tensor.Float](h *harness[T]) error {
	if h.decl.RowsDepend {
		return nil
	}
	for _, mode := range modes {
		s := h.sample(h.rows, 1)
		together := h.step(s, mode.train)
		sums := copies(together.paramGradients())
		for _, w := range sums {
			clear(w.values)
		}
		for i := range s.rows {
			alone := h.load(s.row(i)).begin(mode.train, i, stepKey()).forward().backward()
			when := fmt.Sprintf("%s, row %d computed alone, against all rows together", mode.name, i)
			got := append(alone.outputs()[:1], alone.inputGradients()...)
			want := append(together.outputs()[:1], together.inputGradients()...)
			for k := range want {
				want[k].values = rowOf(want[k].values, i, s.rows)
			}
			if err := near(when, got, want, rounding[T]()); err != nil {
				return err
			}
			for k, g := range alone.paramGradients() {
				tensor.AddTo(sums[k].values, g.values)
			}
		}
		when := mode.name + ", the gradients of each row alone, summed, against all rows together"
		if err := near(when, sums, together.paramGradients(), rounding[T]()); err != nil {
			return err
		}
	}
	return nil
}

func empty[T tensor.Float](h *harness[T]) error {
	for _, mode := range modes {
		b := h.load(h.sample(0, 1)).preload().begin(mode.train, 0, stepKey()).poisonWorkspaces()
		want := copies(b.paramGradients())
		b.forward().backward()
		if err := sameBits("no rows, "+mode.name, b.paramGradients(), want); err != nil {
			return err
		}
		if err := noNaN("no rows, "+mode.name, b.outputs()); err != nil {
			return err
		}
		if err := b.checkFences(); err != nil {
			return fmt.Errorf("no rows, %s: %w", mode.name, err)
		}
	}
	return nil
}

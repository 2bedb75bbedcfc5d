package layerstest

import (
	"fmt"
	"math"
	"testing"

	"github.com/strata-ml/strata/layers"
	"github.com/strata-ml/strata/tensor"
)

// modes are the two values of Frame.Train, and what they are called.
var modes = []struct {
	train bool
	name  string
}{{true, "training"}, {false, "evaluating"}}

func writesAll[T tensor.Float](h *harness[T]) error {
	for _, mode := range modes {
		b := h.load(h.sample(h.rows, 1)).begin(mode.train, 0, stepKey()).poison()
		b.forward()
		if err := noNaN(mode.name+", Forward did not set it, or read memory that nobody had set", b.outputs()); err != nil {
			return err
		}
		b.poisonWorkspaces().backward()
		why := mode.name + ", Backward did not set it, added to what was there, or read memory that nobody had set"
		if err := noNaN(why, append(b.inputGradients(), b.paramGradients()...)); err != nil {
			return err
		}
	}
	return nil
}

func keepsInputs[T tensor.Float](h *harness[T]) error {
	for _, mode := range modes {
		s := h.sample(h.rows, 1)
		b := h.load(s).preload().begin(mode.train, 0, stepKey())
		gradients := copies(b.paramGradients())
		given := copies(b.given())
		b.forward()
		if err := sameBits("after Forward, "+mode.name, b.given(), given); err != nil {
			return err
		}
		if err := sameBits("after Forward, "+mode.name, b.paramGradients(), gradients); err != nil {
			return err
		}
		b.backward()
		if err := sameBits("after Backward, "+mode.name, b.given(), given); err != nil {
			return err
		}
		for i := range s.index {
			for j, v := range s.index[i] {
				if got := b.frame.Index(i)[j]; got != v {
					return fmt.Errorf("after a step, %s: Index(%d)[%d] is %d, was %d", mode.name, i, j, got, v)
				}
			}
		}
	}
	return nil
}

// given returns the tensors that a layer only reads.
func (b *bench[T]) given() []named[T] {
	d := b.h.decl
	out := []named[T]{{"DOut", d.Out.Size(), b.frame.DOut()}}
	for i, s := range d.In {
		out = append(out, named[T]{fmt.Sprintf("In(%d)", i), s.Shape.Size(), b.frame.In(i)})
	}
	for i, p := range d.Params {
		out = append(out, named[T]{"Param " + p.Name, 0, b.buf.Param[i]})
	}
	for i, s := range d.States {
		out = append(out, named[T]{"State " + s.Name, 0, b.buf.State[i]})
	}
	return out
}

func outOfBounds[T tensor.Float](h *harness[T]) error {
	for _, mode := range modes {
		b := h.load(h.sample(h.rows, 1)).begin(mode.train, 0, stepKey())
		b.forward()
		if err := b.checkFences(); err != nil {
			return fmt.Errorf("in Forward, %s: %w", mode.name, err)
		}
		b.backward()
		if err := b.checkFences(); err != nil {
			return fmt.Errorf("in Backward, %s: %w", mode.name, err)
		}
	}
	return nil
}

func declared[T tensor.Float](h *harness[T]) error {
	nan := T(math.NaN())
	for _, mode := range modes {
		s := h.sample(h.rows, 1)
		want := h.step(s, mode.train)
		b := h.load(s).begin(mode.train, 0, stepKey()).forward()
		if !h.decl.ReadsIn {
			for i := range h.decl.In {
				fill(b.frame.In(i), nan)
				fill(b.frame.Index(i), intPoison)
			}
		}
		if !h.decl.ReadsOut {
			fill(b.frame.Out(), nan)
		}
		when := fmt.Sprintf("%s, the layer declares BackwardReads(%t, %t), and Backward gives another result once the rest is overwritten",
			mode.name, h.decl.ReadsIn, h.decl.ReadsOut)
		if err := catch(func() error { b.backward(); return nil }); err != nil {
			return fmt.Errorf("%s: %w", when, err)
		}
		got := append(b.inputGradients(), b.paramGradients()...)
		if err := sameBits(when, got, append(want.inputGradients(), want.paramGradients()...)); err != nil {
			return err
		}
	}
	return nil
}

func addsParamGradients[T tensor.Float](h *harness[T]) error {
	b := h.step(h.sample(h.rows, 1), true)
	want := copies(b.paramGradients())
	for _, w := range want {
		for i := range w.values {
			w.values[i] *= 2
		}
	}
	inputs := copies(b.inputGradients())
	b.backward()
	if err := near("after a second Backward, which must double it", b.paramGradients(), want, rounding[T]()); err != nil {
		return err
	}
	return sameBits("after a second Backward, which must set it again", b.inputGradients(), inputs)
}

// setsParamGradients fills the gradients that the layer can set with NaN and lets Backward set them.
func setsParamGradients[T tensor.Float](h *harness[T]) error {
	for _, rows := range []int{h.rows, 0} {
		s := h.sample(rows, 1)
		want := copies(h.load(s).begin(true, 0, stepKey()).forward().backward().paramGradients())
		b := h.load(s)
		b.buf.SetDParam = make([]bool, len(h.decl.Params))
		for i, p := range h.decl.Params {
			if b.buf.SetDParam[i] = p.Sets; p.Sets {
				fill(b.buf.DParam[i], T(math.NaN()))
			}
		}
		b.frame = layers.NewFrame(h.decl, b.buf)
		b.begin(true, 0, stepKey()).forward().backward()
		when := fmt.Sprintf("%d rows, where DParamMode is Overwrite and DParam held NaN", rows)
		if err := near(when, b.paramGradients(), want, 0); err != nil {
			return err
		}
		if err := b.checkFences(); err != nil {
			return fmt.Errorf("%s: %w", when, err)
		}
	}
	return nil
}

func needsDIn[T tensor.Float](h *harness[T]) error {
	s := h.sample(h.rows, 1)
	want := h.step(s, true)
	for i := range h.decl.In {
		b := h.load(s)
		b.buf.NeedsDIn[i] = false // the frame shares this list
		b.begin(true, 0, stepKey()).forward().backward()
		when := fmt.Sprintf("where NeedsDIn(%d) is false", i)
		if err := sameBits(when, b.paramGradients(), want.paramGradients()); err != nil {
			return err
		}
		for j, g := range b.inputGradients() {
			if w := want.inputGradients()[j]; g.name != fmt.Sprintf("DIn(%d)", i) {
				if err := sameBits(when, []named[T]{g}, []named[T]{w}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func noAllocs[T tensor.Float](h *harness[T]) error {
	if raceEnabled {
		return nil // the race detector allocates by itself
	}
	for _, mode := range modes {
		b := h.load(h.sample(h.rows, 1))
		key := stepKey()
		forward := testing.AllocsPerRun(10, func() { b.begin(mode.train, 0, key).forward() })
		both := testing.AllocsPerRun(10, func() { b.begin(mode.train, 0, key).forward().backward() })
		if both > 0 {
			return fmt.Errorf("%s, Forward allocates %v times and Backward %v times", mode.name, forward, both-forward)
		}
	}
	return nil
}

package layerstest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/strata-ml/strata/tensor"
)

func trainTwice[T tensor.Float](h *harness[T]) error {
	s := h.sample(h.rows, 1)
	want := h.step(s, true)
	return sameBits("the same step a second time, training", h.step(s, true).results(), want.results())
}

func evalTwice[T tensor.Float](h *harness[T]) error {
	const mark = 7
	b := h.load(h.sample(h.rows, 1))
	for _, next := range b.buf.NextState {
		fill(next, mark)
	}
	want := copies(b.begin(false, 0, stepKey()).forward().outputs())
	if err := sameBits("evaluated twice", b.begin(false, 0, stepKey()).forward().outputs(), want); err != nil {
		return err
	}
	other := stepKey().WithName("another step")
	if err := sameBits("evaluated with the random numbers of another step", b.begin(false, 0, other).forward().outputs(), want); err != nil {
		return err
	}
	for i, next := range b.buf.NextState {
		for j, v := range next {
			if v != mark {
				return fmt.Errorf("NextState %s[%d] was written while Frame.Train is false: it became %v", h.decl.States[i].Name, j, v)
			}
		}
	}
	return nil
}

// twoFrames runs two executions that differ in rows, numbers and mode, one inside the other.
func twoFrames[T tensor.Float](h *harness[T]) error {
	long, short := h.sample(h.rows, 1), h.sample(h.rows-1, 2)
	for _, mode := range modes {
		wantLong, wantShort := h.step(long, mode.train), h.step(short, !mode.train)
		a := h.load(long).begin(mode.train, 0, stepKey())
		b := h.load(short).begin(!mode.train, 0, stepKey())
		a.forward()
		b.forward()
		a.backward()
		b.backward()
		if err := sameBits("with the Forward of another frame before its Backward, "+mode.name, a.results(), wantLong.results()); err != nil {
			return err
		}
		if err := sameBits("with the Backward of another frame before its own", b.results(), wantShort.results()); err != nil {
			return err
		}
	}
	return nil
}

func threads[T tensor.Float](h *harness[T]) error {
	const rows = 257 // enough for kernels to split, and no multiple of anything
	s := h.sample(rows, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := h.step(s, true)
	for _, n := range []int{2, 3, 8} {
		runtime.GOMAXPROCS(n)
		if err := sameBits(fmt.Sprintf("with GOMAXPROCS %d, against 1", n), h.step(s, true).results(), want.results()); err != nil {
			return err
		}
	}
	return nil
}

// race runs one layer in two goroutines. The race detector, where it is on, sees what equal results hide.
func race[T tensor.Float](h *harness[T]) error {
	samples := [2]*sample[T]{h.sample(h.rows, 1), h.sample(h.rows, 2)}
	wants := [2]*bench[T]{h.step(samples[0], true), h.step(samples[1], false)}
	var (
		errs  [2]error
		group sync.WaitGroup
	)
	for g := range errs {
		group.Go(func() {
			errs[g] = catch(func() error { return repeat(h, samples[g], wants[g]) })
		})
	}
	group.Wait()
	return errors.Join(errs[:]...)
}

// repeat runs the step of a bench again and again.
func repeat[T tensor.Float](h *harness[T], s *sample[T], want *bench[T]) error {
	const times = 20
	for range times {
		got := h.step(s, want.frame.Train)
		if err := sameBits("beside another goroutine", got.results(), want.results()); err != nil {
			return err
		}
	}
	return nil
}

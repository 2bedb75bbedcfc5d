package layerstest

import (
	"fmt"
	"math"

	"github.com/strata-ml/strata/tensor"
)

// gradientTolerance bounds the error of a gradient relative to max(1, |gradient|).
const gradientTolerance = 1e-7

// sides are the least and the greatest slope at a kink; where there is none, they are equal.
type sides struct{ least, greatest float64 }

// A prober finds the derivatives of L = Σ dout·Out: it moves one element at a time and evaluates Forward, with the same
// random numbers each time.
type prober struct {
	b    *bench[float64]
	outs [4][]float64 // the outputs at each offset
	base []float64    // the output where nothing is moved
}

func gradient(s *subject) error {
	return inType(s, func(h *harness[float64]) error {
		for _, mode := range modes {
			if err := gradientIn(h, mode.train); err != nil {
				return fmt.Errorf("%s, %w", mode.name, err)
			}
		}
		return nil
	})
}

func gradientIn(h *harness[float64], train bool) error {
	b := h.step(h.sample(h.rows, 1), train)
	p := &prober{b: b, base: append([]float64(nil), b.frame.Out()...)}
	for i := range p.outs {
		p.outs[i] = make([]float64, len(p.base))
	}
	for i, spec := range h.decl.In {
		if spec.IsIndex() {
			continue
		}
		dx := named[float64]{fmt.Sprintf("DIn(%d)", i), spec.Shape.Size(), append([]float64(nil), b.frame.DIn(i)...)}
		if err := p.check(dx, b.frame.In(i)); err != nil {
			return err
		}
	}
	for i, dw := range copies(b.paramGradients()) {
		if err := p.check(dw, b.buf.Param[i]); err != nil {
			return err
		}
	}
	return nil
}

// check compares a gradient with the slopes at the elements of x, to which it belongs.
func (p *prober) check(dx named[float64], x []float64) error {
	for _, i := range probes(len(x), p.b.h.probes) {
		got := dx.values[i]
		if math.IsNaN(got) || math.IsInf(got, 0) {
			return fmt.Errorf("%s is %v", dx.at(i), got)
		}
		if !p.agrees(got, &x[i]) {
			s := p.oneSided(&x[i], 1e-5)
			return fmt.Errorf("%s is %.12g where the value is %.12g; differences of Forward give %.12g (one-sided ones %.12g to %.12g)",
				dx.at(i), got, x[i], p.central(&x[i], 1e-4), s.least, s.greatest)
		}
	}
	return nil
}

// agrees reports whether got is the derivative at *x: the central difference for some width, because a kink or a bend
// beside *x spoils the wide ones and rounding the narrow ones; or, at a kink, anything between the one-sided slopes.
func (p *prober) agrees(got float64, x *float64) bool {
	for _, h := range []float64{1e-3, 1e-4, 1e-5} {
		want := p.central(x, h)
		if math.Abs(got-want) <= tolerated(got, want) {
			return true
		}
	}
	s := p.oneSided(x, 1e-5)
	return got >= s.least-tolerated(got, s.least) && got <= s.greatest+tolerated(got, s.greatest)
}

func tolerated(a, b float64) float64 {
	return gradientTolerance * max(1, math.Abs(a), math.Abs(b))
}

// central returns the derivative of L by central differences of widths h and h/2, extrapolated so that the error
// falls with h⁴ (Richardson). Each output's difference is taken before the sum: what does not change cancels exactly.
func (p *prober) central(x *float64, h float64) float64 {
	p.evaluate(x, -h, h, -h/2, h/2)
	var sum float64
	for i, dy := range p.b.frame.DOut() {
		wide := (p.outs[1][i] - p.outs[0][i]) / (2 * h)
		narrow := (p.outs[3][i] - p.outs[2][i]) / h
		sum += dy * (4*narrow - wide) / 3
	}
	return sum
}

// oneSided returns the least and the greatest slope of L that the slopes on either side of *x allow. They are sought
// for each output by itself: with several kinks at one place, each may take its own subgradient.
func (p *prober) oneSided(x *float64, h float64) sides {
	p.evaluate(x, -2*h, -h, h, 2*h)
	var s sides
	for i, dy := range p.b.frame.DOut() {
		y := p.base[i]
		left := dy * (3*y - 4*p.outs[1][i] + p.outs[0][i]) / (2 * h)
		right := dy * (-3*y + 4*p.outs[2][i] - p.outs[3][i]) / (2 * h)
		s.least, s.greatest = s.least+min(left, right), s.greatest+max(left, right)
	}
	return s
}

// evaluate fills outs with the outputs where *x is moved by each offset.
func (p *prober) evaluate(x *float64, offsets ...float64) {
	at := *x
	for k, d := range offsets {
		*x = at + d
		copy(p.outs[k], p.b.forward().frame.Out())
	}
	*x = at
}

// probes returns the elements of a tensor of n that are moved: all of them, or limit that are spread at random, with
// both ends among them.
func probes(n, limit int) []int {
	var list []int
	if n <= limit {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	r := tensor.NewRandom(uint64(n))
	for i := range limit - 2 {
		list = append(list, r.IntN(i, n))
	}
	return append(list, 0, n-1)
}

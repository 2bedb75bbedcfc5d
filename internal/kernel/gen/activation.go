package main

import "github.com/mmcloughlin/avo/reg"

func init() { groups["activation"] = activation }

// activation is the activations that take no exponential, and the derivatives of all.
//
// Backward kernels compute dx from dy and from x or y, whichever the layer keeps.
func activation(e *emitter) {
	e.function("relu", "computes dst = max(x, 0), +0 for x = ±0.", func(v vector) function {
		zero := v.filled(0)
		return func(x reg.VecVirtual) reg.VecVirtual {
			v.keep(v.compare(notLessEqual, x, zero), x, x)
			return x
		}
	})
	e.derivative("reluBackward", "computes dx = dy where y > 0 or NaN, else 0.", "y", func(v vector) derivative {
		zero := v.filled(0)
		return func(y, dy reg.VecVirtual) reg.VecVirtual {
			v.keep(v.compare(notLessEqual, y, zero), dy, dy)
			return dy
		}
	})
	e.derivative("tanhBackward", "computes dx = dy·(1 − y²).", "y", func(v vector) derivative {
		one := v.filled(1)
		return func(y, dy reg.VecVirtual) reg.VecVirtual {
			d := v.reg()
			v.move(one, d)
			v.fnma(y, y, d)
			v.mul(dy, d, d)
			return d
		}
	})
	e.derivative("sigmoidBackward", "computes dx = dy·y·(1 − y).", "y", func(v vector) derivative {
		one := v.filled(1)
		return func(y, dy reg.VecVirtual) reg.VecVirtual {
			d := v.reg()
			v.sub(one, y, d)
			v.mul(dy, y, dy)
			v.mul(dy, d, d)
			return d
		}
	})
	e.kernel("leakyRelu", "dst []T, x []T, slope T", "computes dst = x where x > 0, else slope·x.", func(v vector) {
		slope, zero := v.scalar("slope"), v.filled(0)
		v.eachOf([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			x, y := in[0], v.reg()
			v.mul(slope, x, y)
			v.blend(v.compare(greater, x, zero), x, y)
			return []reg.VecVirtual{y}
		})
	})
	e.kernel("leakyReluBackward", "dx []T, x []T, dy []T, slope T", "computes dx = dy where x > 0, else slope·dy.", func(v vector) {
		slope, zero := v.scalar("slope"), v.filled(0)
		v.eachOf([]string{"x", "dy"}, []string{"dx"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			x, dy, dx := in[0], in[1], v.reg()
			v.mul(slope, dy, dx)
			v.blend(v.compare(greater, x, zero), dy, dx)
			return []reg.VecVirtual{dx}
		})
	})
	e.kernel("clip", "dst []T, x []T, lo T, hi T", "computes dst = lo where x < lo, hi where x > hi, else x.", func(v vector) {
		lo, hi := v.scalar("lo"), v.scalar("hi")
		v.eachOf([]string{"x"}, []string{"dst"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			v.max(lo, in[0], in[0])
			v.min(hi, in[0], in[0])
			return in
		})
	})
	e.kernel("clipBackward", "dx []T, y []T, dy []T, lo T, hi T", "computes dx = 0 where y ≤ lo or y ≥ hi, else dy.", func(v vector) {
		lo, hi := v.scalar("lo"), v.scalar("hi")
		v.eachOf([]string{"y", "dy"}, []string{"dx"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			y, dy := in[0], in[1]
			v.keep(v.compare(notLessEqual, y, lo), dy, dy)
			v.keep(v.compare(notGreaterEqual, y, hi), dy, dy)
			return []reg.VecVirtual{dy}
		})
	})
}

// A derivative emits code that returns dx from x or y and dy; it may destroy both.
type derivative func(xy, dy reg.VecVirtual) reg.VecVirtual

// derivative emits the kernel NAME(dx, xy, dy).
func (e *emitter) derivative(name, doc, xy string, prepare func(v vector) derivative) {
	e.kernel(name, "dx []T, "+xy+" []T, dy []T", doc, func(v vector) {
		f := prepare(v)
		v.eachOf([]string{xy, "dy"}, []string{"dx"}, func(in []reg.VecVirtual) []reg.VecVirtual {
			return []reg.VecVirtual{f(in[0], in[1])}
		})
	})
}

// eachOf is the whole of an elementwise kernel that computes more than it waits for memory. See walk.
func (v vector) eachOf(inputs, outputs []string, step func(in []reg.VecVirtual) []reg.VecVirtual) {
	v.walk(inputs, outputs, 2, step)
}
